"""Missing Debian packages are installed where that may be done without asking, and named where it may not."""

import os
import stat
from pathlib import Path

import pytest

from tools import packages
from tools.trouble import Trouble

NEEDED = {"curl": "a client", "p910nd": "a peer"}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put commands of our own before the system's; return the file in which they note how they were called."""
    calls = tmp_path / "calls"
    calls.touch()
    script(tmp_path, "dpkg-query", "echo 'curl installed'; echo 'p910nd config-files'")
    script(tmp_path, "apt-get", f'echo "apt-get $*" >> {calls}')
    script(tmp_path, "sudo", f'echo sudo >> {calls}; shift; exec "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return calls


def script(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


INSTALLS = "apt-get -qq update\napt-get -qq install --yes --no-install-recommends p910nd\n"


@pytest.mark.parametrize(
    "user, expected", [(0, INSTALLS), (1000, "sudo\nsudo\n" + INSTALLS.replace("\n", "\nsudo\n", 1))]
)
def test_root_or_a_willing_sudo_installs(
    user: int, expected: str, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    packages.need(NEEDED)
    assert calls.read_text() == expected


def test_without_root_the_missing_ones_are_named_with_the_command(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(calls.parent, "sudo", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Trouble, match=r"p910nd +a peer\n(.|\n)*sudo apt-get install p910nd$"):
        packages.need(NEEDED)
    assert calls.read_text() == ""


def test_nothing_is_done_when_all_are_there(calls: Path) -> None:
    packages.need({"curl": "a client"})
    assert calls.read_text() == ""


def test_a_package_is_unpacked_once_and_not_installed(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(calls.parent, "apt-get", f'echo "apt-get $*" >> {calls}; touch package.deb')
    script(calls.parent, "dpkg-deb", 'mkdir "$3"; cp "$2" "$3"')
    monkeypatch.setenv("XDG_CACHE_HOME", str(calls.parent / "cache"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.chdir(calls.parent)
    for _ in range(2):
        packages.unpack({"p910nd": "a peer"})
    assert calls.read_text() == "apt-get -qq update\napt-get -qq download p910nd\n"
    assert [path.name for path in packages.folder("p910nd").iterdir()] == ["package.deb"]


def test_a_failing_apt_is_told_with_its_words(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(calls.parent, "apt-get", "echo no such mirror >&2; exit 100")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(Trouble, match="no such mirror"):
        packages.need(NEEDED)
