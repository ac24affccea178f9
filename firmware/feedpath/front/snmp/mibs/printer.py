"""Printer-MIB (RFC 3805): the general group, and how its tables are put together. 1.3.6.1.2.1.43."""

from collections.abc import Callable, Iterable

from feedpath.core.printer import Printer
from feedpath.front.snmp.device import HrDevice
from feedpath.front.snmp.mibs import ports
from feedpath.front.snmp.mibs.printer_parts import (
    COLORANT_TABLE,
    CONSOLE_TABLE,
    COVER_TABLE,
    INPUT_TABLE,
    MARKER_TABLE,
    OUTPUT_TABLE,
    PATH_TABLE,
    SUPPLY_TABLE,
    colorants,
    covers,
    inputs,
    markers,
    outputs,
    paths,
    supplies,
)
from feedpath.front.snmp.site import Reach
from feedpath.front.snmp.store import Column, Object, rows
from feedpath.front.snmp.table import (
    CHANNEL,
    COUNTER32,
    INDEX,
    INDEX_OR_NONE,
    INT32,
    LANGUAGES,
    LEVEL_AT_LEAST_UNKNOWN,
    NATURAL,
    TICKS,
    UNKNOWN,
    ranged,
    text,
)

MIB = (1, 3, 6, 1, 2, 1, 43)
GENERAL_ENTRY = (*MIB, 5, 1, 1)
NOT_RESETTING, ENABLED, NOT_PRESENT = 3, 3, 5  # PrtGeneralResetTC, PrtConsoleDisableTC, PresentOnOff
DISPLAY_LINES, DISPLAY_CHARS = 1, 127
UTF8 = 106  # CodedCharSet, by the IANA registry of character sets
PORTRAIT, ONE_WAY = 3, 4
DATA_ACCEPTED, NO_DATA_ACCEPTED = 3, 4  # PrtChannelStateTC

GENERAL_TABLE = (  # a row: the device, and the person who takes care
    Column(1, "prtGeneralConfigChanges", COUNTER32, lambda row: row[0].config_changes),
    Column(2, "prtGeneralCurrentLocalization", INDEX, lambda row: 1),
    Column(3, "prtGeneralReset", ranged(3, 6), lambda row: NOT_RESETTING),
    Column(4, "prtGeneralCurrentOperator", text(127), lambda row: ""),
    Column(5, "prtGeneralServicePerson", text(127), lambda row: row[1]()),
    Column(6, "prtInputDefaultIndex", INT32, lambda row: 1),
    Column(7, "prtOutputDefaultIndex", INT32, lambda row: 1),
    Column(8, "prtMarkerDefaultIndex", INDEX, lambda row: 1),
    Column(9, "prtMediaPathDefaultIndex", INDEX, lambda row: 1),
    Column(10, "prtConsoleLocalization", INDEX, lambda row: 1),
    Column(11, "prtConsoleNumberOfDisplayLines", INDEX_OR_NONE, lambda row: DISPLAY_LINES),
    Column(12, "prtConsoleNumberOfDisplayChars", INDEX_OR_NONE, lambda row: DISPLAY_CHARS),
    Column(13, "prtConsoleDisable", ranged(3, 4), lambda row: ENABLED),
    Column(14, "prtAuxiliarySheetStartupPage", ranged(1, 5), lambda row: NOT_PRESENT),
    Column(15, "prtAuxiliarySheetBannerPage", ranged(1, 5), lambda row: NOT_PRESENT),
    Column(16, "prtGeneralPrinterName", text(127), lambda row: row[0].printer.announced),
    Column(17, "prtGeneralSerialNumber", text(255), lambda row: row[0].printer.serial),
    Column(18, "prtAlertCriticalEvents", COUNTER32, lambda row: row[0].critical_alerts),
    Column(19, "prtAlertAllEvents", COUNTER32, lambda row: row[0].all_alerts),
)
LOCALIZATION_TABLE = (
    Column(2, "prtLocalizationLanguage", text(2, ascii=True), lambda row: "en"),
    Column(3, "prtLocalizationCountry", text(2, ascii=True), lambda row: "US"),
    Column(4, "prtLocalizationCharacterSet", NATURAL, lambda row: UTF8),
)
CHANNEL_TABLE = (  # a row: the device, and the Port
    Column(2, "prtChannelType", NATURAL, lambda row: row[1].protocol),
    Column(3, "prtChannelProtocolVersion", text(63), lambda row: ""),
    Column(4, "prtChannelCurrentJobCntlLangIndex", NATURAL, lambda row: 0),
    Column(5, "prtChannelDefaultPageDescLangIndex", NATURAL, lambda row: 1),
    Column(6, "prtChannelState", ranged(3, 4), lambda row: _channel_state(row[0])),
    Column(7, "prtChannelIfIndex", NATURAL, lambda row: 0),
    Column(8, "prtChannelStatus", ranged(0, 126), lambda row: row[0].part(CHANNEL)),
    Column(9, "prtChannelInformation", text(255), lambda row: ""),
)
INTERPRETER_TABLE = (  # a row: the device, and the MIME type
    Column(2, "prtInterpreterLangFamily", NATURAL, lambda row: LANGUAGES.get(row[1], 1)),
    Column(3, "prtInterpreterLangLevel", text(31), lambda row: ""),
    Column(4, "prtInterpreterLangVersion", text(31), lambda row: ""),
    Column(5, "prtInterpreterDescription", text(255), lambda row: row[1]),
    Column(6, "prtInterpreterVersion", text(31), lambda row: ""),
    Column(7, "prtInterpreterDefaultOrientation", ranged(1, 4), lambda row: PORTRAIT),
    Column(8, "prtInterpreterFeedAddressability", LEVEL_AT_LEAST_UNKNOWN, lambda row: UNKNOWN),
    Column(9, "prtInterpreterXFeedAddressability", LEVEL_AT_LEAST_UNKNOWN, lambda row: UNKNOWN),
    Column(10, "prtInterpreterDefaultCharSetIn", NATURAL, lambda row: UTF8),
    Column(11, "prtInterpreterDefaultCharSetOut", NATURAL, lambda row: UTF8),
    Column(12, "prtInterpreterTwoWay", ranged(3, 4), lambda row: ONE_WAY),
)
ALERT_TABLE = (  # a row: the device, and the Alert
    Column(1, "prtAlertIndex", INDEX, lambda row: row[1].number),
    Column(2, "prtAlertSeverityLevel", ranged(1, 5), lambda row: row[1].severity),
    Column(3, "prtAlertTrainingLevel", ranged(1, 7), lambda row: row[1].kind.training),
    Column(4, "prtAlertGroup", NATURAL, lambda row: row[1].kind.group),
    Column(5, "prtAlertGroupIndex", LEVEL_AT_LEAST_UNKNOWN, lambda row: 1),
    Column(6, "prtAlertLocation", LEVEL_AT_LEAST_UNKNOWN, lambda row: UNKNOWN),
    Column(7, "prtAlertCode", NATURAL, lambda row: row[1].kind.code),
    Column(8, "prtAlertDescription", text(255), lambda row: row[1].sentence),
    Column(9, "prtAlertTime", TICKS, lambda row: row[1].time),
)


def _channel_state(device: HrDevice) -> int:
    return DATA_ACCEPTED if device.printer.accepting else NO_DATA_ACCEPTED


PARTS = (  # the table's entry, its columns, what gives its rows
    ((6, 1, 1), COVER_TABLE, covers),
    ((7, 1, 1), LOCALIZATION_TABLE, lambda device: [device]),
    ((8, 2, 1), INPUT_TABLE, inputs),
    ((9, 2, 1), OUTPUT_TABLE, outputs),
    ((10, 2, 1), MARKER_TABLE, markers),
    ((11, 1, 1), SUPPLY_TABLE, supplies),
    ((12, 1, 1), COLORANT_TABLE, colorants),
    ((13, 4, 1), PATH_TABLE, paths),
    ((15, 1, 1), INTERPRETER_TABLE, lambda device: [(device, kind) for kind in device.printer.capabilities.formats]),
    ((16, 5, 1), CONSOLE_TABLE, lambda device: [device]),
)


def objects(
    devices: "Iterable[HrDevice]", reach: "Callable[[Printer], Reach]", contact: "Callable[[], str]"
) -> "Iterable[Object]":
    """Give the objects of all printers."""
    for device in devices:
        yield from rows(GENERAL_ENTRY, GENERAL_TABLE, (device.index,), (device, contact))
        for entry, columns, parts in PARTS:
            for number, row in enumerate(parts(device), 1):
                yield from rows((*MIB, *entry), columns, (device.index, number), row)
        for way in ports.ports(reach(device.printer)):
            yield from rows((*MIB, 14, 1, 1), CHANNEL_TABLE, (device.index, way.number), (device, way))
        for alert in device.alerts:
            yield from rows((*MIB, 18, 1, 1), ALERT_TABLE, (device.index, alert.number), (device, alert))
