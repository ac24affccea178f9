"""HTTP/1.1 request heads and chunked bodies: RFC 9112. Small set: runs under MicroPython too.

`parse_head` makes a Head of the bytes of one; `Chunks` takes the framing out of a chunked body where the body lies.
Both are fed with whatever has come so far, never look at a byte more often than a fixed number of times, and raise
nothing but WireError, whose status is the answer that the peer deserves.

We are stricter than RFC 9112 must be wherever two readers could see two different messages: no bare LF, no folded
lines, no repeated Content-Length, no Content-Length beside Transfer-Encoding.
"""

from feedpath.errors import WireError
from feedpath.front.http import table

DIGITS = "0123456789"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
TOKEN = "!#$%&'*+-.^_`|~" + DIGITS + LETTERS  # RFC 9110, 5.6.2
HOST = "-._~!$&'()*+,;=%:[]" + DIGITS + LETTERS  # RFC 3986, 3.2.2 and 3.2.3; no user names
TARGET = '/?@"<>\\^`{|}' + HOST  # every visible character but "#", which never travels: RFC 9112, 3.2
BEGINNINGS = (TOKEN + "\r").encode()  # of a head; print data and TLS are told so at their first byte
HEX = b"0123456789abcdefABCDEF"
CONTROLS = [bytes([code]) for code in list(range(0x20)) + [0x7F] if code not in (0x09, 0x0A, 0x0D)]

_NAMES: "dict[str, str]" = {}  # names as clients write them -> lower case
_JOINS: "dict[str, str | None]" = {}  # lower case -> what joins repetitions
for _name, _join, _section in table.FIELDS:
    _NAMES[_name] = _NAMES[_name.lower()] = _name.lower()
    _JOINS[_name.lower()] = _join

_memo: "dict[bytes, Head]" = {}  # heads by their bytes: kept connections send the same one again and again


class Head:
    """A request's head. All requests that sent the same bytes share it, so nobody may change it.

    `size` is its length in bytes, with what precedes and ends it. `path` is decoded ("*" for the server as a whole),
    `target` is as it came. `headers` has lower-case names. `length` is the body's in bytes, None when it is chunked.
    `expects` says that the client waits for a 100; `upgrade` is the TLS version that it offers to switch to, or "".
    """

    def __init__(self, size: int, method: str, target: str, minor: int, headers: "dict[str, str]"):
        self.size = size
        self.method = method
        self.target = target
        self.minor = minor
        self.headers = headers
        self.path, self.query, host = _split_target(method, target)
        self.host = _host(headers, minor, host)
        self.length = _length(headers, minor)
        options = _members(headers, "connection")
        self.keep_alive = "close" not in options and (minor > 0 or "keep-alive" in options)
        self.expects = minor > 0 and _expects(headers)
        self.upgrade = _upgrade(headers) if minor > 0 and "upgrade" in options else ""


def parse_head(buffer: bytearray, start: int, end: int, seen: int) -> "Head | None":
    """Return the head that begins at `start`, None while it is not whole; raise WireError(400 ... 505).

    `end` is where the bytes that have come end; `seen` where they ended at the last call for this head, else `start`.
    """
    stop = buffer.find(b"\r\n\r\n", max(start, seen - 3), end)
    if stop < 0:
        _check_unfinished(buffer, start, end, seen)
        return None
    raw = bytes(memoryview(buffer)[start : stop + 4])
    head = _memo.get(raw)
    if head is None:
        head = _parse(raw)
        _remember(raw, head)
    return head


def parse_form(text: str) -> "dict[str, str]":
    """Return the fields of a query or of an application/x-www-form-urlencoded body; the last of equal names counts."""
    fields = {}
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.replace("+", " ").partition("=")
            fields[_decode_percent(name)] = _decode_percent(value)
    return fields


class Chunks:
    """Takes the framing out of one chunked body, in place. RFC 9112, 7.1.

    `ended` says that the body has ended. Then `rest` is where, in the bytes of the last walk, the next request begins.
    """

    def __init__(self) -> None:
        self.ended = False
        self.rest = 0
        self._left = 0  # bytes of this chunk's data that are still to come
        self._awaits = SIZE  # the framing line that comes next
        self._line = b""  # what has come of it
        self._extensions = 0  # bytes of them so far
        self._trailers = 0

    def walk(self, view: memoryview, count: int) -> int:
        """Move the data among `view`'s first `count` bytes to its start; return how many they are.

        Each byte moves at most once. Raise WireError(400, 431).
        """
        position = kept = 0
        while position < count and not self.ended:
            if self._left:
                size = min(self._left, count - position)
                if kept != position:
                    view[kept : kept + size] = view[position : position + size]
                kept += size
                position += size
                self._left -= size
            else:
                look = bytes(view[position : position + min(LOOK, count - position)])
                position += self._next_chunk(look) or self._frame(look)
        self.rest = position
        return kept

    def _next_chunk(self, look: bytes) -> int:
        """Return the length of the usual step from chunk to chunk, CR LF SIZE CR LF, that `look` begins with, else 0.

        This is `_frame` twice, at a third of the cost: clients send chunks of 2 to 32 KiB.
        """
        if self._awaits != DATA_END or self._line or look[:2] != b"\r\n":
            return 0
        stop = look.find(b"\r\n", 2)
        digits = look[2:stop]
        if stop < 3 or len(digits) > table.CHUNK_DIGITS_MAX or digits.strip(HEX):
            return 0
        self._left = int(digits, 16)
        return stop + 2 if self._left else 0

    def _frame(self, look: bytes) -> int:
        """Return how many bytes of `look` belong to a framing line, after doing what it says when it is whole."""
        stop = look.find(b"\n") + 1
        line = self._line + (look[:stop] if stop else look)
        if len(line) > table.CHUNK_LINE_MAX:
            raise WireError("a line of the chunked coding is over %d bytes" % table.CHUNK_LINE_MAX, 400)
        if not stop:
            self._line = line
            return len(look)
        self._line = b""
        if line[-2:] != b"\r\n" or b"\r" in line[:-2]:
            raise WireError("a line of the chunked coding does not end with CR LF", 400)
        TAKE[self._awaits](self, line[:-2])
        return stop

    def _take_size(self, line: bytes) -> None:
        digits, semicolon, extensions = line.partition(b";")
        if not digits or len(digits) > table.CHUNK_DIGITS_MAX or digits.strip(HEX):
            raise WireError("bad chunk size", 400)
        if semicolon:
            self._check_extensions(extensions)
        self._left = int(digits, 16)
        self._awaits = DATA_END if self._left else TRAILER

    def _take_data_end(self, line: bytes) -> None:
        if line:
            raise WireError("a chunk is longer than its size", 400)
        self._awaits = SIZE

    def _take_trailer(self, line: bytes) -> None:
        self._trailers += len(line)
        if self._trailers > table.TRAILERS_MAX:
            raise WireError("the trailer section is over %d bytes" % table.TRAILERS_MAX, 431)
        if line:
            _check_controls(line)
            _field(_text(line))
        else:
            self.ended = True

    def _check_extensions(self, extensions: bytes) -> None:
        """Refuse what is not name[=value], each a token. Quoted values are refused too: no client sends any."""
        self._extensions += len(extensions)
        if self._extensions > table.EXTENSIONS_MAX:
            raise WireError("the chunk extensions are over %d bytes" % table.EXTENSIONS_MAX, 400)
        for extension in extensions.split(b";"):
            name, equals, value = extension.partition(b"=")
            if not _is_token(_text(name)) or (equals and not _is_token(_text(value))):
                raise WireError("bad chunk extension", 400)


SIZE, DATA_END, TRAILER = 0, 1, 2
TAKE = (Chunks._take_size, Chunks._take_data_end, Chunks._take_trailer)
LOOK = 64  # bytes looked at together for the end of a framing line; few such lines are over 20


def _check_unfinished(buffer: bytearray, start: int, end: int, seen: int) -> None:
    """Refuse bytes that no further byte can make a head of."""
    if end > start and buffer[start] not in BEGINNINGS:
        raise WireError("this is not HTTP", 400)
    if end - start >= table.HEAD_MAX:
        raise WireError("the head is over %d bytes" % table.HEAD_MAX, 431)
    limit = start + table.LINE_MAX + 4  # with the line ends before and after it
    if seen < limit <= end and buffer.find(b"\r\n", start + 2, limit) < 0:
        raise WireError("the request line is over %d bytes" % table.LINE_MAX, 414)
    feed = buffer.find(b"\n", seen, end)
    while feed >= 0:
        if feed == start or buffer[feed - 1] != 0x0D:
            raise WireError("a line of the head ends with a bare LF", 400)
        feed = buffer.find(b"\n", feed + 1, end)


def _remember(raw: bytes, head: Head) -> None:
    if len(raw) > table.MEMO_HEAD_MAX or [name for name in table.SECRETS if name in head.headers]:
        return
    if len(_memo) >= table.MEMO_MAX:
        _memo.clear()
    _memo[raw] = head


def _parse(raw: bytes) -> Head:
    if len(raw) > table.HEAD_MAX:
        raise WireError("the head is over %d bytes" % table.HEAD_MAX, 431)
    _check_controls(raw)
    if not raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n"):
        raise WireError("the head holds a CR or LF that does not end a line", 400)
    lines = _text(raw).split("\r\n")
    first = 0 if lines[0] else 1  # a client may send an empty line before a request: RFC 9112, 2.2
    method, target, minor = _request_line(lines[first])
    return Head(len(raw), method, target, minor, _headers(lines[first + 1 : -2]))


def _check_controls(raw: bytes) -> None:
    for control in CONTROLS:
        if control in raw:
            raise WireError("control character 0x%02x" % control[0], 400)


def _text(raw: bytes) -> str:
    """Return UTF-8 as text, and Latin-1 where it is not UTF-8: RFC 9110, 5.5 leaves it to us."""
    text = _utf8(raw)
    return "".join([chr(code) for code in raw]) if text is None else text


def _utf8(raw: bytes) -> "str | None":
    try:
        return str(raw, "utf-8")
    except UnicodeError:
        return None


def _is_token(text: str) -> bool:
    return text != "" and not text.strip(TOKEN)


def _request_line(line: str) -> "tuple[str, str, int]":
    """Return method, target and minor version. RFC 9112, 3."""
    if len(line) > table.LINE_MAX:
        raise WireError("the request line is over %d bytes" % table.LINE_MAX, 414)
    parts = line.split(" ")
    if len(parts) != 3:
        raise WireError("the request line is not METHOD TARGET VERSION", 400)
    method, target, version = parts
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        digits = version[5:6] + version[7:]
        if len(version) == 8 and version[:5] == "HTTP/" and version[6] == "." and not digits.strip(DIGITS):
            raise WireError("HTTP/1.1 and HTTP/1.0 are spoken here", 505)
        raise WireError("bad HTTP version", 400)
    if not _is_token(method):
        raise WireError("bad method", 400)
    if method not in table.METHODS:
        raise WireError("method %s is not known here" % method[:32], 501)
    if not target or target.strip(TARGET):
        raise WireError("bad request target", 400)
    return method, target, int(version[7])


def _headers(lines: "list[str]") -> "dict[str, str]":
    if len(lines) > table.FIELDS_MAX:
        raise WireError("more than %d header fields" % table.FIELDS_MAX, 431)
    headers: "dict[str, str]" = {}
    for line in lines:
        name, value = _field(line)
        if name in headers:
            join = _JOINS.get(name, table.LIST)
            if join is None:
                raise WireError("%s comes twice" % name, 400)
            value = headers[name] + join + value
        headers[name] = value
    return headers


def _field(line: str) -> "tuple[str, str]":
    """Return a field line's name in lower case, and its value. RFC 9112, 5.1: no space before the colon, no folding."""
    if len(line) > table.FIELD_LINE_MAX:
        raise WireError("a header field is over %d bytes" % table.FIELD_LINE_MAX, 431)
    sent, colon, value = line.partition(":")
    name = _NAMES.get(sent)
    if name is None:
        if not _is_token(sent):
            raise WireError("bad header field name", 400)
        name = sent.lower()
    if not colon:
        raise WireError("a header field has no colon", 400)
    return name, value.strip(" \t")


def _members(headers: "dict[str, str]", name: str) -> "list[str]":
    """Return the members of a list field in lower case. RFC 9110, 5.6.1."""
    return [member.strip(" \t").lower() for member in headers.get(name, "").split(",")]


def _length(headers: "dict[str, str]", minor: int) -> "int | None":
    """Return the body's length in bytes, None when it is chunked. RFC 9112, 6.3."""
    length = headers.get("content-length")
    if "transfer-encoding" in headers:
        codings = _members(headers, "transfer-encoding")
        if length is not None:
            raise WireError("Content-Length beside Transfer-Encoding", 400)
        if minor == 0:
            raise WireError("Transfer-Encoding in HTTP/1.0", 400)
        if codings[-1] != "chunked" or codings.count("chunked") > 1:
            raise WireError("the last transfer coding, and only that, must be chunked", 400)
        if len(codings) > 1:
            raise WireError("chunked is the only transfer coding known here", 501)
        return None
    if length is None:
        return 0
    if not length or length.strip(DIGITS):
        raise WireError("bad Content-Length", 400)
    if len(length) > table.LENGTH_DIGITS_MAX:
        raise WireError("Content-Length has over %d digits" % table.LENGTH_DIGITS_MAX, 413)
    return int(length)


def _expects(headers: "dict[str, str]") -> bool:
    """Return whether the client waits for a 100. RFC 9110, 10.1.1."""
    expectation = headers.get("expect")
    if expectation is None:
        return False
    if expectation.lower() != "100-continue":
        raise WireError("100-continue is the only expectation known here", 417)
    return True


def _upgrade(headers: "dict[str, str]") -> str:
    offers = _members(headers, "upgrade")
    for token in table.UPGRADES:
        if token.lower() in offers:
            return token
    return ""


def _host(headers: "dict[str, str]", minor: int, host: "str | None") -> str:
    """Return the host that the client means; an absolute target's goes before the field's. RFC 9112, 3.2."""
    field = headers.get("host")
    if field is None:
        if minor > 0:
            raise WireError("HTTP/1.1 needs a Host field", 400)
        field = ""
    if field.strip(HOST):
        raise WireError("bad Host field", 400)
    return field if host is None else host


def _split_target(method: str, target: str) -> "tuple[str, dict[str, str], str | None]":
    """Return decoded path, query fields and, of an absolute target, the host. RFC 9112, 3.2."""
    host = None
    if target == "*":
        if method != "OPTIONS":
            raise WireError("* is a target of OPTIONS only", 400)
        return target, {}, host
    if target[0] != "/":
        scheme, separator, rest = target.partition("://")
        if not separator or scheme.lower() not in ("http", "https"):
            raise WireError("the request target is neither a path nor an http address", 400)
        cut = min([index for index in (rest.find("/"), rest.find("?"), len(rest)) if index >= 0])
        host, target = rest[:cut], rest[cut:]
        if not host or host.strip(HOST):
            raise WireError("bad host in the request target", 400)
    path, _, query = target.partition("?")
    path = _decode_percent(path or "/")
    if [character for character in path if character < " " or character == "\x7f"]:
        raise WireError("control character in the path", 400)
    return path, parse_form(query) if query else {}, host


def _decode_percent(text: str) -> str:
    """Return `text` with its %xx decoded as UTF-8. RFC 3986, 2.1."""
    if "%" not in text:
        return text
    parts = text.split("%")
    raw = bytearray(parts[0].encode())
    for part in parts[1:]:
        digits = part[:2].encode()
        if len(digits) != 2 or digits.strip(HEX):
            raise WireError("bad %-encoding", 400)
        raw.append(int(digits, 16))
        raw.extend(part[2:].encode())
    decoded = bytes(raw)
    if b"\0" in decoded:
        raise WireError("%00 in the request", 400)
    whole = _utf8(decoded)
    if whole is None:
        raise WireError("%-encoding that is not UTF-8", 400)
    return whole
