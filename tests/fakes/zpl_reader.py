"""Reads ZPL II as a label printer does: settings, and dots of each label. After Zebra's ZPL II Programming Guide."""

import base64
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

COMMAND = re.compile(rb"\s*([\^~])([A-Z]{2})([^\^~]*)", re.DOTALL)
COUNTS = {chr(ord("G") + n): n + 1 for n in range(19)} | {chr(ord("g") + n): 20 * (n + 1) for n in range(20)}


class Label(NamedTuple):
    """A label: the parameters of each command that set something, and its rows, the leftmost dot in the highest bit."""

    settings: "dict[str, str]"
    rows: "list[bytes]"
    copies: int


def read(stream: bytes) -> "tuple[dict[str, str], list[Label]]":
    """Return what is set outside of labels, and the labels; raise ValueError for what the Guide does not allow."""
    outside: "dict[str, str]" = {}
    labels: "list[Label]" = []
    inside: "list[tuple[str, str]] | None" = None
    for name, parameters in _commands(stream):
        if name == "^XA" and inside is None:
            inside = []
        elif name == "^XZ" and inside is not None:
            labels.append(_label(inside))
            inside = None
        elif inside is not None and name.startswith("^"):
            inside.append((name, parameters))
        elif inside is None and name.startswith("~"):
            outside[name] = parameters
        else:
            raise ValueError(f"{name} is out of place")
    if inside is not None:
        raise ValueError("the last label has no ^XZ")
    return outside, labels


def _commands(stream: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(stream.rstrip()):
        match = COMMAND.match(stream, at)
        if match is None:
            raise ValueError(f"no command at {at}: {stream[at : at + 20]!r}")
        yield (match[1] + match[2]).decode(), match[3].decode("ascii").strip()
        at = match.end()


def _label(commands: "list[tuple[str, str]]") -> Label:
    settings = {name: parameters for name, parameters in commands if name not in ("^FO", "^GF", "^FS")}
    width, length = int(settings["^PW"]), int(settings["^LL"])
    if not (width >= 2 and 1 <= length <= 32000):
        raise ValueError(f"a label of {width} x {length} dots is not allowed")
    home = [int(part) for part in settings.get("^LH", "0,0").split(",")]
    dots = [0] * length  # each row as a number, the leftmost dot in its highest bit
    origin = (0, 0)
    open_field = False
    for name, parameters in commands:
        if name == "^FO":
            x, y = (int(part) for part in parameters.split(","))
            origin, open_field = (x + home[0], y + home[1]), True
        elif name == "^GF" and open_field:
            for y, row in enumerate(_graphic(parameters), origin[1]):
                number = int.from_bytes(row, "big")
                shift = len(row) * 8 + origin[0] - width
                dots[y] |= number >> shift if shift > 0 else number << -shift
        elif name == "^FS":
            open_field = False
    stride = (width + 7) // 8
    rows = [(number << (stride * 8 - width)).to_bytes(stride, "big") for number in dots]
    return Label(settings, rows, int(settings.get("^PQ", "1").split(",")[0]))


def _graphic(parameters: str) -> "list[bytes]":
    kind, sent, total, across, data = parameters.split(",", 4)
    size, stride = int(total), int(across)
    if kind != "A" or not 1 <= size <= 99999 or int(sent) != size or size % stride:
        raise ValueError(f"^GF{kind},{sent},{total},{across} is not allowed")
    pixels = _encoded(data) if data[:5] in (":Z64:", ":B64:") else _expanded(data, stride * 2)
    if len(pixels) != size:
        raise ValueError(f"^GF told {size} bytes, but has {len(pixels)}")
    return [pixels[at : at + stride] for at in range(0, size, stride)]


def _encoded(data: str) -> bytes:
    _, kind, text, crc = data.split(":")
    if int(crc, 16) != _crc(text.encode()):
        raise ValueError(f"the CRC is {crc}, but should be {_crc(text.encode()):04X}")
    coded = base64.b64decode(text, validate=True)
    return zlib.decompress(coded) if kind == "Z64" else coded


def _crc(text: bytes) -> int:
    """Return the CRC of x16 + x12 + x5 + 1 that begins with 0."""
    remainder = 0
    for byte in text:
        remainder ^= byte << 8
        for _ in range(8):
            remainder = (remainder << 1) ^ (0x1021 if remainder & 0x8000 else 0)
            remainder &= 0xFFFF
    return remainder


def _expanded(data: str, digits: int) -> bytes:
    """Return what ASCII hexadecimal data in the alternative compression scheme stand for; a row has `digits`."""
    rows: "list[str]" = []
    row, count = "", 0
    for mark in data:
        if mark in COUNTS:
            count += COUNTS[mark]
            continue
        if mark in ",!":
            row += ("0" if mark == "," else "F") * (digits - len(row))
        elif mark == ":":
            if row:
                raise ValueError("a row is repeated within a row")
            row = rows[-1]
        elif mark in "0123456789ABCDEF":
            row += mark * max(count, 1)
        else:
            raise ValueError(f"{mark!r} is no mark of the compression scheme")
        count = 0
        while len(row) >= digits:
            rows.append(row[:digits])
            row = row[digits:]
    if row or count:
        raise ValueError("the last row is not whole")
    return bytes.fromhex("".join(rows))
