"""What is to be made of a document: the order that a conversion works by, and that travels to a worker process."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from feedpath.back.pdl.fit import AUTO
from feedpath.back.pdl.page import Setup

QUALITIES = {3: "draft", 4: "normal", 5: "high"}  # RFC 8011, 5.2.13
ORIENTATIONS = {3: "portrait", 4: "landscape", 5: "reverse-landscape", 6: "reverse-portrait"}  # RFC 8011, 5.2.10
PAGES, ALL = "pages", ((1, 2**31 - 1),)  # of `overrides` (PWG 5100.6): ranges, all where none is told
NORMAL = "normal"  # PWG 5102.4: backs are drawn as fronts are
DPI = 3  # the unit of a resolution: RFC 8010, 3.9


class Machine(NamedTuple):
    """What is known of a machine, whatever it speaks.

    resolutions: dots per inch, cross-feed and feed, the usual one first. margins: left, right, top, bottom in
    hundredths of a millimetre. roll: dots across paper that comes from a roll, 0 for sheets. gain: of its dots, for
    halftone.curve. pjl: whether it speaks PJL around its language. media: what it has when none is asked for. back:
    how it wants the backs of sheets, in the words of pwg-raster-document-sheet-back. scaling: what print-scaling auto
    means. traits: what its language must know besides, by the names of that module's Traits.
    """

    resolutions: "tuple[tuple[int, int], ...]" = ((600, 600),)
    color: bool = False
    margins: "tuple[int, int, int, int]" = (423, 423, 423, 423)
    roll: int = 0
    pjl: bool = False
    media: str = "iso_a4_210x297mm"
    gain: float = 0.0
    back: str = NORMAL
    scaling: str = AUTO
    traits: "Mapping[str, Any]" = MappingProxyType({})


class Order(NamedTuple):
    """One document's way to one machine.

    format: the document's MIME type. language: a name of languages.ORDERED. options: what was asked, IPP's keywords
    and values. name, user: of the job. password: of the document; what is no UTF-8 is escaped as in file names.
    halftone: one of halftone.METHODS, "" for what fits the quality. skip_blank: whether blank pages are left out.
    """

    format: str
    language: str
    machine: Machine
    options: "Mapping[str, Any]"
    name: str = ""
    user: str = ""
    password: str = ""
    halftone: str = ""
    skip_blank: bool = False

    def encode(self) -> bytes:
        """Return it as one line of JSON."""
        machine = {**self.machine._asdict(), "traits": dict(self.machine.traits)}
        return json.dumps({**self._asdict(), "machine": machine}).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> "Order":
        """Return the order that a line tells."""
        told = json.loads(line)
        machine = {key: _tuples(value) for key, value in told.pop("machine").items()}
        return cls(machine=Machine(**machine), **told)

    @property
    def setup(self) -> Setup:
        """Return what was asked of the job as printer languages want to know it."""
        ask = self.options.get
        usual = Setup()
        return Setup(
            copies=int(ask("copies", usual.copies)),
            collate=ask("multiple-document-handling") != "separate-documents-uncollated-copies",
            sides=str(ask("sides", usual.sides)),
            media=str(ask("media", usual.media)),
            source=str(ask("media-source", usual.source)),
            type=str(ask("media-type", usual.type)),
            quality=self.quality,
            color=self.machine.color and ask("print-color-mode") != "monochrome",
            name=self.name,
            user=self.user,
        )

    @property
    def quality(self) -> str:
        """Return draft, normal or high."""
        return QUALITIES.get(self.options.get("print-quality", 0), "normal")

    @property
    def resolution(self) -> "tuple[int, int]":
        """Return dots per inch as asked, else the machine's usual ones, its fewest for a draft, its most for high."""
        asked = tuple(self.options.get("printer-resolution", ()))[:2]
        if asked in self.machine.resolutions:
            return asked
        choose = {"draft": min, "high": max}.get(self.quality)
        return choose(self.machine.resolutions) if choose else self.machine.resolutions[0]

    @property
    def ranges(self) -> "tuple[tuple[int, int], ...]":
        """Return first and last page of each range that was asked for, none for all."""
        asked = self.options.get("page-ranges", ())
        if asked and isinstance(asked[0], int):
            asked = (asked,)
        return tuple((int(first), int(last)) for first, last in asked)


    def overriding(self, page: int) -> "dict[str, Any]":
        """Return what is asked of a page of the document by its number from 1; the first of `overrides` that tells."""
        told: "dict[str, Any]" = {}
        for override in self.options.get("overrides", ()):
            if any(first <= page <= last for first, last in override.get(PAGES, ALL)):
                told = {**override, **told}
        told.pop(PAGES, None)
        return told

    def at(self, page: int) -> "Order":
        """Return the order as it is for one page of the document."""
        told = self.overriding(page)
        return self._replace(options={**self.options, **told}) if told else self


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
