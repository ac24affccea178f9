"""An IPv4 address that is probed, announced and defended (RFC 5227). No I/O, no clock; runs under MicroPython too."""

from feedpath.host.dhcp.frame import ASK, NO_MAC, Arp, arp
from feedpath.host.dhcp.wire import NOBODY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Random(Protocol):
        """What is asked of random numbers: the module `random` of either Python."""

        def random(self) -> float:
            """Return 0 or more, less than 1."""

        def getrandbits(self, __k: int) -> int:
            """Return a number of so many bits."""


ANNOUNCE_NUM, ANNOUNCE_INTERVAL_S, DEFEND_INTERVAL_S = 2, 2.0, 10.0  # RFC 5227, 1.1
PROBING, HELD, LOST = "probing", "held", "lost"


class Times:
    """A wait of up to `wait_s`, then `probes`, `least_s` to `most_s` apart, and `silence_s` in the end."""

    def __init__(self, wait_s: float, probes: int, least_s: float, most_s: float, silence_s: float):
        self.wait_s = wait_s
        self.probes = probes
        self.least_s = least_s
        self.most_s = most_s
        self.silence_s = silence_s


BY_RFC = Times(1.0, 3, 1.0, 2.0, 2.0)  # RFC 5227, 1.1
# On Ethernet and Wi-Fi others answer within milliseconds; section 2.2 allows shorter times there. An address that a
# server gave is in nobody else's use but for a mistake, so that a second of asking is enough.
SHORT = Times(0.0, 3, 0.2, 0.4, 0.4)


class Claim:
    """An address that we want or have: PROBING, then HELD or LOST. `due` is when `tick` has something to do."""

    def __init__(self, address: str, mac: bytes, random: "Random", now: float, times: "Times" = SHORT):
        self.address = address
        self.state = PROBING
        self.due: "float | None" = now + times.wait_s * random.random()
        self._mac = mac
        self._random = random
        self._times = times
        self._sent = 0  # probes, then announcements
        self._defended: "float | None" = None  # when it was last defended

    def tick(self, now: float) -> "list[bytes]":
        """Return the frames to send now."""
        if self.due is None or now < self.due:
            return []
        if self.state == PROBING and self._sent < self._times.probes:
            return [self._probe(now)]
        if self.state == PROBING:
            self.state, self._sent = HELD, 0
        self._sent += 1
        self.due = now + ANNOUNCE_INTERVAL_S if self._sent < ANNOUNCE_NUM else None
        return [self._announcement()]

    def announce(self, now: float) -> None:
        """Announce an address that is held once more, as after the cable was out (RFC 5227, 2.3)."""
        if self.state == HELD:
            self._sent, self.due = 0, now

    def feed(self, packet: Arp, now: float) -> "list[bytes]":
        """Take an ARP packet of the link; return the frames that defend the address. Afterwards it may be LOST."""
        if packet.sender_mac == self._mac or self.state == LOST:
            return []
        theirs = packet.sender == self.address
        if self.state == PROBING:
            wanted = packet.sender == NOBODY and packet.target == self.address and packet.operation == ASK
            if theirs or wanted:  # section 2.1.1
                self._lose()
            return []
        if not theirs:
            return []
        if self._defended is not None and now - self._defended < DEFEND_INTERVAL_S:  # section 2.4 (b)
            self._lose()
            return []
        self._defended = now
        return [self._announcement()]

    def _lose(self) -> None:
        self.state, self.due = LOST, None

    def _probe(self, now: float) -> bytes:
        self._sent += 1
        times = self._times
        apart = times.least_s + (times.most_s - times.least_s) * self._random.random()
        self.due = now + (apart if self._sent < times.probes else times.silence_s)
        return arp(Arp(ASK, self._mac, NOBODY, NO_MAC, self.address))

    def _announcement(self) -> bytes:
        return arp(Arp(ASK, self._mac, self.address, NO_MAC, self.address))


def held_already(address: str, mac: bytes, random: "Random") -> Claim:
    """Return the claim of an address that the link has had for a while."""
    claim = Claim(address, mac, random, 0.0)
    claim.state, claim.due = HELD, None
    return claim
