"""Which driver a machine gets: by the languages that it names in its device id.

A machine that names none that we write gets the driver of CUPS that is installed for it; without one it takes raw
bytes only, and says so.
"""

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from feedpath.back.pdl import languages
from feedpath.back.pdl.languages import Language
from feedpath.back.pdl.order import Machine
from feedpath.back.pdl.passthrough import PWG_TYPES, PassThrough, formats
from feedpath.back.pdl.translator import Translator
from feedpath.core import media
from feedpath.core.driver import Capabilities, Driver

if TYPE_CHECKING:
    from feedpath.back.pdl.drivers import Match
    from feedpath.back.pdl.ppd import Ppd

logger = logging.getLogger(__name__)

PDF = "application/pdf"
ONE_SIDE = ("one-sided",)
ALL_SIDES = (*ONE_SIDE, "two-sided-long-edge", "two-sided-short-edge")
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


DPI_300, DPI_600, DPI_203 = (300, 300), (600, 600), (203, 203)
PCL_EDGES = (635, 635, 423, 423)  # what PCL's logical page leaves out: HP's PCL 5 reference, figure 2-4
USUAL: "Mapping[str, Row]" = MappingProxyType(
    {
        "pwg": Row(Machine((DPI_600, DPI_300), color=True), True, ALL_SIDES),
        "urf": Row(Machine((DPI_600, DPI_300), color=True), True, ALL_SIDES),
        "postscript": Row(Machine((DPI_600, DPI_300), color=True), True, ALL_SIDES),
        "pcl5": Row(Machine((DPI_600, DPI_300), margins=PCL_EDGES, traits={"duplex": True}), False, ALL_SIDES),
        "escpos": Row(Machine((DPI_203,), margins=(0, 0, 0, 0), roll=576), sizes=RECEIPTS),
        "zpl": Row(Machine((DPI_203,), margins=(0, 0, 0, 0)), sizes=LABELS),
    }
)


def choose(
    commands: "tuple[str, ...]",
    letter_first: bool,
    device_id: str = "",
    installed: "Callable[[str], tuple[Match, Ppd] | None]" = lambda device_id: None,
) -> Driver:
    """Return the driver for a machine with these CMD tokens and this device id.

    letter_first: whether Letter is offered before A4. installed: gives the driver of CUPS for a device id, which may
    take seconds; it is asked only where we can write nothing for the machine.
    """
    spoken = languages.spoken(commands)
    if spoken:
        return translator(spoken[0], commands, letter_first)
    found = None if PDF in formats(commands) else installed(device_id)
    if found is not None:
        return bridged(*found, commands, letter_first)
    return PassThrough(commands, letter_first)


def bridged(match: "Match", ppd: "Ppd", commands: "tuple[str, ...]", letter_first: bool) -> Driver:
    """Return a driver that prints by a driver of CUPS, for a machine with these CMD tokens."""
    from feedpath.back.pdl import ppdchoices  # what runs programs is loaded where a machine needs it
    from feedpath.back.pdl.bridged import Bridged

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
    return Bridged(ppd, machine, capabilities, "PJL" in {command.upper() for command in commands})


def translator(language: Language, commands: "tuple[str, ...]", letter_first: bool) -> Translator:
    """Return a driver that writes `language`, for a machine with these CMD tokens."""
    row = USUAL[language.name]
    as_it_is = tuple(dict.fromkeys((*formats(commands), *language.formats)))
    capabilities = _capabilities(row, letter_first)
    pjl = "PJL" in {command.upper() for command in commands}
    machine = row.machine._replace(pjl=pjl, media=capabilities.media_default)
    return Translator(language, machine, capabilities, as_it_is)


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
    """Return urf-supported: what of Apple's words is true of the machine."""
    dpi = "-".join(str(feed) for _, feed in sorted(row.machine.resolutions))
    words = ["V1.4", "CP255", "W8", f"RS{dpi}", "PQ3-4-5", "IS1", "MT1", "OB10"]
    if row.color:
        words.insert(3, "SRGB24")
    if row.sides != ONE_SIDE:
        words.insert(-4, "DM1")
    return tuple(words)
