"""One link of this computer: a lease, an address of its own while there is none, or one that a person set.

No I/O, no clock; runs under MicroPython too. What `feed`, `tick` and the others return: client.py.
"""

from feedpath.errors import WireError
from feedpath.host.dhcp import frame
from feedpath.host.dhcp.arp import HELD, LOST, SHORT, Claim
from feedpath.host.dhcp.client import Client
from feedpath.host.dhcp.linklocal import LinkLocal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from feedpath.host.dhcp.arp import Random
    from feedpath.host.dhcp.client import Action
    from feedpath.host.dhcp.lease import Lease

UNANSWERED = 2  # DISCOVERs before a link takes an address of its own: 12 seconds
AGAIN_S = 60.0  # after which a static address that another has is tried again


class Dynamic:
    """A link whose address comes from a server; where none answers, from the link itself, until one does."""

    def __init__(self, mac: bytes, random: "Random", host: str = "", known: "Lease | None" = None, held: bool = False):
        self.client = Client(mac, random, host, known, held)
        self.local = LinkLocal(mac, random)
        self._up = False

    @property
    def lease(self) -> "Lease | None":
        """Return what is in use."""
        return self.client.lease or self.local.lease

    @property
    def state(self) -> str:
        """Return the client's state."""
        return self.client.state

    @property
    def watched(self) -> "list[str]":
        """Return the addresses whose ARP packets it wants to hear."""
        return self.client.watched + self.local.watched

    @property
    def due(self) -> "float | None":
        """Return when `tick` has something to do; None for never."""
        return _earliest(self.client.due, self.local.due)

    def carrier(self, up: bool, now: float) -> "list[Action]":
        """Take that the cable is in or out, the access point found or lost."""
        if up == self._up:
            return []
        self._up = up
        if not up:
            return self.client.link_down(now) + self.local.stop()
        return self._settled(self.client.start(now), now)

    def tick(self, now: float) -> "list[Action]":
        """Do what is due."""
        return self._settled(self.client.tick(now) + self.local.tick(now), now)

    def feed(self, data: bytes, now: float) -> "list[Action]":
        """Take a frame of the link."""
        actions = self.client.feed(data, now)
        if self.local.runs:
            actions += _heard(self.local, data, now)
        return self._settled(actions, now)

    def stop(self, now: float) -> "list[Action]":
        """Give back what there is and end."""
        self._up = False
        return self.client.stop(now) + self.local.stop()

    def _settled(self, actions: "list[Action]", now: float) -> "list[Action]":
        """Begin with an address of the link's own, or end with it (RFC 3927, 1.9)."""
        if self.client.lease is not None:
            return actions + (self.local.stop() if self.local.runs else [])
        if self._up and self.client.unanswered >= UNANSWERED:
            self.local.start(now)
        return actions


class Static:
    """A link whose address a person set: used once nobody else has it, and defended."""

    state = "STATIC"

    def __init__(self, mac: bytes, random: "Random", wanted: "Lease"):
        self.lease: "Lease | None" = None
        self._mac = mac
        self._random = random
        self._wanted = wanted
        self._claim: "Claim | None" = None
        self._again: "float | None" = None

    @property
    def watched(self) -> "list[str]":
        """Return the addresses whose ARP packets it wants to hear."""
        return [self._claim.address] if self._claim is not None else []

    @property
    def due(self) -> "float | None":
        """Return when `tick` has something to do; None for never."""
        return _earliest(self._claim.due if self._claim is not None else None, self._again)

    def carrier(self, up: bool, now: float) -> "list[Action]":
        """Take that the cable is in or out; the address stays."""
        if not up:
            return []
        if self._claim is None:
            self._claim = Claim(self._wanted.address, self._mac, self._random, now, SHORT)
        self._claim.announce(now)
        return self.tick(now)

    def tick(self, now: float) -> "list[Action]":
        """Do what is due."""
        if self._again is not None and now >= self._again:
            self._again = None
            self._claim = Claim(self._wanted.address, self._mac, self._random, now, SHORT)
        if self._claim is None:
            return []
        actions: "list[Action]" = [("send", data) for data in self._claim.tick(now)]
        if self._claim.state == HELD and self.lease is None:
            self.lease = self._wanted
            actions.append(("apply", self.lease))
        return actions

    def feed(self, data: bytes, now: float) -> "list[Action]":
        """Take a frame of the link; an address that another computer has too is left to it (RFC 5227, 2.4)."""
        if self._claim is None or not _is_arp(data):
            return []
        actions: "list[Action]" = [("send", sent) for sent in self._claim.feed(frame.read_arp(data), now)]
        if self._claim.state == LOST:
            self._claim, self._again = None, now + AGAIN_S
            actions += self._remove()
        return actions

    def stop(self, _now: float) -> "list[Action]":
        """Take the address away and end."""
        self._claim, self._again = None, None
        return self._remove()

    def _remove(self) -> "list[Action]":
        lease, self.lease = self.lease, None
        return [("remove", lease)] if lease is not None else []


def _heard(local: LinkLocal, data: bytes, now: float) -> "list[Action]":
    return local.feed(frame.read_arp(data), now) if _is_arp(data) else []


def _is_arp(data: bytes) -> bool:
    """Return whether a frame is an ARP packet that can be read."""
    try:
        frame.read_arp(data)
    except WireError:
        return False
    return True


def _earliest(*times: "float | None") -> "float | None":
    return min([time for time in times if time is not None], default=None)
