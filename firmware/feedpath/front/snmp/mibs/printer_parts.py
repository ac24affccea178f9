"""Printer-MIB (RFC 3805): what a printer is made of. Covers, trays, bins, marker, supplies, colorants, paths, display.

A row is the device with a part of it, as the printer told it when the tables were last put together.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from feedpath.core.driver import Media, Supply
from feedpath.front.snmp import table
from feedpath.front.snmp.device import Alert, HrDevice
from feedpath.front.snmp.store import Column
from feedpath.front.snmp.table import (
    COUNTER32,
    DELIVERIES,
    INDEX_OR_NONE,
    INPUT,
    INPUT_TYPES,
    INT32,
    LEVEL,
    LEVEL_AT_LEAST_UNKNOWN,
    MARK_TECHS,
    MARKER,
    MARKER_SUPPLIES,
    MEDIA_PATH,
    NATURAL,
    OTHER,
    OUTPUT,
    PATH_TYPES,
    SOME_LEFT,
    UNKNOWN,
    ranged,
    text,
)

MICROMETERS, INCHES, SHEETS = 4, 3, 8  # PrtMediaUnitTC, PrtMarkerAddressabilityUnit, PrtCapacityUnitTC
IMPRESSIONS, IMPRESSIONS_PER_HOUR = 7, 7  # PrtMarkerCounterUnitTC, PrtMediaPathMaxSpeedPrintUnitTC
COVER_UNKNOWN, COVER_OPEN, COVER_CLOSED, INTERLOCK_OPEN = 2, 3, 4, 5  # PrtCoverStatusTC
FOREVER, NEXT_UNKNOWN = -1, -2  # prtInputMediaLoadTimeout: jobs wait for paper; prtInputNextIndex: the machine chooses
STATUS, NOT_PRESENT = ranged(0, 126), 5  # PrtSubUnitStatusTC; PresentOnOff
UNKNOWN_TYPE, UNKNOWN_ORDER, PROCESS = 2, 2, 3
STACKING = {"face-down": 3, "face-up": 4}  # PrtOutputStackingOrderTC: firstToLast, lastToFirst
FEWEST_COLORANTS = 3  # cyan, magenta and yellow
UNTOLD = Supply("Not told by the printer", "unknown", "none", UNKNOWN)
WASTE = re.compile("waste", re.IGNORECASE)
MINUTES, PERCENT_MOST = 60, 100
TEN_THOUSANDTHS, HUNDREDTHS_MM = 10000, 2540  # of an inch, and hundredths of a millimetre in one


class Tray(NamedTuple):
    """An input: its keyword, and the media that are in it as far as is known."""

    device: HrDevice
    source: str
    media: "Media | None"


class Piece(NamedTuple):
    """A part of a device: a supply, an output bin, a keyword of sides, a colour."""

    device: HrDevice
    part: Any
    colorant: int = 0


def place(device: HrDevice, alert: Alert) -> int:
    """Return the row of its group's table that an alert is about; NOT_APPLICABLE where that cannot be told."""
    group = alert.kind.group
    if group == MARKER_SUPPLIES:
        low = [number for number, each in enumerate(supplies(device), 1) if 0 <= each.part.level <= each.part.low]
        return low[0] if len(low) == 1 else table.NOT_APPLICABLE
    parts = GROUP_ROWS.get(group)
    return 1 if parts is not None and len(parts(device)) == 1 else table.NOT_APPLICABLE


def inputs(device: HrDevice) -> "list[Tray]":
    """Return the trays; the one that is chosen automatically is none where there are others."""
    capabilities = device.printer.capabilities
    sources = [source for source in capabilities.sources if source != "auto"] or ["auto"]
    sizes = {media.name: media for media in capabilities.media}
    loaded = (*device.printer.media_ready, *[""] * len(sources))
    return [Tray(device, source, sizes.get(name)) for source, name in zip(sources, loaded, strict=False)]


def covers(device: HrDevice) -> "list[HrDevice]":
    """Return the one cover: which one is open no machine tells."""
    return [device]


def outputs(device: HrDevice) -> "list[Piece]":
    """Return the output bins."""
    return [Piece(device, bin) for bin in device.printer.capabilities.output_bins]


def markers(device: HrDevice) -> "list[HrDevice]":
    """Return the one print engine."""
    return [device]


def supplies(device: HrDevice) -> "list[Piece]":
    """Return the supplies with the numbers of their colorants; one that says so where none is told."""
    colors = [piece.part for piece in colorants(device)]
    told = device.printer.supplies or (UNTOLD,)
    return [Piece(device, each, colors.index(each.color) + 1 if each.color in colors else 0) for each in told]


def colorants(device: HrDevice) -> "list[Piece]":
    """Return the colours of the supplies, each once; black for a machine in black and white that tells none."""
    colors = {supply.color: None for supply in device.printer.supplies if supply.color != "none"}
    if not colors and not device.printer.capabilities.color:
        colors = {"#000000": None}
    return [Piece(device, color) for color in colors]


def paths(device: HrDevice) -> "list[Piece]":
    """Return the ways of the paper through the machine, the default one first."""
    return [Piece(device, sides) for sides in device.printer.capabilities.sides if sides in PATH_TYPES]


GROUP_ROWS: "dict[int, Callable[[HrDevice], Sequence[object]]]" = {
    table.COVER: covers,
    INPUT: inputs,
    OUTPUT: outputs,
    MARKER: markers,
    MEDIA_PATH: paths,
}


def _cover(device: HrDevice) -> int:
    """Return PrtCoverStatusTC: it is closed where a machine that names its faults does not say otherwise."""
    if device.says("interlock-open"):
        return INTERLOCK_OPEN
    if device.says("cover-open", "door-open"):
        return COVER_OPEN
    return COVER_UNKNOWN if device.away or device.says("other", "timed-out") else COVER_CLOSED


def _level(row: Tray) -> int:
    """Return prtInputCurrentLevel: which one of several trays is empty no machine tells."""
    if row.device.away or len(inputs(row.device)) > 1:
        return UNKNOWN
    return 0 if row.device.says("media-empty") else SOME_LEFT


def _room(row: Piece) -> int:
    """Return prtOutputRemainingCapacity: none or some, where the machine tells of it."""
    if len(outputs(row.device)) > 1:
        return UNKNOWN
    if row.device.says("output-area-full"):
        return 0
    return SOME_LEFT if row.device.says("output-area-almost-full") else UNKNOWN


def _micrometers(row: Tray, side: str) -> int:
    return UNKNOWN if row.media is None else int(getattr(row.media, side)) * 10


def _margin(device: HrDevice, side: str) -> int:
    """Return a margin within which all media are printed on for sure, in ten-thousandths of an inch."""
    margins = [getattr(media, side) for media in device.printer.capabilities.media]
    return -(-max(margins) * TEN_THOUSANDTHS // HUNDREDTHS_MM) if margins else UNKNOWN


def _extent(row: Piece, side: str, pick: "Callable[[list[int]], int]") -> int:
    sizes = [getattr(media, side) for media in row.device.printer.capabilities.media]
    return pick(sizes) * 10 if sizes else UNKNOWN


def _mark_tech(device: HrDevice) -> int:
    kinds = [supply.kind for supply in device.printer.supplies]
    return next((tech for start, tech in MARK_TECHS if any(kind.startswith(start) for kind in kinds)), UNKNOWN_TYPE)


def _process_colorants(device: HrDevice) -> int:
    """Return how many colours are mixed: where the machine tells none, the fewest that make all others."""
    return len(colorants(device)) or FEWEST_COLORANTS


def resolution(device: HrDevice, axis: int) -> int:
    """Return the most dots per inch across the feed (0) or along it (1): in 10,000 times 0.0001 inch."""
    return max((each[axis] for each in device.printer.capabilities.resolutions), default=UNKNOWN)


def _speed(row: Piece) -> int:
    return row.device.printer.capabilities.pages_per_minute * MINUTES or OTHER


def _supply_class(supply: Supply) -> int:
    if supply is UNTOLD:
        return 1
    return table.FILLED if WASTE.search(supply.kind) else table.CONSUMED


def _unit(supply: Supply) -> int:
    return UNKNOWN_TYPE if supply is UNTOLD else table.PERCENT


COVER_TABLE = (
    Column(2, "prtCoverDescription", text(255), lambda device: "Cover"),
    Column(3, "prtCoverStatus", ranged(1, 6), _cover),
)
INPUT_TABLE = (
    Column(2, "prtInputType", ranged(1, 7), lambda row: INPUT_TYPES.get(row.source, UNKNOWN_TYPE)),
    Column(3, "prtInputDimUnit", ranged(3, 4), lambda row: MICROMETERS),
    Column(4, "prtInputMediaDimFeedDirDeclared", INT32, lambda row: _micrometers(row, "length")),
    Column(5, "prtInputMediaDimXFeedDirDeclared", INT32, lambda row: _micrometers(row, "width")),
    Column(6, "prtInputMediaDimFeedDirChosen", INT32, lambda row: _micrometers(row, "length")),
    Column(7, "prtInputMediaDimXFeedDirChosen", INT32, lambda row: _micrometers(row, "width")),
    Column(8, "prtInputCapacityUnit", ranged(3, 17), lambda row: SHEETS),
    Column(9, "prtInputMaxCapacity", LEVEL_AT_LEAST_UNKNOWN, lambda row: UNKNOWN),
    Column(10, "prtInputCurrentLevel", LEVEL, _level),
    Column(11, "prtInputStatus", STATUS, lambda row: row.device.part(INPUT)),
    Column(12, "prtInputMediaName", text(63), lambda row: row.media.name if row.media else ""),
    Column(13, "prtInputName", text(63), lambda row: row.source),
    Column(14, "prtInputVendorName", text(63), lambda row: ""),
    Column(15, "prtInputModel", text(63), lambda row: ""),
    Column(16, "prtInputVersion", text(63), lambda row: ""),
    Column(17, "prtInputSerialNumber", text(63), lambda row: ""),
    Column(18, "prtInputDescription", text(255), lambda row: row.source.replace("-", " ").capitalize()),
    Column(19, "prtInputSecurity", ranged(1, 5), lambda row: NOT_PRESENT),
    Column(20, "prtInputMediaWeight", INT32, lambda row: UNKNOWN),
    Column(21, "prtInputMediaType", text(63), lambda row: ""),
    Column(22, "prtInputMediaColor", text(63), lambda row: ""),
    Column(23, "prtInputMediaFormParts", INT32, lambda row: UNKNOWN),
    Column(24, "prtInputMediaLoadTimeout", INT32, lambda row: FOREVER),
    Column(25, "prtInputNextIndex", INT32, lambda row: NEXT_UNKNOWN),
)
OUTPUT_TABLE = (
    Column(2, "prtOutputType", ranged(1, 7), lambda row: UNKNOWN_TYPE),
    Column(3, "prtOutputCapacityUnit", ranged(3, 17), lambda row: SHEETS),
    Column(4, "prtOutputMaxCapacity", LEVEL_AT_LEAST_UNKNOWN, lambda row: UNKNOWN),
    Column(5, "prtOutputRemainingCapacity", LEVEL, _room),
    Column(6, "prtOutputStatus", STATUS, lambda row: row.device.part(OUTPUT)),
    Column(7, "prtOutputName", text(63), lambda row: row.part),
    Column(8, "prtOutputVendorName", text(63), lambda row: ""),
    Column(9, "prtOutputModel", text(63), lambda row: ""),
    Column(10, "prtOutputVersion", text(63), lambda row: ""),
    Column(11, "prtOutputSerialNumber", text(63), lambda row: ""),
    Column(12, "prtOutputDescription", text(255), lambda row: row.part.replace("-", " ").capitalize()),
    Column(13, "prtOutputSecurity", ranged(1, 5), lambda row: NOT_PRESENT),
    Column(14, "prtOutputDimUnit", ranged(3, 4), lambda row: MICROMETERS),
    Column(15, "prtOutputMaxDimFeedDir", INT32, lambda row: _extent(row, "length", max)),
    Column(16, "prtOutputMaxDimXFeedDir", INT32, lambda row: _extent(row, "width", max)),
    Column(17, "prtOutputMinDimFeedDir", INT32, lambda row: _extent(row, "length", min)),
    Column(18, "prtOutputMinDimXFeedDir", INT32, lambda row: _extent(row, "width", min)),
    Column(19, "prtOutputStackingOrder", ranged(2, 4), lambda row: STACKING.get(row.part, UNKNOWN_ORDER)),
    Column(20, "prtOutputPageDeliveryOrientation", ranged(3, 4), lambda row: DELIVERIES.get(row.part, 4)),
    Column(21, "prtOutputBursting", ranged(1, 5), lambda row: NOT_PRESENT),
    Column(22, "prtOutputDecollating", ranged(1, 5), lambda row: NOT_PRESENT),
    Column(23, "prtOutputPageCollated", ranged(1, 5), lambda row: NOT_PRESENT),
    Column(24, "prtOutputOffsetStacking", ranged(1, 5), lambda row: NOT_PRESENT),
)
MARKER_TABLE = (
    Column(2, "prtMarkerMarkTech", ranged(1, 27), _mark_tech),
    Column(3, "prtMarkerCounterUnit", ranged(3, 17), lambda device: IMPRESSIONS),
    Column(4, "prtMarkerLifeCount", COUNTER32, lambda device: device.printer.sides),
    Column(5, "prtMarkerPowerOnCount", COUNTER32, lambda device: device.sides_since_power_on),
    Column(6, "prtMarkerProcessColorants", INDEX_OR_NONE, _process_colorants),
    Column(7, "prtMarkerSpotColorants", INDEX_OR_NONE, lambda device: 0),
    Column(8, "prtMarkerAddressabilityUnit", ranged(3, 4), lambda device: INCHES),
    Column(9, "prtMarkerAddressabilityFeedDir", LEVEL_AT_LEAST_UNKNOWN, lambda device: resolution(device, 1)),
    Column(10, "prtMarkerAddressabilityXFeedDir", LEVEL_AT_LEAST_UNKNOWN, lambda device: resolution(device, 0)),
    Column(11, "prtMarkerNorthMargin", LEVEL_AT_LEAST_UNKNOWN, lambda device: _margin(device, "top")),
    Column(12, "prtMarkerSouthMargin", LEVEL_AT_LEAST_UNKNOWN, lambda device: _margin(device, "bottom")),
    Column(13, "prtMarkerWestMargin", LEVEL_AT_LEAST_UNKNOWN, lambda device: _margin(device, "left")),
    Column(14, "prtMarkerEastMargin", LEVEL_AT_LEAST_UNKNOWN, lambda device: _margin(device, "right")),
    Column(15, "prtMarkerStatus", STATUS, lambda device: device.part(MARKER, MARKER_SUPPLIES)),
)
SUPPLY_TABLE = (
    Column(2, "prtMarkerSuppliesMarkerIndex", INDEX_OR_NONE, lambda row: 1),
    Column(3, "prtMarkerSuppliesColorantIndex", INDEX_OR_NONE, lambda row: row.colorant),
    Column(4, "prtMarkerSuppliesClass", ranged(1, 4), lambda row: _supply_class(row.part)),
    Column(5, "prtMarkerSuppliesType", NATURAL, lambda row: table.SUPPLY_TYPES.get(row.part.kind, 1)),
    Column(6, "prtMarkerSuppliesDescription", text(255), lambda row: row.part.name),
    Column(7, "prtMarkerSuppliesSupplyUnit", ranged(1, 19), lambda row: _unit(row.part)),
    Column(8, "prtMarkerSuppliesMaxCapacity", LEVEL_AT_LEAST_UNKNOWN,
           lambda row: UNKNOWN if row.part is UNTOLD else PERCENT_MOST),
    Column(9, "prtMarkerSuppliesLevel", LEVEL, lambda row: row.part.level),
)  # fmt: skip
COLORANT_TABLE = (
    Column(2, "prtMarkerColorantMarkerIndex", INDEX_OR_NONE, lambda row: 1),
    Column(3, "prtMarkerColorantRole", ranged(1, 4), lambda row: PROCESS),
    Column(4, "prtMarkerColorantValue", text(255), lambda row: table.COLORANTS.get(row.part.upper(), "other")),
    Column(5, "prtMarkerColorantTonality", ranged(2, 0x7FFFFFFF), lambda row: 2),
)
PATH_TABLE = (
    Column(2, "prtMediaPathMaxSpeedPrintUnit", ranged(3, 17), lambda row: IMPRESSIONS_PER_HOUR),
    Column(3, "prtMediaPathMediaSizeUnit", ranged(3, 4), lambda row: MICROMETERS),
    Column(4, "prtMediaPathMaxSpeed", INT32, _speed),
    Column(5, "prtMediaPathMaxMediaFeedDir", INT32, lambda row: _extent(row, "length", max)),
    Column(6, "prtMediaPathMaxMediaXFeedDir", INT32, lambda row: _extent(row, "width", max)),
    Column(7, "prtMediaPathMinMediaFeedDir", INT32, lambda row: _extent(row, "length", min)),
    Column(8, "prtMediaPathMinMediaXFeedDir", INT32, lambda row: _extent(row, "width", min)),
    Column(9, "prtMediaPathType", ranged(1, 5), lambda row: PATH_TYPES[row.part]),
    Column(10, "prtMediaPathDescription", text(255), lambda row: row.part.replace("-", " ").capitalize()),
    Column(11, "prtMediaPathStatus", STATUS, lambda row: row.device.part(MEDIA_PATH)),
)
CONSOLE_TABLE = (Column(2, "prtConsoleDisplayBufferText", text(127), lambda device: device.sentence),)
