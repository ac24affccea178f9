"""The test page: a PDF by which a person judges what a driver makes of a machine.

A frame at the edges of what can be printed, what the printer is, a ramp of greys, colours, lines of few dots, and text
in small sizes: from the top as much as there is room for, so that sheets, labels and receipts get what fits.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from feedpath.back.pdl.draw.pdfwrap import POINTS_PER_INCH, TO_POINTS, Pdf
from feedpath.core.driver import Media
from feedpath.core.printer import Printer

FORMAT = "application/pdf"
FONTS = {"Plain": "Helvetica", "Bold": "Helvetica-Bold"}  # every reader of PDF brings them: ISO 32000-1, 9.6.2.2
WIDE_EM = 0.55  # of a character, taken amply for text
SHEET = 480.0  # points across at which everything has its full size
SMALLEST, LEAST_TEXT = 0.25, 4.5  # of the full size; points
ON_ROLL = ("roll", "receipt")  # in the names of media that end where the page does
ROLL_SHAPE = 0.9  # height by width of what is printed on those
GREYS = 11
INKS = (("C", "0 1 1"), ("M", "1 0 1"), ("Y", "1 1 0"), ("R", "1 0 0"), ("G", "0 1 0"), ("B", "0 0 1"), ("K", "0 0 0"))
DOTS = (1, 2, 3, 4)
SIZES = (6, 8, 10, 12)
SAMPLE = "The quick brown fox jumps over the lazy dog 0123456789"
FRAME = "The frame stands where printing ends: all its sides should be there."


class Room(NamedTuple):
    """What is left of the page, in points from its lower left corner. scale: of everything; dpi: dots per inch."""

    left: float
    bottom: float
    width: float
    top: float
    scale: float
    dpi: int


def of(printer: Printer) -> bytes:
    """Return the page for a printer as it is."""
    can, origin = printer.capabilities, printer.origin
    paper = next(size for size in can.media if size.name == can.media_default)
    across, along = can.resolutions[0]
    measures = f"{paper.width / 100:g} x {paper.length / 100:g} mm"
    facts = (
        printer.make_and_model,
        f"Driver: {origin.title}. {origin.why}",
        f"{measures}, {across} x {along} dots per inch, {'colour' if can.color else 'black and white'}",
    )
    return document(printer.name, facts, paper, across, can.color)


def document(title: str, facts: "Sequence[str]", paper: Media, dpi: int, color: bool) -> bytes:
    """Return the page for a printer called `title`; `facts` are lines about it."""
    width, height = paper.width * TO_POINTS, paper.length * TO_POINTS
    left, bottom, right, top = (side * TO_POINTS for side in (paper.left, paper.bottom, paper.right, paper.top))
    inner = width - left - right
    if any(word in paper.name for word in ON_ROLL):
        height = min(height, top + inner * ROLL_SHAPE + bottom)
    above = height - top
    scale = max(SMALLEST, min(1.0, inner / SHEET))
    edge = 6 * scale
    room = Room(left + 2 * edge, bottom + edge, inner - 4 * edge, above - 2 * edge, scale, dpi)
    drawn = [_frame(left, bottom, inner, above - bottom), *_blocks(room, title, facts, color)]
    pdf = Pdf()
    fonts = [(name, pdf.add(f"/Type/Font/Subtype/Type1/BaseFont/{base}/Encoding/WinAnsiEncoding"))
             for name, base in FONTS.items()]  # fmt: skip
    resources = "/Font<<" + "".join(f"/{name} {number} 0 R" for name, number in fonts) + ">>"
    pieces = pdf.page(width, height, resources, "\n".join(drawn).encode("cp1252", "replace"))
    whole = bytearray(pieces.length)
    pieces.read_into(0, memoryview(whole))
    return bytes(whole)


def _blocks(room: Room, title: str, facts: "Sequence[str]", color: bool) -> "Iterator[str]":
    """Yield what is drawn, from the top, while there is room."""
    blocks = [_text(room, title, 22 * room.scale, "Bold")]
    blocks += [_text(room, fact, 11 * room.scale) for fact in (*facts, FRAME)]
    blocks.append(_boxes(room, [(f"{number * 10} %", _grey(number)) for number in range(GREYS)]))
    if color:
        blocks.append(_boxes(room, list(INKS)))
    blocks.append(_lines(room))
    blocks += [_line(room, f"{size} points: {SAMPLE}", size) for size in SIZES]
    top = room.top
    for height, drawn in blocks:
        if top - height < room.bottom:
            continue
        top -= height
        yield f"q 1 0 0 1 {room.left:.3f} {top:.3f} cm {drawn} Q"


def _frame(left: float, bottom: float, width: float, height: float) -> str:
    return f"0.6 w {left + 0.3:.3f} {bottom + 0.3:.3f} {width - 0.6:.3f} {height - 0.6:.3f} re S"


def _text(room: Room, words: str, size: float, font: str = "Plain") -> "tuple[float, str]":
    """Return a line's height, and the line, made smaller where it would not fit."""
    return _line(room, words, max(LEAST_TEXT, min(size, room.width / (WIDE_EM * max(1, len(words))))), font)


def _line(room: Room, words: str, size: float, font: str = "Plain") -> "tuple[float, str]":
    """Return a line's height, and the line, cut off where it would not fit."""
    shown = words[: max(1, int(room.width / (WIDE_EM * size)))]
    escaped = shown.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return size * 1.4, f"BT /{font} {size:.2f} Tf 0 {size * 0.3:.3f} Td ({escaped}) Tj ET"


def _grey(number: int) -> str:
    level = 1 - number / (GREYS - 1)
    return f"{level:.2f} {level:.2f} {level:.2f}"


def _boxes(room: Room, inks: "Sequence[tuple[str, str]]") -> "tuple[float, str]":
    """Return the height of a row of boxes with what stands below them, and the row."""
    wide, high, size = room.width / len(inks), 30 * room.scale, 8 * room.scale
    drawn = []
    for number, (name, ink) in enumerate(inks):
        at = number * wide
        drawn.append(f"{ink} rg {at:.3f} {size * 1.5:.3f} {wide:.3f} {high:.3f} re f")
        drawn.append(f"0 g BT /Plain {size:.2f} Tf {at + 1:.3f} {size * 0.4:.3f} Td ({name}) Tj ET")
    drawn.append(f"0 G 0.4 w 0 {size * 1.5:.3f} {room.width:.3f} {high:.3f} re S")
    return high + size * 2, " ".join(drawn)


def _lines(room: Room) -> "tuple[float, str]":
    """Return the height of groups of lines, each of so many dots and as far apart, and the groups."""
    wide, high, size = room.width / len(DOTS), 24 * room.scale, 8 * room.scale
    drawn = ["0 g"]
    for number, dots in enumerate(DOTS):
        dot = dots * POINTS_PER_INCH / room.dpi
        start = number * wide
        count = int(wide * 0.8 / (2 * dot))
        drawn += [f"{start + 2 * dot * each:.4f} {size * 1.5:.3f} {dot:.4f} {high:.3f} re" for each in range(count)]
        drawn.append(f"f BT /Plain {size:.2f} Tf {start:.3f} {size * 0.4:.3f} Td ({dots}/{room.dpi} inch) Tj ET")
    return high + size * 2, " ".join(drawn)
