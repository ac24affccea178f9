"""Registries of SNMP and of the Printer MIB, one row a line: syntaxes, errors, alerts, and their numbers."""

from typing import NamedTuple

from feedpath.front.snmp import wire

INT32_MOST, UINT32 = 0x7FFFFFFF, 0xFFFFFFFF

# RFC 3416, 3: error-status
NO_ERROR, TOO_BIG, NO_SUCH_NAME, BAD_VALUE, GEN_ERR = 0, 1, 2, 3, 5
NO_ACCESS, WRONG_TYPE, WRONG_LENGTH, WRONG_VALUE, NO_CREATION, INCONSISTENT_VALUE = 6, 7, 8, 10, 11, 12
RESOURCE_UNAVAILABLE, COMMIT_FAILED, NOT_WRITABLE = 13, 14, 17
V1_STATUS = {  # RFC 3584, 4.4: what v1 says for an error of v2c; NO_SUCH_NAME where none stands here
    TOO_BIG: TOO_BIG,
    GEN_ERR: GEN_ERR,
    WRONG_TYPE: BAD_VALUE,
    WRONG_LENGTH: BAD_VALUE,
    WRONG_VALUE: BAD_VALUE,
    INCONSISTENT_VALUE: BAD_VALUE,
    RESOURCE_UNAVAILABLE: GEN_ERR,
    COMMIT_FAILED: GEN_ERR,
}


class Syntax(NamedTuple):
    """The type of an object: its tag, and the range of a number or of the count of octets. ascii: texts are."""

    tag: int
    low: int
    high: int
    ascii: bool = False

    def encode(self, value: "int | str | bytes | tuple[int, ...]") -> bytes:
        """Return the BER of a value, brought into the range: counters go round, texts are cut."""
        if isinstance(value, int):
            return wire.number(self._fit(value), self.tag)
        if isinstance(value, tuple):
            return wire.tlv(self.tag, wire.name(value))
        if isinstance(value, str):
            value = value.encode("ascii" if self.ascii else "utf-8", "replace")
            if len(value) > self.high:
                value = value[: self.high].decode("utf-8", "ignore").encode()
        return wire.tlv(self.tag, value[: self.high])

    def _fit(self, value: int) -> int:
        if self.tag in (wire.COUNTER32, wire.COUNTER64, wire.TIME_TICKS):
            return value & self.high
        return max(self.low, min(value, self.high))

    def wrong(self, tag: int, value: "int | bytes") -> int:
        """Return the error-status of a value that shall be written; NO_ERROR when it may be."""
        if tag != self.tag:
            return WRONG_TYPE
        if isinstance(value, bytes):
            return NO_ERROR if self.low <= len(value) <= self.high else WRONG_LENGTH
        return NO_ERROR if self.low <= value <= self.high else WRONG_VALUE


def ranged(low: int, high: int) -> Syntax:
    """Return the syntax of an INTEGER of a range."""
    return Syntax(wire.INTEGER, low, high)


def text(octets: int, ascii: bool = False) -> Syntax:
    """Return the syntax of a text of so many octets at most."""
    return Syntax(wire.OCTETS, 0, octets, ascii)


INT32 = ranged(-INT32_MOST - 1, INT32_MOST)
NATURAL, POSITIVE = ranged(0, INT32_MOST), ranged(1, INT32_MOST)
INDEX, INDEX_OR_NONE = ranged(1, 65535), ranged(0, 65535)
NOT_APPLICABLE, INDEX_OR_NOT_APPLICABLE = -1, ranged(-1, INT32_MOST)  # prtAlertGroupIndex
LEVEL, LEVEL_AT_LEAST_UNKNOWN = ranged(-3, INT32_MOST), ranged(-2, INT32_MOST)  # -1 other, -2 unknown, -3 some are left
TRUTH = ranged(1, 2)  # RFC 2579: true, false
TRUE, FALSE = 1, 2
COUNTER32 = Syntax(wire.COUNTER32, 0, UINT32)
COUNTER64 = Syntax(wire.COUNTER64, 0, 0xFFFFFFFFFFFFFFFF)
GAUGE32 = Syntax(wire.GAUGE32, 0, UINT32)
TICKS = Syntax(wire.TIME_TICKS, 0, UINT32)
ADDRESS = Syntax(wire.IP_ADDRESS, 4, 4)
OBJECT = Syntax(wire.OID, 0, wire.ARCS_MOST)
DISPLAY = text(255, ascii=True)  # DisplayString: RFC 2579
OCTETS = text(255)
NOWHERE = (0, 0)  # zeroDotZero: RFC 2578

OTHER, UNKNOWN, SOME_LEFT = -1, -2, -3  # for levels and capacities: RFC 3805, prtInputMaxCapacity and so on

# RFC 3805, PrtAlertSeverityLevelTC, by the suffix of the keyword (PWG 5100.9); a unary one tells of a moment only
CRITICAL, UNARY, WARNING, REPORT = 3, 4, 5, 1
SEVERITIES = (("-error", CRITICAL), ("-warning", WARNING), ("-report", REPORT))

# PrtAlertGroupTC
STORAGE_GROUP, GENERAL, COVER, INPUT, OUTPUT, MARKER = 3, 5, 6, 8, 9, 10
MARKER_SUPPLIES, MEDIA_PATH, CHANNEL, INTERPRETER, ALERT = 11, 13, 14, 15, 18
UNTRAINED, TRAINED, FIELD_SERVICE, NO_INTERVENTION = 3, 4, 5, 7  # PrtAlertTrainingLevelTC


class AlertKind(NamedTuple):
    """What a keyword of printer-state-reasons is in the MIBs: PrtAlertGroupTC, PrtAlertCodeTC,
    PrtAlertTrainingLevelTC, and the bit of hrPrinterDetectedErrorState (RFC 2790), -1 for none.
    """

    group: int
    code: int
    training: int
    bit: int


LOW_PAPER, NO_PAPER, LOW_TONER, NO_TONER, DOOR_OPEN, JAMMED, OFFLINE, SERVICE_REQUESTED = range(8)
INPUT_TRAY_MISSING, OUTPUT_TRAY_MISSING, SUPPLY_MISSING, OUTPUT_NEAR_FULL, OUTPUT_FULL, INPUT_TRAY_EMPTY = range(8, 14)
NO_BIT = -1

# The IANA registry of PrtAlertCodeTC (RFC 3805, as of 2016-09-14); keywords of RFC 8011, 5.4.12, PWG 5100.9 and CUPS.
# What the registry calls deprecated is not used: an open door is an open cover.
ALERTS = {
    "connecting-to-device": AlertKind(GENERAL, 22, UNTRAINED, OFFLINE),  # subunitOffline
    "cover-open": AlertKind(COVER, 3, UNTRAINED, DOOR_OPEN),  # coverOpen
    "cups-missing-filter": AlertKind(INTERPRETER, 1507, TRAINED, SERVICE_REQUESTED),  # interpreterResourceUnavailable
    "developer-empty": AlertKind(MARKER_SUPPLIES, 1114, TRAINED, SERVICE_REQUESTED),  # markerDeveloperEmpty
    "developer-low": AlertKind(MARKER_SUPPLIES, 1113, TRAINED, NO_BIT),  # markerDeveloperAlmostEmpty
    "door-open": AlertKind(COVER, 3, UNTRAINED, DOOR_OPEN),
    "firmware-failed": AlertKind(INTERPRETER, 1507, TRAINED, SERVICE_REQUESTED),
    "firmware-loading": AlertKind(GENERAL, 24, NO_INTERVENTION, NO_BIT),  # subunitWarmingUp
    "firmware-needed": AlertKind(INTERPRETER, 1507, TRAINED, SERVICE_REQUESTED),
    "fuser-over-temp": AlertKind(MARKER, 1002, FIELD_SERVICE, SERVICE_REQUESTED),  # markerFuserOverTemperature
    "fuser-under-temp": AlertKind(MARKER, 1001, FIELD_SERVICE, SERVICE_REQUESTED),  # markerFuserUnderTemperature
    "input-tray-missing": AlertKind(INPUT, 801, UNTRAINED, INPUT_TRAY_MISSING),  # inputMediaTrayMissing
    "interlock-open": AlertKind(COVER, 5, UNTRAINED, DOOR_OPEN),  # interlockOpen
    "interpreter-resource-unavailable": AlertKind(INTERPRETER, 1507, TRAINED, NO_BIT),
    "marker-supply-empty": AlertKind(MARKER_SUPPLIES, 13, UNTRAINED, NO_TONER),  # subunitEmpty
    "marker-supply-low": AlertKind(MARKER_SUPPLIES, 12, UNTRAINED, LOW_TONER),  # subunitAlmostEmpty
    "marker-supply-missing": AlertKind(MARKER_SUPPLIES, 9, UNTRAINED, SUPPLY_MISSING),  # subunitMissing
    "marker-waste-almost-full": AlertKind(MARKER_SUPPLIES, 14, UNTRAINED, NO_BIT),  # subunitAlmostFull
    "marker-waste-full": AlertKind(MARKER_SUPPLIES, 15, UNTRAINED, SERVICE_REQUESTED),  # subunitFull
    "media-empty": AlertKind(INPUT, 808, UNTRAINED, NO_PAPER),  # inputMediaSupplyEmpty
    "media-jam": AlertKind(MEDIA_PATH, 8, UNTRAINED, JAMMED),  # jam
    "media-low": AlertKind(INPUT, 807, UNTRAINED, LOW_PAPER),  # inputMediaSupplyLow
    "media-needed": AlertKind(INPUT, 809, UNTRAINED, NO_PAPER),  # inputMediaChangeRequest
    "offline": AlertKind(GENERAL, 22, UNTRAINED, OFFLINE),
    "opc-life-over": AlertKind(MARKER_SUPPLIES, 1112, TRAINED, SERVICE_REQUESTED),  # markerOpcLifeOver
    "opc-near-eol": AlertKind(MARKER_SUPPLIES, 1111, TRAINED, NO_BIT),  # markerOpcLifeAlmostOver
    "other": AlertKind(GENERAL, 1, UNTRAINED, SERVICE_REQUESTED),
    "output-area-almost-full": AlertKind(OUTPUT, 902, UNTRAINED, OUTPUT_NEAR_FULL),  # outputMediaTrayAlmostFull
    "output-area-full": AlertKind(OUTPUT, 903, UNTRAINED, OUTPUT_FULL),  # outputMediaTrayFull
    "output-tray-missing": AlertKind(OUTPUT, 901, UNTRAINED, OUTPUT_TRAY_MISSING),  # outputMediaTrayMissing
    "paused": AlertKind(GENERAL, 22, UNTRAINED, OFFLINE),  # with a severity: at the machine itself
    "spool-area-full": AlertKind(STORAGE_GROUP, 15, UNTRAINED, NO_BIT),
    "toner-empty": AlertKind(MARKER_SUPPLIES, 1101, UNTRAINED, NO_TONER),  # markerTonerEmpty
    "toner-low": AlertKind(MARKER_SUPPLIES, 1104, UNTRAINED, LOW_TONER),  # markerTonerAlmostEmpty
}
UNNAMED = ("stopped-partly", "timed-out")  # alerts for which the registry has no code: other
NOT_ALERTS = ("none", "paused", "moving-to-paused", "shutdown")  # what people did, and no condition of the machine
SAME_EVENT = {  # keyword: the one of the same event, beside which it is no alert of its own (PrtAlertCodeTC)
    "connecting-to-device": "offline",
    "media-needed": "media-empty",
}
ENDED = AlertKind(ALERT, 1801, NO_INTERVENTION, NO_BIT)  # alertRemovalOfBinaryChangeEntry
RESET = AlertKind(GENERAL, 505, NO_INTERVENTION, NO_BIT)  # printerNMSReset

SUPPLY_TYPES = {  # PrtMarkerSuppliesTypeTC, as PWG 5100.13 spells it in printer-supply
    "other": 1, "unknown": 2, "toner": 3, "wasteToner": 4, "ink": 5, "inkCartridge": 6, "inkRibbon": 7, "wasteInk": 8,
    "opc": 9, "developer": 10, "fuserOil": 11, "solidWax": 12, "ribbonWax": 13, "wasteWax": 14, "fuser": 15,
    "coronaWire": 16, "fuserOilWick": 17, "cleanerUnit": 18, "fuserCleaningPad": 19, "transferUnit": 20,
    "tonerCartridge": 21, "fuserOiler": 22, "water": 23, "wasteWater": 24, "glueWaterAdditive": 25, "wastePaper": 26,
    "bindingSupply": 27, "bandingSupply": 28, "stitchingWire": 29, "shrinkWrap": 30, "paperWrap": 31, "staples": 32,
    "inserts": 33, "covers": 34, "matteToner": 35, "matteInk": 36,
}  # fmt: skip
CONSUMED, FILLED, PERCENT = 3, 4, 19  # PrtMarkerSuppliesClassTC, PrtMarkerSuppliesSupplyUnitTC

COLORANTS = {  # prtMarkerColorantValue
    "#000000": "black", "#00FFFF": "cyan", "#FF00FF": "magenta", "#FFFF00": "yellow", "#FFFFFF": "white",
    "#FF0000": "red", "#00FF00": "green", "#0000FF": "blue",
}  # fmt: skip

MARK_TECHS = (  # PrtMarkerMarkTechTC, by what a supply's kind begins with
    ("toner", 5),  # electrophotographicOther
    ("ink", 14),  # inkjetOther
)

LANGUAGES = {  # PrtInterpreterLangFamilyTC of the IANA registry, by MIME type; 1 (other) for what is not there
    "application/pdf": 54, "application/postscript": 6, "application/vnd.cups-raw": 37, "application/octet-stream": 37,
    "application/vnd.hp-pcl": 3, "application/vnd.hp-pclxl": 47, "image/jpeg": 61, "image/pwg-raster": 84,
    "image/tiff": 40, "image/urf": 85, "text/plain": 30,
}  # fmt: skip
AUTOMATIC = "application/octet-stream"

CHANNEL_LPD, CHANNEL_9100, CHANNEL_TCP, CHANNEL_IPP = 8, 11, 37, 44  # PrtChannelTypeTC

INPUT_TYPES = {"manual": 5, "by-pass-tray": 5, "main-roll": 6, "alternate-roll": 6}  # PrtInputTypeTC; 2 is unknown
PATH_TYPES = {"one-sided": 5, "two-sided-long-edge": 3, "two-sided-short-edge": 4}  # PrtMediaPathTypeTC
DELIVERIES = {"face-up": 3, "face-down": 4}  # PrtOutputPageDeliveryOrientationTC

# PrtSubUnitStatusTC: one availability and any of the rest, added up
AVAILABLE_IDLE, AVAILABLE_ACTIVE, UNAVAILABLE_ON_REQUEST, UNKNOWN_AVAILABILITY = 0, 4, 1, 5
NON_CRITICAL, CRITICAL_ALERTS, OFF_LINE, TRANSITIONING = 8, 16, 32, 64
