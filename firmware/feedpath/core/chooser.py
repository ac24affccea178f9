"""What front ends ask of whoever knows the drivers: which fit a printer, which it shall get, and a page to judge by."""

from collections.abc import Mapping
from typing import Protocol

from feedpath.core.driver import Fit, Setting
from feedpath.core.job import Job
from feedpath.core.printer import Printer


class Chooser(Protocol):
    """Who knows the drivers. All of it raises Refused, with what is allowed."""

    async def fits(self, printer: Printer, words: str = "", every: bool = False) -> "list[Fit]":
        """Return the drivers that fit the printer, or all that can be had whose names have the words."""

    async def use(self, printer: Printer, name: str) -> None:
        """Print by the driver that is called so from the next job on."""

    def settings(self, printer: Printer) -> "tuple[Setting, ...]":
        """Return the options of the printer's driver that only it knows."""

    async def set(self, printer: Printer, values: "Mapping[str, str]") -> None:
        """Set options of the printer's driver, "" for a default."""

    def test(self, printer: Printer) -> Job:
        """Return the job of a test page, which prints as any other."""
