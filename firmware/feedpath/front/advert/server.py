"""Keeps what is announced in step with the printers and with this computer's addresses, through zeroconf."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network

from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.front.advert import names
from feedpath.front.advert.guard import Network
from feedpath.front.advert.onlink import OnLink, full
from feedpath.front.advert.records import Reach, Service, services

logger = logging.getLogger(__name__)

LOOK_S = 5.0  # between two looks at the addresses of this computer
SETTLE_S = 0.2  # what follows within this time is announced together
PACE_S = 1.0  # a record younger than this is not replaced by what is announced anew (RFC 6762, 10.2)
PROBES, PROBE_S = 3, 0.25  # RFC 6762, 8.1
A, AAAA, SRV = 1, 28, 33  # RFC 1035, 3.2; RFC 3596, 2.1; RFC 2782


class Announced:
    """What the network knows of a printer: the name it asked for, the one it got, and its services by type."""

    def __init__(self, wanted: str, name: str):
        self.wanted = wanted
        self.name = name
        self.services: "dict[str, Service]" = {}


class Advert:
    """The front end that announces every printer, under one name for all of its services.

    `host` is the full host name in use; it is what was wanted until the network has said otherwise.
    """

    name = "advert"

    def __init__(
        self,
        host: str,
        reach: "Callable[[Printer], Reach]",
        wanted: "Callable[[Printer], str]",
        chosen: "Callable[[Printer, str], None]",
    ):
        """`wanted` gives the name to announce a printer by; `chosen` is told the one it got, which is to be kept."""
        self.host = names.host(host)
        self._wanted_host = host
        self._reach = reach
        self._wanted = wanted
        self._chosen = chosen
        self._announced: "dict[Printer, Announced]" = {}
        self._claimed: "dict[str, str]" = {}  # names that were found free, in lower case, and whose: a printer's uuid
        self._links: "dict[str, OnLink]" = {}  # by their names
        self._silent: "set[names.Link]" = set()  # links that could not be used when they were tried last
        self._anew = False  # all links are to be told everything again
        self._own: "set[str]" = set()  # all addresses and host names of ours so far: records with them are our own
        self._wake = asyncio.Event()
        self._unwatch: "list[Callable[[], None]]" = []
        self._watched: "dict[Printer, Callable[[], None]]" = {}
        self._task: "asyncio.Task[None] | None" = None

    async def start(self, printers: Printers) -> None:
        """Begin to announce; what there is follows within seconds, and again at each change."""
        self._unwatch.append(printers.watch(self._follow))
        self._task = asyncio.create_task(self._run(), name="advert")

    async def stop(self) -> None:
        """Say goodbye for everything that is announced."""
        for unwatch in [*self._unwatch, *self._watched.values()]:
            unwatch()
        self._unwatch.clear()
        self._watched.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*(self._withdraw(printer) for printer in list(self._announced)))
        for on in self._links.values():
            await on.close()
        self._links.clear()

    def look(self) -> None:
        """Look at once whether there are other addresses, and announce those if there are."""
        self._wake.set()

    def addresses_changed(self) -> None:
        """Announce everything again on the addresses of now: a cable was plugged in, a lease came."""
        self._anew = True
        self._wake.set()

    def _follow(self, printer: Printer, added: bool) -> None:
        if added:
            self._watched[printer] = printer.watch(lambda _changes: self._wake.set())
        else:
            self._watched.pop(printer)()
        self._wake.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._look()
            except OSError as error:  # an interface went while we used it
                logger.warning("cannot announce the printers for a moment: %s", error)
            except Exception:
                logger.exception("announcing the printers failed")
            await asyncio.sleep(PACE_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_S)
                await asyncio.sleep(SETTLE_S)
            self._wake.clear()

    async def _look(self) -> None:
        """Announce what has changed since the last look."""
        fresh = await self._go_to({link.name: link for link in _links_now() if names.senders([link])})
        if not self._links:
            return
        if fresh or self._is_taken(self.host):
            for known in self._announced.values():  # the answers come while the host's name is settled
                for type in known.services:
                    self._ask(full(known.name, type), SRV)
            await self._settle_host()
        for printer in [printer for printer in self._announced if printer not in self._watched]:
            await self._withdraw(printer)
        for printer in list(self._watched):
            await self._announce(printer)

    async def _go_to(self, links: "dict[str, names.Link]") -> bool:
        """Leave links that are gone or have other addresses, and go to new ones; return whether there are any."""
        left = [on for on in self._links.values() if self._anew or links.get(on.link.name) != on.link]
        self._anew = False
        for on in left:
            del self._links[on.link.name]
            await on.close()
        wanted = [link for link in links.values() if link.name not in self._links]
        if not left and not wanted:
            return False
        ours, networks = {address for link in links.values() for address in link.addresses}, _networks_now()
        self._own.update(ours)
        fresh = await self._begin(wanted)
        for on in self._links.values():
            on.be_at(ours, networks)
        return fresh

    async def _begin(self, links: "list[names.Link]") -> bool:
        """Go to links; those that cannot be used now are tried again at the next look. Return whether any can."""
        silent = set()
        for link in links:
            on = OnLink(link)
            try:
                await on.start()
                self._links[link.name] = on
            except OSError as error:
                silent.add(link)
                if link not in self._silent:
                    logger.warning("cannot announce the printers on %s for now: %s", link.name, error)
        self._silent = silent
        return len(silent) < len(links)

    def _ask(self, name: str, *types: int) -> None:
        for on in self._links.values():
            on.ask(name, *types)

    async def _settle_host(self) -> None:
        """Find a host name that is ours: zeroconf itself neither asks for it nor defends it."""
        for number in itertools.count(1):
            host = names.host(self._wanted_host, number)
            for _ in range(PROBES):
                self._ask(host + ".", A, AAAA)
                await asyncio.sleep(PROBE_S)
            if not self._is_taken(host):
                break
        if host != self.host:
            logger.warning("this computer is called %s from now on, %s is taken", host, self.host)
            for on in self._links.values():
                on.forget()
        self.host = host
        self._own.add(host + ".")

    def _is_taken(self, host: str) -> bool:
        """Return whether another computer has the host name; when both announce it, the lowest address keeps it."""
        for on in self._links.values():
            others = self._others(on, host)
            ours = on.addresses if host + "." in self._own else ()
            if others and min(others) < min(ours, default="~"):
                return True
        return False

    def _others(self, on: OnLink, host: str) -> "set[str]":
        """Return the addresses of other computers on a link that announce the host name."""
        from zeroconf import DNSAddress  # type: ignore[attr-defined]  # exported, but not in __all__

        return {str(ip_address(record.address)) for record in on.told(host + ".", DNSAddress)} - self._own

    async def _announce(self, printer: Printer) -> None:
        """Bring what the network knows of a printer up to date."""
        wanted = self._wanted(printer)
        known = self._announced.get(printer)
        if known is not None and wanted not in (known.wanted, known.name):
            await self._withdraw(printer)
            known = None
        rivals = self._rivals(known) if known is not None else []
        if known is not None and any(rival < self.host + "." for rival in rivals):
            for on in self._links.values():
                on.forget(known.name)  # a goodbye would take the name from the other one too
            del self._claimed[known.name.lower()]
            known = None
        found = services(printer, self._reach(printer), self.host)
        if known is None:
            known = self._announced[printer] = Announced(wanted, await self._claim(printer, wanted, found))
            self._chosen(printer, known.name)
            logger.info("%s is announced as %s on %s", printer.name, known.name, self.host)
        contested = bool(rivals) or any(
            self._others(on, self.host) for on in self._links.values()
        )  # said again, the other one hears that it is ours
        await self._publish(known, {service.type: service for service in found}, again=contested)

    async def _claim(self, printer: Printer, wanted: str, found: "Iterable[Service]") -> str:
        """Return the first name like `wanted` that no other printer, here or in the network, has for any type."""
        others = {other.uuid for other in self._watched if other is not printer}
        for number in itertools.count(1):
            name = names.instance(wanted, number)
            owner = self._claimed.get(name.lower())
            # A name of our own is not asked for again: what we announced a moment ago would answer.
            if owner == printer.uuid or (owner not in others and await self._is_free(name, found)):
                break
        self._claimed[name.lower()] = printer.uuid
        return name

    async def _is_free(self, name: str, found: "Iterable[Service]") -> bool:
        return all(await asyncio.gather(*(on.is_free(name, self.host, found) for on in self._links.values())))

    def _rivals(self, known: Announced) -> "list[str]":
        """Return the other computers that announce the same name. The host that sorts first keeps it.

        There are any when both asked for the name at once, or when two networks became one.
        """
        from zeroconf import DNSService  # type: ignore[attr-defined]  # exported, but not in __all__

        all = [full(known.name, type) for type in known.services]
        records = [record for on in self._links.values() for name in all for record in on.told(name, DNSService)]
        return [record.server.lower() for record in records if record.server.lower() not in self._own]

    async def _publish(self, known: Announced, found: "dict[str, Service]", again: bool = False) -> None:
        known.services = found
        await asyncio.gather(*(on.publish(known.name, self.host, found, again) for on in self._links.values()))

    async def _withdraw(self, printer: Printer) -> None:
        await self._publish(self._announced.pop(printer), {})


def _networks_now() -> "list[Network]":
    import ifaddr

    ips = [ip for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    return [ip_network("%s/%d" % (_text(ip.ip), ip.network_prefix), strict=False) for ip in ips]


def _text(ip: "str | tuple[str, int, int]") -> str:
    return ip if isinstance(ip, str) else ip[0]


def _links_now() -> "tuple[names.Link, ...]":
    import ifaddr  # zeroconf brings it

    found = []
    for adapter in ifaddr.get_adapters():
        addresses = [_text(ip.ip) for ip in adapter.ips]
        if adapter.index and addresses and adapter.name != "lo":
            found.append(names.Link(adapter.name, adapter.index, tuple(sorted(addresses))))
    return tuple(sorted(found))
