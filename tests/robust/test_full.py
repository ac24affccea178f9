"""No room left, on the disk or in the spool: nothing accepted is lost, and it works again when there is room."""

import os
import random
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.netns import until
from tests.robust.documents import Stream, document
from tests.robust.firmware import Firmware, Installation, installed
from tests.robust.ippclient import COMPLETED, CREATE_JOB, GOOD, PENDING, PROCESSING, STOPPED, Client

MIB = 1024 * 1024
DISK = 24  # MiB
LENGTH = 2 * MIB  # of a document
SETTINGS = ("stream=never",)
TEMPORARY_ERROR = 0x0505  # RFC 8011, B.1.5.6: such as a full disk
WAITING = (PENDING, PROCESSING, STOPPED)


@pytest.fixture
def disk(tmp_path: Path) -> "Iterator[Path]":
    """A directory on a small disk of its own."""
    if os.geteuid():
        pytest.skip("only root can mount a disk")
    directory = tmp_path / "data"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", directory], check=True)
    yield directory
    subprocess.run(["umount", directory], check=True)


def fill(disk: Path) -> Path:
    """Write a file that takes all the room that is left; return it."""
    path = disk / "somebody-elses"
    with open(path, "wb", buffering=0) as file:
        for size in (MIB, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
    return path


def print_until_refused(client: Client, numbers: "Iterable[int]", length: int) -> "dict[int, int]":
    """Print documents until one is refused as it should be; return the accepted ones: job id to number."""
    accepted: "dict[int, int]" = {}
    for number in numbers:
        answer = client.print(document(number, length))
        if answer.status not in GOOD:
            assert hex(answer.status) == hex(TEMPORARY_ERROR), answer.sentence
            assert "no room" in answer.sentence
            return accepted
        accepted[answer.job["job-id"][0]] = number
    raise AssertionError("it takes more than there is room for")


def all_printed(running: Installation, accepted: "dict[int, int]") -> None:
    """Let the printer print what waits; fail unless that is every accepted document, whole."""
    running.printer.busy = False
    with Client(running.firmware.port) as client:
        until(lambda: not client.jobs("not-completed"), "all jobs to end")
        jobs = client.jobs()
    assert {jobs[id]["job-state"][0] for id in accepted} == {COMPLETED}
    stream = Stream(running.printer.received)
    assert not stream.strange
    assert set(accepted.values()) <= stream.whole.keys()


def prints(running: Installation) -> None:
    """Fail unless a good job is printed."""
    with Client(running.firmware.port) as client:
        number = random.randrange(10**6, 10**7)
        answer = client.print(document(number, 1000))
        assert answer.status in GOOD, answer.sentence
        assert client.ended(answer.job["job-id"][0])["job-state"] == [COMPLETED]
        assert Stream(running.printer.received).whole[number] == 1


@pytest.mark.parametrize("settings, limit", [((), DISK), (("spool-limit=16",), 16)], ids=["disk", "spool-limit"])
def test_a_full_spool_refuses_jobs_and_loses_none(disk: Path, settings: "tuple[str, ...]", limit: int) -> None:
    with installed(disk, *SETTINGS, *settings) as running:
        running.printer.busy = True
        with Client(running.firmware.port) as client:
            accepted = print_until_refused(client, range(1, 100), LENGTH)
            assert limit // 2 <= len(accepted) * LENGTH // MIB <= limit
            accepted |= print_until_refused(client, range(100, 200), LENGTH // 32)  # and to the brim
            assert {client.job(id)["job-state"][0] for id in accepted} <= set(WAITING)
            assert "spool-area-full-warning" in client.printer()["printer-state-reasons"]
            assert "no room" in client.printer()["printer-state-message"][0]
            refused = client.jobs()[max(client.jobs())]
            assert "no room" in refused["job-state-message"][0]
        all_printed(running, accepted)
        prints(running)
        assert running.firmware.holds_none() and not running.firmware.trouble()


def test_a_disk_that_someone_else_fills_up_loses_no_job_and_hides_none(disk: Path) -> None:
    with installed(disk, *SETTINGS) as running:
        firmware, printer, _ = running
        printer.busy = True
        with Client(firmware.port) as client:
            first = client.print(document(1, LENGTH))
            full = fill(disk)
            second = client.print(document(2, LENGTH))
            assert second.status == TEMPORARY_ERROR and second.sentence.endswith(".")
            printer.busy = False
            assert client.ended(first.job["job-id"][0])["job-state"] == [COMPLETED]
            until(lambda: not firmware.spooled(), "its document to be deleted")
            full = fill(disk)
            start = printer.total
            told = {number for number in range(3, 103) if client.print(document(number, 500)).status in GOOD}
            assert Stream(printer.received[start:]).whole.keys() == told
            assert "cannot be written" in firmware.told()
            full.unlink()
        prints(running)
        firmware.kill()
        firmware.start()
        with Client(firmware.port) as client:
            assert client.job(first.job["job-id"][0])["job-state"] == [COMPLETED]
        assert not firmware.trouble()


def test_job_ids_do_not_run_out_while_the_disk_is_full_nor_come_twice_after(disk: Path) -> None:
    with installed(disk, *SETTINGS) as running:
        firmware = running.firmware
        with Client(firmware.port) as client:
            ids = {client.call(CREATE_JOB).job["job-id"][0]}
            full = fill(disk)
            for _ in range(250):  # more than are reserved at a time
                answer = client.call(CREATE_JOB)
                assert answer.status in (*GOOD, TEMPORARY_ERROR), answer
            full.unlink()
            ids |= set(client.jobs())
        prints(running)
        firmware.kill()
        firmware.start()
        firmware.ready()
        with Client(firmware.port) as client:
            assert client.call(CREATE_JOB).job["job-id"][0] not in ids
        prints(running)
        assert not firmware.trouble()


@pytest.mark.parametrize("end", [Firmware.kill, Firmware.stop], ids=["killed", "stopped"])
def test_it_starts_on_a_full_disk_with_all_that_it_had(disk: Path, end: "Callable[[Firmware], None]") -> None:
    with installed(disk, *SETTINGS) as running:
        firmware, printer, _ = running
        prints(running)
        printer.busy = True
        with Client(firmware.port) as client:
            accepted = {client.print(document(1, LENGTH)).job["job-id"][0]: 1}
            known = client.jobs()
        end(firmware)
        full = fill(disk)
        firmware.start()
        firmware.ready()
        with Client(firmware.port) as client:
            assert client.jobs().keys() >= known.keys()
        all_printed(running, accepted)
        full.unlink()
        prints(running)
        assert not list(disk.glob("*.broken")) and not firmware.trouble()


def test_waiting_jobs_hold_no_descriptors(tmp_path: Path) -> None:
    with installed(tmp_path / "data", *SETTINGS) as running:
        firmware, printer, _ = running
        printer.busy = True

        def descriptors() -> int:
            return sum(firmware.alive().descriptors.values())

        with Client(firmware.port) as client:
            assert client.print(document(1, 1000)).status in GOOD
            before = descriptors()
            accepted: "dict[Any, int]" = {}
            for number in range(2, 22):
                accepted[client.print(document(number, 1000)).job["job-id"][0]] = number
            assert descriptors() <= before + 1
        firmware.kill()
        firmware.start()
        firmware.ready()
        assert descriptors() <= before + 1
        all_printed(running, accepted)


def test_a_printer_that_came_while_the_disk_was_full_is_remembered_with_its_jobs(disk: Path) -> None:
    with installed(disk, *SETTINGS, plugged=False) as running:
        firmware, printer, bus = running
        full = fill(disk)
        bus.attach(printer)
        firmware.ready()
        full.unlink()
        prints(running)
        printer.busy = True
        with Client(firmware.port) as client:
            accepted = {client.print(document(1, LENGTH)).job["job-id"][0]: 1}
        firmware.kill()
        firmware.start()
        all_printed(running, accepted)
        assert not firmware.trouble()
