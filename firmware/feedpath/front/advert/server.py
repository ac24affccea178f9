"""Keeps what is announced in step with the printers and with this computer's addresses, through zeroconf."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.front.advert import names
from feedpath.front.advert.guard import Guard, Network
from feedpath.front.advert.records import Reach, Service, services

if TYPE_CHECKING:
    from zeroconf import ServiceInfo, Zeroconf
    from zeroconf.asyncio import AsyncZeroconf

logger = logging.getLogger(__name__)

LOOK_S = 5.0  # between two looks at the addresses of this computer
SETTLE_S = 0.2  # what follows within this time is announced together
PACE_S = 1.0  # a record younger than this is not replaced by what is announced anew (RFC 6762, 10.2)
PROBES, PROBE_S = 3, 0.25  # RFC 6762, 8.1
A, AAAA, SRV, CLASS_IN, UNICAST_REPLY, QUERY = 1, 28, 33, 1, 0x8000, 0  # RFC 1035, 3.2; RFC 6762, 5.4


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
        self._links: "tuple[names.Link, ...]" = ()
        self._moved = False  # our addresses are others than those announced
        self._own: "set[str]" = set()  # all addresses and host names of ours so far: records with them are our own
        self._wake = asyncio.Event()
        self._unwatch: "list[Callable[[], None]]" = []
        self._watched: "dict[Printer, Callable[[], None]]" = {}
        self._task: "asyncio.Task[None] | None" = None
        self._zeroconf: "AsyncZeroconf | None" = None
        self._guard = Guard()

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
        if self._zeroconf is not None:
            await asyncio.gather(*(self._withdraw(printer) for printer in list(self._announced)))
            await self._zeroconf.async_close()
            self._zeroconf = None
        self._links = ()

    def look(self) -> None:
        """Look at once whether there are other addresses, and announce those if there are."""
        self._wake.set()

    def addresses_changed(self) -> None:
        """Announce everything again on the addresses of now: a cable was plugged in, a lease came."""
        self._links = ()
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
        links = _links_now()
        if links != self._links:
            self._links = links
            self._moved = True
        if not names.senders(links):
            return
        if self._moved or self._is_taken(self.host):
            self._moved = True
            await self._move()
        for printer in [printer for printer in self._announced if printer not in self._watched]:
            await self._withdraw(printer)
        for printer in list(self._watched):
            await self._announce(printer)
        self._moved = False

    async def _move(self) -> None:
        """Go over to the addresses of now, and ask there whether others have our names."""
        from zeroconf.asyncio import AsyncZeroconf

        ours = {address for link in self._links for address in link.addresses}
        self._own.update(ours)
        self._guard.be_at(ours, _networks_now())
        interfaces = names.senders(self._links)
        if self._zeroconf is None:
            self._zeroconf = AsyncZeroconf(interfaces)
            await self._responder.async_wait_for_start()
        else:
            # It would announce the addresses of before once more, and clients would keep those: what is announced anew
            # replaces only what is older than a second (RFC 6762, 10.2).
            for known in self._announced.values():
                self._forget(known)
            await self._responder.async_update_interfaces(interfaces)
        self._guard.stand(self._responder)
        for known in self._announced.values():
            for type in known.services:
                self._ask(_full(known.name, type), SRV)
        await self._settle_host()  # the answers come meanwhile

    @property
    def _responder(self) -> "Zeroconf":
        assert self._zeroconf is not None
        return self._zeroconf.zeroconf

    def _forget(self, known: Announced) -> None:
        """Let zeroconf forget the services without a goodbye."""
        for service in known.services.values():
            self._responder.registry.async_remove(self._all(known, service))

    def _ask(self, name: str, *types: int) -> None:
        """Multicast a question whose answers come into zeroconf's cache."""
        from zeroconf import DNSOutgoing, DNSQuestion  # type: ignore[attr-defined]  # exported, but not in __all__

        self._guard.listen_for(name)
        query = DNSOutgoing(QUERY)
        for type in types:
            query.add_question(DNSQuestion(name, type, CLASS_IN | UNICAST_REPLY))
        self._responder.async_send(query)

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
        self.host = host
        self._own.add(host + ".")

    def _is_taken(self, host: str) -> bool:
        """Return whether another computer has the host name; when both announce it, the lowest address keeps it."""
        others = self._others(host)
        ours = names.published(self._links) if host + "." in self._own else ()
        return bool(others) and min(others) < min(ours, default="~")

    def _others(self, host: str) -> "set[str]":
        """Return the addresses of other computers that announce the host name."""
        from zeroconf import DNSAddress  # type: ignore[attr-defined]  # exported, but not in __all__

        addresses = {str(ip_address(record.address)) for record in self._cached(host + ".", DNSAddress)}
        return addresses - self._own

    async def _announce(self, printer: Printer) -> None:
        """Bring what the network knows of a printer up to date."""
        wanted = self._wanted(printer)
        known = self._announced.get(printer)
        if known is not None and wanted not in (known.wanted, known.name):
            await self._withdraw(printer)
            known = None
        rivals = self._rivals(known) if known is not None else []
        if known is not None and any(rival < self.host + "." for rival in rivals):
            self._forget(known)  # a goodbye would take the name from the other one too
            del self._claimed[known.name.lower()]
            known = None
        found = services(printer, self._reach(printer), self.host)
        if known is None:
            known = self._announced[printer] = Announced(wanted, await self._claim(printer, wanted, found))
            self._chosen(printer, known.name)
            logger.info("%s is announced as %s on %s", printer.name, known.name, self.host)
        contested = bool(rivals or self._others(self.host))  # said again, the other one hears that it is ours
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
        from zeroconf import NonUniqueNameException

        check = self._responder.async_check_service
        for service in found:
            self._guard.listen_for(_full(name, service.type))
        try:
            await asyncio.gather(*(check(self._info(name, service), allow_name_change=False) for service in found))
        except NonUniqueNameException:
            return False
        return True

    def _rivals(self, known: Announced) -> "list[str]":
        """Return the other computers that announce the same name. The host that sorts first keeps it.

        There are any when both asked for the name at once, or when two networks became one.
        """
        from zeroconf import DNSService  # type: ignore[attr-defined]  # exported, but not in __all__

        records = [record for type in known.services for record in self._cached(_full(known.name, type), DNSService)]
        return [record.server.lower() for record in records if record.server.lower() not in self._own]

    def _cached(self, name: str, kind: "type[Any]") -> "list[Any]":
        """Return the records of a kind that the network has told of a name and that still hold."""
        from zeroconf import current_time_millis

        now = current_time_millis()
        records = self._responder.cache.async_entries_with_name(name)
        return [record for record in records if isinstance(record, kind) and not record.is_expired(now)]

    async def _publish(self, known: Announced, found: "dict[str, Service]", again: bool = False) -> None:
        """Register, update and withdraw services until they are those of `found`; announce unchanged ones `again`."""
        ended = [
            old for type, old in known.services.items() if type not in found or found[type].subtypes != old.subtypes
        ]
        for service in ended:
            del known.services[service.type]
        infos = [info for service in ended for info in self._all(known, service)]
        await asyncio.gather(*[await self._responder.async_unregister_service(info) for info in infos])
        under_way = []
        for type, service in found.items():
            self._guard.listen_for(_full(known.name, type))
            before = known.services.get(type)
            known.services[type] = service
            if before is None or self._moved:
                for info in self._all(known, service):
                    under_way.append(await self._responder.async_register_service(info, cooperating_responders=True))
            elif again or before != service:
                under_way += [await self._responder.async_update_service(info) for info in self._all(known, service)]
        await asyncio.gather(*under_way)

    async def _withdraw(self, printer: Printer) -> None:
        await self._publish(self._announced.pop(printer), {})

    def _all(self, known: Announced, service: Service) -> "list[ServiceInfo]":
        return [self._info(known.name, service, subtype) for subtype in ("", *service.subtypes)]

    def _info(self, name: str, service: Service, subtype: str = "") -> "ServiceInfo":
        from zeroconf import ServiceInfo

        type = service.type + ".local."
        info = ServiceInfo(
            "%s._sub.%s" % (subtype, type) if subtype else type,
            _full(name, service.type),
            port=service.port,
            properties=service.txt,
            server=self.host + ".",
            parsed_addresses=list(names.published(self._links)),
        )
        if subtype:  # zeroconf knows no subtypes, and keeps one service by this key
            info.key += "#" + subtype
        return info


def _full(name: str, type: str) -> str:
    return "%s.%s.local." % (name, type)


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
