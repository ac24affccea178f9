"""Kept documents are shown small, by a process of their own, and print as before."""

import asyncio
import os

import pytest

from feedpath.back.pdl import choose, preview
from feedpath.core import previews
from feedpath.core.job import COMPLETED, HELD
from feedpath.core.previews import Previews
from tests.fakes import documents, pages, pcl_reader
from tests.fakes.machine import WATCHDOG_S, Box, Machine, until

DOCUMENTS = {
    "application/pdf": documents.pdf(3),
    "image/jpeg": documents.jpeg(),
    "image/png": pages.png(30, 30, [[40] * 30] * 30, 0, 8),
    "text/plain": documents.text(),
    "image/pwg-raster": documents.pwg("srgb_8", dpi=150, pages=2),
    "image/urf": documents.urf("sgray_8", dpi=300, pages=2),
    "application/octet-stream": documents.pdf(),
}


def run(coroutine) -> None:
    asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def pcl_box(tmp_path, machine=None):
    """Return a box whose machine speaks PCL."""
    return Box(tmp_path, machine or Machine(), driver=choose.choose(("PCL",), letter_first=False))


def test_any_kept_document_has_a_small_picture_of_its_first_sheet(tmp_path):
    async def main():
        async with pcl_box(tmp_path) as box:
            shown = Previews()
            for format, document in DOCUMENTS.items():
                job = await box.print(document, format=format, hold=True)
                width, height, pixels = pages.read_png(await shown.of(job))
                assert preview.PIXELS // 2 <= max(width, height) <= preview.PIXELS, format
                assert min(pixels) < 200 < max(pixels), format

    run(main())


def test_a_picture_is_made_once_and_goes_with_its_job(tmp_path):
    async def main():
        async with pcl_box(tmp_path) as box:
            shown, job = Previews(), await box.print(documents.pdf(), format="application/pdf", hold=True)
            first = await shown.of(job)
            assert first and await shown.of(job) is first
            job.cancel()
            assert await shown.of(job) == b""
            assert not shown._kept

    run(main())


def test_only_so_many_pictures_are_kept(tmp_path, monkeypatch):
    async def main():
        monkeypatch.setattr(previews, "KEPT_MOST", 2)
        async with pcl_box(tmp_path) as box:
            shown = Previews()
            jobs = [await box.print(documents.text(), format="text/plain", hold=True) for _ in range(3)]
            for job in jobs:
                await shown.of(job)
            assert list(shown._kept) == [job.id for job in jobs[1:]]

    run(main())


@pytest.mark.parametrize(
    "document, ticket",
    [
        (documents.pdf(), {"format": "application/pdf", "password": "secret"}),
        (b"\x1bEhello\x1bE", {"format": "application/vnd.hp-pcl"}),
        (b"GIF89a" + bytes(100), {"format": "application/octet-stream"}),
        (b"%PDF-1.7 broken", {"format": "application/pdf"}),
    ],
    ids=["protected", "the machine's own", "another kind", "broken"],
)
def test_what_cannot_be_shown_has_no_picture(tmp_path, document, ticket):
    async def main():
        async with pcl_box(tmp_path) as box:
            job = await box.print(document, hold=True, **ticket)
            assert await Previews().of(job) == b""
            assert job.state == HELD

    run(main())


def test_a_picture_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    async def main():
        monkeypatch.setattr(previews, "MAKING_S", 0.0)
        async with pcl_box(tmp_path) as box:
            job = await box.print(documents.pdf(), format="application/pdf", hold=True)
            assert await Previews().of(job) == b""

    run(main())


def test_a_document_that_was_looked_at_prints_whole(tmp_path):
    async def main():
        machine = Machine()
        async with pcl_box(tmp_path, machine) as box:
            job = await box.print(documents.pdf(3), format="application/pdf", hold=True)
            one, other = job.spool.descriptor(), job.spool.descriptor()
            assert os.read(one, 8) == os.read(other, 8) == b"%PDF-1.4"  # each from the start
            os.close(one)
            os.close(other)
            await Previews().of(job)
            box.printer.release(job)
            await until(lambda: job.over)
            assert (job.state, job.impressions) == (COMPLETED, 3)
            assert len(pcl_reader.read(bytes(machine.received)).pages) == 3

    run(main())


@pytest.mark.parametrize(
    "format, document, shape",
    [
        ("application/pdf", pages.pdf(["10 10 184 380 re f"], (204, 400)), 400 / 204),
        ("text/plain", b"line\n" * 100, 297 / 72),
    ],
)
def test_a_receipt_is_shown_in_its_own_shape(tmp_path, format, document, shape):
    async def main():
        async with Box(tmp_path, Machine(), driver=choose.choose(("ESC/POS",), letter_first=False)) as box:
            job = await box.print(document, format=format, hold=True)
            width, height, pixels = pages.read_png(await Previews().of(job))
            assert preview.PIXELS // 2 < height <= preview.PIXELS and height / width == pytest.approx(shape, rel=0.03)
            assert any(pixels[at] < 200 for at in range(width // 10, len(pixels), width))

    run(main())
