"""Who may ask, and how often: a bucket of tokens for each source, and one for all. Clocks are parameters."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_network

from feedpath.core.addresses import address
from feedpath.core.bucket import Bucket
from feedpath.core.computer import Computer

RATE, BURST = 500.0, 3000.0  # requests a second of one source, and at once: a walk over all is one burst
RATE_ALL, BURST_ALL = 2000.0, 6000.0
PRICE_V3 = 4  # tokens for a request of SNMPv3: it takes some thirty times as long
SOURCES_MOST = 1024  # remembered; the one that was silent longest is forgotten
NEAR_S = 5.0  # for so long it is remembered whether a source is near


class Source(Bucket):
    """One who asks. near: whether it is on a network that this computer is on, or that may ask by the settings;
    shut_out: whether others may ask only. Both are known until `known_until`.
    """

    near = shut_out = False
    known_until = 0.0


class Sources:
    """All who ask, by their addresses. networks: gives those that alone may ask; none where all may."""

    def __init__(
        self,
        computer: Computer,
        now: float,
        rate: float = RATE,
        burst: float = BURST,
        networks: "Callable[[], Iterable[str]]" = lambda: (),
    ):
        self._computer = computer
        self._networks = networks
        self._rate, self._burst = rate, burst
        self._all = Bucket(max(RATE_ALL, rate), max(BURST_ALL, burst), now)
        self._known: "OrderedDict[str, Source]" = OrderedDict()

    def look(self) -> None:
        """Raise OSError when it cannot be told who is near."""
        self._computer.links()

    def admit(self, address: str, now: float, price: int = 1, expected: bool = False) -> "Source | None":
        """Return who asks; None when this source, or all together, ask too often, or when it may not ask at all.

        expected: whether something is waited for from there, which may come from anywhere.
        """
        source = self._known.get(address)
        if source is None:
            source = self._known[address] = Source(self._rate, self._burst, now)
            if len(self._known) > SOURCES_MOST:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(address)
        if not source.take(now, price) or not self._all.take(now, price):
            return None
        if now >= source.known_until:
            self._judge(source, address)
            source.known_until = now + NEAR_S
        return None if source.shut_out and not expected else source

    def _judge(self, source: Source, address: str) -> None:
        networks = tuple(self._networks())
        source.near = is_within(address, networks) if networks else is_near(address, self._computer)
        source.shut_out = bool(networks) and not source.near


def is_within(text: str, networks: "Iterable[str]") -> bool:
    """Return whether an address is of one of these networks, or of this computer; nobody is of what is no network."""
    asker = address(text)
    return asker is not None and (asker.is_loopback or any(_has(network, asker) for network in networks))


def _has(network: str, asker: "IPv4Address | IPv6Address") -> bool:
    try:
        return asker in ip_network(network, strict=False)
    except ValueError:
        return False


def is_near(text: str, computer: Computer) -> bool:
    """Return whether an address is of a network that this computer is on, or of this computer."""
    asker = address(text)
    if asker is None or asker.is_loopback:
        return asker is not None
    octets = asker.packed
    return any(_shares(octets, held, prefix) for link in computer.links() for held, prefix in link.addresses)


def _shares(octets: bytes, held: bytes, prefix: int) -> bool:
    if len(octets) != len(held):
        return False
    shift = 8 * len(held) - prefix
    return int.from_bytes(octets, "big") >> shift == int.from_bytes(held, "big") >> shift
