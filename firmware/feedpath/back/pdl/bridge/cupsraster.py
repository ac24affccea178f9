"""CUPS raster, version 3 in the machine's own byte order: what the raster drivers of CUPS read (CUPS, raster.h).

A page is a header of 1796 bytes (cups_page_header2_t), made as cupsRasterInterpretPPD makes it, and its rows, plain.
"""

import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from feedpath.back.pdl.bridge import ppd as drivers
from feedpath.back.pdl.bridge import separate, setpagedevice
from feedpath.back.pdl.bridge.ppd import Ppd
from feedpath.back.pdl.bridge.setpagedevice import Value
from feedpath.back.pdl.page import MM_100_PER_INCH, Page, Raster
from feedpath.errors import WireError

Header = dict[str, Value]

SYNC = b"3SaR" if sys.byteorder == "little" else b"RaS3"
POINTS_PER_INCH = 72
MOST_PIXELS = 100_000  # a side: 60 inches at 1440 dpi
FULL_SCALE = 1.0
LEAST_SCALE, MOST_SCALE = 0.1, 2.0  # of cupsBorderlessScalingFactor

FIELDS = (  # of cups_page_header2_t, in its order: name, struct format
    ("MediaClass", "64s"), ("MediaColor", "64s"), ("MediaType", "64s"), ("OutputType", "64s"),
    ("AdvanceDistance", "I"), ("AdvanceMedia", "I"), ("Collate", "I"), ("CutMedia", "I"), ("Duplex", "I"),
    ("HWResolution", "2I"), ("ImagingBoundingBox", "4I"), ("InsertSheet", "I"), ("Jog", "I"), ("LeadingEdge", "I"),
    ("Margins", "2I"), ("ManualFeed", "I"), ("MediaPosition", "I"), ("MediaWeight", "I"), ("MirrorPrint", "I"),
    ("NegativePrint", "I"), ("NumCopies", "I"), ("Orientation", "I"), ("OutputFaceUp", "I"), ("PageSize", "2I"),
    ("Separations", "I"), ("TraySwitch", "I"), ("Tumble", "I"), ("cupsWidth", "I"), ("cupsHeight", "I"),
    ("cupsMediaType", "I"), ("cupsBitsPerColor", "I"), ("cupsBitsPerPixel", "I"), ("cupsBytesPerLine", "I"),
    ("cupsColorOrder", "I"), ("cupsColorSpace", "I"), ("cupsCompression", "I"), ("cupsRowCount", "I"),
    ("cupsRowFeed", "I"), ("cupsRowStep", "I"), ("cupsNumColors", "I"), ("cupsBorderlessScalingFactor", "f"),
    ("cupsPageSize", "2f"), ("cupsImagingBBox", "4f"),
    *((f"cupsInteger{number}", "I") for number in range(16)),
    *((f"cupsReal{number}", "f") for number in range(16)),
    *((f"cupsString{number}", "64s") for number in range(16)),
    ("cupsMarkerType", "64s"), ("cupsRenderingIntent", "64s"), ("cupsPageSizeName", "64s"),
)  # fmt: skip
HEADER_BYTES = struct.calcsize("=" + "".join(form for _, form in FIELDS))

DEFAULTS: Header = {  # where the driver's code says nothing: raster-interpret.c
    "NumCopies": 1,
    "PageSize": (612, 792),
    "HWResolution": (100, 100),
    "cupsBitsPerColor": 1,
    "cupsColorOrder": 0,
    "cupsColorSpace": 3,
    "cupsBorderlessScalingFactor": FULL_SCALE,
    "cupsPageSize": (612.0, 792.0),
    "cupsPageSizeName": "Letter",
}
LETTER = drivers.Size("Letter", 612.0, 792.0, 0.0, 0.0, 612.0, 792.0)

CHUNKED, BANDED, PLANAR = range(3)  # cupsColorOrder
COLORS = {  # cupsColorSpace, bits a colour (0: else): how many colours a pixel has; 3 where it is not here
    **{(space, 0): 1 for space in (0, 3, 12, 13, 14, 18)},
    **{(space, 0): 4 for space in (2, 6, 7, 8, 9, 10, 11, 17)},
    **{(47 + colors, 0): colors for colors in range(1, 16)},
    (9, 1): 6,
}
PADDED = {(9, 1): 8}  # the same: what a pixel is filled up to; to 4 where it has three colours and is not in COLORS
DEVICE_INDEPENDENT = 15  # cupsColorSpace CIEXYZ and above, those of COLORS aside: at least eight bits a colour

BACK_SIDES = {  # cupsBackSide, Tumble: how the back of a sheet is drawn, cross-feed and feed (PWG 5102.4, 4.3)
    ("ManualTumble", 1): (-1, -1),
    ("Rotated", 0): (-1, -1),
    ("Flipped", 0): (1, -1),
    ("Flipped", 1): (-1, 1),
}
AS_IT_IS = (1, 1)


class Target(NamedTuple):
    """What a driver wants of a page.

    raster: its pixels, which are the part of the sheet that can be printed; margins: left, bottom, right and top of it
    in hundredths of a millimetre; back: (cross-feed, feed) of pages on the back of a sheet, -1 where these are drawn
    from the other end; copies: whether the machine makes the copies of a page; header: of the raster.
    """

    raster: Raster
    margins: "tuple[int, int, int, int]"
    back: "tuple[int, int]"
    copies: bool
    header: Header


def target(ppd: Ppd, marks: "Mapping[str, str]") -> Target:
    """Return what a driver wants with these choices; raise WireError where it is nothing that we can make."""
    header = interpret(ppd, marks)
    layout = separate.LAYOUTS.get(_layout(header))
    if layout is None:
        space, order, bits = _layout(header)
        raise WireError(f"The driver wants colour space {space} in order {order} with {bits} bits, which is not made.")
    width, height = _two(header, "cupsPageSize")
    left, bottom, right, top = _four(header, "cupsImagingBBox")
    raster = Raster(
        int(_number(header, "cupsWidth")),
        int(_number(header, "cupsHeight")),
        layout.space,
        (int(_two(header, "HWResolution")[0]), int(_two(header, "HWResolution")[1])),
        (_mm_100(width), _mm_100(height)),
        sides=_sides(header),
    )
    margins = (_mm_100(left), _mm_100(bottom), _mm_100(width - right), _mm_100(height - top))
    return Target(raster, margins, _back(ppd, header), not ppd.true("cupsManualCopies"), header)


def pack(header: Header) -> bytes:
    """Return a header's bytes."""
    values: list[object] = []
    for name, form in FIELDS:
        value = header.get(name, "" if form.endswith("s") else 0)
        if isinstance(value, str):
            values.append(value.encode("latin-1", "replace")[:63])
        elif isinstance(value, tuple):
            values += value
        elif form[:-1]:
            values += [value] * int(form[:-1])
        else:
            values.append(value)
    return struct.pack("=" + "".join(form for _, form in FIELDS), *values)


def encode(pages: "Iterable[tuple[Page, Target]]") -> "Iterator[bytes | memoryview]":
    """Yield CUPS raster of pages that have the size and space of their targets; raise WireError at others."""
    yield SYNC
    for page, wanted in pages:
        raster, given = wanted.raster, page.raster
        layout = separate.LAYOUTS[_layout(wanted.header)]
        if (given.width, given.height) != (raster.width, raster.height) or given.space not in layout.takes:
            raise WireError(
                f"The driver wants {raster.width} x {raster.height} pixels {raster.space}, "
                f"and the page has {given.width} x {given.height} {given.space}."
            )
        yield pack(wanted.header)
        yield from separate.rows(page, layout)


def interpret(ppd: Ppd, marks: "Mapping[str, str]") -> Header:
    """Return the header that a driver's choices give; raise WireError where no page can have it.

    Code that is not understood is left at that point, as CUPS does.
    """
    header = dict(DEFAULTS)
    for code in drivers.code(ppd, marks):
        try:
            setpagedevice.run(code, header)
        except WireError:
            continue
    size = drivers.size(ppd, marks)
    if size is not None:
        header["cupsPageSizeName"] = size.name
        header["cupsPageSize"] = (_f32(size.width), _f32(size.length))
    _place(header, size or LETTER)
    _count(header)
    return header


def _place(header: Header, size: drivers.Size) -> None:
    """Set the sheet, what can be printed of it, and the pixels of that."""
    left, bottom, right, top = _turned(header, size)
    scale = _f32(_number(header, "cupsBorderlessScalingFactor"))
    width, height = _two(header, "cupsPageSize")
    sheet = (_whole(width * scale), _whole(height * scale))
    header["PageSize"] = sheet
    header["ImagingBoundingBox"] = tuple(_whole(side * scale) for side in (left, bottom, right, top))
    header["Margins"] = (_whole(left * scale), _whole(bottom * scale))
    header["cupsImagingBBox"] = (left, bottom, right, top)
    across, along = _two(header, "HWResolution")
    pixels = (_pixels(right - left, scale, across), _pixels(top - bottom, scale, along))
    header["cupsWidth"], header["cupsHeight"] = pixels
    if not LEAST_SCALE <= scale <= MOST_SCALE or not all(0 < side <= MOST_PIXELS for side in (*sheet, *pixels)):
        raise WireError("The driver's choices give a page without or with far too many pixels.")


def _turned(header: Header, size: drivers.Size) -> "tuple[float, float, float, float]":
    """Return left, bottom, right and top of what can be printed, by the header's orientation; turn the sheet so."""
    left, bottom, right, top = (_f32(side) for side in size[3:])
    width, height = _two(header, "cupsPageSize")
    orientation = header.get("Orientation", 0)
    if orientation in (1, 3):
        header["cupsPageSize"] = width, height = height, width
    if orientation == 1:
        left, bottom, right, top = width - top, height - left, width - bottom, height - right
    elif orientation == 2:
        left, bottom, right, top = width - right, height - top, width - left, height - bottom
    elif orientation == 3:
        left, bottom, right, top = bottom, height - right, top, height - left
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _count(header: Header) -> None:
    """Set how many colours a pixel has, and what a row takes."""
    space, order, bits = _layout(header)
    if bits not in (1, 2, 4, 8, 16):
        raise WireError(f"The driver's choices give {bits} bits a colour; allowed are 1, 2, 4, 8 and 16.")
    colors = COLORS.get((space, bits), COLORS.get((space, 0), 3))
    if (space, 0) not in COLORS:
        bits = max(bits, 8) if space >= DEVICE_INDEPENDENT else bits
    padded = PADDED.get((space, bits), 4 if (space, 0) not in COLORS and bits < 8 else colors)
    pixel = bits * (padded if order == CHUNKED else 1)
    line = (pixel * int(_number(header, "cupsWidth")) + 7) // 8
    header["cupsNumColors"] = colors
    header["cupsBitsPerColor"] = bits
    header["cupsBitsPerPixel"] = pixel
    header["cupsBytesPerLine"] = line * (colors if order == BANDED else 1)


def _layout(header: Header) -> "tuple[int, int, int]":
    space, order = _number(header, "cupsColorSpace"), _number(header, "cupsColorOrder")
    return int(space), int(order), int(_number(header, "cupsBitsPerColor"))


def _back(ppd: Ppd, header: Header) -> "tuple[int, int]":
    """Return how the back of a sheet is drawn."""
    if not header.get("Duplex"):
        return AS_IT_IS
    side = ppd.attribute("cupsBackSide") or ("Rotated" if ppd.true("cupsFlipDuplex") else "")
    return BACK_SIDES.get((side, int(_number(header, "Tumble"))), AS_IT_IS)


def _sides(header: Header) -> str:
    if not header.get("Duplex"):
        return "one-sided"
    return "two-sided-short-edge" if header.get("Tumble") else "two-sided-long-edge"


def _number(header: Header, name: str) -> float:
    value = header.get(name, 0)
    return value if isinstance(value, int | float) else 0


def _two(header: Header, name: str) -> "tuple[float, float]":
    value = header.get(name)
    return (value[0], value[1]) if isinstance(value, tuple) else (0.0, 0.0)


def _four(header: Header, name: str) -> "tuple[float, float, float, float]":
    value = header.get(name)
    return (value[0], value[1], value[2], value[3]) if isinstance(value, tuple) else (0.0, 0.0, 0.0, 0.0)


def _f32(number: float) -> float:
    """Return a number as binary32 has it: CUPS computes so, and a page's pixels hang on it."""
    value: float = struct.unpack("f", struct.pack("f", setpagedevice.real(number)))[0]
    return value


def _whole(number: float) -> int:
    return setpagedevice.unsigned(_f32(number))


def _pixels(points: float, scale: float, resolution: float) -> int:
    inches = _f32(_f32(_f32(_f32(points) * scale) * resolution) / POINTS_PER_INCH)
    return setpagedevice.unsigned(_f32(inches + 0.5))


def _mm_100(points: float) -> int:
    return round(points * MM_100_PER_INCH / POINTS_PER_INCH)
