"""What kind of document it is, told by how it begins; the label that came with it decides only between equals.

MIME types are in small letters. Where there is no registered one, the type is the one that printers announce, or x-.
"""

import codecs
import re
from typing import NamedTuple

HEAD_MOST = 4096  # bytes that are looked at
UNKNOWN, EMPTY, PJL, TEXT, ZIP = (
    "application/octet-stream", "application/x-empty", "application/x-pjl", "text/plain", "application/zip",
)  # fmt: skip
PCL, PCLXL, HPGL, POSTSCRIPT, PDF, PCLM = (
    "application/vnd.hp-pcl", "application/vnd.hp-pclxl", "application/vnd.hp-hpgl", "application/postscript",
    "application/pdf", "application/pclm",
)  # fmt: skip
PWG, CUPS, URF = "image/pwg-raster", "application/vnd.cups-raster", "image/urf"
ESCPR, ESCP, ESCPOS, ZPL = (
    "application/vnd.epson.escpr", "application/x-esc-p", "application/vnd.epson.escpos", "application/vnd.zebra-zpl",
)  # fmt: skip
XPS, OXPS = "application/vnd.ms-xpsdocument", "application/oxps"
OFFICE = "application/vnd.openxmlformats-officedocument."
WORD, EXCEL, POWERPOINT, OOXML = (
    OFFICE + "wordprocessingml.document", OFFICE + "spreadsheetml.sheet", OFFICE + "presentationml.presentation",
    OFFICE + "package",
)  # fmt: skip
ODF = "application/vnd.oasis.opendocument."


class Kind(NamedTuple):
    """A kind of document: its type, how people call one, and how it begins; who says so stands beside each row."""

    type: str
    name: str
    pattern: "re.Pattern[bytes]"


def _kind(type: str, name: str, pattern: bytes) -> Kind:
    return Kind(type, name, re.compile(pattern, re.DOTALL))


KINDS = (  # the first one that fits
    _kind(PWG, "PWG raster", rb"RaS2PwgRaster\0"),  # PWG 5102.4, 4.3
    _kind(CUPS, "CUPS raster", rb"RaS[t23]|[t23]SaR"),  # CUPS, cups/raster.h
    _kind(URF, "Apple raster", rb"UNIRAST\0"),  # CUPS, mime.types
    _kind(PCLM, "a PCLm document", rb"%PDF-1\.\d[\r\n]+%PCLm"),  # Wi-Fi Alliance, PCLm; as libqpdf writes it
    _kind(PDF, "a PDF document", rb"[\r\n]*%PDF-"),  # ISO 32000-1, 7.5.2
    _kind("image/jpeg", "a JPEG picture", rb"\xff\xd8\xff"),  # ITU-T T.81, B.1.1.3
    _kind("image/png", "a PNG picture", rb"\x89PNG\r\n\x1a\n"),  # ISO/IEC 15948, 5.2
    _kind("image/gif", "a GIF picture", rb"GIF8[79]a"),  # GIF89a, 17
    _kind("image/tiff", "a TIFF picture", rb"II[*+]\0|MM\0[*+]"),  # TIFF 6.0, 2; BigTIFF
    _kind("image/bmp", "a BMP picture", rb"BM.{4}\0{4}.{4}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0"),  # Windows, BITMAPINFO
    _kind("image/avif", "an AVIF picture", rb"....ftypavi[fs]"),  # AVIF 1.1, 6
    _kind("image/heic", "an iPhone photo (HEIC)", rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)"),  # ISO 23008-12, B.4
    _kind("image/webp", "a WebP picture", rb"RIFF....WEBP"),  # RFC 9649, 2.4
    _kind("image/jxl", "a JPEG XL picture", rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"),  # ISO/IEC 18181-2
    _kind("image/jp2", "a JPEG 2000 picture", rb"\0\0\0\x0cjP  \r\n\x87\n"),  # ITU-T T.800, I.5.1
    _kind("image/x-eps", "an EPS picture", rb"\xc5\xd0\xd3\xc6"),  # Adobe TN 5002, 5.2: with a preview before it
    _kind(POSTSCRIPT, "a PostScript document", rb"[\x04\0\t\n\r ]*%!"),  # PLRM 3, G; CUPS, mime.types; TN 5009
    _kind(PCLXL, "a PCL XL document", rb"[()'] HP-PCL XL;"),  # PCL XL 2.1 protocol, stream header
    _kind(HPGL, "an HP-GL/2 drawing", rb"(?:\x1bE)?\x1b%-?\dB"),  # PCL 5 reference, 17: enter HP-GL/2
    _kind(PCL, "a PCL document", rb"\x1bE|\x1b[&*()][a-z]?[-+]?\d|\x1b9\x1b|\x1b=\x1b"),  # PCL 5 reference, 2
    _kind(ESCPR, "an Epson ESC/P-R document", rb"\0*\x1b\x01@EJL|\0*(?:\x1b@)+\x1b\(R..\0REMOTE1"),  # Gutenprint, escp2
    _kind(ESCP, "an Epson ESC/P document", rb"\0*(?:\x1b@)+\x1b\([A-Za-z].\0"),  # ESC/P reference: ESC (
    _kind(ESCPOS, "a receipt (ESC/POS)", rb"\0*\x1b@"),  # Epson, ESC/POS reference: ESC @
    # ZPL II Programming Guide, each command; CT~~CD is how Zebra's drivers begin
    _kind(ZPL, "a label (ZPL)", rb"[\x10\s]*(?:CT~~CD|\^XA|~(?:C[CDT]|D[BEGNSTUY]|H[IMSU]|J[A-X]|S[DT]|TA)[\d,^A-Z])"),
    _kind("application/vnd.cups-command", "commands for CUPS", rb"#CUPS-COMMAND"),  # CUPS, mime.types
    _kind("application/x-ole-storage", "an old Office document", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),  # MS-CFB, 2.2
    _kind("application/rtf", "an RTF document", rb"\{\\rtf"),  # RTF 1.9
    _kind("application/gzip", "a gzip archive", rb"\x1f\x8b\x08"),  # RFC 1952
    _kind("application/x-7z-compressed", "a 7-Zip archive", rb"7z\xbc\xaf\x27\x1c"),  # 7zFormat.txt
    _kind("application/vnd.rar", "a RAR archive", rb"Rar!\x1a\x07"),  # RAR 5.0 technote
    _kind("text/html", "a web page", rb"(?:\xef\xbb\xbf)?\s*(?i:<!doctype html|<html)"),  # WHATWG, MIME sniffing, 7.1
    _kind("image/svg+xml", "an SVG drawing", rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml.{0,1024})?<svg[\s>]"),  # SVG 1.1, 5.1
    _kind("text/xml", "an XML document", rb"(?:\xef\xbb\xbf)?<\?xml\s"),  # XML 1.0, 2.8
)
IN_ZIP = (  # what a ZIP archive (PKWARE, APPNOTE, 4.3.7) that begins so holds: by names of its first members
    _kind(ODF + "text", "an OpenDocument text", rb".*mimetypeapplication/vnd\.oasis\.opendocument\.text"),  # ODF 1.2, 3
    _kind(ODF + "spreadsheet", "an OpenDocument spreadsheet", rb".*mimetypeapplication/vnd\.oasis\.opendocument\.spre"),
    _kind(ODF + "presentation", "an OpenDocument presentation", rb".*mimetypeapplication/vnd\.oasis\.opendocument\.pr"),
    _kind("application/epub+zip", "an e-book (EPUB)", rb".*mimetypeapplication/epub\+zip"),  # EPUB OCF 3.3, 4.3
    _kind(XPS, "an XPS document", rb".*(?:FixedDoc|\.fdseq|\.fpage)"),  # ECMA-388, 10
    _kind(WORD, "a Word document", rb".*word/[a-z_]{4}"),  # ECMA-376
    _kind(EXCEL, "an Excel spreadsheet", rb".*xl/[a-z_]{4}"),
    _kind(POWERPOINT, "a PowerPoint presentation", rb".*ppt/[a-z_]{4}"),
    _kind("application/vnd.apple.iwork", "a Pages, Numbers or Keynote document", rb".*Index/.*\.iwa"),
    _kind(OOXML, "an Office or XPS document", rb".*\[Content_Types\]\.xml"),  # ECMA-376, part 2, 10.1.2.2
    _kind(ZIP, "a ZIP archive", rb""),
)
ZIP_BEGIN = b"PK\x03\x04"
LATE_PDF = re.compile(rb".{1,1024}?%PDF-", re.DOTALL)  # Adobe's readers take it anywhere in the first 1024 bytes

PJL_BEGIN = re.compile(rb"[\0\s]*(?:\x1b%-12345X|@PJL)")  # HP PJL Technical Reference Manual, 2
PJL_LINES = re.compile(rb"(?:\x1b%-12345X|[\0\s]+|@PJL[^\n]*(?:\n|$))*")
PJL_LANGUAGE = re.compile(rb"@PJL\s+ENTER\s+LANGUAGE\s*=\s*([^\s\x1b]+)", re.IGNORECASE)
LANGUAGES = {  # HP PJL Technical Reference Manual, 5: ENTER; PCLXL and PDF: as HP's drivers and Ghostscript write them
    b"POSTSCRIPT": POSTSCRIPT,
    b"PCL": PCL,
    b"PCLXL": PCLXL,
    b"PDF": PDF,
    b"PCLM": PCLM,
    b"HPGL2": HPGL,
    b"ESCPR": ESCPR,
    b"URF": URF,
}

MORE_NAMES = {
    EMPTY: "an empty document",
    UNKNOWN: "a document of unknown kind",
    PJL: "a document in a printer's own language",
    TEXT: "plain text",
    OXPS: "an OpenXPS document",
    "application/msword": "an old Word document",
    "application/vnd.ms-excel": "an old Excel spreadsheet",
    "application/vnd.ms-powerpoint": "an old PowerPoint presentation",
    "image/heif": "an iPhone photo (HEIC)",
}
NAMES = {kind.type: kind.name for kind in (*KINDS, *IN_ZIP)} | MORE_NAMES
GUESSED = (UNKNOWN, EMPTY, TEXT)  # what has no mark of its own
SHOW = "Print it from a program that shows it."
INSTEAD = {  # what to do with a document that cannot be printed, where a program that shows it is not the cure
    EMPTY: "Print it again; nothing of it arrived.",
    PCLM: "Send it as PDF, PWG raster or Apple raster instead.",
    XPS: "Send it as PDF instead, or print it from a program that shows it.",
    OXPS: "Send it as PDF instead, or print it from a program that shows it.",
}

EQUALS = {  # what content tells -> labels that tell it more exactly
    TEXT: {PCL, ESCP, ESCPOS, HPGL, "text/css", "text/csv", "text/html", "text/markdown"},
    CUPS: {PWG},
    XPS: {OXPS},
    OOXML: {WORD, EXCEL, POWERPOINT, XPS, OXPS},
    ZIP: {WORD, EXCEL, POWERPOINT, XPS, OXPS, OOXML},
    PJL: set(LANGUAGES.values()),
    ESCPOS: {ESCP, ESCPR},
    ESCP: {ESCPR},
    "image/heic": {"image/heif"},
    "application/x-ole-storage": {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"},
}

TOLD_BY_CONTENT = set(NAMES).union(*EQUALS.values())  # others may be what their label says

UTF8_BOM = b"\xef\xbb\xbf"
MARKED = (  # Unicode 15, 23.8: the longer mark first, as it begins with the shorter one
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
CONTROLS = bytes(set(range(32)) - set(b"\b\t\n\f\r\x1b")) + b"\x7f"
CONTROLS_MOST = 100  # one control character in so many is taken for a slip, more for no text
WIDE_ZEROS = 2  # UTF-16 without its mark: at least one in so many characters is one of Latin-1, with a zero byte


def sniff(head: bytes, told: str = "") -> str:
    """Return the MIME type of a document that begins with `head`; `told` is the one on its label."""
    head = bytes(head[:HEAD_MOST])
    label = told.partition(";")[0].strip().lower()
    found = _content(head)
    if label in EQUALS.get(found, ()):
        return label
    if found == UNKNOWN and label and label not in TOLD_BY_CONTENT and not label.startswith("text/"):
        return label
    return found


def name(type: str) -> str:
    """Return how people call a document of a MIME type, with its article, for the middle of a sentence."""
    return NAMES.get(type) or f"a document of the type {type}"


def refusal(type: str) -> str:
    """Return what is said of a document of a MIME type that cannot be printed, and what to do."""
    return f"This printer cannot print {name(type)}. {INSTEAD.get(type, SHOW)}"


def charset(head: bytes) -> str:
    """Return the character set of text that begins with `head`; "" when it is no text.

    utf-8-sig, utf-16 and utf-32 begin with their marks; latin-1 stands for every other one that holds ASCII.
    """
    if head.startswith(UTF8_BOM):
        return "utf-8-sig" if _is_clean(head) else ""
    for mark, coding in MARKED:
        if head.startswith(mark):
            return coding if _decodes(head, coding) else ""
    wide = _wide(head)
    if wide or not _is_clean(head):
        return wide
    return "utf-8" if _decodes(head, "utf-8") else "latin-1"


def _content(head: bytes) -> str:
    if not head:
        return EMPTY
    if PJL_BEGIN.match(head):
        return _behind_pjl(head)
    for kind in KINDS:
        if kind.pattern.match(head):
            return kind.type
    if head.startswith(ZIP_BEGIN):
        return next(kind.type for kind in IN_ZIP if kind.pattern.match(head))
    if LATE_PDF.match(head):
        return PDF
    return TEXT if charset(head) else UNKNOWN


def _behind_pjl(head: bytes) -> str:
    """Return the type of what PJL says comes, or of what does come behind it."""
    language = PJL_LANGUAGE.search(head)
    if language:
        return LANGUAGES.get(language[1].upper(), PJL)
    lines = PJL_LINES.match(head)
    rest = head[lines.end() :] if lines else b""
    return _content(rest) if rest else PJL


def _decodes(head: bytes, coding: str) -> bool:
    """Return whether `head` is text in `coding`; it may end within a character."""
    try:
        codecs.getincrementaldecoder(coding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _is_clean(head: bytes) -> bool:
    """Return whether there are as few control characters as in text."""
    controls = len(head) - len(head.translate(None, CONTROLS))
    return b"\0" not in head and controls * CONTROLS_MOST <= len(head)


def _wide(head: bytes) -> str:
    """Return which UTF-16 it is when zero bytes stand on one side of characters only, and at many of them; else ""."""
    low, high = head[0::2], head[1::2]
    for zeros, others, found in ((high, low, "utf-16-le"), (low, high, "utf-16-be")):
        if zeros.count(0) * WIDE_ZEROS >= len(zeros) > 1 and _is_clean(others):
            return found
    return ""
