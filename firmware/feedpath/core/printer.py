"""A printer: a queue as clients see it. What every front end shows comes from here."""

import asyncio
import logging
import uuid as uuids
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Protocol, cast

from feedpath.core.device import Device
from feedpath.core.driver import Capabilities, Facts, Origin, Supply
from feedpath.core.job import ABORTED, HELD, PENDING, PROCESSING, Job
from feedpath.core.job import STOPPED as JOB_STOPPED
from feedpath.core.policy import Policy
from feedpath.core.spool import Spool
from feedpath.core.store import Store
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused

logger = logging.getLogger(__name__)

TICKET_TEXTS = ("name", "user", "host", "format", "compression", "document_name")  # of a job's record
DAY_S = 24 * 60 * 60
CUT_OFF = "The print server was switched off before the document was complete or printed."
UNPROTECTED = "The print server was switched off, and stores no documents' passwords: print it again with its password."
IDLE, BUSY, STOPPED = 3, 4, 5  # RFC 8011, 5.4.11: idle, processing, stopped


class Decoder(Protocol):
    """Undoes a compression, a piece at a time; see back/pdl/inflate.py."""

    CODED_BYTES: int

    def feed(self, coded: memoryview) -> None:
        """Take the next coded bytes."""

    def produce(self, view: memoryview) -> int:
        """Write what they decode to into `view`; return how much, 0 when more must be fed; raise WireError."""

    def end(self) -> None:
        """Raise WireError when the coded bytes ended too early."""


class Printer:
    """A queue: identity, state, reasons, supplies, jobs. All of it lives on the event loop.

    name, info, location: texts. uuid: a string without "urn:uuid:". accepting: whether it takes new jobs. paused:
    whether its jobs wait for a person. announced: its name in DNS-SD. jobs: by id, oldest first.
    version: grows with every change that shows.
    started: Unix seconds. identified: what the last Identify-Printer asked to show, with its time, or None.
    """

    def __init__(
        self,
        name: str,
        uuid: str,
        device: Device,
        store: Store,
        policy: Policy,
        decoders: "Mapping[str, Callable[[], Decoder]] | None" = None,
        info: str = "",
        location: str = "",
    ):
        self.name = name
        self.uuid = uuid
        self.device = device
        self.info = info or name
        self.announced = name
        self.location = location
        self.accepting = True
        self.paused = False
        self.supplies: "tuple[Supply, ...]" = ()
        self.jobs: "dict[int, Job]" = {}
        self.version = 1
        self.started = policy.now()
        self.changed_at = self.started  # when its state last changed
        self.identified: "tuple[float, str] | None" = None
        self.device_id = ""
        self.make = ""
        self.model = ""
        self.serial = ""
        self._store = store
        self._policy = policy
        self._decoders = decoders or {}
        self._watchers: "list[Callable[[frozenset[str]], None]]" = []
        self._news: "set[str]" = set()
        self._active = 0  # jobs that are not over
        self._sides = store.counted(uuid)
        self._counted: "dict[int, int]" = {}  # sides of jobs that are not over which are among these
        device.printers.append(self)

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can do."""
        return self.device.driver.capabilities

    @property
    def origin(self) -> Origin:
        """Return which driver it prints by, and why."""
        return self.device.driver.origin

    @property
    def media_ready(self) -> "tuple[str, ...]":
        """Return the names of the media that are loaded."""
        return self.capabilities.media_ready

    @property
    def compressions(self) -> "tuple[str, ...]":
        """Return the compressions that documents may come in."""
        return ("none", *self._decoders)

    @property
    def make_and_model(self) -> str:
        """Return the machine's make and model in one, as people say it."""
        return self.model if self.model.lower().startswith(self.make.lower()) else f"{self.make} {self.model}"

    @property
    def state(self) -> int:
        """Return printer-state: IDLE, BUSY or STOPPED."""
        job = self._at_machine()
        if job is not None:
            return STOPPED if job.state == JOB_STOPPED else BUSY
        return STOPPED if self.paused else IDLE

    @property
    def reasons(self) -> "list[str]":
        """Return printer-state-reasons keywords; empty when there is nothing to say."""
        job = self._at_machine()
        reasons = [*self.device.reasons, *self.device.driver.reasons]
        if self.paused:
            reasons.append("moving-to-paused" if job else "paused")
        if self.device.area.full:
            reasons.append("spool-area-full-warning")
        if self.device.connection is None and self._active:
            reasons.append("connecting-to-device")
        if job is not None and "media-empty-error" in reasons:
            reasons.append("media-needed-error")
        if job is not None and job.state == JOB_STOPPED and not self.device.reasons:
            reasons.append("timed-out-error")
        return reasons

    @property
    def waiting(self) -> int:
        """Return how many jobs are not over: queued-job-count."""
        return self._active

    @property
    def sides(self) -> int:
        """Return how many sides have come out since it was first seen, over all restarts; it never goes back."""
        job = self._at_machine()
        if job is not None:
            self._count(job)
        return self._sides

    def _count(self, job: Job) -> None:
        """Add the sides of a job that are not counted yet; one that starts again prints them anew."""
        sides = job.impressions
        self._sides += max(0, sides - self._counted.get(job.id, 0))
        self._counted[job.id] = sides

    def _at_machine(self) -> "Job | None":
        job = self.device.current
        return job if job is not None and job.begun and job.printer is self else None

    def submit(self, ticket: Ticket) -> Job:
        """Return a new job for the ticket; raise Refused with what is allowed when there can be none."""
        self.check(ticket)
        job = Job(
            self._store.next_id(),
            str(uuids.uuid4()),
            ticket,
            self,
            self.device,
            self._policy.now(),
            self._decoder(ticket),
        )
        self.jobs[job.id] = job
        self._active += 1
        self._store.save(job.id, job.record())
        self.touch("jobs")
        return job

    def check(self, ticket: Ticket) -> None:
        """Raise Refused, with what is allowed, where `submit` would."""
        if not self.accepting:
            raise Refused("not-accepting-jobs")
        if not self.device.driver.takes(ticket.format):
            allowed = ", ".join(self.capabilities.formats)
            raise Refused("document-format-not-supported", f"This printer takes {allowed}, not {ticket.format}.")
        if ticket.compression not in self.compressions:
            raise Refused("compression-not-supported", f"Supported are {', '.join(self.compressions)}.")
        if self._active >= self._policy.waiting_jobs:
            raise Refused("too-many-jobs")

    def describe(self, job: Job, ticket: Ticket) -> None:
        """Say what the document of a job that has none yet is: its format, compression and name in `ticket`.

        Raise Refused where `submit` would, or when there can be no document any more.
        """
        if job.over or job.stopping:
            raise Refused("not-possible", f"Job {job.id} has ended already.")
        if job.ended or job.received or job.sink is not None:
            raise Refused("multiple-document-jobs-not-supported")
        self._active -= 1  # it is one of those that wait
        try:
            self.check(ticket)
        finally:
            self._active += 1
        job.describe(ticket, self._decoder(ticket))

    def amend(self, job: Job, ticket: Ticket) -> None:
        """Take over what was told of a job only after its document: its name, its user, its document's name."""
        job.name, job.user = ticket.name, ticket.user
        for field in ("name", "user", "document_name"):
            setattr(job.ticket, field, getattr(ticket, field))
        if job.id in self.jobs:
            self._store.save(job.id, job.record())
        self.touch("jobs")

    def _decoder(self, ticket: Ticket) -> "Decoder | None":
        return None if ticket.compression == "none" else self._decoders[ticket.compression]()

    def cancel(self, job: Job, reason: str = "job-canceled-by-user") -> None:
        """Cancel the job; raise Refused when it is over."""
        if job.over or job.stopping:
            raise Refused("not-possible", f"Job {job.id} has ended already.")
        job.cancel(reason)

    def hold(self, job: Job) -> None:
        """Keep a waiting job from printing; raise Refused when it prints already, or is over."""
        if job.state == HELD:
            return
        if job.state != PENDING or job is self.device.current:
            raise Refused("not-possible", f"Job {job.id} is not waiting.")
        job.become(HELD)

    def release(self, job: Job) -> None:
        """Let a held job print; raise Refused when it is not held."""
        if job.state != HELD:
            raise Refused("not-possible", f"Job {job.id} is not held.")
        job.become(PENDING)
        self.device.advance()

    def pause(self) -> None:
        """Let no further job begin; the one at the machine is finished."""
        self.paused = True
        self.touch("state", "paused")

    def resume(self) -> None:
        """Let jobs begin again."""
        self.paused = False
        self.touch("state", "paused")
        self.device.advance()

    def identify(self, actions: "tuple[str, ...]", message: str) -> None:
        """Draw people's attention to this printer: on its page and in the log."""
        self.identified = (self._policy.now(), message)
        logger.warning("printer %s was asked to show itself: %s", self.name, message or "here I am")
        self.touch("identified")

    def watch(self, callback: "Callable[[frozenset[str]], None]") -> "Callable[[], None]":
        """Call `callback` on the loop with the names of what changed, coalesced; return the function that ends it."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def touch(self, *names: str) -> None:
        """Say that what is called so has changed: state, paused, reasons, supplies, jobs, identity, identified."""
        self.version += 1
        if self._watchers:
            if not self._news:
                asyncio.get_running_loop().call_soon(self._tell)
            self._news.update(names)

    def _tell(self) -> None:
        news, self._news = frozenset(self._news), set()
        for callback in list(self._watchers):
            callback(news)

    def device_changed(self, facts: "Facts | None") -> None:
        """The machine came, went, or said something."""
        connection = self.device.connection
        if connection is not None:
            self.device_id = connection.device_id
            self.make, self.model, self.serial = connection.make, connection.model, connection.serial
        if facts is not None and facts.supplies is not None:
            self.supplies = facts.supplies
        self.changed_at = self._policy.now()
        self.touch("state", "reasons", "supplies", "identity")

    def job_changed(self, job: Job) -> None:
        """A job moved to another state."""
        before = self._sides
        self._count(job)
        if self._sides != before:
            self._store.count(self.uuid, self._sides)
        if job.over:
            del self._counted[job.id]
            self._active -= 1
            self._forget_oldest()
        self.changed_at = self._policy.now()
        self.touch("jobs", "state")

    def _forget_oldest(self) -> None:
        """Forget ended jobs beyond what the history holds."""
        surplus = len(self.jobs) - self._active - self._policy.history_jobs
        if surplus > 0:
            self._forget(list(islice((id for id, job in self.jobs.items() if job.over), surplus)))

    def _forget(self, ids: "list[int]") -> None:
        for id in ids:
            del self.jobs[id]
            self._store.delete(id)

    def expire(self, now: float) -> None:
        """End jobs whose document does not come, forget those that ended long ago; `now` is Unix seconds."""
        for job in list(self.jobs.values()):
            if not job.over and job.sink is None and now - job.created > self._policy.submission_s:
                job.abort("aborted-by-system", "No document came for it in time.")
        if self._policy.history_days:
            oldest = now - self._policy.history_days * DAY_S
            self._forget([id for id, job in self.jobs.items() if job.over and (job.completed or now) < oldest])

    def restore(self, id: int, record: "Mapping[str, object]", spool: "Spool | None") -> Job:
        """Take over a job of an earlier run: history stays, what waits whole goes on, the rest ends with its reason."""
        texts = {key: str(record[key]) for key in TICKET_TEXTS}
        ticket = Ticket(**texts, options=cast("dict[str, object]", record["options"]))  # type: ignore[arg-type]
        created = cast(float, record["created"])
        job = Job(id, str(record["uuid"]), ticket, self, self.device, created)
        for key in ("message", "received", "printed", "processing", "completed", "state"):
            setattr(job, key, record[key])
        job.sent = cast(int, record["impressions"])
        job.reasons = tuple(cast(list[str], record["reasons"]))
        job.ended = True
        self.jobs[id] = job
        if job.over:
            if spool is not None:
                spool.discard()
            return job
        self._active += 1
        self._counted[id] = job.impressions
        if job.state in (PROCESSING, JOB_STOPPED):
            self.device.interrupted()
        if record.get("protected"):
            self._end(job, spool, "document-password-error", UNPROTECTED)
        elif spool is not None and record["whole"]:
            self._take_up(job, spool)
        else:
            self._end(job, spool, "aborted-by-system", CUT_OFF)
        return job

    def _end(self, job: Job, spool: "Spool | None", reason: str, sentence: str) -> None:
        """End a job of an earlier run that cannot go on."""
        if spool is not None:
            spool.discard()
        job.become(ABORTED, reason, sentence)

    def _take_up(self, job: Job, spool: Spool) -> None:
        job.sink = job.spool = spool
        job.received = spool.end_at
        job.secured = True
        interrupted = job.state in (PROCESSING, JOB_STOPPED)
        policy = self._policy.after_power_cycle
        job.printed = 0
        if interrupted and policy == "abort":
            job.become(ABORTED, "aborted-by-system", "The print server was switched off while the job printed.")
            return
        if interrupted and policy == "hold":
            sentence = "The print server was switched off while the job printed. Release the job to print it again."
            job.become(HELD, "job-hold-until-specified", sentence)
        elif interrupted:
            job.become(PENDING)
        self.device.resume(job)
