"""The halftone kernels: what is black, and the same bytes interpreted and compiled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.kernels import forms

KERNELS = list(forms("halftone").values())
WIDTHS = [1, 7, 8, 9, 15, 16, 17, 64, 65, 130]
TILE = bytes((37 * at) % 255 + 1 for at in range(16 * 3))
TONES = st.sampled_from([0, 1, 126, 127, 128, 129, 254, 255]) | st.integers(0, 255)


def bits(row: bytes, width: int) -> "list[int]":
    return [row[x >> 3] >> 7 - (x & 7) & 1 for x in range(width)]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_pixel_is_black_when_it_is_below_its_threshold(kernel, width):
    rows = bytes((101 * at + at // 5) % 256 for at in range(width * 7))
    made = kernel.black(rows, width, TILE, 16, 2)
    stride = -(-width // 8)
    assert len(made) == 7 * stride
    for row in range(7):
        thresholds = TILE[(2 + row) % 3 * 16 :][:16]
        expected = [int(rows[row * width + x] < thresholds[x % 16]) for x in range(width)]
        assert bits(made[row * stride :][:stride], width) == expected
        assert bits(made[row * stride :][:stride], 8 * stride)[width:] == [0] * (8 * stride - width)


@pytest.mark.parametrize("kernel", KERNELS)
@given(width=st.integers(1, 70), tones=st.binary(min_size=70, max_size=280))
def test_black_and_white_stay_so_in_every_method(kernel, width, tones):
    rows = tones.translate(bytes(0 if tone < 85 else 255 if tone > 170 else tone for tone in range(256)))
    rows = rows[: len(rows) // width * width]
    stride = -(-width // 8)
    for made in (kernel.black(rows, width, TILE, 16, 0), kernel.Diffusion(width).black(rows)):
        for row in range(len(rows) // width):
            for tone, bit in zip(rows[row * width :], bits(made[row * stride :][:stride], width), strict=False):
                assert tone not in (0, 255) or bit == (tone == 0)


@given(width=st.integers(1, 40), tones=st.lists(TONES, min_size=40, max_size=200), first=st.integers(0, 9))
def test_compiled_and_interpreted_kernels_give_the_same_bits(width, tones, first):
    rows = bytes(tones[: len(tones) // width * width])
    assert len({bytes(kernel.black(rows, width, TILE, 16, first)) for kernel in KERNELS}) == 1
    assert len({bytes(kernel.Diffusion(width).black(rows)) for kernel in KERNELS}) == 1


def carried(rows: bytes, width: int) -> "list[list[int]]":
    """Return the bits of error diffusion by the book: 3, 5, 1 sixteenths below, the rest ahead, or below at an edge."""
    errors: "dict[tuple[int, int], int]" = {}
    made = []
    for y in range(len(rows) // width):
        row = [0] * width
        step = -1 if y % 2 else 1
        for x in range(width)[::step]:
            tone, error = rows[y * width + x], errors.get((x, y), 0)
            row[x] = int(tone == 0 or (tone < 255 and tone + error < 128))
            if tone in (0, 255):
                continue
            rest = tone + error - (0 if row[x] else 255)
            parts = {(x - step, y + 1): rest * 3 >> 4, (x, y + 1): rest * 5 >> 4, (x + step, y + 1): rest >> 4}
            parts[x + step, y] = rest - sum(parts.values())
            for (to, down), part in parts.items():
                place = (to, down) if 0 <= to < width else (x, y + 1)
                errors[place] = errors.get(place, 0) + part
        made.append(row)
    return made


@pytest.mark.parametrize("kernel", KERNELS)
@given(width=st.integers(1, 20), tones=st.lists(TONES | st.integers(100, 150), min_size=40, max_size=200))
def test_errors_are_carried_by_the_book(kernel, width, tones):
    rows = bytes(tones[: len(tones) // width * width])
    made = kernel.Diffusion(width).black(rows)
    stride = -(-width // 8)
    assert [bits(made[at:][:stride], width) for at in range(0, len(made), stride)] == carried(rows, width)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_error_goes_on_from_band_to_band(kernel):
    rows = bytes((13 * at) % 251 + 2 for at in range(33 * 20))
    whole, parts = kernel.Diffusion(33), kernel.Diffusion(33)
    made = [parts.black(rows[at * 33 : (at + count) * 33]) for at, count in ((0, 1), (1, 6), (7, 13))]
    assert b"".join(made) == whole.black(rows)


@pytest.mark.parametrize("kernel", KERNELS)
def test_errors_are_nowhere_lost_but_at_the_end(kernel):
    width, height, tone = 32, 64, 77
    made = kernel.Diffusion(width).black(bytes([tone]) * (width * height))
    white = width * height - sum(byte.bit_count() for byte in made)
    assert abs(255 * white - tone * width * height) <= 128 * width
