"""The running firmware's names: through flaps and new addresses, and beside others of the same name."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import netns
from tests.fakes.netns import Namespace, until
from tests.peers.appliance import ADDRESS, Appliance, Lan, appliance
from tests.peers.test_discovery import TYPES, Seen, browse, ippfind

NAME = "Feedpath Virtual Printer"
ALL_TYPES = TYPES | {"_pdl-datastream._tcp"}  # with raw data and LPD on
GROUP = ("224.0.0.251", 5353)  # RFC 6762, 3
WITHIN_S = 5.0  # what changes is announced within this time
PACKET_BYTES = 9000
QUESTION = b"\x04_ipp\x04_tcp\x05local\0" + struct.pack(">2H", 12, 1)
HOST = socket.gethostname().partition(".")[0]


def whole(space: Namespace, types: "set[str]" = TYPES) -> "dict[str, set[str]]":
    """Return the names that have all of the services, each with its hosts."""
    found: "dict[str, list[Seen]]" = {}
    for seen in browse(space):
        found.setdefault(seen.name, []).append(seen)
    return {name: {each.host for each in all} for name, all in found.items() if {each.type for each in all} >= types}


def sockets(space: Namespace) -> int:
    """Return how many sockets of multicast DNS there are in a namespace."""
    return len(space.run("ss", "-uanH", "sport = :5353").splitlines())


def test_the_name_stays_over_flaps_of_the_link_and_no_sockets_are_left(lan: Lan, firmware: Appliance) -> None:
    before = until(lambda: whole(lan.client), "all services")
    held = sockets(lan.printer)
    for _ in range(5):
        for state in ("down", "up"):
            lan.client.run("ip", "link", "set", "eth0", state)
    lan.client.run("ip", "address", "add", "fd77::2/64", "dev", "eth0", "nodad")  # a link that goes loses those of IPv6
    until(lambda: whole(lan.client) == before, "the same services")
    assert firmware.log.read_text().count("is announced as") == 1
    assert sockets(lan.printer) == held


class Listener:
    """Hears what is multicast on a namespace's cable."""

    def __init__(self, space: Namespace, address: str):
        self._socket = space.udp(address, GROUP[1], GROUP[0])
        self._socket.settimeout(netns.POLL_S)

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def hears(self, data: bytes) -> bool:
        """Return whether the next packet, if there is one soon, is a response with these bytes in it."""
        try:
            heard = self._socket.recv(PACKET_BYTES)
        except TimeoutError:
            return False
        return heard[2:3] >= b"\x80" and data in heard


@pytest.mark.parametrize(
    "family, prefix, old, new",
    [(socket.AF_INET, "24", ADDRESS, "10.77.0.9"), (socket.AF_INET6, "64", "fd77::1", "fd77::9")],
)
def test_a_new_address_is_announced_within_seconds(
    lan: Lan, firmware: Appliance, family: socket.AddressFamily, prefix: str, old: str, new: str
) -> None:
    until(lambda: whole(lan.client), "all services")
    with Listener(lan.client, "10.77.0.2") as listener:
        for gone, come in ((old, new), (new, old)):
            lan.printer.run("ip", "address", "del", gone + "/" + prefix, "dev", "eth0")
            lan.printer.run("ip", "address", "add", come + "/" + prefix, "dev", "eth0")
            octets = socket.inet_pton(family, come)
            until(lambda octets=octets: listener.hears(octets), "the address " + come, WITHIN_S)  # type: ignore[misc]


def test_each_link_is_told_its_own_addresses_only(lan: Lan, firmware: Appliance) -> None:
    (host,) = until(lambda: whole(lan.client), "all services")[NAME]

    def resolved(space: Namespace) -> "list[str]":
        return [
            space.run("avahi-resolve", "-%dn" % version, host, check=False).split()[-1:].pop() for version in (4, 6)
        ]

    with netns.namespace("guest") as guest, netns.cable(lan.printer, guest, 1), netns.avahi(guest, "guest"):
        until(lambda: whole(guest) == {NAME: {host}}, "all services on the second cable")
        assert resolved(guest) == ["10.77.1.1", "fd77:1::1"]
        assert resolved(lan.client) == [ADDRESS, "fd77::1"]
        assert {seen.address for seen in browse(lan.client)} <= {ADDRESS, "fd77::1"}
        with Listener(lan.client, "10.77.0.2") as listener:
            lan.printer.run("ip", "address", "add", "10.77.1.8/24", "dev", "eth1")
            lan.printer.run("ip", "address", "add", "10.77.0.8/24", "dev", "eth0")
            until(lambda: listener.hears(bytes([10, 77, 0, 8])), "the second address", WITHIN_S)
        lan.printer.run("ip", "address", "del", "10.77.0.8/24", "dev", "eth0")


def test_what_is_wrong_with_the_printer_is_announced_within_seconds(lan: Lan, firmware: Appliance) -> None:
    until(lambda: whole(lan.client), "all services")
    with Listener(lan.client, "10.77.0.2") as listener:
        firmware.printer("paper out")
        until(lambda: listener.hears(b"printer-state-reasons=media-empty-error"), "the empty tray", WITHIN_S)
        firmware.printer("paper in")
        until(lambda: listener.hears(b"printer-state-reasons=none"), "the full tray", WITHIN_S)


def test_the_name_that_was_found_is_kept_over_a_restart(programs: None, tmp_path: Path) -> None:
    with (
        netns.namespace("ours") as ours,
        netns.namespace("other") as other,
        netns.cable(ours, other),
        netns.avahi(other, "other"),
    ):
        taken = other.start("avahi-publish-service", NAME, "_ipp._tcp", "6310")
        until(lambda: [seen.name for seen in browse(other)].count(NAME), "the other printer")
        for _ in range(2):
            with appliance(ours, tmp_path) as running:
                until(lambda: set(whole(other)) == {NAME + " (2)"}, "the second name")
            until(lambda: {(seen.name, seen.type) for seen in browse(other)} == {(NAME, "_ipp._tcp")}, "the goodbyes")
            running.log.unlink()
        other.stop(taken)
        until(lambda: not browse(other), "no printer")
        with appliance(ours, tmp_path):  # though the other name is free now: it is what people have chosen
            until(lambda: set(whole(other)) == {NAME + " (2)"}, "the same name")


@pytest.fixture(params=["desk", HOST], ids=["other host name", "same host name"])
def neighbours(
    request: pytest.FixtureRequest, programs: None, tmp_path: Path
) -> "Iterator[tuple[Namespace, Namespace, netns.Avahi, Appliance]]":
    """The firmware on a computer whose avahi has a name like the client's; and that client."""
    with (
        netns.namespace("shared") as ours,
        netns.namespace("client") as client,
        netns.cable(ours, client),
        netns.avahi(client, "laptop"),
        netns.avahi(ours, request.param) as avahi,
        appliance(ours, tmp_path) as running,
    ):
        yield ours, client, avahi, running


def host_of(space: Namespace) -> str:
    """Return how a namespace's avahi calls its computer."""
    query = ("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.Avahi", "/")
    return space.run(*query, "org.freedesktop.Avahi.Server.GetHostName").split('"')[1]


def answers(asking: socket.socket, number: int) -> bytes:
    """Return what is answered to a question for printers that knows only unicast DNS, within a moment."""
    asking.sendto(struct.pack(">6H", number, 0, 1, 0, 0, 0) + QUESTION, GROUP)
    heard = b""
    try:
        while True:
            heard += asking.recv(PACKET_BYTES)
    except TimeoutError:
        return heard


def test_beside_the_avahi_of_the_same_computer_both_answer_and_keep_their_names(
    neighbours: "tuple[Namespace, Namespace, netns.Avahi, Appliance]",
) -> None:
    ours, client, avahi, _ = neighbours
    before = host_of(ours)
    published = ours.start("avahi-publish-service", "Desk Scanner", "_ipp._tcp", "6310")
    for space in (ours, client):
        until(lambda space=space: whole(space) == {NAME: {HOST + ".local"}}, "all services")  # type: ignore[misc]
        until(lambda space=space: "Desk Scanner" in {seen.name for seen in browse(space)}, "avahi's own")  # type: ignore[misc]
    numbers = iter(range(1, 1000))
    with client.udp("10.77.0.2") as asking:
        asking.settimeout(0.5)
        for name in (NAME, "Desk Scanner"):
            until(lambda name=name: name.encode() in answers(asking, next(numbers)), name)  # type: ignore[misc]
    for name in {HOST, before}:
        assert client.run("avahi-resolve", "-4n", name + ".local").split()[1] == ADDRESS
        assert client.run("avahi-resolve", "-6n", name + ".local").split()[1] == "fd77::1"
    ours.stop(published)
    avahi.restart(before)  # it asks whether its name is free
    assert host_of(ours) == before
    assert whole(client) == {NAME: {HOST + ".local"}}


def apart(found: "dict[str, set[str]]", host: str) -> bool:
    """Return whether two printers have names of their own, and their hosts too, that are not `host`."""
    hosts = [name for names in found.values() for name in names]
    assert len(found) < 3, found
    return (
        set(found) == {NAME + " (2)", NAME + " (3)"} and len({*hosts, host.lower() + ".local"}) == 3 == len(hosts) + 1
    )


def by_subtype(space: Namespace, search: str) -> "set[str]":
    """Return the names that ippfind finds by a subtype; none when it did not find two."""
    found = set(ippfind(space, search, "--name", NAME, "--print-name"))
    return found if len(found) > 1 else set()


def test_two_of_ours_and_another_host_of_the_same_name_have_three_names(
    programs: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        netns.namespace("hub") as hub,
        netns.namespace("one") as one,
        netns.namespace("two") as two,
        netns.cable(hub, one, 0),
        netns.cable(hub, two, 1),
    ):
        hub.run("ip", "link", "add", "bridge", "type", "bridge", "mcast_snooping", "0")
        for link in ("eth0", "eth1"):
            hub.run("ip", "address", "flush", "dev", link)
            hub.run("ip", "link", "set", link, "master", "bridge")
        hub.run("ip", "address", "add", "10.77.0.100/16", "dev", "bridge")
        hub.run("ip", "link", "set", "bridge", "up")
        data = tmp_path_factory.mktemp
        on = ("--set", "raw=on", "--set", "lpd=on")
        with netns.avahi(hub, HOST):
            published = hub.start("avahi-publish-service", NAME, "_ipp._tcp", "6310")
            until(lambda: [seen for seen in browse(hub) if seen.name == NAME], "the other printer")
            with appliance(one, data("one"), *on), appliance(two, data("two"), *on):
                until(lambda: apart(whole(hub, ALL_TYPES), HOST), "three names of printers and of hosts")
                for subtype in ("_ipp._tcp,_print", "_ipps._tcp,_universal"):
                    found = until(lambda subtype=subtype: by_subtype(hub, subtype), subtype)  # type: ignore[misc]
                    assert found == {NAME + " (2)", NAME + " (3)"}
                assert {seen.type for seen in browse(hub) if seen.name == NAME} == {"_ipp._tcp"}
            hub.stop(published)
