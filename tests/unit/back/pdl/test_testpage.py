"""The test page: a frame, greys, colours, fine lines and text, as much as the paper has room for."""

import asyncio
import io
from pathlib import Path

import pytest

from feedpath.back.pdl import choose, testpage
from feedpath.back.pdl.draw import layout, render
from feedpath.back.pdl.page import RGB24, Setup
from feedpath.core import media
from feedpath.core.driver import Media
from tests.fakes import escpos_reader, zpl_reader
from tests.fakes.machine import WATCHDOG_S, Box, Machine, until

DPI = 100
WHITE = b"\xff"
A4 = media.size("iso_a4_210x297mm")
LABEL = media.size("om_label_57x32mm")._replace(left=0, right=0, top=0, bottom=0)
LENGTH = round(8000 * testpage.ROLL_SHAPE)  # of a receipt, which ends where the page does
RECEIPT = media.size("om_receipt_80x297mm")._replace(left=0, right=0, top=0, bottom=0)


def drawn(paper: Media, color: bool = True, title: str = "Laser (1) \\", dpi: int = 600) -> "list[bytes]":
    """Return the page's rows of RGB pixels, drawn at 100 dots per inch."""
    pdf = testpage.document(title, ["Driver: PCL 5", "x" * 300], paper, dpi, color)
    size = paper.width, LENGTH if paper is RECEIPT else paper.length
    view = layout.View(resolution=(DPI, DPI), space=RGB24, size=size, scaling="none")
    ((stride, pixels),) = [
        (page.raster.stride, b"".join(map(bytes, page.bands)))
        for page in render.render(io.BytesIO(pdf), "application/pdf", Setup(), view)
    ]
    return [pixels[start : start + stride] for start in range(0, len(pixels), stride)]


@pytest.mark.parametrize("paper", [A4, LABEL, RECEIPT], ids=lambda paper: paper.name)
def test_the_frame_stands_at_the_edges_of_what_is_printed(paper: Media) -> None:
    rows = [row.rstrip(WHITE) for row in drawn(paper)]
    inked = [number for number, row in enumerate(rows) if row]
    middle = rows[(inked[0] + inked[-1]) // 2]
    left = next(at for at, value in enumerate(middle) if value != 255) // 3
    length = LENGTH if paper is RECEIPT else paper.length - paper.bottom
    found = (left, inked[0], len(middle) // 3, inked[-1])
    expected = (paper.left, paper.top, paper.width - paper.right, length)
    assert all(abs(at - edge * DPI / 2540) < 2 for at, edge in zip(found, expected, strict=True)), (found, expected)


def test_colours_are_on_it_where_the_machine_has_some_and_greys_always() -> None:
    for color in (True, False):
        pixels = {bytes(row[at : at + 3]) for row in drawn(A4, color) for at in range(0, len(row), 3)}
        assert {b"\0\0\0", b"\xff\xff\xff"} <= pixels
        assert (b"\0\xff\xff" in pixels and b"\xff\0\0" in pixels) is color
        greys = {pixel[0] for pixel in pixels if len(set(pixel)) == 1}
        assert all(any(abs(level * 25.5 - grey) < 2 for grey in greys) for level in range(11))


@pytest.mark.parametrize("title", ["", "x" * 5000, "打印机", ")Tj ET Q", "\\\n\0"])
def test_any_name_makes_a_page(title: str) -> None:
    assert sum(bool(row.rstrip(WHITE)) for row in drawn(LABEL, title=title)) > 20


def edges(rows: "list[bytes]", width: int) -> "tuple[int, int, int, int]":
    """Return the first and last column and row of black pixels."""
    bits = [f"{int.from_bytes(row, 'big'):0{len(row) * 8}b}"[:width] for row in rows]
    inked = [number for number, row in enumerate(bits) if "1" in row]
    return (min(bits[at].index("1") for at in inked), max(bits[at].rindex("1") for at in inked), inked[0], inked[-1])


@pytest.mark.parametrize(
    "device_id, width, length",
    [
        ("MFG:EPSON;MDL:TM-T20II;CMD:ESC/POS;", 576, 576 * testpage.ROLL_SHAPE),
        ("MFG:EPSON;MDL:TM-T88V;CMD:ESC/POS;", 512, 512 * testpage.ROLL_SHAPE),
        ("MFG:Zebra Technologies;MDL:ZTC GK420d;CMD:ZPL;", 799, 1199),
        ("MFG:Zebra Technologies;MDL:ZTC GX430t;CMD:ZPL;", 1181, 1772),
    ],
)
def test_labels_and_receipts_have_the_whole_frame(tmp_path: Path, device_id: str, width: int, length: float) -> None:
    command = device_id.partition("CMD:")[2].strip(";")

    async def main() -> None:
        driver = choose.choose((command,), False, device_id)
        async with Box(tmp_path, Machine(), driver=driver) as box:
            job = await box.print(testpage.of(box.printer), format=testpage.FORMAT)
            await until(lambda: job.over)
            received = bytes(box.machine.received)
        if command == "ZPL":
            (label,) = zpl_reader.read(received)[1]
            rows, wide = label.rows, width
        else:
            images = [one for one in escpos_reader.read(received) if isinstance(one, escpos_reader.Image)]
            rows, wide = [row for image in images for row in image.rows], images[0].width
        left, right, top, bottom = edges(rows, wide)
        assert wide == width and abs(bottom - length) < 8
        assert left <= 3 and right >= wide - 4 and top <= 3

    asyncio.run(asyncio.wait_for(main(), WATCHDOG_S))
