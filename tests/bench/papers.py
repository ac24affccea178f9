"""The documents that are converted, made once in a run."""

from pathlib import Path
from typing import NamedTuple

from tests.bench import libcups, scene
from tests.bench.bars import PAGES

A4_INCHES = 8.27, 11.69
LONG_DPI = 150


class Amounts(NamedTuple):
    """How much work the documents are.

    dpi: of pages of raster. pages, many: of the two PDFs. picture: width and height of the JPEG. long: rows of a page
    at LONG_DPI.
    """

    dpi: int
    pages: int
    many: int
    picture: "tuple[int, int]"
    long: int


FULL = Amounts(600, 10, 100, (6000, 4000), 59_055)  # 24 megapixels; 10 m, and no page has more rows than 65,535
QUICK = Amounts(300, 1, 2, (600, 400), 2000)
QUALITY = 95  # of a JPEG: some 6.5 MB for 24 megapixels


class Papers:
    """Paths of documents in a folder."""

    def __init__(self, folder: Path, amounts: Amounts):
        self.folder, self.amounts = folder, amounts
        self.raster = {name: folder / f"{name}.urf" for name in PAGES}
        self.long, self.picture = folder / "long.urf", folder / "picture.jpg"
        self.pdf, self.many = folder / "pages.pdf", folder / "many.pdf"
        self._write()

    def _write(self) -> None:
        amounts = self.amounts
        width, height = (round(inches * amounts.dpi / 8) * 8 for inches in A4_INCHES)
        text = scene.text(width, height, amounts.dpi)
        photo = scene.photograph(width, height)
        mixed = scene.mixed(text, photo[-(height * 2 // 5) :])
        for name, rows in zip(PAGES, (text, photo, mixed), strict=True):
            libcups.write_urf(self.raster[name], width, amounts.dpi, rows)
        wide, high = (round(inches * LONG_DPI) for inches in A4_INCHES)
        sheet = [row[-wide:] for row in photo[-high:]]
        libcups.write_urf(self.long, wide, LONG_DPI, (sheet * (amounts.long // high + 1))[: amounts.long])
        scene.jpeg(self.picture, *amounts.picture, quality=QUALITY)
        inner = self.folder / "inner.jpg"
        scene.jpeg(inner, *scene.PICTURE, quality=QUALITY)
        scene.pdf(self.pdf, amounts.pages, inner)
        scene.pdf(self.many, amounts.many, inner)
