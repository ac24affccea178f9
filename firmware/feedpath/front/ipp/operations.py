"""IPP operations and their attributes as data (RFC 8011, 4; PWG 5100.7, 5100.13; the IANA registry of operations).

A further operation is a further row and a function of its name in printing.py or queue.py.
"""

from typing import NamedTuple

from feedpath.core.job import ABORTED, CANCELED, HELD, OVER, PENDING, PROCESSING, STOPPED
from feedpath.front.ipp import values

PRINTER, JOB, BOX = "printer", "job", "box"  # what an operation is about; BOX: all printers together


class Operation(NamedTuple):
    """An operation: its code and name, the function that does it, what it is about, whether only administrators may."""

    code: int
    name: str
    does: str
    target: str
    administrator: bool
    section: str


ROWS = (
    Operation(0x0002, "Print-Job", "print_job", PRINTER, False, "RFC 8011, 4.2.1"),
    Operation(0x0004, "Validate-Job", "validate_job", PRINTER, False, "RFC 8011, 4.2.3"),
    Operation(0x0005, "Create-Job", "create_job", PRINTER, False, "RFC 8011, 4.2.4"),
    Operation(0x0006, "Send-Document", "send_document", JOB, False, "RFC 8011, 4.3.1"),
    Operation(0x0008, "Cancel-Job", "cancel_job", JOB, False, "RFC 8011, 4.3.3"),
    Operation(0x0009, "Get-Job-Attributes", "get_job_attributes", JOB, False, "RFC 8011, 4.3.4"),
    Operation(0x000A, "Get-Jobs", "get_jobs", PRINTER, False, "RFC 8011, 4.2.6"),
    Operation(0x000B, "Get-Printer-Attributes", "get_printer_attributes", PRINTER, False, "RFC 8011, 4.2.5"),
    Operation(0x000C, "Hold-Job", "hold_job", JOB, False, "RFC 8011, 4.3.5"),
    Operation(0x000D, "Release-Job", "release_job", JOB, False, "RFC 8011, 4.3.6"),
    Operation(0x0010, "Pause-Printer", "pause_printer", PRINTER, True, "RFC 8011, 4.2.7"),
    Operation(0x0011, "Resume-Printer", "resume_printer", PRINTER, True, "RFC 8011, 4.2.8"),
    Operation(0x0039, "Cancel-My-Jobs", "cancel_my_jobs", PRINTER, False, "PWG 5100.7"),
    Operation(0x003B, "Close-Job", "close_job", JOB, False, "PWG 5100.7"),
    Operation(0x003C, "Identify-Printer", "identify_printer", PRINTER, False, "PWG 5100.13"),
    Operation(0x4001, "CUPS-Get-Default", "get_default", BOX, False, "CUPS Implementation of IPP"),
    Operation(0x4002, "CUPS-Get-Printers", "get_printers", BOX, False, "CUPS Implementation of IPP"),
)

BY_CODE = {row.code: row for row in ROWS}
GET_PRINTER_ATTRIBUTES = 0x000B

NAME_TAGS = (values.NAME, values.NAME_WITH_LANGUAGE)
TEXT_TAGS = (values.TEXT, values.TEXT_WITH_LANGUAGE)


class Given(NamedTuple):
    """An operation attribute: its tags, whether it may have several values, the least of a number."""

    name: str
    tags: "tuple[int, ...]"
    several: bool
    section: str
    least: "int | None" = None


ATTRIBUTES = (  # those that clients may give; any other is reported as unsupported where a job is created
    Given("attributes-charset", (values.CHARSET,), False, "RFC 8011, 4.1.4"),
    Given("attributes-natural-language", (values.LANGUAGE,), False, "RFC 8011, 4.1.4"),
    Given("printer-uri", (values.URI,), False, "RFC 8011, 4.1.5"),
    Given("job-uri", (values.URI,), False, "RFC 8011, 4.1.5"),
    Given("job-id", (values.INTEGER,), False, "RFC 8011, 4.1.5"),
    Given("requesting-user-name", NAME_TAGS, False, "RFC 8011, 4.2.1.1"),
    Given("job-name", NAME_TAGS, False, "RFC 8011, 4.2.1.1"),
    Given("ipp-attribute-fidelity", (values.BOOLEAN,), False, "RFC 8011, 4.2.1.1"),
    Given("document-name", NAME_TAGS, False, "RFC 8011, 4.2.1.1"),
    Given("document-password", (values.OCTETS,), False, "PWG 5100.13"),
    Given("compression", (values.KEYWORD,), False, "RFC 8011, 4.2.1.1"),
    Given("document-format", (values.MIME,), False, "RFC 8011, 4.2.1.1"),
    Given("job-impressions", (values.INTEGER,), False, "RFC 8011, 4.2.1.1", 0),
    Given("last-document", (values.BOOLEAN,), False, "RFC 8011, 4.3.1.1"),
    Given("requested-attributes", (values.KEYWORD,), True, "RFC 8011, 4.2.5.1"),
    Given("limit", (values.INTEGER,), False, "RFC 8011, 4.2.6.1", 1),
    Given("first-index", (values.INTEGER,), False, "PWG 5100.13", 1),
    Given("which-jobs", (values.KEYWORD,), False, "RFC 8011, 4.2.6.1"),
    Given("my-jobs", (values.BOOLEAN,), False, "RFC 8011, 4.2.6.1"),
    Given("job-hold-until", (values.KEYWORD, *NAME_TAGS), False, "RFC 8011, 4.3.5.1"),
    Given("message", TEXT_TAGS, False, "RFC 8011, 4.3.3.1"),
    Given("job-ids", (values.INTEGER,), True, "PWG 5100.7"),
    Given("first-job-id", (values.INTEGER,), False, "CUPS", 1),
    Given("identify-actions", (values.KEYWORD,), True, "PWG 5100.13"),
)

GIVEN = {row.name: row for row in ATTRIBUTES}

WHICH_JOBS = {  # RFC 8011, 4.2.6.1; PWG 5100.7: a keyword, the states of jobs that it means
    "aborted": (ABORTED,),
    "all": (PENDING, HELD, PROCESSING, STOPPED, *OVER),
    "canceled": (CANCELED,),
    "completed": OVER,
    "not-completed": (PENDING, HELD, PROCESSING, STOPPED),
    "pending": (PENDING,),
    "pending-held": (HELD,),
    "processing": (PROCESSING,),
    "processing-stopped": (STOPPED,),
}
