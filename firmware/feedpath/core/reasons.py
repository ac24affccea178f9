"""The one table of refusals and reasons: each protocol's code for them, a sentence for people and what to do.

A protocol that comes later adds a column. Printer reasons are looked up without their severity suffix
(-report, -warning, -error: RFC 8011, 5.4.12).
"""

from typing import NamedTuple


class Refusal(NamedTuple):
    """Why a request is refused."""

    keyword: str
    ipp: int  # RFC 8011, B.1; too-many-jobs: PWG 5100.7; from 0x0418 on: PWG 5100.13
    http: int  # RFC 9110, 15; 507: RFC 4918, 11.5
    sentence: str


class Reason(NamedTuple):
    """Why a printer or a job is in its state."""

    keyword: str
    sentence: str
    remedy: str  # what to do; empty when nothing needs doing


REFUSALS = (
    Refusal("bad-request", 0x0400, 400, "The request is not well formed."),
    Refusal("forbidden", 0x0401, 403, "This is not allowed."),
    Refusal("not-authenticated", 0x0402, 401, "Sign in first."),
    Refusal("not-authorized", 0x0403, 403, "Only the owner or an administrator may do this."),
    Refusal("not-possible", 0x0404, 409, "This cannot be done in the present state."),
    Refusal("timeout", 0x0405, 408, "The client took too long."),
    Refusal("not-found", 0x0406, 404, "There is no such printer or job."),
    Refusal("gone", 0x0407, 410, "It is not there any more."),
    Refusal("request-entity-too-large", 0x0408, 413, "The request is larger than allowed."),
    Refusal("request-value-too-long", 0x0409, 400, "A value in the request is longer than allowed."),
    Refusal("document-format-not-supported", 0x040A, 415, "This printer does not take this kind of document."),
    Refusal("attributes-or-values-not-supported", 0x040B, 400, "The printer cannot do what was asked."),
    Refusal("uri-scheme-not-supported", 0x040C, 400, "This kind of address is not supported."),
    Refusal("charset-not-supported", 0x040D, 400, "The only character set here is utf-8."),
    Refusal("conflicting-attributes", 0x040E, 400, "What was asked contradicts itself."),
    Refusal("compression-not-supported", 0x040F, 415, "This compression is not supported."),
    Refusal("compression-error", 0x0410, 400, "The compressed document cannot be read."),
    Refusal("document-format-error", 0x0411, 400, "The document cannot be read."),
    Refusal("document-password-error", 0x0418, 400, "The document's password is missing or wrong."),
    Refusal("document-security-error", 0x041A, 400, "The document is protected in a way that is not supported."),
    Refusal("document-unprintable-error", 0x041B, 400, "The document is more than can be printed here."),
    Refusal("unsupported-document-format", 0x040A, 415, "This printer does not print this kind of document."),
    Refusal("internal-error", 0x0500, 500, "Something went wrong inside; the log says what."),
    Refusal("operation-not-supported", 0x0501, 501, "This operation is not supported."),
    Refusal("service-unavailable", 0x0502, 503, "The printer is being shut down or started."),
    Refusal("version-not-supported", 0x0503, 505, "This version of IPP is not supported; 1.x and 2.x are."),
    Refusal("device-error", 0x0504, 500, "The printer reports a fault."),
    Refusal("temporary-error", 0x0505, 503, "This cannot be done just now; try again later."),
    Refusal(
        "spool-area-full", 0x0505, 507, "There is no room left to store the document; try again when jobs have printed."
    ),
    Refusal("not-accepting-jobs", 0x0506, 503, "The printer takes no new jobs at the moment."),
    Refusal("busy", 0x0507, 503, "The printer is busy; try again later."),
    Refusal("job-canceled", 0x0508, 409, "The job was canceled or ended."),
    Refusal("multiple-document-jobs-not-supported", 0x0509, 501, "A job can have one document."),
    Refusal("too-many-jobs", 0x050B, 503, "Too many jobs are waiting; try again when some have printed."),
)

# RFC 8011, 5.4.12; IANA registry of printer-state-reasons; offline and cups-... are CUPS' words, firmware-... ours
PRINTER_REASONS = (
    Reason("none", "Ready.", ""),
    Reason(
        "connecting-to-device",
        "A job waits for the printer, which does not answer.",
        "Switch the printer on and check its USB cable; jobs wait for it.",
    ),
    Reason("cover-open", "A cover is open.", "Close the printer's cover."),
    Reason(
        "cups-missing-filter",
        "No driver for this printer is installed, and it names no language that is spoken here.",
        "Install the Debian package of its driver (printer-driver-...), then choose the driver on the printer's page; "
        "or send documents in its own language, by raw printing or with the maker's driver on your computer.",
    ),
    Reason("door-open", "A door is open.", "Close the printer's door."),
    Reason(
        "firmware-failed",
        "The printer did not start with the firmware that it was sent.",
        "Switch the printer off and on again; if it stays so, give another file by `feedpath firmware add FILE`.",
    ),
    Reason(
        "firmware-loading",
        "The printer is being sent its firmware.",
        "Jobs wait for it; if it stays so, switch the printer off and on again.",
    ),
    Reason(
        "firmware-needed",
        "This printer waits for its firmware, which it forgets when it is switched off.",
        "Give the file once, by `feedpath firmware add FILE` on the print server: it comes with the maker's driver, "
        "and is sent by itself from then on. Jobs wait for it.",
    ),
    Reason("input-tray-missing", "The paper tray is missing.", "Put the paper tray in."),
    Reason("interlock-open", "A safety switch is open.", "Close all covers and doors."),
    Reason("marker-supply-empty", "Ink or toner is used up.", "Replace the empty cartridge."),
    Reason("marker-supply-low", "Ink or toner runs low.", "Have a new cartridge ready."),
    Reason("marker-waste-almost-full", "The waste container is almost full.", "Have a new waste container ready."),
    Reason("marker-waste-full", "The waste container is full.", "Replace the waste container."),
    Reason("media-empty", "The printer is out of paper.", "Load paper; the job goes on by itself."),
    Reason("media-jam", "Paper is jammed.", "Remove the jammed paper; the job goes on by itself."),
    Reason("media-low", "Paper runs low.", "Load paper soon."),
    Reason("media-needed", "A job waits for paper.", "Load paper; the job goes on by itself."),
    Reason("moving-to-paused", "The printer pauses after the present job.", ""),
    Reason(
        "offline",
        "The printer is off or unplugged.",
        "Switch the printer on and check its USB cable; jobs wait for it.",
    ),
    Reason("opc-life-over", "The drum is worn out.", "Replace the drum unit."),
    Reason("opc-near-eol", "The drum will soon be worn out.", "Have a new drum unit ready."),
    Reason(
        "other", "The printer reports a fault that it does not name.", "Look at the printer's own display or lights."
    ),
    Reason("output-area-almost-full", "The output tray is almost full.", "Take the printed pages away soon."),
    Reason("output-area-full", "The output tray is full.", "Take the printed pages away."),
    Reason("output-tray-missing", "The output tray is missing.", "Put the output tray in."),
    Reason("paused", "The printer is paused; jobs wait.", "Resume the printer on its page."),
    Reason("shutdown", "The print server is being stopped.", ""),
    Reason(
        "spool-area-full",
        "There is no room left for waiting jobs.",
        "Cancel jobs that are not needed, or wait until some have printed.",
    ),
    Reason("stopped-partly", "Part of the printer is stopped.", "Look at the printer's own display or lights."),
    Reason(
        "timed-out",
        "The printer takes no data.",
        "Look at the printer's own display or lights; the job goes on by itself.",
    ),
    Reason("toner-empty", "Toner is used up.", "Replace the toner cartridge."),
    Reason("toner-low", "Toner runs low.", "Have a new toner cartridge ready."),
)

JOB_REASONS = (  # RFC 8011, 5.3.8 and the IANA registry of job-state-reasons
    Reason("none", "Waiting.", ""),
    Reason("aborted-by-system", "The job was ended by the print server.", ""),
    Reason("compression-error", "The compressed document could not be read.", "Print it again without compression."),
    Reason("document-format-error", "The document could not be read.", ""),
    Reason("document-password-error", "The document's password is missing or wrong.", "Print it with its password."),
    Reason(
        "document-security-error",
        "The document is protected in a way that is not supported.",
        "Print it without protection.",
    ),
    Reason("document-unprintable-error", "The document is more than can be printed here.", ""),
    Reason("job-canceled-at-device", "Canceled at the printer.", ""),
    Reason("job-canceled-by-operator", "Canceled by an administrator.", ""),
    Reason("job-canceled-by-user", "Canceled by its owner.", ""),
    Reason("job-completed-successfully", "Printed.", ""),
    Reason("job-hold-until-specified", "Held until it is released.", "Release the job when it shall print."),
    Reason("job-incoming", "The document is still coming in.", ""),
    Reason("job-interpreting", "The document is being read.", ""),
    Reason("job-printing", "Printing.", ""),
    Reason("job-queued", "Waiting for its turn.", ""),
    Reason("job-restartable", "Can be printed again.", ""),
    Reason("printer-stopped", "Waiting for the printer.", "See what the printer needs."),
    Reason("printer-stopped-partly", "Waiting for the printer.", "See what the printer needs."),
    Reason("processing-to-stop-point", "Being canceled.", ""),
    Reason("resources-are-not-ready", "Waiting for what it needs.", "See what the printer needs."),
    Reason("submission-interrupted", "The client went away before the document was complete.", "Print it again."),
    Reason(
        "unsupported-document-format",
        "This printer does not print this kind of document.",
        "Print it from a program that shows it.",
    ),
)

SEVERITIES = ("-report", "-warning", "-error")

_REFUSALS = {row.keyword: row for row in REFUSALS}
_PRINTER_REASONS = {row.keyword: row for row in PRINTER_REASONS}
_JOB_REASONS = {row.keyword: row for row in JOB_REASONS}


def refusal(keyword: str) -> Refusal:
    """Return the row of a refusal; any other reason why a job ended is job-canceled to every protocol."""
    return _REFUSALS.get(keyword, _REFUSALS["job-canceled"])


def printer_reason(keyword: str) -> Reason:
    """Return what a printer-state-reasons keyword means to people; unknown keywords speak for themselves."""
    base = keyword
    for severity in SEVERITIES:
        base = base.removesuffix(severity)
    return _PRINTER_REASONS.get(base) or Reason(
        base, base.replace("-", " ").capitalize() + ".", _PRINTER_REASONS["other"].remedy
    )


def job_reason(keyword: str) -> Reason:
    """Return what a job-state-reasons keyword means to people; unknown keywords speak for themselves."""
    return _JOB_REASONS.get(keyword) or Reason(keyword, keyword.replace("-", " ").capitalize() + ".", "")
