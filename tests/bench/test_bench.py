"""The bench itself, with little work: that it measures all it should and that its own checks hold. No figure counts."""

import hashlib
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.bench.bars import BARS, MEASURES, OURS, Bar
from tests.bench.document import CHUNK, Document, chunk, digest
from tests.bench.sink import Fifo, Sink

ROOT = Path(__file__).parents[2]
WATCHDOG_S = 600


@pytest.fixture(scope="module")
def storage():
    """A folder of a quick run's own, on a disk."""
    with TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)  # cupsd's back ends run as another user
        yield Path(folder)


@pytest.fixture(scope="module")
def page(tmp_path_factory, storage):
    """The table of a quick run."""
    output = tmp_path_factory.mktemp("bench") / "table.md"
    options = ["--quick", "--storage", str(storage), "--output", str(output)]
    command = [sys.executable, str(ROOT / "tools/bench"), *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG_S, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return output.read_text()


def test_a_quick_run_measures_every_row_and_judges_every_bar(page):
    bars, figures = page.split("## Figures")
    rows = [line.strip("| ").split(" | ") for line in figures.splitlines() if line.startswith("| ")][2:]
    assert [row[0] for row in rows] == [measure.label for measure in MEASURES]
    assert all(len(row) > 1 and row[1] for row in rows), "a figure of feedpath is missing"
    assert bars.count("| met |") + bars.count("| **missed** |") == len(BARS)


def test_a_quick_run_checks_what_came_out(page):
    transfers = next(line for line in page.splitlines() if line.startswith("- Checked: "))
    assert int(transfers.split()[2]) >= 20


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


def test_a_document_in_chunks_is_the_same_document():
    with closing(Document(2 * CHUNK + 5)) as document:
        content = document.content[:]
        parts = (content[:CHUNK], content[CHUNK : 2 * CHUNK], content[2 * CHUNK :])
        assert os.pread(document.chunked, 4 * CHUNK, 0) == b"".join(map(chunk, parts))
        assert digest(document, 2) == hashlib.sha256(content * 2).hexdigest()
