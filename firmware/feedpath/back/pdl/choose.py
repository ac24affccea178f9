"""Which driver a machine gets: the one that a person chose; else one by the languages that its device id names.

Where models.py knows better, that holds. A machine that speaks none that we write gets the driver of CUPS that is
installed for it; without one it takes raw bytes only, and says so.
"""

import logging
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from feedpath.back.pdl import languages, models
from feedpath.back.pdl.convert import DRAWN, READ
from feedpath.back.pdl.languages import Language
from feedpath.back.pdl.order import NORMAL, Machine
from feedpath.back.pdl.passthrough import PWG_TYPES, PassThrough, formats
from feedpath.back.pdl.passthrough import RAW as PASSED_ON
from feedpath.back.pdl.translator import ANY, Translator
from feedpath.core import media
from feedpath.core.driver import Capabilities, Driver, Origin
from feedpath.errors import WireError

if TYPE_CHECKING:
    from feedpath.back.pdl.bridge.drivers import Match
    from feedpath.back.pdl.bridge.ppd import Ppd

logger = logging.getLogger(__name__)

AUTOMATIC, RAW, LANGUAGE = "automatic", "raw", "language:"  # what stands for a driver; others are their uris
AS_IT_IS = "Documents as they are"
BY_PERSON = "It was chosen by a person."
BY_ID = "The printer names this language in its device id."
BY_TABLE = "The table of models says that this printer speaks it ({})."
TAKES_PDF = "The printer says that it takes PDF as it is."
NOTHING_FITS = "The printer names no language that is spoken here, and no driver for it is installed."
WOULD_HELP = "Debian's package {} has drivers for printers like it: install it, then choose the automatic driver."

PDF = "application/pdf"
URF_FIELD = re.compile(r"(?:^|;)\s*URF:([^;]*)", re.IGNORECASE)  # of a device id: what urf-supported would tell
SHEET_BACKS = {"DM1": "normal", "DM2": "flipped", "DM3": "rotated", "DM4": "manual-tumble"}  # libppd, ppd-generator.c
ONE_SIDE = ("one-sided",)
ALL_SIDES = (*ONE_SIDE, "two-sided-long-edge", "two-sided-short-edge")
RASTER = ("pwg", "urf")  # languages that are pages of pixels, whose backs are drawn as the machine wants them
COPIES = 999
NUMBER_UP = (1, 2, 4, 6, 9, 16)
ORIENTATIONS = (3, 4, 5, 6)
SCALINGS = ("auto", "auto-fit", "fill", "fit", "none")
SHEETS, LABELS, RECEIPTS = (
    media.NAMES,
    (
        "om_label_100x150mm",
        "na_index-4x6_4x6in",
        "om_label_100x100mm",
        "om_label_62x100mm",
        "om_label_57x32mm",
        "om_label_50x25mm",
    ),
    ("om_receipt_80x297mm", "om_receipt_58x297mm"),
)


class Row(NamedTuple):
    """What is taken for granted of machines of a language: their device ids say no more."""

    machine: Machine
    color: bool = False
    sides: "tuple[str, ...]" = ONE_SIDE
    sizes: "tuple[str, ...]" = SHEETS


class Choice(NamedTuple):
    """What a person chose for a machine. driver: AUTOMATIC, RAW, LANGUAGE with a language's name, or the uri of a
    driver of CUPS; options: what is set of that driver's own.
    """

    driver: str = AUTOMATIC
    options: "Mapping[str, str]" = MappingProxyType({})


NO_CHOICE = Choice()
DPI_300, DPI_600, DPI_203 = (300, 300), (600, 600), (203, 203)
PCL_EDGES = (635, 635, 423, 423)  # what PCL's logical page leaves out: HP's PCL 5 reference, figure 2-4
USUAL: "Mapping[str, Row]" = MappingProxyType(
    {
        "pwg": Row(Machine((DPI_600, DPI_300), color=True), True, ALL_SIDES),
        "urf": Row(Machine((DPI_600, DPI_300), color=True), True, ALL_SIDES),
        "postscript": Row(Machine((DPI_600, DPI_300), color=True), True, ALL_SIDES),
        "pcl5": Row(Machine((DPI_600, DPI_300), margins=PCL_EDGES, traits={"duplex": True})),
        "escpos": Row(Machine((DPI_203,), margins=(0, 0, 0, 0), roll=576), sizes=RECEIPTS),
        "zpl": Row(Machine((DPI_203,), margins=(0, 0, 0, 0), scaling="auto-fit"), sizes=LABELS),  # no bar code is cut
    }
)


def choose(
    commands: "tuple[str, ...]",
    letter_first: bool,
    device_id: str = "",
    installed: "Callable[[str], tuple[Match, Ppd] | None]" = lambda device_id: None,
    choice: Choice = NO_CHOICE,
) -> Driver:
    """Return the driver for a machine with these CMD tokens and this device id.

    letter_first: whether Letter is offered before A4. installed: gives the driver of CUPS for a device id, which may
    take seconds; it is asked only where we can write nothing for the machine. A choice that cannot be had is told in
    the driver's origin.
    """
    lost = ""
    if choice.driver != AUTOMATIC:
        try:
            return _wanted(choice, commands, letter_first, device_id)
        except WireError as error:
            lost = f"The driver that was chosen, {choice.driver}, cannot be used: {error}"
            logger.warning("%s", lost)
    driver = _automatic(commands, letter_first, device_id, installed, choice.options)
    driver.origin = driver.origin._replace(lost=lost)
    return driver


def _wanted(choice: Choice, commands: "tuple[str, ...]", letter_first: bool, device_id: str) -> Driver:
    """Return the driver that was chosen; raise WireError where it cannot be had."""
    driver: Driver
    title = AS_IT_IS
    if choice.driver == RAW:
        driver = _untouched(commands, letter_first, device_id)
    elif choice.driver.startswith(LANGUAGE):
        language = languages.BY_NAME.get(choice.driver.removeprefix(LANGUAGE))
        if language is None:
            raise WireError("feedpath does not write that language.")
        driver, title = translator(language, commands, letter_first, device_id, alone=True), language.title
    else:
        from feedpath.back.pdl.bridge import drivers

        entry, ppd = drivers.ready(choice.driver)
        driver = bridged(drivers.Match(entry, 0, BY_PERSON), ppd, commands, letter_first, choice.options)
        title = ppd.name
    driver.origin = Origin(choice.driver, title, BY_PERSON, chosen=True)
    return driver


def _untouched(commands: "tuple[str, ...]", letter_first: bool, device_id: str) -> Driver:
    """Return a driver that sends everything as it is, for computers that have the machine's own driver.

    How raster is to have the backs of sheets is announced as the machine wants it, since nobody turns them here.
    """
    driver = PassThrough(commands, letter_first)
    driver.reasons = ()
    taken = tuple(dict.fromkeys((*_own(commands), *driver.capabilities.formats, PASSED_ON, ANY)))
    back, offered = sheet_back(device_id), driver.capabilities
    mode = next(word for word, name in SHEET_BACKS.items() if name == back)
    driver.capabilities = offered._replace(
        formats=taken,
        streamable=frozenset(taken),
        pwg_back_side=back,
        urf=tuple(mode if word in SHEET_BACKS else word for word in offered.urf),
    )
    return driver


def _own(commands: "tuple[str, ...]") -> "list[str]":
    """Return the MIME types of the languages that a machine with these CMD tokens speaks."""
    return [format for language in languages.spoken(commands) for format in language.formats]


def _automatic(
    commands: "tuple[str, ...]",
    letter_first: bool,
    device_id: str,
    installed: "Callable[[str], tuple[Match, Ppd] | None]",
    options: "Mapping[str, str]",
) -> Driver:
    spoken, why = speaks(commands, device_id)
    driver: Driver
    if spoken:
        driver = translator(spoken[0], commands, letter_first, device_id)
        driver.origin = Origin(LANGUAGE + spoken[0].name, spoken[0].title, why)
        return driver
    takes_pdf = PDF in formats(commands)
    found = None if takes_pdf else installed(device_id)
    if found is not None:
        try:
            return bridged(*found, commands, letter_first, options)
        except WireError as error:
            logger.warning("the driver %s cannot be used: %s", found[0].entry.uri, error)
    driver = PassThrough(commands, letter_first)
    driver.origin = Origin(RAW, AS_IT_IS, TAKES_PDF if takes_pdf else _nothing_fits(device_id))
    return driver


def _nothing_fits(device_id: str) -> str:
    """Return what people are told of a machine without a driver, with what would help."""
    from feedpath.back.pdl.bridge.packages import package  # few machines need it

    name = package(device_id)
    return f"{NOTHING_FITS} {WOULD_HELP.format(name)}" if name else NOTHING_FITS


def speaks(commands: "tuple[str, ...]", device_id: str) -> "tuple[tuple[Language, ...], str]":
    """Return the languages that a machine speaks and we write, the best first, and a sentence that says who says so."""
    model = models.find(device_id)
    if model.language:
        return (languages.BY_NAME[model.language],), BY_TABLE.format(model.source)
    return tuple(language for language in languages.spoken(commands) if language.name != model.lacks), BY_ID


def bridged(
    match: "Match",
    ppd: "Ppd",
    commands: "tuple[str, ...]",
    letter_first: bool,
    options: "Mapping[str, str]" = MappingProxyType({}),
) -> Driver:
    """Return a driver that prints by a driver of CUPS, with these options, for a machine with these CMD tokens.

    Raise WireError where it takes no raster that we can make.
    """
    from feedpath.back.pdl.bridge import ppdchoices  # what runs programs is loaded where a machine needs it
    from feedpath.back.pdl.bridge.bridged import Bridged

    offers = ppdchoices.offers(ppd)
    first = "na_letter_8.5x11in" if letter_first else "iso_a4_210x297mm"
    sizes = tuple(sorted(offers.media, key=lambda size: size.name != first))
    usual = sizes[0]
    machine = Machine(
        (offers.resolution,),
        color=offers.color,
        margins=(usual.left, usual.right, usual.top, usual.bottom),
        media=usual.name,
    )
    capabilities = _capabilities(Row(machine, offers.color, offers.sides), letter_first)._replace(
        media=sizes,
        media_default=usual.name,
        media_ready=(usual.name,),
        qualities=offers.qualities,
        sources=offers.sources,
        types=offers.types,
    )
    logger.info("the driver %s is used (%s): %s", ppd.name, match.entry.uri, match.reason)
    speaks_pjl = "PJL" in {command.upper() for command in commands}
    driver = Bridged(ppd, machine, capabilities, speaks_pjl, choices=options)
    driver.origin = Origin(match.entry.uri, ppd.name, match.reason)
    return driver


def translator(
    language: Language, commands: "tuple[str, ...]", letter_first: bool, device_id: str = "", alone: bool = False
) -> Translator:
    """Return a driver that writes `language`, for a machine with these CMD tokens and this device id.

    alone: whether what can be converted is, even where the machine says that it takes it as it is.
    """
    row = about(language, commands, device_id)
    named = (*formats(commands), *_own(commands))
    kept = (format for format in named if not (alone and format in (*READ, *DRAWN)))
    as_it_is = tuple(dict.fromkeys((*kept, *language.formats)))
    capabilities = _capabilities(row, letter_first)
    pjl = "PJL" in {command.upper() for command in commands}
    machine = row.machine._replace(pjl=pjl, media=capabilities.media_default)
    return Translator(language, machine, capabilities, as_it_is)


def about(language: Language, commands: "tuple[str, ...]", device_id: str) -> Row:
    """Return what is known of a machine that is printed on in `language`.

    By PCL, colour and two sides are offered only where device id or models.py tell of them: so CUPS' generic drivers
    do, whose duplexer is not installed until someone says so (sample.drv), and a wrong yes spoils paper.
    """
    usual = USUAL[language.name]
    model = models.find(device_id)
    traits = {**usual.machine.traits, **(model.receipts if language.name == "escpos" else {})}
    color = usual.color or (language.name == "pcl5" and "PCL5C" in {command.upper() for command in commands})
    color = color if model.color is None else model.color
    sides = usual.sides if model.duplex is None else ALL_SIDES if model.duplex else ONE_SIDE
    if language.name == "pcl5":
        traits["duplex"] = sides != ONE_SIDE
        if model.dpi:
            traits["resolutions"] = model.dpi
    machine = usual.machine._replace(color=color, roll=traits.get("dots", usual.machine.roll), traits=traits)
    if model.dpi:
        machine = machine._replace(resolutions=tuple((dpi, dpi) for dpi in model.dpi))
    if language.name in RASTER:
        machine = machine._replace(back=sheet_back(device_id))
    return usual._replace(machine=machine, color=color, sides=sides)


def sheet_back(device_id: str) -> str:
    """Return how a machine wants the backs of sheets in raster, by its device id."""
    told = URF_FIELD.search(device_id)
    words = told[1].replace(" ", "").upper().split(",") if told else []
    return next((SHEET_BACKS[word] for word in words if word in SHEET_BACKS), NORMAL)


def _capabilities(row: Row, letter_first: bool) -> Capabilities:
    sizes = media.ordered(row.sizes, letter_first) if row.sizes == SHEETS else tuple(map(media.size, row.sizes))
    left, right, top, bottom = row.machine.margins
    sizes = tuple(size._replace(left=left, right=right, top=top, bottom=bottom) for size in sizes)
    return Capabilities(
        formats=(),  # the driver's own
        streamable=frozenset(),
        media=sizes,
        media_default=sizes[0].name,
        media_ready=(sizes[0].name,),
        sides=row.sides,
        color=row.color,
        resolutions=row.machine.resolutions,
        qualities=("draft", "normal", "high"),
        copies=COPIES,
        urf=_urf(row),
        pwg_types=PWG_TYPES if row.color else ("black_1", "sgray_8"),
        number_up=NUMBER_UP,
        orientations=ORIENTATIONS,
        scalings=SCALINGS,
        page_ranges=True,
        overrides=True,
    )


def _urf(row: Row) -> "tuple[str, ...]":
    """Return urf-supported: what of Apple's words is true of the machine.

    The first space is what CUPS 2.4.10 prints in by default (ppd-cache.c).
    """
    dpi = "-".join(str(feed) for _, feed in sorted(row.machine.resolutions))
    words = ["V1.4", "CP255", "W8", f"RS{dpi}", "PQ3-4-5", "IS1", "MT1", "OB10"]
    if row.color:
        words.insert(words.index("W8"), "SRGB24")
    if row.sides != ONE_SIDE:
        words.insert(-4, "DM1")
    return tuple(words)
