"""Pages in the row coding that PWG raster and Apple raster share: their bands, and what their pixels are to us.

Colours are those of PWG 5102.4, tables 3 and 12. Device RGB and Adobe RGB are taken as sRGB: of the first nothing more
is known, and the second comes out a little dull, which is better than not at all. 16 bits are reduced to their high 8.
"""

from array import array
from collections.abc import Iterator
from operator import add
from typing import NamedTuple

from feedpath.back.pdl.kernels import rows
from feedpath.back.pdl.page import BITS, BLACK1, GRAY8, RGB24, Page, Raster
from feedpath.back.pdl.source import PIECE_BYTES, Source
from feedpath.errors import WireError

W, RGB, BLACK, CMYK, SGRAY, SRGB, ADOBE_RGB = 0, 1, 3, 6, 18, 19, 20  # ColorSpaceEnum; W is CUPS's, and sGray to it
WHITE_IS_0 = (BLACK, CMYK)
INVERTED = bytes(range(255, -1, -1))
LIGHT = bytes(range(255, -1, -1)) + bytes(255)  # what an ink and black leave, by their sum


class Kind(NamedTuple):
    """How a document's pixels become ours. color_space and bits (of a color, of a pixel) are the document's."""

    color_space: int
    bits: "tuple[int, int]"
    space: str

    @property
    def blank(self) -> int:
        """Return the byte that white is of."""
        return 0 if self.color_space in WHITE_IS_0 else 255


def _kinds() -> "Iterator[Kind]":
    yield from (Kind(color_space, (1, 1), BLACK1) for color_space in (BLACK, SGRAY, W))
    for bits in (8, 16):
        yield from (Kind(color_space, (bits, bits), GRAY8) for color_space in (SGRAY, W, BLACK))
        yield from (Kind(color_space, (bits, 3 * bits), RGB24) for color_space in (SRGB, RGB, ADOBE_RGB))
        yield Kind(CMYK, (bits, 4 * bits), RGB24)


KINDS = {(kind.color_space, *kind.bits): kind for kind in _kinds()}


def kind_of(page: int, color_space: int, bits_per_color: int, bits_per_pixel: int) -> Kind:
    """Return the kind of pixels; raise WireError when it is none that we print."""
    kind = KINDS.get((color_space, bits_per_color, bits_per_pixel))
    if kind is None:
        raise WireError(
            f"Page {page} is in colour space {color_space} with {bits_per_color} bits a colour, {bits_per_pixel} a "
            "pixel; allowed are black and grey with 1, 8 or 16 bits, RGB and CMYK with 8 or 16 bits a colour."
        )
    return kind


def bands(source: Source, raster: Raster, kind: Kind, page: int) -> "Iterator[memoryview]":
    """Yield the bands of the page of that number; raise WireError where its coded rows are wrong or end too early."""
    stride = (raster.width * kind.bits[1] + 7) // 8
    state, memory = array("q", [0] * rows.STATE), bytearray(raster.band_rows * stride)
    for first in range(0, raster.height, raster.band_rows):
        limit = min(raster.band_rows, raster.height - first) * stride
        state[rows.AT] = 0
        while state[rows.AT] < limit:
            view = b"" if state[rows.PHASE] == rows.REPEAT else source.peek()[:PIECE_BYTES]
            if not view and state[rows.PHASE] != rows.REPEAT:
                row = first + state[rows.AT] // stride + 1
                raise WireError(f"The document ends within page {page}, row {row} of {raster.height}.")
            taken = rows.decode(state, view, memory, limit, stride, max(1, kind.bits[1] // 8), kind.blank)
            source.took(taken)
            if state[rows.PHASE] == rows.OVERRUN:
                row = first + state[rows.AT] // stride + 1
                raise WireError(f"Page {page}, row {row} of {raster.height}: a run goes past the end of the row.")
        if first + raster.band_rows >= raster.height and state[rows.AGAIN]:
            raise WireError(f"Page {page} goes on: its last row is told to stand {state[rows.AGAIN]} times more.")
        yield _ours(memoryview(memory)[:limit], kind, raster).toreadonly()


def _ours(band: memoryview, kind: Kind, raster: Raster) -> memoryview:
    """Return a band as pages have it."""
    if kind.bits[0] == 16:
        band = memoryview(bytes(band)[::2])
    if kind.color_space == CMYK:
        return memoryview(_rgb(bytes(band)))
    if (kind.color_space == BLACK) != (kind.space == BLACK1):
        band = memoryview(bytes(band).translate(INVERTED))
    if kind.space == BLACK1 and raster.width % 8:
        return _padded(band, raster)
    return band


def _padded(band: memoryview, raster: Raster) -> memoryview:
    """Return a band whose rows end in zeros."""
    mask = 0xFF << (8 - raster.width % 8) & 0xFF
    padded = bytearray(band)
    last = slice(raster.stride - 1, None, raster.stride)
    padded[last] = padded[last].translate(bytes(value & mask for value in range(256)))
    return memoryview(padded)


def _rgb(cmyk: bytes) -> bytearray:
    """Return sRGB as PostScript makes it of CMYK without profiles: ink and black add up."""
    rgb, black = bytearray(len(cmyk) // 4 * 3), cmyk[3::4]
    no_black = not any(black)
    for n in range(3):
        ink = cmyk[n::4]
        rgb[n::3] = ink.translate(INVERTED) if no_black else bytes(map(LIGHT.__getitem__, map(add, ink, black)))
    return rgb


def coded(page: Page) -> "Iterator[memoryview]":
    """Yield the coded rows of a page."""
    stride, pixel = page.raster.stride, max(1, BITS[page.raster.space] // 8)
    state, held = array("q", [0] * rows.STATE), bytearray(stride)
    out = memoryview(bytearray(rows.room(stride, pixel) + PIECE_BYTES))
    for band in page.bands:
        state[rows.AT] = 0
        while state[rows.AT] * stride < len(band):
            made = rows.encode(state, band, held, out, pixel)
            if made:
                yield out[:made]
    made = rows.finish(state, held, out, pixel)
    if made:
        yield out[:made]
