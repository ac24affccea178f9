"""A job's files as LPD's clients send them, given to the daemon's own parts without a network, and what must answer."""

import os

from feedpath.back.pdl import sniff
from feedpath.back.pdl.passthrough import PassThrough
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused, WireError
from feedpath.front.lpd import table, wire
from feedpath.front.lpd.peer import Peer
from feedpath.front.lpd.receive import PARTS_MOST, Reception
from tests.robust.changes import Kind

CONTROL = b"Hbox\nPmary\nJReport\n%bNreport.pdf\n"
DATA = b"\x1bE" + bytes(600)
KIND = Kind((b"\x02lp\n", b"\n", b" ", b"\0", b"\x030 dfA\n", b"\x01\n", b"fdfA\n", b"dfB", b"999999999999"))
OK, NO = table.ACCEPTED, table.REFUSED


def jobs(copies: int) -> "list[bytes]":
    """Return the files of a job in either order."""
    control = CONTROL % (b"ldfA\n" * copies)
    files = [b"\x02%d cfA\n%b\0" % (len(control), control), b"\x03%d dfA\n%b\0" % (len(DATA), DATA)]
    return [b"".join(files), b"".join(reversed(files))]


def answers(said: bytes) -> "bytes | None":
    """Return what the files of a job are to be answered by RFC 1179, 6; None where packets' borders decide."""
    answered = OK
    for _ in range(PARTS_MOST):
        line, end, rest = said.partition(b"\n")
        if not said:
            return answered
        try:
            part = wire.part(line)
        except WireError:
            return answered + NO
        if not end:
            return answered + NO
        if part.code == table.ABORT_JOB:
            return answered + OK
        control = part.code == table.CONTROL_FILE
        if control and not 0 < part.octets <= wire.CONTROL_MOST:
            return answered + NO
        answered += OK
        if not control and (part.octets in table.UNCOUNTED or part.octets >= table.UNCOUNTED_FROM):
            return None if not part.octets and rest[:1] == b"\0" else answered + OK
        file, end = rest[: part.octets], rest[part.octets : part.octets + 1]
        if len(file) < part.octets or end.strip(b"\0") or (control and refused(file)):
            return answered + NO
        answered += OK
        said = rest[part.octets + 1 :]
    return answered + NO


def refused(control: bytes) -> bool:
    """Return whether a control file is not as the protocol has it, or asks for what nobody prints."""
    try:
        return any(file.letter not in table.PRINT for file in wire.control(control).values())
    except WireError:
        return True


async def heard(printer: "Tray", said: bytes) -> bytes:
    """Return what the daemon answers to the files of a job."""
    client = Client(said)
    try:
        await Reception(client, printer, sniff.sniff).run()  # type: ignore[arg-type]
    except (WireError, Refused):
        return client.heard + NO
    return client.heard


class Said:
    """A client's end of a connection: all that it says is there already."""

    peer = ("10.0.0.9", 721)

    def __init__(self, octets: bytes):
        self._octets = memoryview(octets)

    async def readinto(self, view: memoryview) -> int:
        """Give what is left."""
        count = min(len(view), len(self._octets))
        view[:count] = self._octets[:count]
        self._octets = self._octets[count:]
        return count


class Client(Peer):
    """What the daemon has of such a client, and told it."""

    def __init__(self, said: bytes):
        super().__init__(Said(said))  # type: ignore[arg-type]
        self.heard = b""

    async def answer(self, octets: bytes) -> None:
        """Note it."""
        self.heard += octets


class Tray:
    """A printer, its machine and its jobs in one, which prints nothing at no cost: a hundred thousand conversations."""

    name, state, stopping, begun, over, ended, kept = "tray", 9, None, True, True, True, False
    received = printed = 0

    def __init__(self) -> None:
        self.driver = PassThrough(("PDF",), False)
        formats = (*self.driver.capabilities.formats, table.TEXT, table.POSTSCRIPT)
        self.capabilities = self.driver.capabilities = self.driver.capabilities._replace(formats=formats)
        self.device = self.spool = self.area = self.printer = self
        self.ticket = Ticket()

    def submit(self, ticket: Ticket) -> "Tray":
        """Take a job."""
        self.ticket = ticket
        return self

    async def receive(self, body: "object") -> None:
        """Read a document to its end."""
        view = memoryview(bytearray(8192))
        while await body.readinto(view):  # type: ignore[attr-defined]
            pass

    def descriptor(self) -> int:
        """Give a document without bytes."""
        return os.open(os.devnull, os.O_RDONLY)

    def fits(self, _count: int) -> bool:
        """There is room for anything."""
        return True

    def nothing(self, *_: object) -> None:
        """There is nothing to do."""

    async def at_once(self) -> None:
        """There is nothing to wait for."""

    check = amend = release = let_go = abort = cancel = nothing
    finish = recorded = at_once
