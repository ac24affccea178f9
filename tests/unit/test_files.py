"""A file is replaced whole or left as it was."""

import os
from pathlib import Path

import pytest

from feedpath import files


@pytest.mark.parametrize("content, expected", [("caf\xe9\n", b"caf\xc3\xa9\n"), (b"\xff\x00", b"\xff\x00"), ("", b"")])
def test_a_file_has_the_new_content(tmp_path: Path, content: "str | bytes", expected: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    files.replace(path, content)
    assert path.read_bytes() == expected
    assert os.listdir(tmp_path) == ["file"]


def test_a_private_file_is_nobody_elses_even_where_a_run_that_was_cut_left_a_public_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    left = path.with_name("file.new")
    left.write_text("half")
    left.chmod(0o644)
    files.replace(str(path), "secret", private=True)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("secret", 0o600)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_cannot_be_written_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "no space")

    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="no space"):
        files.replace(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_it_is_on_the_disk_before_it_takes_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def note(name: str) -> None:
        real = getattr(os, name)

        def noted(*told: object) -> None:
            steps.append(name)
            real(*told)

        monkeypatch.setattr(os, name, noted)

    note("fsync")
    note("replace")
    files.replace(tmp_path / "file", "new")
    assert steps == ["fsync", "replace", "fsync"], "the file, its place, and the folder that has it"
