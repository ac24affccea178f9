"""PCL 5 beside Debian's filters: our reader understands what they write, and we write no more for the same page."""

import random
import subprocess
from pathlib import Path

import pytest

from feedpath.back.pdl.page import BLACK1, RGB24, Page, Raster, Setup
from feedpath.back.pdl.pcl5 import Traits, encode
from tests.fakes import pcl_reader
from tests.fakes.cups_filters import COMPRESSED, COPIES, DPI, DUPLEX, POSITION, TUMBLE, laser, theirs
from tests.fakes.netns import WATCHDOG_S

pytestmark = pytest.mark.usefixtures("programs")

WIDTH, HEIGHT = 4960, 7016  # A4
SIDES = {"one-sided": (0, 0), "two-sided-long-edge": (1, 0), "two-sided-short-edge": (1, 1)}

TEXT = """
<< /PageSize [595.276 841.89] >> setpagedevice /Times-Roman findfont 11 scalefont setfont
0 1 54 { /line exch def 57 780 line 13 mul sub moveto
(The quick brown fox jumps over the lazy dog, and ) show line 10 string cvs show
( sheets of paper go past the drum; toner sticks.) show } for showpage
"""
PHOTO = """
<< /PageSize [595.276 841.89] >> setpagedevice 595 842 scale /row 400 string def /y 0 def
400 500 8 [400 0 0 -500 0 500] { 0 1 399 { /x exch def
row x y x mul 97 mod 40 mul 97 idiv x 2 idiv y add 3 idiv add 255 and put } for /y y 1 add def row } image showpage
"""


@pytest.fixture(scope="module")
def ppd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laser(tmp_path_factory.mktemp("ppd"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> "dict[str, list[bytes]]":
    """Return pages of A4 at 600 dpi: text and a picture's halftone as Ghostscript draws them, and noise."""
    dice = random.Random(1)
    pages = {"noise": [dice.randbytes(WIDTH // 8) for _ in range(HEIGHT)]}
    for name, script in (("text", TEXT), ("photo", PHOTO)):
        path = tmp_path_factory.mktemp("drawn") / "page"
        path.with_suffix(".ps").write_text("%!PS\n" + script)
        device = ["-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pbmraw", f"-r{DPI}", f"-g{WIDTH}x{HEIGHT}"]
        command = ["gs", *device, f"-sOutputFile={path}", str(path.with_suffix(".ps"))]
        subprocess.run(command, check=True, capture_output=True, timeout=WATCHDOG_S)
        pages[name] = cut(path.read_bytes()[-HEIGHT * WIDTH // 8 :], WIDTH // 8)
    return pages


def cut(data: bytes, stride: int) -> "list[bytes]":
    return [data[at : at + stride] for at in range(0, len(data), stride)]


def ours(rows: "list[bytes]", width: int, space: str = BLACK1) -> bytes:
    about = Raster(width, len(rows), space, (DPI, DPI), media="iso_a4_210x297mm", total=1)
    traits = Traits(duplex=True, color=space == RGB24, margins=(0, 0, 0, 0))
    bands = (memoryview(b"".join(rows[at : at + 100])) for at in range(0, len(rows), 100))
    return b"".join(bytes(piece) for piece in encode([Page(about, bands)], Setup(), traits))


WAYS = [("rastertohp", 0), ("rastertopclx", 0), *COMPRESSED]


@pytest.mark.parametrize("picture", ["text", "photo", "noise"])
@pytest.mark.parametrize("name, compression", WAYS)
def test_the_reader_gives_their_pages_back(name, compression, picture, drawn, ppd):
    rows = drawn[picture]
    (page,) = pcl_reader.read(theirs(name, rows, WIDTH, compression, ppd)).pages
    assert (page.width, page.resolution, page.settings["&lA"]) == (WIDTH, DPI, 26)
    assert page.rows == rows


@pytest.mark.parametrize("width", [*range(1, 18), 333])
@pytest.mark.parametrize("name, compression", [("rastertohp", 2), ("rastertopclx", 2), ("rastertopclx", 3)])
def test_the_reader_gives_their_odd_widths_back(name, compression, width, ppd):
    dice, spare = random.Random(width), -width % 8
    rows = [(dice.getrandbits(width) * dice.randint(0, 1) << spare).to_bytes((width + 7) // 8) for _ in range(40)]
    (page,) = pcl_reader.read(theirs(name, rows, width, compression, ppd)).pages
    assert page.rows == rows


@pytest.mark.parametrize("compression", [0, 2, 3])
def test_the_reader_gives_their_colours_back(compression, ppd):
    dice = random.Random(2)
    rows = [dice.randbytes(30) * 10 if at % 3 else b"\xff" * 300 for at in range(50)]
    (page,) = pcl_reader.read(theirs("rastertopclx", rows, 100, compression, ppd, color=True)).pages
    assert (page.space, page.rows) == ("rgb24", rows)


@pytest.mark.parametrize("sides, code", [("one-sided", 0), ("two-sided-long-edge", 1), ("two-sided-short-edge", 2)])
def test_the_reader_knows_what_they_ask_of_a_page(sides, code, ppd):
    duplex, tumble = SIDES[sides]
    asked = {COPIES: 3, DUPLEX: duplex, TUMBLE: tumble, POSITION: 4}
    told = theirs("rastertopclx", [b"\1"] * 9, 8, 3, ppd, asked=asked) + b"\f" * duplex  # half a sheet stays with them
    (page,) = pcl_reader.read(told, forgiving=True).pages[:1]
    assert (page.settings["&lX"], page.settings.get("&lS", 0), page.settings["&lH"]) == (3, code, 4)


@pytest.mark.parametrize("picture", ["text", "photo", "noise"])
def test_we_write_no_more_than_the_better_of_them(picture, drawn, ppd):
    rows = drawn[picture]
    sizes = {way: len(theirs(way[0], rows, WIDTH, way[1], ppd)) for way in COMPRESSED}
    assert len(ours(rows, WIDTH)) <= min(sizes.values()), sizes


def test_we_write_no_more_colour_than_they_do(ppd):
    dice = random.Random(3)
    rows = [dice.randbytes(30) * 20 for _ in range(20) for _ in range(5)] + [b"\xff" * 600] * 50
    sizes = [len(theirs("rastertopclx", rows, 200, way, ppd, color=True)) for way in (0, 2, 3)]
    assert len(ours(rows, 200, RGB24)) <= min(sizes), sizes
