"""Apple raster read and written: what headers tell and lie, every kind of pixels, broken documents."""

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import urf
from feedpath.back.pdl.limits import Limits
from feedpath.back.pdl.page import GRAY8, RGB24, Raster, Setup
from tests.unit.back.pdl.rastering import Pieces, Whole, drawn, outcome, page

GRAY = urf.Header(
    bits_per_pixel=8,
    color_space=0,
    sides=1,
    quality=4,
    media_type=1,
    media_position=0,
    width=3,
    height=2,
    resolution=300,
)
ROWS = b"\0" b"\xfeabc" b"\0" b"\x02d"  # fmt: skip
USUAL = Setup()
FEW = 4 * 1024 * 1024  # bytes that a few bands take


def document(*pages: tuple[urf.Header, bytes], total: int = 0) -> bytes:
    head = b"UNIRAST\0" + total.to_bytes(4, "big")
    return head + b"".join(header.encode() + coded_rows for header, coded_rows in pages)


def written(pages: list[Whole], setup: Setup = USUAL, band: int = 0) -> bytes:
    given_pages = (page(raster, pixels, band) for raster, pixels in pages)
    return b"".join(bytes(piece) for piece in urf.encode(given_pages, setup, urf.Traits()))


def told(total: int = 0, **changes: Any) -> Raster:
    """Return what is known of a page whose header has these fields."""
    pages, wrong = outcome(urf.read, document((GRAY._replace(**changes), ROWS), total=total))
    assert not wrong
    return pages[0].raster


def test_a_page_is_read_with_what_its_header_tells() -> None:
    header = GRAY._replace(sides=3, quality=5, media_type=11, media_position=20)
    raster = Raster(
        width=3,
        height=2,
        space=GRAY8,
        resolution=(300, 300),
        size=(25, 17),
        sides="two-sided-long-edge",
        total=2,
        source="tray-1",
        type="photographic-glossy",
        quality="high",
    )
    assert outcome(urf.read, document((header, ROWS), total=2)) == ([Whole(raster, b"abcddd")], "")


@pytest.mark.parametrize(
    "code, sides", [(0, ""), (1, "one-sided"), (2, "two-sided-short-edge"), (3, "two-sided-long-edge"), (4, "")]
)
def test_a_page_of_every_code_of_sides(code: int, sides: str) -> None:
    assert told(sides=code).sides == sides


@pytest.mark.parametrize("code, kind", [(0, ""), *list(enumerate(urf.TYPES))[1:], (14, ""), (255, "")])
def test_a_page_of_every_code_of_media_types(code: int, kind: str) -> None:
    assert told(media_type=code).type == kind


@pytest.mark.parametrize("total, expected", [(0, 0), (1, 1), (5, 5), (0xFFFFFFFF, 0)])
def test_a_document_may_tell_any_number_of_pages(total: int, expected: int) -> None:
    assert told(total).total == expected


@pytest.mark.parametrize(
    "keyword, bits, color_space, pixel, space, expected",
    [
        ("W8", 8, 0, b"\x01", GRAY8, b"\x01"),
        ("DEVW8", 8, 4, b"\x01", GRAY8, b"\x01"),
        ("W8-16", 16, 0, b"\x01\x80", GRAY8, b"\x01"),
        ("SRGB24", 24, 1, b"rgb", RGB24, b"rgb"),
        ("ADOBERGB24", 24, 3, b"rgb", RGB24, b"rgb"),
        ("ADOBERGB24-48", 48, 3, b"r0g0b0", RGB24, b"rgb"),
        ("DEVRGB24", 24, 5, b"rgb", RGB24, b"rgb"),
        ("DEVCMYK32", 32, 6, b"\x01\x02\x03\x10", RGB24, b"\xee\xed\xec"),
    ],
)
def test_every_kind_of_pixels_becomes_one_of_ours(
    keyword: str, bits: int, color_space: int, pixel: bytes, space: str, expected: bytes
) -> None:
    header = GRAY._replace(bits_per_pixel=bits, color_space=color_space, width=3)
    pages, wrong = outcome(urf.read, document((header, b"\0" b"\0" + pixel + b"\x80" b"\0" b"\x80")))  # fmt: skip
    white = b"\xff" * len(expected)
    assert not wrong
    assert (pages[0].raster.space, pages[0].pixels) == (space, expected + white * 5), keyword


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"width": 0}, "Page 1, 0 pixels wide, cannot be printed: 1 to 65535 pixels in a row are allowed."),
        ({"height": 0xFFFFFFFF}, "Page 1, 4294967295 rows high, cannot be printed: 1 to 65535 rows are allowed."),
        ({"resolution": 0}, "Page 1, at 0 dots per inch, cannot be printed: 1 to 9600 dots per inch are allowed."),
        ({"color_space": 2}, "Page 1 is in colour space 2; allowed are [0, 1, 3, 4, 5, 6]."),
        (
            {"bits_per_pixel": 4},
            "Page 1 is in colour space 18 with 4 bits a colour, 4 a pixel; allowed are black and grey with 1, 8 or 16 "
            "bits, RGB and CMYK with 8 or 16 bits a colour.",
        ),
    ],
)
def test_a_header_that_lies_is_refused_before_memory_is_taken(changes: dict[str, int], said: str) -> None:
    tracemalloc.start()
    try:
        assert outcome(urf.read, document((GRAY._replace(**changes), ROWS))) == ([], said)
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "start, said",
    [
        (b"UNIRAST1", "The document is no Apple raster: that begins with UNIRAST."),
        (b"UNIRAST\0\0", "The document ends within its number of pages: 1 of 4 bytes are there."),
        (b"UNIRAST\0\0\0\0\1", "The document has no page."),
        (b"UNIRAST\0\0\0\0\1\x08", "The document ends within the header of page 1: 1 of 32 bytes are there."),
        (document((GRAY, ROWS[:-1])), "The document ends within page 1, row 2 of 2."),
    ],
)
def test_what_ends_too_early_or_is_something_else_is_refused(start: bytes, said: str) -> None:
    assert outcome(urf.read, start)[1] == said


@given(
    pages=st.lists(drawn((GRAY8, RGB24)), max_size=3, min_size=1),
    sizes=st.lists(st.integers(1, 5000), min_size=1),
    band=st.integers(1, 9),
)
def test_what_is_written_is_read_again_however_it_comes(pages: list[Whole], sizes: list[int], band: int) -> None:
    read, wrong = outcome(urf.read, written(pages, band=band), *sizes)
    assert not wrong
    assert [one.pixels for one in read] == [one.pixels for one in pages]
    assert [one.raster[:4] for one in read] == [one.raster[:4] for one in pages]


@given(pages=st.lists(drawn((GRAY8, RGB24)), max_size=2, min_size=1), data=st.data())
def test_broken_documents_give_pages_or_a_sentence_and_take_little_memory(
    pages: list[Whole], data: st.DataObject
) -> None:
    whole_document = written(pages)
    broken = bytearray(whole_document[: data.draw(st.integers(0, len(whole_document)))])
    for _ in range(data.draw(st.integers(0, 6))) if broken else ():
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    sizes = data.draw(st.lists(st.integers(1, 3000), min_size=1, max_size=4))
    small = Limits(pixels=1_000_000)
    tracemalloc.start()
    try:
        ways = [outcome(lambda source: urf.read(source, small), bytes(broken), *way) for way in ((), sizes)]
        assert tracemalloc.get_traced_memory()[1] < FEW * 2  # the pages are kept here
    finally:
        tracemalloc.stop()
    assert ways[0] == ways[1]


def test_pages_and_rows_that_are_left_are_passed_over() -> None:
    header = GRAY._replace(height=4)
    pages = list(urf.read(Pieces(document((header, ROWS * 2), (GRAY, ROWS)), 1)))
    assert [page.raster.height for page in pages] == [4, 2]


def test_a_page_goes_before_the_job() -> None:
    asked = Setup(sides="two-sided-long-edge", source="tray-2", type="labels", quality="draft")
    own = Raster(1, 1, sides="two-sided-short-edge", source="manual", type="unheard-of", quality="high", total=9)
    first, second = (
        urf.Header.parse(written([Whole(raster, b"x")], asked)[12:44]) for raster in (Raster(1, 1), own)
    )
    assert first == urf.Header(8, 0, 3, 3, 5, 21, 1, 1, 600)
    assert second == urf.Header(8, 0, 2, 5, 0, 4, 1, 1, 600)


@pytest.mark.parametrize("pages, total", [([], 0), ([Raster(1, 1)], 0), ([Raster(1, 1, total=3)] * 2, 3)])
def test_the_head_says_how_many_pages_there_are_where_it_is_known(pages: list[Raster], total: int) -> None:
    assert written([Whole(raster, b"x") for raster in pages])[:12] == b"UNIRAST\0" + total.to_bytes(4, "big")


def test_a_page_that_is_finer_in_one_direction_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="as fine in both directions"):
        written([Whole(Raster(1, 1, resolution=(600, 300)), b"x")])
