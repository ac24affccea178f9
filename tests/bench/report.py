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

from tests.bench.bars import OURS, Bar, Table
from tests.bench.bench import Run
from tests.bench.document import MIB


def markdown(run: Run, of: Table) -> str:
    """Return the whole page."""
    return "\n".join(
        (
            f"# {of.title}",
            "",
            *environment(run, of),
            "",
            "## Bars",
            "",
            "Medians over the rounds. A ratio is feedpath's figure by the peer's of the same round.",
            *([""] if of.notes else []),
            *(f"- {note}" for note in of.notes),
            "",
            *table(("", OURS, "peer's", "ratio", "wanted", ""), bar_rows(run, of)),
            "",
            "## Figures",
            "",
            f"Median (least to most). {of.figures}",
            "",
            *table(("", *of.columns), figure_rows(run, of)),
            "",
        )
    )


def environment(run: Run, of: Table) -> Iterator[str]:
    """Yield what the figures belong to, a line each."""
    yield f"- Date: {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}"
    yield f"- Machine: {processor()}, {os.cpu_count()} cores, {memory_mib()} MiB; Linux {platform.release()}"
    yield f"- feedpath: {version('feedpath')}, Python {platform.python_version()}, pyusb {version('pyusb')}"
    yield f"- Debian's: {', '.join(map(debian_version, of.packages))}"
    yield f"- Load average of the machine before the run: {run.load:.1f}"
    yield from (f"- {line}" for line in run.about())


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


def bar_rows(run: Run, of: Table) -> Iterator[tuple[str, ...]]:
    """Yield a row for each bar that was measured."""
    labels = {measure.key: measure.label for measure in of.measures}
    for bar in of.bars:
        if (bar.key, OURS) in run.samples:
            yield labels[bar.key], *bar_cells(run, bar)


def bar_cells(run: Run, bar: Bar) -> tuple[str, ...]:
    """Return what one bar's row has behind its label."""
    figure = bar.figure(run.taken)
    wanted = f"{'at most' if bar.at_most else 'at least'} {bar.limit:g}{' x ' + bar.peer if bar.peer else ''}"
    theirs = f"{median(run.taken(bar.key, bar.peer)):.4g}" if bar.peer else ""
    ratio = f"{figure:.2f}" if bar.peer else ""
    ours = f"{median(run.taken(bar.key, OURS)):.4g}"
    return ours, theirs, ratio, wanted, "met" if bar.met(figure) else "**missed**"


def figure_rows(run: Run, of: Table) -> Iterator[tuple[str, ...]]:
    """Yield a row for each measure that was taken."""
    for measure in of.measures:
        cells = [cell(run.samples.get((measure.key, name)), measure.digits) for name in of.columns]
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
