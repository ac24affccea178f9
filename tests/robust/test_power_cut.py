"""Power cuts while clients print: the file system goes down at once, and what was not synced is gone.

FS_IOC_SHUTDOWN stops ext4 as a power cut does: nothing more reaches the disk, neither dirty pages nor the journal that
was not committed. What stands there after the next mount is what a computer would find when the power is back.
"""

import fcntl
import os
import random
import shutil
import struct
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fakes.netns import until
from tests.robust.documents import Stream
from tests.robust.firmware import Firmware, installed
from tests.robust.ippclient import ABORTED, CANCELED, COMPLETED, Client
from tests.robust.ledger import CLIENTS, Job, Ledger, submit

CUTS = 25
LONGEST_RUN_S = 0.5
LONGEST_AFTER_S = 0.05  # the computer runs on a little before it stops: what it says then must be true too
DISK_MIB = 128
SPEEDS = (100_000, 1_000_000, None)  # bytes a second that the printer takes
SETTINGS = ("stall-seconds=0", "stall-seconds=1", "stream=never")  # each run has one of these
FS_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32): include/uapi/linux/fs.h of Linux 6.11, ext4.h before
NO_LOG_FLUSH = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH: nor is the journal written


class Disk:
    """An ext4 file system of its own, whose power can be cut. directory: where it is mounted."""

    def __init__(self, image: Path, directory: Path):
        self.directory = directory
        self._image = image
        directory.mkdir()
        with open(image, "wb") as file:
            file.truncate(DISK_MIB << 20)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        self.mount()

    def mount(self) -> None:
        """Mount it, as it was left."""
        subprocess.run(["mount", "-o", "loop", self._image, self.directory], check=True)

    def cut(self) -> None:
        """Let nothing more reach the disk."""
        directory = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(directory, FS_IOC_SHUTDOWN, struct.pack("=I", NO_LOG_FLUSH))
        finally:
            os.close(directory)

    def umount(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", self.directory], check=True)

    def replug(self) -> None:
        """Find it after a power cut, as a copy: programs of other tests may hold what was mounted in namespaces."""
        self.umount()
        copy = self._image.with_name(self._image.name + ".copy")
        subprocess.run(["cp", "--sparse=always", self._image, copy], check=True)
        copy.replace(self._image)
        self.mount()


@pytest.fixture
def disk(tmp_path: Path) -> "Iterator[Disk]":
    """A disk with nothing on it."""
    if os.geteuid():
        pytest.skip("only root can mount a disk")
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is missing: apt-get install e2fsprogs")
    disk = Disk(tmp_path / "image", tmp_path / "disk")
    yield disk
    disk.umount()


def test_whatever_was_acknowledged_survives_a_power_cut(disk: Disk, seed: int, crowd: ThreadPoolExecutor) -> None:
    choose, ledger = random.Random(seed), Ledger()
    with installed(disk.directory / "data", "job-history=2000", SETTINGS[0]) as (firmware, printer, _):
        firmware.log = disk.directory.with_name("log")
        firmware.stop()
        waited = 0
        for _ in range(CUTS):
            firmware.settings[-1:] = [choose.choice(SETTINGS)]
            printer.busy = True
            firmware.start()
            waited += check(firmware, ledger, Stream(printer.received))
            printer.speed = choose.choice(SPEEDS)
            printer.busy = choose.random() < 0.3
            run_until_cut(firmware, ledger, choose, crowd, disk)
        printer.busy, printer.speed = False, None
        firmware.start()
        with Client(firmware.port) as client:
            until(lambda: not client.jobs("not-completed"), "all jobs to end")
        check(firmware, ledger, Stream(printer.received))
        assert not ledger.acknowledged, "they wait for ever"
        assert firmware.holds_none()
        assert waited > CUTS, "hardly any job waited for the power"
        assert not Stream(printer.received).strange
        assert not firmware.trouble()


def run_until_cut(
    firmware: Firmware, ledger: Ledger, choose: random.Random, pool: ThreadPoolExecutor, disk: Disk
) -> None:
    """Let clients print for a while, then cut the power in the middle of it."""
    clients = [pool.submit(submit, firmware.port, ledger, random.Random(choose.random())) for _ in range(CLIENTS)]
    threading.Event().wait(choose.uniform(0, LONGEST_RUN_S))
    disk.cut()
    threading.Event().wait(choose.uniform(0, LONGEST_AFTER_S))
    firmware.kill()
    for client in clients:
        client.result()
    disk.replug()


def check(firmware: Firmware, ledger: Ledger, stream: Stream) -> int:
    """Compare what the firmware knows after a power cut with what was promised; return how many jobs wait.

    A job that the printer took whole may be forgotten, or called aborted: its record was not synced, and it is printed.
    """
    with Client(firmware.port) as client:
        jobs = client.jobs("all", "job-id", "job-uuid", "job-state", "job-state-message", "job-k-octets")
    for job in jobs.values():
        ledger.hear(job)
    waiting = 0
    for id, promised in list(ledger.acknowledged.items()):
        job = jobs.get(id, {"job-state": [None]})
        if job["job-state"][0] in (None, CANCELED, ABORTED, COMPLETED):
            assert printed(promised, stream), f"job {id} was acknowledged: {job}"
            del ledger.acknowledged[id]
        else:
            assert job["job-k-octets"] == [-(-promised.length // 1024)]
            waiting += 1
    ledger.created.clear()  # without a document there is nothing to lose
    return waiting


def printed(promised: Job, stream: Stream) -> bool:
    """Return whether the printer took the document whole; the very short ones cannot be told apart."""
    return promised.length == 1 or bool(stream.whole[promised.number])
