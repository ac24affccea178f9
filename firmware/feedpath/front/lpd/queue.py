"""A queue in words, and who may remove its jobs."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from feedpath.core import reasons
from feedpath.core.job import HELD, Job
from feedpath.core.printer import BUSY, IDLE, STOPPED, Printer

STATES = {IDLE: "%s is ready.", BUSY: "%s is printing.", STOPPED: "%s is stopped."}
HEADING = "%-8s%-16s%-8s%-32s%s\n" % ("Rank", "Owner", "Job", "Name", "Size")
ROW = "%-8s%-16.15s%-8d%-32.31s%d bytes\n"
LONG = "%s: %-30s [job %d]\n\t%-40.39s %d bytes\n\t%s\n"
HIDDEN = "-"  # in place of an owner and a name that are not everyone's business
ENDINGS = {1: "st", 2: "nd", 3: "rd"}

Knows = Callable[[Job], bool]  # whether the asking client may read whose a job is and what it is called


def words(printer: Printer, listed: "Sequence[str]", knows: Knows, long: bool) -> str:
    """Return the state of a queue and its jobs as lines; `listed` users and numbers choose among the jobs."""
    lines = [STATES[printer.state] % printer.info + "\n"]
    for keyword in printer.reasons:
        reason = reasons.printer_reason(keyword)
        lines.append(" ".join(filter(None, (reason.sentence, reason.remedy))) + "\n")
    if not printer.accepting:
        lines.append("It takes no new jobs.\n")
    rows = list(_rows(printer, listed, knows))
    if not rows:
        return "".join([*lines, "no entries\n"])
    if not long:
        return "".join(
            [*lines, HEADING, *(ROW % (rank, owner, job.id, name, size(job)) for rank, owner, name, job in rows)]
        )
    return "".join(
        [*lines, *("\n" + LONG % (owner, rank, job.id, name, size(job), said(job)) for rank, owner, name, job in rows)]
    )


def _rows(printer: Printer, listed: "Sequence[str]", knows: Knows) -> "Iterator[tuple[str, str, str, Job]]":
    """Give rank, owner, name and the job itself of those that wait and were asked for."""
    for place, job in enumerate((job for job in printer.jobs.values() if not job.over), 1):
        owner, name = (job.user, job.name) if knows(job) else (HIDDEN, HIDDEN)
        if not listed or str(job.id) in listed or (knows(job) and job.user in listed):
            yield rank(job, place), owner, name, job


def rank(job: Job, place: int) -> str:
    """Return a job's place in words."""
    if job.begun:
        return "active"
    if job.state == HELD:
        return "held"
    return "%d%s" % (place, "th" if place % 100 in (11, 12, 13) else ENDINGS.get(place % 10, "th"))


def size(job: Job) -> int:
    """Return the octets of a job's document, as far as they came."""
    return job.received


def said(job: Job) -> str:
    """Return what is to say of a job."""
    return job.message or " ".join(reasons.job_reason(keyword).sentence for keyword in job.reasons or ("none",))


def meant(printer: Printer, agent: str, listed: "Sequence[str]") -> "list[Job]":
    """Return the jobs that a removal means: numbers and users; nothing listed means the agent's at the machine."""
    alive = [job for job in printer.jobs.values() if not job.over]
    if not listed:
        return [job for job in alive if job.begun and job.user == agent]
    return [job for job in alive if str(job.id) in listed or job.user in listed]


def allowed(jobs: "Iterable[Job]", agent: str, host: str) -> "list[Job]":
    """Return those of the jobs that came from the same computer and user."""
    return [job for job in jobs if job.user == agent and job.ticket.host == host]
