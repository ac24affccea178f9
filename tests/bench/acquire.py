"""How long an address takes, beside Debian's udhcpc -a and systemd-networkd: on one cable, of one dnsmasq, in turns."""

import contextlib
import select
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

from feedpath.errors import WireError
from feedpath.host.dhcp import frame, netlink, table, wire
from tests.bench import lan
from tests.bench.bars import OURS
from tests.bench.bench import Mismatch
from tests.bench.client import Failed
from tests.bench.network import Networks
from tests.fakes.netns import Namespace
from tests.peers import dhcp
from tests.peers.dhcp import FIRST, LAST, MAC, Cable

ETH_P_ALL, GROUP_ADDRESSES = 3, 0x10  # packet(7); rtnetlink(7): RTMGRP_IPV4_IFADDR
DATAGRAM_BYTES = 65536
WATCHDOG_S = 60  # five times what the slowest takes
READY_S = 1.5  # that a program has to notice that there is no cable
UDHCPC_SCRIPT = """\
#!/bin/sh
case $1 in bound|renew) exec ip address replace "$ip/$mask" dev "$interface";; esac
"""
NETWORKD_SCRIPT = """\
mount -t tmpfs run /run && mount -o remount,bind,ro /sys || exit 1
mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/network
chown -R systemd-network: /run/systemd/netif
settings='[Match]\\nName=eth0\\n[Network]\\nDHCP=ipv4\\n[DHCPv4]\\nSendDecline=%s\\n'
printf "$settings" "$1" >/run/systemd/network/eth0.network
exec /lib/systemd/systemd-networkd
"""


class Acquired(NamedTuple):
    """An address that came: when, when the server had granted it, and how many ARP probes were sent before."""

    address: str
    at: float
    granted_at: float
    probes: int


class Watch:
    """What is sent on the cable, and what addresses the printer gets, from now on."""

    def __init__(self, cable: Cable):
        self._frames = lan.inside(cable.router, lambda: frames(cable.name))
        self._news = lan.inside(cable.printer, news)
        self._granted_at, self._probes = 0.0, 0

    def acquired(self) -> Acquired:
        """Return the first address; raise Failed when none comes."""
        deadline = time.monotonic() + WATCHDOG_S
        while ready := select.select([self._frames, self._news], [], [], max(0, deadline - time.monotonic()))[0]:
            if self._frames in ready:
                with contextlib.suppress(OSError, WireError):  # the cable was out before; it is none of DHCP's or ARP's
                    self._take(self._frames.recv(DATAGRAM_BYTES), time.monotonic())
            elif address := added(self._news.recv(DATAGRAM_BYTES)):
                return Acquired(address, time.monotonic(), self._granted_at, self._probes)
        raise Failed("no address comes")

    def _take(self, data: bytes, now: float) -> None:
        if frame.ethertype(data) == frame.ARP:
            packet = frame.read_arp(data)
            self._probes += packet.sender == wire.NOBODY and packet.sender_mac.hex(":") == MAC
        elif wire.decode(frame.read_udp(data).data).type == table.ACK:
            self._granted_at = now

    def close(self) -> None:
        """Watch no more."""
        self._frames.close()
        self._news.close()


def frames(link: str) -> socket.socket:
    """Return a socket that hears all that goes over a link."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    made.bind((link, ETH_P_ALL))
    return made


def news() -> socket.socket:
    """Return a socket that hears of new addresses."""
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    made.bind((0, GROUP_ADDRESSES))
    return made


def added(data: bytes) -> str:
    """Return the address that the kernel tells of; "" where none was added."""
    return next((netlink.read_address(each)[1] for each in netlink.messages(data) if each.type == netlink.NEWADDR), "")


@contextlib.contextmanager
def ours(space: Namespace, folder: Path) -> "Iterator[None]":
    """Run the network helper, as the firmware does."""
    with dhcp.helper(space, folder) as helper:
        helper.dhcp()
        yield


@contextlib.contextmanager
def udhcpc(space: Namespace, folder: Path) -> "Iterator[None]":
    """Run udhcpc with its ARP ping."""
    script = folder / "script"
    script.write_text(UDHCPC_SCRIPT)
    script.chmod(0o755)
    with program(space, "udhcpc", "-f", "-a", "-i", "eth0", "-s", str(script)):
        yield


@contextlib.contextmanager
def networkd(space: Namespace, folder: Path, probing: str = "no") -> "Iterator[None]":
    """Run systemd-networkd with a /run of its own. It waits for no udev where /sys cannot be written."""
    with program(space, "unshare", "--mount", "sh", "-c", NETWORKD_SCRIPT, "networkd", probing):
        yield


@contextlib.contextmanager
def probing_networkd(space: Namespace, folder: Path) -> "Iterator[None]":
    """Run systemd-networkd so that it probes addresses."""
    with networkd(space, folder, "yes"):
        yield


@contextlib.contextmanager
def appliance(space: Namespace, folder: Path) -> "Iterator[None]":
    """Run the whole firmware."""
    with lan.box(space, folder, "network=dhcp"):
        yield


@contextlib.contextmanager
def program(space: Namespace, *words: str) -> "Iterator[None]":
    """Run a program."""
    process = space.start(*words)
    try:
        yield
    finally:
        space.stop(process)


Client = Callable[[Namespace, Path], "contextlib.AbstractContextManager[None]"]
PROBING = "networkd, probing"
CLIENTS: "tuple[tuple[str, Client], ...]" = (
    (OURS, ours),
    ("udhcpc", udhcpc),
    ("networkd", networkd),
    (PROBING, probing_networkd),
)
BLIND = "udhcpc"  # does not look at the cable: who plugs it in starts it


def measure(run: Networks) -> None:
    """Have each get an address from its start on, and from when the cable is plugged in; a round after the other."""
    with lan.lan() as cable, lan.server(cable, run.folder):
        for _ in range(run.rounds):
            for name, client in CLIENTS:
                if name == PROBING and not run.amounts.patient:
                    continue
                seconds, got = from_start(run, cable, name, client)
                run.keep("address.start", name, seconds)
                run.keep("address.probing", name, got.at - got.granted_at)
                run.keep("address.probes", name, got.probes)
                if name != BLIND:
                    run.keep("address.plug", name, from_plug(run, cable, name, client))
            run.keep("address.appliance", OURS, from_start(run, cable, OURS, appliance)[0])


def from_start(run: Networks, cable: Cable, name: str, client: Client) -> "tuple[float, Acquired]":
    """Start a client while the cable is plugged in; return the seconds from then on, and what came."""
    with watched(run, cable) as (watch, folder):
        begun = time.monotonic()
        with client(cable.printer, folder):
            got = checked(run, name, watch)
    return got.at - begun, got


def from_plug(run: Networks, cable: Cable, name: str, client: Client) -> float:
    """Plug the cable in while a client waits for that; return the seconds from then on."""
    cable.plug(False)
    with watched(run, cable) as (watch, folder), client(cable.printer, folder):
        time.sleep(READY_S)
        begun = time.monotonic()
        cable.plug(True)
        return checked(run, name, watch).at - begun


@contextlib.contextmanager
def watched(run: Networks, cable: Cable) -> "Iterator[tuple[Watch, Path]]":
    """Give what watches the cable, and an empty folder; leave the printer as it was."""
    watch = Watch(cable)
    try:
        with tempfile.TemporaryDirectory(dir=run.folder) as folder:
            yield watch, Path(folder)
    finally:
        watch.close()
        cable.printer.run("ip", "-4", "address", "flush", "dev", cable.name)


def checked(run: Networks, name: str, watch: Watch) -> Acquired:
    """Return the address that came; raise Mismatch for one that the server does not lease."""
    got = watch.acquired()
    if not IPv4Address(FIRST) <= IPv4Address(got.address) <= IPv4Address(LAST):
        raise Mismatch(f"{name} uses {got.address}")
    run.verified += 1
    return got
