"""Micro case: the HTTP parser takes and refuses alike, whole, a byte at a time, and with further bytes behind."""

from feedpath.errors import WireError
from feedpath.front.http.wire import Chunks, Head, parse_head

TRAILING = b"GET /next HTTP/1.1\r\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
UPGRADE = b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: "

# what it shows, the head, what must come of it: the named attributes of Head, or one of its headers
HEADS: "tuple[tuple[str, bytes, dict[str, object]], ...]" = (
    ("a path", GET + b"\r\n", {"method": "GET", "path": "/", "host": "a", "length": 0, "keep_alive": True}),
    ("an empty line before it", b"\r\n" + GET + b"\r\n", {"path": "/", "size": 29}),
    ("%-encoding", b"GET /a%20b%2Fc HTTP/1.1\r\nHost: a\r\n\r\n", {"path": "/a b/c", "target": "/a%20b%2Fc"}),
    ("UTF-8 in the path", b"GET /%C3%A4 HTTP/1.1\r\nHost: a\r\n\r\n", {"path": "/\u00e4"}),
    ("a query", b"GET /?a=1&b=%26+c&&d HTTP/1.1\r\nHost: a\r\n\r\n", {"query": {"a": "1", "b": "& c", "d": ""}}),
    ("the last of equal names", b"GET /?a=1&a=2 HTTP/1.1\r\nHost: a\r\n\r\n", {"query": {"a": "2"}}),
    ("an absolute target", b"GET http://b:1/x?y HTTP/1.1\r\nHost: a\r\n\r\n", {"path": "/x", "host": "b:1"}),
    (
        "an absolute target without path",
        b"GET HTTP://b?y HTTP/1.1\r\nHost: a\r\n\r\n",
        {"path": "/", "query": {"y": ""}},
    ),
    ("the server as a whole", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", {"path": "*"}),
    ("an empty Host", b"GET / HTTP/1.1\r\nHost:\r\n\r\n", {"host": ""}),
    ("an address as Host", b"GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]:631\r\n\r\n", {"host": "[fe80::1%25eth0]:631"}),
    ("HTTP/1.0 without Host", b"GET / HTTP/1.0\r\n\r\n", {"host": "", "keep_alive": False, "minor": 0}),
    ("HTTP/1.0 kept", b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", {"keep_alive": True}),
    ("close", GET + b"Connection: x, CLOSE\r\n\r\n", {"keep_alive": False}),
    ("close and keep-alive", GET + b"Connection: keep-alive, close\r\n\r\n", {"keep_alive": False}),
    ("two Connection fields", GET + b"Connection: x\r\nConnection: close\r\n\r\n", {"keep_alive": False}),
    ("spaces about a value", GET + b"X: \t b c \t\r\n\r\n", {"x": "b c"}),
    ("a value without space", GET + b"X:b:c\r\n\r\n", {"x": "b:c"}),
    ("an empty value", GET + b"X:\r\n\r\n", {"x": ""}),
    ("a list in two fields", GET + b"Accept: b\r\naccept: c\r\n\r\n", {"accept": "b, c"}),
    ("cookies in two fields", GET + b"Cookie: b=1\r\nCookie: c=2\r\n\r\n", {"cookie": "b=1; c=2"}),
    ("UTF-8 in a value", GET + b"X: \xc3\xa4\r\n\r\n", {"x": "\u00e4"}),
    ("Latin-1 in a value", GET + b"X: \xe4\r\n\r\n", {"x": "\u00e4"}),
    ("a Content-Length", POST + b"Content-Length: 007\r\n\r\n", {"length": 7}),
    ("the longest Content-Length", POST + b"Content-Length: 999999999999999999\r\n\r\n", {"length": 10**18 - 1}),
    ("chunked", POST + b"Transfer-Encoding: Chunked\r\n\r\n", {"length": None}),
    ("an expectation", POST + b"Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n", {"expects": True}),
    ("an expectation in 1.0", b"POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", {"expects": False}),
    ("what libcups offers", UPGRADE + b"TLS/1.2,TLS/1.1,TLS/1.0\r\n\r\n", {"upgrade": "TLS/1.2"}),
    ("the best of an offer", UPGRADE + b"TLS/1.2, tls/1.3\r\n\r\n", {"upgrade": "TLS/1.3"}),
    ("an offer too old", UPGRADE + b"TLS/1.0\r\n\r\n", {"upgrade": ""}),
    ("an offer of something else", UPGRADE + b"websocket\r\n\r\n", {"upgrade": ""}),
    ("an offer not named in Connection", GET + b"Upgrade: TLS/1.2\r\n\r\n", {"upgrade": ""}),
    (
        "an offer in HTTP/1.0",
        b"GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: TLS/1.2\r\n\r\n",
        {"upgrade": ""},
    ),
)

# what is wrong, the head, the status that it deserves
BAD_HEADS = (
    ("print data", b"\x1b%-12345X@PJL\r\n\r\n", 400),
    ("a TLS record", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("two empty lines before it", b"\r\n\r\n" + GET + b"\r\n", 400),
    ("no version", b"GET /\r\n\r\n", 400),
    ("two spaces", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("a tab for a space", b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("a space after the version", b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
    ("version in lower case", b"GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    ("a version of three digits", b"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
    ("HTTP/0.9", b"GET / HTTP/0.9\r\n\r\n", 505),
    ("HTTP/1.2", b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\n", 505),
    ("a method that is no token", b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("a method in lower case", b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ("a method nobody knows", b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ("CONNECT", b"CONNECT a:631 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ("a target without slash", b"GET index HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("* for GET", b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("a fragment", b"GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("eight bits in the target", b"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("another scheme", b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("a user in the target", b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("an absolute target without host", b"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("% without digits", b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("% at the end", b"GET /%a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("%00", b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("%00 in the query", b"GET /?%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("a line end in the path", b"GET /%0a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("%-encoding that is not UTF-8", b"GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("no Host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", GET + b"Host: a\r\n\r\n", 400),
    ("a space in Host", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ("a path in Host", b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("no colon", GET + b"X\r\n\r\n", 400),
    ("no name", GET + b": b\r\n\r\n", 400),
    ("a space before the colon", GET + b"X : b\r\n\r\n", 400),
    ("a tab before the colon", GET + b"Content-Length\t: 5\r\n\r\n", 400),
    ("a space before the first field", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    ("a folded line", GET + b"X: b\r\n c\r\n\r\n", 400),
    ("a line folded with a tab", GET + b"X: b\r\n\tc\r\n\r\n", 400),
    ("eight bits in a name", GET + b"X\xe4: b\r\n\r\n", 400),
    ("a bare LF", GET + b"X: b\nY: c\r\n\r\n", 400),
    ("bare LFs only", b"GET / HTTP/1.1\nHost: a\n\n", 400),
    ("a bare CR", GET + b"X: b\rY: c\r\n\r\n", 400),
    ("CR CR LF", GET + b"X: b\r\r\n\r\n", 400),
    ("NUL in a value", GET + b"X: b\0c\r\n\r\n", 400),
    ("NUL in the target", b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("DEL in a value", GET + b"X: b\x7fc\r\n\r\n", 400),
    ("vertical tab before a coding", POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
    ("two Content-Lengths", POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
    ("equal Content-Lengths", POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400),
    ("a list of Content-Lengths", POST + b"Content-Length: 5, 5\r\n\r\n", 400),
    ("an empty Content-Length", POST + b"Content-Length:\r\n\r\n", 400),
    ("a Content-Length with a sign", POST + b"Content-Length: +5\r\n\r\n", 400),
    ("a negative Content-Length", POST + b"Content-Length: -5\r\n\r\n", 400),
    ("a Content-Length in hex", POST + b"Content-Length: 0x5\r\n\r\n", 400),
    ("a Content-Length with _", POST + b"Content-Length: 1_0\r\n\r\n", 400),
    ("a Content-Length of other digits", POST + b"Content-Length: \xd9\xa5\r\n\r\n", 400),
    ("a Content-Length with a space", POST + b"Content-Length: 5 5\r\n\r\n", 400),
    ("a Content-Length without end", POST + b"Content-Length: 1000000000000000000\r\n\r\n", 413),
    ("CL.TE", POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("TE.CL", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400),
    ("TE.TE", POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400),
    ("chunked twice", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
    ("chunked in two fields", POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("chunked in HTTP/1.0", b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("an empty coding", POST + b"Transfer-Encoding:\r\n\r\n", 400),
    ("a coding of another name", POST + b"Transfer-Encoding: xchunked\r\n\r\n", 400),
    ("a coding in quotes", POST + b'Transfer-Encoding: "chunked"\r\n\r\n', 400),
    ("chunked with a parameter", POST + b"Transfer-Encoding: chunked;a=b\r\n\r\n", 400),
    ("identity", POST + b"Transfer-Encoding: identity\r\n\r\n", 400),
    ("chunked not last", POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n", 400),
    ("a coding we do not know", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ("another expectation", POST + b"Expect: 200-ok\r\n\r\n", 417),
    ("two expectations", POST + b"Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n", 400),
)

# what it shows, the body as it travels, its data
CHUNKED = (
    ("nothing", b"0\r\n\r\n", b""),
    ("a chunk", b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    ("chunks", b"5\r\nhello\r\n1\r\n \r\n00A\r\nworld, ok!\r\n0\r\n\r\n", b"hello world, ok!"),
    ("framing as data", b"7\r\n0\r\n\r\nab\r\n2\r\n\r\n\r\n0\r\n\r\n", b"0\r\n\r\nab\r\n"),
    ("small letters and capitals", b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", b"01234567890123456789"),
    ("extensions", b"2;a;b=c\r\nhi\r\n0;d\r\n\r\n", b"hi"),
    ("trailers", b"2\r\nhi\r\n0\r\nX: y\r\nContent-Length: 9\r\n\r\n", b"hi"),
    ("many zeros", b"2\r\nhi\r\n000\r\n\r\n", b"hi"),
    ("a long chunk", b"1f4\r\n" + 500 * b"x" + b"\r\n0\r\n\r\n", 500 * b"x"),
    ("short chunks", 40 * b"1\r\nx\r\n" + b"0\r\n\r\n", 40 * b"x"),
)

# what is wrong, the body, the status
BAD_CHUNKED = (
    ("no size", b"\r\n", 400),
    ("a size of letters", b"g\r\n", 400),
    ("a sign", b"+5\r\nhello\r\n0\r\n\r\n", 400),
    ("0x", b"0x5\r\nhello\r\n0\r\n\r\n", 400),
    ("_", b"1_0\r\n0123456789012345\r\n0\r\n\r\n", 400),
    ("a space before", b" 5\r\nhello\r\n0\r\n\r\n", 400),
    ("a space after", b"5 \r\nhello\r\n0\r\n\r\n", 400),
    ("a size over 60 bits", b"1000000000000000\r\n", 400),
    ("a later size over 60 bits", b"1\r\nx\r\n1000000000000000\r\n", 400),
    ("a size over 64 bits", b"10000000000000005\r\nhello\r\n0\r\n\r\n", 400),
    ("a bare LF after the size", b"5\nhello\r\n0\r\n\r\n", 400),
    ("a bare CR in the size", b"5\r\r\nhello\r\n0\r\n\r\n", 400),
    ("data longer than the size", b"4\r\nhello\r\n0\r\n\r\n", 400),
    ("data shorter than the size", b"6\r\nhello\r\n0\r\n\r\n", 400),
    ("no line end after the data", b"5\r\nhello0\r\n\r\n", 400),
    ("a bare LF after the data", b"5\r\nhello\n0\r\n\r\n", 400),
    ("an extension without name", b"5;\r\nhello\r\n0\r\n\r\n", 400),
    ("a quoted extension", b'5;a="b"\r\nhello\r\n0\r\n\r\n', 400),
    ("a CR in an extension", b"5;a\rb\r\nhello\r\n0\r\n\r\n", 400),
    ("an LF in an extension", b"5;a\nb\r\nhello\r\n0\r\n\r\n", 400),
    ("a trailer without colon", b"0\r\nX\r\n\r\n", 400),
    ("a folded trailer", b"0\r\nX: y\r\n z\r\n\r\n", 400),
    ("a bare LF after a trailer", b"0\r\nX: y\n\r\n", 400),
    ("a bare CR in a trailer", b"0\r\nX: y\rz\r\n\r\n", 400),
    ("NUL in a trailer", b"0\r\nX: \0\r\n\r\n", 400),
)


def parse_at_once(raw: bytes) -> "Head | int | None":
    """Return the Head, None, or the status of the refusal."""
    try:
        return parse_head(bytearray(raw), 0, len(raw), 0)
    except WireError as error:
        return error.status


def parse_by_bytes(raw: bytes) -> "Head | int | None":
    """Return the same when `raw` comes a byte at a time, behind other bytes of the buffer."""
    buffer = bytearray(b"12345" + raw)
    for end in range(6, len(buffer) + 1):
        try:
            head = parse_head(buffer, 5, end, end - 1)
        except WireError as error:
            return error.status
        if head is not None:
            return head
    return None


def found(head: "Head", expected: "dict[str, object]") -> "dict[str, object]":
    """Return what `head` has for each key of `expected`."""
    return {key: getattr(head, key) if hasattr(head, key) else head.headers[key] for key in expected}


def walk(raw: bytes, split: int) -> "tuple[bytes, bytes | None]":
    """Return the data of a chunked body that comes in pieces of `split` bytes, and what follows it."""
    chunks = Chunks()
    data = b""
    for start in range(0, len(raw), split):
        view = memoryview(bytearray(raw[start : start + split] + b"!!"))  # the slot is longer than what has come
        data += bytes(view[: chunks.walk(view, len(view) - 2)])
        if chunks.ended:
            return data, raw[start + chunks.rest :]
    return data, None


def walk_status(raw: bytes, split: int) -> "int | None":
    """Return the status of the refusal, None when there is none."""
    try:
        walk(raw, split)
    except WireError as error:
        return error.status
    return None


def main() -> None:
    for name, raw, expected in HEADS:
        for head in (parse_at_once(raw), parse_by_bytes(raw), parse_at_once(raw + TRAILING)):
            assert isinstance(head, Head), (name, head)
            assert found(head, expected) == expected, (name, found(head, expected))
            assert head.size == len(raw), name
        print("head:", name, sorted(expected))
    for name, raw, status in BAD_HEADS:
        for answer in (parse_at_once(raw), parse_by_bytes(raw), parse_at_once(raw + TRAILING)):
            assert answer == status, (name, answer)
        print("bad head:", name, status)
    for name, raw, data in CHUNKED:
        for split in (1, 2, 3, 7, len(raw) + len(TRAILING)):
            assert walk(raw + TRAILING, split) == (data, TRAILING), (name, split, walk(raw + TRAILING, split))
        print("chunked:", name, len(data))
    for name, raw, status in BAD_CHUNKED:
        for split in (1, 2, 3, 7, len(raw)):
            assert walk_status(raw, split) == status, (name, split, walk_status(raw, split))
        print("bad chunked:", name, status)


if __name__ == "__main__":
    main()
