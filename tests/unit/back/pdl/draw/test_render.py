"""Documents become sheets of pixels: PDF, JPEG and PNG here, in every way that sheets are wanted."""

import io
import itertools
import json
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from feedpath.back.pdl.draw import flatten
from feedpath.back.pdl.draw import render as module
from feedpath.back.pdl.draw.layout import GRIDS, SCALINGS, TURNS, Margins, View
from feedpath.back.pdl.draw.render import JPEG, PDF, PNG, TEXT, RenderLimits, render
from feedpath.back.pdl.page import GRAY8, RGB24, Setup
from feedpath.errors import WireError
from tests.fakes import documents, pages

ROOT = Path(__file__).parents[5]
GOLDEN = ROOT / "tests/golden/pages"
SMALL = View(resolution=(50, 50))
WATCHDOG_S = 120


def drawn(document: bytes, format: str, limits: RenderLimits = module.LIMITS, **wanted: Any) -> "list[bytes]":
    """Return the bytes of each sheet; what its raster says of them is held to."""
    view = SMALL._replace(**wanted)
    sheets = []
    for page in render(io.BytesIO(document), format, Setup(), view, limits):
        bands = [bytes(band) for band in page.bands]
        raster = page.raster
        assert (raster.width, raster.height) == view.pixels
        assert (raster.space, raster.resolution, raster.size) == (view.space, view.resolution, view.size)
        assert [len(band) for band in bands[:-1]] == [raster.band_rows * raster.stride] * (len(bands) - 1)
        sheets.append(b"".join(bands))
        assert len(sheets[-1]) == raster.stride * raster.height
    return sheets


def dark(sheet: bytes, view: View) -> "set[str]":
    """Return which corners of a grey sheet are dark, as letters: t or b, then l or r."""
    width, height = view.pixels
    near = 3
    places = {"t": near, "b": height - 1 - near, "l": near, "r": width - 1 - near}
    return {a + b for a, b in itertools.product("tb", "lr") if sheet[places[a] * width + places[b]] < 128}


def refusal(document: bytes, format: str, **wanted: Any) -> str:
    with pytest.raises(WireError) as caught:
        drawn(document, format, **wanted)
    return caught.value.message


SEVEN = pages.pdf([f"BT /F 24 Tf 72 700 Td (Page {number}) Tj ET" for number in range(7)])


@pytest.mark.parametrize("scaling", SCALINGS)
def test_every_page_has_its_bytes_however_it_is_placed(scaling: str) -> None:
    for orientation, number in itertools.product([*TURNS, "auto"], GRIDS):
        space = RGB24 if number in (2, 9) else GRAY8
        wanted: "dict[str, Any]" = {"scaling": scaling, "orientation": orientation, "number_up": number, "space": space}
        sheets = drawn(SEVEN, PDF, margins=Margins(420, 420, 420, 420), framed=number == 4, **wanted)
        assert len(sheets) == -(-7 // number)
        assert scaling == "fill" or all(min(sheet) < 255 for sheet in sheets)  # a filled sheet may have cut the text


def test_a_sheet_says_how_many_there_are() -> None:
    totals = [page.raster.total for page in render(io.BytesIO(SEVEN), PDF, Setup(), SMALL._replace(number_up=4))]
    assert totals == [2, 2]


@pytest.mark.parametrize("space", [GRAY8, RGB24])
def test_bands_join_without_a_seam(space: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = ["0.3 0.6 0.9 rg 50 50 m 500 400 l 300 800 l f BT /F 90 Tf 72 500 Td (Seams?) Tj ET"]
    whole = drawn(pages.pdf(contents), PDF, space=space, resolution=(150, 150))
    monkeypatch.setattr(module, "CANVAS_BYTES", 1)
    banded = drawn(pages.pdf(contents), PDF, space=space, resolution=(150, 150))
    assert near(banded[0], whole[0], 2)  # edges that cross bands are rounded anew


@pytest.mark.parametrize(
    "color, pixel, grey",
    [("1 0 0", (255, 0, 0), range(60, 100)), ("0 0 1", (0, 0, 255), range(15, 40)), ("1 1 1", (255,) * 3, [255])],
)
def test_colours_come_as_red_green_blue_or_as_their_grey(color: str, pixel: "tuple[int, ...]", grey) -> None:
    document = pages.pdf([f"{color} rg 0 0 700 900 re f"])
    assert drawn(document, PDF, space=RGB24)[0][:3] == bytes(pixel)
    assert drawn(document, PDF)[0][0] in grey


def test_what_is_half_transparent_is_mixed_with_white() -> None:
    document = pages.pdf(["/Half gs 0 0 0 rg 0 0 700 900 re f"])
    assert drawn(document, PDF)[0][0] in range(126, 130)


@pytest.mark.parametrize(
    "orientation, corner",
    [("portrait", "tl"), ("landscape", "bl"), ("reverse-portrait", "br"), ("reverse-landscape", "tr"), ("auto", "tl")],
)
def test_a_page_is_turned_counter_clockwise(orientation: str, corner: str) -> None:
    document = pages.pdf([pages.CORNER % (pages.A4[1] - 40)])
    view = SMALL._replace(size=(29700, 21000) if "landscape" in orientation else (21000, 29700))
    assert dark(drawn(document, PDF, orientation=orientation, size=view.size)[0], view) == {corner}


def test_what_lies_outside_a_pages_place_is_not_drawn() -> None:
    document = pages.pdf(["0 0 0 rg -900 -900 3000 3000 re f"], size=(800, 100))
    (sheet,) = drawn(document, PDF, number_up=4, orientation="portrait", margins=Margins(1000, 1000, 1000, 1000))
    width, height = SMALL.pixels
    assert sheet[: width * (height // 8)] == b"\xff" * (width * (height // 8))
    assert min(sheet) == 0


def test_frames_stand_around_the_pages_of_a_sheet() -> None:
    (sheet,) = drawn(pages.pdf([""] * 4), PDF, number_up=4, framed=True)
    assert dark(sheet, SMALL) == set()
    assert sheet.count(0) > 2 * sum(SMALL.pixels)


@pytest.mark.parametrize("printed", [True, False])
def test_annotations_are_drawn_when_they_are_meant_for_paper(printed: bool) -> None:
    assert (min(drawn(pages.stamped(printed), PDF)[0]) == 0) == printed


def test_form_fields_are_drawn() -> None:
    filled = drawn(pages.form("Filled"), PDF)[0]
    assert min(filled) < 128
    assert filled != drawn(pages.form("Another"), PDF)[0]


def test_page_ranges_choose_pages() -> None:
    all_pages = drawn(SEVEN, PDF)
    assert drawn(SEVEN, PDF, ranges=((2, 3), (7, 9))) == [all_pages[1], all_pages[2], all_pages[6]]
    assert refusal(SEVEN, PDF, ranges=((8, 9),)) == "None of the pages asked for is among the 7 pages of the PDF."


def test_an_encrypted_document_is_drawn_with_its_password_only() -> None:
    content = ["0 0 0 rg 0 0 700 900 re f"]
    locked = pages.pdf(content, password="open sesame")
    assert drawn(locked, PDF, password="open sesame") == drawn(pages.pdf(content), PDF)
    assert "protected by a password" in refusal(locked, PDF)
    assert "password is not the one" in refusal(locked, PDF, password="wrong")
    assert drawn(pages.pdf(content, password=""), PDF) == drawn(pages.pdf(content), PDF)


@pytest.mark.parametrize(
    "document, format, reason",
    [
        (b"%PDF-1.7\n", PDF, "document-format-error"),
        (pages.pdf([]), PDF, "document-format-error"),
        (pages.pdf([""], count=10_001), PDF, "document-unprintable-error"),
        (pages.pdf([""], password="secret"), PDF, "document-password-error"),
        (documents.lying_jpeg(60_000, 60_000), JPEG, "document-unprintable-error"),
        (b"", TEXT, "document-format-error"),
    ],
)
def test_a_document_that_is_wrong_and_one_that_is_too_much_have_different_reasons(
    document: bytes, format: str, reason: str
) -> None:
    with pytest.raises(WireError) as refused:
        drawn(document, format)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "document, format, sentence",
    [
        (b"", PDF, "The PDF is broken and cannot be read."),
        (b"%PDF-1.7\n", PDF, "The PDF is broken and cannot be read."),
        (b"GIF89a", PDF, "The PDF is broken and cannot be read."),
        (pages.pdf([]), PDF, "The PDF has 0 pages; allowed are 1 to 10000."),
        (pages.pdf([""], count=10_001), PDF, "The PDF has 10001 pages; allowed are 1 to 10000."),
        (b"", JPEG, "The document is no JPEG: it does not begin with FF D8."),
        (b"\xff\xd8\xff\xd9", JPEG, "The JPEG has no picture in it."),
        (b"\xff\xd8\xff", JPEG, "The JPEG is broken: no marker at byte 2."),
        (b"\xff\xd8\xff\xe0\0\0", JPEG, "The JPEG is broken: its picture does not begin."),
        (b"\xff\xd8" + pages.segment(0xC9, b""), JPEG, "JPEGs coded so (marker FF C9) are not decoded;"),
        (b"\xff\xd8" + pages.segment(0xC0, bytes([12, 0, 8, 0, 8, 3])) + b"\xff\xda", JPEG, "3 components of 12 bits"),
        (b"", PNG, "The document is no PNG: its signature is missing."),
        (b"\x89PNG\r\n\x1a\n", PNG, "The PNG is broken: it ends before its end chunk."),
        (pages.png(1, 1, [[0, 0, 0]])[:-20], PNG, "is cut or damaged."),
        (pages.png(1, 1, [[0]], kind=3), PNG, "its palette is missing or cut."),
        (pages.png(1, 1, [[0]], kind=0, depth=8).replace(b"IHDR\0\0\0\1", b"IHDR\0\0\0\2"), PNG, "cut or damaged"),
        (b"", TEXT, "The document is empty."),
        (b"", "image/gif", "Documents of the kind image/gif are not drawn;"),
    ],
)
def test_a_wrong_document_is_refused_with_a_sentence(document: bytes, format: str, sentence: str) -> None:
    assert sentence in refusal(document, format)


@pytest.mark.parametrize(
    "document, format",
    [
        (b"\xff\xd8" + pages.segment(0xC0, bytes([8, 0xEA, 0x60, 0xEA, 0x60, 3])) + b"\xff\xda", JPEG),
        (
            b"\x89PNG\r\n\x1a\n"
            + pages.chunk(b"IHDR", b"\0\0\xea\x60\0\0\xea\x60\x08\x06\0\0\0")
            + pages.chunk(b"IDAT", b"")
            + pages.chunk(b"IEND", b""),
            PNG,
        ),
    ],
)
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(document: bytes, format: str) -> None:
    assert "has 60000 x 60000 pixels; allowed are 1 to 200000000 in all." in refusal(document, format)


def test_a_page_that_cannot_be_read_is_refused_when_its_turn_comes() -> None:
    sheets = render(io.BytesIO(pages.pdf(["", ""], count=3)), PDF, Setup(), SMALL)
    for page in itertools.islice(sheets, 2):
        assert b"".join(map(bytes, page.bands))
    with pytest.raises(WireError, match="Page 3 of 3 of the PDF cannot be read"):
        next(sheets)


def test_a_page_of_ten_metres_is_scaled_to_the_sheet_or_cropped() -> None:
    metres = pages.pdf(["0 0 0 rg 0 0 30000 30000 re f"], size=(28346, 28346))
    for scaling in SCALINGS:
        assert min(drawn(metres, PDF, scaling=scaling)[0]) == 0


def test_a_sheet_of_too_many_pixels_is_refused() -> None:
    assert "The sheet has" in refusal(SEVEN, PDF, resolution=(1200, 1200), size=(100_000, 100_000))
    assert "The sheet has 0 x 0 pixels" in refusal(SEVEN, PDF, size=(0, 0))


def test_a_sheet_is_not_drawn_after_the_next_was_asked_for() -> None:
    first, *_ = render(io.BytesIO(SEVEN), PDF, Setup(), SMALL)
    with pytest.raises(ValueError, match="before the next one is asked for"):
        next(first.bands)


def test_who_stops_early_leaves_nothing_open() -> None:
    sheets = render(io.BytesIO(SEVEN), PDF, Setup(), SMALL)
    next(next(sheets).bands)
    sheets.close()  # type: ignore[attr-defined]
    assert len(drawn(SEVEN, PDF)) == 7


BLOCKS = (30, 20)  # of a test picture, each of 8 x 8 pixels


def corner_block(column: int, row: int, _component: int) -> int:
    return 0 if column < 4 and row < 4 else 255


@pytest.mark.parametrize(
    "orientation, corner",
    [(1, "tl"), (2, "tr"), (3, "br"), (4, "bl"), (5, "tl"), (6, "tr"), (7, "br"), (8, "bl"), (9, "tl")],
)
def test_a_photograph_is_turned_as_exif_says(orientation: int, corner: str) -> None:
    order = "<>"[orientation % 2]
    picture = pages.jpeg(*BLOCKS, corner_block, components=1, segments=[(0xE1, pages.exif(orientation, order))])
    lies = orientation not in (5, 6, 7, 8)
    view = SMALL._replace(size=(24000, 16000) if lies else (16000, 24000))
    assert dark(drawn(picture, JPEG, size=view.size, orientation="portrait")[0], view) == {corner}


def test_a_lying_photograph_is_turned_to_the_sheets_longer_side() -> None:
    picture = pages.jpeg(*BLOCKS, corner_block, components=1)
    assert dark(drawn(picture, JPEG, size=(16000, 24000))[0], SMALL._replace(size=(16000, 24000))) == {"bl"}


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    "components, levels, pixel",
    [
        (1, (100,), (100, 100, 100)),
        (3, (100, 128, 128), (100, 100, 100)),
        (3, (76, 85, 255), (254, 0, 0)),  # red in YCbCr
        (4, (255, 255, 255, 255), (255, 255, 255)),  # no ink: Adobe writes CMYK inverted
    ],
)
def test_a_jpeg_has_its_colours(components, levels, pixel, progressive) -> None:
    picture = pages.jpeg(*BLOCKS, lambda _c, _r, n: levels[n], components=components, progressive=progressive)
    sheet = drawn(picture, JPEG, space=RGB24, scaling="fill")[0]
    middle = len(sheet) // 2 // 3 * 3
    assert all(abs(got - wanted) <= 3 for got, wanted in zip(sheet[middle : middle + 3], pixel))


def test_a_jpeg_that_is_cut_is_drawn_as_far_as_it_goes() -> None:
    picture = pages.jpeg(*BLOCKS, lambda *_: 0, components=1)
    assert min(drawn(picture[: len(picture) // 2], JPEG, scaling="fill")[0]) < 10


def test_a_jpeg_that_cannot_be_decoded_is_refused_before_a_blank_sheet_is_printed() -> None:
    picture = pages.jpeg(2, 2, lambda *_: 0, components=1)
    no_sampling = picture.replace(b"\x01\x11\x00", b"\x01\x00\x00", 1)
    assert refusal(no_sampling, JPEG) == "The JPEG is broken and cannot be read."


def test_a_jpeg_that_is_not_scaled_has_the_size_that_it_says() -> None:
    jfif = b"JFIF\0\1\2\1" + bytes([0, 60, 0, 60, 0, 0])  # 60 dots an inch
    picture = pages.jpeg(*BLOCKS, lambda *_: 0, components=1, segments=[(0xE0, jfif)])
    (sheet,) = drawn(picture, JPEG, scaling="none", orientation="portrait", resolution=(60, 60))
    assert sheet.count(0) == 240 * 160


def exactly(picture: bytes, width: int, height: int, space: str) -> bytes:
    """Return a picture's own pixels: on a sheet of its size at the resolution that pictures have that say none."""
    sheet = (width * 2540 // 150, height * 2540 // 150)
    wanted: "dict[str, Any]" = {"scaling": "none", "orientation": "portrait", "resolution": (150, 150)}
    return drawn(picture, PNG, size=sheet, space=space, **wanted)[0]


WIDE, HIGH = 45, 30


def sample(x: int, y: int, n: int, most: int) -> int:
    return (x * 7 + y * 13 + n * 50) % (most + 1)


def rows_of(samples: int, most: int) -> "list[list[int]]":
    return [[sample(x, y, n, most) for x in range(WIDE) for n in range(samples)] for y in range(HIGH)]


def as_bytes(rows: "list[list[int]]", most: int) -> bytes:
    return bytes(value * 255 // most if most < 256 else value >> 8 for row in rows for value in row)


def near(got: bytes, wanted: bytes, slack: int) -> bool:
    return len(got) == len(wanted) and all(abs(a - b) <= slack for a, b in zip(got, wanted))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("kind, depth", [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16)])
def test_a_png_has_its_own_pixels(kind: int, depth: int, interlaced: bool) -> None:
    most = (1 << depth) - 1
    rows = rows_of(3 if kind == 2 else 1, most)
    picture = pages.png(WIDE, HIGH, rows, kind, depth, interlaced, filters=range(5))
    space = RGB24 if kind == 2 else GRAY8
    assert near(exactly(picture, WIDE, HIGH, space), as_bytes(rows, most), 1)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_png_with_a_palette_has_its_own_pixels_on_white(depth: int, interlaced: bool) -> None:
    most = (1 << depth) - 1
    palette = [(index * 255 // most, 255 - index * 255 // most, index * 7 % 256) for index in range(most + 1)]
    opacity = [index * 100 % 256 for index in range(most)]
    rows = rows_of(1, most)
    chunks = [(b"PLTE", bytes(itertools.chain(*palette))), (b"tRNS", bytes(opacity))]
    picture = pages.png(WIDE, HIGH, rows, 3, depth, interlaced, chunks, filters=range(5))
    wanted = [
        (tint * alpha + 255 * (255 - alpha)) / 255
        for row in rows
        for index in row
        for alpha in [(opacity + [255])[index]]
        for tint in palette[index]
    ]
    assert near(exactly(picture, WIDE, HIGH, RGB24), bytes(map(round, wanted)), 1)


@pytest.mark.parametrize("kind", [0, 2])
def test_a_png_that_needs_no_palette_may_have_a_broken_one(kind: int) -> None:
    rows = rows_of({0: 1, 2: 3}[kind], 255)
    picture = pages.png(WIDE, HIGH, rows, kind, chunks=[(b"PLTE", bytes(4)), (b"tRNS", b"")])
    assert near(exactly(picture, WIDE, HIGH, RGB24 if kind else GRAY8), as_bytes(rows, 255), 1)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("kind, depth", [(4, 8), (4, 16), (6, 8), (6, 16)])
def test_a_png_with_an_alpha_channel_lies_on_white(kind: int, depth: int, interlaced: bool) -> None:
    most, samples = (1 << depth) - 1, 4 if kind == 6 else 2
    rows = rows_of(samples, most)
    picture = pages.png(WIDE, HIGH, rows, kind, depth, interlaced, filters=range(5))
    wanted = []
    for row in rows:
        for at in range(0, len(row), samples):
            *tints, alpha = row[at : at + samples]
            wanted += [round(255 * (tint * alpha + most * (most - alpha)) / most / most) for tint in tints]
    space = RGB24 if kind == 6 else GRAY8
    assert near(exactly(picture, WIDE, HIGH, space), bytes(wanted), 2)


@pytest.mark.parametrize("interlaced", [False, True])
def test_strips_of_a_png_join_without_a_seam(interlaced: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = pages.png(WIDE, HIGH, rows_of(4, 255), 6, 8, interlaced, filters=range(5))
    whole = exactly(picture, WIDE, HIGH, RGB24)
    monkeypatch.setattr(flatten, "STRIP_BYTES", 3 * 4 * WIDE)
    assert exactly(picture, WIDE, HIGH, RGB24) == whole


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_colour_that_is_transparent_is_white(interlaced: bool) -> None:
    rows = [[0, 90, 255]] * 3
    picture = pages.png(3, 3, rows, 0, 8, interlaced, [(b"tRNS", b"\0\x5a")])
    sheet = drawn(picture, PNG, scaling="fill", orientation="portrait", size=(9000, 9000))[0]
    middle = SMALL._replace(size=(9000, 9000)).pixels[0] // 2
    assert sheet[middle] == 255 and sheet[3] == 0


def test_a_png_that_is_not_scaled_has_the_size_that_it_says() -> None:
    metre = (2362).to_bytes(4, "big") * 2 + b"\1"  # 60 dots an inch
    picture = pages.png(30, 30, [[0] * 30] * 30, 0, 8, chunks=[(b"pHYs", metre)])
    (sheet,) = drawn(picture, PNG, scaling="none", resolution=(60, 60))
    assert 28 * 28 <= sheet.count(0) <= 30 * 30


def test_a_picture_that_has_to_be_whole_in_memory_has_a_limit_of_its_own() -> None:
    limits = RenderLimits(whole_bytes=899)
    with pytest.raises(WireError, match="PNG is interlaced and takes 900 bytes; allowed are 899"):
        drawn(pages.png(30, 30, [[0] * 30] * 30, 0, 8, interlaced=True), PNG, limits)
    with pytest.raises(WireError, match="JPEG is progressive and takes 1536 bytes; allowed are 899"):
        drawn(pages.jpeg(2, 2, lambda *_: 0, progressive=True), JPEG, limits)
    assert drawn(pages.jpeg(2, 2, lambda *_: 0), JPEG, limits)
    assert drawn(pages.png(30, 30, [[0] * 30] * 30, 0, 8), PNG, limits)


@pytest.mark.parametrize("kind, interlaced", [(6, False), (2, True)])
def test_rows_that_are_missing_are_refused(kind: int, interlaced: bool) -> None:
    whole = pages.png(WIDE, HIGH, rows_of({2: 3, 6: 4}[kind], 255), kind, interlaced=interlaced)
    at = whole.index(b"IDAT")
    coded = zlib.compress(zlib.decompress(whole[at + 4 : -16])[:-50])
    cut = whole[: at - 4] + pages.chunk(b"IDAT", coded) + pages.chunk(b"IEND", b"")
    assert refusal(cut, PNG) == "The PNG is broken: its rows are cut or damaged."


GOLD = {  # what was looked at once: name -> document, format, view; nothing with the system's own fonts
    "shapes": (
        pages.pdf(
            ["1 0 0 rg 60 600 200 150 re f 0 0.5 0 RG 8 w 100 100 m 500 500 l 100 500 l s /Half gs 0 0 1 rg "
             "200 500 250 200 re f"] * 3
        ),
        PDF,
        View((40, 40), RGB24, number_up=4, framed=True, margins=Margins(500, 500, 500, 500)),
    ),
    "photograph": (
        pages.jpeg(24, 16, lambda c, r, n: (c * 9 + r * 5, 128 + c * 4, 60 + r * 8)[n],
                   segments=[(0xE1, pages.exif(6))]),
        JPEG,
        View((40, 40), RGB24, margins=Margins(500, 500, 500, 500)),
    ),
    "logo": (
        pages.png(
            32, 32, [[v for x in range(32) for v in (x * 8, y * 8, 0, 255 * (x + y > 20))] for y in range(32)], 6
        ),
        PNG,
        View((40, 40), RGB24, margins=Margins(500, 500, 500, 500), orientation="landscape"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOLD)
def test_sheets_look_as_they_did_when_they_were_looked_at(name: str) -> None:
    document, format, view = GOLD[name]
    sheets = render(io.BytesIO(document), format, Setup(), view)
    sheet = b"".join(map(bytes, next(sheets).bands))
    width, height, wanted = pages.read_png((GOLDEN / f"{name}.png").read_bytes())
    assert (width, height) == view.pixels
    assert sum(abs(a - b) for a, b in zip(sheet, wanted)) / len(wanted) < 0.5  # of 255, on average


CHILD = """
import io, itertools, sys
from feedpath.back.pdl import page
from feedpath.back.pdl.draw import layout, render
path, format, space, most = sys.argv[1:]
view = layout.View(space=space)
with open(path, "rb") as file:
    for sheet in itertools.islice(render.render(file, format, page.Setup(), view), int(most)):
        assert sum(map(len, sheet.bands)) == sheet.raster.stride * sheet.raster.height
lines = open("/proc/self/status").read().splitlines()
print(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""


def peak_mb(path: Path, document: bytes, format: str, space: str = GRAY8, sheets: int = 10) -> float:
    """Return how many megabytes a process that draws a document at 600 dots an inch had at most."""
    path.write_bytes(document)
    command = [sys.executable, "-c", CHILD, str(path), format, space, str(sheets)]
    run = subprocess.run(command, capture_output=True, check=True, timeout=WATCHDOG_S, cwd=ROOT / "firmware")
    return int(run.stdout) * 1024 / 1e6


@pytest.mark.parametrize("space", [GRAY8, RGB24])
def test_ten_sheets_of_pdf_take_fifty_megabytes(tmp_path: Path, space: str) -> None:
    photograph = pages.jpeg(150, 112, lambda c, r, n: (c * 3 + r + n * 40) % 256)
    image = ("/Type/XObject/Subtype/Image/Width 1200/Height 896/ColorSpace/DeviceRGB/BitsPerComponent 8"
             "/Filter/DCTDecode", photograph)  # fmt: skip
    text = "".join(f"BT /F 11 Tf 60 {780 - 14 * line} Td (Line {line} of many) Tj ET " for line in range(35))
    lines = "".join(f"{50 + 5 * at} 20 m {60 + 5 * at} 270 l S " for at in range(90))
    form = ("/Type/XObject/Subtype/Form/BBox[0 0 600 900]/Resources<</XObject<</I 10 0 R>>>>",
            b"q 300 0 0 225 100 40 cm /I Do Q")  # fmt: skip
    drawing = ("/Type/Annot/Subtype/Stamp/Rect[0 0 600 900]/F 4/AP<</N 11 0 R>>", None)
    document = pages.pdf([text + lines] * 10, page="/Annots[12 0 R]", objects=[image, form, drawing])
    assert peak_mb(tmp_path / "ten.pdf", document, PDF, space) <= 50


@pytest.mark.parametrize("space", [GRAY8, RGB24])
def test_a_photograph_of_24_megapixels_and_15_megabytes_takes_sixty_megabytes(tmp_path: Path, space: str) -> None:
    picture, end = pages.grey_jpeg(6000, 4000)[:-2], b"\xff\xd9"
    assert peak_mb(tmp_path / "photo.jpg", picture + bytes(15_000_000) + end, JPEG, space) <= 60


def test_a_megabyte_of_text_takes_fifty_megabytes(tmp_path: Path) -> None:
    text = "The quick brown fox, \u03b1\u03b2\u03b3 \u65e5\u672c.\n".encode() * 28_000
    assert peak_mb(tmp_path / "long.txt", text, TEXT, sheets=20) <= 50


SEEDS = [
    (PDF, pages.pdf(["0 0 0 rg 0 0 700 900 re f BT /F 24 Tf 72 700 Td (Text) Tj ET"] * 2)),
    (PDF, pages.form()),
    (PDF, pages.pdf([""], password="x")),
    (JPEG, pages.jpeg(8, 8, lambda c, r, n: (c * 30 + r + n) % 256, segments=[(0xE1, pages.exif(6))])),
    (JPEG, pages.jpeg(4, 4, lambda c, r, n: (c * 30 + r + n) % 256, components=4, progressive=True)),
    (PNG, pages.png(WIDE, HIGH, rows_of(3, 255), 2, 8)),
    (PNG, pages.png(WIDE, HIGH, rows_of(4, 255), 6, 8, interlaced=True)),
    (PNG, pages.png(WIDE, HIGH, rows_of(1, 15), 3, 4, chunks=[(b"PLTE", bytes(48))])),
    (TEXT, "Some text\twith \x1b[1mthis\x1b[m and \u00e9\f\r\nthat\n".encode()),
]
FUZZED = """
import io, json, sys
from feedpath.back.pdl import page, sandbox
from feedpath.back.pdl.draw import layout, render
from feedpath.errors import WireError
cases = [(format, bytes.fromhex(coded)) for format, coded in json.load(open(sys.argv[1]))]
sandbox.enter(sandbox.Bounds(cpu_s=60))
for format, document in cases:
    try:
        for sheet in render.render(io.BytesIO(document), format, page.Setup(), layout.View(resolution=(30, 30))):
            assert sum(map(len, sheet.bands)) == sheet.raster.stride * sheet.raster.height
    except WireError:
        pass
    print("done")
"""
LIMIT_DEATHS = (-6, -9, -11, -24, -31)  # abort for want of memory, killed, a fault, processor time, a refused call


DAMAGE = st.tuples(st.sampled_from(["changed", "cut", "doubled", "swapped"]), st.floats(0, 1), st.integers(0, 255))
DAMAGED = st.tuples(st.integers(0, len(SEEDS) - 1), st.lists(DAMAGE, max_size=6))


def damaged(seed: int, damages: "list[tuple[str, float, int]]") -> "tuple[str, str]":
    """Return a kind and a document of it, some bytes of which are changed, missing, or there twice."""
    format, document = SEEDS[seed]
    data = bytearray(document)
    for kind, place, value in damages:
        at = int(place * len(data))
        if kind == "changed":
            data[at : at + 1] = bytes([value])
        elif kind == "cut":
            del data[at : at + value]
        elif kind == "doubled":
            data[at:at] = data[at : at + value]
        else:
            data[at : at + 4] = (b"9999", b"-1-1", b"\xff\xff\xff\xff", b"\0\0\0\0")[value % 4]
    return format, bytes(data).hex()


@settings(max_examples=5, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
@given(st.lists(DAMAGED, min_size=20, max_size=60))
def test_a_damaged_document_gives_sheets_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, cases: "list[tuple[int, list[tuple[str, float, int]]]]"
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "cases.json"
    path.write_text(json.dumps([damaged(*case) for case in cases]))
    path.parent.chmod(0o755)
    command = [sys.executable, "-c", FUZZED, str(path)]
    run = subprocess.run(command, capture_output=True, check=False, timeout=WATCHDOG_S, cwd=ROOT / "firmware")
    if run.returncode not in LIMIT_DEATHS:
        assert (run.returncode, run.stderr) == (0, b"")
        assert run.stdout.count(b"done") == len(cases)
