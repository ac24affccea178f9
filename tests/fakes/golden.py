"""Pages that a person has looked at once: how each is made. `python -m tests.fakes.golden NAME...` writes them anew.

What is printed is what a machine is sent, as the tests' own readers take it; nothing in it has the system's own fonts.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from math import hypot, sin
from pathlib import Path
from typing import NamedTuple

from feedpath.back.pdl import choose, halftone, sheets
from feedpath.back.pdl.convert import Work
from feedpath.back.pdl.order import Machine, Order
from feedpath.back.pdl.page import GRAY8, Page, Raster
from feedpath.back.pdl.source import FileSource
from tests.fakes import escpos_reader, marked, pages, pcl_reader, zpl_reader
from tests.fakes.pcl_reader import PclPage
from tests.fakes.sheet import Sheet

FOLDER = Path(__file__).resolve().parents[1] / "golden/pages"
DPI = 75
A4, A5, TICKET, STICKER = (595, 842), (420, 595), (227, 250), (162, 91)  # points
LASER = Machine(((DPI, DPI),), margins=(635, 635, 423, 423), traits={"duplex": True, "resolutions": (DPI,)})
INVERTED = bytes(255 - byte for byte in range(256))  # PNG has 1 for white
ONE_IS_WHITE = bytes.maketrans(b"01", b"10")
SMALL = (100, 140)  # pixels of a page of which there are many in a picture
PHOTO = (192, 128)
GAP = b"\xc0" * 8
EDGES = 0.005  # of what PDFium draws: its versions differ in the greys of edges


class Picture(NamedTuple):
    """Pixels as a PNG has them: grey, 1 or 8 bits each. differing: the part of the bytes that may differ elsewhere."""

    width: int
    height: int
    pixels: bytes
    differing: float = 0.0


def landscape() -> Picture:
    """Return an A5 page that is turned a quarter counter-clockwise in the middle of its sheet, by a laser printer."""
    (page,) = laser([marked.drawing(*A5)], A5, orientation_requested=4, print_scaling="none")
    return printed(page)


def several() -> Picture:
    """Return five pages on a sheet for six."""
    (page,) = laser([marked.drawing(*A4, number) for number in range(1, 6)], number_up=6)
    return printed(page)


def duplex() -> Picture:
    """Return the front and, beside it, the back of a sheet as a laser printer is sent them."""
    sides = laser([marked.drawing(*A4, number) for number in (1, 2)], sides="two-sided-long-edge")
    return printed(*sides)


def backs() -> Picture:
    """Return backs as machines want them: normal, flipped, rotated, manual-tumble; below, for the short edge."""
    kinds = list(dict.fromkeys(kind for kind, _ in sheets.BACKS))
    lines = [beside([back(kind, sides) for kind in kinds]) for sides in sheets.TWO_SIDED]
    width = len(lines[0][0])
    rows = [*lines[0], *[GAP[:1] * width] * len(GAP), *lines[1]]
    return Picture(width, len(rows), b"".join(rows))


def photo_in_blue_noise() -> Picture:
    """Return a photo in dots of blue noise."""
    return halftoned(halftone.BLUE_NOISE)


def photo_in_diffusion() -> Picture:
    """Return a photo whose dots come of error diffusion."""
    return halftoned(halftone.DIFFUSION)


def receipt() -> Picture:
    """Return a receipt by a printer of 576 dots."""
    sent = converted("escpos", [marked.drawing(*TICKET)], TICKET, media="om_receipt_80x297mm")
    (image,) = [item for item in escpos_reader.read(sent) if isinstance(item, escpos_reader.Image)]
    return Picture(image.width, len(image.rows), b"".join(image.rows).translate(INVERTED), EDGES)


def label() -> Picture:
    """Return a label of 57 x 32 mm."""
    sent = converted("zpl", [marked.drawing(*STICKER)], STICKER, media="om_label_57x32mm")
    _, (made,) = zpl_reader.read(sent)
    return Picture(int(made.settings["^PW"]), len(made.rows), b"".join(made.rows).translate(INVERTED), EDGES)


def converted(
    language: str, contents: "Sequence[str]", size: "tuple[int, int]", machine: "Machine | None" = None, **asked: object
) -> bytes:
    """Return what a machine is sent for a PDF with these content streams."""
    options = {name.replace("_", "-"): value for name, value in asked.items()}
    machine = machine or choose.USUAL[language].machine
    order = Order("application/pdf", language, machine, options, "golden", "mary")
    with tempfile.TemporaryFile() as file:
        file.write(pages.pdf(contents, size))
        file.seek(0)
        return b"".join(map(bytes, Work(order, FileSource(file))))


def laser(contents: "Sequence[str]", size: "tuple[int, int]" = A4, **asked: object) -> "list[PclPage]":
    """Return the pages that a laser printer prints of a PDF."""
    return pcl_reader.read(converted("pcl5", contents, size, LASER, **asked)).pages


def printed(*printed_pages: PclPage) -> Picture:
    """Return A4 sheets side by side."""
    made = [Sheet(page, *(round(points * DPI / 72) for points in A4)) for page in printed_pages]
    rows = [b"".join(parts) for parts in zip(*(sheet.rows for sheet in made), strict=True)]
    width = len(rows[0])
    spare = -width % 8
    packed = [(int(row.translate(ONE_IS_WHITE), 2) << spare).to_bytes((width + 7) // 8, "big") for row in rows]
    return Picture(width, len(rows), b"".join(packed), EDGES)


def back(kind: str, sides: str) -> "list[bytes]":
    """Return the rows of a back as a machine wants it."""
    width, height = SMALL
    rows = [marked.line((at + 0.5) / height, width)[1::3] for at in range(height)]
    raster = Raster(width, height, GRAY8, sides=sides)
    leaf = (Page(raster, iter([memoryview(b"".join(rows))])) for _ in range(2))
    *_, turned = (b"".join(map(bytes, page.bands)) for page in sheets.turned(leaf, kind))
    return [turned[at : at + width] for at in range(0, len(turned), width)]


def beside(pictures: "Sequence[list[bytes]]") -> "list[bytes]":
    """Return the rows of pictures side by side."""
    return [GAP.join(parts) for parts in zip(*pictures, strict=True)]


def halftoned(method: str) -> Picture:
    """Return a photo in dots: a sky, a sun and hills."""
    width, height = PHOTO
    tones = bytes(tone(x, y) for y in range(height) for x in range(width))
    page = halftone.halftoned(Page(Raster(width, height), iter([memoryview(tones)])), method)
    return Picture(width, height, b"".join(map(bytes, page.bands)).translate(INVERTED))


def tone(x: int, y: int) -> int:
    """Return a photo's tone at a place."""
    if y > 90 + 12 * sin(x / 25):
        return max(0, 130 - 2 * (y - 80) + int(20 * sin(x / 3)))
    if hypot(x - 140, y - 35) < 20:
        return 255
    return min(250, 90 + y + x // 4)


GOLD: "dict[str, Callable[[], Picture]]" = {
    "landscape": landscape,
    "six-up": several,
    "duplex": duplex,
    "backs": backs,
    "photo-blue-noise": photo_in_blue_noise,
    "photo-diffusion": photo_in_diffusion,
    "receipt": receipt,
    "label": label,
}


def main() -> None:
    """Write the pages that are named."""
    for name in sys.argv[1:]:
        made = GOLD[name]()
        (FOLDER / f"{name}.png").write_bytes(pages.plain_png(made.width, made.height, made.pixels))


if __name__ == "__main__":
    main()
