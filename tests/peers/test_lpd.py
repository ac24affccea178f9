"""LPD: rlpr and CUPS' own backend print on the running firmware."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import documents
from tests.fakes.netns import WATCHDOG_S, until
from tests.peers.appliance import ADDRESS, Appliance, Lan, appliance

BACKEND = "/usr/lib/cups/backend/lpd"
RAW = b"\x1bE\x1b&l0Oraw %d\x0c\x1bE"
ORDERS = {"rlpr": ((), ("--send-data-first",)), "cups": ("control,data", "data,control")}
TO = ("-N", "-H" + ADDRESS, "-Plp", "--timeout=60")  # its eleven ports of RFC 1179 would soon be used up

GATE = "127.0.0.1"  # where the client's own computer listens, in front of the printer
HELD_FROM = 100_000  # octets of a connection; the gate lets no more through until it is told to
SENDERS = {  # that print $FILE to the gate; file descriptor 4 of CUPS' backend is what it takes cupsd's orders from
    "rlpr, control first": "rlpr -N -H%s -Plp $FILE" % GATE,
    "rlpr, data first": "rlpr -N -H%s -Plp --send-data-first $FILE" % GATE,
    "cups, control first": "DEVICE_URI='lpd://%s/lp?order=control,data' %s 1 mary Title 1 '' $FILE" % (GATE, BACKEND),
    "cups, data first": "DEVICE_URI='lpd://%s/lp?order=data,control' %s 1 mary Title 1 '' $FILE" % (GATE, BACKEND),
    "cups, without length": "cat $FILE | DEVICE_URI='lpd://%s/lp?mode=stream' %s 1 mary Title 1 '' 4<>$FILE.side"
    % (GATE, BACKEND),
}


@pytest.fixture(scope="module")
def daemon(lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Appliance]":
    """The firmware with LPD on."""
    with appliance(
        lan.printer, tmp_path_factory.mktemp("data"), "--set", "lpd=on", "--set", "stall-seconds=1"
    ) as running:
        yield running


def rlpr(lan: Lan, *arguments: "str | Path") -> str:
    """Print by rlpr on the other computer."""
    return lan.client.run("rlpr", *TO, *map(str, arguments))


def backend(lan: Lan, path: Path, query: str, copies: int = 1) -> None:
    """Print by CUPS' backend on the other computer, as cupsd starts it."""
    uri = "DEVICE_URI=lpd://%s/anything?%s" % (ADDRESS, query)
    lan.client.run("env", uri, BACKEND, "1", "mary", "Title", str(copies), "", str(path))


@contextlib.contextmanager
def running(lan: Lan, *argv: str, log: "Path | None" = None) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program on the other computer until the end of the block."""
    process = lan.client.start(*argv, log=log)
    try:
        yield process
    finally:
        lan.client.stop(process)


def since(daemon: Appliance, start: int, length: int) -> bytes:
    """Return what came out since, once it is so long."""
    until(lambda: len(daemon.received(start)) >= length, "the print")
    return daemon.received(start)


def stored(directory: Path, *contents: bytes) -> "list[Path]":
    """Return files with these contents."""
    paths = [directory / ("file%d" % number) for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


@pytest.mark.parametrize("order", ORDERS["rlpr"])
@pytest.mark.parametrize("content", [documents.pdf(3), RAW % 1 * 5000], ids=["pdf", "raw"])
def test_rlpr_prints_in_either_order(
    lan: Lan, daemon: Appliance, tmp_path: Path, order: "tuple[str, ...]", content: bytes
) -> None:
    start = len(daemon.received())
    rlpr(lan, *order, *stored(tmp_path, content))
    assert since(daemon, start, len(content)) == content


@pytest.mark.parametrize("order", ORDERS["cups"])
@pytest.mark.parametrize("content", [documents.pdf(3), RAW % 2 * 5000], ids=["pdf", "raw"])
def test_cups_backend_prints_in_either_order(
    lan: Lan, daemon: Appliance, tmp_path: Path, order: str, content: bytes
) -> None:
    start = len(daemon.received())
    backend(lan, stored(tmp_path, content)[0], "order=%s&reserve=rfc1179" % order)
    assert since(daemon, start, len(content)) == content


@pytest.mark.parametrize("sender", SENDERS)
def test_the_first_of_a_document_prints_before_its_last_was_sent(
    lan: Lan, daemon: Appliance, tmp_path: Path, sender: str
) -> None:
    content, start, log = RAW % 6 * 30000, len(daemon.received()), tmp_path / "gate"
    (path,) = stored(tmp_path, content)
    os.mkfifo("%s.side" % path)
    gate = (sys.executable, "-m", "tests.peers.gate", ADDRESS, "515", str(HELD_FROM))
    with running(lan, *gate, log=log) as held:
        until(lambda: "open" in log.read_text(), "the gate to listen")
        with running(lan, "sh", "-c", "FILE=%s; %s" % (path, SENDERS[sender])) as client:
            until(lambda: daemon.received(start), "the first of it")
            assert held.stdin is not None
            held.stdin.write(b"\n")
            held.stdin.flush()
            assert client.wait(WATCHDOG_S) == 0
        assert since(daemon, start, len(content)) == content


def test_cups_backend_streams_what_has_no_length(lan: Lan, daemon: Appliance, tmp_path: Path) -> None:
    content, start = RAW % 3 * 5000, len(daemon.received())
    (path,) = stored(tmp_path, content)
    uri = "DEVICE_URI=lpd://%s/lp?mode=stream" % ADDRESS
    side = tmp_path / "side"
    os.mkfifo(side)  # what it takes cupsd's orders from
    lan.client.run("sh", "-c", "cat %s | env '%s' %s 1 mary Title 1 '' 4<>%s" % (path, uri, BACKEND, side))
    assert since(daemon, start, len(content)) == content


@pytest.mark.parametrize("order", ORDERS["cups"])
def test_each_of_several_copies_prints(lan: Lan, daemon: Appliance, tmp_path: Path, order: str) -> None:
    content, start = RAW % 4 * 5000, len(daemon.received())
    backend(lan, stored(tmp_path, content)[0], "manual_copies=off&order=%s" % order, copies=3)
    assert since(daemon, start, 3 * len(content)) == 3 * content


def test_jobs_print_in_the_order_in_which_they_came(lan: Lan, daemon: Appliance, tmp_path: Path) -> None:
    contents = [RAW % number * 200 for number in range(10, 20)]
    start = len(daemon.received())
    for number, path in enumerate(stored(tmp_path, *contents)):
        rlpr(lan, *ORDERS["rlpr"][number % 2], path)
    assert since(daemon, start, len(b"".join(contents))) == b"".join(contents)


def test_several_files_of_one_job_print_in_their_order(lan: Lan, daemon: Appliance, tmp_path: Path) -> None:
    contents = [RAW % number * 200 for number in range(20, 24)]
    start = len(daemon.received())
    rlpr(lan, *stored(tmp_path, *contents))
    assert since(daemon, start, len(b"".join(contents))) == b"".join(contents)


def test_the_queue_is_shown_and_a_job_is_removed(lan: Lan, daemon: Appliance, tmp_path: Path) -> None:
    daemon.printer("paper out")
    daemon.printer("busy")
    try:
        start = len(daemon.received())
        rlpr(lan, "-JReport", *stored(tmp_path, RAW % 30 * 5000))
        told = until(lambda: shown(lan, "Report", "out of paper"), "the job")
        found = re.search(r"root +(\d+) +Report", told)
        assert found, told
        lan.client.run("rlprm", *TO, found[1])
        until(lambda: shown(lan, "no entries"), "the job to go")
        daemon.printer("paper in")
        daemon.printer("ready")
        rlpr(lan, *stored(tmp_path, RAW % 31))
        assert until(lambda: (got := daemon.received(start)).endswith(RAW % 31) and got, "the next job")
        assert len(daemon.received(start)) < len(RAW % 30 * 5000)
    finally:
        daemon.printer("paper in")
        daemon.printer("ready")


def shown(lan: Lan, *words: str) -> str:
    """Return what rlpq shows of the queue, nothing while any of the words is missing."""
    told = lan.client.run("rlpq", *TO)
    return told if all(word in told for word in words) else ""
