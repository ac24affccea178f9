"""An agent without a socket, the printer that it tells of, and questions to it."""

from typing import Any, cast

from feedpath.core.computer import Link
from feedpath.core.driver import Supply
from feedpath.core.printer import IDLE, Printer
from feedpath.errors import Refused
from feedpath.front.snmp import wire
from feedpath.front.snmp.agent import Access, Agent, Change
from feedpath.front.snmp.device import Alert
from feedpath.front.snmp.site import Facts, Reach
from tests.fakes.announced import CAPABILITIES, AnnouncedPrinter

MOST = 1452
SYS_DESCR, SYS_CONTACT, SYS_LOCATION = (
    (1, 3, 6, 1, 2, 1, 1, 1, 0),
    (1, 3, 6, 1, 2, 1, 1, 4, 0),
    (1, 3, 6, 1, 2, 1, 1, 6, 0),
)
PRINTER_MIB = (1, 3, 6, 1, 2, 1, 43)
SUPPLIES = (
    Supply("Black toner", "toner", "#000000", 80),
    Supply("Cyan ink", "inkCartridge", "#00FFFF", 5),
    Supply("Waste", "wasteToner", "none", -2),
)


class Resettable:
    """What a core Device shows to SNMP. busy: whether a job is at it. resets: what was asked of it."""

    def __init__(self) -> None:
        self.busy = False
        self.resets: "list[bool]" = []

    async def reset(self, cold: bool) -> None:
        """See core's Device."""
        if self.busy:
            raise Refused("not-possible")
        self.resets.append(cold)


class WatchedPrinter(AnnouncedPrinter):
    """What a core Printer shows to SNMP."""

    def __init__(self, **attributes: Any):
        self.supplies: "tuple[Supply, ...]" = ()
        self.media_ready = CAPABILITIES.media_ready
        self.jobs: "dict[int, Any]" = {}
        self.state = IDLE
        self.serial = "X1"
        self.accepting = True
        self.announced = "Laser"
        self.sides = 7
        self.paused = False
        self.device = Resettable()
        super().__init__(CAPABILITIES, **attributes)


class StillComputer:
    """A computer whose figures stand still."""

    def __init__(self) -> None:
        self.up: "tuple[Link, ...]" = (
            Link(1, "lo", 24, 65536, addresses=((b"\x7f\0\0\1", 8),)),
            Link(2, "eth0", 6, 1500, 10**9, b"\2\0\0\0\0\1", received=(2**40, 9, 1, 2, 3), sent=(2**33, 8, 0, 0),
                 addresses=((b"\x0a\x4d\0\1", 24), (b"\xfd\x77" + bytes(13) + b"\1", 64),
                            (b"\xfe\x80" + bytes(13) + b"\1", 64))),
        )  # fmt: skip

    def links(self) -> "tuple[Link, ...]":
        """See core's Computer."""
        return self.up

    def uptime(self) -> float:
        """See core's Computer."""
        return 86400.0

    def memory(self) -> "tuple[int, int]":
        """See core's Computer."""
        return 1 << 29, 1 << 28

    def processes(self) -> int:
        """See core's Computer."""
        return 90

    def sessions(self) -> int:
        """See core's Computer."""
        return 2

    def forwards(self) -> bool:
        """See core's Computer."""
        return False

    def hops(self) -> int:
        """See core's Computer."""
        return 64


class Asked:
    """An agent with one printer. now: what its clock says. settings: what was written. strangers: how many asked."""

    def __init__(self, read: bytes = b"public", write: bytes = b"", **attributes: Any):
        self.now = 100.0
        self.settings = {"contact": "Ann", "location": "Room 7"}
        self.strangers = self.refusals = 0
        self.alerts: "list[Alert]" = []
        self.computer = StillComputer()
        self.access = Access(read, write)
        self.reach = Reach("ipp://10.77.0.1:631/ipp/print", 631, 9100)
        facts = Facts(
            self.computer,
            host=lambda: "printbox",
            contact=lambda: self.settings["contact"],
            location=lambda: self.settings["location"],
            storage=lambda: (1 << 30, 5000),
            reach=lambda printer: self.reach,
            write=self._writer,
            rename=self._rename,
            refusals=lambda: self.refusals,
        )
        self.agent = Agent(
            facts,
            lambda: self.access,
            lambda: self.now,
            lambda _, alert: self.alerts.append(alert),
            self._stranger,
        )
        self.printer = WatchedPrinter(**attributes)
        self.add(self.printer)

    def add(self, printer: WatchedPrinter) -> None:
        """Let the agent tell of a printer."""
        device = self.agent.add(cast(Printer, printer))
        printer.watch(lambda news: self.agent.changed(device, news))

    def _stranger(self) -> None:
        self.strangers += 1

    async def _rename(self, printer: Printer, name: str) -> None:
        if not name:
            raise Refused("bad-request", "A printer has a name.")
        cast(WatchedPrinter, printer).change(announced=name)

    def _writer(self, name: str) -> Any:
        async def write(value: "int | bytes") -> None:
            assert isinstance(value, bytes)
            if value == b"disk full":
                raise OSError("no room")
            self.settings[name] = value.decode()

        return write

    def ask(self, data: bytes, near: bool = True, most: int = MOST) -> "bytes | Change | None":
        """Return the answer to a datagram."""
        return self.agent.answer(data, near, most)

    def get(self, *arcs: int) -> "int | bytes":
        """Return the value of the object that must be there."""
        found = self.agent.store.get(wire.name(arcs))
        assert found is not None, arcs
        return wire.value(found.encoded())[1]

    def walk(self, version: int = wire.V2C) -> "list[tuple[int, ...]]":
        """Return all names, each asked for behind the last one."""
        names: "list[tuple[int, ...]]" = []
        at: "tuple[int, ...]" = (1, 3)
        while True:
            answer = reply(self.ask(request(wire.GET_NEXT, at, version=version)))
            if answer.status or answer.bindings[0][1] == wire.END_OF_MIB_VIEW:
                return names
            at = wire.arcs(answer.bindings[0][0])
            names.append(at)


def request(
    kind: int,
    *names: "tuple[int, ...]",
    version: int = wire.V2C,
    community: bytes = b"public",
    first: int = 0,
    second: int = 0,
    value: bytes = wire.NULL_VALUE,
) -> bytes:
    """Return a message that asks for names, or sets all of them to a value."""
    bindings = b"".join(wire.binding(wire.name(name), value) for name in names)
    body = wire.number(77) + wire.number(first) + wire.number(second) + wire.tlv(wire.SEQUENCE, bindings)
    return wire.message(version, community, wire.tlv(kind, body))


def parts(data: bytes) -> "list[tuple[int, bytes, bytes]]":
    """Return what stands one behind the other in BER: tag, content, and the whole of each."""
    found, at = [], 0
    while at < len(data):
        start, length = at + 2, data[at + 1]
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[at + 2 : start], "big")
        assert start + length <= len(data)
        found.append((data[at], data[start : start + length], data[at : start + length]))
        at = start + length
    return found


class Reply:
    """An answer in its parts, read by a reader of its own."""

    def __init__(self, answer: "bytes | Change | None"):
        assert isinstance(answer, bytes), answer
        ((_, message, _),) = parts(answer)
        _version, _community, (tag, pdu, _) = parts(message)
        id, (_, status, _), (_, index, _), (_, variables, _) = parts(pdu)
        assert tag == wire.RESPONSE
        self.id = id[1]
        self.status, self.index = int.from_bytes(status, "big"), int.from_bytes(index, "big")
        pairs = [parts(each) for _, each, _ in parts(variables)]
        self.bindings = [(name[1], value[2]) for name, value in pairs]

    @property
    def values(self) -> "list[int | bytes]":
        """Return the values in their order."""
        return [wire.value(encoded)[1] for _, encoded in self.bindings]


def reply(answer: "bytes | Change | None") -> Reply:
    """Return the answer to what `ask` asks in its parts."""
    told = Reply(answer)
    assert told.id == b"M"
    return told
