"""The thread that gives jobs' bytes to a machine, one job at a time."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from feedpath import aio
from feedpath.core.connection import Connection, Gone
from feedpath.core.document import Document
from feedpath.core.driver import Driver
from feedpath.core.job import Job
from feedpath.core.policy import Policy
from feedpath.core.ring import Ring
from feedpath.core.spool import Area
from feedpath.core.stage import Stage
from feedpath.core.told import Told
from feedpath.errors import Refused, WireError

logger = logging.getLogger(__name__)

MOST, LEAST = 256 * 1024, 512  # bytes handed to the machine at a time
FIRST = 16 * 1024
LONG_S, SHORT_S = 0.5, 0.1  # a write that takes longer hands over half next time, a shorter one twice as much
LOOK_S = 0.25  # how long the thread waits before it looks whether it is still wanted
ASK_S = 5.0  # between two times that an idle machine is asked for its status

FINISHED, CEASED, LOST, FAILED, CLOSED = "finished", "ceased", "lost", "failed", "closed"
DROPPED = "dropped"


class Outcome(NamedTuple):
    """How a job's time at the machine ended: FINISHED; CEASED, as it was asked to; LOST with the machine; FAILED for
    the reason and with the sentence given; CLOSED with the firmware; DROPPED by somebody at the machine.
    """

    kind: str
    reason: str = ""
    message: str = ""


UNREADABLE = Outcome(
    FAILED,
    "aborted-by-system",
    "Its document could not be read from storage, which may be failing; the log says more.",
)
BUG = Outcome(FAILED, "aborted-by-system", "Something went wrong inside; the log says what.")


class Feed(Protocol):
    """What a machine is to be given: a document as it is, or what a stage makes of it."""

    @property
    def ended(self) -> bool: ...
    def ready(self, seconds: float) -> memoryview: ...
    def took(self, count: int) -> None: ...
    def close(self) -> None: ...


class Writer:
    """Prints the job it is given: its document as it is, or what the driver makes of it.

    driver: of what an earlier run of the firmware may have left in the machine. taken(job), done(job, outcome) and
    gone(connection) are called in the thread: the machine has all of the job and prints on, the job is over, the
    machine went away. told: what the machine says of the job. `moved` is `clock`'s time at which the machine last took
    something, or had nothing to take. unclean: whether the machine may hold the beginning of a job that ended early.
    converted: the ring for what stages make. ask: gives what makes an idle machine tell its status. `lock` guards which
    of ring and spool holds what of the job's document.
    """

    def __init__(
        self,
        ring: Ring,
        area: Area,
        driver: Driver,
        policy: Policy,
        done: "Callable[[Job, Outcome], None]",
        gone: "Callable[[Connection], None]",
        taken: "Callable[[Job], None]",
        converted: Ring,
        ask: "Callable[[], bytes]",
        clock: "Callable[[], float]" = time.monotonic,
    ):
        self.lock = threading.Lock()
        self.moved = clock()
        self.told = Told(clock)
        self._clock = clock
        self._ring = ring
        self._area = area
        self._driver = driver  # of the job at the machine
        self._broken = driver  # of the job that the machine may hold the beginning of
        self._policy = policy
        self._done = done
        self._gone = gone
        self._taken = taken
        self._connection: "Connection | None" = None
        self._job: "tuple[Job, Driver] | None" = None
        self._work = aio.Wake()
        self._plugged = aio.Wake()
        self.unclean = False
        self._closing = False
        self._bite = FIRST
        self._sent = False  # whether the machine has taken anything of the job
        self._converted = converted
        self._ask = ask
        self._thread: "threading.Thread | None" = None

    def plug(self, connection: "Connection | None") -> None:
        """Print on `connection` from now on; None when the machine is away."""
        self._connection = connection
        self.told.plug()
        self._plugged.set()
        if connection is not None and connection.answers:
            self._start()
            self._work.set()

    def print(self, job: Job, driver: Driver) -> None:
        """Begin `job`, whose driver this is until it is over; `done` tells when. One at a time."""
        self._job = (job, driver)
        self.moved = self._clock()
        self._start()
        self._work.set()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
            self._thread.start()

    def interrupt(self) -> None:
        """Make a write that waits return, so that it is looked whether the job is still wanted; from any thread."""
        connection = self._connection
        self.told.wake()
        if connection is not None:
            connection.interrupt()

    def close(self) -> None:
        """End the thread; a job at the machine is left as it is."""
        self._closing = True
        self._work.set()
        self._plugged.set()
        self._ring.wake()
        self.interrupt()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closing:
            self._work.block(ASK_S)
            begun, self._job = self._job, None
            if begun is not None:
                job, self._driver = begun
                outcome = self._try(job)
                if outcome.kind in (CEASED, FAILED):
                    self.unclean = self.unclean or self._sent
                self._done(job, outcome)
            elif not self._closing:
                self._inquire()

    def _inquire(self) -> None:
        """Ask an idle machine for its status; what it does not take now it is asked the next time."""
        connection = self._connection
        query = self._ask() if connection is not None and connection.answers and not self.unclean else b""
        if connection is not None and query:
            try:
                connection.write(memoryview(bytearray(query)))
            except Gone:
                self._gone(connection)

    def _try(self, job: Job) -> Outcome:
        self._sent = False
        try:
            return self._print(job)
        except (WireError, Refused) as error:
            return Outcome(FAILED, error.reason, str(error))
        except OSError as error:
            logger.error("the document of job %d cannot be read: %s", job.id, error)
            return UNREADABLE
        except Exception:
            logger.exception("printing job %d failed", job.id)
            return BUG

    def _print(self, job: Job) -> Outcome:
        while not job.stopping and not self._closing:
            connection = self._connection
            if connection is None:
                self._plugged.block(LOOK_S)
                continue
            try:
                if self.unclean:
                    self._clean(connection, job)
                elif self._send(connection, job):
                    return self._await_paper(connection, job)
            except Gone:
                self._lose(connection)
                if not self._again(job):
                    return Outcome(LOST)
        return Outcome(CLOSED if self._closing else CEASED)

    def _send(self, connection: Connection, job: Job) -> bool:
        """Return True when the machine took the whole document, False when it is not wanted any more; raise Gone."""
        self.told.begin()
        job.told = None
        with contextlib.closing(self._feed(job)) as feed:
            while not job.stopping and not self._closing:
                if connection is not self._connection:
                    raise Gone
                if feed.ended:
                    return True
                view = feed.ready(LOOK_S)
                if view:
                    count = self._hand(connection, view)
                    if count:
                        self.moved = self._clock()
                        self._sent = True
                        self._broken = self._driver
                        feed.took(count)
                else:
                    self.moved = self._clock()  # the client is late, not the machine
        return False

    def _await_paper(self, connection: Connection, job: Job) -> Outcome:
        """Wait until the machine says that the job is out, where it does say so; raise Gone."""
        told = self.told
        told.whole()
        if told.pending:
            self._taken(job)
        while told.pending and not job.stopping and not self._closing:
            if not told.troubled:
                self.moved = self._clock()  # it prints, and takes nothing
            told.wait(LOOK_S)
            if connection is not self._connection:
                raise Gone
        if self._closing:
            return Outcome(CLOSED)
        return Outcome(DROPPED if told.canceled else CEASED if told.pending else FINISHED)

    def _feed(self, job: Job) -> Feed:
        document = Document(job, self._ring, self._area, self._policy, self.lock)
        convert = self._driver.convert(job.ticket)
        return document if convert is None else Stage(document, convert, self._converted)

    def _hand(self, connection: Connection, view: memoryview) -> int:
        """Return how much of `view` the machine took; as much at a time as it takes in a moment, so progress shows."""
        begun = self._clock()
        count = connection.write(view[: self._bite])
        lasted = self._clock() - begun
        if lasted > LONG_S:
            self._bite = max(LEAST, self._bite // 2)
        elif lasted < SHORT_S and count == self._bite:
            self._bite = min(MOST, self._bite * 2)
        return count

    def _lose(self, connection: Connection) -> None:
        self.unclean = True  # it may only have lost its cable, and hold the beginning of the job still
        if self._connection is connection:
            self._connection = None
        self._gone(connection)

    def _again(self, job: Job) -> bool:
        """Go back to the document's beginning if it may be printed from there; return whether it may."""
        if job.printed and not job.whole:
            return False
        if self._sent:
            if self._policy.after_power_cycle != "restart":
                return False
            logger.warning("job %d starts again: the printer went away in the middle of it", job.id)
        job.printed = job.sent = 0
        self._sent = False
        return True

    def _clean(self, connection: Connection, job: Job) -> None:
        """End the broken job that the machine holds, in its language or else by a reset."""
        rest = memoryview(bytearray(self._broken.abort()))
        if not rest:
            connection.reset()
        while rest and not job.stopping and not self._closing:
            rest = rest[connection.write(rest) :]
        self.unclean = len(rest) > 0
