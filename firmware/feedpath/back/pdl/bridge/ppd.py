"""PPD files (Adobe PPD Specification 4.3, with the keywords that CUPS adds): what a driver offers, read from text.

Pure and bounded: any bytes give a Ppd or WireError. What is chosen, and the code that the choices run, go by the rules
of libcups (ppd.c, ppd-mark.c, ppd-emit.c), so that a driver sees here what it sees there.
"""

import re
from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple

from feedpath.errors import WireError

TEXT_BYTES = 2 * 1024 * 1024  # the largest of foomatic's have half of it
MOST_OPTIONS = 1000  # Gutenprint's have some 200
MOST_CHOICES = 20_000
LONGEST_NAME = 40  # of a keyword or a choice: PPD 4.3, 2.3

STATEMENT = re.compile(
    r"^\*(?P<key>[^\s:/%]+)"
    r"(?:[ \t]+(?P<name>[^\s:/]+)(?:[ \t]*/(?P<text>[^:\n]*))?)?"
    r"[ \t]*:[ \t]*(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^\n]*))",
    re.MULTILINE,
)
HEX = re.compile(r"<([0-9A-Fa-f\s]{2,})>")  # in words for people: PPD 4.3, 2.3
NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)")
FILTER = re.compile(r"([^\s/]+/\S+)\s+(\d+)\s+(?:maxsize\(\d*\)\s*)?(\S.*)")
FILTER2 = re.compile(r"([^\s/]+/\S+)\s+[^\s/]+/\S+\s+(\d+)\s+(?:maxsize\(\d*\)\s*)?(\S.*)")

RASTER = "application/vnd.cups-raster"
POSTSCRIPT = "application/vnd.cups-postscript"
RASTER_BEHIND = {"pstoqpdl": "rastertoqpdl"}  # programs that only draw PostScript: what they give the raster to
SECTIONS = ("DocumentSetup", "AnySetup", "Prolog", "PageSetup")  # in the order in which CUPS makes a raster header
CUSTOM = "Custom"
PAGE_SIZE, PAGE_REGION = "PageSize", "PageRegion"


class Choice(NamedTuple):
    """One choice of an option. text: for people; code: the PostScript that sets it."""

    name: str
    text: str
    code: str


class Option(NamedTuple):
    """An option. ui: PickOne, PickMany or Boolean; order, section: when its code runs; choices: by name."""

    keyword: str
    text: str
    ui: str
    default: str
    order: float
    section: str
    choices: "dict[str, Choice]"

    def choice(self, name: str) -> "Choice | None":
        """Return the choice of this name, whatever its capitals."""
        if name in self.choices:
            return self.choices[name]
        return next((choice for choice in self.choices.values() if choice.name.lower() == name.lower()), None)


class Size(NamedTuple):
    """A size of paper and what can be printed of it, in points, from the lower left corner."""

    name: str
    width: float = 0.0
    length: float = 0.0
    left: float = 0.0
    bottom: float = 0.0
    right: float = 0.0
    top: float = 0.0


class CustomSize(NamedTuple):
    """What sizes can be made to measure, in points. margins: left, bottom, right, top; order: of its parameters."""

    least: "tuple[float, float]"
    most: "tuple[float, float]"
    margins: "tuple[float, float, float, float]"
    order: "dict[str, int]"
    orientation: int
    code: str


class Filter(NamedTuple):
    """A program that turns documents of a type into what the machine takes."""

    type: str
    cost: int
    program: str


class Ppd(NamedTuple):
    """A driver. source: the bytes that it was read from; attributes: each keyword's first value by option word."""

    source: bytes
    attributes: "dict[tuple[str, str], str]"
    options: "dict[str, Option]"
    sizes: "dict[str, Size]"
    filters: "tuple[Filter, ...]"
    patches: str
    custom: "CustomSize | None"

    def attribute(self, key: str, name: str = "") -> str:
        """Return the value of a keyword, "" where the file has none."""
        return self.attributes.get((key, name), "")

    def true(self, key: str) -> bool:
        """Return whether the value of a keyword is True."""
        return self.attribute(key).lower() == "true"

    @property
    def name(self) -> str:
        """Return the maker, model and driver, for people."""
        return self.attribute("NickName") or self.attribute("ShortNickName") or self.attribute("ModelName")

    @property
    def raster_filter(self) -> str:
        """Return the program that takes CUPS raster, the cheapest of them; "" where none does."""
        takers = sorted((filter.cost, filter.program) for filter in self.filters if filter.type == RASTER)
        if takers:
            return takers[0][1]
        drawers = [filter.program for filter in self.filters if filter.type == POSTSCRIPT]
        return next((RASTER_BEHIND[program] for program in drawers if program in RASTER_BEHIND), "")


def read(source: bytes) -> Ppd:
    """Return the driver that a PPD file describes; raise WireError when it is none, or out of all proportion."""
    if len(source) > TEXT_BYTES:
        raise WireError(f"The PPD file has {len(source)} bytes; allowed are {TEXT_BYTES}.")
    if not source.lstrip(b"\xef\xbb\xbf").startswith(b"*PPD-Adobe"):
        raise WireError("The file is no PPD file: it does not begin with *PPD-Adobe.")
    reader = _Reader()
    for statement in STATEMENT.finditer(_text(source)):
        key, name, words = statement["key"], statement["name"] or "", statement["text"] or ""
        value = statement["bare"].rstrip() if statement["quoted"] is None else statement["quoted"]
        reader.take(key, name, words, value)
    return reader.finish(source)


def _text(source: bytes) -> str:
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = source.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _words(text: str) -> str:
    """Return words for people with their hexadecimal parts undone."""
    return HEX.sub(lambda match: bytes.fromhex("".join(match[1].split())[: len(match[1]) & ~1]).decode("latin-1"), text)


def _numbers(text: str, count: int) -> "tuple[float, ...]":
    """Return the first numbers in a value, zeros for those that are missing."""
    found = [float(number[:20]) for number in NUMBER.findall(text)[:count]]
    return tuple(found + [0.0] * (count - len(found)))


class _Reader:
    """What was read so far of a file."""

    def __init__(self) -> None:
        self.attributes: dict[tuple[str, str], str] = {}
        self.options: dict[str, Option] = {}
        self.defaults: dict[str, str] = {}
        self.sizes: dict[str, Size] = {}
        self.filters: list[Filter] = []
        self.filters2: list[Filter] = []
        self.patches = ""
        self.open = ""
        self.choices = 0

    def take(self, key: str, name: str, words: str, value: str) -> None:
        """Take a statement: `*key name/words: value`."""
        if len(key) > LONGEST_NAME or len(name) > LONGEST_NAME:
            return
        if key == self.open and name:
            self.add_choice(name, words, value)
            return
        taker = TAKERS.get(key)
        if taker is not None:
            taker(self, name, words, value)
        elif key.startswith("Default"):
            self.defaults[key[len("Default") :]] = value.partition("/")[0].strip()
        self.attributes.setdefault((key, name), value)

    def open_option(self, name: str, words: str, value: str) -> None:
        keyword = name.removeprefix("*")
        self.open = keyword
        if len(self.options) >= MOST_OPTIONS:
            raise WireError(f"The PPD file has more than {MOST_OPTIONS} options.")
        known = self.options.get(keyword)
        if known is None:
            self.options[keyword] = Option(keyword, _words(words) or keyword, value, "", 0.0, "AnySetup", {})

    def open_job_option(self, name: str, words: str, value: str) -> None:
        """Take *JCLOpenUI: an option of the job control language before the document, no part of the header."""
        self.open_option(name, words, value)
        self.options[self.open] = self.options[self.open]._replace(section="JCLSetup")

    def close_option(self, _name: str, _words: str, _value: str) -> None:
        self.open = ""

    def add_choice(self, name: str, words: str, value: str) -> None:
        """Take a choice of the open option; raise WireError where there are too many."""
        self.choices += 1
        if self.choices > MOST_CHOICES:
            raise WireError(f"The PPD file has more than {MOST_CHOICES} choices.")
        if name.lower() == "custom" or name.lower().startswith("custom."):
            name = "_" + name
        self.options[self.open].choices.setdefault(name, Choice(name, _words(words) or name, value))
        if self.open == PAGE_SIZE:
            self.sizes.setdefault(name, Size(name))

    def order(self, _name: str, _words: str, value: str) -> None:
        """Take *OrderDependency: it is about the option that is open."""
        parts = value.split()
        option = self.options.get(self.open)
        if option is not None and len(parts) == 3:
            section = parts[1] if parts[1] in (*SECTIONS, "JCLSetup", "ExitServer") else "AnySetup"
            self.options[self.open] = option._replace(order=_numbers(parts[0], 1)[0], section=section)

    def dimension(self, name: str, _words: str, value: str) -> None:
        width, length = _numbers(value, 2)
        self.sizes[name] = self.sizes.get(name, Size(name))._replace(width=width, length=length)

    def area(self, name: str, _words: str, value: str) -> None:
        left, bottom, right, top = _numbers(value, 4)
        known = self.sizes.get(name, Size(name))
        self.sizes[name] = known._replace(left=left, bottom=bottom, right=right, top=top)

    def add_filter(self, _name: str, _words: str, value: str) -> None:
        if match := FILTER.fullmatch(value.strip()):
            self.filters.append(Filter(match[1], int(match[2][:9]), match[3]))

    def add_filter2(self, _name: str, _words: str, value: str) -> None:
        if match := FILTER2.fullmatch(value.strip()):
            self.filters2.append(Filter(match[1], int(match[2][:9]), match[3]))

    def add_patch(self, _name: str, _words: str, value: str) -> None:
        self.patches += value

    def finish(self, source: bytes) -> Ppd:
        """Return all that was read."""
        options = {
            option.keyword: option._replace(default=self.defaults.get(option.keyword, ""))
            for option in self.options.values()
        }
        filters = tuple(self.filters2 or self.filters)
        return Ppd(source, self.attributes, options, self.sizes, filters, self.patches, self.custom())

    def custom(self) -> "CustomSize | None":
        """Return what sizes can be made to measure, None where none can."""
        code = self.attributes.get(("CustomPageSize", "True"))
        if code is None:
            return None
        told = {name: value.split() for (key, name), value in self.attributes.items() if key == "ParamCustomPageSize"}
        numbers = {name: _numbers(" ".join([parts[0], *parts[2:]]), 3) for name, parts in told.items() if parts}
        missing = (0.0, 0.0, 0.0)
        width, height = numbers.get("Width", missing), numbers.get("Height", missing)
        left, bottom, right, top = _numbers(self.attributes.get(("HWMargins", ""), ""), 4)
        return CustomSize(
            (width[1], height[1]),
            (width[2], height[2]),
            (left, bottom, right, top),
            {name: int(values[0]) - 1 for name, values in numbers.items()},
            int(min(max(1.0, numbers["Orientation"][1]), numbers["Orientation"][2])) if "Orientation" in numbers else 1,
            code,
        )


TAKERS = {
    "OpenUI": _Reader.open_option,
    "JCLOpenUI": _Reader.open_job_option,
    "CloseUI": _Reader.close_option,
    "JCLCloseUI": _Reader.close_option,
    "OrderDependency": _Reader.order,
    "PaperDimension": _Reader.dimension,
    "ImageableArea": _Reader.area,
    "cupsFilter": _Reader.add_filter,
    "cupsFilter2": _Reader.add_filter2,
    "JobPatchFile": _Reader.add_patch,
}


def marked(ppd: Ppd, wanted: "Mapping[str, str]") -> "dict[str, str]":
    """Return the choice of each option: `wanted`, else the default; what the driver has not is left out.

    A size to measure is wanted as Custom.WIDTHxLENGTH in points. A tray and feeding by hand exclude each other.
    """
    marks = {
        option.keyword: choice.name
        for option in ppd.options.values()
        if option.keyword != PAGE_REGION and (choice := option.choice(option.default)) is not None
    }
    for keyword, name in wanted.items():
        option = ppd.options.get(keyword)
        if option is None:
            continue
        if keyword == PAGE_SIZE and custom_size(ppd, name) is not None:
            marks[keyword] = name
        elif (choice := option.choice(name)) is not None:
            marks[keyword] = choice.name
            if keyword == "InputSlot":
                marks.pop("ManualFeed", "")
            elif keyword == "ManualFeed" and choice.name.lower() == "true":
                marks.pop("InputSlot", "")
    return marks


def size(ppd: Ppd, marks: "Mapping[str, str]") -> "Size | None":
    """Return the size of paper that is chosen."""
    name = marks.get(PAGE_SIZE, "")
    return ppd.sizes.get(name) or custom_size(ppd, name)


def custom_size(ppd: Ppd, name: str) -> "Size | None":
    """Return the size that a name like Custom.300x500 says in points, None where the driver cannot make it."""
    match = re.fullmatch(r"Custom\.(\d{1,6}(?:\.\d{1,6})?)x(\d{1,6}(?:\.\d{1,6})?)", name)
    if match is None or ppd.custom is None:
        return None
    width, length = float(match[1]), float(match[2])
    (least_width, least_length), (most_width, most_length) = ppd.custom.least, ppd.custom.most
    if not (least_width <= width <= most_width and least_length <= length <= most_length):
        return None
    left, bottom, right, top = ppd.custom.margins
    return Size(CUSTOM, width, length, left, bottom, width - right, length - top)


def code(ppd: Ppd, marks: "Mapping[str, str]") -> "list[str]":
    """Return the PostScript of the choices, each by itself, in the order in which it runs."""
    emitted = _with_media(ppd, marks)
    pieces = [ppd.patches] if ppd.patches else []
    for section in SECTIONS:
        ready = [ppd.options[keyword] for keyword in sorted(emitted) if ppd.options[keyword].section == section]
        pieces += [_code_of(ppd, option, emitted[option.keyword]) for option in _ordered(ready)]
    return [piece for piece in pieces if piece.strip()]


def _ordered(options: "list[Option]") -> "list[Option]":
    """Return options by their order; those of the same order as libcups puts them, whose sort is not stable."""
    for low, high in combinations(range(len(options)), 2):
        if options[low].order > options[high].order:
            options[low], options[high] = options[high], options[low]
    return options


def _code_of(ppd: Ppd, option: Option, name: str) -> str:
    made = custom_size(ppd, name) if option.keyword == PAGE_SIZE else None
    if made is not None and ppd.custom is not None:
        order = ppd.custom.order
        values = [0.0] * 5
        for parameter, otherwise, value in (
            ("Width", 0, made.width),
            ("Height", 1, made.length),
            ("Orientation", 4, float(ppd.custom.orientation)),
        ):
            place = order.get(parameter, otherwise)
            values[place if 0 <= place < len(values) else otherwise] = value
        return "\n".join([*(f"{value:g}" for value in values), ppd.custom.code])
    return option.choices[name].code


def _with_media(ppd: Ppd, marks: "Mapping[str, str]") -> "dict[str, str]":
    """Return the marks with the option that tells the size of paper: PageSize, PageRegion or none (ppd-emit.c)."""
    emitted = dict(marks)
    chosen = size(ppd, marks)
    if chosen is None:
        return emitted
    slot, manual = marks.get("InputSlot"), marks.get("ManualFeed")
    any_slot = ppd.attributes.get(("RequiresPageRegion", "All"))
    needs_region = ppd.attributes.get(("RequiresPageRegion", slot or ""), any_slot)
    automatic = slot is None or not ppd.options["InputSlot"].choices[slot].code
    by_size = (
        chosen.name == CUSTOM
        or (manual is None and slot is None)
        or (manual is not None and manual.lower() == "false" and automatic)
        or (needs_region is None and bool(ppd.filters))
    )
    if by_size:
        return emitted
    del emitted[PAGE_SIZE]
    region = ppd.options.get(PAGE_REGION)
    if (needs_region or "").lower() == "true" and region is not None and chosen.name in region.choices:
        emitted[PAGE_REGION] = chosen.name
    return emitted
