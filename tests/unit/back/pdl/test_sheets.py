"""Sheets: which pages come, how often, in which order, and how their backs are turned."""

import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.page import BAND_BYTES, BLACK1, GRAY8, RGB24, Page, Raster, Setup
from feedpath.back.pdl.sheets import (
    BACKS,
    TWO_SIDED,
    Held,
    Plan,
    backs,
    marked,
    padded,
    plan,
    ranged,
    repeated,
    taken,
    told,
    turned,
)
from feedpath.errors import WireError

LONG, SHORT = TWO_SIDED
WHITE = b"\xff" * 6
ONE, TWO = Raster(3, 2, sides="one-sided", total=9), Raster(3, 2, sides=LONG, total=9)


class Reading:
    """Pages that are the numbers 1 to count in all their pixels; notes how many were begun, and that each was ended."""

    def __init__(self, count: int, raster: Raster = ONE):
        self._count = count
        self._raster = raster
        self.begun = 0

    def __iter__(self):
        for number in range(1, self._count + 1):
            self.begun = number
            bands = iter([memoryview(bytes([number] * self._raster.stride))] * self._raster.height)
            yield Page(self._raster, bands)
            assert next(bands, None) is None, f"page {number} was left before its end"


def whole(page: Page) -> bytes:
    data = b"".join([bytes(band) for band in page.bands])
    assert len(data) == page.raster.stride * page.raster.height
    return data


def numbers(pages) -> "list[int]":
    """Return the pages' numbers; 0 for a blank one."""
    return [0 if page == WHITE else page[0] for page in map(whole, pages)]


RANGES = [
    ([], [1, 2, 3, 4, 5], 5),
    ([(1, 1)], [1], 1),
    ([(2, 3)], [2, 3], 3),
    ([(1, 2), (4, 4)], [1, 2, 4], 4),
    ([(3, 99)], [3, 4, 5], 5),
    ([(7, 8)], [], 5),
]


@pytest.mark.parametrize("ranges, expected, read", RANGES)
def test_pages_within_the_ranges_come_and_reading_stops_behind_them(ranges, expected, read):
    document = Reading(5)
    pages = ranged(document, ranges)
    assert numbers(pages) == expected
    assert document.begun == read


@pytest.mark.parametrize("ranges", [[(0, 1)], [(3, 2)], [(1, 2), (2, 3)], [(4, 5), (1, 2)]])
def test_ranges_that_are_none_are_refused(ranges):
    with pytest.raises(WireError, match="ranges begin at 1, rise and do not overlap"):
        list(ranged(Reading(5), ranges))


def test_a_total_is_not_told_where_pages_are_left_out():
    totals = []
    for page in ranged(Reading(3), [(2, 3)]):
        totals.append(page.raster.total)
        taken(page)
    assert totals == [0, 0]


PLANS = [  # copies, collated: the machine copies, and collates -> reads, sheets, copies
    (3, True, True, True, Plan(1, 1, 3)),
    (3, True, True, False, Plan(3, 1, 1)),
    (3, True, False, False, Plan(3, 1, 1)),
    (3, False, True, False, Plan(1, 1, 3)),
    (3, False, True, True, Plan(1, 1, 3)),
    (3, False, False, False, Plan(1, 3, 1)),
    (1, True, False, False, Plan(1, 1, 1)),
]


@pytest.mark.parametrize("copies, collate, machine_copies, machine_collates, expected", PLANS)
def test_copies_are_made_where_they_can_be(copies, collate, machine_copies, machine_collates, expected):
    made = plan(Setup(copies=copies, collate=collate), machine_copies, machine_collates)
    assert made == expected
    assert made.reads * made.sheets * made.copies == copies


def test_pages_say_what_the_job_says_where_they_do_not():
    setup = Setup(sides=SHORT, media="na_letter_8.5x11in", source="tray-2", type="labels", quality="high")
    pages = [Page(Raster(1, 1), iter(())), Page(Raster(1, 1, sides=LONG, media="iso_a4_210x297mm", copies=7), iter(()))]
    first, second = (page.raster for page in told(pages, setup, copies=2))
    assert (first.sides, first.media, first.source) == (SHORT, "na_letter_8.5x11in", "tray-2")
    assert (first.type, first.quality, first.copies) == ("labels", "high", 2)
    assert (second.sides, second.media, second.copies) == (LONG, "iso_a4_210x297mm", 2)


def rows(raster: Raster, *bands: bytes) -> Page:
    return Page(raster, iter([memoryview(band) for band in bands]))


BLANKS = [
    (ONE, (WHITE,), False),
    (ONE, (WHITE[:3], WHITE[:3]), False),
    (ONE, (b"\xff\xff\xfe", WHITE[:3]), True),
    (ONE, (WHITE[:3], b"\xff\xff\xfe"), True),
    (ONE._replace(space=BLACK1), (b"\0\0",), False),
    (ONE._replace(space=BLACK1), (b"\0", b"\x20"), True),
    (ONE._replace(space=RGB24), (b"\xff" * 9, b"\xff" * 8 + b"\0"), True),
    (ONE, (), False),
]


@pytest.mark.parametrize("raster, bands, comes", BLANKS)
def test_blank_pages_are_left_out_and_others_come_whole(raster, bands, comes):
    assert [whole(page) for page in marked([rows(raster, *bands)])] == ([b"".join(bands)] if comes else [])


SIDES_MARKED = [  # each page's sides and whether it is marked; which of them come, - for a white one
    (((TWO, "#"), (TWO, " "), (TWO, "#"), (TWO, "#")), "#-##"),
    (((TWO, " "), (TWO, "#"), (TWO, "#")), "-##"),
    (((TWO, "#"), (TWO, "#"), (TWO, " "), (TWO, " "), (TWO, "#")), "###"),
    (((TWO, " "), (ONE, "#"), (ONE, " "), (TWO, "#"), (TWO, " ")), "##-"),
    (((TWO, "#"), (TWO, "#"), (TWO, " ")), "##"),
    (((ONE, " "), (TWO, " "), (TWO, " ")), ""),
]


@pytest.mark.parametrize("given, comes", SIDES_MARKED)
def test_a_two_sided_sheet_comes_whole_or_not_at_all(given, comes):
    pages = [rows(raster, b"\1" * 6 if mark == "#" else WHITE) for raster, mark in given]
    made = [(page.raster.total, whole(page)) for page in marked(iter(pages))]
    assert "".join("-" if pixels == WHITE else "#" for _, pixels in made) == comes
    assert {total for total, _ in made} <= {0}


def test_white_rows_before_a_mark_are_counted_not_kept():
    raster = Raster(5000, 100_000)
    band = memoryview(b"\xff" * (50 * 5000))
    pages = marked([Page(raster, itertools.chain(itertools.repeat(band, 1999), [memoryview(bytes(50 * 5000))]))])
    tracemalloc.start()
    assert sum(len(band) for page in pages for band in page.bands) == 5000 * 100_000
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4 * BAND_BYTES


def test_a_reader_sees_that_a_blank_page_was_taken():
    document = Reading(3)
    assert numbers(marked(document)) == [1, 2, 3]
    assert document.begun == 3


PADS = [
    ([ONE, ONE, ONE], [1, 1, 1]),
    ([TWO, TWO], [1, 1]),
    ([TWO], [1, 0]),
    ([TWO, TWO, TWO], [1, 1, 1, 0]),
    ([TWO, ONE, TWO, TWO], [1, 0, 1, 1, 1]),
    ([], []),
]


@pytest.mark.parametrize("rasters, expected", PADS)
def test_a_lone_front_gets_a_blank_back(rasters, expected):
    pages = (rows(raster, b"\1" * 6) for raster in rasters)
    made = list(padded(pages))
    assert numbers(made) == expected
    assert {page.raster.total for page in made} <= {0}


COPIES = [
    (ONE, 3, 1, [1, 2, 3]),
    (ONE, 3, 2, [1, 1, 2, 2, 3, 3]),
    (TWO, 4, 2, [1, 2, 1, 2, 3, 4, 3, 4]),
    (TWO, 3, 2, [1, 2, 1, 2, 3, 0, 3, 0]),
    (TWO, 1, 3, [1, 0, 1, 0, 1, 0]),
    (TWO, 0, 3, []),
]


@pytest.mark.parametrize("raster, count, times, expected", COPIES)
def test_uncollated_copies_come_sheet_by_sheet(raster, count, times, expected):
    assert numbers(repeated(Reading(count, raster), times)) == expected


def test_copies_of_one_sided_and_two_sided_pages_do_not_share_a_sheet():
    pages = [rows(TWO, b"\1" * 6), rows(ONE, b"\2" * 6), rows(TWO, b"\3" * 6), rows(TWO, b"\4" * 6)]
    assert numbers(repeated(pages, 2)) == [1, 0, 1, 0, 2, 2, 3, 4, 3, 4]


GRID = b"\1\2\3\4\5\6"
TURNS = {(1, 1): GRID, (-1, 1): b"\3\2\1\6\5\4", (1, -1): b"\4\5\6\1\2\3", (-1, -1): b"\6\5\4\3\2\1"}


@pytest.mark.parametrize("sheet_back, sides", BACKS)
@pytest.mark.parametrize("together", [False, True])
def test_only_backs_are_turned_and_as_the_machine_says(sheet_back, sides, together):
    raster = Raster(3, 2, sides=sides)
    bands = (GRID,) if together else (GRID[:3], GRID[3:])
    made = [whole(page) for page in turned((rows(raster, *bands) for _ in range(4)), sheet_back)]
    assert made == [GRID, TURNS[BACKS[sheet_back, sides]]] * 2


def test_backs_are_turned_as_pwg_raster_says():
    assert {words: turn for words, turn in BACKS.items() if turn != (1, 1)} == {
        ("flipped", LONG): (1, -1),
        ("flipped", SHORT): (-1, 1),
        ("rotated", LONG): (-1, -1),
        ("manual-tumble", SHORT): (-1, -1),
    }


def test_a_one_sided_page_begins_a_sheet():
    pages = [rows(raster, GRID) for raster in (TWO, ONE, ONE, TWO, TWO)]
    assert [whole(page) for page in turned(pages, "rotated")] == [GRID] * 4 + [GRID[::-1]]


@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([GRAY8, RGB24, BLACK1]), st.integers(1, 5), st.data())
def test_rotating_twice_gives_the_page_again(width, height, space, step, data):
    raster = Raster(width, height, space, sides=LONG)
    mask = b"\xff" * (raster.stride - 1) + bytes([0xFF << -width % 8 & 0xFF if space == BLACK1 else 0xFF])
    drawn = data.draw(st.binary(min_size=raster.stride * height, max_size=raster.stride * height))
    pixels = bytes(a & b for a, b in zip(drawn, mask * height, strict=True))

    def rotated(page: Page) -> Page:
        front = rows(raster, pixels)
        pages = turned([front, page], "rotated")
        taken(next(pages))
        return next(pages)

    cut = [pixels[at : at + step * raster.stride] for at in range(0, len(pixels), step * raster.stride)]
    assert whole(rotated(rotated(rows(raster, *cut)))) == pixels


def test_an_unknown_sheet_back_is_refused():
    with pytest.raises(WireError, match="no sheet back upside; allowed are normal, flipped, rotated, manual-tumble"):
        list(turned([], "upside"))


def test_a_page_that_takes_too_much_to_be_held_is_refused_while_it_comes():
    came = []

    def bands():
        for number in range(100):
            came.append(number)
            yield memoryview(bytes((number * 7 + at * at * 31) % 251 for at in range(1000)))

    with pytest.raises(WireError, match="A page of 1000 x 100 pixels takes more than the 3000 bytes"):
        Held(Page(Raster(1000, 100), bands()), 3000)
    assert len(came) < 100


def test_a_held_page_comes_as_often_as_it_is_asked():
    held = Held(rows(ONE, GRID[:3], GRID[3:]))
    assert [whole(held.page()) for _ in range(3)] == [GRID] * 3
    assert [bytes(band) for band in held.bands(backward=True)] == [GRID[3:], GRID[:3]]


def test_a_back_is_the_second_page_of_a_two_sided_sheet():
    sides = [ONE, TWO, TWO, TWO, ONE, TWO, TWO]
    pages = (rows(raster, WHITE) for raster in sides)
    assert [back for _, back in backs(pages)] == [False, False, True, False, False, False, True]
