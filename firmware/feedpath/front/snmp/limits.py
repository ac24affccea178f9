"""Who may ask how often: a bucket of tokens for each source, and one for all. Clocks are parameters."""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

from feedpath.core.computer import Computer

RATE, BURST = 500.0, 3000.0  # requests a second of one source, and at once: a walk over all is one burst
RATE_ALL, BURST_ALL = 2000.0, 6000.0
PRICE_V3 = 4  # tokens for a request of SNMPv3: it takes some thirty times as long
SOURCES_MOST = 1024  # remembered; the one that was silent longest is forgotten
NEAR_S = 5.0  # for so long it is remembered whether a source is near


class Bucket:
    """Tokens that come back with time."""

    def __init__(self, rate: float, burst: float, now: float):
        self.rate, self.burst = rate, burst
        self.tokens, self.at = burst, now

    def take(self, now: float, price: int = 1) -> bool:
        """Return whether there are so many tokens; then they are taken."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < price:
            return False
        self.tokens -= price
        return True


class Source(Bucket):
    """One who asks. near: whether it is on a network that this computer is on, as known until `near_until`."""

    near = False
    near_until = 0.0


class Sources:
    """All who ask, by their addresses."""

    def __init__(self, computer: Computer, now: float, rate: float = RATE, burst: float = BURST):
        self._computer = computer
        self._rate, self._burst = rate, burst
        self._all = Bucket(max(RATE_ALL, rate), max(BURST_ALL, burst), now)
        self._known: "OrderedDict[str, Source]" = OrderedDict()

    def look(self) -> None:
        """Raise OSError when it cannot be told who is near."""
        self._computer.links()

    def admit(self, address: str, now: float, price: int = 1) -> "Source | None":
        """Return who asks; None when this source, or all together, ask too often."""
        source = self._known.get(address)
        if source is None:
            source = self._known[address] = Source(self._rate, self._burst, now)
            if len(self._known) > SOURCES_MOST:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(address)
        if not source.take(now, price) or not self._all.take(now, price):
            return None
        if now >= source.near_until:
            source.near, source.near_until = is_near(address, self._computer), now + NEAR_S
        return source


def is_near(address: str, computer: Computer) -> bool:
    """Return whether an address is of a network that this computer is on, or of this computer."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if parsed.is_loopback:
        return True
    octets = parsed.packed
    return any(_shares(octets, held, prefix) for link in computer.links() for held, prefix in link.addresses)


def _shares(octets: bytes, held: bytes, prefix: int) -> bool:
    if len(octets) != len(held):
        return False
    shift = 8 * len(held) - prefix
    return int.from_bytes(octets, "big") >> shift == int.from_bytes(held, "big") >> shift
