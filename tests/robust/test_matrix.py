"""Documents of all kinds on all papers, with all that can be asked of them: each pair of values occurs on the printer.

Where the marks of a page must lie follows here from PWG 5100.16 (print-scaling) and RFC 8011, 5.2.10
(orientation-requested) and 5.2.8 (sides); what came out is read by the tests' own reader of PCL.
"""

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from feedpath.back.pdl.languages import BY_NAME
from feedpath.back.pdl.order import Machine
from feedpath.back.pdl.translator import Translator
from feedpath.back.usb.find import Finder
from feedpath.core.driver import Capabilities, Media
from feedpath.front.ipp import values
from feedpath.front.ipp.attributes import Site
from feedpath.front.ipp.status import OK, OK_IGNORED_OR_SUBSTITUTED
from tests.fakes import documents, marked, pcl_reader
from tests.fakes.machine import Box as Core
from tests.fakes.machine import Clock, until
from tests.fakes.marked import MARKS, RED, Document, Mark
from tests.fakes.sheet import Box, Sheet
from tests.fakes.usbip_backend import UsbipBackend
from tests.fakes.virtual_printer import VirtualBus, VirtualPrinter
from tests.robust.ippclient import COMPLETED
from tests.robust.pairs import pairwise
from tests.unit.front.ipp.asking import Asker, an

DPI = 150
HUNDREDTHS = 2540  # of a millimetre in an inch
NEAR = 3  # dots that an edge may be off: it is rounded twice, and pictures are blurred where they are scaled up
LOOSE = 5  # dots that letters may reach out of their cells
BYTE = 8  # dots: margins are cut at whole bytes
TEXT_EDGE = 0.25  # inches that text keeps off a sheet's edges, where its margins are narrower
LINE, CELL = 12 / 72 * DPI, 6 / 72 * DPI  # dots of a line and of a letter of text
MARGINS = (0.25, 0.25, 1 / 6, 1 / 6)  # left, right, top, bottom in inches, which the machine cannot print on
PAPER = {  # PWG 5101.1 name: hundredths of a millimetre, Page Size code by HP's PCL 5 reference; 101 is told by PJL
    "iso_a4_210x297mm": (21000, 29700, 26),
    "na_letter_8.5x11in": (21590, 27940, 2),
    "iso_a5_148x210mm": (14800, 21000, 25),
    "na_legal_8.5x14in": (21590, 35560, 3),
    "na_number-10_4.125x9.5in": (10478, 24130, 81),
    "na_index-4x6_4x6in": (10160, 15240, 101),
}
RASTER = ("image/pwg-raster", "image/urf")
TURNS = {3: 0, 4: 1, 5: 3, 6: 2}  # orientation-requested: quarters counter-clockwise
SIDES = {"one-sided": 0, "two-sided-long-edge": 1, "two-sided-short-edge": 2}  # Simplex/Duplex Print Command
DRAFT, NORMAL, HIGH = 3, 4, 5
UNASKED, PORTRAIT = 0, 3


class Case(NamedTuple):
    """What is printed, and how; `paper` is the document's own, and orientation may be UNASKED."""

    media: str
    format: str
    scaling: str
    orientation: int
    paper: str
    sides: str
    color: str
    quality: int

    def __str__(self) -> str:
        return "-".join(str(value).replace(" ", "_") for value in self)


CASES = [
    Case(*case)  # type: ignore[arg-type]
    for case in pairwise(
        list(PAPER),
        list(marked.MAKERS),
        ["auto", "auto-fit", "fill", "fit", "none"],
        [UNASKED, *TURNS],
        list(documents.PAPERS),
        list(SIDES),
        ["auto", "color", "monochrome"],
        [DRAFT, NORMAL, HIGH],
    )
]


def driver() -> Translator:
    """Return the driver of a PCL machine with colour and duplex, whose dots are coarse."""
    margins = [round(inches * HUNDREDTHS) for inches in MARGINS]
    left, right, top, bottom = margins
    machine = Machine(
        ((DPI, DPI),),
        color=True,
        margins=(left, right, top, bottom),
        pjl=True,
        traits={"duplex": True, "color": True, "resolutions": (DPI,), "margins": (left, right, top, bottom)},
    )
    capabilities = Capabilities(
        formats=(),
        streamable=frozenset(),
        media=tuple(Media(name, paper[0], paper[1], *margins) for name, paper in PAPER.items()),
        media_default=machine.media,
        media_ready=(machine.media,),
        sides=tuple(SIDES),
        color=True,
        resolutions=machine.resolutions,
        qualities=("draft", "normal", "high"),
        orientations=tuple(TURNS),
        scalings=("auto", "auto-fit", "fill", "fit", "none"),
    )
    return Translator(BY_NAME["pcl5"], machine, capabilities, ())


@pytest.fixture(scope="module")
def arrived(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[dict[Case, bytes]]":
    """What came out of the virtual printer for each case, one after another."""
    printer = VirtualPrinter()
    with VirtualBus() as bus:
        bus.attach(printer)
        backend = UsbipBackend(bus.host, bus.port)
        yield asyncio.run(print_all(tmp_path_factory.mktemp("core"), printer, Finder(backend)))
        backend.close()
        printer.close()


async def print_all(directory: Path, printer: VirtualPrinter, finder: Finder) -> "dict[Case, bytes]":
    """Print every case by IPP; return what the printer got for each."""
    received = {}
    async with Core(directory, driver=driver()) as core:
        (found,) = await asyncio.to_thread(finder.poll)
        core.device.attach(await asyncio.to_thread(found.open))
        asker = Asker(core, core.machine, Clock(), Site())
        await asker.ipp.start(asker.printers)
        for case in CASES:
            before = printer.total
            await print_one(asker, case)
            received[case] = printer.received[before:]
        await asker.ipp.stop()
    return received


async def print_one(asker: Asker, case: Case) -> None:
    """Print a case, and wait until it is completed."""
    asked = [
        an("media", case.media),
        an("print-scaling", case.scaling),
        an("sides", case.sides),
        an("print-color-mode", case.color),
        an("print-quality", case.quality, tag=values.ENUM),
    ]
    if case.orientation != UNASKED:
        asked.append(an("orientation-requested", case.orientation, tag=values.ENUM))
    document = made(case)
    format = an("document-format", case.format)
    answer = await asker("Print-Job", format, job=tuple(asked), document=document.data)
    laid_out = case.format in RASTER and case.orientation not in (UNASKED, PORTRAIT)  # what pixels are not turned to
    assert answer.status == (OK_IGNORED_OR_SUBSTITUTED if laid_out else OK), (case, answer.message)
    job = asker.printer.jobs[answer.job("job-id")[0]]
    await until(lambda: job.over)
    assert (job.state, job.impressions) == (COMPLETED, document.pages), (case, job.reasons)


def made(case: Case) -> Document:
    """Return the document of a case."""
    return marked.document(case.format, case.paper, case.sides)


def in_dots(inches: "tuple[float, float]") -> "tuple[float, float]":
    """Return a size in dots."""
    return inches[0] * DPI, inches[1] * DPI


class Placed(NamedTuple):
    """How a page must lie: turned so many quarters counter-clockwise, so many times its size, its corner in dots."""

    turn: int
    scale: float
    left: float
    top: float
    width: float
    height: float

    def box(self, mark: Mark) -> "tuple[float, float, float, float]":
        """Return where a mark lies."""
        left, top, right, bottom = mark[:4]
        for _ in range(self.turn):
            left, top, right, bottom = top, 1 - right, bottom, 1 - left
        across, down = self.width, self.height
        return self.left + left * across, self.top + top * down, self.left + right * across, self.top + bottom * down


def sheet_size(case: Case) -> "tuple[float, float]":
    """Return the sheet's size in inches."""
    width, length, _ = PAPER[case.media]
    return width / HUNDREDTHS, length / HUNDREDTHS


def printable(case: Case) -> "tuple[float, float, float, float]":
    """Return left, top, right and bottom of the area that can be printed, in dots."""
    width, height = in_dots(sheet_size(case))
    left, right, top, bottom = (margin * DPI for margin in MARGINS)
    return left, top, width - right, height - bottom


def expected(case: Case, size: "tuple[float, float]") -> Placed:
    """Return how a page of that size in inches must lie on the sheet."""
    sheet = sheet_size(case)
    turn = turned(case, size, sheet)
    if turn % 2:
        size = size[::-1]
    left, right, top, bottom = MARGINS
    area = sheet[0] - left - right, sheet[1] - top - bottom
    way = scaling(case, size, sheet)
    within = area if way == "fit" else sheet
    ratios = within[0] / size[0], within[1] / size[1]
    scale = {"fit": min(ratios), "fill": max(ratios), "none": 1.0}[way]
    width, height = size[0] * scale, size[1] * scale
    edge = (left, top) if way == "fit" else (0.0, 0.0)
    corner = edge[0] + (within[0] - width) / 2, edge[1] + (within[1] - height) / 2
    return Placed(turn, scale, *in_dots(corner), *in_dots((width, height)))


def turned(case: Case, size: "tuple[float, float]", sheet: "tuple[float, float]") -> int:
    """Return the quarters: pixels are printed as they lie, and pages that lie are turned where nothing is asked."""
    if case.format in RASTER:
        return 0
    if case.orientation == UNASKED:
        return int((size[0] > size[1]) != (sheet[0] > sheet[1]))
    return TURNS[case.orientation]


def scaling(case: Case, size: "tuple[float, float]", sheet: "tuple[float, float]") -> str:
    """Return the way of scaling that a keyword leads to: the machine has margins, so that `auto` is never `fill`."""
    is_sheet = all(abs(one - other) <= 1 / 25.4 for one, other in zip(size, sheet))
    if case.format in RASTER and is_sheet:
        return "none"  # the client made it for this sheet, dot by dot
    if case.scaling in ("auto", "auto-fit"):
        larger = any(one > other + 1 / 25.4 for one, other in zip(size, sheet))
        return "fit" if larger else "none"
    return case.scaling


def test_each_pair_of_values_is_printed() -> None:
    for one, other in itertools.combinations(Case._fields, 2):
        met = [{getattr(case, name) for case in CASES} for name in (one, other)]
        pairs = {(getattr(case, one), getattr(case, other)) for case in CASES}
        assert pairs == set(itertools.product(*met)), (one, other)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_asked_is_what_lies_on_the_paper(arrived: "dict[Case, bytes]", case: Case) -> None:
    job = pcl_reader.read(arrived[case])
    document = made(case)
    width, length, code = PAPER[case.media]
    assert len(job.pages) == document.pages
    assert {page.settings["&lA"] for page in job.pages} == {code}
    assert {page.settings["&lS"] for page in job.pages} == {SIDES[case.sides]}
    assert {page.resolution for page in job.pages} == {DPI}
    assert {page.space for page in job.pages} == {"black1" if case.color == "monochrome" else "rgb24"}
    assert ("@PJL SET ECONOMODE=ON" in job.pjl) == (case.quality == DRAFT)
    if code == 101:
        assert f"@PJL SET PAPERWIDTH={round(width / HUNDREDTHS * 720)}" in job.pjl
        assert f"@PJL SET PAPERLENGTH={round(length / HUNDREDTHS * 720)}" in job.pjl
    for page in job.pages:
        sheet = Sheet(page, *(round(side) for side in in_dots(sheet_size(case))))
        assert sheet.without([inside(case)]) is None, "there is ink where the machine cannot print"
        if case.format == "text/plain":
            has_text(sheet, case)
        else:
            has_marks(sheet, case, expected(case, document.size), page.space)


def inside(case: Case, by: int = 0) -> Box:
    """Return the printable area, `by` dots smaller on each side."""
    left, top, right, bottom = printable(case)
    return Box(int(left) + by, int(top) + by, round(right + 0.5) - by, round(bottom + 0.5) - by)


def has_marks(sheet: Sheet, case: Case, placed: Placed, space: str) -> None:
    """Fail unless the page's marks lie where they must, as far as the machine can print, and nothing beside them."""
    area = inside(case, BYTE)
    boxes = []
    for mark in MARKS:
        left, top, right, bottom = (round(edge) for edge in placed.box(mark))
        boxes.append(Box(left - NEAR, top - NEAR, right + NEAR, bottom + NEAR))
        seen = Box(
            max(left + NEAR, area.left), max(top + NEAR, area.top),
            min(right - NEAR, area.right), min(bottom - NEAR, area.bottom),
        )  # fmt: skip
        if seen.left < seen.right and seen.top < seen.bottom:
            is_colored(sheet, seen, mark.color, space)
    assert sheet.without(boxes) is None, (placed, sheet.without(boxes))


def is_colored(sheet: Sheet, box: Box, color: bytes, space: str) -> None:
    """Fail unless all of a box is black, or red, or the grey of red."""
    if color == RED and space == "black1":
        assert 0.4 < sheet.ink(box) < 0.95, (box, sheet.ink(box))
        return
    assert sheet.ink(box) == 1, (box, sheet.ink(box))
    if space == "rgb24":
        found = sheet.color((box.left + box.right) // 2, (box.top + box.bottom) // 2)
        assert all(abs(one - other) < 40 for one, other in zip(found, color)), (found, color)


def has_text(sheet: Sheet, case: Case) -> None:
    """Fail unless the L of letters begins in the corner where the text's page begins, with its long arm on top."""
    size = sheet_size(case)
    placed = expected(case, size[::-1] if TURNS.get(case.orientation, 0) % 2 else size)
    boxes = [Box(*(round(edge) for edge in placed.box(part))) for part in letters(placed)]
    near = [Box(box.left - LOOSE, box.top - LOOSE, box.right + LOOSE, box.bottom + LOOSE) for box in boxes]
    assert sheet.without(near) is None, (near, sheet.without(near))
    assert all(0.1 < sheet.ink(clipped(box, inside(case))) < 0.9 for box in boxes), boxes


def letters(placed: Placed) -> "Iterator[Mark]":
    """Yield the arms of the L in parts of the upright page."""
    across, down = (placed.height, placed.width) if placed.turn % 2 else (placed.width, placed.height)
    arms = (
        (0, 0, marked.TEXT_COLUMNS * CELL, LINE),
        (0, LINE, marked.FOOT_COLUMNS * CELL, marked.TEXT_ROWS * LINE),
    )
    for arm in arms:
        left, top, right, bottom = ((TEXT_EDGE * DPI + edge) * placed.scale for edge in arm)
        yield Mark(left / across, top / down, right / across, bottom / down)


def clipped(box: Box, area: Box) -> Box:
    """Return what of a box is within an area."""
    return Box(
        max(box.left, area.left), max(box.top, area.top), min(box.right, area.right), min(box.bottom, area.bottom)
    )
