"""The kernel's side of a network: its links, their addresses and routes, and sockets for bare frames."""

import contextlib
import ctypes
import errno
import os
import socket
import struct
from collections.abc import Callable, Iterator

from feedpath.host.dhcp import bpf, netlink
from feedpath.host.dhcp.lease import Lease, default_routes
from feedpath.host.dhcp.netlink import Link, Message
from feedpath.host.dhcp.table import CLIENT_PORT
from feedpath.host.dhcp.wire import network

SO_ATTACH_FILTER = 26  # asm-generic/socket.h
ETH_P_ALL = 0x0003  # linux/if_ether.h
ANSWER_S = 5.0  # the kernel answers at once
LARGEST = 65536
GONE = (errno.ENODEV, errno.ESRCH, errno.EADDRNOTAVAIL)  # what is to be removed is not there


class Kernel:
    """Asks the kernel and waits for its answer; `events` becomes readable when links change."""

    def __init__(self) -> None:
        self._asking = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._asking.settimeout(ANSWER_S)
        self.events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self.events.setblocking(False)
        self.events.bind((0, netlink.GROUP_LINK | netlink.GROUP_ND_USEROPT))
        self._sequence = 0

    def close(self) -> None:
        """Close both sockets."""
        self._asking.close()
        self.events.close()

    def links(self) -> "list[Link]":
        """Return all links."""
        told = self._ask(netlink.get_links)
        return [netlink.read_link(message) for message in told if message.type == netlink.NEWLINK]

    def addresses(self) -> "list[tuple[int, str, int]]":
        """Return (link, address, prefix) of all IPv4 addresses."""
        told = self._ask(netlink.get_addresses)
        return [netlink.read_address(message) for message in told if message.type == netlink.NEWADDR]

    def news(self) -> "Iterator[Message]":
        """Give what the kernel told of links meanwhile; raise OSError (ENOBUFS) when some of it was lost."""
        while True:
            try:
                data = self.events.recv(LARGEST)
            except BlockingIOError:
                return
            yield from netlink.messages(data)

    def switch_on(self, link: Link) -> None:
        """Switch a link on; raise OSError."""
        self._ask(lambda sequence: netlink.switch_on(link.number, sequence))

    def set_mtu(self, link: Link, mtu: int) -> None:
        """Set how long a link's packets may be; raise OSError."""
        self._ask(lambda sequence: netlink.set_mtu(link.number, mtu, sequence))

    def apply(self, link: Link, lease: Lease, now: float, metric: int) -> None:
        """Give a link an address, for as long as it lasts, and its routes; raise OSError."""
        seconds = None if lease.ends is None else max(1, int(lease.ends - now))
        self._ask(
            lambda sequence: netlink.add_address(
                link.number, lease.address, lease.prefix, lease.broadcast, seconds, metric, sequence
            )
        )
        for where in default_routes(lease):
            self._route(True, link, where, lease, metric)

    def remove(self, link: Link, lease: Lease, metric: int) -> None:
        """Take an address and its routes from a link; what is not there is not missed. Raise OSError."""
        self.remove_routes(link, lease, metric)
        with _gone():
            self._ask(lambda sequence: netlink.remove_address(link.number, lease.address, lease.prefix, sequence))

    def remove_routes(self, link: Link, lease: Lease, metric: int) -> None:
        """Take a lease's routes from a link; raise OSError."""
        for where in default_routes(lease):
            with _gone():
                self._route(False, link, where, lease, metric)

    def _route(self, add: bool, link: Link, where: "tuple[str, int, str]", lease: Lease, metric: int) -> None:
        if where[:2] == (network(lease.address, lease.prefix), lease.prefix):
            return  # the kernel has made that one with the address
        self._ask(lambda sequence: netlink.route(add, link.number, where, lease.address, metric, sequence))

    def _ask(self, request: "Callable[[int], bytes]") -> "list[Message]":
        """Send a request and return what comes before its end; raise OSError with the kernel's number."""
        self._sequence += 1
        self._asking.send(request(self._sequence))
        told: "list[Message]" = []
        while True:
            for message in netlink.messages(self._asking.recv(LARGEST)):
                if message.sequence != self._sequence:
                    continue  # the end of a request that was given up
                if message.type == netlink.ERROR and netlink.error(message):
                    number = netlink.error(message)
                    raise OSError(number, os.strerror(number))
                if message.type in (netlink.ERROR, netlink.DONE):
                    return told
                told.append(message)


@contextlib.contextmanager
def _gone() -> "Iterator[None]":
    try:
        yield
    except OSError as error:
        if error.errno not in GONE:
            raise


def packet_socket(link: Link) -> socket.socket:
    """Return a socket for bare frames of a link that hears nothing yet; raise OSError."""
    frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, 0)
    try:
        attach(frames, bpf.nothing())
        frames.bind((link.name, ETH_P_ALL))
    except OSError:
        frames.close()
        raise
    return frames


def silent_socket() -> socket.socket:
    """Return what holds the client's port and reads nothing, so that the kernel refuses no server's answer."""
    held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        attach(held, bpf.nothing())
        held.bind(("", CLIENT_PORT))
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRINUSE:
            error.strerror = "another DHCP client runs; end it, or set network to system"
        raise
    return held


def attach(taker: socket.socket, program: bytes) -> None:
    """Have the kernel pass a socket only what a filter lets through."""
    memory = ctypes.create_string_buffer(program, len(program))
    taker.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(program) // 8, ctypes.addressof(memory))
    )
