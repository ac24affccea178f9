"""A document becomes what a machine speaks: read or drawn, fitted to its sheets, made black and white, and encoded."""

from collections.abc import Iterable, Iterator

from feedpath.back.pdl import languages, pjl
from feedpath.back.pdl.fit import AUTO, NONE, Target, fit
from feedpath.back.pdl.halftone import curve, halftoned, method
from feedpath.back.pdl.order import ORIENTATIONS, Order
from feedpath.back.pdl.page import BLACK1, GRAY8, MM_100_PER_INCH, RGB24, Page, Raster
from feedpath.back.pdl.source import Source
from feedpath.core import media
from feedpath.errors import WireError

READ = {"image/pwg-raster": "pwg", "image/urf": "urf"}  # documents of pixels: pages come as their bytes do
DRAWN = ("application/pdf", "image/jpeg", "image/png", "text/plain")  # documents that must be whole, and are rendered
SAME = 100  # hundredths of a millimetre by which two sizes of one sheet differ at most: points, rounded pixels


class Work:
    """The Conversion of one order, where it is iterated."""

    def __init__(self, order: Order, source: Source):
        self.impressions = 0
        self._order = order
        self._source = source
        self._language = languages.BY_NAME[order.language]
        self._setup = order.setup

    def __iter__(self) -> "Iterator[bytes | memoryview]":
        if self._order.machine.pjl:
            yield pjl.ustatus()
        module, traits = languages.writer(self._language, self._order.machine)
        yield from module.encode(self._counted(), self._setup, traits)

    def stop(self) -> None:
        """Nothing is under way but where it is iterated."""

    def _counted(self) -> "Iterator[Page]":
        """Yield the pages as the language wants them; when the next is asked for, the last has been given whole."""
        tones = curve(gain=self._order.machine.gain)
        for page in self._pages():
            fitted = fit(page, self._target(page.raster))
            yield halftoned(fitted, method(self._order.quality), tones) if self._space == BLACK1 else fitted
            self.impressions += 1
        if not self.impressions:
            raise WireError("The document has no pages.")

    @property
    def _space(self) -> str:
        """Return the space of pages that the language is given."""
        return self._language.spaces[-1 if self._setup.color else 0]

    def _pages(self) -> "Iterator[Page]":
        if self._order.format in READ:
            reader = languages.load(READ[self._order.format])
            return _chosen(reader.read(self._source), self._order.ranges)
        if self._order.format in DRAWN:
            return self._drawn()
        raise WireError(f"Documents of the kind {self._order.format} cannot be converted.")

    def _drawn(self) -> "Iterator[Page]":
        from feedpath.back.pdl import layout, render  # loads PDFium, which most jobs do not need

        order, machine = self._order, self._order.machine
        ask = order.options.get
        sheet = media.size(self._setup.media)
        left, right, top, bottom = machine.margins
        view = layout.View(
            resolution=order.resolution,
            space=RGB24 if self._space == RGB24 else GRAY8,
            size=(sheet.width, sheet.length),
            margins=layout.Margins(left=left, top=top, right=right, bottom=bottom),
            scaling=str(ask("print-scaling", AUTO)),
            orientation=ORIENTATIONS.get(ask("orientation-requested", 0), layout.AUTO),
            number_up=int(ask("number-up", 1)),
            ranges=order.ranges,
            password=order.password,
            media=sheet.name,
        )
        with open(self._source.descriptor(), "rb") as file:
            file.seek(0)
            yield from render.render(file, order.format, self._setup, view)

    def _target(self, raster: Raster) -> Target:
        """Return what a page becomes: a sheet of the machine, at the page's own resolution where it has that."""
        order, machine = self._order, self._order.machine
        resolution = raster.resolution if raster.resolution in machine.resolutions else order.resolution
        space = GRAY8 if self._space == BLACK1 and raster.space != BLACK1 else self._space
        if machine.roll:
            return Target(machine.roll, _rows(raster, machine.roll), space, resolution, scaling="fit")
        size, name = self._sheet(raster)
        if resolution == raster.resolution and _alike(size, _paper(raster)):
            return Target(raster.width, raster.height, space, resolution, scaling=NONE, size=size, media=name)
        width, height = (round(side * dpi / MM_100_PER_INCH) for side, dpi in zip(size, resolution, strict=True))
        scaling = str(order.options.get("print-scaling", AUTO))
        return Target(width, height, space, resolution, scaling=scaling, size=size, media=name)

    def _sheet(self, raster: Raster) -> "tuple[tuple[int, int], str]":
        """Return size and name of the sheet: the job's where it names one, else the page's own."""
        if "media" in self._order.options:
            sheet = media.size(self._setup.media)
            return (sheet.width, sheet.length), sheet.name
        return _paper(raster), raster.media


def _paper(raster: Raster) -> "tuple[int, int]":
    """Return the size of a page's sheet in hundredths of a millimetre: as told, else that of its pixels."""
    if all(raster.size):
        return raster.size
    across, down = raster.resolution
    return round(raster.width * MM_100_PER_INCH / across), round(raster.height * MM_100_PER_INCH / down)


def _alike(one: "tuple[int, int]", other: "tuple[int, int]") -> bool:
    return all(abs(a - b) <= SAME for a, b in zip(one, other, strict=True))


def _rows(raster: Raster, dots: int) -> int:
    """Return how many rows a page has when it is made so many dots wide."""
    return max(1, round(raster.height * dots / raster.width))


def _chosen(pages: "Iterable[Page]", ranges: "tuple[tuple[int, int], ...]") -> "Iterator[Page]":
    """Yield the pages that are in one of the ranges, all where there are none."""
    for number, page in enumerate(pages, 1):
        if not ranges or any(first <= number <= last for first, last in ranges):
            yield page
        else:
            for _ in page.bands:
                pass
