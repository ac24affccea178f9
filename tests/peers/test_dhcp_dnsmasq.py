"""The network helper beside Debian's dnsmasq: leases are taken, kept, renewed, lost and given back."""

from pathlib import Path

from tests.fakes.dhcp import arp_of
from tests.fakes.netns import until
from tests.peers import dhcp
from tests.peers.dhcp import HURRIED, Cable, Dnsmasq, Helper

CONFIRM_S = 3
RSS_MOST = 20 * 1024 * 1024


def test_a_lease_is_taken_with_its_routes_and_name_servers(cable: Cable, dnsmasq: Dnsmasq, helper: Helper) -> None:
    dnsmasq.start("--dhcp-option=option:ntp-server,10.77.0.9", "--dhcp-option=option:dns-server,10.77.0.8",
                 "--dhcp-option=option:domain-search,eng.example,lab.example", "--dhcp-option=option:mtu,1400",
                 "--dhcp-option=option:domain-name,example",
                 "--dhcp-option=option:classless-static-route,0.0.0.0/0,10.77.0.1,10.99.0.0/16,10.77.0.7")  # fmt: skip
    helper.dhcp()
    told = helper.bound()
    assert told["ntp_servers"] == ["10.77.0.9"] and told["name_servers"] == ["10.77.0.8"]
    assert told["search"] == ["eng.example", "lab.example"] and told["domain"] == "example"
    assert cable.addresses() == [f"{told['address']}/24"]
    assert "default via 10.77.0.1 dev eth0 proto dhcp src" in cable.routes()
    assert "10.99.0.0/16 via 10.77.0.7 dev eth0 proto dhcp" in cable.routes()
    assert "mtu 1400" in cable.printer.run("ip", "link", "show", "eth0")
    assert "valid_lft 1" in cable.printer.run("ip", "address", "show", "eth0")
    assert helper.resolv_conf.read_text().splitlines()[1:] == [
        "search eng.example lab.example",
        "nameserver 10.77.0.8",
    ]
    assert [line.split()[3] for line in dnsmasq.leases()] == ["printer"]
    assert helper.rss() < RSS_MOST and helper.errors == []


def test_a_lease_is_renewed_with_the_server_alone(cable: Cable, dnsmasq: Dnsmasq, hurried: Helper) -> None:
    dnsmasq.start(t1=3, t2=50)
    hurried.dhcp()
    address, asked = hurried.bound()["address"], dnsmasq.count("DHCPDISCOVER")
    until(lambda: dnsmasq.count("DHCPACK") >= 3, "two renewals")
    assert cable.address() == address and dnsmasq.count("DHCPDISCOVER") == asked


def test_a_lease_is_rebound_with_another_server(cable: Cable, dnsmasq: Dnsmasq, hurried: Helper) -> None:
    dnsmasq.start(t1=3, t2=6)
    hurried.dhcp()
    address, asked = hurried.bound()["address"], dnsmasq.count("DHCPDISCOVER")
    dnsmasq.stop()
    cable.router.run("ip", "address", "flush", "dev", "eth0")
    cable.router.run("ip", "address", "add", "10.77.0.2/24", "dev", "eth0")
    dnsmasq.start()
    hurried.state("REBINDING")
    hurried.bound(address)
    assert cable.address() == address and dnsmasq.count("DHCPDISCOVER") == asked


def test_a_nak_leads_to_another_address(cable: Cable, dnsmasq: Dnsmasq, hurried: Helper) -> None:
    dnsmasq.start(last="10.77.0.70", t1=3, t2=50)
    hurried.dhcp()
    hurried.bound()
    dnsmasq.stop()
    dnsmasq.forget()
    dnsmasq.start(first="10.77.0.90")
    told = hurried.until(lambda told: told.get("address", "") >= "10.77.0.90", "an address of the new range")
    assert until(lambda: dnsmasq.count("DHCPNAK"), "a NAK")
    assert cable.address() == told["address"]


def test_a_lease_outlives_the_helper_and_is_confirmed(cable: Cable, dnsmasq: Dnsmasq, tmp_path: Path) -> None:
    dnsmasq.start()
    with dhcp.helper(cable.printer, tmp_path) as first:
        first.dhcp()
        address = first.bound()["address"]
        first.kill()
    assert cable.address() == address
    with dhcp.helper(cable.printer, tmp_path) as second:
        second.dhcp()
        second.bound(address)
        assert dnsmasq.count("DHCPDISCOVER") == 1 and dnsmasq.count("DHCPREQUEST") == 2
        assert second.leave() == 0
    assert cable.address() == address


def test_a_stored_lease_is_used_while_the_server_is_away(cable: Cable, dnsmasq: Dnsmasq, tmp_path: Path) -> None:
    dnsmasq.start()
    with dhcp.helper(cable.printer, tmp_path) as first:
        first.dhcp()
        address = first.bound()["address"]
        first.kill()
    cable.printer.run("ip", "address", "flush", "dev", "eth0")
    dnsmasq.stop()
    with dhcp.helper(cable.printer, tmp_path, *HURRIED) as second:
        second.dhcp()
        second.until(lambda told: told.get("address") == address, "the address of before")
        dnsmasq.start()
        second.bound(address)
        assert cable.address() == address


def test_a_lease_of_another_network_is_not_kept(cable: Cable, dnsmasq: Dnsmasq, tmp_path: Path) -> None:
    dnsmasq.start()
    with dhcp.helper(cable.printer, tmp_path) as first:
        first.dhcp()
        first.bound()
        first.kill()
    dnsmasq.stop()
    cable.router.run("ip", "address", "flush", "dev", "eth0")
    cable.router.run("ip", "address", "add", "192.168.9.1/24", "dev", "eth0")
    dnsmasq.start("--dhcp-range=192.168.9.50,192.168.9.60,255.255.255.0,120")
    with dhcp.helper(cable.printer, tmp_path) as second:
        second.dhcp()
        told = second.until(lambda told: told.get("address", "").startswith("192.168.9."), "an address of here")
        assert cable.address() == told["address"]


def test_a_conflict_is_declined_and_another_address_taken(cable: Cable, dnsmasq: Dnsmasq, helper: Helper) -> None:
    dnsmasq.start()
    helper.dhcp()
    taken = helper.bound()["address"]
    helper.stop()
    cable.router.run("ip", "address", "add", f"{taken}/32", "dev", "eth0")
    with dhcp.helper(cable.printer, dnsmasq.log.parent) as again:
        again.dhcp()
        told = again.bound()
    assert told["address"] != taken and dnsmasq.count("DHCPDECLINE") == 1


def test_an_address_that_another_host_takes_later_is_left(cable: Cable, dnsmasq: Dnsmasq, hurried: Helper) -> None:
    dnsmasq.start()
    hurried.dhcp()
    taken = hurried.bound()["address"]
    for _ in range(2):  # it is defended once
        cable.send(arp_of(taken))
    told = hurried.until(lambda told: told.get("address", "") not in ("", taken), "another one")
    assert cable.address() == told["address"] and dnsmasq.count("DHCPDECLINE") == 1


def test_a_lease_is_given_back_on_stop(cable: Cable, dnsmasq: Dnsmasq, helper: Helper) -> None:
    dnsmasq.start()
    helper.dhcp()
    helper.bound()
    assert helper.stop() == 0
    assert until(lambda: dnsmasq.count("DHCPRELEASE"), "a release") == 1
    assert cable.addresses() == [] and "default" not in cable.routes()
    assert not list(dnsmasq.log.parent.glob("leases/*.json"))


def test_garbage_on_the_cable_changes_nothing(cable: Cable, dnsmasq: Dnsmasq, hurried: Helper) -> None:
    dnsmasq.start(t1=3, t2=50)
    hurried.dhcp()
    address = hurried.bound()["address"]
    script = (
        "import random, socket\n"
        "sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)\n"
        "choose = random.Random(1)\n"
        "head = bytes((2, 1, 6, 0)) + bytes(232) + bytes((99, 130, 83, 99))\n"
        "for size in range(2000):\n"
        "    sender.sendto(choose.choice((b'', head)) + choose.randbytes(size % 300), ('10.77.0.255', 68))\n"
    )
    cable.router.run("python3", "-c", script)
    before = dnsmasq.count("DHCPACK")
    until(lambda: dnsmasq.count("DHCPACK") > before + 1, "renewals to go on")
    assert cable.address() == address and hurried.process.poll() is None
