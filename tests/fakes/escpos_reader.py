"""Reads ESC/POS as a receipt printer does: what it prints, cuts and opens. After Epson's ESC/POS command reference."""

from typing import NamedTuple


class Image(NamedTuple):
    """Printed dots: width in dots, rows packed to bytes, the leftmost dot in the highest bit, 1 is black."""

    width: int
    rows: "list[bytes]"


class Act(NamedTuple):
    """Something else that it did: "initialize", "real-time", "status", "feed", "cut", "pulse", and its parameters."""

    name: str
    parameters: "tuple[int, ...]" = ()


class Reader:
    """Takes a whole stream apart; raises ValueError for what the reference does not allow."""

    def __init__(self, stream: bytes):
        self._stream = stream
        self._at = 0
        self._stored: "Image | None" = None
        self.done: "list[Image | Act]" = []
        commands = {
            b"\x10\x04": lambda: self.done.append(Act("status", (self._byte(),))),
            b"\x1b@": lambda: self.done.append(Act("initialize")),
            b"\x1bd": lambda: self.done.append(Act("feed", (self._byte(),))),
            b"\x1bp": self._pulse,
            b"\x1dv": self._raster,
            b"\x1d(": self._function,
            b"\x1dV": self._cut,
        }
        while self._at < len(stream):
            if stream[self._at] == 0:  # NUL between commands does nothing
                self._at += 1
                continue
            name = self._take(2)
            if name not in commands:
                raise ValueError(f"{name!r} at {self._at - 2} is no command known here")
            commands[name]()

    def _take(self, count: int) -> bytes:
        taken = self._stream[self._at : self._at + count]
        if len(taken) < count:
            raise ValueError(f"{count - len(taken)} bytes are missing")
        self._at += count
        return taken

    def _byte(self) -> int:
        return self._take(1)[0]

    def _word(self) -> int:
        low, high = self._take(2)
        return low + high * 256

    def _pulse(self) -> None:
        pin, on, off = self._take(3)
        if pin not in (0, 1, 48, 49):
            raise ValueError(f"ESC p has no connector {pin}")
        self.done.append(Act("pulse", (2 if pin in (0, 48) else 5, on * 2, off * 2)))

    def _cut(self) -> None:
        mode = self._byte()
        if mode in (0, 1, 48, 49):
            self.done.append(Act("cut", (mode % 48,)))
        elif mode in (65, 66):
            self.done.append(Act("cut", (mode, self._byte())))
        else:
            raise ValueError(f"GS V has no mode {mode}")

    def _raster(self) -> None:
        if self._take(1) != b"0" or self._byte() not in (0, 48):
            raise ValueError("only GS v 0 in normal size is read here")
        across, down = self._word(), self._word()
        if not 1 <= across <= 256 or not 1 <= down <= 2303:
            raise ValueError(f"GS v 0 takes no image of {across} x {down}")
        self.done.append(Image(across * 8, [self._take(across) for _ in range(down)]))

    def _function(self) -> None:
        name = self._take(1)
        length = self._word()
        if name == b"D":
            self._real_time(length)
            return
        if name != b"L":
            raise ValueError("only GS ( D and GS ( L are read here")
        end = self._at + length
        mode, function = self._take(2)
        if mode != 48:
            raise ValueError(f"GS ( L has no mode {mode}")
        if function == 112:
            self._store()
        elif function in (2, 50) and self._stored:
            self.done.append(self._stored)
            self._stored = None
        else:
            raise ValueError(f"GS ( L has no function {function} here")
        if self._at != end:
            raise ValueError(f"GS ( L told {length} bytes, but has {length + self._at - end}")

    def _real_time(self, length: int) -> None:
        mode, *pairs = self._take(length)
        allowed = {1, 2}.issuperset(pairs[0::2]) and {0, 1, 48, 49}.issuperset(pairs[1::2])
        if mode != 20 or length not in (3, 5) or not allowed:
            raise ValueError("GS ( D enables or disables real-time commands 1 and 2")
        self.done.append(Act("real-time", tuple(pairs)))

    def _store(self) -> None:
        tone, across, down, color = self._take(4)
        if tone != 48 or across not in (1, 2) or down not in (1, 2) or color != 49:
            raise ValueError("GS ( L 112 stores monochrome images in colour 1")
        width, rows = self._word(), self._word()
        if not 1 <= width <= 2048 or not 1 <= rows <= 831:
            raise ValueError(f"GS ( L 112 takes no image of {width} x {rows}")
        self._stored = Image(width, [self._take((width + 7) // 8) for _ in range(rows)])


def read(stream: bytes) -> "list[Image | Act]":
    """Return what a printer does with `stream`; images that follow each other are one."""
    done: "list[Image | Act]" = []
    for item in Reader(stream).done:
        last = done[-1] if done else None
        if isinstance(item, Image) and isinstance(last, Image) and last.width == item.width:
            done[-1] = Image(item.width, last.rows + item.rows)
        else:
            done.append(item)
    return done
