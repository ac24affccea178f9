"""The computer that this is, as Linux tells it: its memory, its network interfaces and their addresses."""

import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from feedpath.core.computer import Link

FRESH_S = 1.0  # for so long the interfaces are not looked at again
ETHERNET, LOOPBACK, WIFI, OTHER = 6, 24, 71, 1  # IANAifType
ARPHRD = {1: ETHERNET, 772: LOOPBACK}  # linux/if_arp.h
IFF_UP, IFF_RUNNING, IFF_PROMISC = 0x1, 0x40, 0x100  # linux/if.h
MEGABIT, KIB = 1_000_000, 1024
NETLINK_ROUTE, RTM_NEWADDR, RTM_GETADDR, NLMSG_DONE, NLMSG_ERROR = 0, 20, 22, 3, 2  # linux/netlink.h, rtnetlink.h
REQUEST_DUMP = 0x301  # NLM_F_REQUEST and NLM_F_DUMP
HEADER, IFADDRMSG, ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BBBBI"), struct.Struct("=HH")
IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS = 1, 2, 8  # linux/if_addr.h; the local one where a point-to-point link has both
MARKS = (  # IFA_F_... of linux/if_addr.h
    (0x01, "temporary"), (0x08, "duplicate"), (0x20, "deprecated"), (0x40, "tentative"), (0x80, "permanent"),
    (0x800, "stable"),
)  # fmt: skip
DEFAULT_HOPS = 64
ANSWER_BYTES = 65536


class LinuxComputer:
    """This computer by /proc, /sys and rtnetlink."""

    def __init__(self, root: Path = Path("/"), clock: "Callable[[], float]" = time.monotonic):
        self._proc, self._net, self._run = root / "proc", root / "sys/class/net", root / "run"
        self._clock = clock
        self._links: "tuple[Link, ...]" = ()
        self._looked: "float | None" = None

    def links(self) -> "tuple[Link, ...]":
        """Return the network interfaces, at most FRESH_S old."""
        now = self._clock()
        if self._looked is None or now - self._looked > FRESH_S:
            self._links, self._looked = tuple(self._look()), now
        return self._links

    def uptime(self) -> float:
        """Return the seconds since the computer started."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def memory(self) -> "tuple[int, int]":
        """Return the bytes of memory, and those that programs could not have."""
        lines = (self._proc / "meminfo").read_text().splitlines()
        kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        return kib["MemTotal"] * KIB, (kib["MemTotal"] - kib["MemAvailable"]) * KIB

    def processes(self) -> int:
        """Return how many processes run."""
        return sum(1 for entry in self._proc.iterdir() if entry.name.isdecimal())

    def sessions(self) -> int:
        """Return how many sessions systemd-logind knows, 0 where there is none of it."""
        folder = self._run / "systemd/sessions"
        return sum(1 for entry in folder.iterdir() if "." not in entry.name) if folder.is_dir() else 0

    def forwards(self) -> bool:
        """Return whether the kernel passes on what is for others."""
        return _number(self._proc / "sys/net/ipv4/ip_forward", 0) == 1

    def hops(self) -> int:
        """Return the time to live of what is sent."""
        return _number(self._proc / "sys/net/ipv4/ip_default_ttl", DEFAULT_HOPS)

    def _look(self) -> "Iterator[Link]":
        counters = _counters((self._proc / "net/dev").read_text())
        held = addresses()
        for name, (received, sent) in sorted(counters.items()):
            folder = self._net / name
            index = _number(folder / "ifindex", 0)
            if not index:  # it went since
                continue
            flags, state = _number(folder / "flags", 0), _text(folder / "operstate")
            type = WIFI if (folder / "wireless").exists() else ARPHRD.get(_number(folder / "type", 0), OTHER)
            yield Link(
                index,
                name,
                type,
                _number(folder / "mtu", 0),
                max(0, _number(folder / "speed", 0)) * MEGABIT,
                _mac(folder) if type != LOOPBACK else b"",
                bool(flags & IFF_UP),
                bool(flags & IFF_RUNNING) or state in ("up", "unknown"),
                received,
                sent,
                tuple((address, prefix) for address, prefix, _ in held.get(index, ())),
                tuple(marks for _, _, marks in held.get(index, ())),
                state,
                bool(flags & IFF_PROMISC),
            )


def addresses() -> "dict[int, list[tuple[bytes, int, frozenset[str]]]]":
    """Return the addresses of all interfaces, their prefix lengths and marks, by the interface's index."""
    found: "dict[int, list[tuple[bytes, int, frozenset[str]]]]" = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as kernel:
        body = IFADDRMSG.pack(0, 0, 0, 0, 0)
        kernel.send(HEADER.pack(HEADER.size + len(body), RTM_GETADDR, REQUEST_DUMP, 1, 0) + body)
        while True:
            for kind, content in _messages(kernel.recv(ANSWER_BYTES)):
                if kind in (NLMSG_DONE, NLMSG_ERROR):
                    return found
                if kind == RTM_NEWADDR:
                    _, prefix, short, _, index = IFADDRMSG.unpack_from(content)
                    held = dict(_attributes(content[IFADDRMSG.size :]))
                    address = held.get(IFA_LOCAL) or held.get(IFA_ADDRESS)
                    flags = int.from_bytes(held.get(IFA_FLAGS, bytes((short,))), sys.byteorder)
                    if address:
                        marks = frozenset(word for bit, word in MARKS if flags & bit)
                        found.setdefault(index, []).append((address, prefix, marks))


def _messages(data: bytes) -> "Iterator[tuple[int, bytes]]":
    at = 0
    while at + HEADER.size <= len(data):
        length, kind, _, _, _ = HEADER.unpack_from(data, at)
        if length < HEADER.size:
            return
        yield kind, data[at + HEADER.size : at + length]
        at += length + 3 & ~3


def _attributes(data: bytes) -> "Iterator[tuple[int, bytes]]":
    at = 0
    while at + ATTRIBUTE.size <= len(data):
        length, kind = ATTRIBUTE.unpack_from(data, at)
        if length < ATTRIBUTE.size:
            return
        yield kind, data[at + ATTRIBUTE.size : at + length]
        at += length + 3 & ~3


def _counters(text: str) -> "dict[str, tuple[tuple[int, int, int, int, int], tuple[int, int, int, int]]]":
    """Return what each interface has received and sent; proc(5), /proc/net/dev."""
    found = {}
    for line in text.splitlines()[2:]:
        name, _, rest = line.partition(":")
        counts = [int(word) for word in rest.split()]
        received = (counts[0], counts[1], counts[2], counts[3], counts[7])
        found[name.strip()] = received, (counts[8], counts[9], counts[10], counts[11])
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:  # such an interface has none
        return ""


def _number(path: Path, otherwise: int) -> int:
    text = _text(path)
    try:
        return int(text, 0)
    except ValueError:
        return otherwise


def _mac(folder: Path) -> bytes:
    try:
        return bytes.fromhex(_text(folder / "address").replace(":", ""))
    except ValueError:
        return b""
