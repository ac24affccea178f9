"""The document of the job at the machine, as it is read: out of the ring, or out of the spool."""

import threading

from feedpath.core.job import Job
from feedpath.core.policy import Policy
from feedpath.core.ring import Ring
from feedpath.core.spool import Area, Spool


class Document:
    """One job's document, read from its start by one thread; `job.printed` counts what it is done with.

    What was read is kept as far as the policy lets it, so that the job can start again. `lock` guards which of ring and
    spool holds what of the job.
    """

    def __init__(self, job: Job, ring: Ring, area: Area, policy: Policy, lock: threading.Lock):
        self.job = job
        self._ring = ring
        self._area = area
        self._policy = policy
        self._lock = lock

    @property
    def ended(self) -> bool:
        """Return whether all of it came and was taken."""
        return self.job.ended and self.job.printed == self.job.received

    def ready(self, seconds: float) -> memoryview:
        """Wait for bytes that were not taken yet; return them, or nothing after `seconds` or at the end."""
        job, position = self.job, self.job.printed
        with self._lock:
            spool = job.spool
            stored = spool is not None and (job.sink is spool or position < spool.end_at)
        source = spool if stored else self._ring
        view: memoryview = source.ready(position, seconds)
        return view

    def took(self, count: int) -> None:
        """Be done with the first `count` bytes of what was ready."""
        job, ring = self.job, self._ring
        with self._lock:
            job.printed += count
            if job.sink is ring and job.printed > ring.drained_to:
                ring.drained(job.printed - ring.drained_to)
                if ring.retain and ring.drained_to - ring.released_to >= ring.size // 2:
                    self._keep()

    def _keep(self) -> None:
        """Copy what was drained out of the ring's way, or give up that the job can start again."""
        job, ring = self.job, self._ring
        if job.spool is None:
            job.spool = Spool(self._area, str(job.id))
        if ring.drained_to > self._policy.keep_copy or not pour(ring, job, ring.drained_to, in_memory=True):
            ring.retain = False
            job.whole = False
            job.spool.discard()
            job.spool = None
        ring.release(ring.drained_to)

    def wake(self) -> None:
        """Wake whoever waits for it, to look again."""
        self._ring.wake()
        spool = self.job.spool
        if spool is not None:
            spool.wake()

    def descriptor(self) -> int:
        """Return a descriptor of a document that came whole, for its reader to close; raise OSError."""
        descriptor: int = self.job.spool.descriptor()
        return descriptor

    def close(self) -> None:
        """Be done with reading it; the bytes stay where they are."""


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
