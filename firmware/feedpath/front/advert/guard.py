"""Stands between the network and zeroconf, which would parse and keep whatever anyone says.

It hears what concerns this computer: questions for our names and types, answers that tell of our names. All else, and
what RFC 6762 wants ignored, ends here; so does what a source says too often.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from feedpath.core.bucket import Bucket
from feedpath.errors import WireError
from feedpath.front.advert import wire
from feedpath.front.advert.listener import is_direct

if TYPE_CHECKING:
    from zeroconf import Zeroconf

Network = IPv4Network | IPv6Network

PORT = 5353
MESSAGE_BYTES = 8972  # RFC 6762, 17: a packet of 9000 with its headers
RATE, BURST = 50.0, 100.0  # messages a second that concern us, and at once, of one source: who resolves all asks 30
RATE_ALL, BURST_ALL = 200.0, 400.0
SOURCES_MOST = 256  # remembered; the one that was silent longest is forgotten
HEARD_BYTES = 64 * 1024  # of answers, after which zeroconf's cache is looked through
RECORDS_MOST = 500  # of our names in it: no network has so many
ENUMERATION = "_services"  # the question for all types (RFC 6763, 9)


class Source(Bucket):
    """One who asks. near: whether it is on a link of ours."""

    def __init__(self, near: bool, now: float):
        super().__init__(RATE, BURST, now)
        self.near = near


class Guard:
    """Decides for all sockets what zeroconf hears."""

    def __init__(self, clock: "Callable[[], float]" = time.monotonic):
        self._clock = clock
        self._names: "set[str]" = set()  # first labels of our names
        self._types: "set[str]" = {ENUMERATION}
        self._named: "tuple[bytes, ...]" = ()  # as they stand in messages, in lower case
        self._asked: "tuple[bytes, ...]" = ()
        self._own: "frozenset[str]" = frozenset()
        self._all = Bucket(RATE_ALL, BURST_ALL, clock())
        self._networks: "tuple[Network, ...]" = ()
        self._sources: "OrderedDict[str, Source]" = OrderedDict()
        self._heard = 0  # bytes of answers since the cache was looked through
        self._zeroconf: "Zeroconf | None" = None

    def stand(self, zeroconf: "Zeroconf") -> None:
        """Take the place before each of zeroconf's sockets; again after it has made others."""
        self._zeroconf = zeroconf
        for reader in zeroconf.engine.readers:
            protocol = reader.transport.get_protocol()
            if not isinstance(protocol, Guarded):
                direct = is_direct(reader.transport.get_extra_info("socket"))
                reader.transport.set_protocol(Guarded(self, protocol, direct))

    def listen_for(self, name: str) -> None:
        """Let zeroconf hear what is said of a full name, and asked for its service type if it has one."""
        label, _, rest = name.partition(".")
        type = rest.partition(".")[0]
        if label in self._names and (type in self._types or not type.startswith("_")):
            return
        self._names.add(label)
        if type.startswith("_"):
            self._types.add(type)
        self._named = tuple(map(_written, self._names))
        self._asked = (*self._named, *map(_written, self._types))

    def be_at(self, addresses: "Iterable[str]", networks: "Iterable[Network]") -> None:
        """Tell the addresses and networks of our own: what these addresses answer is taken without a limit."""
        self._own, self._networks = frozenset(addresses), tuple(networks)
        self._sources.clear()

    def admit(self, data: bytes, source: str, port: int, direct: bool = False) -> bool:
        """Return whether zeroconf is to hear a message. direct: it came by unicast.

        What comes by multicast is of this link, even from an address of another network; what comes by unicast from
        other networks is neither believed nor answered (RFC 6762, 5.5 and 11).
        """
        if not wire.HEADER.size <= len(data) <= MESSAGE_BYTES:
            return False
        response = bool(data[2] & 0x80)
        if response and port != PORT:  # RFC 6762, 6
            return False
        said = data.lower()
        if not any(label in said for label in (self._named if response else self._asked)):
            return False
        if not (response and source in self._own) and not self._in_time(source, direct):
            return False
        try:
            wire.parse(data)
        except WireError:
            return False
        self._make_room(len(data) if response else 0)
        return True

    def _in_time(self, source: str, direct: bool) -> bool:
        """Return whether a source may talk: it is near, if need be, and neither it nor all together talk too often."""
        now = self._clock()
        known = self._sources.get(source)
        if known is None:
            known = self._sources[source] = Source(is_near(source, self._networks), now)
            if len(self._sources) > SOURCES_MOST:
                self._sources.popitem(last=False)
        else:
            self._sources.move_to_end(source)
        return (known.near or not direct) and known.take(now) and self._all.take(now)

    def _make_room(self, size: int) -> None:
        """Keep what zeroconf remembers small, before it hears a response of `size` bytes, or a query."""
        if self._zeroconf is None:
            return
        self._zeroconf.question_history.clear()  # only who asks for others' services needs it
        self._heard += size
        if self._heard > HEARD_BYTES:
            self._heard = 0
            forget(self._zeroconf, self._names)


def forget(zeroconf: "Zeroconf", labels: "set[str]") -> None:
    """Forget what the network told of names that do not begin with these labels; all where too much is left."""
    cache, ours = zeroconf.cache, tuple(label.lower() + "." for label in labels)
    records = [record for name in list(cache.cache) for record in cache.async_entries_with_name(name)]
    strange = [record for record in records if not _is_of(record, ours)]
    cache.async_remove_records(records if len(records) - len(strange) > RECORDS_MOST else strange)


def _is_of(record: "Any", ours: "tuple[str, ...]") -> bool:
    return bool(record.key.startswith(ours) or getattr(record, "alias", "").lower().startswith(ours))


def is_near(address: str, networks: "Iterable[Network]") -> bool:
    """Return whether an address is on a link with one of the networks, or of this computer."""
    parsed = ip_address(address)
    return parsed.is_link_local or parsed.is_loopback or any(parsed in network for network in networks)


def _written(label: str) -> bytes:
    """Return a label as it stands in messages: no pointer ever splits it (RFC 1035, 4.1.4)."""
    octets = label.encode()
    return bytes([len(octets)]) + octets.lower()


class Guarded(asyncio.DatagramProtocol):
    """One of zeroconf's listeners, that hears what the guard admits."""

    def __init__(self, guard: Guard, listener: "Any", direct: bool):
        self._guard = guard
        self._listener = listener
        self._direct = direct  # it has an address of its own, so that all comes by unicast

    def datagram_received(self, data: bytes, address: "tuple[Any, ...]") -> None:
        """Pass on a message that is to be heard."""
        if self._guard.admit(data, plain(address[0]), address[1], self._direct):
            self._listener.datagram_received(data, address)

    def error_received(self, error: Exception) -> None:
        """Pass on that a socket is not usable."""
        self._listener.error_received(error)

    def connection_lost(self, error: "Exception | None") -> None:
        """Pass on that a socket is closed."""
        self._listener.connection_lost(error)


def plain(address: str) -> str:
    """Return an address without its zone; an IPv4 address as such, where a socket of IPv6 gives it."""
    return address.partition("%")[0].removeprefix("::ffff:")
