"""Jobs over IPP: the document arrives whole, and what cannot be done is refused or reported."""

import asyncio
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from feedpath.back.pdl.choose import choose
from feedpath.core.job import ABORTED, CANCELED, COMPLETED, HELD, PENDING
from feedpath.errors import Refused
from feedpath.front.ipp import status, values, wire
from feedpath.front.ipp.call import Document
from feedpath.front.ipp.wire import Attribute
from tests.fakes import documents, pcl_reader
from tests.fakes.machine import until
from tests.unit.front.ipp.asking import Asker, Body, an, front_end, runs

DOCUMENT = bytes(range(256)) * 300  # 75 KiB: more than is read with the attributes
FORMAT = an("document-format", "image/urf")
LAST = an("last-document", True)
SECRET = an("document-password", "sésame".encode())


async def printed(ask: Asker, **how: Any) -> Any:
    """Return the answer to a Print-Job of DOCUMENT that was taken."""
    answer = await ask("Print-Job", FORMAT, document=DOCUMENT, **how)
    assert answer.status == status.OK
    return answer


@pytest.mark.parametrize("piece", [1 << 20, 4096, 1000, 37])
@runs
async def test_a_document_reaches_the_machine_whole_in_whatever_pieces_it_comes(piece: int, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        answer = await printed(ask, piece=piece)
        assert answer["job-id"] == 1
        assert answer["job-uri"] == "ipp://printer.local:8631/jobs/1"
        await until(lambda: ask.printer.jobs[1].state == COMPLETED)
        assert bytes(ask.machine.received) == DOCUMENT


@runs
async def test_attributes_may_be_larger_than_what_is_read_at_once(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        many = Attribute("vendor-attribute", [(values.TEXT, "x" * 1000)] * 20)
        answer = await ask("Print-Job", FORMAT, many, document=DOCUMENT, piece=5000)
        assert answer.status == status.OK_IGNORED_OR_SUBSTITUTED
        assert answer.names(wire.UNSUPPORTED) == ["vendor-attribute"]
        await until(lambda: bytes(ask.machine.received) == DOCUMENT)


@pytest.mark.parametrize("handling, copies", [("uncollated", [2, 2]), ("collated", [1, 1, 1, 1])])
@runs
async def test_copies_come_page_by_page_or_set_by_set(handling: str, copies: "list[int]", tmp_path: Path) -> None:
    driver = choose(("PJL", "PCL"), letter_first=False)
    async with front_end(tmp_path, driver=driver) as ask:
        job = (an("copies", 2), an("multiple-document-handling", f"separate-documents-{handling}-copies"))
        document = documents.urf("sgray_8", "4x6", 300, 2)
        assert (await ask("Print-Job", FORMAT, job=job, document=document)).status == status.OK
        await until(lambda: ask.printer.jobs[1].state == COMPLETED)
        printed_pages = pcl_reader.read(bytes(ask.machine.received)).pages
        assert [page.settings["&lX"] for page in printed_pages] == copies


@pytest.mark.parametrize("compression, compress", [("gzip", gzip.compress), ("deflate", zlib.compress)])
@runs
async def test_a_compressed_document_is_printed_as_it_was(compression: str, compress: Any, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        given = (FORMAT, an("compression", compression))
        assert (await ask("Print-Job", *given, document=compress(DOCUMENT))).status == status.OK
        await until(lambda: bytes(ask.machine.received) == DOCUMENT)


@runs
async def test_what_is_no_gzip_is_refused(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask("Print-Job", FORMAT, an("compression", "gzip"), document=DOCUMENT)
        assert answer.status == 0x0410  # client-error-compression-error
        assert ask.printer.jobs[1].state == ABORTED


@runs
async def test_a_job_without_document_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        assert (await ask("Print-Job", FORMAT)).status == status.BAD_REQUEST
        assert not ask.printer.jobs


@pytest.mark.parametrize(
    "given, expected, reported",
    [
        (an("document-format", "application/x-unheard-of"), status.FORMAT_NOT_SUPPORTED, "document-format"),
        (an("document-format", "application/vnd.cups-raw"), status.FORMAT_NOT_SUPPORTED, "document-format"),
        (an("compression", "compress"), status.COMPRESSION_NOT_SUPPORTED, "compression"),
    ],
)
@pytest.mark.parametrize("operation", ["Print-Job", "Validate-Job"])
@runs
async def test_documents_that_are_not_taken_are_refused_with_what_is_not_supported(
    operation: str, given: Attribute, expected: int, reported: str, tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask(operation, given, document=DOCUMENT if operation == "Print-Job" else b"")
        assert answer.status == expected
        assert answer.names(wire.UNSUPPORTED) == [reported]
        assert answer["status-message"]
        assert not ask.printer.jobs


def takes_passwords(ask: Asker, octets: int = 1023) -> None:
    """Have the printer draw documents itself."""
    driver = ask.printer.device.driver
    formats = (*driver.capabilities.formats, "application/pdf")
    driver.capabilities = driver.capabilities._replace(password=octets, formats=formats)


@runs
async def test_a_documents_password_comes_with_it_over_a_private_way_and_is_told_to_nobody(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        takes_passwords(ask)
        assert (await ask("Get-Printer-Attributes"))["document-password-supported"] == 1023
        held = (an("job-hold-until", "indefinite"),)
        answer = await ask("Print-Job", FORMAT, SECRET, job=held, document=DOCUMENT, secure=True)
        assert answer.status == status.OK
        job = ask.printer.jobs[1]
        assert job.ticket.password == "sésame"
        told = await ask("Get-Job-Attributes", id=1, secure=True)
        assert b"same" not in told.octets + answer.octets + json.dumps(job.record()).encode()
        await ask("Create-Job", job=held)
        sent = await ask("Send-Document", FORMAT, SECRET, LAST, id=2, document=DOCUMENT, secure=True)
        assert sent.status == status.OK
        assert ask.printer.jobs[2].ticket.password == "sésame"


@pytest.mark.parametrize("operation", ["Print-Job", "Validate-Job"])
@runs
async def test_a_documents_password_in_the_clear_is_refused_before_there_is_a_job(
    operation: str, tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        takes_passwords(ask)
        answer = await ask(operation, FORMAT, SECRET, document=DOCUMENT if operation == "Print-Job" else b"")
        assert answer.status == status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
        assert answer.names(wire.UNSUPPORTED) == ["document-password"] and b"same" not in answer.octets
        assert "ipps" in answer["status-message"]
        assert not ask.printer.jobs


@runs
async def test_a_documents_password_that_is_too_long_is_refused(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        takes_passwords(ask, 5)
        answer = await ask("Print-Job", FORMAT, SECRET, document=DOCUMENT, secure=True)
        assert answer.status == status.VALUE_TOO_LONG and "7 octets; 5 are allowed" in answer["status-message"]


@pytest.mark.parametrize("operation", ["Print-Job", "Create-Job"])
@runs
async def test_a_documents_password_that_nobody_needs_is_told_as_not_supported(operation: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        takes_passwords(ask, 1023 if operation == "Create-Job" else 0)
        given = (SECRET,) if operation == "Create-Job" else (FORMAT, SECRET)
        answer = await ask(operation, *given, document=DOCUMENT if operation == "Print-Job" else b"", secure=True)
        assert answer.status == status.OK_IGNORED_OR_SUBSTITUTED
        assert answer.names(wire.UNSUPPORTED) == ["document-password"] and b"same" not in answer.octets
        assert ask.printer.jobs[1].ticket.password == ""


@runs
async def test_validating_makes_no_job(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        assert (await ask("Validate-Job", FORMAT)).status == status.OK
        assert not ask.printer.jobs


@pytest.mark.parametrize("operation", ["Print-Job", "Validate-Job", "Create-Job"])
@runs
async def test_a_printer_that_takes_no_jobs_says_so(operation: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        ask.printer.accepting = False
        given = () if operation == "Create-Job" else (FORMAT,)
        answer = await ask(operation, *given, document=b"x" if operation == "Print-Job" else b"")
        assert answer.status == 0x0506  # server-error-not-accepting-jobs


ASKED = (
    an("media", "iso_a5_148x210mm"),
    an("sides", "two-sided-long-edge", tag=values.NAME),  # a keyword, as some clients send it
    an("printer-resolution", (600, 600, values.DPI), tag=values.RESOLUTION),
    an("finishings", 3, tag=values.ENUM),
)


@runs
async def test_what_a_job_asks_is_in_its_ticket_and_is_told_back(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        await printed(ask, job=ASKED)
        options = ask.printer.jobs[1].ticket.options
        assert options["media"] == "iso_a5_148x210mm"
        assert options["printer-resolution"] == (600, 600, values.DPI)
        told = await ask("Get-Job-Attributes", an("requested-attributes", "job-template"), id=1)
        assert told["media"] == "iso_a5_148x210mm"
        assert told["printer-resolution"] == (600, 600, values.DPI)
        assert "job-name" not in told.names(wire.JOB)


@pytest.mark.parametrize("ranges", [[(2, 3)], [(1, 1), (2, 2), (5, 9)]])
@runs
async def test_page_ranges_are_told_back_before_and_after_a_restart(ranges: Any, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        driver = ask.printer.device.driver
        driver.capabilities = driver.capabilities._replace(page_ranges=True)
        await printed(ask, job=(an("page-ranges", *ranges, tag=values.RANGE),))
        job = ask.printer.jobs[1]
        for _ in ("before", "after"):
            assert (await ask("Get-Job-Attributes", id=1)).job("page-ranges") == ranges
            job.ticket.options = json.loads(json.dumps(job.ticket.options))


@pytest.mark.parametrize("ranges", [[(5, 9), (1, 2)], [(1, 5), (5, 9)], [(1, 5), (2, 3)], [(0, 3)], [(-2, 3), (5, 6)]])
@pytest.mark.parametrize("operation", ["Print-Job", "Validate-Job", "Create-Job"])
@runs
async def test_page_ranges_that_do_not_rise_are_refused(operation: str, ranges: Any, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        driver = ask.printer.device.driver
        driver.capabilities = driver.capabilities._replace(page_ranges=True)
        document = DOCUMENT if operation == "Print-Job" else b""
        answer = await ask(operation, job=(an("page-ranges", *ranges, tag=values.RANGE),), document=document)
        assert answer.status == status.BAD_REQUEST
        assert not ask.printer.jobs


def collection(*members: Attribute) -> "list[Attribute]":
    """Return one of `overrides`."""
    return list(members)


FROM_A_TRAY = an("media-col", collection(an("media-source", "auto")), tag=values.BEGIN_COLLECTION)
LANDSCAPE = an("orientation-requested", 4, tag=values.ENUM)


def pages(*ranges: "tuple[int, int]", name: str = "pages") -> Attribute:
    """Return which pages, or documents, an override is for."""
    return an(name, *ranges, tag=values.RANGE)


@pytest.mark.parametrize(
    "override, options, unsupported",
    [
        (
            collection(pages((1, 1), (3, 4)), an("media", "na_letter_8.5x11in")),
            {"pages": [[1, 1], [3, 4]], "media": "na_letter_8.5x11in"},
            None,
        ),
        (collection(pages((2, 2)), LANDSCAPE), {"pages": [[2, 2]], "orientation-requested": 4}, None),
        (collection(pages((2, 2)), FROM_A_TRAY), {"pages": [[2, 2]], "media-source": "auto"}, None),
        (collection(LANDSCAPE), {"orientation-requested": 4}, None),  # all pages
        (collection(pages((1, 1)), pages((1, 3), name="document-numbers"), LANDSCAPE),
         {"pages": [[1, 1]], "orientation-requested": 4}, None),
        (collection(pages((1, 1)), pages((2, 3), name="document-numbers"), LANDSCAPE), None, None),
        (collection(pages((0, 1)), LANDSCAPE), None, ["pages"]),
        (collection(an("pages", 3), LANDSCAPE), None, ["pages"]),
        (collection(pages((1, 1)), an("media", "na_none_1x1in"), LANDSCAPE),
         {"pages": [[1, 1]], "orientation-requested": 4}, ["media"]),
        (collection(pages((1, 1)), pages((1, 1), name="document-copies"), LANDSCAPE),
         {"pages": [[1, 1]], "orientation-requested": 4}, ["document-copies"]),
        (collection(pages((1, 1)), an("copies", 1)), None, ["copies"]),
    ],
)  # fmt: skip
@runs
async def test_overrides_ask_for_single_pages(
    override: "list[Attribute]",
    options: "dict[str, object] | None",
    unsupported: "list[str] | None",
    tmp_path: Path,
) -> None:
    async with front_end(tmp_path) as ask:
        driver = ask.printer.device.driver
        driver.capabilities = driver.capabilities._replace(overrides=True, orientations=(3, 4))
        asked = an("overrides", override, tag=values.BEGIN_COLLECTION)
        answer = await ask("Print-Job", FORMAT, job=(asked,), document=DOCUMENT)
        assert ask.printer.jobs[1].ticket.options.get("overrides") == ([options] if options else None)
        if unsupported is None:
            assert answer.status == status.OK
        else:
            assert answer.status == status.OK_IGNORED_OR_SUBSTITUTED
            assert [member.name for member in answer["overrides"]] == unsupported


@runs
async def test_overrides_are_told_back_before_and_after_a_restart(tmp_path: Path) -> None:
    first = collection(pages((1, 1), (5, 9)), an("media", "na_letter_8.5x11in"), FROM_A_TRAY)
    second = collection(pages((2, 2)), LANDSCAPE)
    async with front_end(tmp_path) as ask:
        driver = ask.printer.device.driver
        driver.capabilities = driver.capabilities._replace(overrides=True, orientations=(3, 4))
        await printed(ask, job=(an("overrides", first, second, tag=values.BEGIN_COLLECTION),))
        job = ask.printer.jobs[1]
        for _ in ("before", "after"):
            assert (await ask("Get-Job-Attributes", id=1)).job("overrides") == [first, second]
            job.ticket.options = json.loads(json.dumps(job.ticket.options))


@runs
async def test_overrides_are_not_taken_where_pages_cannot_differ(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        asked = an("overrides", collection(pages((1, 1)), LANDSCAPE), tag=values.BEGIN_COLLECTION)
        answer = await ask("Print-Job", FORMAT, job=(asked,), document=DOCUMENT)
        assert answer.status == status.OK_IGNORED_OR_SUBSTITUTED
        (group,) = answer.groups(wire.UNSUPPORTED)
        assert group.attributes == [Attribute("overrides", [(values.UNSUPPORTED, None)])]


@pytest.mark.parametrize("language", ["en", "de", "zh-HK"])
@runs
async def test_a_job_keeps_the_language_that_it_came_in(language: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        assert (await ask("Create-Job", language=language)).status == status.OK
        told = await ask("Get-Job-Attributes", id=1)
        assert told.job("attributes-natural-language") == [language.lower()]
        assert told.message.groups[0].attributes[1].value == "en"  # in which the state is described


@runs
async def test_a_job_tells_the_impressions_that_its_client_counted(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        assert (await ask("Create-Job", an("job-impressions", 12))).status == status.OK
        assert (await ask("Get-Job-Attributes", id=1)).job("job-impressions") == [12]
        await ask("Create-Job")
        assert (await ask("Get-Job-Attributes", id=2)).job("job-impressions") == [None]
        answer = await ask("Create-Job", an("job-impressions", -1))
        assert (answer.status, answer["job-impressions"]) == (status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, -1)


@runs
async def test_what_a_job_asked_is_told_after_a_restart(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        await printed(ask)
        ask.printer.jobs[1].ticket.options = {"printer-resolution": [600, 300, values.DPI]}  # as JSON gives it back
        assert (await ask("Get-Job-Attributes", id=1))["printer-resolution"] == (600, 300, values.DPI)


@pytest.mark.parametrize("room", [1, 3, 100])
@runs
async def test_what_was_read_with_the_attributes_comes_before_the_rest(room: int) -> None:
    document = Document(Body(b"the rest", 1000), memoryview(bytearray(16)), memoryview(b"read ahead, "))
    view, found = memoryview(bytearray(room)), b""
    assert await document.begins()
    while count := await document.readinto(view):
        found += view[:count]
    assert found == b"read ahead, the rest"


def size(width: int, length: int) -> Attribute:
    """Return a media-size member."""
    return an("media-size", [an("x-dimension", width), an("y-dimension", length)], tag=values.BEGIN_COLLECTION)


@pytest.mark.parametrize(
    "members, options, unsupported",
    [
        ([size(21000, 29700)], {"media": "iso_a4_210x297mm"}, None),
        ([size(20990, 29704)], {"media": "iso_a4_210x297mm"}, None),  # computed in points by the client
        ([size(12345, 6789)], {}, ["media-size"]),
        ([an("media-size-name", "na_letter_8.5x11in")], {"media": "na_letter_8.5x11in"}, None),
        ([an("media-type", "stationery")], {"media-type": "stationery"}, None),
        ([size(21000, 29700), an("media-type", "velvet")], {"media": "iso_a4_210x297mm"}, ["media-type"]),
        ([an("media-bottom-margin", 423)], {}, None),
        ([an("media-bottom-margin", 1)], {}, ["media-bottom-margin"]),
        ([an("media-shine", 1)], {}, ["media-shine"]),
        ([an("media-size", 7), an("media-source", "auto")], {"media-source": "auto"}, ["media-size"]),
    ],
)
@runs
async def test_media_col_asks_for_media(
    members: "list[Attribute]", options: "dict[str, object]", unsupported: "list[str] | None", tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        asked = an("media-col", members, tag=values.BEGIN_COLLECTION)
        answer = await ask("Print-Job", FORMAT, job=(asked,), document=DOCUMENT)
        assert ask.printer.jobs[1].ticket.options == options
        if unsupported is None:
            assert answer.status == status.OK
        else:
            assert answer.status == status.OK_IGNORED_OR_SUBSTITUTED
            assert [member.name for member in answer["media-col"]] == unsupported


@pytest.mark.parametrize(
    "asked, reported",
    [
        (an("media", "na_unheard-of_1x1in"), [(values.KEYWORD, "na_unheard-of_1x1in")]),
        (an("copies", 2), [(values.INTEGER, 2)]),
        (an("sides", 3), [(values.INTEGER, 3)]),
        (an("sides", "one-sided", tag=values.TEXT), [(values.TEXT, "one-sided")]),
        (an("number-up", 1, 1), [(values.INTEGER, 1)] * 2),
        (an("finishings", 3, 4, 20, tag=values.ENUM), [(values.ENUM, 4), (values.ENUM, 20)]),  # 3 is supported
        (an("page-ranges", (1, 2), tag=values.RANGE), [(values.UNSUPPORTED, None)]),  # page-ranges-supported is false
        (an("vendor-glitter", "much"), [(values.UNSUPPORTED, None)]),
        (an("media-col", 3), [(values.INTEGER, 3)]),
    ],
)
@runs
async def test_what_cannot_be_had_is_reported_and_the_job_printed(
    asked: Attribute, reported: Any, tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask("Print-Job", FORMAT, job=(asked,), document=DOCUMENT)
        assert answer.status == status.OK_IGNORED_OR_SUBSTITUTED
        (group,) = answer.groups(wire.UNSUPPORTED)
        assert group.attributes == [Attribute(asked.name, reported)]
        await until(lambda: bytes(ask.machine.received) == DOCUMENT)


@pytest.mark.parametrize("operation", ["Print-Job", "Validate-Job", "Create-Job"])
@runs
async def test_with_fidelity_a_job_that_cannot_have_all_is_refused(operation: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        document = DOCUMENT if operation == "Print-Job" else b""
        asked = (an("sides", "two-sided-long-edge"), an("copies", 9))
        answer = await ask(operation, an("ipp-attribute-fidelity", True), job=asked, document=document)
        assert answer.status == status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
        assert answer.names(wire.UNSUPPORTED) == ["copies"]
        assert "copies" in answer["status-message"]
        assert not ask.printer.jobs


@pytest.mark.parametrize("operation", ["Print-Job", "Validate-Job", "Create-Job"])
@runs
async def test_with_fidelity_an_unknown_operation_attribute_is_ignored(operation: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        document = DOCUMENT if operation == "Print-Job" else b""
        given = (an("ipp-attribute-fidelity", True), an("client-glitter", "much"))
        answer = await ask(operation, *given, job=(an("sides", "one-sided"),), document=document)
        assert answer.status == status.OK_IGNORED_OR_SUBSTITUTED
        assert answer["client-glitter"] is None
        answer = await ask(operation, *given, job=(an("copies", 9),), document=document)
        assert answer.status == status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
        assert answer.names(wire.UNSUPPORTED) == ["copies", "client-glitter"]


@pytest.mark.parametrize(
    "given, expected",
    [
        (an("document-format", "text/x-unheard-of"), status.FORMAT_NOT_SUPPORTED),
        (an("compression", "lzw"), status.COMPRESSION_NOT_SUPPORTED),
    ],
)
@pytest.mark.parametrize("operation", ["Print-Job", "Validate-Job"])
@runs
async def test_a_document_that_is_not_taken_is_the_bigger_problem(
    operation: str, given: Attribute, expected: int, tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        document = DOCUMENT if operation == "Print-Job" else b""
        fidelity = an("ipp-attribute-fidelity", True)
        answer = await ask(operation, fidelity, given, job=(an("copies", 9),), document=document)
        assert answer.status == expected
        assert answer.names(wire.UNSUPPORTED) == [given.name]


@runs
async def test_what_is_asked_twice_is_reported_once(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask("Create-Job", an("copies", 8), job=(an("copies", 9),))
        (group,) = answer.groups(wire.UNSUPPORTED)
        assert group.attributes == [an("copies", 9)]


@pytest.mark.parametrize("among", ["operation", "job"])
@runs
async def test_a_job_is_held_until_it_is_released(among: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        until_released = an("job-hold-until", "indefinite")
        given, job = ((FORMAT, until_released), ()) if among == "operation" else ((FORMAT,), (until_released,))
        answer = await ask("Print-Job", *given, job=job, document=DOCUMENT)
        assert (answer.status, answer["job-state"]) == (status.OK, HELD)
        assert answer.values("job-state-reasons") == ["job-hold-until-specified"]
        assert not ask.machine.received
        assert (await ask("Release-Job", id=1)).status == status.OK
        await until(lambda: bytes(ask.machine.received) == DOCUMENT)


@runs
async def test_a_waiting_job_can_be_held(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await printed(ask)
        for _ in ("held", "held again"):
            assert (await ask("Hold-Job", id=1)).status == status.OK
            assert ask.printer.jobs[1].state == HELD
            assert (await ask("Get-Job-Attributes", id=1))["job-hold-until"] == "indefinite"
        assert (await ask("Hold-Job", an("job-hold-until", "no-hold"), id=1)).status == status.OK
        assert ask.printer.jobs[1].state == PENDING
        assert "job-hold-until" not in (await ask("Get-Job-Attributes", id=1)).names(wire.JOB)


@runs
async def test_a_job_held_until_a_time_that_is_not_known_waits_to_be_released(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await printed(ask)
        answer = await ask("Hold-Job", an("job-hold-until", "weekend"), id=1)
        assert (answer.status, answer["job-hold-until"]) == (status.OK_IGNORED_OR_SUBSTITUTED, "weekend")
        assert ask.printer.jobs[1].state == HELD


@runs
async def test_releasing_a_job_that_is_not_held_changes_nothing(tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        await printed(ask)
        assert (await ask("Release-Job", id=1)).status == status.OK
        assert ask.printer.jobs[1].state == PENDING
        await ask("Cancel-Job", id=1)
        assert (await ask("Release-Job", id=1)).status == status.NOT_POSSIBLE


@runs
async def test_a_job_is_made_first_and_its_document_sent_after(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        made = await ask("Create-Job", an("job-name", "letter"), job=(an("sides", "one-sided"),))
        assert made.status == status.OK
        given = (LAST, an("document-format", "application/pdf"), an("compression", "gzip"))
        sent = await ask("Send-Document", *given, id=made["job-id"], document=gzip.compress(DOCUMENT))
        assert sent.status == status.OK
        await until(lambda: bytes(ask.machine.received) == DOCUMENT)
        ticket = ask.printer.jobs[1].ticket
        assert (ticket.name, ticket.format, ticket.options) == ("letter", "application/pdf", {"sides": "one-sided"})


@runs
async def test_a_job_has_one_document(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        await ask("Create-Job")
        first = an("last-document", False)
        assert (await ask("Send-Document", first, FORMAT, id=1, document=DOCUMENT)).status == status.OK
        second = await ask("Send-Document", LAST, FORMAT, id=1, document=DOCUMENT)
        assert second.status in (status.MULTIPLE_DOCUMENTS_NOT_SUPPORTED, status.NOT_POSSIBLE)
        assert (await ask("Send-Document", LAST, id=1)).status == status.OK  # the end of the job, without a document
        assert (await ask("Close-Job", id=1)).status == status.OK
        assert bytes(ask.machine.received) == DOCUMENT


@pytest.mark.parametrize(
    "given, document, expected",
    [
        ((FORMAT,), DOCUMENT, status.BAD_REQUEST),  # last-document must be told
        ((FORMAT, an("last-document", False)), b"", status.BAD_REQUEST),
        ((an("document-format", "text/x-unheard-of"), LAST), DOCUMENT, status.FORMAT_NOT_SUPPORTED),
        ((FORMAT, LAST, an("compression", "lzw")), DOCUMENT, status.COMPRESSION_NOT_SUPPORTED),
    ],
)
@runs
async def test_a_job_still_waits_when_its_document_was_refused(
    given: "tuple[Attribute, ...]", document: bytes, expected: int, tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        await ask("Create-Job")
        assert (await ask("Send-Document", *given, id=1, document=document)).status == expected
        assert (await ask("Send-Document", FORMAT, LAST, id=1, document=DOCUMENT)).status == status.OK
        await until(lambda: bytes(ask.machine.received) == DOCUMENT)


@pytest.mark.parametrize("operation, given", [("Close-Job", ()), ("Send-Document", (LAST,))])
@runs
async def test_a_job_that_is_closed_without_document_ends(operation: str, given: Any, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        await ask("Create-Job")
        assert (await ask(operation, *given, id=1)).status == status.OK
        assert ask.printer.jobs[1].state == ABORTED
        assert (await ask("Close-Job", id=1)).status == status.NOT_POSSIBLE


@runs
async def test_a_client_that_goes_away_leaves_an_aborted_job(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        with pytest.raises(ConnectionError):
            await ask("Print-Job", FORMAT, document=DOCUMENT, fault=ConnectionResetError("gone"))
        await until(lambda: ask.printer.jobs[1].state == ABORTED)
        assert list(ask.printer.jobs[1].reasons) == ["submission-interrupted"]


@runs
async def test_a_job_that_is_canceled_while_it_comes_in_is_answered_as_canceled(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        ask.machine.busy.set()
        asking = asyncio.create_task(ask("Print-Job", FORMAT, document=bytes(4 << 20), piece=65536))
        await until(lambda: ask.printer.jobs and ask.printer.jobs[1].begun)
        assert (await ask("Cancel-Job", id=1)).status == status.OK
        ask.machine.busy.clear()
        assert (await asking).status == 0x0508  # server-error-job-canceled
        await until(lambda: ask.printer.jobs[1].state == CANCELED)


@runs
async def test_a_refusal_of_the_core_is_told_in_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with front_end(tmp_path) as ask:

        def full(_ticket: object) -> None:
            raise Refused("spool-area-full", "No room is left, not even for one page.")

        monkeypatch.setattr(ask.printer, "submit", full)
        answer = await ask("Print-Job", FORMAT, document=DOCUMENT)
        assert (answer.status, answer["status-message"]) == (0x0505, "No room is left, not even for one page.")


@pytest.mark.parametrize("format", ["image/pwg-raster", "image/urf", "application/pdf"])
@runs
async def test_pages_of_pixels_are_laid_out_already(format: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        ask.printer.device.driver = choose(("PCL",), letter_first=False)
        asked = (an("number-up", 2), LANDSCAPE)
        answer = await ask("Validate-Job", an("document-format", format), job=asked)
        if format == "application/pdf":
            assert answer.status == status.OK
        else:
            assert answer.status == status.OK_IGNORED_OR_SUBSTITUTED
            assert (answer["number-up"], answer["orientation-requested"]) == (2, 4)
