"""Runs each case beside this file under CPython and MicroPython: both must print the same, and end well.

A case is a script that prints what it finds. Its first argument is a TCP port that is free and held for it, since
MicroPython cannot ask which port the system picked.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import micropython

HERE = Path(__file__).parent
FIRMWARE = HERE.parent.parent / "firmware"
CASES = sorted(path for path in HERE.glob("*.py") if path != Path(__file__))
WATCHDOG_S = 60


@pytest.fixture(scope="session")
def micro() -> list[str]:
    return micropython.command()


@pytest.fixture
def port() -> Iterator[int]:
    """Hold a port: bound but not listening, it is given to nobody else, and the case can still listen on it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def run(words: list[str], case: Path, port: int) -> "subprocess.CompletedProcess[str]":
    """Run `case`; what asyncio says on CPython alone about unawaited and unclosed things counts as its output."""
    paths = {"PYTHONPATH": str(FIRMWARE), "MICROPYPATH": f".frozen:{FIRMWARE}", "PYTHONDEVMODE": "1"}
    return subprocess.run(
        [*words, str(case), str(port)],
        env={**os.environ, **paths}, capture_output=True, text=True, timeout=WATCHDOG_S, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_both_pythons_print_the_same(case: Path, micro: list[str], port: int) -> None:
    ours = run([sys.executable], case, port)
    theirs = run(micro, case, port)
    assert (ours.returncode, ours.stderr) == (0, "")
    assert (theirs.returncode, theirs.stderr) == (0, "")
    assert ours.stdout.strip(), f"{case.name} prints nothing, so it shows nothing"
    assert theirs.stdout == ours.stdout


def test_a_case_runs_on_the_interpreter_it_is_meant_for(micro: list[str], port: int, tmp_path: Path) -> None:
    case = tmp_path / "case.py"
    case.write_text("import sys\nfrom feedpath import aio\nprint(sys.implementation.name, sys.argv[1])\nsys.exit(3)\n")
    for words, name in ([sys.executable], "cpython"), (micro, "micropython"):
        done = run(words, case, port)
        assert (done.stdout, done.returncode) == (f"{name} {port}\n", 3)
