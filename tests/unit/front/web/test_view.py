"""What is shown of printers and jobs: words for every state, the worst first, and nothing that was withheld."""

from types import SimpleNamespace
from typing import Any

import pytest

from feedpath.core import reasons as table
from feedpath.core.driver import Origin, Supply
from feedpath.front.web import view

NOW = 1_800_000_000.0


def job(**facts: Any) -> Any:
    usual = {
        "id": 12, "name": "letter.pdf", "user": "ana", "state": 3, "reasons": (), "message": "", "received": 1000,
        "printed": 250, "impressions": 0, "created": NOW - 120, "completed": None, "over": False, "ended": False,
    }  # fmt: skip
    return SimpleNamespace(**{**usual, **facts})


def printer(*jobs: Any, **facts: Any) -> Any:
    usual = {
        "name": "office", "announced": "Office laser", "uuid": "u-1", "location": "hall",
        "make_and_model": "Brother HL-1110", "state": 3,
        "accepting": True, "paused": False, "reasons": [], "supplies": (), "media_ready": (), "identified": None,
        "jobs": {job.id: job for job in jobs}, "origin": Origin("language:pcl5", "PCL 5", "It says so."),
    }  # fmt: skip
    return SimpleNamespace(**{**usual, **facts})


def shown(*jobs: Any, names: bool = True, **facts: Any) -> "dict[str, Any]":
    return view.status([printer(*jobs, **facts)], NOW, names)[0]


@pytest.mark.parametrize(
    "state, reasons, headline, tone",
    [
        (3, [], "Ready.", "ready"),
        (3, ["none"], "Ready.", "ready"),
        (4, [], "Printing.", "busy"),
        (5, [], "Stopped.", "warn"),
        (5, ["paused"], "The printer is paused; jobs wait.", "warn"),
        (3, ["offline-report"], "The printer is off or unplugged.", "off"),
        (4, ["media-empty-error"], "The printer is out of paper.", "bad"),
        (5, ["toner-low-warning", "media-jam-error"], "Paper is jammed.", "bad"),
        (3, ["toner-low-warning"], "Ready.", "ready"),
        (4, ["media-low-report"], "Printing.", "busy"),
        (3, ["vendor-thing-error"], "Vendor thing.", "bad"),
    ],
)
def test_one_sentence_says_what_a_printer_does_or_needs(
    state: int, reasons: "list[str]", headline: str, tone: str
) -> None:
    told = shown(state=state, reasons=reasons)
    assert (told["headline"], told["tone"]) == (headline, tone)


@pytest.mark.parametrize("row", table.PRINTER_REASONS, ids=lambda row: row.keyword)
@pytest.mark.parametrize("severity", ["", "-report", "-warning", "-error"])
def test_each_reason_of_the_table_is_told_with_what_to_do(row: table.Reason, severity: str) -> None:
    told = view.told_reasons([row.keyword + severity])
    assert row.keyword == "none" or (told[0]["sentence"], told[0]["remedy"]) == (row.sentence, row.remedy)


def test_reasons_with_the_same_cure_are_told_once_and_the_worst_comes_first() -> None:
    told = view.told_reasons(["toner-low-warning", "media-empty-error", "media-needed-error"])
    assert [reason["keyword"] for reason in told] == ["media-empty-error", "toner-low-warning"]


@pytest.mark.parametrize(
    "supply, level, low, words",
    [
        (Supply("Black", "toner", "#000000", 40), 40, False, "40 %"),
        (Supply("Black", "toner", "#000000", 10), 10, True, "10 %"),
        (Supply("Black", "toner", "#000000", 30, 10, 60), 50, False, "50 %"),
        (Supply("Black", "toner", "#000000", 0), 0, True, "0 %"),
        (Supply("Waste", "wasteToner", "none", -3), None, False, "some left"),
        (Supply("Waste", "wasteToner", "none", -2), None, False, "not known"),
        (Supply("Odd", "ink", "#000000", 5, 1, 0), None, False, "not known"),
    ],
)
def test_a_supply_is_shown_as_far_as_the_machine_tells(
    supply: Supply, level: "int | None", low: bool, words: str
) -> None:
    told = view.supply_view(supply)
    assert (told["level"], told["low"], told["words"]) == (level, low, words)


@pytest.mark.parametrize(
    "color, told", [("#00aEeF", "#00aEeF"), ("none", ""), ("url(//x)", ""), ('#000000"/>', ""), ("#00000g", "")]
)
def test_only_a_color_becomes_a_color(color: str, told: str) -> None:
    assert view.supply_view(Supply("Ink", "ink", color, 50))["color"] == told


@pytest.mark.parametrize(
    "state, reasons, message, name, words",
    [
        (3, (), "", "pending", "Waiting."),
        (3, ("job-incoming",), "", "pending", "The document is still coming in."),
        (4, ("job-hold-until-specified",), "", "held", "Held until it is released."),
        (5, ("job-printing", "job-incoming"), "", "processing", "Printing."),
        (6, ("printer-stopped",), "", "stopped", "Waiting for the printer."),
        (7, ("job-canceled-by-user",), "", "canceled", "Canceled by its owner."),
        (8, ("aborted-by-system",), "The paper burnt.", "aborted", "The paper burnt."),
        (9, ("job-completed-successfully",), "", "completed", "Printed."),
    ],
)
def test_a_jobs_state_is_told_in_words(
    state: int, reasons: "tuple[str, ...]", message: str, name: str, words: str
) -> None:
    told = view.job_view(job(state=state, reasons=reasons, message=message), NOW, True)
    assert (told["state"], told["words"]) == (name, words)


@pytest.mark.parametrize(
    "asked, words",
    [(None, ""), ((NOW - 5, ""), "Here I am."), ((NOW - 5, "Look up!"), "Look up!"), ((NOW - 60, "Look up!"), "")],
)
def test_a_printer_that_someone_looks_for_says_so_for_a_minute(asked: "tuple[float, str] | None", words: str) -> None:
    assert shown(identified=asked)["identified"] == words


def test_waiting_jobs_come_in_their_order_and_ended_ones_newest_first() -> None:
    told = shown(job(id=1, over=True), job(id=2), job(id=3, over=True), job(id=4))
    assert [job["id"] for job in told["jobs"]] == [2, 4]
    assert [job["id"] for job in told["history"]] == [3, 1]


def test_without_names_a_job_is_a_number_and_nobodys() -> None:
    told = shown(job(), job(id=13, over=True, message=""), names=False)
    assert [(job["name"], job["user"]) for job in told["jobs"] + told["history"]] == [("Job 12", ""), ("Job 13", "")]
    assert "letter.pdf" not in str(told) and "ana" not in str(told)


@pytest.mark.parametrize("received, printed, percent", [(0, 0, 0), (1000, 250, 25), (1000, 1000, 100), (10, 30, 100)])
def test_progress_is_what_was_printed_of_what_has_come(received: int, printed: int, percent: int) -> None:
    assert view.job_view(job(received=received, printed=printed), NOW, True)["percent"] == percent


@pytest.mark.parametrize(
    "count, words",
    [
        (0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (1549, "1.5 kB"), (9949, "9.9 kB"), (9960, "10 kB"),
        (999_499, "999 kB"), (999_500, "1.0 MB"), (20_000_000, "20 MB"), (4 << 30, "4.3 GB"), (10**16, "10000 TB"),
    ],
)  # fmt: skip
def test_sizes_as_people_read_them(count: int, words: str) -> None:
    assert view.size(count) == words


@pytest.mark.parametrize(
    "seconds, words",
    [
        (-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7199, "1 hour ago"), (7200, "2 hours ago"),
        (86400, "1 day ago"), (10**9, "11574 days ago"),
    ],
)  # fmt: skip
def test_times_as_people_read_them(seconds: float, words: str) -> None:
    assert view.ago(seconds) == words


@pytest.mark.parametrize(
    "name, words",
    [
        ("iso_a4_210x297mm", "A4"),
        ("na_letter_8.5x11in", "Letter"),
        ("na_index-4x6_4x6in", "Index 4x6"),
        ("jpn_hagaki_100x148mm", "Hagaki"),
        ("na_number-10_4.125x9.5in", "Number 10"),
        ("odd", "Odd"),
    ],
)
def test_paper_as_people_call_it(name: str, words: str) -> None:
    assert view.paper(name) == words


@pytest.mark.parametrize(
    "name, queue",
    [
        ("Brother HL-1110", "Brother-HL-1110"),
        ("B\N{LATIN SMALL LETTER U WITH DIAERESIS}ro #1", "B-ro-1"),
        ("$(reboot)", "reboot"),
        ("\N{SNOWMAN}", "printer"),
    ],
)
def test_a_printers_name_becomes_a_name_that_cups_and_a_shell_take(name: str, queue: str) -> None:
    assert view.queue(name) == queue


def test_the_default_printer_has_the_short_address_and_others_are_named_in_it() -> None:
    assert view.addresses("Any", True, "feedpath.local:8631", True) == {
        "ipp": "ipp://feedpath.local:8631/ipp/print",
        "ipps": "ipps://feedpath.local:8631/ipp/print",
        "http": "http://feedpath.local:8631/ipp/print",
    }
    assert view.addresses("a/b c?", False, "[fe80::1]:631", False) == {
        "ipp": "ipp://[fe80::1]:631/ipp/print/a%2Fb%20c%3F",
        "ipps": "",
        "http": "http://[fe80::1]:631/ipp/print/a%2Fb%20c%3F",
    }
