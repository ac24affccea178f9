"""The SNMP agent's socket: datagrams in, answers out. Those of v3 are for an engine, loaded when there is a user."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from feedpath import aio
from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.errors import WireError
from feedpath.front.snmp import limits, wire
from feedpath.front.snmp.agent import Access, Agent, Change
from feedpath.front.snmp.device import Alert, HrDevice
from feedpath.front.snmp.outbox import Outbox, Timer
from feedpath.front.snmp.site import Facts, Secure
from feedpath.front.snmp.traps import Sinks, for_family, plain
from feedpath.front.snmp.users import SETTING

if TYPE_CHECKING:
    from feedpath.front.snmp.engine import Engine

logger = logging.getLogger(__name__)

DATAGRAM_MOST = 4096  # octets of a request; larger ones are broken
ANSWER_MOST = 1452  # octets that one frame of Ethernet carries behind the headers of IPv6 and UDP
AT_ONCE = 32  # datagrams that are answered before others have their turn
CHANGES_MOST = 4  # changes under way; whoever asks for more asks again

NOBODY = Secure(lambda: (), b"", lambda: 0)


class Snmp:
    """The SNMP service. `port` 0 picks a free one; it is told once started. engine: of SNMPv3, None without a user."""

    name = "snmp"

    def __init__(
        self,
        listen: str,
        port: int,
        facts: Facts,
        access: "Callable[[], Access]",
        sinks: "Callable[[], tuple[str, ...]]" = lambda: (),
        rate: float = limits.RATE,
        burst: float = limits.BURST,
        secure: Secure = NOBODY,
        networks: "Callable[[], tuple[str, ...]]" = lambda: (),
    ):
        self.port = port
        self.engine: "Engine | None" = None
        self._secure = secure
        self._loaded: "Engine | None" = None  # stays when the last user goes
        self._loading = asyncio.Lock()
        self._listen = listen
        self._outbox = Outbox(_later)
        self._sinks = Sinks(sinks, access, self._tell, self._outbox, lambda: self.engine)
        self.agent = Agent(facts, access, time.monotonic, self._alarm, self._stranger)
        self._sources = limits.Sources(facts.computer, time.monotonic(), rate, burst, networks)
        self._watched: "dict[Printer, Callable[[], None]]" = {}
        self._unwatch: "Callable[[], None]" = lambda: None
        self._tasks: "set[asyncio.Task[None]]" = set()
        self._under_way = 0  # changes
        self._buffer = bytearray(DATAGRAM_MOST)
        self._socket: "socket.socket | None" = None

    async def start(self, printers: Printers) -> None:
        """Listen; raise OSError when the port is taken or not allowed, or this computer's networks cannot be seen."""
        self._sources.look()
        self._socket = _bound(self._listen, self.port)
        self.port = self._socket.getsockname()[1]
        self._unwatch = printers.watch(self._follow)
        asyncio.get_running_loop().add_reader(self._socket, self._readable)
        self._take_up(self._begin())

    async def stop(self) -> None:
        """Stop listening."""
        self._unwatch()
        for unwatch in self._watched.values():
            unwatch()
        self._watched.clear()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._outbox.close()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def settings_changed(self, names: "frozenset[str]") -> None:
        """Take in new settings."""
        if SETTING in names:
            self._take_up(self.users_changed())

    def _take_up(self, work: "Coroutine[Any, Any, None]") -> None:
        """Let something be done on the side; `stop` waits for it."""
        task = asyncio.create_task(work, name="snmp")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _begin(self) -> None:
        """Say that the agent has started, once it can be said to all."""
        await self.users_changed()
        self._sinks.cold_start(self.agent)

    async def users_changed(self) -> None:
        """Take over who may ask by SNMPv3 now; the first one brings the engine."""
        async with self._loading:
            try:
                if self._loaded is None and self._secure.users():
                    self._loaded = await aio.offload(self._load)
                users = self._secure.users()
                if self._loaded is not None:
                    self._loaded.follow(users)
                self.engine = self._loaded if users else None
            except Exception:
                self.engine = None
                logger.exception("SNMPv3 is not answered")
            self.agent.secure(self.engine)

    def _load(self) -> "Engine":
        from feedpath.front.snmp.engine import Engine  # of pysnmp, which takes its time and memory

        boots = self._secure.boots()
        return Engine(
            self._secure.engine,
            boots,
            self.agent,
            time.monotonic,
            self._tell,
            self._carry_out,
            ANSWER_MOST,
            self._outbox.expects,
            self._stranger,
        )

    def _follow(self, printer: Printer, added: bool) -> None:
        if not added:
            self._watched.pop(printer)()
            self.agent.remove(printer)
            return
        device = self.agent.add(printer)
        self._watched[printer] = printer.watch(lambda news: self.agent.changed(device, news))

    def _readable(self) -> None:
        assert self._socket is not None
        for _ in range(AT_ONCE):
            try:
                count, source = self._socket.recvfrom_into(self._buffer)
            except BlockingIOError:
                return
            except OSError as error:  # an answer of before could not be delivered
                logger.debug("SNMP: %s", error)
                continue
            try:
                self._receive(bytes(memoryview(self._buffer)[:count]), source)
            except Exception:
                logger.exception("answering an SNMP request failed")

    def _receive(self, data: bytes, source: "tuple[str, int]") -> None:
        now = time.monotonic()
        secure = self.engine is not None and _is_v3(data)
        price, expected = limits.PRICE_V3 if secure else 1, self._outbox.expects(plain(source))
        asker = self._sources.admit(source[0], now, price, expected)
        if asker is None or not source[1]:  # nobody listens at port 0
            self.agent.counts.silent += 1
            return
        if secure:
            assert self.engine is not None
            self.engine.receive(data, plain(source))
            return
        if self._sinks.confirmed(data, plain(source)):
            return
        made = self.agent.answer(data, asker.near, ANSWER_MOST)
        if isinstance(made, Change):
            self._carry_out(made, lambda answer: self._send(answer, source))
        elif made is not None:
            self._send(made, source)

    def _carry_out(self, change: Change, respond: "Callable[[bytes], None]") -> None:
        if self._under_way >= CHANGES_MOST:
            self.agent.counts.silent += 1
            return

        async def make() -> None:
            try:
                respond(await change.carry_out())
            finally:
                self._under_way -= 1

        self._under_way += 1
        self._take_up(make())

    def _send(self, data: bytes, target: "tuple[str, int]") -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(data, target)
        except OSError as error:  # the way there is gone, or the socket full: whoever asked asks again
            logger.debug("SNMP to %s: %s", target[0], error)

    def _tell(self, data: bytes, target: "tuple[str, int]") -> None:
        if self._socket is not None:
            self._send(data, for_family(target, self._socket.family))

    def _alarm(self, device: HrDevice, alert: Alert) -> None:
        self._sinks.alert(self.agent, device, alert)

    def _stranger(self) -> None:
        self._sinks.stranger(self.agent)


def _later(seconds: float, call: "Callable[[], None]") -> Timer:
    return asyncio.get_running_loop().call_later(seconds, call)


def _is_v3(data: bytes) -> bool:
    try:
        return wire.version(data) == wire.V3
    except WireError:
        return False  # the agent counts it


def _bound(listen: str, port: int) -> socket.socket:
    """Return a socket that hears IPv4 and IPv6, or the one address that is given; raise OSError."""
    family = socket.AF_INET if "." in listen and ":" not in listen else socket.AF_INET6
    try:
        made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    except OSError:
        if listen:
            raise
        family = socket.AF_INET  # a kernel without IPv6
        made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        made.bind((listen, port))
    except OSError:
        made.close()
        raise
    return made
