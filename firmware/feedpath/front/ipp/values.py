"""IPP values: octets <-> Python by their tag (RFC 8010, 3.5.2 and 3.9). Small set: runs under MicroPython too.

    integer, enum                   int
    boolean                         bool
    rangeOfInteger                  (lower, upper)
    resolution                      (cross-feed, feed, DPI or DPCM)
    dateTime                        (year, month, day, hour, minute, second, decisecond, "+" or "-", hours, minutes)
    textWithLanguage, nameWithL.    (language, text)
    text, name, keyword, uri ...    str
    out-of-band                     None
    extension                       (tag of 32 bits, bytes)
    octetString and all others      bytes
"""

import struct
import time

from feedpath.errors import WireError
from feedpath.front.ipp import status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

UNSUPPORTED, UNKNOWN, NO_VALUE = 0x10, 0x12, 0x13
NOT_SETTABLE, DELETE_ATTRIBUTE, ADMIN_DEFINE = 0x15, 0x16, 0x17  # RFC 3380, 8
INTEGER, BOOLEAN, ENUM = 0x21, 0x22, 0x23
OCTETS, DATE_TIME, RESOLUTION, RANGE = 0x30, 0x31, 0x32, 0x33
BEGIN_COLLECTION, TEXT_WITH_LANGUAGE, NAME_WITH_LANGUAGE, END_COLLECTION = 0x34, 0x35, 0x36, 0x37
TEXT, NAME, KEYWORD, URI, URI_SCHEME = 0x41, 0x42, 0x44, 0x45, 0x46
CHARSET, LANGUAGE, MIME, MEMBER_NAME = 0x47, 0x48, 0x49, 0x4A
EXTENSION = 0x7F

FIRST_VALUE_TAG = 0x10  # smaller ones delimit groups
OUT_OF_BAND = range(0x10, 0x20)
DPI, DPCM = 3, 4  # RFC 8011, 5.1.16

STRINGS = {  # RFC 8011, 5.1: octets at least, at most; lowest and highest octet; TEXT may break lines too
    TEXT: (0, 1023, 0x20, 0xFF),
    NAME: (0, 255, 0x20, 0xFF),
    KEYWORD: (1, 255, 0x21, 0x7E),
    URI: (1, 1023, 0x21, 0x7E),
    URI_SCHEME: (1, 63, 0x21, 0x7E),
    CHARSET: (1, 63, 0x21, 0x7E),
    LANGUAGE: (1, 63, 0x21, 0x7E),
    MIME: (1, 255, 0x20, 0x7E),
}
MAX_OCTETS = 1023  # RFC 8011, 5.1.11
DELETE = 0x7F

DATE_FIELDS = (  # RFC 2579, DateAndTime: lowest, highest of each but the direction; Kiribati is 14 h ahead
    (0, 65535), (1, 12), (1, 31), (0, 23), (0, 59), (0, 60), (0, 9), None, (0, 14), (0, 59),
)  # fmt: skip


def decode(tag: int, data: bytes) -> object:
    """Return the value that `data` stands for; raise WireError. Collections are the message's matter."""
    if tag in STRINGS:
        return _string(tag, data)
    if tag in CODECS:
        return CODECS[tag][0](data)
    if tag in OUT_OF_BAND:
        _exactly(0, data)
        return None
    return data


def encode(tag: int, value: "Any") -> bytes:
    """Return the octets of `value`, without its length; the inverse of `decode`."""
    if tag in STRINGS:
        data: bytes = value.encode()
        return data
    if tag in CODECS:
        return CODECS[tag][1](value)
    if tag in OUT_OF_BAND:
        return b""
    return bytes(value)


def date_time(seconds: float) -> "tuple[Any, ...]":
    """Return the dateTime value of Unix `seconds`, in UTC."""
    return tuple(time.gmtime(int(seconds))[:6]) + (int(seconds * 10) % 10, "+", 0, 0)


def cut(text: str, octets: int) -> str:
    """Return as much of `text` as fits into that many octets of UTF-8, in whole characters."""
    data = text.encode()
    if len(data) <= octets:
        return text
    while octets and data[octets] & 0xC0 == 0x80:  # never between the octets of one character
        octets -= 1
    return data[:octets].decode()


def _string(tag: int, data: bytes) -> str:
    least, most, lowest, highest = STRINGS[tag]
    if len(data) > most:
        raise WireError("%d octets, at most %d are allowed" % (len(data), most), status.VALUE_TOO_LONG)
    if len(data) < least:
        raise WireError("an empty value")
    if data and (min(data) < lowest or max(data) > highest or DELETE in data):
        visible = data
        if tag == TEXT:
            for character in (b"\t", b"\n", b"\r"):
                visible = visible.replace(character, b"")
        if visible and (min(visible) < lowest or max(visible) > highest or DELETE in visible):
            raise WireError("a character that is not allowed here")
    return _utf8(data)


def _utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeError:
        raise WireError("not UTF-8")


def _exactly(octets: int, data: bytes) -> None:
    if len(data) != octets:
        raise WireError("%d octets instead of %d" % (len(data), octets))


def _integer(data: bytes) -> int:
    _exactly(4, data)
    return int(struct.unpack(">i", data)[0])


def _boolean(data: bytes) -> bool:
    _exactly(1, data)
    if data[0] > 1:
        raise WireError("a boolean is 0 or 1, not %d" % data[0])
    return data[0] == 1


def _range(data: bytes) -> "tuple[int, int]":
    _exactly(8, data)
    lower, upper = struct.unpack(">ii", data)
    if lower > upper:
        raise WireError("a range from %d down to %d" % (lower, upper))
    return (lower, upper)


def _resolution(data: bytes) -> "tuple[int, int, int]":
    _exactly(9, data)
    cross_feed, feed, unit = struct.unpack(">iib", data)
    if cross_feed < 1 or feed < 1 or unit not in (DPI, DPCM):
        raise WireError("no such resolution")
    return (cross_feed, feed, unit)


def _date_time(data: bytes) -> "tuple[Any, ...]":
    _exactly(11, data)
    fields = struct.unpack(">HBBBBBBBBB", data)
    for field, limits in zip(fields, DATE_FIELDS):
        if limits is not None and not limits[0] <= field <= limits[1]:
            raise WireError("no such date or time")
    if fields[7] not in b"+-":
        raise WireError("the direction from UTC is + or -")
    return fields[:7] + (chr(fields[7]),) + fields[8:]


def _encode_date_time(value: "tuple[Any, ...]") -> bytes:
    return struct.pack(">HBBBBBBBBB", *(value[:7] + (ord(value[7]),) + value[8:]))


def _with_language(tag: int, data: bytes) -> "tuple[str, str]":
    language, at = _counted(data, 0)
    text, at = _counted(data, at)
    if at != len(data):
        raise WireError("octets after the text")
    return (_string(LANGUAGE, language), _string(tag, text))


def _counted(data: bytes, at: int) -> "tuple[bytes, int]":
    if at + 2 > len(data):
        raise WireError("no length")
    end = at + 2 + (data[at] << 8 | data[at + 1])
    if end > len(data):
        raise WireError("a length past the end")
    return data[at + 2 : end], end


def _encode_with_language(value: "tuple[str, str]") -> bytes:
    language, text = value[0].encode(), value[1].encode()
    return struct.pack(">H", len(language)) + language + struct.pack(">H", len(text)) + text


def _octets(data: bytes) -> bytes:
    if len(data) > MAX_OCTETS:
        raise WireError("%d octets, at most %d are allowed" % (len(data), MAX_OCTETS), status.VALUE_TOO_LONG)
    return data


def _extension(data: bytes) -> "tuple[int, bytes]":
    if len(data) < 4:
        raise WireError("an extended tag of %d octets" % len(data))
    return (struct.unpack(">I", data[:4])[0], data[4:])


CODECS: "dict[int, tuple[Callable[[bytes], Any], Callable[[Any], bytes]]]" = {
    INTEGER: (_integer, lambda value: struct.pack(">i", value)),
    ENUM: (_integer, lambda value: struct.pack(">i", value)),
    BOOLEAN: (_boolean, lambda value: b"\1" if value else b"\0"),
    RANGE: (_range, lambda value: struct.pack(">ii", *value)),
    RESOLUTION: (_resolution, lambda value: struct.pack(">iib", *value)),
    DATE_TIME: (_date_time, _encode_date_time),
    TEXT_WITH_LANGUAGE: (lambda data: _with_language(TEXT, data), _encode_with_language),
    NAME_WITH_LANGUAGE: (lambda data: _with_language(NAME, data), _encode_with_language),
    OCTETS: (_octets, lambda value: value),
    EXTENSION: (_extension, lambda value: struct.pack(">I", value[0]) + value[1]),
}
