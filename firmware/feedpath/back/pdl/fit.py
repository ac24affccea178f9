"""Makes any page into exactly the page that a language takes: its size, its space, its resolution, its place on paper.

Band by band: a page is never whole in memory, only a band of it and a band of what it becomes.
"""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from feedpath.back.pdl.kernels import halftone, pixels
from feedpath.back.pdl.page import BAND_BYTES, BITS, BLACK1, GRAY8, MM_100_PER_INCH, RGB24, Page, Raster
from feedpath.errors import WireError

MOST_PIXELS = 1 << 24  # across or down, before and after scaling: a kernel's products of three such sizes fit 64 bits
SLACK = 100  # hundredths of a millimetre by which a page may be larger than its sheet: rounding, points for millimetres
NO_INK = {GRAY8: b"\xff", RGB24: b"\xff", BLACK1: b"\0"}
CHANNELS = {GRAY8: 1, RGB24: 3}

AUTO, AUTO_FIT, FILL, FIT, NONE = "auto", "auto-fit", "fill", "fit", "none"
SCALINGS = {  # PWG 5100.16 print-scaling: keyword -> what is done with a page larger than the sheet, and with another
    AUTO: (FIT, NONE),  # without margins: fill, none
    AUTO_FIT: (FIT, NONE),
    FILL: (FILL, FILL),
    FIT: (FIT, FIT),
    NONE: (NONE, NONE),
}

Rows = pixels.Rows


class Target(NamedTuple):
    """What a language takes of each page.

    width, height: of the printable area in pixels; all of it is given. space, resolution: as in Raster. sheet: width
    and height of the whole sheet in pixels; (0, 0) when all of it is printable. left, top: where on the sheet the
    printable area begins. scaling: IPP's print-scaling. place: where on the sheet an unscaled page begins, in pixels;
    None for centred. mirror: whether left and right are exchanged. size, media: the sheet's own, where they are known.
    margins: left, right, top and bottom pixels of what is given that cannot be printed on.
    """

    width: int
    height: int
    space: str = GRAY8
    resolution: "tuple[int, int]" = (600, 600)
    sheet: "tuple[int, int]" = (0, 0)
    left: int = 0
    top: int = 0
    scaling: str = AUTO
    place: "tuple[int, int] | None" = None
    mirror: bool = False
    size: "tuple[int, int]" = (0, 0)
    media: str = ""
    margins: "tuple[int, int, int, int]" = (0, 0, 0, 0)


class Box(NamedTuple):
    """A whole page in the target's pixels, and where it begins from the printable area's corner, be it outside."""

    width: int
    height: int
    left: int
    top: int


def fit(page: Page, target: Target) -> Page:
    """Return the page as the target wants it, exactly; raise WireError for a page or target that cannot be.

    What is outside the printable area is cut, what is beside the page stays white. Scaling is by area: each pixel is
    the mean of what it covers; bits are scaled as tones and cut at one half. Rows that do not come are white.
    """
    raster = page.raster
    _check(raster, target)
    made = raster._replace(
        width=target.width,
        height=target.height,
        space=target.space,
        resolution=target.resolution,
        size=target.size if any(target.size) else raster.size,
        media=target.media or ("" if any(target.size) else raster.media),
    )
    return Page(made, _bands(page, made, box(raster, target), target.mirror))


def box(raster: Raster, target: Target) -> Box:
    """Return how large a page becomes, and where it lies; raise WireError when it becomes too large."""
    natural = [Fraction(raster.width * target.resolution[0], raster.resolution[0])]
    natural.append(Fraction(raster.height * target.resolution[1], raster.resolution[1]))
    area = (target.width, target.height)
    sheet = target.sheet if all(target.sheet) else area
    larger = any(
        is_ > has + Fraction(dpi * SLACK, MM_100_PER_INCH)
        for is_, has, dpi in zip(natural, sheet, target.resolution, strict=True)
    )
    way = SCALINGS[target.scaling][0 if larger else 1]
    if target.scaling == AUTO and larger and sheet == area and not any(target.margins):
        way = FILL
    before, after, above, below = target.margins
    within = (max(1, area[0] - before - after), max(1, area[1] - above - below)) if way == FIT else sheet
    ratios = [Fraction(has) / is_ for has, is_ in zip(within, natural, strict=True)]
    ratio = {FIT: min(ratios), FILL: max(ratios), NONE: Fraction(1)}[way]
    wide, high = (max(1, round(is_ * ratio)) for is_ in natural)
    if max(wide, high) > MOST_PIXELS:
        raise WireError(f"The page becomes {wide} x {high} pixels when it is scaled; allowed are {MOST_PIXELS}.")
    left, top = (has - is_ >> 1 for has, is_ in zip(within, (wide, high), strict=True))
    if way == NONE and target.place is not None:
        left, top = target.place
    if way == FIT:
        return Box(wide, high, left + before, top + above)
    return Box(wide, high, left - target.left, top - target.top)


def _check(raster: Raster, target: Target) -> None:
    if target.scaling not in SCALINGS:
        raise WireError(f"There is no print-scaling {target.scaling}; allowed are {', '.join(SCALINGS)}.")
    for what, is_ in (("page", raster), ("printable area", target)):
        if is_.space not in BITS:
            raise WireError(f"The {what} has pixels in {is_.space}; allowed are {', '.join(BITS)}.")
        if not (0 < is_.width <= MOST_PIXELS and 0 < is_.height <= MOST_PIXELS):
            raise WireError(f"The {what} has {is_.width} x {is_.height} pixels; allowed are 1 to {MOST_PIXELS}.")
        if min(is_.resolution) < 1:
            raise WireError(f"The {what} has {is_.resolution[0]} x {is_.resolution[1]} dpi; at least 1 is allowed.")


def _bands(page: Page, made: Raster, lies: Box, mirror: bool) -> "Iterator[memoryview]":
    """Give all rows of the page that is made, and take all bands of the one that came."""
    above = min(max(0, lies.top), made.height)
    below = made.height - above
    yield from blank(made, above)
    for rows in _finished(page, made, lies, mirror, min(below, lies.height + min(0, lies.top))):
        below -= len(rows) // made.stride
        yield memoryview(rows)
    yield from blank(made, below)
    for _unseen in page.bands:
        pass


def blank(raster: Raster, count: int) -> "Iterator[memoryview]":
    """Give `count` white rows of such a page, in bands."""
    band = NO_INK[raster.space] * (min(count, raster.band_rows) * raster.stride)
    while count > 0:
        rows = min(count, raster.band_rows)
        yield memoryview(band)[: rows * raster.stride]
        count -= rows


def _finished(page: Page, made: Raster, lies: Box, mirror: bool, count: int) -> "Iterator[Rows]":
    """Give the at most `count` rows that hold something of the page, as wide as they must be."""
    raster = page.raster
    first, last = max(0, -lies.left), min(lies.width, made.width - lies.left)
    if count <= 0 or last <= first:
        return
    skipped = max(0, -lies.top)
    if (lies.width, lies.height) == (raster.width, raster.height):
        width, left, space = raster.width, lies.left, raster.space
        pieces: Iterator[Rows] = _cut(_pieces(page, made), raster.stride, skipped, count)
    else:
        width, left, space = last - first, max(0, lies.left), _working(raster.space, made.space)
        pieces = _scaled(page, made, lies, (first, last), (skipped, skipped + count))
    change = CHANGES[space, made.space]
    for rows in pieces:
        done = _placed(rows, space, width, left, made.width)
        if mirror:
            done = pixels.mirrored(done, made.width, BITS[space])
        yield change(done, made.width)


def _placed(rows: Rows, space: str, width: int, left: int, wide: int) -> Rows:
    if left == 0 and width == wide:
        return rows
    if space == BLACK1:
        return pixels.placed_bits(rows, width, left, wide)
    channels = CHANNELS[space]
    return pixels.placed(rows, width * channels, left * channels, wide * channels, NO_INK[space])


def _pieces(page: Page, made: Raster) -> "Iterator[memoryview]":
    """Give the page's bands in pieces that take no more than a band in any space and width on their way."""
    raster = page.raster
    bits = max(BITS[raster.space], BITS[made.space], 8)
    step = max(1, 8 * BAND_BYTES // (bits * max(raster.width, made.width))) * raster.stride
    for band in page.bands:
        if len(band) % raster.stride:
            raise WireError(f"A band of {len(band)} bytes is not made of whole rows of {raster.stride}.")
        for at in range(0, len(band), step):
            yield band[at : at + step]


def _cut(pieces: "Iterable[memoryview]", stride: int, skipped: int, count: int) -> "Iterator[memoryview]":
    """Give `count` rows behind the first `skipped` ones, fewer if there are not so many."""
    for piece in pieces:
        rows = len(piece) // stride
        if skipped < rows:
            taken = piece[skipped * stride : (skipped + count) * stride]
            yield taken
            count -= len(taken) // stride
            if not count:
                return
        skipped = max(0, skipped - rows)


def _working(space: str, made: str) -> str:
    """Return the space in which a page is scaled."""
    return RGB24 if space == made == RGB24 else GRAY8


def _scaled(
    page: Page, made: Raster, lies: Box, columns: "tuple[int, int]", lines: "tuple[int, int]"
) -> "Iterator[Rows]":
    """Give those columns and lines of the scaled page, in pieces of whole rows."""
    raster, space = page.raster, _working(page.raster.space, made.space)
    channels, change = CHANNELS[space], CHANGES[raster.space, space]
    stride = (columns[1] - columns[0]) * channels

    def across() -> "Iterator[memoryview]":
        for piece in _pieces(page, made):
            toned = change(piece, raster.width)
            rows = memoryview(pixels.stretched(toned, raster.width, channels, lies.width, *columns))
            for at in range(0, len(rows), stride):
                yield rows[at : at + stride]

    gathered = bytearray()
    most = max(1, BAND_BYTES // (made.width * CHANNELS.get(made.space, 1))) * stride
    for row in _down(across(), stride, raster.height, lies.height, lines):
        gathered += row
        if len(gathered) >= most:
            yield gathered
            gathered = bytearray()
    if gathered:
        yield gathered


def _down(
    rows: "Iterable[memoryview]", stride: int, high: int, final: int, lines: "tuple[int, int]"
) -> "Iterator[Rows]":
    """Give `lines` of the `final` rows that `high` rows of `stride` bytes become."""
    common = gcd(high, final)
    old, new = high // common, final // common  # so many rows become so many
    mean = pixels.Mean(stride, old)
    line, end = lines
    bottom = 0  # of the row, where each has `new` units, and each line `old`
    for row in rows:
        top, bottom = bottom, bottom + new
        while line * old < bottom:
            part = min(bottom, (line + 1) * old) - max(top, line * old)
            if part == old:
                yield row
            else:
                mean.add(row, part)
                if (line + 1) * old > bottom:
                    break
                yield mean.settle()
            line += 1
            if line == end:
                return


def _same(rows: Rows, _width: int) -> Rows:
    return rows


def _gray_of_rgb(rows: Rows, _width: int) -> Rows:
    return pixels.gray_of_rgb(rows)


def _rgb_of_gray(rows: Rows, _width: int) -> Rows:
    return pixels.rgb_of_gray(rows)


def _bits_of_gray(rows: Rows, width: int) -> Rows:
    return halftone.black(rows, width, halftone.FLAT, len(halftone.FLAT), 0)


def _bits_of_rgb(rows: Rows, width: int) -> Rows:
    return _bits_of_gray(pixels.gray_of_rgb(rows), width)


def _rgb_of_bits(rows: Rows, width: int) -> Rows:
    return pixels.rgb_of_gray(pixels.gray_of_bits(rows, width))


CHANGES: "dict[tuple[str, str], Callable[[Rows, int], Rows]]" = {  # from a space to another: rows, their pixels -> rows
    (GRAY8, GRAY8): _same,
    (RGB24, RGB24): _same,
    (BLACK1, BLACK1): _same,
    (GRAY8, RGB24): _rgb_of_gray,
    (GRAY8, BLACK1): _bits_of_gray,
    (RGB24, GRAY8): _gray_of_rgb,
    (RGB24, BLACK1): _bits_of_rgb,
    (BLACK1, GRAY8): pixels.gray_of_bits,
    (BLACK1, RGB24): _rgb_of_bits,
}
