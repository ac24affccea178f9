"""Operations on printers and jobs that are there: asking, canceling, holding, pausing, identifying."""

from collections.abc import Iterable

from feedpath import aio
from feedpath.core.job import HELD, OVER, Job
from feedpath.errors import Refused
from feedpath.front.ipp import jobs, operations, sheet, values
from feedpath.front.ipp.attributes import text
from feedpath.front.ipp.call import Call
from feedpath.front.ipp.template import INDEFINITE, NO_HOLD
from feedpath.front.ipp.wire import Attribute

OCTET_STREAM = "application/octet-stream"  # any format: a client that asks about it asks about the printer as such
HOLD_UNTIL = "job-hold-until"
CHOICES = ("which-jobs", "my-jobs", "limit", "first-index", "first-job-id")  # of jobs, by Get-Jobs
IDENTIFY_ACTIONS = ("display",)
MESSAGE_OCTETS = 127  # RFC 8011, 4.3.3.1: message (text(127))
JOBS_A_TURN = 32  # jobs of a list that are encoded before the other tasks have their turn


async def get_printer_attributes(call: Call) -> bytes:
    """Tell the printer's attributes (RFC 8011, 4.2.5)."""
    format = call.value("document-format")
    if format not in (None, OCTET_STREAM) and format.lower() not in call.printer.capabilities.formats:
        call.unsupported.append(Attribute("document-format", [(values.MIME, format)]))
        raise Refused("document-format-not-supported")
    return call.front.describe(call, call.printer, sheet.choose(call.values("requested-attributes") or ("all",)))


async def get_default(call: Call) -> bytes:
    """Tell the default printer's attributes (CUPS-Get-Default)."""
    printer = call.front.printers.default
    if printer is None:
        raise Refused("not-found", "There is no printer yet.")
    return call.front.describe(call, printer, sheet.choose(call.values("requested-attributes") or ("all",)))


async def get_printers(call: Call) -> bytes:
    """Tell all printers' attributes (CUPS-Get-Printers)."""
    chosen = sheet.choose(call.values("requested-attributes") or ("all",))
    limit = call.value("limit")
    printers = list(call.front.printers)[:limit]
    return call.answer(*(call.front.encode(printer, chosen, call.client) for printer in printers))


async def get_job_attributes(call: Call) -> bytes:
    """Tell a job's attributes (RFC 8011, 4.3.4)."""
    return call.answer(call.job_group(call.job, jobs.choose(call.values("requested-attributes") or ("all",))))


async def get_jobs(call: Call) -> bytes:
    """Tell the attributes of jobs (RFC 8011, 4.2.6; job-ids by PWG 5100.7, first-index by PWG 5100.13)."""
    rows = jobs.choose(call.values("requested-attributes") or jobs.LISTED)
    groups = []
    for index, job in enumerate(_wanted(call)):
        if index % JOBS_A_TURN == 0:
            await aio.sleep_ms(0)  # a long list keeps nobody else waiting
        groups.append(call.job_group(job, rows))
    return call.answer(*groups)


def _wanted(call: Call) -> "list[Job]":
    """Return the jobs that Get-Jobs is to tell, in the order of RFC 8011, 4.2.6.2; where they may be any, by their ids.

    A list of job-ids says it all: with any other choice it contradicts itself, to us as to CUPS.
    """
    ids = call.values("job-ids")
    if ids:
        call.unsupported += [each for each in call.given.attributes if each.name in CHOICES]
        if call.unsupported:
            raise Refused("conflicting-attributes", "job-ids cannot be given with another choice of jobs.")
        return [job for job in call.printer.jobs.values() if job.id in ids]
    which = call.value("which-jobs") or "not-completed"
    states = operations.WHICH_JOBS.get(which)
    if states is None:
        call.unsupported.append(Attribute("which-jobs", [(values.KEYWORD, which)]))
        raise Refused("attributes-or-values-not-supported", f"which-jobs can be {', '.join(operations.WHICH_JOBS)}.")
    found: "Iterable[Job]" = (job for job in call.printer.jobs.values() if job.state in states)
    if call.value("my-jobs"):
        found = (job for job in found if job.user == call.user)
    found = sorted(found, key=lambda job: job.id)
    if set(states) <= set(OVER):
        found = sorted(found, key=lambda job: (job.completed or 0.0, job.id), reverse=True)
    elif set(states).isdisjoint(OVER):
        found = sorted(found, key=jobs.turn)
    first_id, first, limit = call.value("first-job-id") or 1, (call.value("first-index") or 1) - 1, call.value("limit")
    found = [job for job in found if job.id >= first_id]
    return found[first:] if limit is None else found[first : first + limit]


async def cancel_job(call: Call) -> bytes:
    """Cancel a job (RFC 8011, 4.3.3)."""
    _cancel(call, call.job)
    return call.answer()


def _cancel(call: Call, job: Job) -> None:
    owner = call.require_owner(job) == job.user
    job.printer.cancel(job, "job-canceled-by-user" if owner else "job-canceled-by-operator")


async def cancel_my_jobs(call: Call) -> bytes:
    """Cancel the user's own jobs, all or those of job-ids (PWG 5100.7); none when one of those cannot be canceled."""
    ids = call.values("job-ids")
    mine = [job for job in call.printer.jobs.values() if job.user == call.user]
    if ids:
        wrong = [id for id in ids if id not in [job.id for job in mine if not job.over]]
        if wrong:
            call.unsupported.append(Attribute("job-ids", [(values.INTEGER, id) for id in wrong]))
            raise Refused("not-possible", f"Of job-ids, {', '.join(map(str, wrong))} cannot be canceled.")
    for job in mine:
        if not job.over and not job.stopping and (not ids or job.id in ids):
            job.printer.cancel(job)
    return call.answer()


async def hold_job(call: Call) -> bytes:
    """Keep a waiting job from printing (RFC 8011, 4.3.5): until it is released, whatever time is named (4.3.5.1)."""
    job, until = call.job, call.given.find("job-hold-until")
    call.require_owner(job)
    if until is not None and until.value == NO_HOLD:
        return await release_job(call)
    job.printer.hold(job)
    job.ticket.options[HOLD_UNTIL] = INDEFINITE
    if until is not None and until.value != INDEFINITE:
        call.unsupported.append(until)
    return call.answer()


async def release_job(call: Call) -> bytes:
    """Let a held job print (RFC 8011, 4.3.6); one that waits or prints does so already."""
    job = call.job
    call.require_owner(job)
    if job.state == HELD or job.over:
        job.printer.release(job)
        job.ticket.options.pop(HOLD_UNTIL, None)
    return call.answer()


async def pause_printer(call: Call) -> bytes:
    """Let no further job begin (RFC 8011, 4.2.7)."""
    call.printer.pause()
    return call.answer()


async def resume_printer(call: Call) -> bytes:
    """Let jobs begin again (RFC 8011, 4.2.8)."""
    call.printer.resume()
    return call.answer()


async def identify_printer(call: Call) -> bytes:
    """Draw people's attention to the printer (PWG 5100.13)."""
    actions = call.values("identify-actions") or list(IDENTIFY_ACTIONS)
    strange = [action for action in actions if action not in IDENTIFY_ACTIONS]
    if strange:
        call.unsupported.append(Attribute("identify-actions", [(values.KEYWORD, action) for action in strange]))
    known = tuple(action for action in actions if action in IDENTIFY_ACTIONS)
    call.printer.identify(known or IDENTIFY_ACTIONS, text(call.value("message") or "", MESSAGE_OCTETS))
    return call.answer()
