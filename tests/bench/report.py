"""The results as Markdown: the bars, then every figure."""

import os
import platform
import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median

from tests.bench.bars import BARS, MEASURES, OURS, Bar
from tests.bench.bench import Bench
from tests.bench.document import MIB

PACKAGES = ("cups-ipp-utils", "cups-daemon", "p910nd")  # Debian's, as dpkg names them
LABELS = {measure.key: measure.label for measure in MEASURES}


def markdown(bench: Bench) -> str:
    """Return the whole page."""
    return "\n".join(
        (
            "# The backbone, beside Debian's print servers",
            "",
            *environment(bench),
            "",
            "## Bars",
            "",
            "Medians over the rounds. A ratio is feedpath's figure by the peer's of the same round.",
            "",
            *table(("", OURS, "peer's", "ratio", "wanted", ""), bar_rows(bench)),
            "",
            "## Figures",
            "",
            "Median (least to most). CPU is user and system time of the server's processes, children included.",
            "",
            *table(("", *bench.servers), figure_rows(bench)),
            "",
        )
    )


def environment(bench: Bench) -> Iterator[str]:
    """Yield what the figures belong to, a line each."""
    yield f"- Date: {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}"
    yield f"- Machine: {processor()}, {os.cpu_count()} cores, {memory_mib()} MiB; Linux {platform.release()}"
    yield f"- feedpath: {version('feedpath')}, Python {platform.python_version()}, pyusb {version('pyusb')}"
    yield f"- Debian's: {', '.join(map(debian_version, PACKAGES))}"
    yield f"- Rounds: {bench.rounds}, all servers interleaved, on the loopback of a private network namespace"
    yield f"- Load average of the machine before the run: {bench.load:.1f}"
    yield f"- Bulk job: {bench.sizes.bulk // MIB} MiB of PWG raster"
    yield f"- Checked: {bench.verified} transfers, each by count and SHA-256 at the device; every answer a success"


def processor() -> str:
    """Return the processor's name."""
    match = re.search(r"^(?:model name|Model)\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return match[1] if match else platform.processor()


def memory_mib() -> int:
    """Return the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB


def debian_version(package: str) -> str:
    """Return a package's name and version."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${Version}", package]
    return subprocess.run(query, check=True, capture_output=True, text=True).stdout


def bar_rows(bench: Bench) -> Iterator[tuple[str, ...]]:
    """Yield a row for each bar that was measured."""
    for bar in BARS:
        if (bar.key, OURS) in bench.samples:
            yield bar_row(bench, bar)


def bar_row(bench: Bench, bar: Bar) -> tuple[str, ...]:
    """Return one bar's row."""
    figure = bar.figure(bench.taken)
    wanted = f"{'at most' if bar.at_most else 'at least'} {bar.limit:g}{' x ' + bar.peer if bar.peer else ''}"
    theirs = f"{median(bench.taken(bar.key, bar.peer)):.4g}" if bar.peer else ""
    ratio = f"{figure:.2f}" if bar.peer else ""
    ours = f"{median(bench.taken(bar.key, OURS)):.4g}"
    return LABELS[bar.key], ours, theirs, ratio, wanted, "met" if bar.met(figure) else "**missed**"


def figure_rows(bench: Bench) -> Iterator[tuple[str, ...]]:
    """Yield a row for each measure that was taken."""
    for measure in MEASURES:
        cells = [cell(bench.samples.get((measure.key, name)), measure.digits) for name in bench.servers]
        if any(cells):
            yield measure.label, *cells


def cell(samples: list[float] | None, digits: int) -> str:
    """Return the median of samples with their range."""
    if not samples:
        return ""
    least, most = f"{min(samples):.{digits}f}", f"{max(samples):.{digits}f}"
    return f"{median(samples):.{digits}f}" + (f" ({least} to {most})" if least != most else "")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table; figures stand to the right."""
    yield line(head)
    yield line(("---", *["---:"] * (len(head) - 1)))
    yield from map(line, rows)


def line(cells: tuple[str, ...]) -> str:
    """Return one line of a table."""
    return "| " + " | ".join(cells) + " |"
