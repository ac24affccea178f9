"""Documents whose page tells how it lies: unlike black marks in its corners, an upright T and a red block.

The same page as PDF, JPEG, PWG raster and Apple raster, and as text an L of letters. Pure functions of their arguments.
"""

import struct
from typing import NamedTuple

from tests.fakes import documents, pages

JPEG_COLUMNS, JPEG_ROWS = 100, 140  # blocks of 8 x 8, so that each mark is made of whole ones
RASTER_DPI = 150
BLACK, RED, WHITE = b"\0\0\0", b"\xff\0\0", b"\xff\xff\xff"
YCBCR = {BLACK: (0, 128, 128), RED: (76, 85, 255), WHITE: (255, 128, 128)}  # JFIF 1.02
PWG_HEADER, URF_HEADER = 4 + 1796, 12 + 32  # octets up to the rows of the first page
DUPLEX, TUMBLE = 272, 368  # PWG 5102.4, 4.3
SIDES = {  # IPP's keyword: Duplex and Tumble of PWG raster, the duplex byte of Apple raster
    "one-sided": (0, 0, 1),
    "two-sided-long-edge": (1, 0, 3),
    "two-sided-short-edge": (1, 1, 2),
}
TEXT_COLUMNS, TEXT_ROWS, FOOT_COLUMNS = 16, 8, 3  # of the L: its first line is long, those below are short


class Mark(NamedTuple):
    """A rectangle in parts of the page, y downwards, and its colour."""

    left: float
    top: float
    right: float
    bottom: float
    color: bytes = BLACK


MARKS = (
    Mark(0.05, 0.05, 0.30, 0.10),
    Mark(0.85, 0.05, 0.95, 0.20),
    Mark(0.05, 0.85, 0.15, 0.95),
    Mark(0.80, 0.90, 0.95, 0.95),
    Mark(0.40, 0.25, 0.60, 0.30),
    Mark(0.48, 0.30, 0.52, 0.70),
    Mark(0.60, 0.75, 0.80, 0.85, RED),
)


class Document(NamedTuple):
    """A document, how many pages it has, and the size of each in inches; (0, 0) for text, which has none."""

    data: bytes
    pages: int
    size: "tuple[float, float]"


def document(format: str, paper: str, sides: str) -> Document:
    """Return the document of a MIME type; `paper` is a key of documents.PAPERS."""
    return MAKERS[format](paper, sides)


def drawing(width: float, height: float, number: int = 0) -> str:
    """Return a PDF's content stream for a page of that size in points; `number` squares count it."""
    squares = (Mark(0.2 + 0.05 * at, 0.55, 0.23 + 0.05 * at, 0.58) for at in range(number))
    return " ".join(
        f"{mark.color[0] // 255} 0 0 rg {mark.left * width:g} {(1 - mark.bottom) * height:g} "
        f"{(mark.right - mark.left) * width:g} {(mark.bottom - mark.top) * height:g} re f"
        for mark in (*MARKS, *squares)
    )


def line(y: float, width: int) -> bytes:
    """Return the pixels of a line of the page, `y` parts of it below its top."""
    pixels = bytearray(WHITE * width)
    for mark in MARKS:
        if mark.top <= y < mark.bottom:
            left, right = round(mark.left * width), round(mark.right * width)
            pixels[3 * left : 3 * right] = mark.color * (right - left)
    return bytes(pixels)


def _pdf(paper: str, _sides: str) -> Document:
    width, height = documents.PAPERS[paper]
    return Document(pages.pdf([drawing(width, height)] * 2, (width, height)), 2, (width / 72, height / 72))


def _jpeg(paper: str, _sides: str) -> Document:
    inches = [points / 72 for points in documents.PAPERS[paper]]
    across, down = round(JPEG_COLUMNS * 8 / inches[0]), round(JPEG_ROWS * 8 / inches[1])
    density = b"JFIF\0" + struct.pack(">HBHHBB", 0x0102, 1, across, down, 0, 0)
    lines = [line((row + 0.5) / JPEG_ROWS, JPEG_COLUMNS) for row in range(JPEG_ROWS)]
    levels = [[YCBCR[pixels[at : at + 3]] for at in range(0, len(pixels), 3)] for pixels in lines]
    data = pages.jpeg(JPEG_COLUMNS, JPEG_ROWS, lambda x, y, n: levels[y][x][n], segments=[(0xE0, density)])
    return Document(data, 1, (JPEG_COLUMNS * 8 / across, JPEG_ROWS * 8 / down))


def _pwg(paper: str, sides: str) -> Document:
    header = bytearray(documents.pwg("srgb_8", paper, RASTER_DPI)[:PWG_HEADER])
    for offset, value in zip((DUPLEX, TUMBLE), SIDES[sides]):
        struct.pack_into(">I", header, 4 + offset, value)
    width, height = struct.unpack_from(">II", header, 4 + 372)
    page = bytes(header[4:]) + _rows(width, height)
    return Document(b"RaS2" + page * 2, 2, (width / RASTER_DPI, height / RASTER_DPI))


def _urf(paper: str, sides: str) -> Document:
    header = bytearray(documents.urf("srgb_8", paper, RASTER_DPI)[12:URF_HEADER])
    header[2] = SIDES[sides][2]
    width, height = struct.unpack_from(">II", header, 12)
    page = bytes(header) + _rows(width, height)
    return Document(b"UNIRAST\0" + struct.pack(">I", 2) + page * 2, 2, (width / RASTER_DPI, height / RASTER_DPI))


def _text(_paper: str, _sides: str) -> Document:
    page = "\n".join(["M" * TEXT_COLUMNS, *["M" * FOOT_COLUMNS] * (TEXT_ROWS - 1)])
    return Document(f"{page}\f{page}\n".encode(), 2, (0, 0))


def _rows(width: int, height: int) -> bytes:
    """Return the coded lines of a raster page."""
    out, row = bytearray(), 0
    lines = [line((at + 0.5) / height, width) for at in range(height)]
    while row < height:
        again = next((at for at in range(row + 1, min(row + 256, height)) if lines[at] != lines[row]), None)
        end = min(row + 256, height) if again is None else again
        out.append(end - row - 1)
        out += documents.packbits(lines[row], 3)
        row = end
    return bytes(out)


MAKERS = {
    "application/pdf": _pdf,
    "image/jpeg": _jpeg,
    "image/pwg-raster": _pwg,
    "image/urf": _urf,
    "text/plain": _text,
}
