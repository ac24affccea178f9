"""What the tests of PWG and Apple raster share: documents in pieces, pages taken whole, pages to draw."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hypothesis import strategies as st

from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Page, Raster
from feedpath.back.pdl.source import Source
from feedpath.errors import WireError


class Pieces:
    """A document that comes in pieces of some sizes, over and over."""

    def __init__(self, document: bytes, *sizes: int):
        self._document = memoryview(document)
        self._sizes = sizes or (len(document) + 1,)
        self._peeks = 0
        self.asked_at_end = 0

    def peek(self, wanted: "Callable[[], bool]" = lambda: True) -> memoryview:
        self._peeks += 1
        self.asked_at_end += not self._document
        return self._document[: self._sizes[self._peeks % len(self._sizes)]]

    def took(self, count: int) -> None:
        self._document = self._document[count:]

    def descriptor(self) -> int:
        raise OSError


class Whole(NamedTuple):
    """A page whose bands stand together."""

    raster: Raster
    pixels: bytes


def whole(pages: "Iterable[Page]") -> "Iterator[Whole]":
    for page in pages:
        yield Whole(page.raster, b"".join(bytes(band) for band in page.bands))


def outcome(read: "Callable[[Source], Iterator[Page]]", document: bytes, *sizes: int) -> "tuple[list[Whole], str]":
    """Return the pages that a document has, and what is said of it when it is wrong."""
    pages = []
    try:
        for page in whole(read(Pieces(document, *sizes))):
            pages.append(page)
    except WireError as error:
        return pages, error.message
    return pages, ""


def page(raster: Raster, pixels: bytes, rows: int = 0) -> Page:
    """Return a page in bands of `rows`."""
    step = (rows or raster.band_rows) * raster.stride
    return Page(raster, (memoryview(pixels)[at : at + step] for at in range(0, len(pixels), step)))


@st.composite
def drawn(draw: st.DrawFn, spaces: "tuple[str, ...]" = (GRAY8, RGB24, BLACK1)) -> Whole:
    """Draw a small page with equal pixels and rows in it."""
    space = draw(st.sampled_from(spaces))
    raster = Raster(draw(st.integers(1, 40)), 1, space, size=(2000, 3000), sides="one-sided", copies=1)
    pad = 0xFF << (-raster.width % 8) & 0xFF if space == BLACK1 else 0xFF
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        row = draw(st.sampled_from((b"\0\0\0", b"\xff\xff\xff", b"abc", b""))) * raster.stride
        row = row[: raster.stride] or draw(st.binary(min_size=raster.stride, max_size=raster.stride))
        rows += [row[:-1] + bytes([row[-1] & pad])] * draw(st.sampled_from((1, 2, 300)))
    return Whole(raster._replace(height=len(rows)), b"".join(rows))
