"""Documents that are known again in a printer's stream: each begins with a mark, its number and its length."""

import random
import re
from collections import Counter

ONE_BYTE = b"\xf0"  # a whole document of one byte; nothing else holds it
MARK = b"\xf1"  # begins every other document, and stands nowhere else
HEAD = 17  # bytes: the mark, then number and length as eight hexadecimal digits each
BELOW_MARKS = bytes(code & 0x7F for code in range(256))
PIECE = re.compile(rb"[\xf0\xf1][^\xf0\xf1]*")


def document(number: int, length: int) -> bytes:
    """Return the document of that number: `length` bytes, 1 or at least HEAD."""
    if length == 1:
        return ONE_BYTE
    assert length >= HEAD
    body = random.Random(number).randbytes(length - HEAD).translate(BELOW_MARKS)
    return MARK + b"%08x%08x" % (number, length) + body


class Stream:
    """What a printer received, taken apart. whole: how often each document came whole, by number; one-byte documents
    have none and count as 0. halves: documents that ended early. strange: what is no beginning of any document.
    """

    def __init__(self, received: bytes):
        self.whole: "Counter[int]" = Counter()
        self.halves: "list[bytes]" = []
        self.strange: "list[bytes]" = []
        lead = PIECE.search(received)
        if received and (lead is None or lead.start()):
            self.strange.append(received[: lead.start() if lead else None])
        for match in PIECE.finditer(received):
            self._take(match[0])

    def _take(self, piece: bytes) -> None:
        if piece == ONE_BYTE:
            self.whole[0] += 1
            return
        try:
            number, length = int(piece[1:9], 16), int(piece[9:HEAD], 16)
            expected = document(number, length) if len(piece) >= HEAD else piece
        except (ValueError, AssertionError):
            expected = piece if re.fullmatch(rb"\xf1[0-9a-f]{0,15}", piece) else b""
        if piece == expected and len(piece) >= HEAD:
            self.whole[number] += 1
        elif expected.startswith(piece):
            self.halves.append(piece)
        else:
            self.strange.append(piece)
