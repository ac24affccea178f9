"""CUPS raster: the header field by field, and pages in the layouts that drivers want."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from feedpath.back.pdl.bridge import cupsraster, ppd, separate
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Page, Raster
from feedpath.errors import WireError
from tests.fakes import driver


def target(*changes: "tuple[str, str]", **choices: str) -> cupsraster.Target:
    fake = ppd.read(driver.ppd(*changes))
    return cupsraster.target(fake, ppd.marked(fake, choices))


def page(raster: Raster, rows: "Iterator[bytes]") -> Page:
    return Page(raster, (memoryview(row) for row in rows))


def unpack(header: bytes) -> "dict[str, object]":
    """Return a header's fields: strings end at their NUL, several numbers are a tuple."""
    values = list(struct.unpack("=" + "".join(form for _, form in cupsraster.FIELDS), header))
    fields: dict[str, object] = {}
    for name, form in cupsraster.FIELDS:
        count = int(form[:-1] or 1) if form[-1] != "s" else 1
        taken = [value.split(b"\0")[0].decode() if form[-1] == "s" else value for value in values[:count]]
        fields[name] = taken[0] if count == 1 else tuple(taken)
        del values[:count]
    return fields


def test_a_header_has_1796_bytes() -> None:
    assert cupsraster.HEADER_BYTES == 1796
    assert len(cupsraster.pack({})) == 1796


@pytest.mark.parametrize(
    "name, offset",
    [
        ("MediaClass", 0), ("OutputType", 192), ("AdvanceDistance", 256), ("HWResolution", 276), ("NumCopies", 340),
        ("PageSize", 352), ("cupsWidth", 372), ("cupsBytesPerLine", 392), ("cupsColorSpace", 400),
        ("cupsNumColors", 420), ("cupsPageSize", 428), ("cupsInteger0", 452), ("cupsReal0", 516),
        ("cupsString0", 580), ("cupsMarkerType", 1604), ("cupsPageSizeName", 1732),
    ],
)  # fmt: skip
def test_a_field_stands_at_its_place(name: str, offset: int) -> None:
    before = cupsraster.FIELDS[: [field for field, _ in cupsraster.FIELDS].index(name)]
    assert struct.calcsize("=" + "".join(form for _, form in before)) == offset


def test_the_header_is_what_the_choices_say() -> None:
    fields = unpack(cupsraster.pack(target(Duplex="DuplexTumble", MediaType="THICK").header))
    said = {name: value for name, value in fields.items() if value not in ("", 0, 0.0)}
    assert said == {
        "MediaType": "THICK",
        "Duplex": 1,
        "HWResolution": (600, 600),
        "ImagingBoundingBox": (12, 18, 583, 824),
        "Margins": (12, 18),
        "NumCopies": 1,
        "PageSize": (595, 842),
        "Tumble": 1,
        "cupsWidth": 4758,
        "cupsHeight": 6717,
        "cupsMediaType": 2,
        "cupsBitsPerColor": 1,
        "cupsBitsPerPixel": 1,
        "cupsBytesPerLine": 595,
        "cupsColorSpace": 3,
        "cupsCompression": 17,
        "cupsNumColors": 1,
        "cupsBorderlessScalingFactor": 1.0,
        "cupsPageSize": (595.0, 842.0),
        "cupsImagingBBox": (12.0, 18.0, 583.0, 824.0),
        "cupsInteger0": 7,
        "cupsPageSizeName": "A4",
    }


@pytest.mark.parametrize(
    "code, expected",
    [
        ("cupsColorSpace 3/cupsBitsPerColor 8", (1, 8, 8, 100)),
        ("cupsColorSpace 1/cupsBitsPerColor 8", (3, 8, 24, 300)),
        ("cupsColorSpace 1/cupsBitsPerColor 8/cupsColorOrder 1", (3, 8, 8, 300)),
        ("cupsColorSpace 4/cupsBitsPerColor 1", (3, 1, 4, 50)),
        ("cupsColorSpace 6/cupsBitsPerColor 1", (4, 1, 4, 50)),
        ("cupsColorSpace 6/cupsBitsPerColor 1/cupsColorOrder 1", (4, 1, 1, 52)),
        ("cupsColorSpace 9/cupsBitsPerColor 1", (6, 1, 8, 100)),
        ("cupsColorSpace 9/cupsBitsPerColor 8", (4, 8, 32, 400)),
        ("cupsColorSpace 19/cupsBitsPerColor 1", (3, 8, 24, 300)),
        ("cupsColorSpace 50/cupsBitsPerColor 1", (3, 1, 3, 38)),
        ("cupsColorSpace 17/cupsBitsPerColor 8", (4, 8, 32, 400)),
    ],
)
def test_the_length_of_a_row_is_that_of_libcups(code: str, expected: "tuple[int, ...]") -> None:
    resolution = ("HWResolution[600 600]/cupsBitsPerColor 1/cupsColorSpace 3", f"HWResolution[36 36]/{code}")
    fake = ppd.read(driver.ppd(resolution, ('"<</cupsCompression 17>>setpagedevice"', '""')))
    header = cupsraster.interpret(fake, ppd.marked(fake, {"PageSize": "Card"}))
    assert header["cupsWidth"] == 100
    names = ("cupsNumColors", "cupsBitsPerColor", "cupsBitsPerPixel", "cupsBytesPerLine")
    assert tuple(header[name] for name in names) == expected


@pytest.mark.parametrize(
    "orientation, box, sheet",
    [
        (0, (12, 18, 583, 824), (595, 842)),
        (1, (18, 12, 824, 583), (842, 595)),
        (2, (12, 18, 583, 824), (595, 842)),
        (3, (18, 12, 824, 583), (842, 595)),
    ],
)
def test_a_turned_sheet_has_its_sides_turned(
    orientation: int, box: "tuple[int, ...]", sheet: "tuple[int, int]"
) -> None:
    header = target(("MediaPosition 0", f"Orientation {orientation}")).header
    assert header["ImagingBoundingBox"] == box
    assert header["PageSize"] == sheet


def test_a_target_tells_pixels_margins_and_the_back() -> None:
    wanted = target(PageSize="Letter", Duplex="DuplexNoTumble")
    assert wanted.raster == Raster(4900, 6300, BLACK1, (600, 600), (21590, 27940), sides="two-sided-long-edge")
    assert wanted.margins == (423, 635, 423, 635)
    assert wanted.back == (-1, -1)
    assert wanted.copies


@pytest.mark.parametrize(
    "side, duplex, back",
    [
        ("Normal", "DuplexNoTumble", (1, 1)),
        ("Rotated", "None", (1, 1)),
        ("Rotated", "DuplexNoTumble", (-1, -1)),
        ("Rotated", "DuplexTumble", (1, 1)),
        ("ManualTumble", "DuplexNoTumble", (1, 1)),
        ("ManualTumble", "DuplexTumble", (-1, -1)),
        ("Flipped", "DuplexNoTumble", (1, -1)),
        ("Flipped", "DuplexTumble", (-1, 1)),
    ],
)
def test_the_back_is_drawn_as_the_driver_wants(side: str, duplex: str, back: "tuple[int, int]") -> None:
    assert target(('cupsBackSide: "Rotated"', f'cupsBackSide: "{side}"'), Duplex=duplex).back == back


def test_an_old_driver_has_its_back_rotated() -> None:
    wanted = target(('cupsBackSide: "Rotated"', "cupsFlipDuplex: True"), Duplex="DuplexNoTumble")
    assert wanted.back == (-1, -1)


@pytest.mark.parametrize(
    "change, says",
    [
        (("cupsBitsPerColor 1/cupsColorSpace 3>>", "cupsBitsPerColor 3/cupsColorSpace 3>>"), "3 bits a colour"),
        (("cupsBitsPerColor 1/cupsColorSpace 3>>", "cupsBitsPerColor 16/cupsColorSpace 3>>"), "not made"),
        (("HWResolution[600 600]", "HWResolution[0 600]"), "pixels"),
        (("HWResolution[600 600]", "HWResolution[600 1e9]"), "pixels"),
        (("MediaPosition 0", "cupsBorderlessScalingFactor 9"), "pixels"),
        (("ImageableArea A4/A4: \"12 18 583 824\"", "ImageableArea A4/A4: \"0 0 0 0\""), "pixels"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_in_words(change: "tuple[str, str]", says: str) -> None:
    with pytest.raises(WireError, match=says):
        target(change)


def test_code_that_is_not_understood_is_left_as_cups_leaves_it() -> None:
    wanted = target(("<</MediaPosition 0>>setpagedevice", "<</MediaPosition 9>>setpagedevice dance"))
    assert wanted.header["MediaPosition"] == 9


def test_a_page_is_its_header_and_its_rows() -> None:
    wanted = target(("HWResolution[600 600]", "HWResolution[36 36]"), PageSize="Card")
    rows = [bytes([number % 256]) * 13 for number in range(150)]
    made = cupsraster.encode([(page(wanted.raster, iter(rows)), wanted)] * 1)
    assert b"".join(made) == cupsraster.SYNC + cupsraster.pack(wanted.header) + b"".join(rows)


@pytest.mark.parametrize("change", [{"width": 99}, {"height": 1}, {"space": GRAY8}, {"space": RGB24}])
def test_a_page_of_another_size_or_space_is_refused(change: "dict[str, Any]") -> None:
    wanted = target(("HWResolution[600 600]", "HWResolution[36 36]"), PageSize="Card")
    other = wanted.raster._replace(**change)
    with pytest.raises(WireError, match="The driver wants 100 x 150 pixels black1"):
        list(cupsraster.encode([(page(other, iter([])), wanted)]))


def test_every_layout_is_known_by_what_libcups_calls_it() -> None:
    assert (3, 0, 1) in separate.LAYOUTS and (6, 1, 1) in separate.LAYOUTS and (1, 0, 8) in separate.LAYOUTS
    assert separate.LAYOUTS[8, 1, 8].colors == "KCMY"
