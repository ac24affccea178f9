"""A document becomes what a machine speaks: read or drawn, fitted to its sheets, made black and white, and encoded."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from feedpath.back.pdl import languages, pjl, sheets
from feedpath.back.pdl.fit import AUTO, NONE, Target, fit
from feedpath.back.pdl.halftone import curve, halftoned, method
from feedpath.back.pdl.order import ORIENTATIONS, Order
from feedpath.back.pdl.page import BLACK1, GRAY8, MM_100_PER_INCH, RGB24, Page, Raster
from feedpath.back.pdl.source import FileSource, Source
from feedpath.core import media
from feedpath.errors import Unprintable, WireError

if TYPE_CHECKING:
    from feedpath.back.pdl.draw.layout import View

READ = {"image/pwg-raster": "pwg", "image/urf": "urf"}  # documents of pixels: pages come as their bytes do
DRAWN = ("application/pdf", "image/jpeg", "image/png", "text/plain")  # documents that must be whole, and are rendered
NO_PAGE = "The document has no page that is to be printed."
ALL_BLANK = "All pages of the document are blank, and the setting blank-pages says to skip those."
ROLL_LENGTH = 200_000  # 2 m: what of a text is one piece on paper from a roll; its white end is not printed
VIEWS = 16  # that are kept
SAME = 100  # hundredths of a millimetre by which two sizes of one sheet differ at most: points, rounded pixels


class Work:
    """The Conversion of one order, where it is iterated."""

    def __init__(self, order: Order, source: Source):
        self.impressions = 0
        self._order = order
        self._source = source
        self._language = languages.ORDERED[order.language]
        self._setup = order.setup

    def load(self) -> None:
        """Load all that is needed of the program, for a process that can load nothing later."""
        languages.load(READ.get(self._order.format, "draw.render"))
        module, traits = languages.writer(self._language, self._order.machine)
        if hasattr(module, "load"):
            module.load(traits)

    def __iter__(self) -> "Iterator[bytes | memoryview]":
        if self._order.machine.pjl:
            yield pjl.ustatus()
        module, traits = languages.writer(self._language, self._order.machine)
        setup = self._setup._replace(copies=self._plan.copies)
        yield from module.encode(self._counted(), setup, traits)

    def stop(self) -> None:
        """Nothing is under way but where it is iterated."""

    @property
    def _plan(self) -> sheets.Plan:
        """Return how copies are made."""
        return sheets.plan(self._setup, self._language.copies, self._language.collates)

    def _counted(self) -> "Iterator[Page]":
        """Yield what the machine gets; when the next page is asked for, the last has been given whole.

        The copies that the machine makes of a page count as well.
        """
        plan = self._plan
        pages = sheets.repeated(self._sets(), plan.sheets)
        for page in sheets.turned(pages, self._order.machine.back):
            yield page
            self.impressions += plan.copies
        if not self.impressions:
            raise Unprintable(ALL_BLANK) if self._order.skip_blank else WireError(NO_PAGE)

    def _sets(self) -> "Iterator[Page]":
        """Yield the pages as the language wants them, as often as the document must be read, each set from a front."""
        plan = self._plan
        for _ in range(plan.reads):
            pages = sheets.told(self.pages(), self._setup, plan.copies)
            pages = sheets.marked(pages) if self._order.skip_blank else pages
            yield from sheets.padded(pages) if plan.reads > 1 or plan.copies > 1 else pages

    def pages(self) -> "Iterator[Page]":
        """Yield the document's pages once, as the language wants them."""
        tones = curve(gain=self._order.machine.gain)
        by = method(self._order.quality, self._order.halftone)
        for page, back in sheets.backs(map(self._overridden, self._pages())):
            target = self._target(page.raster, back)
            black = target.space == BLACK1
            grey = black and page.raster.space != BLACK1  # until it is halftoned
            fitted = fit(page, target._replace(space=GRAY8) if grey else target)
            yield halftoned(fitted, by, tones) if black else fitted

    def _overridden(self, page: Page) -> Page:
        """Return a page that tells what is asked of it alone."""
        told, raster = self._order.overriding(page.raster.number), page.raster
        source, type = told.get("media-source", raster.source), told.get("media-type", raster.type)
        return page._replace(raster=raster._replace(source=source, type=type, sides=raster.sides or self._setup.sides))

    def _space(self, raster: Raster) -> str:
        """Return the space that the language is given a page in: its own if it may be, as grey goes without colour."""
        spaces = self._language.spaces if self._setup.color else self._language.spaces[:1]
        return raster.space if raster.space in spaces else spaces[-1]

    def _pages(self) -> "Iterator[Page]":
        order = self._order
        if order.format in READ:
            read = languages.load(READ[order.format]).read
            if self._plan.reads == 1:
                return sheets.ranged(sheets.numbered(read(self._source)), order.ranges)
            return self._again(read)
        if order.format in DRAWN:
            return self._drawn()
        raise WireError(f"Documents of the kind {order.format} cannot be converted.")

    def _again(self, read: "Callable[[Source], Iterator[Page]]") -> "Iterator[Page]":
        """Yield the pages of a document of pixels that is read more than once, so that it has come whole."""
        with open(self._source.descriptor(), "rb") as file:
            file.seek(0)
            yield from sheets.ranged(sheets.numbered(read(FileSource(file))), self._order.ranges)

    def _drawn(self) -> "Iterator[Page]":
        from feedpath.back.pdl.draw import render  # loads PDFium, which most jobs do not need

        with open(self._source.descriptor(), "rb") as file:
            file.seek(0)
            yield from render.render(file, self._order.format, self._setup, self._view(0), views=self._views)

    @property
    def _views(self) -> "Callable[[int], View] | None":
        """Return what gives the view of a page, None where all have the same."""
        return lru_cache(VIEWS)(self._view) if self._order.options.get("overrides") else None

    def _view(self, page: int) -> "View":
        """Return how a page of a document is drawn, by its number; 0 for those of which nothing else is asked."""
        from feedpath.back.pdl.draw import layout

        order = self._order.at(page)
        machine, ask = order.machine, order.options.get
        sheet = media.size(order.setup.media or machine.media)
        plain = Raster(1, 1, RGB24 if self._setup.color else GRAY8, order.resolution, (sheet.width, sheet.length))
        wanted = self._target(plain._replace(media=sheet.name, number=page), back=False)
        left, right, top, bottom = _unprintable(wanted) or machine.margins
        size = sheet.width, sheet.length
        if machine.roll:
            shown = self._language is languages.PREVIEW  # as a small picture, of the beginning
            length = sheet.length if shown else ROLL_LENGTH
            size = round(machine.roll * MM_100_PER_INCH / wanted.resolution[0]), length
        return layout.View(
            resolution=wanted.resolution,
            space=RGB24 if wanted.space == RGB24 else GRAY8,
            size=size,
            margins=layout.Margins(left=left, top=top, right=right, bottom=bottom),
            scaling=_scaling(order),
            orientation=ORIENTATIONS.get(ask("orientation-requested", 0), layout.AUTO),
            number_up=int(ask("number-up", 1)),
            ranges=order.ranges,
            password=order.password,
            media=sheet.name,
            roll=bool(machine.roll),
        )

    def _target(self, raster: Raster, back: bool) -> Target:
        """Return what a page becomes: as the language says, else a sheet, at the page's resolution where it has that.

        back: whether the page is on the back of its sheet, where it has two sides.
        """
        order, machine = self._order.at(raster.number), self._order.machine
        module, traits = languages.writer(self._language, machine)
        if hasattr(module, "target"):
            return self._own(order, module, traits, raster, back)
        resolution = raster.resolution if raster.resolution in machine.resolutions else order.resolution
        space = self._space(raster)
        if machine.roll:
            return Target(machine.roll, _rows(raster, machine.roll), space, resolution, scaling="fit")
        size, name = _sheet(order, raster)
        if resolution == raster.resolution and _alike(size, _paper(raster)):
            return Target(raster.width, raster.height, space, resolution, scaling=NONE, size=size, media=name)
        width, height = (round(side * dpi / MM_100_PER_INCH) for side, dpi in zip(size, resolution, strict=True))
        scaling = _scaling(order)
        target = Target(width, height, space, resolution, scaling=scaling, size=size, media=name)
        return target._replace(margins=_margins(machine.margins, resolution))

    def _own(self, order: Order, module: ModuleType, traits: Any, raster: Raster, back: bool) -> Target:
        """Return what a page becomes where the language has a geometry of its own."""
        size, name = _sheet(order, raster)
        scaling = NONE if _alike(size, _paper(raster)) else _scaling(order)
        placed = raster._replace(size=size, media=name)
        target: Target = module.target(placed, self._setup, traits, scaling, back)
        return target


def _scaling(order: Order) -> str:
    """Return print-scaling, with what its usual value means on the machine."""
    asked = str(order.options.get("print-scaling", AUTO))
    return order.machine.scaling if asked == AUTO else asked


def _sheet(order: Order, raster: Raster) -> "tuple[tuple[int, int], str]":
    """Return size and name of the sheet: the order's where it names one, else the page's own."""
    if "media" in order.options:
        sheet = media.size(order.setup.media)
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


def _unprintable(target: Target) -> "tuple[int, int, int, int] | None":
    """Return left, right, top and bottom of the sheet in hundredths of a millimetre; None where all is printable."""
    (width, height), (across, along) = target.sheet, target.resolution
    if not width or not height:
        return None
    edges = (target.left, width - target.left - target.width, target.top, height - target.top - target.height)
    dots = (across, across, along, along)
    made = (max(0, edge * MM_100_PER_INCH // dpi) for edge, dpi in zip(edges, dots, strict=True))
    return tuple(made)  # type: ignore[return-value]


def _margins(margins: "tuple[int, int, int, int]", resolution: "tuple[int, int]") -> "tuple[int, int, int, int]":
    """Return left, right, top and bottom in pixels, rounded up."""
    (across, along), (left, right, top, bottom) = resolution, margins
    lengths = (left * across, right * across, top * along, bottom * along)
    return tuple(-(-length // MM_100_PER_INCH) for length in lengths)  # type: ignore[return-value]


def _rows(raster: Raster, dots: int) -> int:
    """Return how many rows a page has when it is made so many dots wide."""
    return max(1, round(raster.height * dots / raster.width))
