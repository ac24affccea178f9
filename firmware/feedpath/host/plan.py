"""What the network helper is told to do, and the leases that it keeps over restarts."""

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from feedpath import files
from feedpath.errors import WireError
from feedpath.host.dhcp import lease
from feedpath.host.dhcp.lease import Lease
from feedpath.host.dhcp.netlink import Link
from feedpath.host.dhcp.wire import is_host, packed

USUAL = ("eth", "en", "wl", "usb")  # how links begin that lead out of a computer, as udev and the kernel name them


class Plan(NamedTuple):
    """How links get their addresses. confirm_s: how soon a plan must be confirmed; 0: it stays.

    mode: dhcp, or static: then one link has `address`, and all others ask servers. interfaces: the links, that one
    first; none for all that lead out, of which the first one has the address. host: the name that servers are told.
    """

    mode: str = "dhcp"
    interfaces: "tuple[str, ...]" = ()
    host: str = ""
    address: str = ""  # with its prefix, as 192.168.1.5/24
    router: str = ""
    name_servers: "tuple[str, ...]" = ()
    confirm_s: float = 0.0

    def covers(self, link: Link) -> bool:
        """Return whether a link is one of the plan's."""
        if not link.ethernet or len(link.mac) != 6 or link.gone:
            return False
        return link.name in self.interfaces if self.interfaces else link.name.startswith(USUAL)

    def sets(self, link: Link) -> bool:
        """Return whether a link may have the plan's address, where none has it yet."""
        return self.mode == "static" and (not self.interfaces or link.name == self.interfaces[0])

    def lease(self) -> Lease:
        """Return what a static plan gives a link; raise WireError or ValueError."""
        address, _, prefix = self.address.partition("/")
        wanted = Lease(address, int(prefix))
        if not is_host(address) or not 1 <= wanted.prefix <= 32:
            raise ValueError(f"{self.address} is no address of a host with the length of its network's mask")
        wanted.routers = [self.router] if self.router else []
        wanted.name_servers = list(self.name_servers)
        for one in wanted.routers:
            packed(one)
        return wanted


def plan_of(told: "dict[str, Any]") -> Plan:
    """Return the plan that a line tells; raise ValueError that says what is wrong."""
    fields = {name: told[name] for name in Plan._fields if name in told}
    for name in ("interfaces", "name_servers"):
        fields[name] = tuple(str(one) for one in fields.get(name, ()))
    plan = Plan(**fields)
    if plan.mode not in ("dhcp", "static"):
        raise ValueError(f"the mode is {plan.mode!r}; it must be dhcp or static")
    try:
        if plan.mode == "static":
            plan.lease()
    except WireError as error:
        raise ValueError(error.message) from error
    return plan


def clock() -> float:
    """Return seconds since this computer was started, those asleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Leases:
    """The leases of before, by link, in a folder."""

    def __init__(self, folder: Path):
        self._folder = folder

    def load(self, link: Link) -> "Lease | None":
        """Return the lease that a link had, by the clock of now; None for none."""
        try:
            record = json.loads(self._path(link.name).read_text())
            known = lease.restored(record["lease"]) if record["mac"] == link.mac.hex() else None
            if known is not None:
                # A clock that was set back, as one without battery is, makes no lease longer than it was.
                known.started = clock() - max(0.0, time.time() - float(record["started"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return known

    def store(self, link: Link, known: "Lease | None") -> None:
        """Keep a lease, durably, or forget it; raise OSError."""
        if known is None:
            self._path(link.name).unlink(missing_ok=True)
            return
        started = time.time() - (clock() - known.started)
        record = {"mac": link.mac.hex(), "started": started, "lease": known.record()}
        files.replace(self._path(link.name), json.dumps(record))

    def _path(self, name: str) -> Path:
        return self._folder / f"lease-{name}.json"
