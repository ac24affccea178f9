"""Receives a job: data files and control files in any order; each data file is a job of the printer.

Where the control file comes first, a document goes to the machine while it comes in. Where it comes last, or copies
must be made of what the machine takes as it is, the document is stored first.
"""

import contextlib
import logging
from collections.abc import Callable

from feedpath import aio
from feedpath.core.job import Job
from feedpath.core.printer import Printer
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused, WireError
from feedpath.front.lpd import table, wire
from feedpath.front.lpd.peer import DataFile, Peer, StoredFile

logger = logging.getLogger(__name__)

PARTS_MOST = 2 * wire.FILES_MOST  # files in one connection
UNFINISHED = "The client did not send the job as the protocol has it."

Kind = Callable[[bytes], str]  # gives the MIME type of a document by its first bytes


class Document:
    """A data file: its name, its first bytes, its job, and whether that waits for what the control file says."""

    def __init__(self, name: str, head: bytes, job: Job, waits: bool):
        self.name = name
        self.head = head
        self.job = job
        self.waits = waits


class Reception:
    """One job of the protocol. in_hand: the document that comes in, or that copies are made of."""

    def __init__(self, peer: Peer, printer: Printer, kind: Kind):
        self.in_hand: "Job | None" = None
        self._peer = peer
        self._printer = printer
        self._kind = kind
        self._wanted: "dict[str, wire.Wanted]" = {}
        self._documents: "list[Document]" = []

    @property
    def busy(self) -> bool:
        """Return whether the client waits for us, not we for the client."""
        job = self.in_hand
        return job is not None and (job.ended or (job.spool is None and job.printed != job.received))

    async def run(self) -> None:
        """Take what comes until the client has ended; raise WireError or Refused, and then print nothing unasked."""
        self._printer.check(Ticket(format=table.RAW))
        await self._peer.answer(table.ACCEPTED)
        try:
            for _ in range(PARTS_MOST):
                line = await self._peer.line()
                if line is None:
                    return
                if not await self._take(wire.part(line)):
                    return
            raise WireError("more than %d files in one connection" % PARTS_MOST)
        except (WireError, Refused) as error:
            self._drop(str(error))
            raise
        finally:
            self._let_go()

    async def _take(self, part: wire.Part) -> bool:
        """Take one part; return whether more may come."""
        if part.code == table.ABORT_JOB:
            for document in self._documents:
                _cancel(document.job)
            await self._peer.answer(table.ACCEPTED)
            return False
        if part.code == table.CONTROL_FILE:
            await self._control(part)
        else:
            await self._data(part)
        await self._peer.answer(table.ACCEPTED)
        return True

    async def _control(self, part: wire.Part) -> None:
        if not 0 < part.octets <= wire.CONTROL_MOST:
            raise WireError("a control file of %d octets; 1 to %d are allowed" % (part.octets, wire.CONTROL_MOST))
        await self._peer.answer(table.ACCEPTED)
        wanted = wire.control(await self._peer.file(part))
        for file in wanted.values():
            if file.letter not in table.PRINT:
                known = ", ".join(table.PRINT)
                raise Refused("document-format-not-supported", f"Files are printed by {known}, not by {file.letter}.")
        self._wanted.update(wanted)
        for document in self._documents:
            if document.waits and document.name in wanted:
                await self._describe(document, wanted[document.name])

    async def _data(self, part: wire.Part) -> None:
        await self._peer.answer(table.ACCEPTED)
        file = DataFile(self._peer, part)
        await file.begin()
        if not file.head:
            return
        wanted = self._wanted.get(part.name)
        ticket = self._ticket(wanted or wire.Wanted(), file.head)
        copies = 1 if wanted is None else self._by_hand(ticket, wanted)
        ticket.hold = wanted is None or copies > 1
        job = self.in_hand = self._printer.submit(ticket)
        try:
            await job.receive(file)
            await job.finish()
            document = Document(part.name, file.head, job, ticket.hold)
            self._documents.append(document)
            if wanted is not None and document.waits:
                await self._finish(document, copies)
        finally:
            self.in_hand = None

    def _ticket(self, wanted: wire.Wanted, head: bytes) -> Ticket:
        """Return the ticket of a document that begins with `head`."""
        host = self._peer.host
        ticket = Ticket(
            name=wanted.name or wanted.source or wanted.title or "Document from " + (wanted.host or host),
            user=wanted.user or "anonymous",
            host=host,
            format=self._format(wanted.letter, head),
            document_name=wanted.source,
        )
        if wanted.copies > 1 and not self._by_hand(ticket, wanted) > 1:
            ticket.options["copies"] = wanted.copies
        return ticket

    def _format(self, letter: str, head: bytes) -> str:
        """Return what a document is printed as: what it is where the printer prints that, else by its letter."""
        row, found = table.PRINT[letter], self._kind(head)
        known = found in self._printer.capabilities.formats and found != table.ANY
        return found if known and (row.text or found != table.TEXT) else row.unmarked

    def _by_hand(self, ticket: Ticket, wanted: wire.Wanted) -> int:
        """Return how many jobs a document becomes: one where the driver makes its copies."""
        most = 1 if ticket.format == table.RAW else self._printer.device.driver.able(ticket.format).copies
        return 1 if wanted.copies <= most else wanted.copies

    async def _describe(self, document: Document, wanted: wire.Wanted) -> None:
        """Take over what the control file says of a document that was stored before it came."""
        ticket, job = self._ticket(wanted, document.head), document.job
        if not self._printer.device.driver.takes(ticket.format):
            raise Refused("document-format-not-supported", f"This printer does not take {ticket.format}.")
        job.name, job.user = ticket.name, ticket.user
        for field in ("name", "user", "format", "document_name", "options"):
            setattr(job.ticket, field, getattr(ticket, field))
        await self._finish(document, self._by_hand(ticket, wanted))

    async def _finish(self, document: Document, copies: int) -> None:
        """Print a stored document so many times."""
        self.in_hand = document.job
        try:
            await self._copy(document.job, copies - 1)
        finally:
            self.in_hand = None
        document.waits = False
        self._release(document.job)
        await document.job.recorded()

    async def _copy(self, job: Job, count: int) -> None:
        """Make further jobs of a stored document, all or none."""
        if count < 1:
            return
        made: "list[Job]" = []
        ticket = job.ticket
        file = StoredFile(await aio.offload(job.spool.descriptor))
        try:
            for _ in range(count):
                copy = self._printer.submit(
                    Ticket(ticket.name, ticket.user, ticket.host, ticket.format, document_name=ticket.document_name)
                )
                made.append(copy)
                await copy.receive(file)
                file.rewind()
            await aio.gather(*(copy.finish() for copy in made))
        except BaseException:
            for copy in made:
                copy.abort("aborted-by-system", UNFINISHED)
            raise
        finally:
            file.close()

    def _release(self, job: Job) -> None:
        with contextlib.suppress(Refused):  # a person was faster
            self._printer.release(job)

    def _drop(self, sentence: str) -> None:
        """End what waits for a control file: the client was told no."""
        for document in self._documents:
            if document.waits:
                document.waits = False
                document.job.abort("aborted-by-system", sentence)

    def _let_go(self) -> None:
        """Print what waits for a control file that does not come: the client was told that it is here."""
        for document in self._documents:
            if document.waits:
                document.waits = False
                self._release(document.job)


def _cancel(job: Job) -> None:
    if not job.over:
        job.cancel()
