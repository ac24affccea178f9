"""PWG raster (PWG 5102.4): documents read, and pages written."""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from feedpath.back.pdl.coded import BLACK, SGRAY, SRGB, Kind, bands, coded, kind_of
from feedpath.back.pdl.limits import USUAL, Limits
from feedpath.back.pdl.page import BITS, BLACK1, GRAY8, MM_100_PER_INCH, RGB24, Page, Raster, Setup
from feedpath.back.pdl.source import Source, exactly
from feedpath.core import media
from feedpath.errors import WireError

SYNC = b"RaS2"
POINTS_PER_INCH = 72
A_POINT = 36  # in hundredths of a millimetre, rounded up
CHUNKY = 0  # ColorOrderEnum, table 2
ANY_COLOR = 0xFFFFFF  # AlternatePrimary: white, as it is written where there is none
LAYOUT = struct.Struct(">64s64s64s64s12x4I16x3I12x2I8x2I4x2I8x3I4x5I16xI28xI2i6I20x2I1152x64s64s")  # table 8
SIDES = {(0, 0): "one-sided", (0, 1): "one-sided", (1, 0): "two-sided-long-edge", (1, 1): "two-sided-short-edge"}
QUALITIES = {3: "draft", 4: "normal", 5: "high"}  # RFC 8011, 5.2.13
SOURCES = (  # MediaPositionEnum, table 5
    ("auto", "main", "alternate", "large-capacity", "manual", "envelope", "disc", "photo", "hagaki", "main-roll")
    + ("alternate-roll", "top", "middle", "bottom", "side", "left", "right", "center", "rear", "by-pass-tray")
    + tuple(f"tray-{n}" for n in range(1, 21))
    + tuple(f"roll-{n}" for n in range(1, 11))
)
COLORS = {BLACK1: (BLACK, 1), GRAY8: (SGRAY, 8), RGB24: (SRGB, 8)}  # ColorSpace and BitsPerColor that we write
BACK_SIDES = {  # pwg-raster-document-sheet-back, sides: CrossFeedTransform and FeedTransform of a back side, table 9
    ("flipped", "two-sided-long-edge"): (1, -1),
    ("flipped", "two-sided-short-edge"): (-1, 1),
    ("rotated", "two-sided-long-edge"): (-1, -1),
    ("manual-tumble", "two-sided-short-edge"): (-1, -1),
}


class Header(NamedTuple):
    """A page's header, in the order of table 8; points are those of 1/72 inch."""

    media_class: bytes = b"PwgRaster"
    media_color: bytes = b""
    media_type: bytes = b""
    print_content_optimize: bytes = b""
    cut_media: int = 0
    duplex: int = 0
    cross_feed_resolution: int = 0
    feed_resolution: int = 0
    insert_sheet: int = 0
    jog: int = 0
    leading_edge: int = 0
    media_position: int = 0
    media_weight: int = 0
    copies: int = 0
    orientation: int = 0
    page_width: int = 0  # points
    page_length: int = 0
    tumble: int = 0
    width: int = 0
    height: int = 0
    bits_per_color: int = 0
    bits_per_pixel: int = 0
    bytes_per_line: int = 0
    color_order: int = CHUNKY
    color_space: int = 0
    colors: int = 0
    total: int = 0
    cross_feed_transform: int = 1
    feed_transform: int = 1
    box_left: int = 0  # pixels
    box_top: int = 0
    box_right: int = 0
    box_bottom: int = 0
    alternate_primary: int = ANY_COLOR
    quality: int = 0
    vendor: int = 0
    vendor_bytes: int = 0
    rendering_intent: bytes = b""
    page_size_name: bytes = b""

    def encode(self) -> bytes:
        """Return its octets."""
        return LAYOUT.pack(*self)

    @classmethod
    def parse(cls, octets: bytes) -> "Header":
        """Return the header of LAYOUT.size octets."""
        return cls(*LAYOUT.unpack(octets))


class Traits(NamedTuple):
    """What a machine wants. back: pwg-raster-document-sheet-back; the pixels of back sides stand so already."""

    back: str = "normal"


def read(source: Source, limits: Limits = USUAL) -> "Iterator[Page]":
    """Yield the pages of a document; raise WireError when it is wrong.

    How many pages it says to have is told on (Raster.total), and not compared: clients stream, and count otherwise.
    """
    if exactly(source, len(SYNC), "its first 4 bytes") != SYNC:
        raise WireError("The document is no PWG raster: that begins with RaS2.")
    number = 0
    while source.peek():
        number += 1
        header = Header.parse(exactly(source, LAYOUT.size, f"the header of page {number}"))
        kind = _checked(header, number, limits)
        raster = _raster(header, kind, limits)
        page = Page(raster, bands(source, raster, kind, number))
        yield page
        for _ in page.bands:  # what its taker left
            pass
    if not number:
        raise WireError("The document has no page.")


def _checked(header: Header, number: int, limits: Limits) -> Kind:
    """Return the kind of its pixels; raise WireError when the header contradicts itself or goes past the limits."""
    limits.check(number, header.width, header.height, (header.cross_feed_resolution, header.feed_resolution))
    kind = kind_of(number, header.color_space, header.bits_per_color, header.bits_per_pixel)
    stride = (header.width * header.bits_per_pixel + 7) // 8
    if header.bytes_per_line != stride:
        raise WireError(
            f"Page {number} says to have {header.bytes_per_line} bytes a row; {header.width} pixels of "
            f"{header.bits_per_pixel} bits are {stride}."
        )
    if header.color_order != CHUNKY:
        raise WireError(f"Page {number} is in colour order {header.color_order}; only 0, chunky, is allowed.")
    return kind


def _raster(header: Header, kind: Kind, limits: Limits) -> Raster:
    resolution = (header.cross_feed_resolution, header.feed_resolution)
    name, size = _size(header)
    return Raster(
        width=header.width,
        height=header.height,
        space=kind.space,
        resolution=resolution,
        size=size,
        media=name,
        sides=SIDES[bool(header.duplex), bool(header.tumble)],
        total=header.total if header.total <= limits.pages else 0,  # CUPS's own default is 0x80000000
        copies=header.copies if header.copies <= limits.copies else 0,
        source=source_of(header.media_position),
        type=_text(header.media_type),
        quality=QUALITIES.get(header.quality, ""),
    )


def _size(header: Header) -> "tuple[str, tuple[int, int]]":
    """Return the name and the measures of the sheet: those of its name where they agree with those in points."""
    width, length = header.page_width / POINTS_PER_INCH, header.page_length / POINTS_PER_INCH
    if not header.page_width or not header.page_length:  # then it is what the pixels cover
        width, length = header.width / header.cross_feed_resolution, header.height / header.feed_resolution
    told = (round(width * MM_100_PER_INCH), round(length * MM_100_PER_INCH))
    try:
        named = media.size(_text(header.page_size_name))
    except ValueError:
        return "", told
    if max(abs(named.width - told[0]), abs(named.length - told[1])) > A_POINT:
        return "", told
    return named.name, (named.width, named.length)


def source_of(position: int) -> str:
    """Return the media-source keyword of a MediaPosition, "" for what is automatic or unknown."""
    return SOURCES[position] if 0 < position < len(SOURCES) else ""


def position_of(source: str) -> int:
    """Return the MediaPosition of a media-source keyword, 0 for what has none."""
    return SOURCES.index(source) if source in SOURCES else 0


def _text(octets: bytes) -> str:
    """Return a CString's words; "" when it has other characters than printable ASCII."""
    text = octets.partition(b"\0")[0].decode("latin-1")
    return text if text.isascii() and text.isprintable() else ""


def encode(pages: "Iterable[Page]", setup: Setup, traits: Traits) -> "Iterator[bytes | memoryview]":
    """Yield the document that the pages make; copies are made of each page, by the machine."""
    yield SYNC
    for number, page in enumerate(pages, 1):
        yield _header(page.raster, setup, traits, number).encode()
        yield from coded(page)


def _header(raster: Raster, setup: Setup, traits: Traits, number: int) -> Header:
    color_space, bits = COLORS[raster.space]
    sides = raster.sides or setup.sides
    back = number % 2 == 0 and sides != "one-sided"
    cross_feed, feed = BACK_SIDES.get((traits.back, sides), (1, 1)) if back else (1, 1)
    width, length = (round(n * POINTS_PER_INCH / MM_100_PER_INCH) for n in raster.size)
    if not all(raster.size):
        pixels = zip((raster.width, raster.height), raster.resolution)
        width, length = (round(n * POINTS_PER_INCH / dots) for n, dots in pixels)
    return Header(
        media_type=_octets(raster.type or setup.type),
        duplex=int(sides != "one-sided"),
        cross_feed_resolution=raster.resolution[0],
        feed_resolution=raster.resolution[1],
        media_position=position_of(raster.source or setup.source),
        copies=raster.copies or setup.copies,
        page_width=width,
        page_length=length,
        tumble=int(sides == "two-sided-short-edge"),
        width=raster.width,
        height=raster.height,
        bits_per_color=bits,
        bits_per_pixel=BITS[raster.space],
        bytes_per_line=raster.stride,
        color_space=color_space,
        colors=BITS[raster.space] // bits,
        total=raster.total,
        cross_feed_transform=cross_feed,
        feed_transform=feed,
        box_right=raster.width,
        box_bottom=raster.height,
        quality=quality_of(raster.quality or setup.quality),
        page_size_name=_octets(raster.media or setup.media),
    )


def quality_of(keyword: str) -> int:
    """Return the print-quality of a keyword, 0 for what has none."""
    return next((value for value, name in QUALITIES.items() if name == keyword), 0)


def _octets(text: str) -> bytes:
    """Return a CString's octets: at most 63 of ASCII, a NUL behind them."""
    return text.encode("ascii", "ignore")[:63]
