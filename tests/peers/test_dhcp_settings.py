"""The settings of the network: the firmware gets its address by them, and tells what comes of them."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.fakes.netns import Namespace, until
from tests.peers.appliance import appliance
from tests.peers.chrony import chrony
from tests.peers.dhcp import ROUTER, Cable, Dnsmasq
from tests.peers.following import Following, helper_of

FIND = (
    "from zeroconf import Zeroconf; type = '_ipp._tcp.local.'; network = Zeroconf();"
    "found = network.get_service_info(type, 'Feedpath Virtual Printer.' + type, 1000);"
    "print(*found.parsed_addresses() if found else ()); network.close()"
)
TEST = "/usr/share/cups/ipptool/get-printer-attributes.test"


def test_the_firmware_prints_at_the_address_that_it_got(cable: Cable, served: Dnsmasq, tmp_path: Path) -> None:
    with appliance(cable.printer, tmp_path, "--set", "network=dhcp") as running:
        address = until(cable.addresses, "an address")[0].partition("/")[0]
        assert "[PASS]" in cable.router.run("ipptool", "-t", running.uri(address), TEST)
        until(lambda: address in cable.router.run(sys.executable, "-c", FIND).split(), "the address to be announced")
        assert f"eth0 has the address {address}" in running.log.read_text()
    assert until(lambda: served.count("DHCPRELEASE"), "the address to be given back") == 1
    assert cable.addresses() == []


def test_with_the_systems_network_nothing_is_touched(cable: Cable, served: Dnsmasq, tmp_path: Path) -> None:
    cable.printer.run("ip", "address", "add", "10.77.0.7/24", "dev", "eth0")
    cable.printer.run("ip", "link", "set", "eth0", "up")
    before = cable.addresses(), cable.routes()
    with appliance(cable.printer, tmp_path, "--set", "mdns=off"):
        find = ["pgrep", "-f", f"feedpath.host.network {tmp_path}"]
        processes = subprocess.run(find, capture_output=True, check=False)
        assert processes.stdout == b"" and (cable.addresses(), cable.routes()) == before
    assert (cable.addresses(), cable.routes()) == before and not (tmp_path / "network").exists()


def test_a_static_network_without_address_changes_nothing(cable: Cable, served: Dnsmasq, following: Following) -> None:
    following.set("network", "dhcp")
    leased = following.leased()
    following.set("network", "static")
    following.tells("needs a sound network-address")
    following.has(leased)


def test_a_helper_that_is_killed_is_started_again_and_nothing_is_lost(
    cable: Cable, served: Dnsmasq, following: Following, tmp_path: Path
) -> None:
    following.set("network", "dhcp")
    leased = following.leased()
    until((tmp_path / "network" / "lease-eth0.json").exists, "the lease to be kept")
    os.kill(helper_of(tmp_path), 9)
    until(lambda: served.count("DHCPREQUEST") == 2, "a new helper to confirm the lease")
    following.has(leased)
    assert served.count("DHCPDISCOVER") == 1
    following.stop()
    assert cable.addresses() == []


def feedpath(cable: Cable, data: Path, *words: str) -> str:
    """Return what the command line says on the printer."""
    return cable.printer.run(sys.executable, "-m", "feedpath", *words, "--data", str(data))


def test_a_person_is_told_of_the_trial_and_keeps_it_by_the_page(
    cable: Cable, served: Dnsmasq, tmp_path: Path
) -> None:
    with appliance(cable.printer, tmp_path, "--set", "network=dhcp", "--set", "mdns=off") as running:
        until(cable.addresses, "a lease")
        assert feedpath(cable, tmp_path, "settings", "set", "network-address", "10.77.0.33/24") == ""
        told = feedpath(cable, tmp_path, "settings", "set", "network", "static")
        assert re.match(r"The network's new settings hold for 1[12][0-9] more seconds, .* choose Keep", told)
        assert "The network's new settings hold" in feedpath(cable, tmp_path, "status")
        until(lambda: cable.addresses() == ["10.77.0.33/24"], "the new address")
        page = f"http://10.77.0.33:{running.web_port}"
        assert "new settings" not in cable.router.run("curl", "-s", page)  # it is the administrator's business
        assert "claim code" in cable.router.run("curl", "-s", "-X", "POST", f"{page}/api/keep-network")
        owner = ("curl", "-s", "-u", f":{(tmp_path / 'claim-code').read_text().strip()}")
        shown = cable.router.run(*owner, page)
        assert "The network&#39;s new settings hold" in shown and 'action="/keep-network"' in shown
        assert "done" in cable.router.run(*owner, "-X", "POST", f"{page}/api/keep-network")
        assert "new settings" not in cable.router.run(*owner, page) + feedpath(cable, tmp_path, "status")
        until(lambda: 'network = "static"' in (tmp_path / "settings.toml").read_text(), "the settings to be kept")


class Powerless(Namespace):
    """A namespace in which programs have no rights over the network."""

    def command(self, *argv: str) -> "list[str]":
        return super().command("unshare", "--user", *argv)


def test_without_rights_over_networks_all_else_is_served_and_one_sentence_says_why(
    cable: Cable, tmp_path: Path
) -> None:
    sentence = "Feedpath may not set up the network: start it as root or with the capabilities"
    space = Powerless(cable.printer.name)
    with appliance(space, tmp_path, "--set", "network=dhcp", "--set", "mdns=off", "--set", "snmp=off") as running:
        until(lambda: sentence in running.log.read_text(), "the sentence")
        assert sentence in feedpath(cable, tmp_path, "status")
        assert feedpath(cable, tmp_path, "settings", "set", "network-address", "10.77.0.33/24").startswith(sentence)
        assert running.log.read_text().count(sentence) == 1
    assert cable.addresses() == []


def test_the_time_is_asked_of_servers_that_the_network_tells_unless_a_person_named_others(
    cable: Cable, served: Dnsmasq, following: Following, tmp_path: Path
) -> None:
    served.stop()
    served.start(f"--dhcp-option=option:ntp-server,{ROUTER}")
    with chrony(cable.router, tmp_path):
        following.set("network", "dhcp")
        following.tells("late: ")
        following.set("ntp-servers", "127.0.0.2")
        following.tells("no time from 127.0.0.2")
