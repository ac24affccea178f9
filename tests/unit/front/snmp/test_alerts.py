"""prtAlertTable: what comes, what goes, and what of that a trap tells."""

import pytest

from feedpath.core import reasons
from feedpath.core.driver import Supply
from feedpath.front.snmp import table, wire
from feedpath.front.snmp.device import EVENTS_MOST, base
from tests.fakes.announced import CAPABILITIES
from tests.unit.front.snmp.asking import PRINTER_MIB, Asked

ALERT = (*PRINTER_MIB, 18, 1, 1)
CRITICAL_EVENTS, ALL_EVENTS = ((*PRINTER_MIB, 5, 1, 1, column, 1) for column in (18, 19))


def row(asked: Asked, number: int) -> "list[int | bytes]":
    """Return all columns of a row of the table."""
    return [asked.get(*ALERT, column, 1, number) for column in range(1, 10)]


def numbers(asked: Asked) -> "list[int]":
    """Return the indexes of the rows."""
    return [name[-1] for name in asked.walk() if name[:-2] == (*ALERT, 1)]


def test_an_alert_comes_with_its_reason_and_its_end_is_told_by_a_row() -> None:
    asked = Asked()
    asked.now += 3
    asked.printer.change(reasons=["media-empty-error"])
    assert row(asked, 1) == [1, table.CRITICAL, table.UNTRAINED, table.INPUT, 1, -2, 808,
                             b"The printer is out of paper.", 300]  # fmt: skip
    asked.now += 2
    asked.printer.change(reasons=[])
    assert numbers(asked) == [2]
    assert row(asked, 2) == [2, table.UNARY, table.NO_INTERVENTION, table.ALERT, 1, -2, 1801,
                             b"No more: The printer is out of paper.", 500]  # fmt: skip
    asked.printer.change(reasons=["media-empty-error"])
    assert numbers(asked) == [2, 3]  # an index does not come again
    assert [asked.get(*CRITICAL_EVENTS), asked.get(*ALL_EVENTS)] == [2, 3]


def test_traps_tell_of_critical_alerts_and_of_their_ends_only() -> None:
    asked = Asked()
    for told in (["toner-low-warning"], ["media-empty-error", "toner-low-warning"], []):
        asked.printer.change(reasons=told)
    assert [(alert.kind.code, alert.removed) for alert in asked.alerts] == [(808, 0), (1801, 2)]


def test_rows_that_tell_of_moments_are_few_and_no_condition() -> None:
    asked = Asked()
    for _ in range(2 * EVENTS_MOST):
        asked.printer.change(reasons=["media-empty-error"])
        asked.printer.change(reasons=[])
    last = 4 * EVENTS_MOST
    assert numbers(asked) == list(range(last - 2 * EVENTS_MOST + 2, last + 1, 2))
    assert asked.get(1, 3, 6, 1, 2, 1, 25, 3, 2, 1, 5, 1) == 2  # hrDeviceStatus: running
    assert asked.get(*ALL_EVENTS) == last


def test_an_event_is_one_alert_even_where_two_reasons_tell_it() -> None:
    asked = Asked(reasons=["media-empty-error", "media-needed-error", "media-empty-report"])
    assert [asked.get(*ALERT, 7, 1, number) for number in numbers(asked)] == [808]
    asked.printer.change(reasons=["offline-report", "connecting-to-device"])
    assert [alert.keyword for alert in asked.alerts[-1:]] == ["offline-report"]


def test_a_job_that_brings_an_alert_brings_its_row() -> None:
    asked = Asked()
    asked.walk()
    asked.printer.reasons = ["timed-out-error"]
    asked.printer.change(jobs={})
    assert asked.get(*ALERT, 7, 1, 1) == 1


LOW = (Supply("Black", "toner", "#000000", 80), Supply("Cyan", "toner", "#00FFFF", 5))


@pytest.mark.parametrize(
    "keyword, place",
    [
        ("media-empty-error", 1),
        ("cover-open-error", 1),
        ("fuser-over-temp-error", 1),
        ("toner-low-warning", 2),
        ("media-jam-error", -1),  # in which of the paths?
        ("other-error", -1),  # the general table has no index but the printer's
        ("spool-area-full-warning", 2),  # hrStorageIndex
    ],
)
def test_an_alert_names_the_part_that_it_is_about(keyword: str, place: int) -> None:
    asked = Asked(supplies=LOW, reasons=[keyword])
    assert asked.get(*ALERT, 5, 1, 1) == place


def test_an_alert_of_one_of_several_trays_names_none() -> None:
    trays = CAPABILITIES._replace(sources=("tray-1", "tray-2"))
    assert Asked(capabilities=trays, reasons=["media-empty-error"]).get(*ALERT, 5, 1, 1) == -1


def test_each_reason_of_ours_is_an_alert_of_its_own_but_for_those_that_are_said_not_to_be() -> None:
    known = {*table.ALERTS, *table.NOT_ALERTS, *table.UNNAMED}
    assert {row.keyword for row in reasons.PRINTER_REASONS} <= known
    assert not set(table.UNNAMED) & set(table.ALERTS)


def test_the_severity_of_a_keyword_is_not_its_name() -> None:
    assert [base(word) for word in ("media-empty-error", "media-low-report", "other")] == [
        "media-empty",
        "media-low",
        "other",
    ]


def test_a_row_whose_alert_is_gone_is_not_there() -> None:
    asked = Asked(reasons=["media-empty-error"])
    asked.printer.change(reasons=[])
    assert asked.agent.store.get(wire.name((*ALERT, 1, 1, 1))) is None
