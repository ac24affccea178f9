"""Further copies of a document, where neither its client nor the driver makes them: each is a job of its own."""

import os

from feedpath import aio
from feedpath.core.job import Job
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused

UNFINISHED = "The document could not be copied."

Options = dict[str, object]


async def copied(job: Job, others: "list[Options]") -> "list[Job]":
    """Return a held job more for each of the options, of a kept document; all or none: raise Refused without room."""
    made: "list[Job]" = []
    if not others:
        return made
    if not job.kept:
        raise Refused("spool-area-full")  # it was known when it began to print that it would not fit
    file = StoredFile(await aio.offload(job.spool.descriptor))
    try:
        for options in others:
            made.append(job.printer.submit(_ticket(job, options)))
            await made[-1].receive(file)
            file.rewind()
        await aio.gather(*(copy.finish() for copy in made))
    except BaseException:
        for copy in made:
            copy.abort("aborted-by-system", UNFINISHED)
        raise
    finally:
        file.close()
    return made


def _ticket(job: Job, options: Options) -> Ticket:
    told = job.ticket
    return Ticket(
        told.name, told.user, told.host, told.format, document_name=told.document_name, hold=True, options=options
    )


class StoredFile:
    """A stored document as a job receives it. `close` it in the end."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._at = 0

    async def readinto(self, view: memoryview) -> int:
        """Give what comes next, 0 at the end."""
        count: int = await aio.offload(os.preadv, self._descriptor, [view], self._at)
        self._at += count
        return count

    def rewind(self) -> None:
        """Begin again at the start."""
        self._at = 0

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)
