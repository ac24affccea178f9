"""The settings of the network: the firmware gets its address by them, and a mistake there locks nobody out."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import netns
from tests.fakes.netns import until
from tests.peers import dhcp
from tests.peers.appliance import appliance
from tests.peers.dhcp import Cable, Dnsmasq

TEST = "/usr/share/cups/ipptool/get-printer-attributes.test"


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
    running.start()
    yield running
    running.stop()


class Following:
    """The settings of the network and what follows them, in a process of its own."""

    def __init__(self, lan: Cable, folder: Path):
        self._lan = lan
        self._file = folder / "settings.toml"
        self.log = folder / "log"
        words = (sys.executable, "-m", "tests.peers.dhcp_settings", str(folder))
        lan.printer.environment["PYTHONPATH"] = f"{dhcp.FIRMWARE}:{dhcp.FIRMWARE.parent}"
        self._process = lan.printer.start(*words, log=self.log)

    def set(self, name: str, value: str) -> None:
        self._say(f"set {name} {value}")

    def stop(self) -> None:
        self._say("stop")
        assert self._process.wait(netns.WATCHDOG_S) == 0

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def has(self, address: str) -> None:
        """Wait until the printer has this address and no other."""
        until(lambda: self._lan.addresses() == [address], f"{address}, and no other, as {self.log} tells")

    def leased(self) -> str:
        """Wait until there is a lease; return its address."""
        return until(
            lambda: next((one for one in self._lan.addresses() if re.match(r"10\.77\.0\.[5-9]\d/", one)), ""), "a lease"
        )

    def holds(self, line: str) -> None:
        """Wait until a setting has been stored."""
        until(lambda: self._file.exists() and line in self._file.read_text(), line)


@pytest.fixture
def following(lan: Cable, tmp_path: Path) -> Following:
    return Following(lan, tmp_path)


def test_the_firmware_prints_at_the_address_that_it_got(lan: Cable, server: Dnsmasq, tmp_path: Path) -> None:
    with appliance(lan.printer, tmp_path, "--set", "network=dhcp", "--set", "mdns=off") as running:
        address = until(lan.addresses, "an address")[0].partition("/")[0]
        assert "[PASS]" in lan.router.run("ipptool", "-t", running.uri(address), TEST)
        assert f"eth0 has the address {address}" in running.log.read_text()
    assert until(lambda: server.count("DHCPRELEASE"), "the address to be given back") == 1
    assert lan.addresses() == []


def test_with_the_systems_network_nothing_is_touched(lan: Cable, server: Dnsmasq, tmp_path: Path) -> None:
    lan.printer.run("ip", "address", "add", "10.77.0.7/24", "dev", "eth0")
    lan.printer.run("ip", "link", "set", "eth0", "up")
    before = lan.addresses(), lan.routes()
    with appliance(lan.printer, tmp_path, "--set", "mdns=off"):
        find = ["pgrep", "-f", f"feedpath.host.network {tmp_path}"]
        processes = subprocess.run(find, capture_output=True, check=False)
        assert processes.stdout == b"" and (lan.addresses(), lan.routes()) == before
    assert (lan.addresses(), lan.routes()) == before and not (tmp_path / "network").exists()


def test_a_static_address_that_is_set_once_goes_again(lan: Cable, server: Dnsmasq, following: Following) -> None:
    following.set("network", "dhcp")
    leased = following.leased()
    following.set("network-address", "10.77.0.33/24")
    following.set("network", "static")
    following.has("10.77.0.33/24")
    following.has(leased)
    following.holds('network = "dhcp"')
    following.stop()
    assert lan.addresses() == []


def test_a_static_address_that_is_set_again_stays(lan: Cable, server: Dnsmasq, following: Following) -> None:
    following.set("network", "dhcp")
    following.leased()
    following.set("network-address", "10.77.0.33/24")
    following.set("network", "static")
    following.has("10.77.0.33/24")
    following.set("network", "static")  # it is confirmed
    following.set("network-address", "10.77.0.34/24")
    following.has("10.77.0.34/24")
    following.has("10.77.0.33/24")
    following.holds('network-address = "10.77.0.33/24"')


def test_a_static_network_without_address_changes_nothing(lan: Cable, server: Dnsmasq, following: Following) -> None:
    following.set("network", "dhcp")
    leased = following.leased()
    following.set("network", "static")
    until(lambda: "needs a sound network-address" in following.log.read_text(), "a sentence in the log")
    following.has(leased)


def test_a_helper_that_is_killed_is_started_again_and_nothing_is_lost(
    lan: Cable, server: Dnsmasq, following: Following, tmp_path: Path
) -> None:
    following.set("network", "dhcp")
    leased = following.leased()
    find = ["pgrep", "-f", f"^{sys.executable} -P -m feedpath.host.network {tmp_path}"]
    (helper,) = subprocess.run(find, capture_output=True, text=True, check=True).stdout.split()
    os.kill(int(helper), 9)
    until(lambda: server.count("DHCPREQUEST") == 2, "a new helper to confirm the lease")
    following.has(leased)
    assert server.count("DHCPDISCOVER") == 1
    following.stop()
    assert lan.addresses() == []
