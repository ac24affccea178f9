"""Small pictures of the documents that are kept for jobs: made one at a time when somebody looks, kept in memory."""

import asyncio
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable

from feedpath import aio
from feedpath.core.driver import Conversion, Source
from feedpath.core.job import Job
from feedpath.core.ring import Closed
from feedpath.core.spool import Spool
from feedpath.errors import Refused, WireError

logger = logging.getLogger(__name__)

KEPT_MOST = 50  # pictures: a page shows as many jobs of a printer
BYTES_MOST = 256 * 1024  # of a picture; they have 2 to 40 kB
MAKING_S = 20.0  # what one may take
HEAD_BYTES = 4096  # of a document, for telling what it is

Making = Callable[[Source], Conversion]


def making(job: Job) -> "Making | None":
    """Return what makes the picture of a job's document; None where there can be none: it is not kept, or protected."""
    kept = job.ended and not job.over and job.spool is not None and job.sink is job.spool and not job.spool.base
    if not kept or job.ticket.password:
        return None
    made: "Making | None" = job.printer.device.driver.preview(job.ticket)
    return made


class Previews:
    """The pictures of all jobs, the last that were asked for."""

    def __init__(self) -> None:
        self._kept: "OrderedDict[int, bytes]" = OrderedDict()
        self._turn = asyncio.Lock()

    async def of(self, job: Job) -> bytes:
        """Return the picture of a job's first sheet as PNG; nothing when there is none."""
        async with self._turn:
            make = making(job)
            if make is None:
                self._kept.pop(job.id, None)
                return b""
            if job.id not in self._kept:
                self._kept[job.id] = await aio.offload(_made, make, job.spool, job.id)
                if len(self._kept) > KEPT_MOST:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(job.id)
            return self._kept[job.id]


def _made(make: Making, spool: Spool, id: int) -> bytes:
    """Return a picture, made in this thread; nothing when it cannot be made within its bounds."""
    try:
        with _Stored(spool) as source:
            return _bounded(make(source))
    except (WireError, Refused, OSError, Closed) as error:
        logger.info("job %d has no preview: %s", id, error)
        return b""


def _bounded(conversion: Conversion) -> bytes:
    timer = threading.Timer(MAKING_S, conversion.stop)
    timer.start()
    picture = bytearray()
    try:
        for piece in conversion:
            picture += piece
            if len(picture) > BYTES_MOST:
                return b""
        return bytes(picture)
    finally:
        timer.cancel()
        conversion.stop()
        timer.join()


class _Stored:
    """A document that stands in a spool, as the Source of a conversion in a process of its own."""

    def __init__(self, spool: Spool):
        self._file = spool.descriptor()

    def peek(self, wanted: "Callable[[], bool]" = lambda: True) -> memoryview:
        """Return how it begins."""
        return memoryview(os.pread(self._file, HEAD_BYTES, 0))

    def took(self, count: int) -> None:
        """Nothing is taken: the process reads it."""

    def descriptor(self) -> int:
        """Return a descriptor of all of it, for the caller to close."""
        return os.dup(self._file)

    def __enter__(self) -> "_Stored":
        return self

    def __exit__(self, *_trouble: object) -> None:
        os.close(self._file)
