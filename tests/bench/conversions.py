"""Conversions of documents beside Debian's programs: what they cost, what they add to memory, what comes of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from feedpath.back.pdl import pcl5, urf
from feedpath.back.pdl.halftone import halftoned
from feedpath.back.pdl.page import Page, Setup
from feedpath.back.pdl.source import FileSource
from tests.bench.bars import OURS, PAGES
from tests.bench.bench import Run
from tests.bench.client import Failed
from tests.bench.document import KIB, MIB
from tests.bench.meter import Cost
from tests.bench.papers import LONG_DPI, Papers
from tests.fakes import cups_filters

MS, MB = 1000, 1e6
AGAIN = 2  # a conversion is timed when it is done a second time in its process
URF, PDF, JPEG = "image/urf", "application/pdf", "image/jpeg"
INTERPRETED = {"FEEDPATH_KERNELS": "python"}


class Conversions(Run):
    """One run over documents."""

    def __init__(self, papers: Papers, rounds: int):
        super().__init__(rounds)
        self.papers = papers

    def about(self) -> "Iterator[str]":
        amounts = self.papers.amounts
        width, height = amounts.picture
        yield f"Rounds: {self.rounds}, feedpath and the others in turns"
        yield (
            f"Documents: A4 at {amounts.dpi} dpi as libcups writes it; a JPEG of {width} x {height} pixels, "
            f"{self.papers.picture.stat().st_size / MB:.1f} MB, baseline, in colours; PDFs whose pages have text in an "
            f"embedded font and a JPEG; a page of {amounts.long} rows at {LONG_DPI} dpi"
        )
        yield f"Checked: {self.verified} conversions, which gave the same bytes as those before by count and SHA-256"


def metered(way: str, *words: "str | int | Path", **environment: str) -> Cost:
    """Return what a conversion in a process of its own took."""
    command = [sys.executable, "-m", "tests.bench.meter", way, *map(str, words)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(command)} fails:\n{done.stderr}")
    cost: Cost = json.loads(done.stdout)
    return cost


def raster(run: Conversions) -> None:
    """Convert pages of raster to PCL 5, and have libcups decode them."""
    for name, path in run.papers.raster.items():
        run.keep(f"raster.{name}.coded", OURS, path.stat().st_size / KIB)
    for _ in range(run.rounds):
        for name, path in run.papers.raster.items():
            run.keep(f"raster.{name}.cpu", OURS, metered("read", URF, "pcl5", path, AGAIN)["cpu"] * MS)
            run.keep(f"raster.{name}.cpu", "libcups", metered("decoded", path, AGAIN)["cpu"] * MS)


def interpreted(run: Conversions) -> None:
    """Convert a page of text by the kernels as the Python that they are."""
    for _ in range(run.rounds):
        cost = metered("read", URF, "pcl5", run.papers.raster["text"], AGAIN, **INTERPRETED)
        run.keep("raster.interpreted", OURS, cost["cpu"] * MS)


def memory(run: Conversions) -> None:
    """Convert a page and a long one, for what that adds to a process; once, since memory is not noisy."""
    page = metered("read", URF, "pcl5", run.papers.raster["photo"], 1)
    long = metered("read", URF, "receipts", run.papers.long, 1)
    run.keep("memory.page", OURS, page["added"] / MIB)
    run.keep("memory.long", OURS, long["added"] / MIB)


def sizes(run: Conversions) -> None:
    """Write the same dots as PCL 5, and have Debian's filters do so; once, as the same bytes come each time."""
    ppd = cups_filters.laser(run.papers.folder)
    for name in PAGES:
        with run.papers.raster[name].open("rb") as file:
            page = halftoned(next(urf.read(FileSource(file))))
            bits = b"".join(page.bands)
        about, width = page.raster, page.raster.width
        rows = [bits[at : at + about.stride] for at in range(0, len(bits), about.stride)]
        traits = pcl5.Traits(duplex=True, margins=(0, 0, 0, 0))
        ours = sum(map(len, pcl5.encode([Page(about, iter([memoryview(bits)]))], Setup(), traits)))
        run.keep(f"size.{name}", OURS, ours / KIB)
        for peer in ("rastertopclx", "rastertohp"):
            ways = [way for filter, way in cups_filters.COMPRESSED if filter == peer]
            least = min(len(cups_filters.theirs(peer, rows, width, way, ppd)) for way in ways)
            run.keep(f"size.{name}", peer, least / KIB)


def pdf(run: Conversions) -> None:
    """Draw a PDF in a worker, and by pdftoppm."""
    for _ in range(run.rounds):
        ours = metered("drawn", PDF, "pcl5", run.papers.pdf)
        theirs = metered("ran", "pdftoppm", "-gray", "-r", "600", run.papers.pdf)
        run.same("pdf", ours["size"], ours["digest"])
        for name, cost in ((OURS, ours), ("pdftoppm", theirs)):
            run.keep("pdf.cpu", name, cost["cpu"])
            run.keep("pdf.rss", name, cost["peak"] / MB)


def pictures(run: Conversions) -> None:
    """Draw a photograph in a worker, for a machine without colour and for one with it."""
    for _ in range(run.rounds):
        for name, machine in (("mono", "pcl5"), ("color", "pcl5-color")):
            cost = metered("drawn", JPEG, machine, run.papers.picture)
            run.same(f"picture in {name}", cost["size"], cost["digest"])
            run.keep(f"picture.{name}.cpu", OURS, cost["cpu"])
            run.keep(f"picture.{name}.rss", OURS, cost["peak"] / MB)
