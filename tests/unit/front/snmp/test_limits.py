"""Who may ask, and how often."""

import pytest

from feedpath.front.snmp import limits
from feedpath.front.snmp.limits import Sources, is_near
from feedpath.front.snmp.sinks import address
from feedpath.front.snmp.traps import for_family
from tests.unit.front.snmp.asking import StillComputer


@pytest.mark.parametrize(
    "source, near",
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.77.0.200", True),
        ("::ffff:10.77.0.200", True),
        ("10.77.1.2", False),
        ("fd77::2", True),
        ("fe80::9%eth0", True),
        ("fd78::2", False),
        ("192.0.2.1", False),
    ],
)
def test_near_is_who_is_in_a_network_of_ours(source: str, near: bool) -> None:
    assert is_near(source, StillComputer()) is near


def test_a_source_that_asks_too_often_waits_for_its_tokens_and_others_do_not() -> None:
    sources = Sources(StillComputer(), 0.0, rate=10, burst=5)
    assert [bool(sources.admit("10.77.0.2", 0.0)) for _ in range(7)] == [True] * 5 + [False] * 2
    assert sources.admit("10.77.0.3", 0.0)
    assert sources.admit("10.77.0.2", 0.11) and not sources.admit("10.77.0.2", 0.12)


def test_where_networks_are_named_these_alone_may_ask_and_are_near() -> None:
    named = ["192.0.2.0/24", "2001:db8::/32", "10.77.0.9", "::::"]
    sources = Sources(StillComputer(), 0.0, networks=lambda: named)
    asked = ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "10.77.0.9", "127.0.0.1", "10.77.0.2", "198.51.100.1")
    admitted = [sources.admit(each, 0.0) for each in asked]
    assert [source.near if source else None for source in admitted] == [True] * 5 + [None] * 2
    expected = sources.admit("10.77.0.2", 1.0, expected=True)
    assert expected is not None and not expected.near, "it may confirm, and public is not for it"
    named.clear()
    assert sources.admit("198.51.100.1", 1 + limits.NEAR_S), "all may ask again"


def test_many_sources_take_no_more_memory() -> None:
    sources = Sources(StillComputer(), 0.0)
    for number in range(3 * limits.SOURCES_MOST):
        sources.admit("10.%d.%d.1" % divmod(number, 256), 0.0)
    assert len(sources._known) == limits.SOURCES_MOST


@pytest.mark.parametrize(
    "text, target",
    [
        ("192.0.2.1", ("192.0.2.1", 162)),
        ("192.0.2.1:1162", ("192.0.2.1", 1162)),
        ("2001:db8::1", ("2001:db8::1", 162)),
        ("[2001:db8::1]:1162", ("2001:db8::1", 1162)),
        ("999.0.2.1", None),
        ("192.0.2.1:99999", None),
    ],
)
def test_a_trap_sink_is_an_address_and_perhaps_a_port(text: str, target: "tuple[str, int] | None") -> None:
    assert address(text) == target


def test_a_socket_of_ipv6_carries_ipv4() -> None:
    import socket

    assert for_family(("192.0.2.1", 162), socket.AF_INET6) == ("::ffff:192.0.2.1", 162)
    assert for_family(("192.0.2.1", 162), socket.AF_INET) == ("192.0.2.1", 162)
