"""The line printer daemon: a connection is one command, and a job with all of its files. RFC 1179."""

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from feedpath import aio
from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.errors import Refused, WireError
from feedpath.front.lpd import peer, queue, table, wire
from feedpath.front.lpd.peer import Peer
from feedpath.front.lpd.receive import Kind, Reception

logger = logging.getLogger(__name__)

CONNECTIONS_MOST, COMPUTER_MOST = 100, 50  # at a time, of all and of one: none shuts the others out
COMMAND_MS = 10000  # until the first line, which is all that most connections are for
ANY_QUEUE = ("", "lp")  # what clients call a queue whose name nobody told them
ROOT = "root"


class Lpd:
    """The service for all printers, by their names. `port` 0 picks a free one; it is told once started.

    kind: gives the MIME type of a document by its first bytes. administers: whether all of a computer's root may remove
    any job. shows: whether everyone reads whose jobs are and what they are called.
    """

    name = "lpd"

    def __init__(
        self,
        host: str,
        port: int,
        kind: Kind,
        administers: "Callable[[str], bool]" = lambda host: False,
        shows: "Callable[[], bool]" = lambda: False,
    ):
        self.port = port
        self._host = host
        self._kind = kind
        self._administers = administers
        self._shows = shows
        self._printers = Printers()
        self._server: "Any" = None
        self._open = Counter[str]()  # connections, by their computers

    async def start(self, printers: Printers) -> None:
        """Listen; raise OSError when the port is taken."""
        self._printers = printers
        self._server = await aio.serve_tcp(self._serve, self._host, self.port)
        self.port = self._server.port

    async def stop(self) -> None:
        """Stop listening; jobs that still come in are aborted."""
        await self._server.close()

    async def _serve(self, stream: "aio.Stream") -> None:
        client = Peer(stream)
        try:
            with self._place(client.host):
                await self._command(client)
        except (WireError, Refused) as error:
            logger.info("LPD refuses %s: %s", client.host, error)
            await client.refuse()

    @contextlib.contextmanager
    def _place(self, host: str) -> "Iterator[None]":
        """Count a connection while it is served; raise Refused when there are too many."""
        if self._open.total() >= CONNECTIONS_MOST or self._open[host] >= COMPUTER_MOST:
            raise Refused("busy")
        self._open[host] += 1
        try:
            yield
        finally:
            self._open -= Counter((host,))

    async def _command(self, client: Peer) -> None:
        line = await _first_line(client)
        if line is None:
            return
        asked = wire.command(line)
        printer = self._printer(asked.queue)
        if asked.code == table.RECEIVE_JOB:
            await self._receive(client, printer)
        else:
            await client.answer(self._answer(client.host, printer, asked))

    async def _receive(self, client: Peer, printer: Printer) -> None:
        reception = Reception(client, printer, self._kind)
        watch = aio.create_task(_hang_up_when_silent(client, reception))
        try:
            await reception.run()
        finally:
            watch.cancel()

    def _printer(self, name: str) -> Printer:
        """Return the printer that a queue's name means; raise Refused when there is none."""
        for printer in self._printers:
            if printer.name.lower() == name.lower():
                return printer
        default = self._printers.default
        if default is None or not (len(self._printers) == 1 or name in ANY_QUEUE):
            raise Refused("not-found", f"There is no queue {name!r}.")
        return default

    def _answer(self, host: str, printer: Printer, asked: wire.Command) -> bytes:
        """Return the answer to a question, or to a command that is done at once."""
        if asked.code == table.PRINT_WAITING:  # jobs never wait for that
            return table.ACCEPTED
        if asked.code == table.REMOVE_JOBS:
            self._remove(host, printer, asked.operands)
            return table.ACCEPTED
        return queue.words(
            printer,
            asked.operands,
            lambda job: self._shows() or job.ticket.host == host,
            asked.code == table.LONG_STATE,
        ).encode()

    def _remove(self, host: str, printer: Printer, operands: "tuple[str, ...]") -> None:
        """Remove jobs; raise Refused when any of them is another's, or there is none."""
        agent, *listed = operands or ("",)
        jobs = queue.meant(printer, agent, listed)
        administers = agent == ROOT and self._administers(host)
        if not jobs:
            raise Refused("not-found")
        if not administers and queue.allowed(jobs, agent, host) != jobs:
            raise Refused("not-authorized")
        for job in jobs:
            with contextlib.suppress(Refused):  # it has ended, or is ending
                printer.cancel(job, "job-canceled-by-operator" if administers else "job-canceled-by-user")


async def _first_line(client: Peer) -> "bytes | None":
    """Return a client's command; None when it goes without, or leaves us waiting."""
    try:
        line: "bytes | None" = await aio.wait_for_ms(client.line(), COMMAND_MS)
    except aio.TimeoutError:
        return None
    return line


async def _hang_up_when_silent(client: Peer, reception: Reception) -> None:
    """End the connection when nothing has come for IDLE_MS while we wait for the client."""
    count = -1
    while count != client.count or reception.busy:
        count = client.count
        await aio.sleep_ms(peer.IDLE_MS)
    client.hang_up()
