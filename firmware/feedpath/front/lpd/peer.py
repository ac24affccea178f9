"""A client's connection: lines, files and answers on one stream."""

import contextlib

from feedpath import aio
from feedpath.errors import WireError
from feedpath.front.lpd import table, wire

IDLE_MS = 90000  # how long a client may be silent, or take no answer
SCRATCH_BYTES = 2048
LINGER_MS, LINGER_BYTES = 2000, 1 << 20  # what a client whose job is refused may still send
HEAD_BYTES = 512  # of a document, looked at before there is a job


class Peer:
    """Reads from a client; `count` grows with each octet that comes."""

    def __init__(self, stream: "aio.Stream"):
        self.host = str(stream.peer[0])
        self.count = 0
        self._stream = stream
        self._held = bytearray()  # what came behind a line

    async def line(self) -> "bytes | None":
        """Return the next line without its end, None at the end of the connection; raise WireError."""
        while (end := self._held.find(b"\n")) < 0:
            if len(self._held) > wire.LINE_MOST:
                raise WireError("a command has no end within %d octets" % wire.LINE_MOST)
            scratch = memoryview(bytearray(SCRATCH_BYTES))
            count = await self._stream.readinto(scratch)
            if not count and self._held:
                raise WireError("the connection ended within a command")
            if not count:
                return None
            self.count += count
            self._held += scratch[:count]
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        return line

    async def readinto(self, view: memoryview) -> int:
        """Read what comes next, straight into `view`; return how many octets, 0 at the end of the connection."""
        if not self._held:
            count = await self._stream.readinto(view)
            self.count += count
            return count
        count = min(len(view), len(self._held))
        view[:count] = self._held[:count]
        del self._held[:count]
        return count

    async def file(self, part: wire.Part) -> bytes:
        """Return a file with its end; raise WireError when the client ends earlier."""
        whole, read = bytearray(), DataFile(self, part)
        scratch = memoryview(bytearray(SCRATCH_BYTES))
        while count := await read.readinto(scratch):
            whole += scratch[:count]
        return bytes(whole)

    async def answer(self, octets: bytes) -> None:
        """Write to the client; raise ConnectionError when it has gone, or takes nothing."""
        try:
            await aio.wait_for_ms(self._stream.write(octets), IDLE_MS)
        except aio.TimeoutError as error:
            raise ConnectionError("the client takes no answer") from error

    async def refuse(self) -> None:
        """Say no, and take what is still under way: to a socket closed at once, the answer would not get through."""
        await self.answer(table.REFUSED)
        self._stream.end_writing()
        with contextlib.suppress(aio.TimeoutError):
            await aio.wait_for_ms(self._drain(), LINGER_MS)

    async def _drain(self) -> None:
        scratch = memoryview(bytearray(SCRATCH_BYTES))
        for _ in range(LINGER_BYTES // SCRATCH_BYTES):
            if not await self._stream.readinto(scratch):
                return

    def hang_up(self) -> None:
        """Take no more from the client."""
        self._stream.hang_up()


class DataFile:
    """A file that a client sends, with the octet of zero bits that ends it: a document as a job receives it.

    counted: whether its length was told; else it ends with the connection.
    """

    def __init__(self, peer: Peer, part: wire.Part):
        self.head = b""
        self.counted = part.octets not in table.UNCOUNTED and part.octets < table.UNCOUNTED_FROM
        self._peer = peer
        self._maybe_empty = not part.octets
        self._left = part.octets or table.UNCOUNTED_FROM
        self._given = 0  # octets of the head
        self._ended = False

    async def begin(self) -> None:
        """Wait until the head is here, or the whole file if it is shorter."""
        scratch = memoryview(bytearray(HEAD_BYTES))
        while len(self.head) < HEAD_BYTES and (count := await self._read(scratch[len(self.head) :])):
            self.head += scratch[len(self.head) :][:count]
            if self._maybe_empty and self.head == table.ACCEPTED:  # it was no stream without length, but an empty file
                self.head = b""
                self._ended = True

    async def readinto(self, view: memoryview) -> int:
        """Give what comes next of the file, 0 at its end; raise WireError when that is not as the protocol has it."""
        if self._given < len(self.head):
            count = min(len(view), len(self.head) - self._given)
            view[:count] = self.head[self._given :][:count]
            self._given += count
            return count
        return await self._read(view)

    async def skip(self) -> None:
        """Take what is left of the file, for nothing; raise WireError when that is not as the protocol has it."""
        scratch = memoryview(bytearray(SCRATCH_BYTES))
        while await self._read(scratch):
            pass

    async def _read(self, view: memoryview) -> int:
        if self._ended:
            return 0
        if not self._left:
            await self._end()
            return 0
        count = await self._peer.readinto(view[: self._left])
        if not count and self.counted:
            raise WireError("the connection ended %d octets before the file" % self._left)
        self._left -= count
        self._ended = not count
        return count

    async def _end(self) -> None:
        """Take the octet of zero bits behind the file: RFC 1179, 6.2, 6.3; some close the connection instead."""
        octet = memoryview(bytearray(1))
        if await self._peer.readinto(octet) and octet[0]:
            raise WireError("a file is longer than was said: %d follows where 0 must" % octet[0])
        self._ended = True
