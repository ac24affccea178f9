"""The DHCP client walks through the states of RFC 2131's figure 5, whatever the network says."""

import gc
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from feedpath.host.dhcp import frame, lease, table
from feedpath.host.dhcp.client import (
    BOUND,
    INIT,
    REBINDING,
    REBOOTING,
    RENEWING,
    REQUESTING,
    SELECTING,
)
from feedpath.host.dhcp.lease import Lease
from feedpath.host.dhcp.wire import Message, decode, encode, packed
from tests.fakes.dhcp import (
    ADDRESS,
    MAC,
    SERVER,
    SERVER_MAC,
    Answer,
    Link,
    Server,
    Watched,
    arp_of,
    framed,
    reply,
    seeded,
)

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = range(1, 8)
OBJECTS_MOST = 100  # that come and go besides; one a flap would be 666
PROBED_S = 2.0  # more than the short probes take


def started(server: "Answer | None" = None, host: str = "", known: "Lease | None" = None) -> Link:
    link = Link(Watched(MAC, seeded(), host, known), server or (lambda message: []))
    link.do(link.machine.start(link.now))
    return link


def bound(server: "Server | None" = None, host: str = "") -> Link:
    link = started(server or Server(), host)
    link.run(PROBED_S)
    assert link.machine.state == BOUND
    link.types()
    return link


def stored(link: Link) -> Lease:
    """Return what a restart finds, as JSON has kept it."""
    assert link.stored is not None
    known = lease.restored(link.stored.record())
    assert known is not None
    return known


def test_a_client_binds_after_it_has_probed_the_address() -> None:
    link = started(Server())
    link.run(0)
    assert link.machine.state == REQUESTING and link.applied == []
    assert link.types() == [DISCOVER, REQUEST]
    link.run(PROBED_S)
    assert link.machine.state == BOUND and link.applied == [ADDRESS]
    (applied,) = [lease for verb, lease in link.verbs if verb == "apply"]
    assert (applied.prefix, applied.routers, applied.name_servers) == (24, ["10.0.0.254"], ["10.0.0.53"])
    probes = [frame.read_arp(data) for data in link.frames if frame.ethertype(data) == frame.ARP]
    assert [(probe.sender, probe.target) for probe in probes[:4]] == [("0.0.0.0", ADDRESS)] * 3 + [(ADDRESS, ADDRESS)]
    assert link.stored is applied


def test_a_discover_has_what_table_5_wants() -> None:
    link = started(host="printer")
    link.run(0)
    (message,) = link.sent
    assert (message.op, message.mac, message.broadcast, message.ciaddr) == (table.REQUEST, MAC, True, "0.0.0.0")
    assert message.options == {
        table.HOST_NAME: b"printer",
        table.MESSAGE_TYPE: bytes((DISCOVER,)),
        table.PARAMETERS: table.ASKED,
        table.MAXIMUM_SIZE: b"\x05\xc0",
        table.VENDOR_CLASS: b"feedpath",
        table.CLIENT_ID: b"\x01" + MAC,
    }
    sent = frame.read_udp(link.frames[0])
    assert (sent.source, sent.target, sent.source_port, sent.target_port) == ("0.0.0.0", "255.255.255.255", 68, 67)


def test_a_full_name_goes_in_option_81_alone() -> None:
    link = started(host="printer.lan")
    link.run(0)
    assert link.sent[0].value(table.FQDN) == "printer.lan" and table.HOST_NAME not in link.sent[0].options


def test_a_request_names_the_server_and_keeps_the_transaction() -> None:
    link = started(Server())
    link.run(0)
    discover, request = link.sent
    assert request.xid == discover.xid and request.broadcast and request.ciaddr == "0.0.0.0"
    assert (request.value(table.SERVER), request.value(table.REQUESTED)) == (SERVER, ADDRESS)
    assert request.options[table.PARAMETERS] == discover.options[table.PARAMETERS]


def test_discovers_are_sent_4_8_16_32_and_64_seconds_apart_give_or_take_one() -> None:
    link = started()
    times: "list[float]" = []
    while len(times) < 8:
        link.now = link.machine.due
        link.do(link.machine.tick(link.now))
        times.append(link.now)
    apart = [later - sooner for sooner, later in zip(times, times[1:], strict=False)]
    for delay, usual in zip(apart, (4, 8, 16, 32, 64, 64, 64), strict=True):
        assert abs(delay - usual) <= 1 and delay != usual
    assert len({message.xid for message in link.sent}) == 8 and link.machine.unanswered == 7
    assert link.sent[-1].seconds == int(times[-1] - times[0])


def test_a_client_asks_four_times_and_then_begins_anew() -> None:
    server = Server()
    link = started(lambda message: server(message) if message.type == DISCOVER else [])
    link.run(65)
    assert link.types()[:7] == [DISCOVER, REQUEST, REQUEST, REQUEST, REQUEST, DISCOVER, REQUEST]


def test_t1_asks_the_server_alone_and_t2_everyone() -> None:
    link = bound()
    link.frames.clear()
    link.answer.silent = True  # type: ignore[attr-defined]
    link.run(500)
    assert link.machine.state == RENEWING
    renewal = frame.read_udp(link.frames[-1])
    assert link.frames[-1][:6] == SERVER_MAC and (renewal.source, renewal.target) == (ADDRESS, SERVER)
    message = link.sent[-1]
    assert (message.ciaddr, message.broadcast, message.type) == (ADDRESS, False, REQUEST)
    assert table.SERVER not in message.options and table.REQUESTED not in message.options
    link.run(380)
    assert link.machine.state == REBINDING
    rebinding = frame.read_udp(link.frames[-1])
    assert link.frames[-1][:6] == frame.EVERYONE
    assert (rebinding.source, rebinding.target) == (ADDRESS, "255.255.255.255")
    assert decode(rebinding.data).ciaddr == ADDRESS


def test_renewals_wait_half_of_what_is_left_and_a_minute_at_least() -> None:
    link = bound()
    began = link.machine.lease.started
    link.answer.silent = True  # type: ignore[attr-defined]
    times: "list[float]" = []
    while link.now < began + 1000:
        link.run(link.machine.due - link.now)
        times += [round(link.now - began) for _ in link.types()]
    assert times == [495, 685, 780, 840, 875, 938, 998, 1000]


@pytest.mark.parametrize("wait, state", [(500, RENEWING), (880, REBINDING)])
def test_an_ack_extends_the_lease_from_when_it_was_asked_for(wait: float, state: str) -> None:
    link = bound()
    server = link.answer
    server.silent = True  # type: ignore[attr-defined]
    link.run(wait)
    assert link.machine.state == state
    server.silent = False  # type: ignore[attr-defined]
    link.run(200)
    assert link.machine.state == BOUND and link.applied == [ADDRESS]
    assert link.machine.lease.ends > link.now + 780
    assert [verb for verb, _ in link.verbs].count("remove") == 0


def test_an_address_that_is_held_is_not_probed_again_when_it_is_renewed() -> None:
    link = bound()
    link.run(5)
    link.frames.clear()
    link.run(600)
    assert link.types() == [REQUEST]
    assert [frame.ethertype(data) for data in link.frames] == [frame.IPV4]


def test_an_address_is_given_up_when_its_time_is_over() -> None:
    link = bound()
    link.answer.silent = True  # type: ignore[attr-defined]
    link.run(998)
    assert link.machine.state == SELECTING and link.applied == [] and link.stored is None


@pytest.mark.parametrize("wait, state", [(500, RENEWING), (880, REBINDING)])
def test_a_nak_ends_the_lease_and_another_address_follows(wait: float, state: str) -> None:
    link = bound()
    server = link.answer
    server.silent = True  # type: ignore[attr-defined]
    link.run(wait)
    server.silent, server.address = False, "10.0.0.51"  # type: ignore[attr-defined]
    link.run(200)
    link.run(PROBED_S)
    assert link.machine.state == BOUND and link.applied == ["10.0.0.51"]


def test_a_nak_while_requesting_begins_anew_and_slowly_when_it_comes_again() -> None:
    server = Server()
    server.refuses = True
    link = started(server)
    link.run(1)
    assert link.types() == [DISCOVER, REQUEST, DISCOVER, REQUEST]
    link.run(8)
    assert link.types() == []
    link.run(2)
    assert link.types() == [DISCOVER, REQUEST]


def test_a_nak_of_another_server_than_asked_is_discarded() -> None:
    link = started(lambda message: [reply(message, OFFER)] if message.type == DISCOVER else [])
    link.run(0)
    other = Message(table.REPLY, link.sent[-1].xid, MAC)
    other.options = {table.MESSAGE_TYPE: bytes((NAK,)), table.SERVER: packed("10.0.0.9")}
    link.feed(framed(encode(other)))
    assert link.machine.state == REQUESTING


@pytest.mark.parametrize(
    "change",
    [
        {"xid": 1},
        {"op": table.REQUEST},
        {"mac": b"\x02\0\0\0\0\7"},
        {"yiaddr": "0.0.0.0"},
        {"yiaddr": "127.0.0.1"},
        {"yiaddr": "239.1.1.1"},
    ],
)
def test_an_offer_that_is_not_for_us_or_for_nobody_is_discarded(change: "dict[str, Any]") -> None:
    link = started()
    link.run(0)
    message = decode(frame.read_udp(reply(link.sent[-1], OFFER)).data)
    for name, value in change.items():
        setattr(message, name, value)
    link.feed(framed(encode(message)))
    assert link.machine.state == SELECTING


@pytest.mark.parametrize("more", [{"server": None}, {"lease_time": None}, {"lease_time": bytes(4)}])
def test_an_offer_without_server_or_time_is_discarded(more: "dict[str, Any]") -> None:
    link = started()
    link.run(0)
    link.feed(reply(link.sent[-1], OFFER, **more))
    assert link.machine.state == SELECTING


def test_frames_from_other_ports_are_discarded() -> None:
    link = started()
    link.run(0)
    offer = frame.read_udp(reply(link.sent[-1], OFFER))
    for ports in ((67, 69), (1067, 68)):
        link.feed(frame.udp(MAC, frame.Datagram(SERVER_MAC, SERVER, frame.ALL, *ports, offer.data)))
    assert link.machine.state == SELECTING
    link.feed(frame.udp(MAC, offer))
    assert link.machine.state == REQUESTING


def test_an_ack_for_another_address_than_asked_is_discarded() -> None:
    link = started(lambda message: [reply(message, OFFER)] if message.type == DISCOVER else [])
    link.run(0)
    link.feed(reply(link.sent[-1], ACK, "10.0.0.66"))
    link.run(PROBED_S)
    assert link.machine.state == REQUESTING and link.applied == []


def test_a_lease_that_ends_while_its_address_is_probed_is_not_used() -> None:
    known = stored(bound())
    known.seconds, known.started = 1000, 1000.0 - 987.5
    link = started(known=known)
    link.run(30)
    assert link.machine.state == SELECTING and "apply" not in [verb for verb, _ in link.verbs]


def test_a_conflict_is_declined_and_the_next_address_is_taken() -> None:
    server = Server()

    def answer(message: Message) -> "list[bytes]":
        if message.type == DECLINE:
            server.address = "10.0.0.51"
        return server(message)

    link = started(answer)
    link.run(0)
    link.feed(arp_of(ADDRESS))
    link.run(PROBED_S)
    decline = next(message for message in link.sent if message.type == DECLINE)
    assert (decline.value(table.REQUESTED), decline.value(table.SERVER)) == (ADDRESS, SERVER)
    assert decline.ciaddr == "0.0.0.0" and table.PARAMETERS not in decline.options
    assert link.machine.state == BOUND and link.applied == ["10.0.0.51"]


def test_after_a_second_conflict_a_client_waits_ten_seconds() -> None:
    link = started(Server())
    link.run(0)
    link.feed(arp_of(ADDRESS))
    link.run(0)
    link.feed(arp_of(ADDRESS))
    link.types()
    link.run(9)
    assert link.types() == []
    link.run(2)
    assert link.types() == [DISCOVER, REQUEST]


def test_an_address_is_defended_once_and_declined_when_the_other_insists() -> None:
    link = bound()
    link.frames.clear()
    link.feed(arp_of(ADDRESS))
    assert link.machine.state == BOUND
    defence = frame.read_arp(link.frames[-1])
    assert (defence.sender, defence.target, defence.sender_mac) == (ADDRESS, ADDRESS, MAC)
    link.feed(arp_of(ADDRESS))
    assert link.types()[0] == DECLINE and link.applied == []


def test_options_of_a_lease_reach_the_link() -> None:
    more: "dict[str, Any]" = {
        "domain": b"lan",
        "search": b"\x03lan\0",
        "ntp_servers": packed("10.0.0.123"),
        "mtu": b"\x05\x78",
        "broadcast": packed("10.0.0.255"),
        "routes": b"\0\x0a\0\0\1\x10\x0a\x11\x0a\0\0\2",
        "renewal_time": (100).to_bytes(4, "big"),
        "rebinding_time": (200).to_bytes(4, "big"),
    }
    got = bound(Server(**more)).machine.lease
    assert (got.domain, got.search, got.ntp_servers, got.mtu) == ("lan", ["lan"], ["10.0.0.123"], 1400)
    assert (got.broadcast, got.renew_s, got.rebind_s) == ("10.0.0.255", 100, 200)
    assert got.routers == []
    assert lease.default_routes(got) == [("0.0.0.0", 0, "10.0.0.1"), ("10.17.0.0", 16, "10.0.0.2")]


@pytest.mark.parametrize("t1, t2", [(900, 800), (0, 0), (500, 2000), (1000, 1000)])
def test_times_that_are_not_in_order_are_as_if_untold(t1: int, t2: int) -> None:
    times: "dict[str, Any]" = {"renewal_time": t1.to_bytes(4, "big"), "rebinding_time": t2.to_bytes(4, "big")}
    got = bound(Server(**times)).machine.lease
    assert 0 < got.renew_s < got.rebind_s < got.seconds


def test_a_lease_for_ever_is_never_renewed() -> None:
    link = bound(Server(lease_time=b"\xff" * 4))
    link.run(10_000_000)
    assert link.machine.state == BOUND and link.types() == []


def test_a_lease_is_taken_up_again_after_a_restart() -> None:
    known = stored(bound())
    link = started(Server(), known=known)
    link.run(0)
    (request,) = link.sent
    assert (request.type, request.value(table.REQUESTED), request.ciaddr) == (REQUEST, ADDRESS, "0.0.0.0")
    assert table.SERVER not in request.options and request.broadcast
    assert link.machine.state == REBOOTING
    link.run(PROBED_S)
    assert link.machine.state == BOUND and link.applied == [ADDRESS]


def test_a_nak_after_a_restart_forgets_the_lease() -> None:
    link = started(Server("10.0.0.51"), known=stored(bound()))
    link.run(PROBED_S)
    assert link.types()[:2] == [REQUEST, DISCOVER] and link.applied == ["10.0.0.51"]


def test_a_lease_lasts_to_its_end_while_the_server_is_away_after_a_restart() -> None:
    link = started(known=stored(bound()))
    link.run(20)
    assert link.machine.state == SELECTING and link.applied == [ADDRESS]
    assert set(link.types()[2:]) == {DISCOVER}
    link.run(1000)
    assert link.applied == [] and link.stored is None


def test_a_lease_in_use_is_confirmed_when_the_server_is_back() -> None:
    link = started(known=stored(bound()))
    link.run(20)
    link.answer = Server()
    link.run(70)
    assert link.machine.state == BOUND and link.applied == [ADDRESS]
    assert "remove" not in [verb for verb, _ in link.verbs]


def test_a_stored_lease_that_is_over_is_not_asked_for_but_as_a_wish() -> None:
    known = stored(bound())
    known.started -= 2000
    link = started(known=known)
    link.run(0)
    assert link.sent[0].value(table.REQUESTED) == ADDRESS and link.types() == [DISCOVER]


def test_a_link_that_comes_back_confirms_the_lease_and_keeps_the_address_meanwhile() -> None:
    link = bound()
    link.do(link.machine.link_down(link.now))
    assert link.machine.state == INIT and link.applied == [ADDRESS]
    link.run(30)
    assert link.types() == []
    link.do(link.machine.start(link.now))
    link.run(0)
    assert link.types() == [REQUEST] and link.machine.state == BOUND
    assert "remove" not in [verb for verb, _ in link.verbs]


def test_a_link_that_comes_back_elsewhere_takes_an_address_of_there() -> None:
    link = bound()
    link.do(link.machine.link_down(link.now))
    link.answer = Server("192.168.7.7")
    link.do(link.machine.start(link.now))
    link.run(PROBED_S)
    assert link.machine.state == BOUND and link.applied == ["192.168.7.7"]


def test_a_lease_that_ends_while_the_link_is_down_is_given_up() -> None:
    link = bound()
    link.do(link.machine.link_down(link.now))
    link.run(2000)
    assert link.applied == [] and link.machine.state == INIT and link.machine.due is None


def test_stopping_gives_the_address_back_to_the_server_alone() -> None:
    link = bound()
    link.frames.clear()
    link.do(link.machine.stop(link.now))
    (release,) = link.sent
    assert (release.type, release.ciaddr, release.value(table.SERVER)) == (RELEASE, ADDRESS, SERVER)
    assert table.REQUESTED not in release.options and table.PARAMETERS not in release.options
    assert link.frames[0][:6] == SERVER_MAC and frame.read_udp(link.frames[0]).target == SERVER
    assert link.applied == [] and link.machine.due is None


@pytest.mark.parametrize(
    "change",
    [{"address": "0.0.0.0"}, {"address": "x"}, {"prefix": 33}, {"server": ""}, {"routers": ["a"]}, {"routers": "a"},
     {"mac": "zz"}, {"seconds": "x"}, {"routes": [1]}, {"mtu": "1"}, {"started": None}, {"domain": 3}],
)  # fmt: skip
def test_a_record_that_is_no_lease_is_none(change: "dict[str, Any]") -> None:
    record = stored(bound()).record()
    assert lease.restored(record) is not None
    assert lease.restored({**record, **change}) is None
    assert lease.restored({}) is None


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0, 700)),
        st.tuples(st.just("due"), st.just(0)),
        st.tuples(st.just("reply"), st.tuples(st.integers(0, 8), st.sampled_from([ADDRESS, "10.0.0.51", "0.0.0.0"]))),
        st.tuples(st.just("arp"), st.sampled_from([ADDRESS, "10.0.0.51", "0.0.0.0"])),
        st.tuples(st.just("link"), st.booleans()),
        st.tuples(st.just("octets"), st.binary(max_size=400)),
        st.tuples(st.just("stop"), st.just(0)),
    ),
    max_size=60,
)


def play(link: Link, event: str, what: Any) -> None:
    """Let one thing happen."""
    client = link.machine
    if event == "wait":
        link.run(what)
    elif event == "due" and client.due is not None:
        link.run(max(0, client.due - link.now))
    elif event == "reply" and link.sent:
        link.feed(reply(link.sent[-1], *what))
    elif event == "arp":
        link.feed(arp_of(what, target=ADDRESS))
    elif event == "octets":
        link.feed(what)
    elif event == "link":
        link.do(client.start(link.now) if what else client.link_down(link.now))
    elif event == "stop":
        link.do(client.stop(link.now))


@given(EVENTS, st.booleans())
def test_whatever_comes_the_steps_are_those_of_figure_5(events: "list[tuple[str, Any]]", restarted: bool) -> None:
    link = started(Server() if restarted else None, known=stored(bound()) if restarted else None)
    for event, what in events:
        play(link, event, what)
        client = link.machine
        assert len(link.applied) <= 1
        assert link.applied == ([client.lease.address] if client.lease else [])
        assert client.state not in (BOUND, RENEWING, REBINDING) or client.lease is not None
        assert client.lease is None or client.lease.lasts(link.now) or client.due <= link.now
    assert link.machine.state == INIT or link.machine.due is not None or link.machine.lease.ends is None


@given(EVENTS)
def test_a_client_binds_whatever_happened_before(events: "list[tuple[str, Any]]") -> None:
    link = started()
    for event, what in events:
        play(link, event, what)
    link.answer = Server()
    link.do(link.machine.link_down(link.now))
    link.do(link.machine.start(link.now))
    link.run(200)
    assert link.machine.state in (BOUND, RENEWING) and link.applied == [ADDRESS]


def test_a_thousand_flaps_leave_one_address_under_one_name_and_nothing_else() -> None:
    link = bound(host="printer")
    random = seeded()
    names, objects = set(), []
    for turn in range(1000):
        link.do(link.machine.link_down(link.now))
        link.run(random.random() * 3)
        link.do(link.machine.start(link.now))
        link.run(random.random() * 3)
        names |= {message.options.get(table.HOST_NAME) for message in link.sent}
        link.frames.clear()
        link.sent.clear()
        del link.verbs[1:-2]
        if turn % 333 == 0:
            gc.collect()
            objects.append(len(gc.get_objects()))
    link.run(PROBED_S)
    assert link.machine.state == BOUND and link.machine.lease.address == ADDRESS
    assert "remove" not in [verb for verb, _ in link.verbs]
    assert names == {b"printer"} and objects[-1] < objects[1] + OBJECTS_MOST
