"""What plain text needs of a TrueType font (ISO/IEC 14496-22): which glyph a character has, and how wide it is.

The system's own fonts, from a small table of places; one that is missing or broken is left out.
"""

import struct
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

FONTS = Path("/usr/share/fonts/truetype")
MONOSPACED = (  # as Debian's packages fonts-dejavu, fonts-liberation, fonts-noto-mono, fonts-freefont-ttf place them
    "dejavu/DejaVuSansMono.ttf",
    "liberation/LiberationMono-Regular.ttf",
    "liberation2/LiberationMono-Regular.ttf",
    "noto/NotoSansMono-Regular.ttf",
    "freefont/FreeMono.ttf",
)
OTHERS = (  # for characters that the monospaced ones lack; the last has those of East Asia
    "dejavu/DejaVuSans.ttf",
    "freefont/FreeSans.ttf",
    "droid/DroidSansFallbackFull.ttf",
)
TABLES = 64  # more than a font has
UNICODE = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3))  # platform and encoding of the subtables used, the widest first


class Font:
    """A font that stands in a file; raises ValueError, OSError or struct.error when it cannot be used."""

    def __init__(self, file: BinaryIO):
        self.file = file
        self.length = file.seek(0, 2)
        file.seek(0)
        if file.read(4) != b"\0\1\0\0":
            raise ValueError("not a font of TrueType outlines")
        count = min(TABLES, struct.unpack(">H6x", file.read(8))[0])
        rows = (struct.unpack(">4s4xII", file.read(16)) for _ in range(count))
        self._tables = {name: (offset, length) for name, offset, length in rows}
        self._units: int = max(1, struct.unpack_from(">H", self._table(b"head"), 18)[0])
        self.box = tuple(self._thousandths(side) for side in struct.unpack_from(">4h", self._table(b"head"), 36))
        ascent, descent = struct.unpack_from(">hh", self._table(b"hhea"), 4)
        self.ascent, self.descent = self._thousandths(ascent), self._thousandths(descent)
        self._widths = self._table(b"hmtx")
        self._wide = max(1, struct.unpack_from(">H", self._table(b"hhea"), 34)[0])
        self._read_characters(self._table(b"cmap"))

    def _thousandths(self, units: int) -> int:
        """Return thousandths of the font's size."""
        return round(units * 1000 / self._units)

    def _table(self, name: bytes) -> bytes:
        if name not in self._tables:
            raise ValueError(f"no table {name!r}")
        offset, length = self._tables[name]
        self.file.seek(offset)
        return self.file.read(min(length, self.length))

    def _read_characters(self, cmap: bytes) -> None:
        count = struct.unpack_from(">2xH", cmap)[0]
        rows = (struct.unpack_from(">HHI", cmap, 4 + 8 * at) for at in range(count))
        places = {(platform, encoding): offset for platform, encoding, offset in rows}
        offset = next((places[key] for key in UNICODE if key in places), None)
        if offset is None:
            raise ValueError("no Unicode characters")
        kind = struct.unpack_from(">H", cmap, offset)[0]
        if kind not in (4, 12):
            raise ValueError(f"characters in format {kind}")
        (self._read_4 if kind == 4 else self._read_12)(cmap[offset:])

    def _read_4(self, table: bytes) -> None:
        """Read the segments of format 4 (14496-22, 5.2.1.3.3)."""
        count = struct.unpack_from(">6xH", table)[0] // 2
        each = struct.Struct(f">{count}H")
        ends, starts, deltas, ranges = (each.unpack_from(table, 14 + 2 * count * at + 2 * bool(at)) for at in range(4))
        words = 16 + 6 * count
        self._ends, self._starts = ends, starts
        self._glyphs = [
            (start, delta, words + 2 * at + offset if offset else 0)
            for at, (start, delta, offset) in enumerate(zip(starts, deltas, ranges))
        ]
        self._words = table

    def _read_12(self, table: bytes) -> None:
        """Read the groups of format 12 (14496-22, 5.2.1.3.7)."""
        count = struct.unpack_from(">12xI", table)[0]
        groups = [struct.unpack_from(">III", table, 16 + 12 * at) for at in range(count)]
        self._starts, self._ends = tuple(group[0] for group in groups), tuple(group[1] for group in groups)
        self._glyphs = [(start, glyph - start, 0) for start, _, glyph in groups]
        self._words = b""

    def glyph(self, character: str) -> int:
        """Return the number of a character's glyph, 0 when it has none."""
        code = ord(character)
        at = bisect_left(self._ends, code)
        if at == len(self._ends) or self._starts[at] > code:
            return 0
        start, delta, place = self._glyphs[at]
        if not place:
            return int(code + delta) & 0xFFFF
        place += 2 * (code - start)
        glyph = int.from_bytes(self._words[place : place + 2], "big")
        return int(glyph + delta) & 0xFFFF if glyph else 0

    def width(self, glyph: int) -> int:
        """Return how far a glyph advances, in thousandths of the font's size."""
        at = 4 * min(glyph, self._wide - 1)
        return self._thousandths(struct.unpack_from(">H", self._widths, at)[0] if at + 2 <= len(self._widths) else 0)


class Fonts:
    """The fonts of a text: `main` is monospaced; the others are opened when a character is met that it lacks."""

    def __init__(self, folder: Path = FONTS):
        self._folder = folder
        self._left = [*MONOSPACED, *OTHERS]
        self._opened: "list[Font]" = []
        self._found: "dict[str, tuple[Font, int] | None]" = {}
        self.main = self._next(MONOSPACED)

    def _next(self, names: "tuple[str, ...]") -> "Font | None":
        """Open the next one of `names` that is there."""
        while self._left and self._left[0] in names:
            try:
                file = (self._folder / self._left.pop(0)).open("rb")
            except OSError:
                continue
            try:
                self._opened.append(Font(file))
            except (ValueError, OSError, struct.error):
                file.close()
                continue
            return self._opened[-1]
        return None

    def find(self, character: str) -> "tuple[Font, int] | None":
        """Return a font that has the character, and its glyph there; None when no font has it."""
        if character not in self._found:
            self._found[character] = self._search(character)
        return self._found[character]

    def _search(self, character: str) -> "tuple[Font, int] | None":
        for font in self._all():
            if glyph := font.glyph(character):
                return font, glyph
        return None

    def _all(self) -> "Iterator[Font]":
        yield from self._opened
        while font := self._next((*MONOSPACED, *OTHERS)):
            yield font

    def close(self) -> None:
        """Close their files."""
        for font in self._opened:
            font.file.close()
