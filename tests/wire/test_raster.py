"""Golden octets of PWG raster (PWG 5102.4, table 8) and Apple raster, one field a line, read and written."""

import io

import pytest

from feedpath.back.pdl import pwg, urf
from feedpath.back.pdl.page import RGB24, Raster, Setup
from feedpath.back.pdl.source import FileSource
from tests.unit.back.pdl.rastering import Whole, page, whole

GRAY_ROWS = (
    b"\x01" b"\x03\xff"  # two white rows
    b"\x00" b"\x00\x10" b"\x02\xff"  # one grey pixel and three white ones
    b"\x00" b"\xfd\x01\x02\x03\x04"
)  # fmt: skip
GRAY_PIXELS = b"\xff" * 8 + b"\x10\xff\xff\xff" + b"\x01\x02\x03\x04"
COLOR_ROWS = (
    b"\x00" b"\xff\xff\x00\x00\x00\xff\x00"  # a red pixel and a green one
    b"\x00" b"\x01\x00\x00\xff"  # two blue ones
)  # fmt: skip
COLOR_PIXELS = b"\xff\x00\x00\x00\xff\x00" + b"\x00\x00\xff" * 2

PWG_OCTETS = (
    b"RaS2"
    + b"PwgRaster".ljust(64, b"\0")  # PwgRaster
    + b"".ljust(64, b"\0")  # MediaColor
    + b"stationery".ljust(64, b"\0")  # MediaType
    + b"".ljust(64, b"\0")  # PrintContentOptimize
    + bytes(12)  # reserved
    + b"\x00\x00\x00\x00"  # CutMedia
    + b"\x00\x00\x00\x01"  # Duplex
    + b"\x00\x00\x02\x58\x00\x00\x02\x58"  # HWResolution
    + bytes(16)  # reserved
    + b"\x00\x00\x00\x00"  # InsertSheet
    + b"\x00\x00\x00\x00"  # Jog
    + b"\x00\x00\x00\x00"  # LeadingEdge
    + bytes(12)  # reserved
    + b"\x00\x00\x00\x01"  # MediaPosition: main
    + b"\x00\x00\x00\x00"  # MediaWeight
    + bytes(8)  # reserved
    + b"\x00\x00\x00\x02"  # NumCopies
    + b"\x00\x00\x00\x00"  # Orientation
    + bytes(4)  # reserved
    + b"\x00\x00\x02\x53\x00\x00\x03\x4a"  # PageSize
    + bytes(8)  # reserved
    + b"\x00\x00\x00\x01"  # Tumble
    + b"\x00\x00\x00\x04"  # Width
    + b"\x00\x00\x00\x04"  # Height
    + bytes(4)  # reserved
    + b"\x00\x00\x00\x08"  # BitsPerColor
    + b"\x00\x00\x00\x08"  # BitsPerPixel
    + b"\x00\x00\x00\x04"  # BytesPerLine
    + b"\x00\x00\x00\x00"  # ColorOrder: chunky
    + b"\x00\x00\x00\x12"  # ColorSpace: sGray
    + bytes(16)  # reserved
    + b"\x00\x00\x00\x01"  # NumColors
    + bytes(28)  # reserved
    + b"\x00\x00\x00\x05"  # TotalPageCount
    + b"\x00\x00\x00\x01"  # CrossFeedTransform
    + b"\x00\x00\x00\x01"  # FeedTransform
    + b"\x00\x00\x00\x00"  # ImageBoxLeft
    + b"\x00\x00\x00\x00"  # ImageBoxTop
    + b"\x00\x00\x00\x04"  # ImageBoxRight
    + b"\x00\x00\x00\x04"  # ImageBoxBottom
    + b"\x00\xff\xff\xff"  # AlternatePrimary
    + b"\x00\x00\x00\x04"  # PrintQuality
    + bytes(20)  # reserved
    + b"\x00\x00\x00\x00"  # VendorIdentifier
    + b"\x00\x00\x00\x00"  # VendorLength
    + bytes(1088)  # VendorData
    + bytes(64)  # reserved
    + b"".ljust(64, b"\0")  # RenderingIntent
    + b"iso_a4_210x297mm".ljust(64, b"\0")  # PageSizeName
    + GRAY_ROWS
)
PWG_PAGE = Whole(
    Raster(
        width=4,
        height=4,
        resolution=(600, 600),
        size=(21000, 29700),
        media="iso_a4_210x297mm",
        sides="two-sided-short-edge",
        total=5,
        copies=2,
        source="main",
        type="stationery",
        quality="normal",
    ),
    GRAY_PIXELS,
)

URF_OCTETS = (
    b"UNIRAST\0"
    b"\x00\x00\x00\x05"  # pages
    b"\x18"  # bits a pixel
    b"\x01"  # colour space: sRGB
    b"\x03"  # duplex: long edge
    b"\x05"  # quality: high
    b"\x01"  # media type: stationery
    b"\x14"  # input slot: tray 1
    b"\x00"  # output bin
    b"\x00"  # copies
    b"\x00\x00\x00\x00"  # finishings
    b"\x00\x00\x00\x02"  # width
    b"\x00\x00\x00\x02"  # height
    b"\x00\x00\x01\x2c"  # resolution
    b"\x00\x00\x00\x00\x00\x00\x00\x00"  # reserved
) + COLOR_ROWS
URF_PAGE = Whole(
    Raster(
        width=2,
        height=2,
        space=RGB24,
        resolution=(300, 300),
        size=(17, 17),
        sides="two-sided-long-edge",
        total=5,
        source="tray-1",
        type="stationery",
        quality="high",
    ),
    COLOR_PIXELS,
)
GOLDEN = [(pwg, PWG_PAGE, PWG_OCTETS), (urf, URF_PAGE, URF_OCTETS)]


@pytest.mark.parametrize("language, golden, octets", GOLDEN, ids=["pwg", "urf"])
def test_a_document_is_written_to_the_octet(language, golden: Whole, octets: bytes) -> None:
    pieces = language.encode([page(*golden)], Setup(), language.Traits())
    assert b"".join(bytes(piece) for piece in pieces) == octets


@pytest.mark.parametrize("language, golden, octets", GOLDEN, ids=["pwg", "urf"])
def test_a_document_is_read_to_the_octet(language, golden: Whole, octets: bytes) -> None:
    assert list(whole(language.read(FileSource(io.BytesIO(octets))))) == [golden]
