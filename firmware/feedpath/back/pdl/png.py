"""PNG out (PNG specification, second edition, ISO/IEC 15948): one page, whole or small, for previews of jobs."""

import struct
import zlib
from array import array
from collections.abc import Iterator

from feedpath.back.pdl.kernels import bits
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Page, Raster
from feedpath.errors import WireError

MOST_PIXELS = 1000  # of a preview's longer side
SIDE_MOST = 2**31 - 1  # 11.2.2
LEVEL = 1  # zlib's: a preview is looked at once
DATA_MOST = 32 * 1024  # bytes of a piece
METRES_MM_100 = 100_000
WHITE = 255

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KINDS = {  # 11.2.2: bit depth and colour type
    BLACK1: (1, 0),
    GRAY8: (8, 0),
    RGB24: (8, 2),
}
NONE, UP = b"\0", b"\2"  # 9.2: filters of a row; differences to the row above help grey and colour, and cost little
TURNED = bytes(255 - value for value in range(256))  # PNG's black is 0
DOTS = [bytes(255 - 255 * (value >> bit & 1) for bit in range(7, -1, -1)) for value in range(256)]


def encode(page: Page) -> "Iterator[bytes]":
    """Yield a page as a PNG; raise WireError for a page without pixels."""
    raster = page.raster
    if not (0 < raster.width <= SIDE_MOST and 0 < raster.height <= SIDE_MOST):
        raise WireError(f"A picture cannot be {raster.width} x {raster.height} pixels large.")
    depth, color = KINDS[raster.space]
    yield SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", raster.width, raster.height, depth, color, 0, 0, 0))
    dots = [round(dpi * METRES_MM_100 / 2540) for dpi in raster.resolution]
    yield _chunk(b"pHYs", struct.pack(">IIB", *dots, 1))
    press = zlib.compressobj(LEVEL)
    for rows in _filtered(page):
        yield from _data(press.compress(rows))
    yield from _data(press.flush())
    yield _chunk(b"IEND", b"")


def preview(page: Page, most_pixels: int = MOST_PIXELS) -> "Iterator[bytes]":
    """Yield a page as a PNG in grey or colour whose longer side has at most `most_pixels`, and half of them or more.

    A page that is small enough keeps its pixels; a larger one is averaged over boxes, as many dots across as down in
    inches, so that it keeps its shape.
    """
    raster = page.raster
    across, down = boxes(raster, most_pixels)
    small = raster._replace(
        width=-(-raster.width // across),
        height=-(-raster.height // down),
        space=RGB24 if raster.space == RGB24 else GRAY8,
        resolution=(max(1, raster.resolution[0] // across), max(1, raster.resolution[1] // down)),
    )
    yield from encode(Page(small, _averaged(page, across, down)))


def boxes(raster: Raster, most_pixels: int) -> "tuple[int, int]":
    """Return how many dots across and down become one pixel."""
    across, down = raster.resolution
    finer = max(1, min(across, down))
    steps = max(1, round(across / finer)), max(1, round(down / finer))
    longer = max(-(-raster.width // steps[0]), -(-raster.height // steps[1]))
    factor = -(-longer // max(1, most_pixels))
    return steps[0] * factor, steps[1] * factor


def _averaged(page: Page, across: int, down: int) -> "Iterator[memoryview]":
    """Yield the rows of a page made small."""
    raster = page.raster
    channels = 3 if raster.space == RGB24 else 1
    nothing = array("Q", bytes(8 * channels * -(-raster.width // across)))
    area = across * down
    totals, count = nothing[:], 0
    for band in page.bands:
        for at in range(0, len(band), raster.stride):
            row = band[at : at + raster.stride]
            bits.add_boxes(_gray(row, raster.width) if raster.space == BLACK1 else row, totals, channels, across)
            count += 1
            if count == down:
                yield memoryview(bytes((total + area // 2) // area for total in totals))
                totals, count = nothing[:], 0
    if count:
        lacking = WHITE * across * (down - count) + area // 2
        yield memoryview(bytes((total + lacking) // area for total in totals))


def _gray(row: memoryview, width: int) -> bytes:
    return b"".join(map(DOTS.__getitem__, row))[:width]


def _filtered(page: Page) -> "Iterator[bytes]":
    """Yield the bands of a page as PNG's rows: a filter, then the row's bytes."""
    raster = page.raster
    stride = raster.stride
    above = bytes(stride)
    for band in page.bands:
        rows = bytes(band)
        if raster.space == BLACK1:
            yield _lines(NONE, rows.translate(TURNED), stride)
        elif rows:
            yield _lines(UP, _differences(rows, above + rows[:-stride]), stride)
            above = rows[-stride:]


def _lines(kind: bytes, rows: bytes, stride: int) -> bytes:
    return b"".join(kind + rows[at : at + stride] for at in range(0, len(rows), stride))


def _differences(rows: bytes, others: bytes) -> bytes:
    """Return each byte of `rows` less the one of `others`, modulo 256: all at once, in one long number."""
    size = len(rows)
    high = int.from_bytes(b"\x80" * size, "big")
    one, other = int.from_bytes(rows, "big"), int.from_bytes(others, "big")
    # The high bits are kept apart, set in the one and clear in the other, so that no byte borrows from the next.
    return (((one | high) - (other & ~high)) ^ ((one ^ ~other) & high)).to_bytes(size, "big")


def _data(packed: bytes) -> "Iterator[bytes]":
    for at in range(0, len(packed), DATA_MOST):
        yield _chunk(b"IDAT", packed[at : at + DATA_MOST])


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
