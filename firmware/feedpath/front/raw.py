"""Raw printing, usually on TCP port 9100: what a connection sends is one job. Small set: runs under MicroPython too."""

from feedpath import aio
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused

MYPY = False  # the type checker takes it for True; MicroPython has no typing
if MYPY:
    from typing import Any

FORMAT = "application/vnd.cups-raw"


class Raw:
    """The raw protocol's service, for the default printer."""

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
        printer = self._printers.default
        if printer is None:
            return
        host = str(stream.peer[0]) if isinstance(stream.peer, tuple) else ""
        try:
            job = printer.submit(Ticket(name="Raw document from " + host, host=host, format=FORMAT))
            await job.receive(stream)
            await job.finish()
        except Refused:
            pass  # the protocol has no words: the connection closes, the job says why
