"""A printer as its MIBs tell it: states, errors, alerts, supplies; each index leads somewhere."""

from types import SimpleNamespace

import pytest

from feedpath.core import reasons
from feedpath.core.printer import BUSY
from feedpath.front.snmp import table, wire
from feedpath.front.snmp.device import base
from tests.unit.front.snmp.asking import PRINTER_MIB, SUPPLIES, Asked, WatchedPrinter

HOST = (1, 3, 6, 1, 2, 1, 25)
DEVICE_STATUS, PRINTER_STATUS, ERRORS = (*HOST, 3, 2, 1, 5, 1), (*HOST, 3, 5, 1, 1, 1), (*HOST, 3, 5, 1, 2, 1)
SUPPLY, COLORANT, ALERT = (*PRINTER_MIB, 11, 1, 1), (*PRINTER_MIB, 12, 1, 1), (*PRINTER_MIB, 18, 1, 1)


@pytest.mark.parametrize(
    "told, state, device, printer, errors",
    [
        ([], 3, 2, 3, 0x0000),
        ([], BUSY, 2, 4, 0x0000),
        (["media-empty-error"], BUSY, 5, 1, 0x4000),
        (["media-low-warning"], 3, 3, 3, 0x8000),
        (["toner-low-warning", "cover-open-error"], 3, 5, 1, 0x2800),
        (["output-area-almost-full-report"], 3, 3, 3, 0x0010),
        (["input-tray-missing-error", "output-area-full-error"], 3, 5, 1, 0x0088),
        (["offline-report"], 3, 5, 1, 0x0200),
        (["firmware-loading-report"], 3, 3, 5, 0x0000),
        (["paused"], 5, 2, 3, 0x0000),
        (["never-heard-of-warning"], 3, 3, 3, 0x0100),
    ],
)  # fmt: skip
def test_states_and_errors_follow_the_reasons(
    told: "list[str]", state: int, device: int, printer: int, errors: int
) -> None:
    asked = Asked(reasons=told, state=state)
    assert (asked.get(*DEVICE_STATUS), asked.get(*PRINTER_STATUS)) == (device, printer)
    assert asked.get(*ERRORS) == errors.to_bytes(2, "big")


def test_an_alert_comes_and_goes_with_its_reason() -> None:
    asked = Asked()
    asked.now += 3
    asked.printer.change(reasons=["media-empty-error"])
    row = [asked.get(*ALERT, column, 1, 1) for column in range(1, 10)]
    assert row == [1, table.CRITICAL, table.UNTRAINED, table.INPUT, 1, -2, 808, b"The printer is out of paper.", 300]
    assert asked.alerts == ["media-empty-error"]
    asked.printer.change(reasons=[])
    assert asked.agent.store.get(wire.name((*ALERT, 1, 1, 1))) is None
    asked.printer.change(reasons=["media-empty-error"])
    assert asked.get(*ALERT, 1, 1, 2) == 2  # an index does not come again
    assert [asked.get(*PRINTER_MIB, 5, 1, 1, column, 1) for column in (18, 19)] == [2, 2]


def test_a_job_that_brings_an_alert_brings_its_row() -> None:
    asked = Asked()
    asked.walk()
    asked.printer.reasons = ["connecting-to-device"]
    asked.printer.change(jobs={})
    assert asked.get(*ALERT, 7, 1, 1) == 22


def test_each_reason_of_ours_is_an_alert_of_its_own_but_for_a_few() -> None:
    known = {*table.ALERTS, *table.NOT_ALERTS, "stopped-partly", "timed-out"}
    assert {row.keyword for row in reasons.PRINTER_REASONS} <= known


def test_the_severity_of_a_keyword_is_not_its_name() -> None:
    assert [base(word) for word in ("media-empty-error", "media-low-report", "other")] == [
        "media-empty",
        "media-low",
        "other",
    ]


def test_supplies_are_told_in_percent_with_their_colours() -> None:
    asked = Asked(supplies=SUPPLIES)
    rows = [[asked.get(*SUPPLY, column, 1, number) for column in range(2, 10)] for number in (1, 2, 3)]
    assert rows == [
        [1, 1, table.CONSUMED, 3, b"Black toner", table.PERCENT, 100, 80],
        [1, 2, table.CONSUMED, 6, b"Cyan ink", table.PERCENT, 100, 5],
        [1, 0, table.FILLED, 4, b"Waste", table.PERCENT, 100, -2],
    ]
    assert [asked.get(*COLORANT, 4, 1, number) for number in (1, 2)] == [b"black", b"cyan"]
    asked.printer.change(supplies=SUPPLIES[:1])
    assert asked.agent.store.get(wire.name((*SUPPLY, 9, 1, 2))) is None


def test_a_printer_that_tells_no_supplies_says_so() -> None:
    asked = Asked()
    assert [asked.get(*SUPPLY, column, 1, 1) for column in (4, 5, 7, 8, 9)] == [1, 2, 2, -2, -2]


def test_each_index_of_a_printers_tables_is_there() -> None:
    asked = Asked(supplies=SUPPLIES, reasons=["toner-low-warning", "media-empty-error"])
    asked.add(WatchedPrinter(announced="Second"))
    names = set(asked.walk())
    devices = {name[-1] for name in names if name[:-1] == (*HOST, 3, 2, 1, 1)}
    assert devices == {1, 2}
    for name in names:
        if name[: len(PRINTER_MIB)] == PRINTER_MIB:
            assert name[len(PRINTER_MIB) + 4] in devices, name
    for number in range(1, 4):
        colorant = asked.get(*SUPPLY, 3, 1, number)
        assert colorant == 0 or (*COLORANT, 4, 1, colorant) in names
        assert (*PRINTER_MIB, 10, 2, 1, 2, 1, asked.get(*SUPPLY, 2, 1, number)) in names
    for column, entry in ((6, (8, 2, 1, 2)), (7, (9, 2, 1, 2)), (8, (10, 2, 1, 2)), (9, (13, 4, 1, 2))):
        assert (*PRINTER_MIB, *entry, 1, asked.get(*PRINTER_MIB, 5, 1, 1, column, 1)) in names
    ppm = (1, 3, 6, 1, 4, 1, 2699, 1, 2, 1)
    for device in devices:
        assert asked.get(*ppm, 2, 1, 1, 6, device) == device
        for port in range(1, int(asked.get(*ppm, 2, 1, 1, 4, device)) + 1):
            assert (*PRINTER_MIB, 14, 1, 1, 2, device, asked.get(*ppm, 3, 1, 1, 8, device, port)) in names


def test_sides_are_counted_over_all_jobs_and_never_back() -> None:
    asked = Asked()
    job = SimpleNamespace(impressions=2)
    asked.printer.change(jobs={1: job})
    job.impressions = 5
    asked.printer.change(jobs={1: job, 2: SimpleNamespace(impressions=1)})
    asked.printer.change(jobs={})
    assert asked.get(*PRINTER_MIB, 10, 2, 1, 4, 1, 1) == 6


def test_the_device_id_stands_where_programs_look_for_it() -> None:
    asked = Asked()
    places = ((11, 2, 3, 9, 1, 1, 7, 0), (641, 2, 1, 2, 1, 3, 1), (2699, 1, 2, 1, 2, 1, 1, 3, 1))
    assert {asked.get(1, 3, 6, 1, 4, 1, *place) for place in places} == {asked.printer.device_id.encode()}


def test_names_are_cut_between_characters() -> None:
    asked = Asked(announced="é" * 100)
    assert asked.get(*PRINTER_MIB, 5, 1, 1, 16, 1) == ("é" * 63).encode()
