"""CUPS as a client asks for copies, colour, orientation and scaling on a laser printer: so it lies on the paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import documents, marked, pages, pcl_reader
from tests.fakes.pcl_reader import PclPage
from tests.fakes.sheet import Box, Sheet
from tests.peers.appliance import Appliance, Lan, appliance
from tests.peers.cups import Cups, client, print_and_collect

DEVICE_ID = "MFG:HP;MDL:HP Color LaserJet 4700dn;CMD:PJL,PCL,PCL5C,PCLXL;CLS:PRINTER;"
DRAFT = ("-o", "print-quality=3")  # 300 dots per inch, which are read sooner
DPI = 300
A4, A5 = (595.276, 841.89), (419.528, 595.276)  # points
PRINTABLE = (A4[0] - 36, A4[1] - 24)  # PCL leaves a quarter of an inch at the sides, a sixth above and below
NEAR = 6  # dots: CUPS rounds to points, of which one has four dots
MARKED = 0.9  # of a page's width and height that its marks take


@pytest.fixture(scope="module")
def laser(lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Appliance]":
    """The firmware with a virtual printer that speaks PCL in colour."""
    with appliance(lan.printer, tmp_path_factory.mktemp("data"), "--device-id", DEVICE_ID) as running:
        yield running


@pytest.fixture(scope="module")
def cups(lan: Lan, laser: Appliance) -> "Iterator[Cups]":
    """A cupsd on the client that has added the printer."""
    with client(lan, laser) as cups:
        yield cups


@pytest.fixture
def printed(cups: Cups, laser: Appliance, tmp_path: Path) -> "Printed":
    """Prints a PDF by lp and gives the pages that arrived."""
    return Printed(cups, laser, tmp_path / "document.pdf")


class Printed:
    """What comes out of the printer."""

    def __init__(self, cups: Cups, laser: Appliance, path: Path):
        self._cups = cups
        self._laser = laser
        self._path = path

    def __call__(self, document: bytes, *options: str) -> "list[PclPage]":
        """Return the pages of a document."""
        self._path.write_bytes(document)
        return pcl_reader.read(print_and_collect(self._cups, self._laser, self._path, *DRAFT, *options)).pages


@pytest.mark.parametrize(
    "collate, order", [("true", [0, 1, 2, 0, 1, 2]), ("false", [0, 0, 1, 1, 2, 2])], ids=["collated", "uncollated"]
)
def test_copies_come_set_by_set_or_page_by_page(printed: Printed, collate: str, order: "list[int]") -> None:
    first = [page.rows for page in printed(documents.pdf(3), "-o", "print-color-mode=monochrome")]
    assert len(first) == 3 and first[0] != first[1] != first[2]
    asked = ("-n", "2", "-o", f"collate={collate}", "-o", "print-color-mode=monochrome")
    came = [page.rows for page in printed(documents.pdf(3), *asked) for _ in range(int(page.settings["&lX"]))]
    assert [nearest(rows, first) for rows in came] == order


def nearest(rows: "list[bytes]", of: "list[list[bytes]]") -> int:
    """Return which of several pages has the most rows in common.

    CUPS sends a new queue's first job as it is now and then, without its filter, which rounds places on the page.
    """
    return min(range(len(of)), key=lambda at: sum(one != other for one, other in zip(rows, of[at], strict=True)))


@pytest.mark.parametrize("mode, space", [("monochrome", "black1"), ("color", "rgb24"), ("auto", "rgb24")])
def test_colors_are_printed_where_they_are_asked_for(printed: Printed, mode: str, space: str) -> None:
    (page,) = printed(pages.pdf([marked.drawing(*A4)]), "-o", f"print-color-mode={mode}")
    assert page.space == space
    assert space == "black1" or marked.RED * 9 in b"".join(page.rows)


@pytest.mark.parametrize("orientation, lies", [(3, (0, 1)), (4, (0, 1)), (5, (0, -1)), (6, (0, -1))])
def test_a_page_lies_as_pdftopdf_turns_it(printed: Printed, orientation: int, lies: "tuple[int, int]") -> None:
    """CUPS' filter makes landscape a lying page with /Rotate, which stands upright again, on its head for 5 and 6."""
    document = pages.pdf([marked.drawing(*A4)])
    asked = ("-o", f"orientation-requested={orientation}", "-o", "print-color-mode=monochrome")
    (page,) = printed(document, *asked)
    sheet = on_a4(page)
    assert direction(sheet) == lies


@pytest.mark.parametrize("scaling", ["none", "fit", "fill", "auto"])
def test_a_smaller_page_is_scaled_as_asked(printed: Printed, scaling: str) -> None:
    asked = ("-o", "media=A4", "-o", f"print-scaling={scaling}", "-o", "print-color-mode=monochrome")
    (page,) = printed(pages.pdf([marked.drawing(*A5)], A5), *asked)
    ink = on_a4(page).without([])
    assert ink is not None
    ratios = PRINTABLE[0] / A5[0], PRINTABLE[1] / A5[1]
    once = {"fit": min(ratios), "fill": max(ratios)}.get(scaling, 1)  # CUPS fills what can be printed on
    again = min(PRINTABLE[0] / A4[0], PRINTABLE[1] / A4[1]) if scaling == "fit" else 1  # so CUPS 2.4.10 asks us, too
    ways = [A5[0] * once * scale * MARKED / 72 * DPI for scale in (1, again)]
    assert ink.right - ink.left in [pytest.approx(width, abs=NEAR) for width in ways]
    assert ink.left + ink.right == pytest.approx(A4[0] / 72 * DPI, abs=2 * NEAR)


def on_a4(page: PclPage) -> Sheet:
    """Return a printed page on its sheet."""
    assert page.resolution == DPI
    return Sheet(page, *(round(points / 72 * DPI) for points in A4))


def direction(sheet: Sheet) -> "tuple[int, int]":
    """Return in which way the T's shaft leaves its bar: right and down are positive."""
    across, down = sheet.width // 2, sheet.height // 2
    near = 0.22  # of a page, from its middle, where the bar is on one side only
    places = {(0, 1): (0, -near), (1, 0): (-near, 0), (-1, 0): (near, 0), (0, -1): (0, near)}  # of the bar
    for lies, (x, y) in places.items():
        at = Box(across + int(x * sheet.width) - 4, down + int(y * sheet.height) - 4, 0, 0)
        if sheet.ink(at._replace(right=at.left + 8, bottom=at.top + 8)) == 1:
            return lies
    return 0, 0
