"""A driver of CUPS as a printer language: pages in, through its program, what the machine takes out.

Which driver is for `drivers.Index` to say, what it wants of a page for `target`, and how its program is run for
`filters`.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from feedpath.back.pdl.bridge import cupsraster, filters, foomatic, ppdchoices
from feedpath.back.pdl.bridge.cupsraster import Target
from feedpath.back.pdl.bridge.filters import FilterFailed, Host, Job
from feedpath.back.pdl.bridge.ppd import Ppd
from feedpath.back.pdl.page import Page, Raster, Setup

NONE: "Mapping[str, str]" = MappingProxyType({})


def target(ppd: Ppd, setup: Setup, choices: "Mapping[str, str]", raster: "Raster | None" = None) -> Target:
    """Return what the driver wants of a page, whose own words go before the setup's; raise WireError."""
    return ppdchoices.plan(ppd, setup, choices, raster)


def encode(
    pages: "Iterable[Page]", setup: Setup, ppd: Ppd, choices: "Mapping[str, str]", host: "Host | None" = None
) -> "Iterator[bytes]":
    """Yield what a machine takes for pages that are as `target` wants them.

    Raise WireError where the driver cannot print them, FilterFailed where its program fails. The next page is asked
    for when the program has taken the last one, which may be before it gave all of it.
    """
    host = host or Host()
    raster = cupsraster.encode((page, target(ppd, setup, choices, page.raster)) for page in pages)
    document, told = foomatic.fed(ppd, raster, job(ppd, setup, choices))
    return filters.run([program(ppd, host)], document, told, ppd, host)


def job(ppd: Ppd, setup: Setup, choices: "Mapping[str, str]" = NONE) -> Job:
    """Return what a driver's program is told of a job; raise WireError where it has no such paper."""
    marks = ppdchoices.marks(ppd, setup, choices)
    told = {name: choice for name, choice in marks.items() if choice != ppd.options[name].default}
    copies = 1 if ppd.true("cupsManualCopies") else max(1, setup.copies)
    options = " ".join(f"{name}={choice}" for name, choice in told.items())
    return Job(1, setup.user or "anonymous", setup.name or "document", copies, options)


def program(ppd: Ppd, host: Host) -> str:
    """Return the path of a driver's program for raster; raise FilterFailed where there is none."""
    name = ppd.raster_filter.removeprefix(f"{host.filters}/")
    if not name or name == "-" or "/" in name or name.startswith("."):
        raise FilterFailed(f"{ppd.name} takes no raster from a program of CUPS.")
    folder = foomatic.PROGRAMS if foomatic.is_ours(ppd) else host.filters
    path = f"{folder}/{name}"
    if not os.access(path, os.X_OK):
        raise FilterFailed(f"{ppd.name} needs the program {name}, which is not installed in {folder}.")
    return path
