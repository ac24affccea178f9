"""Jobs whose way goes around: what a machine is sent for each is read back, and must be the pages that were encoded."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from feedpath.back.pdl.convert import Work
from feedpath.back.pdl.order import Machine, Order
from feedpath.back.pdl.page import Page, Raster
from feedpath.back.pdl.source import FileSource
from tests.fakes import documents, marked, pages

A4 = (595, 842)  # points
PICTURE = pages.jpeg(24, 32, lambda column, row, part: (column * 9 + part * 20 + row * row // 9) % 256)
IN_PDF = "/Type/XObject/Subtype/Image/Width 192/Height 256/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"
LINES = " ".join(f"BT /F {6 + row} Tf 60 {780 - 30 * row} Td (Sphinx of black quartz {row}) Tj ET" for row in range(12))
MIXED = pages.pdf(
    [LINES + " q 300 0 0 300 150 80 cm /I Do Q 0.6 g 60 400 300 20 re f"],
    page="/Resources<</Font<</F 3 0 R>>/XObject<</I 10 0 R>>>>",
    objects=[(IN_PDF, PICTURE)],
)
TEXT = "\n".join(f"{number:3} The quick brown fox jumps over the lazy dog. ÄÖÜ €" for number in range(90)).encode()


class Job(NamedTuple):
    """A document, what is asked of it, and the sides that it comes to."""

    format: str
    document: bytes
    options: "dict[str, object]"
    sides: int


class Side(NamedTuple):
    """A page as it is encoded: what is known of it, and all its pixels."""

    raster: Raster
    pixels: bytes

    def bands(self) -> "Iterator[memoryview]":
        """Yield the pixels in bands."""
        step = self.raster.band_rows * self.raster.stride
        yield from (memoryview(self.pixels)[at : at + step] for at in range(0, len(self.pixels), step))


def several(count: int) -> bytes:
    """Return a PDF whose pages are told from each other."""
    return pages.pdf([marked.drawing(*A4, number) for number in range(1, count + 1)], A4)


JOBS = {
    "text": Job("text/plain", TEXT, {}, 2),
    "photo": Job("image/jpeg", PICTURE, {"print-scaling": "fill"}, 1),
    "photo, high": Job("image/jpeg", PICTURE, {"print-quality": 5}, 1),
    "mixed": Job("application/pdf", MIXED, {}, 1),
    "duplex": Job("application/pdf", several(3), {"sides": "two-sided-long-edge"}, 3),
    "tumbled": Job("application/pdf", several(2), {"sides": "two-sided-short-edge"}, 2),
    "landscape": Job("application/pdf", MIXED, {"orientation-requested": 4}, 1),
    "lying": Job("application/pdf", pages.pdf([marked.drawing(842, 595)], (842, 595)), {}, 1),
    "two-up": Job("application/pdf", several(3), {"number-up": 2}, 2),
    "four-up": Job("application/pdf", several(5), {"number-up": 4, "sides": "two-sided-long-edge"}, 2),
    "envelope": Job("application/pdf", MIXED, {"media": "na_number-10_4.125x9.5in"}, 1),
    "made to measure": Job("application/pdf", MIXED, {"media": "custom_odd_97x131mm"}, 1),
    "odd raster": Job("image/pwg-raster", documents.pwg("srgb_8", "4x6", 83, 2), {"media": "custom_odd_97x131mm"}, 2),
}


class Kept(Work):
    """Work whose pages are kept as they are encoded."""

    def __init__(self, order: Order, source: FileSource):
        super().__init__(order, source)
        self.sides: "list[Side]" = []

    def pages(self) -> "Iterator[Page]":
        """Yield the pages, and keep them."""
        for page in super().pages():
            side = Side(page.raster, b"".join(map(bytes, page.bands)))
            self.sides.append(side)
            yield Page(page.raster, side.bands())


def converted(name: str, language: str, machine: Machine, folder: Path) -> "tuple[bytes, list[Side]]":
    """Return what a machine is sent for a job, and the pages that were encoded."""
    job = JOBS[name]
    order = Order(job.format, language, machine, {"media": machine.media, **job.options}, name, "mary")
    path = folder / "document"
    path.write_bytes(job.document)
    with open(path, "rb", buffering=0) as file:
        work = Kept(order, FileSource(file))
        sent = b"".join(map(bytes, work))
    return sent, work.sides
