"""What handlers take and give: Request and Response."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import lru_cache

from feedpath import aio
from feedpath.errors import WireError
from feedpath.front.auth import origin
from feedpath.front.http import table
from feedpath.front.http.body import Body
from feedpath.front.http.wire import Head, parse_form

FORM_MAX = 64 * 1024  # bytes of a form's fields
CLOCK_SET = 1704067200  # 2024-01-01; without a clock that knows better, no Date is sent: RFC 9110, 6.6.1
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_status_lines = {code: "HTTP/1.1 %d %s\r\n" % (code, phrase) for code, phrase in table.STATUS.items()}


class Request:
    """A request whose head has come. `path` is decoded; `headers` has lower-case names.

    `variables` are what the route's {names} stood for. `secure` says that it came over TLS. `peer` and `local` are
    the addresses of the connection's ends. `length` is the body's in bytes, None when it is chunked.
    """

    def __init__(self, head: Head, body: Body, stream: aio.Stream):
        self.method = head.method
        self.path = head.path
        self.query: Mapping[str, str] = head.query
        self.headers: Mapping[str, str] = head.headers
        self.host = head.host
        self.length = head.length
        self.body = body
        self.secure = stream.secure
        self.peer = stream.peer
        self.local = stream.local
        self.variables: Mapping[str, str] = {}

    @property
    def private(self) -> bool:
        """Return whether nobody on its way could read it: it came over TLS, or never left this computer."""
        forwarded = not self.headers.keys().isdisjoint(origin.PROXY_HEADERS)
        return self.secure or (origin.is_loopback(self.peer[0]) and not forwarded)

    async def form(self) -> dict[str, str]:
        """Return the fields of an application/x-www-form-urlencoded body; raise WireError(400, 413)."""
        raw = await self.body.read(FORM_MAX)
        try:
            return parse_form(raw.decode())
        except UnicodeError:
            raise WireError("the form is not UTF-8", 400) from None


class Response:
    """An answer. `headers` are its own only: framing, Date, Server and Connection are added when it is sent.

    `body` is bytes, or an async generator of bytes for an answer that is made while it is sent.
    """

    def __init__(
        self,
        status: int = 200,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | AsyncGenerator[bytes, None] = b"",
    ):
        self.status = status
        self.headers = list(headers)
        self.body = body


def text(sentence: str, status: int = 200) -> Response:
    """Return a plain text answer."""
    return Response(status, [("Content-Type", "text/plain; charset=utf-8")], sentence.encode() + b"\n")


def html(page: str, status: int = 200) -> Response:
    """Return a page."""
    return Response(status, [("Content-Type", "text/html; charset=utf-8")], page.encode())


def redirect(location: str, status: int = 303) -> Response:
    """Return an answer that sends the client to `location`, by default with GET."""
    return Response(status, [("Location", location)])


def encode_head(response: Response, framing: str, keep: bool) -> bytes:
    """Return an answer's head, with `framing` as its Content-Length or Transfer-Encoding line.

    Raise ValueError when a field would break the head, KeyError when the status is not in the table.
    """
    headers = response.headers
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if fields.count("\n") != len(headers) or fields.count("\r") != len(headers):
        raise ValueError("CR or LF in an answer's header")
    start = _status_lines[response.status] + _stamp(int(time.time()))
    connection = "Connection: keep-alive\r\n\r\n" if keep else "Connection: close\r\n\r\n"
    return (start + fields + framing + connection).encode("latin-1")


@lru_cache(maxsize=1)
def _stamp(now: int) -> str:
    """Return the lines that say when and who."""
    date = f"Date: {http_date(now)}\r\n" if now >= CLOCK_SET else ""
    return date + "Server: feedpath\r\n"


def http_date(seconds: int) -> str:
    """Return Unix time as RFC 9110, 5.6.7 writes it."""
    year, month, day, hour, minute, second, weekday, _, _ = time.gmtime(seconds)
    return "%s, %02d %s %d %02d:%02d:%02d GMT" % (DAYS[weekday], day, MONTHS[month - 1], year, hour, minute, second)
