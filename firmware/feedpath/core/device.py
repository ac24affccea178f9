"""A machine: its ring, its writer and status threads, and whose turn it is.

State changes on the event loop only; the threads post to it.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from feedpath import aio
from feedpath.core.connection import Connection, Gone
from feedpath.core.document import pour
from feedpath.core.driver import Driver, Facts
from feedpath.core.job import ABORTED, CANCELED, COMPLETED, HELD, PENDING, PROCESSING, STOPPED, Job
from feedpath.core.policy import Policy
from feedpath.core.prologue import Prologue
from feedpath.core.ring import SLOTS, Ring
from feedpath.core.spool import Area, Spool
from feedpath.core.store import Store
from feedpath.core.watch import Watch, together
from feedpath.core.writer import CLOSED, DROPPED, FAILED, FINISHED, LOST, Outcome, Writer
from feedpath.errors import Refused

if TYPE_CHECKING:
    from feedpath.core.printer import Printer

logger = logging.getLogger(__name__)

START_BYTES = 16 * 1024  # a job streams when this much came fast enough, or all of it
TICK_S = 0.5  # between two looks at the jobs' progress
STALLED_S = 3.0  # a machine that takes nothing for so long is said to be stopped
GRACE_S = 0.05  # what a complete document waits for its turn before it goes to storage
OTHER_DRIVER = "The printer got another driver while the job waited, and does not take {} any more. Print it again."


class Device:
    """One machine, plugged in or not, and the jobs of all printers that print on it. It is the desk of those jobs.

    key: its identity. reasons: printer-state-reasons of the machine itself. current: the job at the machine.
    waiting: the jobs whose documents come in or wait, in order. printers: those that print on it. ready: whether it
    is plugged in and has got what must come before any job.
    """

    def __init__(
        self,
        key: str,
        driver: Driver,
        area: Area,
        store: Store,
        policy: Policy,
        ring_slots: int = SLOTS,
        clock: "Callable[[], float]" = time.monotonic,
    ):
        self.key = key
        self.driver = driver
        self.policy = policy
        self.printers: "list[Printer]" = []
        self.connection: "Connection | None" = None
        self.ready = False
        self.current: "Job | None" = None
        self.waiting: "list[Job]" = []
        self.reasons: "tuple[str, ...]" = ("offline-report",)
        self.ring = Ring(ring_slots)
        self.area = area
        self._store = store
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(
            self.ring,
            area,
            driver,
            policy,
            self._printed_in_thread,
            self._gone_in_thread,
            self._taken_in_thread,
            converted=Ring(ring_slots),
            ask=self._ask,
            clock=clock,
        )
        self._port: "tuple[str, ...]" = ()  # printer-state-reasons by the port's status
        self._said: "tuple[str, ...]" = ()  # those by the status channel
        self._ring_driver = driver  # of the job that the ring was opened for
        self._ring_owner: "Job | None" = None  # whose filling side may still write into the ring
        self._watch: "Watch | None" = None
        self._timer: "asyncio.TimerHandle | None" = None
        self._tasks: "set[asyncio.Task[None]]" = set()

    def use(self, driver: Driver) -> None:
        """Print by `driver` from now on; a job that has begun, or comes in through the ring, ends by its own."""
        self.driver = driver
        self._said = ()
        if self.connection is None:
            self._tell(None)
            return
        self.reasons = self._port
        self._tell(driver.read_id(self.connection.device_id))
        self._advance()

    # The machine comes and goes

    def attach(self, connection: Connection, prologue: "Prologue | None" = None) -> None:
        """Print on `connection` from now on, or as soon as it has been sent its prologue and runs it."""
        self.connection = connection
        self.reasons = self._port = self._said = ()
        self._watch = Watch(connection, self, self._post, prologue)
        if prologue is None:
            self.greet(connection)

    def greet(self, connection: Connection) -> None:
        """Begin to print on a machine that is ready."""
        if connection is self.connection:
            self.ready = True
            self.reasons = ()
            self._writer.plug(connection)
            self._tell(self.driver.read_id(connection.device_id))
            self._advance()

    def hold_up(self, connection: Connection, reasons: "tuple[str, ...]") -> None:
        """Say why a machine is not ready."""
        if connection is self.connection and reasons != self.reasons:
            logger.info("the printer %s is not ready: %s", self.key, " ".join(reasons))
            self.reasons = reasons
            self._tell(None)

    def detach(self) -> None:
        """The machine is away; its jobs wait for it."""
        if self.connection is not None:
            connection, self.connection = self.connection, None
            self.ready = False
            self._stop_watching()
            self._writer.plug(None)
            self.reasons = ("offline-report",)
            threading.Thread(target=connection.close, name="close", daemon=True).start()
            self._tell(None)

    async def reset(self, cold: bool) -> None:
        """Make the machine forget what it holds; cold: let go of it besides, to meet it again as after its power-on.

        Raise Refused while a job is at it, or when it is away.
        """
        connection = self.connection
        if connection is None or not self.ready:
            raise Refused("not-possible", "The printer is not there.")
        if self.current is not None:
            raise Refused("not-possible", f"Job {self.current.id} is at the printer.")
        self.ready = False  # no job begins meanwhile
        try:
            await aio.offload(connection.reset)
        except Gone:
            self.gone(connection)
        if connection is not self.connection:
            return
        logger.info("the printer %s was reset", self.key)
        self.ready = True
        if cold:
            self.detach()
        self._advance()

    def _stop_watching(self) -> None:
        if self._watch is not None:
            self._watch.stop()

    async def close(self) -> None:
        """End the threads and let go of the machine; jobs stay as they are."""
        if self._timer is not None:
            self._timer.cancel()
        self._stop_watching()
        await asyncio.gather(*self._tasks)
        await aio.offload(self._close_threads)
        if self.connection is not None:
            await aio.offload(self.connection.close)
            self.connection = None
        for job in [*self.waiting, *filter(None, [self.current])]:
            if job.spool is not None:
                job.spool.close()

    def _close_threads(self) -> None:
        self._writer.close()
        if self.connection is not None and not self.ready:
            self.connection.interrupt()  # the prologue may wait for the machine to take it
        if self._watch is not None:
            self._watch.join()

    @property
    def expecting(self) -> bool:
        """Return whether a job waits for the machine to say that its paper is out."""
        return self._writer.told.pending

    def _ask(self) -> bytes:
        return self.driver.ask()

    def status(self, connection: Connection, reasons: "tuple[str, ...]", facts: Facts) -> None:
        """Take the reasons of the machine's port, and what it says besides."""
        if connection is self.connection:
            self._said = self._said if facts.reasons is None else facts.reasons
            self._port = reasons
            before, self.reasons = self.reasons, together(reasons, self._said)
            self._writer.told.troubled = any(reason.endswith("-error") for reason in self.reasons)
            self._hear(facts)
            if self.reasons != before or facts._replace(reasons=None) != Facts():
                self._tell(facts)

    def _hear(self, facts: Facts) -> None:
        """Take what the machine says of the job that it prints."""
        told = self._writer.told
        if told.hear(facts) and self.current is not None:
            self.current.told = told.sides

    def _tell(self, facts: "Facts | None") -> None:
        for printer in self.printers:
            printer.device_changed(facts)

    def _post(self, function: "Callable[..., None]", *arguments: "Any") -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the loop has closed
            pass

    def _gone_in_thread(self, connection: Connection) -> None:
        self._post(self.gone, connection)

    def gone(self, connection: Connection) -> None:
        """The machine went away by itself."""
        if connection is self.connection:
            logger.warning("the printer %s went away", self.key)
            self.detach()

    # What a job asks of its desk

    def open(self, job: Job) -> None:
        """Choose where the document goes: the ring when the machine is idle and the job is first, else the spool."""
        job.opened = self._clock()
        if self._may_stream(job):
            self.current = self._ring_owner = job
            self._ring_driver = self.driver
            self.ring.restart(retain=True)
            job.sink = self.ring
            self._keep_time()
        else:
            job.sink = job.spool = Spool(self.area, str(job.id))
            self.waiting.append(job)

    def _may_stream(self, job: Job) -> bool:
        return (
            self.policy.stream
            and self.ready
            and self.current is None
            and self._ring_owner is None
            and job.state == PENDING
            and not job.kept
            and not job.printer.paused
            and self.driver.streams(job.ticket)
            and not any(self._may_begin(other) for other in self.waiting)
        )

    def grown(self, job: Job) -> None:
        """More of a job came that has not begun: begin it when it comes fast enough."""
        if job.received >= START_BYTES:
            if job is self.current:
                self._start_or_move(job)
            elif self.current is None:
                self._advance()

    def _start_or_move(self, job: Job) -> None:
        if job.ended or self._fast(job):
            self._begin(job)
        elif job.received >= START_BYTES or self._age(job) * self.policy.stream_min_rate > START_BYTES:
            self.current = None
            self.waiting.append(job)
            job.must_move = True
            self._advance()

    def _age(self, job: Job) -> float:
        return self._clock() - job.opened

    def _fast(self, job: Job) -> bool:
        return bool(job.received >= START_BYTES and job.received >= self._age(job) * self.policy.stream_min_rate)

    def complete(self, job: Job) -> None:
        """The whole document is here: begin the job, or queue it; secure it when that takes long."""
        if job is self.current and not job.begun:
            self._begin(job)
        else:
            job.become(job.state, "", job.message)
            self._advance()
        if not job.over:
            job.timer = self._loop.call_later(
                self.policy.stall_s if job.sink is self.ring else GRACE_S, job.secure_soon
            )

    async def move(self, job: Job) -> None:
        """Take the job's document off the ring: what is not printed yet goes on in the spool."""
        if job.sink is self.ring:
            await aio.offload(self._pour, job)
            self.leave(job)
            self.ring.wake()
        job.must_move = False

    def _pour(self, job: Job) -> None:
        with self._writer.lock:
            if job.spool is None:
                job.spool = Spool(self.area, str(job.id), base=self.ring.released_to)
            pour(self.ring, job, self.ring.filled_to, in_memory=False)
            job.sink = job.spool
        if job.over:  # it ended meanwhile: whoever comes last forgets the document
            job.spool.discard()

    async def secure(self, job: Job) -> None:
        """Make what is left of a complete document, and its record, survive a power cut.

        Raise Refused when there is no room; a job that prints already goes on without.
        """
        try:
            await self.move(job)
            await job.spool.secure()
        except Refused as refusal:
            if job.begun:
                return
            job.abort("aborted-by-system", refusal.detail)
            raise
        job.secured = not job.over
        self._save(job)
        await self._store.written(durable=True)

    async def recorded(self, job: Job) -> None:
        """Wait until the job's record outlives the process; raise Refused when a job that waits cannot be recorded."""
        try:
            await self._store.written()
        except Refused:
            if not job.over:  # what has ended needs no record to be true
                raise

    def changed(self, job: Job) -> None:
        """Record the job's new state; when it is over, forget its document and go on with the next."""
        if job.over and job.completed is None:
            job.completed = self.policy.now()
        self._save(job)
        job.printer.job_changed(job)
        if job.over:
            self._forget(job)

    def stop(self, job: Job) -> None:
        """End the job as its `stopping` says: at once, or as soon as the machine lets go of it."""
        if job is self.current and job.begun:
            if job.sink is self.ring:
                self.ring.close()
            elif job.spool is not None:
                job.spool.wake()
            self._loop.run_in_executor(None, self._writer.interrupt)
            job.become(job.state, "processing-to-stop-point")
        else:
            self._end_as_asked(job)

    def let_go(self, job: Job) -> None:
        """Keep the document of a job no longer than any other's: its sender needs it no more."""
        if job.kept and job.over and job.spool is not None:
            self._discard(job)
        job.kept = False

    def leave(self, job: Job) -> None:
        """The job's filling side writes no more into the ring."""
        if self._ring_owner is job:
            self._ring_owner = None
            if self.current is None:
                self._advance()

    # Whose turn it is

    def interrupted(self) -> None:
        """An earlier run of the firmware ended in mid-job: the machine may hold the beginning of it."""
        self._writer.unclean = True

    def resume(self, job: Job) -> None:
        """Queue a job that another run of the firmware left, or that was held."""
        if job not in self.waiting:
            self.waiting.append(job)
        self._advance()

    def advance(self) -> None:
        """Look whether a job can begin: a printer was resumed, a job released."""
        self._advance()

    def _may_begin(self, job: Job) -> bool:
        """Return whether a spooled job can print: it is whole, or comes in fast enough to print meanwhile."""
        if job.state != PENDING or job.printer.paused or job.stopping:
            return False
        return job.ended or (self.policy.stream and self.driver.streams(job.ticket) and self._fast(job))

    def _advance(self) -> None:
        if self.current is None and self.ready:
            for job in self.waiting:
                if self._may_begin(job):
                    self.current = job
                    self._begin(job)
                    return
        if self.waiting:
            self._keep_time()

    def _begin(self, job: Job) -> None:
        driver = self._ring_driver if job.sink is self.ring else self.driver
        if not driver.takes(job.ticket.format):
            job.abort("aborted-by-system", OTHER_DRIVER.format(job.ticket.format))
            return
        job.begun = True
        job.processing = job.processing or self.policy.now()
        job.become(PROCESSING)
        if job.secured and self.policy.after_power_cycle != "restart":
            self._spawn(self._print_recorded(job, driver))
        else:
            self._writer.print(job, driver)
        self._keep_time()

    async def _print_recorded(self, job: Job, driver: Driver) -> None:
        """Print a job that is there after a power cut, once its record says that it may have been begun before."""
        with contextlib.suppress(Refused):  # nothing can be recorded: a job that prints twice is better than none
            await self._store.written(durable=True)
        self._writer.print(job, driver)

    def _taken_in_thread(self, job: Job) -> None:
        self._post(self._taken, job)

    def _taken(self, job: Job) -> None:
        """The machine has all of the job, and prints on: nothing of it must be stored any more."""
        if job is self.current and not job.over:
            if job.timer is not None:
                job.timer.cancel()
            job.out_of_hand()

    def _printed_in_thread(self, job: Job, outcome: Outcome) -> None:
        self._post(self._printed, job, outcome)

    def _printed(self, job: Job, outcome: Outcome) -> None:
        if outcome.kind == CLOSED:
            return
        if job.stopping:
            self._end_as_asked(job)
        elif outcome.kind == FINISHED:
            job.become(COMPLETED)
        elif outcome.kind == DROPPED:
            job.become(CANCELED, "job-canceled-at-device")
        elif outcome.kind == FAILED:
            job.become(ABORTED, outcome.reason, outcome.message)
        elif outcome.kind == LOST and self.policy.after_power_cycle == "hold" and job.whole:
            self._hold(job)
        else:
            sentence = f"The printer was switched off or unplugged after {job.printed} bytes of the document."
            job.become(ABORTED, "aborted-by-system", sentence)

    def _end_as_asked(self, job: Job) -> None:
        assert job.stopping is not None
        job.become(*job.stopping)

    def _hold(self, job: Job) -> None:
        """Take a job off the machine that was cut off, whole, to wait for a person."""
        job.begun = False
        job.printed = 0
        job.must_move = job.sink is self.ring
        self.ring.wake()
        self.current = None
        if job.taken and job.must_move:  # its client waits no more: the ring is its own until it is moved
            self._ring_owner = job
            self._spawn(self._move_held(job))
        if job not in self.waiting:
            self.waiting.append(job)
        sentence = "The printer was switched off or unplugged while it printed. Release the job to print it again."
        job.become(HELD, "job-hold-until-specified", sentence)
        job.secure_soon()
        self._advance()

    async def _move_held(self, job: Job) -> None:
        with contextlib.suppress(Refused):  # no room: it has ended with that
            await self.secure(job)

    def _forget(self, job: Job) -> None:
        if job.timer is not None:
            job.timer.cancel()
        if job in self.waiting:
            self.waiting.remove(job)
        if job.spool is not None and not job.kept:
            self._discard(job)
        if self.current is job:
            self.current = None
        if job.ended:
            self.leave(job)
        elif self._ring_owner is job:
            self.ring.close()  # its filling side may wait for room
        self._advance()

    def _discard(self, job: Job) -> None:
        """Delete the job's document; where it was told to be safe, not before the job's end is on record."""
        if not job.secured:
            job.spool.discard()
            return
        self._spawn(self._discard_recorded(job))

    async def _discard_recorded(self, job: Job) -> None:
        with contextlib.suppress(Refused):  # records cannot be written: then the document cannot do harm either
            await self._store.written(durable=True)
        await aio.offload(job.spool.discard)

    def _save(self, job: Job) -> None:
        self._store.save(job.id, job.record())

    def _spawn(self, work: "Coroutine[Any, Any, None]") -> None:
        """Have `work` done soon; `close` waits for it."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Time

    def _keep_time(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(TICK_S, self._ticked)

    def _ticked(self) -> None:
        self._timer = None
        self.tick()
        if self.current is not None or self.waiting:
            self._keep_time()

    def tick(self) -> None:
        """Look at the jobs' progress: too slow a client, a machine that takes nothing."""
        job = self.current
        if job is None:
            self._advance()
        elif not job.begun:
            self._start_or_move(job)
        elif not job.stopping:
            self._judge(job, self._clock() - self._writer.moved)

    def _judge(self, job: Job, still: float) -> None:
        """Say what a job at the machine is doing, when it has taken nothing for `still` seconds."""
        stalled = still > STALLED_S
        if stalled and job.state == PROCESSING:
            job.become(STOPPED)
        elif not stalled and job.state == STOPPED:
            job.become(PROCESSING)
        if still > self.policy.stall_s and job.sink is self.ring and not job.ended:
            job.must_move = True
            self.ring.wake()
