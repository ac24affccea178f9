"""IF-MIB (RFC 2863) and the addresses of IP-MIB (RFC 4293). 1.3.6.1.2.1.2, .4 and .31."""

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import NamedTuple

from feedpath.core.computer import Computer, Link
from feedpath.front.snmp.store import Column, Object, rows
from feedpath.front.snmp.table import (
    ADDRESS,
    COUNTER32,
    COUNTER64,
    DISPLAY,
    FALSE,
    GAUGE32,
    INT32,
    NATURAL,
    NOWHERE,
    OBJECT,
    OCTETS,
    POSITIVE,
    TICKS,
    TRUE,
    TRUTH,
    UINT32,
    ranged,
    text,
)

MIB2 = (1, 3, 6, 1, 2, 1)
INTERFACES, IF_ENTRY, IF_X_ENTRY = (*MIB2, 2), (*MIB2, 2, 2, 1), (*MIB2, 31, 1, 1, 1)
IP, IP_ADDR_ENTRY, IP_ADDRESS_ENTRY = (*MIB2, 4), (*MIB2, 4, 20, 1), (*MIB2, 4, 34, 1)
UP, DOWN, LOWER_LAYER_DOWN = 1, 2, 7
ETHERNET, WIFI = 6, 71
MEGABIT = 1_000_000
IPV4_OCTETS, REASSEMBLED_MOST = 4, 65535
IPV4, IPV6, IPV6_ZONED = 1, 2, 4  # InetAddressType: RFC 4001
NOT_FORWARDING, DEFAULT_TTL = 2, 64
UNICAST, ORIGIN_OTHER, PREFERRED, ACTIVE, VOLATILE = 1, 1, 1, 1, 2
TRAPS_DISABLED = 2

IF_TABLE = (  # a row is a function that gives the Link of now
    Column(1, "ifIndex", POSITIVE, lambda link: link().number),
    Column(2, "ifDescr", DISPLAY, lambda link: link().name),
    Column(3, "ifType", POSITIVE, lambda link: link().type),
    Column(4, "ifMtu", INT32, lambda link: link().mtu),
    Column(5, "ifSpeed", GAUGE32, lambda link: min(link().speed, UINT32)),
    Column(6, "ifPhysAddress", OCTETS, lambda link: link().mac),
    Column(7, "ifAdminStatus", ranged(1, 3), lambda link: UP if link().up else DOWN),
    Column(8, "ifOperStatus", ranged(1, 7), lambda link: _running(link())),
    Column(9, "ifLastChange", TICKS, lambda link: 0),
    Column(10, "ifInOctets", COUNTER32, lambda link: link().received[0]),
    Column(11, "ifInUcastPkts", COUNTER32, lambda link: link().received[1] - link().received[4]),
    Column(13, "ifInDiscards", COUNTER32, lambda link: link().received[3]),
    Column(14, "ifInErrors", COUNTER32, lambda link: link().received[2]),
    Column(16, "ifOutOctets", COUNTER32, lambda link: link().sent[0]),
    Column(17, "ifOutUcastPkts", COUNTER32, lambda link: link().sent[1]),
    Column(19, "ifOutDiscards", COUNTER32, lambda link: link().sent[3]),
    Column(20, "ifOutErrors", COUNTER32, lambda link: link().sent[2]),
    Column(22, "ifSpecific", OBJECT, lambda link: NOWHERE),
)
IF_X_TABLE = (
    Column(1, "ifName", DISPLAY, lambda link: link().name),
    Column(2, "ifInMulticastPkts", COUNTER32, lambda link: link().received[4]),
    Column(6, "ifHCInOctets", COUNTER64, lambda link: link().received[0]),
    Column(7, "ifHCInUcastPkts", COUNTER64, lambda link: link().received[1] - link().received[4]),
    Column(8, "ifHCInMulticastPkts", COUNTER64, lambda link: link().received[4]),
    Column(10, "ifHCOutOctets", COUNTER64, lambda link: link().sent[0]),
    Column(11, "ifHCOutUcastPkts", COUNTER64, lambda link: link().sent[1]),
    Column(14, "ifLinkUpDownTrapEnable", ranged(1, 2), lambda link: TRAPS_DISABLED),
    Column(15, "ifHighSpeed", GAUGE32, lambda link: link().speed // MEGABIT),
    Column(16, "ifPromiscuousMode", TRUTH, lambda link: FALSE),
    Column(17, "ifConnectorPresent", TRUTH, lambda link: TRUE if link().type in (ETHERNET, WIFI) else FALSE),
    Column(18, "ifAlias", text(64), lambda link: ""),
    Column(19, "ifCounterDiscontinuityTime", TICKS, lambda link: 0),
)


class Place(NamedTuple):
    """An address of an interface."""

    link: int
    address: bytes
    prefix: int


IP_ADDR_TABLE = (
    Column(1, "ipAdEntAddr", ADDRESS, lambda place: place.address),
    Column(2, "ipAdEntIfIndex", POSITIVE, lambda place: place.link),
    Column(3, "ipAdEntNetMask", ADDRESS, lambda place: (UINT32 << 32 - place.prefix & UINT32).to_bytes(4, "big")),
    Column(4, "ipAdEntBcastAddr", ranged(0, 1), lambda place: 1),
    Column(5, "ipAdEntReasmMaxSize", ranged(0, 65535), lambda place: REASSEMBLED_MOST),
)
IP_ADDRESS_TABLE = (
    Column(3, "ipAddressIfIndex", POSITIVE, lambda place: place.link),
    Column(4, "ipAddressType", ranged(1, 3), lambda place: UNICAST),
    Column(5, "ipAddressPrefix", OBJECT, lambda place: NOWHERE),
    Column(6, "ipAddressOrigin", ranged(1, 6), lambda place: ORIGIN_OTHER),
    Column(7, "ipAddressStatus", ranged(1, 8), lambda place: PREFERRED),
    Column(8, "ipAddressCreated", TICKS, lambda place: 0),
    Column(9, "ipAddressLastChanged", TICKS, lambda place: 0),
    Column(10, "ipAddressRowStatus", ranged(1, 6), lambda place: ACTIVE),
    Column(11, "ipAddressStorageType", ranged(1, 5), lambda place: VOLATILE),
)
IP_GROUP = (
    Column(1, "ipForwarding", ranged(1, 2), lambda host: NOT_FORWARDING),
    Column(2, "ipDefaultTTL", ranged(1, 255), lambda host: DEFAULT_TTL),
)


def objects(host: Computer) -> "Iterable[Object]":
    """Give the objects of the interfaces and addresses that there are."""
    links = host.links()
    yield Object((*INTERFACES, 1, 0), len(INTERFACES) + 1, NATURAL, lambda: len(host.links()))
    yield Object((*MIB2, 31, 1, 5, 0), len(MIB2) + 3, TICKS, lambda: 0)  # ifTableLastChange
    yield from rows(IP, IP_GROUP, (0,), host)
    for link in links:
        now = _follow(host, link)
        yield from rows(IF_ENTRY, IF_TABLE, (link.number,), now)
        yield from rows(IF_X_ENTRY, IF_X_TABLE, (link.number,), now)
    yield from _addresses({address: Place(link.number, address, prefix) for link in links
                           for address, prefix in link.addresses})  # fmt: skip


def _addresses(places: "dict[bytes, Place]") -> "Iterable[Object]":
    for place in places.values():
        if len(place.address) == IPV4_OCTETS:
            yield from rows(IP_ADDR_ENTRY, IP_ADDR_TABLE, tuple(place.address), place)
        yield from rows(IP_ADDRESS_ENTRY, IP_ADDRESS_TABLE, _index(place), place)


def _index(place: Place) -> "tuple[int, ...]":
    """Return the index of an address: InetAddressType, length, octets (RFC 4001, 4.1); link-local ones have a zone."""
    if ip_address(place.address).is_link_local and len(place.address) != IPV4_OCTETS:
        zoned = place.address + place.link.to_bytes(4, "big")
        return (IPV6_ZONED, len(zoned), *zoned)
    return (IPV4 if len(place.address) == IPV4_OCTETS else IPV6, len(place.address), *place.address)


def _follow(host: Computer, link: Link) -> "Callable[[], Link]":
    """Return what gives an interface as it is now; as it was last where it is gone."""

    def now() -> Link:
        return next((each for each in host.links() if each.number == link.number), link)

    return now


def _running(link: Link) -> int:
    if not link.up:
        return DOWN
    return UP if link.running else LOWER_LAYER_DOWN
