"""PostScript out, level 2 or 3: pages as images in a document with structure comments.

Sources: PostScript Language Reference, third edition (PLRM): 3.13 filters, 4.10 images, 6 device control; Adobe TN
5001, Document Structuring Conventions 3.0 (DSC); Adobe TN 5009, Serial and Parallel Communications Protocols.

Each band becomes an image of its own, without the white rows around it, so that a page needs no memory here and little
there, and white bands are not sent at all. Before its data an image says how many bytes they are (SubFileDecode), so
that nothing is read too far and nothing stays behind. What is asked of the machine stands in `stopped`, one request at
a time: a machine that lacks one prints all the same.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from feedpath.back.pdl import pjl
from feedpath.back.pdl.kernels import bits
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Page, Raster, Setup

CTRL_D = b"\x04"  # TN 5009, 2.2: end of file in the standard protocol

FLATE = 1  # zlib's level: what a better one saves, USB 2 carries in less time than it takes
RUN_END = b"\x80"  # PLRM 3.13.3, RunLengthDecode
POINTS, MM_100_PER_INCH = 72, 2540
TEXT_MOST = 230  # characters of a name, as it is written: a line of a document has at most 255 (DSC 3)
SIDES = {  # IPP's keyword: the words of a PPD for it (PPD 4.3, 5.3), Duplex, Tumble
    "one-sided": ("None", "false", "false"),
    "two-sided-long-edge": ("DuplexNoTumble", "true", "false"),
    "two-sided-short-edge": ("DuplexTumble", "true", "true"),
}
BY_HAND = frozenset(("manual", "by-pass-tray"))  # media-source keywords whose sheets someone puts in one by one
SPACES = {BLACK1: "fpBlack", GRAY8: "fpGray", RGB24: "fpColor"}
WHITE = {BLACK1: b"\0", GRAY8: b"\xff", RGB24: b"\xff"}


class Traits(NamedTuple):
    """How a machine wants its PostScript.

    level: 2 or 3. binary: data as they are, for a channel that knows no control characters. The standard protocol of
    printers takes ^C, ^D, ^T and others out of the data on USB as on parallel cables (TN 5009, 2.2), so that ASCII85
    is what is always safe; TBCP quoting is not used. ctrl_d: ^D ends the job, where PJL does not. pjl: the job stands
    in PJL, so that the machine tells when it is out. resolution: HWResolution is set. positions: MediaPosition by
    media-source keyword. types: MediaType by media-type keyword, as the machine names it.
    """

    level: int = 3
    binary: bool = False
    ctrl_d: bool = True
    pjl: bool = False
    resolution: bool = True
    positions: "Mapping[str, int]" = MappingProxyType({})
    types: "Mapping[str, str]" = MappingProxyType({})


class Request(NamedTuple):
    """Something asked of the machine: a PPD's main keyword and option for it, and the PostScript that asks."""

    keyword: str
    option: str
    code: str


DEFAULT = Traits()

PROLOG = """\
%%BeginProlog
/fpAsk { mark exch stopped cleartomark } bind def
/fpImages 12 dict def
fpImages begin /ImageType 1 def /Interpolate false def end
/fpGray { /DeviceGray setcolorspace fpImages begin /BitsPerComponent 8 def /Decode [0 1] def end } bind def
/fpColor { /DeviceRGB setcolorspace fpImages begin /BitsPerComponent 8 def /Decode [0 1 0 1 0 1] def end } bind def
/fpBlack { /DeviceGray setcolorspace fpImages begin /BitsPerComponent 1 def /Decode [1 0] def end } bind def
% height xdpi ydpi fpPage -: a unit is a dot, from the upper left corner on, which is put on one of the machine's dots
/fpPage {
  72 exch div exch 72 exch div 3 -1 roll
  0 exch transform round exch round exch itransform translate
  exch neg scale
} bind def
% width rows top bytes fpBand -: an image whose data follow
/fpBand {
  fpImages begin
  /fpData currentfile 3 -1 roll () /SubFileDecode filter def
  neg /fpTop exch def /ImageMatrix [1 0 0 1 0 fpTop] def
  /Height exch def /Width exch def
  /DataSource fpData@FILTERS@ def
  currentdict end image
  fpImages /fpData get flushfile
} bind def
%%EndProlog
"""
FILTERS = {  # by level, and whether data are binary
    (2, False): " /ASCII85Decode filter /RunLengthDecode filter",
    (2, True): " /RunLengthDecode filter",
    (3, False): " /ASCII85Decode filter /FlateDecode filter",
    (3, True): " /FlateDecode filter",
}


def encode(pages: "Iterable[Page]", setup: Setup, traits: Traits = DEFAULT) -> "Iterator[bytes]":
    """Yield `pages` as one document; nothing when there are none."""
    asked: "dict[str, str]" = {}
    number, width, length = 0, 0, 0
    for number, page in enumerate(pages, 1):
        news = [request for request in _requests(page.raster, setup, traits) if _is_new(request, asked)]
        if number == 1:
            yield pjl.start(pjl.POSTSCRIPT, setup.name, setup.user) if traits.pjl else b""
            yield _head(setup, traits)
            yield _section("Setup", _asking(news))
            news = []
        across, down = points(page.raster)
        width, length = max(width, across), max(length, down)
        yield _page_head(number, page.raster, _asking(news))
        yield from _images(page, traits)
        yield b"showpage\nfpSaved restore\n"
    if number:
        tail = f"%%Trailer\n%%BoundingBox: 0 0 {width} {length}\n%%Pages: {number}\n%%EOF\n"
        yield tail.encode() + (pjl.end(setup.name) if traits.pjl else CTRL_D if traits.ctrl_d else b"")


def abort(traits: Traits = DEFAULT) -> bytes:
    """Return the bytes that end a broken job: PJL where the machine knows it, else ^D; none where neither is heard."""
    if traits.pjl:
        return pjl.abort(pjl.POSTSCRIPT)
    return b"" if traits.binary else CTRL_D


def points(raster: Raster) -> "tuple[int, int]":
    """Return width and length of the sheet in whole points, as a PPD has them; of the pixels where no size is told."""
    if all(raster.size):
        across, down = (side * POINTS / MM_100_PER_INCH for side in raster.size)
    else:
        across, down = (dots * POINTS / dpi for dots, dpi in zip((raster.width, raster.height), raster.resolution))
    return max(1, round(across)), max(1, round(down))


def _requests(raster: Raster, setup: Setup, traits: Traits) -> "Iterator[Request]":
    """Yield what this page asks of the machine; what was asked before goes on holding (PLRM 6.1)."""
    if traits.resolution:
        across, down = raster.resolution
        yield _device("Resolution", f"{across}x{down}dpi", f"/HWResolution [{across} {down}]")
    source = raster.source or setup.source
    by_hand = source in BY_HAND and source not in traits.positions
    yield _device("ManualFeed", str(by_hand), f"/ManualFeed {str(by_hand).lower()}")
    if traits.positions:
        position = traits.positions.get(source, "null")
        yield _device("InputSlot", "Auto" if position == "null" else source, f"/MediaPosition {position}")
    if traits.types:
        kind = raster.type or setup.type
        known = kind in traits.types
        entry = _string(traits.types[kind]) if known else "null"
        yield _device("MediaType", kind if known else "Any", f"/MediaType {entry}")
    across, down = points(raster)
    yield _device("PageSize", f"w{across}h{down}", f"/PageSize [{across} {down}]")
    option, duplex, tumble = SIDES.get(raster.sides or setup.sides, SIDES["one-sided"])
    yield _device("Duplex", option, f"/Duplex {duplex} /Tumble {tumble}")
    copies = raster.copies or setup.copies
    if copies > 1:
        yield _device("Collate", str(setup.collate), f"/Collate {str(setup.collate).lower()}")
    code = f"{{ << /NumCopies {copies} >> setpagedevice }} stopped {{ userdict /#copies {copies} put }} if"
    yield Request("NumCopies", str(copies), code)


def _device(keyword: str, option: str, entries: str) -> Request:
    return Request(keyword, option, f"<< {entries} >> setpagedevice")


def _is_new(request: Request, asked: "dict[str, str]") -> bool:
    """Return whether it was not the last request of its keyword, and note it: each costs time, some an empty back."""
    new = asked.get(request.keyword) != request.code
    asked[request.keyword] = request.code
    return new


def _asking(requests: "Iterable[Request]") -> str:
    return "".join(
        f"%%BeginFeature: *{keyword} {option}\n{{ {code} }} fpAsk\n%%EndFeature\n" for keyword, option, code in requests
    )


def _section(name: str, body: str) -> bytes:
    return f"%%Begin{name}\n{body}%%End{name}\n".encode("ascii")


def _head(setup: Setup, traits: Traits) -> bytes:
    lines = (
        "%!PS-Adobe-3.0",
        f"%%Title: {_string(setup.name)}" if setup.name else "",
        "%%Creator: feedpath",
        f"%%For: {_string(setup.user)}" if setup.user else "",
        f"%%LanguageLevel: {traits.level}",
        f"%%DocumentData: {'Binary' if traits.binary else 'Clean7Bit'}",
        "%%BoundingBox: (atend)",
        "%%Pages: (atend)",
        "%%EndComments",
        PROLOG.replace("@FILTERS@", FILTERS[traits.level, traits.binary]),
    )
    return "\n".join(filter(None, lines)).encode("ascii")


def _page_head(number: int, raster: Raster, asking: str) -> bytes:
    across, down = points(raster)
    begin = f"/fpSaved save def\n{down} {raster.resolution[0]} {raster.resolution[1]} fpPage\n{SPACES[raster.space]}\n"
    head = f"%%Page: {number} {number}\n%%PageBoundingBox: 0 0 {across} {down}\n"
    return head.encode() + _section("PageSetup", asking + begin)


def _string(text: str) -> str:
    """Return `text` as a PostScript string in ASCII: what is not printable there in octal, what is not Latin-1 as ?."""
    plain = frozenset(range(32, 127)).difference(b"()\\")
    written = ""
    for code in text[:TEXT_MOST].encode("latin-1", "replace"):
        written += chr(code) if code in plain else f"\\{code:03o}"
        if len(written) > TEXT_MOST:
            break
    return f"({written})"


def _images(page: Page, traits: Traits) -> "Iterator[bytes]":
    """Yield each band that is not white as an image, without the white rows before and after what is in it."""
    raster = page.raster
    white = WHITE[raster.space]
    top = 0
    for band in page.bands:
        rows = bytes(band)
        first, end = bits.inked(rows, raster.stride, white)
        if first < end:
            yield _image(raster, top + first, rows[first * raster.stride : end * raster.stride], traits)
        top += len(rows) // raster.stride


def _image(raster: Raster, top: int, rows: bytes, traits: Traits) -> bytes:
    packed = zlib.compress(rows, FLATE) if traits.level > 2 else bytes(bits.runlength(rows)) + RUN_END
    data = packed if traits.binary else bits.ascii85(packed)
    call = f"{raster.width} {len(rows) // raster.stride} {top} {len(data)} fpBand\n".encode()
    kind = "Binary" if traits.binary else "ASCII"
    return b"%%%%BeginData: %d %s Bytes\n%b%b\n%%%%EndData\n" % (len(call) + len(data), kind.encode(), call, data)
