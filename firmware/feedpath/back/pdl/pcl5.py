"""PCL 5: pages of black dots, and of colour as PCL 5c.

HP, PCL 5 Printer Language Technical Reference Manual (chapters 2, 4, 5, 6 and 15) and PCL 5 Color Technical Reference
Manual (chapters 2 and 6). A colour page is device RGB, direct by pixel, eight bits a primary: what PCL 5c machines of
HP and Brother take alike, and what needs no palette. Missing rows and bytes are black there, so that white ones are
sent too. Adaptive compression (method 5) would save 2 to 3 % and is not on all machines: each row has its own command.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from feedpath.back.pdl import pjl
from feedpath.back.pdl.kernels import pcl
from feedpath.back.pdl.page import BLACK1, MM_100_PER_INCH, RGB24, Page, Raster, Setup
from feedpath.errors import Unprintable, WireError

RESET = b"\x1bE"
EDGE_DPI = 300  # HP tells the edges of the logical page in dots of 1/300 inch
DECIPOINTS_PER_INCH = 720
ROWS_MOST = 32767  # of a page; also the bytes of a row
TRANSFER_SPARE = 4  # bytes that a row may take beyond its own: what a switch to its method would cost
UNKNOWN_MODE = -1  # End Raster Graphics sets the method back, but not on all machines
RGB_BYTES = 3
DEVICE_RGB_BY_PIXEL = b"\x1b*v6W\x00\x03\x08\x08\x08\x08"  # Configure Image Data; bits of an index, and of primaries
BLACK_PALETTE = b"\x1b*r1U"  # Simple Color: one plane, black


class Size(NamedTuple):
    """A paper: its Page Size code, and how far in its logical page begins, in 1/300 inch."""

    code: int
    edge: int


US_EDGE, METRIC_EDGE = 75, 71
CUSTOM = Size(101, US_EDGE)  # "Custom": HP LaserJet 2200 manual, appendix D; its edge as Ghostscript's PCL has it

SIZES = {  # HP, Page Size Command; edges by figure 2-4. * not there: CUPS rastertohp; ** Gutenprint print-pcl.c
    "na_executive_7.25x10.5in": Size(1, US_EDGE),
    "na_letter_8.5x11in": Size(2, US_EDGE),
    "na_legal_8.5x14in": Size(3, US_EDGE),
    "na_ledger_11x17in": Size(6, US_EDGE),
    "iso_a5_148x210mm": Size(25, METRIC_EDGE),  # *
    "iso_a4_210x297mm": Size(26, METRIC_EDGE),
    "iso_a3_297x420mm": Size(27, METRIC_EDGE),
    "jis_b5_182x257mm": Size(45, METRIC_EDGE),  # **
    "jpn_hagaki_100x148mm": Size(71, METRIC_EDGE),  # HP LaserJet 2200 manual, appendix D
    "na_monarch_3.875x7.5in": Size(80, US_EDGE),
    "na_number-10_4.125x9.5in": Size(81, US_EDGE),
    "iso_dl_110x220mm": Size(90, METRIC_EDGE),
    "iso_c5_162x229mm": Size(91, METRIC_EDGE),
    "iso_b5_176x250mm": Size(100, METRIC_EDGE),
}
SOURCES = {  # HP, Paper Source Command; trays as later LaserJets number them (M601 manual, table 5-1)
    "auto": 7,
    "main": 1,
    "manual": 2,
    "envelope": 6,
    "by-pass-tray": 4,
    "tray-1": 4,
    "tray-2": 1,
    "tray-3": 5,
    "tray-4": 8,
}
SIDES = {"one-sided": 0, "two-sided-long-edge": 1, "two-sided-short-edge": 2}  # Simplex/Duplex Print Command


class Traits(NamedTuple):
    """What a machine can.

    sizes: PWG 5101.1 name -> paper; others go as CUSTOM, whose measures PJL tells. margins: left, right, top, bottom,
    in hundredths of a millimetre, which no machine prints on: left and right are outside its logical page.
    collates: whether PJL's QTY makes copies set by set.
    """

    resolutions: "tuple[int, ...]" = (300, 600)
    duplex: bool = False
    sources: "Mapping[str, int]" = SOURCES
    sizes: "Mapping[str, Size]" = SIZES
    color: bool = False
    pjl: bool = True
    collates: bool = False
    margins: "tuple[int, int, int, int]" = (635, 635, 423, 423)


class Copies(NamedTuple):
    """How copies are made: of each page, of the whole job by PJL, and how often the document itself has to be sent."""

    pages: int
    sets: int
    documents: int


def copies(raster: Raster, setup: Setup, traits: Traits) -> Copies:
    """Return how the machine makes the copies that are asked for, by what is known when the first page comes."""
    asked = raster.copies or setup.copies
    if asked == 1 or not setup.collate or raster.total == 1:
        return Copies(asked, 1, 1)
    if traits.pjl and traits.collates:
        return Copies(1, asked, 1)
    return Copies(1, 1, asked)


def encode(pages: "Iterable[Page]", setup: Setup, traits: Traits) -> "Iterator[bytes | memoryview]":
    """Yield a job of `pages`, which are BLACK1, or RGB24 where the machine has colour; raise WireError for others.

    What `copies` leaves to be sent again is not sent again here. A page's own resolution, size, sides and source hold.
    """
    job = _Job(setup, traits)
    for page in pages:
        place = _place(page.raster, setup, traits)
        yield job.page(page.raster, place)
        if place.sent and place.height:
            yield from _rows(page, place)
            yield b"\x1b*rC"
        else:
            for _ in page.bands:
                pass
        yield b"\f"
    if job.began:
        yield job.end()


def abort(traits: Traits, width: int = 0) -> bytes:
    """Return what ends a job that broke off, whose rows were at most `width` pixels wide (0: not known)."""
    row = width * RGB_BYTES if traits.color else (width + 7) // 8
    return pjl.abort(pjl.PCL, traits.pjl, row + TRANSFER_SPARE if width else pjl.TRANSFER_MOST)


class _Place(NamedTuple):
    """What of a page is sent, and where it goes.

    first, sent: bytes of each row; width in pixels; top, height: rows. x, y: where on the logical page, in pixels.
    shift: how far the logical page moves to the left for it, in pixels.
    """

    paper: Size
    first: int
    sent: int
    width: int
    top: int
    height: int
    x: int
    shift: int


def _place(raster: Raster, setup: Setup, traits: Traits) -> _Place:
    _check(raster, traits)
    dpi = raster.resolution[0]
    left, right, top, bottom = (-(-margin * dpi // MM_100_PER_INCH) for margin in traits.margins)
    paper = traits.sizes.get(raster.media or setup.media, CUSTOM)
    edge = paper.edge * dpi // EDGE_DPI
    end = max(raster.width - right, 0)
    if raster.space == BLACK1:
        first = (left + 7) // 8
        start, last = first * 8, raster.stride if not right else end // 8
        count = max(last - first, 0)
        width = min(count * 8, max(raster.width - start, 0))
    else:
        start, width = left, max(end - left, 0)
        first, count = start * RGB_BYTES, width * RGB_BYTES
    height = max(raster.height - top - bottom, 0)
    return _Place(paper, first, count, width, top, height, max(start - edge, 0), max(edge - start, 0))


def _check(raster: Raster, traits: Traits) -> None:
    if raster.space not in (BLACK1, RGB24)[: 1 + traits.color]:
        raise WireError(f"A page is {raster.space}; this machine takes {'rgb24 and ' if traits.color else ''}black1.")
    across, along = raster.resolution
    if across != along or across not in traits.resolutions:
        allowed = ", ".join(str(dpi) for dpi in traits.resolutions)
        raise WireError(f"A page has {across} x {along} dots per inch; this machine takes {allowed}.")
    if raster.stride + TRANSFER_SPARE > ROWS_MOST or raster.height > ROWS_MOST:
        raise Unprintable(f"A page has {raster.width} x {raster.height} pixels; PCL takes {ROWS_MOST} bytes and rows.")


class _Job:
    """What the machine was told so far of the job, so that a page says only what is new."""

    def __init__(self, setup: Setup, traits: Traits):
        self._setup = setup
        self._traits = traits
        self._settings: "dict[str, object] | None" = None
        self._layout = b""
        self._side = 0

    def page(self, raster: Raster, place: _Place) -> bytes:
        """Return what goes before a page's rows."""
        told = self._enter(raster, place)
        sides = raster.sides or self._setup.sides
        layout = self._lay_out(raster, place, sides)
        if layout != self._layout:
            self._layout, self._side = layout, 0
            told += layout
        self._side += 1
        return told + self._position(raster, place, sides)

    @property
    def began(self) -> bool:
        """Return whether there was a page."""
        return self._settings is not None

    def end(self) -> bytes:
        """Return what ends the job."""
        return RESET + (pjl.end(self._setup.name) if self._traits.pjl else b"")

    def _enter(self, raster: Raster, place: _Place) -> bytes:
        """Return what begins the job, or sets PJL's variables anew for a page that needs others."""
        settings = self._variables(raster, place) if self._traits.pjl else {}
        if settings == self._settings:
            return b""
        began, self._settings, self._layout = self.began, settings, b""
        if not self._traits.pjl:
            return RESET
        if began:
            return RESET + pjl.again(pjl.PCL, settings) + RESET
        return pjl.start(pjl.PCL, self._setup.name, self._setup.user, settings) + RESET

    def _variables(self, raster: Raster, place: _Place) -> "dict[str, object]":
        settings: "dict[str, object]" = {"RESOLUTION": raster.resolution[0]}
        if self._setup.quality == "draft":
            settings["ECONOMODE"] = "ON"
        sets = copies(raster, self._setup, self._traits).sets
        if sets > 1:
            settings["QTY"] = sets
        if place.paper == CUSTOM:
            for key, length, dots in zip(("PAPERWIDTH", "PAPERLENGTH"), raster.size, (raster.width, raster.height)):
                inches = length / MM_100_PER_INCH if length else dots / raster.resolution[0]
                settings[key] = round(inches * DECIPOINTS_PER_INCH)
        return settings

    def _lay_out(self, raster: Raster, place: _Place, sides: str) -> bytes:
        """Return copies, sides, source, size, portrait, no top margin, no perforation to skip."""
        source = self._traits.sources.get(raster.source or self._setup.source, SOURCES["auto"])
        duplex = b"%ds" % SIDES.get(sides, 0) if self._traits.duplex else b""
        made = copies(raster, self._setup, self._traits).pages
        return b"\x1b&l%dx%s%dh%da0o0e0L" % (made, duplex, source, place.paper.code)

    def _position(self, raster: Raster, place: _Place, sides: str) -> bytes:
        """Return units, the place of the raster, its size and its start."""
        dpi = raster.resolution[0]
        told = b""
        if place.shift:
            back = self._traits.duplex and sides == "two-sided-long-edge" and self._side % 2 == 0
            told = b"\x1b&l%.2fU" % ((1 if back else -1) * place.shift * DECIPOINTS_PER_INCH / dpi)
        told += b"\x1b&u%dD\x1b*p%dx%dY\x1b*t%dR" % (dpi, place.x, place.top, dpi)
        if not place.sent or not place.height:
            return told
        if raster.space == RGB24:
            return told + DEVICE_RGB_BY_PIXEL + b"\x1b*r0f%ds1A" % place.width
        palette = BLACK_PALETTE if self._traits.color else b""
        return told + palette + b"\x1b*r0f%ds%dt1A" % (place.width, place.height)


def _rows(page: Page, place: _Place) -> "Iterator[memoryview]":
    """Yield the rows of a page between its margins."""
    raster = page.raster
    stride, count = raster.stride, place.sent
    blank = (b"\0" if raster.space == BLACK1 else b"\xff") * count
    seed = bytearray(count)
    scratch = bytearray(pcl.scratch_bytes(count))
    state = array("i", (UNKNOWN_MODE, 0))
    out = memoryview(b"")
    row, bottom = 0, place.top + place.height
    for band in page.bands:
        rows = len(band) // stride
        wanted = band[max(place.top - row, 0) * stride : max(bottom - row, 0) * stride]
        row += rows
        if not wanted:
            continue
        needed = pcl.room(len(wanted) // stride, count, raster.height)
        if len(out) < needed:
            out = memoryview(bytearray(needed))
        used = pcl.rows(wanted, stride, place.first, blank, seed, scratch, state, out)
        if used:
            yield out[:used]
