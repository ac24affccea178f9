"""Apple raster (image/urf, "UNIRAST"): documents read, and pages written.

Apple has not published it. The fields stand in US patent application 2011/0194124; their values are those that libcups
reads and writes (cups/raster-stream.c).
"""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from feedpath.back.pdl.coded import ADOBE_RGB, CMYK, RGB, SGRAY, SRGB, W, bands, coded, kind_of
from feedpath.back.pdl.limits import USUAL, Limits
from feedpath.back.pdl.page import GRAY8, MM_100_PER_INCH, RGB24, Page, Raster, Setup
from feedpath.back.pdl.pwg import QUALITIES, position_of, quality_of, source_of
from feedpath.back.pdl.source import Source, exactly
from feedpath.errors import WireError

SYNC = b"UNIRAST\0"
TOTAL = struct.Struct(">I")  # pages of the document, behind SYNC; 0 where not known
LAYOUT = struct.Struct(">6B6x3I8x")
COLORS = {0: (SGRAY, 1), 1: (SRGB, 3), 3: (ADOBE_RGB, 3), 4: (W, 1), 5: (RGB, 3), 6: (CMYK, 4)}  # 2 is CIE L*a*b*
SIDES = ("", "one-sided", "two-sided-short-edge", "two-sided-long-edge")
TYPES = (
    ("auto", "stationery", "transparency", "envelope", "cardstock", "labels", "stationery-letterhead", "disc")
    + ("photographic-matte", "photographic-satin", "photographic-semi-gloss", "photographic-glossy")
    + ("photographic-high-gloss", "other")
)
SPACES = {GRAY8: (8, 0), RGB24: (24, 1)}  # BitsPerPixel and ColorSpace that we write
UNKNOWN_TOTAL = 0  # printers print all the same: apple/cups issue 4920


class Header(NamedTuple):
    """A page's header; what is left out of it (output bin, copies, finishings) is written as zeros."""

    bits_per_pixel: int
    color_space: int
    sides: int
    quality: int
    media_type: int
    media_position: int
    width: int
    height: int
    resolution: int

    def encode(self) -> bytes:
        """Return its octets."""
        return LAYOUT.pack(*self)

    @classmethod
    def parse(cls, octets: bytes) -> "Header":
        """Return the header of LAYOUT.size octets."""
        return cls(*LAYOUT.unpack(octets))


class Traits(NamedTuple):
    """What a machine wants: nothing yet, as the keywords of urf-supported say what it takes."""


def read(source: Source, limits: Limits = USUAL) -> "Iterator[Page]":
    """Yield the pages of a document; raise WireError when it is wrong.

    How many pages it says to have is told on (Raster.total), and not compared: 0 is written by those who stream.
    """
    if exactly(source, len(SYNC), "its first 8 bytes") != SYNC:
        raise WireError("The document is no Apple raster: that begins with UNIRAST.")
    (total,) = TOTAL.unpack(exactly(source, TOTAL.size, "its number of pages"))
    number = 0
    while source.peek():
        number += 1
        header = Header.parse(exactly(source, LAYOUT.size, f"the header of page {number}"))
        limits.check(number, header.width, header.height, (header.resolution, header.resolution))
        if header.color_space not in COLORS:
            raise WireError(f"Page {number} is in colour space {header.color_space}; allowed are {sorted(COLORS)}.")
        color_space, colors = COLORS[header.color_space]
        kind = kind_of(number, color_space, header.bits_per_pixel // colors, header.bits_per_pixel)
        raster = _raster(header, kind.space, total if total <= limits.pages else UNKNOWN_TOTAL)
        page = Page(raster, bands(source, raster, kind, number))
        yield page
        for _ in page.bands:  # what its taker left
            pass
    if not number:
        raise WireError("The document has no page.")


def _raster(header: Header, space: str, total: int) -> Raster:
    width, length = (round(n * MM_100_PER_INCH / header.resolution) for n in (header.width, header.height))
    return Raster(
        width=header.width,
        height=header.height,
        space=space,
        resolution=(header.resolution, header.resolution),
        size=(width, length),
        sides=SIDES[header.sides] if header.sides < len(SIDES) else "",
        total=total,
        source=source_of(header.media_position),
        type=TYPES[header.media_type] if 0 < header.media_type < len(TYPES) else "",
        quality=QUALITIES.get(header.quality, ""),
    )


def encode(pages: "Iterable[Page]", setup: Setup, traits: Traits) -> "Iterator[bytes | memoryview]":
    """Yield the document that the pages make, which are grey or sRGB and as fine in both directions.

    Its head says the first page's total. Copies do not stand in it: who wants them gives the pages again.
    """
    number = 0
    for number, page in enumerate(pages, 1):
        if number == 1:
            yield SYNC + TOTAL.pack(page.raster.total)
        yield _header(page.raster, setup).encode()
        yield from coded(page)
    if not number:
        yield SYNC + TOTAL.pack(0)


def _header(raster: Raster, setup: Setup) -> Header:
    bits, color_space = SPACES[raster.space]
    if raster.resolution[0] != raster.resolution[1]:
        raise ValueError(f"Apple raster is as fine in both directions, not {raster.resolution}")
    sides, kind = raster.sides or setup.sides, raster.type or setup.type
    return Header(
        bits_per_pixel=bits,
        color_space=color_space,
        sides=SIDES.index(sides),
        quality=quality_of(raster.quality or setup.quality),
        media_type=TYPES.index(kind) if kind in TYPES else 0,
        media_position=position_of(raster.source or setup.source),
        width=raster.width,
        height=raster.height,
        resolution=raster.resolution[0],
    )
