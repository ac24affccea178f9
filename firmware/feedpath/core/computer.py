"""What front ends ask of the computer that the firmware runs on."""

from typing import NamedTuple, Protocol


class Link(NamedTuple):
    """A network interface. speed: bits a second, 0 when not known; counters grow only.

    type: IANAifType (1 other, 6 Ethernet, 24 loopback, 71 Wi-Fi). addresses: octets, with their prefix lengths. marks:
    what the system says of each of them: permanent, temporary, stable, tentative, duplicate, deprecated. state: how it
    works in the words of RFC 2863, as "up", "down", "lowerlayerdown"; "unknown" where `running` says all.
    """

    number: int
    name: str
    type: int = 1
    mtu: int = 0
    speed: int = 0
    mac: bytes = b""
    up: bool = True
    running: bool = True
    received: "tuple[int, int, int, int, int]" = (0, 0, 0, 0, 0)  # octets, packets, errors, dropped, multicast
    sent: "tuple[int, int, int, int]" = (0, 0, 0, 0)  # octets, packets, errors, dropped
    addresses: "tuple[tuple[bytes, int], ...]" = ()
    marks: "tuple[frozenset[str], ...]" = ()
    state: str = "unknown"
    promiscuous: bool = False


class Computer(Protocol):
    """The computer."""

    def links(self) -> "tuple[Link, ...]":
        """Return its network interfaces; the answer may be a second old."""

    def uptime(self) -> float:
        """Return the seconds since it started."""

    def memory(self) -> "tuple[int, int]":
        """Return the bytes of memory that it has, and that are in use."""

    def processes(self) -> int:
        """Return how many processes run."""

    def sessions(self) -> int:
        """Return how many sessions of users there are."""

    def forwards(self) -> bool:
        """Return whether it passes on what is for others: a router."""

    def hops(self) -> int:
        """Return how many routers what it sends may pass: the time to live of IPv4."""
