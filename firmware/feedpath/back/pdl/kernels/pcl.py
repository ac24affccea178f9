# mypy: disable-error-code="import-not-found, import-untyped, no-redef, untyped-decorator, valid-type, no-any-return"
"""Rows of a bitmap as PCL 5 raster: each by the shortest of delta row, PackBits and as it is, blank rows skipped.

HP, PCL 5 Printer Language Technical Reference Manual, chapter 15: Transfer Raster Data, Set Compression Method, Raster
Y Offset. Compiled, bytes are looked at one by one; interpreted, rows are big integers and regular expressions. Both
give the same bytes.
"""

from __future__ import annotations

import re
from typing import Any

try:
    import cython
except ImportError:
    from feedpath.back.pdl.kernels import cython
if cython.compiled:
    from cython.cimports.libc.string import memcmp, memcpy

AS_IT_IS = cython.declare(cython.int, 0)  # compression methods of Set Compression Method
PACKBITS = cython.declare(cython.int, 2)
DELTA = cython.declare(cython.int, 3)
MODE = cython.declare(cython.int, 0)  # places in `state`: the method that the machine is in,
BLANK = cython.declare(cython.int, 1)  # and the blank rows that are not told yet
STATE_ITEMS = cython.declare(cython.int, 2)
OFFSET_MOST = cython.declare(cython.int, 32767)  # rows of one Raster Y Offset
CHUNK = cython.declare(cython.int, 8)  # bytes that one delta command replaces at most
LONG = cython.declare(cython.int, 31)  # offsets from here on take further bytes
RUN = cython.declare(cython.int, 128)  # bytes of one PackBits run at most
COMMAND_BYTES = cython.declare(cython.int, 16)  # at most, of what stands before a row's data: ESC * b # m # W

CHANGES = re.compile(rb"(\0*)([^\0]{1,8})", re.DOTALL)  # in a row's difference from the last: what stays, what is new
REPEATS = re.compile(rb"(.)\1{2,127}", re.DOTALL)
COUNTS = [bytes((count,)) for count in range(256)]
HEADS = [[bytes(((size - 1) << 5 & 255 | offset,)) for offset in range(32)] for size in range(9)]  # of delta commands


def room(rows_most: int, count: int, height: int) -> int:
    """Return the bytes that `rows` needs for so many rows of `count` bytes, of a page of `height` rows."""
    return (rows_most + 1) * (count + COMMAND_BYTES) + 5 * height + 2 * COMMAND_BYTES


@cython.ccall
@cython.boundscheck(False)
@cython.wraparound(False)
def rows(
    band: cython.const[cython.uchar][::1],
    stride: cython.Py_ssize_t,
    first: cython.Py_ssize_t,
    blank: cython.const[cython.uchar][::1],
    seed: cython.uchar[::1],
    scratch: cython.uchar[::1],
    state: cython.int[::1],
    out: cython.uchar[::1],
) -> cython.Py_ssize_t:
    """Write the rows of `band` into `out`, return how many bytes that took.

    Of each row of `stride` bytes those from `first` on are sent, as many as `blank` has: a row with nothing on it.
    Where that is of zeros, Raster Y Offset skips blank rows, and zeros at a row's end are left out: the machine fills
    with them. Blank rows at the end wait in `state` for what comes next. seed: the last row as the machine has it,
    zeros at first. scratch: as long as `scratch_bytes` says; out: as `room` says. state: array("i").
    """
    count: cython.Py_ssize_t = len(blank)
    at: cython.Py_ssize_t = first
    size: cython.Py_ssize_t = len(band)
    used: cython.Py_ssize_t = 0
    if (
        count < 1 or first < 0 or first + count > stride or len(seed) != count or len(state) != STATE_ITEMS
        or len(scratch) < scratch_bytes(count) or len(out) < room(size // stride, count, state[BLANK])
    ):  # fmt: skip
        raise ValueError("the buffers do not fit the rows")
    if not cython.compiled:
        return _interpreted(band, stride, first, blank, seed, state, out)
    with cython.nogil:
        while at + count <= size:
            if memcmp(cython.address(band[at]), cython.address(blank[0]), count) == 0:
                state[BLANK] += 1
            else:
                if state[BLANK]:
                    used = _skip(blank, seed, scratch, state, out, used)
                used = _row(band, at, blank, seed, scratch, state, out, used)
            at += stride
    return used


def scratch_bytes(count: int) -> int:
    """Return how long `scratch` has to be for rows of `count` bytes."""
    return 2 * (count + count // CHUNK + count // LONG + COMMAND_BYTES)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _skip(
    blank: cython.const[cython.uchar][::1],
    seed: cython.uchar[::1],
    scratch: cython.uchar[::1],
    state: cython.int[::1],
    out: cython.uchar[::1],
    used: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Tell the blank rows that wait."""
    left: cython.int = state[BLANK]
    now: cython.int
    state[BLANK] = 0
    if blank[0]:
        used = _row(blank, 0, blank, seed, scratch, state, out, used)
        for now in range(1, left):  # noqa: B007 - a C int
            used = _command(out, used, state, DELTA, 0)
        return used
    while left:
        now = left if left < OFFSET_MOST else OFFSET_MOST
        used = _start(out, used)
        used = _number(out, used, now, 89)  # Y
        left -= now
    memcpy(cython.address(seed[0]), cython.address(blank[0]), len(blank))
    return used


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _row(
    band: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    blank: cython.const[cython.uchar][::1],
    seed: cython.uchar[::1],
    scratch: cython.uchar[::1],
    state: cython.int[::1],
    out: cython.uchar[::1],
    used: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write one row by the shortest method, and keep it as the seed of the next."""
    count: cython.Py_ssize_t = len(blank)
    end: cython.Py_ssize_t = count
    half: cython.Py_ssize_t = len(scratch) // 2
    if memcmp(cython.address(band[at]), cython.address(seed[0]), count) == 0:
        return _command(out, used, state, DELTA, 0)
    if not blank[0]:
        while band[at + end - 1] == 0:
            end -= 1
    mode: cython.int = DELTA
    length: cython.Py_ssize_t = _delta(band, at, seed, scratch, end + 4)
    best: cython.Py_ssize_t = length + (0 if state[MODE] == DELTA else 2)
    if end + (0 if state[MODE] == AS_IT_IS else 2) < best:
        mode = AS_IT_IS
        length = end
        best = end + (0 if state[MODE] == AS_IT_IS else 2)
    packed: cython.Py_ssize_t = _packbits(band, at, at + end, scratch, half, best)
    if packed + (0 if state[MODE] == PACKBITS else 2) < best:
        mode = PACKBITS
        length = packed
    memcpy(cython.address(seed[0]), cython.address(band[at]), count)
    used = _command(out, used, state, mode, length)
    if mode == AS_IT_IS:
        memcpy(cython.address(out[used]), cython.address(band[at]), length)
    elif mode == DELTA:
        memcpy(cython.address(out[used]), cython.address(scratch[0]), length)
    else:
        memcpy(cython.address(out[used]), cython.address(scratch[half]), length)
    return used + length


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _delta(
    band: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    seed: cython.uchar[::1],
    to: cython.uchar[::1],
    most: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write the row's difference from `seed`, return its length; stop where it grows beyond `most`."""
    count: cython.Py_ssize_t = len(seed)
    i: cython.Py_ssize_t = 0
    behind: cython.Py_ssize_t = 0
    used: cython.Py_ssize_t = 0
    start: cython.Py_ssize_t
    offset: cython.Py_ssize_t
    while used <= most:
        while i < count and band[at + i] == seed[i]:
            i += 1
        if i == count:
            break
        start = i
        while i < count and i - start < CHUNK and band[at + i] != seed[i]:
            i += 1
        offset = start - behind
        to[used] = cython.cast(cython.uchar, (i - start - 1) << 5 | (offset if offset < LONG else LONG))
        used += 1
        if offset >= LONG:
            offset -= LONG
            while offset >= 255:
                to[used] = 255
                used += 1
                offset -= 255
            to[used] = cython.cast(cython.uchar, offset)
            used += 1
        while start < i:
            to[used] = band[at + start]
            used += 1
            start += 1
        behind = i
    return used


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _packbits(
    band: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    to: cython.uchar[::1],
    start: cython.Py_ssize_t,
    most: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write a row's PackBits at `start`, return their length; stop where it grows beyond `most`."""
    used: cython.Py_ssize_t = start
    i: cython.Py_ssize_t
    while at < end and used - start <= most:
        i = at + 1
        while i < end and i - at < RUN and band[i] == band[at]:
            i += 1
        if i - at < 3:
            i = at + 1
            while i < end and i - at < RUN and not (
                i + 2 < end and band[i] == band[i + 1] and band[i] == band[i + 2]
            ):  # fmt: skip
                i += 1
            if i - at != 2 or band[at] != band[at + 1]:
                if used - start + i - at > most:
                    return most + 1
                to[used] = cython.cast(cython.uchar, i - at - 1)
                memcpy(cython.address(to[used + 1]), cython.address(band[at]), i - at)
                used += 1 + i - at
                at = i
                continue
        to[used] = cython.cast(cython.uchar, 257 - (i - at))
        to[used + 1] = band[at]
        used += 2
        at = i
    return used - start


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _command(
    out: cython.uchar[::1],
    used: cython.Py_ssize_t,
    state: cython.int[::1],
    mode: cython.int,
    length: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write what stands before a row's data."""
    used = _start(out, used)
    if state[MODE] != mode:
        state[MODE] = mode
        used = _number(out, used, mode, 109)  # m
    return _number(out, used, length, 87)  # W


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _start(out: cython.uchar[::1], used: cython.Py_ssize_t) -> cython.Py_ssize_t:
    out[used] = 27
    out[used + 1] = 42  # *
    out[used + 2] = 98  # b
    return used + 3


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _number(
    out: cython.uchar[::1], used: cython.Py_ssize_t, value: cython.Py_ssize_t, letter: cython.uchar
) -> cython.Py_ssize_t:
    tens: cython.Py_ssize_t = 1
    while tens * 10 <= value:
        tens *= 10
    while tens:
        out[used] = cython.cast(cython.uchar, 48 + value // tens % 10)
        used += 1
        tens //= 10
    out[used] = letter
    return used + 1


def _interpreted(band: Any, stride: int, first: int, blank: Any, seed: Any, state: Any, out: Any) -> int:
    """Do what the loops do, in steps of whole rows."""
    raw, nothing, before = bytes(band), bytes(blank), bytes(seed)
    count = len(nothing)
    trims = not nothing[0]
    pieces: "list[bytes]" = []
    for at in range(first, len(raw) - count + 1, stride):
        row = raw[at : at + count]
        if row == nothing:
            state[BLANK] += 1
            continue
        if state[BLANK]:
            before = _skipped(pieces, nothing, before, state, trims)
        _put(pieces, row, before, state, trims)
        before = row
    seed[:] = before
    written = b"".join(pieces)
    out[: len(written)] = written
    return len(written)


def _skipped(pieces: "list[bytes]", nothing: bytes, before: bytes, state: Any, trims: bool) -> bytes:
    left, state[BLANK] = state[BLANK], 0
    if trims:
        for now in [OFFSET_MOST] * (left // OFFSET_MOST) + [left % OFFSET_MOST] * bool(left % OFFSET_MOST):
            pieces.append(b"\x1b*b%dY" % now)
        return nothing
    _put(pieces, nothing, before, state, trims)
    for _ in range(left - 1):
        _put(pieces, nothing, nothing, state, trims)
    return nothing


def _put(pieces: "list[bytes]", row: bytes, before: bytes, state: Any, trims: bool) -> None:
    """Add the command and data of one row, by the shortest method."""
    now = state[MODE]
    mode, data = (DELTA, b"") if row == before else _shortest(row, before, now, trims)
    state[MODE] = mode
    pieces.append(b"\x1b*b%dW" % len(data) if mode == now else b"\x1b*b%dm%dW" % (mode, len(data)))
    pieces.append(data)


def _shortest(row: bytes, before: bytes, now: int, trims: bool) -> "tuple[int, bytes]":
    """Return the method that takes the fewest bytes, and its bytes; what cannot win is not tried."""
    kept = row.rstrip(b"\0") if trims else row
    mode, data, best = AS_IT_IS, kept, len(kept) + (0 if now == AS_IT_IS else 2)
    changed = (int.from_bytes(row) ^ int.from_bytes(before)).to_bytes(len(row))
    new = len(row) - changed.count(0)
    more = 0 if now == DELTA else 2
    if new + (new + 7) // 8 + more <= best:
        delta = _differences(row, changed)
        if len(delta) + more <= best:
            mode, data, best = DELTA, delta, len(delta) + more
    more = 0 if now == PACKBITS else 2
    if len(REPEATS.sub(b"??", kept)) + more < best:  # a repeat takes two bytes, all else at least its own
        packed = _packed(kept)
        if len(packed) + more < best:
            mode, data = PACKBITS, packed
    return mode, data


def _differences(row: bytes, changed: bytes) -> bytes:
    at = 0
    pieces = []
    for same, new in CHANGES.findall(changed.rstrip(b"\0")):
        offset = len(same)
        at += offset
        if offset < LONG:
            pieces.append(HEADS[len(new)][offset])
        else:
            offset -= LONG
            pieces.append(HEADS[len(new)][LONG] + b"\xff" * (offset // 255) + bytes((offset % 255,)))
        pieces.append(row[at : at + len(new)])
        at += len(new)
    return b"".join(pieces)


def _packed(row: bytes) -> bytes:
    at = 0
    pieces: "list[bytes]" = []
    for match in REPEATS.finditer(row):
        start, end = match.span()
        if at < start:
            _literal(pieces, row[at:start])
        pieces.append(COUNTS[257 - end + start])
        pieces.append(row[start : start + 1])
        at = end
    if at < len(row):
        _literal(pieces, row[at:])
    return b"".join(pieces)


def _literal(pieces: "list[bytes]", part: bytes) -> None:
    """Add bytes that are as they are, none three times in a row; two that are alike cost less as a repeat."""
    for at in range(0, len(part), RUN):
        run = part[at : at + RUN]
        if len(run) == 2 and run[0] == run[1]:
            pieces.append(COUNTS[255] + run[:1])
        else:
            pieces.append(COUNTS[len(run) - 1] + run)
