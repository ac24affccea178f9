"""ZPL II out, for labels: black pages as graphic fields, and what the machine says of itself.

Source: Zebra's ZPL II Programming Guide (45541L-004), named here by command; its chapters on the alternative data
compression scheme, and on ZB64 encoding and compression.

A page goes out in fields of some rows each: ^GF takes at most 99999 bytes, which is less than a label of 4 x 6 inches
has, and a field is made whole before it is sent. White rows around them are not sent.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from feedpath.back.pdl.kernels import bits
from feedpath.back.pdl.page import BLACK1, Page, Raster, Setup
from feedpath.core.driver import Facts
from feedpath.errors import Unprintable, WireError

ABORT = b"~JA"  # cancel all: a tilde also ends a graphic field before its time
ASK = b"~HS"
FIELD_MOST = 99_999  # ^GF: bytes of a graphic
COPIES_MOST = 99_999_999  # ^PQ
DOTS_MOST = 32_000  # ^LL
TRACKING = {"gap": b"W", "mark": b"M", "continuous": b"N"}  # ^MN

RUNS = re.compile(r"(.)\1{2,418}")  # what two letters can count: z is 400, Y is 19

STRINGS = re.compile(rb"\x02([^\x02\x03]*)\x03")  # ~HS: three of them, of which two matter
FIELDS = (12, 11)
FLAGS = (  # ~HS: which string, which field, printer-state-reasons keyword when it is 1
    (0, 1, "media-empty-error"),
    (0, 2, "paused-error"),
    (0, 9, "other-warning"),  # its configuration is lost
    (0, 11, "other-warning"),  # the head is hot
    (1, 2, "cover-open-error"),
    (1, 3, "marker-supply-empty-error"),  # the ribbon
)


class Traits(NamedTuple):
    """How a machine prints.

    packing: a key of PACKINGS. darkness: 0 to 30, -1 as set at the machine (~SD); darker: added to it (^MD).
    speed: inches per second, 0 as set (^PR). tracking: a key of TRACKING, "" as set. inverted: upside down (^PO).
    ask: whether the machine is asked for its status after each label.
    """

    packing: str = "letters"
    darkness: int = -1
    darker: int = 0
    speed: int = 0
    tracking: str = ""
    inverted: bool = False
    ask: bool = False


DEFAULT = Traits()


def encode(pages: "Iterable[Page]", setup: Setup, traits: Traits = DEFAULT) -> "Iterator[bytes]":
    """Yield each of the black `pages` as a label; the machine repeats each of them as often as asked.

    Raise WireError for a page that is not black, or larger than a label can be.
    """
    for number, page in enumerate(pages):
        raster = page.raster
        _check(raster)
        if not number and traits.darkness >= 0:
            yield b"~SD%02d\n" % traits.darkness
        yield _head(raster, traits)
        yield from _fields(page, PACKINGS[traits.packing])
        yield b"^PQ%d\n^XZ\n" % min(raster.copies or setup.copies, COPIES_MOST) + (ASK if traits.ask else b"")


def abort(traits: Traits = DEFAULT) -> bytes:
    """Return the bytes that end a broken job, and with it the labels that wait in the machine."""
    return ABORT


def status(said: bytes) -> Facts:
    """Return what the last complete answer to ASK tells; nothing where there is none."""
    strings = [string.split(b",") for string in STRINGS.findall(said)]
    answers = [pair for pair in zip(strings, strings[1:]) if tuple(map(len, pair)) == FIELDS]
    if not answers:
        return Facts()
    told = answers[-1]
    return Facts(tuple(dict.fromkeys(reason for string, field, reason in FLAGS if told[string][field].strip() == b"1")))


def _check(raster: Raster) -> None:
    if raster.space != BLACK1:
        raise WireError(f"A label is printed from pages in black, 1 bit a pixel; this one is {raster.space}.")
    if not (1 <= raster.width <= DOTS_MOST and 1 <= raster.height <= DOTS_MOST):
        size = f"{raster.width} x {raster.height}"
        raise Unprintable(f"The label is {size} dots large; 1 to {DOTS_MOST} each are allowed.")


def _head(raster: Raster, traits: Traits) -> bytes:
    words = (
        b"^XA",
        b"^MN" + TRACKING[traits.tracking] if traits.tracking else b"",
        b"^PR%d" % traits.speed if traits.speed else b"",
        b"^MD%d" % traits.darker if traits.darker else b"",
        b"^PO" + (b"I" if traits.inverted else b"N"),
        b"^PW%d" % max(raster.width, 2),  # the least there is
        b"^LL%d" % raster.height,
        b"^LH0,0",
    )
    return b"".join(words) + b"\n"


def _fields(page: Page, pack: "Callable[[bytes, int], bytes]") -> "Iterator[bytes]":
    """Yield the graphic fields of a page."""
    stride = page.raster.stride
    top = 0
    for band in page.bands:
        for at in range(0, len(band), FIELD_MOST // stride * stride):
            rows = bytes(band[at : at + FIELD_MOST // stride * stride])
            first, end = bits.inked(rows, stride, b"\0")
            if first < end:
                inked = rows[first * stride : end * stride]
                size = len(inked)
                head = b"^FO0,%d^GFA,%d,%d,%d," % (top + first, size, size, stride)
                yield head + pack(inked, stride) + b"^FS\n"
            top += len(rows) // stride


def _letters(rows: bytes, stride: int) -> bytes:
    """The alternative data compression scheme: letters count digits, marks stand for a row's rest or all of it."""
    coded = []
    above = b""
    for at in range(0, len(rows), stride):
        row = rows[at : at + stride]
        coded.append(":" if row == above else _row(row))
        above = row
    return "".join(coded).encode("ascii")


def _row(row: bytes) -> str:
    fill = {0: ",", 255: "!"}.get(row[-1], "")
    digits = (row.rstrip(row[-1:]) if fill else row).hex().upper()
    return RUNS.sub(_counted, digits) + fill


def _counted(run: "re.Match[str]") -> str:
    """Return a run as its count and its digit: G to Y are 1 to 19, g to z are 20 to 400."""
    twenties, ones = divmod(run.end() - run.start(), 20)
    return (chr(ord("f") + twenties) if twenties else "") + (chr(ord("F") + ones) if ones else "") + run[1]


def _z64(rows: bytes, stride: int) -> bytes:
    """Z64: deflated in zlib's wrapper, in Base64, with a CRC over that: CRC-16 of CCITT, begun with 0."""
    text = base64.b64encode(zlib.compress(rows))
    return b":Z64:%b:%04X" % (text, binascii.crc_hqx(text, 0))


PACKINGS: "dict[str, Callable[[bytes, int], bytes]]" = {"letters": _letters, "z64": _z64}
