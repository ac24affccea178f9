"""Printer-MIB (RFC 3805): the general group, and how its tables are put together. 1.3.6.1.2.1.43.

Written can be what is the house's own: the printer's name, who takes care of it, and a reset. All else that the MIB
lets an agent write is the machine's, which tells it or keeps it to itself.
"""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import NamedTuple

from feedpath.core.printer import BUSY
from feedpath.errors import Refused
from feedpath.front.snmp.device import Alert, HrDevice
from feedpath.front.snmp.mibs import host, ports
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
    place,
    resolution,
    supplies,
)
from feedpath.front.snmp.site import Facts
from feedpath.front.snmp.store import Column, NotNow, Object, Write, rows
from feedpath.front.snmp.table import (
    AUTOMATIC,
    AVAILABLE_ACTIVE,
    AVAILABLE_IDLE,
    COUNTER32,
    INDEX,
    INDEX_OR_NONE,
    INDEX_OR_NOT_APPLICABLE,
    INT32,
    LANGUAGES,
    LEVEL_AT_LEAST_UNKNOWN,
    NATURAL,
    POSITIVE,
    STORAGE_GROUP,
    TICKS,
    UNAVAILABLE_ON_REQUEST,
    UNKNOWN,
    ranged,
    text,
)

MIB = (1, 3, 6, 1, 2, 1, 43)
GENERAL_ENTRY, STORAGE_REF_ENTRY, DEVICE_REF_ENTRY = (*MIB, 5, 1, 1), (*MIB, 5, 2, 1), (*MIB, 5, 3, 1)
NOT_RESETTING, POWER_CYCLE_RESET, RESET_TO_NVRAM, RESET_TO_FACTORY = 3, 4, 5, 6  # PrtGeneralResetTC
ENABLED, NOT_PRESENT = 3, 5  # PrtConsoleDisableTC, PresentOnOff
DISPLAY_LINES, DISPLAY_CHARS = 1, 127  # of what stands on the printer's page as on a display
NO_COUNTRY = "  "  # the sentences are in no country's English: prtLocalizationCountry
UTF8 = 106  # CodedCharSet, by the IANA registry of character sets
PORTRAIT, ONE_WAY = 3, 4
DATA_ACCEPTED, NO_DATA_ACCEPTED = 3, 4  # PrtChannelStateTC
NAME_OCTETS = 63  # of a name in DNS-SD: RFC 6763, 4.1.1


class General(NamedTuple):
    """A row of prtGeneralTable. rename: gives the printer another name; keep_contact: keeps who takes care of it."""

    device: HrDevice
    rename: "Callable[[str], Awaitable[None]]"
    keep_contact: Write


async def reset(row: General, value: "int | bytes") -> None:
    """Reset the machine as PrtGeneralResetTC says; raise NotNow while a job is at it or it is away.

    powerCycleReset: it is reset over USB, let go of, and met anew as after its power-on. resetToNVRAM: it is reset
    over USB; what it does then is what its own settings say. resetToFactoryDefaults raises ValueError: USB has no word
    for it, and the name of a community is no reason to forget how this box was set up.
    """
    if value == NOT_RESETTING:
        return
    if value not in (POWER_CYCLE_RESET, RESET_TO_NVRAM):
        raise ValueError(value)
    try:
        await row.device.printer.device.reset(cold=value == POWER_CYCLE_RESET)
    except Refused as refused:
        raise NotNow from refused
    row.device.was_reset()
    row.device.printer.touch("state")


async def rename(row: General, value: "int | bytes") -> None:
    """Give the printer another name for people and the network; raise ValueError for one that is not allowed."""
    assert isinstance(value, bytes)
    try:
        await row.rename(value.decode())
    except Refused as refused:
        raise ValueError(refused.detail) from refused


async def keep_contact(row: General, value: "int | bytes") -> None:
    """Keep who takes care of the printers: one setting, which sysContact is too."""
    await row.keep_contact(value)


GENERAL_TABLE = (  # a row: General. Who operates a printer services it too, as far as is known here
    Column(1, "prtGeneralConfigChanges", COUNTER32, lambda row: row.device.config_changes),
    Column(2, "prtGeneralCurrentLocalization", INDEX, lambda row: 1),
    Column(3, "prtGeneralReset", ranged(3, 6), lambda row: NOT_RESETTING, reset),
    Column(4, "prtGeneralCurrentOperator", text(127), lambda row: row.device.contact(), keep_contact),
    Column(5, "prtGeneralServicePerson", text(127), lambda row: row.device.contact()),
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
    Column(16, "prtGeneralPrinterName", text(NAME_OCTETS), lambda row: row.device.printer.announced, rename),
    Column(17, "prtGeneralSerialNumber", text(255), lambda row: row.device.printer.serial),
    Column(18, "prtAlertCriticalEvents", COUNTER32, lambda row: row.device.critical_alerts),
    Column(19, "prtAlertAllEvents", COUNTER32, lambda row: row.device.all_alerts),
)
STORAGE_REF_TABLE = (Column(2, "prtStorageRefIndex", NATURAL, lambda device: device.index),)
DEVICE_REF_TABLE = (Column(2, "prtDeviceRefIndex", NATURAL, lambda device: device.index),)
LOCALIZATION_TABLE = (
    Column(2, "prtLocalizationLanguage", text(2, ascii=True), lambda row: "en"),
    Column(3, "prtLocalizationCountry", text(2, ascii=True), lambda row: NO_COUNTRY),
    Column(4, "prtLocalizationCharacterSet", NATURAL, lambda row: UTF8),
)
CHANNEL_TABLE = (  # a row: the device, and the Port
    Column(2, "prtChannelType", NATURAL, lambda row: row[1].protocol),
    Column(3, "prtChannelProtocolVersion", text(63), lambda row: ""),
    Column(4, "prtChannelCurrentJobCntlLangIndex", NATURAL, lambda row: 0),
    Column(5, "prtChannelDefaultPageDescLangIndex", NATURAL, lambda row: _sensed(row[0])),
    Column(6, "prtChannelState", ranged(3, 4), lambda row: _channel_state(row[0])),
    Column(7, "prtChannelIfIndex", NATURAL, lambda row: 0),
    Column(8, "prtChannelStatus", ranged(0, 126), lambda row: _channel_status(row[0])),
    Column(9, "prtChannelInformation", text(255), lambda row: row[1].information),
)
INTERPRETER_TABLE = (  # a row: the device, and the MIME type
    Column(2, "prtInterpreterLangFamily", NATURAL, lambda row: LANGUAGES.get(row[1], 1)),
    Column(3, "prtInterpreterLangLevel", text(31), lambda row: ""),
    Column(4, "prtInterpreterLangVersion", text(31), lambda row: ""),
    Column(5, "prtInterpreterDescription", text(255), lambda row: row[1]),
    Column(6, "prtInterpreterVersion", text(31), lambda row: ""),
    Column(7, "prtInterpreterDefaultOrientation", ranged(1, 4), lambda row: PORTRAIT),
    Column(8, "prtInterpreterFeedAddressability", LEVEL_AT_LEAST_UNKNOWN, lambda row: resolution(row[0], 1)),
    Column(9, "prtInterpreterXFeedAddressability", LEVEL_AT_LEAST_UNKNOWN, lambda row: resolution(row[0], 0)),
    Column(10, "prtInterpreterDefaultCharSetIn", NATURAL, lambda row: UTF8),
    Column(11, "prtInterpreterDefaultCharSetOut", NATURAL, lambda row: UTF8),
    Column(12, "prtInterpreterTwoWay", ranged(3, 4), lambda row: ONE_WAY),
)
ALERT_TABLE = (  # a row: the device, and the Alert
    Column(1, "prtAlertIndex", POSITIVE, lambda row: row[1].number),
    Column(2, "prtAlertSeverityLevel", ranged(1, 5), lambda row: row[1].severity),
    Column(3, "prtAlertTrainingLevel", ranged(1, 7), lambda row: row[1].kind.training),
    Column(4, "prtAlertGroup", NATURAL, lambda row: row[1].kind.group),
    Column(5, "prtAlertGroupIndex", INDEX_OR_NOT_APPLICABLE, lambda row: _group_index(*row)),
    Column(6, "prtAlertLocation", LEVEL_AT_LEAST_UNKNOWN, lambda row: UNKNOWN),
    Column(7, "prtAlertCode", NATURAL, lambda row: row[1].kind.code),
    Column(8, "prtAlertDescription", text(255), lambda row: row[1].sentence),
    Column(9, "prtAlertTime", TICKS, lambda row: row[1].time),
)


def _sensed(device: HrDevice) -> int:
    """Return which of the interpreters finds out by itself what it gets, 0 for none: what channels take it for."""
    formats = device.printer.capabilities.formats
    return formats.index(AUTOMATIC) + 1 if AUTOMATIC in formats else 0


def _group_index(device: HrDevice, alert: Alert) -> int:
    """Return prtAlertGroupIndex: the row that an alert is about."""
    if alert.removed:
        return alert.removed
    return host.SPOOL_INDEX if alert.kind.group == STORAGE_GROUP else place(device, alert)


def _channel_status(device: HrDevice) -> int:
    """Return PrtSubUnitStatusTC of the channels: they are ours, and take jobs while the machine is away too."""
    if not device.printer.accepting:
        return UNAVAILABLE_ON_REQUEST
    return AVAILABLE_ACTIVE if device.printer.state == BUSY else AVAILABLE_IDLE


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


def objects(devices: "Iterable[HrDevice]", facts: Facts) -> "Iterable[Object]":
    """Give the objects of all printers."""
    for sequence, device in enumerate(devices, 1):
        general = General(device, partial(facts.rename, device.printer), facts.write("contact"))
        yield from rows(GENERAL_ENTRY, GENERAL_TABLE, (device.index,), general)
        for store in (host.MEMORY_INDEX, host.SPOOL_INDEX):
            yield from rows(STORAGE_REF_ENTRY, STORAGE_REF_TABLE, (store, sequence), device)
        for link in facts.computer.links():
            yield from rows(DEVICE_REF_ENTRY, DEVICE_REF_TABLE, (host.NETWORKS + link.number, sequence), device)
        for entry, columns, parts in PARTS:
            for number, row in enumerate(parts(device), 1):
                yield from rows((*MIB, *entry), columns, (device.index, number), row)
        for way in ports.ports(facts.reach(device.printer)):
            yield from rows((*MIB, 14, 1, 1), CHANNEL_TABLE, (device.index, way.number), (device, way))
        for alert in device.rows:
            yield from rows((*MIB, 18, 1, 1), ALERT_TABLE, (device.index, alert.number), (device, alert))
