# cython: annotation_typing=False, infer_types=False, boundscheck=False, wraparound=False, cdivision=True
"""Whole rows of pixels: from one space to another, moved, mirrored, made wider or narrower, and means of rows.

Everywhere `rows` holds one row or more, each filled up to whole bytes, and what is returned belongs to the caller.
Scaling is by area: each new pixel is the mean of what it covers, so that whole multiples repeat pixels, whole parts
are plain means, and a flat tone stays what it is. Sums are kept in lanes of 64 bits and divided by a reciprocal.
"""

import array
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedpath.back.pdl.kernels import cython
else:
    try:
        import cython
    except ImportError:
        from feedpath.back.pdl.kernels import cython

Rows = bytes | bytearray | memoryview

LUMA = (54, 183, 19)  # of 256: ITU-R BT.709-6, 3.2, on encoded values; they add up, so that neutral tones keep theirs
LANE = 8  # bytes of a lane
POINT = 40  # a reciprocal's binary places: the quotient, a byte, stands in the lane's sixth byte
QUOTIENT = POINT // 8
BITS = [bytes([0 if value & 0x80 >> bit else 255 for value in range(256)]) for bit in range(8)]
TURNED = bytes([int(f"{value:08b}"[::-1], 2) for value in range(256)])


def gray_of_rgb(rows: Rows) -> bytearray:
    """Return the sGray pixels of sRGB ones."""
    made = bytearray(len(rows) // 3)
    if cython.compiled:
        _gray_of_rgb(rows, made)
        return made
    data = bytes(rows)
    total = 0x80 * _pairs(b"\1" * len(made))
    for color, weight in enumerate(LUMA):
        total += weight * _pairs(data[color::3])
    made[:] = total.to_bytes(2 * len(made), "little")[1::2]
    return made


def _pairs(data: bytes) -> int:
    """Return the bytes as a number with 16 bits for each."""
    wide = bytearray(2 * len(data))
    wide[::2] = data
    return int.from_bytes(wide, "little")


@cython.locals(rows="const unsigned char[::1]", made="unsigned char[::1]", at="Py_ssize_t", count="Py_ssize_t")
@cython.locals(red="unsigned int", green="unsigned int", blue="unsigned int")
def _gray_of_rgb(rows: Rows, made: bytearray) -> None:
    red, green, blue = LUMA
    count = len(made)
    with cython.nogil:
        for at in range(count):
            made[at] = (red * rows[3 * at] + green * rows[3 * at + 1] + blue * rows[3 * at + 2] + 128) >> 8


def rgb_of_gray(rows: Rows) -> bytearray:
    """Return the sRGB pixels of sGray ones."""
    made = bytearray(3 * len(rows))
    for color in range(3):
        made[color::3] = rows
    return made


def gray_of_bits(rows: Rows, width: int) -> "bytes | bytearray":
    """Return the sGray pixels, 0 and 255, of rows of `width` bits."""
    data = bytes(rows)
    made = bytearray(8 * len(data))
    for bit, table in enumerate(BITS):
        made[bit::8] = data.translate(table)
    return made if width % 8 == 0 else placed(made, -(-width // 8) * 8, 0, width, b"\xff")


def placed(rows: Rows, stride: int, left: int, wide: int, white: bytes) -> "bytes | bytearray":
    """Return rows of `wide` bytes, in which those of `stride` begin at `left`, be it negative; `white` is around."""
    first, last = max(0, -left), min(stride, wide - left)
    view = memoryview(rows)
    starts = range(0, len(view), stride)
    if last <= first:
        return bytearray(white * (len(starts) * wide))
    if first + left == 0 and last - first == wide:
        return b"".join([view[at + first : at + last] for at in starts])
    made = bytearray(white * (len(starts) * wide))
    to = left + first
    for at in starts:
        made[to : to + last - first] = view[at + first : at + last]
        to += wide
    return made


def placed_bits(rows: Rows, width: int, left: int, wide: int) -> "bytes | bytearray":
    """Return rows of `wide` bits, in which those of `width` begin at bit `left`, be it negative; zeros are around."""
    stride, made_stride = -(-width // 8), -(-wide // 8)
    if left % 8 == 0 and left + width <= wide:
        return placed(rows, stride, left // 8, made_stride, b"\0")
    shift = 8 * made_stride - left - 8 * stride  # to the left, from the last byte's end to where it belongs
    mask = (1 << wide) - 1 << 8 * made_stride - wide
    made = []
    for at in range(0, len(rows), stride):
        row = int.from_bytes(rows[at : at + stride], "big")
        row = row << shift if shift > 0 else row >> -shift
        made.append((row & mask).to_bytes(made_stride, "big"))
    return b"".join(made)


def mirrored(rows: Rows, width: int, bits: int) -> "bytes | bytearray":
    """Return the rows with left and right exchanged; bits: of a pixel, 1, 8 or 24."""
    stride = -(-width * bits // 8)
    starts = range(0, len(rows), stride)
    data = bytes(rows)
    if bits == 1:
        turned = data.translate(TURNED)
        whole = b"".join([turned[at : at + stride][::-1] for at in starts])
        return placed_bits(whole, 8 * stride, width - 8 * stride, width) if width % 8 else whole
    made = bytearray(len(data))
    step = bits // 8
    for at in starts:
        for color in range(step):
            made[at + color : at + stride : step] = data[at + color : at + stride : step][::-1]
    return made


def stretched(rows: Rows, width: int, channels: int, final: int, first: int, last: int) -> bytearray:
    """Return pixels `first` to before `last` of each row of `width` pixels when it is made `final` pixels wide."""
    if not 0 <= first < last <= final or width < 1:
        raise ValueError(f"pixels {first} to {last} of {width} made {final}")
    common = math.gcd(width, final)
    old, new = width // common, final // common  # so many pixels become so many
    if cython.compiled:
        made = bytearray(len(rows) // (width * channels) * (last - first) * channels)
        _stretched(rows, made, width, channels, old, new, first, _half(old), _reciprocal(old))
        return made
    if channels == 1:
        return _plane(bytes(rows), width, old, new, first, last)
    made = bytearray(len(rows) // (width * channels) * (last - first) * channels)
    for color in range(channels):
        made[color::channels] = _plane(bytes(rows[color::channels]), width, old, new, first, last)
    return made


def _half(count: int) -> int:
    """Return what rounds a sum of `count` units: a mean halfway between two tones takes the darker one."""
    return (count - 1) // 2


def _reciprocal(count: int) -> int:
    return (1 << POINT) // count + 1


@cython.locals(rows="const unsigned char[::1]", made="unsigned char[::1]", width="Py_ssize_t", channels="Py_ssize_t")
@cython.locals(old="long long", new="long long", first="long long", span="Py_ssize_t", half="unsigned long long")
@cython.locals(reciprocal="unsigned long long", row="Py_ssize_t", count="Py_ssize_t", color="Py_ssize_t")
@cython.locals(_x="Py_ssize_t", at="Py_ssize_t", to="Py_ssize_t", rest="long long", begin="Py_ssize_t")
@cython.locals(need="long long", part="long long", total="unsigned long long", offset="long long")
def _stretched(
    rows: Rows,
    made: bytearray,
    width: int,
    channels: int,
    old: int,
    new: int,
    first: int,
    half: int,
    reciprocal: int,
) -> None:
    count = len(rows) // (width * channels)
    if not count:
        return
    span = len(made) // (count * channels)
    begin = first * old // new  # the first pixel that is covered, and how much of it, of `new` parts, is before
    offset = first * old - begin * new
    with cython.nogil:
        for row in range(count):
            for color in range(channels):
                at = (row * width + begin) * channels + color
                to = row * span * channels + color
                rest = new - offset
                for _x in range(span):
                    total = half
                    need = old
                    while need >= rest:
                        total += rest * rows[at]
                        at += channels
                        need -= rest
                        rest = new
                    if need:
                        total += need * rows[at]
                        rest -= need
                    made[to] = (total * reciprocal) >> 40
                    to += channels


def _plane(data: bytes, width: int, old: int, new: int, first: int, last: int) -> bytearray:
    """Do as `stretched` does with one channel, a column of all rows, and of all that lie alike, at a time."""
    start, span = first * old // new, last - first
    step, period, times = old, new, -(-span // new) + 1  # a row has `times` parts alike, the last one only to be cut
    if span <= new:
        step, period, times = -(-last * old // new) - start, span, 1
    data = bytes(placed(data, width, -start, times * step, b"\0"))
    count = len(data)
    data += bytes(2 * step + 2)
    made = bytearray(count // step * period)
    mean = Mean(count // step, old)
    for x in range(first, first + period):
        for at, weight in _covered(x, old, new):
            mean.add(data[at - start : at - start + count : step], weight)
        made[x - first :: period] = mean.settle()
    return bytearray(placed(made, times * period, 0, span, b"\0"))


def _covered(x: int, old: int, new: int) -> "list[tuple[int, int]]":
    """Return the old pixels that new pixel `x` covers, each with how much of it: `old` for all of them."""
    left, right = x * old, (x + 1) * old
    return [(at, min(right, (at + 1) * new) - max(left, at * new)) for at in range(left // new, -(-right // new))]


class Mean:
    """The mean of rows of `width` bytes, whose weights add up to `total`."""

    def __init__(self, width: int, total: int):
        self._width = width
        self._total = total
        self._reciprocal = _reciprocal(total)
        self._begin = 0 if cython.compiled else _half(total) * _lanes(b"\1" * width)
        self._sum = self._begin
        self._sums = array.array("Q", [_half(total)]) * (width if cython.compiled else 0)
        self._only: "Rows | None" = None

    def add(self, row: Rows, weight: int) -> None:
        """Count a row with its weight."""
        if len(row) != self._width:
            raise ValueError(f"a row of {len(row)} bytes among rows of {self._width}")
        if weight == self._total:
            self._only = bytes(row)
        elif cython.compiled:
            _add(self._sums, row, weight)
        else:
            self._sum += weight * _lanes(row)

    def settle(self) -> "bytes | bytearray":
        """Return the mean, and begin anew."""
        if self._only is not None:
            only, self._only = bytes(self._only), None
            return only
        if cython.compiled:
            made = bytearray(self._width)
            _settle(self._sums, made, _half(self._total), self._reciprocal)
            return made
        total, self._sum = self._sum, self._begin
        return (total * self._reciprocal).to_bytes(LANE * self._width, "little")[QUOTIENT::LANE]


def _lanes(row: Rows) -> int:
    wide = bytearray(LANE * len(row))
    wide[::LANE] = row
    return int.from_bytes(wide, "little")


@cython.locals(sums="unsigned long long[::1]", row="const unsigned char[::1]", weight="unsigned long long")
@cython.locals(at="Py_ssize_t", count="Py_ssize_t")
def _add(sums: "array.array[int]", row: Rows, weight: int) -> None:
    count = len(row)
    with cython.nogil:
        for at in range(count):
            sums[at] += weight * row[at]


@cython.locals(sums="unsigned long long[::1]", made="unsigned char[::1]", half="unsigned long long")
@cython.locals(reciprocal="unsigned long long", at="Py_ssize_t", count="Py_ssize_t")
def _settle(sums: "array.array[int]", made: bytearray, half: int, reciprocal: int) -> None:
    count = len(made)
    with cython.nogil:
        for at in range(count):
            made[at] = (sums[at] * reciprocal) >> 40
            sums[at] = half
