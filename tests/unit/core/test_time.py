"""What time jobs have: the one that the appliance gives, at any date."""

import asyncio

import pytest

from feedpath.front.ipp import values
from tests.fakes.machine import WATCHDOG_S, Box, Machine, until


@pytest.mark.parametrize("now, year", [(0.0, 1970), (2_147_483_648.5, 2038), (4_294_967_296.5, 2106), (1e10, 2286)])
def test_a_job_has_the_times_that_are_told_at_any_date_and_after_a_restart(tmp_path, now, year):
    async def main():
        async with Box(tmp_path, Machine(), now=lambda: now) as box:
            job = await box.print(b"document")
            await until(lambda: job.over)
            assert job.created == job.processing == job.completed == box.printer.changed_at == now
        async with Box(tmp_path) as box:
            again = box.printer.jobs[job.id]
            assert again.created == again.completed == now
            assert values.date_time(again.completed)[0] == year

    asyncio.run(asyncio.wait_for(main(), WATCHDOG_S))
