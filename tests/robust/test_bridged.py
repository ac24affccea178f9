"""Jobs on a machine that a driver of CUPS prints on: its pages are made in a worker, its program does the rest."""

import asyncio
import contextlib
import struct
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from feedpath.back.pdl import choose, pjl
from feedpath.back.pdl.bridge import cupspages, ppd
from feedpath.back.pdl.bridge.bridged import Bridged
from feedpath.back.pdl.bridge.drivers import Entry, Match
from feedpath.back.pdl.bridge.filters import Host, Limits
from feedpath.back.pdl.bridge.messages import Message
from feedpath.back.pdl.convert import Work
from feedpath.back.pdl.page import BLACK1, RGB24, Page, Raster, Setup
from feedpath.back.pdl.source import FileSource
from feedpath.core import media, watch
from feedpath.core.driver import Facts, Supply
from feedpath.core.job import ABORTED, CANCELED, COMPLETED, Job
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused
from tests.fakes import documents, driver, pages
from tests.fakes.machine import WATCHDOG_S, Body, Box, Machine, until

MATCH = Match(Entry("file:///fake.ppd", "Fake", "Fake Laser 1", "", "English", driver.FILTER), 100, "It fits.")
HEADER, SYNC = 1796, 4  # bytes of CUPS raster: cups/raster.h
RESOLUTION, RESOLUTION_AT = struct.Struct("=2I"), 276  # HWResolution in the header
WIDE, HIGH = 4758, 6717  # what the driver prints of A4, at 600 dpi
PAGE = HEADER + (WIDE + 7) // 8 * HIGH
Bridge = Callable[..., Bridged]


def run(coroutine: "Coroutine[Any, Any, None]") -> None:
    asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


@pytest.fixture
def tmp_path() -> "Iterator[Path]":
    """Return a folder that programs of drivers can enter."""
    with driver.folder() as path:
        yield path


@pytest.fixture
def bridge(tmp_path: Path) -> Bridge:
    """Return a maker of drivers whose program is a shell script."""

    def make(script: str, *changes: "tuple[str, str]", **limits: Any) -> Bridged:
        program = tmp_path / driver.FILTER
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        made = choose.bridged(MATCH, ppd.read(driver.ppd(*changes)), ("FAKE", "PJL"), letter_first=False)
        assert isinstance(made, Bridged)
        made._host = Host(filters=str(tmp_path), limits=Limits(**limits))
        return made

    return make


async def printed(box: Box, document: bytes, **ticket: Any) -> Job:
    job = box.submit(**ticket)
    await job.receive(Body(document))
    with contextlib.suppress(Refused):  # it is told by the job's state, too
        await job.finish()
    await until(lambda: job.over)
    return job


def test_what_the_driver_offers_is_what_the_printer_offers(bridge: Bridge) -> None:
    offered = bridge("cat").capabilities
    assert offered.media_default == "iso_a4_210x297mm"
    assert {size.name for size in offered.media} > {"iso_a4_210x297mm", "na_letter_8.5x11in"}
    a4 = offered.media[0]
    assert (a4.left, a4.right, a4.top, a4.bottom) == (423, 423, 635, 635)
    assert offered.sides == choose.ALL_SIDES and offered.color
    assert offered.resolutions == ((600, 600),)
    assert offered.qualities == ("normal", "draft", "high")
    assert set(offered.sources) == {"auto", "main", "by-pass-tray", "tray-1"}
    assert {"application/pdf", "image/urf", "image/pwg-raster", "application/octet-stream"} <= set(offered.formats)
    assert offered.number_up == choose.NUMBER_UP and offered.page_ranges and offered.copies == choose.COPIES


def test_letter_comes_first_where_it_is_usual() -> None:
    made = choose.bridged(MATCH, ppd.read(driver.ppd()), (), letter_first=True)
    assert made.capabilities.media_default == "na_letter_8.5x11in"


@pytest.mark.parametrize("format", ["application/pdf", "application/octet-stream", "image/pwg-raster", "image/urf"])
def test_a_document_becomes_the_raster_that_the_driver_wants(tmp_path: Path, bridge: Bridge, format: str) -> None:
    kinds = {"image/pwg-raster": documents.pwg("sgray_8", dpi=300, pages=2),
             "image/urf": documents.urf("sgray_8", dpi=300, pages=2)}  # fmt: skip

    async def main() -> None:
        async with Box(tmp_path, Machine(), driver=bridge("cat")) as box:
            document = kinds.get(format, documents.pdf(2))
            job = await printed(box, document, format=format, options={"print-color-mode": "monochrome"})
            assert (job.state, job.message, job.impressions) == (COMPLETED, "", 2)
            received = bytes(box.machine.received)
            assert received[:4] in (b"RaS3", b"3SaR") and len(received) == SYNC + 2 * PAGE
            assert any(received[SYNC + HEADER : SYNC + PAGE])

    run(main())


def test_the_job_s_words_reach_the_driver(tmp_path: Path, bridge: Bridge) -> None:
    async def main() -> None:
        async with Box(tmp_path, Machine(), driver=bridge('cat >/dev/null; echo "$2|$3|$4|$5"')) as box:
            asked = {"sides": "two-sided-long-edge", "media-type": "stationery-heavyweight", "copies": 2}
            job = await printed(box, documents.pdf(), format="application/pdf", name="A letter", user="Ann",
                                options=asked)  # fmt: skip
            assert (job.state, job.impressions) == (COMPLETED, 4)  # a blank back each: copies are sheets of their own
            user, title, copies, options = bytes(box.machine.received).decode().strip().split("|")
            assert (user, title, copies) == ("Ann", "A letter", "1")
            assert {"Duplex=DuplexNoTumble", "MediaType=THICK"} <= set(options.split())

    run(main())


@pytest.mark.parametrize("format", ["application/pdf", "image/pwg-raster"])
def test_what_a_person_set_reaches_the_driver_s_program_and_its_raster(
    tmp_path: Path, bridge: Bridge, format: str
) -> None:
    document = {"application/pdf": documents.pdf(), "image/pwg-raster": documents.pwg("sgray_8", dpi=300)}[format]

    async def main() -> None:
        made = bridge('echo "$5"; head -c 1800')
        choices = made.adjusted({"Resolution": "300dpi", "JCLEcono": "True"})
        set_up = choose.bridged(MATCH, made._ppd, (), False, {**choices, "Unknown": "x"})
        assert isinstance(set_up, Bridged) and set_up._choices == choices
        set_up._host = made._host
        async with Box(tmp_path, Machine(), driver=set_up) as box:
            await printed(box, document, format=format)
            options, _, raster = bytes(box.machine.received).partition(b"\n")
            assert {"Resolution=300dpi", "JCLEcono=True"} <= set(options.decode().split())
            assert RESOLUTION.unpack_from(raster, SYNC + RESOLUTION_AT) == (300, 300)

    run(main())


FAULTS = {
    "head -c 9000 >/dev/null; kill -9 $$": "rastertofake crashed with SIGKILL.",
    "echo begun; head -c 9000 >/dev/null; echo 'ERROR: no toner' >&2; exit 1": "rastertofake gave up: no toner.",
    "exec sleep 1000": "rastertofake took nothing and gave nothing for 0.5 seconds;",
    "cat; exec cat /dev/zero": "rastertofake wrote ",
    "exec python3 -ISc 'held = [bytes(1 << 24) for _ in range(99)]'": "rastertofake gave up: it exited with code 1 and "
    "said: MemoryError.",
}


@pytest.mark.parametrize("script", FAULTS)
def test_a_driver_that_fails_ends_its_job_and_not_the_next(tmp_path: Path, bridge: Bridge, script: str) -> None:
    async def main() -> None:
        failing = f'if [ "$3" = bad ]; then {script}; fi; cat'
        limits = {"patience_s": 0.5, "free_bytes": 1 << 20, "growth": 2, "memory_bytes": 1 << 28}
        made = bridge(failing, **limits)
        async with Box(tmp_path, Machine(), driver=made) as box:
            job = await printed(box, documents.pdf(2), format="application/pdf", name="bad")
            assert (job.state, job.reasons) == (ABORTED, ("aborted-by-system",))
            assert job.message.startswith(f"The printer's driver failed: {FAULTS[script]}")
            box.machine.received.clear()
            made._host = made._host._replace(limits=Limits())
            good = await printed(box, documents.pdf(1), format="application/pdf", name="good")
            assert (good.state, good.impressions) == (COMPLETED, 1)
            assert len(box.machine.received) > PAGE

    run(main())


def test_a_missing_program_is_named(tmp_path: Path, bridge: Bridge) -> None:
    async def main() -> None:
        made = bridge("cat")
        (tmp_path / driver.FILTER).unlink()
        async with Box(tmp_path, Machine(), driver=made) as box:
            job = await printed(box, documents.pdf(), format="application/pdf")
            assert job.state == ABORTED and "needs the program rastertofake, which is not installed" in job.message

    run(main())


def test_a_broken_document_is_the_document_s_fault(tmp_path: Path, bridge: Bridge) -> None:
    async def main() -> None:
        async with Box(tmp_path, Machine(), driver=bridge("cat")) as box:
            job = await printed(box, b"%PDF-1.4\nnothing", format="application/pdf")
            assert (job.state, job.reasons) == (ABORTED, ("document-format-error",))

    run(main())


def test_a_driver_that_crashes_ends_its_job_though_the_client_stalls(tmp_path: Path, bridge: Bridge) -> None:
    async def main() -> None:
        async with Box(tmp_path, Machine(), driver=bridge("head -c 9000 >/dev/null; kill -SEGV $$")) as box:
            gate = asyncio.Semaphore(8)
            job = box.submit(format="image/pwg-raster")
            document = documents.pwg("sgray_8", dpi=600, pages=2)
            client = asyncio.create_task(job.receive(Body(document, len(document) // 16, gate)))
            await until(lambda: job.over)
            assert (job.state, job.reasons) == (ABORTED, ("aborted-by-system",))
            assert job.message == "The printer's driver failed: rastertofake crashed with SIGSEGV."
            assert gate.locked() and not client.done()  # the client still holds the other half
            for _ in range(9):
                gate.release()
            with contextlib.suppress(Refused):
                await client

    run(main())


def test_what_a_driver_says_of_the_machine_is_shown_while_it_holds(
    tmp_path: Path, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "STATUS_S", 0.02)
    script = """echo 'STATE: +media-empty-error,toner-low-warning' >&2
        echo 'ATTR: marker-names=Black marker-levels=7 marker-types=toner marker-colors=#000000' >&2
        echo begun; exec sleep 1000"""

    async def main() -> None:
        async with Box(tmp_path, Machine(), driver=bridge(script)) as box:
            job = await box.print(documents.pdf(3), format="application/pdf")
            await until(lambda: "media-empty-error" in box.printer.reasons)
            await until(lambda: box.printer.supplies == (Supply("Black", "toner", "#000000", 7),))
            box.printer.cancel(job)
            await until(lambda: box.printer.reasons == ["toner-low-warning"])

    run(main())


def test_what_a_driver_says_stands_beside_what_the_machine_says(bridge: Bridge) -> None:
    made = bridge("cat")
    made._status = pjl.Status()
    made._told.hear(Message("STATE", "+media-low-warning"))
    assert made.told().reasons == ("media-low-warning",)
    said = b"@PJL USTATUS DEVICE\r\nCODE=40021\r\n\f"
    assert made.listen(said).reasons == ("cover-open-error", "media-low-warning")
    assert made.told() == Facts()
    made._told.hear(Message("STATE", "-media-low-warning"))
    assert made.told().reasons == ("cover-open-error",)


def test_a_job_is_canceled_while_its_driver_hangs(tmp_path: Path, bridge: Bridge) -> None:
    async def main() -> None:
        async with Box(tmp_path, Machine(), driver=bridge("echo begun; exec sleep 1000")) as box:
            job = await box.print(documents.pdf(3), format="application/pdf")
            await until(lambda: b"begun" in box.machine.received)
            box.printer.cancel(job)
            await until(lambda: job.over)
            assert job.state == CANCELED

    run(main())


BACKS = {"Rotated": (-1, -1), "Flipped": (1, -1), "Normal": (1, 1)}


@pytest.mark.parametrize("back", BACKS)
def test_the_back_of_a_sheet_is_turned_as_the_driver_wants(back: str) -> None:
    traits = cupspages.Traits(driver.ppd(("Rotated", back), ("12 18 583 824", "12 36 577 824")).decode("latin-1"))
    setup = Setup(media="iso_a4_210x297mm", sides="two-sided-long-edge", color=False)
    sheet = Raster(4961, 7016, size=(21000, 29700), media="iso_a4_210x297mm")
    front, behind = (cupspages.target(sheet, setup, traits, "none", side) for side in (False, True))
    across, down = BACKS[back]
    assert behind.mirror is (across < 0) and front.mirror is False
    assert (front.left, front.top) == (100, 150)
    assert (behind.left, behind.top) == (150 if across < 0 else 100, 300 if down < 0 else 150)
    raster = Raster(front.width, front.height, BLACK1, front.resolution, front.size, front.media)
    rows = [number.to_bytes(2, "big").ljust(raster.stride, b"\0") for number in range(raster.height)]
    pages = (Page(raster, iter([memoryview(b"".join(rows))])) for _ in range(2))
    made = b"".join(cupspages.encode(pages, setup, traits))
    first, second = (made[at : at + 2] for at in (SYNC + HEADER, SYNC + 2 * HEADER + raster.stride * raster.height))
    assert first == b"\0\0" and second == (rows[-1][:2] if down < 0 else b"\0\0")


def test_colour_is_asked_of_the_driver_only_where_it_was_asked_for() -> None:
    traits = cupspages.Traits(driver.ppd().decode("latin-1"))
    sheet = Raster(4961, 7016, RGB24, size=(21000, 29700))
    assert cupspages.target(sheet, Setup(color=False), traits, "none", back=False).space == BLACK1


def test_a_machine_gets_the_driver_that_is_installed_only_where_we_cannot_write_for_it() -> None:
    asked: "list[str]" = []

    def installed(device_id: str) -> "tuple[Match, ppd.Ppd]":
        asked.append(device_id)
        return MATCH, ppd.read(driver.ppd())

    assert choose.choose(("PJL", "PCL"), False, "id", installed).name == "pcl5" and not asked
    assert isinstance(choose.choose(("GDI",), False, "id", installed), Bridged) and asked == ["id"]
    assert not choose.choose(("GDI",), False, "id", installed).reasons


def test_a_printer_without_a_driver_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        async with Box(tmp_path, Machine(), driver=choose.choose(("GDI",), False)) as box:
            assert box.printer.reasons == ["cups-missing-filter-warning"]

    run(main())


@pytest.mark.parametrize(
    "medium", ["iso_a4_210x297mm", "na_letter_8.5x11in", "custom_card_70.56x105.83mm", "custom_104_80x120mm"]
)
def test_a_document_is_drawn_within_the_margins_of_the_paper_that_is_asked_for(tmp_path: Path, medium: str) -> None:
    made = choose.bridged(MATCH, ppd.read(driver.ppd()), (), letter_first=False)
    assert isinstance(made, Bridged)
    custom = media.size(medium)._replace(left=423, right=423, top=635, bottom=635)  # the driver's HWMargins
    paper = next((one for one in made.capabilities.media if one.name == medium), custom)
    width, height = paper.width - paper.left - paper.right, paper.length - paper.top - paper.bottom
    options = {"media": medium, "print-scaling": "fit", "print-color-mode": "monochrome", "print-quality": 3}
    with (tmp_path / "document").open("w+b") as document:
        document.write(pages.pdf(["0 0 2000 2000 re f"], (width * 72 / 2540, height * 72 / 2540)))
        document.seek(0)
        order = made._order(Ticket(format="application/pdf", options=options))
        sent = b"".join(map(bytes, Work(order, FileSource(document))))
    width, height, *_, stride = struct.unpack_from("=6I", sent, SYNC + 372)  # cupsWidth to cupsBytesPerLine
    rows = [sent[at : at + stride] for at in range(SYNC + HEADER, len(sent), stride)]
    assert len(rows) == height
    assert all(row[0] & 0x80 and row[(width - 9) // 8] for row in (rows[2], rows[height // 2], rows[-3]))
