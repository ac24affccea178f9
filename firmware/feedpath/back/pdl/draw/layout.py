"""Where pages of a document go on sheets: scaling (PWG 5100.16, print-scaling), orientation, number-up (PWG 5100.3).

Lengths are hundredths of a millimetre until the very end, when `placed` rounds them to pixels. A turn counts quarters,
counter-clockwise, as RFC 8011, 5.2.10 does for orientation-requested.
"""

from typing import NamedTuple

from feedpath.back.pdl.page import GRAY8, MM_100_PER_INCH

SAME = 50  # 0.5 mm: sizes that differ by less are the same; PDF writers round A4 to whole points
LEAST_LENGTH = 100  # of a sheet from a roll: 1 mm
TURNS = {"portrait": 0, "landscape": 1, "reverse-portrait": 2, "reverse-landscape": 3}
AUTO = "auto"
SCALINGS = ("auto", "auto-fit", "fill", "fit", "none")
GRIDS = {  # number-up: columns and rows, on a sheet that is as upright as the pages are, or lies where they stand
    1: (1, 1, False),
    2: (2, 1, True),
    4: (2, 2, False),
    6: (3, 2, True),
    9: (3, 3, False),
    16: (4, 4, False),
}
DIRECTIONS = tuple(  # presentation-direction-number-up
    f"{first}-{then}"
    for one, other in ((("toright", "toleft"), ("tobottom", "totop")), (("tobottom", "totop"), ("toright", "toleft")))
    for first in one
    for then in other
)


class Margins(NamedTuple):
    """What stays white at the sheet's edges."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


class View(NamedTuple):
    """What sheets are wanted.

    space: GRAY8 or RGB24. size: of the sheet, and margins, in hundredths of a millimetre. scaling, orientation,
    direction: IPP's keywords, `orientation` also AUTO: a page that lies is turned where the sheet stands. ranges:
    first and last page of each range, none for all. fidelity: ipp-attribute-fidelity, by which `auto` scales smaller
    pages up. media: the sheet's name. framed: whether each page has a thin frame on a sheet with several. roll: whether
    a page that is alone on its sheet makes that as long as itself; see rolled.
    """

    resolution: "tuple[int, int]" = (600, 600)
    space: str = GRAY8
    size: "tuple[int, int]" = (21000, 29700)
    margins: Margins = Margins()
    scaling: str = AUTO
    orientation: str = AUTO
    number_up: int = 1
    direction: str = "toright-tobottom"
    framed: bool = False
    ranges: "tuple[tuple[int, int], ...]" = ()
    password: str = ""
    fidelity: bool = False
    media: str = ""
    roll: bool = False

    @property
    def pixels(self) -> "tuple[int, int]":
        """Return width and height of the sheet."""
        return _pixels(self.size[0], self.resolution[0]), _pixels(self.size[1], self.resolution[1])


class Box(NamedTuple):
    """A rectangle; y grows downwards."""

    left: float
    top: float
    width: float
    height: float


class Shape(NamedTuple):
    """What counts of a page here: its size, and whether that is known, or only its proportions, as pictures' are."""

    width: float
    height: float
    sized: bool = True

    @property
    def lies(self) -> bool:
        """Return whether it is wider than high."""
        return self.width > self.height


class Placed(NamedTuple):
    """Where a page goes, in pixels: its own rectangle, which may exceed the sheet, and the one it may be seen in."""

    left: int
    top: int
    width: int
    height: int
    turn: int
    clip: "tuple[int, int, int, int]"  # left, top, right, bottom


def placed(shapes: "list[Shape]", view: View) -> "list[Placed]":
    """Return the places of the pages that share a sheet, in their order; there are at most `view.number_up`."""
    if view.number_up == 1:
        return [_alone(shape, view) for shape in shapes]
    turn = sheet_turn(shapes[0], view)
    return [_in_cell(shape, _cell(index, turn, view), turn, view) for index, shape in enumerate(shapes)]


def rolled(shape: Shape, view: View) -> View:
    """Return the view of a page on paper from a roll: as long as the page becomes, which is no wider than the roll.

    What lies is not turned: a receipt reads across its roll.
    """
    orientation = "portrait" if view.orientation == AUTO else view.orientation
    across, along, sized = _turned(shape, TURNS[orientation])
    width = view.size[0]
    fits = view.scaling in (AUTO, "auto-fit") and sized and across <= width + SAME and not view.fidelity
    scale = 1 if fits or view.scaling == "none" else width / across
    size = (width, max(round(along * scale), LEAST_LENGTH))
    return view._replace(size=size, margins=Margins(), scaling="none" if scale == 1 else "fit", orientation=orientation)


def sheet_turn(shape: Shape, view: View) -> int:
    """Return how many quarters a sheet that begins with such a page is turned."""
    apart = int(GRIDS[view.number_up][2])
    if view.orientation != AUTO:
        return TURNS[view.orientation] ^ apart  # two lying pages share a standing sheet as they are
    return int((view.size[0] > view.size[1]) != (shape.lies != bool(apart)))


def written_size(view: View) -> "tuple[tuple[int, int], Margins]":
    """Return size and margins of a page that is written for this sheet, as plain text is, and reads upright."""
    turn = 0 if view.orientation == AUTO else TURNS[view.orientation]
    edges = view.margins  # turning the page by a quarter brings the sheet's left edge to its top
    round_about = (edges.left, edges.top, edges.right, edges.bottom)
    margins = Margins(*(round_about[(index - turn) % 4] for index in range(4)))
    return (view.size[::-1] if turn % 2 else view.size), margins


def chosen(count: int, ranges: "tuple[tuple[int, int], ...]") -> "list[range]":
    """Return the indices of the pages that page-ranges leave of `count`, as ranges in rising order."""
    if not ranges:
        return [range(count)]
    return [range(max(0, first - 1), min(count, last)) for first, last in ranges]


def is_chosen(number: int, ranges: "tuple[tuple[int, int], ...]") -> bool:
    """Return whether page-ranges leave the page of this number, which counts from 1."""
    return not ranges or any(first <= number <= last for first, last in ranges)


def _alone(shape: Shape, view: View) -> Placed:
    turn = sheet_turn(shape, view)
    sheet = Box(0, 0, *view.size)
    within, scale = _scaled(_turned(shape, turn), sheet, printable(view), view)
    return _rounded(_centred(_turned(shape, turn), scale, within), turn, sheet, view)


def _in_cell(shape: Shape, cell: Box, turn: int, view: View) -> Placed:
    """Place a page in its cell; where orientation is automatic, it is turned further when it fits better so."""
    if view.orientation == AUTO and _turned(shape, turn).lies != (cell.width > cell.height):
        turn = (turn + 1) % 4
    size = _turned(shape, turn)
    ways = cell.width / size.width, cell.height / size.height
    return _rounded(_centred(size, max(ways) if view.scaling == "fill" else min(ways), cell), turn, cell, view)


def _scaled(size: Shape, sheet: Box, area: Box, view: View) -> "tuple[Box, float]":
    """Return what to centre a page in, and how many times larger than it is it becomes (PWG 5100.16, print-scaling)."""
    larger = size.width > sheet.width + SAME or size.height > sheet.height + SAME
    method = view.scaling
    if method == "auto":
        borderless = "fill" if not any(view.margins) else "fit"
        method = borderless if larger or view.fidelity or not size.sized else "none"
    elif method == "auto-fit":
        method = "fit" if larger or view.fidelity or not size.sized else "none"
    if method == "none":
        return sheet, 1
    if method == "fill":
        return sheet, max(sheet.width / size.width, sheet.height / size.height)
    return area, min(area.width / size.width, area.height / size.height)


def printable(view: View) -> Box:
    """Return the sheet without its margins; margins that leave less than a tenth of it do not count."""
    (width, height), edges = view.size, view.margins
    box = Box(edges.left, edges.top, width - edges.left - edges.right, height - edges.top - edges.bottom)
    return box if box.width * 10 >= width and box.height * 10 >= height else Box(0, 0, width, height)


def _cell(index: int, turn: int, view: View) -> Box:
    """Return the part of the sheet that its page number `index` gets."""
    area = printable(view)
    wide, high = (area.height, area.width) if turn % 2 else (area.width, area.height)
    columns, rows = GRIDS[view.number_up][:2]
    if (columns > rows) != (wide > high) and columns != rows:
        columns, rows = rows, columns
    first, then = view.direction.split("-")
    across = first in ("toright", "toleft")
    major, minor = divmod(index, columns if across else rows)
    column, row = (minor, major) if across else (major, minor)
    column = columns - 1 - column if "toleft" in (first, then) else column
    row = rows - 1 - row if "totop" in (first, then) else row
    upright = Box(column * wide / columns, row * high / rows, wide / columns, high / rows)
    return _onto_sheet(upright, turn, area)


def _onto_sheet(box: Box, turn: int, area: Box) -> Box:
    """Return where a part of an upright area lies when that is turned onto the sheet."""
    left, top, width, height = box
    ways = (
        Box(left, top, width, height),
        Box(top, area.height - left - width, height, width),
        Box(area.width - left - width, area.height - top - height, width, height),
        Box(area.width - top - height, left, height, width),
    )
    return ways[turn]._replace(left=ways[turn].left + area.left, top=ways[turn].top + area.top)


def _turned(shape: Shape, turn: int) -> Shape:
    return Shape(shape.height, shape.width, shape.sized) if turn % 2 else shape


def _centred(size: Shape, scale: float, box: Box) -> Box:
    width, height = size.width * scale, size.height * scale
    return Box(box.left + (box.width - width) / 2, box.top + (box.height - height) / 2, width, height)


def _rounded(box: Box, turn: int, clip: Box, view: View) -> Placed:
    left, top, right, bottom = _edges(box, view)
    edges, sheet = _edges(clip, view), (0, 0, *view.pixels)
    seen = (*map(max, edges[:2], sheet[:2]), *map(min, edges[2:], sheet[2:]))
    return Placed(left, top, max(1, right - left), max(1, bottom - top), turn, seen)  # type: ignore[arg-type]


def _edges(box: Box, view: View) -> "tuple[int, int, int, int]":
    (across, along) = view.resolution
    return (
        _pixels(box.left, across),
        _pixels(box.top, along),
        _pixels(box.left + box.width, across),
        _pixels(box.top + box.height, along),
    )


def _pixels(length: float, resolution: int) -> int:
    return round(length * resolution / MM_100_PER_INCH)
