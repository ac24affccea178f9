"""h11 and llhttp (httptools) as oracles: what we accept, they accept, and read the same message out of the same bytes.

Where they take what we refuse, STRICTER says which refusals of ours that may be, and why.
"""

import re
from typing import Any

import h11
import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedpath.errors import WireError
from feedpath.front.http import table
from feedpath.front.http.wire import Chunks, parse_head

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"

# A request that an oracle takes and we do not; how our refusal begins (a pattern); why.
STRICTER = (
    (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "method", "answered 501 at once; h11 leaves it to the caller"),
    (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "HTTP/1.1 and HTTP/1.0", "no client sends it; h11 takes it for 1.1"),
    (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", r"\* is", "RFC 9112, 3.2.4; they leave it to the caller"),
    (b"GET x HTTP/1.1\r\nHost: a\r\n\r\n", "the request target", "RFC 9112, 3.2; h11 leaves it to the caller"),
    (b"GET /# HTTP/1.1\r\nHost: a\r\n\r\n", "bad request target", "a fragment never travels: RFC 9112, 3.2"),
    (b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "bad %-encoding", "we decode the path, they do not"),
    (b"GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", "%-encoding", "we decode the path, they do not"),
    (b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", "%00", "we decode the path, they do not"),
    (b"GET /%0a HTTP/1.1\r\nHost: a\r\n\r\n", "control character in the path", "we decode the path, they do not"),
    (b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad host in", "RFC 9110, 4.2.4; they leave it to the caller"),
    (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "bad Host", "RFC 9112, 3.2; they leave it to the caller"),
    (b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 needs", "RFC 9112, 3.2; llhttp leaves it to the caller"),
    (
        GET + b"Date: a\r\nDate: b\r\n\r\n",
        "[a-z-]+ comes twice",
        "two values may differ: RFC 9110, 5.3; 9112, 3.2; 9110, 8.6",
    ),
    (GET + b"X: b\r\n c\r\n\r\n", "bad header field name", "folding is obsolete: RFC 9112, 5.2 lets us refuse it"),
    (GET + b"X: b\nY: c\r\n\r\n", "the head holds a CR or LF", "RFC 9112, 2.2 lets them take a bare LF for a line end"),
    (GET + b"X: b\x01\r\n\r\n", "control character", "RFC 9110, 5.5 lets them keep it within a value"),
    (POST + b"Content-Length: 1, 1\r\n\r\nx", "bad Content-Length", "RFC 9110, 8.6 lets us refuse equal ones"),
    (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "content-length comes twice", "likewise"),
    (
        POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length beside",
        "RFC 9112, 6.1 lets us refuse what smuggles requests",
    ),
    (
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding in",
        "RFC 9112, 6.1: its framing is faulty",
    ),
    (
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "chunked is the only",
        "RFC 9112, 6.1: 501; llhttp leaves it to the caller",
    ),
    (GET + b"Expect: x\r\n\r\n", "100-continue is", "RFC 9110, 10.1.1 lets us refuse it; they leave it to the caller"),
    (
        POST + b"Transfer-Encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\n",
        "bad chunk size",
        "h11 skips spaces, which RFC 9112, 7.1 does not know; and nobody needs over 15 digits",
    ),
    (
        POST + b'Transfer-Encoding: chunked\r\n\r\n1;a="b"\r\nx\r\n0\r\n\r\n',
        "bad chunk extension",
        "no client sends quoted ones",
    ),
)

# What we take and llhttp does not, as a pattern of the request; why.
LAXER = ((rb"(?i)transfer-encoding:[ \t]*chunked[ \t]+\r\n", "space after a value is none of it: RFC 9110, 5.5"),)


class Incomplete(Exception):
    """More bytes are needed."""


Message = tuple[str, str, dict[str, str], bytes]  # method, target, headers, body


def ours(raw: bytes) -> Message:
    """Return the first request of `raw` as our parser reads it; raise WireError or Incomplete."""
    head = parse_head(bytearray(raw), 0, len(raw), 0)
    if head is None:
        raise Incomplete
    view = memoryview(bytearray(raw[head.size :]))
    if head.length is not None:
        if len(view) < head.length:
            raise Incomplete
        return head.method, head.target, level(head.headers), bytes(view[: head.length])
    chunks = Chunks()
    kept = chunks.walk(view, len(view))
    if not chunks.ended:
        raise Incomplete
    return head.method, head.target, level(head.headers), bytes(view[:kept])


def by_h11(raw: bytes) -> Message:
    """Return the same as h11 reads it; raise h11.RemoteProtocolError or Incomplete."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    request, body = None, b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            assert request is not None
            fields = [(name, value) for name, value in request.headers]
            return request.method.decode(), request.target.decode(), joined(raw, fields), body
        else:
            raise Incomplete


class Events:
    """What llhttp calls; it keeps the first message."""

    def __init__(self) -> None:
        self.target = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.complete = False
        self.in_trailers = False

    def on_url(self, url: bytes) -> None:
        if not self.complete:
            self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.complete and not self.in_trailers:
            self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        self.in_trailers = True

    def on_body(self, body: bytes) -> None:
        if not self.complete:
            self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


def by_llhttp(raw: bytes) -> Message:
    """Return the same as llhttp reads it; raise httptools.HttpParserError or Incomplete."""
    events = Events()
    parser: Any = httptools.HttpRequestParser(events)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserError:
        if not events.complete:
            raise
    if not events.complete:
        raise Incomplete
    method = parser.get_method().decode()
    return method, events.target.decode(), joined(raw, events.fields), events.body


def joined(raw: bytes, fields: "list[tuple[bytes, bytes]]") -> dict[str, str]:
    """Return header fields in our form: one of each name, text as our rule for the whole head has it."""
    joins = {name.lower(): join for name, join, _ in table.FIELDS}
    head = raw[: raw.find(b"\r\n\r\n", 1)]
    encoding = "utf-8"
    try:
        head.decode(encoding)
    except UnicodeError:
        encoding = "latin-1"
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode().lower(), raw_value.decode(encoding).strip(" \t")
        headers[name] = headers[name] + (joins.get(name) or ", ") + value if name in headers else value
    return level(headers)


def level(headers: dict[str, str]) -> dict[str, str]:
    """Return header fields with the codings in lower case, as h11 gives them."""
    return {name: value.lower() if name == "transfer-encoding" else value for name, value in headers.items()}


OWS = st.sampled_from([b"", b" ", b"\t ", b"  "])
LINES = (
    b"Host:%ba%b", b"HOST:%b[::1]:631%b", b"Content-Length:%b5%b", b"content-length:%b0%b", b"Content-Length:%b11%b",
    b"Transfer-Encoding:%bchunked%b", b"TRANSFER-ENCODING:%bChunked%b", b"Transfer-Encoding:%bgzip, chunked%b",
    b"Connection:%bclose%b", b"Connection:%bkeep-alive, b%b", b"Upgrade:%bTLS/1.2,TLS/1.1%b", b"Cookie:%ba=b%b",
    b"Expect:%b100-continue%b", b"Content-Type:%bapplication/ipp%b", b"X-\xc3\xa4:%bb%b", b"X:%b\xc3\xa4%b",
    b"X:%b\xe4%b",
    b"Accept:%ba;q=1, b%b", b"X:%b%b", b"X !:%bb%b", b"!#$%%&'*+-.^_`|~:%b\"(),/:;<=>?@[\\]{}%b",
)  # fmt: skip
LINE = st.builds(lambda line, before, after: line % (before, after), st.sampled_from(LINES), OWS, OWS)
METHOD = st.sampled_from([b"GET", b"POST", b"POST", b"PUT", b"OPTIONS", b"HEAD", b"get", b"BREW"])
TARGET = st.sampled_from(
    [b"/", b"/", b"*", b"/a%20b?c=d&e", b"http://b/x", b"HTTP://[::1]:80", b"x", b"/\xc3\xa4", b"/a b"]
)
VERSION = st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"http/1.1"])
BODY = st.sampled_from(
    [
        b"",
        b"hello",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
        b"0\r\n\r\n",
        b"hello world",
        b"5\r\nhello",
    ]
)
BREAKERS = (b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b";", b",", b"0", b"a", b"\x0b", b"\x7f", b"\xff", b"")


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Give requests that are nearly right, some with a byte put in, taken out or replaced."""
    lines = [draw(METHOD) + b" " + draw(TARGET) + b" " + draw(VERSION)]
    if draw(st.booleans()):
        lines.append(b"Host: a")
    lines += draw(st.lists(LINE, max_size=4))
    raw = b"\r\n".join(lines) + b"\r\n\r\n" + draw(BODY)
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        place = draw(st.integers(0, len(raw)))
        raw = raw[:place] + draw(st.sampled_from(BREAKERS)) + raw[place + draw(st.integers(0, 1)) :]
    return raw


@settings(max_examples=400)
@given(requests())
def test_what_we_accept_the_oracles_read_the_same(raw: bytes) -> None:
    try:
        message = ours(raw)
    except (WireError, Incomplete):
        return
    # h11 wants no empty line before a request, which RFC 9112, 2.2 asks servers to skip.
    assert by_h11(raw.removeprefix(b"\r\n")) == message
    if not [pattern for pattern, _ in LAXER if re.search(pattern, raw)]:
        assert by_llhttp(raw) == message


@settings(max_examples=400)
@given(requests())
def test_what_both_oracles_accept_we_refuse_only_for_a_reason_in_the_table(raw: bytes) -> None:
    try:
        by_h11(raw)
        by_llhttp(raw)
    except (h11.RemoteProtocolError, httptools.HttpParserError, Incomplete):
        return
    refusal = ""
    try:
        ours(raw)
    except WireError as error:
        refusal = error.message
    assert not refusal or [begin for _, begin, _ in STRICTER if re.match(begin, refusal)], refusal


@pytest.mark.parametrize("raw, begin, why", STRICTER, ids=[begin for _, begin, _ in STRICTER])
def test_we_are_stricter_where_the_table_says_so(raw: bytes, begin: str, why: str) -> None:
    with pytest.raises(WireError, match="^" + begin):
        ours(raw)
    taken = []
    for oracle in (by_h11, by_llhttp):
        try:
            taken.append(oracle(raw))
        except (h11.RemoteProtocolError, httptools.HttpParserError, Incomplete):
            pass
    assert taken, "neither oracle takes it any more: the row can go"
