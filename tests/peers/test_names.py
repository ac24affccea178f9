"""The running firmware's names: through flaps and new addresses, and beside others of the same name."""

import socket

import pytest

from tests.fakes import netns
from tests.fakes.netns import Namespace, until
from tests.peers.appliance import ADDRESS, Appliance, Lan, appliance
from tests.peers.test_discovery import TYPES, Seen, browse

NAME = "Feedpath Virtual Printer"


def whole(space: Namespace) -> "dict[str, set[str]]":
    """Return the names that have all services of a printer of ours, each with its hosts."""
    found: "dict[str, list[Seen]]" = {}
    for seen in browse(space):
        found.setdefault(seen.name, []).append(seen)
    return {name: {each.host for each in all} for name, all in found.items() if {each.type for each in all} >= TYPES}


def test_the_name_stays_over_flaps_of_the_link(lan: Lan, firmware: Appliance) -> None:
    before = until(lambda: whole(lan.client), "all services")
    for _ in range(5):
        for state in ("down", "up"):
            lan.client.run("ip", "link", "set", "eth0", state)
    lan.client.run("ip", "address", "add", "fd77::2/64", "dev", "eth0", "nodad")  # a link that goes loses those of IPv6
    until(lambda: whole(lan.client) == before, "the same services")
    assert firmware.log.read_text().count("is announced as") == 1


def test_a_new_address_is_announced_by_the_firmware(lan: Lan, firmware: Appliance) -> None:
    (host,) = until(lambda: whole(lan.client), "all services")[NAME]

    def resolved() -> str:
        return lan.client.run("avahi-resolve", "-4n", host, check=False).split()[-1:].pop()

    for old, new in ((ADDRESS, "10.77.0.9"), ("10.77.0.9", ADDRESS)):
        lan.printer.run("ip", "address", "del", old + "/24", "dev", "eth0")
        lan.printer.run("ip", "address", "add", new + "/24", "dev", "eth0")
        until(lambda new=new: resolved() == new, "the address " + new)  # type: ignore[misc]


def apart(found: "dict[str, set[str]]", host: str) -> bool:
    """Return whether two printers have names of their own, and their hosts too, that are not `host`."""
    hosts = [name for names in found.values() for name in names]
    assert len(found) < 3, found
    return (
        set(found) == {NAME + " (2)", NAME + " (3)"} and len({*hosts, host.lower() + ".local"}) == 3 == len(hosts) + 1
    )


def test_two_of_ours_and_another_host_of_the_same_name_have_three_names(
    programs: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    host = socket.gethostname().partition(".")[0]
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
        with netns.avahi(hub, host):
            published = hub.start("avahi-publish-service", NAME, "_ipp._tcp", "6310")
            until(lambda: [seen for seen in browse(hub) if seen.name == NAME], "the other printer")
            with appliance(one, data("one")), appliance(two, data("two")):
                until(lambda: apart(whole(hub), host), "three names of printers and of hosts")
                assert {seen.type for seen in browse(hub) if seen.name == NAME} == {"_ipp._tcp"}
            hub.stop(published)
