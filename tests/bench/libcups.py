"""libcups as it reads and writes raster, for the pages that are measured and as their peer (cups/raster.h)."""

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READ, WRITE_APPLE = 0, 4  # cups_mode_t
HEADER_BYTES = 1796  # of cups_page_header2_t; places in it:
RESOLUTION, PAGE_SIZE, SIZE, DEPTH, COLORS = 276, 352, 372, 384, 420
HEIGHT, STRIDE = 376, 392
SGRAY = 18  # CUPS_CSPACE_SW
POINTS_PER_INCH = 72
ROWS = 8  # that are asked for at a time


def library() -> ctypes.CDLL:
    """Return libcups with the functions that are used."""
    cups = ctypes.CDLL("libcups.so.2")
    cups.cupsRasterOpen.restype = ctypes.c_void_p
    cups.cupsRasterOpen.argtypes = [ctypes.c_int, ctypes.c_int]
    cups.cupsRasterClose.argtypes = [ctypes.c_void_p]
    for name in ("cupsRasterReadHeader2", "cupsRasterWriteHeader2"):
        getattr(cups, name).argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    for name in ("cupsRasterReadPixels", "cupsRasterWritePixels"):
        getattr(cups, name).argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint]
    return cups


CUPS = library()


@contextmanager
def opened(descriptor: int, mode: int) -> "Iterator[int]":
    """Open a descriptor as a stream of raster."""
    stream = CUPS.cupsRasterOpen(descriptor, mode)
    if not stream:
        raise OSError("libcups opens no stream")
    try:
        yield stream
    finally:
        CUPS.cupsRasterClose(stream)


def decode(path: Path) -> int:
    """Read all pages of a document; return how many bytes of pixels that were; raise OSError when it is cut."""
    total, head = 0, ctypes.create_string_buffer(HEADER_BYTES)
    with path.open("rb") as file, opened(file.fileno(), READ) as stream:
        while CUPS.cupsRasterReadHeader2(stream, head):
            (height,), (stride,) = struct.unpack_from("=I", head, HEIGHT), struct.unpack_from("=I", head, STRIDE)
            rows = ctypes.create_string_buffer(ROWS * stride)
            for row in range(0, height, ROWS):
                wanted = min(ROWS, height - row) * stride
                if CUPS.cupsRasterReadPixels(stream, rows, wanted) != wanted:
                    raise OSError(f"libcups cannot read row {row} of {path}")
                total += wanted
    return total


def write_urf(path: Path, width: int, dpi: int, rows: "list[bytes]") -> None:
    """Write a grey page as a client of libcups sends it."""
    head = bytearray(HEADER_BYTES)
    struct.pack_into("=2I", head, RESOLUTION, dpi, dpi)
    points = (round(pixels * POINTS_PER_INCH / dpi) for pixels in (width, len(rows)))
    struct.pack_into("=2I", head, PAGE_SIZE, *points)
    struct.pack_into("=2I", head, SIZE, width, len(rows))
    struct.pack_into("=5I", head, DEPTH, 8, 8, width, 0, SGRAY)
    struct.pack_into("=I", head, COLORS, 1)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        with opened(descriptor, WRITE_APPLE) as stream:
            if not CUPS.cupsRasterWriteHeader2(stream, bytes(head)):
                raise OSError(f"libcups cannot begin {path}")
            for row in rows:
                if CUPS.cupsRasterWritePixels(stream, row, width) != width:
                    raise OSError(f"libcups cannot write {path}")
    finally:
        os.close(descriptor)
