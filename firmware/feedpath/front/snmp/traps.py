"""Traps of v2c to the sinks that are set: coldStart, authenticationFailure, printerV2Alert.

RFC 3416, 4.2.6; RFC 3418; RFC 3805.
"""

import itertools
import socket
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from feedpath.front.snmp import table, wire
from feedpath.front.snmp.agent import Access, Agent
from feedpath.front.snmp.device import Alert, HrDevice
from feedpath.front.snmp.mibs.printer import ALERT_TABLE, MIB
from feedpath.front.snmp.store import Object, rows

SYS_UP_TIME = wire.name((1, 3, 6, 1, 2, 1, 1, 3, 0))
SNMP_TRAP_OID = wire.name((1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0))
COLD_START, AUTHENTICATION_FAILURE = (1, 3, 6, 1, 6, 3, 1, 1, 5, 1), (1, 3, 6, 1, 6, 3, 1, 1, 5, 5)
PRINTER_ALERT = (*MIB, 18, 2, 0, 1)  # printerV2Alert
TOLD_OF_ALERTS = (1, 2, 4, 5, 6, 7)  # columns of prtAlertTable that go with it
TRAP_PORT, PORT_MOST = 162, 65535
STRANGERS_S = 10  # between two traps about wrong communities


class Sinks:
    """Those who want to be told: addresses that the settings give, with a port behind a colon where it is another."""

    def __init__(
        self,
        targets: "Callable[[], Iterable[str]]",
        access: "Callable[[], Access]",
        send: "Callable[[bytes, tuple[str, int]], None]",
    ):
        self._targets = targets
        self._access = access
        self._send = send
        self._ids = itertools.count(1)
        self._stranger_at: "int | None" = None

    def cold_start(self, agent: Agent) -> None:
        """Say that the agent has started."""
        self._tell(agent, COLD_START, ())

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

    def _tell(self, agent: Agent, trap: "tuple[int, ...]", objects: "Iterable[Object]") -> None:
        targets = tuple(self._targets())
        if not targets:
            return
        bindings = wire.binding(SYS_UP_TIME, table.TICKS.encode(agent.ticks()))
        bindings += wire.binding(SNMP_TRAP_OID, table.OBJECT.encode(trap))
        bindings += b"".join(wire.binding(wire.name(each.arcs), each.encoded()) for each in objects)
        pdu = wire.notification(next(self._ids) & table.INT32_MOST, bindings)
        data = wire.message(wire.V2C, self._access().read, pdu)
        for where in filter(None, map(address, targets)):
            self._send(data, where)


def address(text: str) -> "tuple[str, int] | None":
    """Return where a sink is: an address, and a port behind a colon, that of IPv6 in brackets then.

    None for what only looks like an address.
    """
    host, _, port = text.rpartition(":")
    if not host or (":" in host and not host.startswith("[")):
        host, port = text, ""
    try:
        target = str(ip_address(host.strip("[]"))), int(port or TRAP_PORT)
    except ValueError:
        return None
    return target if target[1] <= PORT_MOST else None


def for_family(target: "tuple[str, int]", family: int) -> "tuple[str, int]":
    """Return an address as a socket of that family takes it: one of IPv6 carries IPv4 too."""
    if family == socket.AF_INET6 and ":" not in target[0]:
        return "::ffff:" + target[0], target[1]
    return target
