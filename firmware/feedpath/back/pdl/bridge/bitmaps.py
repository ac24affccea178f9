"""Pages of CUPS raster become bitmaps of whole sheets: in black raw PBM (netpbm, pbm(5)), in four inks bitcmyk.

Encoders want the sheet from edge to edge and cut off themselves what cannot be printed of it. bitcmyk is Ghostscript's
device of that name: rows of four bits a pixel, cyan in the highest, without a header.
"""

import struct
from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

from feedpath.back.pdl.bridge.cupsraster import FIELDS, HEADER_BYTES, SYNC
from feedpath.errors import WireError

BAND_BYTES = 64 * 1024  # of the page that are set into its sheet at a time
SIZES_DIFFER = (
    "The document has pages of different sizes, and this printer takes one size in a job. Choose the paper, or print "
    "the pages of each size by themselves."
)


class Header(NamedTuple):
    """What is known of a page: the name of its sheet, its pixels, dots per inch across and down, bits of a pixel."""

    name: str
    width: int
    height: int
    resolution: "tuple[int, int]"
    bits: int = 1


class Placed(NamedTuple):
    """The pixels of a sheet, and where a page begins on it. left: whole bytes."""

    width: int
    height: int
    left: int
    top: int


class Bitmaps:
    """The bitmaps of a raster's pages. first: the header of the first, for which the raster is awaited.

    placed: says where a page goes. Iterating raises WireError for a page that is not like the first.
    """

    def __init__(self, raster: "Iterator[bytes | memoryview]", placed: "Callable[[Header], Placed]"):
        self._raster = raster
        self._placed = placed
        self._rest = bytearray()
        if self._take(len(SYNC)) != SYNC:
            raise WireError("There is no page to print.")
        first = self._header()
        if first is None:
            raise WireError("There is no page to print.")
        self.first = first

    def __iter__(self) -> "Generator[bytes | memoryview, None, None]":
        try:
            page: Header | None = self.first
            while page is not None:
                if page != self.first:
                    raise WireError(SIZES_DIFFER)
                yield from self._page(page)
                page = self._header()
        finally:
            if isinstance(self._raster, Generator):
                self._raster.close()

    def _page(self, page: Header) -> "Iterator[bytes | memoryview]":
        """Yield the bitmap of a page, some rows at a time."""
        sheet = self._placed(page)
        row, whole = (page.width * page.bits + 7) // 8, (sheet.width * page.bits + 7) // 8
        begin = sheet.left * page.bits // 8
        head = b"P4\n%d %d\n" % (sheet.width, sheet.height) if page.bits == 1 else b""
        if above := head + bytes(whole * sheet.top):
            yield above
        left = page.height
        while left:
            rows = min(left, max(1, BAND_BYTES // row))
            band = self._take(rows * row)
            if len(band) < rows * row:
                raise WireError("The raster ends in the middle of a page.")
            made = bytearray(rows * whole)
            for number in range(rows):
                at = number * whole + begin
                made[at : at + row] = band[number * row : (number + 1) * row]
            yield memoryview(made)
            left -= rows
        if below := sheet.height - sheet.top - page.height:
            yield bytes(whole * below)

    def _header(self) -> "Header | None":
        """Return the next page's header, None at the end."""
        head = self._take(HEADER_BYTES)
        if len(head) < HEADER_BYTES:
            return None
        values = struct.unpack(FORM, head)
        name = values[AT["cupsPageSizeName"]].split(b"\0")[0].decode("latin-1")
        resolution = values[AT["HWResolution"]], values[AT["HWResolution"] + 1]
        return Header(
            name, values[AT["cupsWidth"]], values[AT["cupsHeight"]], resolution, values[AT["cupsBitsPerPixel"]]
        )

    def _take(self, count: int) -> bytearray:
        """Return the next bytes, fewer at the end."""
        while len(self._rest) < count:
            piece = next(self._raster, None)
            if piece is None:
                break
            self._rest += piece
        taken = self._rest[:count]
        del self._rest[:count]
        return taken


def _places() -> "dict[str, int]":
    """Return where each field begins among a header's values."""
    places, at = {}, 0
    for name, form in FIELDS:
        places[name] = at
        at += 1 if form.endswith("s") or form[:-1] == "" else int(form[:-1])
    return places


FORM = "=" + "".join(form for _, form in FIELDS)
AT = _places()
