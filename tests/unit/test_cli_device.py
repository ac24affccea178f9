"""`feedpath factory-reset` on the command line."""

from pathlib import Path

import pytest

from feedpath import cli_device
from feedpath.cli import FAILED, main
from feedpath.host import setup


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cli_device, "SETUP", tmp_path)
    return tmp_path


def test_it_leaves_the_wish_that_the_set_up_looks_for(device: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["factory-reset", "--data", str(device), "--yes"]) == 0
    assert (device / setup.RESET).exists()
    assert "wiped at the next start" in capsys.readouterr().out


def test_without_yes_nothing_is_wished(device: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["factory-reset", "--data", str(device)]) == FAILED
    assert not list(device.iterdir()) and "say --yes" in capsys.readouterr().err


def test_where_nobody_would_obey_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["factory-reset", "--data", str(tmp_path), "--yes"]) == FAILED
    assert not list(tmp_path.iterdir()) and "only a device" in capsys.readouterr().err
