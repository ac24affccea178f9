import random
import struct
import tracemalloc
import zlib
from array import array
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import png
from feedpath.back.pdl.kernels import bits
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Page, Raster
from feedpath.errors import WireError


class Picture(NamedTuple):
    width: int
    height: int
    depth: int
    color: int
    dots: tuple[int, int]
    rows: list[bytes]


def read(stream: bytes) -> Picture:
    """Take a PNG apart as the specification tells readers to; filters 0 and 2."""
    assert stream.startswith(b"\x89PNG\r\n\x1a\n")
    at, packed, dots = 8, b"", (0, 0)
    header: tuple[int, ...] = ()
    while at < len(stream):
        length, name = struct.unpack_from(">I4s", stream, at)
        data = stream[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", stream, at + 8 + length)[0] == zlib.crc32(name + data)
        at += 12 + length
        if name == b"IHDR":
            header = struct.unpack(">IIBBBBB", data)
        elif name == b"pHYs":
            dots = struct.unpack(">IIB", data)[:2]
        elif name == b"IDAT":
            packed += data
    assert name == b"IEND" and header[4:] == (0, 0, 0)
    width, height, depth, color = header[:4]
    stride = (width * depth * {0: 1, 2: 3}[color] + 7) // 8
    raw = zlib.decompress(packed)
    assert len(raw) == (stride + 1) * height
    rows, above = [], bytes(stride)
    for y in range(height):
        kind, row = raw[y * (stride + 1)], raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)]
        assert kind in (0, 2)
        above = bytes((a + b) & 255 for a, b in zip(row, above)) if kind == 2 else row
        rows.append(above)
    return Picture(width, height, depth, color, dots, rows)


def page(raster: Raster, pixels: bytes, rows: int = 7) -> Page:
    step = rows * raster.stride
    return Page(raster, (memoryview(pixels)[at : at + step] for at in range(0, len(pixels), step)))


def test_a_small_picture_byte_by_byte():
    raster = Raster(4, 2, BLACK1, (254, 254))
    pieces = list(png.encode(page(raster, b"\xa0\x50")))
    assert pieces[0] == b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            b"\0\0\0\x0dIHDR",
            b"\0\0\0\4\0\0\0\2",  # width, height
            b"\1\0\0\0\0",  # 1 bit, grey; deflate, adaptive filters, not interlaced
            zlib.crc32(b"IHDR\0\0\0\4\0\0\0\2\1\0\0\0\0").to_bytes(4, "big"),
        )
    )
    assert pieces[1] == b"\0\0\0\x09pHYs\0\0\x27\x10\0\0\x27\x10\1" + zlib.crc32(
        b"pHYs\0\0\x27\x10\0\0\x27\x10\1"
    ).to_bytes(4, "big")
    assert zlib.decompress(b"".join(piece[8:-4] for piece in pieces[2:-1])) == b"\0\x5f\0\xaf"  # black is 0
    assert pieces[-1] == b"\0\0\0\0IEND\xaeB`\x82"


@given(
    space=st.sampled_from((BLACK1, GRAY8, RGB24)),
    width=st.integers(1, 30),
    height=st.integers(1, 20),
    rows=st.integers(1, 9),
    data=st.data(),
)
def test_the_pixels_come_out_as_they_went_in(space, width, height, rows, data):
    raster = Raster(width, height, space, (600, 300))
    pixels = data.draw(st.binary(min_size=raster.stride * height, max_size=raster.stride * height))
    picture = read(b"".join(png.encode(page(raster, pixels, rows))))
    turned = bytes(byte ^ 0xFF for byte in pixels) if space == BLACK1 else pixels
    assert b"".join(picture.rows) == turned
    assert picture[:5] == (width, height, 1 if space == BLACK1 else 8, 2 if space == RGB24 else 0, (23622, 11811))


@given(one=st.binary(min_size=1, max_size=40), data=st.data())
def test_differences_are_those_of_each_byte(one, data):
    other = data.draw(st.binary(min_size=len(one), max_size=len(one)))
    assert png._differences(one, other) == bytes((a - b) & 255 for a, b in zip(one, other))


def boxed(rows: list[bytes], channels: int, across: int, down: int) -> list[bytes]:
    """Return a picture made small in the plainest way; what a box lacks is white."""
    width = len(rows[0]) // channels
    small = []
    for top in range(0, len(rows), down):
        line = bytearray()
        for left in range(0, width, across):
            for channel in range(channels):
                box = [
                    rows[y][x * channels + channel]
                    for y in range(top, min(top + down, len(rows)))
                    for x in range(left, min(left + across, width))
                ]
                area = across * down
                line.append((sum(box) + 255 * (area - len(box)) + area // 2) // area)
        small.append(bytes(line))
    return small


@given(
    space=st.sampled_from((BLACK1, GRAY8, RGB24)),
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    most=st.integers(1, 45),
    resolution=st.sampled_from(((300, 300), (600, 300), (300, 600))),
    rows=st.integers(1, 9),
    chance=st.randoms(use_true_random=False),
)
def test_a_preview_is_the_average_of_boxes(space, width, height, most, resolution, rows, chance):
    raster = Raster(width, height, space, resolution)
    pixels = chance.randbytes(raster.stride * height)
    lines = [pixels[at : at + raster.stride] for at in range(0, len(pixels), raster.stride)]
    if space == BLACK1:
        lines = [bytes(255 * (1 - (row[x // 8] >> (7 - x % 8) & 1)) for x in range(width)) for row in lines]
    picture = read(b"".join(png.preview(page(raster, pixels, rows), most)))
    across, down = png.boxes(raster, most)
    assert picture.rows == boxed(lines, 3 if space == RGB24 else 1, across, down)
    assert max(picture.width, picture.height) <= most and picture.depth == 8


@pytest.mark.parametrize(
    "raster, across, down",
    [
        (Raster(4960, 7016, GRAY8, (600, 600)), 8, 8),
        (Raster(2480, 3508, RGB24, (300, 300)), 4, 4),
        (Raster(4960, 3508, BLACK1, (600, 300)), 8, 4),
        (Raster(1001, 10, GRAY8, (300, 300)), 2, 2),
        (Raster(1000, 10, GRAY8, (300, 300)), 1, 1),
    ],
)
def test_a_preview_keeps_the_shape_and_is_not_too_small(raster, across, down):
    assert png.boxes(raster, 1000) == (across, down)


def test_a_white_page_has_a_white_preview():
    blank = Page(Raster(1001, 10), (memoryview(b"\xff" * 1001) for _ in range(10)))
    picture = read(b"".join(png.preview(blank)))
    assert picture[:2] == (501, 5) and set(b"".join(picture.rows)) == {255}


def test_a_preview_takes_no_more_memory_for_a_longer_page():
    row = memoryview(random.Random(1).randbytes(600))

    def peak(height: int) -> int:
        bands = (row for _ in range(height))
        tracemalloc.start()
        for _ in png.preview(Page(Raster(600, height, GRAY8), bands), height // 4):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(1_200) < 1.5 * peak(240)


@pytest.mark.parametrize("width, height", [(0, 1), (1, 0)])
def test_a_page_without_pixels_is_refused(width, height):
    with pytest.raises(WireError, match=f"{width} x {height}"):
        list(png.encode(Page(Raster(width, height), iter(()))))


@given(
    width=st.integers(1, 30),
    channels=st.sampled_from((1, 3)),
    across=st.integers(1, 40),
    chance=st.randoms(use_true_random=False),
)
def test_both_ways_to_add_boxes_give_the_same(width, channels, across, chance):
    row = chance.randbytes(width * channels)
    one = array("Q", [5] * (channels * -(-width // across)))
    other = one[:]
    bits.add_boxes(row, one, channels, across)
    bits._add_boxes(row, other, channels, across)
    assert one == other and sum(one) >= sum(row)


def test_pieces_come_before_the_page_is_over():
    taken = []

    def bands() -> Iterator[memoryview]:
        for number in range(40):
            taken.append(number)
            yield memoryview(random.Random(number).randbytes(4096))

    stream = png.encode(Page(Raster(4096, 40), bands()))
    for piece in stream:
        if b"IDAT" in piece:
            break
    assert len(taken) < 40
    stream.close()  # type: ignore[attr-defined]
