"""Rows of pages as drivers want them: shades of gray, red green and blue, or inks, of eight bits or of one.

Inks come from RGB by complement, and what they have in common is black. One bit is a screen of 8 x 8 pixels with two
dots at 45 degrees (some 106 lines per inch at 600 dpi). No loop goes by
pixels: a row is sliced, translated, and put together as one big integer.
"""

from collections.abc import Iterator
from functools import cache
from math import cos, pi
from typing import NamedTuple

from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Page

CHUNKED, BANDED = 0, 1  # cupsColorOrder: the colours of a pixel together, or those of a row one after another
ANY_ORDER = (0, 1, 2)  # with one colour all are the same
SCREEN = 8  # pixels a side
INVERT = bytes(range(255, -1, -1))
NOT_DARK = bytes([0] + [255] * 255)


class Layout(NamedTuple):
    """How a row is laid out. colors: one letter each, in their order; bits: of a colour; space: of a fitting page."""

    colors: str
    order: int
    bits: int
    space: str

    @property
    def takes(self) -> "tuple[str, ...]":
        """Return the spaces of pages that it can be made from."""
        return (self.space, GRAY8) if self.space == RGB24 else (self.space,)


SPACES = {  # cupsColorSpace: its colours in their order. W is light, K ink
    0: "W", 18: "W", 3: "K", 1: "RGB", 19: "RGB", 17: "RGBW", 4: "CMY", 5: "YMC", 6: "CMYK", 7: "YMCK", 8: "KCMY",
}  # fmt: skip

LAYOUTS = {  # (cupsColorSpace, cupsColorOrder, cupsBitsPerColor): layout
    **{(space, order, 8): Layout(colors, CHUNKED, 8, GRAY8)
       for space, colors in SPACES.items() if len(colors) == 1 for order in ANY_ORDER},
    **{(space, order, 1): Layout(colors, CHUNKED, 1, BLACK1)
       for space, colors in SPACES.items() if len(colors) == 1 for order in ANY_ORDER},
    **{(space, order, bits): Layout(colors, order, bits, RGB24)
       for space, colors in SPACES.items() if len(colors) > 1 for order in (CHUNKED, BANDED) for bits in (1, 8)},
}  # fmt: skip

AS_IT_IS = (("W", 8, GRAY8), ("K", 1, BLACK1), ("RGB", 8, RGB24))


def rows(page: Page, layout: Layout) -> "Iterator[bytes | memoryview]":
    """Yield the rows of a page in this layout, some at a time; its space is one that the layout takes."""
    if (layout.colors, layout.bits, page.raster.space) in AS_IT_IS and layout.order == CHUNKED:
        yield from page.bands
    elif len(layout.colors) == 1:
        yield from (bytes(band).translate(INVERT) for band in page.bands)
    else:
        yield from _separated(page, layout)


def _separated(page: Page, layout: Layout) -> "Iterator[bytes]":
    stride, number = page.raster.stride, 0
    white = b"\xff" * stride
    blank = _row(white, layout, page.raster.space, 0)
    for band in page.bands:
        made = []
        for start in range(0, len(band), stride):
            row = bytes(band[start : start + stride])
            made.append(blank if row == white else _row(row, layout, page.raster.space, number))
            number += 1
        yield b"".join(made)


def _row(row: bytes, layout: Layout, space: str, number: int) -> bytes:
    planes = _planes(row, layout.colors, space)
    if layout.bits == 8:
        return b"".join(planes) if layout.order == BANDED else _mixed(planes)
    if layout.order == BANDED:
        return b"".join(_screened(plane, number) for plane in planes)
    return _nibbles([_dots(plane, number) for plane in planes])


def _planes(row: bytes, colors: str, space: str) -> "list[bytes]":
    """Return a row's colours, a byte a pixel each: light for R, G and B, else ink."""
    red, green, blue = (row, row, row) if space == GRAY8 else (row[0::3], row[1::3], row[2::3])
    if colors == "RGB":
        return [red, green, blue]
    if colors == "RGBW":
        return [red, green, blue, _but_black(red, green, blue)]
    inks = {"C": red.translate(INVERT), "M": green.translate(INVERT), "Y": blue.translate(INVERT)}
    if "K" in colors:
        inks = _with_black(inks["C"], inks["M"], inks["Y"])
    return [inks[color] for color in colors]


def _but_black(red: bytes, green: bytes, blue: bytes) -> bytes:
    """Return white for all but pure black: hpcups prints in black what has no white, and else looks at RGB alone."""
    light = int.from_bytes(red) | int.from_bytes(green) | int.from_bytes(blue)
    return light.to_bytes(len(red)).translate(NOT_DARK)


def _with_black(cyan: bytes, magenta: bytes, yellow: bytes) -> "dict[str, bytes]":
    if cyan == magenta == yellow:
        none = bytes(len(cyan))
        return {"C": none, "M": none, "Y": none, "K": cyan}
    black = _least(_least(cyan, magenta), yellow)
    less = int.from_bytes(black)
    size = len(black)
    c, m, y = ((int.from_bytes(ink) - less).to_bytes(size) for ink in (cyan, magenta, yellow))
    return {"C": c, "M": m, "Y": y, "K": black}


def _least(one: bytes, other: bytes) -> bytes:
    """Return the lesser of each two bytes: big integers with lanes of 16 bits, for even and odd bytes."""
    size = len(one)
    even = _evens(size)
    guard = _guards(size)
    a, b = int.from_bytes(one), int.from_bytes(other)
    least = 0
    for shift in (0, 8):
        x, y = a >> shift & even, b >> shift & even
        greater = (x | guard) - y & guard  # its lane's ninth bit stays where x >= y
        mask = greater - (greater >> 8)
        least |= (y & mask | x & ~mask & even) << shift
    return least.to_bytes(size)


@cache
def _evens(size: int) -> int:
    return int.from_bytes((b"\x00\xff" * (size // 2 + 1))[-size:])


@cache
def _guards(size: int) -> int:
    return int.from_bytes(b"\x01\x00" * (size // 2 + 1))


def _mixed(planes: "list[bytes]") -> bytes:
    made = bytearray(len(planes) * len(planes[0]))
    for number, plane in enumerate(planes):
        made[number :: len(planes)] = plane
    return bytes(made)


@cache
def _threshold(across: int, down: int) -> float:
    """Return the coverage, of 255, above which a pixel of the screen is inked."""
    spots = sorted((-_spot(x, y), y, x) for y in range(SCREEN) for x in range(SCREEN))
    ranks = {(x, y): rank for rank, (_, y, x) in enumerate(spots)}
    return (ranks[across, down] + 0.5) * 255 / len(ranks)


def _spot(x: int, y: int) -> float:
    """Return how early a pixel is inked: dots grow from two centres of the screen."""
    return round(cos(2 * pi * (x + y + 1) / SCREEN) + cos(2 * pi * (x - y) / SCREEN), 6)


@cache
def _table(across: int, down: int, inked: int) -> bytes:
    """Return for each coverage `inked` or 0, at this pixel of the screen."""
    threshold = _threshold(across, down)
    return bytes(inked if coverage > threshold else 0 for coverage in range(256))


def _screened(plane: bytes, number: int) -> bytes:
    """Return a row of bits, the leftmost pixel in the highest, filled up with zeros."""
    size = (len(plane) + 7) // 8
    plane = plane.ljust(size * 8, b"\0")
    bits = 0
    for phase in range(SCREEN):
        bits |= int.from_bytes(plane[phase::8].translate(_table(phase, number % SCREEN, 0x80 >> phase)))
    return bits.to_bytes(size)


def _dots(plane: bytes, number: int) -> bytes:
    """Return a byte a pixel, 1 where it is inked."""
    made = bytearray(len(plane))
    for phase in range(SCREEN):
        made[phase::8] = plane[phase::8].translate(_table(phase, number % SCREEN, 1))
    return bytes(made)


def _nibbles(dots: "list[bytes]") -> bytes:
    """Return half a byte a pixel, with the first colour in its highest bit; three colours leave that out."""
    size = (len(dots[0]) + 1) // 2
    pixels = 0
    for plane in dots:
        pixels = pixels << 1 | int.from_bytes(plane.ljust(size * 2, b"\0"))
    each = pixels.to_bytes(size * 2)
    return (int.from_bytes(each[0::2]) << 4 | int.from_bytes(each[1::2])).to_bytes(size)
