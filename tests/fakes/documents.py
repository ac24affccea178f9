"""Makes the documents that tests print, and reads raster back page by page.

PDF and PostScript by hand, JPEG (baseline, ITU T.81) of flat 8 x 8 blocks, PWG raster (PWG 5102.4), URF (Apple raster).
Everything is a pure function of its arguments: the same call gives the same bytes.
"""

import itertools
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

PAPERS = {  # points
    "a4": (595.276, 841.89),
    "letter": (612.0, 792.0),
    "4x6": (288.0, 432.0),
    "a4 lying": (841.89, 595.276),
}


def text(pages: int = 1) -> bytes:
    """Return plain text, each page but the last ended by a form feed."""
    return b"\f".join(b"Page %d of %d\r\nThe quick brown fox.\r\n" % (n + 1, pages) for n in range(pages))


def pdf(pages: int = 1, paper: str = "a4") -> bytes:
    """Return a PDF 1.4 whose pages say which they are."""
    width, height = PAPERS[paper]
    kids = " ".join("%d 0 R" % (4 + 2 * n) for n in range(pages))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count %d /Kids [%s] /MediaBox [0 0 %g %g] >>" % (pages, kids, width, height),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n in range(pages):
        content = "BT /F1 24 Tf 72 %g Td (Page %d of %d) Tj ET" % (height - 96, n + 1, pages)
        resources = "/Resources << /Font << /F1 3 0 R >> >>"
        objects.append("<< /Type /Page /Parent 2 0 R %s /Contents %d 0 R >>" % (resources, 5 + 2 * n))
        objects.append("<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body.encode())
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def postscript(pages: int = 1, paper: str = "a4") -> bytes:
    """Return a conforming PostScript document (DSC 3.0)."""
    width, height = PAPERS[paper]
    lines = ["%!PS-Adobe-3.0", "%%%%BoundingBox: 0 0 %d %d" % (round(width), round(height)), "%%%%Pages: %d" % pages]
    lines += ["%%EndComments", "<< /PageSize [%g %g] >> setpagedevice" % (width, height)]
    for n in range(pages):
        lines += ["%%%%Page: %d %d" % (n + 1, n + 1), "/Helvetica findfont 24 scalefont setfont"]
        lines += ["72 %g moveto (Page %d of %d) show" % (height - 96, n + 1, pages), "showpage"]
    return ("\n".join([*lines, "%%EOF"]) + "\n").encode()


def jpeg(width: int = 320, height: int = 240, color: bool = True) -> bytes:
    """Return a baseline JPEG (JFIF) of flat 8 x 8 blocks, in YCbCr without subsampling or in grey."""
    components = 3 if color else 1
    out = b"\xff\xd8" + _segment(0xE0, b"JFIF\0" + struct.pack(">BBBHHBB", 1, 1, 1, 72, 72, 0, 0))
    out += _segment(0xDB, bytes([0] + [8] * 64))  # divisor 8: a flat block's DC coefficient is its mean - 128
    frame = b"".join(bytes([n + 1, 0x11, 0]) for n in range(components))
    out += _segment(0xC0, struct.pack(">BHHB", 8, height, width, components) + frame)
    out += _segment(0xC4, bytes([0x00, 0, 0, 0, 9] + [0] * 12 + list(range(9))))  # DC: nine codes of four bits
    out += _segment(0xC4, bytes([0x10, 1] + [0] * 15 + [0]))  # AC: one code, "0", end of block
    scan = b"".join(bytes([n + 1, 0x00]) for n in range(components))
    out += _segment(0xDA, bytes([components]) + scan + bytes([0, 63, 0]))
    return out + _entropy(-(-width // 8), -(-height // 8), components) + b"\xff\xd9"


def lying_jpeg(width: int, height: int) -> bytes:
    """Return a JPEG that says to be so many pixels large, and has a few of them."""
    whole = jpeg(16, 16)
    frame = whole.index(b"\xff\xc0") + 5
    return whole[:frame] + struct.pack(">HH", height, width) + whole[frame + 4 :]


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _entropy(columns: int, rows: int, components: int) -> bytes:
    bits = []
    last = [0] * components
    for row, column in itertools.product(range(rows), range(columns)):
        for n in range(components):
            level = (row * 7 + column * (5 + 3 * n)) % 192 - 96
            difference, last[n] = level - last[n], level
            size = abs(difference).bit_length()
            bits.append(format(size, "04b"))
            if size:  # negative differences are sent as one's complement (T.81 F.1.2.1)
                bits.append(format(difference if difference > 0 else difference + (1 << size) - 1, "0%db" % size))
            bits.append("0")
    joined = "".join(bits)
    joined += "1" * (-len(joined) % 8)
    return int(joined, 2).to_bytes(len(joined) // 8, "big").replace(b"\xff", b"\xff\x00")


class Kind(NamedTuple):
    """A raster type: bits of a pixel and of a colour, colour spaces (None where the format has none), white."""

    bits: int
    depth: int
    pwg_space: int  # cupsColorSpace
    urf_space: "int | None"
    white: int  # the byte of an empty pixel


KINDS = {
    "black_1": Kind(1, 1, 3, None, 0x00),
    "sgray_8": Kind(8, 8, 18, 0, 0xFF),
    "srgb_8": Kind(24, 8, 19, 1, 0xFF),
    "srgb_16": Kind(48, 16, 19, None, 0xFF),
    "cmyk_8": Kind(32, 8, 6, None, 0x00),
}


def pwg(kind: str = "sgray_8", paper: str = "a4", dpi: int = 150, pages: int = 1) -> bytes:
    """Return PWG raster of striped pages."""
    width, height = _pixels(paper, dpi)
    page = _pwg_header(KINDS[kind], paper, width, height, dpi, pages) + _stripes(KINDS[kind], width, height)
    return b"RaS2" + page * pages


def urf(kind: str = "sgray_8", paper: str = "a4", dpi: int = 300, pages: int = 1) -> bytes:
    """Return URF of striped pages; `kind` is sgray_8 or srgb_8."""
    width, height = _pixels(paper, dpi)
    row = KINDS[kind]
    if row.urf_space is None:
        raise ValueError("URF has no %s" % kind)
    header = struct.pack(">BBBBIIIIII", row.bits, row.urf_space, 1, 4, 0, 0, width, height, dpi, 0) + bytes(4)
    return b"UNIRAST\0" + struct.pack(">I", pages) + (header + _stripes(row, width, height)) * pages


def _pixels(paper: str, dpi: int) -> "tuple[int, int]":
    width, height = PAPERS[paper]
    return int(width * dpi / 72), int(height * dpi / 72)


def _pwg_header(kind: Kind, paper: str, width: int, height: int, dpi: int, pages: int) -> bytes:
    header = bytearray(1796)
    header[0:9] = b"PwgRaster"

    def put(offset: int, *values: int) -> None:
        struct.pack_into(">%dI" % len(values), header, offset, *values)

    put(276, dpi, dpi)  # HWResolution
    put(340, 1)  # NumCopies
    put(352, *(round(side) for side in PAPERS[paper]))  # PageSize
    put(372, width, height)
    put(384, kind.depth, kind.bits, _row_bytes(kind.bits, width), 0, kind.pwg_space)
    put(420, kind.bits // kind.depth)  # NumColors
    put(452, pages, 1, 1, 0, 0, width, height)  # TotalPageCount, transforms, ImageBox
    put(452 + 8 * 4, 4)  # PrintQuality: normal
    return bytes(header)


def _row_bytes(bits: int, width: int) -> int:
    return -(-bits * width // 8)


def _stripes(kind: Kind, width: int, height: int) -> bytes:
    """Return the coded lines of a page: bands of 64 lines, white and dark in turn, with a ramp in the dark ones."""
    size = max(1, kind.bits // 8)
    count = _row_bytes(kind.bits, width) // size
    white = bytes([kind.white]) * count * size
    ramp = b"".join(bytes([n % 200]) * size for n in range(min(count, 200)))
    ramp += white[len(ramp) :]
    coded = {False: packbits(white, size), True: packbits(ramp, size)}
    out = bytearray()
    for top in range(0, height, 64):
        out.append(min(64, height - top) - 1)
        out += coded[top // 64 % 2 == 1]
    return bytes(out)


def packbits(line: bytes, size: int) -> bytes:
    """Return `line` coded by pixels of `size` bytes (PWG 5102.4, 4.4)."""
    out = bytearray()
    literal: "list[bytes]" = []

    def flush() -> None:
        while literal:
            piece = literal[:128]
            del literal[:128]
            out.append(257 - len(piece) if len(piece) > 1 else 0)
            out.extend(b"".join(piece))

    pixels = (line[at : at + size] for at in range(0, len(line), size))
    for pixel, group in itertools.groupby(pixels):
        run = len(list(group))
        if run == 1:
            literal.append(pixel)
            continue
        flush()
        while run:
            out.append(min(run, 128) - 1)
            out += pixel
            run -= min(run, 128)
    flush()
    return bytes(out)


class Page(NamedTuple):
    """What a raster page's header says, and its uncompressed rows."""

    width: int
    height: int
    bits: int
    dpi: int
    rows: "list[bytes]"


def raster_pages(data: bytes) -> "list[Page]":
    """Return every page of a whole PWG or URF document; raise ValueError where it breaks or goes on after its end."""
    if data[:4] == b"RaS2":
        return list(_read_pages(data, 4, 1796, _pwg_fields))
    if data[:8] == b"UNIRAST\0":
        pages = list(_read_pages(data, 12, 32, _urf_fields))
        announced = int(struct.unpack_from(">I", data, 8)[0])
        if announced not in (0, len(pages)):  # 0 = not known when the file began
            raise ValueError("URF announces %d pages and has %d" % (announced, len(pages)))
        return pages
    raise ValueError("neither PWG raster nor URF: %r" % data[:16])


Fields = "tuple[int, int, int, int, int]"  # width, height, bits of a pixel, bytes of a row, dpi


def _pwg_fields(header: bytes) -> "tuple[int, int, int, int, int]":
    if not header.startswith(b"PwgRaster\0"):
        raise ValueError("the page header says %r, not PwgRaster" % header[:16])
    width, height = struct.unpack_from(">II", header, 372)
    bits, row = struct.unpack_from(">II", header, 388)
    return width, height, bits, row, struct.unpack_from(">I", header, 276)[0]


def _urf_fields(header: bytes) -> "tuple[int, int, int, int, int]":
    width, height, dpi = struct.unpack_from(">III", header, 12)
    return width, height, header[0], _row_bytes(header[0], width), dpi


def _read_pages(
    data: bytes, at: int, size: int, fields: "Callable[[bytes], tuple[int, int, int, int, int]]"
) -> "Iterator[Page]":
    while at < len(data):
        if at + size > len(data):
            raise ValueError("cut in a page header, %d bytes left" % (len(data) - at))
        width, height, bits, row, dpi = fields(data[at : at + size])
        if bits not in (1, 8, 16, 24, 32, 48, 64) or row != _row_bytes(bits, width):
            raise ValueError("a page of %d x %d with %d bits has rows of %d bytes" % (width, height, bits, row))
        at, rows = _read_rows(data, at + size, height, row, max(1, bits // 8))
        yield Page(width, height, bits, dpi, rows)


def _read_rows(data: bytes, at: int, height: int, row: int, size: int) -> "tuple[int, list[bytes]]":
    rows: "list[bytes]" = []
    try:
        while len(rows) < height:
            repeat = data[at] + 1
            at, line = _read_line(data, at + 1, row, size)
            rows += [line] * repeat
    except IndexError:
        raise ValueError("cut in row %d of %d" % (len(rows), height)) from None
    if len(rows) != height:
        raise ValueError("%d rows where the header says %d" % (len(rows), height))
    return at, rows


def _read_line(data: bytes, at: int, row: int, size: int) -> "tuple[int, bytes]":
    line = bytearray()
    while len(line) < row:
        code = data[at]
        if code == 128:  # URF only: the rest of the line is white
            at, line = at + 1, line + b"\xff" * (row - len(line))
            continue
        units = 257 - code if code > 128 else 1
        end = at + 1 + units * size
        if end > len(data):
            raise IndexError
        line += data[at + 1 : end] * (code + 1 if code < 128 else 1)
        at = end
    if len(line) != row:
        raise ValueError("a line of %d bytes where rows have %d" % (len(line), row))
    return at, bytes(line)


RASTER_RESOLUTIONS = (150, 180, 300, 360, 600, 720)  # those that ipp-everywhere.test knows
RASTER_PAPERS = {"onepage-letter": ("letter", 1), "onepage-a4": ("a4", 1), "document-letter": ("letter", 2)}
RASTER_PAPERS |= {"document-a4": ("a4", 2), "color.jpg-4x6": ("4x6", 1), "gray.jpg-4x6": ("4x6", 1)}


def ipptool_files(resolutions: "Iterable[int]" = (), kinds: "Iterable[str]" = ()) -> "Iterator[tuple[str, bytes]]":
    """Yield path and content of each data file that CUPS' ipptool tests name and Debian leaves out.

    PWG samples are big: only those of the `resolutions` and `kinds` asked for.
    """
    yield "color.jpg", jpeg(1024, 683, color=True)
    yield "gray.jpg", jpeg(1024, 683, color=False)
    for paper in ("a4", "letter"):
        yield "document-%s.pdf" % paper, pdf(4, paper)
        yield "document-%s.ps" % paper, postscript(4, paper)
        yield "onepage-%s.pdf" % paper, pdf(1, paper)
        yield "onepage-%s.ps" % paper, postscript(1, paper)
    yield "testfile.jpg", jpeg()
    yield "testfile.pdf", pdf()
    yield "testfile.ps", postscript()
    yield "testfile.txt", text()
    yield "testfile.pwg", pwg()
    yield "testfile.urf", urf()
    yield "testprint.ps", postscript()
    for dpi, kind, (stem, (paper, pages)) in itertools.product(resolutions, kinds, RASTER_PAPERS.items()):
        dashed = kind.replace("_", "-")
        name = "%s-%s-%ddpi.pwg" % (stem, dashed, dpi)
        yield "pwg-raster-samples-%ddpi/%s/%s" % (dpi, dashed, name), pwg(kind, paper, dpi, pages)
