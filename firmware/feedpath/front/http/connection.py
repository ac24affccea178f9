"""One connection's life: TLS or clear text, then requests and answers in turn, and a last word that arrives."""

import logging
from contextlib import aclosing
from typing import TYPE_CHECKING

from feedpath import aio
from feedpath.core.reasons import refusal
from feedpath.errors import Refused, WireError
from feedpath.front.http import table
from feedpath.front.http.body import Body, Inbox
from feedpath.front.http.deadlines import HANDSHAKE, HEAD, LINGER, WORK, WRITE, Watch
from feedpath.front.http.message import Request, Response, encode_head, text
from feedpath.front.http.wire import Head

if TYPE_CHECKING:
    from feedpath.front.http.server import HttpServer

logger = logging.getLogger(__name__)

TLS_RECORD = b"\x16"  # a TLS client's first byte (RFC 8446, 5.1: handshake); no HTTP method begins with it
JOIN_MAX = 64 * 1024  # bytes of body that are copied behind their head, to go out with one send
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s, HTTP/1.1\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"

_discarded = memoryview(bytearray(64 * 1024))  # where all connections read what nobody wants


class Connection:
    """One client's connection."""

    __slots__ = ("_inbox", "_owing", "_server", "_stream", "_watch")

    def __init__(self, server: "HttpServer", stream: aio.Stream, watch: Watch, shelf: list[memoryview]):
        self._server = server
        self._stream = stream
        self._watch = watch
        self._inbox = Inbox(stream, watch, shelf)
        self._owing = False  # the client may get an answer, and none has begun

    async def serve(self) -> None:
        """Answer requests until either side closes. Raise ConnectionError when the client has gone."""
        try:
            if self._server.tls is not None and await self._stream.peek() == TLS_RECORD:
                await self._handshake()
            while await self._exchange():
                pass
        except WireError as error:
            logger.info("%s: %s", self._stream.peer, error.message)
            await self._end(text(error.message, error.status or 400))
        except (aio.CancelledError, ConnectionError) as error:
            if not self._watch.late:
                raise
            logger.info("%s kept us waiting", self._stream.peer)
            if self._watch.phase == HEAD or isinstance(error, ConnectionError):
                await self._end(text("The request did not come in time", 408))
        except Exception:
            self._server.failures += 1
            logger.exception("a request of %s failed", self._stream.peer)
            await self._end(text("Something went wrong inside; the log says what", 500))
        finally:
            self._inbox.close()

    async def _exchange(self) -> bool:
        """Serve one request; return whether the connection can carry another."""
        self._owing = True
        head = await self._inbox.head()
        if head is None:
            return False
        body = Body(head, self._stream, self._inbox, self._watch)
        if head.upgrade:
            await self._upgrade(head, body)
        response = await self._answer(Request(head, body, self._stream))
        if head.upgrade:
            await self._upgrade(head, body)
        keep = head.keep_alive and (body.complete or body.drainable)
        if isinstance(response.body, bytes):
            await self._send(response, response.body, head, keep)
        else:
            keep = keep and head.minor > 0
            await self._send_pieces(response, head, keep)
        if keep:
            while await body.readinto(_discarded):
                pass
            if not self._inbox.empty:
                await aio.sleep(0)  # requests sent together give the other clients their turn in between
        elif not body.complete:
            await self._linger()
        return keep

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._server.routes.answer(request)
        except Refused as refused:
            row = refusal(refused.reason)
            return text(refused.detail or row.sentence, row.http)
        except ConnectionError as error:
            if request.body.broken:
                raise
            raise RuntimeError("a connection failed that is not the client's") from error

    async def _send(self, response: Response, body: bytes, head: Head, keep: bool) -> None:
        framing = "" if response.status in table.BODILESS else f"Content-Length: {len(body)}\r\n"
        start = encode_head(response, framing, keep)
        self._owing = False
        self._watch.enter(WRITE)
        if head.method == "HEAD" or not framing:
            await self._stream.write(start)
        elif len(body) <= JOIN_MAX:
            await self._stream.write(start + body)
        else:
            await self._stream.write(start)
            await self._stream.write(body)

    async def _send_pieces(self, response: Response, head: Head, keep: bool) -> None:
        """Send an answer while it is made: chunked, and to an HTTP/1.0 client until the close."""
        assert not isinstance(response.body, bytes)
        chunked = head.minor > 0
        async with aclosing(response.body) as pieces:
            start = encode_head(response, CHUNKED if chunked else "", keep)
            self._owing = False
            await self._write(start)
            if head.method != "HEAD":
                async for piece in pieces:
                    if piece:
                        await self._write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                if chunked:
                    await self._write(b"0\r\n\r\n")

    async def _write(self, data: bytes) -> None:
        self._watch.enter(WRITE)
        await self._stream.write(data)
        self._watch.enter(WORK)

    async def _end(self, response: Response) -> None:
        """Send a last answer, if one is owing, and see that the client can read it."""
        self._watch.late = False
        if not self._owing:
            return
        assert isinstance(response.body, bytes)
        start = encode_head(response, f"Content-Length: {len(response.body)}\r\n", False)
        await self._write(start if self._inbox.begins_head else start + response.body)
        await self._linger()

    async def _linger(self) -> None:
        """Read away what still comes: bytes unread at our close would destroy our answer on its way. RFC 9112, 9.6."""
        self._watch.enter(LINGER)
        self._stream.end_writing()
        left = table.LINGER_MAX
        while left > 0:
            count = await self._stream.readinto(_discarded)
            if not count:
                return
            left -= count

    async def _upgrade(self, head: Head, body: Body) -> None:
        """Go over to TLS between a request and its answer, as RFC 2817 has it: what the request holds came in clear.

        Not while bytes wait that came in clear: whoever put them there could pass them off as sent in TLS.
        """
        if self._server.tls is None or self._stream.secure or not body.complete or not self._inbox.empty:
            return
        await self._write(SWITCHING % head.upgrade.encode())
        await self._handshake()

    async def _handshake(self) -> None:
        assert self._server.tls is not None
        self._watch.enter(HANDSHAKE)
        await self._stream.start_tls(self._server.tls)
        self._watch.enter(WORK)
