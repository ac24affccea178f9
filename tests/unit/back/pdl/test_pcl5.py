"""PCL 5: pages come back from what is sent, with what was asked for each, and a job that breaks off spoils no other."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import pcl5
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Page, Raster, Setup
from feedpath.back.pdl.pcl5 import Copies, Traits, copies, encode
from feedpath.errors import WireError
from tests.fakes import pcl_reader
from tests.fakes.pcl_reader import PclPage

WHOLE = Traits(duplex=True, color=True, margins=(0, 0, 0, 0))  # prints to the edges of the paper
PLAIN = Setup()
A4, LETTER = "iso_a4_210x297mm", "na_letter_8.5x11in"


def raster(width: int, height: int, space: str = BLACK1, **more: Any) -> Raster:
    return Raster(width, height, space, (600, 600), media=A4)._replace(**more)


def bands(rows: "list[bytes]", size: int) -> "Iterator[memoryview]":
    """Yield bands in memory that is used again, as readers do."""
    buffer = bytearray(size * len(rows[0])) if rows else bytearray()
    for at in range(0, len(rows), size):
        data = b"".join(rows[at : at + size])
        buffer[: len(data)] = data
        yield memoryview(buffer)[: len(data)]


def page(rows: "list[bytes]", about: Raster, size: int = 5) -> Page:
    return Page(about, bands(rows, size))


def job(pages: "list[Page]", setup: Setup = PLAIN, traits: Traits = WHOLE) -> bytes:
    return b"".join(bytes(piece) for piece in encode(pages, setup, traits))


def printed(pages: "list[Page]", setup: Setup = PLAIN, traits: Traits = WHOLE) -> "list[PclPage]":
    read = pcl_reader.read(job(pages, setup, traits))
    assert read.loose == b""
    return read.pages


def text(width: int, height: int) -> "list[bytes]":
    """Return lines of strokes with white between, as text has them."""
    dice, stride = random.Random(width), (width + 7) // 8
    rows: "list[bytes]" = []
    while len(rows) < height:
        line = [0] * stride
        for _ in range(stride // 6):
            line[dice.randrange(stride)] = dice.choice((0x18, 0x3C, 0xFF, 0x81))
        rows += [bytes(line)] * dice.randint(1, 4) + [bytes(stride)] * dice.choice((0, 0, 9))
    return [trimmed(row, width) for row in rows[:height]]


def photo(width: int, height: int) -> "list[bytes]":
    dice, stride = random.Random(height), (width + 7) // 8
    rows = [bytes(dice.getrandbits(8) & (0x55, 0xAA)[y % 2] for _ in range(stride)) for y in range(height)]
    return [trimmed(row, width) for row in rows]


def blank(width: int, height: int) -> "list[bytes]":
    return [bytes((width + 7) // 8)] * height


def trimmed(row: bytes, width: int) -> bytes:
    spare = -width % 8
    return row[:-1] + bytes((row[-1] >> spare << spare,))


@pytest.mark.parametrize("width", [*range(1, 18), 4960])
@pytest.mark.parametrize("make", [text, photo, blank])
def test_pages_of_any_width_come_back(make, width):
    rows = make(width, 37)
    (back,) = printed([page(rows, raster(width, 37))])
    assert (back.width, back.space, back.resolution, back.rows) == (width, "black1", 600, rows)


BITS = st.sampled_from((0, 0, 0, 255, 255, 0x55, 0x18))
BITMAPS = st.integers(1, 400).flatmap(
    lambda width: st.tuples(
        st.just(width),
        st.lists(
            st.lists(BITS, min_size=(width + 7) // 8, max_size=(width + 7) // 8).map(
                lambda row: trimmed(bytes(row), width)
            ),
            min_size=1,
            max_size=12,
        ),
    )
)
COLORS = st.sampled_from((b"\xff\xff\xff", b"\0\0\0", b"\xff\0\0", b"\x12\x34\x56"))
PIXELS = st.lists(st.lists(COLORS, min_size=7, max_size=7).map(b"".join), min_size=1, max_size=12)


@given(bitmap=BITMAPS, size=st.integers(1, 13))
def test_any_bitmap_comes_back(bitmap, size):
    width, rows = bitmap
    (back,) = printed([page(rows, raster(width, len(rows)), size)])
    assert back.rows == rows


@given(rows=PIXELS, size=st.integers(1, 13))
def test_any_colours_come_back_but_for_white_at_the_end(rows, size):
    (back,) = printed([page(rows, raster(7, len(rows), RGB24), size)])
    assert (back.space, back.width) == ("rgb24", 7)
    assert back.rows + [b"\xff" * 21] * (len(rows) - len(back.rows)) == rows


def test_a_job_may_mix_colour_and_black():
    color, black = [bytes(range(30))] * 3, text(80, 9)
    both = [(black, raster(80, 9)), (color, raster(10, 3, RGB24))]
    back = printed([page(rows, about) for rows, about in both * 2])
    assert [(each.space, each.rows) for each in back] == [("black1", black), ("rgb24", color)] * 2


@pytest.mark.parametrize(
    "about, setup, expected",
    [
        ({}, {}, {"&lA": 26, "&lS": 0, "&lH": 7, "&lX": 1}),
        ({"media": ""}, {"media": LETTER}, {"&lA": 2}),
        ({"media": LETTER}, {"media": A4}, {"&lA": 2}),
        ({"media": "iso_a6_105x148mm"}, {}, {"&lA": 101}),
        ({"sides": "two-sided-short-edge"}, {"sides": "one-sided"}, {"&lS": 2}),
        ({}, {"sides": "two-sided-long-edge"}, {"&lS": 1}),
        ({"source": "manual"}, {"source": "tray-3"}, {"&lH": 2}),
        ({}, {"source": "tray-3"}, {"&lH": 5}),
        ({}, {"source": "no-such-tray"}, {"&lH": 7}),
        ({"copies": 3, "total": 1}, {"copies": 2}, {"&lX": 3}),
        ({}, {"copies": 2, "collate": False}, {"&lX": 2}),
        ({"total": 2}, {"copies": 2}, {"&lX": 1}),
    ],
)
def test_what_is_asked_is_told(about, setup, expected):
    (back,) = printed([page(text(80, 9), raster(80, 9, **about))], Setup(**setup))
    assert {key: back.settings[key] for key in expected} == expected


@pytest.mark.parametrize(
    "name, code",
    [
        ("na_executive_7.25x10.5in", 1),
        (LETTER, 2),
        ("na_legal_8.5x14in", 3),
        ("iso_a5_148x210mm", 25),
        (A4, 26),
        ("iso_b5_176x250mm", 100),
        ("iso_c5_162x229mm", 91),
        ("iso_dl_110x220mm", 90),
        ("na_number-10_4.125x9.5in", 81),
        ("na_monarch_3.875x7.5in", 80),
    ],
)
def test_a_size_has_its_code(name, code):
    assert printed([page([b"\1"], raster(8, 1, media=name))])[0].settings["&lA"] == code


def test_a_machine_without_duplexer_is_not_told_of_sides():
    asked = Setup(sides="two-sided-long-edge")
    assert "&lS" not in printed([page([b"\1"], raster(8, 1))], asked, Traits(margins=(0, 0, 0, 0)))[0].settings


def test_the_layout_is_told_again_only_when_it_changes():
    medias = (A4, A4, LETTER, A4)
    told = job([page([b"\1"], raster(8, 1, media=media)) for media in medias])
    assert told.count(b"\x1b&l1x") == 3
    assert [each.settings["&lA"] for each in pcl_reader.read(told).pages] == [26, 26, 2, 26]


@pytest.mark.parametrize(
    "media, margins, x, y, first, sent, top, height",
    [  # the logical page of A4 begins 142 dots in, that of Letter 150; black rows begin at whole bytes
        (A4, (635, 635, 423, 423), 152 - 142, 100, 152, 4808 - 152, 100, 6816),
        (LETTER, (635, 635, 423, 423), 152 - 150, 100, 152, 4808 - 152, 100, 6816),
        (A4, (1016, 0, 0, 1270), 240 - 142, 0, 240, 4960 - 240, 0, 6716),
    ],
)
def test_what_cannot_be_printed_is_left_out_and_the_rest_stays_in_place(media, margins, x, y, first, sent, top, height):
    rows = text(4960, 7016)
    (back,) = printed([page(rows, raster(4960, 7016, media=media), 300)], traits=Traits(margins=margins))
    assert (back.x, back.y, back.width, back.settings["*rT"]) == (x, y, sent, height)
    assert back.rows == [row[first // 8 : (first + sent) // 8] for row in rows[top : top + height]]


def test_the_logical_page_moves_where_more_of_the_paper_can_be_printed():
    pages = [page([b"\1"], raster(8, 1)) for _ in range(3)]
    back = printed(pages, Setup(sides="two-sided-long-edge"))
    assert [each.settings["&lU"] for each in back] == [-170.4, 170.4, -170.4]  # decipoints; the back side counts on
    assert [each.x for each in back] == [0, 0, 0]


def test_another_paper_begins_a_sheet_on_its_front():
    pages = [page([b"\1"], raster(8, 1, media=media)) for media in (A4, LETTER, LETTER)]
    back = printed(pages, Setup(sides="two-sided-long-edge"))
    assert [each.settings["&lU"] for each in back] == [-170.4, -180, 180]


def test_a_page_that_cannot_be_printed_at_all_is_a_blank_page():
    assert [each.rows for each in printed([page([b"\1"], raster(8, 1)) for _ in "12"], traits=Traits())] == [[], []]


@pytest.mark.parametrize(
    "about, setup, traits, expected",
    [
        ({}, {}, {}, Copies(1, 1, 1)),
        ({}, {"copies": 3}, {}, Copies(1, 1, 3)),
        ({}, {"copies": 3}, {"collates": True}, Copies(1, 3, 1)),
        ({}, {"copies": 3}, {"collates": True, "pjl": False}, Copies(1, 1, 3)),
        ({"total": 1}, {"copies": 3}, {}, Copies(3, 1, 1)),
        ({}, {"copies": 3, "collate": False}, {"collates": True}, Copies(3, 1, 1)),
        ({"copies": 2}, {"copies": 3}, {}, Copies(1, 1, 2)),
    ],
)
def test_who_makes_copies(about, setup, traits, expected):
    assert copies(raster(8, 1, **about), Setup(**setup), Traits(**traits)) == expected


def pjl_of(pages: "list[Page]", setup: Setup, traits: Traits = WHOLE) -> "list[str]":
    return pcl_reader.read(job(pages, setup, traits)).pjl


def test_pjl_stands_around_a_job():
    traits = WHOLE._replace(collates=True)
    lines = pjl_of([page([b"\1"], raster(8, 1))], Setup(copies=2, quality="draft", name="Job", user="ann"), traits)
    assert lines == [
        "@PJL",
        '@PJL JOB NAME="Job"',
        '@PJL SET USERNAME="ann"',
        "@PJL SET RESOLUTION=600",
        "@PJL SET ECONOMODE=ON",
        "@PJL SET QTY=2",
        "@PJL ENTER LANGUAGE=PCL",
        "@PJL",
        '@PJL EOJ NAME="Job"',
    ]


def test_a_page_of_another_resolution_or_paper_sets_pjl_anew_within_the_job():
    a6 = {"media": "iso_a6_105x148mm", "size": (10500, 14800)}
    pages = [page([b"\1"], raster(8, 1, **about)) for about in ({}, {"resolution": (300, 300)}, a6)]
    told = job(pages)
    lines = pcl_reader.read(told).pjl
    assert [line for line in lines if "=" in line] == [
        "@PJL SET RESOLUTION=600",
        "@PJL ENTER LANGUAGE=PCL",
        "@PJL SET RESOLUTION=300",
        "@PJL ENTER LANGUAGE=PCL",
        "@PJL SET RESOLUTION=600",
        "@PJL SET PAPERWIDTH=2976",
        "@PJL SET PAPERLENGTH=4195",
        "@PJL ENTER LANGUAGE=PCL",
    ]
    assert [each.resolution for each in pcl_reader.read(told).pages] == [600, 300, 600]
    assert told.count(b"\f\x1bE\x1b%-12345X@PJL\r\n@PJL SET") == 2 and told.count(b"=PCL\r\n\x1bE\x1b&l") == 3


def test_a_paper_of_unknown_size_is_as_large_as_its_pixels():
    lines = pjl_of([page([b"\1"] * 300, raster(8, 300, media=""))], Setup())
    assert "@PJL SET PAPERLENGTH=360" in lines and "@PJL SET PAPERWIDTH=10" in lines


def test_a_machine_without_pjl_hears_none():
    told = job([page([b"\1"], raster(8, 1))], traits=WHOLE._replace(pjl=False))
    assert b"PJL" not in told and told.startswith(b"\x1bE") and told.endswith(b"\f\x1bE")


def test_no_pages_are_no_job():
    assert job([]) == b""


@pytest.mark.parametrize(
    "about, says",
    [
        ({"space": GRAY8}, "gray8"),
        ({"space": RGB24}, "rgb24"),
        ({"resolution": (600, 300)}, "600 x 300"),
        ({"resolution": (1200, 1200)}, "1200 x 1200"),
        ({"width": 300_000}, "300000"),
        ({"height": 40_000}, "40000"),
    ],
)
def test_a_page_that_the_machine_does_not_take_is_refused_with_a_sentence(about, says):
    with pytest.raises(WireError, match=says):
        job([page([], raster(8, 8)._replace(**about))], traits=Traits())


@given(
    width=st.integers(0, 300),
    height=st.integers(0, 30),
    space=st.sampled_from((BLACK1, RGB24, GRAY8)),
    dpi=st.sampled_from((0, 75, 300, 600)),
    margins=st.tuples(*[st.integers(0, 600)] * 4),
    media=st.sampled_from((A4, LETTER, "", "custom")),
)
def test_any_page_with_any_margins_is_one_page_or_refused(width, height, space, dpi, margins, media):
    about = Raster(width, height, space, (dpi, dpi), media=media)
    traits = Traits(color=True, margins=margins)
    try:
        (back,) = printed([page([bytes(about.stride)] * height if about.stride else [], about)], traits=traits)
    except WireError:
        assert dpi not in traits.resolutions or space == GRAY8
        return
    left = -(-margins[0] * dpi // 2540)
    assert back.width <= max(width - left, 0) and len(back.rows) <= height
    assert not any(map(any, back.rows))


def test_a_page_is_told_to_its_end_before_the_next_is_asked_for():
    asked: "list[int]" = []

    def pages() -> "Iterator[Page]":
        for number in range(3):
            asked.append(number)
            yield page([b"\1"] * 20, raster(8, 20))

    ends = [len(asked) for piece in encode(pages(), Setup(), WHOLE) if bytes(piece).endswith(b"\f")]
    assert ends == [1, 2, 3]


def test_memory_is_flat_however_long_a_page_is():
    band = photo(4960, 40)
    pieces = [len(piece) for piece in encode([page(band * 50, raster(4960, 2000), 40)], Setup(), WHOLE)]
    assert max(pieces) <= 41 * (620 + 16) + 5 * 2000


@pytest.mark.parametrize("color", [False, True])
def test_a_job_that_breaks_off_anywhere_spoils_no_other(color):
    traits = WHOLE._replace(color=color)
    rows = [bytes(range(90)), b"\1" * 90, b"\2" * 90] if color else text(720, 12)
    about = raster(30, 3, RGB24) if color else raster(720, 12)
    whole = job([page(rows, about)], Setup(name="broken"), traits)
    after = job([page(text(80, 9), raster(80, 9))], Setup(name="next"), traits)
    for cut in range(len(whole)):
        read = pcl_reader.read(whole[:cut] + pcl5.abort(traits, about.width) + after, forgiving=True)
        assert read.pages[-1].rows == text(80, 9)
        assert read.pjl[-2:] == ["@PJL", '@PJL EOJ NAME="next"']


def test_a_machine_without_pjl_is_reset_after_zeros():
    assert pcl5.abort(Traits(pjl=False), 80) == bytes(14) + b"\x1bE"
    assert pcl5.abort(Traits(pjl=False)) == bytes(32767) + b"\x1bE"


def test_a_small_page_byte_by_byte():
    rows = [b"\0\0\0", b"\xff\xff\xf0", b"\xff\xff\xf0", b"\xff\x00\xf0", b"\0\0\0"]
    setup = Setup(name="One", sides="two-sided-short-edge", source="tray-1")
    assert job([page(rows, raster(20, 5, media=LETTER, total=1))], setup) == b"".join(
        [
            b"\x1b%-12345X",  # UEL
            b"@PJL\r\n",
            b'@PJL JOB NAME="One"\r\n',
            b"@PJL SET RESOLUTION=600\r\n",
            b"@PJL ENTER LANGUAGE=PCL\r\n",
            b"\x1bE",  # reset
            b"\x1b&l",
            b"1x",  # copies
            b"2s",  # sides
            b"4h",  # source
            b"2a",  # size
            b"0o",  # portrait
            b"0e",  # no top margin
            b"0L",  # nothing is skipped at the perforation
            b"\x1b&l-180.00U",  # the logical page begins at the paper's edge
            b"\x1b&u600D",  # units
            b"\x1b*p0x0Y",  # cursor
            b"\x1b*t600R",  # resolution
            b"\x1b*r1U",  # black palette
            b"\x1b*r",
            b"0f",  # rows go across the page
            b"20s",  # width
            b"5t",  # height
            b"1A",  # start at the cursor
            b"\x1b*b1Y",  # a blank row
            b"\x1b*b0m3W\xff\xff\xf0",  # a row as it is
            b"\x1b*b3m0W",  # the same again
            b"\x1b*b2W\x01\x00",  # one byte, one byte in
            b"\x1b*rC",  # end of raster
            b"\f",
            b"\x1bE",
            b"\x1b%-12345X",
            b"@PJL\r\n",
            b'@PJL EOJ NAME="One"\r\n',
            b"\x1b%-12345X",
        ]
    )
