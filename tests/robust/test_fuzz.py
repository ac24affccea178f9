"""Every reader of documents reads whatever comes, or refuses it; `tools/fuzz` tries for longer."""

from pathlib import Path

import pytest

from tests.robust import changes, fuzz, fuzz_targets
from tests.robust.fuzz_targets import TARGETS, Target

SECONDS = 50  # in all, two readers at a time; with their beginnings a minute


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_valid_is_read(name: str) -> None:
    for document in TARGETS[name].valid():
        TARGETS[name].read(document)


def test_a_reader_reads_or_refuses_whatever_comes(tmp_path: Path, seed: int) -> None:
    results = fuzz.fuzz(list(TARGETS), SECONDS, seed, tmp_path)
    told = [path.read_text() for result in results for path in result.findings]
    assert not told, f"tools/fuzz --seed {seed} finds:\n" + "\n".join(told)
    assert all(result.tries >= 20 for result in results), results


def endless(_data: bytes) -> object:
    while True:
        pass


def greedy(_data: bytes) -> object:
    return bytearray(2 * fuzz.MEMORY_BYTES)


def wrong(data: bytes) -> object:
    return data.index(b"\0no")


@pytest.mark.parametrize("reader, error", [(endless, "Endless"), (greedy, "MemoryError"), (wrong, "ValueError")])
def test_a_reader_that_does_anything_else_is_found_and_shown_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: "object", error: str
) -> None:
    monkeypatch.setattr(fuzz, "PATIENCE_S", 0.1)
    monkeypatch.setitem(fuzz_targets.TARGETS, "broken", Target(reader, lambda: [b"document"]))  # type: ignore[arg-type]
    (tmp_path / "broken.slot").write_bytes(bytes(fuzz.SLOT.size + changes.LONGEST))
    (found,) = fuzz.alone("broken", 0.2, 1, tmp_path)
    shown = fuzz.replay(found)
    assert shown is not None and shown.rstrip().rpartition("\n")[2].rpartition(".")[2].startswith(error)


def test_a_reader_that_kills_its_process_is_found_with_its_document(tmp_path: Path) -> None:
    result = fuzz.fuzz(["nobody"], 1, 1, tmp_path)[0]
    (found,) = result.findings
    assert "ended with status" in found.read_text()
