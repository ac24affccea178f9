"""What a driver of CUPS reads, as a printer language: raster of the sheets, margins and inks that its PPD file names.

It is made where the document is read; the driver's program, which makes of it what the machine takes, runs elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from feedpath.back.pdl import fit as fitting
from feedpath.back.pdl import sheets
from feedpath.back.pdl.bridge import cupsraster, ppdchoices, ppdsettings
from feedpath.back.pdl.bridge import ppd as ppds
from feedpath.back.pdl.bridge.cupsraster import AS_IT_IS, Target
from feedpath.back.pdl.bridge.ppd import Ppd
from feedpath.back.pdl.page import GRAY8, MM_100_PER_INCH, RGB24, Page, Raster, Setup


class Traits(NamedTuple):
    """What must be known of a driver. ppd: its PPD file, each byte a character; choices: set of its own options."""

    ppd: str
    choices: "Mapping[str, str]" = MappingProxyType({})


def load(traits: Traits) -> None:
    """Read the PPD file, which can load what it is coded in while that may still be done."""
    _read(traits.ppd)


def target(raster: Raster, setup: Setup, traits: Traits, scaling: str, back: bool) -> fitting.Target:
    """Return what a page on this sheet becomes; back: it is on the back of a sheet; raise WireError."""
    wanted = _plan(traits, setup, raster)
    made = wanted.raster
    across, down = wanted.back if back else AS_IT_IS
    left, bottom, right, top = wanted.margins
    return fitting.Target(
        made.width,
        made.height,
        GRAY8 if (raster.space, made.space) == (GRAY8, RGB24) else made.space,
        made.resolution,
        sheet=_pixels(made.size, made.resolution),
        left=_pixels((right if across < 0 else left, 0), made.resolution)[0],
        top=_pixels((0, bottom if down < 0 else top), made.resolution)[1],
        scaling=scaling,
        mirror=across < 0,
        size=made.size,
        media=raster.media,
    )


def encode(pages: "Iterable[Page]", setup: Setup, traits: Traits) -> "Iterator[bytes | memoryview]":
    """Yield CUPS raster of pages that are as `target` says; raise WireError."""
    return cupsraster.encode(_placed(pages, setup, traits))


def _placed(pages: "Iterable[Page]", setup: Setup, traits: Traits) -> "Iterator[tuple[Page, Target]]":
    for page, back in sheets.backs(sheets.told(pages, setup)):
        wanted = _plan(traits, setup, page.raster)
        upward = back and wanted.back[1] < 0
        yield (Page(page.raster, sheets.upward(page)) if upward else page), wanted


def _plan(traits: Traits, setup: Setup, raster: Raster) -> Target:
    """Return what the driver wants of a page, of which it makes no copies."""
    choices = ppdsettings.usual(traits.choices, setup, raster)
    return ppdchoices.plan(_read(traits.ppd), setup, choices, raster._replace(copies=1))


def _pixels(size: "tuple[int, int]", dpi: "tuple[int, int]") -> "tuple[int, int]":
    return round(size[0] * dpi[0] / MM_100_PER_INCH), round(size[1] * dpi[1] / MM_100_PER_INCH)


@lru_cache(maxsize=1)
def _read(text: str) -> Ppd:
    return ppds.read(text.encode("latin-1"))
