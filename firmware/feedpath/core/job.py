"""A job: its state table, and the sink that a document's bytes go into. Small set: runs under MicroPython too."""

from feedpath import aio
from feedpath.core.ring import Closed
from feedpath.errors import Refused, WireError

MYPY = False  # the type checker takes it for True; MicroPython has no typing
if MYPY:
    from typing import Any

    from feedpath.core.ticket import Ticket

PENDING, HELD, PROCESSING, STOPPED, CANCELED, ABORTED, COMPLETED = range(3, 10)  # RFC 8011, 5.3.7
OVER = (CANCELED, ABORTED, COMPLETED)
MOVES = {  # RFC 8011, 5.3.7, figure 3; a restart after a power cut may also send a job back to the queue
    PENDING: (HELD, PROCESSING, CANCELED, ABORTED),
    HELD: (PENDING, CANCELED, ABORTED),
    PROCESSING: (PENDING, HELD, STOPPED, CANCELED, ABORTED, COMPLETED),
    STOPPED: (PENDING, HELD, PROCESSING, CANCELED, ABORTED, COMPLETED),
    CANCELED: (),
    ABORTED: (),
    COMPLETED: (),
}
STATE_REASONS = {  # RFC 8011, 5.3.8: what the state itself says, when nothing more is known
    PENDING: (),
    HELD: ("job-hold-until-specified",),
    PROCESSING: ("job-printing",),
    STOPPED: ("printer-stopped",),
    CANCELED: ("job-canceled-by-user",),
    ABORTED: ("aborted-by-system",),
    COMPLETED: ("job-completed-successfully",),
}


class Job:
    """One job of one printer. Bytes go in by `space` and `filled`, or by `receive`; then `finish`.

    state: RFC 8011 job-state. reasons: job-state-reasons keywords. message: a sentence for people, or "".
    received, printed: bytes of the document that came, and that the machine took. sent: sides that the machine took
    whole. told: sides that are out as it says itself, None where it does not. taken: whether the machine has taken all.
    created, processing, completed: Unix seconds, None until reached. whole: whether it can print again from byte 0.
    kept: whether all of its document is stored, also beyond its end, until `Device.let_go`; set before any of it came.
    """

    def __init__(
        self,
        id: int,
        uuid: str,
        ticket: "Ticket",
        printer: "Any",
        desk: "Any",
        created: float,
        decoder: "Any" = None,
    ):
        self.id = id
        self.uuid = uuid
        self.ticket = ticket
        self.name = ticket.name
        self.user = ticket.user
        self.printer = printer
        self.state = HELD if ticket.hold else PENDING
        self.reasons: "tuple[str, ...]" = STATE_REASONS[self.state] + ("job-incoming",)
        self.message = ""
        self.received = 0
        self.printed = 0
        self.sent = 0
        self.told: "int | None" = None
        self.taken = False
        self.created = created
        self.processing: "float | None" = None
        self.completed: "float | None" = None
        self.ended = False  # the whole document is here
        self.begun = False  # it has been given to the machine
        self.whole = True
        self.kept = False
        self.sink: "Any" = None  # where `space` comes from: the machine's ring or the spool
        self.spool: "Any" = None  # the stored part of the document, from its start on
        self.stopping: "tuple[int, str, str] | None" = (
            None  # (state, reason, message) that it ends with as soon as the machine lets go of it
        )
        self.must_move = False  # off the ring, onto the spool
        self.secured = False  # it would survive a power cut
        self.opened = 0.0  # the desk's clock when the first bytes were asked for
        self.timer: "Any" = None  # the desk's, for securing it
        self._desk = desk
        self._decoder = decoder
        self._coded: "memoryview | None" = None
        self._news = aio.Event()

    @property
    def over(self) -> bool:
        """Return whether it has ended, one way or another."""
        return self.state in OVER

    @property
    def impressions(self) -> int:
        """Return how many sides are printed, as far as the machine tells, and never more than it took."""
        if self.told is None:
            return self.sent
        return min(self.told, self.sent) if self.sent else self.told

    def become(self, state: int, reason: str = "", message: str = "") -> None:
        """Move to `state`, or stay there for another reason; raise ValueError when RFC 8011 knows no such move."""
        if state != self.state and state not in MOVES[self.state]:
            raise ValueError("job %d cannot go from state %d to %d" % (self.id, self.state, state))
        self.state = state
        self.reasons = (reason,) if reason else STATE_REASONS[state]
        if not self.ended and state not in OVER:
            self.reasons = self.reasons + ("job-incoming",)
        self.message = message
        if state in OVER:
            self.ticket.password = ""
        self._desk.changed(self)
        if state in OVER:
            self._news.set()

    def describe(self, ticket: "Ticket", decoder: "Any") -> None:
        """Say what the document will be, before any of it came."""
        self.ticket.format = ticket.format
        self.ticket.compression = ticket.compression
        self.ticket.document_name = ticket.document_name
        self.ticket.password = ticket.password
        self._decoder = decoder

    async def recorded(self) -> None:
        """Wait until its record outlives the process; raise Refused when it cannot be written."""
        await self._desk.recorded(self)

    async def space(self) -> "memoryview":
        """Wait for room for more of the document and return it; raise Refused when the job has ended meanwhile."""
        if self._decoder is None:
            return await self._room()
        if self._coded is None:
            self._coded = memoryview(bytearray(self._decoder.CODED_BYTES))
        await self._decode()
        return self._coded

    def filled(self, count: int) -> None:
        """Take the first `count` bytes of the last space as document."""
        if self._decoder is not None:
            assert self._coded is not None
            self._decoder.feed(self._coded[:count])
            return
        self._keep(count)

    async def receive(self, body: "Any") -> None:
        """Take a document from `body` (`await readinto(view) -> count`) to its end; when that fails, abort the job."""
        try:
            while True:
                count = await body.readinto(await self.space())
                if not count:
                    return
                self.filled(count)
        except Refused as refusal:
            self.abort("aborted-by-system", refusal.detail)
            self._leave()
            raise
        except BaseException:
            self.abort("submission-interrupted", "The client went away before the document was complete.")
            self._leave()
            raise

    async def finish(self) -> None:
        """Say that the document is complete; return when the machine took all, or what is left is on storage.

        Raise Refused when the job ended otherwise.
        """
        if self._decoder is not None:
            await self._decode()
            self._decoder_ended()
        if self.sink is None:
            await self._room()
        self.ended = True  # before the sink says so: whoever drains it looks then
        await self.sink.end()
        if not self.over and not self.stopping:
            self._desk.complete(self)
        try:
            while not self.over and not self.secured and not self.taken:
                if self.must_move:
                    await self._desk.secure(self)
                else:
                    self._news.clear()
                    await self._news.wait()
        finally:
            self._leave()
        await self.recorded()
        if self.state in (CANCELED, ABORTED):
            raise self._refusal()

    def record(self) -> "dict[str, object]":
        """Return what must be known of it after a restart, as plain values."""
        ticket = self.ticket
        return {
            "printer": self.printer.name,
            "uuid": self.uuid,
            "state": self.state,
            "reasons": list(self.reasons),
            "message": self.message,
            "name": self.name,
            "user": self.user,
            "host": ticket.host,
            "format": ticket.format,
            "compression": ticket.compression,
            "document_name": ticket.document_name,
            "options": ticket.options,
            "received": self.received,
            "printed": self.printed,
            "impressions": self.impressions,
            "created": self.created,
            "processing": self.processing,
            "completed": self.completed,
            "whole": self.secured and self.whole,
            "protected": bool(ticket.password),
        }

    def out_of_hand(self) -> None:
        """The machine has taken the whole document and prints on: its client need not wait for that."""
        self.taken = True
        self._news.set()

    def secure_soon(self) -> None:
        """Have `finish` put what is left on storage rather than wait on."""
        if not self.over:
            self.must_move = True
            self._news.set()

    def abort(self, reason: str, message: str = "") -> None:
        """End it by the system's own decision."""
        self._stop(ABORTED, reason, message)

    def cancel(self, reason: str = "job-canceled-by-user") -> None:
        """End it because someone wants so."""
        self._stop(CANCELED, reason, "")

    def _stop(self, state: int, reason: str, message: str) -> None:
        if self.over or self.stopping:
            return
        self.stopping = (state, reason, message)
        self._desk.stop(self)

    def _refusal(self) -> Refused:
        """Return what its client is told of an end that it did not ask for."""
        _state, reason, message = self.stopping or (self.state, self.reasons[0], self.message)
        return Refused(reason, message)

    def _leave(self) -> None:
        """The filling side has gone: it writes no more into the last space."""
        self._decoder = self._coded = None
        self._desk.leave(self)

    async def _room(self) -> "memoryview":
        while True:
            if self.over or self.stopping:
                self._leave()
                raise self._refusal()
            if self.sink is None:
                self._desk.open(self)
            if self.must_move:
                await self._desk.move(self)
            try:
                view: "memoryview" = await self.sink.space()
            except Closed:
                continue
            if view and not self.must_move:
                return view

    def _keep(self, count: int) -> None:
        self.sink.filled(count)
        self.received += count
        if not self.begun:
            self._desk.grown(self)

    async def _decode(self) -> None:
        while True:
            view = await self._room()
            try:
                count = await aio.offload(self._decoder.produce, view)
            except WireError as error:
                self.abort("compression-error", error.message)
                raise Refused("compression-error", error.message)
            if not count:
                return
            self._keep(count)

    def _decoder_ended(self) -> None:
        try:
            self._decoder.end()
        except WireError as error:
            self.abort("compression-error", error.message)
            raise Refused("compression-error", error.message)
