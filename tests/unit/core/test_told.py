"""Jobs on a machine that tells of them: they are completed when the paper is out."""

import asyncio

import pytest

from feedpath.back.pdl import choose
from feedpath.core import told, watch
from feedpath.core.job import CANCELED, COMPLETED, HELD, PROCESSING, STOPPED
from tests.fakes import documents
from tests.fakes.machine import WATCHDOG_S, Box, Clock, Machine, until

PCL = ("PJL", "PCL")
TWO_SIDES = documents.urf(dpi=300, pages=2)
STARTED, ENDED, CANCELED_THERE = (
    b"@PJL USTATUS JOB\r\n%s\r\nPAGES=2\r\n\f" % word for word in (b"START", b"END", b"CANCELED")
)


def out(sides: int) -> bytes:
    """Return what a machine says when so many sides are out."""
    return b"@PJL USTATUS PAGE\r\n%d\r\n\f" % sides


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the machine's status without much ado."""
    monkeypatch.setattr(watch, "STATUS_S", 0.01)
    monkeypatch.setattr(watch, "PAPER_S", 0.01)


def run(coroutine) -> None:
    asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def pcl_box(tmp_path, machine, commands=PCL, **how):
    """Return a box whose machine speaks PCL and PJL."""
    return Box(tmp_path, machine, driver=choose.choose(commands, letter_first=False), **how)


async def said(machine: Machine, text: bytes) -> None:
    """Have the machine say something, and wait until it was read."""
    machine.says = text
    await until(lambda: not machine.says)


async def taken(box: Box, document: bytes = TWO_SIDES):
    """Return a job that the machine has whole and has begun to print, of which its client has been told ok."""
    box.machine.busy.set()
    printing = asyncio.ensure_future(box.print(document))
    await until(lambda: box.printer.jobs and list(box.printer.jobs.values())[-1].state == PROCESSING)
    await said(box.machine, STARTED)
    box.machine.busy.clear()
    return await printing


@pytest.mark.parametrize("commands", [PCL, ("PJL", "POSTSCRIPT")])
def test_a_job_is_completed_when_the_machine_says_that_it_is_out(tmp_path, commands):
    async def main():
        async with pcl_box(tmp_path, Machine(), commands) as box:
            job = await taken(box)
            words = [b"@PJL USTATUS JOB = ON", b"@PJL JOB", b"@PJL ENTER LANGUAGE", b"@PJL EOJ"]
            assert sorted(words, key=box.machine.received.index) == words  # it is asked to say so
            assert (job.state, job.taken, box.area.used) == (PROCESSING, True, 0)
            await said(box.machine, out(1))
            await until(lambda: job.impressions == 1)
            assert job.state == PROCESSING
            await said(box.machine, out(2) + ENDED)
            await until(lambda: job.over)
            assert (job.state, job.impressions) == (COMPLETED, 2)

    run(main())


def test_what_the_machine_counts_is_never_more_than_what_it_was_sent(tmp_path):
    async def main():
        async with pcl_box(tmp_path, Machine()) as box:
            job = await taken(box)
            await said(box.machine, out(99) + ENDED.replace(b"2", b"99"))
            await until(lambda: job.over)
            assert job.impressions == 2

    run(main())


def test_the_sides_of_one_job_are_not_those_of_the_next(tmp_path):
    async def main():
        async with pcl_box(tmp_path, Machine()) as box:
            first = await taken(box)
            await said(box.machine, out(2) + ENDED)
            await until(lambda: first.over)
            box.machine.busy.set()
            printing = asyncio.ensure_future(box.print(TWO_SIDES))
            await until(lambda: box.device.current is not None)
            await said(box.machine, out(9))  # late, and of nobody
            await said(box.machine, STARTED)
            second = box.device.current
            assert second.impressions == 0
            box.machine.busy.clear()
            await printing
            await said(box.machine, out(1) + ENDED.replace(b"2", b"1"))
            await until(lambda: second.over)
            assert (first.impressions, second.impressions) == (2, 1)

    run(main())


def test_a_machine_says_how_many_sides_a_document_has_that_we_cannot_read(tmp_path):
    async def main():
        async with pcl_box(tmp_path, Machine()) as box:
            box.machine.busy.set()
            printing = asyncio.ensure_future(box.print(b"\x1bEhello\f\x1bE", format="application/vnd.hp-pcl"))
            await until(lambda: box.device.current is not None)
            await said(box.machine, STARTED + out(7))
            box.machine.busy.clear()
            job = await printing
            assert job.impressions == 7

    run(main())


def test_the_next_job_waits_until_the_paper_of_the_last_is_out(tmp_path):
    async def main():
        async with pcl_box(tmp_path, Machine(), stall_s=0.01) as box:
            first = await taken(box)
            second = await box.print(TWO_SIDES)
            assert (first.state, second.processing) == (PROCESSING, None)
            await said(box.machine, ENDED)
            await until(lambda: second.processing is not None)
            assert first.state == COMPLETED

    run(main())


def test_a_machine_that_says_no_more_is_not_waited_for_for_ever(tmp_path):
    async def main():
        clock = Clock()
        async with pcl_box(tmp_path, Machine(), clock=clock) as box:
            job = await taken(box)
            clock.now += told.QUIET_S - 1
            await said(box.machine, out(1))
            await until(lambda: job.impressions == 1)
            clock.now += 2
            assert job.state == PROCESSING
            clock.now += told.QUIET_S
            await until(lambda: job.over)
            assert (job.state, job.impressions) == (COMPLETED, 1)

    run(main())


def test_a_job_that_the_machine_does_not_tell_of_is_soon_completed(tmp_path):
    async def main():
        clock = Clock()
        async with pcl_box(tmp_path, Machine(), clock=clock) as box:
            first = await taken(box)
            await said(box.machine, ENDED)
            await until(lambda: first.over)
            raw = await box.print(b"\x1bEhello\f\x1bE", format="application/vnd.hp-pcl")
            assert raw.state == PROCESSING and raw.taken
            clock.now += told.START_S
            await until(lambda: raw.state == COMPLETED)

    run(main())


def test_a_job_waits_for_paper_though_the_machine_has_all_of_it(tmp_path):
    async def main():
        clock = Clock()
        async with pcl_box(tmp_path, Machine(), clock=clock) as box:
            job = await taken(box)
            box.machine.told = ["media-empty-error"]
            await until(lambda: "media-needed-error" in box.printer.reasons)
            clock.now += 10 * told.QUIET_S
            await until(lambda: job.state == STOPPED)
            box.machine.told = []
            await until(lambda: not box.printer.reasons)
            await said(box.machine, ENDED)
            await until(lambda: job.state == COMPLETED)

    run(main())


def test_a_job_that_is_canceled_at_the_machine_is_not_completed(tmp_path):
    async def main():
        async with pcl_box(tmp_path, Machine()) as box:
            job = await taken(box)
            await said(box.machine, CANCELED_THERE)
            await until(lambda: job.over)
            assert (job.state, job.reasons) == (CANCELED, ("job-canceled-at-device",))

    run(main())


def test_a_job_is_canceled_while_its_paper_comes_out(tmp_path):
    async def main():
        async with pcl_box(tmp_path, Machine()) as box:
            job = await taken(box)
            job.cancel()
            await until(lambda: job.over)
            assert (job.state, job.reasons) == (CANCELED, ("job-canceled-by-user",))

    run(main())


@pytest.mark.parametrize("policy", ["restart", "hold"])
def test_a_machine_that_goes_away_with_all_of_a_job_has_not_printed_it(tmp_path, policy):
    async def main():
        machine = Machine()
        async with pcl_box(tmp_path, machine, after_power_cycle=policy) as box:
            job = await taken(box)
            machine.gone = True
            await until(lambda: box.device.connection is None)
            if policy == "hold":
                await until(lambda: job.state == HELD and job.secured)
            again = Machine()
            box.device.attach(again)
            if policy == "hold":
                other = await box.print(TWO_SIDES)
                assert other.state == COMPLETED
                box.printer.release(job)
            await until(lambda: job.over)
            assert (job.state, job.impressions) == (COMPLETED, 2)
            assert again.received.count(b"@PJL ENTER LANGUAGE") == 1 + (policy == "hold")

    run(main())
