"""A printer as SNMP knows it: its hrDeviceIndex, its alerts, what it has counted."""

from collections.abc import Callable
from typing import NamedTuple

from feedpath.core import reasons
from feedpath.core.printer import BUSY, Printer
from feedpath.front.snmp import table

OTHER, IDLE, PRINTING, WARMUP = 1, 3, 4, 5  # hrPrinterStatus: RFC 2790
RUNNING, WARNED, DOWN = 2, 3, 5  # hrDeviceStatus
ERROR_OCTETS = 2  # of hrPrinterDetectedErrorState: RFC 2790, as RFC 3805 orders its bits
EVENTS_MOST = 8  # rows of prtAlertTable that tell of moments; older ones go
END, RESET_SENTENCE = "No more: %s", "The printer was reset by SNMP."


class Alert(NamedTuple):
    """A row of prtAlertTable. time: sysUpTime in ticks when it began. removed: the row whose end this one tells."""

    number: int
    keyword: str
    severity: int
    kind: table.AlertKind
    time: int
    sentence: str  # what it means to people
    removed: int = 0

    @property
    def bit(self) -> int:
        """Return the bit of hrPrinterDetectedErrorState: one empty tray that stops nothing is not "no paper"."""
        if self.kind.bit == table.NO_PAPER and self.severity != table.CRITICAL:
            return table.INPUT_TRAY_EMPTY
        return self.kind.bit


class HrDevice:
    """A printer under its hrDeviceIndex. alerts: what holds now, oldest first. events: what was, the last ones.

    all_alerts and critical_alerts grow only. contact: gives who takes care of it.
    """

    def __init__(
        self, index: int, printer: Printer, ticks: "Callable[[], int]", contact: "Callable[[], str]" = lambda: ""
    ):
        self.index = index
        self.printer = printer
        self.contact = contact
        self.alerts: "list[Alert]" = []
        self.events: "list[Alert]" = []
        self.all_alerts = 0
        self.critical_alerts = 0
        self._sides_before = printer.sides  # the machine was switched on, as far as is known
        self._ticks = ticks
        self._last = 0
        self._config_changes = 0
        self._configuration = self._told()
        self.look()

    def look(self) -> "list[Alert]":
        """Take in what the printer says now; return the new rows that printerV2Alert tells of.

        These are the critical ones, and what tells that one of these has ended (RFC 3805 and PrtAlertCodeTC).
        """
        self._count_changes()
        holding = self._holding()
        over = [alert for alert in self.alerts if alert.keyword not in holding]
        self.alerts = [alert for alert in self.alerts if alert.keyword in holding]
        if any(base(alert.keyword) == "offline" for alert in over):
            self._sides_before = self.printer.sides
        ended = [self._end(alert) for alert in over]
        known = {alert.keyword for alert in self.alerts}
        begun = [self._begin(keyword) for keyword in holding if keyword not in known]
        self.alerts += begun
        told = [end for end, alert in zip(ended, over, strict=True) if alert.severity == table.CRITICAL]
        return told + [alert for alert in begun if alert.severity == table.CRITICAL]

    def was_reset(self) -> None:
        """Note that somebody has reset it by SNMP."""
        self._note(RESET_SENTENCE, table.RESET)

    def _holding(self) -> "list[str]":
        """Return the keywords that are alerts, the worst one of each event."""
        worst: "dict[str, str]" = {}
        for keyword in self.printer.reasons:
            before = worst.get(base(keyword))
            if keyword not in table.NOT_ALERTS and (before is None or severity(keyword) == table.CRITICAL):
                worst[base(keyword)] = keyword
        return [keyword for event, keyword in worst.items() if table.SAME_EVENT.get(event) not in worst]

    def _begin(self, keyword: str) -> Alert:
        kind = table.ALERTS.get(base(keyword), table.ALERTS["other"])
        level = table.CRITICAL if kind.bit == table.OFFLINE else severity(keyword)  # it is down
        self.critical_alerts += level == table.CRITICAL
        return Alert(self._number(), keyword, level, kind, self._ticks(), reasons.printer_reason(keyword).sentence)

    def _end(self, alert: Alert) -> Alert:
        return self._note(END % alert.sentence, table.ENDED, alert.number)

    def _note(self, sentence: str, kind: table.AlertKind, removed: int = 0) -> Alert:
        """Add a row that tells of a moment; the oldest one goes when there are many."""
        event = Alert(self._number(), "", table.UNARY, kind, self._ticks(), sentence, removed)
        self.events = [*self.events, event][-EVENTS_MOST:]
        return event

    def _number(self) -> int:
        self.all_alerts += 1
        self._last = self._last % table.INT32_MOST + 1
        return self._last

    @property
    def config_changes(self) -> int:
        """Return how often anything was another than before that is no state, level or counter."""
        self._count_changes()
        return self._config_changes

    def _count_changes(self) -> None:
        told = self._told()
        if told != self._configuration:
            self._configuration = told
            self._config_changes += 1

    def _told(self) -> "tuple[object, ...]":
        printer = self.printer
        supplies = [(supply.name, supply.kind, supply.color, supply.high) for supply in printer.supplies]
        names = (printer.announced, printer.device_id, printer.make_and_model, printer.serial, self.contact())
        return printer.capabilities, supplies, printer.media_ready, names

    @property
    def sides_since_power_on(self) -> int:
        """Return how many sides came out since the machine was switched on, or since this program runs."""
        return self.printer.sides - self._sides_before

    @property
    def rows(self) -> "list[Alert]":
        """Return all rows of prtAlertTable."""
        return [*self.alerts, *self.events]

    def has(self, *severities: int) -> bool:
        """Return whether there is an alert of one of these severities."""
        return any(alert.severity in severities for alert in self.alerts)

    def says(self, *keywords: str) -> bool:
        """Return whether one of these holds, whatever its severity."""
        return any(base(alert.keyword) in keywords for alert in self.alerts)

    @property
    def away(self) -> bool:
        """Return whether nothing can be known of the machine now."""
        return self.says("offline", "connecting-to-device")

    @property
    def description(self) -> str:
        """Return make and model; the printer's name where they are not known."""
        return self.printer.make_and_model.strip() or self.printer.name

    @property
    def status(self) -> int:
        """Return hrPrinterStatus: RFC 3805, 2.2.13.2."""
        if self.says("firmware-loading"):
            return WARMUP
        if self.has(table.CRITICAL):
            return OTHER
        return PRINTING if self.printer.state == BUSY else IDLE

    @property
    def device_status(self) -> int:
        """Return hrDeviceStatus: RFC 3805, 2.2.13.2; what comes on line is down until it is there."""
        if self.has(table.CRITICAL) or self.status == WARMUP:
            return DOWN
        return WARNED if self.alerts else RUNNING

    @property
    def errors(self) -> bytes:
        """Return hrPrinterDetectedErrorState: bit 0 is the highest of the first octet."""
        bits = 0
        for alert in self.alerts:
            if alert.bit >= 0:
                bits |= 1 << (8 * ERROR_OCTETS - 1 - alert.bit)
        return bits.to_bytes(ERROR_OCTETS, "big")

    def part(self, *groups: int) -> int:
        """Return PrtSubUnitStatusTC of the parts of a kind, by the alerts of their groups."""
        severities = {alert.severity for alert in self.alerts if alert.kind.group in groups}
        troubled = table.NON_CRITICAL if severities - {table.CRITICAL} else 0
        troubled += table.OFF_LINE if any(alert.bit == table.OFFLINE for alert in self.alerts) else 0
        if self.away:
            return table.UNKNOWN_AVAILABILITY + troubled
        if table.CRITICAL in severities:
            return table.UNAVAILABLE_ON_REQUEST + table.CRITICAL_ALERTS + troubled
        return (table.AVAILABLE_ACTIVE if self.printer.state == BUSY else table.AVAILABLE_IDLE) + troubled

    @property
    def sentence(self) -> str:
        """Return in a few words how it is, as a display would show it: the worst first."""
        for alert in sorted(self.alerts, key=lambda alert: alert.severity != table.CRITICAL):
            return alert.sentence
        if self.printer.paused:
            return reasons.printer_reason("paused").sentence
        return "Printing." if self.printer.state == BUSY else reasons.printer_reason("none").sentence


def base(keyword: str) -> str:
    """Return a keyword of printer-state-reasons without its severity."""
    for suffix, _ in table.SEVERITIES:
        keyword = keyword.removesuffix(suffix)
    return keyword


def severity(keyword: str) -> int:
    """Return PrtAlertSeverityLevelTC of a keyword; one that tells none is an error (RFC 8011, 5.4.12)."""
    return next((level for suffix, level in table.SEVERITIES if keyword.endswith(suffix)), table.CRITICAL)
