"""PWG raster read and written: what headers tell and lie, every kind of pixels, broken documents."""

import tracemalloc
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import coded, pwg
from feedpath.back.pdl.kernels import rows
from feedpath.back.pdl.limits import USUAL, Limits
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Raster, Setup
from feedpath.errors import WireError
from tests.unit.back.pdl.rastering import Pieces, Whole, drawn, outcome, page

GRAY = pwg.Header(
    cross_feed_resolution=300,
    feed_resolution=300,
    page_width=595,
    page_length=842,
    width=3,
    height=2,
    bits_per_color=8,
    bits_per_pixel=8,
    bytes_per_line=3,
    color_space=18,
    colors=1,
)
ROWS = b"\0" b"\xfeabc" b"\0" b"\x02d"  # fmt: skip
FEW = 4 * 1024 * 1024  # bytes that a few bands take


def document(*pages: tuple[pwg.Header, bytes]) -> bytes:
    return b"RaS2" + b"".join(header.encode() + coded for header, coded in pages)


def told(**changes: Any) -> Raster:
    """Return what is known of a page whose header has these fields."""
    pages, wrong = outcome(pwg.read, document((GRAY._replace(**changes), ROWS)))
    assert not wrong
    return pages[0].raster


def test_a_page_is_read_with_what_its_header_tells() -> None:
    header = GRAY._replace(
        duplex=1,
        tumble=1,
        total=7,
        copies=2,
        media_position=20,
        media_type=b"stationery-letterhead",
        quality=5,
        page_size_name=b"iso_a4_210x297mm",
    )
    raster = Raster(
        width=3,
        height=2,
        space=GRAY8,
        resolution=(300, 300),
        size=(21000, 29700),
        media="iso_a4_210x297mm",
        sides="two-sided-short-edge",
        total=7,
        copies=2,
        source="tray-1",
        type="stationery-letterhead",
        quality="high",
    )
    assert outcome(pwg.read, document((header, ROWS))) == ([Whole(raster, b"abcddd")], "")


@pytest.mark.parametrize(
    "field, value, fact, expected",
    [
        ("duplex", 1, "sides", "two-sided-long-edge"),
        ("tumble", 1, "sides", "one-sided"),
        ("total", 0x80000000, "total", 0),
        ("copies", 0xFFFFFFFF, "copies", 0),
        ("media_position", 0, "source", ""),
        ("media_position", 1, "source", "main"),
        ("media_position", 49, "source", "roll-10"),
        ("media_position", 50, "source", ""),
        ("media_type", b"\xe9\x07", "type", ""),
        ("quality", 9, "quality", ""),
        ("page_size_name", b"A4", "media", ""),
        ("page_size_name", b"iso_a3_297x420mm", "media", ""),
        ("page_size_name", b"iso_a3_297x420mm", "size", (20990, 29704)),
        ("page_size_name", b"custom_big_" + b"9" * 30 + b"x1mm", "size", (20990, 29704)),
        ("page_width", 0, "size", (25, 17)),
    ],
)
def test_a_fact_that_is_odd_or_missing(field: str, value: object, fact: str, expected: object) -> None:
    assert getattr(told(**{field: value}), fact) == expected


@pytest.mark.parametrize(
    "color_space, bits, pixel, space, expected",
    [
        ("black_1", (3, 1, 1), b"\xa7", BLACK1, b"\xa0"),
        ("sgray_1", (18, 1, 1), b"\xa7", BLACK1, b"\x50"),
        ("black_8", (3, 8, 8), b"\x01", GRAY8, b"\xfe"),
        ("sgray_8", (18, 8, 8), b"\x01", GRAY8, b"\x01"),
        ("black_16", (3, 16, 16), b"\x01\x80", GRAY8, b"\xfe"),
        ("sgray_16", (18, 16, 16), b"\x01\x80", GRAY8, b"\x01"),
        ("rgb_8", (1, 8, 24), b"rgb", RGB24, b"rgb"),
        ("srgb_8", (19, 8, 24), b"rgb", RGB24, b"rgb"),
        ("adobe-rgb_8", (20, 8, 24), b"rgb", RGB24, b"rgb"),
        ("rgb_16", (1, 16, 48), b"r0g0b0", RGB24, b"rgb"),
        ("srgb_16", (19, 16, 48), b"r0g0b0", RGB24, b"rgb"),
        ("adobe-rgb_16", (20, 16, 48), b"r0g0b0", RGB24, b"rgb"),
        ("cmyk_8", (6, 8, 32), b"\x01\x02\x03\0", RGB24, b"\xfe\xfd\xfc"),
        ("cmyk_8", (6, 8, 32), b"\x01\x02\xff\x10", RGB24, b"\xee\xed\x00"),
        ("cmyk_16", (6, 16, 64), b"\x01\0\x02\0\x03\0\0\0", RGB24, b"\xfe\xfd\xfc"),
    ],
)
def test_every_kind_of_pixels_becomes_one_of_ours(
    color_space: str, bits: tuple[int, int, int], pixel: bytes, space: str, expected: bytes
) -> None:
    width = 4 if bits[2] == 1 else 2
    header = GRAY._replace(width=width, color_space=bits[0], bits_per_color=bits[1], bits_per_pixel=bits[2])
    header = header._replace(bytes_per_line=(width * bits[2] + 7) // 8)
    pixels_of_a_row = 1 if bits[2] == 1 else width
    row = bytes([pixels_of_a_row - 1]) + pixel
    pages, wrong = outcome(pwg.read, document((header, b"\0" + row + b"\0\x80")))
    white = {BLACK1: b"\0", GRAY8: b"\xff\xff", RGB24: b"\xff" * 6}[space]
    assert not wrong
    assert (pages[0].raster.space, pages[0].pixels) == (space, expected * pixels_of_a_row + white), color_space


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"width": 0}, "Page 1, 0 pixels wide, cannot be printed: 1 to 65535 pixels in a row are allowed."),
        ({"width": 70_000}, "Page 1, 70000 pixels wide, cannot be printed: 1 to 65535 pixels in a row are allowed."),
        ({"height": 1 << 31}, "Page 1, 2147483648 rows high, cannot be printed: 1 to 65535 rows are allowed."),
        (
            {"width": 40_000, "height": 40_000},
            "Page 1, 40000 x 40000 pixels, cannot be printed: 1 to 500000000 pixels are allowed.",
        ),
        ({"feed_resolution": 0}, "Page 1, at 0 dots per inch, cannot be printed: 1 to 9600 dots per inch are allowed."),
        ({"bytes_per_line": 4}, "Page 1 says to have 4 bytes a row; 3 pixels of 8 bits are 3."),
        ({"color_order": 1}, "Page 1 is in colour order 1; only 0, chunky, is allowed."),
        (
            {"color_space": 48},
            "Page 1 is in colour space 48 with 8 bits a colour, 8 a pixel; allowed are black and grey with 1, 8 or 16 "
            "bits, RGB and CMYK with 8 or 16 bits a colour.",
        ),
    ],
)
def test_a_header_that_lies_is_refused_before_memory_is_taken(changes: dict[str, Any], said: str) -> None:
    tracemalloc.start()
    try:
        assert outcome(pwg.read, document((GRAY._replace(**changes), ROWS))) == ([], said)
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "coded_rows, said",
    [
        (b"\0" b"\xfeabc", "The document ends within page 1, row 2 of 2."),
        (b"\0" b"\xfeab", "The document ends within page 1, row 1 of 2."),
        (b"\0" b"\x03d", "Page 1, row 1 of 2: a run goes past the end of the row."),
        (b"\0" b"\x02d\0" b"\xfdabcd", "Page 1, row 2 of 2: a run goes past the end of the row."),
        (b"\x04" b"\x02d", "Page 1 goes on: its last row is told to stand 3 times more."),
        (ROWS + b"\0", "The document ends within the header of page 2: 1 of 1796 bytes are there."),
    ],
)  # fmt: skip
def test_rows_that_are_wrong_are_told_where(coded_rows: bytes, said: str) -> None:
    assert outcome(pwg.read, document((GRAY, coded_rows)))[1] == said


@pytest.mark.parametrize(
    "start, said",
    [
        (b"", "The document ends within its first 4 bytes: 0 of 4 bytes are there."),
        (b"RaS3", "The document is no PWG raster: that begins with RaS2."),
        (b"RaS2", "The document has no page."),
    ],
)
def test_what_is_no_pwg_raster_is_refused(start: bytes, said: str) -> None:
    assert outcome(pwg.read, start) == ([], said)


def test_a_document_may_have_so_many_pages_and_no_more() -> None:
    pages = pwg.read(Pieces(document(*[(GRAY, ROWS)] * 3)), Limits(pages=2))
    assert next(pages) and next(pages)
    with pytest.raises(WireError, match=r"^Page 3 cannot be printed: 1 to 2 pages are allowed\.$"):
        next(pages)


def test_pages_and_rows_that_are_left_are_passed_over() -> None:
    header = GRAY._replace(height=4)
    pages = list(pwg.read(Pieces(document((header, ROWS * 2), (GRAY, ROWS)), 1)))
    assert [page.raster.height for page in pages] == [4, 2]


def test_more_is_not_waited_for_while_rows_stand_again() -> None:
    header = GRAY._replace(width=60_000, bytes_per_line=60_000, height=200)
    wide = b"\xc7" + b"\x7fx" * 468 + b"\x5fx"
    source = Pieces(document((header, wide)), 128)
    bands = next(pwg.read(source)).bands
    assert sum(len(band) for band in bands) == 60_000 * 200
    assert source.asked_at_end == 0


def test_a_long_page_takes_the_memory_of_a_few_bands() -> None:
    header = GRAY._replace(width=10_000, bytes_per_line=10_000, height=20_000)
    row = b"\xff" + b"\x7fx" * 78 + b"\x0fx"
    wide = row * 78 + b"\x1f" + row[1:]
    source = Pieces(document((header, wide)))
    tracemalloc.start()
    try:
        assert sum(len(band) for page in pwg.read(source) for band in page.bands) == 200_000_000
        assert tracemalloc.get_traced_memory()[1] < FEW
    finally:
        tracemalloc.stop()


def test_bands_cannot_be_written_into() -> None:
    bands = next(pwg.read(Pieces(document((GRAY, ROWS))))).bands
    with pytest.raises(TypeError):
        next(bands)[0] = 0


@given(
    pages=st.lists(drawn(), max_size=3, min_size=1),
    sizes=st.lists(st.integers(1, 5000), min_size=1),
    band=st.integers(1, 9),
)
def test_what_is_written_is_read_again_however_it_comes(pages: list[Whole], sizes: list[int], band: int) -> None:
    given_pages = (page(raster, pixels, band) for raster, pixels in pages)
    written = b"".join(bytes(piece) for piece in pwg.encode(given_pages, Setup(), pwg.Traits()))
    read, wrong = outcome(pwg.read, written, *sizes)
    assert not wrong
    assert [one.pixels for one in read] == [one.pixels for one in pages]
    kept = [one.raster._replace(type="", quality="", size=(0, 0)) for one in read]
    assert kept == [one.raster._replace(size=(0, 0)) for one in pages]


@given(pages=st.lists(drawn(), max_size=2, min_size=1), data=st.data())
def test_broken_documents_give_pages_or_a_sentence_and_take_little_memory(
    pages: list[Whole], data: st.DataObject
) -> None:
    written = b"".join(bytes(p) for p in pwg.encode((page(*one) for one in pages), Setup(), pwg.Traits()))
    broken = bytearray(written[: data.draw(st.integers(0, len(written)))])
    for _ in range(data.draw(st.integers(0, 6))) if broken else ():
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    sizes = data.draw(st.lists(st.integers(1, 3000), min_size=1, max_size=4))
    small = Limits(pixels=1_000_000)
    tracemalloc.start()
    try:
        ways = [outcome(lambda source: pwg.read(source, small), bytes(broken), *way) for way in ((), sizes)]
        assert tracemalloc.get_traced_memory()[1] < FEW * 2  # the pages are kept here
    finally:
        tracemalloc.stop()
    assert ways[0] == ways[1]


@pytest.mark.parametrize(
    "back, sides, number, transform",
    [
        ("normal", "two-sided-long-edge", 2, (1, 1)),
        ("normal", "two-sided-short-edge", 2, (1, 1)),
        ("flipped", "two-sided-long-edge", 2, (1, -1)),
        ("flipped", "two-sided-short-edge", 2, (-1, 1)),
        ("rotated", "two-sided-long-edge", 2, (-1, -1)),
        ("rotated", "two-sided-short-edge", 2, (1, 1)),
        ("manual-tumble", "two-sided-long-edge", 2, (1, 1)),
        ("manual-tumble", "two-sided-short-edge", 2, (-1, -1)),
        ("rotated", "two-sided-long-edge", 1, (1, 1)),
        ("rotated", "one-sided", 2, (1, 1)),
    ],
)
def test_a_back_side_says_how_it_stands(back: str, sides: str, number: int, transform: tuple[int, int]) -> None:
    pages = [page(Raster(1, 1, sides=sides), b"x") for _ in range(number)]
    written = b"".join(bytes(piece) for piece in pwg.encode(pages, Setup(), pwg.Traits(back)))
    header = pwg.Header.parse(written[4 + (number - 1) * (1796 + 3) :][:1796])
    assert (header.cross_feed_transform, header.feed_transform) == transform


def test_a_page_goes_before_the_job_and_the_job_before_nothing() -> None:
    asked = Setup(copies=3, sides="two-sided-long-edge", media="iso_a4_210x297mm", source="tray-2", quality="draft")
    own = Raster(1, 1, copies=2, sides="two-sided-short-edge", media="na_letter_8.5x11in", source="manual")
    own = own._replace(quality="high")
    pages = [page(Raster(1, 1, size=(21000, 29700)), b"x"), page(own, b"x")]
    written = b"".join(bytes(piece) for piece in pwg.encode(pages, asked, pwg.Traits()))
    first, second = pwg.Header.parse(written[4:1800]), pwg.Header.parse(written[1803:3599])
    assert (first.copies, second.copies) == (3, 2)
    assert (first.duplex, first.tumble, second.duplex, second.tumble) == (1, 0, 1, 1)
    assert (first.media_position, second.media_position) == (21, 4)
    assert (first.quality, second.quality) == (3, 5)
    assert first.page_size_name.rstrip(b"\0") == b"iso_a4_210x297mm"
    assert second.page_size_name.rstrip(b"\0") == b"na_letter_8.5x11in"
    assert (first.page_width, first.page_length) == (595, 842)
    assert (second.page_width, second.page_length) == (0, 0)


def test_all_of_a_page_is_given_before_the_next_is_asked_for() -> None:
    seen = []

    def pages():
        for n in range(2):
            seen.append(n)
            yield page(Raster(1, 1), b"x")

    pieces = pwg.encode(pages(), Setup(), pwg.Traits())
    taken = b"".join(bytes(next(pieces)) for _ in range(3))
    assert taken.endswith(b"\0\0x") and seen == [0]


def test_kinds_are_those_of_the_standard() -> None:
    named = ("black_1", "sgray_1", "adobe-rgb_8", "black_8", "cmyk_8", "rgb_8", "sgray_8", "srgb_8")
    assert len(coded.KINDS) == len(named) + len(named[2:]) + 3  # and CUPS's W
    assert USUAL.pixels > 14_031 * 19_843  # A3 at 1200 dots per inch
    assert len(array("q", [0] * rows.STATE)) == rows.STATE
