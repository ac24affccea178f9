"""This computer's place in the network, and when it changes."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

ELSEWHERE = (  # addresses that nobody has: RFC 5737, RFC 3849
    (socket.AF_INET, "192.0.2.1"),
    (socket.AF_INET6, "2001:db8::1"),
)
ANY_PORT = 9


def addresses() -> "list[str]":
    """Return the addresses by which this computer reaches others now, at most one of each family. Sends nothing."""
    found = []
    for family, elsewhere in ELSEWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((elsewhere, ANY_PORT))
                found.append(str(probe.getsockname()[0]))
        except OSError:  # no such network
            continue
    return found


GROUPS = 0x1 | 0x10 | 0x100  # rtnetlink(7): RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
NEW_LINK, LINK_RUNS = 16, 0x40  # RTM_NEWLINK; netdevice(7): IFF_RUNNING, the cable is plugged in
HEADER, LINK = struct.Struct("=IHHII"), struct.Struct("=BxHiII")  # netlink(7): nlmsghdr; rtnetlink(7): ifinfomsg
DATAGRAM_BYTES = 65536


class Changes:
    """Tells of what the kernel says of addresses and cables, on the loop.

    `changed` is called when there may be other addresses, `plugged` when a cable or a wireless network has come.
    """

    def __init__(self, changed: "Callable[[], None]", plugged: "Callable[[], None]"):
        self._changed = changed
        self._plugged = plugged
        self._running: "dict[int, bool]" = {}  # by an interface's number
        self._socket: "socket.socket | None" = None

    def start(self) -> None:
        """Begin to listen; raise OSError where the kernel has no such messages."""
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self._socket.bind((0, GROUPS))
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._hear)

    def stop(self) -> None:
        """Listen no more."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _hear(self) -> None:
        assert self._socket is not None
        came = False
        with contextlib.suppress(OSError):  # none is left, or some were lost: then too, something has changed
            for _ in range(64):
                came = self.take(self._socket.recv(DATAGRAM_BYTES)) or came
        (self._plugged if came else self._changed)()

    def take(self, messages: bytes) -> bool:
        """Return whether a link runs by these messages that did not before."""
        came = False
        while len(messages) >= HEADER.size:
            length, kind, *_ = HEADER.unpack_from(messages)
            if kind == NEW_LINK and length >= HEADER.size + LINK.size <= len(messages):
                _, _, number, flags, _ = LINK.unpack_from(messages, HEADER.size)
                runs = bool(flags & LINK_RUNS)
                came = came or (runs and not self._running.get(number, False))
                self._running[number] = runs
            messages = messages[max(HEADER.size, length + 3 & ~3) :]
        return came
