"""What is answered to a request: RFC 1157, 4.1; RFC 3416, 4.2; RFC 3584, 4. No sockets here, and nothing waits.

What is not a message, not of a known version, or of an unknown community gets no answer at all.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from feedpath import __version__
from feedpath.core.printer import Printer
from feedpath.errors import WireError
from feedpath.front.snmp import table, wire
from feedpath.front.snmp.device import Alert, HrDevice
from feedpath.front.snmp.mibs import host, interfaces, ports, printer, secured, system
from feedpath.front.snmp.site import Facts
from feedpath.front.snmp.store import NotNow, Object, Store, Write

TICKS_A_SECOND = 100
REPETITIONS_MOST = 1000  # no more fit into an answer
HEAD_OCTETS = 64  # of an answer around its variables, without the community
EVERYWHERE_KNOWN = b"public"  # the community that says nothing about who asks


class Counts:
    """What the group snmp tells: RFC 3418."""

    def __init__(self) -> None:
        self.packets = self.broken = self.bad_versions = self.bad_communities = self.bad_uses = self.silent = 0
        self.unknown_models = self.invalid_messages = self.unknown_contexts = 0  # RFC 3412 and RFC 3413
        self.users = dict.fromkeys(range(1, 7), 0)  # usmStats by its numbers: RFC 3414
        self.traps = True  # whether those who ask with a wrong community are told of
        self.set_serial = 0  # snmpSetSerialNo


class Access(NamedTuple):
    """The communities in effect; an empty one is none."""

    read: bytes
    write: bytes


class Failed(Exception):
    """A variable cannot be served: the error-status and its place, from 1 on."""

    def __init__(self, status: int, index: int):
        super().__init__(status, index)
        self.status = status
        self.index = index


class Change:
    """A SET that may be made: `carry_out` makes it and gives the answer."""

    def __init__(self, request: wire.Request, writes: "list[tuple[Write, int | bytes]]"):
        self.request = request
        self._writes = writes

    async def carry_out(self) -> bytes:
        """Write one variable after the other; stop at the first that is not taken."""
        for index, (write, value) in enumerate(self._writes, 1):
            try:
                await write(value)
            except ValueError:
                return _refusal(self.request, table.WRONG_VALUE, index)
            except NotNow:
                return _refusal(self.request, table.INCONSISTENT_VALUE, index)
            except OSError:
                return _refusal(self.request, table.COMMIT_FAILED, index)
        bindings = b"".join(wire.binding(name, value) for name, value in self.request.bindings)
        return wire.response(self.request, table.NO_ERROR, 0, bindings)


class Agent:
    """The printers of this box as SNMP knows them, and the answers about them."""

    def __init__(
        self,
        facts: Facts,
        access: "Callable[[], Access]",
        clock: "Callable[[], float]",
        alarm: "Callable[[HrDevice, Alert], None]" = lambda device, alert: None,
        stranger: "Callable[[], None]" = lambda: None,
    ):
        """`alarm` is told of each alert that a trap is for, `stranger` of each request with a wrong community."""
        self.facts = facts
        self.counts = Counts()
        self.description = "feedpath %s" % __version__
        self.devices: "dict[int, HrDevice]" = {}  # by hrDeviceIndex
        self.store = Store(self._sources())
        self._access = access
        self._clock = clock
        self._started = clock()
        self.changes = interfaces.Changes(self.ticks)
        self._alarm = alarm
        self._stranger = stranger
        self._secured: "secured.Secured | None" = None

    def ticks(self) -> int:
        """Return sysUpTime: hundredths of a second since the start."""
        return int((self._clock() - self._started) * TICKS_A_SECOND)

    def _sources(self) -> "tuple[Callable[[], Iterator[Object]], ...]":
        facts = self.facts
        return (
            lambda: iter(system.objects(self)),
            lambda: iter(interfaces.objects(facts.computer, self.changes)),
            lambda: iter(host.objects(facts, self._numbered())),
            lambda: iter(printer.objects(self._numbered(), facts)),
            lambda: iter(ports.objects(self._numbered(), facts.reach)),
            lambda: iter(secured.objects(self._secured, self.counts)),
        )

    def secure(self, engine: "secured.Secured | None") -> None:
        """Tell of the engine of SNMPv3 that there is now."""
        self._secured = engine
        self.store.change()

    def look(self) -> None:
        """Notice when interfaces or addresses came or went."""
        if self.changes.look(self.facts.computer.links()):
            self.store.change()

    def _numbered(self) -> "list[HrDevice]":
        return [self.devices[index] for index in sorted(self.devices)]

    def add(self, printer: Printer) -> HrDevice:
        """Give a printer the lowest number that is free."""
        index = next(number for number in range(1, len(self.devices) + 2) if number not in self.devices)
        device = self.devices[index] = HrDevice(index, printer, self.ticks, self.facts.contact)
        self.store.change()
        return device

    def remove(self, printer: Printer) -> None:
        """Forget a printer; its number is free again."""
        self.devices = {index: device for index, device in self.devices.items() if device.printer is not printer}
        self.store.change()

    def changed(self, device: HrDevice, news: "frozenset[str]") -> None:
        """Take in what is new of a printer."""
        before = device.alerts
        told = device.look()
        if news - {"jobs"} or device.alerts != before:
            self.store.change()
        for alert in told:
            self._alarm(device, alert)

    def answer(self, data: bytes, near: bool, most: int) -> "bytes | Change | None":
        """Return the answer of at most `most` octets to a datagram, or what makes a change first; None for silence.

        near: whether it comes from a network that this computer is on.
        """
        self.counts.packets += 1
        self.look()
        try:
            request = wire.parse(data)
            rights = self._rights(request, near)
            return None if rights is None else self.reply(request, rights, most)
        except wire.OtherVersion:
            self.counts.bad_versions += 1
        except WireError:
            self.counts.broken += 1
        return None

    def _rights(self, request: wire.Request, near: bool) -> "bool | None":
        """Return whether who asks may write; None when not even read."""
        access = self._access()
        writes = bool(access.write) and request.community == access.write
        reads = bool(access.read) and request.community == access.read and (near or access.read != EVERYWHERE_KNOWN)
        if writes or reads:
            return writes
        self.counts.bad_communities += 1
        self._stranger()
        return None

    def reply(self, request: wire.Request, writes: bool, most: int) -> "bytes | Change | None":
        """Return the answer of at most `most` octets to who may ask, or what makes a change first; None for silence.

        Raise WireError for what is no request.
        """
        made = self._made(request, writes, most)
        if isinstance(made, bytes) and len(made) > most:
            made = self._too_big(request)
            if len(made) > most:
                self.counts.silent += 1
                return None
        return made

    def _made(self, request: wire.Request, writes: bool, most: int) -> "bytes | Change":
        try:
            if request.kind == wire.SET:
                return self._change(request, writes)
            return wire.response(request, table.NO_ERROR, 0, ANSWERS[request.kind](self, request, most))
        except Failed as failed:
            return _refusal(request, failed.status, failed.index)

    def _too_big(self, request: wire.Request) -> bytes:
        return _refusal(request, table.TOO_BIG, 0)

    def _get(self, request: wire.Request, most: int) -> bytes:
        made = []
        for index, (name, _) in enumerate(request.bindings, 1):
            found = self.store.get(name)
            if found is not None and _visible(request, found):
                made.append(wire.binding(name, found.encoded()))
                continue
            known = self.store.has_type(name)
            if request.version == wire.V1:
                raise Failed(table.NO_SUCH_NAME, index)
            made.append(wire.binding(name, wire.NO_SUCH_INSTANCE if known else wire.NO_SUCH_OBJECT))
        return b"".join(made)

    def _next(self, request: wire.Request, most: int) -> bytes:
        made = []
        for index, (name, _) in enumerate(request.bindings, 1):
            found, encoded = self._following(request, name)
            if encoded == wire.END_OF_MIB_VIEW and request.version == wire.V1:
                raise Failed(table.NO_SUCH_NAME, index)
            made.append(wire.binding(found, encoded))
        return b"".join(made)

    def _bulk(self, request: wire.Request, most: int) -> bytes:
        """Answer GetBulk with as many variables as fit: RFC 3416, 4.2.3."""
        room = most - HEAD_OCTETS - len(request.community)
        single = max(0, request.first)
        made: "list[bytes]" = []
        for name, _ in request.bindings[:single]:
            if not self._fits(made, wire.binding(*self._following(request, name)), room):
                return b"".join(made)
        names = [name for name, _ in request.bindings[single:]]
        for _ in range(min(max(0, request.second), REPETITIONS_MOST) if names else 0):
            row = [self._following(request, name) for name in names]
            if not all(self._fits(made, wire.binding(*each), room) for each in row):
                break
            names = [name for name, _ in row]
            if all(encoded == wire.END_OF_MIB_VIEW for _, encoded in row):
                break
        return b"".join(made)

    @staticmethod
    def _fits(made: "list[bytes]", binding: bytes, room: int) -> bool:
        """Return whether a variable has room behind the others; then it is there."""
        if sum(map(len, made)) + len(binding) > room:
            return False
        made.append(binding)
        return True

    def _following(self, request: wire.Request, name: wire.Name) -> "tuple[wire.Name, bytes]":
        place = self.store.following(name)
        while (found := self.store.at(place)) is not None:
            if _visible(request, found[1]):
                return found[0], found[1].encoded()
            place += 1
        return name, wire.END_OF_MIB_VIEW

    def _change(self, request: wire.Request, writes: bool) -> Change:
        """Return what makes the change; raise Failed for the first variable that cannot be set, before any is."""
        planned: "list[tuple[Write, int | bytes]]" = []
        if not writes:
            self.counts.bad_uses += 1
            raise Failed(table.NO_ACCESS, min(1, len(request.bindings)))
        for index, (name, encoded) in enumerate(request.bindings, 1):
            found = self.store.get(name)
            if found is None:
                raise Failed(table.NOT_WRITABLE if self.store.has_type(name) else table.NO_CREATION, index)
            if found.write is None:
                raise Failed(table.NOT_WRITABLE, index)
            tag, value = wire.value(encoded)
            if status := found.syntax.wrong(tag, value):
                raise Failed(status, index)
            planned.append((found.write, value))
        return Change(request, planned)


ANSWERS: "dict[int, Callable[[Agent, wire.Request, int], bytes]]" = {
    wire.GET: Agent._get,
    wire.GET_NEXT: Agent._next,
    wire.GET_BULK: Agent._bulk,
}


def _visible(request: wire.Request, found: Object) -> bool:
    """Return whether the version has the type: v1 knows no Counter64 (RFC 3584, 4.2.2.1)."""
    return request.version != wire.V1 or found.syntax.tag != wire.COUNTER64


def _refusal(request: wire.Request, status: int, index: int) -> bytes:
    """Return the answer that says what is wrong; it repeats the variables, but for too large ones of v2c."""
    if request.version == wire.V1 and status > table.GEN_ERR:
        status = table.V1_STATUS.get(status, table.NO_SUCH_NAME)
    bindings = b"".join(wire.binding(name, value) for name, value in request.bindings)
    if status == table.TOO_BIG and request.version != wire.V1:
        bindings = b""
    return wire.response(request, status, index, bindings)
