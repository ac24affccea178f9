# cython: boundscheck=False, wraparound=False, cdivision=True
"""Hot loops of the page description languages and of previews: white rows, run lengths, ASCII85, sums of boxes."""

import base64
import re
from array import array
from operator import add
from typing import Any

try:
    import cython  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    from feedpath.back.pdl.kernels import cython  # type: ignore[no-redef,unused-ignore]

MOST = 128  # bytes in one run, or in one piece of literals
RUNS = re.compile(rb"(.)\1{2,127}", re.DOTALL)
A85_LINE = 120  # characters; a line of a document has at most 255 (Adobe TN 5001, 3)
A85_END = b"~>"

Bytes = Any  # bytes, bytearray or memoryview: Cython would take only one of them
Totals = Any  # an array of Q
Span = Any  # a tuple of two int


def inked(rows: bytes, stride: int, white: bytes) -> Span:
    """Return the first row that is not all `white`, and the one after the last; they are equal where there is none."""
    first = (len(rows) - len(rows.lstrip(white))) // stride
    return first, max(first, -(-len(rows.rstrip(white)) // stride))


def runlength(data: Bytes) -> bytearray:
    """Return `data` for RunLengthDecode (PLRM 3, 3.13.3), without the mark at its end; runs have 3 bytes or more."""
    return _runlength_compiled(data) if cython.compiled else _runlength(data)


def _runlength(data: Bytes) -> bytearray:
    view = memoryview(data)
    coded = bytearray()
    at = 0
    for run in RUNS.finditer(view):
        _literals(coded, view[at : run.start()])
        at = run.end()
        coded += bytes((257 - (at - run.start()), view[run.start()]))
    _literals(coded, view[at:])
    return coded


def _literals(coded: bytearray, view: memoryview) -> None:
    for at in range(0, len(view), MOST):
        piece = view[at : at + MOST]
        coded.append(len(piece) - 1)
        coded += piece


def _runlength_compiled(data: Bytes) -> bytearray:
    coded = bytearray(len(data) + len(data) // MOST + 1)  # literals take the most room: a byte more for each 128
    source = cython.declare(cython.const[cython.uchar][::1], data)
    to = cython.declare(cython.uchar[::1], coded)
    end = cython.declare(cython.Py_ssize_t, len(data))
    at = cython.declare(cython.Py_ssize_t, 0)
    run = cython.declare(cython.Py_ssize_t, 0)
    put = cython.declare(cython.Py_ssize_t, 0)
    head = cython.declare(cython.Py_ssize_t, -1)  # where the count of the present literals stands
    with cython.nogil:
        while at < end:
            run = 1
            while run < 128 and at + run < end and source[at + run] == source[at]:
                run += 1
            if run > 2:
                to[put] = 257 - run
                to[put + 1] = source[at]
                put += 2
                at += run
                head = -1
                continue
            if head < 0 or to[head] == 127:
                head = put
                to[head] = 255
                put += 1
            to[head] += 1
            to[put] = source[at]
            put += 1
            at += 1
    return coded[:put]


def ascii85(data: Bytes) -> bytes:
    """Return `data` for ASCII85Decode (PLRM 3, 3.13.3): lines, then the mark at its end and a newline."""
    text = _ascii85_compiled(data) if cython.compiled else base64.a85encode(data)
    lines = [text[at : at + A85_LINE] for at in range(0, len(text), A85_LINE)]
    return b"\n".join([*lines, A85_END, b""])


def _ascii85_compiled(data: Bytes) -> bytes:
    whole = cython.declare(cython.Py_ssize_t, len(data) // 4)
    text = bytearray(whole * 5)
    source = cython.declare(cython.const[cython.uchar][::1], data)
    to = cython.declare(cython.uchar[::1], text)
    at = cython.declare(cython.Py_ssize_t, 0)
    put = cython.declare(cython.Py_ssize_t, 0)
    digit = cython.declare(cython.int, 0)
    word = cython.declare(cython.uint, 0)
    with cython.nogil:
        for at in range(0, whole * 4, 4):
            word = cython.cast(cython.uint, source[at]) << 24 | source[at + 1] << 16 | source[at + 2] << 8
            word |= source[at + 3]
            if word == 0:
                to[put] = 122  # z
                put += 1
                continue
            for digit in range(4, -1, -1):
                to[put + digit] = 33 + word % 85
                word = word // 85
            put += 5
    return bytes(memoryview(text)[:put]) + base64.a85encode(memoryview(data)[whole * 4 :])


def add_boxes(row: Bytes, totals: Totals, channels: int, across: int) -> None:
    """Add to `totals`, an array of Q, what each box of `across` pixels of `row` sums up to, by channel of 1 byte.

    What the last box lacks counts as white.
    """
    if cython.compiled:
        _add_boxes_compiled(row, totals, channels, across)
    else:
        _add_boxes(row, totals, channels, across)


def _add_boxes(row: Bytes, totals: Totals, channels: int, across: int) -> None:
    whole = bytes(row).ljust(len(totals) * across, b"\xff")
    for channel in range(channels):
        parts = [whole[channel + channels * x :: channels * across] for x in range(across)]
        totals[channel::channels] = array("Q", map(add, totals[channel::channels], map(sum, zip(*parts))))


def _add_boxes_compiled(row: Bytes, totals: Totals, channels: int, across: int) -> None:
    source = cython.declare(cython.const[cython.uchar][::1], row)
    to = cython.declare(cython.ulonglong[::1], totals)
    length = cython.declare(cython.Py_ssize_t, len(row))
    boxes = cython.declare(cython.Py_ssize_t, len(totals) // channels)
    depth = cython.declare(cython.Py_ssize_t, channels)
    most = cython.declare(cython.Py_ssize_t, across)
    total = cython.declare(cython.ulonglong, 0)
    box = cython.declare(cython.Py_ssize_t, 0)
    channel = cython.declare(cython.Py_ssize_t, 0)
    x = cython.declare(cython.Py_ssize_t, 0)
    at = cython.declare(cython.Py_ssize_t, 0)
    with cython.nogil:
        for box in range(boxes):
            for channel in range(depth):
                total = 0
                at = box * most * depth + channel
                for x in range(most):
                    total += source[at + x * depth] if at + x * depth < length else 255
                to[box * depth + channel] += total
