"""What a machine must be sent after each power-on: it comes before any job, and never in the middle of one."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from feedpath.core import prologue
from feedpath.core.connection import Gone
from feedpath.core.job import COMPLETED
from feedpath.core.prologue import FAILED, LOADING, NEEDED, prepare
from tests.fakes.machine import WATCHDOG_S, Body, Box, Clock, Machine, until

FIRMWARE = bytes(range(256)) * 1000
DOCUMENT = b"a document" * 5000
RUNS = "RUNS:1;"


class Sleeper(Machine):
    """A machine that needs FIRMWARE; renumerates: it goes away when it has got it."""

    def __init__(self, renumerates: bool = False):
        super().__init__()
        self.renumerates = renumerates

    def write(self, view: memoryview) -> int:
        """Take some; begin to run it when all of it is there."""
        count = super().write(view)
        if self.received == FIRMWARE:
            self.device_id += RUNS
            self.gone = self.renumerates
        return count


class Wanted:
    """The Prologue of such a machine. content: what there is to be sent."""

    def __init__(self, content: bytes = FIRMWARE):
        self.content = content

    def read(self) -> bytes:
        return self.content

    def runs(self, device_id: str) -> bool:
        return RUNS in device_id


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have machines looked at more often."""
    monkeypatch.setattr(prologue, "LOOK_S", 0.005)


def run(coroutine: "Coroutine[Any, Any, None]") -> None:
    asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def test_a_machine_gets_it_before_a_job_that_waits_for_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path) as box:
            job = await box.print(DOCUMENT)
            machine = Sleeper()
            box.device.attach(machine, Wanted())
            await until(lambda: job.over)
            assert job.state == COMPLETED and machine.received == FIRMWARE + DOCUMENT
            assert box.printer.reasons == []

    run(main())


def test_a_machine_that_nobody_prints_on_gets_it_too(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path) as box:
            machine = Sleeper()
            box.device.attach(machine, Wanted())
            await until(lambda: box.device.ready)
            assert machine.received == FIRMWARE

    run(main())


def test_a_job_waits_and_is_told_why_until_the_file_is_given(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path) as box:
            machine, wanted = Sleeper(), Wanted(b"")
            box.device.attach(machine, wanted)
            await until(lambda: box.printer.reasons == [NEEDED])
            job = await box.print(DOCUMENT)
            assert not job.over and not machine.received
            wanted.content = FIRMWARE
            await until(lambda: job.over)
            assert job.state == COMPLETED and machine.received == FIRMWARE + DOCUMENT

    run(main())


def test_it_is_sent_again_after_a_power_cycle_and_the_job_starts_again_behind_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path) as box:
            first, gate = Sleeper(), asyncio.Semaphore(3)
            box.device.attach(first, Wanted())
            await until(lambda: box.device.ready)
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT, 10_000, gate)))
            await until(lambda: len(first.received) == len(FIRMWARE) + 30_000)
            first.gone = True
            gate.release()
            await until(lambda: box.device.connection is None)
            second = Sleeper()
            box.device.attach(second, Wanted())
            for _ in DOCUMENT:
                gate.release()
            await receiving
            await job.finish()
            assert job.state == COMPLETED and second.received == FIRMWARE + DOCUMENT

    run(main())


def test_a_machine_may_go_away_when_it_has_got_it_and_come_back_running(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path) as box:
            job, asleep = await box.print(DOCUMENT), Sleeper(renumerates=True)
            box.device.attach(asleep, Wanted())
            await until(lambda: box.device.connection is None)
            assert asleep.received == FIRMWARE and not box.device.ready
            awake = Machine()
            box.device.attach(awake)
            await until(lambda: job.over)
            assert job.state == COMPLETED and awake.received == DOCUMENT

    run(main())


def test_a_machine_that_takes_nothing_does_not_keep_the_firmware_from_ending(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path) as box:
            machine = Sleeper()
            machine.busy.set()
            box.device.attach(machine, Wanted())
            await until(lambda: box.printer.reasons == [LOADING])
            box.device.detach()
            box.device.attach(machine, Wanted())

    run(main())


class Steps:
    """A `quit` that nothing sets: each wait for it makes a step of time."""

    def __init__(self, clock: Clock, last: int):
        self._clock = clock
        self._left = last

    def is_set(self) -> bool:
        return self._left <= 0

    def wait(self, _seconds: float) -> bool:
        self._left -= 1
        self._clock.now += 10
        return self.is_set()


def test_a_machine_that_does_not_start_is_told_of_and_not_sent_the_same_again() -> None:
    told: "list[tuple[str, ...]]" = []
    clock, machine = Clock(), Machine()
    assert not prepare(machine, Wanted(), Steps(clock, 6), told.append, clock)  # type: ignore[arg-type]
    assert told[:2] == [(LOADING,), (FAILED,)]
    assert machine.received == FIRMWARE


def test_another_file_is_sent_when_the_first_was_wrong() -> None:
    told: "list[tuple[str, ...]]" = []
    machine, wanted = Sleeper(), Wanted(b"wrong")

    class Corrected(Steps):
        def wait(self, seconds: float) -> bool:
            machine.received.clear()
            wanted.content = FIRMWARE
            return super().wait(seconds)

    clock = Clock()
    assert prepare(machine, wanted, Corrected(clock, 6), told.append, clock)  # type: ignore[arg-type]
    assert machine.writes[0] == len(b"wrong") and RUNS in machine.device_id


def test_a_machine_that_goes_away_is_no_failure_of_ours() -> None:
    machine = Machine()
    machine.gone = True
    with pytest.raises(Gone):
        prepare(machine, Wanted(), threading.Event(), lambda reasons: None)
