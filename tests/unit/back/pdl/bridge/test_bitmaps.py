"""Pages of CUPS raster become portable bitmaps of whole sheets."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.bridge import cupsraster
from feedpath.back.pdl.bridge.bitmaps import Bitmaps, Header, Placed
from feedpath.errors import WireError

WIDTH, HEIGHT = 24, 3
SHEET = Placed(50, 8, left=16, top=2)
ROWS = (b"\x01\x02\x03", b"\x80\x00\x81", b"\xff\xff\xff")
SETS_INTO = bytes(2 * 7) + b"".join(bytes(2) + row + bytes(2) for row in ROWS) + bytes(3 * 7)
BITMAP = b"P4\n50 8\n" + SETS_INTO


def header(name: str = "A4", width: int = WIDTH, bits: int = 1) -> bytes:
    return cupsraster.pack(
        {
            "cupsWidth": width,
            "cupsHeight": HEIGHT,
            "HWResolution": (600, 300),
            "cupsPageSizeName": name,
            "cupsBitsPerPixel": bits,
        }
    )


def pieces(data: bytes, size: int) -> "list[bytes]":
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(st.integers(1, 4000), st.integers(1, 3))
def test_each_page_is_set_into_its_sheet_however_it_comes(size: int, pages: int) -> None:
    raster = cupsraster.SYNC + (header() + b"".join(ROWS)) * pages
    made = Bitmaps(iter(pieces(raster, size)), lambda page: SHEET)
    assert made.first == Header("A4", WIDTH, HEIGHT, (600, 300))
    assert b"".join(made) == BITMAP * pages


def test_pages_of_inks_have_four_bits_a_pixel_and_no_header() -> None:
    rows = [bytes([number]) * 12 for number in (1, 2, 3)]
    raster = cupsraster.SYNC + (header(bits=4) + b"".join(rows)) * 2
    made = Bitmaps(iter(pieces(raster, 100)), lambda page: SHEET)
    page = bytes(2 * 25) + b"".join(bytes(8) + row + bytes(5) for row in rows) + bytes(3 * 25)
    assert b"".join(made) == page * 2 and made.first.bits == 4


def test_no_piece_is_empty_as_that_would_be_the_end() -> None:
    raster = cupsraster.SYNC + header() + b"".join(ROWS)
    assert all(Bitmaps(iter([raster]), lambda page: Placed(WIDTH, HEIGHT, 0, 0)))


@pytest.mark.parametrize(
    "second, sentence",
    [
        (header("Letter") + b"".join(ROWS), "pages of different sizes"),
        (header(width=16) + bytes(6), "pages of different sizes"),
        (header() + ROWS[0], "ends in the middle of a page"),
    ],
)
def test_a_page_unlike_the_first_or_cut_off_is_refused(second: bytes, sentence: str) -> None:
    raster = cupsraster.SYNC + header() + b"".join(ROWS) + second
    so_far: "list[bytes]" = []
    with pytest.raises(WireError, match=sentence):
        so_far.extend(map(bytes, Bitmaps(iter([raster]), lambda page: SHEET)))
    assert b"".join(so_far).startswith(BITMAP)


@pytest.mark.parametrize("raster", [b"", b"3S", cupsraster.SYNC, cupsraster.SYNC + bytes(100), bytes(5000)])
def test_a_raster_without_a_page_is_refused(raster: bytes) -> None:
    with pytest.raises(WireError, match="no page to print"):
        Bitmaps(iter([raster]), lambda page: SHEET)


def test_the_raster_is_closed_with_its_bitmaps() -> None:
    closed = []

    def raster() -> "Iterator[bytes]":
        try:
            while True:
                yield cupsraster.SYNC + header() + b"".join(ROWS)
        finally:
            closed.append(True)

    made = iter(Bitmaps(raster(), lambda page: SHEET))
    next(made)
    made.close()
    assert closed
