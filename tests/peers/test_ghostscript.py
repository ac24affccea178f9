"""Our PostScript in Debian's Ghostscript: at the same resolution each page comes out as it went in."""

import random
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from feedpath.back.pdl import postscript
from feedpath.back.pdl.order import Machine
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Page, Raster, Setup
from feedpath.back.pdl.postscript import Traits
from tests.fakes.roundtrips import JOBS, converted

pytestmark = pytest.mark.usefixtures("programs")

A4, LETTER = (21000, 29700), (21590, 27940)
GHOSTSCRIPT = ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sPAPERSIZE=letter"]
DEVICES = {BLACK1: "pbmraw", GRAY8: "pgmraw", RGB24: "ppmraw"}
GREY = Machine(((100, 100),))
COLOR = GREY._replace(color=True)
ERROR = {BLACK1: 0, GRAY8: 1, RGB24: 0}  # Ghostscript rounds dark greys to even values on its own way
PNM = re.compile(rb"P[456]\s(?:#[^\n]*\n)?(\d+)\s(\d+)\s(?:255\s)?")

# Ghostscript takes any request, or ignores it: these stand before its operator to lack what is asked, or to tell it.
REFUSING = "/setpagedevice { /setpagedevice cvx /configurationerror signalerror } bind def"
MEASURING = "/image { pop matrix currentmatrix == } def"
TELLING = "/setpagedevice { { exch =only ( ) print == } forall } bind def"


def drawing(raster: Raster) -> bytes:
    """Return pixels with white margins, runs and noise; the bits that fill up a row are zero."""
    chance = random.Random(raster.width)
    white, ink = (b"\0", b"\xff") if raster.space == BLACK1 else (b"\xff", b"\0")
    stride = raster.stride
    noise = [chance.randbytes(stride) for _ in range(20)]
    kinds = [white * stride, white * stride, (ink * 9 + white * 30) * (stride // 39) + white * (stride % 39), *noise]
    margin = raster.height // 20
    rows = [chance.choice(kinds) for _ in range(raster.height - 2 * margin)]
    pixels = bytearray(white * stride * margin + b"".join(rows) + white * stride * margin)
    if raster.space == BLACK1 and raster.width % 8:
        for at in range(stride - 1, len(pixels), stride):
            pixels[at] &= 0xFF << (8 - raster.width % 8) & 0xFF
    return bytes(pixels)


def page(raster: Raster, pixels: bytes) -> Page:
    step = raster.band_rows * raster.stride
    return Page(raster, (memoryview(pixels)[at : at + step] for at in range(0, len(pixels), step)))


def rendered(document: bytes, raster: Raster, folder: Path, before: str = "") -> Iterator[tuple[int, int, bytes]]:
    """Yield width, height and pixels of each page as Ghostscript draws it; fail when it complains."""
    (folder / "document.ps").write_bytes(document)
    resolution = "-r{}x{}".format(*raster.resolution)
    output = ["-sDEVICE=" + DEVICES[raster.space], "-sOutputFile=%s/page%%d" % folder]
    words = [*GHOSTSCRIPT, resolution, *output, "-c", before, "-f"]
    ran = subprocess.run([*words, str(folder / "document.ps")], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    for path in sorted(folder.glob("page*")):
        drawn = path.read_bytes()
        match = PNM.match(drawn)
        assert match
        yield int(match[1]), int(match[2]), drawn[match.end() :]
        path.unlink()


def differences(raster: Raster, pixels: bytes, width: int, height: int, drawn: bytes) -> set[int]:
    """Return by how much pixels differ, in as much of the page as the sheet in whole points holds."""
    across, down = min(width, raster.width), min(height, raster.height)
    assert (raster.width - across, raster.height - down) <= (2, 2)
    stride = raster._replace(width=width).stride
    whole = raster._replace(width=across // 8 * 8).stride
    found: set[int] = set()
    for row in range(down):
        ours = pixels[row * raster.stride : row * raster.stride + whole]
        theirs = drawn[row * stride : row * stride + whole]
        if ours != theirs:
            found.update(abs(one - other) for one, other in zip(ours, theirs))
    return found | {0}


@pytest.mark.parametrize("level, binary", [(2, False), (2, True), (3, False), (3, True)])
@pytest.mark.parametrize("space", [BLACK1, GRAY8, RGB24])
@pytest.mark.parametrize(
    "width, height, dpi, size",
    [
        pytest.param(1654, 2339, (200, 200), A4, id="A4"),
        pytest.param(1700, 2200, (200, 200), LETTER, id="Letter"),
        pytest.param(1170, 827, (100, 100), A4[::-1], id="landscape"),
        pytest.param(850, 2200, (100, 200), LETTER, id="two resolutions"),
        pytest.param(333, 1001, (203, 203), (0, 0), id="odd"),
    ],
)
def test_a_page_comes_out_as_it_went_in(width, height, dpi, size, space, level, binary, tmp_path):
    raster = Raster(width, height, space, dpi, size)
    pixels = drawing(raster)
    traits = Traits(level=level, binary=binary, ctrl_d=False)
    (drawn,) = rendered(b"".join(postscript.encode([page(raster, pixels)], Setup(), traits)), raster, tmp_path)
    assert max(differences(raster, pixels, *drawn)) <= ERROR[space]


@pytest.mark.parametrize("machine", [GREY, COLOR], ids=["grey", "color"])
@pytest.mark.parametrize("name", JOBS)
def test_documents_of_every_kind_come_out_as_they_went_in(name, machine, tmp_path):
    folder = tmp_path / "drawn"
    folder.mkdir()
    sent, sides = converted(name, "postscript", machine, tmp_path)
    drawn = list(rendered(sent, sides[0].raster, folder))
    assert len(drawn) == len(sides) == JOBS[name].sides
    for side, sheet in zip(sides, drawn):
        assert max(differences(side.raster, side.pixels, *sheet)) <= ERROR[side.raster.space]


def test_a_page_of_600_dpi_comes_out_dot_by_dot(tmp_path):
    raster = Raster(4960, 7016, BLACK1, (600, 600), A4)
    pixels = drawing(raster)
    (drawn,) = rendered(printed([raster], Setup()), raster, tmp_path)
    assert differences(raster, pixels, *drawn) == {0}


def printed(rasters: Iterable[Raster], setup: Setup) -> bytes:
    pages = (page(raster, drawing(raster)) for raster in rasters)
    return b"".join(postscript.encode(pages, setup, Traits(ctrl_d=False)))


def test_pages_of_different_sizes_come_one_after_another_on_both_sides(tmp_path):
    first = Raster(413, 583, RGB24, (50, 50), A4, sides="two-sided-long-edge")
    letter = first._replace(width=425, height=550, size=LETTER)
    rasters = [first, letter, first._replace(width=583, height=413, size=A4[::-1])]
    setup = Setup(sides="two-sided-long-edge", copies=2, source="manual", type="labels")
    drawn = list(rendered(printed(rasters, setup), first, tmp_path))
    assert [sheet[:2] for sheet in drawn] == [(413, 585)] * 2 + [(425, 550)] * 2 + [(585, 413)] * 2
    twice = [raster for raster in rasters for _ in range(2)]
    assert all(differences(raster, drawing(raster), *sheet) == {0} for raster, sheet in zip(twice, drawn))


def test_a_machine_that_lacks_what_is_asked_prints_all_the_same(tmp_path):
    raster = Raster(425, 550, RGB24, (50, 50), LETTER, sides="two-sided-short-edge")
    setup = Setup(copies=3, source="manual")
    drawn = list(rendered(printed([raster], setup), raster, tmp_path, REFUSING))
    assert [differences(raster, drawing(raster), *sheet) for sheet in drawn] == [{0}] * 3  # by #copies


def test_what_is_asked_is_what_setpagedevice_takes(tmp_path):
    raster = Raster(425, 550, GRAY8, (50, 50), LETTER, sides="two-sided-short-edge")
    (tmp_path / "document.ps").write_bytes(printed([raster], Setup(copies=3)))
    words = [*GHOSTSCRIPT, "-sDEVICE=nullpage", "-c", TELLING, "-f"]
    ran = subprocess.run([*words, str(tmp_path / "document.ps")], capture_output=True, text=True, check=True)
    assert sorted(ran.stdout.splitlines()) == [
        "Collate true",
        "Duplex true",
        "HWResolution [50 50]",
        "ManualFeed false",
        "NumCopies 3",
        "PageSize [612 792]",
        "Tumble true",
    ]


def test_images_lie_on_the_dots_of_the_machine_and_their_data_are_used_up(tmp_path):
    """Images are only measured here, so that nothing but the document itself skips their data."""
    raster = Raster(413, 585, GRAY8, (50, 50), A4)
    (tmp_path / "document.ps").write_bytes(printed([raster], Setup()))
    words = [*GHOSTSCRIPT, "-r50", "-sDEVICE=pgmraw", "-sOutputFile=/dev/null", "-c", MEASURING, "-f"]
    ran = subprocess.run([*words, str(tmp_path / "document.ps")], capture_output=True, text=True, check=True)
    matrices = [[float(word) for word in line.strip("[]").split()] for line in ran.stdout.splitlines()]
    assert matrices == [[1, 0, 0, 1, 0, 0]]
