"""Documents that are known again in a printer's stream: each begins with a mark, its number and its length."""

import random
import re
from collections import Counter

ONE_BYTE = b"\xf0"  # a whole document of one byte; nothing else holds it
MARK = b"\xf1"  # begins every other document, and stands nowhere else
HEAD = 17  # bytes: the mark, then number and length as eight hexadecimal digits each
BELOW_MARKS = bytes(code & 0x7F for code in range(256))
LONGEST = 1 << 26
WHOLE_HEAD, HALF_HEAD = re.compile(rb"\xf1([0-9a-f]{8})([0-9a-f]{8})"), re.compile(rb"\xf1[0-9a-f]{0,15}")
PIECE = re.compile(rb"[\xf0\xf1][^\xf0\xf1]*")


def document(number: int, length: int) -> bytes:
    """Return the document of that number: `length` bytes, 1 or HEAD to LONGEST."""
    if length == 1:
        return ONE_BYTE
    assert HEAD <= length <= LONGEST
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
        head = WHOLE_HEAD.match(piece)
        if piece == ONE_BYTE:
            self.whole[0] += 1
        elif head is None:
            (self.halves if HALF_HEAD.fullmatch(piece) else self.strange).append(piece)
        else:
            number, length = int(head[1], 16), int(head[2], 16)
            expected = document(number, length) if HEAD <= length <= LONGEST else b""
            if piece == expected:
                self.whole[number] += 1
            else:
                (self.halves if expected.startswith(piece) else self.strange).append(piece)
