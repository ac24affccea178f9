"""Raw printing, usually on TCP port 9100: what a connection sends is one job. Small set: runs under MicroPython too."""

from feedpath import aio
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused

MYPY = False  # the type checker takes it for True; MicroPython has no typing
if MYPY:
    from typing import Any

FORMAT = "application/vnd.cups-raw"
FIRST_BYTES = 512  # read before there is a job: whoever connects and sends nothing prints nothing
IDLE_MS = 90000  # a client that is silent for so long has ended its job; some never close the connection


class Raw:
    """The raw protocol's service, for the default printer. `port` 0 picks a free one; it is told once started."""

    name = "raw"

    def __init__(self, host: str, port: int):
        self._host = host
        self.port = port
        self._printers: "Any" = None
        self._server: "Any" = None

    async def start(self, printers: "Any") -> None:
        """Listen; raise OSError when the port is taken."""
        self._printers = printers
        self._server = await aio.serve_tcp(self._serve, self._host, self.port)
        self.port = self._server.port

    async def stop(self) -> None:
        """Stop listening; jobs that still come in are aborted."""
        await self._server.close()

    async def _serve(self, stream: "Any") -> None:
        first = memoryview(bytearray(FIRST_BYTES))
        count = await stream.readinto(first)
        printer = self._printers.default
        if not count or printer is None:
            return
        host = str(stream.peer[0])
        watch = None
        try:
            job = printer.submit(Ticket(name="Raw document from " + host, host=host, format=FORMAT))
            watch = aio.create_task(hang_up_when_silent(job, stream))
            view = await job.space()
            view[:count] = first[:count]
            job.filled(count)
            await job.receive(stream)
            await job.finish()
        except Refused:
            pass  # the protocol has no words: the connection closes, the job says why
        finally:
            if watch is not None:
                watch.cancel()


async def hang_up_when_silent(job: "Any", stream: "Any") -> None:
    """End the stream when nothing has come for IDLE_MS while the machine would have taken more."""
    received = -1
    while received != job.received or job.printed != job.received:
        received = job.received
        await aio.sleep_ms(IDLE_MS)
    stream.hang_up()
