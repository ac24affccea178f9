"""Every reason that can be told has a sentence, and a cure where somebody must do something."""

import ast
import functools
from pathlib import Path

import feedpath
from feedpath.back.pdl import escpos, passthrough, pjl, zpl
from feedpath.back.usb import printerclass
from feedpath.core import job, reasons

SOURCE = Path(feedpath.__file__).parent
TOLD_BY_MACHINES: "dict[str, list[str | None]]" = {
    "PJL": [*pjl.CODES.values(), *pjl.BINS.values(), *(group.reason for group in pjl.GROUPS)],
    "ZPL": [reason for _string, _field, reason in zpl.FLAGS],
    "ESC/POS": [reason for _number, _mask, reason in escpos.ANSWERS],
    "the USB port": [reason for _mask, _bad, reason in printerclass.PORT_STATUS],
    "no driver": [*passthrough.NO_DRIVER],
}
SENTENCES = {row.keyword: row for row in reasons.PRINTER_REASONS}
FOR_JOBS = {row.keyword for row in reasons.JOB_REASONS}
REFUSALS = {row.keyword for row in reasons.REFUSALS}


def base(keyword: str) -> str:
    """Return a printer-state-reasons keyword without its severity."""
    return next((keyword.removesuffix(each) for each in reasons.SEVERITIES if keyword.endswith(each)), keyword)


def test_all_that_machines_tell_has_a_sentence() -> None:
    told = {base(keyword) for keywords in TOLD_BY_MACHINES.values() for keyword in keywords if keyword}
    assert told - set(SENTENCES) == set()
    assert {keyword for keyword in told if not SENTENCES[keyword].remedy} == set()


def test_a_severity_is_one_of_the_three() -> None:
    told = [keyword for keywords in TOLD_BY_MACHINES.values() for keyword in keywords if keyword]
    assert [keyword for keyword in told if base(keyword) == keyword] == []


@functools.cache
def calls() -> "list[tuple[str, ast.Call]]":
    """Return each call in the source, with the name that is called."""
    nodes = (node for path in SOURCE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text())))
    found = (node for node in nodes if isinstance(node, ast.Call))
    return [(getattr(node.func, "attr", getattr(node.func, "id", "")), node) for node in found]


def text(node: "ast.expr | None") -> str:
    """Return a text that stands in the source, "" for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


WIRE_ERROR = ("reason", "WireError")
REASON_AT = {"abort": 0, "cancel": 1, "become": 1, "Outcome": 1}  # which argument is a job's reason


def test_all_reasons_that_jobs_end_for_have_a_sentence() -> None:
    given = {text(node.args[at]) for name, node in calls() for at in [REASON_AT.get(name, 99)] if at < len(node.args)}
    given |= {text(each.value) for name, node in calls() for each in node.keywords if (each.arg, name) == WIRE_ERROR}
    given |= {reason for each in job.STATE_REASONS.values() for reason in each}
    assert {"document-password-error", "job-canceled-at-device"} <= given | FOR_JOBS
    assert given - FOR_JOBS - {""} == set()


def test_all_refusals_have_a_sentence() -> None:
    refused = {text(node.args[0]) for name, node in calls() if name == "Refused" and node.args}
    assert refused - REFUSALS - {""} == set()
