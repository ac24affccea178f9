"""Jobs and printers that are there: who may see, cancel, hold and pause what."""

from pathlib import Path
from typing import Any

import pytest

from feedpath.core.job import CANCELED, COMPLETED
from feedpath.core.printer import Printer
from feedpath.front.ipp import status, wire
from feedpath.front.ipp.wire import Attribute
from tests.fakes.machine import until
from tests.unit.front.ipp.asking import Asker, an, front_end, runs

FORMAT = an("document-format", "image/urf")
EVERYWHERE = """
date-time-at-completed date-time-at-creation date-time-at-processing job-id job-impressions job-impressions-completed
job-name job-originating-user-name job-printer-up-time job-printer-uri job-state job-state-message job-state-reasons
job-uri job-uuid time-at-completed time-at-creation time-at-processing"""  # of a job; PWG 5100.14


async def submit(ask: Asker, *users: str) -> None:
    """Send a job of each user, one after the other."""
    for user in users:
        name = an("job-name", f"by {user}")
        assert (await ask("Print-Job", FORMAT, name, user=user, document=b"x")).status == status.OK


@runs
async def test_a_job_tells_what_the_standards_ask_for(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        await submit(ask, "alice")
        told = (await ask("Get-Job-Attributes", id=1)).names(wire.JOB)
        assert {*EVERYWHERE.split(), "attributes-charset", "attributes-natural-language"} <= set(told)


@runs
async def test_a_job_tells_what_has_not_come_yet_as_no_value(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await submit(ask, "alice")
        told = await ask("Get-Job-Attributes", id=1)
        assert (told["time-at-processing"], told["date-time-at-completed"]) == (None, None)
        assert told["time-at-creation"] >= 0
        assert told["job-name"] == "by alice"
        assert told["job-originating-user-name"] == "alice"
        assert told["job-printer-uri"] == "ipp://printer.local:8631/ipp/print"
        assert told["job-k-octets"] == 1
        assert told["document-format-supplied"] == "image/urf"
        assert told["job-uuid"] == "urn:uuid:" + ask.printer.jobs[1].uuid
        ask.printer.device.attach(ask.machine)
        await until(lambda: ask.printer.jobs[1].state == COMPLETED)
        told = await ask("Get-Job-Attributes", id=1)
        assert told["job-state"] == COMPLETED
        assert told["time-at-completed"] >= told["time-at-processing"] >= 0
        assert told.values("job-state-reasons") == ["job-completed-successfully"]


@runs
async def test_the_second_of_an_event_stays_what_it_was(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        started, ticks = ask.ipp.now(), ask.clock.now
        ask.ipp.now = lambda: started + ask.clock.now - ticks  # one clock tells both times
        await submit(ask, "alice")
        ask.printer.jobs[1].created = ask.printer.changed_at = started + 2.7
        told = set()
        for at in (2.7, 3.1, 3.3, 3.9, 60.2, 60.7):
            ask.clock.now = ticks + at
            ask.printer.touch("state")
            job, printer = await ask("Get-Job-Attributes", id=1), await ask("Get-Printer-Attributes")
            told |= {job["time-at-creation"], printer["printer-state-change-time"]}
            assert job["job-printer-up-time"] == printer["printer-up-time"] == int(at) + 1
        assert told == {3}
        ask.printer.jobs[1].created = ask.printer.changed_at = started - 0.4
        ask.printer.touch("state")
        assert (await ask("Get-Job-Attributes", id=1))["time-at-creation"] == 0  # before the start
        assert (await ask("Get-Printer-Attributes"))["printer-state-change-time"] == 1  # which counts from 1


@pytest.mark.parametrize("job_uri", ["ipp://printer.local:8631/jobs/1", "ipp://printer.local:8631/ipp/print/1"])
@runs
async def test_a_job_is_found_by_its_address(job_uri: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        await submit(ask, "alice")
        for id in (0, 1, 9):  # none, or one that says nothing more
            told = await ask("Get-Job-Attributes", an("job-uri", job_uri), path="/jobs/1", id=id)
            assert told["job-id"] == 1


@pytest.mark.parametrize(
    "given, id, expected",
    [
        ((), 7, status.NOT_FOUND),
        ((), -1, status.NOT_FOUND),
        ((), 0, status.BAD_REQUEST),  # no job is named
        ((an("job-uri", "ipp://printer.local/jobs/7"),), 0, status.NOT_FOUND),
        ((an("job-uri", "ipp://printer.local/jobs/99999999999"),), 0, status.NOT_FOUND),
        ((an("job-uri", "ipp://printer.local/jobs"),), 0, status.NOT_FOUND),
        ((an("job-uri", "ipp://[/jobs/1"),), 0, status.BAD_REQUEST),
    ],
)
@runs
async def test_a_job_that_is_not_there_is_not_found(
    given: "tuple[Attribute, ...]", id: int, expected: int, tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        assert (await ask("Get-Job-Attributes", *given, id=id)).status == expected


@runs
async def test_jobs_are_told_by_id_and_address_when_nothing_else_is_asked(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await submit(ask, "alice", "bob")
        told = (await ask("Get-Jobs")).groups(wire.JOB)
        assert [[each.name for each in group.attributes] for group in told] == [["job-id", "job-uri"]] * 2


@pytest.mark.parametrize(
    "given, ids",
    [
        ((), [3, 5, 4]),  # the held one last
        ((an("which-jobs", "completed"),), [2, 1]),
        ((an("which-jobs", "canceled"),), [2]),
        ((an("which-jobs", "aborted"),), []),
        ((an("which-jobs", "all"),), [1, 2, 3, 4, 5]),
        ((an("which-jobs", "pending"),), [3, 5]),
        ((an("which-jobs", "pending-held"),), [4]),
        ((an("my-jobs", True),), [3, 5]),
        ((an("my-jobs", False),), [3, 5, 4]),
        ((an("limit", 2),), [3, 5]),
        ((an("first-job-id", 4),), [5, 4]),
        ((an("first-index", 2),), [5, 4]),
        ((an("first-index", 2), an("limit", 1)), [5]),
        ((an("first-index", 9),), []),
        ((an("job-ids", 5, 1, 99),), [1, 5]),
        ((an("which-jobs", "completed"), an("limit", 1)), [2]),
    ],
)
@runs
async def test_jobs_are_told_by_what_is_asked(given: "tuple[Attribute, ...]", ids: "list[int]", tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        await submit(ask, "alice")
        await until(lambda: ask.printer.jobs[1].state == COMPLETED)
        ask.printer.device.detach()
        await submit(ask, "bob", "alice", "bob", "alice")
        await ask("Cancel-Job", id=2, user="bob")
        await ask("Hold-Job", id=4, user="bob")
        answer = await ask("Get-Jobs", *given)
        assert [group.attributes[0].value for group in answer.groups(wire.JOB)] == ids


@runs
async def test_jobs_of_an_unknown_kind_are_refused(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask("Get-Jobs", an("which-jobs", "lost"))
        assert answer.status == status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
        assert answer.names(wire.UNSUPPORTED) == ["which-jobs"]


@pytest.mark.parametrize(
    "given",
    [
        an("which-jobs", "completed"),
        an("my-jobs", True),
        an("limit", 5),
        an("first-index", 1),
        an("first-job-id", 1),
    ],
)
@runs
async def test_a_list_of_jobs_with_another_choice_contradicts_itself(given: Attribute, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask("Get-Jobs", an("job-ids", 1, 2), given)
        assert answer.status == 0x040E  # client-error-conflicting-attributes
        assert answer.names(wire.UNSUPPORTED) == [given.name]


@pytest.mark.parametrize("operation", ["Get-Jobs", "CUPS-Get-Printers"])
@pytest.mark.parametrize("name", ["limit", "first-index", "first-job-id"])
@pytest.mark.parametrize("count", [0, -1])
@runs
async def test_what_counts_from_1_is_refused_below(operation: str, name: str, count: int, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask(operation, an(name, count))
        assert answer.status == status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
        assert answer[name] == count


@runs
async def test_jobs_that_ended_are_told_by_the_time_when_they_did(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await submit(ask, "alice", "alice", "alice")
        for id in (2, 3, 1):
            await ask("Cancel-Job", id=id)
            await until(lambda id=id: ask.printer.jobs[id].completed is not None)  # type: ignore[misc]
        told = (await ask("Get-Jobs", an("which-jobs", "completed"))).groups(wire.JOB)
        assert [group.attributes[0].value for group in told] == [1, 3, 2]


@runs
async def test_a_job_tells_how_many_are_before_it(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await submit(ask, "alice", "bob", "alice")
        await ask("Cancel-Job", id=2, user="bob")
        told = [(await ask("Get-Job-Attributes", id=id))["number-of-intervening-jobs"] for id in (1, 2, 3)]
        assert told == [0, 0, 1]
        await ask("Hold-Job", id=1)
        told = [(await ask("Get-Job-Attributes", id=id))["number-of-intervening-jobs"] for id in (1, 3)]
        assert told == [1, 0]


@runs
async def test_the_jobs_of_a_paused_printer_say_that_it_is_stopped(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await submit(ask, "alice", "alice", "alice")
        await ask("Hold-Job", id=2)
        await ask("Cancel-Job", id=3)
        ask.printer.pause()
        told = [(await ask("Get-Job-Attributes", id=id)).values("job-state-reasons") for id in (1, 2, 3)]
        assert told == [
            ["printer-stopped"],
            ["job-hold-until-specified", "printer-stopped"],
            ["job-canceled-by-user"],
        ]
        ask.printer.resume()
        assert (await ask("Get-Job-Attributes", id=1)).values("job-state-reasons") == ["none"]


@runs
async def test_a_job_is_canceled_once(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await submit(ask, "alice")
        assert (await ask("Cancel-Job", id=1)).status == status.OK
        assert list(ask.printer.jobs[1].reasons) == ["job-canceled-by-user"]
        assert (await ask("Cancel-Job", id=1)).status == status.NOT_POSSIBLE


@pytest.mark.parametrize("operation", ["Cancel-Job", "Hold-Job", "Release-Job", "Close-Job"])
@pytest.mark.parametrize("user", ["bob", "Alice", "alice "])
@runs
async def test_others_must_sign_in_to_change_a_job(operation: str, user: str, tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await submit(ask, "alice")
        before = ask.printer.jobs[1].state
        assert (await ask(operation, id=1, user=user)).http == 401
        assert ask.printer.jobs[1].state == before


@runs
async def test_an_administrator_may_cancel_any_job(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await submit(ask, "alice")
        ask.administrator = "root"
        assert (await ask("Cancel-Job", id=1, user="bob")).status == status.OK
        assert list(ask.printer.jobs[1].reasons) == ["job-canceled-by-operator"]


@pytest.mark.parametrize(
    "given, canceled, expected",
    [
        ((), [1, 3], status.OK),
        ((an("job-ids", 3),), [3], status.OK),
        ((an("job-ids", 3, 2),), [], status.NOT_POSSIBLE),
        ((an("job-ids", 99),), [], status.NOT_POSSIBLE),
    ],
)
@runs
async def test_own_jobs_are_canceled_all_that_are_named_or_none(
    given: "tuple[Attribute, ...]", canceled: "list[int]", expected: int, tmp_path: Path
) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await submit(ask, "alice", "bob", "alice")
        answer = await ask("Cancel-My-Jobs", *given)
        assert answer.status == expected
        assert [job.id for job in ask.printer.jobs.values() if job.state == CANCELED] == canceled


@pytest.mark.parametrize("operation, paused", [("Pause-Printer", True), ("Resume-Printer", False)])
@runs
async def test_only_administrators_pause_and_resume(operation: str, paused: bool, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        ask.printer.paused = not paused
        assert (await ask(operation)).http == 401
        assert ask.printer.paused is not paused
        ask.administrator = "root"
        assert (await ask(operation)).status == status.OK
        assert ask.printer.paused is paused


@pytest.mark.parametrize(
    "given, expected, shown",
    [
        ((), status.OK, ""),
        ((an("message", "over\nhere"),), status.OK, "over here"),
        ((an("identify-actions", "display"),), status.OK, ""),
        ((an("identify-actions", "display", "sound"),), status.OK_IGNORED_OR_SUBSTITUTED, ""),
    ],
)
@runs
async def test_a_printer_shows_itself(given: Any, expected: int, shown: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        assert (await ask("Identify-Printer", *given)).status == expected
        assert ask.printer.identified is not None and ask.printer.identified[1] == shown


def another(ask: Asker, name: str) -> Printer:
    """Return a further queue on the same machine, and add it."""
    printer = Printer(name, "00000000-0000-4000-8000-000000000002", ask.box.device, ask.box.store, ask.box.policy)
    ask.printers.add(printer)
    return printer


@pytest.mark.parametrize(
    "path, name",
    [
        ("/", "Memory"),
        ("", "Memory"),
        ("/ipp", "Memory"),
        ("/ipp/print", "Memory"),
        ("/ipp/print/", "Memory"),
        ("/ipp/print/Memory", "Memory"),
        ("/ipp/print/B%C3%BCro%2F2", "Büro/2"),
        ("/printers/Memory", "Memory"),
        ("/printers/B%C3%BCro%2F2/.printer", "Büro/2"),
        ("/ipp/print/memory", None),
        ("/ipp/print/None", None),
        ("/ipp/faxout", None),
        ("/admin", None),
    ],
)
@runs
async def test_a_printer_is_found_by_its_path(path: str, name: "str | None", tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        another(ask, "Büro/2")
        answer = await ask("Get-Printer-Attributes", uri="ipp://printer.local" + path)
        if name is None:
            assert answer.status == status.NOT_FOUND
        else:
            assert answer["printer-name"] == name


@runs
async def test_the_default_printer_keeps_its_address_and_others_have_their_own(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        other = another(ask, "Büro")
        requested = an("requested-attributes", "printer-uri-supported")
        told = await ask("CUPS-Get-Printers", requested)
        assert [group.attributes[0].value for group in told.groups(wire.PRINTER)] == [
            "ipp://printer.local:8631/ipp/print",
            "ipp://printer.local:8631/ipp/print/B%C3%BCro",
        ]
        ask.printers.remove(ask.printer)
        assert ask.ipp.path_of(other) == "/ipp/print"
        told = await ask("Get-Printer-Attributes")
        assert (told["printer-name"], told["printer-uri-supported"]) == ("Büro", "ipp://printer.local:8631/ipp/print")


@runs
async def test_after_the_printer_went_its_answers_are_not_repeated(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        assert (await ask("Get-Printer-Attributes")).status == status.OK
        ask.printers.remove(ask.printer)
        assert (await ask("Get-Printer-Attributes")).status == status.NOT_FOUND
