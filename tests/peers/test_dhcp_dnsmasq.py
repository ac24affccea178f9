"""The network helper beside Debian's dnsmasq: leases are taken, kept, renewed, lost and given back."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import netns
from tests.fakes.dhcp import arp_of
from tests.fakes.netns import until
from tests.peers import dhcp
from tests.peers.dhcp import FIRST, ROUTER, Cable, Dnsmasq, Helper

CONFIRM_S = 3
RSS_MOST = 20 * 1024 * 1024


@pytest.fixture
def lan(programs: None) -> "Iterator[Cable]":
    if os.geteuid():
        pytest.fail("these tests make network namespaces: run them as root, or run tools/test unit")
    with (
        netns.namespace("router") as router,
        netns.namespace("printer") as printer,
        dhcp.cable(router, printer) as cable,
    ):
        yield cable


@pytest.fixture
def server(lan: Cable, tmp_path: Path) -> "Iterator[Dnsmasq]":
    running = Dnsmasq(lan.router, tmp_path)
    yield running
    running.stop()


@pytest.fixture
def helper(lan: Cable, tmp_path: Path) -> "Iterator[Helper]":
    with dhcp.helper(lan.printer, tmp_path) as running:
        yield running


def one_address(lan: Cable) -> str:
    """Return the printer's address once it has exactly one."""
    return until(lambda: lan.addresses()[0] if len(lan.addresses()) == 1 else "", "one address").partition("/")[0]


def test_a_lease_is_taken_with_its_routes_and_name_servers(lan: Cable, server: Dnsmasq, helper: Helper) -> None:
    server.start("--dhcp-option=option:ntp-server,10.77.0.9", "--dhcp-option=option:dns-server,10.77.0.8",
                 "--dhcp-option=option:domain-search,eng.example,lab.example", "--dhcp-option=option:mtu,1400",
                 "--dhcp-option=option:domain-name,example",
                 "--dhcp-option=option:classless-static-route,0.0.0.0/0,10.77.0.1,10.99.0.0/16,10.77.0.7")  # fmt: skip
    helper.dhcp()
    told = helper.bound()
    assert told["ntp_servers"] == ["10.77.0.9"] and told["name_servers"] == ["10.77.0.8"]
    assert told["search"] == ["eng.example", "lab.example"] and told["domain"] == "example"
    assert lan.addresses() == [f"{told['address']}/24"]
    assert "default via 10.77.0.1 dev eth0 proto dhcp src" in lan.routes()
    assert "10.99.0.0/16 via 10.77.0.7 dev eth0 proto dhcp" in lan.routes()
    assert "mtu 1400" in lan.printer.run("ip", "link", "show", "eth0")
    assert "valid_lft 1" in lan.printer.run("ip", "address", "show", "eth0")
    assert helper.resolv_conf.read_text().splitlines()[1:] == [
        "search eng.example lab.example",
        "nameserver 10.77.0.8",
    ]
    assert " printer " in (server.log.parent / "dnsmasq.leases").read_text()
    assert helper.rss() < RSS_MOST and helper.errors == []


def test_the_helper_keeps_no_rights_but_those_over_networks(lan: Cable, helper: Helper) -> None:
    helper.dhcp()
    status = Path(f"/proc/{helper.process.pid}/status")
    until(lambda: "CapEff:\t0000000000003000" in status.read_text(), "the rights to be dropped")
    text = status.read_text()
    assert "CapPrm:\t0000000000003000" in text and "CapBnd:\t0000000000003000" in text and "NoNewPrivs:\t1" in text


def test_a_lease_is_renewed_with_the_server_alone(lan: Cable, server: Dnsmasq, helper: Helper) -> None:
    server.start(t1=3, t2=50)
    helper.dhcp()
    address = helper.bound()["address"]
    until(lambda: server.count("DHCPACK") >= 3, "two renewals")
    assert one_address(lan) == address and server.count("DHCPDISCOVER") == 1


def test_a_lease_is_rebound_with_another_server(lan: Cable, server: Dnsmasq, helper: Helper) -> None:
    server.start(t1=3, t2=6)
    helper.dhcp()
    address = helper.bound()["address"]
    server.stop()
    lan.router.run("ip", "address", "flush", "dev", "eth0")
    lan.router.run("ip", "address", "add", "10.77.0.2/24", "dev", "eth0")
    server.start()
    helper.state("REBINDING")
    helper.bound(address)
    assert one_address(lan) == address and server.count("DHCPDISCOVER") == 1


def test_a_nak_leads_to_another_address(lan: Cable, server: Dnsmasq, helper: Helper) -> None:
    server.start(last="10.77.0.70", t1=3, t2=50)
    helper.dhcp()
    helper.bound()
    server.stop()
    server.forget()
    server.start(first="10.77.0.90")
    told = helper.until(lambda told: told.get("address", "") >= "10.77.0.90", "an address of the new range")
    assert until(lambda: server.count("DHCPNAK"), "a NAK")
    assert one_address(lan) == told["address"]


def test_a_lease_outlives_the_helper_and_is_confirmed(lan: Cable, server: Dnsmasq, tmp_path: Path) -> None:
    server.start()
    with dhcp.helper(lan.printer, tmp_path) as first:
        first.dhcp()
        address = first.bound()["address"]
        first.kill()
    assert one_address(lan) == address
    with dhcp.helper(lan.printer, tmp_path) as second:
        second.dhcp()
        second.bound(address)
        assert server.count("DHCPDISCOVER") == 1 and server.count("DHCPREQUEST") == 2
        assert second.leave() == 0
    assert one_address(lan) == address


def test_a_stored_lease_is_used_while_the_server_is_away(lan: Cable, server: Dnsmasq, tmp_path: Path) -> None:
    server.start()
    with dhcp.helper(lan.printer, tmp_path) as first:
        first.dhcp()
        address = first.bound()["address"]
        first.kill()
    lan.printer.run("ip", "address", "flush", "dev", "eth0")
    server.stop()
    with dhcp.helper(lan.printer, tmp_path) as second:
        second.dhcp()
        second.until(lambda told: told.get("address") == address, "the address of before")
        server.start()
        second.bound(address)
        assert one_address(lan) == address


def test_a_lease_of_another_network_is_not_kept(lan: Cable, server: Dnsmasq, tmp_path: Path) -> None:
    server.start()
    with dhcp.helper(lan.printer, tmp_path) as first:
        first.dhcp()
        first.bound()
        first.kill()
    server.stop()
    lan.router.run("ip", "address", "flush", "dev", "eth0")
    lan.router.run("ip", "address", "add", "192.168.9.1/24", "dev", "eth0")
    server.start("--dhcp-range=192.168.9.50,192.168.9.60,255.255.255.0,120")
    with dhcp.helper(lan.printer, tmp_path) as second:
        second.dhcp()
        told = second.until(lambda told: told.get("address", "").startswith("192.168.9."), "an address of here")
        assert one_address(lan) == told["address"]


def test_a_conflict_is_declined_and_another_address_taken(lan: Cable, server: Dnsmasq, helper: Helper) -> None:
    server.start()
    helper.dhcp()
    taken = helper.bound()["address"]
    helper.stop()
    lan.router.run("ip", "address", "add", f"{taken}/32", "dev", "eth0")
    with dhcp.helper(lan.printer, server.log.parent) as again:
        again.dhcp()
        told = again.bound()
    assert told["address"] != taken and server.count("DHCPDECLINE") == 1


def test_an_address_that_another_host_takes_later_is_left(lan: Cable, server: Dnsmasq, helper: Helper) -> None:
    server.start()
    helper.dhcp()
    taken = helper.bound()["address"]
    for _ in range(2):  # it is defended once
        lan.send(arp_of(taken))
    told = helper.until(lambda told: told.get("state") == "BOUND" and told["address"] not in ("", taken), "another one")
    assert one_address(lan) == told["address"] and server.count("DHCPDECLINE") == 1


def test_a_link_without_server_has_an_address_of_its_own_until_one_comes(
    lan: Cable, server: Dnsmasq, helper: Helper
) -> None:
    helper.dhcp()
    told = helper.until(lambda told: told.get("address", "").startswith("169.254."), "an address of its own")
    assert lan.addresses() == [f"{told['address']}/16"] and told["prefix"] == 16
    server.start()
    told = helper.bound()
    assert one_address(lan) == told["address"] and told["address"] >= FIRST


def test_a_cable_that_is_unplugged_twenty_times_leaves_one_address(
    lan: Cable, server: Dnsmasq, helper: Helper
) -> None:
    server.start()
    helper.dhcp()
    address = helper.bound()["address"]
    descriptors = len(os.listdir(f"/proc/{helper.process.pid}/fd"))
    for _ in range(20):
        lan.plug(False)
        helper.state("INIT")
        lan.plug(True)
        helper.bound(address)
    assert one_address(lan) == address and "default via" in lan.routes()
    assert server.count("DHCPDISCOVER") == 1 and server.count("DHCPACK") == 21
    assert len(os.listdir(f"/proc/{helper.process.pid}/fd")) == descriptors and helper.rss() < RSS_MOST


def test_a_lease_is_given_back_on_stop(lan: Cable, server: Dnsmasq, helper: Helper) -> None:
    server.start()
    helper.dhcp()
    helper.bound()
    assert helper.stop() == 0
    assert until(lambda: server.count("DHCPRELEASE"), "a release") == 1
    assert lan.addresses() == [] and "default" not in lan.routes()
    assert not list(server.log.parent.glob("leases/*.json"))


def test_garbage_on_the_cable_changes_nothing(lan: Cable, server: Dnsmasq, helper: Helper) -> None:
    server.start(t1=3, t2=50)
    helper.dhcp()
    address = helper.bound()["address"]
    script = (
        "import random, socket\n"
        "sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)\n"
        "choose = random.Random(1)\n"
        "head = bytes((2, 1, 6, 0)) + bytes(232) + bytes((99, 130, 83, 99))\n"
        "for size in range(2000):\n"
        "    sender.sendto(choose.choice((b'', head)) + choose.randbytes(size % 300), ('10.77.0.255', 68))\n"
    )
    lan.router.run("python3", "-c", script)
    before = server.count("DHCPACK")
    until(lambda: server.count("DHCPACK") > before + 1, "renewals to go on")
    assert one_address(lan) == address and helper.process.poll() is None


def test_two_links_have_a_lease_each_and_the_first_one_leads_out(
    lan: Cable, server: Dnsmasq, helper: Helper, tmp_path: Path
) -> None:
    server.start()
    helper.dhcp()
    helper.bound()
    with dhcp.cable(lan.router, lan.printer, "eth1") as second:
        lan.router.run("ip", "address", "flush", "dev", "eth1")
        lan.router.run("ip", "address", "add", "10.78.0.1/24", "dev", "eth1")
        (tmp_path / "other").mkdir()
        other = Dnsmasq(lan.router, tmp_path / "other")
        other.start("--dhcp-range=10.78.0.50,10.78.0.60,255.255.255.0,120", link="eth1")
        told = helper.until(lambda told: told.get("link") == "eth1" and bool(told["address"]), "the other link's lease")
        assert second.addresses() == [f"{told['address']}/24"]
        assert [line.split()[4] for line in lan.routes().splitlines() if "default" in line] == ["eth0", "eth1"]
        other.stop()
    until(lambda: "eth1" not in lan.routes(), "the link to go")
    assert helper.errors == []


def test_name_servers_that_a_router_tells_by_ipv6_are_asked_too(lan: Cable, server: Dnsmasq, helper: Helper) -> None:
    lan.router.run("ip", "address", "add", "fd77::1/64", "dev", "eth0", "nodad")
    server.start("--enable-ra", "--dhcp-range=::,constructor:eth0,ra-only,64,120", "--ra-param=eth0,4,120",
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
        assert done.returncode == 1
        assert "it needs root's rights over networks" in json.loads(ours.recv(4096))["error"]


STATIC = {
    "do": "configure",
    "mode": "static",
    "address": "10.77.0.33/24",
    "router": ROUTER,
    "name_servers": ["9.9.9.9"],
}


def test_a_static_address_replaces_a_lease_and_stays_when_it_is_confirmed(
    lan: Cable, server: Dnsmasq, helper: Helper
) -> None:
    server.start()
    helper.dhcp()
    helper.bound()
    helper.say(**STATIC, confirm_s=CONFIRM_S)
    helper.until(lambda told: told.get("address") == "10.77.0.33", "the static address")
    helper.say(do="confirm")
    assert one_address(lan) == "10.77.0.33" and "default via 10.77.0.1" in lan.routes()
    assert "nameserver 9.9.9.9" in helper.resolv_conf.read_text()
    confirmed = time.monotonic()
    until(lambda: time.monotonic() > confirmed + CONFIRM_S, "the time to confirm to be over")
    assert one_address(lan) == "10.77.0.33" and {"reverted": True} not in helper.told


def test_a_static_address_that_nobody_confirms_goes_and_the_lease_comes_back(
    lan: Cable, server: Dnsmasq, helper: Helper
) -> None:
    server.start()
    helper.dhcp()
    address = helper.bound()["address"]
    helper.say(**STATIC, confirm_s=CONFIRM_S)
    helper.until(lambda told: told.get("address") == "10.77.0.33", "the static address")
    helper.until(lambda told: "reverted" in told, "the return")
    helper.bound(address)
    assert one_address(lan) == address and server.count("DHCPDISCOVER") == 1


@pytest.mark.parametrize(
    "words",
    [{"do": "dance"}, {"do": "configure", "mode": "token ring"}, {}, {"do": "configure", "mode": "static"},
     {"do": "configure", "mode": "static", "address": "10.0.0.0.1/24"},
     {"do": "configure", "mode": "static", "address": "10.0.0.1/99"}],
)  # fmt: skip
def test_what_the_helper_does_not_understand_it_says(lan: Cable, helper: Helper, words: "dict[str, str]") -> None:
    helper.say(**words)
    assert "does not understand" in helper.until(lambda told: "error" in told, json.dumps(words))["error"]
