"""Interfaces and addresses, how they are and since when."""

import pytest

from feedpath.core.computer import Link
from feedpath.front.snmp import wire
from tests.unit.front.snmp.asking import SYS_DESCR, Asked, request

IF, IF_X, ADDRESS = (1, 3, 6, 1, 2, 1, 2, 2, 1), (1, 3, 6, 1, 2, 1, 31, 1), (1, 3, 6, 1, 2, 1, 4, 34, 1)
ADMIN, OPER, LAST_CHANGE = 7, 8, 9
ORIGIN, STATUS, CREATED, CHANGED = 6, 7, 8, 9
V4 = (1, 4, 10, 77, 0, 1)


@pytest.mark.parametrize(
    "up, running, state, admin, oper",
    [
        (True, True, "up", 1, 1),
        (True, False, "down", 1, 2),
        (False, False, "down", 2, 2),
        (False, True, "up", 2, 2),
        (True, False, "lowerlayerdown", 1, 7),
        (True, False, "dormant", 1, 5),
        (True, False, "notpresent", 1, 6),
        (True, True, "unknown", 1, 1),
        (True, False, "unknown", 1, 2),
    ],
)
def test_an_interface_is_as_the_system_says(up: bool, running: bool, state: str, admin: int, oper: int) -> None:
    asked = Asked()
    asked.computer.up = (Link(2, "eth0", 6, up=up, running=running, state=state),)
    assert (asked.get(*IF, ADMIN, 2), asked.get(*IF, OPER, 2)) == (admin, oper)


def test_the_time_of_the_last_change_is_told() -> None:
    asked = Asked()
    asked.ask(request(wire.GET, SYS_DESCR))
    loopback, ethernet = asked.computer.up
    asked.now += 4
    asked.computer.up = (loopback, ethernet._replace(running=False, received=(0, 0, 0, 0, 0)))
    asked.ask(request(wire.GET, SYS_DESCR))
    asked.now += 4
    asked.ask(request(wire.GET, SYS_DESCR))
    assert [asked.get(*IF, LAST_CHANGE, number) for number in (1, 2)] == [0, 400]
    assert asked.get(*IF_X, 5, 0) == 0  # ifTableLastChange
    asked.computer.up = (loopback,)
    asked.ask(request(wire.GET, SYS_DESCR))
    assert asked.get(*IF_X, 5, 0) == 800


def test_an_address_tells_when_it_came_and_when_it_changed() -> None:
    asked = Asked()
    asked.ask(request(wire.GET, SYS_DESCR))
    for seconds, word in ((1, "tentative"), (2, "permanent"), (5, "deprecated")):
        asked.now += seconds
        held = ((b"\x0a\x4d\0\1", 24), (b"\x0a\x4d\0\2", 24))
        marks = frozenset({"permanent"}), frozenset({word})
        asked.computer.up = (Link(2, "eth0", 6, addresses=held, marks=marks),)
        asked.ask(request(wire.GET, SYS_DESCR))
    second = (*V4[:-1], 2)
    assert [asked.get(*ADDRESS, CREATED, *address) for address in (V4, second)] == [0, 100]
    assert [asked.get(*ADDRESS, CHANGED, *address) for address in (V4, second)] == [100, 800]
    assert [asked.get(*ADDRESS, STATUS, *address) for address in (V4, second)] == [1, 2]


OTHER, MANUAL, DHCP, LINK_LAYER, RANDOM = 1, 2, 4, 5, 6
GLOBAL, LOCAL = b"\x20\1" + bytes(13) + b"\7", b"\xfe\x80" + bytes(13) + b"\7"


@pytest.mark.parametrize(
    "address, prefix, marks, origin",
    [
        (b"\x0a\0\0\1", 8, ["permanent"], MANUAL),
        (b"\x0a\0\0\1", 8, [], DHCP),
        (b"\xa9\xfe\0\1", 16, ["permanent"], RANDOM),
        (b"\x7f\0\0\1", 8, ["permanent"], OTHER),
        (bytes(15) + b"\1", 128, ["permanent"], OTHER),
        (GLOBAL, 64, ["permanent"], MANUAL),
        (GLOBAL, 64, [], LINK_LAYER),
        (GLOBAL, 64, ["temporary"], RANDOM),
        (GLOBAL, 64, ["stable"], RANDOM),
        (GLOBAL, 128, [], DHCP),
        (LOCAL, 64, ["permanent"], LINK_LAYER),
    ],
)
def test_an_address_tells_where_it_comes_from(address: bytes, prefix: int, marks: "list[str]", origin: int) -> None:
    asked = Asked()
    asked.computer.up = (Link(2, "eth0", 6, addresses=((address, prefix),), marks=(frozenset(marks),)),)
    names = [name for name in asked.walk() if name[: len(ADDRESS) + 1] == (*ADDRESS, ORIGIN)]
    assert [asked.get(*name) for name in names] == [origin]
