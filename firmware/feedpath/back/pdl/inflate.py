"""Decoders of compressed documents: gzip (RFC 1952) and deflate (RFC 1951, and in RFC 1950's wrapper as some send it).

A document that grows out of all proportion is refused before it fills anything.
"""

import zlib

from feedpath.errors import WireError

CODED_BYTES = 64 * 1024
FREE_BYTES = 10 * 1024 * 1024  # decoded bytes before the ratio counts: an empty page compresses very well
GZIP, ZLIB, BARE = 31, 15, -15  # zlib's window bits for the three wrappers


class Inflate:
    """One compressed document, a piece at a time: `feed`, then `produce` until it gives nothing.

    ratio and limit: how many times larger, and how large in bytes, the document may become.
    """

    CODED_BYTES = CODED_BYTES

    def __init__(self, compression: str, ratio: int, limit: int):
        self._gzip = compression == "gzip"
        self._ratio = ratio
        self._limit = limit
        self._coded = b""
        self._stream: "zlib._Decompress | None" = None
        self._came = 0
        self._grew = 0

    def feed(self, coded: memoryview) -> None:
        """Take the next coded bytes."""
        self._coded += bytes(coded)
        self._came += len(coded)

    def produce(self, view: memoryview) -> int:
        """Write what the fed bytes decode to into `view`; return how much, 0 when more are needed; raise WireError."""
        while self._coded or self._stream is not None:
            stream = self._open()
            if stream is None:
                return 0
            try:
                decoded = stream.decompress(self._coded, len(view))
            except zlib.error as error:
                raise WireError(f"The compressed document is broken: {error}.") from error
            if stream.eof:
                self._coded = stream.unused_data
                self._stream = None
            else:
                self._coded = stream.unconsumed_tail
            if decoded:
                self._count(len(decoded))
                view[: len(decoded)] = decoded
                return len(decoded)
            if not self._coded:
                return 0
        return 0

    def _open(self) -> "zlib._Decompress | None":
        """Return the stream to go on with; None while too little has come to know which it is."""
        if self._stream is None:
            if self._gzip:
                bits = GZIP
            elif len(self._coded) < 2:
                return None
            else:
                bits = ZLIB if self._coded[0] & 15 == 8 and int.from_bytes(self._coded[:2], "big") % 31 == 0 else BARE
            self._stream = zlib.decompressobj(bits)
        return self._stream

    def _count(self, count: int) -> None:
        self._grew += count
        if self._grew > self._limit or (self._grew > FREE_BYTES and self._grew > self._ratio * self._came):
            raise WireError(
                f"The document grows from {self._came} to more than {self._grew - count} bytes; "
                f"allowed are {self._ratio} times as many and at most {self._limit}."
            )

    def end(self) -> None:
        """Raise WireError when the coded bytes ended too early, or never began."""
        if self._stream is not None or self._coded or not self._came:
            raise WireError("The compressed document ends too early.")
