"""A printer as SNMP knows it: its hrDeviceIndex, its alerts, what it has counted."""

from collections.abc import Callable
from typing import NamedTuple

from feedpath.core import reasons
from feedpath.core.printer import BUSY, Printer
from feedpath.front.snmp import table

OTHER, IDLE, PRINTING, WARMUP = 1, 3, 4, 5  # hrPrinterStatus: RFC 2790
RUNNING, WARNED, DOWN = 2, 3, 5  # hrDeviceStatus
ERROR_OCTETS = 2  # of hrPrinterDetectedErrorState: RFC 2790, as RFC 3805 orders its bits


class Alert(NamedTuple):
    """A row of prtAlertTable. time: sysUpTime in ticks when it began."""

    number: int
    keyword: str
    severity: int
    kind: table.AlertKind
    time: int

    @property
    def sentence(self) -> str:
        """Return what it means to people."""
        return reasons.printer_reason(self.keyword).sentence


class HrDevice:
    """A printer under its hrDeviceIndex. alerts: what holds now, oldest first. config_changes, all_alerts and
    critical_alerts grow only, impressions as well, of which `restored` are from before this start.
    """

    def __init__(self, index: int, printer: Printer, ticks: "Callable[[], int]"):
        self.index = index
        self.printer = printer
        self.alerts: "list[Alert]" = []
        self.config_changes = 0
        self.all_alerts = 0
        self.critical_alerts = 0
        self.impressions = 0
        self._counted: "dict[int, int]" = {}
        self._ticks = ticks
        self._last = 0
        self.look(frozenset())
        self.restored = self.impressions  # before this start

    def look(self, news: "frozenset[str]") -> "list[Alert]":
        """Take in what the printer says now; return the alerts that are new."""
        if "identity" in news:
            self.config_changes += 1
        self._count()
        holding = {keyword: None for keyword in self.printer.reasons if base(keyword) not in table.NOT_ALERTS}
        self.alerts = [alert for alert in self.alerts if alert.keyword in holding]
        known = {alert.keyword for alert in self.alerts}
        begun = [self._alert(keyword) for keyword in holding if keyword not in known]
        self.alerts += begun
        return begun

    def _alert(self, keyword: str) -> Alert:
        self._last = self._last % table.INDEX.high + 1
        kind = table.ALERTS.get(base(keyword), table.ALERTS["other"])
        level = table.CRITICAL if kind.bit == table.OFFLINE else severity(keyword)  # it is down
        alert = Alert(self._last, keyword, level, kind, self._ticks())
        self.all_alerts += 1
        self.critical_alerts += alert.severity == table.CRITICAL
        return alert

    def _count(self) -> None:
        """Add the sides that jobs have put out since the last look."""
        counted = {id: job.impressions for id, job in self.printer.jobs.items()}
        self.impressions += sum(max(0, count - self._counted.get(id, 0)) for id, count in counted.items())
        self._counted = counted

    def has(self, *severities: int) -> bool:
        """Return whether there is an alert of one of these severities."""
        return any(alert.severity in severities for alert in self.alerts)

    @property
    def description(self) -> str:
        """Return make and model; the printer's name where they are not known."""
        return self.printer.make_and_model.strip() or self.printer.name

    @property
    def status(self) -> int:
        """Return hrPrinterStatus: RFC 3805, 2.2.13.2."""
        if any(base(alert.keyword) == "firmware-loading" for alert in self.alerts):
            return WARMUP
        if self.has(table.CRITICAL):
            return OTHER
        return PRINTING if self.printer.state == BUSY else IDLE

    @property
    def device_status(self) -> int:
        """Return hrDeviceStatus: RFC 3805, 2.2.13.2."""
        if self.has(table.CRITICAL):
            return DOWN
        return WARNED if self.alerts else RUNNING

    @property
    def errors(self) -> bytes:
        """Return hrPrinterDetectedErrorState: bit 0 is the highest of the first octet."""
        bits = 0
        for alert in self.alerts:
            if alert.kind.bit >= 0:
                bits |= 1 << (8 * ERROR_OCTETS - 1 - alert.kind.bit)
        return bits.to_bytes(ERROR_OCTETS, "big")

    def part(self, group: int) -> int:
        """Return PrtSubUnitStatusTC of the parts of a kind, by the alerts of their group."""
        severities = {alert.severity for alert in self.alerts if alert.kind.group == group}
        offline = table.OFF_LINE if any(alert.kind.bit == table.OFFLINE for alert in self.alerts) else 0
        if table.CRITICAL in severities:
            return table.UNAVAILABLE_ON_REQUEST + table.CRITICAL_ALERTS + offline
        busy = table.AVAILABLE_ACTIVE if self.printer.state == BUSY else table.AVAILABLE_IDLE
        return busy + (table.NON_CRITICAL if severities else 0) + offline

    @property
    def sentence(self) -> str:
        """Return in a few words how it is, as a display would show it."""
        if self.alerts:
            return self.alerts[0].sentence
        return "Printing." if self.printer.state == BUSY else reasons.printer_reason("none").sentence


def base(keyword: str) -> str:
    """Return a keyword of printer-state-reasons without its severity."""
    for suffix, _ in table.SEVERITIES:
        keyword = keyword.removesuffix(suffix)
    return keyword


def severity(keyword: str) -> int:
    """Return PrtAlertSeverityLevelTC of a keyword; one that tells none is an error (RFC 8011, 5.4.12)."""
    return next((level for suffix, level in table.SEVERITIES if keyword.endswith(suffix)), table.CRITICAL)
