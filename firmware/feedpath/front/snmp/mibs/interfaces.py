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
UP, DOWN = 1, 2
STATES = {  # ifOperStatus by the words of Linux for RFC 2863's states
    "up": UP, "down": DOWN, "testing": 3, "dormant": 5, "notpresent": 6, "lowerlayerdown": 7,
}  # fmt: skip
ETHERNET, WIFI = 6, 71
MEGABIT = 1_000_000
IPV4_OCTETS, REASSEMBLED_MOST = 4, 65535
IPV4, IPV6, IPV6_ZONED = 1, 2, 4  # InetAddressType: RFC 4001
FORWARDING, NOT_FORWARDING = 1, 2
UNICAST, ACTIVE, VOLATILE = 1, 1, 2
ORIGIN_OTHER, MANUAL, DHCP, LINK_LAYER, RANDOM = 1, 2, 4, 5, 6  # IpAddressOriginTC
PREFERRED = 1
STATUSES = (("duplicate", 7), ("tentative", 6), ("deprecated", 2))  # IpAddressStatusTC by what the system says
WHOLE_IPV6 = 128  # the prefix of an address that a DHCPv6 server gave
TRAPS_DISABLED = 2


class Changes:
    """When interfaces and addresses became what they are, in sysUpTime; 0 for what was so at the start."""

    def __init__(self, ticks: "Callable[[], int]"):
        self.rows = 0  # when an interface came or went last
        self._ticks = ticks
        self._links: "tuple[Link, ...] | None" = None
        self._since: "dict[tuple[object, ...], int]" = {}  # by what is so

    def look(self, links: "tuple[Link, ...]") -> bool:
        """Take in how interfaces are now; return whether interfaces or addresses came or went."""
        if links is self._links:
            return False
        now = 0 if self._links is None else self._ticks()
        before = {(link.number, link.addresses, link.marks) for link in self._links or ()}
        if {link.number for link in self._links or ()} != {link.number for link in links}:
            self.rows = now
        self._links = links
        held = [fact for link in links for fact in _facts(link)]
        self._since = {fact: self._since.get(fact, now) for fact in held}
        return before != {(link.number, link.addresses, link.marks) for link in links}

    def of_link(self, link: Link) -> int:
        """Return when an interface came into its state."""
        return self._since.get((link.number, _running(link)), 0)

    def of_address(self, number: int, address: bytes, *more: object) -> int:
        """Return when an address came to an interface, or with `more` into its state."""
        return self._since.get((number, address, *more), 0)


def _facts(link: Link) -> "Iterable[tuple[object, ...]]":
    yield link.number, _running(link)
    for (address, _), marks in _marked(link):
        yield link.number, address
        yield link.number, address, marks


def _marked(link: Link) -> "Iterable[tuple[tuple[bytes, int], frozenset[str]]]":
    return zip(link.addresses, link.marks or [frozenset()] * len(link.addresses), strict=True)


IF_TABLE = (  # a row: a function that gives the Link of now, and another that gives when it came into its state
    Column(1, "ifIndex", POSITIVE, lambda row: row[0]().number),
    Column(2, "ifDescr", DISPLAY, lambda row: row[0]().name),
    Column(3, "ifType", POSITIVE, lambda row: row[0]().type),
    Column(4, "ifMtu", INT32, lambda row: row[0]().mtu),
    Column(5, "ifSpeed", GAUGE32, lambda row: min(row[0]().speed, UINT32)),
    Column(6, "ifPhysAddress", OCTETS, lambda row: row[0]().mac),
    Column(7, "ifAdminStatus", ranged(1, 3), lambda row: UP if row[0]().up else DOWN),
    Column(8, "ifOperStatus", ranged(1, 7), lambda row: _running(row[0]())),
    Column(9, "ifLastChange", TICKS, lambda row: row[1]()),
    Column(10, "ifInOctets", COUNTER32, lambda row: row[0]().received[0]),
    Column(11, "ifInUcastPkts", COUNTER32, lambda row: row[0]().received[1] - row[0]().received[4]),
    Column(13, "ifInDiscards", COUNTER32, lambda row: row[0]().received[3]),
    Column(14, "ifInErrors", COUNTER32, lambda row: row[0]().received[2]),
    Column(16, "ifOutOctets", COUNTER32, lambda row: row[0]().sent[0]),
    Column(17, "ifOutUcastPkts", COUNTER32, lambda row: row[0]().sent[1]),
    Column(19, "ifOutDiscards", COUNTER32, lambda row: row[0]().sent[3]),
    Column(20, "ifOutErrors", COUNTER32, lambda row: row[0]().sent[2]),
    Column(22, "ifSpecific", OBJECT, lambda row: NOWHERE),
)
IF_X_TABLE = (
    Column(1, "ifName", DISPLAY, lambda row: row[0]().name),
    Column(2, "ifInMulticastPkts", COUNTER32, lambda row: row[0]().received[4]),
    Column(6, "ifHCInOctets", COUNTER64, lambda row: row[0]().received[0]),
    Column(7, "ifHCInUcastPkts", COUNTER64, lambda row: row[0]().received[1] - row[0]().received[4]),
    Column(8, "ifHCInMulticastPkts", COUNTER64, lambda row: row[0]().received[4]),
    Column(10, "ifHCOutOctets", COUNTER64, lambda row: row[0]().sent[0]),
    Column(11, "ifHCOutUcastPkts", COUNTER64, lambda row: row[0]().sent[1]),
    Column(14, "ifLinkUpDownTrapEnable", ranged(1, 2), lambda row: TRAPS_DISABLED),
    Column(15, "ifHighSpeed", GAUGE32, lambda row: (row[0]().speed + MEGABIT // 2) // MEGABIT),
    Column(16, "ifPromiscuousMode", TRUTH, lambda row: TRUE if row[0]().promiscuous else FALSE),
    Column(17, "ifConnectorPresent", TRUTH, lambda row: TRUE if row[0]().type in (ETHERNET, WIFI) else FALSE),
    Column(18, "ifAlias", text(64), lambda row: ""),
    Column(19, "ifCounterDiscontinuityTime", TICKS, lambda row: 0),
)


class Place(NamedTuple):
    """An address of an interface. marks: what the system says of it. changes: since when."""

    link: int
    address: bytes
    prefix: int
    marks: "frozenset[str]"
    changes: Changes

    @property
    def origin(self) -> int:
        """Return IpAddressOriginTC as far as it can be told."""
        address = ip_address(self.address)
        if address.is_loopback:
            return ORIGIN_OTHER
        if len(self.address) == IPV4_OCTETS:
            return RANDOM if address.is_link_local else MANUAL if "permanent" in self.marks else DHCP
        if self.marks & {"temporary", "stable"}:
            return RANDOM
        if address.is_link_local or "permanent" not in self.marks:
            return DHCP if self.prefix == WHOLE_IPV6 else LINK_LAYER
        return MANUAL

    @property
    def status(self) -> int:
        """Return IpAddressStatusTC."""
        return next((status for word, status in STATUSES if word in self.marks), PREFERRED)


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
    Column(6, "ipAddressOrigin", ranged(1, 6), lambda place: place.origin),
    Column(7, "ipAddressStatus", ranged(1, 8), lambda place: place.status),
    Column(8, "ipAddressCreated", TICKS, lambda place: place.changes.of_address(place.link, place.address)),
    Column(9, "ipAddressLastChanged", TICKS,
           lambda place: place.changes.of_address(place.link, place.address, place.marks)),
    Column(10, "ipAddressRowStatus", ranged(1, 6), lambda place: ACTIVE),
    Column(11, "ipAddressStorageType", ranged(1, 5), lambda place: VOLATILE),
)  # fmt: skip
IP_GROUP = (
    Column(1, "ipForwarding", ranged(1, 2), lambda host: FORWARDING if host.forwards() else NOT_FORWARDING),
    Column(2, "ipDefaultTTL", ranged(1, 255), lambda host: host.hops()),
)


def objects(host: Computer, changes: Changes) -> "Iterable[Object]":
    """Give the objects of the interfaces and addresses that there are."""
    links = host.links()
    yield Object((*INTERFACES, 1, 0), len(INTERFACES) + 1, NATURAL, lambda: len(host.links()))
    yield Object((*MIB2, 31, 1, 5, 0), len(MIB2) + 3, TICKS, lambda: changes.rows)  # ifTableLastChange
    yield from rows(IP, IP_GROUP, (0,), host)
    for link in links:
        row = _follow(host, link), _since(host, link, changes)
        yield from rows(IF_ENTRY, IF_TABLE, (link.number,), row)
        yield from rows(IF_X_ENTRY, IF_X_TABLE, (link.number,), row)
    places = [
        Place(link.number, address, prefix, marks, changes)
        for link in links
        for (address, prefix), marks in _marked(link)
    ]
    yield from _addresses({(place.address, _index(place)): place for place in places}.values())


def _addresses(places: "Iterable[Place]") -> "Iterable[Object]":
    for place in places:
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


def _since(host: Computer, link: Link, changes: Changes) -> "Callable[[], int]":
    now = _follow(host, link)
    return lambda: changes.of_link(now())


def _running(link: Link) -> int:
    """Return ifOperStatus; what is switched off is down, whatever it says."""
    if not link.up:
        return DOWN
    return STATES.get(link.state, UP if link.running else DOWN)
