"""Reads PCL 5 raster back as a machine does: pages, their pixels, and what was asked for each.

Written from HP, PCL 5 Printer Language Technical Reference Manual (chapter 2 for the syntax, 4 and 5 for the page, 15
for raster graphics), PCL 5 Color Technical Reference Manual (chapters 2 and 6) and PJL Technical Reference Manual. What
it does not know, or what the manuals forbid, is a ValueError: the stream is under test, not this reader's patience.
"""

import re
from dataclasses import dataclass, field

UEL = b"\x1b%-12345X"
WITH_DATA = frozenset(("*bW", "*bV", "*vW", "*gW", "&nW"))  # commands whose value counts the bytes that follow
COLOR_SPACE, ENCODING, PRIMARY_BITS = 0, 1, slice(3, 6)  # bytes of Configure Image Data
RGB, BY_PIXEL = (0, 2), 3  # device RGB, and colorimetric RGB, which is sRGB where nothing else is said
IGNORED = frozenset(("&lL", "&lO", "&lD", "&kH", "&lP", "&lM", "&uD", "*rF"))  # kept as settings, without effect here
LOCKED = frozenset(("*rS", "*rT", "*rF", "*tR", "*rA"))  # ignored between start and end of raster
NUMBER = re.compile(rb"([+-]?\d*(?:\.\d*)?)([@-~])")


@dataclass
class PclPage:
    """One page. space: "black1" or "rgb24". rows: of its raster, whole. x, y: where that begins, as the commands say.

    settings: the last value of each command by its letters: "&lA" is the size, "&lX" copies, "&lS" sides, "&lH" source.
    """

    width: int = 0
    space: str = "black1"
    resolution: int = 75
    rows: "list[bytes]" = field(default_factory=list)
    x: float = 0
    y: float = 0
    settings: "dict[str, float]" = field(default_factory=dict)


@dataclass
class PclJob:
    """What a stream holds. pjl: its lines of PJL in their order. pages: of all of it. loose: text between commands."""

    pjl: "list[str]" = field(default_factory=list)
    pages: "list[PclPage]" = field(default_factory=list)
    loose: bytes = b""


def read(data: bytes, forgiving: bool = False) -> PclJob:
    """Return the job of a whole stream; raise ValueError, or go on as machines do (`forgiving`)."""
    reader = _Reader(data, forgiving)
    reader.read()
    return reader.job


class _Reader:
    def __init__(self, data: bytes, forgiving: bool):
        self.job = PclJob()
        self._forgiving = forgiving
        self._data = data
        self._at = 0
        self._reset()

    def _reset(self) -> None:
        self._settings: "dict[str, float]" = {}
        self._palette = "black1"
        self._width: "int | None" = None
        self._height: "int | None" = None
        self._mode = 0
        self._raster = False
        self._page: "PclPage | None" = None
        self._seed = b""
        self._cursor = (0.0, 0.0)

    def read(self) -> None:
        if not self._data.startswith(UEL):
            self._language()
        while self._at < len(self._data):
            self._at += len(UEL)
            self._commands()

    def _commands(self) -> None:
        """Read lines of PJL up to a language's data, and that; or up to the next UEL."""
        while self._data.startswith(b"@PJL", self._at):
            end = self._data.find(b"\n", self._at)
            line = self._data[self._at : end].rstrip(b"\r").decode("ascii", "replace")
            if end < 0 or not line.isprintable():
                self._broken(f"a line of PJL has no end, or holds controls: {line!r}")
                break
            self.job.pjl.append(line)
            self._at = end + 1
            if line.startswith("@PJL ENTER"):
                if line.replace(" ", "") != "@PJLENTERLANGUAGE=PCL":
                    raise ValueError(f"another language: {line}")
                self._language()
                return
        if self._at < len(self._data) and not self._data.startswith(UEL, self._at):
            self._broken(f"neither PJL nor a language at {self._at}")
            self._at = max(self._data.find(UEL, self._at), self._at)

    def _broken(self, sentence: str) -> None:
        if not self._forgiving:
            raise ValueError(sentence)

    def _language(self) -> None:
        """Read PCL up to UEL or the end."""
        self._reset()
        while self._at < len(self._data) and not self._data.startswith(UEL, self._at):
            byte = self._data[self._at : self._at + 1]
            self._at += 1
            if byte == b"\x1b":
                self._escape()
            elif byte == b"\f":
                self._end_raster()
                self._eject(always=True)
            elif byte != b"\0":
                self.job.loose += byte
        if self._page is not None:
            self._broken("the language ends on a page that was not ejected")
        self._end_raster()
        self._eject()

    def _escape(self) -> None:
        kind = self._data[self._at : self._at + 1]
        self._at += 1
        if kind == b"E":
            self._end_raster()
            self._eject()
            self._reset()
            return
        if not b"!" <= kind <= b"/":
            self._broken(f"ESC {kind!r} is not known")
            return
        group = self._data[self._at : self._at + 1]
        self._at += 1
        more = True
        while more:
            match = NUMBER.match(self._data, self._at)
            if match is None:
                self._broken(f"no command at {self._at}: {self._data[self._at : self._at + 10]!r}")
                return
            self._at = match.end()
            letter = match[2].decode()
            more = letter.islower()
            self._do((kind + group).decode() + letter.upper(), float(match[1] or 0))

    def _do(self, name: str, value: float) -> None:
        data = b""
        if name in WITH_DATA:
            data = self._data[self._at : self._at + int(value)]
            if not 0 <= value <= 32767 or len(data) != value:
                raise ValueError(f"{name} has {len(data)} of {value} bytes")
            self._at += int(value)
        if self._raster and name in LOCKED:
            return
        if self._raster and not name.startswith("*b"):
            self._end_raster()
        action = ACTIONS.get(name)
        if action is None and name not in IGNORED:
            raise ValueError(f"ESC {name} is not known")
        if name[0:2] != "*b":
            self._settings[name] = value
        if action is not None:
            action(self, value, data)

    # page

    def _paper(self, _value: float, _data: bytes) -> None:
        self._eject()
        self._cursor = (0, 0)

    def _source(self, value: float, _data: bytes) -> None:
        if value == 0:
            self._eject(always=True)

    def _nothing(self, _value: float, _data: bytes) -> None:
        pass

    def _across(self, value: float, _data: bytes) -> None:
        self._cursor = (value, self._cursor[1])

    def _along(self, value: float, _data: bytes) -> None:
        self._cursor = (self._cursor[0], value)

    def _eject(self, always: bool = False) -> None:
        page, self._page = self._page, None
        if page is None and always:
            page = PclPage(settings=dict(self._settings))
        if page is not None:
            self.job.pages.append(page)

    # raster

    def _image_data(self, _value: float, data: bytes) -> None:
        if data[COLOR_SPACE] not in RGB or data[ENCODING] != BY_PIXEL or data[PRIMARY_BITS] != b"\x08\x08\x08":
            self._broken(f"pixels of another kind: {data!r}")
        self._palette = "rgb24"

    def _simple_color(self, value: float, _data: bytes) -> None:
        if value != 1:
            raise ValueError(f"a palette of {value} planes")
        self._palette = "black1"

    def _set_width(self, value: float, _data: bytes) -> None:
        self._width = int(value)

    def _set_height(self, value: float, _data: bytes) -> None:
        self._height = int(value)

    def _start(self, value: float, _data: bytes) -> None:
        if self._width is None:
            raise ValueError("raster begins without a width")
        if self._page is not None:
            raise ValueError("a second raster on a page")
        x, y = self._cursor if value == 1 else (0, self._cursor[1])
        resolution = int(self._settings.get("*tR", 75))
        self._page = PclPage(self._width, self._palette, resolution, [], x, y, dict(self._settings))
        self._raster = True
        self._seed = bytes(self._row_bytes())

    def _row_bytes(self) -> int:
        width = self._width or 0
        return width * 3 if self._palette == "rgb24" else (width + 7) // 8

    def _end_raster(self) -> None:
        """End the raster: rows up to its height that did not come are zeros."""
        if self._raster and self._page is not None and self._height is not None:
            rows = self._page.rows
            rows += [bytes(self._row_bytes())] * (self._height - len(rows))
            del rows[self._height :]
        self._raster = False

    def _end(self, _value: float, _data: bytes) -> None:
        self._end_raster()
        self._mode, self._width, self._height = 0, None, None

    def _method(self, value: float, _data: bytes) -> None:
        if value not in METHODS:
            raise ValueError(f"compression method {value}")
        self._mode = int(value)

    def _offset(self, value: float, _data: bytes) -> None:
        if not self._raster or not 0 <= value <= 32767:
            raise ValueError(f"a Y offset of {value}")
        self._seed = bytes(self._row_bytes())
        for _ in range(int(value)):
            self._add(self._seed)

    def _transfer(self, _value: float, data: bytes) -> None:
        if not self._raster:
            raise ValueError("rows come outside a raster")
        size = self._row_bytes()
        row = METHODS[self._mode](data, self._seed)
        if len(row) > size:
            self._broken(f"a row has {len(row)} of {size} bytes")
        self._seed = row[:size] + bytes(size - len(row[:size]))
        self._add(self._seed)

    def _add(self, row: bytes) -> None:
        assert self._page is not None
        spare = -self._page.width % 8 if self._palette == "black1" else 0
        if spare:
            row = row[:-1] + bytes((row[-1] >> spare << spare,))
        self._page.rows.append(row)


def _plain(data: bytes, _seed: bytes) -> bytes:
    return data


def _run_lengths(data: bytes, _seed: bytes) -> bytes:
    return b"".join(data[at + 1 : at + 2] * (data[at] + 1) for at in range(0, len(data) - 1, 2))


def _tiff(data: bytes, _seed: bytes) -> bytes:
    row, at = b"", 0
    while at < len(data) - 1:
        control = data[at]
        if control < 128:
            row += data[at + 1 : at + 2 + control]
            at += 2 + control
        elif control > 128:
            row += data[at + 1 : at + 2] * (257 - control)
            at += 2
        else:
            at += 1
    return row


def _delta_row(data: bytes, seed: bytes) -> bytes:
    row, at, place = bytearray(seed), 0, 0
    while at < len(data):
        count, offset = (data[at] >> 5) + 1, data[at] & 31
        at += 1
        more = 255 if offset == 31 else 0
        while more == 255 and at < len(data):
            more = data[at]
            offset += more
            at += 1
        place += offset
        new = data[at : at + count]
        row[place : place + len(new)] = new  # what goes past the end makes it longer
        at += count
        place += count
    return bytes(row)


METHODS = {0: _plain, 1: _run_lengths, 2: _tiff, 3: _delta_row}
ACTIONS = {
    "&lA": _Reader._paper,
    "&lH": _Reader._source,
    "&lX": _Reader._nothing,
    "&lS": _Reader._nothing,
    "&lE": _Reader._nothing,
    "&lU": _Reader._nothing,
    "&aG": _Reader._nothing,
    "*pX": _Reader._across,
    "*pY": _Reader._along,
    "&aH": _Reader._across,
    "&aV": _Reader._along,
    "*tR": _Reader._nothing,
    "*vW": _Reader._image_data,
    "*rU": _Reader._simple_color,
    "*rS": _Reader._set_width,
    "*rT": _Reader._set_height,
    "*rA": _Reader._start,
    "*rC": _Reader._end,
    "*rB": _Reader._end,
    "*bM": _Reader._method,
    "*bY": _Reader._offset,
    "*bW": _Reader._transfer,
}
