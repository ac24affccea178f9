"""Documents to print: PWG raster by their first bytes, noise after; in memory files, so that sending costs little."""

import hashlib
import mmap
import os
import random
from functools import cache, cached_property

KIB, MIB = 1024, 1024 * 1024
MIME = "image/pwg-raster"
SYNC_AND_HEADER = b"RaS2" + b"PwgRaster".ljust(1796, b"\0")  # PWG 5102.4, 4.3
CHUNK = 32 * KIB  # what libcups sends
SEED = 1


class Document:
    """`size` bytes in a memory file, plain and in HTTP chunks."""

    def __init__(self, size: int):
        assert size >= len(SYNC_AND_HEADER)
        content = SYNC_AND_HEADER + random.Random(SEED).randbytes(size - len(SYNC_AND_HEADER))
        self.size = size
        self.plain = memory_file(content)
        self.content = mmap.mmap(self.plain, size, access=mmap.ACCESS_READ)

    @cached_property
    def chunked(self) -> int:
        """The memory file of the document in chunks, without the last, empty one."""
        return memory_file(b"".join(chunk(self.content[at : at + CHUNK]) for at in range(0, self.size, CHUNK)))


@cache
def digest(document: Document, copies: int) -> str:
    """Return the SHA-256 of so many copies one after another."""
    total = hashlib.sha256()
    for _ in range(copies):
        total.update(document.content)
    return total.hexdigest()


def chunk(data: bytes) -> bytes:
    """Return `data` as one HTTP chunk (RFC 9112 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def memory_file(content: bytes) -> int:
    """Return the descriptor of a nameless file in memory that holds `content`."""
    descriptor = os.memfd_create("document")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    return descriptor


document = cache(Document)
