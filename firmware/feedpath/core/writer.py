"""The thread that gives jobs' bytes to a machine, one job at a time."""

import logging
import threading
import time
from collections.abc import Callable

from feedpath import aio
from feedpath.core.connection import Connection, Gone
from feedpath.core.driver import Driver
from feedpath.core.job import Job
from feedpath.core.policy import Policy
from feedpath.core.ring import Ring
from feedpath.core.spool import Area, Spool

logger = logging.getLogger(__name__)

MOST, LEAST = 256 * 1024, 512  # bytes handed to the machine at a time
FIRST = 16 * 1024
LONG_S, SHORT_S = 0.5, 0.1  # a write that takes longer hands over half next time, a shorter one twice as much
LOOK_S = 0.25  # how long the thread waits before it looks whether it is still wanted
FOREVER = -1

# How a job's time at the machine ended; UNREADABLE: its document could not be read from storage
DONE, STOPPED, LOST, UNREADABLE, FAILED, CLOSED = "done", "stopped", "lost", "unreadable", "failed", "closed"


class Writer:
    """Prints the job it is given: from the ring, or from the spool where the job's bytes stand there.

    done(job, outcome) and gone(connection) are called in the thread. `moved` is `clock`'s time at which the
    machine last took something. unclean: whether the machine may hold the beginning of a job that ended early.
    `lock` guards which of ring and spool holds what of a job.
    """

    def __init__(
        self,
        ring: Ring,
        area: Area,
        driver: Driver,
        policy: Policy,
        done: "Callable[[Job, str], None]",
        gone: "Callable[[Connection], None]",
        clock: "Callable[[], float]" = time.monotonic,
    ):
        self.lock = threading.Lock()
        self.moved = clock()
        self._clock = clock
        self._ring = ring
        self._area = area
        self._driver = driver
        self._policy = policy
        self._done = done
        self._gone = gone
        self._connection: "Connection | None" = None
        self._job: "Job | None" = None
        self._work = aio.Wake()
        self._plugged = aio.Wake()
        self.unclean = False
        self._closing = False
        self._bite = FIRST
        self._thread: "threading.Thread | None" = None

    def plug(self, connection: "Connection | None") -> None:
        """Print on `connection` from now on; None when the machine is away."""
        self._connection = connection
        self._plugged.set()

    def print(self, job: Job) -> None:
        """Begin `job`; `done` tells when it is over. One at a time."""
        self._job = job
        self.moved = self._clock()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
            self._thread.start()
        self._work.set()

    def interrupt(self) -> None:
        """Make a write that waits return, so that it is looked whether the job is still wanted; from any thread."""
        connection = self._connection
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
            self._work.block(FOREVER)
            job, self._job = self._job, None
            if job is not None:
                outcome = self._try(job)
                if outcome in (STOPPED, UNREADABLE, FAILED):
                    self.unclean = self.unclean or job.printed > 0
                self._done(job, outcome)

    def _try(self, job: Job) -> str:
        try:
            return self._print(job)
        except OSError as error:
            logger.error("the document of job %d cannot be read: %s", job.id, error)
            return UNREADABLE
        except Exception:
            logger.exception("printing job %d failed", job.id)
            return FAILED

    def _print(self, job: Job) -> str:
        while not job.stopping and not self._closing:
            connection = self._connection
            if connection is None:
                self._plugged.block(LOOK_S)
                continue
            try:
                if self.unclean:
                    self._clean(connection, job)
                elif self._send(connection, job):
                    return DONE
            except Gone:
                self._lose(connection)
                if job.printed and not self._again(job):
                    return LOST
        return CLOSED if self._closing else STOPPED

    def _send(self, connection: Connection, job: Job) -> bool:
        """Return True when the machine took the whole document, False when it is not wanted any more; raise Gone."""
        while not job.stopping and not self._closing:
            if connection is not self._connection:
                raise Gone
            if job.ended and job.printed == job.received:
                return True
            view = self._bytes(job)
            if view:
                count = self._hand(connection, view)
                if count:
                    self._took(job, count)
            else:
                self.moved = self._clock()  # the client is late, not the machine
        return False

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

    def _bytes(self, job: Job) -> memoryview:
        position = job.printed
        with self.lock:
            spool = job.spool
            stored = spool is not None and (job.sink is spool or position < spool.end_at)
        source = spool if stored else self._ring
        view: memoryview = source.ready(position, LOOK_S)
        return view

    def _took(self, job: Job, count: int) -> None:
        self.moved = self._clock()
        ring = self._ring
        with self.lock:
            job.printed += count
            if job.sink is ring and job.printed > ring.drained_to:
                ring.drained(job.printed - ring.drained_to)
                if ring.retain and ring.drained_to - ring.released_to >= ring.size // 2:
                    self._keep(job)

    def _keep(self, job: Job) -> None:
        """Copy what was drained out of the ring's way, or give up that the job can start again."""
        ring = self._ring
        if job.spool is None:
            job.spool = Spool(self._area, str(job.id))
        if ring.drained_to > self._policy.keep_copy or not pour(ring, job, ring.drained_to, in_memory=True):
            ring.retain = False
            job.whole = False
            job.spool.discard()
            job.spool = None
        ring.release(ring.drained_to)

    def _lose(self, connection: Connection) -> None:
        self.unclean = True  # it may only have lost its cable, and hold the beginning of the job still
        if self._connection is connection:
            self._connection = None
        self._gone(connection)

    def _again(self, job: Job) -> bool:
        if self._policy.after_power_cycle != "restart" or not job.whole:
            return False
        logger.warning("job %d starts again: the printer went away after %d bytes", job.id, job.printed)
        job.printed = 0
        return True

    def _clean(self, connection: Connection, job: Job) -> None:
        """End the broken job that the machine holds, in its language or else by a reset."""
        rest = memoryview(bytearray(self._driver.abort()))
        if not rest:
            connection.reset()
        while rest and not job.stopping and not self._closing:
            rest = rest[connection.write(rest) :]
        self.unclean = len(rest) > 0


def pour(ring: Ring, job: Job, to: int, in_memory: bool) -> bool:
    """Append the ring's bytes up to position `to` to the job's spool; return whether there was room in memory."""
    position = job.spool.end_at
    while position < to:
        view = ring.bytes_at(position)[: to - position]
        if not in_memory:
            job.spool.append(view)
        elif not job.spool.append_in_memory(view):
            return False
        position += len(view)
    return True
