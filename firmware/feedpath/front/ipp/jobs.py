"""Job attributes as data: RFC 8011, 5.3; PWG 5100.7, 5100.13. The source is a section of RFC 8011 if not named."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from feedpath.core import reasons
from feedpath.core.job import HELD, OVER, PENDING, Job
from feedpath.core.printer import STOPPED
from feedpath.front.ipp import template, values, wire
from feedpath.front.ipp.attributes import NO_VALUE, TEXT_OCTETS, Address, Present, moment, pairs, text

DESCRIPTION, TEMPLATE = "job-description", "job-template"  # RFC 8011, 4.3.4
LANGUAGE, IMPRESSIONS = "attributes-natural-language", "job-impressions"
PRINTER_STOPPED = "printer-stopped"
KIBI = 1024
NAME_OCTETS = 255  # RFC 8011, 5.1.3


class View(NamedTuple):
    """A job as one client sees it at present: path is its printer's queue's."""

    job: Job
    path: str
    present: Present
    client: Address


class Row(NamedTuple):
    """A job attribute: its tag and its value; None leaves it out, a list is a 1setOf."""

    name: str
    tag: int
    value: "Callable[[View], Any]"
    section: str
    group: str = DESCRIPTION


def job_path(id: int) -> str:
    """Return the path of a job."""
    return f"/jobs/{id}"


def k_octets(octets: int) -> int:
    """Return octets as IPP counts them: in units of 1024, rounded up."""
    return -(-octets // KIBI)


def turn(job: Job) -> "tuple[bool, bool, int]":
    """Return what sorts jobs by the time when they will be complete: nobody knows when a held one will."""
    return job.state == HELD, job.state == PENDING, job.id


def ahead(job: Job) -> int:
    """Return number-of-intervening-jobs: those of the same printer that will be complete before."""
    if job.state in OVER or job.printer.waiting <= 1:
        return 0
    own = turn(job)
    return sum(other.state not in OVER and turn(other) < own for other in job.printer.jobs.values())


def name(value: str) -> str:
    """Return `value` as a name."""
    return text(value, NAME_OCTETS)


def message(job: Job) -> str:
    """Return what people should know about the job's state."""
    told = reasons.job_reason(job.reasons[0]) if job.reasons else None
    return text(job.message or (f"{told.sentence} {told.remedy}".strip() if told else ""), TEXT_OCTETS)


def seconds(view: View, when: "float | None") -> "Any":
    """Return a Unix time on the scale of printer-up-time: 0 for before the start, no-value for not yet."""
    return NO_VALUE if when is None else view.present.ticks(when)


def state_reasons(job: Job) -> "list[str]":
    """Return job-state-reasons: what a stopped printer has to do with its jobs is told as it is asked (4.2.7)."""
    told = list(job.reasons)
    if job.state not in OVER and job.printer.state == STOPPED and PRINTER_STOPPED not in told:
        told.append(PRINTER_STOPPED)
    return told or ["none"]


def asked(row: template.Row) -> "Callable[[View], Any]":
    """Return the value of what the job asked of a job template attribute."""

    def value(view: View) -> "Any":
        found: Any = view.job.ticket.options.get(row.name)
        return _as_asked(found) if row.tag in (values.RESOLUTION, values.RANGE) else found

    return value


def asked_of_pages(view: View) -> "Any":
    """Return what the job asked of single pages, None where it asked nothing."""
    found: Any = view.job.ticket.options.get("overrides")
    return template.overrides(found) if found else None


def _as_asked(found: "Any") -> "Any":
    """Return a resolution, a range or several: they may have been stored, and JSON knows no tuples."""
    if isinstance(found, list):
        return tuple(found) if isinstance(found[0], int) else [tuple(each) for each in found]
    return found


ROWS = (
    Row("attributes-charset", values.CHARSET, lambda v: "utf-8", "5.3.19"),
    Row("attributes-natural-language", values.LANGUAGE, lambda v: v.job.ticket.options.get(LANGUAGE, "en"), "5.3.20"),
    Row("compression-supplied", values.KEYWORD, lambda v: v.job.ticket.compression, "PWG 5100.7"),
    Row("date-time-at-completed", values.DATE_TIME, lambda v: moment(v.job.completed), "5.3.14"),
    Row("date-time-at-creation", values.DATE_TIME, lambda v: moment(v.job.created), "5.3.14"),
    Row("date-time-at-processing", values.DATE_TIME, lambda v: moment(v.job.processing), "5.3.14"),
    Row("document-format-supplied", values.MIME, lambda v: v.job.ticket.format, "PWG 5100.7"),
    Row("document-name-supplied", values.NAME, lambda v: name(v.job.ticket.document_name) or None, "PWG 5100.7"),
    Row("job-id", values.INTEGER, lambda v: v.job.id, "5.3.1"),
    Row("job-impressions", values.INTEGER, lambda v: v.job.ticket.options.get(IMPRESSIONS, NO_VALUE), "5.3.17"),
    Row("job-impressions-completed", values.INTEGER, lambda v: v.job.impressions, "5.3.18"),
    Row("job-k-octets", values.INTEGER, lambda v: k_octets(v.job.received), "5.3.17"),
    Row("job-k-octets-processed", values.INTEGER, lambda v: k_octets(v.job.printed), "5.3.18"),
    Row("job-name", values.NAME, lambda v: name(v.job.name) or "Untitled", "5.3.5"),
    Row("job-originating-user-name", values.NAME, lambda v: name(v.job.user), "5.3.6"),
    Row("job-printer-up-time", values.INTEGER, lambda v: v.present.up, "5.3.14"),
    Row("job-printer-uri", values.URI, lambda v: v.client.ipp(v.path), "5.3.3"),
    Row("job-state", values.ENUM, lambda v: v.job.state, "5.3.7"),
    Row("job-state-message", values.TEXT, lambda v: message(v.job), "5.3.9"),
    Row("job-state-reasons", values.KEYWORD, lambda v: state_reasons(v.job), "5.3.8"),
    Row("job-uri", values.URI, lambda v: v.client.ipp(job_path(v.job.id)), "5.3.2"),
    Row("job-uuid", values.URI, lambda v: "urn:uuid:" + v.job.uuid, "PWG 5100.13"),
    Row("number-of-documents", values.INTEGER, lambda v: int(v.job.ended or v.job.received > 0), "5.3.12"),
    Row("number-of-intervening-jobs", values.INTEGER, lambda v: ahead(v.job), "5.3.15"),
    Row("time-at-completed", values.INTEGER, lambda v: seconds(v, v.job.completed), "5.3.14"),
    Row("time-at-creation", values.INTEGER, lambda v: seconds(v, v.job.created), "5.3.14"),
    Row("time-at-processing", values.INTEGER, lambda v: seconds(v, v.job.processing), "5.3.14"),
    *(Row(row.name, row.tag, asked(row), row.section, TEMPLATE) for row in template.ROWS),
    Row("overrides", values.BEGIN_COLLECTION, asked_of_pages, "PWG 5100.6", TEMPLATE),
)  # fmt: skip

LISTED = ("job-id", "job-uri")  # RFC 8011, 4.2.6.1: what Get-Jobs tells of each when nothing is requested
CREATED = (  # RFC 8011, 4.2.1.2, and job-uuid: what the answer to a creation tells
    "job-id",
    "job-uri",
    "job-uuid",
    "job-state",
    "job-state-reasons",
    "job-state-message",
    "number-of-intervening-jobs",
)


def choose(requested: "Iterable[str]") -> "tuple[Row, ...]":
    """Return the rows that requested-attributes means, by their names and those of their groups; unknown mean none."""
    wanted = frozenset(requested)
    if "all" in wanted:
        return ROWS
    return tuple(row for row in ROWS if row.name in wanted or row.group in wanted)


def encode(view: View, rows: "Iterable[Row]") -> bytes:
    """Return a group of job attributes."""
    encoded = (wire.encode_attribute(row.name, pairs(row.tag, row.value(view))) for row in rows)
    return bytes((wire.JOB,)) + b"".join(encoded)
