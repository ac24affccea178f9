"""SNMPv2-MIB (RFC 3418): the groups system, snmp and snmpSet. 1.3.6.1.2.1.1 and .11, 1.3.6.1.6.3.1.1.6."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from feedpath.front.snmp.store import Column, NotNow, Object, Write, rows
from feedpath.front.snmp.table import COUNTER32, DISPLAY, INT32_MOST, NATURAL, NOWHERE, OBJECT, TICKS, ranged, text

if TYPE_CHECKING:
    from feedpath.front.snmp.agent import Agent, Counts

SYSTEM = (1, 3, 6, 1, 2, 1, 1)
SNMP = (1, 3, 6, 1, 2, 1, 11)
OR_ENTRY = (*SYSTEM, 9, 1)
SET_SERIAL = (1, 3, 6, 1, 6, 3, 1, 1, 6, 1)
SERVICES = 72  # of an end system with applications: 2 ** 3 + 2 ** 6
TRAPS_ON, TRAPS_OFF = 1, 2
INSTANCE = (0,)

SYSTEM_GROUP = (  # sysName is this computer's host name, which the system sets, and not who writes here
    Column(1, "sysDescr", DISPLAY, lambda agent: agent.description),
    Column(2, "sysObjectID", OBJECT, lambda agent: NOWHERE),
    Column(3, "sysUpTime", TICKS, lambda agent: agent.ticks()),
    Column(4, "sysContact", text(255), lambda agent: agent.facts.contact()),
    Column(5, "sysName", DISPLAY, lambda agent: agent.facts.host()),
    Column(6, "sysLocation", text(255), lambda agent: agent.facts.location()),
    Column(7, "sysServices", ranged(0, 127), lambda agent: SERVICES),
    Column(8, "sysORLastChange", TICKS, lambda agent: 0),
)
SNMP_GROUP = (
    Column(1, "snmpInPkts", COUNTER32, lambda counts: counts.packets),
    Column(3, "snmpInBadVersions", COUNTER32, lambda counts: counts.bad_versions),
    Column(4, "snmpInBadCommunityNames", COUNTER32, lambda counts: counts.bad_communities),
    Column(5, "snmpInBadCommunityUses", COUNTER32, lambda counts: counts.bad_uses),
    Column(6, "snmpInASNParseErrs", COUNTER32, lambda counts: counts.broken),
    Column(30, "snmpEnableAuthenTraps", ranged(1, 2), lambda counts: TRAPS_ON if counts.traps else TRAPS_OFF),
    Column(31, "snmpSilentDrops", COUNTER32, lambda counts: counts.silent),
    Column(32, "snmpProxyDrops", COUNTER32, lambda counts: 0),
)
OR_TABLE = (
    Column(2, "sysORID", OBJECT, lambda row: row[0]),
    Column(3, "sysORDescr", DISPLAY, lambda row: row[1]),
    Column(4, "sysORUpTime", TICKS, lambda row: 0),
)
MODULES = (
    ((1, 3, 6, 1, 6, 3, 1), "SNMPv2-MIB (RFC 3418)"),
    ((1, 3, 6, 1, 2, 1, 31), "IF-MIB (RFC 2863)"),
    ((1, 3, 6, 1, 2, 1, 48), "IP-MIB (RFC 4293)"),
    ((1, 3, 6, 1, 2, 1, 25, 7, 1), "HOST-RESOURCES-MIB (RFC 2790)"),
    ((1, 3, 6, 1, 2, 1, 43), "Printer-MIB (RFC 3805)"),
    ((1, 3, 6, 1, 4, 1, 2699, 1, 2), "PRINTER-PORT-MONITOR-MIB (PWG 5107.1)"),
)


def objects(agent: "Agent") -> "Iterable[Object]":
    """Give the objects of all groups."""
    keep = agent.facts.write
    writes: "dict[str, Write]" = {"sysContact": keep("contact"), "sysLocation": keep("location")}
    for column, object in zip(SYSTEM_GROUP, rows(SYSTEM, SYSTEM_GROUP, INSTANCE, agent), strict=True):
        yield object._replace(write=writes.get(column.name))
    for number, module in enumerate(MODULES, 1):
        yield from rows(OR_ENTRY, OR_TABLE, (number,), module)
    yield from rows(SNMP, SNMP_GROUP, INSTANCE, agent.counts)
    write = partial(_advance, agent.counts)
    yield Object((*SET_SERIAL, 0), len(SET_SERIAL), NATURAL, lambda: agent.counts.set_serial, write)


async def _advance(counts: "Counts", value: "int | bytes") -> None:
    """Write snmpSetSerialNo, a TestAndIncr (RFC 2579): who knows its value may count it up, nobody else."""
    if value != counts.set_serial:
        raise NotNow
    counts.set_serial = 0 if counts.set_serial == INT32_MOST else counts.set_serial + 1
