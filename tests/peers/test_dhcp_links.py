"""The network helper and its links: cables that come and go, several of them, and addresses that no server gave."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedpath.host import network, uplink
from tests.fakes.netns import until
from tests.peers import dhcp, unprivileged
from tests.peers.dhcp import FIRST, ROUTER, Cable, Dnsmasq, Helper

CONFIRM_S = 8
RSS_MOST = 20 * 1024 * 1024
LEAK_MOST = 512 * 1024  # that memory grows by over twenty flaps


def test_the_helper_keeps_no_rights_but_those_over_networks(cable: Cable, helper: Helper) -> None:
    helper.dhcp()
    status = Path(f"/proc/{helper.process.pid}/status")
    until(lambda: "CapEff:\t0000000000003000" in status.read_text(), "the rights to be dropped")
    text = status.read_text()
    assert "CapPrm:\t0000000000003000" in text and "CapBnd:\t0000000000003000" in text and "NoNewPrivs:\t1" in text


def test_a_link_that_is_off_is_switched_on(cable: Cable, dnsmasq: Dnsmasq, hurried: Helper) -> None:
    cable.printer.run("ip", "link", "set", "eth0", "down")
    dnsmasq.start()
    hurried.dhcp()
    assert cable.address() == hurried.bound()["address"]


def test_a_link_without_server_has_an_address_of_its_own_until_one_comes(
    cable: Cable, dnsmasq: Dnsmasq, hurried: Helper
) -> None:
    hurried.dhcp()
    told = hurried.until(lambda told: told.get("address", "").startswith("169.254."), "an address of its own")
    assert cable.addresses() == [f"{told['address']}/16"] and told["prefix"] == 16
    dnsmasq.start()
    told = hurried.bound()
    assert cable.address() == told["address"] and told["address"] >= FIRST


def test_a_cable_that_is_unplugged_twenty_times_leaves_one_address(
    cable: Cable, dnsmasq: Dnsmasq, helper: Helper
) -> None:
    dnsmasq.start()
    helper.dhcp()
    address = helper.bound()["address"]
    descriptors, memory = helper.descriptors(), helper.rss()
    for _ in range(20):
        cable.plug(False)
        helper.state("INIT")
        cable.plug(True)
        helper.bound(address)
    assert cable.address() == address and "default via" in cable.routes()
    assert dnsmasq.count("DHCPDISCOVER") == 1 and dnsmasq.count("DHCPACK") == 21
    assert [line.split()[2:4] for line in dnsmasq.leases()] == [[address, "printer"]]
    assert helper.descriptors() == descriptors and helper.rss() < min(RSS_MOST, memory + LEAK_MOST)


@contextlib.contextmanager
def second_network(cable: Cable, folder: Path) -> "Iterator[Cable]":
    """Join router and printer by eth1 as well, in a network of its own with a server."""
    with dhcp.cable(cable.router, cable.printer, "eth1") as second:
        cable.router.run("ip", "address", "flush", "dev", "eth1")
        cable.router.run("ip", "address", "add", "10.78.0.1/24", "dev", "eth1")
        (folder / "other").mkdir()
        other = Dnsmasq(cable.router, folder / "other")
        other.start("--dhcp-range=10.78.0.50,10.78.0.60,255.255.255.0,120", link="eth1")
        try:
            yield second
        finally:
            other.stop()


def test_two_links_have_a_lease_each_and_the_first_one_leads_out(
    cable: Cable, dnsmasq: Dnsmasq, hurried: Helper, tmp_path: Path
) -> None:
    dnsmasq.start()
    hurried.dhcp()
    hurried.bound()
    with second_network(cable, tmp_path) as second:
        told = hurried.until(lambda told: told.get("link") == "eth1" and bool(told["address"]), "a lease")
        assert second.addresses() == [f"{told['address']}/24"]
        assert [line.split()[4] for line in cable.routes().splitlines() if "default" in line] == ["eth0", "eth1"]
    hurried.until(lambda told: (told.get("link"), told.get("state")) == ("eth1", "GONE"), "the link to go")
    assert hurried.errors == []


def test_name_servers_that_a_router_tells_by_ipv6_are_asked_too(cable: Cable, dnsmasq: Dnsmasq, helper: Helper) -> None:
    cable.router.run("ip", "address", "add", "fd77::1/64", "dev", "eth0", "nodad")
    dnsmasq.start("--enable-ra", "--dhcp-range=::,constructor:eth0,ra-only,64,120", "--ra-param=eth0,4,120",
                 "--dhcp-option=option6:dns-server,[fd77::8]", "--dhcp-option=option:dns-server,10.77.0.8")  # fmt: skip
    helper.dhcp()
    helper.bound()
    wanted = ["nameserver 10.77.0.8", "nameserver fd77::8"]
    until(lambda: helper.resolv_conf.read_text().splitlines()[-2:] == wanted, "both name servers")


def test_without_rights_over_networks_the_helper_says_so(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        words = [sys.executable, "-P", "-m", "feedpath.host.network", str(tmp_path), str(theirs.fileno()), "/dev/null"]
        done = subprocess.run(
            ["unshare", "--user", *words],
            pass_fds=(theirs.fileno(),), env={**os.environ, "PYTHONPATH": str(dhcp.FIRMWARE)}, check=False,
        )  # fmt: skip
        assert done.returncode == network.NO_RIGHTS == uplink.NO_RIGHTS


def test_beside_another_client_the_helper_says_what_to_do(cable: Cable, tmp_path: Path) -> None:
    script = "import socket; port = socket.socket(type=socket.SOCK_DGRAM); port.bind(('', 68)); print(1, flush=True)"
    log = tmp_path / "log"
    cable.printer.start(sys.executable, "-c", script + "; input()", log=log)
    until(log.read_text, "the other client")
    with dhcp.helper(cable.printer, tmp_path) as helper:
        told = helper.until(lambda told: "error" in told, "a sentence")
        assert "another DHCP client runs; end it, or set network to system" in told["error"]


def test_the_helper_need_not_be_root(cable: Cable, dnsmasq: Dnsmasq, tmp_path: Path) -> None:
    dnsmasq.start("--dhcp-option=option:dns-server,10.77.0.8", t1=3, t2=50)
    with tempfile.TemporaryDirectory() as name:
        os.chown(name, unprivileged.NOBODY, -1)
        with dhcp.helper(cable.printer, Path(name), "tests.peers.unprivileged") as helper:
            helper.dhcp()
            address = helper.bound()["address"]
            status = Path(f"/proc/{helper.process.pid}/status").read_text()
            assert "Uid:\t65534\t65534" in status and "CapPrm:\t0000000000003000" in status
            helper.state("RENEWING")
            helper.bound(address)
            assert cable.addresses() == [f"{address}/24"] and "10.77.0.8" in helper.resolv_conf.read_text()
            assert helper.rss() < RSS_MOST and helper.errors == []


STATIC = {
    "do": "configure",
    "mode": "static",
    "address": "10.77.0.33/24",
    "router": ROUTER,
    "name_servers": ["9.9.9.9"],
}


def test_a_static_address_replaces_a_lease_and_stays_when_it_is_confirmed(
    cable: Cable, dnsmasq: Dnsmasq, hurried: Helper
) -> None:
    dnsmasq.start()
    hurried.dhcp()
    hurried.bound()
    hurried.say(**STATIC, confirm_s=CONFIRM_S)
    hurried.until(lambda told: told.get("address") == "10.77.0.33", "the static address")
    hurried.say(do="confirm")
    assert cable.address() == "10.77.0.33" and "default via 10.77.0.1" in cable.routes()
    assert "nameserver 9.9.9.9" in hurried.resolv_conf.read_text()
    confirmed = time.monotonic()
    until(lambda: time.monotonic() > confirmed + CONFIRM_S / dhcp.TIMES, "the time to confirm to be over")
    assert cable.address() == "10.77.0.33" and {"reverted": True} not in hurried.told


def test_a_static_address_that_nobody_confirms_goes_and_the_lease_comes_back(
    cable: Cable, dnsmasq: Dnsmasq, hurried: Helper
) -> None:
    dnsmasq.start()
    hurried.dhcp()
    address = hurried.bound()["address"]
    hurried.say(**STATIC, confirm_s=CONFIRM_S)
    hurried.until(lambda told: told.get("address") == "10.77.0.33", "the static address")
    hurried.until(lambda told: "reverted" in told, "the return")
    hurried.bound(address)
    assert cable.address() == address and dnsmasq.count("DHCPDISCOVER") == 1


@pytest.mark.parametrize(
    "words",
    [{"do": "dance"}, {"do": "configure", "mode": "token ring"}, {}, {"do": "configure", "mode": "static"},
     {"do": "configure", "mode": "static", "address": "10.0.0.0.1/24"},
     {"do": "configure", "mode": "static", "address": "10.0.0.1/99"}],
)  # fmt: skip
def test_what_the_helper_does_not_understand_it_says(cable: Cable, helper: Helper, words: "dict[str, str]") -> None:
    helper.say(**words)
    assert "does not understand" in helper.until(lambda told: "error" in told, json.dumps(words))["error"]


@pytest.mark.parametrize(
    "interfaces, address, static, leased",
    [([], "10.77.0.33/24", "eth0", "eth1"), (["eth1", "eth0"], "10.78.0.33/24", "eth1", "eth0")],
)
def test_of_two_links_one_has_the_static_address_and_the_other_a_lease(
    cable: Cable, dnsmasq: Dnsmasq, helper: Helper, tmp_path: Path,
    interfaces: "list[str]", address: str, static: str, leased: str,
) -> None:  # fmt: skip
    dnsmasq.start()
    with second_network(cable, tmp_path) as second:
        helper.say(do="configure", mode="static", address=address, interfaces=interfaces)
        states = {told["link"]: told["state"] for told in helper.each_with_address("eth0", "eth1")}
        assert (states[static], states[leased]) == ("STATIC", "BOUND")
        links = {"eth0": cable, "eth1": second}
        assert links[static].addresses() == [address] and links[leased].address() != address.partition("/")[0]
    assert helper.errors == []
