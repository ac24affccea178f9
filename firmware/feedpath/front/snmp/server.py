"""The SNMP agent's socket: datagrams in, answers out. v3 is for an engine that is given, if any."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable

from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.errors import WireError
from feedpath.front.snmp import limits, wire
from feedpath.front.snmp.agent import Access, Agent, Change
from feedpath.front.snmp.device import Alert, HrDevice
from feedpath.front.snmp.site import Facts
from feedpath.front.snmp.traps import Sinks, for_family

logger = logging.getLogger(__name__)

DATAGRAM_MOST = 4096  # octets of a request; larger ones are broken
ANSWER_MOST = 1452  # octets that one frame of Ethernet carries behind the headers of IPv6 and UDP
AT_ONCE = 32  # datagrams that are answered before others have their turn
CHANGES_MOST = 4  # changes under way; whoever asks for more asks again

Engine = Callable[[bytes, "tuple[str, int]"], None]


class Snmp:
    """The SNMP service. `port` 0 picks a free one; it is told once started.

    engine: takes datagrams of SNMPv3 with where they come from; None leaves them unanswered.
    """

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
    ):
        self.port = port
        self.engine: "Engine | None" = None
        self._listen = listen
        self._sinks = Sinks(sinks, access, self._tell)
        self.agent = Agent(facts, access, time.monotonic, self._alarm, self._stranger)
        self._sources = limits.Sources(facts.computer, time.monotonic(), rate, burst)
        self._watched: "dict[Printer, Callable[[], None]]" = {}
        self._unwatch: "Callable[[], None]" = lambda: None
        self._changes: "set[asyncio.Task[None]]" = set()
        self._buffer = bytearray(DATAGRAM_MOST)
        self._socket: "socket.socket | None" = None

    async def start(self, printers: Printers) -> None:
        """Listen; raise OSError when the port is taken or not allowed, or this computer's networks cannot be seen."""
        self._sources.look()
        self._socket = _bound(self._listen, self.port)
        self.port = self._socket.getsockname()[1]
        self._unwatch = printers.watch(self._follow)
        asyncio.get_running_loop().add_reader(self._socket, self._readable)
        self._sinks.cold_start(self.agent)

    async def stop(self) -> None:
        """Stop listening."""
        self._unwatch()
        for unwatch in self._watched.values():
            unwatch()
        self._watched.clear()
        await asyncio.gather(*self._changes, return_exceptions=True)
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

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
        asker = self._sources.admit(source[0], now)
        if asker is None or not source[1]:  # nobody listens at port 0
            self.agent.counts.silent += 1
            return
        if self.engine is not None and _is_v3(data):
            self.engine(data, source)
            return
        made = self.agent.answer(data, asker.near, ANSWER_MOST)
        if isinstance(made, Change):
            self._carry_out(made, source)
        elif made is not None:
            self._send(made, source)

    def _carry_out(self, change: Change, source: "tuple[str, int]") -> None:
        if len(self._changes) >= CHANGES_MOST:
            self.agent.counts.silent += 1
            return

        async def make() -> None:
            self._send(await change.carry_out(), source)

        task = asyncio.create_task(make(), name="snmp-set")
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)

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
