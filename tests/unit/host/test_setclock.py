"""The clock of a system that keeps the right to it to itself."""

import io
import os
import socket
import time
from pathlib import Path

import pytest

from feedpath.host import clock, setclock

YEAR_S = 31_557_600


def set_by(told: str) -> "list[float]":
    seconds: "list[float]" = []
    setclock.main(io.StringIO(told), lambda _clock, value: seconds.append(value))
    return seconds


def test_the_clock_is_put_on_by_what_is_told() -> None:
    before = time.time()
    (late,) = set_by("3600.25")
    assert before + 3600 < late < time.time() + 3601


@pytest.mark.parametrize("told", ["", "soon", "nan", "inf", f"-{60 * YEAR_S}", f"{80 * YEAR_S}", "1" * 5000])
def test_what_is_no_time_is_not_obeyed(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert set_by(told) == []
    assert "the clock is not put on" in capsys.readouterr().err


def test_who_may_not_set_the_clock_says_at_the_systems_door_by_how_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_clock: int, _seconds: float) -> None:
        raise PermissionError(1, os.strerror(1))

    monkeypatch.setattr(time, "clock_settime", refused)
    with pytest.raises(PermissionError):
        clock.set_system(time.time() + 100, tmp_path / "door")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "door"))
        door.listen()
        clock.set_system(time.time() + 100, tmp_path / "door")
        taken, _ = door.accept()
        with taken:
            assert 99 < float(taken.recv(100)) <= 100
