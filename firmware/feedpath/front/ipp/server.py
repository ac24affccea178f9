"""The IPP front end: POST requests of the HTTP server in, the core's printers and jobs out (RFC 8010, 4)."""

import re
import time
from collections.abc import Awaitable, Callable
from types import ModuleType
from urllib.parse import unquote, urlsplit

from feedpath.core import reasons
from feedpath.core.job import Job
from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.errors import Refused, WireError
from feedpath.front.http.message import Request, Response, text
from feedpath.front.http.routes import Route
from feedpath.front.ipp import operations, printing, queue, status, wire
from feedpath.front.ipp.attributes import Address, Present, Site, printer_path
from feedpath.front.ipp.call import END, GREETING, Authorize, Call, Document, answer_start
from feedpath.front.ipp.sheet import Sheet
from feedpath.front.ipp.wire import Parser

MIME = "application/ipp"
HEADERS = (("Content-Type", MIME),)
SCRATCH = 4096  # octets to read attributes into at first; most requests fit whole
SUCCESS = status.OK.to_bytes(2, "big")
TOLD_MAX = 64  # answers kept; about 10 KiB each
TOLD_REQUEST_MAX = 2048  # octets of a request whose answer is kept; clients ask in 200 to 1,500
HOST_OCTETS = 255  # longer host names are nobody's (RFC 1035, 2.3.4)
SIGN_IN = ("WWW-Authenticate", 'Basic realm="feedpath", charset="UTF-8"')  # RFC 7617

PATHS = (  # of printers, as clients spell them; Windows makes the last two of a printer's web address
    "/",
    "/ipp",
    "/ipp/print",
    "/ipp/print/{name}",
    "/printers/{name}",
    "/printers/{name}/.printer",
)
JOB_PATH = "/jobs/{id}"
NAMED = re.compile(r"/(?:ipp/print|printers)/([^/]+)(?:/\.printer)?")
JOB = re.compile(r"/jobs/([0-9]{1,10})|.*/([0-9]{1,10})")

Does = Callable[[Call], Awaitable[bytes]]


def _functions(*modules: ModuleType) -> "dict[int, Does]":
    """Return the function of each operation, by its code."""
    found: "dict[str, Does]" = {}
    for module in modules:
        found.update(vars(module))
    return {row.code: found[row.does] for row in operations.ROWS}


DOES = _functions(printing, queue)


class Told:
    """An answer to Get-Printer-Attributes, without its header, and what it was made of."""

    def __init__(self, version: "tuple[int, int]", sheet: Sheet, chosen: "tuple[int, ...]"):
        self.version = bytes(wire.closest(version))
        self.sheet = sheet
        self.capabilities = sheet.printer.capabilities
        self.chosen = chosen
        self.stamp: "tuple[object, ...]" = ()
        self.octets = b""


class Ipp:
    """The IPP service of all printers. `authorize(request, level)` returns who asks, None when that is not known."""

    name = "ipp"

    def __init__(
        self,
        site: Site,
        authorize: Authorize,
        clock: "Callable[[], float]" = time.monotonic,
        now: "Callable[[], float]" = time.time,
    ):
        self.site = site
        self.authorize = authorize
        self.printers = Printers()
        self.now = now
        self._clock = clock
        self._started = clock()
        self._sheets: "dict[Printer, Sheet]" = {}
        self._told: "dict[tuple[str, Address, bytes], Told]" = {}
        self._addresses: "dict[tuple[str, bool, int], Address]" = {}
        self._unwatch: "Callable[[], None]" = lambda: None

    async def start(self, printers: Printers) -> None:
        """Answer for these printers, whichever come and go."""
        self.printers = printers
        self._unwatch = printers.watch(self._follow)

    async def stop(self) -> None:
        """Let go of the printers."""
        self._unwatch()
        self._sheets.clear()
        self._told.clear()

    def routes(self) -> "list[Route]":
        """Return the rows for the HTTP server."""
        return [Route(("POST",), path, self.handle, None) for path in (*PATHS, JOB_PATH)]

    def up(self) -> int:
        """Return printer-up-time: seconds since the start, from 1."""
        return int(self._clock() - self._started) + 1

    def present(self) -> Present:
        """Return the time."""
        now = self.now()
        return Present(now, now - (self._clock() - self._started), self.up())

    def _follow(self, printer: Printer, added: bool) -> None:
        self._told.clear()
        if added:
            self._sheets[printer] = Sheet(printer, self.site, "")
        else:
            self._sheets.pop(printer, None)
        for each in self.printers:
            if each in self._sheets:
                self._sheets[each].move(printer_path(each.name, each is self.printers.default))

    # Finding what a request is about

    def path_of(self, printer: Printer) -> str:
        """Return the path of a printer's queue."""
        sheet = self._sheets.get(printer)  # none where the printer went away while the request was answered
        return sheet.path if sheet is not None else printer_path(printer.name, False)

    def printer_at(self, uri: str) -> Printer:
        """Return the printer that an address means; raise Refused when there is none."""
        path = _path(uri)
        match = NAMED.fullmatch(path)
        printer = self.printers.find(unquote(match[1])) if match else self.printers.default
        if printer is None or (match is None and path.rstrip("/") not in ("", "/ipp", "/ipp/print")):
            raise Refused("not-found", f"There is no printer at {path}.")
        return printer

    def job_at(self, uri: str, id: "int | None") -> Job:
        """Return the job that a job's address, or a printer's and an id, mean; raise Refused when there is none."""
        if id is not None:
            job = self.printer_at(uri).jobs.get(id)
        else:
            match = JOB.fullmatch(_path(uri))
            id = int(match[1] or match[2]) if match else 0
            job = next((printer.jobs[id] for printer in self.printers if id in printer.jobs), None)
        if job is None:
            raise Refused("not-found", f"There is no job {id}." if id else f"There is no job at {uri}.")
        return job

    def _address(self, request: Request) -> Address:
        """Return how the client reached us, as it says by the Host field."""
        key = (request.host, request.secure, request.local[1])
        address = self._addresses.get(key)
        if address is None:
            if len(self._addresses) >= TOLD_MAX:
                self._addresses.clear()
            address = self._addresses[key] = self._parse_host(*key)
        return address

    def _parse_host(self, host: str, secure: bool, local_port: int) -> Address:
        name, colon, port = host.rpartition(":")
        if not colon or not port.isdigit() or len(port) > 5:  # no port; the colon may be one of an IPv6 address
            name, port = host, str(local_port)
        if not name or len(name) > HOST_OCTETS:
            name, port = self.site.host, str(self.site.port)
        return Address(name, int(port), secure)

    # Answering

    async def handle(self, request: Request) -> Response:
        """Answer an HTTP request that carries an IPP request."""
        if not _is_ipp(request):
            return text(f"POST takes {MIME} here, without a Content-Encoding", 415)
        client = self._address(request)
        buffer = memoryview(bytearray(SCRATCH))
        parser = Parser()
        count = 0
        while True:
            received = await request.body.readinto(buffer[count:])
            count += received
            if count == request.length and (told := self._repeat(request.path, client, buffer[:count])):
                return Response(200, HEADERS, told)
            try:
                parsed = _parse(parser, buffer, count, ended=not received)
            except WireError as error:
                return Response(200, HEADERS, _refuse_unread(bytes(buffer[: min(count, wire.HEADER)]), error))
            if parsed is not None:
                message, consumed = parsed
                document = Document(request.body, buffer, buffer[consumed:count])
                return await self._answer(Call(self, request, client, bytes(buffer[:consumed]), message, document))
            if count == len(buffer):
                buffer = _wider(buffer)

    async def _answer(self, call: Call) -> Response:
        try:
            row = operations.BY_CODE.get(call.message.code)
            if row is None:
                raise Refused("operation-not-supported", f"Operation 0x{call.message.code:04x} is not supported.")
            call.check()
            call.find(row.target)
            if row.administrator:
                call.require_administrator()
            octets = await DOES[row.code](call)
        except WireError as error:
            if call.request.body.broken:
                raise
            octets = call.refuse(error.status or status.BAD_REQUEST, error.message)
        except Refused as refused:
            if refused.reason == "not-authenticated":
                return Response(401, [SIGN_IN], b"")
            reason = reasons.refusal(refused.reason)
            octets = call.refuse(reason.ipp, refused.detail or reason.sentence)
        return Response(200, HEADERS, octets)

    # Printer attributes, told again and again

    def encode(self, printer: Printer, chosen: "tuple[int, ...]", client: Address) -> bytes:
        """Return the group of a printer's chosen attributes."""
        return self._sheets[printer].encode(chosen, client, self.present())

    def describe(self, call: Call, printer: Printer, chosen: "tuple[int, ...]") -> bytes:
        """Return the answer with a printer's chosen attributes; requests of the same octets get it without a parse."""
        told = Told(call.message.version, self._sheets[printer], chosen)
        if len(call.octets) <= TOLD_REQUEST_MAX:
            if len(self._told) >= TOLD_MAX:
                self._told.clear()
            self._told[(call.request.path, call.client, _without_id(call.octets))] = told
        return self._tell(told, call.client, call.octets)

    def _repeat(self, path: str, client: Address, view: memoryview) -> "bytes | None":
        """Return the answer to a request that was answered before, but for its request-id; None for any other."""
        octets = bytes(view)
        told = self._told.get((path, client, _without_id(octets)))
        if told is None or not 0 < int.from_bytes(octets[4:8], "big") < 1 << 31:
            return None
        if told.capabilities is not told.sheet.printer.capabilities:  # it might be refused now
            return None
        return self._tell(told, client, octets)

    def _tell(self, told: Told, client: Address, octets: bytes) -> bytes:
        up = self.up()
        if not told.sheet.is_current(told.stamp, up):
            group = told.sheet.encode(told.chosen, client, self.present())
            told.octets = b"".join((GREETING, group, END))
            told.stamp = told.sheet.stamp()
        return b"".join((told.version, SUCCESS, octets[4 : wire.HEADER], told.octets))


def _without_id(octets: bytes) -> bytes:
    """Return a request's octets without its request-id."""
    return octets[:4] + octets[wire.HEADER :]


def _is_ipp(request: Request) -> bool:
    type = request.headers.get("content-type", "")
    return type.partition(";")[0].strip().lower() == MIME and "content-encoding" not in request.headers


def _parse(parser: Parser, buffer: memoryview, count: int, ended: bool) -> "tuple[wire.Message, int] | None":
    """Return what Parser.parse does; raise WireError also where a request breaks the rules for all, or has no end."""
    parsed = parser.parse(buffer, count)
    if parsed is not None:
        wire.check_request(parsed[0])
    elif ended:
        raise WireError("the request ends too early", status.BAD_REQUEST)
    return parsed


def _path(uri: str) -> str:
    try:
        return urlsplit(uri).path or "/"
    except ValueError:
        raise WireError("the address is malformed", status.BAD_REQUEST) from None


def _wider(buffer: memoryview) -> memoryview:
    """Return a larger buffer that begins with what `buffer` holds."""
    wider = memoryview(bytearray(4 * len(buffer)))
    wider[: len(buffer)] = buffer
    return wider


def _refuse_unread(start: bytes, error: WireError) -> bytes:
    """Return the answer to a request that cannot be accepted; `start` is its header, or what came of it."""
    version = (start[0], start[1]) if len(start) > 1 else wire.VERSIONS[0]
    request_id = int.from_bytes(start[4:], "big", signed=True) if len(start) == wire.HEADER else 0  # RFC 8011, 4.1.2
    return answer_start(version, error.status or status.BAD_REQUEST, request_id, error.message) + END
