"""Conformance by CUPS' own test suites, as Debian ships them, with data of our own.

Debian leaves the data files out: a suite then stops after 8 tests with "100 %" and status 0, and status 0 says nothing
of an included file either. So the lines of the report are counted.
"""

import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fakes import documents
from tests.fakes.netns import Namespace
from tests.peers.appliance import Appliance, Lan, appliance

SUITES = Path("/usr/share/cups/ipptool")
WATCHDOG_S = 600
DEFAULT = "document-a4.pdf"
SAMPLE = re.compile(r"^\s*FILE (pwg-raster-samples-\S+)$", re.MULTILINE)
VERDICT = re.compile(r"^    (\S.*?)\s*\[(PASS|FAIL|SKIP)\]$", re.MULTILINE)  # [0001] is a repetition


class Report(NamedTuple):
    """The names of a suite's tests by verdict, and all that ipptool wrote."""

    passed: "list[str]"
    failed: "list[str]"
    skipped: "list[str]"
    text: str

    @property
    def tests(self) -> int:
        """Return how many tests the suite came to."""
        return len(self.passed) + len(self.failed) + len(self.skipped)


def report(text: str) -> Report:
    """Return what ipptool's test report (-t) says."""
    verdicts: "dict[str, list[str]]" = {"PASS": [], "FAIL": [], "SKIP": []}
    for name, verdict in VERDICT.findall(text):
        verdicts[verdict].append(name)
    return Report(verdicts["PASS"], verdicts["FAIL"], verdicts["SKIP"], text)


def run_suite(
    space: Namespace,
    directory: Path,
    uri: str,
    suite: str,
    options: "Sequence[str]" = (),
    heard: "Callable[[str], None]" = lambda line: None,
    document: str = DEFAULT,
) -> Report:
    """Return the report of one of the suites in a directory; `heard` is given each of its lines as it comes."""
    command = space.command("ipptool", "-tI", "-T", "60", *options, "-f", document, uri, suite)
    with subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(WATCHDOG_S, process.kill)
        watchdog.start()
        lines = []
        for line in process.stdout:
            lines.append(line)
            heard(line)
        watchdog.cancel()
    return report("".join(lines))


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Debian's suites beside data files of the names that they ask for."""
    directory = tmp_path_factory.mktemp("ipptool")
    for suite in SUITES.glob("*.test"):
        shutil.copy(suite, directory)
    for name, content in documents.ipptool_files((300, 600), ("black_1", "sgray_8", "srgb_8")):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    everywhere = directory / "ipp-everywhere.test"
    for name in SAMPLE.findall(everywhere.read_text()):  # ipptool wants even those that it does not print
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).touch()
    return directory


@pytest.mark.parametrize(
    "suite, version, tests, skipped",
    [
        ("ipp-1.1.test", "1.1", 66, 25),
        ("ipp-2.0.test", "2.0", 67, 25),
    ],
)
def test_every_test_of_the_suite_runs_and_none_fails(
    lan: Lan, fresh_firmware: Appliance, suites: Path, suite: str, version: str, tests: int, skipped: int
) -> None:
    def heard(line: str) -> None:
        if "which-jobs=not-completed" in line:
            fresh_firmware.printer("ready")

    # A printer that takes nothing at first: with a job that has ended already the suite would skip five tests.
    fresh_firmware.printer("busy")
    result = run_suite(lan.client, suites, fresh_firmware.uri(), suite, ["-V", version], heard)
    assert result.failed == [], result.text
    assert result.tests == tests, result.text
    assert len(result.skipped) <= skipped, result.skipped  # a skip is something that we do not announce


def test_all_of_ipp_everywhere_is_done(
    lan: Lan, suites: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with appliance(lan.printer, tmp_path_factory.mktemp("data"), "--set", "stall-seconds=1") as running:

        def heard(line: str) -> None:
            if "which-jobs=not-completed" in line:
                running.printer("ready")

        running.printer("busy")  # as above
        result = run_suite(
            lan.client, suites, running.uri(), "ipp-everywhere.test", ["-V", "2.0"], heard, document="color.jpg"
        )
        assert result.failed == [], result.text
        assert result.tests == 500, result.text
        raster = [name for name in result.passed if "dpi" in name]
        assert len(raster) == 102, raster  # 300 and 600 dpi, black, gray and color, uncompressed, deflate and gzip
        assert len([name for name in result.skipped if "dpi" not in name]) <= 29, result.skipped


def test_attributes_are_told_by_the_groups_that_name_them(lan: Lan, firmware: Appliance, tmp_path: Path) -> None:
    suite = "get-printer-attributes-suite.test"
    before, name, after = (SUITES / suite).read_text().partition("(requested-attributes='media-col-database')")
    asked = "ATTR keyword requested-attributes 'media-col-database'"
    after = re.sub("ATTR keyword requested-attributes 'all'", asked, after, count=1)  # it asks for all there
    (tmp_path / suite).write_text(before + name + after)
    (tmp_path / DEFAULT).write_bytes(documents.pdf())
    result = run_suite(lan.client, tmp_path, firmware.uri(), suite)
    assert (result.failed, result.tests) == ([], 7), result.text


def test_the_count_tells_when_a_suite_stops_early(lan: Lan, firmware: Appliance, tmp_path: Path) -> None:
    shutil.copy(SUITES / "ipp-1.1.test", tmp_path)
    assert run_suite(lan.client, tmp_path, firmware.uri(), "ipp-1.1.test").tests < 66


def test_a_printer_that_is_not_there_fails(lan: Lan, firmware: Appliance, suites: Path) -> None:
    result = run_suite(lan.client, suites, firmware.uri() + "/nobody", "get-printer-attributes.test")
    assert result.failed
    assert not result.passed


def test_verdicts_are_counted_in_included_suites_too() -> None:
    text = """
"ipp-2.0.test":
"ipp-1.1.test":
    RFC 8011 section 4.2.1: Print-Job Operation                          [PASS]
    Print-Job with A4 PDF                                                [0001]
    Print-Job with A4 PDF                                                [FAIL]
        RECEIVED: 122 bytes in response
        status-code = server-error-busy (Currently printing another job.) [FAIL]
    Release-Job                                                          [SKIP]

Summary: 3 tests, 1 passed, 1 failed, 1 skipped
Score: 66%
"ipp-2.0.test":
    PWG 5100.12 section 6.2 - Required Printer Description Attributes    [PASS]
"""
    counted = report(text)
    assert (len(counted.passed), counted.failed, counted.skipped) == (2, ["Print-Job with A4 PDF"], ["Release-Job"])
    assert counted.tests == 4
