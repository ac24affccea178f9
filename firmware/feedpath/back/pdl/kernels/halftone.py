# cython: annotation_typing=False, infer_types=False, boundscheck=False, wraparound=False, cdivision=True
"""Rows of sGray pixels to rows of bits, 1 black: against a tile of thresholds, or with the error carried on.

In both 0 is black and 255 is white whatever lies around it, so that text keeps its edges and paper stays clean.
"""

import array
import functools
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feedpath.back.pdl.kernels import cython

    memcmp: Any
else:
    try:
        import cython
    except ImportError:
        from feedpath.back.pdl.kernels import cython
    if cython.compiled:
        from cython.cimports.libc.string import memcmp

Rows = bytes | bytearray | memoryview

COMPILED: bool = cython.compiled
WHITE = 255
FLAT = b"\x80" * 64  # a tile that asks only whether a pixel is darker than half
GATHER = 0x8040201008040201  # times eight bytes of 0 or 1: their bits in the highest byte, the first byte's on top
TONES = re.compile(rb"[^\0\xff]+")


def black(rows: Rows, width: int, tile: bytes, tile_width: int, first: int) -> bytearray:
    """Return bits that are 1 where a pixel is below its threshold.

    tile: rows of `tile_width` thresholds, a multiple of 8, laid over the page again and again. first: the number of
    the first row on its page.
    """
    if width < 1 or first < 0 or tile_width < 8 or tile_width % 8 or not tile or len(tile) % tile_width:
        raise ValueError(f"a tile of {len(tile)} thresholds, {tile_width} a row, on {width} pixels from row {first}")
    stride = -(-width // 8)
    made = bytearray(len(rows) // width * stride)
    if cython.compiled:
        _black(rows, made, bytearray(8 * stride), width, tile, tile_width, first)
        return made
    thresholds, high = _laid(width, tile, tile_width)
    data = bytes(rows)
    paper, blank = b"\xff" * width, bytes(8 * stride)
    dark = []
    for number in range(len(data) // width):
        row = data[number * width : (number + 1) * width]
        if row == paper:
            dark.append(blank)
        else:
            dark.append(_below(row, *thresholds[(first + number) % len(thresholds)], high, 8 * stride))
    made[:] = _packed(b"".join(dark))
    return made


@functools.lru_cache(maxsize=4)
def _laid(width: int, tile: bytes, tile_width: int) -> "tuple[list[tuple[int, int]], int]":
    """Return the tile's rows over the page's width, as numbers, whole and without high bits; and all high bits."""
    wide = -(-width // 8) * 8
    high = int.from_bytes(b"\x80" * wide, "little")
    laid = []
    for at in range(0, len(tile), tile_width):
        row = tile[at : at + tile_width] * (width // tile_width + 1)
        number = int.from_bytes(row[:width], "little")  # zeros behind the width: nothing is below them
        laid.append((number, number & ~high))
    return laid, high


def _below(row: bytes, threshold: int, low: int, high: int, wide: int) -> bytes:
    """Return a byte with its high bit set for each pixel below its threshold."""
    pixels = int.from_bytes(row, "little")
    differ = pixels ^ threshold
    not_less = (pixels | high) - low  # of the lower seven bits; each byte's high bit keeps it from borrowing
    return (((threshold & differ) | ((differ | not_less) ^ high)) & high).to_bytes(wide, "little")


def _packed(dark: bytes) -> bytes:
    """Return the high bits of the bytes, eight in one."""
    bits = 0
    for place in range(8):
        bits |= int.from_bytes(dark[place::8], "little") >> place
    return bits.to_bytes(len(dark) // 8, "little")


@cython.locals(rows="const unsigned char[::1]", made="unsigned char[::1]", dark="unsigned char[::1]")
@cython.locals(tile="const unsigned char[::1]", width="Py_ssize_t", tile_width="Py_ssize_t", first="Py_ssize_t")
@cython.locals(row="Py_ssize_t", count="Py_ssize_t", stride="Py_ssize_t", tile_rows="Py_ssize_t", at="Py_ssize_t")
@cython.locals(under="Py_ssize_t", part="Py_ssize_t", x="Py_ssize_t", y="Py_ssize_t", to="Py_ssize_t")
@cython.locals(eight="unsigned long long", gather="unsigned long long")
def _black(rows: Rows, made: bytearray, dark: bytearray, width: int, tile: bytes, tile_width: int, first: int) -> None:
    """Do as `black` does. dark: a row's zeros, up to a whole byte of bits.

    Loops are such that C compilers make vectors of them, and one load of the eight bytes. Paper, which is most of many
    pages, is told at a glance.
    """
    count = len(rows) // width
    stride = len(dark) // 8
    tile_rows = len(tile) // tile_width
    gather = GATHER
    with cython.nogil:
        for row in range(count):
            at = row * width
            if rows[at] == 255 and memcmp(cython.address(rows[at]), cython.address(rows[at + 1]), width - 1) == 0:
                continue
            under = (first + row) % tile_rows * tile_width
            x = 0
            while x < width:
                part = min(tile_width, width - x)
                for y in range(part):
                    dark[x + y] = rows[at + x + y] < tile[under + y]
                x += part
            to = row * stride
            for x in range(stride):
                eight = dark[8 * x + 7]
                eight = eight << 8 | dark[8 * x + 6]
                eight = eight << 8 | dark[8 * x + 5]
                eight = eight << 8 | dark[8 * x + 4]
                eight = eight << 8 | dark[8 * x + 3]
                eight = eight << 8 | dark[8 * x + 2]
                eight = eight << 8 | dark[8 * x + 1]
                eight = eight << 8 | dark[8 * x]
                made[to + x] = eight * gather >> 56


class Diffusion:
    """Error diffusion over the rows of one page (Floyd and Steinberg 1976), every other row from right to left."""

    def __init__(self, width: int):
        self._width = width
        self._leftward = False
        self._here = self._none()

    def _none(self) -> "array.array[int]":
        return array.array("i", bytes(4 * (self._width + 2)))

    def black(self, rows: Rows) -> bytearray:
        """Return the bits of the page's next rows."""
        stride = -(-self._width // 8)
        made = bytearray(len(rows) // self._width * stride)
        data = bytes(rows)
        if not COMPILED:
            made[:] = black(data, self._width, FLAT, len(FLAT), 0)
        view = memoryview(made)
        for number in range(len(data) // self._width):
            row = data[number * self._width : (number + 1) * self._width]
            self._row(row, view[number * stride : (number + 1) * stride])
        return made

    def _row(self, row: bytes, made: memoryview) -> None:
        below = self._none()
        spans = [(0, self._width)] if COMPILED else [match.span() for match in TONES.finditer(row)]
        if self._leftward:
            for first, last in reversed(spans):
                _spread(row, self._here, below, made, last - 1, first - 1, -1)
        else:
            for first, last in spans:
                _spread(row, self._here, below, made, first, last, 1)
        below[1] += below[0]
        below[self._width] += below[self._width + 1]
        self._here = below
        self._leftward = not self._leftward


@cython.locals(row="const unsigned char[::1]", here="int[::1]", below="int[::1]", made="unsigned char[::1]")
@cython.locals(first="Py_ssize_t", last="Py_ssize_t", step="Py_ssize_t", x="Py_ssize_t", edge="Py_ssize_t")
@cython.locals(tone="int", wanted="int", error="int", ahead="int", behind="int", under="int", beyond="int", bit="int")
def _spread(
    row: bytes, here: "array.array[int]", below: "array.array[int]", made: memoryview, first: int, last: int, step: int
) -> None:
    """Decide pixels `first` to before `last`. here, below: the errors of this row and the next, from a pixel before."""
    edge = len(row) - 1 if step > 0 else 0
    ahead = 0
    x = first
    with cython.nogil:
        while x != last:
            tone = row[x]
            bit = 0x80 >> (x & 7)
            if tone == 255 or tone == 0:  # noqa: PLR1714 - C compares numbers, not tuples
                ahead = 0
                if tone == 0:
                    made[x >> 3] |= bit
            else:
                wanted = tone + ahead + here[x + 1]
                if wanted < 128:
                    made[x >> 3] |= bit
                    error = wanted
                else:
                    made[x >> 3] &= 255 - bit
                    error = wanted - 255
                behind = error * 3 >> 4
                under = error * 5 >> 4
                beyond = error >> 4
                ahead = error - behind - under - beyond
                below[x + 1 - step] += behind
                below[x + 1] += under + (ahead if x == edge else 0)
                below[x + 1 + step] += beyond
            x += step
