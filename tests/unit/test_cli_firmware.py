"""`feedpath firmware`: files of printers that forget theirs."""

from pathlib import Path

import pytest

from feedpath.cli import FAILED, main
from tests.fakes.firmware import DATED, DOWNLOAD


def test_a_file_is_kept_and_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sihp1020.img").write_bytes(DATED)
    data = str(tmp_path / "data")
    assert main(["firmware", "add", str(tmp_path / "sihp1020.img"), "--data", data]) == 0
    kept = tmp_path / "data" / "firmware" / "sihp1020.dl"
    assert kept.read_bytes() == DOWNLOAD
    assert main(["firmware", "list", "--data", data]) == 0
    said = capsys.readouterr().out
    assert f"HP LaserJet 1020: kept in {kept}; it is sent each time" in said
    assert f"HP LaserJet 1020    {kept}\n" in said
    assert "HP LaserJet 1018    no file; it is called sihp1018.dl\n" in said


@pytest.mark.parametrize("model", ["HP LaserJet P1008", "p1008", "LaserJet P1008"])
def test_a_model_is_told_where_the_name_tells_none(tmp_path: Path, model: str) -> None:
    (tmp_path / "download").write_bytes(DOWNLOAD)
    words = ["firmware", "add", str(tmp_path / "download"), "--model", model, "--data", str(tmp_path)]
    assert main(words) == 0
    assert (tmp_path / "firmware" / "sihpP1006.dl").read_bytes() == DOWNLOAD


@pytest.mark.parametrize(
    "name, content, more, sentence",
    [
        ("download", DOWNLOAD, (), "the name 'download' does not tell which printer it is for: say so by --model"),
        ("sihp1020.dl", DOWNLOAD, ("--model", "LaserJet 4"), "'LaserJet 4' is not known to need firmware"),
        ("sihp1020.dl", b"<html>" + bytes(5000), (), "it begins neither like a download"),
        ("sihp1020.dl", None, (), "No such file"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: "bytes | None", more: "tuple[str, ...]",
    sentence: str,
) -> None:  # fmt: skip
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["firmware", "add", str(tmp_path / name), "--data", str(tmp_path), *more]) == FAILED
    complaint = capsys.readouterr().err
    assert sentence in complaint and not (tmp_path / "firmware").exists()
