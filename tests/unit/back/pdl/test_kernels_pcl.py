"""Rows as PCL 5 raster: what the kernel writes gives the rows back, is small, and the same compiled and not."""

import random
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.kernels import pcl
from tests.fakes import pcl_reader


def interpreted(band, stride, first, blank, seed, _scratch, state, out):
    return pcl._interpreted(band, stride, first, blank, seed, state, out)


def coded(rows: "list[bytes]", bands: int = 7, kernel: "Callable[..., int]" = pcl.rows, white: int = 0) -> bytes:
    """Return the commands of `rows`, given to the kernel in bands."""
    count = len(rows[0])
    blank, seed, scratch = bytes((white,)) * count, bytearray(count), bytearray(pcl.scratch_bytes(count))
    state, told = array("i", (-1, 0)), b""
    for at in range(0, len(rows), bands):
        band = b"".join(rows[at : at + bands])
        out = bytearray(pcl.room(len(rows[at : at + bands]), count, state[1]))
        told += out[: kernel(band, count, 0, blank, seed, scratch, state, out)]
    return told


def decoded(told: bytes, count: int, height: int) -> "list[bytes]":
    """Return the rows as the machine has them."""
    job = b"\x1b*r%ds%dT\x1b*r1A" % (count * 8, height) + told + b"\x1b*rC\f"
    return pcl_reader.read(job).pages[0].rows


def noise(count: int, height: int, ones: float) -> "list[bytes]":
    dice = random.Random(count * height)
    bits = [dice.choice((255, 170, 1)) if dice.random() < ones else 0 for _ in range(count * height)]
    return [bytes(bits[at : at + count]) for at in range(0, len(bits), count)]


def changed(row: bytes, places: "tuple[int, ...]") -> bytes:
    return bytes(byte ^ 1 if at in places else byte for at, byte in enumerate(row))


BYTES = st.sampled_from((0, 0, 0, 255, 170, 1))
BITMAPS = st.integers(1, 300).flatmap(
    lambda count: st.lists(st.lists(BYTES, min_size=count, max_size=count).map(bytes), min_size=1, max_size=9)
)


@pytest.mark.parametrize("kernel", [pcl.rows, interpreted])
@given(rows=BITMAPS, bands=st.integers(1, 9))
def test_any_rows_come_back(kernel, rows, bands):
    assert decoded(coded(rows, bands, kernel), len(rows[0]), len(rows)) == rows


@given(rows=BITMAPS, bands=st.integers(1, 9), white=st.sampled_from((0, 255)))
def test_compiled_and_interpreted_write_the_same(rows, bands, white):
    assert coded(rows, bands, pcl.rows, white) == coded(rows, 4, interpreted, white)


@pytest.mark.parametrize("kernel", [pcl.rows, interpreted])
@pytest.mark.parametrize("offset", [0, 1, 30, 31, 32, 31 + 254, 31 + 255, 31 + 256, 31 + 510, 599])
def test_a_change_at_any_offset_comes_back(kernel, offset):
    row = bytes(range(1, 201)) * 3
    rows = [row, changed(row, (offset,)), changed(row, (0, offset))]
    assert decoded(coded(rows, kernel=kernel), len(row), len(rows)) == rows


@pytest.mark.parametrize("kernel", [pcl.rows, interpreted])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 127, 128, 129, 130, 131, 255, 256, 257, 258, 600])
def test_runs_of_any_length_come_back(kernel, size):
    rows = [b"\7" * size, bytes(at % 251 + 1 for at in range(size)), b"\5\5" + b"\7" * size + b"\6\6\5"]
    for row in rows:
        assert decoded(coded([row], kernel=kernel), len(row), 1) == [row]


@pytest.mark.parametrize("kernel", [pcl.rows, interpreted])
@pytest.mark.parametrize(
    "rows, commands",
    [
        ([b"\0\1", b"\0\1"], [b"\x1b*b3m2W", b"\1\1", b"\x1b*b0W"]),  # a row that stands again
        ([b"\0\0", b"\0\0", b"\1\0"], [b"\x1b*b2Y", b"\x1b*b0m1W", b"\1"]),  # zeros at the end are not sent
        ([b"\1\0", b"\0\0", b"\1\0"], [b"\x1b*b0m1W", b"\1", b"\x1b*b1Y", b"\x1b*b1W", b"\1"]),
        ([b"\1\0", b"\0\0", b"\0\0"], [b"\x1b*b0m1W", b"\1"]),  # blank rows at the end are not told
        ([b"\xff" * 60], [b"\x1b*b2m2W", b"\xc5\xff"]),
        ([b"\0" * 59 + b"\1", b"\0" * 58 + b"\1\1"], [b"\x1b*b3m3W", b"\x1f\x1c\1", b"\x1b*b3W", b"\x1f\x1b\1"]),
    ],
)
def test_the_shortest_commands_are_written(kernel, rows, commands):
    assert coded(rows, kernel=kernel) == b"".join(commands)


@pytest.mark.parametrize("kernel", [pcl.rows, interpreted])
def test_more_blank_rows_than_one_offset_takes_are_told_in_steps(kernel):
    rows = [b"\0"] * 32768 + [b"\1"]
    assert coded(rows, 4096, kernel) == b"\x1b*b32767Y\x1b*b1Y\x1b*b0m1W\1"


@pytest.mark.parametrize("kernel", [pcl.rows, interpreted])
def test_blank_rows_of_colour_are_rows_that_stand_again(kernel):
    white, grey = b"\xff" * 6, b"\x80" * 6
    packed = [b"\x1b*b2m2W", b"\xfb\xff", b"\x1b*b3m0W", b"\x1b*b0W", b"\x1b*b2m2W", b"\xfb\x80"]
    assert coded([white, white, white, grey, white], 2, kernel, white=255) == b"".join(packed)


@pytest.mark.parametrize("ones", [0.02, 0.3, 0.9])
def test_no_transfer_has_more_than_its_row_and_a_switch(ones):
    for row in (noise(101, 9, ones), [bytes(at * 37 % 256 for at in range(101))] * 2):
        told = coded(row)
        page = pcl_reader.read(b"\x1b*r808s9T\x1b*r1A" + told + b"\x1b*rC\f").pages[0]
        assert page.rows[: len(row)] == row and len(told) <= len(row) * (101 + 4 + 8)


@pytest.mark.parametrize("wrong", ["first", "seed", "scratch", "state", "out"])
def test_buffers_that_do_not_fit_are_refused(wrong):
    fitting: "dict[str, Any]" = {
        "first": 0,
        "blank": bytes(9),
        "seed": bytearray(9),
        "scratch": bytearray(pcl.scratch_bytes(9)),
        "state": array("i", (0, 0)),
        "out": bytearray(pcl.room(2, 9, 0)),
    }
    fitting[wrong] = 1 if wrong == "first" else fitting[wrong][:-1]
    with pytest.raises(ValueError, match="do not fit"):
        pcl.rows(bytes(18), 9, *fitting.values())
