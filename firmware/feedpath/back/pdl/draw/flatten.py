"""PNG that PDF has no words for: with an alpha channel, or interlaced (ISO/IEC 15948, 8.2); written anew, on white.

A strip of rows at a time: PDFium undoes the filters and lays the strip on white, and what comes is deflated again. Only
an interlaced picture is whole in memory, since it comes seven times over.
"""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from feedpath.back.pdl.draw.layout import Placed
from feedpath.back.pdl.draw.pdfium import Canvas, Document
from feedpath.back.pdl.draw.pdfwrap import Piece, Pieces
from feedpath.back.pdl.draw.pictures import PNG_KINDS, READ_BYTES, Picture, Png, check_whole, colors, wrapped
from feedpath.back.pdl.page import GRAY8
from feedpath.errors import WireError

STRIP_BYTES = 1024 * 1024
NO_PPI = (0.0, 0.0)
QUICK = 1  # zlib's level: what is written is read again at once
UP = b"\2"
CUT = "The PNG is broken: its rows are cut or damaged."


class Pass(NamedTuple):
    """Where the pixels of a pass begin, and how far apart they are."""

    left: int
    top: int
    across: int
    along: int


ADAM7 = (
    Pass(0, 0, 8, 8),
    Pass(4, 0, 8, 8),
    Pass(0, 4, 4, 8),
    Pass(2, 0, 4, 4),
    Pass(0, 2, 2, 4),
    Pass(1, 0, 2, 2),
    Pass(0, 1, 1, 2),
)


def flat(picture: Png, space: str, most: int) -> Picture:
    """Return the page of any PNG; raise WireError when it is broken, or interlaced and over `most` bytes."""
    samples = (1 if space == GRAY8 else 3) if picture.has_alpha else picture.samples
    drawn = "/BitsPerComponent 8/ColorSpace/" + ("DeviceGray" if samples == 1 else "DeviceRGB")
    entries = drawn if picture.has_alpha else colors(picture, 8)
    strips = _interlaced(picture, most) if picture.interlaced else _strips(picture)
    strips = (_on_white(picture, strip, space) for strip in strips) if picture.has_alpha else strips
    parameters = f"/Predictor 12/Colors {samples}/BitsPerComponent 8/Columns {picture.width}"
    coded: "list[Piece]" = list(_deflated(strips, samples * picture.width))
    head = f"/Filter/FlateDecode/DecodeParms<<{parameters}>>{entries}"
    return wrapped(picture.width, picture.height, head, coded, picture.ppi)


def _deflated(strips: "Iterator[bytes]", stride: int) -> "Iterator[bytes]":
    """Yield rows coded anew, each as what it differs by from the one above: filter 2, Up."""
    deflate = zlib.compressobj(QUICK)
    above = bytes(stride)
    for strip in strips:
        differences = _minus(strip, above + strip[:-stride])
        above = strip[-stride:]
        rows = (differences[at : at + stride] for at in range(0, len(strip), stride))
        yield deflate.compress(UP + UP.join(rows))
    yield deflate.flush()


def _minus(these: bytes, those: bytes) -> bytes:
    """Return the differences of bytes, modulo 256, worked out as one great number whose bytes never borrow."""
    high = int.from_bytes(b"\x80" * len(these), "big")
    left, right = int.from_bytes(these, "big"), int.from_bytes(those, "big")
    return (((left | high) - (right & ~high)) ^ ((left ^ right ^ high) & high)).to_bytes(len(these), "big")


def _strips(picture: Png) -> "Iterator[bytes]":
    """Yield the rows of a picture, some at a time, its samples in bytes."""
    stride = _stride(picture, picture.width)
    rows = max(1, STRIP_BYTES // stride)
    above = bytes(stride)
    coded = _inflated(picture)
    for top in range(0, picture.height, rows):
        count = min(rows, picture.height - top)
        strip = _unfiltered(picture, picture.width, above, coded.take(count * (stride + 1)))
        above = strip[-stride:]
        yield _in_bytes(picture, strip, picture.width)


def _interlaced(picture: Png, most: int) -> "Iterator[bytes]":
    """Yield the rows of a picture that comes in seven passes."""
    width, samples = picture.width, picture.samples
    whole = width * samples
    check_whole("PNG is interlaced", whole * picture.height, most)
    rows = bytearray(whole * picture.height)
    coded = _inflated(picture)
    for part in ADAM7:
        columns, lines = -(-(width - part.left) // part.across), -(-(picture.height - part.top) // part.along)
        if columns < 1 or lines < 1:
            continue
        stride = _stride(picture, columns)
        strip = _unfiltered(picture, columns, bytes(stride), coded.take(lines * (stride + 1)))
        strip = _in_bytes(picture, strip, columns)
        for line in range(lines):
            _spread(rows, strip, line, part, (width, columns, samples))
    step = max(1, STRIP_BYTES // whole) * whole
    for at in range(0, len(rows), step):
        yield bytes(rows[at : at + step])


def _spread(rows: bytearray, strip: bytes, line: int, part: Pass, sizes: "tuple[int, int, int]") -> None:
    """Put a line of a pass where its pixels belong."""
    width, columns, samples = sizes
    start = (part.top + line * part.along) * width * samples
    end = start + width * samples
    pixels = strip[line * columns * samples : (line + 1) * columns * samples]
    for sample in range(samples):
        rows[start + part.left * samples + sample : end : part.across * samples] = pixels[sample::samples]


class _Inflated:
    """A PNG's rows, still filtered, as they come out of its data."""

    def __init__(self, data: "list[Piece]"):
        self._pieces = Pieces(data)
        self._at = 0
        self._stream = zlib.decompressobj()
        self._coded = b""

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes; raise WireError when there are fewer."""
        out = bytearray()
        while len(out) < count:
            if not self._coded:
                self._coded = self._next()
            try:
                out += self._stream.decompress(self._coded, count - len(out))
            except zlib.error:
                raise WireError(CUT) from None
            self._coded = self._stream.unconsumed_tail
            if self._stream.eof and len(out) < count:
                raise WireError(CUT)
        return bytes(out)

    def _next(self) -> bytes:
        piece = bytearray(min(READ_BYTES, self._pieces.length - self._at))
        if not piece or not self._pieces.read_into(self._at, memoryview(piece)):
            raise WireError(CUT)
        self._at += len(piece)
        return bytes(piece)


def _inflated(picture: Png) -> _Inflated:
    return _Inflated(picture.data)


def _stride(picture: Png, width: int) -> int:
    return (width * picture.samples * picture.depth + 7) // 8


def _unfiltered(picture: Png, width: int, above: bytes, filtered: bytes) -> bytes:
    """Return rows without their filters; `above` is the row that they go on from."""
    coded = zlib.compress(b"\0" + above + filtered, 0)
    parameters = f"/Predictor 15/Colors {picture.samples}/BitsPerComponent {picture.depth}/Columns {width}"
    rows = len(filtered) // (len(above) + 1) + 1
    entries = f"/Filter/FlateDecode/DecodeParms<<{parameters}>>/BitsPerComponent 8/ColorSpace/DeviceGray"
    with Document(wrapped(len(above), rows, entries, [coded], NO_PPI).pdf) as document:
        decoded = document.image_bytes(len(above) * rows)
    if len(decoded) != len(above) * rows:
        raise WireError(CUT)
    return decoded[len(above) :]


def _in_bytes(picture: Png, strip: bytes, width: int) -> bytes:
    """Return rows with a byte for each sample, whatever they have."""
    depth = picture.depth
    if depth == 16:
        return strip[::2]
    if depth == 8:
        return strip
    each, most = 8 // depth, (1 << depth) - 1
    scale = 1 if picture.kind == 3 else 255 // most
    table = [bytes((byte >> 8 - depth * (at + 1) & most) * scale for at in range(each)) for byte in range(256)]
    stride = _stride(picture, width)
    lines = (strip[at : at + stride] for at in range(0, len(strip), stride))
    return b"".join(b"".join([table[byte] for byte in line])[:width] for line in lines)


def _on_white(picture: Png, strip: bytes, space: str) -> bytes:
    """Return a strip with an alpha channel as it looks on white, in the bytes of `space`."""
    samples, width = picture.samples, picture.width
    rows = len(strip) // (samples * width)
    tints = bytearray(len(strip) // samples * (samples - 1))
    for sample in range(samples - 1):
        tints[sample :: samples - 1] = strip[sample::samples]
    entries = f"/BitsPerComponent 8/ColorSpace{PNG_KINDS[picture.kind][2]}"
    pdf = wrapped(width, rows, entries, [bytes(tints)], NO_PPI, opacity=strip[samples - 1 :: samples]).pdf
    canvas = Canvas(width, rows, space)
    canvas.clear(0, rows)
    with Document(pdf) as document:
        leaf = document.leaf(0)
        leaf.draw(canvas, Placed(0, 0, width, rows, 0, (0, 0, width, rows)))
        leaf.close()
    return bytes(canvas.bands(rows)[0])
