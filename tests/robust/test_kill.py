"""kill -9 while clients print: what was acknowledged is never lost, no id comes twice, nothing is left over."""

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from feedpath.core import writer
from feedpath.host.store import SqliteStore
from tests.fakes import machine
from tests.fakes.machine import Box, Machine
from tests.fakes.netns import until
from tests.fakes.virtual_printer import VirtualPrinter
from tests.robust.documents import Stream, document
from tests.robust.firmware import Firmware, installed
from tests.robust.ippclient import (
    ABORTED,
    CANCELED,
    COMPLETED,
    HELD,
    PROCESSING,
    Client,
)
from tests.robust.ledger import CLIENTS, Job, Ledger, submit

KILLS = 100
LONGEST_RUN_S = 0.3
KILLED_AT_START = 0.15  # of the starts are cut short ...
LONGEST_START_S = 0.5  # ... within this time
SPEEDS = (100_000, 1_000_000, None)  # bytes a second that the printer takes
SETTINGS = ("stall-seconds=0", "stall-seconds=1", "stream=never")  # each run has one of these


def check(firmware: Firmware, ledger: Ledger) -> None:
    """Compare what the firmware knows after a restart, while the printer takes nothing, with what was promised."""
    with Client(firmware.port) as client:
        jobs = client.jobs("all", "job-id", "job-uuid", "job-state", "job-state-message", "job-k-octets")
    waiting = {f"{id}.document" for id, job in jobs.items() if job["job-state"][0] < CANCELED}
    until(lambda: firmware.spooled() <= waiting, "files that belong to no job to be deleted")
    for job in jobs.values():
        ledger.hear(job)
    for id in ledger.created:
        assert id in jobs, f"job {id} was created and is gone"
        assert jobs[id]["job-state"][0] not in (CANCELED, ABORTED) or jobs[id]["job-state-message"][0]
    ledger.created.clear()
    for id, promised in list(ledger.acknowledged.items()):
        assert id in jobs, f"job {id} was acknowledged and is gone"
        state = jobs[id]["job-state"][0]
        assert state not in (CANCELED, ABORTED), f"job {id} was acknowledged: {jobs[id]}"
        if state == COMPLETED:
            ledger.printed[id] = ledger.acknowledged.pop(id)
        else:
            assert jobs[id]["job-k-octets"] == [-(-promised.length // 1024)]


def start_until_it_stands(firmware: Firmware, choose: random.Random) -> None:
    """Start the firmware; now and then, kill it a few times before it has."""
    while choose.random() < KILLED_AT_START:
        firmware.launch()
        threading.Event().wait(choose.uniform(0, LONGEST_START_S))
        firmware.kill()
    firmware.start()


def run_until_killed(firmware: Firmware, ledger: Ledger, choose: random.Random, pool: ThreadPoolExecutor) -> None:
    """Let clients print for a while, then kill the firmware in the middle of it."""
    clients = [pool.submit(submit, firmware.port, ledger, random.Random(choose.random())) for _ in range(CLIENTS)]
    threading.Event().wait(choose.uniform(0, LONGEST_RUN_S))
    firmware.kill()
    for client in clients:
        client.result()


def test_whatever_was_acknowledged_survives_kill_9(tmp_path: Path, seed: int, crowd: ThreadPoolExecutor) -> None:
    choose, ledger = random.Random(seed), Ledger()
    with installed(tmp_path / "data", "job-history=2000", SETTINGS[0]) as (firmware, printer, _):
        firmware.stop()
        for _ in range(KILLS):
            firmware.settings[-1:] = [choose.choice(SETTINGS)]
            printer.busy = True
            start_until_it_stands(firmware, choose)
            check(firmware, ledger)
            printer.speed = choose.choice(SPEEDS)
            printer.busy = choose.random() < 0.2
            run_until_killed(firmware, ledger, choose, crowd)
        print_the_rest(firmware, printer)
        check(firmware, ledger)
        assert not ledger.acknowledged, "they wait for ever"
        assert firmware.holds_none()
        assert len(ledger.printed) > 2 * KILLS, "the clients hardly came to print"
        check_stream(Stream(printer.received), list(ledger.printed.values()))
        assert not firmware.trouble()


def print_the_rest(firmware: Firmware, printer: VirtualPrinter) -> None:
    """Start once more, and let the printer print all that waits."""
    printer.busy, printer.speed = False, None
    firmware.start()
    with Client(firmware.port) as client:
        until(lambda: not client.jobs("not-completed"), "all jobs to end")


def check_stream(stream: Stream, printed: "list[Job]") -> None:
    """Fail unless each document stands in the stream whole; a kill may have left the half of one."""
    assert not stream.strange
    assert len(stream.halves) <= KILLS  # while it starts, the printer is busy
    missing = [job for job in printed if job.length > 1 and not stream.whole[job.number]]
    assert not missing
    assert stream.whole[0] >= sum(job.length == 1 for job in printed)


def test_a_document_is_deleted_only_when_its_jobs_end_is_on_record(tmp_path: Path, monkeypatch) -> None:
    async def written(store: SqliteStore, durable: bool = False) -> None:
        await really_written(store, durable)
        await writing.wait()

    async def main() -> None:
        slow = Machine()
        async with Box(tmp_path, slow, stream=False) as box:
            writing.set()
            slow.busy.set()
            job = await box.print(document(1, 1000))
            stored = box.area.stored()
            writing.clear()
            slow.busy.clear()
            await machine.until(lambda: job.over)
            assert stored and box.area.stored() == stored
            writing.set()
            await machine.until(lambda: not box.area.stored())

    really_written, writing = SqliteStore.written, asyncio.Event()
    monkeypatch.setattr(SqliteStore, "written", written)
    asyncio.run(asyncio.wait_for(main(), machine.WATCHDOG_S))


def test_a_job_that_was_taken_up_ends_with_its_last_byte(tmp_path: Path, monkeypatch) -> None:
    async def main() -> None:
        absent = Machine()
        async with Box(tmp_path, absent, stream=False) as box:
            absent.busy.set()
            await box.print(document(1, 1000))
        async with Box(tmp_path, Machine()) as box:
            (job,) = box.jobs.values()
            await machine.until(lambda: job.state == COMPLETED)

    monkeypatch.setattr(writer, "LOOK_S", 2 * machine.WATCHDOG_S)  # so nothing must wait for that
    asyncio.run(asyncio.wait_for(main(), 2 * machine.WATCHDOG_S))


def test_a_printer_that_holds_half_a_job_of_the_run_before_forgets_it_first(tmp_path: Path) -> None:
    with installed(tmp_path / "data", "stall-seconds=0") as (firmware, printer, _):
        printer.speed = 100_000
        with Client(firmware.port) as client:
            client.print(document(1, 200_000))
            assert printer.wait_for(lambda: printer.total > 1000)
            firmware.kill()
        half = printer.total
        printer.speed = None
        firmware.start()
        with Client(firmware.port) as client:
            until(lambda: not client.jobs("not-completed"), "the job to end")
        assert printer.received[half:] == document(1, 200_000)
        assert printer.resets == 1


@pytest.mark.parametrize("policy, state", [("hold", HELD), ("abort", ABORTED)])
def test_a_job_that_a_crash_cuts_short_does_as_the_setting_says_and_says_why(
    tmp_path: Path, policy: str, state: int
) -> None:
    settings = ("stall-seconds=0", f"after-power-cycle={policy}")
    with installed(tmp_path / "data", *settings) as (firmware, printer, _):
        printer.speed = 100_000
        with Client(firmware.port) as client:
            id = client.print(document(1, 200_000)).job["job-id"][0]
            assert printer.wait_for(lambda: printer.total > 1000)
            until(lambda: client.job(id)["job-state"] == [PROCESSING], "the job to print")
            firmware.kill()
        firmware.start()
        with Client(firmware.port) as client:
            job = client.job(id)
        assert job["job-state"] == [state]
        assert "switched off" in job["job-state-message"][0]


def test_when_a_job_ended_is_known_after_a_restart(tmp_path: Path) -> None:
    with installed(tmp_path / "data") as (firmware, _, _):
        with Client(firmware.port) as client:
            job = client.ended(client.print(document(1, 1000)).job["job-id"][0])
        firmware.stop()
        firmware.start()
        with Client(firmware.port) as client:
            again = client.job(job["job-id"][0])
    assert again["date-time-at-completed"] == job["date-time-at-completed"] != [None]
    assert again["date-time-at-creation"] == job["date-time-at-creation"]
