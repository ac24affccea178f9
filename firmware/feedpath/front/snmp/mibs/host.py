"""HOST-RESOURCES-MIB (RFC 2790): the system, its memory and spool, and the printers as devices. 1.3.6.1.2.1.25."""

import time
from collections.abc import Callable, Iterable

from feedpath.core.computer import Link
from feedpath.front.snmp.device import HrDevice
from feedpath.front.snmp.site import Facts
from feedpath.front.snmp.store import Column, Object, rows
from feedpath.front.snmp.table import (
    COUNTER32,
    DISPLAY,
    GAUGE32,
    NATURAL,
    NOWHERE,
    OBJECT,
    POSITIVE,
    TICKS,
    ranged,
    text,
)

HOST = (1, 3, 6, 1, 2, 1, 25)
SYSTEM, STORAGE_ENTRY = (*HOST, 1), (*HOST, 2, 3, 1)
DEVICE_ENTRY, PRINTER_ENTRY = (*HOST, 3, 2, 1), (*HOST, 3, 5, 1)
RAM, FIXED_DISK = (*HOST, 2, 1, 2), (*HOST, 2, 1, 4)  # hrStorageTypes
PRINTER, NETWORK = (*HOST, 3, 1, 5), (*HOST, 3, 1, 4)  # hrDevicePrinter, hrDeviceNetwork
NETWORK_ENTRY = (*HOST, 3, 4, 1)
NETWORKS = 10000  # hrDeviceIndex of an interface is its number and this: printers have the first ones
MEMORY_INDEX, SPOOL_INDEX = 1, 2  # hrStorageIndex
RUNNING, DOWN = 2, 5  # hrDeviceStatus
TICKS_A_SECOND, KIB, BLOCK = 100, 1024, 4096

SYSTEM_GROUP = (
    Column(1, "hrSystemUptime", TICKS, lambda host: int(host.uptime() * TICKS_A_SECOND)),
    Column(2, "hrSystemDate", text(11), lambda host: date(time.time())),
    Column(5, "hrSystemNumUsers", GAUGE32, lambda host: host.sessions()),
    Column(6, "hrSystemProcesses", GAUGE32, lambda host: host.processes()),
    Column(7, "hrSystemMaxProcesses", NATURAL, lambda host: 0),
)
STORAGE_TABLE = (  # a row: index, type, description, what reads its size and use, and how often it did not suffice
    Column(1, "hrStorageIndex", POSITIVE, lambda row: row[0]),
    Column(2, "hrStorageType", OBJECT, lambda row: row[1]),
    Column(3, "hrStorageDescr", DISPLAY, lambda row: row[2]),
    Column(4, "hrStorageAllocationUnits", POSITIVE, lambda row: BLOCK),
    Column(5, "hrStorageSize", NATURAL, lambda row: row[3]()[0] // BLOCK),
    Column(6, "hrStorageUsed", NATURAL, lambda row: -(-row[3]()[1] // BLOCK)),
    Column(7, "hrStorageAllocationFailures", COUNTER32, lambda row: row[4]()),
)
DEVICE_TABLE = (
    Column(1, "hrDeviceIndex", POSITIVE, lambda device: device.index),
    Column(2, "hrDeviceType", OBJECT, lambda device: PRINTER),
    Column(3, "hrDeviceDescr", text(64, ascii=True), lambda device: device.description),
    Column(4, "hrDeviceID", OBJECT, lambda device: NOWHERE),
    Column(5, "hrDeviceStatus", ranged(1, 5), lambda device: device.device_status),
    Column(6, "hrDeviceErrors", COUNTER32, lambda device: device.critical_alerts),
)
PRINTER_TABLE = (
    Column(1, "hrPrinterStatus", ranged(1, 5), lambda device: device.status),
    Column(2, "hrPrinterDetectedErrorState", text(255), lambda device: device.errors),
)
NETWORK_DEVICE_TABLE = (  # a row: the number of the interface, and a function that gives all interfaces of now
    Column(1, "hrDeviceIndex", POSITIVE, lambda row: NETWORKS + row[0]),
    Column(2, "hrDeviceType", OBJECT, lambda row: NETWORK),
    Column(3, "hrDeviceDescr", text(64, ascii=True), lambda row: "Network interface %s" % _link(row).name),
    Column(4, "hrDeviceID", OBJECT, lambda row: NOWHERE),
    Column(5, "hrDeviceStatus", ranged(1, 5), lambda row: RUNNING if _link(row).up and _link(row).running else DOWN),
    Column(6, "hrDeviceErrors", COUNTER32, lambda row: _link(row).received[2] + _link(row).sent[2]),
)
NETWORK_TABLE = (Column(1, "hrNetworkIfIndex", NATURAL, lambda row: row[0]),)
GONE = Link(0, "")  # until the tables are put together anew


def _link(row: "tuple[int, Callable[[], tuple[Link, ...]]]") -> Link:
    return next((link for link in row[1]() if link.number == row[0]), GONE)


def date(now: float) -> bytes:
    """Return Unix seconds as DateAndTime of RFC 2579, with the offset from UTC."""
    at = time.localtime(now)
    minutes = abs(at.tm_gmtoff) // 60
    head = at.tm_year.to_bytes(2, "big") + bytes((at.tm_mon, at.tm_mday, at.tm_hour, at.tm_min, min(at.tm_sec, 60)))
    return head + bytes((int(now * 10) % 10,)) + (b"-" if at.tm_gmtoff < 0 else b"+") + bytes(divmod(minutes, 60))


def objects(facts: Facts, devices: "Iterable[HrDevice]") -> "Iterable[Object]":
    """Give the objects of the computer, of the printers and of the network interfaces."""
    host = facts.computer
    yield from rows(SYSTEM, SYSTEM_GROUP, (0,), host)
    yield Object((*HOST, 2, 2, 0), len(HOST) + 2, NATURAL, lambda: host.memory()[0] // KIB)  # hrMemorySize
    stores = (
        (MEMORY_INDEX, RAM, "Memory", host.memory, lambda: 0),
        (SPOOL_INDEX, FIXED_DISK, "Waiting documents", facts.storage, facts.refusals),
    )
    for store in stores:
        yield from rows(STORAGE_ENTRY, STORAGE_TABLE, (store[0],), store)
    for device in devices:
        yield from rows(DEVICE_ENTRY, DEVICE_TABLE, (device.index,), device)
        yield from rows(PRINTER_ENTRY, PRINTER_TABLE, (device.index,), device)
    for link in host.links():
        row = link.number, host.links
        yield from rows(DEVICE_ENTRY, NETWORK_DEVICE_TABLE, (NETWORKS + link.number,), row)
        yield from rows(NETWORK_ENTRY, NETWORK_TABLE, (NETWORKS + link.number,), row)
