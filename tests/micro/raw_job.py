"""Micro case: whole raw jobs travel from TCP through the ring to a device, alike on both Pythons."""

import asyncio
import hashlib
import sys

from feedpath import aio
from feedpath.core.job import COMPLETED, PROCESSING, Job
from feedpath.core.ring import Ring
from feedpath.core.ticket import Ticket
from feedpath.front.raw import Raw

PORT = int(sys.argv[1])  # a free one, held for us by the test that runs this
SLOTS, SLOT_BYTES = 4, 8192
DOCUMENT = bytes(range(256)) * 1024  # 8 times what the ring holds
BITE = 1000  # bytes that the machine takes at a time, so that writes are partial and the sender has to wait


class Machine:
    """A printer with one queue, and the desk that its jobs report to."""

    def __init__(self) -> None:
        self.jobs: "list[Job]" = []
        self.paper = hashlib.sha256()
        self.idle = aio.Event()
        self.fed = aio.Event()
        self._ring = Ring(SLOTS, SLOT_BYTES)

    @property
    def default(self) -> "Machine":
        return self

    def submit(self, ticket: "Ticket") -> "Job":
        job = Job(len(self.jobs) + 1, "", ticket, self, self, 0)
        self.jobs.append(job)
        return job

    def open(self, job: "Job") -> None:
        self._ring.restart()
        job.sink = self._ring
        job.become(PROCESSING)
        self.paper = hashlib.sha256()
        aio.create_task(self._print(job))

    async def _print(self, job: "Job") -> None:
        while True:
            view = await self._ring.ready_soon(job.printed)
            if not view:
                break
            bite = min(len(view), BITE)
            self.paper.update(view[:bite])
            job.printed += bite
            self._ring.drained(bite)
            self.fed.set()
            await aio.sleep_ms(0)
        if job.stopping is None:
            job.become(COMPLETED)
        else:
            job.become(*job.stopping)
        self.idle.set()

    def stop(self, _job: "Job") -> None:
        self._ring.close()

    def changed(self, job: "Job") -> None:
        print("job", job.id, "state", job.state, job.reasons)

    def complete(self, job: "Job") -> None:
        print("job", job.id, "received", job.received)

    def grown(self, _job: "Job") -> None:
        pass

    def leave(self, _job: "Job") -> None:
        pass

    async def recorded(self, _job: "Job") -> None:
        pass


async def send(data: bytes) -> None:
    """Send `data` as any client of port 9100 does: closing is the end of the job."""
    _reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    for start in range(0, len(data), 5000):
        writer.write(data[start : start + 5000])
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def jobs_come_out_whole_and_one_after_another(machine: Machine) -> None:
    for document in (DOCUMENT, b"\f", DOCUMENT[: SLOT_BYTES * SLOTS + 1]):
        machine.idle.clear()
        await send(document)
        await machine.idle.wait()
        printed = machine.paper.digest() == hashlib.sha256(document).digest()
        print("printed", machine.jobs[-1].printed, printed)


async def stopping_aborts_what_still_comes_in(machine: Machine, raw: Raw) -> None:
    machine.idle.clear()
    machine.fed.clear()
    _reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(b"half a page")
    await writer.drain()
    await machine.fed.wait()
    await raw.stop()
    await machine.idle.wait()
    print("printed", machine.jobs[-1].printed)
    writer.close()
    await writer.wait_closed()


async def main() -> None:
    machine = Machine()
    raw = Raw("127.0.0.1", PORT)
    await raw.start(machine)
    await jobs_come_out_whole_and_one_after_another(machine)
    await stopping_aborts_what_still_comes_in(machine, raw)


aio.run(main())
