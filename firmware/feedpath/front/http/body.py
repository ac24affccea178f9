"""The receiving side of a connection: heads, and bodies read straight into their reader's memory."""

from collections.abc import Awaitable

from feedpath import aio
from feedpath.errors import WireError
from feedpath.front.http import table
from feedpath.front.http.deadlines import BODY, HEAD, IDLE, WORK, Watch
from feedpath.front.http.wire import Chunks, Head, parse_head

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SHELF_MAX = 64  # unused buffers kept for the next heads: 256 KiB
PIECE = 4096  # bytes, of a form that is read whole


class Inbox:
    """What a client has sent: first what came with a head and nobody took yet, then what its socket gives.

    A buffer is held only while it holds something: an idle connection in clear text has none. (In TLS, bytes may wait
    decrypted where waiting for the socket does not show them, so the read itself must wait, with a buffer.)
    """

    __slots__ = ("_end", "_seen", "_shelf", "_start", "_stream", "_view", "_watch")

    def __init__(self, stream: aio.Stream, watch: Watch, shelf: list[memoryview]):
        self._stream = stream
        self._watch = watch
        self._shelf = shelf
        self._view: memoryview | None = None
        self._start = self._end = 0  # where in it the untaken bytes are
        self._seen = 0  # how far they were searched for a head's end

    @property
    def empty(self) -> bool:
        """Whether nothing has come that nobody took."""
        return self._start == self._end

    @property
    def begins_head(self) -> bool:
        """Whether what is here begins a HEAD request: the answer to that has no content (RFC 9110, 9.3.2)."""
        if self._view is None:
            return False
        return bytes(self._view[self._start : self._end][:7]).lstrip(b"\r\n").startswith(b"HEAD ")

    async def head(self) -> Head | None:
        """Return the next request's head, None when the client has closed; raise WireError."""
        watch = self._watch
        while True:
            if self._view is not None:
                buffer = self._view.obj
                assert isinstance(buffer, bytearray)
                head = parse_head(buffer, self._start, self._end, self._seen)
                if head is not None:
                    watch.enter(WORK)
                    self._advance(head.size)
                    return head
                self._seen = self._end
                if watch.phase != HEAD:
                    watch.enter(HEAD)
            if not await self._fill():
                return None

    def take(self, view: memoryview) -> int:
        """Copy what there is, at most what `view` holds, into it; return how many bytes."""
        source = self._view
        if source is None:
            return 0
        count = min(len(view), self._end - self._start)
        view[:count] = source[self._start : self._start + count]
        self._advance(count)
        return count

    def give_back(self, data: memoryview) -> None:
        """Put bytes that were taken too many before those that are here."""
        untaken = bytes(data) + (b"" if self._view is None else bytes(self._view[self._start : self._end]))
        self.close()
        self._view = memoryview(bytearray(max(len(untaken), table.SCRATCH)))
        self._view[: len(untaken)] = untaken
        self._start = self._seen = 0
        self._end = len(untaken)

    def close(self) -> None:
        """Forget what is here."""
        if self._view is not None and len(self._view) == table.SCRATCH and len(self._shelf) < SHELF_MAX:
            self._shelf.append(self._view)
        self._view = None
        self._start = self._end = self._seen = 0

    async def _fill(self) -> int:
        if self._view is None:
            self._watch.enter(IDLE)
            if not self._stream.secure:
                await self._stream.readable()
            self._view = self._shelf.pop() if self._shelf else memoryview(bytearray(table.SCRATCH))
        elif self._end == len(self._view):
            self._widen()
        count = await self._stream.readinto(self._view[self._end :])
        self._end += count
        return count

    def _widen(self) -> None:
        assert self._view is not None
        untaken = self._view[self._start : self._end]
        wider = memoryview(bytearray(max(table.SCRATCH, 4 * len(untaken))))
        wider[: len(untaken)] = untaken
        self._view = wider
        self._seen -= self._start
        self._start, self._end = 0, len(untaken)

    def _advance(self, count: int) -> None:
        self._start += count
        self._seen = self._start
        if self._start == self._end:
            self.close()


class Body:
    """A request's body. `length` is its bytes, None when it is chunked; `received` what was read of it so far.

    A client that expects it is told to go on (100) when the body is first read, unless all of it has come: RFC 9110,
    10.1.1. One that has begun may wait too: libcups sends the attributes of a Print-Job, then waits up to a second.
    `complete` says that all of it was read, `broken` that it never can be.
    """

    def __init__(self, head: Head, stream: aio.Stream, inbox: Inbox, watch: Watch):
        self._stream = stream
        self._inbox = inbox
        self._watch = watch
        self.length = head.length
        self.limit: int | None = None  # bytes; more is answered 413
        self.received = 0
        self.complete = head.length == 0
        self.broken = False
        self._chunks = Chunks() if head.length is None else None
        self._owing = head.expects  # the client may be waiting for our 100
        self._awaited = head.expects and inbox.empty  # and sends nothing before

    @property
    def drainable(self) -> bool:
        """Whether what is left may be read away so that the connection can be kept."""
        if self.broken or self.length is None or self._awaited:
            return False
        return self.length - self.received <= table.DRAIN_MAX

    async def readinto(self, view: memoryview) -> int:
        """Read what there is, at least a byte, into `view`; return how many bytes, 0 at the body's end.

        With a Content-Length the socket writes straight into `view`; a chunked body is moved within it, each byte at
        most once. Raise WireError (bad framing, over the limit) or ConnectionError (the client went, or was too slow).
        """
        if self.complete:
            return 0
        try:
            count = await (self._read(view) if self._chunks is None else self._read_chunks(view, self._chunks))
            self.received += count
            if self.limit is not None and self.received > self.limit:
                raise WireError("the body is over %d bytes" % self.limit, 413)
            if self.received == self.length:
                self.complete = True
            if self._owing and not self.complete:
                await self._in_time(self._go_on())
        except (WireError, ConnectionError):
            self.broken = True
            raise
        return count

    async def read(self, limit: int) -> bytes:
        """Return the whole body; raise WireError(413) when it is over `limit` bytes, else as readinto does."""
        if self.limit is None or limit < self.limit:
            self.limit = limit
        if self.length is not None and self.length > limit:
            raise WireError("the body is over %d bytes" % limit, 413)
        whole = bytearray()
        piece = memoryview(bytearray(PIECE))
        while count := await self.readinto(piece):
            whole += piece[:count]
        return bytes(whole)

    async def _read(self, view: memoryview) -> int:
        assert self.length is not None
        left = self.length - self.received
        if len(view) > left:
            view = view[:left]
        return self._inbox.take(view) or await self._receive(view)

    async def _read_chunks(self, view: memoryview, chunks: Chunks) -> int:
        while True:
            count = self._inbox.take(view) or await self._receive(view)
            kept = chunks.walk(view, count)
            if chunks.ended:
                self.complete = True
                if chunks.rest < count:
                    self._inbox.give_back(view[chunks.rest : count])
                return kept
            if kept:
                return kept

    async def _go_on(self) -> int:
        self._owing = self._awaited = False
        await self._stream.write(CONTINUE)
        return len(CONTINUE)

    async def _in_time(self, deed: Awaitable[int]) -> int:
        """Return what `deed` does; raise ConnectionAbortedError when the client is too slow for it."""
        self._watch.enter(BODY)
        try:
            return await deed
        except aio.CancelledError:
            task = aio.current_task()
            if task is None or not self._watch.late:
                raise
            task.uncancel()
            raise ConnectionAbortedError("the client sent its document too slowly") from None
        finally:
            self._watch.enter(WORK)

    async def _receive(self, view: memoryview) -> int:
        if self._awaited:
            await self._in_time(self._go_on())
        count = await self._in_time(self._stream.readinto(view))
        if not count:
            raise ConnectionAbortedError("the client went away before its document was whole")
        self._watch.received += count
        return count
