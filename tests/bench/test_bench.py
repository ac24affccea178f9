"""The bench itself, with little work: that it measures all it should and that its own checks hold. No figure counts."""

import fcntl
import hashlib
import os
import subprocess
import sys
import termios
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.bench import processes, snmp
from tests.bench.__main__ import BACKBONE_WAYS, DOCUMENT_WAYS, NETWORK_WAYS, TABLES, chosen
from tests.bench.bars import BACKBONE, DOCUMENTS, NETWORK, OURS, Bar, Table
from tests.bench.bench import Mismatch, Run
from tests.bench.document import CHUNK, chunk, digest, document
from tests.bench.network import QUICK, Networks
from tests.bench.sink import Fifo, Sink
from tests.fakes.netns import until

ROOT = Path(__file__).parents[2]
WATCHDOG_S = 600


@pytest.fixture(scope="module")
def storage():
    """A folder of a quick run's own, on a disk."""
    with TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)  # cupsd's back ends run as another user
        yield Path(folder)


@pytest.fixture(scope="module", params=[BACKBONE, DOCUMENTS, NETWORK], ids=lambda table: table.name)
def table(request):
    """Each table."""
    return request.param


@pytest.fixture(scope="module")
def page(table, tmp_path_factory, storage):
    """The table of a quick run."""
    output = tmp_path_factory.mktemp("bench") / "table.md"
    options = [table.name, "--quick", "--storage", str(storage), "--output", str(output)]
    command = [sys.executable, str(ROOT / "tools/bench"), *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG_S, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return output.read_text()


def test_a_quick_run_measures_every_row_and_judges_every_bar(page: str, table: Table) -> None:
    bars, figures = page.split("## Figures")
    rows = [line.strip("| ").split(" | ") for line in figures.splitlines() if line.startswith("| ")][2:]
    assert [row[0] for row in rows] == [measure.label for measure in table.measures]
    assert all(len(row) > 1 and row[1] for row in rows), "a figure of feedpath is missing"
    assert bars.count("| met |") + bars.count("| **missed** |") == len(table.bars)


def test_a_quick_run_checks_what_came_out(page, table):
    transfers = next(line for line in page.splitlines() if line.startswith("- Checked: "))
    assert int(transfers.split()[2]) >= {BACKBONE: 20, DOCUMENTS: 5, NETWORK: 300}[table]


def test_a_quick_run_leaves_nothing_behind(page, storage):
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert not [command for command in commands if str(storage).encode() in command]
    assert not list(storage.iterdir())


@pytest.mark.parametrize(
    "bar, ours, peers, met",
    [
        (Bar("a", "peer", True, 0.5), [5.0, 50.0, 0.0], [10.0, 100.0, 10.0], True),
        (Bar("a", "peer", True, 0.5), [5.0, 51.0, 9.0], [10.0, 100.0, 10.0], False),
        (Bar("a", "peer", False, 2.0), [20.0], [10.0], True),
        (Bar("a", "peer", False, 2.0), [19.9], [10.0], False),
        (Bar("a", None, True, 10), [10.0], [], True),
        (Bar("a", None, True, 10), [10.1], [], False),
    ],
)
def test_a_bar_compares_round_by_round_with_its_peer_or_stands_alone(bar, ours, peers, met):
    samples = {OURS: ours, "peer": peers}
    assert bar.met(bar.figure(lambda key, name: samples[name])) is met


def test_the_sink_tells_size_and_hash_of_what_came(tmp_path):
    sink = Sink({"machine": Fifo(tmp_path / "machine")})
    try:
        sink.expect("machine", 10)
        with (tmp_path / "machine").open("wb") as machine:
            machine.write(b"0123456789")
        receipt = sink.receipt()
    finally:
        sink.stop()
    assert (receipt.size, receipt.digest) == (10, hashlib.sha256(b"0123456789").hexdigest())
    assert 0 < receipt.first_at <= receipt.last_at


def test_the_first_byte_that_counts_may_have_others_before_it(tmp_path):
    sink = Sink({"machine": Fifo(tmp_path / "machine")})
    try:
        sink.expect("machine", 10, before=4)
        with (tmp_path / "machine").open("wb", buffering=0) as machine:
            machine.write(b"0123")
            until(lambda: not waiting(machine), "the first bytes read")
            between = time.monotonic()
            machine.write(b"456789")
        receipt = sink.receipt()
    finally:
        sink.stop()
    assert receipt.size == 10
    assert between < receipt.first_at


def waiting(pipe):
    """Return how many bytes of a pipe are not read yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_a_conversion_that_gives_other_bytes_than_before_is_noticed():
    run = Run(1)
    run.same("a page", 2, "digest")
    run.same("a page", 2, "digest")
    with pytest.raises(Mismatch, match="there were 2 bytes, SHA-256 digest, and now 3 bytes"):
        run.same("a page", 3, "digest")


@pytest.mark.parametrize(
    "words, backbone, documents, network",
    [
        ([], tuple(BACKBONE_WAYS), tuple(DOCUMENT_WAYS), tuple(NETWORK_WAYS)),
        (["documents"], (), tuple(DOCUMENT_WAYS), ()),
        (["pdf", "jobs", "idle", "raster", "snmp"], ("jobs",), ("raster", "pdf"), ("snmp", "idle")),
    ],
)
def test_words_choose_a_table_or_rows_of_it(words, backbone, documents, network):
    assert tuple(chosen(words, name) for name in TABLES) == (backbone, documents, network)


def test_an_agent_that_answers_with_other_objects_is_noticed():
    class Agent(snmp.Client):
        def __init__(self, *objects):
            self._objects = objects

        def ask(self, data):
            return snmp.Answer(0, [(name, b"\x05\0") for name in self._objects])

    run, names = Networks(Path("unused"), 1, QUICK), [bytes([number]) for number in range(snmp.ROWS)]
    snmp.check(run, {OURS: Agent(*names), "other": Agent(*names)}, {OURS: names, "other": names})
    with pytest.raises(Mismatch, match="not all answer the same to the request 'get'"):
        snmp.check(run, {OURS: Agent(*names), "other": Agent(*names[1:])}, {OURS: names, "other": names})
    with pytest.raises(Mismatch, match="other has 0 objects in ifTable"):
        snmp.check(run, {OURS: Agent(*names), "other": Agent(*names)}, {OURS: names, "other": []})


def test_the_cpu_time_of_a_process_is_told_to_the_nanosecond():
    before = time.process_time_ns() / 1e9
    assert before <= processes.used_seconds(os.getpid()) <= time.process_time_ns() / 1e9 + 1e-6


def test_a_document_in_chunks_is_the_same_document():
    with closing(document(2 * CHUNK + 5)) as sent:
        content = sent.content[:]
        parts = (content[:CHUNK], content[CHUNK : 2 * CHUNK], content[2 * CHUNK :])
        assert os.pread(sent.chunked, 4 * CHUNK, 0) == b"".join(map(chunk, parts))
        assert digest(sent, 2) == hashlib.sha256(content * 2).hexdigest()
