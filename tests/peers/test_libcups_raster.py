"""libcups and our raster: what we write it reads to the byte, and what it writes we read to the byte."""

import ctypes
import os
import random
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from feedpath.back.pdl import pwg, urf
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Raster, Setup
from feedpath.back.pdl.source import FileSource
from tests.unit.back.pdl.rastering import Whole, page, whole

READ, WRITE_PWG, WRITE_APPLE = 0, 3, 4  # cups_mode_t
NATIVE = struct.Struct("=" + pwg.LAYOUT.format[1:])  # cups_page_header2_t
WIDTH, HEIGHT = 333, 700

Open = Callable[[Path, int], int]


class Color(NamedTuple):
    """A kind of pixels that libcups writes, what becomes of a component, and our space."""

    color_space: int
    bits: int
    colors: int
    space: str
    inverted: bool = False


PWG_COLORS = {
    "black_1": Color(3, 1, 1, BLACK1),
    "sgray_1": Color(18, 1, 1, BLACK1, inverted=True),
    "black_8": Color(3, 8, 1, GRAY8, inverted=True),
    "sgray_8": Color(18, 8, 1, GRAY8),
    "sgray_16": Color(18, 16, 1, GRAY8),
    "srgb_8": Color(19, 8, 3, RGB24),
    "srgb_16": Color(19, 16, 3, RGB24),
    "adobe-rgb_8": Color(20, 8, 3, RGB24),
    "rgb_8": Color(1, 8, 3, RGB24),
}
APPLE_COLORS = {name: PWG_COLORS[name] for name in ("sgray_8", "sgray_16", "srgb_8", "srgb_16", "adobe-rgb_8", "rgb_8")}


@pytest.fixture(scope="module")
def cups() -> ctypes.CDLL:
    library = ctypes.CDLL("libcups.so.2")
    library.cupsRasterOpen.restype = ctypes.c_void_p
    library.cupsRasterOpen.argtypes = [ctypes.c_int, ctypes.c_int]
    library.cupsRasterClose.argtypes = [ctypes.c_void_p]
    for name in ("cupsRasterReadHeader2", "cupsRasterWriteHeader2"):
        getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    for name in ("cupsRasterReadPixels", "cupsRasterWritePixels"):
        getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint]
    return library


@pytest.fixture
def opened(cups: ctypes.CDLL) -> Iterator[Open]:
    """Return what opens a file as libcups's raster; all is closed at the end."""
    files, streams = [], []

    def open_(path: Path, mode: int) -> int:
        files.append(os.open(path, os.O_RDONLY if mode == READ else os.O_WRONLY | os.O_CREAT))
        streams.append(cups.cupsRasterOpen(files[-1], mode))
        assert streams[-1]
        return int(streams[-1])

    yield open_
    for stream in streams:
        cups.cupsRasterClose(stream)
    for file in files:
        os.close(file)


def noise(stride: int, pixel: int, seed: int) -> bytes:
    """Return rows with runs, literals and rows that stand again."""
    chance, out = random.Random(seed), b""
    while len(out) < HEIGHT * stride:
        row = b""
        while len(row) < stride:
            row += chance.randbytes(pixel) * chance.choice((1, 1, 2, 3, 130)) + chance.randbytes(pixel * 5)
        out += row[:stride] * chance.choice((1, 1, 2, 300))
    return out[: HEIGHT * stride]


def ours(color: Color, pixels: bytes) -> bytes:
    """Return native pixels of libcups as our pages have them."""
    if color.bits == 16:
        pixels = pixels[sys.byteorder == "little" :: 2]
    if color.inverted:
        pixels = pixels.translate(bytes(range(255, -1, -1)))
    if color.space == BLACK1:
        rows = (pixels[at : at + 42] for at in range(0, len(pixels), 42))
        return b"".join(row[:-1] + bytes([row[-1] & 0xF8]) for row in rows)
    return pixels


@pytest.mark.parametrize(
    "language, mode, color",
    [
        *[pytest.param(pwg, WRITE_PWG, color, id=f"pwg-{name}") for name, color in PWG_COLORS.items()],
        *[pytest.param(urf, WRITE_APPLE, color, id=f"urf-{name}") for name, color in APPLE_COLORS.items()],
    ],
)
def test_we_read_what_libcups_writes(
    cups: ctypes.CDLL, opened: Open, language, mode: int, color: Color, tmp_path: Path
) -> None:
    stride = (WIDTH * color.bits * color.colors + 7) // 8
    pages = [noise(stride, max(1, color.bits * color.colors // 8), seed) for seed in range(2)]
    header = pwg.Header(
        media_type=b"stationery",
        duplex=1,
        tumble=1,
        cross_feed_resolution=300,
        feed_resolution=300,
        media_position=2,
        page_width=595,
        page_length=842,
        width=WIDTH,
        height=HEIGHT,
        bits_per_color=color.bits,
        bits_per_pixel=color.bits * color.colors,
        bytes_per_line=stride,
        color_space=color.color_space,
        colors=color.colors,
        total=2,
    )
    stream = opened(tmp_path / "document", mode)
    for pixels in pages:
        assert cups.cupsRasterWriteHeader2(stream, NATIVE.pack(*header))
        assert cups.cupsRasterWritePixels(stream, pixels, len(pixels)) == len(pixels)
    with (tmp_path / "document").open("rb") as document:
        read = list(whole(language.read(FileSource(document))))
    assert [one.pixels for one in read] == [ours(color, pixels) for pixels in pages]
    for raster in (one.raster for one in read):
        assert (raster.width, raster.height, raster.space) == (WIDTH, HEIGHT, color.space)
        assert (raster.resolution, raster.total, raster.type) == ((300, 300), 2, "stationery")
        assert (raster.sides, raster.source) == ("two-sided-short-edge", "alternate")


@pytest.mark.parametrize("rows", [1, 8, HEIGHT])
@pytest.mark.parametrize(
    "language, space",
    [(pwg, BLACK1), (pwg, GRAY8), (pwg, RGB24), (urf, GRAY8), (urf, RGB24)],
    ids=["pwg-black", "pwg-gray", "pwg-color", "urf-gray", "urf-color"],
)
def test_libcups_reads_what_we_write(
    cups: ctypes.CDLL, opened: Open, language, space: str, rows: int, tmp_path: Path
) -> None:
    raster = Raster(WIDTH, HEIGHT, space, sides="two-sided-long-edge", total=2, source="main", type="labels")
    pages = [Whole(raster, noise(raster.stride, 3 if space == RGB24 else 1, seed)) for seed in range(2)]
    pieces = language.encode([page(*one) for one in pages], Setup(quality="high"), language.Traits())
    (tmp_path / "document").write_bytes(b"".join(bytes(piece) for piece in pieces))
    stream, memory = opened(tmp_path / "document", READ), ctypes.create_string_buffer(pwg.LAYOUT.size)
    for one in pages:
        assert cups.cupsRasterReadHeader2(stream, memory)
        header = pwg.Header(*NATIVE.unpack(memory.raw))
        assert (header.width, header.height, header.bytes_per_line) == (WIDTH, HEIGHT, raster.stride)
        assert (header.cross_feed_resolution, header.feed_resolution, header.quality) == (600, 600, 5)
        assert (header.duplex, header.tumble, header.media_position) == (1, 0, 1)
        assert header.media_type.rstrip(b"\0") == b"labels"
        assert pixels_of(cups, stream, raster, rows) == one.pixels
    assert not cups.cupsRasterReadHeader2(stream, memory)


def pixels_of(cups: ctypes.CDLL, stream: int, raster: Raster, rows: int) -> bytes:
    """Return a page that libcups reads by so many rows a call."""
    out, row = b"", 0
    memory = ctypes.create_string_buffer(rows * raster.stride)
    while row < raster.height:
        wanted = min(rows, raster.height - row) * raster.stride
        assert cups.cupsRasterReadPixels(stream, memory, wanted) == wanted
        out += memory.raw[:wanted]
        row += rows
    return out
