"""Operations that bring jobs: Print-Job, Validate-Job, Create-Job, Send-Document, Close-Job."""

from typing import Any

from feedpath.core.job import Job
from feedpath.core.printer import Printer
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused, WireError
from feedpath.front.ipp import jobs, status, template, values, wire
from feedpath.front.ipp.attributes import default_format
from feedpath.front.ipp.call import Call
from feedpath.front.ipp.operations import GIVEN
from feedpath.front.ipp.wire import Attribute

PASSWORD = "document-password"
UNTOLD_PASSWORD = Attribute(PASSWORD, [(values.UNSUPPORTED, None)])  # what is not taken is told without what it was
OPEN_PASSWORD = (
    "A document's password is taken over an encrypted connection only, as it could be read on its way: "
    "use the printer's ipps address."
)
CREATED = jobs.choose(jobs.CREATED)


async def print_job(call: Call) -> bytes:
    """Print the document that comes with the request (RFC 8011, 4.2.1)."""
    ticket = _ticket(call)
    _describe_document(call, call.printer, ticket)
    _judge(call, ticket)
    call.printer.check(ticket)
    if not await call.document.begins():
        raise WireError("there is no document", status.BAD_REQUEST)
    return await _receive(call, call.printer.submit(ticket))


async def validate_job(call: Call) -> bytes:
    """Tell whether a Print-Job with these attributes would be taken (RFC 8011, 4.2.3)."""
    ticket = _ticket(call)
    _describe_document(call, call.printer, ticket)
    _judge(call, ticket)
    call.printer.check(ticket)
    return call.answer()


async def create_job(call: Call) -> bytes:
    """Make a job whose document comes by Send-Document (RFC 8011, 4.2.4)."""
    ticket = _ticket(call)
    _judge(call, ticket)
    if call.given.find(PASSWORD) is not None:  # it comes with the document
        call.unsupported.append(UNTOLD_PASSWORD)
    job = call.printer.submit(ticket)
    await job.recorded()
    return call.answer(call.job_group(job, CREATED))


async def send_document(call: Call) -> bytes:
    """Take the document of a job (RFC 8011, 4.3.1). There is one; the last may be none at all."""
    job = call.job
    call.require_owner(job)
    last = call.value("last-document")
    if last is None:
        raise WireError("last-document is missing", status.BAD_REQUEST)
    if not await call.document.begins():
        if not last:
            raise WireError("there is no document", status.BAD_REQUEST)
        return await close_job(call)
    described = Ticket(format=job.ticket.format, document_name=job.ticket.document_name)
    _describe_document(call, job.printer, described)
    job.printer.describe(job, described)
    return await _receive(call, job)


async def close_job(call: Call) -> bytes:
    """Say that a job gets no further document (PWG 5100.7): one without any ends, as there is nothing to print."""
    job = call.job
    call.require_owner(job)
    if not job.received and not job.ended:
        if job.over or job.stopping:
            raise Refused("not-possible", f"Job {job.id} has ended already.")
        job.abort("aborted-by-system", "The job was closed before it had a document.")
    return call.answer(call.job_group(job, CREATED))


async def _receive(call: Call, job: Job) -> bytes:
    """Take the document into the job; answer when what was told is safe."""
    await job.receive(call.document)
    await job.finish()
    return call.answer(call.job_group(job, CREATED))


def _ticket(call: Call) -> Ticket:
    """Return whose job it is, and what it is called."""
    return Ticket(
        name=call.value("job-name") or call.value("document-name") or "Untitled",
        user=call.user,
        host=call.request.peer[0],
        format=default_format(call.printer.capabilities),
    )


def _judge(call: Call, ticket: Ticket) -> None:
    """Put into the ticket what is asked of the job; raise Refused when all must be done but cannot.

    ipp-attribute-fidelity is about job template attributes (RFC 8011, C.1); unknown ones of the operation are ignored
    (6.2.2), and told.
    """
    asked = call.group(wire.JOB)
    names = {each.name for each in asked}
    others = [each for each in call.given.attributes if each.name not in names]
    # Some clients give job template attributes, job-hold-until above all, among the operation's.
    asked = asked + [each for each in others if each.name in template.NAMES]
    unknown = [each.name for each in others if each.name not in template.NAMES and each.name not in GIVEN]
    ticket.options, refused = template.judge(asked, call.printer.device.driver.able(ticket.format))
    _check_ranges(ticket.options.get("page-ranges", []))
    ticket.hold = ticket.options.get("job-hold-until") == template.INDEFINITE
    ticket.options.update(_describe_job(call))
    call.unsupported += refused + [Attribute(name, [(values.UNSUPPORTED, None)]) for name in unknown]
    if refused and call.value("ipp-attribute-fidelity"):
        told = ", ".join(attribute.name for attribute in refused)
        raise Refused("attributes-or-values-not-supported", f"The printer cannot do what was asked by {told}.")


def _check_ranges(asked: "Any") -> None:
    """Raise WireError where page-ranges do not rise, so that one pass can print them (RFC 8011, 5.2.7)."""
    last = 0
    for first, end in asked if isinstance(asked, list) else [asked]:
        if first <= last:
            raise WireError("page-ranges count from 1 and rise", status.BAD_REQUEST)
        last = end


def _describe_job(call: Call) -> "dict[str, object]":
    """Return what is told of the job besides, as it is told back."""
    language, impressions = call.value(jobs.LANGUAGE).lower(), call.value(jobs.IMPRESSIONS)
    told: "dict[str, object]" = {} if language == "en" else {jobs.LANGUAGE: language}  # ours goes without saying
    if impressions is not None:
        told[jobs.IMPRESSIONS] = impressions
    return told


def _take_password(call: Call, printer: Printer, ticket: Ticket) -> None:
    """Put the document's password into the ticket; raise Refused where others could read it on its way."""
    octets, most = call.value(PASSWORD), printer.capabilities.password
    if not octets:
        return
    if not most:
        call.unsupported.append(UNTOLD_PASSWORD)
    elif not call.request.private:
        call.unsupported.append(UNTOLD_PASSWORD)
        raise Refused("attributes-or-values-not-supported", OPEN_PASSWORD)
    elif len(octets) > most:
        raise Refused("request-value-too-long", f"{PASSWORD} has {len(octets)} octets; {most} are allowed.")
    else:
        ticket.password = octets.decode("utf-8", "surrogateescape")


def _describe_document(call: Call, printer: Printer, ticket: Ticket) -> None:
    """Put what is told of the document into the ticket; raise Refused, and report as unsupported, what is not taken."""
    ticket.document_name = call.value("document-name") or ""
    ticket.compression = call.value("compression") or "none"
    ticket.format = (call.value("document-format") or ticket.format).lower()
    if ticket.compression not in printer.compressions:
        call.unsupported = [Attribute("compression", [(values.KEYWORD, ticket.compression)])]
        raise Refused("compression-not-supported", f"Supported are {', '.join(printer.compressions)}.")
    if ticket.format not in printer.capabilities.formats:
        call.unsupported = [Attribute("document-format", [(values.MIME, ticket.format)])]
        allowed = ", ".join(printer.capabilities.formats)
        raise Refused("document-format-not-supported", f"This printer takes {allowed}, not {ticket.format}.")
    _take_password(call, printer, ticket)
