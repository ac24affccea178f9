"""What is announced on one link, by a zeroconf of its own: it is told this link's addresses only (RFC 6762, 6.2)."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from feedpath.front.advert import listener, names
from feedpath.front.advert.guard import Guard, Network
from feedpath.front.advert.records import Service

if TYPE_CHECKING:
    from zeroconf import ServiceInfo, Zeroconf
    from zeroconf.asyncio import AsyncZeroconf

CLASS_IN, UNICAST_REPLY, QUERY = 1, 0x8000, 0  # RFC 1035, 3.2; RFC 6762, 5.4


class OnLink:
    """The printers on one link: what the network knows of them there, and what it says itself.

    addresses: those of ours that the link is told.
    """

    def __init__(self, link: names.Link):
        self.link = link
        self.addresses = names.published([link])
        self._guard = Guard()
        self._services: "dict[str, dict[str, Service]]" = {}  # by the printers' names and by types
        self._zeroconf: "AsyncZeroconf | None" = None

    async def start(self) -> None:
        """Begin to listen; raise OSError where the link went meanwhile."""
        from zeroconf import NotRunningException
        from zeroconf.asyncio import AsyncZeroconf

        try:
            self._zeroconf = AsyncZeroconf(names.senders([self.link]))
            await self._responder.async_wait_for_start()
        except (RuntimeError, NotRunningException) as error:
            raise OSError("no multicast: %s" % error) from error
        finally:
            if self._zeroconf is not None and not self._responder.started:
                await self.close()
        for reader in self._responder.engine.readers:
            made = reader.transport.get_extra_info("socket")
            listener.stay_on(made, self.link.name)
            if not listener.is_direct(made):
                listener.hear_multicast_only(made)
        self._guard.stand(self._responder)

    async def close(self) -> None:
        """Be silent from now on. No goodbye: who is to hear one is told before."""
        if self._zeroconf is not None:
            self.forget()
            await self._zeroconf.async_close()
            self._zeroconf = None

    def be_at(self, addresses: "Iterable[str]", networks: "Iterable[Network]") -> None:
        """Tell all addresses and networks of this computer."""
        self._guard.be_at(addresses, networks)

    @property
    def _responder(self) -> "Zeroconf":
        assert self._zeroconf is not None
        return self._zeroconf.zeroconf

    def forget(self, *names: str) -> None:
        """Announce no longer what has these names, or anything, without a goodbye."""
        for name in names or list(self._services):
            self._services.pop(name, None)
        held = [info for info in self._responder.registry.async_get_service_infos() if not self._is_held(info)]
        self._responder.registry.async_remove(held)

    def _is_held(self, info: "ServiceInfo") -> bool:
        return any(info.name == full(name, type) for name, held in self._services.items() for type in held)

    def ask(self, name: str, *types: int) -> None:
        """Multicast a question whose answers `told` returns later."""
        from zeroconf import DNSOutgoing, DNSQuestion  # type: ignore[attr-defined]  # exported, but not in __all__

        self._guard.listen_for(name)
        query = DNSOutgoing(QUERY)
        for type in types:
            query.add_question(DNSQuestion(name, type, CLASS_IN | UNICAST_REPLY))
        self._responder.async_send(query)

    def told(self, name: str, kind: "type[Any]") -> "list[Any]":
        """Return the records of a kind that the network has told of a name and that still hold."""
        from zeroconf import current_time_millis

        now = current_time_millis()
        records = self._responder.cache.async_entries_with_name(name)
        return [record for record in records if isinstance(record, kind) and not record.is_expired(now)]

    async def is_free(self, name: str, host: str, found: "Iterable[Service]") -> bool:
        """Return whether nobody has the name for one of the services (RFC 6762, 8.1)."""
        from zeroconf import NonUniqueNameException

        check = self._responder.async_check_service
        for service in found:
            self._guard.listen_for(full(name, service.type))
        try:
            infos = [self._info(name, host, service) for service in found]
            await asyncio.gather(*(check(info, allow_name_change=False) for info in infos))
        except NonUniqueNameException:
            return False
        return True

    async def publish(self, name: str, host: str, found: "dict[str, Service]", again: bool = False) -> None:
        """Register, update and withdraw until a name has the services of `found`; announce unchanged ones `again`."""
        held = self._services.setdefault(name, {})
        ended = [old for type, old in held.items() if type not in found or found[type].subtypes != old.subtypes]
        for service in ended:
            del held[service.type]
        infos = [info for service in ended for info in self._all(name, host, service)]
        await asyncio.gather(*[await self._responder.async_unregister_service(info) for info in infos])
        under_way = []
        for type, service in found.items():
            self._guard.listen_for(full(name, type))
            before = held.get(type)
            held[type] = service
            for info in self._all(name, host, service):
                if before is None:
                    under_way.append(await self._responder.async_register_service(info, cooperating_responders=True))
                elif again or before != service:
                    under_way.append(await self._responder.async_update_service(info))
        if not held:
            del self._services[name]
        await asyncio.gather(*under_way)

    def _all(self, name: str, host: str, service: Service) -> "list[ServiceInfo]":
        return [self._info(name, host, service, subtype) for subtype in ("", *service.subtypes)]

    def _info(self, name: str, host: str, service: Service, subtype: str = "") -> "ServiceInfo":
        from zeroconf import ServiceInfo

        type = service.type + ".local."
        info = ServiceInfo(
            "%s._sub.%s" % (subtype, type) if subtype else type,
            full(name, service.type),
            port=service.port,
            properties=service.txt,
            server=host + ".",
            parsed_addresses=list(self.addresses),
        )
        if subtype:  # zeroconf knows no subtypes, and keeps one service by this key
            info.key += "#" + subtype
        return info


def full(name: str, type: str) -> str:
    """Return the full name of a service."""
    return "%s.%s.local." % (name, type)
