"""The HTTP server: listening, the crowd of its connections, and the sweep that keeps them in time."""

import logging
import ssl
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from feedpath import aio
from feedpath.front.http.connection import Connection
from feedpath.front.http.deadlines import Crowd, Limits
from feedpath.front.http.routes import Route, Routes

if TYPE_CHECKING:
    from asyncio import Task

logger = logging.getLogger(__name__)

SWEEP_S = 1.0


class HttpServer:
    """HTTP/1.1, in clear text and in TLS on the same ports.

    `tls` may be set at any time; until then, what asks for TLS is refused. `failures` counts requests that ended in a
    fault of ours. `clock` tells seconds and never goes back.
    """

    def __init__(
        self,
        routes: Iterable[Route] = (),
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.routes = Routes(routes)
        self.tls = tls
        self.failures = 0
        self._clock = clock
        self._crowd = Crowd(limits or Limits())
        self._shelf: list[memoryview] = []
        self._listeners: list[aio.Server] = []
        self._sweeper: Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen on one more port (0: a free one) and return it; raise OSError when it is taken."""
        listener = await aio.serve_tcp(self._serve, host, port)
        listener.exhausted = self._make_room
        self._listeners.append(listener)
        if self._sweeper is None:
            self._sweeper = aio.create_task(self._sweep_each_second())
        chosen: int = listener.port
        return chosen

    async def stop(self) -> None:
        """Stop listening and end all connections."""
        for listener in self._listeners:
            await listener.close()
        self._listeners.clear()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await aio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None

    def sweep(self) -> None:
        """Drop the connections that have kept us waiting too long; the server does this each second itself."""
        self._crowd.sweep(self._clock())

    async def _serve(self, stream: aio.Stream) -> None:
        task = aio.current_task()
        assert task is not None
        watch = self._crowd.admit(stream.peer[0], task.cancel)
        if watch is None:
            logger.info("no room for a connection from %s", stream.peer)
            return
        try:
            await Connection(self, stream, watch, self._shelf).serve()
        finally:
            self._crowd.leave(watch)

    def _make_room(self) -> None:
        self._crowd.drop_idle()

    async def _sweep_each_second(self) -> None:
        while True:
            await aio.sleep(SWEEP_S)
            self.sweep()
