"""Documents that are almost right: valid ones, changed at random where readers are weak."""

import random
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

LONGEST = 64 * 1024  # bytes of what is made
CHANGES = (1, 1, 1, 2, 3, 5)
NUMBERS = (
    0,
    1,
    2,
    3,
    7,
    8,
    127,
    128,
    255,
    256,
    257,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
DIGITS = (b"0", b"-1", b"1", b"65536", b"4294967296", b"9" * 30, b"1e99", b"0.0000001", b"-0", b"nan", b"1" * 400, b"")
CHARACTERS = (b"\0", b"\n", b"\r", b"\x1b", b'"', b"(", b")", b"<", b">", b"[", b"{", b"*", b":", b"/", b"%", b"\xff")

Way = Callable[[bytes, random.Random], bytes]


class Kind(NamedTuple):
    """How a kind of document is changed: words that mean something in it, and ways of its own."""

    words: "tuple[bytes, ...]" = ()
    ways: "tuple[Way, ...]" = ()


def changed(documents: "Sequence[bytes]", kind: Kind, choose: random.Random) -> bytes:
    """Return one of the documents, changed in some ways."""
    data = choose.choice(documents)
    for _ in range(choose.choice(CHANGES)):
        way = choose.choice((*WAYS, *kind.ways * 3))
        if way is _join:
            data = _joined(data, choose.choice(documents), choose)
        elif way is _insert and kind.words:
            data = _inserted(data, choose.choice((*kind.words, *CHARACTERS)), choose)
        else:
            data = way(data, choose)
        data = data[:LONGEST]
    return data


def _flip(data: bytes, choose: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(choose.choice((1, 1, 2, 8)) if data else 0):
        out[choose.randrange(len(out))] ^= 1 << choose.randrange(8)
    return bytes(out)


def _replace(data: bytes, choose: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(choose.choice((1, 1, 4)) if data else 0):
        out[choose.randrange(len(out))] = choose.choice((0, 1, 127, 128, 255, choose.randrange(256)))
    return bytes(out)


def _number(data: bytes, choose: random.Random) -> bytes:
    """Put a number of one, two or four bytes somewhere."""
    form, most = choose.choice(((">B", 0xFF), (">H", 0xFFFF), (">I", 0xFFFFFFFF), ("<I", 0xFFFFFFFF)))
    number = struct.pack(form, min(choose.choice(NUMBERS), most))
    at = choose.randrange(len(data) + 1)
    return data[:at] + number + data[at + len(number) :]


def _cut(data: bytes, choose: random.Random) -> bytes:
    return data[: choose.randrange(len(data) + 1)]


def _drop(data: bytes, choose: random.Random) -> bytes:
    at = choose.randrange(len(data) + 1)
    return data[:at] + data[at + choose.choice((1, 2, 4, 50, 1000)) :]


def _repeat(data: bytes, choose: random.Random) -> bytes:
    start = choose.randrange(len(data) + 1)
    end = start + choose.choice((1, 2, 20, 200, 2000))
    return data[:end] + data[start:end] * choose.choice((1, 2, 30, 1000)) + data[end:]


def _swell(data: bytes, choose: random.Random) -> bytes:
    """Put one or two characters of the document into it thousands of times: what is slow by the square shows there."""
    start = choose.randrange(len(data) + 1)
    some = data[start : start + choose.choice((1, 1, 2, 4))] or b"a"
    return data[:start] + some * choose.choice((500, 5000, 20_000 // len(some))) + data[start:]


def _insert(data: bytes, choose: random.Random) -> bytes:
    return _inserted(data, choose.choice((*CHARACTERS, choose.randbytes(choose.choice((1, 3, 100))))), choose)


def _inserted(data: bytes, word: bytes, choose: random.Random) -> bytes:
    at = choose.randrange(len(data) + 1)
    return data[:at] + word + data[at + choose.choice((0, len(word))) :]


def _digits(data: bytes, choose: random.Random) -> bytes:
    """Give a number in the text another value."""
    places = list(re.finditer(rb"\d+", data[:LONGEST]))
    if not places:
        return data
    place = choose.choice(places)
    return data[: place.start()] + choose.choice(DIGITS) + data[place.end() :]


def _lines(data: bytes, choose: random.Random) -> bytes:
    """Drop, repeat or move some lines."""
    lines = data.splitlines(keepends=True)
    start = choose.randrange(len(lines) + 1)
    end = start + choose.choice((1, 1, 3, 20))
    some, others = lines[start:end], lines[:start] + lines[end:]
    at = choose.randrange(len(others) + 1)
    return b"".join(choose.choice((others, lines[:end] + some * 3 + lines[end:], others[:at] + some + others[at:])))


def _join(data: bytes, _choose: random.Random) -> bytes:
    return data


def _joined(data: bytes, other: bytes, choose: random.Random) -> bytes:
    """Return the beginning of one document and the end of another."""
    return data[: choose.randrange(len(data) + 1)] + other[choose.randrange(len(other) + 1) :]


WAYS: "tuple[Way, ...]" = (
    _flip, _replace, _number, _number, _cut, _drop, _repeat, _swell, _insert, _insert, _digits, _lines, _join,
)  # fmt: skip


def field(start: int, *offsets: int) -> Way:
    """Return a way to put another number into a field of 32 bits: of those that begin at `start` plus these offsets."""

    def way(data: bytes, choose: random.Random) -> bytes:
        at = start + choose.choice(offsets)
        number = choose.choice((choose.choice(NUMBERS), choose.randrange(64)))
        return data[:at] + struct.pack(">I", number) + data[at + 4 :]

    return way


def png_chunk(data: bytes, choose: random.Random) -> bytes:
    """Change a chunk of a PNG and make its checksum right, or drop, repeat or move it (ISO/IEC 15948, 5.3)."""
    parts, at = [], 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        parts.append(data[at:end])
        at = end
    if not parts:
        return data
    part = choose.choice(parts)
    if choose.random() < 0.7:
        name, body = part[4:8], choose.choice((_number, _flip, _cut, _repeat))(part[8:-4], choose)
        other = struct.pack(">I", len(body)) + name + body
        parts[parts.index(part)] = other + struct.pack(">I", zlib.crc32(other[4:]))
    else:
        parts.remove(part)
        for _ in range(choose.choice((0, 1, 2))):
            parts.insert(choose.randrange(len(parts) + 1), part)
    return data[:8] + b"".join(parts)


def jpeg_segment(data: bytes, choose: random.Random) -> bytes:
    """Change a segment of a JPEG, with a length that is right, or drop, repeat or move it (ITU-T T.81, B.1.1.4)."""
    parts, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        parts.append(data[at:end])
        at = end
    if not parts:
        return data
    part = choose.choice(parts)
    if choose.random() < 0.7:
        body = choose.choice((_number, _flip, _cut, _repeat))(part[4:], choose)[:0xFFFD]
        parts[parts.index(part)] = part[:2] + struct.pack(">H", len(body) + 2) + body
    else:
        parts.remove(part)
        for _ in range(choose.choice((0, 1, 2))):
            parts.insert(choose.randrange(len(parts) + 1), part)
    return data[:2] + b"".join(parts) + data[at:]


def font_table(data: bytes, choose: random.Random) -> bytes:
    """Give a table of a font another place or length, or change a number in it (ISO/IEC 14496-22, 4.5)."""
    count = int.from_bytes(data[4:6], "big")
    row = 12 + 16 * choose.randrange(max(1, count))
    place, length = (int.from_bytes(data[row + at : row + at + 4], "big") for at in (8, 12))
    if choose.random() < 0.3 or not length:
        return field(row, 8, 12)(data, choose)
    at = place + choose.randrange(min(length, 64))
    return data[:at] + struct.pack(">H", choose.choice(NUMBERS) & 0xFFFF) + data[at + 2 :]
