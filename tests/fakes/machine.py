"""A machine in memory: a Connection whose speed, faults and absence tests set, and a box of core parts around it."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from feedpath.back.pdl.inflate import Inflate
from feedpath.back.pdl.passthrough import PassThrough
from feedpath.core.connection import Gone
from feedpath.core.device import Device
from feedpath.core.driver import Driver
from feedpath.core.job import Job
from feedpath.core.policy import Policy
from feedpath.core.printer import Printer
from feedpath.core.spool import Area, Spool
from feedpath.core.ticket import Ticket
from feedpath.host.store import SqliteStore

WATCHDOG_S = 30
NAP_S = 0.01  # what a write waits before it says that nothing was taken


class Machine:
    """What stands at the end of the cable. received: what it took. takes: what a write takes of so many bytes."""

    device_id = "MFG:Feedpath;MDL:Memory;CMD:URF,PWGRaster,JPEG,PDF;SN:1;"
    make = "Feedpath"
    model = "Memory"
    serial = "1"

    def __init__(self, takes: "Callable[[int], int] | None" = None):
        self.received = bytearray()
        self.writes: "list[int]" = []
        self.addresses: "list[memoryview]" = []
        self.takes = takes
        self.gone = False
        self.busy = threading.Event()  # set: it takes nothing
        self.told: "list[str]" = []
        self.says = b""
        self.answers = False
        self.resets = 0
        self.closed = False

    def write(self, view: memoryview) -> int:
        """Take what `takes` says."""
        if self.busy.is_set():
            threading.Event().wait(NAP_S)
        self._look()
        if self.busy.is_set():
            return 0
        count = len(view) if self.takes is None else max(0, min(len(view), self.takes(len(view))))
        self.received += view[:count]
        self.writes.append(count)
        return count

    def interrupt(self) -> None:
        """Nothing waits here for long."""

    def read(self, view: memoryview) -> int:
        """Give what it says, once."""
        self._look()
        count = len(self.says)
        view[:count] = self.says
        self.says = b""
        return count

    def reasons(self) -> "list[str]":
        """Return what it tells."""
        self._look()
        return self.told

    def identify(self) -> str:
        """Tell who it is."""
        self._look()
        return self.device_id

    def reset(self) -> None:
        """Count it."""
        self._look()
        self.resets += 1

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def _look(self) -> None:
        if self.gone:
            raise Gone("unplugged")


async def until(condition: "Callable[[], object]") -> None:
    """Wait until `condition` holds; fail after WATCHDOG_S."""
    for _ in range(int(WATCHDOG_S / NAP_S)):
        if condition():
            return
        await asyncio.sleep(NAP_S)
    raise AssertionError("it did not come true in time")


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


class Box:
    """The core with one device and one printer, on a directory; `async with` it."""

    def __init__(
        self,
        directory: Path,
        machine: "Machine | None" = None,
        *,
        plugged: bool = True,
        memory: int = 1 << 25,
        storage: int = 1 << 30,
        clock: "Callable[[], float]" = time.monotonic,
        driver: "Driver | None" = None,
        **policy: object,
    ):
        self.directory = directory
        self.machine = machine or Machine()
        self._plugged = plugged and machine is not None
        self.policy = Policy()
        for name, value in policy.items():
            setattr(self.policy, name, value)
        self._memory = memory
        self._storage = storage
        self._clock = clock
        self._driver = driver or PassThrough(("URF", "PWGRASTER", "JPEG", "PDF"), False)

    async def __aenter__(self) -> "Box":
        self.store = SqliteStore(self.directory / "state.db")
        self.area = Area(self.directory / "spool", self._storage, self._memory)
        self.device = Device(
            "memory:1",
            self._driver,
            self.area,
            self.store,
            self.policy,
            clock=self._clock,
        )
        decoders = {
            kind: (lambda kind=kind: Inflate(kind, self.policy.decompress_ratio, self.policy.decompress_limit))
            for kind in ("gzip", "deflate")
        }
        self.printer = Printer(
            "Memory", "00000000-0000-4000-8000-000000000001", self.device, self.store, self.policy, decoders
        )
        stored = self.area.stored()
        self.jobs = {}
        for id, record in self.store.jobs():
            self.jobs[id] = self.printer.restore(
                id, record, Spool.stored(self.area, str(id)) if str(id) in stored else None
            )
        if self._plugged:
            self.device.attach(self.machine)
        return self

    async def print(self, data: bytes, piece: int = 1 << 20, **ticket: Any) -> Job:
        """Return the job that printed, or queued, `data`, when its client would have been told ok."""
        job = self.submit(**ticket)
        await job.receive(Body(data, piece))
        await job.finish()
        return job

    def submit(self, printer: "Printer | None" = None, **ticket: Any) -> Job:
        """Return a new job."""
        asked: "dict[str, Any]" = {"format": "image/urf", **ticket}
        return (printer or self.printer).submit(Ticket(**asked))

    async def __aexit__(self, *_exc: object) -> None:
        await self.device.close()
        await asyncio.get_running_loop().run_in_executor(None, self.store.close)


class Body:
    """A document as `Job.receive` reads it, in pieces, then the end. `gate` is waited for before each."""

    def __init__(self, data: bytes, piece: int = 1 << 20, gate: "asyncio.Semaphore | None" = None):
        self._data = memoryview(data)
        self._piece = piece
        self._gate = gate

    async def readinto(self, view: memoryview) -> int:
        """Give the next piece."""
        if self._gate is not None:
            await self._gate.acquire()
        else:
            await asyncio.sleep(0)
        count = min(len(view), self._piece, len(self._data))
        view[:count] = self._data[:count]
        self._data = self._data[count:]
        return count
