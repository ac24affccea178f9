"""Which pages go onto which side of which sheet: ranges, blank pages, copies, and how the back of a sheet is turned.

Pages pass one at a time. Only what must come a second time or from its end is held, compressed, up to HELD_BYTES.
Where pages are left out or added, their total is not told any more. In this order: numbered, ranged, what makes pages
fit and halftones them, told, marked, repeated, padded, turned.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from feedpath.back.pdl.fit import NO_INK, blank
from feedpath.back.pdl.kernels import pixels
from feedpath.back.pdl.page import BITS, Page, Raster, Setup
from feedpath.errors import Unprintable, WireError

HELD_BYTES = 32 * 1024 * 1024  # of a page, compressed: A4 at 600 dpi has 4.3 MB in bits, 34.8 in tones before that
QUICK = 1  # zlib's level

TWO_SIDED = ("two-sided-long-edge", "two-sided-short-edge")
BACKS = {  # pwg-raster-document-sheet-back, sides -> CrossFeedTransform and FeedTransform: PWG 5102.4
    ("normal", "two-sided-long-edge"): (1, 1),
    ("normal", "two-sided-short-edge"): (1, 1),
    ("flipped", "two-sided-long-edge"): (1, -1),
    ("flipped", "two-sided-short-edge"): (-1, 1),
    ("rotated", "two-sided-long-edge"): (-1, -1),
    ("rotated", "two-sided-short-edge"): (1, 1),
    ("manual-tumble", "two-sided-long-edge"): (1, 1),
    ("manual-tumble", "two-sided-short-edge"): (-1, -1),
}


class Plan(NamedTuple):
    """How copies are made. reads: how often the document is read; sheets: how often each sheet of a reading is sent;
    copies: how many the machine makes of each page itself.
    """

    reads: int = 1
    sheets: int = 1
    copies: int = 1


def plan(setup: Setup, copies: bool, collates: bool) -> Plan:
    """Return how a job's copies are made on a machine that `copies` pages itself, and `collates` what it copies.

    A machine that collates keeps the whole document; one that only copies prints each sheet many times in turn.
    """
    if copies and (collates or not setup.collate):
        return Plan(copies=setup.copies)
    return Plan(reads=setup.copies) if setup.collate else Plan(sheets=setup.copies)


def told(pages: "Iterable[Page]", setup: Setup, copies: int = 1) -> "Iterator[Page]":
    """Give the pages with the job's words where they have none. copies: how many of each the machine is to make."""
    for page in pages:
        said = page.raster
        yield page._replace(
            raster=said._replace(
                sides=said.sides or setup.sides,
                media=said.media or setup.media,
                source=said.source or setup.source,
                type=said.type or setup.type,
                quality=said.quality or setup.quality,
                copies=copies,
            )
        )


def numbered(pages: "Iterable[Page]") -> "Iterator[Page]":
    """Give the pages with their numbers in the document."""
    for number, page in enumerate(pages, 1):
        yield page._replace(raster=page.raster._replace(number=number))


def backs(pages: "Iterable[Page]") -> "Iterator[tuple[Page, bool]]":
    """Give the pages, and whether each is on the back of its sheet."""
    back = False
    for page in pages:
        two_sided = page.raster.sides in TWO_SIDED
        yield page, back and two_sided
        back = two_sided and not back


def taken(page: Page) -> None:
    """Take all bands of a page that is not printed."""
    for _band in page.bands:
        pass


def ranged(pages: "Iterable[Page]", ranges: "Iterable[tuple[int, int]]") -> "Iterator[Page]":
    """Give the pages within IPP's page-ranges: first and last, counted from 1, rising and apart (RFC 8011, 5.2.7).

    Without ranges all pages come. Behind the last range nothing is read any more: what is left of the document is the
    caller's. Raise WireError for ranges that are none.
    """
    wanted = _checked(ranges)
    if not wanted:
        yield from pages
        return
    end = wanted[-1][1]
    for number, page in enumerate(pages, 1):
        if any(first <= number <= last for first, last in wanted):
            yield _uncounted(page)
        else:
            taken(page)
        if number >= end:
            return


def _uncounted(page: Page) -> Page:
    return page._replace(raster=page.raster._replace(total=0))


def _checked(ranges: "Iterable[tuple[int, int]]") -> "list[tuple[int, int]]":
    wanted = list(ranges)
    before = 0
    for first, last in wanted:
        if not before < first <= last:
            raise WireError(
                f"The pages {first}-{last} come after page {before}; ranges begin at 1, rise and do not overlap."
            )
        before = last
    return wanted


def marked(pages: "Iterable[Page]") -> "Iterator[Page]":
    """Give the pages that are not blank; of two-sided sheets those of which any side is not.

    Of a page only how many white rows it begins with is kept.
    """
    front: "Raster | None" = None  # of a front that is blank
    for page, back in backs(pages):
        shown = _shown(page)
        if shown is None and not (back and front is None):
            front = None if back else page.raster._replace(total=0)
            continue
        if back and front is not None:
            yield _white(front)
        front = None
        yield _uncounted(shown or _white(page.raster))


def _shown(page: Page) -> "Page | None":
    """Return the page, read up to its first band that is not white; None when there is none."""
    raster = page.raster
    white = NO_INK[raster.space][:1]
    rows = 0
    for band in page.bands:
        if bytes(band) != white * len(band):
            return Page(raster, _again(raster, rows, band, page.bands))
        rows += len(band) // raster.stride
    return None


def _again(raster: Raster, rows: int, band: memoryview, bands: "Iterator[memoryview]") -> "Iterator[memoryview]":
    yield from blank(raster, rows)
    yield band
    yield from bands


def padded(pages: "Iterable[Page]") -> "Iterator[Page]":
    """Give the pages, and a blank back behind the last front of two-sided ones, so that each set begins a sheet."""
    front: "Raster | None" = None  # what a back is still missing for
    for page in pages:
        two_sided = page.raster.sides in TWO_SIDED
        if front is not None and not two_sided:
            yield _white(front)
            front = None
        front = page.raster._replace(total=0) if two_sided and front is None else None
        yield _uncounted(page)
    if front is not None:
        yield _white(front)


def _white(raster: Raster) -> Page:
    return Page(raster, blank(raster, raster.height))


def turned(pages: "Iterable[Page]", sheet_back: str, most: int = HELD_BYTES) -> "Iterator[Page]":
    """Give the pages, the backs of two-sided ones as a machine wants them that calls itself `sheet_back`.

    To mirror a page costs a band. To begin with its last row, as rotating does too, holds it: `most` bytes compressed,
    and a band more. Raise WireError for a page that takes more, and for an unknown keyword.
    """
    if (sheet_back, TWO_SIDED[0]) not in BACKS:
        allowed = ", ".join(dict.fromkeys(keyword for keyword, _sides in BACKS))
        raise WireError(f"There is no sheet back {sheet_back}; allowed are {allowed}.")
    for page, back in backs(pages):
        yield _turned(page, *BACKS[sheet_back, page.raster.sides], most) if back else page


def _turned(page: Page, across: int, down: int, most: int) -> Page:
    bands = page.bands if down > 0 else upward(page, most)
    return Page(page.raster, bands if across > 0 else _mirrored(page.raster, bands))


def _mirrored(raster: Raster, bands: "Iterator[memoryview]") -> "Iterator[memoryview]":
    for band in bands:
        yield memoryview(pixels.mirrored(band, raster.width, BITS[raster.space]))


def upward(page: Page, most: int = HELD_BYTES) -> "Iterator[memoryview]":
    """Yield a page's rows from the last to the first; raise WireError where it takes more than `most` bytes."""
    held = Held(page, most)
    stride = page.raster.stride
    for band in held.bands(backward=True):
        yield memoryview(b"".join([band[at : at + stride] for at in range(len(band) - stride, -1, -stride)]))


class Held:
    """A page kept whole, compressed; raises Unprintable when that takes more than `most` bytes."""

    def __init__(self, page: Page, most: int = HELD_BYTES):
        self.raster = page.raster
        self._bands: "list[bytes]" = []
        size = 0
        for band in page.bands:
            packed = zlib.compress(band, QUICK)
            size += len(packed)
            if size > most:
                raise Unprintable(
                    f"A page of {self.raster.width} x {self.raster.height} pixels takes more than the {most} bytes "
                    "that are there to print it turned or again; a lower resolution takes fewer."
                )
            self._bands.append(packed)

    def bands(self, backward: bool = False) -> "Iterator[memoryview]":
        """Give the page's bands, the last one first if `backward`; each has its rows as they were."""
        for packed in reversed(self._bands) if backward else self._bands:
            yield memoryview(zlib.decompress(packed))

    def page(self) -> Page:
        """Return the page once more."""
        return Page(self.raster, self.bands())


def repeated(pages: "Iterable[Page]", times: int, most: int = HELD_BYTES) -> "Iterator[Page]":
    """Give each sheet's page, or both its pages, `times` times: uncollated copies. Each page held takes at most `most`.

    Pages are not held where a sheet is sent once.
    """
    if times <= 1:
        yield from pages
        return
    sheet: "list[Held]" = []
    for page in pages:
        two_sided = page.raster.sides in TWO_SIDED
        if sheet and not two_sided:
            yield from _copies(sheet, times)
            sheet = []
        sheet.append(Held(_uncounted(page), most))
        if not two_sided or len(sheet) == 2:
            yield from _copies(sheet, times)
            sheet = []
    yield from _copies(sheet, times)


def _copies(sheet: "list[Held]", times: int) -> "Iterator[Page]":
    """Give a sheet's pages again and again, a lone front with a blank back, so that the next copy begins a sheet."""
    for _ in range(times):
        for held in sheet:
            yield held.page()
        if len(sheet) == 1 and sheet[0].raster.sides in TWO_SIDED:
            yield _white(sheet[0].raster)
