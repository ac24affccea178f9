"""What holds for every test: nothing stays behind, and in CI nothing is skipped."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

IN_CI = bool(os.environ.get("CI"))
FAILED = pytest.StashKey[bool]()
GRACE_S = 5.0  # for what ends by itself, a thread on its way out say
LOOK_AGAIN_S = 0.01

hypothesis.settings.register_profile(
    "quick", deadline=None, max_examples=50, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("quick"), derandomize=True, database=None)
hypothesis.settings.register_profile("long", hypothesis.settings.get_profile("quick"), max_examples=20_000)
hypothesis.settings.load_profile("ci" if IN_CI else "quick")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if IN_CI and report.skipped:
        _fail(report)
    return report


def _fail(report: "pytest.TestReport | pytest.CollectReport") -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"In CI nothing may be skipped. {reason}"


@pytest.fixture(autouse=True)
def nothing_stays_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves threads, tasks, child processes or file descriptors."""
    before = _there()
    with pytest.MonkeyPatch.context() as patch:
        tasks = _note_unfinished_tasks(patch)
        yield
    if request.node.stash.get(FAILED, False):
        return
    deadline = time.monotonic() + GRACE_S
    while (left := _there() - before) and time.monotonic() < deadline:
        gc.collect()
        time.sleep(LOOK_AGAIN_S)
    if left or tasks:
        pytest.fail("left behind: " + ", ".join(sorted(left) + tasks), pytrace=False)


def _there() -> set[str]:
    """Return a name for each thread, child process and file descriptor of this process."""
    return _threads() | _children() | _descriptors()


def _threads() -> set[str]:
    return {f"thread {thread.name} ({thread.ident})" for thread in threading.enumerate()}


def _children() -> set[str]:
    lists = Path("/proc/self/task").glob("*/children")
    return {f"process {pid}" for children in lists for pid in _read(children.read_text).split()}


def _descriptors() -> set[str]:
    links = Path("/proc/self/fd").iterdir()
    return {f"descriptor {link.name}: {target}" for link in links if (target := _read(lambda: os.readlink(link)))}  # noqa: B023


def _read(read: Callable[[], str]) -> str:
    """Return what `read` returns, or nothing when the thread or descriptor it is about has gone meanwhile."""
    try:
        return read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _note_unfinished_tasks(patch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with the tasks that asyncio.run has to cancel when the test's own task is done."""
    unfinished: list[str] = []
    cancel = asyncio.runners._cancel_all_tasks  # type: ignore[attr-defined]

    def note(loop: asyncio.AbstractEventLoop) -> None:
        unfinished.extend(f"task {task.get_coro()}" for task in asyncio.all_tasks(loop))
        cancel(loop)

    patch.setattr(asyncio.runners, "_cancel_all_tasks", note)
    return unfinished
