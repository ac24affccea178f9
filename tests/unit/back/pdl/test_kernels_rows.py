"""The row coding in each form of its kernels, against a decoder that follows the text of PWG 5102.4 byte by byte."""

from array import array
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.kernels import forms

FORMS = forms("rows")
BLANK = 0xEE


@pytest.fixture(params=FORMS.values(), ids=list(FORMS))
def rows(request: pytest.FixtureRequest) -> ModuleType:
    """Return the kernels, as Python and compiled."""
    module: ModuleType = request.param
    return module


def spelled_out(coded: bytes, stride: int, pixel: int, height: int) -> bytes:
    """Return the rows that `coded` says, read the slowest way."""
    out, at = bytearray(), 0
    while len(out) < height * stride:
        times, row, at = coded[at] + 1, bytearray(), at + 1
        while len(row) < stride:
            head, at = coded[at], at + 1
            if head == 128:
                row += bytes([BLANK]) * (stride - len(row))
            elif head < 128:
                row += coded[at : at + pixel] * (head + 1)
                at += pixel
            else:
                row += coded[at : at + pixel * (257 - head)]
                at += pixel * (257 - head)
        out += row * times
    assert at == len(coded) and len(out) == height * stride
    return bytes(out)


def decoded(rows: ModuleType, coded: bytes, stride: int, pixel: int, height: int, band: int, piece: int) -> bytes:
    """Return what `coded` says when it comes in pieces and goes into bands of `band` rows."""
    state, memory, out = array("q", [0] * rows.STATE), bytearray(band * stride), b""
    pieces = [coded[at : at + piece] for at in range(0, len(coded), piece)]
    for first in range(0, height, band):
        limit = min(band, height - first) * stride
        state[rows.AT] = 0
        while state[rows.AT] < limit:
            taken = rows.decode(state, pieces[0] if pieces else b"", memory, limit, stride, pixel, BLANK)
            assert taken or state[rows.AT] == limit
            pieces[:1] = [pieces[0][taken:]] if pieces and taken < len(pieces[0]) else []
        out += memory[:limit]
    assert not pieces and not state[rows.AGAIN]
    return out


def encoded(rows: ModuleType, pixels: bytes, stride: int, pixel: int, band: int, spare: int = 0) -> bytes:
    """Return the coded rows when they come in bands of `band` and memory has room for one row and `spare` bytes."""
    state, held, out = array("q", [0] * rows.STATE), bytearray(stride), bytearray(rows.room(stride, pixel) + spare)
    coded = b""
    for at in range(0, len(pixels), band * stride):
        view = memoryview(pixels)[at : at + band * stride]
        state[rows.AT] = 0
        while state[rows.AT] < len(view) // stride:
            coded += out[: rows.encode(state, view, held, out, pixel)]
    return coded + out[: rows.finish(state, held, out, pixel)]


@st.composite
def pages(draw: st.DrawFn) -> tuple[bytes, int, int]:
    """Draw pixels with runs in both directions, the bytes of a row and those of a pixel."""
    pixel, width = draw(st.sampled_from((1, 2, 3, 4, 6, 8))), draw(st.integers(1, 300))
    colours = draw(st.lists(st.binary(min_size=pixel, max_size=pixel), min_size=1, max_size=4))
    out = b""
    for _ in range(draw(st.integers(1, 6))):
        row = b""
        while len(row) < width * pixel:
            row += draw(st.sampled_from(colours)) * draw(st.sampled_from((1, 1, 1, 2, 3, 127, 128, 129)))
        out += row[: width * pixel] * draw(st.sampled_from((1, 1, 2, 255, 256, 257)))
    return out, width * pixel, pixel


@pytest.mark.parametrize(
    "coded, stride, pixel, expected",
    [
        (b"\0" b"\x02A", 3, 1, b"AAA"),
        (b"\0" b"\xfeABC", 3, 1, b"ABC"),
        (b"\0" b"\x00A" b"\xffBC", 3, 1, b"ABC"),
        (b"\x02" b"\x01A", 2, 1, b"AAAAAA"),
        (b"\0" b"\x01RGB", 6, 3, b"RGBRGB"),
        (b"\0" b"\xffRGBrgb", 6, 3, b"RGBrgb"),
        (b"\0" b"\x80", 2, 1, b"\xee\xee"),
        (b"\x01" b"\x00RGB" b"\x80", 6, 3, b"RGB\xee\xee\xee" * 2),
    ],
)  # fmt: skip
def test_runs_fill_a_row(rows: ModuleType, coded: bytes, stride: int, pixel: int, expected: bytes) -> None:
    for piece in (1, len(coded)):
        assert decoded(rows, coded, stride, pixel, len(expected) // stride, 1, piece) == expected


@pytest.mark.parametrize("band", [1, 3])
def test_runs_of_every_length_fill_their_place_and_no_more(rows: ModuleType, band: int) -> None:
    coded, stride, height = b"", 300, 2 * 127
    for count in range(2, 129):
        as_they_are = bytes([257 - count, *range(count)])
        for runs in (as_they_are + bytes([count - 1, 7]), bytes([count - 1, 9]) + as_they_are):
            coded += b"\0" + runs + b"\0\5" * (stride - 2 * count)
    expected = spelled_out(coded, stride, 1, height)
    for piece in (len(coded), 1000):
        assert decoded(rows, coded, stride, 1, height, band, piece) == expected


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("head, data", [(98, 1), (158, 99)], ids=["alike", "as they are"])
def test_a_run_ends_with_its_row_or_is_wrong_and_nothing_is_put_behind(
    rows: ModuleType, head: int, data: int, more: int
) -> None:
    longer = more if head < 128 else -more
    row = bytes([0, 99, 1, head + longer]) + b"\2" * (data + more * (data > 1))
    state, memory = array("q", [0] * rows.STATE), bytearray(3 * 199)
    rows.decode(state, row * 2 + bytes(200), memory, 2 * 199, 199, 1, BLANK)
    assert (state[rows.PHASE] == rows.OVERRUN) == bool(more)
    assert memory[2 * 199 :] == bytes(199)


@pytest.mark.parametrize(
    "row, pixel, coded",
    [
        (b"A", 1, b"\0" b"\x00A"),
        (b"AAA", 1, b"\0" b"\x02A"),
        (b"ABBC", 1, b"\0" b"\xfdABBC"),  # a pair of bytes is not worth a run between others
        (b"ABBBC", 1, b"\0" b"\x00A" b"\x02B" b"\x00C"),
        (b"A" * 200, 1, b"\0" b"\x7fA" b"\x47A"),
        (b"abcdefgh" * 17, 1, b"\0" b"\x81" + b"abcdefgh" * 16 + b"\xf9abcdefgh"),
        (b"RGBrgbrgb", 3, b"\0" b"\x00RGB" b"\x01rgb"),
    ],
)  # fmt: skip
def test_a_row_is_coded_in_the_longest_runs(rows: ModuleType, row: bytes, pixel: int, coded: bytes) -> None:
    assert encoded(rows, row, len(row), pixel, 1) == coded


def test_equal_rows_are_coded_once_across_bands_and_256_at_most(rows: ModuleType) -> None:
    assert encoded(rows, b"AA" * 300, 2, 1, band=7) == b"\xff\x01A" b"\x2b\x01A"


@given(page=pages(), band=st.integers(1, 300), piece=st.integers(1, 4000), spare=st.integers(0, 3000))
def test_what_is_encoded_decodes_to_the_same_in_pieces_and_bands_of_any_size(
    page: tuple[bytes, int, int], band: int, piece: int, spare: int
) -> None:
    pixels, stride, pixel = page
    coded = {name: encoded(rows, pixels, stride, pixel, band, spare) for name, rows in FORMS.items()}
    assert len(set(coded.values())) == 1
    assert spelled_out(coded["python"], stride, pixel, len(pixels) // stride) == pixels
    for rows in FORMS.values():
        assert decoded(rows, coded["python"], stride, pixel, len(pixels) // stride, band, piece) == pixels


@given(coded=st.binary(max_size=2000), stride=st.integers(1, 40), pixel=st.integers(1, 8), piece=st.integers(1, 2000))
def test_any_bytes_decode_to_the_same_in_every_form_and_pieces(
    coded: bytes, stride: int, pixel: int, piece: int
) -> None:
    ways = [(rows, size) for rows in FORMS.values() for size in (piece, 2000)]
    assert len({bytes(outcome(rows, coded, stride * pixel, pixel, size)) for rows, size in ways}) == 1


def outcome(rows: ModuleType, coded: bytes, stride: int, pixel: int, piece: int) -> Iterator[int]:
    """Yield what is in memory, band after band, until the bytes end or go wrong, and then how it ended."""
    state, memory = array("q", [0] * rows.STATE), bytearray(4 * stride)
    at = 0
    while at < len(coded) and state[rows.PHASE] != rows.OVERRUN:
        taken = rows.decode(state, coded[at : at + piece], memory, len(memory), stride, pixel, BLANK)
        at += taken
        if state[rows.AT] == len(memory):
            yield from memory
            state[rows.AT] = 0
    yield from memory[: state[rows.AT] // stride * stride]
    yield state[rows.PHASE]


@pytest.mark.parametrize("call", [(4, 1, 1), (2, 2, 0), (4, 2, 3), (8, 4, 4)])
def test_memory_that_is_too_small_is_refused(rows: ModuleType, call: tuple[int, int, int]) -> None:
    limit, stride, pixel = call
    with pytest.raises(ValueError, match="whole"):
        rows.decode(array("q", [0] * rows.STATE), b"", bytearray(3), limit, stride, pixel, BLANK)


def test_what_is_no_state_is_refused(rows: ModuleType) -> None:
    for state in (array("q"), array("q", [0] * (rows.STATE + 1))):
        with pytest.raises(ValueError, match="no state"):
            rows.decode(state, b"", bytearray(1), 1, 1, 1, BLANK)
        with pytest.raises(ValueError, match="no state"):
            rows.encode(state, b"", bytearray(1), bytearray(9), 1)
        with pytest.raises(ValueError, match="no state"):
            rows.finish(state, bytearray(1), bytearray(9), 1)


def test_room_is_what_the_worst_row_takes(rows: ModuleType) -> None:
    worst = b"".join(bytes([n % 250, 255, 255, 255]) for n in range(100))
    out: Any = bytearray(rows.room(len(worst), 1) - 1)
    state, held = array("q", [0] * rows.STATE), bytearray(len(worst))
    assert rows.encode(state, worst, held, out, 1) == 0 and state[rows.AT] == 0
    with pytest.raises(ValueError, match="no room"):
        rows.finish(state, held, out, 1)
