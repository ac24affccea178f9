"""An address, for how long it may be used, and what comes with it. Small set: runs under MicroPython too."""

from feedpath.errors import WireError
from feedpath.host.dhcp import table
from feedpath.host.dhcp.wire import Message, class_prefix, is_host, network, packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LEAST_LEASE_S = 5  # a shorter one would be renewed all the time
LINK_LOCAL, LINK_LOCAL_PREFIX = "169.254.0.0", 16  # RFC 3927, 1
FIELDS = ("address", "prefix", "routers", "routes", "name_servers", "domain", "search", "ntp_servers", "mtu",
          "broadcast", "server", "mac", "seconds", "renew_s", "rebind_s", "started")  # fmt: skip


class Lease:
    """An address with all that belongs to it. Times are seconds; `seconds` None is for ever.

    started: when the request was sent that brought it, by the clock of who asks. mac: the hardware that the server is
    reached by, in hex. routes: (destination, prefix, router) each.
    """

    def __init__(self, address: str, prefix: int):
        self.address = address
        self.prefix = prefix
        self.routers: "list[str]" = []
        self.routes: "list[tuple[str, int, str]]" = []
        self.name_servers: "list[str]" = []
        self.domain = ""
        self.search: "list[str]" = []
        self.ntp_servers: "list[str]" = []
        self.mtu = 0
        self.broadcast = ""
        self.server = ""
        self.mac = ""
        self.seconds: "int | None" = None
        self.renew_s = 0.0
        self.rebind_s = 0.0
        self.started = 0.0

    @property
    def ends(self) -> "float | None":
        """Return when it ends; None for never."""
        return None if self.seconds is None else self.started + self.seconds

    def lasts(self, now: float) -> bool:
        """Return whether it may still be used."""
        return self.ends is None or now < self.ends

    def record(self) -> "dict[str, Any]":
        """Return what JSON can keep of it."""
        return {name: getattr(self, name) for name in FIELDS}


def restored(record: "dict[str, Any]") -> "Lease | None":
    """Return the lease that a record keeps; None where it is no such record."""
    try:
        lease = Lease(str(record["address"]), int(record["prefix"]))
        if not is_host(lease.address) or not 1 <= lease.prefix <= 32:
            return None
        for name in FIELDS[2:]:
            value = record[name]
            if name != "seconds" and not isinstance(value, _kind(getattr(lease, name))):
                return None
            setattr(lease, name, value)
        lease.seconds = None if lease.seconds is None else int(lease.seconds)
        lease.routes = [(str(to), int(prefix), str(router)) for to, prefix, router in lease.routes]
        for one in [lease.server] + lease.routers + lease.name_servers:
            packed(one)
        bytes.fromhex(lease.mac)
    except (KeyError, TypeError, ValueError, WireError):
        return None
    return lease


def _kind(example: object) -> "tuple[type, ...]":
    return (int, float) if isinstance(example, (int, float)) else (type(example),)


def of(message: Message, mac: bytes, started: float) -> "Lease | None":
    """Return the lease that an ACK or an offer gives; None where it gives none that can be used.

    Where classless routes come, routers do not count (RFC 3442). T1 and T2 that are not in order are as if untold
    (RFC 2131, 4.4.5).
    """
    seconds, server = message.value(table.LEASE_TIME), message.value(table.SERVER)
    if not is_host(message.yiaddr) or not server or not is_host(server) or not seconds or seconds < LEAST_LEASE_S:
        return None
    lease = Lease(message.yiaddr, message.value(table.MASK) or class_prefix(message.yiaddr))
    lease.routes = message.value(table.ROUTES) or []
    lease.routers = [] if lease.routes else message.value(table.ROUTERS) or []
    lease.name_servers = message.value(table.NAME_SERVERS) or []
    lease.domain = message.value(table.DOMAIN) or ""
    lease.search = message.value(table.SEARCH) or []
    lease.ntp_servers = message.value(table.NTP_SERVERS) or []
    lease.mtu = message.value(table.MTU) or 0
    lease.broadcast = message.value(table.BROADCAST) or ""
    lease.server, lease.mac = server, mac.hex()
    lease.started = started
    if seconds != table.FOREVER:
        lease.seconds = seconds
        renew, rebind = message.value(table.RENEWAL_TIME), message.value(table.REBINDING_TIME)
        rebind = rebind if rebind and rebind < seconds else seconds * 0.875
        lease.renew_s = float(renew if renew and renew < rebind else min(seconds * 0.5, rebind * 0.57))
        lease.rebind_s = float(rebind)
    return lease


def default_routes(lease: Lease) -> "list[tuple[str, int, str]]":
    """Return all routes of a lease but that of its own network, as (destination, prefix, router)."""
    return lease.routes or [("0.0.0.0", 0, router) for router in lease.routers[:1]]


def is_link_local(address: str) -> bool:
    """Return whether an address is one that a computer gave itself (RFC 3927)."""
    return network(address, LINK_LOCAL_PREFIX) == LINK_LOCAL
