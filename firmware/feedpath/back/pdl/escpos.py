"""ESC/POS out, for receipts: black pages as raster images; cutter, drawer, and what the machine says of itself.

Source: Epson's ESC/POS command reference (named here by command); ranges of older machines as in the TM programming
guide, ver. 10.01. Images come in commands of few rows, since small machines hold one command whole.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType
from typing import NamedTuple

from feedpath.back.pdl.kernels import bits
from feedpath.back.pdl.page import BLACK1, Page, Setup
from feedpath.core.driver import Facts
from feedpath.errors import Unprintable, WireError

INITIALIZE = b"\x1b@"  # ESC @
ASK = b"\x10\x04\x02\x10\x04\x03\x10\x04\x04"  # DLE EOT 2, 3, 4: answered at once, one byte each, whatever goes on
NO_PULSES = b"\x1d(D\3\0\x14\1\0"  # GS ( D: until the next ESC @, image data that look like DLE DC4 1 open no drawer
ROWS_MOST = 255  # of an image command: the high byte of the count is not understood everywhere
ALL = -1  # white rows are kept, however many
KEPT_MOST = 1024 * 1024  # compressed bytes of a receipt that is printed several times

CUTS = {  # GS V; functions 65 and 66 first feed to where the knife is
    "none": b"",
    "full": b"\x1dVA\0",
    "partial": b"\x1dVB\0",
    "full-here": b"\x1dV\0",
    "partial-here": b"\x1dV\1",
}
PULSES = {2: b"\x1bp\0\x19\xfa", 5: b"\x1bp\1\x19\xfa"}  # ESC p by the drawer's pin: 50 ms on, 500 ms off

ANSWERS = (  # DLE EOT n: which answer, bits that are all set, printer-state-reasons keyword
    (2, 0x04, "cover-open-error"),
    (2, 0x20, "media-empty-error"),
    (3, 0x08, "other-error"),  # the cutter is stuck
    (3, 0x20, "other-error"),
    (3, 0x40, "other-warning"),  # the head is hot, and goes on when it is not
    (4, 0x0C, "media-low-warning"),
    (4, 0x60, "media-empty-error"),
)
ANSWER_FIXED, ANSWER_VALUE = 0x93, 0x12  # bits that tell an answer to DLE EOT from anything else


class Traits(NamedTuple):
    """How a machine prints.

    dots: of a line. dpi: dots per inch, both ways. command: a key of IMAGES. rows: of one image command.
    top, bottom: white rows that stay before and after what is printed; ALL leaves them as they are. lines: of paper fed
    before the cut. cut: a key of CUTS. each: whether each page is cut off, or only the last of the job.
    drawer: the pin of the drawer that is opened, 0 for none; first: before printing, not after. deaf: the machine knows
    how not to take an image for a request to open the drawer. ask: whether the machine is asked for its status after
    each image command; an answer comes at once, even where the machine cannot print.
    """

    dots: int = 576
    dpi: int = 203
    command: str = "raster"
    rows: int = ROWS_MOST
    top: int = 0
    bottom: int = 0
    lines: int = 0
    cut: str = "partial"
    each: bool = True
    drawer: int = 0
    first: bool = True
    deaf: bool = False
    ask: bool = False


DEFAULT = Traits()
MODELS = MappingProxyType(  # by paper and head; dots: escpos-printer-db's profiles
    {
        "58mm": Traits(384, lines=4, cut="none"),  # POS-5890, NT-5890K, ZJ-5870: no knife
        "80mm": DEFAULT,  # TM-T20II, TM-P80, TSP600, P822D
        "80mm-180dpi": Traits(512, 180),  # TM-T88II, TM-T88III
        "80mm-180dpi-deaf": Traits(512, 180, deaf=True),  # TM-T88IV, TM-T88V
        "80mm-graphics": Traits(576, command="graphics", rows=128),
        "82mm": Traits(640),  # CT-S651, SRP-S300
        "112mm": Traits(832),  # TSP800
    }
)


def encode(pages: "Iterable[Page]", setup: Setup, traits: Traits = DEFAULT) -> "Iterator[bytes]":
    """Yield black `pages` as receipts, each as often as asked before the next; nothing when there are none.

    Raise WireError for a page that is wider than the machine, not black, or too long to be printed again.
    """
    pulse = PULSES.get(traits.drawer, b"")
    end = b"\x1bd%c" % traits.lines if traits.lines else b""
    end += CUTS[traits.cut]
    began = False
    for page in pages:
        if not began:
            yield INITIALIZE + (NO_PULSES if traits.deaf else b"") + (pulse if traits.first else b"")
        began = True
        _check(page, traits)
        yield from _repeated(_receipt(page, traits, end if traits.each else b""), page.raster.copies or setup.copies)
    last = (b"" if traits.each else end) + (b"" if traits.first else pulse)
    if began and last:
        yield last


def abort(traits: Traits = DEFAULT) -> bytes:
    """Return the bytes that end a broken job: white for what an image command may still wait for, and a fresh start."""
    return bytes(-(-traits.dots // 8) * traits.rows) + INITIALIZE


def status(answers: bytes) -> Facts:
    """Return what the answers to ASK tell; nothing while they are not complete."""
    told = [answer for answer in answers if answer & ANSWER_FIXED == ANSWER_VALUE]
    if not told or len(told) % 3:
        return Facts()
    by_number = dict(zip((2, 3, 4), told[-3:]))
    return Facts(tuple(dict.fromkeys(reason for n, mask, reason in ANSWERS if by_number[n] & mask == mask)))


def _check(page: Page, traits: Traits) -> None:
    raster = page.raster
    if raster.space != BLACK1:
        raise WireError(f"A receipt is printed from pages in black, 1 bit a pixel; this one is {raster.space}.")
    if raster.width > traits.dots:
        raise Unprintable(f"The page is {raster.width} dots wide; this printer prints at most {traits.dots}.")
    if raster.width < 1:
        raise WireError("The page has no dots; at least 1 across is needed.")


def _receipt(page: Page, traits: Traits, end: bytes) -> "Iterator[bytes]":
    stride = page.raster.stride
    image = IMAGES[traits.command]
    for rows in _regrouped(_rows(page, traits), stride * traits.rows):
        yield image(page.raster.width, len(rows) // stride, rows)
        if traits.ask:  # between commands: within one it would be taken for its data
            yield ASK
    if end:
        yield end


def _rows(page: Page, traits: Traits) -> "Iterator[bytes]":
    """Yield the rows of a page, without more white at its ends than wanted."""
    stride = page.raster.stride
    white, began = 0, False
    for band in page.bands:
        rows = bytes(band)
        first, end = bits.inked(rows, stride, b"\0")
        if first < end:
            yield from _white(white + first if began else _few(white + first, traits.top), stride)
            yield rows[first * stride : end * stride]
            white, began = len(rows) // stride - end, True
        else:
            white += len(rows) // stride
    yield from _white(_few(white, traits.bottom), stride)


def _few(rows: int, most: int) -> int:
    return rows if most == ALL else min(rows, most)


def _white(rows: int, stride: int) -> "Iterator[bytes]":
    for at in range(0, rows, ROWS_MOST):
        yield bytes(stride * min(ROWS_MOST, rows - at))


def _regrouped(pieces: "Iterable[bytes]", size: int) -> "Iterator[bytes]":
    """Yield the bytes of `pieces` in pieces of `size`; the last one may be shorter."""
    held = bytearray()
    for piece in pieces:
        held += piece
        whole = len(held) // size * size
        yield from (bytes(held[at : at + size]) for at in range(0, whole, size))
        del held[:whole]
    if held:
        yield bytes(held)


def _raster(width: int, count: int, rows: bytes) -> bytes:
    """GS v 0: dots as they are, bytes of a row, rows."""
    return b"\x1dv0\0" + (len(rows) // count).to_bytes(2, "little") + count.to_bytes(2, "little") + rows


def _graphics(width: int, count: int, rows: bytes) -> bytes:
    """GS ( L, function 112: store dots in their own size in colour 1; function 50: print what is stored."""
    store = b"0p0\1\1" + b"1" + width.to_bytes(2, "little") + count.to_bytes(2, "little") + rows
    return b"\x1d(L" + len(store).to_bytes(2, "little") + store + b"\x1d(L\2\x0002"


IMAGES: "dict[str, Callable[[int, int, bytes], bytes]]" = {"raster": _raster, "graphics": _graphics}


def _repeated(pieces: "Iterable[bytes]", times: int) -> "Iterator[bytes]":
    """Yield `pieces`, all of them `times` times; they are kept compressed meanwhile."""
    if times < 2:
        yield from pieces
        return
    press = zlib.compressobj(1)
    kept = bytearray()
    for piece in pieces:
        yield piece
        kept += press.compress(piece)
        if len(kept) > KEPT_MOST:
            raise WireError(f"The receipt is too long to be printed {times} times in one job; print it once at a time.")
    kept += press.flush()
    for _ in range(times - 1):
        stream = zlib.decompressobj()
        rest = bytes(kept)
        while rest or not stream.eof:
            yield stream.decompress(rest, KEPT_MOST // 16)
            rest = stream.unconsumed_tail
