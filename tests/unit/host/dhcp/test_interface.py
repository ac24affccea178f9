"""A link takes an address from a server, from itself, or from a person, and shares none with another computer."""

import pytest

from feedpath.host.dhcp import frame, linklocal
from feedpath.host.dhcp.client import BOUND
from feedpath.host.dhcp.frame import Arp
from feedpath.host.dhcp.interface import Dynamic, Static
from feedpath.host.dhcp.lease import Lease, is_link_local
from tests.fakes.dhcp import ADDRESS, MAC, OTHER_MAC, Link, Server, arp_of, seeded

FIRST = linklocal.address_of(MAC, 0)
LOCAL_S = 25.0  # three DISCOVERs and the RFC's probes


def plugged(server: "Server | None" = None) -> Link:
    link = Link(Dynamic(MAC, seeded()), server or (lambda message: []))
    link.do(link.machine.carrier(True, link.now))
    return link


def static() -> Link:
    link = Link(Static(MAC, seeded(), Lease(ADDRESS, 24)))
    link.do(link.machine.carrier(True, link.now))
    return link


def arps(link: Link) -> "list[Arp]":
    found = [frame.read_arp(data) for data in link.frames if frame.ethertype(data) == frame.ARP]
    link.frames.clear()
    return found


def test_a_link_where_no_server_answers_takes_an_address_of_its_own() -> None:
    link = plugged()
    link.run(11)
    assert arps(link) == []
    link.run(LOCAL_S)
    assert link.applied == [FIRST] and is_link_local(FIRST)
    assert [packet.sender for packet in arps(link)] == ["0.0.0.0"] * 3 + [FIRST] * 2


def test_it_goes_over_to_a_server_that_comes() -> None:
    link = plugged()
    link.run(LOCAL_S)
    link.answer = Server()
    link.run(70)
    assert link.machine.state == BOUND and link.applied == [ADDRESS]
    verbs = [(verb, lease.address) for verb, lease in link.verbs if verb != "store"]
    assert verbs == [("apply", FIRST), ("apply", ADDRESS), ("remove", FIRST)]


def test_it_goes_back_to_its_own_address_when_the_lease_is_over() -> None:
    link = plugged(Server())
    link.run(5)
    link.answer.silent = True  # type: ignore[attr-defined]
    link.run(1000 + LOCAL_S)
    assert link.applied == [FIRST]


def test_an_own_address_that_another_has_is_not_taken() -> None:
    link = plugged()
    while link.machine.local.due is None or not arps(link):
        link.run(link.machine.due - link.now)
    link.feed(arp_of(FIRST))
    link.run(LOCAL_S)
    assert link.applied == [linklocal.address_of(MAC, 1)]


def test_an_own_address_is_defended_once_and_then_left() -> None:
    link = plugged()
    link.run(LOCAL_S)
    arps(link)
    link.feed(arp_of(FIRST))
    assert [packet.sender for packet in arps(link)] == [FIRST] and link.applied == [FIRST]
    link.feed(arp_of(FIRST))
    assert link.applied == []
    link.run(10)
    assert link.applied == [linklocal.address_of(MAC, 1)]


def test_after_ten_conflicts_a_link_tries_once_a_minute() -> None:
    link = plugged()
    link.run(13)
    for attempt in range(linklocal.MAX_CONFLICTS):
        link.feed(arp_of(linklocal.address_of(MAC, attempt)))
    arps(link)
    link.run(59)
    assert arps(link) == []
    link.run(3)
    assert arps(link)[0].target == linklocal.address_of(MAC, linklocal.MAX_CONFLICTS)


def test_addresses_of_their_own_differ_and_keep_clear_of_both_ends() -> None:
    found = [linklocal.address_of(MAC, attempt) for attempt in range(2000)]
    assert len(set(found)) > 1900
    assert all(address.startswith("169.254.") and 1 <= int(address.split(".")[2]) <= 254 for address in found)


def test_a_link_that_goes_loses_its_own_address_and_finds_it_again() -> None:
    link = plugged()
    link.run(LOCAL_S)
    link.do(link.machine.carrier(False, link.now))
    assert link.applied == [] and link.machine.due is None
    link.do(link.machine.carrier(True, link.now))
    link.run(LOCAL_S)
    assert link.applied == [FIRST]


def test_a_link_that_stops_has_no_address() -> None:
    for link in (plugged(), plugged(Server()), static()):
        link.run(LOCAL_S)
        assert len(link.applied) == 1
        link.do(link.machine.stop(link.now))
        assert link.applied == [] and link.machine.due is None


def test_a_thousand_flaps_end_with_one_address() -> None:
    link, random = plugged(Server()), seeded()
    for _ in range(1000):
        link.run(random.random() * 20)
        link.do(link.machine.carrier(False, link.now))
        link.run(random.random() * 20)
        link.answer.silent = random.random() < 0.3  # type: ignore[attr-defined]
        link.do(link.machine.carrier(True, link.now))
    link.answer.silent = False  # type: ignore[attr-defined]
    link.run(70)
    assert link.applied == [ADDRESS] and link.machine.state == BOUND


def test_a_static_address_is_probed_and_announced() -> None:
    link = static()
    link.run(10)
    assert link.applied == [ADDRESS]
    assert [packet.sender for packet in arps(link)] == ["0.0.0.0"] * 3 + [ADDRESS] * 2


@pytest.mark.parametrize(
    "packet, taken",
    [
        (Arp(frame.ANSWER, OTHER_MAC, ADDRESS, MAC, "0.0.0.0"), True),
        (Arp(frame.ASK, OTHER_MAC, "0.0.0.0", frame.NO_MAC, ADDRESS), True),  # it probes too
        (Arp(frame.ASK, OTHER_MAC, "10.0.0.9", frame.NO_MAC, ADDRESS), False),  # it only asks for it
        (Arp(frame.ASK, MAC, "0.0.0.0", frame.NO_MAC, ADDRESS), False),  # our own, come back
    ],
)
def test_what_takes_an_address_that_is_probed(packet: Arp, taken: bool) -> None:
    link = static()
    link.run(0)
    link.feed(frame.arp(packet))
    link.run(5)
    assert link.applied == ([] if taken else [ADDRESS])


def test_a_static_address_that_another_has_is_tried_again_each_minute() -> None:
    link = static()
    link.feed(arp_of(ADDRESS))
    link.run(59)
    assert link.applied == []
    link.run(5)
    assert link.applied == [ADDRESS]


def test_a_static_address_stays_while_the_link_is_gone() -> None:
    link = static()
    link.run(10)
    arps(link)
    link.do(link.machine.carrier(False, link.now))
    link.do(link.machine.carrier(True, link.now))
    assert link.applied == [ADDRESS]
    assert [packet.sender for packet in arps(link)] == [ADDRESS]


def test_nothing_but_arp_moves_a_static_address() -> None:
    link = static()
    for data in (b"", b"\0" * 20, bytes(12) + b"\x08\x06" + bytes(28), bytes(60)):
        link.feed(data)
    link.run(10)
    assert link.applied == [ADDRESS]
