"""Asks servers for the time, again and again, and puts it in effect."""

import asyncio
import logging
import secrets
import socket
import time
from collections.abc import Callable, Sequence

from feedpath import aio
from feedpath.errors import WireError
from feedpath.host.sntp import wire

logger = logging.getLogger(__name__)

PORT = 123
PATIENCE_S = 5.0
FIRST_S, SOONEST_S, LATEST_S = 2.0, 64.0, 3600.0  # RFC 4330, 10: never more often than each 15 s, less when it fails
PACKET_BYTES = 512
NEAR = 1767225600.0  # 2026-01-01: what a clock is taken for that stands before it, to tell the era


def ask(server: str, port: int = PORT, now: "Callable[[], float]" = time.time) -> float:
    """Return by how many seconds our clock is behind a server's; raise OSError or WireError. Waits: use a thread."""
    family, kind, protocol, _, address = socket.getaddrinfo(server, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as asking:
        asking.settimeout(PATIENCE_S)
        asking.connect(address)  # answers of others do not come through
        cookie = secrets.randbits(64) or 1
        asked, began = now(), time.monotonic()
        asking.send(wire.question(cookie))
        told = wire.reply(asking.recv(PACKET_BYTES), cookie)
        answered = asked + time.monotonic() - began
    return wire.offset(told, asked, answered, max(asked, NEAR))


class Sntp:
    """Keeps the clock right by the first server that answers.

    servers: gives their names or addresses, the first one first. wanted: whether it is for us to ask: the system has no
    one else who does. correct: takes the seconds by which the clock is behind.
    """

    name = "sntp"

    def __init__(
        self,
        servers: "Callable[[], Sequence[str]]",
        wanted: "Callable[[], bool]",
        correct: "Callable[[float], None]",
        port: int = PORT,
    ):
        self._servers = servers
        self._wanted = wanted
        self._correct = correct
        self._port = port
        self._changed = asyncio.Event()
        self._task: "asyncio.Task[None] | None" = None

    def start(self) -> None:
        """Begin to ask."""
        self._task = asyncio.create_task(self._run(), name="sntp")

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def servers_changed(self) -> None:
        """Ask at once: there are other servers."""
        self._changed.set()

    async def _run(self) -> None:
        pause = FIRST_S
        while True:
            self._changed.clear()
            pause = LATEST_S if await self._asked() else min(max(2 * pause, SOONEST_S), LATEST_S)
            try:
                await asyncio.wait_for(self._changed.wait(), pause)
                pause = FIRST_S
            except TimeoutError:
                continue

    async def _asked(self) -> bool:
        """Ask the servers in their order until one answers; return whether one did."""
        servers = self._servers()
        if not servers or not await aio.offload(self._wanted):
            return False
        for server in servers:
            try:
                behind: float = await aio.offload(ask, server, self._port)
            except (OSError, WireError) as error:
                logger.info("no time from %s: %s", server, error)
                continue
            self._correct(behind)
            return True
        return False
