"""Rows as drivers want them, against plain loops over pixels."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedpath.back.pdl.bridge import separate
from feedpath.back.pdl.bridge.separate import BANDED, CHUNKED, LAYOUTS, Layout
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Page, Raster

WIDTHS = st.integers(1, 40)
MULTI = sorted(layout for layout in set(LAYOUTS.values()) if len(layout.colors) > 1)


def made(rows: "list[bytes]", width: int, space: str, layout: Layout) -> bytes:
    """Return what becomes of rows, given in bands of two."""
    raster = Raster(width, len(rows), space)
    bands = (memoryview(b"".join(rows[start : start + 2])) for start in range(0, len(rows), 2))
    return b"".join(separate.rows(Page(raster, bands), layout))


def inks(red: int, green: int, blue: int) -> "dict[str, int]":
    black = 255 - max(red, green, blue)
    return {"C": 255 - red - black, "M": 255 - green - black, "Y": 255 - blue - black, "K": black}


def colors(pixel: "tuple[int, ...]", letters: str) -> "list[int]":
    red, green, blue = pixel if len(pixel) == 3 else pixel * 3
    if letters.startswith("RGB"):
        return [red, green, blue, 255 if red or green or blue else 0][: len(letters)]
    if "K" not in letters:
        return [255 - {"C": red, "M": green, "Y": blue}[letter] for letter in letters]
    return [inks(red, green, blue)[letter] for letter in letters]


def plainly(rows: "list[bytes]", layout: Layout, depth: int) -> bytes:
    """Return the same by a loop over the pixels."""
    out = bytearray()
    for y, row in enumerate(rows):
        pixels = [tuple(row[at : at + depth]) for at in range(0, len(row), depth)]
        values = [colors(pixel, layout.colors) for pixel in pixels]
        if layout.bits == 1:
            values = [[int(v > separate._threshold(x % 8, y % 8)) for v in value] for x, value in enumerate(values)]
        planes = [bytes(plane) for plane in zip(*values, strict=True)]
        if layout.bits == 8 and layout.order == CHUNKED:
            out += bytes(value for each in values for value in each)
        elif layout.bits == 8:
            out += b"".join(planes)
        elif layout.order == BANDED:
            out += b"".join(bits(plane) for plane in planes)
        else:
            out += nibbles(values)
    return bytes(out)


def bits(plane: bytes) -> bytes:
    text = "".join(map(str, plane))
    return bytes(int(text[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(text), 8))


def nibbles(values: "list[list[int]]") -> bytes:
    halves = [int("".join(map(str, value)), 2) for value in values]
    halves += [0] * (len(halves) % 2)
    return bytes(high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True))


@settings(max_examples=15)  # of each of 38
@pytest.mark.parametrize("layout", MULTI, ids=str)
@pytest.mark.parametrize("space, depth", [(RGB24, 3), (GRAY8, 1)])
@given(data=st.data(), width=WIDTHS)
def test_colours_are_separated_as_by_a_loop(
    layout: Layout, space: str, depth: int, data: st.DataObject, width: int
) -> None:
    row = st.binary(min_size=width * depth, max_size=width * depth)
    even = st.sampled_from([b"\xff" * width * depth, bytes(width * depth)])
    rows = data.draw(st.lists(st.one_of(row, even), min_size=1, max_size=9))
    assert made(rows, width, space, layout) == plainly(rows, layout, depth)


@pytest.mark.parametrize(
    "key, space, row, expected",
    [
        ((0, 0, 8), GRAY8, b"\x00\x80\xff", b"\x00\x80\xff"),
        ((18, 2, 8), GRAY8, b"\x00\x80\xff", b"\x00\x80\xff"),
        ((3, 0, 8), GRAY8, b"\x00\x80\xff", b"\xff\x7f\x00"),
        ((3, 1, 1), BLACK1, b"\xa0", b"\xa0"),
        ((0, 0, 1), BLACK1, b"\xa0", b"\x5f"),
        ((1, 0, 8), RGB24, b"\x01\x02\x03" * 3, b"\x01\x02\x03" * 3),
        ((1, 0, 8), GRAY8, b"\x01\x02\x03", b"\x01\x01\x01\x02\x02\x02\x03\x03\x03"),
    ],
)
def test_one_colour_and_rgb_pass_or_turn(key: "tuple[int, int, int]", space: str, row: bytes, expected: bytes) -> None:
    assert made([row], 3, space, LAYOUTS[key]) == expected


@given(st.binary(min_size=1, max_size=70).flatmap(lambda one: st.tuples(st.just(one), st.binary(
    min_size=len(one), max_size=len(one)))))  # fmt: skip
def test_the_lesser_bytes_are_found_by_big_integers(pair: "tuple[bytes, bytes]") -> None:
    assert separate._least(*pair) == bytes(map(min, *pair))


def test_the_screen_has_as_many_levels_as_pixels() -> None:
    thresholds = {separate._threshold(x, y) for x in range(8) for y in range(8)}
    assert len(thresholds) == 64
    assert min(thresholds) > 0 and max(thresholds) < 255


def test_the_screen_grows_two_dots() -> None:
    dark = {(x, y) for x in range(8) for y in range(8) if separate._threshold(x, y) < 32}
    touching = [
        {((x + dx) % 8, (y + dy) % 8) for dx in (-1, 0, 1) for dy in (-1, 0, 1)} & dark - {(x, y)} for x, y in dark
    ]
    assert len(dark) == 8
    assert all(touching)
