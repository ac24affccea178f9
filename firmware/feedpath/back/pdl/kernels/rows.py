"""The row coding that PWG raster (PWG 5102.4) and Apple raster share, decoded and encoded.

A row begins with how often it stands again (0 to 255). Runs follow until it is full, each begun by one byte: 0 to 127
says that the next pixel stands so often again, 129 to 255 that 257 less it pixels follow as they are, and 128 that the
rest of the row is blank (Apple's; libcups reads it in both formats). Pixels of fewer than 8 bits count by bytes.

Both directions stop wherever memory ends. Where they stopped stands in `state`, which is an array("q") of STATE zeros
when a page begins. Compiled and not, the same bytes come out.
"""

from __future__ import annotations

import re
from functools import cache

try:
    import cython
except ImportError:
    from feedpath.back.pdl.kernels import cython

if cython.compiled:
    from cython.cimports.libc.string import memcmp, memcpy, memset

STATE = 5  # numbers in a state:
AT, AGAIN, PHASE, LEFT, FILL = range(STATE)
# AT: bytes of the band that are there; when encoding, rows of it that are done. AGAIN: how often the row at hand stands
# again; when encoding, how often it stands. PHASE: below. LEFT: bytes of the run at hand that are still to come. FILL:
# bytes that its pixel fills once it is there.
COUNT, RUNS, REPEAT, OVERRUN = range(4)  # before a row, in it, behind it; and when a run went past it: nothing follows
MOST = 128  # pixels in a run
ROWS = 256  # equal rows in one

_AT = cython.declare(cython.int, AT)
_AGAIN = cython.declare(cython.int, AGAIN)
_PHASE = cython.declare(cython.int, PHASE)
_LEFT = cython.declare(cython.int, LEFT)
_FILL = cython.declare(cython.int, FILL)
_COUNT = cython.declare(cython.int, COUNT)
_RUNS = cython.declare(cython.int, RUNS)
_REPEAT = cython.declare(cython.int, REPEAT)
_OVERRUN = cython.declare(cython.int, OVERRUN)
_MOST = cython.declare(cython.Py_ssize_t, MOST)
_ROWS = cython.declare(cython.Py_ssize_t, ROWS)
_STEP = cython.declare(cython.Py_ssize_t, 16)  # bytes that are put at once, be they more than the run has
_ALIKE = cython.declare(cython.ulonglong, 0x0101010101010101)  # times a byte: eight of it


@cython.ccall
def decode(
    state: cython.longlong[::1],
    coded: cython.const[cython.uchar][::1],
    band: cython.uchar[::1],
    limit: cython.Py_ssize_t,
    stride: cython.Py_ssize_t,
    pixel: cython.Py_ssize_t,
    blank: cython.int,
) -> cython.Py_ssize_t:
    """Fill `band` up to `limit` bytes, whole rows of `stride`, from `coded`; return how many coded bytes were taken.

    Less than `limit` is there (state[AT]) when all was taken, or a run went past its row (state[PHASE] is OVERRUN). The
    next band begins with state[AT] = 0 in the same memory, as the last row may stand again there. `pixel`: bytes of
    one; `blank`: what a row's blank rest is filled with.
    """
    if not 0 < pixel <= stride or limit > len(band) or limit % stride or len(band) % stride or stride % pixel:
        raise ValueError("a band is of whole rows, a row of whole pixels")
    if len(state) != STATE:
        raise ValueError("this is no state")
    if not cython.compiled:
        coded = bytes(coded)
    taken: cython.Py_ssize_t = 0
    size: cython.Py_ssize_t = len(coded)
    with cython.nogil, cython.boundscheck(False), cython.wraparound(False):
        while state[_AT] < limit:
            if state[_PHASE] == _REPEAT:
                _stand_again(state, band, limit, stride)
            elif taken == size or state[_PHASE] == _OVERRUN:
                break
            elif state[_PHASE] == _COUNT:
                state[_AGAIN] = coded[taken]
                state[_PHASE] = _RUNS
                taken += 1
            elif not cython.compiled and not state[LEFT] and taken < size - MOST * pixel:
                taken = _whole_runs(state, coded, taken, band, stride, pixel, blank)
            elif cython.compiled and pixel == 1 and not state[_LEFT] and (
                taken < size - _MOST and state[_AT] <= limit - _STEP
            ):  # fmt: skip
                taken = _quick_runs(state, coded, taken, band, limit, stride, blank)
            else:
                taken = _runs(state, coded, taken, band, stride, pixel, blank)
    return taken


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _stand_again(
    state: cython.longlong[::1], band: cython.uchar[::1], limit: cython.Py_ssize_t, stride: cython.Py_ssize_t
) -> cython.void:
    """Copy the row before state[AT], which at a band's begin is the last band's last one."""
    at: cython.Py_ssize_t = state[_AT]
    source: cython.Py_ssize_t = (at if at else len(band)) - stride
    rows: cython.Py_ssize_t = min(state[_AGAIN], (limit - at) // stride)
    if not cython.compiled:
        band[at : at + rows * stride] = bytes(band[source : source + stride]) * rows
        at += rows * stride
    else:
        for _ in range(rows):
            memcpy(cython.address(band[at]), cython.address(band[source]), stride)
            at += stride
    state[_AT] = at
    state[_AGAIN] -= rows
    if not state[_AGAIN]:
        state[_PHASE] = _COUNT


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def _runs(
    state: cython.longlong[::1],
    coded: cython.const[cython.uchar][::1],
    taken: cython.Py_ssize_t,
    band: cython.uchar[::1],
    stride: cython.Py_ssize_t,
    pixel: cython.Py_ssize_t,
    blank: cython.int,
) -> cython.Py_ssize_t:
    """Go on with the row at hand until it is full or `coded` ends; return how far in `coded`."""
    size: cython.Py_ssize_t = len(coded)
    at: cython.Py_ssize_t = state[_AT]
    end: cython.Py_ssize_t = at - at % stride + stride
    left: cython.Py_ssize_t = state[_LEFT]
    fill: cython.Py_ssize_t = state[_FILL]
    n: cython.Py_ssize_t
    while at < end and taken < size:
        if not left:
            n = coded[taken]
            taken += 1
            if n == 128:
                _fill(band, at, end - at, blank)
                at = end
                break
            left = pixel if n < 128 else (257 - n) * pixel
            fill = n * pixel if n < 128 else 0
            if left + fill > end - at:
                state[_PHASE] = _OVERRUN
                break
        n = min(left, size - taken)
        _copy(band, at, coded, taken, n)
        at += n
        taken += n
        left -= n
        if fill and not left:
            _spread(band, at, fill, pixel)
            at += fill
    if at == end:
        state[_PHASE] = _REPEAT if state[_AGAIN] else _COUNT
    state[_AT] = at
    state[_LEFT] = left
    state[_FILL] = fill
    return taken


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def _quick_runs(
    state: cython.longlong[::1],
    coded: cython.const[cython.uchar][::1],
    taken: cython.Py_ssize_t,
    band: cython.uchar[::1],
    limit: cython.Py_ssize_t,
    stride: cython.Py_ssize_t,
    blank: cython.int,
) -> cython.Py_ssize_t:
    """Do what _runs does with pixels of a byte, while any run would be there whole. Compiled only.

    Most runs of a photograph are short, and of both kinds in no order that a processor foresees: what either would put
    is made, and one is chosen without a jump.
    """
    sure: cython.Py_ssize_t = len(coded) - _MOST
    at: cython.Py_ssize_t = state[_AT]
    end: cython.Py_ssize_t = at - at % stride + stride
    last: cython.Py_ssize_t = min(end - 1, limit - _STEP)
    n: cython.Py_ssize_t
    head: cython.int
    low: cython.ulonglong = 0
    high: cython.ulonglong = 0
    alike: cython.ulonglong
    as_is: cython.ulonglong  # all bits, or none
    while at <= last and taken < sure:
        head = coded[taken]
        taken += 1
        if head == 128:
            memset(cython.address(band[at]), blank, end - at)
            at = end
            break
        as_is = -cython.cast(cython.ulonglong, head > 128)
        n = 257 - head if head > 128 else head + 1
        if n > end - at:
            state[_PHASE] = _OVERRUN
            break
        memcpy(cython.address(low), cython.address(coded[taken]), 8)
        memcpy(cython.address(high), cython.address(coded[taken + 8]), 8)
        alike = coded[taken] * _ALIKE
        low = low & as_is | alike & ~as_is
        high = high & as_is | alike & ~as_is
        memcpy(cython.address(band[at]), cython.address(low), 8)
        memcpy(cython.address(band[at + 8]), cython.address(high), 8)
        if n > _STEP:
            if as_is:
                memcpy(cython.address(band[at + _STEP]), cython.address(coded[taken + _STEP]), n - _STEP)
            else:
                memset(cython.address(band[at + _STEP]), coded[taken], n - _STEP)
        at += n
        taken += n if as_is else 1
    if at == end:
        state[_PHASE] = _REPEAT if state[_AGAIN] else _COUNT
    state[_AT] = at
    return taken


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _fill(band: cython.uchar[::1], at: cython.Py_ssize_t, n: cython.Py_ssize_t, value: cython.int) -> cython.void:
    if cython.compiled:
        memset(cython.address(band[at]), value, n)
    else:
        band[at : at + n] = bytes((value,)) * n


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _copy(
    band: cython.uchar[::1],
    at: cython.Py_ssize_t,
    coded: cython.const[cython.uchar][::1],
    source: cython.Py_ssize_t,
    n: cython.Py_ssize_t,
) -> cython.void:
    if cython.compiled:
        memcpy(cython.address(band[at]), cython.address(coded[source]), n)
    else:
        band[at : at + n] = coded[source : source + n]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _spread(
    band: cython.uchar[::1], at: cython.Py_ssize_t, n: cython.Py_ssize_t, pixel: cython.Py_ssize_t
) -> cython.void:
    """Let the pixel before `at` stand on the next `n` bytes too; each copy is twice as long as the one before."""
    there: cython.Py_ssize_t = pixel
    start: cython.Py_ssize_t = at - pixel
    if not cython.compiled:
        band[at : at + n] = bytes(band[start:at]) * (n // pixel)
    elif pixel == 1:
        memset(cython.address(band[at]), band[start], n)
    else:
        while there < n + pixel:
            memcpy(cython.address(band[start + there]), cython.address(band[start]), min(there, n + pixel - there))
            there *= 2


def _whole_runs(
    state: list[int], coded: bytes, taken: int, band: bytearray, stride: int, pixel: int, blank: int
) -> int:
    """Do what _runs does, as fast as Python can, while any run would be there whole; return how far in `coded`."""
    parts: list[bytes] = []
    first = at = state[AT]
    end = at - at % stride + stride
    sure = len(coded) - MOST * pixel  # before it, any run is there whole
    while at < end and taken < sure:
        head = coded[taken]
        source = taken + 1
        if head < 128:
            part = coded[source : source + pixel] * (head + 1)
            following = source + pixel
        elif head > 128:
            following = source + (257 - head) * pixel
            part = coded[source:following]
        else:
            following, part = source, bytes((blank,)) * (end - at)
        if len(part) > end - at:
            state[PHASE] = OVERRUN
            taken = source
            break
        at += len(part)
        taken = following
        parts.append(part)
    band[first:at] = b"".join(parts)
    state[AT] = at
    if at == end:
        state[PHASE] = REPEAT if state[AGAIN] else COUNT
    return taken


def room(stride: int, pixel: int) -> int:
    """Return the most bytes that a coded row takes."""
    return 1 + stride + stride // pixel


@cython.ccall
def encode(
    state: cython.longlong[::1],
    rows: cython.const[cython.uchar][::1],
    held: cython.uchar[::1],
    out: cython.uchar[::1],
    pixel: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Code `rows`, as long as `held`, from the one that state[AT] counts on; return how many bytes were put into `out`.

    It stops at the end of `rows`, or when `out` has no room for another row. The last row is held, as it may stand
    again in what follows: `held` keeps it, and `finish` codes it.
    """
    stride: cython.Py_ssize_t = len(held)
    if not 0 < pixel <= stride or stride % pixel or len(rows) % stride:
        raise ValueError("rows are of whole pixels")
    if len(state) != STATE:
        raise ValueError("this is no state")
    made: cython.Py_ssize_t = 0
    count: cython.Py_ssize_t = len(rows) // stride
    last: cython.Py_ssize_t = len(out) - (1 + stride + stride // pixel)
    with cython.nogil, cython.boundscheck(False), cython.wraparound(False):
        while state[_AT] < count and made <= last:
            if state[_AGAIN] and (state[_AGAIN] == _ROWS or not _stands_again(rows, state[_AT] * stride, held, stride)):
                made = _row(held, state[_AGAIN], out, made, stride, pixel)
                state[_AGAIN] = 0
            if not state[_AGAIN]:
                _copy(held, 0, rows, state[_AT] * stride, stride)
            state[_AGAIN] += 1
            state[_AT] += 1
    return made


@cython.ccall
def finish(
    state: cython.longlong[::1], held: cython.uchar[::1], out: cython.uchar[::1], pixel: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Code the row that is held; return how many bytes were put into `out`, 0 when none is held."""
    stride: cython.Py_ssize_t = len(held)
    if not 0 < pixel <= stride or stride % pixel or len(out) < 1 + stride + stride // pixel:
        raise ValueError("out has no room for a row")
    if len(state) != STATE:
        raise ValueError("this is no state")
    made: cython.Py_ssize_t = 0
    if state[_AGAIN]:
        made = _row(held, state[_AGAIN], out, 0, stride, pixel)
        state[_AGAIN] = 0
    return made


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _stands_again(
    rows: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, held: cython.uchar[::1], stride: cython.Py_ssize_t
) -> cython.bint:
    if cython.compiled:
        return memcmp(cython.address(rows[at]), cython.address(held[0]), stride) == 0
    return rows[at : at + stride] == held


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _row(
    row: cython.uchar[::1],
    times: cython.Py_ssize_t,
    out: cython.uchar[::1],
    made: cython.Py_ssize_t,
    stride: cython.Py_ssize_t,
    pixel: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Code a row that stands `times` times, behind `made` bytes of `out`; return how many are there then."""
    if not cython.compiled:
        return _row_by_pattern(bytes(row), times, out, made, pixel)
    least: cython.Py_ssize_t = 3 if pixel == 1 else 2  # equal pixels that are worth a run between others
    at: cython.Py_ssize_t = 0
    start: cython.Py_ssize_t
    n: cython.Py_ssize_t
    out[made] = times - 1
    made += 1
    while at < stride:
        n = _equal(row, at, stride, pixel, _MOST)
        if n >= 2:
            out[made] = n - 1
            _copy(out, made + 1, row, at, pixel)
            made += 1 + pixel
            at += n * pixel
        else:
            start = at
            at += pixel
            n = 1
            while n < _MOST and at < stride and _equal(row, at, stride, pixel, least) < least:
                n += 1
                at += pixel
            out[made] = (257 - n) & 255  # 0 for one
            _copy(out, made + 1, row, start, at - start)
            made += 1 + at - start
    return made


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.boundscheck(False)
@cython.wraparound(False)
def _equal(
    row: cython.uchar[::1],
    at: cython.Py_ssize_t,
    stride: cython.Py_ssize_t,
    pixel: cython.Py_ssize_t,
    most: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Return how many pixels from `at` on are equal, at most `most`. Compiled only."""
    end: cython.Py_ssize_t = min(stride, at + most * pixel)
    there: cython.Py_ssize_t = at + pixel
    if pixel == 1:
        while there < end and row[there] == row[at]:
            there += 1
    else:
        while there < end and memcmp(cython.address(row[there]), cython.address(row[at]), pixel) == 0:
            there += pixel
    return (there - at) // pixel


@cache
def _pattern(pixel: int) -> "re.Pattern[bytes]":
    """Return what finds a run of equal pixels, else pixels that begin none that is worth it; at most MOST of either."""
    run = b"(.{%d})\\1{1,127}" % pixel
    other = b"(?:(.{%d})(?!\\2%s)){1,128}" % (pixel, b"\\2" if pixel == 1 else b"")
    return re.compile(run + b"|" + other, re.DOTALL)


def _row_by_pattern(row: bytes, times: int, out: bytearray, made: int, pixel: int) -> int:
    parts = [bytes((times - 1,))]
    for match in _pattern(pixel).finditer(row):
        n = (match.end() - match.start()) // pixel
        if match.lastindex == 1:
            parts += (bytes((n - 1,)), match[1])
        else:
            parts += (bytes(((257 - n) & 255,)), match[0])
    coded = b"".join(parts)
    out[made : made + len(coded)] = coded
    return made + len(coded)
