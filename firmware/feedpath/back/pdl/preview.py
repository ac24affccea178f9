"""What a job will look like, as a language: the first sheet of its document, as a small PNG."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from feedpath.back.pdl import png
from feedpath.back.pdl.order import Machine
from feedpath.back.pdl.page import Page, Setup

PIXELS = 240  # of the longer side at most
RESOLUTION = (72, 72)  # dots per inch that documents are drawn at: enough for so few pixels
UNSEEN = ("copies", "multiple-document-handling", "print-quality", "printer-resolution")  # what leaves no trace on it


class Traits(NamedTuple):
    """Nothing is to be known of a picture."""


def machine(real: Machine) -> Machine:
    """Return a machine that prints pictures of what the real one prints."""
    roll = round(real.roll * RESOLUTION[0] / real.resolutions[0][0])
    return real._replace(resolutions=(RESOLUTION,), roll=roll, pjl=False, gain=0.0, traits={})


def encode(pages: "Iterable[Page]", setup: Setup, traits: Traits) -> "Iterator[bytes]":
    """Yield the first page as a PNG."""
    for page in pages:
        yield from png.preview(page, PIXELS)
        return
