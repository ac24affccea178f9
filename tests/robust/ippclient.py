"""A tiny IPP client on a raw socket: requests as bytes, so that tests can also send what no client would."""

import gzip
import socket
import ssl
import zlib
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, NamedTuple

from feedpath.front.ipp import values, wire
from feedpath.front.ipp.wire import Attribute, Group, Message
from tests.fakes.netns import WATCHDOG_S, until

PRINT_JOB, VALIDATE_JOB, CREATE_JOB, SEND_DOCUMENT, CANCEL_JOB, CLOSE_JOB = 0x02, 0x04, 0x05, 0x06, 0x08, 0x3B
GET_JOB_ATTRIBUTES, GET_JOBS, GET_PRINTER_ATTRIBUTES, RELEASE_JOB = 0x09, 0x0A, 0x0B, 0x0D
PENDING, HELD, PROCESSING, STOPPED, CANCELED, ABORTED, COMPLETED = range(3, 10)  # job-state: RFC 8011, 5.3.7
PRINTER = "ipp://localhost/ipp/print"
FORMAT = "image/urf"
USER = "mary"
GOOD = (0x0000, 0x0001)  # successful-ok, and with attributes ignored: RFC 8011, B.1.2
CHUNK = 1000
COMPRESS: "dict[str, Callable[[bytes], bytes]]" = {"none": bytes, "gzip": gzip.compress, "deflate": zlib.compress}
PORTION = 200  # jobs asked for at a time


class Gone(Exception):
    """The server closed the connection, or was killed, before its answer was whole."""


class Answer(NamedTuple):
    """An HTTP answer, and the IPP answer in it."""

    http: int
    fields: "dict[str, str]"
    body: bytes

    @property
    def message(self) -> Message:
        """Return the IPP message."""
        parsed = Message.parse(self.body, len(self.body))
        assert parsed is not None and parsed[1] == len(self.body), self
        return parsed[0]

    @property
    def status(self) -> int:
        """Return the IPP status code."""
        assert self.http == 200, self
        return self.message.code

    @property
    def sentence(self) -> str:
        """Return status-message, "" when there is none."""
        return str(told(self.message, wire.OPERATION)[0].get("status-message", [""])[0])

    @property
    def job(self) -> "dict[str, list[Any]]":
        """Return the values of the one job that it tells of."""
        (job,) = told(self.message, wire.JOB)
        return job


def told(message: Message, tag: int) -> "list[dict[str, list[Any]]]":
    """Return the values by attribute name of each group with that tag."""
    return [{each.name: each.values for each in group.attributes} for group in message.groups if group.tag == tag]


def keyword(name: str, *keywords: str) -> Attribute:
    """Return an attribute of keywords."""
    return Attribute(name, [(values.KEYWORD, each) for each in keywords])


def integer(name: str, number: int) -> Attribute:
    """Return an attribute of an integer."""
    return Attribute(name, [(values.INTEGER, number)])


def named(name: str, text: str) -> Attribute:
    """Return an attribute of a name."""
    return Attribute(name, [(values.NAME, text)])


def boolean(name: str, value: bool) -> Attribute:
    """Return an attribute of a boolean."""
    return Attribute(name, [(values.BOOLEAN, value)])


def mime(format: str) -> Attribute:
    """Return document-format."""
    return Attribute("document-format", [(values.MIME, format)])


def operation_group(*more: Attribute) -> Group:
    """Return the operation attributes of a request about the printer."""
    return Group(
        wire.OPERATION,
        [
            Attribute("attributes-charset", [(values.CHARSET, "utf-8")]),
            Attribute("attributes-natural-language", [(values.LANGUAGE, "en")]),
            Attribute("printer-uri", [(values.URI, PRINTER)]),
            named("requesting-user-name", USER),
            *more,
        ],
    )


def request(operation: int, *more: Attribute, job: "Iterable[Attribute]" = ()) -> bytes:
    """Return an IPP request; `more` are operation attributes, `job` are job attributes."""
    groups = [operation_group(*more)] + [Group(wire.JOB, attributes) for attributes in (list(job),) if attributes]
    return Message((2, 0), operation, 1, groups).encode()


def post(body: bytes, *fields: str, length: "int | None" = None, chunked: bool = False) -> bytes:
    """Return an HTTP request that carries an IPP request; `length` is what it claims when that is not true."""
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body) if length is None else length}"
    lines = ("POST /ipp/print HTTP/1.1", "Host: localhost", "Content-Type: application/ipp", framing, *fields, "", "")
    return "\r\n".join(lines).encode() + (chunks(body) if chunked else body)


def chunks(body: bytes) -> bytes:
    """Return a body in chunks."""
    pieces = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def compress(document: bytes, compression: str) -> bytes:
    """Return a document in one of the compressions of IPP (RFC 8011, 5.4.32)."""
    return COMPRESS[compression](document)


def offers_tls(port: int) -> bool:
    """Return whether the firmware takes TLS."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=WATCHDOG_S) as connection:
        try:
            context.wrap_socket(connection).close()
        except (ssl.SSLError, ConnectionError):
            return False
    return True


class Client:
    """A connection to the firmware, kept from request to request while it may be; `with` it, or close it."""

    def __init__(self, port: int):
        self._port = port
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=WATCHDOG_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")
        self._done = False  # the server has said that it closes

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: "type[BaseException] | None", error: "BaseException | None", trace: "TracebackType | None"
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes; raise Gone when nobody takes them."""
        if self._done:
            self.close()
            self._connect()
        try:
            self.socket.sendall(data)
        except ConnectionError as error:
            raise Gone(str(error)) from error

    def answer(self) -> Answer:
        """Return the next answer, past any 100; raise Gone when the connection ends before it is whole."""
        try:
            while True:
                found = self._answer()
                if found.http != 100:
                    return found
        except ConnectionError as error:
            raise Gone(str(error)) from error

    def _answer(self) -> Answer:
        start = self._file.readline().split()
        if len(start) < 2:
            raise Gone("no answer")
        fields = {}
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip()
        self._done = fields.get("connection") == "close"
        length = int(fields.get("content-length", "0"))
        body = self._file.read(length)
        if not line or len(body) < length:
            raise Gone("half an answer")
        return Answer(int(start[1]), fields, body)

    def call(
        self,
        operation: int,
        *more: Attribute,
        document: bytes = b"",
        job: "Iterable[Attribute]" = (),
        chunked: bool = False,
    ) -> Answer:
        """Return the answer to an operation."""
        self.send(post(request(operation, *more, job=job) + document, chunked=chunked))
        return self.answer()

    def print(self, document: bytes, *more: Attribute, chunked: bool = False) -> Answer:
        """Return the answer to a Print-Job."""
        return self.call(PRINT_JOB, mime(FORMAT), *more, document=document, chunked=chunked)

    def send_document(self, id: int, document: bytes, *more: Attribute, chunked: bool = False) -> Answer:
        """Return the answer to the Send-Document of a job that was created."""
        about = (integer("job-id", id), boolean("last-document", True), mime(FORMAT))
        return self.call(SEND_DOCUMENT, *about, *more, document=document, chunked=chunked)

    def jobs(self, which: str = "all", *names: str) -> "dict[int, dict[str, list[Any]]]":
        """Return what is told of the printer's jobs, by id."""
        wanted = keyword("requested-attributes", *(names or ("job-id", "job-state", "job-state-message")))
        found: "dict[int, dict[str, list[Any]]]" = {}
        while True:  # in portions, as the parser takes 64 KiB at most
            first = integer("first-job-id", max(found, default=0) + 1)
            answer = self.call(GET_JOBS, keyword("which-jobs", which), wanted, first, integer("limit", PORTION))
            assert answer.status in GOOD, answer
            jobs = {job["job-id"][0]: job for job in told(answer.message, wire.JOB)}
            found.update(jobs)
            if len(jobs) < PORTION:
                return found

    def job(self, id: int) -> "dict[str, list[Any]]":
        """Return what is told of a job."""
        answer = self.call(GET_JOB_ATTRIBUTES, integer("job-id", id))
        assert answer.status in GOOD, answer
        return answer.job

    def printer(self) -> "dict[str, list[Any]]":
        """Return what is told of the printer."""
        answer = self.call(GET_PRINTER_ATTRIBUTES)
        assert answer.status in GOOD, answer
        (printer,) = told(answer.message, wire.PRINTER)
        return printer

    def ended(self, id: int) -> "dict[str, list[Any]]":
        """Wait until a job has ended; return what is told of it."""
        until(lambda: self.job(id)["job-state"][0] >= CANCELED, f"job {id} to end")
        return self.job(id)
