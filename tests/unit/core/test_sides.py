"""Sides that came out are counted over jobs and restarts, and never back."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from feedpath.core.device import START_BYTES
from tests.fakes.machine import WATCHDOG_S, Body, Box, Machine, until


def run(coroutine: "Coroutine[Any, Any, None]") -> None:
    asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def test_sides_are_counted_over_all_jobs_and_restarts(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path) as box:
            for sides in (5, 2, 0):
                job = box.submit()
                job.sent = sides
                box.printer.cancel(job)
            assert box.printer.sides == 7
        async with Box(tmp_path) as again:
            assert again.printer.sides == 7

    run(main())


def test_a_job_that_starts_again_prints_its_sides_anew(tmp_path: Path) -> None:
    async def main() -> None:
        machine = Machine()
        machine.busy.set()
        async with Box(tmp_path, machine) as box:
            job = box.submit()
            await job.receive(Body(b"x" * START_BYTES))
            await until(lambda: job.begun)
            counts = []
            for sides in (4, 4, 0, 3):
                job.sent = sides
                counts.append(box.printer.sides)
            assert counts == [4, 4, 4, 7]

    run(main())
