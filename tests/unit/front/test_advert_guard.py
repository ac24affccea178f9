"""What of the network's multicast DNS is heard: front/advert's reader and guard without a network."""

import socket
import struct
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest
from zeroconf import DNSAddress, DNSCache, DNSPointer  # type: ignore[attr-defined]  # exported, but not in __all__

from feedpath.errors import WireError
from feedpath.front.advert import wire
from feedpath.front.advert.guard import (
    BURST,
    BURST_ALL,
    RATE,
    RECORDS_MOST,
    SOURCES_MOST,
    Guard,
    forget,
    is_near,
    plain,
)
from feedpath.front.advert.listener import hear_multicast_only, is_direct

IPP = b"\x04_ipp\x04_tcp\x05local\0"
OURS = b"\x05Laser" + IPP
HOST = b"\x08printbox\x05local\0"
STRANGER = b"\x08Stranger" + IPP
POINTER = b"\xc0\x0c"
NEIGHBOUR, FAR = "192.0.2.9", "198.51.100.9"
ANSWER = 0x8400
WATCHDOG_S = 30.0


def message(flags: int, *parts: "tuple[int, bytes]") -> bytes:
    """Return a message of parts, each with its section: 0 for a question, 1 to 3 for records."""
    counts = [sum(section == number for section, _ in parts) for number in range(4)]
    return struct.pack(">6H", 7, flags, *counts) + b"".join(part for _, part in parts)


def question(name: bytes, type: int = 12, asked: int = 1) -> "tuple[int, bytes]":
    return 0, name + struct.pack(">2H", type, asked)


def record(name: bytes, data: bytes = b"", section: int = 1) -> "tuple[int, bytes]":
    return section, name + struct.pack(">2HIH", 12, 1, 120, len(data)) + data


@pytest.mark.parametrize(
    "data, is_response",
    [
        (message(0, question(IPP)), False),
        (message(0, question(IPP, asked=0x8001)), False),  # wants its answer by unicast: 5.4
        (message(0, question(IPP, asked=255), question(POINTER, asked=0x80FF)), False),
        (message(0, question(IPP), record(POINTER, OURS)), False),
        (message(0x0200, question(IPP), record(POINTER, OURS)), False),  # TC
        (message(0, question(OURS, 255, 0x8001), record(POINTER, b"", section=2)), False),  # a probe
        (message(0x01F0, question(IPP)), False),  # RD, RA, Z, AD and CD mean nothing: 18.6 to 18.10
        (message(ANSWER, record(IPP, OURS), record(POINTER, section=3)), True),
        (message(0), False),
    ],
)
def test_whole_messages_are_understood(data: bytes, is_response: bool) -> None:
    assert wire.parse(data) is is_response


@pytest.mark.parametrize(
    "data",
    [
        b"",
        message(0, question(IPP))[:11],
        message(0x7800, question(IPP)),  # OPCODE
        message(0x0800, question(IPP)),
        message(0x0003, question(IPP)),  # RCODE
        message(ANSWER | 1, record(IPP)),
        message(0, question(IPP, asked=3)),  # CHAOS
        message(0, question(IPP), question(POINTER, asked=0)),
        message(0, question(IPP))[:-1],
        message(0, question(b"\x04_ipp")),
        message(0, question(b"\x80")),
        message(0, question(b"\x40" + b"x" * 64 + b"\0")),
        message(0, question(POINTER)),  # to itself
        message(0, question(b"\xc0\x20")),  # forward
        message(0, question(b"\xc0\x02")),  # into the header
        message(0, question(b"\x01x\xc0\x0c")),  # round and round
        message(0, question(b"\xc0"))[:-4],
        message(0, question(b"\x3f" + b"x" * 63, 0, 0))[:-4] + (b"\x3f" + b"x" * 63) * 4 + b"\0\0\x0c\0\1",
        message(ANSWER, record(IPP, b"x"))[:-1],
        message(ANSWER, record(IPP))[:-1],
        message(0, question(IPP))[:7] + b"\1" + message(0, question(IPP))[8:],  # a record that is not there
    ],
    ids=str,
)
def test_what_is_to_be_ignored_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        wire.parse(data)


class Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def guard(clock: "Clock | None" = None) -> Guard:
    """Return a guard of a printer on 192.0.2.7."""
    made = Guard(clock or Clock())
    made.be_at(["192.0.2.7"], [ip_network("192.0.2.0/24"), ip_network("2001:db8::/64")])
    made.listen_for("Laser._ipp._tcp.local.")
    made.listen_for("printbox.local.")
    return made


@pytest.mark.parametrize(
    "data, port, heard",
    [
        (message(0, question(IPP)), 5353, True),
        (message(0, question(IPP)), 40000, True),  # who knows only unicast DNS: 6.7
        (message(0, question(IPP.upper())), 5353, True),
        (message(0, question(b"\x06_print\x04_sub" + IPP)), 5353, True),
        (message(0, question(b"\x09_services\x07_dns-sd\x04_udp\x05local\0")), 5353, True),
        (message(0, question(HOST, 1)), 5353, True),
        (message(0, question(b"\x08_airplay\x04_tcp\x05local\0")), 5353, False),
        (message(0, question(b"\x05other\x05local\0", 1)), 5353, False),
        (message(0x0800, question(IPP)), 5353, False),
        (message(ANSWER, record(IPP, OURS)), 5353, True),
        (message(ANSWER, record(b"\x08PRINTBOX\x05local\0")), 5353, True),
        (message(ANSWER, record(IPP, OURS)), 40000, False),  # 6
        (message(ANSWER, record(IPP, STRANGER)), 5353, False),
        (message(0, question(IPP)) + b"\0" * 9000, 5353, False),
    ],
)
def test_only_what_concerns_this_computer_is_heard(data: bytes, port: int, heard: bool) -> None:
    assert guard().admit(data, NEIGHBOUR, port) is heard


@pytest.mark.parametrize("data", [message(0, question(IPP)), message(ANSWER, record(IPP, OURS))])
def test_what_other_networks_send_by_unicast_is_neither_answered_nor_believed(data: bytes) -> None:
    assert not guard().admit(data, FAR, 5353, direct=True)
    assert guard().admit(data, FAR, 5353)  # a neighbour with an address of another network
    assert guard().admit(data, NEIGHBOUR, 5353, direct=True)


@pytest.mark.parametrize(
    "address, near",
    [
        ("192.0.2.250", True),
        ("2001:db8::1", True),
        ("fe80::1", True),
        ("169.254.7.7", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("192.0.3.1", False),
        ("2001:db9::1", False),
    ],
)
def test_a_neighbour_has_an_address_of_a_link_of_ours(address: str, near: bool) -> None:
    assert is_near(address, [ip_network("192.0.2.0/24"), ip_network("2001:db8::/64")]) is near


@pytest.mark.parametrize(
    "given, address", [("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::1"), ("192.0.2.1", "192.0.2.1")]
)
def test_addresses_lose_what_the_socket_adds(given: str, address: str) -> None:
    assert plain(given) == address


def test_who_asks_too_often_is_not_heard_for_a_while_and_others_are() -> None:
    clock = Clock()
    ours = guard(clock)
    asked = message(0, question(IPP))
    assert [ours.admit(asked, NEIGHBOUR, 5353) for _ in range(int(BURST) + 1)] == [True] * int(BURST) + [False]
    assert ours.admit(asked, "192.0.2.10", 5353)
    clock.now += 1 / RATE
    assert ours.admit(asked, NEIGHBOUR, 5353)
    assert not ours.admit(asked, NEIGHBOUR, 5353)


def test_all_together_are_heard_only_so_often_but_our_own_answers_always() -> None:
    ours = guard()
    asked = message(0, question(IPP))
    heard = [ours.admit(asked, "192.0.2.%d" % (number % 200 + 10), 5353) for number in range(2 * int(BURST_ALL))]
    assert sum(heard) == BURST_ALL
    assert ours.admit(message(ANSWER, record(IPP, OURS)), "192.0.2.7", 5353)


def test_only_so_many_sources_are_remembered() -> None:
    ours = guard()
    for number in range(SOURCES_MOST + 50):
        ours.admit(message(0, question(IPP)), "2001:db8::%x" % number, 5353)
    assert len(ours._sources) == SOURCES_MOST


def told(zeroconf: "Any", *aliases: str) -> None:
    """Put pointers to services, and addresses of our host, into a cache."""
    zeroconf.cache.async_add_records([DNSPointer("_ipp._tcp.local.", 12, 1, 4500, alias) for alias in aliases])
    zeroconf.cache.async_add_records([DNSAddress("PrintBox.local.", 1, 1, 120, bytes([192, 0, 2, 1]))])


def test_what_was_said_of_others_is_forgotten_and_of_our_names_kept() -> None:
    zeroconf: "Any" = SimpleNamespace(cache=DNSCache())
    told(zeroconf, "Laser._ipp._tcp.local.", "Stranger._ipp._tcp.local.", "Laserjet._ipp._tcp.local.")
    forget(zeroconf, {"Laser", "printbox"})
    assert sorted(zeroconf.cache.cache) == ["_ipp._tcp.local.", "printbox.local."]
    assert [record.alias for record in zeroconf.cache.async_entries_with_name("_ipp._tcp.local.")] == [
        "Laser._ipp._tcp.local."
    ]


def test_all_is_forgotten_where_too_much_was_said_of_our_names() -> None:
    zeroconf: "Any" = SimpleNamespace(cache=DNSCache())
    told(zeroconf, *("Laser._x%d._tcp.local." % number for number in range(RECORDS_MOST)))
    forget(zeroconf, {"Laser", "printbox"})
    assert not zeroconf.cache.cache


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "both"])
def test_a_socket_for_groups_hears_nothing_else(family: socket.AddressFamily) -> None:
    own, group = "127.0.0.1", "224.0.0.251"
    with socket.socket(family, socket.SOCK_DGRAM) as ours, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs:
        if family == socket.AF_INET6:
            ours.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        ours.bind(("", 0))
        ours.settimeout(WATCHDOG_S)
        ours.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(own))
        theirs.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        assert not is_direct(ours)
        hear_multicast_only(ours)
        port = ours.getsockname()[1]
        theirs.sendto(b"to one", (own, port))
        theirs.sendto(b"to all", (group, port))
        assert ours.recv(100) == b"to all"


def test_a_socket_with_an_address_of_its_own_hears_no_groups() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", 0))
        assert is_direct(ours)
