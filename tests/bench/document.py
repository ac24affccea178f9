"""Documents to print: PWG raster by their first bytes, noise after; in memory files, so that sending costs little."""

import hashlib
import mmap
import os
import random
from functools import cache

KIB, MIB = 1024, 1024 * 1024
MIME = "image/pwg-raster"
SYNC_AND_HEADER = b"RaS2" + b"PwgRaster".ljust(1796, b"\0")  # PWG 5102.4, 4.3
CHUNK = 32 * KIB  # what libcups sends
SEED = 1


class Document:
    """Bytes in memory files: `plain`, and `chunked` as HTTP has it, without the last, empty chunk."""

    def __init__(self, content: bytes, mime: str = MIME):
        self.size, self.mime = len(content), mime
        self.plain = memory_file(content)
        chunks = (chunk(content[at : at + CHUNK]) for at in range(0, self.size, CHUNK))
        self.chunked = memory_file(b"".join(chunks))
        self.content = mmap.mmap(self.plain, self.size, access=mmap.ACCESS_READ)

    def close(self) -> None:
        """Let go of the memory."""
        self.content.close()
        os.close(self.plain)
        os.close(self.chunked)


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


@cache
def document(size: int) -> Document:
    """Return `size` bytes that begin as a document does, and are noise."""
    assert size >= len(SYNC_AND_HEADER)
    return Document(SYNC_AND_HEADER + random.Random(SEED).randbytes(size - len(SYNC_AND_HEADER)))
