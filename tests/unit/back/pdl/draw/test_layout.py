"""Pages go where print-scaling, orientation and number-up say, whatever their sizes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.draw import layout
from feedpath.back.pdl.draw.layout import DIRECTIONS, GRIDS, SCALINGS, Margins, Placed, Shape, View

A4, A5, A3 = (21000, 29700), (14800, 21000), (29700, 42000)
EDGES = Margins(400, 500, 600, 700)
HUNDRED = (100, 100)

SIDES = st.integers(1000, 120_000)
SHAPES = st.builds(Shape, SIDES, SIDES, st.booleans())
VIEWS = st.builds(
    View,
    resolution=st.sampled_from([(72, 72), (100, 100), (600, 300)]),
    size=st.tuples(st.integers(5000, 50_000), st.integers(5000, 50_000)),
    margins=st.builds(Margins, *[st.integers(0, 1500)] * 4),
    scaling=st.sampled_from(SCALINGS),
    orientation=st.sampled_from([*layout.TURNS, "auto"]),
    number_up=st.sampled_from(list(GRIDS)),
    direction=st.sampled_from(DIRECTIONS),
)


def place(shape: Shape, **wanted: object) -> Placed:
    return layout.placed([shape], View(resolution=HUNDRED)._replace(**wanted))[0]  # type: ignore[arg-type]


def centre(placed: Placed) -> "tuple[float, float]":
    return placed.left + placed.width / 2, placed.top + placed.height / 2


@given(SHAPES, VIEWS)
def test_a_page_keeps_its_proportions(shape: Shape, view: View) -> None:
    for placed in layout.placed([shape] * view.number_up, view):
        width, height = (placed.height, placed.width) if placed.turn % 2 else (placed.width, placed.height)
        across, along = view.resolution[::-1] if placed.turn % 2 else view.resolution
        scales = width / across / shape.width, height / along / shape.height
        slack = 1.5 / across / shape.width + 1.5 / along / shape.height
        assert abs(scales[0] - scales[1]) <= slack


@given(SHAPES, VIEWS)
def test_a_page_is_seen_on_the_sheet_only(shape: Shape, view: View) -> None:
    width, height = view.pixels
    for placed in layout.placed([shape] * view.number_up, view):
        left, top, right, bottom = placed.clip
        assert 0 <= left <= right <= width and 0 <= top <= bottom <= height


@given(SHAPES, VIEWS)
def test_what_fits_lies_within_the_margins_and_touches_two_of_them(shape: Shape, view: View) -> None:
    view = view._replace(scaling="fit", number_up=1)
    (placed,) = layout.placed([shape], view)
    area, (across, along) = layout.printable(view), view.resolution
    left, right = (area.left * across / 2540, (area.left + area.width) * across / 2540)
    top, bottom = (area.top * along / 2540, (area.top + area.height) * along / 2540)
    gaps = placed.left - left, placed.top - top, right - placed.left - placed.width, bottom - placed.top - placed.height
    assert all(gap >= -2 for gap in gaps)
    assert max(abs(gaps[0]), abs(gaps[2])) <= 2 or max(abs(gaps[1]), abs(gaps[3])) <= 2


@given(SHAPES, VIEWS)
def test_what_fills_leaves_nothing_of_the_sheet_white(shape: Shape, view: View) -> None:
    view = view._replace(scaling="fill", number_up=1)
    (placed,) = layout.placed([shape], view)
    width, height = view.pixels
    assert placed.left <= 0 and placed.top <= 0
    assert placed.left + placed.width >= width and placed.top + placed.height >= height


@given(SHAPES, VIEWS)
def test_what_is_not_scaled_keeps_its_size_in_the_middle(shape: Shape, view: View) -> None:
    view = view._replace(scaling="none", number_up=1, resolution=HUNDRED)
    (placed,) = layout.placed([shape], view)
    width, height = (placed.height, placed.width) if placed.turn % 2 else (placed.width, placed.height)
    assert abs(width - shape.width * 100 / 2540) <= 1 and abs(height - shape.height * 100 / 2540) <= 1
    assert all(abs(at - side / 2) <= 1 for at, side in zip(centre(placed), view.pixels))


@given(SHAPES, VIEWS)
def test_pages_that_share_a_sheet_share_no_pixel(shape: Shape, view: View) -> None:
    clips = [placed.clip for placed in layout.placed([shape] * view.number_up, view)]
    for one, other in itertools.combinations(clips, 2):
        apart = one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
        assert apart
    assert len(set(clips)) == view.number_up


@pytest.mark.parametrize(
    "scaling, size, margins, fidelity, like",
    [  # PWG 5100.16, print-scaling
        ("auto", A4, EDGES, False, "none"),
        ("auto", A5, EDGES, False, "none"),
        ("auto", A3, EDGES, False, "fit"),
        ("auto", A3, Margins(), False, "fill"),
        ("auto", A5, EDGES, True, "fit"),
        ("auto", A5, Margins(), True, "fill"),
        ("auto", (21040, 29740), EDGES, False, "none"),
        ("auto-fit", A4, EDGES, False, "none"),
        ("auto-fit", A3, Margins(), False, "fit"),
        ("auto-fit", A5, Margins(), True, "fit"),
    ],
)
def test_automatic_scaling_scales_what_is_larger_than_the_sheet(scaling, size, margins, fidelity, like) -> None:
    view = {"size": A4, "margins": margins, "fidelity": fidelity}
    assert place(Shape(*size), scaling=scaling, **view) == place(Shape(*size), scaling=like, **view)


@pytest.mark.parametrize("margins, like", [(EDGES, "fit"), (Margins(), "fill")])
def test_a_picture_that_has_no_size_is_scaled(margins: Margins, like: str) -> None:
    picture = Shape(100, 150, False)
    assert place(picture, margins=margins) == place(picture, scaling=like, margins=margins)


@pytest.mark.parametrize(
    "size, sheet, orientation, turn",
    [
        (A4, A4, "auto", 0),
        (A4[::-1], A4, "auto", 1),
        (A4, A4[::-1], "auto", 1),
        (A4[::-1], A4[::-1], "auto", 0),
        (A4[::-1], A4, "portrait", 0),
        (A4, A4, "landscape", 1),
        (A4, A4, "reverse-portrait", 2),
        (A4, A4, "reverse-landscape", 3),
    ],
)
def test_a_page_is_turned_as_asked_or_to_the_sheets_longer_side(size, sheet, orientation, turn) -> None:
    assert place(Shape(*size), size=sheet, orientation=orientation).turn == turn


@pytest.mark.parametrize(
    "number, size, orientation, turn",
    [
        (2, A4, "auto", 1),
        (2, A4[::-1], "auto", 0),
        (4, A4, "auto", 0),
        (4, A4[::-1], "auto", 1),
        (6, A4, "auto", 1),
        (9, A4, "auto", 0),
        (16, A4, "auto", 0),
        (2, A4, "portrait", 1),
        (2, A4[::-1], "landscape", 0),
        (4, A4[::-1], "landscape", 1),
        (2, A4, "reverse-portrait", 3),
    ],
)
def test_two_and_six_pages_lie_where_one_stands(number, size, orientation, turn) -> None:
    placed = place(Shape(*size), size=A4, number_up=number, orientation=orientation)
    assert placed.turn == turn
    assert placed.width * placed.height > 0.7 * (210 / 25.4 * 100) * (297 / 25.4 * 100) / number


def test_a_lying_page_among_standing_ones_is_turned_in_its_place() -> None:
    shapes = [Shape(*A4), Shape(*A4[::-1]), Shape(*A4), Shape(*A4)]
    assert [placed.turn for placed in layout.placed(shapes, View(number_up=4))] == [0, 1, 0, 0]


@pytest.mark.parametrize(
    "direction, cells",
    [  # where four pages go: column, row
        ("toright-tobottom", "00 10 01 11"),
        ("tobottom-toright", "00 01 10 11"),
        ("toleft-tobottom", "10 00 11 01"),
        ("tobottom-toleft", "10 11 00 01"),
        ("toright-totop", "01 11 00 10"),
        ("totop-toright", "01 00 11 10"),
        ("toleft-totop", "11 01 10 00"),
        ("totop-toleft", "11 10 01 00"),
    ],
)
def test_pages_follow_one_another_as_the_direction_says(direction: str, cells: str) -> None:
    view = View(number_up=4, direction=direction)
    width, height = view.pixels
    middles = [centre(placed) for placed in layout.placed([Shape(*A4)] * 4, view)]
    assert " ".join(f"{int(x > width / 2)}{int(y > height / 2)}" for x, y in middles) == cells


def test_two_pages_are_read_from_left_to_right_when_the_sheet_is_turned() -> None:
    first, second = layout.placed([Shape(*A4)] * 2, View(number_up=2))
    assert (first.turn, second.turn) == (1, 1)  # counter-clockwise: what was left is below
    assert first.top > second.top and first.left == second.left


def test_every_direction_of_the_standard_is_known() -> None:
    assert len(DIRECTIONS) == 8


@pytest.mark.parametrize(
    "ranges, pages",
    [
        ((), [1, 2, 3, 4, 5]),
        (((2, 3),), [2, 3]),
        (((1, 1), (4, 99)), [1, 4, 5]),
        (((6, 9),), []),
        (((0, 1),), [1]),
    ],
)
def test_page_ranges_leave_the_pages_that_are_there(ranges, pages) -> None:
    assert [at + 1 for span in layout.chosen(5, ranges) for at in span] == pages
    assert [number for number in range(1, 6) if layout.is_chosen(number, ranges)] == pages


@pytest.mark.parametrize(
    "orientation, size, margins",
    [
        ("auto", A4, (400, 500, 600, 700)),
        ("portrait", A4, (400, 500, 600, 700)),
        ("landscape", A4[::-1], (700, 400, 500, 600)),
        ("reverse-portrait", A4, (600, 700, 400, 500)),
        ("reverse-landscape", A4[::-1], (500, 600, 700, 400)),
    ],
)
def test_a_page_that_is_written_has_the_margins_of_the_sheet_it_is_turned_on(orientation, size, margins) -> None:
    assert layout.written_size(View(size=A4, margins=EDGES, orientation=orientation)) == (size, margins)


def test_margins_that_leave_no_paper_do_not_count() -> None:
    assert layout.printable(View(size=A4, margins=Margins(10_000, 0, 10_000, 0))) == (0, 0, *A4)


ROLL = View(resolution=(203, 203), size=(7207, 200_000), roll=True)


@pytest.mark.parametrize(
    "shape, wanted, length, printed",
    [
        (Shape(7200, 30_000), {}, 30_000, (0, 575)),  # longer than any sheet
        (Shape(7200, 5), {}, layout.LEAST_LENGTH, (0, 575)),
        (Shape(5800, 10_000), {}, 10_000, (56, 520)),  # as large as it is, in the middle
        (Shape(5800, 10_000), {"scaling": "fit"}, 12_426, (0, 576)),
        (Shape(21_000, 29_700), {}, 10_193, (0, 576)),
        (Shape(29_700, 21_000), {}, 5096, (0, 576)),
        (Shape(29_700, 21_000), {"orientation": "landscape"}, 10_193, (0, 576)),
        (Shape(300, 300, sized=False), {}, 7207, (0, 576)),
        (Shape(8000, 10_000), {"scaling": "none"}, 10_000, (-32, 608)),
    ],
)
def test_a_page_makes_paper_from_a_roll_as_long_as_itself(shape, wanted, length, printed):
    view = layout.rolled(shape, ROLL._replace(**wanted))
    (placed,) = layout.placed([shape], view)
    assert view.size == (7207, length) and view.pixels[0] == 576
    assert [placed.left, placed.left + placed.width] == pytest.approx(printed, abs=1)
    assert placed.top == pytest.approx(0, abs=1) or shape.height < layout.LEAST_LENGTH


@given(SHAPES, VIEWS)
def test_a_page_on_a_roll_is_whole_unless_its_size_is_to_stay(shape, view):
    made = layout.rolled(shape, view._replace(number_up=1, roll=True))
    (placed,) = layout.placed([shape], made)
    width, height = made.pixels
    if view.scaling != "none":
        assert placed.left >= -1 and placed.left + placed.width <= width + 1
        assert placed.top >= -1 and placed.top + placed.height <= height + 1
