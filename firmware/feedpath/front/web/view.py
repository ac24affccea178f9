"""What pages, /api/status and the command line show of the printers: pure functions from the core to plain values."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from feedpath.core import reasons as table
from feedpath.core.job import ABORTED, CANCELED, COMPLETED, HELD, PENDING, PROCESSING, STOPPED
from feedpath.core.previews import making

if TYPE_CHECKING:
    from feedpath.core.driver import Supply
    from feedpath.core.job import Job
    from feedpath.core.printer import Printer

Notes = Callable[["Printer"], "Iterable[str]"]

PRINTER_STATES = {3: "idle", 4: "processing", 5: "stopped"}  # RFC 8011, 5.4.11
JOB_STATES = {  # RFC 8011, 5.3.7
    PENDING: "pending",
    HELD: "held",
    PROCESSING: "processing",
    STOPPED: "stopped",
    CANCELED: "canceled",
    ABORTED: "aborted",
    COMPLETED: "completed",
}
IDENTIFY_S = 60  # how long the page shows that someone looks for this printer (Identify-Printer, PWG 5100.13)
TONES = ("bad", "off", "warn", "note")  # how much a reason is in the way, the worst first
SEVERITY_TONES = {"-error": "bad", "-warning": "warn", "-report": "note"}  # RFC 8011, 5.4.12
COLOR_DIGITS = frozenset("0123456789ABCDEFabcdef")


def status(
    printers: "Iterable[Printer]", now: float, names: bool = True, notes: Notes = lambda printer: ()
) -> "list[dict[str, Any]]":
    """Return what there is to show of each printer. `now` is Unix seconds; without `names`, jobs are nameless.

    `notes` gives further sentences about a printer.
    """
    return [printer_view(printer, now, names, notes) for printer in printers]


def printer_view(printer: "Printer", now: float, names: bool, notes: Notes) -> "dict[str, Any]":
    """Return what there is to show of one printer."""
    jobs = list(printer.jobs.values())
    reasons = told_reasons(printer.reasons)
    return {
        "name": printer.announced,
        "uuid": printer.uuid,
        "queue": queue(printer.name),
        "location": printer.location,
        "model": printer.make_and_model.strip(),
        "state": PRINTER_STATES[printer.state],
        "accepting": printer.accepting,
        "paused": printer.paused,
        **headline(PRINTER_STATES[printer.state], reasons),
        "identified": identified(printer.identified, now),
        "reasons": reasons,
        "supplies": [supply_view(supply) for supply in printer.supplies],
        "paper": [paper(name) for name in printer.media_ready],
        "driver": printer.origin._asdict(),
        "notes": list(notes(printer)),
        "jobs": [job_view(job, now, names) for job in jobs if not job.over],
        "history": [job_view(job, now, names) for job in reversed(jobs) if job.over],
    }


def identified(asked: "tuple[float, str] | None", now: float) -> str:
    """Return what the printer shows to whoever looks for it, "" when nobody does; `asked`: when, with which words."""
    if asked is None or not 0 <= now - asked[0] < IDENTIFY_S:
        return ""
    return asked[1] or "Here I am."


def told_reasons(keywords: "Iterable[str]") -> "list[dict[str, str]]":
    """Return keyword, tone, sentence and remedy of each reason, the worst first; one cure is told once."""
    told = []
    for keyword in keywords:
        row = table.printer_reason(keyword)
        if row.keyword != "none":
            told.append({"keyword": keyword, "tone": tone(keyword), "sentence": row.sentence, "remedy": row.remedy})
    told.sort(key=lambda reason: TONES.index(reason["tone"]))
    cures = [reason["remedy"] for reason in told]
    return [reason for at, reason in enumerate(told) if not reason["remedy"] or reason["remedy"] not in cures[:at]]


def tone(keyword: str) -> str:
    """Return one of TONES for a printer-state-reasons keyword."""
    if keyword.startswith("offline"):
        return "off"  # a printer that is off is not broken, and prints nothing all the same
    for severity, told in SEVERITY_TONES.items():
        if keyword.endswith(severity):
            return told
    return "warn"


def headline(state: str, reasons: "list[dict[str, str]]") -> "dict[str, str]":
    """Return the one sentence about a printer, with its remedy and tone: ready, busy or one of TONES."""
    if reasons and (state == "stopped" or reasons[0]["tone"] in ("bad", "off")):
        return {"headline": reasons[0]["sentence"], "remedy": reasons[0]["remedy"], "tone": reasons[0]["tone"]}
    if state == "processing":
        return {"headline": "Printing.", "remedy": "", "tone": "busy"}
    if state == "stopped":
        return {"headline": "Stopped.", "remedy": "", "tone": "warn"}
    return {"headline": "Ready.", "remedy": "", "tone": "ready"}


def supply_view(supply: "Supply") -> "dict[str, Any]":
    """Return what there is to show of a supply; level is percent, None when the machine does not tell a number."""
    level = supply.level * 100 // supply.high if supply.level >= 0 and supply.high > 0 else None
    return {
        "name": supply.name,
        "level": level,
        "low": level is not None and supply.level <= supply.low,
        "words": f"{level} %" if level is not None else "some left" if supply.level == -3 else "not known",
        "color": supply.color if _is_color(supply.color) else "",
    }


def job_view(job: "Job", now: float, names: bool) -> "dict[str, Any]":
    """Return what there is to show of a job; without `names`, neither its name nor who printed it."""
    reason = table.job_reason(job.reasons[0] if job.reasons else "none")
    return {
        "id": job.id,
        "name": (job.name if names else "") or f"Job {job.id}",
        "user": job.user if names else "",
        "state": JOB_STATES[job.state],
        "words": job.message or reason.sentence,
        "remedy": reason.remedy,
        "received": job.received,
        "printed": job.printed,
        "size": size(job.received),
        "percent": min(100, job.printed * 100 // job.received) if job.received else 0,
        "impressions": job.impressions,
        "created": job.created,
        "completed": job.completed,
        "preview": f"/jobs/{job.id}/preview.png" if names and making(job) is not None else "",
        "ago": ago(now - (job.completed or job.created)),
    }


def find_job(printers: "Iterable[Printer]", id: int) -> "Job | None":
    """Return the job with that id of any of the printers."""
    for printer in printers:
        if id in printer.jobs:
            return printer.jobs[id]
    return None


def size(count: int) -> str:
    """Return bytes as people read them: 999 bytes, 1.5 kB, 20 MB."""
    if count < 1000:
        return f"{count} bytes"
    amount = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 999.5 or unit == "TB":
            break
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"


def ago(seconds: float) -> str:
    """Return how long ago something was, in words; the computer's clock may have been set meanwhile."""
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        count = int(seconds // length)
        if count > 0:
            return f"{count} {unit}{'s' * (count > 1)} ago"
    return "just now"


def paper(name: str) -> str:
    """Return a PWG 5101.1 media name as people say it: iso_a4_210x297mm is A4, na_letter_8.5x11in is Letter."""
    parts = name.split("_")
    word = parts[1] if len(parts) == 3 else name
    return word.upper() if word[1:].isdigit() else word.replace("-", " ").capitalize()


def queue(name: str) -> str:
    """Return a name that CUPS takes for a queue, made of a printer's name."""
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    return "-".join(filter(None, letters.split("-"))) or "printer"


def addresses(name: str, default: bool, authority: str, tls: bool) -> "dict[str, str]":
    """Return the addresses under which clients add a printer: ipp, ipps ("" without TLS) and http.

    `authority` is host and port, as in an address.
    """
    from urllib.parse import quote

    path = "/ipp/print" if default else "/ipp/print/" + quote(name, safe="")
    return {
        "ipp": f"ipp://{authority}{path}",
        "ipps": f"ipps://{authority}{path}" if tls else "",
        "http": f"http://{authority}{path}",
    }


def _is_color(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and COLOR_DIGITS.issuperset(text[1:])
