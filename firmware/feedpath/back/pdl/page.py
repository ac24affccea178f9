"""Pages on their way from a document to a machine: what is known of each, and its pixels in bands of whole rows.

Readers of raster documents and the renderer give pages, printer languages take them, and what stands between (fitting,
colour, halftones) does both. Pages come one after another, their bands too, so that a page is never whole in memory.
"""

from collections.abc import Iterator
from typing import NamedTuple

GRAY8, RGB24, BLACK1 = "gray8", "rgb24", "black1"
BITS = {GRAY8: 8, RGB24: 24, BLACK1: 1}  # of a pixel
BAND_BYTES = 256 * 1024  # a band holds about so much, at least one row
MM_100_PER_INCH = 2540


class Raster(NamedTuple):
    """What is known of a page before its pixels.

    space: GRAY8 is sGray (0 black, 255 white), RGB24 sRGB, BLACK1 one bit a pixel (1 black, the leftmost in the
    highest bit). width, height: in pixels; each row takes `stride` bytes, BLACK1's last byte is filled up with zeros.
    resolution: dots per inch, cross-feed and feed. size: of the sheet in hundredths of a millimetre. media: its PWG
    5101.1 name, "" when only the size is known. sides: IPP's keyword. total: pages of the document, 0 when not told.
    number: which page of the document it is, or the first on it, from 1; 0 when not told. copies, source, type,
    quality: as asked for this page; "" and 0 where the document does not say.
    """

    width: int
    height: int
    space: str = GRAY8
    resolution: "tuple[int, int]" = (600, 600)
    size: "tuple[int, int]" = (0, 0)
    media: str = ""
    sides: str = ""
    total: int = 0
    number: int = 0
    copies: int = 0
    source: str = ""
    type: str = ""
    quality: str = ""

    @property
    def stride(self) -> int:
        """Return the bytes of a row."""
        return (self.width * BITS[self.space] + 7) // 8

    @property
    def band_rows(self) -> int:
        """Return how many rows a band of this page has; the last one may have fewer."""
        return max(1, BAND_BYTES // max(1, self.stride))


class Page(NamedTuple):
    """One page. bands: memoryviews of whole rows, top to bottom, each good until the next is asked for.

    Who takes a page takes all its bands before the next page is asked for.
    """

    raster: Raster
    bands: "Iterator[memoryview]"


class Setup(NamedTuple):
    """What was asked of a whole job, in IPP's keywords; a page's own words go before these.

    name, user: for the machine's own display. collate: whether copies come set by set.
    """

    copies: int = 1
    collate: bool = True
    sides: str = "one-sided"
    media: str = ""
    source: str = "auto"
    type: str = "stationery"
    quality: str = "normal"
    color: bool = True
    name: str = ""
    user: str = ""
