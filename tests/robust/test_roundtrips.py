"""Our PCL 5 as a machine reads it: dot by dot the pages that were encoded, for documents of all kinds."""

import itertools
from pathlib import Path

import pytest

from feedpath.back.pdl.fit import NO_INK
from feedpath.back.pdl.order import Machine
from feedpath.back.pdl.page import BITS, MM_100_PER_INCH
from tests.fakes import pcl_reader
from tests.fakes.pcl_reader import PclPage
from tests.fakes.roundtrips import JOBS, Side, converted
from tests.fakes.sheet import Sheet

DPI = 150
MARGINS = (635, 635, 423, 423)
LASER = Machine(((DPI, DPI),), margins=MARGINS, pjl=True, traits={"duplex": True, "resolutions": (DPI,)})
COLOR_LASER = LASER._replace(color=True, traits={**LASER.traits, "color": True})
SIDES = {"one-sided": 0, "two-sided-long-edge": 1, "two-sided-short-edge": 2}  # Simplex/Duplex Print Command
BYTE = 8  # dots; margins are cut at whole bytes


@pytest.mark.parametrize("machine", [LASER, COLOR_LASER], ids=["black", "color"])
@pytest.mark.parametrize("name", JOBS)
def test_a_page_comes_out_dot_by_dot(name: str, machine: Machine, tmp_path: Path) -> None:
    sent, sides = converted(name, "pcl5", machine, tmp_path)
    printed = pcl_reader.read(sent).pages
    assert len(printed) == len(sides) == JOBS[name].sides
    for page, side in zip(printed, sides):
        assert page.space == side.raster.space
        assert page.settings["&lS"] == SIDES[str(JOBS[name].options.get("sides", "one-sided"))]
        is_the_same(page, side)


def is_the_same(page: PclPage, side: Side) -> None:
    """Fail unless a printed page has the pixels of the one that was encoded, as far as the machine can print."""
    raster = side.raster
    sheet = Sheet(page, raster.width, raster.height)
    left, right, top, bottom = (margin * DPI / MM_100_PER_INCH for margin in MARGINS)
    assert left - 1 <= sheet.left < left + BYTE
    assert raster.width - right - BYTE - 1 < sheet.left + page.width <= raster.width - right + 1
    end = raster.height - round(bottom + 0.5)
    assert abs(sheet.top - top) <= 1 and sheet.top + len(page.rows) <= end + 1
    first, count = sheet.left * BITS[raster.space] // 8, page.width * BITS[raster.space] // 8
    white = NO_INK[raster.space][:1] * count
    rows = itertools.chain(page.rows, itertools.repeat(white))  # what is not sent stays paper
    for number, row in zip(range(sheet.top, end), rows):
        at = number * raster.stride + first
        assert row[:count] == side.pixels[at : at + count], f"row {number} is another one"
