"""Drivers whose PPD files have foomatic-rip run a script: those whose script runs an encoder that we know.

No shell is run. Such a file becomes one of CUPS' kind here, whose raster has the pixels that the encoder's machine
prints; what the worker draws by it is set into whole sheets (`bitmaps`), and goes to the encoder with the options that
stand in the file.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from feedpath.back.pdl.bridge import bitmaps, encoders
from feedpath.back.pdl.bridge import ppd as ppds
from feedpath.back.pdl.bridge.bitmaps import Placed
from feedpath.back.pdl.bridge.encoders import BASE, Encoder
from feedpath.back.pdl.bridge.ppd import PAGE_REGION, PAGE_SIZE, Option, Ppd

if TYPE_CHECKING:
    from feedpath.back.pdl.bridge.filters import Job

PROGRAMS = "/usr/bin"
COMMAND, SETTING = "FoomaticRIPCommandLine", "FoomaticRIPOptionSetting"
ALL = "%A"  # in a command line: the options
OURS = "FeedpathEncoder"  # a keyword of the files that are made here: the script and what it is always told
POINTS_PER_INCH = 72
EVEN = 32  # pixels: what is printed of a sheet begins and ends at so many, whole bytes at each resolution
KEPT = ("LanguageVersion", "Manufacturer", "ModelName", "ShortNickName", "NickName", "1284DeviceID")
COLOR_MODE, IN_COLOR = "ColorMode", "-c"  # an option, and what encoders are told where it is to be in colour
ONE_BLACK = {"A": "", "B": ""}  # black is printed by black alone, as scripts have it where they give bitcmyk
BLACK = "<</cupsColorSpace 3/cupsColorOrder 0/cupsBitsPerColor 1>>setpagedevice"
INKS = "<</cupsColorSpace 6/cupsColorOrder 0/cupsBitsPerColor 1>>setpagedevice"
CODE = {  # what choices set in the header of a raster
    ("Duplex", "DuplexNoTumble"): "<</Duplex true/Tumble false>>setpagedevice",
    ("Duplex", "DuplexTumble"): "<</Duplex true/Tumble true>>setpagedevice",
}


def is_ours(ppd: Ppd) -> bool:
    """Return whether a driver runs an encoder."""
    return bool(ppd.attribute(OURS))


def is_second_best(ppd: Ppd) -> bool:
    """Return whether a driver runs an encoder for colours: these are not corrected for the machine here."""
    return is_ours(ppd) and ppd.true("ColorDevice")


def adapted(ppd: Ppd) -> Ppd:
    """Return a driver that takes raster for one that has foomatic-rip run a script; any other as it is."""
    script, *always = _command(ppd)
    encoder = encoders.find(script, always)
    if encoder is None or PAGE_SIZE not in ppd.options:
        return ppd
    sizes = [name for name in ppd.options[PAGE_SIZE].choices if name in encoder.clips and told(ppd, PAGE_SIZE, name)]
    if not sizes:
        return ppd
    lines = [*_head(ppd, encoder, [script, *always]), *_geometry(encoder, sizes)]
    for option in ppd.options.values():
        if option.keyword == COLOR_MODE:
            lines += _colors(ppd, option)
        elif option.keyword in (PAGE_SIZE, PAGE_REGION):
            lines += _option(ppd, option, sizes)
        elif any(encoder.takes(told(ppd, option.keyword, name)) for name in option.choices):
            lines += _option(ppd, option, list(option.choices))
    return ppds.read("\n".join([*lines, ""]).encode())


def fed(ppd: Ppd, raster: "Iterator[bytes | memoryview]", job: "Job") -> "tuple[Iterator[bytes | memoryview], Job]":
    """Return what a driver's program reads for a raster, and what it is told; both as they are where it is a filter.

    For an encoder the first header is awaited: it takes all its sheets of one size.
    """
    if not is_ours(ppd):
        return raster, job
    encoder = _encoder(ppd)
    pages = bitmaps.Bitmaps(raster, lambda page: _placed(encoder, page))
    chosen = dict(option.split("=", 1) for option in job.options.split())
    marks = ppds.marked(ppd, {**chosen, PAGE_SIZE: pages.first.name})
    return iter(pages), job._replace(own=words(ppd, pages.first, marks), type="image/x-portable-bitmap")


def words(ppd: Ppd, page: bitmaps.Header, marks: "Mapping[str, str]") -> "tuple[str, ...]":
    """Return what an encoder is told of pages like this one, where these choices are made."""
    encoder = _encoder(ppd)
    chosen = [word for option in marks.items() for word in told(ppd, *option)]
    found = encoder.words([*ppd.attribute(OURS).split()[1:], *chosen])
    across, down = page.resolution
    width, height = encoder.sheet(page.name, page.resolution)
    left, top, right, bottom = encoder.clip(page.name, page.resolution, found)
    found = {**found, "r": f"{across}x{down}", "g": f"{width}x{height}"}
    if page.bits > 1:
        found = {**found, **ONE_BLACK}
    if encoder.clips_all:
        found = {**found, "u": f"{left}x{top}", "l": f"{right}x{bottom}"}
    return tuple(f"-{letter}{value}" for letter, value in found.items())


def told(ppd: Ppd, option: str, choice: str) -> "list[str]":
    """Return the words that a choice of an option gives the program."""
    return list(filter(encoders.WORD.fullmatch, ppd.attribute(SETTING, f"{option}={choice}").split()))


def _encoder(ppd: Ppd) -> Encoder:
    """Return the encoder that a driver made here runs."""
    script, *always = ppd.attribute(OURS).split()
    encoder = encoders.find(script, always)
    assert encoder is not None  # as it was when the file was made
    return encoder


def _placed(encoder: Encoder, page: bitmaps.Header) -> Placed:
    """Return the sheet that a page is set into, and where."""
    left, top, _, _ = _area(encoder, page.name)
    across, down = page.resolution
    return Placed(*encoder.sheet(page.name, page.resolution), left * across // BASE[0], top * down // BASE[1])


def _area(encoder: Encoder, name: str) -> "tuple[int, int, int, int]":
    """Return left, top, right and bottom of what is printed of a sheet, in pixels of BASE from its upper left."""
    width, height = encoder.sheet(name, BASE)
    left, top, right, bottom = encoder.clips[name]
    if name == "A4":
        left = right = max(left, encoder.a4)
    ends = width - right - encoders.WHOLE, height - bottom
    return left + -left % EVEN, top + top % 2, ends[0] - ends[0] % EVEN, ends[1] - ends[1] % 2


def _command(ppd: Ppd) -> "list[str]":
    """Return the script and what it is always told: by the command line, and by options with one choice only."""
    script, *words = ppd.attribute(COMMAND).split() or [""]
    if words[-1:] != [ALL]:
        return [""]
    alone: dict[str, list[str]] = {}
    for (key, name), value in ppd.attributes.items():
        if key == SETTING:
            alone.setdefault(name.partition("=")[0], []).append(value)
    settings = [value for option, values in alone.items() if len(values) == 1 and option not in ppd.options
                for value in values]  # fmt: skip
    told = [*words[:-1], *(word for value in settings for word in value.split())]
    return [script, *filter(encoders.WORD.fullmatch, told)]


def _head(ppd: Ppd, encoder: Encoder, command: "list[str]") -> "Iterator[str]":
    yield '*PPD-Adobe: "4.3"'
    for keyword in KEPT:
        yield f'*{keyword}: "{ppd.attribute(keyword)}"'
    yield f"*ColorDevice: {ppd.attribute('ColorDevice')}"
    yield "*cupsManualCopies: True"
    yield f'*cupsFilter: "{ppds.RASTER} 0 {encoder.program}"'
    yield f'*{OURS}: "{" ".join(command)}"'
    across, down = _resolution(encoder.words(command).get("r", "")) or encoder.resolution
    yield f'*JobPatchFile 1: "<</HWResolution[{across} {down}]>>setpagedevice {BLACK}"'


def _geometry(encoder: Encoder, sizes: "list[str]") -> "Iterator[str]":
    for name in sizes:
        width, height = encoder.sheet(name, BASE)
        left, top, right, bottom = _area(encoder, name)
        area = _points(left, 0), _points(height - bottom, 1), _points(right, 0), _points(height - top, 1)
        yield f'*PaperDimension {name}: "{_points(width, 0)} {_points(height, 1)}"'
        yield f'*ImageableArea {name}: "{" ".join(area)}"'


def _option(ppd: Ppd, option: Option, names: "list[str]") -> "Iterator[str]":
    keyword = option.keyword
    yield f"*OpenUI *{keyword}/{option.text}: PickOne"
    yield f"*OrderDependency: 10 AnySetup *{keyword}"
    if option.default in names:
        yield f"*Default{keyword}: {option.default}"
    for name in names:
        choice = option.choices[name]
        yield f'*{keyword} {name}/{choice.text}: "{_code(ppd, keyword, name)}"'
        yield f'*{SETTING} {keyword}={name}: "{" ".join(told(ppd, keyword, name))}"'
    yield f"*CloseUI: *{keyword}"


def _colors(ppd: Ppd, option: Option) -> "Iterator[str]":
    """Yield the choice between black and colour, whatever ways to correct colours there are."""
    if any(IN_COLOR in told(ppd, option.keyword, name) for name in option.choices):
        yield f"*OpenUI *{COLOR_MODE}/{option.text}: PickOne"
        yield f"*OrderDependency: 20 AnySetup *{COLOR_MODE}"
        yield f"*Default{COLOR_MODE}: Monochrome"
        for name, code, word in (("Monochrome", BLACK, ""), ("Color", INKS, IN_COLOR)):
            yield f'*{COLOR_MODE} {name}: "{code}"'
            yield f'*{SETTING} {COLOR_MODE}={name}: "{word}"'
        yield f"*CloseUI: *{COLOR_MODE}"


def _code(ppd: Ppd, keyword: str, name: str) -> str:
    if keyword == "Resolution":
        dpi = next(filter(None, (_resolution(word.removeprefix("-r")) for word in told(ppd, keyword, name))), None)
        return f"<</HWResolution[{dpi[0]} {dpi[1]}]>>setpagedevice" if dpi else ""
    return CODE.get((keyword, name), "")


def _resolution(text: str) -> "tuple[int, int] | None":
    across, x, down = text.partition("x")
    return (int(across), int(down)) if x and across.isdigit() and down.isdigit() else None


def _points(pixels: int, axis: int) -> str:
    return f"{pixels * POINTS_PER_INCH / BASE[axis]:.4f}"
