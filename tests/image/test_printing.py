"""The image starts in an emulated computer, and what is sent to it comes out of a printer on a real kernel's USB."""

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from feedpath import tool
from tests.fakes import documents
from tests.fakes.usbredir import RedirectedPort
from tests.fakes.virtual_printer import VirtualPrinter, power_cycle
from tests.image.printing import Appliance, appliance
from tests.robust.documents import Stream, document
from tests.robust.ippclient import FORMAT, GOOD, PENDING, PRINT_JOB, STOPPED, Client, mime, post, request

LONG, SHORT = 1_000_000, 300_000
SLOW = 250_000  # bytes a second: a long document takes four seconds
MEGABYTE = 1 << 20
LASER = "MFG:HP;MDL:HP LaserJet 2200d;CMD:PCL;CLS:PRINTER;"  # with all that is usual, and without PJL around jobs
LASERS_PATH = "/ipp/print/HP%20LaserJet%202200d"
RESET = b"\x1bE"  # begins a job in PCL


@pytest.fixture(scope="module")
def running(image: Path, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Appliance]":
    """The image with a printer that takes raster, PDF and JPEG as they are, and a laser that speaks PCL."""
    laser = VirtualPrinter(LASER, serial="L1", names=("HP", "HP LaserJet 2200d"))
    with appliance(image, tmp_path_factory.mktemp("machine"), VirtualPrinter(), laser) as running:
        running.machine.until(lambda: "HP LaserJet 2200d" in running.ipptool("get-printers.test"), "the laser")
        yield running


@pytest.fixture
def printer(running: Appliance) -> "Iterator[VirtualPrinter]":
    """The printer that takes documents as they are, in good order again after each test."""
    yield running.printers[0]
    running.printers[0].speed, running.printers[0].paper_out = None, False


@pytest.fixture
def laser(running: Appliance) -> VirtualPrinter:
    return running.printers[1]


@pytest.fixture
def port(running: Appliance) -> RedirectedPort:
    return running.ports[0]


@pytest.fixture
def client(running: Appliance) -> "Iterator[Client]":
    with Client(running.ipp_port) as client:
        yield client


@pytest.fixture
def sender(running: Appliance) -> "Iterator[Client]":
    """A client that waits for its answer while others ask."""
    with Client(running.ipp_port) as sender:
        yield sender


def begin(sender: Client, number: int) -> None:
    """Send a long document; the answer comes when the printer has it, or when it is safe."""
    sender.send(post(request(PRINT_JOB, mime(FORMAT)) + document(number, LONG)))


def test_it_has_its_address_from_the_networks_server(running: Appliance) -> None:
    assert "eth0 has the address 10.0.2.15" in running.machine.log.read_text()


@pytest.mark.parametrize(
    "name, content", [("letter.pdf", documents.pdf(3)), ("page.pwg", documents.pwg()), ("page.urf", documents.urf())]
)
def test_a_document_that_the_printer_speaks_reaches_it_byte_for_byte(
    name: str, content: bytes, running: Appliance, printer: VirtualPrinter, tmp_path: Path
) -> None:
    start = printer.total
    (tmp_path / name).write_bytes(content)
    running.print(tmp_path / name)
    running.machine.until(lambda: printer.total >= start + len(content), "the document at the printer")
    assert sha256(printer.received[start:]).digest() == sha256(content).digest()


def test_what_speaks_the_lasers_language_reaches_it_byte_for_byte(
    running: Appliance, laser: VirtualPrinter, tmp_path: Path
) -> None:
    start, job = laser.total, RESET + random.Random(1).randbytes(8 * MEGABYTE)
    (tmp_path / "job").write_bytes(job)
    running.print(tmp_path / "job", "application/octet-stream", LASERS_PATH)
    running.machine.until(lambda: laser.total >= start + len(job), "the job at the laser")
    assert sha256(laser.received[start:]).digest() == sha256(job).digest()


def test_a_pdf_comes_out_of_the_laser_as_this_computer_converts_it(
    running: Appliance, laser: VirtualPrinter, tmp_path: Path
) -> None:
    start, letter, expected = laser.total, tmp_path / "letter.pdf", tmp_path / "letter.pcl"
    letter.write_bytes(documents.pdf(2))
    assert tool.main([str(letter), "--to", "pcl5", "-o", str(expected)]) == 0
    running.print(letter, path=LASERS_PATH)
    running.machine.until(lambda: laser.total >= start + expected.stat().st_size, "the pages at the laser")
    assert laser.received[start:] == expected.read_bytes()


def test_a_job_starts_again_when_its_printer_is_plugged_in_again(
    running: Appliance, printer: VirtualPrinter, port: RedirectedPort, sender: Client, client: Client
) -> None:
    start, printer.speed = printer.total, SLOW
    begin(sender, 1)
    running.machine.until(lambda: printer.total > start + LONG // 10, "a part of it")
    port.detach(printer)
    reasons(running, client, "offline-report", "connecting-to-device")
    late = client.print(document(2, SHORT))
    assert client.job(late.job["job-id"][0])["job-state"] == [PENDING]
    printer.speed = None
    port.attach(printer)
    assert sender.answer().status in GOOD
    all_printed(running, client, printer, start, 1, 2, halves=1)


def test_a_job_waits_while_there_is_no_paper_and_goes_on_where_it_was(
    running: Appliance, printer: VirtualPrinter, sender: Client, client: Client
) -> None:
    start, printer.speed = printer.total, SLOW
    begin(sender, 3)
    running.machine.until(lambda: printer.total > start + LONG // 10, "a part of it")
    printer.paper_out = True
    reasons(running, client, "media-empty-error", "media-needed-error")
    (id,) = client.jobs("not-completed")
    running.machine.until(lambda: client.job(id)["job-state"] == [STOPPED], "the job to wait")
    printer.paper_out, printer.speed = False, None
    assert sender.answer().status in GOOD
    all_printed(running, client, printer, start, 3)


def test_a_job_starts_again_when_its_printer_was_switched_off_and_on(
    running: Appliance, printer: VirtualPrinter, port: RedirectedPort, sender: Client, client: Client
) -> None:
    start, printer.speed = printer.total, SLOW
    begin(sender, 4)
    running.machine.until(lambda: printer.total > start + LONG // 10, "a part of it")
    power_cycle(port, printer)
    printer.speed = None
    assert sender.answer().status in GOOD
    all_printed(running, client, printer, start, 4, halves=1)


def reasons(running: Appliance, client: Client, *expected: str) -> None:
    """Wait until the printer tells these reasons."""
    running.machine.until(
        lambda: set(client.printer()["printer-state-reasons"]) == set(expected), f"the printer to tell {expected}"
    )


def all_printed(
    running: Appliance, client: Client, printer: VirtualPrinter, start: int, *numbers: int, halves: int = 0
) -> None:
    """Wait until no job waits; fail unless these documents, each once, are what was printed whole since `start`."""
    running.machine.until(lambda: not client.jobs("not-completed"), "all jobs to end")
    running.machine.until(lambda: numbers[-1] in Stream(printer.received[start:]).whole, "the last document")
    stream = Stream(printer.received[start:])
    assert stream.whole == dict.fromkeys(numbers, 1)
    assert (len(stream.halves), stream.strange) == (halves, [])
