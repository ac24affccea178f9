"""Receives a job: data files and control files in any order; each data file is a job of the printer.

A document goes to the machine while it comes in, in either order. Where the control file comes last, it names a job
that may print already, and a copy of the document is kept until then, for the copies that it may ask for. Two kinds of
documents wait for it, as nothing would be won: text, which letters print in different ways, and what the driver must
have whole. What has begun is printed as its first bytes say; a letter that comes later changes that no more.

A job whose control file never comes: CUPS' cups-lpd drops it. Here each data file was acknowledged, and so it prints,
by nobody's name. When the control file is refused, what has not printed yet ends.

A document for which there is no room prints all the same, as on the raw port; copies that are told later are refused
then. Copies that are told first, and do not fit, are refused before any of them prints.
"""

import contextlib
from collections.abc import Callable

from feedpath.core.job import CANCELED, Job
from feedpath.core.printer import Printer
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused, WireError
from feedpath.front.lpd import table, wire
from feedpath.front.lpd.copies import Options, copied
from feedpath.front.lpd.peer import DataFile, Peer

PARTS_MOST = 2 * wire.FILES_MOST  # files in one connection

Kind = Callable[[bytes], str]  # gives the MIME type of a document by its first bytes


class Document:
    """A data file: its name, its first bytes, its job.

    waits: whether it is held until a control file describes it. described: whether one has.
    """

    def __init__(self, name: str, head: bytes, job: Job):
        self.name = name
        self.head = head
        self.job = job
        self.waits = job.ticket.hold
        self.described = False


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
            for document in self._documents:
                self._let_go(document)

    async def _take(self, part: wire.Part) -> bool:
        """Take one part; return whether more may come."""
        if part.code == table.ABORT_JOB:
            for document in self._documents:
                document.job.cancel()
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
            if not document.described and document.name in wanted:
                await self._describe(document, wanted[document.name])

    async def _data(self, part: wire.Part) -> None:
        await self._peer.answer(table.ACCEPTED)
        file = DataFile(self._peer, part)
        await file.begin()
        if not file.head:
            return
        wanted = self._wanted.get(part.name)
        ticket = self._ticket(wanted or wire.Wanted(), file.head)
        ticket.options, *others = self._shares(ticket.format, wanted.copies if wanted else 1)
        fits = file.counted and self._printer.device.area.fits(part.octets * (1 + len(others)))
        ticket.hold = self._waits(ticket) if wanted is None else bool(others) and not fits
        job = self._printer.submit(ticket)
        job.kept = bool(others) or (wanted is None and fits)
        document = Document(part.name, file.head, job)
        self._documents.append(document)
        await self._receive(job, file)
        if wanted is not None:
            await self._finish(document, others)

    async def _receive(self, job: Job, file: DataFile) -> None:
        """Take a document; one whose job a person cancels meanwhile is taken too, else its client sends it again."""
        self.in_hand = job
        try:
            await job.receive(file)
            await job.finish()
        except Refused:
            if not _canceled(job):
                raise
            self.in_hand = None  # from here on we wait for the client
            await file.skip()
        finally:
            self.in_hand = None

    def _waits(self, ticket: Ticket) -> bool:
        """Return whether a document waits for its control file."""
        return ticket.format == table.TEXT or not self._printer.device.driver.streams(ticket)

    def _ticket(self, wanted: wire.Wanted, head: bytes) -> Ticket:
        """Return the ticket of a document that begins with `head`."""
        host = self._peer.host
        return Ticket(
            name=wanted.name or wanted.source or wanted.title or "Document from " + (wanted.host or host),
            user=wanted.user or "anonymous",
            host=host,
            format=self._format(wanted.letter, head),
            document_name=wanted.source,
        )

    def _format(self, letter: str, head: bytes) -> str:
        """Return what a document is printed as: what it is where the printer prints that, else by its letter."""
        row, found = table.PRINT[letter], self._kind(head)
        known = found in self._printer.capabilities.formats and found != table.ANY
        return found if known and (row.text or found != table.TEXT) else row.unmarked

    def _shares(self, format: str, copies: int) -> "list[Options]":
        """Return the options of the jobs that copies become: of one where the driver makes them, else of one each."""
        most = 1 if format == table.RAW else self._printer.device.driver.able(format).copies
        return [{"copies": copies}] if 1 < copies <= most else [{} for _ in range(copies)]

    async def _describe(self, document: Document, wanted: wire.Wanted) -> None:
        """Take over what the control file says of a document that came before it."""
        ticket, job = self._ticket(wanted, document.head), document.job
        if job.begun or job.over:  # it prints as one copy of what it seemed to be
            others = self._shares(job.ticket.format, wanted.copies - 1)
        else:
            self._check(ticket)
            job.ticket.format = ticket.format
            job.ticket.options, *others = self._shares(ticket.format, wanted.copies)
        self._printer.amend(job, ticket)
        await self._finish(document, others)

    def _check(self, ticket: Ticket) -> None:
        if not self._printer.device.driver.takes(ticket.format):
            raise Refused("document-format-not-supported", f"This printer does not take {ticket.format}.")

    async def _finish(self, document: Document, others: "list[Options]") -> None:
        """Print a document, and once more by each of the other options."""
        job = self.in_hand = document.job
        try:
            copies = [] if _canceled(job) else await copied(job, others)
        finally:
            self.in_hand = None
        document.described = True
        self._let_go(document)
        for copy in copies:
            self._release(copy)
        await job.recorded()

    def _let_go(self, document: Document) -> None:
        """Let a document print if it waits, and keep it no longer than that takes."""
        if document.waits:
            document.waits = False
            self._release(document.job)
        self._printer.device.let_go(document.job)

    def _release(self, job: Job) -> None:
        with contextlib.suppress(Refused):  # a person was faster
            self._printer.release(job)

    def _drop(self, sentence: str) -> None:
        """End what no control file has described: the client was told no."""
        for document in self._documents:
            if not document.described:
                document.job.abort("aborted-by-system", sentence)


def _canceled(job: Job) -> bool:
    """Return whether someone ended the job, or it is ending so."""
    return (job.stopping[0] if job.stopping else job.state) == CANCELED
