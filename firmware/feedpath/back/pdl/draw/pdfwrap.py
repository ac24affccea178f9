"""A PDF around what is none: objects one after another (ISO 32000-1, 7.5), whose streams may be parts of files.

A picture or font is not copied into it: whoever reads the PDF reads it from where it stands.
"""

from collections.abc import Iterable, Sequence
from typing import BinaryIO, NamedTuple

HEAD = b"%PDF-1.7\n"
POINTS_PER_INCH = 72
TO_POINTS = POINTS_PER_INCH / 2540  # from hundredths of a millimetre


class Part(NamedTuple):
    """Some bytes of a file."""

    file: BinaryIO
    offset: int
    length: int


Piece = bytes | Part


class Pieces:
    """Bytes that stand in several places, read as if they were one file."""

    def __init__(self, pieces: "Iterable[Piece]"):
        self._pieces: "list[tuple[int, Piece]]" = []
        self.length = 0
        for piece in pieces:
            self._pieces.append((self.length, piece))
            self.length += size(piece)

    def read_into(self, offset: int, view: memoryview) -> bool:
        """Fill `view` with the bytes from `offset` on; return whether all of them are there."""
        for start, piece in self._pieces:
            if view and start <= offset < start + size(piece):
                count = _copy(piece, offset - start, view)
                offset, view = offset + count, view[count:]
        return not view


def size(piece: Piece) -> int:
    """Return how many bytes it is."""
    return piece.length if isinstance(piece, Part) else len(piece)


def _copy(piece: Piece, at: int, view: memoryview) -> int:
    view = view[: size(piece) - at]
    if isinstance(piece, bytes):
        view[:] = piece[at : at + len(view)]
        return len(view)
    piece.file.seek(piece.offset + at)
    came = 0
    while came < len(view) and (count := piece.file.readinto(view[came:])):  # type: ignore[attr-defined]
        came += count
    return came


class Pdf:
    """A PDF of one page, put together."""

    def __init__(self) -> None:
        self._pieces: "list[Piece]" = [HEAD]
        self._length = len(HEAD)
        self._offsets: "list[int]" = []

    def add(self, entries: str, stream: "Sequence[Piece] | None" = None) -> int:
        """Add an object of the dictionary `entries`, and a stream if there is one; return its number."""
        self._offsets.append(self._length)
        number = len(self._offsets)
        if stream is None:
            self._put(b"%d 0 obj\n<<%s>>\nendobj\n" % (number, entries.encode()))
            return number
        length = sum(map(size, stream))
        self._put(b"%d 0 obj\n<<%s/Length %d>>\nstream\n" % (number, entries.encode(), length))
        for piece in stream:
            self._put(piece)
        self._put(b"\nendstream\nendobj\n")
        return number

    def page(self, width: float, height: float, resources: str, content: bytes) -> Pieces:
        """End the PDF with a page of this size in points; return all of it."""
        contents = self.add("", [content])
        tree = contents + 2
        entries = f"/Type/Page/Parent {tree} 0 R/MediaBox[0 0 {width:.4f} {height:.4f}]/Contents {contents} 0 R"
        page = self.add(f"{entries}/Resources<<{resources}>>")
        self.add(f"/Type/Pages/Count 1/Kids[{page} 0 R]")
        root = self.add(f"/Type/Catalog/Pages {tree} 0 R")
        start = self._length
        table = b"".join(b"%010d 00000 n \n" % offset for offset in self._offsets)
        count = len(self._offsets) + 1
        self._put(b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table))
        self._put(b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, root, start))
        return Pieces(self._pieces)

    def _put(self, piece: Piece) -> None:
        self._pieces.append(piece)
        self._length += size(piece)
