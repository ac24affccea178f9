"""The zero-copy buffer ring between network and device. Small set: runs under MicroPython too.

One task or thread fills, one drains; both see the ring's own memory, so that the socket writes and the device reads
the same bytes. Positions count the document's bytes from 0; three of them only ever grow:

    released <= drained <= filled,  filled - released <= size

Bytes between `released` and `drained` went to the device and can still be read again. A view never crosses a slot's
border, so a fast sender gives whole slots to the device; an idle device gets what there is, at once.
"""

from feedpath import aio

SLOTS = 8
SLOT_BYTES = 128 * 1024  # the knee of CPU per byte on both sides; a multiple of every USB packet size


class Closed(Exception):
    """The ring was closed: the job that fills it has been canceled or aborted."""


class Ring:
    """Memory between network and device, for one document at a time.

    Filling: `view = await space()`, write at its start, `filled(count)`, at last `await end()`.
    Draining: `view = ready(position, seconds)`, `drained(count)` for what the device took.
    """

    def __init__(self, slots: int = SLOTS, slot_bytes: int = SLOT_BYTES, memory: "bytearray | None" = None):
        self.size = slots * slot_bytes
        self._slot = slot_bytes
        self._memory = memoryview(memory if memory is not None else bytearray(self.size))
        self._space = aio.Wake()
        self._bytes = aio.Wake()
        self.restart()

    def restart(self, retain: bool = False) -> None:
        """Begin a document; with `retain`, drained bytes stay readable until `release`. Nobody may be at the ring."""
        self.retain = retain
        self.filled_to = 0
        self.drained_to = 0
        self.released_to = 0
        self.ended = False
        self.closed = False
        self._fill_waits = False
        self._drain_waits = False

    def free(self) -> "memoryview":
        """Return the free rest of the slot that is being filled; empty while the ring is full."""
        at = self.filled_to % self.size
        room = self.size - (self.filled_to - self.released_to)
        return self._memory[at : at + min(room, self._slot - at % self._slot)]

    async def space(self) -> "memoryview":
        """Wait for room and return it, empty when woken for something else; raise Closed when nobody will drain it."""
        view = self._room()
        if not view:
            await self._space.wait()
            view = self._room()
        return view

    def space_blocking(self, seconds: float) -> "memoryview":
        """Return room as `space` does, for a thread; empty when none came within `seconds`."""
        view = self._room()
        if not view:
            self._space.block(seconds)
            view = self._room()
        return view

    def _room(self) -> "memoryview":
        self._fill_waits = True  # raised before looking: the draining side looks after freeing
        view = self.free()
        if self.closed:
            raise Closed
        if view:
            self._fill_waits = False
        return view

    def filled(self, count: int) -> None:
        """Hand on the first `count` bytes of the last space."""
        self.filled_to += count
        if self._drain_waits:
            self._bytes.set()

    async def end(self) -> None:
        """Say that the document has ended."""
        self.ended = True
        self._bytes.set()

    def wake(self) -> None:
        """Wake whoever waits at either side, to look again."""
        self._space.set()
        self._bytes.set()

    def close(self) -> None:
        """End both sides: `space` raises Closed, `ready` returns nothing."""
        self.closed = True
        self.wake()

    def bytes_at(self, position: int) -> "memoryview":
        """Return the bytes from `position`, which is not released, to a slot's border at most; empty when none came."""
        at = position % self.size
        return self._memory[at : at + min(self.filled_to - position, self._slot - at % self._slot)]

    def ready(self, position: int, seconds: float) -> "memoryview":
        """Wait in a thread for bytes at `position`; return them, nothing after `seconds`, at the end, when closed."""
        view = self._bytes_or_wait(position)
        if not view and not self.ended and not self.closed:
            self._bytes.block(seconds)
            view = self._bytes_or_wait(position)
        self._drain_waits = False
        return view

    async def ready_soon(self, position: int) -> "memoryview":
        """Wait in a task for bytes at `position`; return them, or nothing at the end or when closed."""
        while True:
            view = self._bytes_or_wait(position)
            if view or self.ended or self.closed:
                self._drain_waits = False
                return self._bytes_or_wait(position)
            await self._bytes.wait()

    def _bytes_or_wait(self, position: int) -> "memoryview":
        self._drain_waits = True  # raised before looking: the filling side looks after filling
        return self.bytes_at(position)

    def drained(self, count: int) -> None:
        """Say that the device took the next `count` bytes; without `retain` their room is free again."""
        self.drained_to += count
        if not self.retain:
            self.release(self.drained_to)

    def release(self, position: int) -> None:
        """Free the room of everything before `position`."""
        self.released_to = position
        if self._fill_waits:
            self._space.set()
