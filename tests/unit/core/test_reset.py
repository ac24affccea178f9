"""A machine is reset when somebody asks for it, and no job is at it."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from feedpath.core.job import COMPLETED
from feedpath.errors import Refused
from tests.fakes.machine import WATCHDOG_S, Body, Box, Machine, until


def run(coroutine: "Coroutine[Any, Any, None]") -> None:
    asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def test_a_warm_reset_leaves_the_machine_where_it_is(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path, Machine()) as box:
            await box.device.reset(cold=False)
            assert (box.machine.resets, box.device.connection, box.device.ready) == (1, box.machine, True)
            job = await box.print(b"x" * 100)
            await until(lambda: job.over)
            assert (job.state, bytes(box.machine.received)) == (COMPLETED, b"x" * 100)

    run(main())


def test_a_cold_reset_lets_go_of_the_machine_so_that_it_is_met_anew(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path, Machine()) as box:
            await box.device.reset(cold=True)
            await until(lambda: box.machine.closed)
            assert (box.machine.resets, box.device.connection) == (1, None)

    run(main())


def test_a_machine_that_goes_away_over_it_is_away(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path, Machine()) as box:
            box.machine.gone = True
            await box.device.reset(cold=False)
            assert box.device.connection is None and not box.device.ready

    run(main())


class Slow(Machine):
    """A machine that takes its time over a reset."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.done = threading.Event(), threading.Event()

    def reset(self) -> None:
        """Wait until it is done."""
        self.asked.set()
        self.done.wait(WATCHDOG_S)
        super().reset()


def test_no_job_begins_while_the_machine_is_reset(tmp_path: Path) -> None:
    async def main() -> None:
        machine = Slow()
        async with Box(tmp_path, machine) as box:
            under_way = asyncio.create_task(box.device.reset(cold=False))
            await until(machine.asked.is_set)
            job = await box.print(b"x" * 100)
            assert (box.device.current, bytes(machine.received)) == (None, b"")
            machine.done.set()
            await under_way
            await until(lambda: job.over)
            assert bytes(machine.received) == b"x" * 100

    run(main())


@pytest.mark.parametrize("plugged", [True, False])
def test_it_is_refused_while_a_job_is_at_the_machine_or_it_is_away(tmp_path: Path, plugged: bool) -> None:
    async def main() -> None:
        machine = Machine()
        machine.busy.set()
        async with Box(tmp_path, machine, plugged=plugged) as box:
            await box.submit().receive(Body(b"x" * 100))
            if plugged:
                await until(lambda: box.device.current)
            with pytest.raises(Refused):
                await box.device.reset(cold=True)
            assert machine.resets == 0

    run(main())
