"""Where a document's bytes come from, as its readers see it: a ring, a stored document, a file."""

import os
from collections.abc import Callable
from typing import BinaryIO

from feedpath.core.driver import Source
from feedpath.errors import WireError

__all__ = ["FileSource", "Source", "exactly"]

PIECE_BYTES = 128 * 1024


class FileSource:
    """A document that stands in a file, or comes through a pipe."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self._view = memoryview(b"")

    def peek(self, wanted: "Callable[[], bool]" = lambda: True) -> memoryview:
        """Return what is left of the last piece, or the next piece."""
        if not self._view:
            self._view = memoryview(self._file.read(PIECE_BYTES))
        return self._view

    def took(self, count: int) -> None:
        """Be done with `count` bytes."""
        self._view = self._view[count:]

    def descriptor(self) -> int:
        """Return a descriptor of the file, for the caller to close."""
        return os.dup(self._file.fileno())


def exactly(source: Source, count: int, what: str) -> bytes:
    """Return the next `count` bytes and take them; raise WireError naming `what` when the document ends before."""
    taken = bytearray()
    while len(taken) < count:
        view = source.peek()[: count - len(taken)]
        if not view:
            raise WireError(f"The document ends within {what}: {len(taken)} of {count} bytes are there.")
        taken += view
        source.took(len(view))
    return bytes(taken)
