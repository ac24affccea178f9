"""What conftest.py promises holds: a test that leaves something behind fails, and in CI one that is skipped does."""

import os
import re
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parents[1] / "conftest.py"
LEAVING = """
import asyncio, os, subprocess, sys, threading
import pytest

kept = []

def test_thread():
    released = threading.Event()
    kept.append(released)
    threading.Thread(target=released.wait, name="left", daemon=True).start()

def test_task():
    async def main():
        asyncio.create_task(asyncio.Event().wait())
    asyncio.run(main())

def test_process():
    kept.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))

def test_descriptor():
    kept.extend(os.pipe())

def test_tidy():
    thread = threading.Thread(target=sum, args=([],))
    thread.start()
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    asyncio.run(asyncio.sleep(0))

def test_failing():
    kept.extend(os.pipe())
    assert False
"""
SKIPPING = """
import pytest

@pytest.mark.skip(reason="by its mark")
def test_marked():
    pass

def test_inside():
    pytest.skip("when it ran")

@pytest.mark.xfail(raises=AssertionError)
def test_known():
    assert False
"""
SKIPPED_WHOLE = 'import pytest\npytest.importorskip("no_such_module")\n'


def outcome(folder: Path, ci: bool, **modules: str) -> tuple[list[str], str]:
    """Run `modules` under our conftest, with a short grace; return each outcome but success, and all that was said."""
    quick = re.sub(r"^GRACE_S = .*?$", "GRACE_S = 0.05", CONFTEST.read_text(), flags=re.MULTILINE)
    (folder / "conftest.py").write_text(quick)
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "--continue-on-collection-errors", folder],
        env={**environment, **({"CI": "true"} if ci else {})},
        cwd=folder, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    lines = re.findall(r"^(FAILED|ERROR) (?:.*::)?(\S+)", said, re.MULTILINE)
    return sorted(f"{how} {what}" for how, what in lines), said


def test_a_test_that_leaves_something_behind_fails_and_one_that_is_skipped_does_not(tmp_path: Path) -> None:
    outcomes, said = outcome(tmp_path, ci=False, test_leaving=LEAVING, test_skipping=SKIPPING)
    assert outcomes == [
        "ERROR test_descriptor",
        "ERROR test_process",
        "ERROR test_task",
        "ERROR test_thread",
        "FAILED test_failing",
    ]
    for kind in ("thread left", "task <coroutine", r"process \d+", r"descriptor \d+: pipe:"):
        assert re.search(f"left behind: .*{kind}", said)


def test_in_ci_what_is_skipped_fails_with_its_reason(tmp_path: Path) -> None:
    outcomes, said = outcome(tmp_path, ci=True, test_skipping=SKIPPING, test_whole=SKIPPED_WHOLE)
    assert outcomes == ["ERROR test_marked", "ERROR test_whole.py", "FAILED test_inside"]
    for reason in ("by its mark", "when it ran", "no_such_module"):
        assert re.search(f"In CI nothing may be skipped.*{reason}", said)
