"""Jobs of any kind on a machine whose language we write, from the client's bytes to the machine's."""

import asyncio
import contextlib
import io
from functools import partial
from typing import Any

import pytest

from feedpath.back.pdl import choose, languages, sniff, translator, urf
from feedpath.back.pdl.page import Setup
from feedpath.back.pdl.passthrough import PassThrough
from feedpath.back.pdl.preferences import Preferences
from feedpath.back.pdl.source import FileSource
from feedpath.core import reasons
from feedpath.core.job import ABORTED, COMPLETED
from feedpath.errors import Refused
from tests.fakes import documents, pages, pcl_reader
from tests.fakes.machine import WATCHDOG_S, Body, Box, Machine, until

PCL = ("PJL", "PCL", "PCLXL")


def run(coroutine) -> None:
    asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def traits(name: str) -> "dict[str, Any]":
    """Return what is taken for granted of machines of a language."""
    return dict(languages.writer(languages.BY_NAME[name], choose.USUAL[name].machine)[1]._asdict())


@pytest.mark.parametrize(
    "commands, name",
    [
        (PCL, "pcl5"),
        (("PJL", "PCL", "POSTSCRIPT"), "postscript"),
        (("URF", "PWGRaster", "PDF"), "pwg"),
        (("ZPL",), "zpl"),
        (("ESC/POS",), "escpos"),
    ],
)
def test_a_machine_is_driven_in_the_best_language_that_it_names(commands, name):
    driver = choose.choose(commands, letter_first=False)
    assert driver.name == name
    anything = {"application/pdf", "image/urf", "text/plain", "application/octet-stream"}
    assert anything <= set(driver.capabilities.formats)


@pytest.mark.parametrize("name", [name for name in choose.USUAL if "margins" in traits(name)])
def test_what_a_language_cuts_off_is_told_as_margins(name):
    assert traits(name)["margins"] == choose.USUAL[name].machine.margins


def test_a_machine_that_names_no_language_of_ours_takes_raw_bytes():
    driver = choose.choose(("GDI",), letter_first=False)
    assert isinstance(driver, PassThrough) and driver.reasons == ("cups-missing-filter-warning",)


def test_that_there_is_no_driver_is_said_before_anyone_prints(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=choose.choose(("GDI",), letter_first=False)) as box:
            (reason,) = box.printer.reasons
            assert "No driver" in reasons.printer_reason(reason).sentence

    run(main())


def test_a_machine_with_pcl_in_colour_prints_colours(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=choose.choose(("PJL", "PCL", "PCL5C"), letter_first=False)) as box:
            job = await box.print(documents.urf("srgb_8", "4x6", 300), format="image/urf")
            await until(lambda: job.over)
            assert job.state == COMPLETED, job.reasons
            (page,) = pcl_reader.read(bytes(box.machine.received)).pages
            assert page.space == "rgb24"

    run(main())


@pytest.mark.parametrize("format", ["application/octet-stream", "application/pdf"])
def test_a_stored_document_is_drawn_when_it_has_come(tmp_path, format):
    async def main():
        async with Box(tmp_path, Machine(), driver=choose.choose(PCL, letter_first=False)) as box:
            job = await box.print(documents.pdf(2), format=format)
            await until(lambda: job.over)
            assert (job.state, job.impressions) == (COMPLETED, 2)
            received = pcl_reader.read(bytes(box.machine.received))
            assert len(received.pages) == 2 and "@PJL ENTER LANGUAGE=PCL" in received.pjl

    run(main())


def test_a_raster_document_prints_while_it_comes_in(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=choose.choose(PCL, letter_first=False)) as box:
            document = documents.urf("sgray_8", dpi=300, pages=3)
            gate = asyncio.Semaphore(0)
            job = box.submit(format="image/urf")
            receiving = asyncio.ensure_future(job.receive(Body(document, len(document) // 30, gate)))
            for _ in range(29):  # all but the end of the third page
                gate.release()
            await until(lambda: job.impressions == 2)
            assert not receiving.done() and box.area.used == 0
            for _ in range(10):
                gate.release()
            await receiving
            await job.finish()
            assert (job.state, job.impressions) == (COMPLETED, 3)

    run(main())


def test_what_the_machine_speaks_itself_is_not_touched(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=choose.choose(PCL, letter_first=False)) as box:
            await box.print(b"\x1bE\x1b&l0Ohello\f\x1bE", format="application/vnd.hp-pcl")
            assert box.machine.received == b"\x1bE\x1b&l0Ohello\f\x1bE"

    run(main())


def test_raster_is_touched_only_where_something_is_asked_of_it(tmp_path):
    async def main():
        machine = Machine()
        async with Box(tmp_path, machine, driver=choose.choose(("PWG",), letter_first=False)) as box:
            document = documents.pwg("sgray_8", dpi=300)
            await box.print(document, format="image/pwg-raster", options={"copies": 1})
            assert machine.received == document
            job = await box.print(document, format="image/pwg-raster", options={"copies": 2})
            await until(lambda: job.over)
            assert len(documents.raster_pages(bytes(machine.received[len(document) :]))) == 2

    run(main())


@pytest.mark.parametrize(
    "document, named",
    [
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "an Office or XPS document. Print it from a program"),
        (b"PK\x03\x04" + bytes(26) + b"FixedDocumentSequence.fdseq", "an XPS document. Send it as PDF"),
        (b"%PDF-1.7\n%PCLm 1.0\n", "a PCLm document. Send it as PDF, PWG raster or Apple raster"),
        (b"GIF89a", "a GIF picture"),
    ],
)
def test_a_document_of_another_kind_ends_its_job_and_says_what_it_is(tmp_path, document, named):
    async def main():
        async with Box(tmp_path, Machine(), driver=choose.choose(PCL, letter_first=False)) as box:
            with pytest.raises(Refused) as refused:
                await box.print(document + bytes(1000), format="application/octet-stream")
            assert refused.value.reason == "unsupported-document-format" and named in refused.value.detail
            (job,) = box.printer.jobs.values()
            assert (job.state, job.reasons) == (ABORTED, ("unsupported-document-format",))
            assert (await box.print(documents.urf(dpi=300), format="image/urf")).state == COMPLETED

    run(main())


@pytest.mark.parametrize(
    "label, document, format",
    [
        ("application/pdf", documents.jpeg(), "image/jpeg"),
        ("image/jpeg", documents.pdf(), "application/pdf"),
        ("text/plain", documents.pdf(), "application/pdf"),
        ("image/urf", documents.pwg(), "image/pwg-raster"),
        ("application/pdf", documents.urf(), "image/urf"),
        ("application/octet-stream", documents.text(), "text/plain"),
        ("application/pdf", documents.text(), "application/pdf"),  # a broken one, or no PDF: not many pages of letters
        ("application/pdf", b"%PDF-1.7\n%PCLm 1.0\n", "application/pclm"),
        ("application/pdf", documents.postscript(), "application/postscript"),
        ("text/plain", documents.postscript(), "text/plain"),  # the source of it
        ("text/plain", b"<!doctype html>", "text/plain"),
    ],
)
def test_a_document_is_what_it_begins_like_and_else_what_its_label_says(label, document, format):
    assert translator.told_format(document[:4096], label) == format


def test_a_protected_document_is_drawn_with_the_password_of_its_job_only(tmp_path):
    async def main():
        locked = pages.pdf(["0 0 0 rg 0 0 700 900 re f"], password="open sesame")
        async with Box(tmp_path, Machine(), driver=choose.choose(PCL, letter_first=False)) as box:
            job = await box.print(locked, format="application/pdf", password="open sesame")
            await until(lambda: job.over)
            assert (job.state, job.impressions) == (COMPLETED, 1)
            for wrong in ("", "wrong"):
                with contextlib.suppress(Refused):  # by then it may have been told that the document came
                    await box.print(locked, format="application/pdf", password=wrong)
                last = box.printer.jobs[max(box.printer.jobs)]
                await until(partial(getattr, last, "over"))
                assert (last.state, last.reasons) == (ABORTED, ("document-password-error",))
                assert "print it again with" in last.message

    run(main())


def test_a_picture_with_a_wrong_label_is_printed(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=choose.choose(PCL, letter_first=False)) as box:
            job = await box.print(documents.jpeg(), format="application/pdf")
            await until(lambda: job.over)
            assert (job.state, job.impressions) == (COMPLETED, 1)

    run(main())


def test_what_must_be_drawn_is_refused_under_a_label_of_what_prints_while_it_comes_in(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=choose.choose(PCL, letter_first=False)) as box:
            with pytest.raises(Refused) as refused:
                await box.print(documents.pdf(), format="image/urf")
            assert refused.value.reason == "document-format-error"
            assert "labelled as Apple raster, but is a PDF document" in refused.value.detail

    run(main())


def test_what_the_status_channel_tells_is_understood():
    driver = choose.choose(PCL, letter_first=False)
    facts = driver.listen(b"@PJL USTATUS DEVICE\r\nCODE=41201\r\nONLINE=FALSE\r\n\f")
    assert facts.reasons == ("media-empty-error",)


def test_a_fault_that_the_status_channel_names_is_the_printers_until_it_is_told_off(tmp_path):
    async def main():
        machine = Machine()
        async with Box(tmp_path, machine, driver=choose.choose(PCL, letter_first=False)) as box:
            machine.told = ["other-error"]
            machine.says = b"@PJL USTATUS DEVICE\r\nCODE=42000\r\n\f"
            await until(lambda: box.printer.reasons == ["media-jam-error"])
            machine.told = []
            machine.says = b"@PJL USTATUS DEVICE\r\nCODE=10001\r\n\f"
            await until(lambda: box.printer.reasons == [])

    run(main())


@pytest.mark.parametrize("commands", [PCL, ("PJL", "POSTSCRIPT"), ("ZPL",), ("ESC/POS",), ("PWG", "PJL")])
def test_a_broken_job_is_ended_in_the_machines_language(commands):
    driver = choose.choose(commands, letter_first=False)
    assert driver.abort()


def test_each_language_is_found_again_by_its_first_bytes():
    assert sniff.sniff(b"\x1b%-12345X@PJL\r\n@PJL ENTER LANGUAGE=PCL\r\n\x1bE") == "application/vnd.hp-pcl"


def test_settings_hold_from_the_next_job_on(tmp_path):
    wanted = [Preferences()]
    driver = choose.translator(languages.BY_NAME["escpos"], (), False)
    driver.preferences = lambda: wanted[0]

    async def main():
        machine = Machine()
        async with Box(tmp_path, machine, driver=driver) as box:
            for preferences, drawers, cut in (
                (Preferences(), 0, b"\x1dVB\0"),
                (Preferences(receipt_drawer="after", receipt_cut="full"), 1, b"\x1dVA\0"),
            ):
                wanted[0] = preferences
                machine.received.clear()
                job = await box.print(documents.urf(dpi=300), format="image/urf")
                await until(partial(getattr, job, "over"))
                assert machine.received.count(b"\x1bp\0") == drawers and machine.received.count(cut) == 1

    run(main())


URF_ID = "MFG:EPSON;CMD:ESCPL2,URF;MDL:XP-6000 Series;URF:CP1,PQ4-5,RS300,SRGB24,W8,{};"


@pytest.mark.parametrize(
    "words, back",
    [
        ("DM1", "normal"),
        ("DM3,IS1-7-6", "rotated"),
        (" dm2", "flipped"),
        ("DM4", "manual-tumble"),
        ("IS1", "normal"),
        ("DM30", "normal"),
    ],
)
def test_the_device_id_tells_how_backs_are_wanted(words, back):
    assert choose.sheet_back(URF_ID.format(words)) == back
    assert choose.sheet_back("MFG:x;CMD:DM3;") == "normal"


def test_two_sided_raster_is_touched_where_backs_are_wanted_turned(tmp_path):
    async def main():
        machine = Machine()
        driver = choose.choose(("URF",), False, URF_ID.format("DM3"))
        assert driver.capabilities.pwg_back_side == "normal" and "DM1" in driver.capabilities.urf
        async with Box(tmp_path, machine, driver=driver) as box:
            pages = urf.read(FileSource(io.BytesIO(documents.urf(dpi=300, pages=2))))
            two_sided = (page._replace(raster=page.raster._replace(sides="two-sided-long-edge")) for page in pages)
            document = b"".join(map(bytes, urf.encode(two_sided, Setup(), urf.Traits())))
            job = await box.print(document, format="image/urf", options={"sides": "two-sided-long-edge"})
            await until(lambda: job.over)
            first, second = documents.raster_pages(bytes(machine.received))
            came, turned = documents.raster_pages(document)
            assert first.rows == came.rows and second.rows == [row[::-1] for row in turned.rows[::-1]]

    run(main())


@pytest.mark.parametrize("word, back", [("DM3", "rotated"), ("IS1", "normal")])
def test_how_backs_are_wanted_is_announced_where_nobody_turns_them(word, back):
    driver = choose.choose(("URF",), False, URF_ID.format(word), choice=choose.Choice(choose.RAW))
    assert driver.capabilities.pwg_back_side == back
    words = [word for word in driver.capabilities.urf if word.startswith("DM")]
    assert words == ["DM3" if back == "rotated" else "DM1"]
