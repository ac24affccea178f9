"""Who wants to be told is told: coldStart, authenticationFailure, printerV2Alert, each in the sink's version and kind.

RFC 1157, 4.1.6; RFC 3416, 4.2.6 and 4.2.7; RFC 3418; RFC 3584, 3.2; RFC 3805.
"""

import logging
import secrets
import socket
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from feedpath.errors import WireError
from feedpath.front.snmp import table, wire
from feedpath.front.snmp.agent import Access, Agent
from feedpath.front.snmp.device import Alert, HrDevice
from feedpath.front.snmp.mibs.printer import ALERT_TABLE, MIB
from feedpath.front.snmp.outbox import Outbox
from feedpath.front.snmp.sinks import Sink, parse
from feedpath.front.snmp.store import Object, rows

logger = logging.getLogger(__name__)

SYS_UP_TIME = wire.name((1, 3, 6, 1, 2, 1, 1, 3, 0))
SNMP_TRAP_OID = wire.name((1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0))
SNMP_TRAPS = (1, 3, 6, 1, 6, 3, 1, 1, 5)
COLD_START, AUTHENTICATION_FAILURE = (*SNMP_TRAPS, 1), (*SNMP_TRAPS, 5)
PRINTER_ALERT = (*MIB, 18, 2, 0, 1)  # printerV2Alert
NAMES = {COLD_START: "coldStart", AUTHENTICATION_FAILURE: "authenticationFailure", PRINTER_ALERT: "printerV2Alert"}
ENTERPRISE_SPECIFIC = 6  # generic-trap: RFC 1157
TOLD_OF_ALERTS = (1, 2, 4, 5, 6, 7)  # columns of prtAlertTable that go with it
EARLY_MOST = 64  # events before the start is told
STRANGERS_S = 10  # between two traps about wrong communities


class Secured(Protocol):
    """What tells by SNMPv3; the engine is one. Raise LookupError for a user that is not known."""

    def trap(self, user: str, pdu: bytes, target: "tuple[str, int]") -> None: ...
    def inform(self, user: str, pdu: bytes, target: "tuple[str, int]", done: "Callable[[], object]") -> None: ...


class Event(NamedTuple):
    """What is told: which notification, at which sysUpTime, with which variables."""

    trap: "tuple[int, ...]"
    ticks: bytes
    variables: bytes

    def bindings(self) -> bytes:
        """Return all variables as v2c and v3 tell them."""
        told = wire.binding(SNMP_TRAP_OID, table.OBJECT.encode(self.trap))
        return wire.binding(SYS_UP_TIME, self.ticks) + told + self.variables


class Sinks:
    """Those who want to be told: the entries of the setting, each read when there is something to tell.

    secured: gives what tells by SNMPv3, None without a user. What happens before `cold_start` is told after it.
    """

    def __init__(
        self,
        targets: "Callable[[], Iterable[str]]",
        access: "Callable[[], Access]",
        send: "Callable[[bytes, tuple[str, int]], None]",
        outbox: Outbox,
        secured: "Callable[[], Secured | None]" = lambda: None,
    ):
        self._targets = targets
        self._access = access
        self._send = send
        self._outbox = outbox
        self._secured = secured
        self._id = secrets.randbelow(table.INT32_MOST)  # whoever cannot read informs cannot confirm them
        self._stranger_at: "int | None" = None
        self._early: "list[Event] | None" = []  # None once the start is told

    def cold_start(self, agent: Agent) -> None:
        """Say that the agent has started."""
        early, self._early = self._early or [], None
        self._tell(agent, COLD_START, ())
        for event in early:
            self._send_to_all(event)

    def stranger(self, agent: Agent) -> None:
        """Say that somebody asked with a wrong community; not more often than each STRANGERS_S."""
        now = agent.ticks()
        if self._stranger_at is None or now - self._stranger_at >= STRANGERS_S * 100:
            self._stranger_at = now
            self._tell(agent, AUTHENTICATION_FAILURE, ())

    def alert(self, agent: Agent, device: HrDevice, alert: Alert) -> None:
        """Say that a printer has a new alert."""
        columns = [column for column in ALERT_TABLE if column.number in TOLD_OF_ALERTS]
        self._tell(agent, PRINTER_ALERT, rows((*MIB, 18, 1, 1), columns, (device.index, alert.number), (device, alert)))

    def confirmed(self, data: bytes, source: "tuple[str, int]") -> bool:
        """Return whether a datagram confirms an inform of v2c, which then is done."""
        if not self._outbox.expects(source):
            return False
        try:
            _, id = wire.confirmed(data)
        except WireError:
            return False
        return self._outbox.confirm(id, source)

    def _tell(self, agent: Agent, trap: "tuple[int, ...]", objects: "Iterable[Object]") -> None:
        if not tuple(self._targets()):
            return
        variables = b"".join(wire.binding(wire.name(each.arcs), each.encoded()) for each in objects)
        event = Event(trap, table.TICKS.encode(agent.ticks()), variables)
        if self._early is None:
            self._send_to_all(event)
        elif len(self._early) < EARLY_MOST:
            self._early.append(event)
        else:
            logger.warning("SNMP: nobody is told of %s: too much happens before the start", NAMES[trap])

    def _send_to_all(self, event: Event) -> None:
        for sink in filter(None, map(parse, self._targets())):
            self._id = self._id % table.INT32_MOST + 1
            try:
                WAYS[sink.version, sink.confirmed](self, sink, event, self._id)
            except LookupError as error:
                logger.warning("SNMP: %s is not told of %s: %s", sink.address[0], NAMES[event.trap], error.args[0])

    def _trap_v1(self, sink: Sink, event: Event, id: int) -> None:
        enterprise, generic, specific = in_v1(event.trap)
        agent = own_address(sink.address)
        pdu = wire.trap_v1(wire.name(enterprise), agent, generic, specific, event.ticks, event.variables)
        self._send(wire.message(wire.V1, self._access().read, pdu), sink.address)

    def _trap_v2(self, sink: Sink, event: Event, id: int) -> None:
        pdu = wire.notification(wire.TRAP, id, event.bindings())
        self._send(wire.message(wire.V2C, self._access().read, pdu), sink.address)

    def _inform_v2(self, sink: Sink, event: Event, id: int) -> None:
        pdu = wire.notification(wire.INFORM, id, event.bindings())
        data = wire.message(wire.V2C, self._access().read, pdu)
        self._outbox.post(id, NAMES[event.trap], sink.address, lambda: self._send(data, sink.address))

    def _trap_v3(self, sink: Sink, event: Event, id: int) -> None:
        self._security(sink).trap(sink.user, wire.notification(wire.TRAP, id, event.bindings()), sink.address)

    def _inform_v3(self, sink: Sink, event: Event, id: int) -> None:
        pdu = wire.notification(wire.INFORM, id, event.bindings())

        def send() -> None:
            with_user = self._secured()
            if with_user is not None:
                with_user.inform(sink.user, pdu, sink.address, lambda: self._outbox.confirm(id, sink.address))

        self._security(sink)
        self._outbox.post(id, NAMES[event.trap], sink.address, send)

    def _security(self, sink: Sink) -> Secured:
        secured = self._secured()
        if secured is None:
            raise LookupError("there is no SNMP user %r; feedpath snmp add makes one" % sink.user)
        return secured


WAYS: "dict[tuple[int, bool], Callable[[Sinks, Sink, Event, int], None]]" = {
    (wire.V1, False): Sinks._trap_v1,
    (wire.V2C, False): Sinks._trap_v2,
    (wire.V2C, True): Sinks._inform_v2,
    (wire.V3, False): Sinks._trap_v3,
    (wire.V3, True): Sinks._inform_v3,
}


def in_v1(trap: "tuple[int, ...]") -> "tuple[tuple[int, ...], int, int]":
    """Return enterprise, generic-trap and specific-trap of a notification: RFC 3584, 3.2."""
    if trap[:-1] == SNMP_TRAPS:
        return SNMP_TRAPS, trap[-1] - 1, 0
    return trap[: -2 if trap[-2] == 0 else -1], ENTERPRISE_SPECIFIC, trap[-1]


def own_address(target: "tuple[str, int]") -> bytes:
    """Return the IPv4 address of this computer that faces a target; zeros where there is none."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as facing:
            facing.connect(target)
            return socket.inet_aton(facing.getsockname()[0])
    except OSError:
        return bytes(4)


def for_family(target: "tuple[str, int]", family: int) -> "tuple[str, int]":
    """Return an address as a socket of that family takes it: one of IPv6 carries IPv4 too."""
    if family == socket.AF_INET6 and ":" not in target[0]:
        return "::ffff:" + target[0], target[1]
    return target


def plain(source: "tuple[str, int]") -> "tuple[str, int]":
    """Return an address that a socket told, IPv4 as itself."""
    host = source[0].removeprefix("::ffff:")
    return source if ":" in host else (host, source[1])
