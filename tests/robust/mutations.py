"""Requests that are almost right: valid ones, changed at random where parsers are weak."""

import gzip
import random
import re
import struct
from collections.abc import Callable

from feedpath.front.ipp import values
from feedpath.front.ipp.wire import Attribute
from tests.robust import ippclient
from tests.robust.documents import document
from tests.robust.ippclient import FORMAT, boolean, integer, keyword, mime, named, post, request

HEAD_END = b"\r\n\r\n"
IPP_HEADER, END = 8, 3  # octets of a message before its first group; the tag that ends it (RFC 8010, 3)
FITTED = 0.6  # of the mutants have the right Content-Length
LENGTHS = (0, 1, 4, 0x7F, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF)  # two octets of IPP
NUMBERS = (b"-1", b"+5", b"0", b"00", b"1 2", b"1,1", b"0x10", b"4294967296", b"9" * 18, b"9" * 40, b"", b"1e3")
TAGS = bytes.fromhex("00 01 02 03 04 05 0f 10 13 21 22 31 33 34 35 37 41 4a 7f ff")
FIELDS = (  # lines of a head
    b"Content-Length: 5",
    b"Content-Length: 10, 10",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: identity",
    b"Expect: 100-continue",
    b"Expect: miracles",
    b"Connection: close",
    b"Connection: Upgrade\r\nUpgrade: TLS/1.2",
    b"Connection: keep-alive, Upgrade\r\nUpgrade: h2c, websocket",
    b"Host: elsewhere:99999",
    b"Host: [::1",
    b"Content-Type: text/html",
    b"Content-Encoding: gzip",
    b"Authorization: Basic ====",
    b"Authorization: Negotiate " + b"A" * 3000,
    b"X-Long: " + b"y" * 50_000,
    b" folded: line",
    b"No-Colon",
    b"Space : before",
    b"Nul: \0",
    b"\xff\xfe: \x80",
    b"\r\n",
)
STARTS = (  # request lines
    b"GET / HTTP/1.1",
    b"HEAD / HTTP/1.1",
    b"GET /ipp/print HTTP/1.0",
    b"OPTIONS * HTTP/1.1",
    b"PUT /ipp/print HTTP/1.1",
    b"POST /jobs/99999999999 HTTP/1.1",
    b"POST /printers/%ff%00 HTTP/1.1",
    b"POST http://[::1/ipp HTTP/1.1",
    b"POST /ipp/print/../../etc/passwd HTTP/1.1",
    b"POST /" + b"a" * 9000 + b" HTTP/1.1",
    b"POST /ipp/print HTTP/9.9",
    b"POST /ipp/print",
    b"PRI * HTTP/2.0",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"@PJL INFO STATUS",
    b"",
)
SIZES = (b"0", b"5", b"f" * 16, b"-1", b"0x5", b"5;ext=1", b"5;" + b"e" * 2000, b"g", b"", b" 5", b"000000000005")


def valid() -> "list[bytes]":
    """Return the requests that all others are made from."""
    media_size = [integer("x-dimension", 21000), integer("y-dimension", 29700)]
    media_col = [Attribute("media-size", [(values.BEGIN_COLLECTION, media_size)])]
    job = [
        integer("copies", 2),
        keyword("sides", "two-sided-long-edge"),
        Attribute("media-col", [(values.BEGIN_COLLECTION, media_col)]),
        Attribute("printer-resolution", [(values.RESOLUTION, (600, 600, values.DPI))]),
        Attribute("page-ranges", [(values.RANGE, (1, 2)), (values.RANGE, (5, 9))]),
    ]
    print_job = request(ippclient.PRINT_JOB, mime(FORMAT), named("job-name", "mutant"), job=job)
    coded = request(ippclient.PRINT_JOB, mime(FORMAT), keyword("compression", "gzip"))
    last = (integer("job-id", 1), boolean("last-document", True), mime(FORMAT))
    return [
        post(print_job + document(1, 300)),
        post(print_job + document(1, 3000), chunked=True),
        post(coded + gzip.compress(document(1, 3000))),
        post(coded + gzip.compress(document(1, 3000)), chunked=True),
        post(print_job + document(1, 300), "Expect: 100-continue"),
        post(request(ippclient.VALIDATE_JOB, mime(FORMAT), job=job)),
        post(request(ippclient.CREATE_JOB, named("job-name", "mutant"), job=job)),
        post(request(ippclient.SEND_DOCUMENT, *last) + document(1, 300)),
        post(request(ippclient.GET_JOBS, keyword("requested-attributes", "all"), integer("limit", 3))),
        post(request(ippclient.GET_JOB_ATTRIBUTES, integer("job-id", 1))),
        post(request(ippclient.CANCEL_JOB, integer("job-id", 1))),
        post(request(ippclient.GET_PRINTER_ATTRIBUTES, keyword("requested-attributes", "all", "media-col-database"))),
        b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n",
    ]


def mutate(requests: "list[bytes]", choose: random.Random) -> bytes:
    """Return one of the requests, changed in one to three ways; the length may be made to fit again."""
    data = choose.choice(requests)
    for _ in range(choose.choice((1, 1, 2, 3))):
        data = choose.choice(WAYS)(data, choose)
    return _fit(data) if choose.random() < FITTED else data


def _fit(data: bytes) -> bytes:
    """Return the request with the Content-Length that its body has, so that what is wrong in it is looked at."""
    head, end, body = data.partition(HEAD_END)
    return re.sub(rb"Content-Length: [0-9]+", b"Content-Length: %d" % len(body), head, count=1) + end + body


def _flip(data: bytes, choose: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(choose.choice((1, 2, 8)) if data else 0):
        changed[choose.randrange(len(data))] = choose.randrange(256)
    return bytes(changed)


def _cut(data: bytes, choose: random.Random) -> bytes:
    return data[: choose.randrange(len(data) + 1)]


def _drop(data: bytes, choose: random.Random) -> bytes:
    start = choose.randrange(len(data) + 1)
    return data[:start] + data[start + choose.choice((1, 2, 4, 50)) :]


def _repeat(data: bytes, choose: random.Random) -> bytes:
    start = choose.randrange(len(data) + 1)
    end = start + choose.choice((1, 2, 20, 200))
    return data[:end] + data[start:end] * choose.choice((1, 2, 30)) + data[end:]


def _insert(data: bytes, choose: random.Random) -> bytes:
    at = choose.randrange(len(data) + 1)
    return data[:at] + choose.randbytes(choose.choice((1, 2, 9, 3000))) + data[at:]


def _line(data: bytes, choose: random.Random) -> bytes:
    head, end, body = data.partition(HEAD_END)
    lines = head.split(b"\r\n")
    lines.insert(choose.randrange(len(lines) + 1), choose.choice(FIELDS))
    return b"\r\n".join(lines) + end + body


def _start(data: bytes, choose: random.Random) -> bytes:
    return choose.choice(STARTS) + data[data.find(b"\r\n") :]


def _length(data: bytes, choose: random.Random) -> bytes:
    before, name, after = data.partition(b"Content-Length: ")
    _, end, rest = after.partition(b"\r\n")
    wrong = choose.choice((*NUMBERS, b"%d" % choose.randrange(5000)))
    return before + name + wrong + end + rest if name else data


def _body(data: bytes, choose: random.Random) -> int:
    """Return a place in the body, in its first part for choice, where the attributes are."""
    start = data.find(HEAD_END) + 4
    return min(len(data), start + choose.randrange(choose.choice((12, 100, 600))))


def _octets(data: bytes, choose: random.Random) -> bytes:
    at = _body(data, choose)
    return data[:at] + struct.pack(">H", choose.choice(LENGTHS)) + data[at + 2 :]


def _tag(data: bytes, choose: random.Random) -> bytes:
    at = _body(data, choose)
    return data[:at] + bytes((choose.choice(TAGS),)) + data[at + 1 :]


def _value(data: bytes, choose: random.Random) -> bytes:
    """Give an attribute another value, and perhaps another type, within a message whose lengths are right."""
    places = _values(data)
    if not places:
        return data
    tag, start, end = choose.choice(places)
    size = choose.choice((0, 1, 2, 3, 4, 5, 8, 9, 11, 63, 64, 255, 256, 1023, 1024, 40_000))
    value = choose.choice((choose.randbytes(size), bytes(size), b"\xff" * size, b"%n\r\n" * (size // 4), b"x" * size))
    changed = data[:tag] + bytes((choose.choice((data[tag], choose.choice(TAGS))),)) + data[tag + 1 : start - 2]
    return changed + struct.pack(">H", len(value)) + value + data[end:]


def _values(data: bytes) -> "list[tuple[int, int, int]]":
    """Return where each value of a message is: its tag, its start and its end."""
    places: "list[tuple[int, int, int]]" = []
    at = data.find(HEAD_END) + 4 + IPP_HEADER
    try:
        while data[at] != END:
            if data[at] < values.FIRST_VALUE_TAG:
                at += 1
                continue
            start = at + 5 + int.from_bytes(data[at + 1 : at + 3], "big")
            end = start + int.from_bytes(data[start - 2 : start], "big")
            places.append((at, start, end))
            at = end
    except IndexError:
        pass  # another mutation was here before
    return places


def _chunk(data: bytes, choose: random.Random) -> bytes:
    head, end, body = data.partition(HEAD_END)
    head = head.replace(b"Content-Length:", b"Transfer-Encoding: chunked\r\nX-Was:")
    ending = choose.choice((b"\r\n", b"\n", b"\r", b"", b"\r\r\n"))
    return head + end + choose.choice(SIZES) + ending + body[: choose.randrange(40)] + ending + body


WAYS: "tuple[Callable[[bytes, random.Random], bytes], ...]" = (
    _flip, _cut, _drop, _repeat, _insert, _line, _start, _length, _octets, _tag, _value, _value, _value, _chunk,
)  # fmt: skip
