"""What the tests with real peers need: root, the peers' programs, two computers on a cable, the firmware on one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import netns
from tests.peers import dhcp
from tests.peers.appliance import Appliance, Lan, appliance
from tests.peers.dhcp import HURRIED, Cable, Dhcpd, Dnsmasq, Helper, Kea, Program
from tests.peers.following import Following

PROGRAMS = {  # what the tests run: the Debian package that has it
    "avahi-browse": "avahi-utils",
    "avahi-daemon": "avahi-daemon",
    "chronyd": "chrony",
    "cupsd": "cups-daemon",
    "curl": "curl",
    "dbus-daemon": "dbus",
    "dhcpd": "isc-dhcp-server",
    "dnsmasq": "dnsmasq-base",
    "gs": "ghostscript",
    "ip": "iproute2",
    "ippfind": "cups-ipp-utils",
    "ipptool": "cups-ipp-utils",
    "kea-dhcp4": "kea-dhcp4-server",
    "lp": "cups-client",
    "lpadmin": "cups-client",
    "openssl": "openssl",
    "pdfinfo": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "pdftotext": "poppler-utils",
    "rlpr": "rlpr",
    "texttopdf": "cups-filters",
    "unshare": "util-linux",
    "snmpbulkwalk": "snmp",
    "snmptrapd": "snmptrapd",
    "sysctl": "procps",
}


@pytest.fixture(scope="session")
def programs() -> None:
    """Say exactly what is missing: a peer that is not there is a failure, not a skip."""
    missing = {PROGRAMS[name] for name in netns.programs_missing(list(PROGRAMS))}
    if missing:
        pytest.fail("tests with real peers need: apt-get install %s" % " ".join(sorted(missing)))


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the index of the drivers that are installed is kept: who makes it first, waits for seconds."""
    return tmp_path_factory.mktemp("index") / "drivers.json"


@pytest.fixture(scope="session")
def root() -> None:
    """Say that root is needed."""
    if os.geteuid():
        pytest.fail("these tests make network namespaces: run them as root, or run tools/test unit")


@pytest.fixture(scope="module")
def lan(programs: None, root: None) -> "Iterator[Lan]":
    """Two computers on a cable; the client's has an avahi-daemon."""
    with (
        netns.namespace("printer") as printer,
        netns.namespace("client") as client,
        netns.cable(printer, client),
        netns.avahi(client, "laptop"),
    ):
        yield Lan(printer, client)


@pytest.fixture(scope="module")
def firmware(lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Appliance]":
    """The firmware with its virtual printer, shared by the tests of a file."""
    with appliance(lan.printer, tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def fresh_firmware(lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Appliance]":
    """The firmware with its virtual printer, new for each test; it stores soon what the printer does not take."""
    with appliance(lan.printer, tmp_path_factory.mktemp("data"), "--set", "stall-seconds=1") as running:
        yield running


@pytest.fixture
def cable(programs: None, root: None) -> "Iterator[Cable]":
    """A router and a printer that has no address yet."""
    with (
        netns.namespace("router") as router,
        netns.namespace("printer") as printer,
        dhcp.cable(router, printer) as cable,
    ):
        yield cable


@pytest.fixture
def dnsmasq(cable: Cable, tmp_path: Path) -> "Iterator[Dnsmasq]":
    """What serves addresses on the router, once it is started."""
    running = Dnsmasq(cable.router, tmp_path)
    yield running
    running.stop()


@pytest.fixture
def served(dnsmasq: Dnsmasq) -> Dnsmasq:
    """What serves addresses on the router, started."""
    dnsmasq.start()
    return dnsmasq


@pytest.fixture
def following(cable: Cable, tmp_path: Path) -> Following:
    """What follows the settings of the network on the printer."""
    return Following(cable, tmp_path)


@pytest.fixture
def helper(cable: Cable, tmp_path: Path) -> "Iterator[Helper]":
    """The network helper on the printer."""
    with dhcp.helper(cable.printer, tmp_path) as running:
        yield running


@pytest.fixture
def hurried(cable: Cable, tmp_path: Path) -> "Iterator[Helper]":
    """The network helper on the printer, whose clock runs four times as fast."""
    with dhcp.helper(cable.printer, tmp_path, *HURRIED) as running:
        yield running


@pytest.fixture(params=[Dhcpd, Kea], ids=["dhcpd", "kea"])
def server(request: pytest.FixtureRequest, cable: Cable, tmp_path: Path) -> "Iterator[Program]":
    """One of both servers on the router, once it is started."""
    running = request.param(cable.router, tmp_path)
    yield running
    running.stop()
