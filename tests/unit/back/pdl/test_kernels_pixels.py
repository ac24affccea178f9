"""The pixel kernels: what they make of rows, and the same bytes interpreted and compiled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.kernels import forms

KERNELS = list(forms("pixels").values())
WIDTHS = [1, 7, 8, 9, 16, 17, 40]


def bits(rows: bytes, width: int) -> "list[list[int]]":
    stride = -(-width // 8)
    return [[rows[at + x // 8] >> 7 - x % 8 & 1 for x in range(width)] for at in range(0, len(rows), stride)]


def lines(rows: bytes, width: int) -> "list[bytes]":
    return [bytes(rows[at : at + width]) for at in range(0, len(rows), width)]


def some(count: int) -> bytes:
    return bytes((151 * at + at // 7 * 31) % 256 for at in range(count))


def clean(count: int, width: int) -> bytes:
    """Return rows of bits whose filling is zero."""
    stride = -(-width // 8)
    row = (1 << width) - 1 << 8 * stride - width
    return b"".join((int.from_bytes(some(count * stride)[at:][:stride], "big") & row).to_bytes(stride, "big")
                    for at in range(0, count * stride, stride))  # fmt: skip


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_neutral_color_becomes_its_tone_and_back(kernel):
    tones = bytes(range(256))
    assert kernel.gray_of_rgb(kernel.rgb_of_gray(tones)) == tones
    assert kernel.rgb_of_gray(memoryview(b"\1\2")) == b"\1\1\1\2\2\2"


@given(st.binary(max_size=300))
def test_compiled_and_interpreted_kernels_find_the_same_luma(colors):
    colors = colors[: len(colors) // 3 * 3]
    exact = [(54 * r + 183 * g + 19 * b + 128) // 256 for r, g, b in zip(*[iter(colors)] * 3, strict=True)]
    assert [list(kernel.gray_of_rgb(colors)) for kernel in KERNELS] == [exact] * len(KERNELS)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("width", WIDTHS)
def test_bits_become_black_and_white(kernel, width):
    rows = clean(3, width)
    made = lines(kernel.gray_of_bits(memoryview(rows), width), width)
    assert made == [bytes(0 if bit else 255 for bit in row) for row in bits(rows, width)]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("width", WIDTHS)
def test_mirrored_twice_is_as_before_and_once_is_reversed(kernel, width):
    for size, rows in ((1, clean(3, width)), (8, some(3 * width)), (24, some(9 * width))):
        once = kernel.mirrored(memoryview(rows), width, size)
        assert kernel.mirrored(once, width, size) == rows
        if size == 1:
            assert bits(once, width) == [row[::-1] for row in bits(rows, width)]
        if size == 8:
            assert lines(once, width) == [row[::-1] for row in lines(rows, width)]
        if size == 24:
            assert once[:3] == rows[3 * width - 3 : 3 * width]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("left", [-50, -9, -8, -1, 0, 1, 7, 8, 9, 50])
@pytest.mark.parametrize("wide", [1, 8, 20, 61])
def test_rows_lie_where_they_are_placed(kernel, width, left, wide):
    rows = some(3 * width)
    expected = [bytes(row[x - left] if 0 <= x - left < width else 7 for x in range(wide)) for row in lines(rows, width)]
    assert lines(kernel.placed(memoryview(rows), width, left, wide, b"\7"), wide) == expected
    rows = clean(3, width)
    moved = [[row[x - left] if 0 <= x - left < width else 0 for x in range(wide)] for row in bits(rows, width)]
    made = kernel.placed_bits(memoryview(rows), width, left, wide)
    assert len(made) == 3 * -(-wide // 8)
    assert bits(made, wide) == moved
    assert all(made[at] & 0xFF >> (wide - 1) % 8 + 1 == 0 for at in range(-(-wide // 8) - 1, len(made), -(-wide // 8)))


def mean_of(row: bytes, final: int, x: int) -> float:
    """Return the mean of what pixel x of `final` covers, by a way of its own: each pixel `final` times, then means."""
    wide = [tone for tone in row for _ in range(final)]
    part = wide[x * len(row) : (x + 1) * len(row)]
    return sum(part) / len(part)


@pytest.mark.parametrize("kernel", KERNELS)
@given(row=st.binary(min_size=1, max_size=30), final=st.integers(1, 70), data=st.data())
def test_a_stretched_pixel_is_the_mean_of_what_it_covers(kernel, row, final, data):
    first = data.draw(st.integers(0, final - 1))
    last = data.draw(st.integers(first + 1, final))
    made = kernel.stretched(memoryview(row * 3), len(row), 1, final, first, last)
    assert len(set(lines(made, last - first))) == 1
    for x in range(first, last):
        assert abs(made[x - first] - mean_of(row, final, x)) <= 0.5


@given(
    st.integers(1, 20), st.integers(1, 3), st.integers(1, 50), st.sampled_from([1, 3]), st.data(),
)  # fmt: skip
def test_compiled_and_interpreted_kernels_stretch_alike(width, count, final, channels, data):
    rows = data.draw(st.binary(min_size=width * count * channels, max_size=width * count * channels))
    first = data.draw(st.integers(0, final - 1))
    last = data.draw(st.integers(first + 1, final))
    assert len({bytes(kernel.stretched(rows, width, channels, final, first, last)) for kernel in KERNELS}) == 1


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_wide_page_is_made_exactly_small(kernel):
    row = some(60_000)
    made = kernel.stretched(row, 60_000, 1, 7, 2, 5)
    assert all(abs(tone - mean_of(row, 7, x)) <= 0.51 for x, tone in enumerate(made, 2))
    assert kernel.stretched(b"\xfd" * 65_537, 65_537, 1, 2, 0, 2) == b"\xfd\xfd"


@pytest.mark.parametrize("kernel", KERNELS)
@given(rows=st.lists(st.tuples(st.binary(min_size=5, max_size=5), st.integers(1, 9)), min_size=1, max_size=6))
def test_the_mean_of_rows_is_their_weighted_mean_again_and_again(kernel, rows):
    total = sum(weight for _, weight in rows)
    mean = kernel.Mean(5, total)
    for _ in range(2):
        for row, weight in rows:
            mean.add(memoryview(row), weight)
        sums = [sum(weight * row[x] for row, weight in rows) for x in range(5)]
        assert list(mean.settle()) == [(value + (total - 1) // 2) // total for value in sums]


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_would_reach_beyond_the_rows_is_refused(kernel):
    for first, last, width in ((-1, 2, 4), (0, 9, 4), (3, 3, 4), (0, 1, 0)):
        with pytest.raises(ValueError, match="pixels"):
            kernel.stretched(bytes(8), width, 1, 8, first, last)
    with pytest.raises(ValueError, match="a row of 4 bytes among rows of 3"):
        kernel.Mean(3, 2).add(bytes(4), 1)
