"""`feedpath convert`: a document becomes what a printer speaks, by the firmware's own code, for people to look at."""

import argparse
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from feedpath.back.pdl import choose, languages, png, sniff
from feedpath.back.pdl.convert import DRAWN, READ, Work
from feedpath.back.pdl.order import ORIENTATIONS, QUALITIES, Machine, Order
from feedpath.back.pdl.source import FileSource
from feedpath.core import media
from feedpath.errors import WireError

ALSO = {"ps": "postscript", "pcl": "pcl5"}  # further words for languages
PNG, PNG_DPI = "png", 150
TARGETS = (*ALSO, *languages.BY_NAME, PNG)
RANGE = re.compile(r"([1-9][0-9]*)(?:-([1-9][0-9]*))?")

EXAMPLES = """examples:
  feedpath convert letter.pdf --to pcl5 -o letter.pcl
  feedpath convert letter.pdf --to png --page 2 --dpi 100 -o page.png
  feedpath convert - --to urf --media na_letter_8.5x11in --sides two-sided-long-edge -o out.urf < letter.pdf
  feedpath convert photo.jpg --to zpl --media na_index-4x6_4x6in --dpi 203 -o label.zpl

FILE may be a PDF, JPEG, PNG, plain text, PWG raster or Apple raster; its first bytes tell which.
exit status: 0 done, 1 the document cannot be converted, 2 wrong arguments.
"""


class Cannot(Exception):
    """The document cannot be converted; the message is for people."""


def main(words: "Sequence[str]") -> int:
    """Convert as the command line's words say; return the exit status."""
    chosen = _parser().parse_args(words)
    try:
        _convert(chosen)
    except (WireError, Cannot, OSError) as error:
        sys.stderr.write(f"feedpath convert: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="feedpath convert",
        description="Make a document what a printer speaks, with the code that prints it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="the document; - for standard input")
    parser.add_argument("--to", required=True, choices=TARGETS, help="the language, or png for a picture of one page")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="where it goes; - for standard output")
    parser.add_argument("--media", default="iso_a4_210x297mm", type=_media, metavar="NAME", help="PWG media name")
    parser.add_argument("--sides", default="one-sided", choices=choose.ALL_SIDES, help="(%(default)s)")
    parser.add_argument("--dpi", type=int, metavar="N", help="dots per inch (what such printers usually have)")
    parser.add_argument("--copies", type=int, default=1, metavar="N", help="(%(default)s)")
    parser.add_argument("--pages", type=_ranges, default=(), metavar="1-3,5", help="the pages to print (all)")
    parser.add_argument("--number-up", type=int, default=1, choices=choose.NUMBER_UP, help="pages on a sheet")
    parser.add_argument("--scaling", default="auto", choices=choose.SCALINGS, help="print-scaling (%(default)s)")
    parser.add_argument("--orientation", choices=ORIENTATIONS.values(), help="(as the pages are)")
    parser.add_argument("--quality", default="normal", choices=QUALITIES.values(), help="(%(default)s)")
    parser.add_argument("--mono", action="store_true", help="without colour")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="holds the document's password")
    parser.add_argument("--page", type=int, default=1, metavar="N", help="for png: which page (%(default)s)")
    return parser


def _convert(chosen: argparse.Namespace) -> None:
    with _document(chosen.file) as document, _output(chosen.output) as output:
        order = _order(chosen, _format(document))
        pieces = _picture(order, document, chosen.page) if chosen.to == PNG else _language(order, document)
        for piece in pieces:
            output.write(piece)


def _order(chosen: argparse.Namespace, format: str) -> Order:
    name = ALSO.get(chosen.to, chosen.to)
    machine = Machine(((PNG_DPI, PNG_DPI),), color=True, margins=(0, 0, 0, 0))
    if name != PNG:
        machine = choose.USUAL[name].machine
    if chosen.dpi:
        machine = machine._replace(resolutions=((chosen.dpi, chosen.dpi),))
    options: "dict[str, object]" = {
        "copies": chosen.copies,
        "sides": chosen.sides,
        "number-up": chosen.number_up,
        "print-scaling": chosen.scaling,
        "page-ranges": chosen.pages,
        "print-color-mode": "monochrome" if chosen.mono else "auto",
        "print-quality": next(enum for enum, quality in QUALITIES.items() if quality == chosen.quality),
    }
    if format in DRAWN:
        options["media"] = chosen.media
    if chosen.orientation:
        options["orientation-requested"] = next(e for e, word in ORIENTATIONS.items() if word == chosen.orientation)
    password = chosen.password_file.read_text().rstrip("\n") if chosen.password_file else ""
    title = "stdin" if chosen.file == "-" else Path(chosen.file).name
    language = "pwg" if name == PNG else name  # whose pages are as they are on paper
    return Order(format, language, machine, options, title, os.environ.get("USER", ""), password)


def _language(order: Order, document: BinaryIO) -> "Iterator[bytes | memoryview]":
    work, told = Work(order, FileSource(document)), 0
    for piece in work:
        if work.impressions != told:
            told = work.impressions
            _progress(told)
        yield piece
    _progress(work.impressions)


def _picture(order: Order, document: BinaryIO, number: int) -> "Iterator[bytes]":
    count = 0
    for count, page in enumerate(Work(order, FileSource(document)).pages(), 1):
        if count == number:
            yield from png.encode(page)
            return
        for _ in page.bands:
            pass
    raise Cannot(f"there is no page {number}: the document has {count}.")


def _progress(impressions: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"page {impressions}\n")


def _format(document: BinaryIO) -> str:
    """Return the document's MIME type by its first bytes; raise Cannot naming one that we do not convert."""
    format = sniff.sniff(document.read(sniff.HEAD_MOST))
    document.seek(0)
    if format not in (*READ, *DRAWN):
        raise Cannot(f"this is {sniff.name(format)}, which cannot be converted.")
    return format


@contextlib.contextmanager
def _document(name: str) -> "Iterator[BinaryIO]":
    """Give the document as a file that can be read from anywhere, also where it comes through a pipe."""
    if name != "-":
        with open(name, "rb", buffering=0) as file:
            yield file
        return
    with tempfile.TemporaryFile(buffering=0) as stored:
        while piece := sys.stdin.buffer.read(1 << 20):
            stored.write(piece)
        stored.seek(0)
        yield stored


@contextlib.contextmanager
def _output(name: str) -> "Iterator[BinaryIO]":
    """Give where the result goes; a file appears when it is whole, or not at all."""
    if name == "-":
        if sys.stdout.isatty():
            raise Cannot("a terminal is no place for this; name a file with -o, or send it on.")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _media(name: str) -> str:
    try:
        return media.size(name).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}; as iso_a4_210x297mm is") from error


def _ranges(text: str) -> "tuple[tuple[int, int], ...]":
    found = [RANGE.fullmatch(part) for part in text.split(",")]
    if not all(found):
        raise argparse.ArgumentTypeError(f"{text} is no list of pages as 1-3,5 is")
    return tuple((int(match[1]), int(match[2] or match[1])) for match in found if match)
