"""What was asked in IPP's words, in the words of a driver's PPD file; and what a driver offers, in IPP's.

The names of options and choices are those that libcups knows (ppd-cache.c, ppd-mark.c) and those of Debian's raster
drivers. What a driver has no word for is left at its default; a size of paper that it has not is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from feedpath.back.pdl.bridge import cupsraster, setpagedevice
from feedpath.back.pdl.bridge import ppd as drivers
from feedpath.back.pdl.bridge.cupsraster import Target
from feedpath.back.pdl.bridge.ppd import PAGE_SIZE, Choice, Option, Ppd, Size, custom_size, size
from feedpath.back.pdl.page import GRAY8, MM_100_PER_INCH, Raster, Setup
from feedpath.core import media
from feedpath.core.driver import Media
from feedpath.errors import WireError

POINTS_PER_INCH = 72
SAME_SIZE_POINTS = 5.0  # ppd-cache.c takes as much for the same paper
FINEST_DPI = 1200  # asked for as high quality where only resolutions are offered: twice as fine is four times the work
COARSEST_DPI = 300  # the same for drafts

SIDES_OPTIONS = ("Duplex", "JCLDuplex", "EFDuplex", "EFDuplexing", "KD03Duplex")
SIDES = {
    "one-sided": ("none", "false", "off"),
    "two-sided-long-edge": ("duplexnotumble", "longedge", "top"),
    "two-sided-short-edge": ("duplextumble", "shortedge", "bottom"),
}
QUALITY_OPTIONS = ("cupsPrintQuality", "StpQuality", "OutputMode", "PrintQuality", "Quality")
QUALITIES = {
    "draft": ("draft", "fastdraft", "economy", "fast"),
    "normal": ("normal", "standard"),
    "high": ("high", "best", "photo", "fine"),
}
COLOR_OPTIONS = ("ColorModel", "ColorMode", "SelectColor", "Color")
COLORS = ("rgb", "srgb", "cmyk", "color", "cmy", "kcmy", "true")
GRAYS = ("gray", "grayscale", "kgray", "monochrome", "mono", "black", "k", "false")
SOURCE_OPTIONS = ("InputSlot", "HPPaperSource")
SOURCES = {  # media-source (PWG 5100.3, 5100.7): the names of choices, the best first
    "auto": ("auto", "autoselect", "autoswitch", "default"),
    "main": ("cassette", "main", "tray1", "upper", "standard"),
    "manual": ("manual", "manualfeed"),
    "by-pass-tray": ("mptray", "multipurpose", "mp", "multi"),
    "top": ("upper", "top"),
    "middle": ("middle",),
    "bottom": ("lower", "bottom"),
    "rear": ("rear",),
    "side": ("side",),
    "tray-1": ("tray1", "upper"),
    "tray-2": ("tray2", "lower"),
    "tray-3": ("tray3",),
    "large-capacity": ("largecapacity",),
    "envelope": ("envelope",),
    "photo": ("phototray",),
    "disc": ("cd", "cdtray"),
    "main-roll": ("roll",),
}
TYPE_OPTIONS = ("MediaType",)
TYPES = {  # media-type (PWG 5101.1, 5): the same
    "stationery": ("plain", "normal", "standard", "stationery"),
    "stationery-lightweight": ("thin", "light"),
    "stationery-heavyweight": ("thick", "heavy"),
    "stationery-letterhead": ("letterhead",),
    "stationery-preprinted": ("preprinted", "used"),
    "stationery-recycled": ("recycled",),
    "stationery-colored": ("colored", "color"),
    "stationery-cotton": ("cotton",),
    "stationery-archival": ("archive", "archival"),
    "stationery-inkjet": ("inkjet",),
    "stationery-coated": ("coated",),
    "cardstock": ("cardstock", "card", "thicker"),
    "envelope": ("envelope", "env"),
    "labels": ("labels", "label"),
    "transparency": ("transparency", "transpareny", "trans", "ohp"),
    "photographic": ("photo", "photopaper", "glossyphoto", "glossy"),
    "photographic-glossy": ("glossyphoto", "glossy", "glossypaper", "photo"),
    "photographic-matte": ("matte", "photopapermatte"),
    "photographic-semi-gloss": ("semigloss",),
}


class Offers(NamedTuple):
    """What a driver offers, in IPP's keywords; the first of each is its default where it has one."""

    media: "tuple[Media, ...]"
    sides: "tuple[str, ...]"
    color: bool
    qualities: "tuple[str, ...]"
    resolution: "tuple[int, int]"
    sources: "tuple[str, ...]"
    types: "tuple[str, ...]"


def plan(ppd: Ppd, setup: Setup, choices: "Mapping[str, str]", raster: "Raster | None" = None) -> Target:
    """Return what the driver wants of a page; raise WireError where it cannot print that.

    choices: of the driver's own options, which go before all else; raster: the page, whose words go before the setup's.
    """
    marked = marks(ppd, setup, choices, raster)
    target = cupsraster.target(ppd, marked)
    sides = _sides(ppd, marked)
    if sides:
        target = target._replace(raster=target.raster._replace(sides=sides))
    if target.copies:
        target.header["NumCopies"] = max(1, (raster.copies if raster else 0) or setup.copies)
    return target


def marks(ppd: Ppd, setup: Setup, choices: "Mapping[str, str]", raster: "Raster | None" = None) -> "dict[str, str]":
    """Return the choice of each of the driver's options for a page."""
    return drivers.marked(ppd, {**wanted(ppd, setup, raster), **choices})


def wanted(ppd: Ppd, setup: Setup, raster: "Raster | None" = None) -> "dict[str, str]":
    """Return the choices that were asked for in IPP's words."""
    page = raster or Raster(0, 0)
    found = {}
    paper = _paper(page.media or (setup.media if page.size == (0, 0) else ""), page.size)
    if paper is not None:
        found[PAGE_SIZE] = _page_size(ppd, paper)
    quality = page.quality or setup.quality
    for options, names in (
        (SIDES_OPTIONS, SIDES.get(page.sides or setup.sides, ())),
        (QUALITY_OPTIONS, QUALITIES.get(quality, ())),
        (SOURCE_OPTIONS, _names(SOURCES, page.source or setup.source)),
        (TYPE_OPTIONS, _names(TYPES, page.type or setup.type)),
    ):
        found.update(_choice(ppd, options, names))
    if _option(ppd, QUALITY_OPTIONS) is None:
        found.update(_resolution(ppd, quality))
    found.update(_color(ppd, setup.color))
    return found


def _sides(ppd: Ppd, marked: "Mapping[str, str]") -> str:
    """Return IPP's word for the sides that are chosen, whether the header tells them or not; "" for none of ours."""
    option = _option(ppd, SIDES_OPTIONS)
    name = _plain(marked.get(option.keyword, "")) if option is not None else ""
    return next((word for word, names in SIDES.items() if name in names), "")


def offers(ppd: Ppd) -> Offers:
    """Return what a driver offers; raise WireError where it takes no raster that we can make."""
    plain = cupsraster.target(ppd, drivers.marked(ppd, {}))
    default = size(ppd, drivers.marked(ppd, {}))
    sizes = sorted(ppd.sizes.values(), key=lambda paper: default is not None and paper.name != default.name)
    named: dict[str, Media] = {}
    for paper in sizes:
        if paper.width and paper.length and "." not in paper.name:
            named.setdefault(_media(paper).name, _media(paper))
    color = _color(ppd, True)
    return Offers(
        tuple(named.values()),
        ("one-sided", *(side for side in SIDES if side != "one-sided" and _choice(ppd, SIDES_OPTIONS, SIDES[side]))),
        cupsraster.target(ppd, drivers.marked(ppd, color)).raster.space not in (GRAY8, "black1"),
        ("normal", *(word for word in ("draft", "high") if _has_quality(ppd, word))),
        plain.raster.resolution,
        ("auto", *(word for word in SOURCES if word != "auto" and _choice(ppd, SOURCE_OPTIONS, SOURCES[word]))),
        tuple(word for word in TYPES if _choice(ppd, TYPE_OPTIONS, TYPES[word])) or ("stationery",),
    )


def _has_quality(ppd: Ppd, word: str) -> bool:
    if _option(ppd, QUALITY_OPTIONS) is not None:
        return bool(_choice(ppd, QUALITY_OPTIONS, QUALITIES[word]))
    return bool(_resolution(ppd, word))


def _paper(name: str, measured: "tuple[int, int]") -> "tuple[float, float] | None":
    """Return width and length in points, of a PWG 5101.1 name or in hundredths of a millimetre; None for neither."""
    if name:
        try:
            paper = media.size(name)
        except ValueError as error:
            raise WireError(f"{error}.") from error
        measured = (paper.width, paper.length)
    if measured == (0, 0):
        return None
    return _points(measured[0]), _points(measured[1])


def _page_size(ppd: Ppd, paper: "tuple[float, float]") -> str:
    """Return the choice of PageSize: the default or first of this size, or one to measure; raise WireError."""
    width, length = paper
    near = [one for one in ppd.sizes.values() if _apart(one, width, length) <= SAME_SIZE_POINTS]
    default = ppd.options[PAGE_SIZE].default if PAGE_SIZE in ppd.options else ""
    if near:
        # Makers list a size's borderless or turned variants behind it, under longer names with a dot.
        return min(near, key=lambda one: ("." in one.name, _apart(one, width, length) > 1, one.name != default)).name
    made = f"Custom.{width:.2f}x{length:.2f}"
    if custom_size(ppd, made) is None:
        raise WireError(f"The driver has no paper of {width:.0f} x {length:.0f} points.")
    return made


def _apart(one: Size, width: float, length: float) -> float:
    return max(abs(one.width - width), abs(one.length - length))


def _media(paper: Size) -> Media:
    """Return a size of the driver, with its margins, under its PWG 5101.1 name or one of our making."""
    sides = (paper.left, paper.width - paper.right, paper.length - paper.top, paper.bottom)
    margins = [max(0, _mm_100(side)) for side in sides]
    for name in media.NAMES:
        known = media.size(name)
        if _apart(paper, _points(known.width), _points(known.length)) <= SAME_SIZE_POINTS:
            return Media(name, known.width, known.length, *margins)
    width, length = _mm_100(paper.width), _mm_100(paper.length)
    word = re.sub(r"[^a-z0-9]+", "-", paper.name.lower()).strip("-")
    return Media(f"custom_{word}_{width / 100:g}x{length / 100:g}mm", width, length, *margins)


def _points(mm_100: int) -> float:
    return mm_100 * POINTS_PER_INCH / MM_100_PER_INCH


def _mm_100(points: float) -> int:
    return round(points * MM_100_PER_INCH / POINTS_PER_INCH)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _names(table: "Mapping[str, tuple[str, ...]]", word: str) -> "tuple[str, ...]":
    """Return the names that a keyword may have: those of the table, and itself."""
    return (*table.get(word, ()), _plain(word))


def _option(ppd: Ppd, keywords: "Iterable[str]") -> "Option | None":
    return next((ppd.options[keyword] for keyword in keywords if keyword in ppd.options), None)


def _choice(ppd: Ppd, keywords: "Iterable[str]", names: "Iterable[str]") -> "dict[str, str]":
    """Return the first choice that has one of the names, by its option; nothing where there is none."""
    option = _option(ppd, keywords)
    if option is None:
        return {}
    by_name = {_plain(name): name for name in reversed(option.choices)}
    return next(({option.keyword: by_name[name]} for name in names if name in by_name), {})


def _color(ppd: Ppd, color: bool) -> "dict[str, str]":
    """Return the choice of colour or gray; the default where it is of that kind, and can be made."""
    option = _option(ppd, COLOR_OPTIONS)
    if option is None:
        return {}
    names = COLORS if color else GRAYS
    by_default = _plain(option.default)
    if (by_default not in GRAYS) is color and option.choice(option.default) is not None:
        return {option.keyword: option.default}
    return _choice(ppd, (option.keyword,), names)


def _resolution(ppd: Ppd, quality: str) -> "dict[str, str]":
    """Return the choice of Resolution for drafts or high quality; nothing where the default is all there is."""
    option = ppd.options.get("Resolution")
    known = dict(_resolutions(option.choices.values())) if option is not None else {}
    if option is None or option.default not in known:
        return {}
    usual = known[option.default]
    fitting = {name: dpi for name, dpi in known.items() if min(dpi) >= COARSEST_DPI and max(dpi) <= FINEST_DPI}
    if quality == "high":
        finer = {name: dpi for name, dpi in fitting.items() if dpi[0] * dpi[1] > usual[0] * usual[1]}
        return {"Resolution": max(finer, key=lambda name: finer[name][0] * finer[name][1])} if finer else {}
    if quality == "draft":
        coarser = {name: dpi for name, dpi in fitting.items() if dpi[0] * dpi[1] < usual[0] * usual[1]}
        return {"Resolution": min(coarser, key=lambda name: coarser[name][0] * coarser[name][1])} if coarser else {}
    return {}


def _resolutions(choices: "Iterable[Choice]") -> "Iterator[tuple[str, tuple[float, float]]]":
    """Yield the choices that set a resolution, with it in dots per inch."""
    for choice in choices:
        fields: dict[str, setpagedevice.Value] = {}
        try:
            setpagedevice.run(choice.code, fields)
        except WireError:
            continue
        dpi = fields.get("HWResolution")
        if isinstance(dpi, tuple):
            yield choice.name, (dpi[0], dpi[1])
