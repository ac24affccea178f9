"""Options that are long, in several parts, in other fields, or wrong: as real servers send them."""

from pathlib import Path

import pytest

from tests.peers import dhcp
from tests.peers.dhcp import Cable, Dhcpd, Dnsmasq, Helper, Program

SEARCH = [f"department-{number:02}.branch-office-{number:02}.example" for number in range(16)]
DEFAULT = bytes((0, 10, 77, 0, 7))  # RFC 3442: a mask of no bits, and the router
OVERLOAD = bytes((52, 1))


def classless(count: int) -> bytes:
    """Return a default route and so many others, by the same router."""
    return DEFAULT + b"".join(bytes((24, 10, 100 + number, 1, 10, 77, 0, 7)) for number in range(count))


def test_an_option_in_several_parts_is_read_whole_and_routers_do_not_count_beside_classless_routes(
    cable: Cable, server: Program, hurried: Helper
) -> None:
    server.start(search=SEARCH, routes=classless(20))
    hurried.dhcp()
    told = hurried.bound()
    assert told["search"] == SEARCH and told["routers"] == []
    routes = cable.routes().splitlines()
    assert [line.split()[2] for line in routes if line.startswith("default")] == ["10.77.0.7"]
    assert len([line for line in routes if ".1.0/24 via 10.77.0.7 " in line]) == 20
    assert hurried.errors == []


@pytest.mark.parametrize("count, fields", [(84, 1), (94, 3)], ids=["file", "file and sname"])
def test_options_in_other_fields_are_read(
    cable: Cable, hurried: Helper, tmp_path: Path, count: int, fields: int
) -> None:
    server = Dhcpd(cable.router, tmp_path)
    server.start(search=SEARCH, routes=classless(count))
    with dhcp.answers(cable, tmp_path) as answers:
        hurried.dhcp()
        told = hurried.bound()
        assert OVERLOAD + bytes((fields,)) in answers()[-1]
    server.stop()
    assert told["search"] == SEARCH
    assert len([line for line in cable.routes().splitlines() if ".1.0/24 via 10.77.0.7 " in line]) == count


@pytest.mark.parametrize(
    "code, octets",
    [
        (119, b"\x03eng\xc0\x00"),  # a name that leads to itself
        (119, b"\x03eng\x07example\x00\xc0\x20"),
        (121, b"\x21\x0a\x00\x00\x07\x0a"),
    ],
)
def test_an_option_that_is_wrong_is_as_if_it_were_not_there(
    cable: Cable, hurried: Helper, tmp_path: Path, code: int, octets: bytes
) -> None:
    server = Dhcpd(cable.router, tmp_path)
    server.more = f"option wrong code {code} = string; option wrong {octets.hex(':')};"
    server.start(search=())
    with dhcp.answers(cable, tmp_path) as answers:
        hurried.dhcp()
        told = hurried.bound()
        assert bytes((code, len(octets))) + octets in answers()[-1]
    server.stop()
    assert (told["search"], told["routers"]) == ([], [dhcp.ROUTER]) and hurried.errors == []


def test_a_full_name_is_told_and_what_the_server_makes_of_it_is_taken(
    dnsmasq: Dnsmasq, hurried: Helper, tmp_path: Path, cable: Cable
) -> None:
    dnsmasq.start("--domain=example")
    with dhcp.answers(cable, tmp_path) as answers:
        hurried.say(do="configure", mode="dhcp", host="printer.example")
        hurried.bound()
        assert b"\x51\x14\x05\xff\xff\x07printer\x07example\x00" in answers()[-1]  # RFC 4702, 2: flags E and S
    assert [line.split()[3] for line in dnsmasq.leases()] == ["printer"]
