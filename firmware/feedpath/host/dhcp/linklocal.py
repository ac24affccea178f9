"""An address that a computer gives itself where no server does (RFC 3927). No I/O, no clock; for MicroPython too."""

import hashlib

from feedpath.host.dhcp.arp import BY_RFC, HELD, LOST, Claim
from feedpath.host.dhcp.frame import Arp
from feedpath.host.dhcp.lease import LINK_LOCAL_PREFIX, Lease

TYPE_CHECKING = False
if TYPE_CHECKING:
    from feedpath.host.dhcp.arp import Random
    from feedpath.host.dhcp.client import Action

FIRST, COUNT = 0xA9FE0100, 0xA9FEFF00 - 0xA9FE0100  # 169.254.1.0 to 169.254.254.255: RFC 3927, 2.1
MAX_CONFLICTS, RATE_LIMIT_S = 10, 60.0  # RFC 3927, 9


class LinkLocal:
    """The link-local address of one link; `lease` once it is in use."""

    def __init__(self, mac: bytes, random: "Random"):
        self.lease: "Lease | None" = None
        self._mac = mac
        self._random = random
        self._claim: "Claim | None" = None
        self._conflicts = 0

    @property
    def runs(self) -> bool:
        """Return whether an address is in use or sought."""
        return self._claim is not None

    @property
    def watched(self) -> "list[str]":
        """Return the addresses whose ARP packets it wants to hear."""
        return [self._claim.address] if self._claim is not None else []

    @property
    def due(self) -> "float | None":
        """Return when `tick` has something to do; None for never."""
        return self._claim.due if self._claim is not None else None

    def start(self, now: float) -> None:
        """Look for an address, the same one as ever where nobody else took it (RFC 3927, 2.1)."""
        if self._claim is None:
            self._try(now)

    def stop(self) -> "list[Action]":
        """Give the address up, since there is a better one or no link."""
        self._claim = None
        return self._remove()

    def announce(self, now: float) -> None:
        """Announce the address once more."""
        if self._claim is not None:
            self._claim.announce(now)

    def tick(self, now: float) -> "list[Action]":
        """Do what is due."""
        if self._claim is None:
            return []
        actions: "list[Action]" = [("send", frame) for frame in self._claim.tick(now)]
        if self._claim.state == HELD and self.lease is None:
            self.lease = Lease(self._claim.address, LINK_LOCAL_PREFIX)
            actions.append(("apply", self.lease))
        return actions

    def feed(self, packet: Arp, now: float) -> "list[Action]":
        """Take an ARP packet of the link; another computer's claim makes us defend the address, or take another."""
        if self._claim is None:
            return []
        actions: "list[Action]" = [("send", frame) for frame in self._claim.feed(packet, now)]
        if self._claim.state == LOST:
            self._conflicts += 1
            actions += self._remove()
            self._try(now if self._conflicts < MAX_CONFLICTS else now + RATE_LIMIT_S)
        return actions

    def _remove(self) -> "list[Action]":
        lease, self.lease = self.lease, None
        return [("remove", lease)] if lease is not None else []

    def _try(self, now: float) -> None:
        self._claim = Claim(address_of(self._mac, self._conflicts), self._mac, self._random, now, BY_RFC)


def address_of(mac: bytes, attempt: int) -> str:
    """Return the address that hardware tries first, second and so on: always the same ones (RFC 3927, 2.1)."""
    digest = hashlib.sha256(mac + attempt.to_bytes(4, "big")).digest()
    number = FIRST + int.from_bytes(digest[:4], "big") % COUNT
    return "%d.%d.%d.%d" % (number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255)
