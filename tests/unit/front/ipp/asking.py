"""A client of the IPP front end without a network: requests in, parsed answers out."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from feedpath.core.printers import Printers
from feedpath.front.http.message import Request
from feedpath.front.ipp import operations, values, wire
from feedpath.front.ipp.attributes import Site
from feedpath.front.ipp.server import Ipp
from feedpath.front.ipp.wire import Attribute, Group, Message
from tests.fakes.machine import Box, Clock, Machine

CODES = {row.name: row.code for row in operations.ROWS}
URI = "ipp://printer.local:8631/ipp/print"
HOST = "printer.local:8631"
TAGS = {bool: values.BOOLEAN, int: values.INTEGER, str: values.KEYWORD}


def runs(test: "Callable[..., Awaitable[None]]") -> "Callable[..., None]":
    """Make a test of a coroutine function."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(test(*arguments, **named))  # type: ignore[arg-type]

    return run


def an(name: str, *given: Any, tag: int = 0) -> Attribute:
    """Return an attribute; its tag is that of the operation attribute of this name, else by the type of the value."""
    row = operations.GIVEN.get(name)
    chosen = tag or (row.tags[0] if row is not None else 0)
    return Attribute(name, [(chosen or TAGS[type(value)], value) for value in given])


class Body:
    """The body of a request, which comes in pieces; `fault` is raised where it ends."""

    def __init__(self, octets: bytes, piece: int, fault: "Exception | None" = None):
        self.broken = False
        self._octets = memoryview(octets)
        self._piece = piece
        self._fault = fault

    async def readinto(self, view: memoryview) -> int:
        """Give the next piece."""
        await asyncio.sleep(0)
        if not self._octets and self._fault is not None:
            self.broken = True
            raise self._fault
        count = min(len(view), self._piece, len(self._octets))
        view[:count] = self._octets[:count]
        self._octets = self._octets[count:]
        return count


class Asked:
    """What the front end sees of an HTTP request."""

    method = "POST"
    local = ("127.0.0.1", 8631)
    peer = ("192.0.2.7", 40000)

    def __init__(self, octets: bytes, path: str, host: str, secure: bool, piece: int, fault: "Exception | None"):
        self.path = path
        self.host = host
        self.secure = self.private = secure
        self.headers = {"content-type": "application/ipp"}
        self.length = len(octets)
        self.body = Body(octets, piece, fault)


class Answer:
    """An answer: the HTTP status, and the IPP message, if there is one."""

    def __init__(self, http: int, octets: bytes):
        self.http = http
        self.octets = octets
        self.message = Message((0, 0), 0, 0)
        if octets:
            parsed = Message.parse(octets, len(octets))
            assert parsed is not None and parsed[1] == len(octets), "an answer is one whole message"
            self.message = parsed[0]

    @property
    def status(self) -> int:
        """Return the IPP status."""
        return self.message.code

    def groups(self, tag: int) -> "list[Group]":
        """Return the groups with that tag."""
        return [group for group in self.message.groups if group.tag == tag]

    def names(self, tag: int) -> "list[str]":
        """Return the names of the attributes of the only group with that tag."""
        (group,) = self.groups(tag)
        return [attribute.name for attribute in group.attributes]

    def job(self, name: str) -> "list[Any]":
        """Return the values of an attribute of the only job."""
        (group,) = self.groups(wire.JOB)
        return next(attribute.values for attribute in group.attributes if attribute.name == name)

    def values(self, name: str) -> "list[Any]":
        """Return the values of the only attribute of that name."""
        (attribute,) = [each for group in self.message.groups for each in group.attributes if each.name == name]
        return attribute.values

    def __getitem__(self, name: str) -> Any:
        """Return the only value of the only attribute of that name."""
        (value,) = self.values(name)
        return value


class Asker:
    """Asks a front end. `administrator` is who it takes the client for, None for nobody."""

    def __init__(self, box: Box, machine: Machine, clock: Clock, site: Site):
        self.box = box
        self.machine = machine
        self.printer = box.printer
        self.printers = Printers()
        self.printers.add(box.printer)
        self.clock = clock
        self.administrator: "str | None" = None
        self.ipp = Ipp(site, lambda _request, _level: self.administrator, clock)

    async def send(
        self,
        octets: bytes,
        path: str = "/ipp/print",
        host: str = HOST,
        secure: bool = False,
        piece: int = 1 << 20,
        fault: "Exception | None" = None,
    ) -> Answer:
        """Send octets; return the answer."""
        asked = Asked(octets, path, host, secure, piece, fault)
        response = await self.ipp.handle(cast(Request, asked))
        assert isinstance(response.body, bytes)
        return Answer(response.status, response.body if response.status == 200 else b"")

    async def __call__(
        self,
        operation: str,
        *given: Attribute,
        job: "tuple[Attribute, ...]" = (),
        document: bytes = b"",
        uri: str = URI,
        user: str = "alice",
        id: int = 0,
        version: "tuple[int, int]" = (2, 0),
        request_id: int = 1,
        language: str = "en",
        **how: Any,
    ) -> Answer:
        """Ask for an operation; return the answer."""
        more = [an("job-id", id)] * bool(id) + [an("requesting-user-name", user)]
        greeting = [GREETING[0], an(GREETING[1].name, language)]
        groups = [Group(wire.OPERATION, [*greeting, an("printer-uri", uri), *more, *given])]
        if job:
            groups.append(Group(wire.JOB, list(job)))
        message = Message(version, CODES[operation], request_id, groups)
        return await self.send(message.encode() + document, **how)


GREETING = (an("attributes-charset", "utf-8"), an("attributes-natural-language", "en"))


@asynccontextmanager
async def front_end(directory: Path, plugged: bool = True, tls: bool = False, **policy: Any) -> "AsyncIterator[Asker]":
    """Give a client of a front end with one printer."""
    machine = Machine()
    async with Box(directory, machine if plugged else None, **policy) as box:
        asker = Asker(box, machine, Clock(), Site(tls=tls))
        await asker.ipp.start(asker.printers)
        yield asker
        await asker.ipp.stop()
