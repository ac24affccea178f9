"""A printer as its MIBs tell it: states, errors, supplies, parts and ports; each index leads somewhere."""

import pytest

from feedpath.core.driver import Supply
from feedpath.core.printer import BUSY
from feedpath.front.snmp import table, wire
from feedpath.front.snmp.site import Reach
from tests.fakes.announced import A4, CAPABILITIES
from tests.unit.front.snmp.asking import PRINTER_MIB, SUPPLIES, Asked, WatchedPrinter

HOST = (1, 3, 6, 1, 2, 1, 25)
DEVICE_STATUS, PRINTER_STATUS, ERRORS = (*HOST, 3, 2, 1, 5, 1), (*HOST, 3, 5, 1, 1, 1), (*HOST, 3, 5, 1, 2, 1)
GENERAL, COVER, INPUT, OUTPUT = ((*PRINTER_MIB, *entry, 1) for entry in ((5, 1), (6, 1), (8, 2), (9, 2)))
MARKER, SUPPLY, COLORANT, CHANNEL = ((*PRINTER_MIB, *entry, 1) for entry in ((10, 2), (11, 1), (12, 1), (14, 1)))
CONFIG_CHANGES = (*GENERAL, 1, 1)


@pytest.mark.parametrize(
    "told, state, device, printer, errors",
    [
        ([], 3, 2, 3, 0x0000),
        ([], BUSY, 2, 4, 0x0000),
        (["media-empty-error"], BUSY, 5, 1, 0x4000),
        (["media-empty-report"], 3, 3, 3, 0x0004),
        (["media-empty-report", "media-empty-error"], 3, 5, 1, 0x4000),
        (["media-empty-error", "media-empty-report"], 3, 5, 1, 0x4000),
        (["media-low-warning"], 3, 3, 3, 0x8000),
        (["toner-low-warning", "cover-open-error"], 3, 5, 1, 0x2800),
        (["door-open-error"], 3, 5, 1, 0x0800),
        (["marker-supply-missing-error"], 3, 5, 1, 0x0020),
        (["output-area-almost-full-report"], 3, 3, 3, 0x0010),
        (["input-tray-missing-error", "output-area-full-error"], 3, 5, 1, 0x0088),
        (["offline-report"], 3, 5, 1, 0x0200),
        (["paused-error"], 3, 5, 1, 0x0200),
        (["firmware-loading-report"], 3, 5, 5, 0x0000),
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


CLOSED, OPEN, INTERLOCK, NOT_KNOWN = 4, 3, 5, 2
SOME, NONE_LEFT, UNKNOWN = -3, 0, -2
IDLE, UNAVAILABLE, LOW, CRITICAL, AWAY = 0, 1, 8, 16, 5 + 32


@pytest.mark.parametrize(
    "told, cover, paper, room, statuses",
    [
        ([], CLOSED, SOME, UNKNOWN, (IDLE, IDLE)),
        (["cover-open-error"], OPEN, SOME, UNKNOWN, (IDLE, IDLE)),
        (["interlock-open-error"], INTERLOCK, SOME, UNKNOWN, (IDLE, IDLE)),
        (["other-error"], NOT_KNOWN, SOME, UNKNOWN, (IDLE, IDLE)),
        (["offline-report"], NOT_KNOWN, UNKNOWN, UNKNOWN, (AWAY, AWAY)),
        (["media-empty-error"], CLOSED, NONE_LEFT, UNKNOWN, (UNAVAILABLE + CRITICAL, IDLE)),
        (["media-low-warning"], CLOSED, SOME, UNKNOWN, (LOW, IDLE)),
        (["output-area-full-error"], CLOSED, SOME, NONE_LEFT, (IDLE, UNAVAILABLE + CRITICAL)),
        (["output-area-almost-full-report"], CLOSED, SOME, SOME, (IDLE, LOW)),
    ],
)  # fmt: skip
def test_the_parts_tell_what_is_known_of_them(
    told: "list[str]", cover: int, paper: int, room: int, statuses: "tuple[int, int]"
) -> None:
    asked = Asked(reasons=told)
    assert asked.get(*COVER, 3, 1, 1) == cover
    assert (asked.get(*INPUT, 10, 1, 1), asked.get(*OUTPUT, 5, 1, 1)) == (paper, room)
    assert (asked.get(*INPUT, 11, 1, 1), asked.get(*OUTPUT, 6, 1, 1)) == statuses


def test_which_of_several_trays_is_empty_is_not_known() -> None:
    trays = CAPABILITIES._replace(sources=("auto", "tray-1", "tray-2"))
    asked = Asked(capabilities=trays, reasons=["media-empty-error"])
    assert [asked.get(*INPUT, 10, 1, number) for number in (1, 2)] == [UNKNOWN, UNKNOWN]


def test_sides_are_told_over_all_time_and_since_the_machine_was_switched_on() -> None:
    asked = Asked()
    asked.printer.change(sides=9)
    assert [asked.get(*MARKER, column, 1, 1) for column in (4, 5)] == [9, 2]
    asked.printer.change(reasons=["offline-report"])
    asked.printer.change(reasons=[])
    asked.printer.change(sides=10)
    assert [asked.get(*MARKER, column, 1, 1) for column in (4, 5)] == [10, 1]


def test_only_what_is_no_state_counts_as_a_change_of_the_configuration() -> None:
    asked = Asked(supplies=SUPPLIES)
    asked.printer.change(reasons=["media-empty-error"], state=BUSY)
    asked.printer.change(supplies=tuple(supply._replace(level=1) for supply in SUPPLIES))
    assert asked.get(*CONFIG_CHANGES) == 0
    asked.printer.change(supplies=SUPPLIES[:1])
    asked.printer.change(capabilities=CAPABILITIES._replace(color=False))
    assert asked.get(*CONFIG_CHANGES) == 2
    asked.settings["contact"] = "Bob"
    assert asked.get(*CONFIG_CHANGES) == 3


def test_the_margins_are_kept_on_all_media() -> None:
    narrow, wide = A4._replace(top=0, bottom=300), A4._replace(top=508, bottom=100)
    asked = Asked(capabilities=CAPABILITIES._replace(media=(narrow, wide)))
    assert [asked.get(*MARKER, column, 1, 1) for column in (11, 12)] == [2000, 1182]


@pytest.mark.parametrize("color, supplies, count", [(True, (), 3), (False, (), 1), (True, SUPPLIES, 2)])
def test_a_marker_has_colorants_where_none_are_told(color: bool, supplies: "tuple[Supply, ...]", count: int) -> None:
    asked = Asked(capabilities=CAPABILITIES._replace(color=color), supplies=supplies)
    assert asked.get(*MARKER, 6, 1, 1) == count


def test_the_display_shows_the_worst_and_what_people_did() -> None:
    asked = Asked(reasons=["toner-low-warning", "media-empty-error"])
    line = (*PRINTER_MIB, 16, 5, 1, 2, 1, 1)
    assert asked.get(*line) == b"The printer is out of paper."
    asked.printer.change(reasons=["paused"], paused=True)
    assert asked.get(*line) == b"The printer is paused; jobs wait."
    asked.printer.change(reasons=[], paused=False, state=BUSY)
    assert asked.get(*line) == b"Printing."


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
    printers = {name[-1] for name in names if name[:-1] == (*HOST, 3, 5, 1, 1)}
    assert printers == {1, 2} and devices == {1, 2, 10001, 10002}
    for name in names:
        if name[: len(PRINTER_MIB)] == PRINTER_MIB and name[len(PRINTER_MIB) : len(PRINTER_MIB) + 2] != (5, 2):
            assert name[len(PRINTER_MIB) + 4] in devices, name
    for number in range(1, 4):
        colorant = asked.get(*SUPPLY, 3, 1, number)
        assert colorant == 0 or (*COLORANT, 4, 1, colorant) in names
        assert (*MARKER, 2, 1, asked.get(*SUPPLY, 2, 1, number)) in names
    for column, entry in ((6, (8, 2, 1, 2)), (7, (9, 2, 1, 2)), (8, (10, 2, 1, 2)), (9, (13, 4, 1, 2))):
        assert (*PRINTER_MIB, *entry, 1, asked.get(*GENERAL, column, 1)) in names
    ppm = (1, 3, 6, 1, 4, 1, 2699, 1, 2, 1)
    for device in printers:
        assert asked.get(*ppm, 2, 1, 1, 6, device) == device
        for port in range(1, int(asked.get(*ppm, 2, 1, 1, 4, device)) + 1):
            assert (*CHANNEL, 2, device, asked.get(*ppm, 3, 1, 1, 8, device, port)) in names


def test_storage_and_interfaces_are_each_printers() -> None:
    asked = Asked()
    asked.add(WatchedPrinter(announced="Second"))
    for entry, places in ((2, (1, 2)), (3, (10001, 10002))):
        for place in places:
            assert [asked.get(*PRINTER_MIB, 5, entry, 1, 2, place, number) for number in (1, 2)] == [1, 2]
    assert [asked.get(*HOST, 3, 4, 1, 1, 10000 + number) for number in (1, 2)] == [1, 2]


def test_channels_say_how_they_are_used() -> None:
    asked = Asked()
    asked.reach = Reach("ipp://10.77.0.1:631/ipp/print", 631, 9101, 515, True, "laser")
    ways = [[asked.get(*CHANNEL, column, 1, number) for column in (2, 9)] for number in range(1, 5)]
    rest = b"Version=1.0\nVersion=1.1\nVersion=2.0\n"
    assert ways == [
        [44, b"URI=ipp://10.77.0.1:631/ipp/print\nAuth=requesting-user-name\nSecurity=none\n" + rest],
        [44, b"URI=ipps://10.77.0.1:631/ipp/print\nAuth=requesting-user-name\nSecurity=tls\n" + rest],
        [37, b"Port=9101\n"],
        [8, b"Queue=laser\n"],
    ]
    ports = (1, 3, 6, 1, 4, 1, 2699, 1, 2, 1, 3, 1, 1)
    assert [asked.get(*ports, column, 1, 4) for column in (4, 5, 6, 8)] == [b"laser", 8, 515, 4]


def test_channels_are_open_while_the_machine_is_away_but_not_while_no_jobs_are_taken() -> None:
    asked = Asked(reasons=["offline-report"])
    state_and_status = [(*CHANNEL, column, 1, 1) for column in (6, 8)]
    assert [asked.get(*name) for name in state_and_status] == [3, IDLE]
    asked.printer.change(accepting=False)
    assert [asked.get(*name) for name in state_and_status] == [4, UNAVAILABLE]


def test_documents_that_found_no_room_are_counted() -> None:
    asked = Asked()
    asked.refusals = 3
    assert [asked.get(*HOST, 2, 3, 1, 7, number) for number in (1, 2)] == [0, 3]


def test_raw_data_on_its_usual_port_is_what_pwg_5107_1_calls_it() -> None:
    asked = Asked()
    assert [asked.get(*CHANNEL, column, 1, 2) for column in (2, 9)] == [11, b""]


def test_the_device_id_stands_where_programs_look_for_it() -> None:
    asked = Asked()
    places = ((11, 2, 3, 9, 1, 1, 7, 0), (641, 2, 1, 2, 1, 3, 1), (2699, 1, 2, 1, 2, 1, 1, 3, 1))
    assert {asked.get(1, 3, 6, 1, 4, 1, *place) for place in places} == {asked.printer.device_id.encode()}


def test_names_are_cut_between_characters() -> None:
    asked = Asked(announced="é" * 100)
    assert asked.get(*GENERAL, 16, 1) == ("é" * 31).encode()
