"""A stored document with the ring's interface, for jobs that must wait, repeat or survive.

It begins in memory and moves to a file when its share of memory is used up, or when it must survive. Bytes are
written from one side and read from the other while they still come in.
"""

import errno
import logging
import os
import threading
from pathlib import Path

from feedpath import aio
from feedpath.core.reasons import refusal
from feedpath.errors import Refused

logger = logging.getLogger(__name__)

BUFFER_BYTES = 128 * 1024  # one transfer to the device
NOTHING = memoryview(b"")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
RESERVE_BYTES = 64 * 1024 * 1024  # left free on the partition for records, settings and logs
RESERVE_PART = 10  # ... or a tenth of it, whichever is smaller


class Area:
    """The room for stored documents: a directory on the data partition, and a share of memory.

    `limit` and `memory` are bytes over all documents. Takes and gives back may come from any thread. refusals: how
    often a document found no room.
    """

    def __init__(self, directory: Path, limit: int, memory: int):
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.limit = limit
        self.memory = memory
        self.refusals = 0
        self._stored = 0
        self._in_memory = 0
        self._wanted = 0  # bytes that the last document needed that had no room
        self._lock = threading.Lock()

    def path(self, name: str) -> Path:
        """Return the file that the document called `name` is stored in."""
        return self._directory / f"{name}.document"

    def stored(self) -> "dict[str, Path]":
        """Return the files that are there, by document name."""
        return {path.stem: path for path in self._directory.glob("*.document")}

    def remove(self, name: str) -> None:
        """Delete the file of a document; what a broken disk keeps is deleted at the next start, as no job's."""
        try:
            self.path(name).unlink(missing_ok=True)
        except OSError as error:
            logger.error("the document of an ended job cannot be deleted: %s", error)

    @property
    def used(self) -> int:
        """Return the bytes on storage now."""
        return self._stored

    def take_memory(self, count: int) -> bool:
        """Return whether `count` more bytes may be held in memory; then they count as used."""
        with self._lock:
            if self._in_memory + count > self.memory:
                return False
            self._in_memory += count
            return True

    def give_memory(self, count: int) -> None:
        """Give back memory that was taken."""
        with self._lock:
            self._in_memory -= count

    def take_storage(self, count: int, taken: int = 0) -> None:
        """Count `count` more bytes of a document that has `taken` already as stored; raise Refused without room."""
        with self._lock:
            if not self._has_room(count):
                self._wanted = taken + count
                self.refusals += 1
                raise Refused("spool-area-full", refusal("spool-area-full").sentence)
            self._stored += count

    def _has_room(self, count: int) -> bool:
        usage = os.statvfs(self._directory)
        free = usage.f_bavail * usage.f_frsize
        reserve = min(RESERVE_BYTES, usage.f_blocks * usage.f_frsize // RESERVE_PART)
        return self._stored + count <= self.limit and free - count >= reserve

    def fits(self, count: int) -> bool:
        """Return whether there is room for `count` more bytes, as it is now."""
        with self._lock:
            return self._in_memory + count <= self.memory or self._has_room(count)

    @property
    def full(self) -> bool:
        """Return whether a document was refused that would be again, and not only for its own size."""
        if not self._wanted or self._has_room(self._wanted):
            return False
        return self._stored > 0 or not self._has_room(BUFFER_BYTES)

    def failed(self, error: OSError) -> Refused:
        """Return the refusal for a document that could not be stored."""
        if error.errno in NO_ROOM:
            self._wanted = BUFFER_BYTES
            self.refusals += 1
        return Refused("spool-area-full", f"The document could not be stored: {error.strerror}.")

    def count_stored(self, count: int) -> None:
        """Count bytes that stand on storage from an earlier run."""
        with self._lock:
            self._stored += count

    def give_storage(self, count: int) -> None:
        """Give back storage that was taken."""
        with self._lock:
            self._stored -= count

    def sync(self) -> None:
        """Make the directory's entries survive a power cut."""
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Spool:
    """One stored document, or the part of it from byte `base` on. Filled by one side, read by the other.

    Filling and draining are the ring's: `space`, `filled`, `end`; `ready`. `append` adds from a thread. `end_at` is
    the position up to which bytes are stored; `pending` bytes behind it still stand in the buffer that is filled.
    `on_storage`: whether it is a file in the area, not only memory.
    """

    def __init__(self, area: Area, name: str, base: int = 0):
        self._area = area
        self._name = name
        self._file = -1  # a descriptor in memory first, in the area's directory later
        self.on_storage = False
        self._lock = threading.Lock()
        self._buffer: "memoryview | None" = None
        self._lent = False  # the reading side may still look at the buffer
        self._out: "memoryview | None" = None
        self._bytes = aio.Wake()
        self._drain_waits = False
        self._taken = 0  # bytes of memory, or of storage, that the area counts as ours
        self.base = base
        self.end_at = base
        self.pending = 0
        self.closed = False

    @classmethod
    def stored(cls, area: Area, name: str) -> "Spool":
        """Return the document that stands in the area under `name`; raise OSError when there is none."""
        spool = cls(area, name)
        spool.on_storage = True
        spool.end_at = spool._taken = area.path(name).stat().st_size
        area.count_stored(spool._taken)
        return spool

    async def space(self) -> memoryview:
        """Return room for the next bytes; raise Refused when the area is full."""
        if self.pending == BUFFER_BYTES:
            await aio.offload(self._flush)
        if self._buffer is None:
            self._buffer = memoryview(bytearray(BUFFER_BYTES))
        return self._buffer[self.pending :]

    def filled(self, count: int) -> None:
        """Take the first `count` bytes of the last space."""
        self.pending += count
        if self._drain_waits:
            self._bytes.set()

    async def end(self) -> None:
        """Say that the document has ended."""
        self._bytes.set()

    def _flush(self) -> None:
        """Store what is pending, and let go of the buffer when the reading side may look at it."""
        with self._lock:
            if self.pending and self._buffer is not None:
                self._append(self._buffer[: self.pending])
                self.pending = 0
                if self._lent:
                    self._buffer = None
                    self._lent = False

    def append(self, view: "memoryview | bytes") -> None:
        """Store `view` at the end, from a thread; raise Refused when there is no room."""
        with self._lock:
            self._append(view)
        if self._drain_waits:
            self._bytes.set()

    def _append(self, view: "memoryview | bytes") -> None:
        if self.closed:  # the job has ended, and its document is forgotten
            return
        if not self.on_storage and not self._area.take_memory(len(view)):
            self._to_storage()
        if self.on_storage:
            self._area.take_storage(len(view), self._taken)
        self._write(view)

    def append_in_memory(self, view: memoryview) -> bool:
        """Store `view` at the end without touching storage; return whether memory had room."""
        with self._lock:
            if self.closed or self.on_storage or not self._area.take_memory(len(view)):
                return False
            self._write(view)
        return True

    def _write(self, view: "memoryview | bytes") -> None:
        """Write what room was taken for; on failure the room stays taken until `discard`, which counts by `_taken`."""
        self._taken += len(view)
        try:
            if self._file < 0:
                self._file = os.memfd_create("feedpath-" + self._name)
            while view:
                count = os.pwrite(self._file, view, self.end_at - self.base)
                self.end_at += count
                view = view[count:]
        except OSError as error:
            raise self._area.failed(error) from error

    def ready(self, position: int, seconds: float) -> memoryview:
        """Wait in a thread for bytes at `position`; return them, or nothing after `seconds` or at the end."""
        self._drain_waits = True
        if position >= self.end_at + self.pending and not self.closed:
            self._bytes.block(seconds)
        self._drain_waits = False
        with self._lock:
            if position < self.end_at and not self.closed:
                return self._read(position)
            if self._buffer is None:
                return NOTHING
            self._lent = True
            return self._buffer[position - self.end_at : self.pending]

    def _read(self, position: int) -> memoryview:
        if self._out is None:
            self._out = memoryview(bytearray(BUFFER_BYTES))
        self._reopen()
        return self._out[: os.preadv(self._file, [self._out], position - self.base)]

    def _reopen(self) -> None:
        if self._file < 0:
            self._file = os.open(self._area.path(self._name), os.O_RDONLY)

    def descriptor(self) -> int:
        """Return a descriptor of the document, which came whole, for the caller to close; raise OSError, Refused.

        It is read from its start, whoever else reads the document.
        """
        self._flush()
        with self._lock:
            path = self._area.path(self._name) if self._file < 0 else f"/proc/self/fd/{self._file}"
            return os.open(path, os.O_RDONLY)

    def wake(self) -> None:
        """Wake whoever waits for bytes, to look again."""
        self._bytes.set()

    async def secure(self) -> None:
        """Make the document survive a power cut; raise Refused when there is no room."""
        await aio.offload(self._secure)

    def _secure(self) -> None:
        self._flush()
        with self._lock:
            if self.closed:
                return
            self._buffer = None
            if not self.on_storage:
                self._to_storage()
            self._reopen()
            descriptor, self._file = self._file, -1  # opened again when it prints: many may wait
        try:
            os.fsync(descriptor)
            self._area.sync()
        except OSError as error:
            raise self._area.failed(error) from error
        finally:
            os.close(descriptor)

    def _to_storage(self) -> None:
        self._area.take_storage(self._taken)
        try:
            descriptor = self._copied()
        except OSError as error:
            self._area.give_storage(self._taken)
            raise self._area.failed(error) from error
        if self._file >= 0:
            os.close(self._file)
        self._area.give_memory(self._taken)
        self._file = descriptor
        self.on_storage = True

    def _copied(self) -> int:
        """Return the descriptor of a file in the area that holds what memory holds; leave none there on failure."""
        path = self._area.path(self._name)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            at, size = 0, self.end_at - self.base
            while at < size:
                at += os.sendfile(descriptor, self._file, at, size - at)
        except OSError:
            os.close(descriptor)
            path.unlink()
            raise
        return descriptor

    def discard(self) -> None:
        """Forget the document and give its room back."""
        if self.close():
            if self.on_storage:
                self._area.remove(self._name)
                self._area.give_storage(self._taken)
            else:
                self._area.give_memory(self._taken)

    def close(self) -> bool:
        """Let go of the document, which stays where it is on storage; return False when that was done before."""
        with self._lock:
            if self.closed:
                return False
            self.closed = True
            if self._file >= 0:
                os.close(self._file)
                self._file = -1
            self._buffer = self._out = None
        self._bytes.set()
        return True
