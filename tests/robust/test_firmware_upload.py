"""A printer that forgets its firmware: given once, it comes before any job after each power-on."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.fakes.firmware import DATED, DOWNLOAD
from tests.fakes.netns import until
from tests.fakes.virtual_bus import VirtualBus
from tests.fakes.virtual_printer import VirtualPrinter, power_cycle
from tests.robust.firmware import RECEIVED_MAX, ROOT, Firmware, Installation
from tests.robust.ippclient import COMPLETED, GOOD, PENDING, PRINT_JOB, Client, mime

DEVICE_ID = "MFG:Hewlett-Packard;MDL:HP LaserJet 1020;CMD:PCL;CLS:PRINTER;"  # PCL needs no driver that is installed
PCL = mime("application/vnd.hp-pcl")  # goes to such a printer as it is


@contextmanager
def sleeper(data: Path, renumerates: bool = False) -> "Iterator[Installation]":
    """Give a running firmware and such a printer until the end of the block."""
    printer = VirtualPrinter(DEVICE_ID, keep=RECEIVED_MAX, firmware=DOWNLOAD, renumerates=renumerates)
    with VirtualBus() as bus:
        bus.attach(printer)
        firmware = Firmware(data, bus.port)
        try:
            firmware.start()
            firmware.ready()
            yield Installation(firmware, printer, bus)
        finally:
            firmware.close()
            printer.close()


def give(data: Path, tmp_path: Path) -> str:
    """Give the printer's firmware as a person does; return what is said."""
    image = tmp_path / "sihp1020.img"
    image.write_bytes(DATED)
    words = [sys.executable, "-m", "feedpath", "firmware", "add", str(image), "--data", str(data)]
    done = subprocess.run(words, cwd=ROOT / "firmware", capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def sent(client: Client, document: bytes) -> int:
    answer = client.call(PRINT_JOB, PCL, document=document)
    assert answer.status in GOOD, answer
    number: int = answer.job["job-id"][0]
    return number


def test_what_a_printer_needs_is_said_before_anyone_prints_and_a_job_waits_for_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with sleeper(data) as (firmware, printer, _bus), Client(firmware.port) as client:
        told = client.printer()
        assert told["printer-state-reasons"] == ["firmware-needed-error"]
        assert "This printer waits for its firmware" in told["printer-state-message"][0]
        assert "feedpath firmware add" in told["printer-state-message"][0]
        number = sent(client, b"the first job")
        assert client.job(number)["job-state"] == [PENDING]
        assert "is sent each time" in give(data, tmp_path)
        assert client.ended(number)["job-state"] == [COMPLETED]
        assert printer.received == DOWNLOAD + b"the first job"
        assert client.printer()["printer-state-reasons"] == ["none"]
        firmware.stop()
        assert not firmware.trouble()


def has_loaded(printer: VirtualPrinter, times: int) -> bool:
    return printer.loads == times


@pytest.mark.parametrize("renumerates", [False, True])
def test_each_power_on_brings_the_firmware_before_the_first_byte_of_a_job(tmp_path: Path, renumerates: bool) -> None:
    data = tmp_path / "data"
    data.mkdir()
    give(data, tmp_path)
    with sleeper(data, renumerates) as (firmware, printer, bus), Client(firmware.port) as client:
        expected = b""
        for number in range(1, 4):
            assert printer.wait_for(partial(has_loaded, printer, number))
            if renumerates:
                bus.attach(printer, bus.detach(printer))
            document = b"job %d" % number * 1000
            assert client.ended(sent(client, document))["job-state"] == [COMPLETED]
            expected += DOWNLOAD + document
            assert printer.received == expected and printer.lost == 0
            power_cycle(bus, printer)
        assert printer.wait_for(lambda: printer.loads == 4)
        firmware.stop()
        assert not firmware.trouble()


def test_a_printer_that_runs_its_firmware_is_not_sent_it_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    give(data, tmp_path)
    with sleeper(data) as (firmware, printer, bus), Client(firmware.port) as client:
        assert printer.wait_for(lambda: printer.loads == 1)
        until(lambda: client.printer()["printer-state-reasons"] == ["none"], "the printer to be ready")
        bus.attach(printer, bus.detach(printer))  # unplugged, not switched off
        assert client.ended(sent(client, b"a job"))["job-state"] == [COMPLETED]
        firmware.stop()
        firmware.start()
        with Client(firmware.port) as other:
            assert other.ended(sent(other, b"another"))["job-state"] == [COMPLETED]
        assert printer.received.count(DOWNLOAD) == printer.loads == 1
        assert printer.received.endswith(b"a jobanother")


def test_a_job_that_a_power_cycle_interrupts_starts_again_behind_the_firmware(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    give(data, tmp_path)
    document = b"0123456789" * 30_000
    with sleeper(data) as (firmware, printer, bus), Client(firmware.port) as client, ThreadPoolExecutor() as pool:
        assert printer.wait_for(lambda: printer.loads == 1)
        until(lambda: client.printer()["printer-state-reasons"] == ["none"], "the printer to be ready")
        printer.speed = 200_000
        number = pool.submit(sent, client, document)
        assert printer.wait_for(lambda: printer.total > len(DOWNLOAD) + 50_000)
        power_cycle(bus, printer)
        printer.speed = None
        assert client.ended(number.result())["job-state"] == [COMPLETED]
        (cut,) = printer.power_cycles
        assert printer.received[:cut] == (DOWNLOAD + document)[:cut]
        assert printer.received[cut:].startswith(DOWNLOAD) and printer.received.endswith(document)
        assert printer.lost == 0
