"""Plain text as pages (RFC 8011's text/plain): decoded, cut into lines and pages, and each page a PDF of its own.

UTF-8, or UTF-16 with a byte order mark, else Latin-1. A form feed ends a page, tabs lead to each eighth column. What
controls a terminal is not shown, nor are characters without a picture. Lines are wrapped where they reach the edge.
"""

import codecs
import io
import re
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from feedpath.back.pdl.draw.layout import Margins
from feedpath.back.pdl.draw.pdfwrap import TO_POINTS, Part, Pdf, Pieces
from feedpath.back.pdl.draw.truetype import Font, Fonts
from feedpath.errors import WireError

SIZE = 10.0  # points
LEADING = 12.0
TAB = 8
JOINED_MOST = 31  # characters that share a column: Unicode's stream-safe text has 30 that join another (UAX #15, 13)
LEAST_MARGIN = 635  # a quarter of an inch, in hundredths of a millimetre, where the sheet's own is narrower
PIECE_BYTES = 64 * 1024
ESCAPE_MOST = 64  # characters of a terminal's control sequence (ECMA-48, 5.4)
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[ -/]*[0-Z\\-~])?")
SHOWN = re.compile(r"[^\x00-\x1f\x7f-\x9f]+|[\t\n\f]")
for coding in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252"):
    codecs.lookup(coding)  # loads it: in the sandbox nothing more can be
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
UNKNOWN = "\ufffd"
COURIER_WIDTH = 600  # of the font that PDFium brings (ISO 32000-1, 9.6.2.2), which has the characters of Windows-1252
COURIER = "/Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding"


class Paper(NamedTuple):
    """A page to write on: its size, and where its text begins and how much of it there is room for."""

    width: float  # points
    height: float
    left: float
    top: float
    columns: int
    rows: int


def paper(size: "tuple[int, int]", margins: Margins, fonts: Fonts) -> Paper:
    """Return the page for a size and margins in hundredths of a millimetre."""
    edges = Margins(*(max(edge, LEAST_MARGIN) * TO_POINTS for edge in margins))  # type: ignore[arg-type]
    width, height = size[0] * TO_POINTS, size[1] * TO_POINTS
    columns = int((width - edges.left - edges.right) / (_cell(fonts) * SIZE / 1000))
    rows = int((height - edges.top - edges.bottom) / LEADING)
    return Paper(width, height, edges.left, edges.top, max(1, columns), max(1, rows))


def encoding(file: BinaryIO) -> str:
    """Return what a text is encoded in, by its byte order mark or by whether all of it is UTF-8."""
    file.seek(0)
    start = file.read(3)
    for mark, name in MARKS:
        if start.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while piece := file.read(PIECE_BYTES):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def pages(file: BinaryIO, columns: int, rows: int) -> "Iterator[list[str]]":
    """Yield the lines of each page; raise WireError when there is no text at all."""
    lines: "list[str]" = []
    page = 0
    for line in _lines(_characters(file), columns):
        if line == "\f":
            page += 1
            yield lines
            lines = []
            continue
        if len(lines) == rows:
            page += 1
            yield lines
            lines = []
        lines.append(line)
    if lines:
        page += 1
        yield lines
    if not page:
        raise WireError("The document is empty.")


def _characters(file: BinaryIO) -> "Iterator[str]":
    """Yield a text in pieces, without what controls a terminal; a line ends with a line feed, whatever it had."""
    decoder = codecs.getincrementaldecoder(encoding(file))("replace")
    newlines = io.IncrementalNewlineDecoder(decoder, translate=True)
    file.seek(0)
    left = ""
    final = False
    while not final:
        piece = file.read(PIECE_BYTES)
        final = not piece
        text = left + newlines.decode(piece, final)
        begun = text.rfind("\x1b", -ESCAPE_MOST) if not final else -1
        left = text[begun:] if begun >= 0 else ""
        yield ESCAPE.sub("", text[:begun] if begun >= 0 else text)


def _lines(texts: "Iterator[str]", columns: int) -> "Iterator[str]":
    """Yield each line as wide as there are columns at most, and "\\f" where a page ends."""
    line, at = "", 0
    for text in texts:
        for word in SHOWN.findall(text):
            if word == "\n":
                yield line
                line, at = "", 0
            elif word == "\f":
                if line:
                    yield line
                yield "\f"
                line, at = "", 0
            else:
                shown = " " * min(TAB - at % TAB, columns - at) if word == "\t" else word
                *full, (line, at) = _wrapped(line, at, shown, columns)
                yield from (whole for whole, _ in full)
    if line:
        yield line


def _wrapped(line: str, at: int, word: str, columns: int) -> "list[tuple[str, int]]":
    """Return the lines that `line`, which fills `at` columns, and `word` make; the last of them goes on."""
    if at + len(word) <= columns and word.isascii():
        return [(line + word, at + len(word))]
    if not word.isascii():
        return _one_by_one(line, at, word, columns)
    room = columns - at
    rest = [word[start : start + columns] for start in range(room, len(word), columns)]
    return [(line + word[:room], columns), *((part, len(part)) for part in rest)]


def _one_by_one(line: str, at: int, word: str, columns: int) -> "list[tuple[str, int]]":
    lines = []
    for character in word:
        cells = width(character)
        if not cells and len(line) >= columns * JOINED_MOST:
            continue
        if at + cells > columns:
            lines.append((line, at))
            line, at = "", 0
        line, at = line + character, at + cells
    return [*lines, (line, at)]


def width(character: str) -> int:
    """Return how many columns a character takes: none where it joins the one before, two where it is wide (UAX #11)."""
    if character.isascii():
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pdf(lines: "list[str]", page: Paper, fonts: Fonts) -> Pieces:
    """Return a page of lines."""
    whole = Pdf()
    if fonts.main is None:
        names = {None: whole.add(COURIER)}
        content = _courier(lines, page)
    else:
        used: "dict[Font, int]" = {}
        content = _shown(lines, page, fonts, used)
        names = {font: _embedded(whole, font) for font in used}  # type: ignore[misc]
    resources = "".join(f"/F{index} {number} 0 R" for index, number in enumerate(names.values()))
    return whole.page(page.width, page.height, f"/Font<<{resources}>>", content)


def _courier(lines: "list[str]", page: Paper) -> bytes:
    """Return the drawing of lines in the font that is always there; characters it lacks become question marks."""
    shown = [_cells(line) for line in lines]
    texts = [line.encode("cp1252", "replace").hex() for line in shown]
    start = f"BT /F0 {SIZE} Tf {LEADING} TL 1 0 0 1 {page.left:.2f} {page.height - page.top - SIZE:.2f} Tm "
    return (start + "".join(f"<{text}> Tj T* " for text in texts) + "ET").encode()


def _cells(line: str) -> str:
    """Return a line with one character for each column."""
    return "".join(character + " " * (width(character) - 1) for character in line if width(character))


def _shown(lines: "list[str]", page: Paper, fonts: Fonts, used: "dict[Font, int]") -> bytes:
    """Return the drawing of lines; `used` fills with the fonts in it and their numbers."""
    cell = _cell(fonts) * SIZE / 1000
    out = ["BT"]
    for row, line in enumerate(lines):
        height = page.height - page.top - SIZE - row * LEADING
        for column, font, glyphs in _runs(line, fonts):
            name = used.setdefault(font, len(used))
            out.append(f"/F{name} {SIZE} Tf 1 0 0 1 {page.left + column * cell:.2f} {height:.2f} Tm <{glyphs}> Tj")
    return " ".join([*out, "ET"]).encode()


def _runs(line: str, fonts: Fonts) -> "Iterator[tuple[int, Font, str]]":
    """Yield column, font and glyphs of what is drawn at a time: neighbours of the main font, all others each alone."""
    column, start, glyphs = 0, 0, ""
    for character in unicodedata.normalize("NFC", line):
        cells = width(character)
        found = _found(character, fonts) if unicodedata.category(character) != "Cf" else None
        ours = found is not None and cells == 1 and found[0] is fonts.main
        if glyphs and cells and not ours:
            yield start, fonts.main, glyphs  # type: ignore[misc]
            glyphs = ""
        if found is not None and ours:
            start = start if glyphs else column
            glyphs += f"{found[1]:04x}"
        elif found is not None:
            yield column - (not cells and column > 0), found[0], f"{found[1]:04x}"
        column += cells
    if glyphs:
        yield start, fonts.main, glyphs  # type: ignore[misc]


def _found(character: str, fonts: Fonts) -> "tuple[Font, int] | None":
    """Return font and glyph of a character, or of what stands for one that no font has; None for a missing space."""
    found = fonts.find(character)
    return found if found or character.isspace() else fonts.find(UNKNOWN) or fonts.find("?")


def _cell(fonts: Fonts) -> int:
    """Return the width of a column in thousandths of the size."""
    main = fonts.main
    return (main.width(main.glyph("0")) if main else COURIER_WIDTH) or COURIER_WIDTH


def _embedded(pdf: Pdf, font: Font) -> int:
    """Add a font whose glyphs are called by their numbers (ISO 32000-1, 9.7.4); return its number."""
    file = pdf.add(f"/Length1 {font.length}", [Part(font.file, 0, font.length)])
    box = " ".join(map(str, font.box))
    measures = f"/FontBBox[{box}]/Ascent {font.ascent}/Descent {font.descent}/CapHeight {font.ascent}"
    kind = "/Type/FontDescriptor/FontName/F/Flags 4/ItalicAngle 0/StemV 80"
    descriptor = pdf.add(f"{kind}{measures}/FontFile2 {file} 0 R")
    system = "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/CIDToGIDMap/Identity"
    width = font.width(font.glyph("0"))
    kind = "/Type/Font/Subtype/CIDFontType2/BaseFont/F"
    descendant = pdf.add(f"{kind}{system}/DW {width}/FontDescriptor {descriptor} 0 R")
    return pdf.add(f"/Type/Font/Subtype/Type0/BaseFont/F/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]")
