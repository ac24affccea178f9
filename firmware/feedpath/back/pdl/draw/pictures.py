"""Pictures as pages: what a JPEG says (ITU T.81, JFIF, Exif 2.3), a PDF of one page around a PNG (ISO/IEC 15948).

Coded bytes stay where they are and as they are; PDFium decodes them. Only what PDF has no words for, PNG with
an alpha channel or interlaced, is written anew by `flatten.flat`.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from feedpath.back.pdl.draw.layout import Shape
from feedpath.back.pdl.draw.pdfwrap import Part, Pdf, Piece, Pieces
from feedpath.back.pdl.page import MM_100_PER_INCH
from feedpath.errors import Unprintable, WireError

UNSAID_PPI = 150.0  # of a picture that does not say; counts only where pictures are not scaled
MOST_PPI = 100_000
SEGMENTS = 100_000  # more than a JPEG has before its picture
EXIF = b"Exif\0\0"
EXIF_BYTES = 4096  # the orientation stands in the first directory
ORIENTATION = 0x0112
TURNED = {  # Exif 2.3, 4.6.4: the matrix (ISO 32000-1, 8.3.4) that lays the picture on a page of one by one
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}
SOI, EOI, SOS, APP0, APP1 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1
BARE = (0x01, *range(0xD0, 0xD8))  # markers without a length
FRAMES = {0xC0: "baseline", 0xC1: "extended", 0xC2: "progressive"}  # those that are decoded
OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
COMPONENTS = (1, 3, 4)  # grey, YCbCr or RGB, CMYK or YCCK
JFIF_UNITS = {1: 1.0, 2: 2.54}  # in an inch

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_KINDS = {  # colour type: samples of a pixel, depths, colour space
    0: (1, (1, 2, 4, 8, 16), "/DeviceGray"),
    2: (3, (8, 16), "/DeviceRGB"),
    3: (1, (1, 2, 4, 8), ""),
    4: (2, (8, 16), "/DeviceGray"),
    6: (4, (8, 16), "/DeviceRGB"),
}
CHUNK_MOST = 0x7FFFFFFF
READ_BYTES = 256 * 1024
INCHES_PER_METRE = 39.3701


class Picture(NamedTuple):
    """A picture's PDF, whose unit is a pixel, and how large it is, or is taken for where it does not say."""

    pdf: Pieces
    shape: Shape


class Photo(NamedTuple):
    """A JPEG as it stands, the size of a page around it, whose unit is a pixel, and the matrix that lays it there."""

    data: Pieces
    page: "tuple[int, int]"
    matrix: "tuple[int, ...]"
    shape: Shape


class Png(NamedTuple):
    """What a PNG's chunks say. data: where its coded rows stand."""

    width: int
    height: int
    depth: int
    kind: int
    interlaced: bool
    palette: bytes
    transparency: bytes
    ppi: "tuple[float, float]"
    data: "list[Piece]"

    @property
    def samples(self) -> int:
        """Return the samples of a pixel."""
        return PNG_KINDS[self.kind][0]

    @property
    def has_alpha(self) -> bool:
        """Return whether pixels have a sample of opacity."""
        return self.kind in (4, 6)


def jpeg(file: BinaryIO, pixels: int, whole: int) -> Photo:
    """Return a JPEG's page; raise WireError when it is none, or larger than allowed.

    whole: the bytes allowed to one that is decoded as a whole, as progressive ones are.
    """
    length = file.seek(0, 2)
    orientation, ppi, frame, progressive = 1, (0.0, 0.0), b"", False
    for marker, body in _segments(file):
        if marker == APP0 and body[:5] == b"JFIF\0" and len(body) >= 12:
            unit, across, along = struct.unpack_from(">BHH", body, 7)
            ppi = across * JFIF_UNITS.get(unit, 0), along * JFIF_UNITS.get(unit, 0)
        elif marker == APP1 and body.startswith(EXIF):
            orientation = _orientation(body[len(EXIF) :])
        elif marker in FRAMES:
            frame, progressive = body, FRAMES[marker] == "progressive"
    if len(frame) < 6:
        raise WireError("The JPEG has no picture in it.")
    depth, height, width, components = struct.unpack_from(">BHHB", frame)
    if depth != 8 or components not in COMPONENTS:
        raise WireError(f"The JPEG has {components} components of {depth} bits; allowed are 1, 3 or 4 of 8 bits.")
    check_size("JPEG", width, height, pixels)
    if progressive:
        check_whole("JPEG is progressive", _coefficients(frame, width * height), whole)
    turn, page, shape = TURNED[orientation], (width, height), _shape(width, height, ppi)
    if not turn[0]:
        page, shape = page[::-1], Shape(shape.height, shape.width, shape.sized)
    matrix = tuple(factor * page[index % 2] for index, factor in enumerate(turn))
    return Photo(Pieces([Part(file, 0, length)]), page, matrix, shape)


def _shape(width: int, height: int, ppi: "tuple[float, float]") -> Shape:
    sized = all(0 < value <= MOST_PPI for value in ppi)
    across, along = ppi if sized else (UNSAID_PPI, UNSAID_PPI)
    return Shape(width / across * MM_100_PER_INCH, height / along * MM_100_PER_INCH, sized)


def check_size(what: str, width: int, height: int, pixels: int) -> None:
    """Raise WireError for a picture of no pixels, or of more than are allowed."""
    if not 0 < width * height <= pixels:
        fault = Unprintable if width * height else WireError
        raise fault(f"The {what} has {width} x {height} pixels; allowed are 1 to {pixels} in all.")


def check_whole(what: str, taken: int, allowed: int) -> None:
    """Raise WireError for a picture that takes more memory than is allowed, as all of it is needed at once."""
    if taken > allowed:
        raise Unprintable(f"The {what} and takes {taken} bytes; allowed are {allowed}.")


def _coefficients(frame: bytes, pixels: int) -> int:
    """Return the bytes of a JPEG's coefficients, two for each sample of each component (T.81, B.2.2)."""
    factors = [(byte >> 4, byte & 15) for byte in frame[7::3]]
    densest = max(across for across, _ in factors) * max(along for _, along in factors) if factors else 1
    return 2 * pixels * sum(across * along for across, along in factors) // max(1, densest)


def wrapped(
    width: int,
    height: int,
    entries: str,
    data: "list[Piece]",
    ppi: "tuple[float, float]",
    opacity: bytes = b"",
) -> Picture:
    """Return the page of a picture: an image's dictionary entries and its coded bytes (ISO 32000-1, 8.9.5).

    opacity: a byte for each pixel, none where all are opaque.
    """
    pdf = Pdf()
    head = f"/Type/XObject/Subtype/Image/Width {width}/Height {height}"
    if opacity:
        entries += f"/SMask {pdf.add(f'{head}/BitsPerComponent 8/ColorSpace/DeviceGray', [opacity])} 0 R"
    image = pdf.add(head + entries, data)
    drawing = f"{width} 0 0 {height} 0 0 cm /I Do".encode()  # a unit for a pixel: nothing is rounded
    return Picture(pdf.page(width, height, f"/XObject<</I {image} 0 R>>", drawing), _shape(width, height, ppi))


def _segments(file: BinaryIO) -> "Iterator[tuple[int, bytes]]":
    """Yield each marker before the picture's first scan, and what stands in its segment."""
    file.seek(0)
    if file.read(2) != bytes([0xFF, SOI]):
        raise WireError("The document is no JPEG: it does not begin with FF D8.")
    for _ in range(SEGMENTS):
        marker = _marker(file)
        if marker in BARE:
            continue
        if marker in (SOS, EOI):
            return
        if marker in OTHER_FRAMES:
            raise Unprintable(f"JPEGs coded so (marker FF {marker:02X}) are not decoded; baseline and progressive are.")
        head = file.read(2)
        length = int.from_bytes(head, "big") - 2
        if len(head) < 2 or length < 0:
            break
        at = file.tell()
        yield marker, file.read(min(length, EXIF_BYTES))
        file.seek(at + length)
    raise WireError("The JPEG is broken: its picture does not begin.")


def _marker(file: BinaryIO) -> int:
    """Return the next marker; fill bytes may stand before it (T.81, B.1.1.2)."""
    lead = file.read(2)
    if len(lead) < 2 or lead[0] != 0xFF:
        raise WireError(f"The JPEG is broken: no marker at byte {file.tell() - len(lead)}.")
    code = lead[1]
    for _ in range(SEGMENTS):
        if code != 0xFF:
            break
        code = int.from_bytes(file.read(1), "big")
    return code


def _orientation(tiff: bytes) -> int:
    """Return the orientation that Exif tells, 1 where it tells none (TIFF 6.0, section 2; Exif 2.3, 4.6.4)."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    start = struct.unpack_from(order + "I", tiff, 4)[0]
    if start + 2 > len(tiff):
        return 1
    count = struct.unpack_from(order + "H", tiff, start)[0]
    for at in range(start + 2, min(start + 2 + count * 12, len(tiff) - 11), 12):
        tag, _type, _count, value = struct.unpack_from(order + "HHIH", tiff, at)
        if tag == ORIENTATION:
            return value if value in TURNED else 1
    return 1


def png(file: BinaryIO, pixels: int) -> Png:
    """Return what a PNG says of itself; raise WireError when it is none, broken, or larger than allowed."""
    header, palette, transparency, ppi = b"", b"", b"", (0.0, 0.0)
    data: "list[Piece]" = []
    for name, at, length in _chunks(file):
        if name == b"IDAT":
            data.append(Part(file, at, length))
            continue
        file.seek(at)
        body = file.read(min(length, 1024))
        if name == b"IHDR" and not header:
            header = _checked_header(body, pixels)
        elif name == b"PLTE":
            palette = body[: 3 * 256]
        elif name == b"tRNS":
            transparency = body[:256]
        elif name == b"pHYs" and len(body) == 9 and body[8] == 1:
            across, along = struct.unpack_from(">II", body)
            ppi = across / INCHES_PER_METRE, along / INCHES_PER_METRE
        file.seek(at + length + 4)
    if not header or not data:
        raise WireError("The PNG has no picture in it.")
    width, height, depth, kind, _, _, interlace = struct.unpack(">IIBBBBB", header)
    if kind == 3 and (not palette or len(palette) % 3):
        raise WireError("The PNG is broken: its palette is missing or cut.")
    return Png(width, height, depth, kind, bool(interlace), palette, transparency, ppi, data)


def _checked_header(body: bytes, pixels: int) -> bytes:
    if len(body) != 13:
        raise WireError(f"The PNG is broken: its header has {len(body)} bytes, not 13.")
    width, height, depth, kind, coding, filters, interlace = struct.unpack(">IIBBBBB", body)
    if kind not in PNG_KINDS or depth not in PNG_KINDS[kind][1] or coding or filters or interlace > 1:
        raise WireError(f"The PNG is broken: there is no colour type {kind} of {depth} bits, interlace {interlace}.")
    check_size("PNG", width, height, pixels)
    return body


def _chunks(file: BinaryIO) -> "Iterator[tuple[bytes, int, int]]":
    """Yield name, place and length of each chunk, held to its checksum; the file is read from where it is left."""
    file.seek(0)
    if file.read(8) != SIGNATURE:
        raise WireError("The document is no PNG: its signature is missing.")
    while True:
        head = file.read(8)
        length = int.from_bytes(head[:4], "big")
        if len(head) < 8 or length > CHUNK_MOST:
            raise WireError("The PNG is broken: it ends before its end chunk.")
        at, left, checksum = file.tell(), length, zlib.crc32(head[4:])
        while left and (piece := file.read(min(left, READ_BYTES))):
            left -= len(piece)
            checksum = zlib.crc32(piece, checksum)
        if left or file.read(4) != checksum.to_bytes(4, "big"):
            raise WireError(f"The PNG is broken: its chunk at byte {at - 8} is cut or damaged.")
        if head[4:] == b"IEND":
            return
        yield head[4:], at, length
        file.seek(at + length + 4)


def png_page(picture: Png) -> Picture:
    """Return the page of a PNG that has neither alpha channel nor interlace."""
    width, samples = picture.width, picture.samples
    coded = f"/Predictor 15/Colors {samples}/BitsPerComponent {picture.depth}/Columns {width}"
    entries = f"/Filter/FlateDecode/DecodeParms<<{coded}>>{colors(picture, picture.depth)}"
    return wrapped(width, picture.height, entries, picture.data, picture.ppi)


def colors(picture: Png, depth: int) -> str:
    """Return the dictionary entries for a PNG's colours, with its samples in `depth` bits, on white paper."""
    space = PNG_KINDS[picture.kind][2] or _palette(picture)
    return f"/BitsPerComponent {depth}/ColorSpace{space}{_key(picture, depth)}"


def _palette(picture: Png) -> str:
    palette = _on_white(picture)
    return f"[/Indexed/DeviceRGB {len(palette) // 3 - 1}<{palette.hex()}>]"


def _on_white(picture: Png) -> bytes:
    """Return a palette whose colours are as opaque as tRNS says, on white."""
    opacity = picture.transparency.ljust(len(picture.palette) // 3, b"\xff")
    pairs = ((value, opacity[at // 3]) for at, value in enumerate(picture.palette))
    return bytes((value * alpha + 255 * (255 - alpha) + 127) // 255 for value, alpha in pairs)


def _key(picture: Png, depth: int) -> str:
    """Return the colour that is transparent, where one is (tRNS of grey and colours)."""
    if picture.kind not in (0, 2) or len(picture.transparency) != 2 * picture.samples:
        return ""
    values = struct.unpack(f">{picture.samples}H", picture.transparency)
    top, most = (1 << picture.depth) - 1, (1 << depth) - 1
    return "/Mask[%s]" % " ".join(f"{(value & top) * most // top} {(value & top) * most // top}" for value in values)
