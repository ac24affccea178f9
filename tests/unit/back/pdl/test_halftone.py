"""Halftones: the tile is blue noise, tones keep their mean, and text its edges."""

import cmath
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import bluenoise, halftone
from feedpath.back.pdl.kernels import halftone as kernel
from feedpath.back.pdl.page import BITS, BLACK1, GRAY8, RGB24, Page, Raster
from feedpath.errors import WireError
from tests.fakes import void_and_cluster

LEVELS = (16, 64, 128, 192, 240)
LOW_MOST = 0.2  # of white noise's power, below half the frequency at which the dots of a tone would lie evenly


def page(data: bytes, width: int, space: str = GRAY8, rows: int = 3) -> Page:
    raster = Raster(width, len(data) // ((width * BITS[space] + 7) // 8), space)
    step = rows * raster.stride
    return Page(raster, iter([memoryview(data[at : at + step]) for at in range(0, len(data), step)]))


def bands(made: Page) -> bytes:
    return b"".join([bytes(band) for band in made.bands])


def test_the_tile_is_what_its_generator_makes():
    found = void_and_cluster.ranks(void_and_cluster.SIZE, void_and_cluster.SEED)
    assert sorted(found) == list(range(bluenoise.SIZE**2))
    assert void_and_cluster.thresholds(found) == bluenoise.TILE


def fourier(values: "list[complex]") -> "list[complex]":
    half = len(values) // 2
    if not half:
        return values
    even, odd = fourier(values[::2]), fourier(values[1::2])
    turned = [value * cmath.exp(-1j * math.pi * at / half) for at, value in enumerate(odd)]
    return [a + b for a, b in zip(even, turned, strict=True)] + [a - b for a, b in zip(even, turned, strict=True)]


def spectrum(tone: int) -> "dict[tuple[int, int], float]":
    """Return the power of a tone's dots by frequency, in cycles a tile; white noise would have 1 everywhere."""
    size = bluenoise.SIZE
    dots = [int(tone < threshold) for threshold in bluenoise.TILE]
    mean = sum(dots) / size**2
    rows = [fourier([dot - mean for dot in dots[at : at + size]]) for at in range(0, size**2, size)]
    columns = [fourier(list(column)) for column in zip(*rows, strict=True)]
    unit = size**2 * mean * (1 - mean)
    half = size // 2
    return {
        ((x + half) % size - half, (y + half) % size - half): abs(value) ** 2 / unit
        for x, column in enumerate(columns)
        for y, value in enumerate(column)
    }


@pytest.mark.parametrize("tone", LEVELS)
def test_the_tile_has_the_spectrum_of_blue_noise(tone):
    minority = min(tone, 255 - tone) / 255
    principal = bluenoise.SIZE * min(0.5, math.sqrt(minority))
    power = spectrum(tone)
    low = [value for (x, y), value in power.items() if 0 < math.hypot(x, y) < principal / 2]
    high = [value for (x, y), value in power.items() if math.hypot(x, y) > principal]
    assert sum(low) / len(low) < LOW_MOST
    assert sum(high) / len(high) > 1


def test_white_noise_has_not_the_spectrum_that_is_asked_of_the_tile(monkeypatch):
    scattered = bytes(random.Random(1).sample(bluenoise.TILE, len(bluenoise.TILE)))
    monkeypatch.setattr(bluenoise, "TILE", scattered)
    low = [value for (x, y), value in spectrum(128).items() if 0 < math.hypot(x, y) < bluenoise.SIZE / 4]
    assert sum(low) / len(low) > LOW_MOST


@pytest.mark.parametrize("by, tones", [(halftone.BLUE_NOISE, range(256)), (halftone.DIFFUSION, range(0, 256, 15))])
def test_a_flat_tone_keeps_its_mean_within_a_level(by, tones):
    for tone in tones:
        made = bands(halftone.halftoned(page(bytes([tone]) * 65536, 256, rows=64), by))
        black = sum(byte.bit_count() for byte in made)
        assert abs(255 * (65536 - black) / 65536 - tone) <= 1


@pytest.mark.parametrize("by", halftone.METHODS)
@pytest.mark.parametrize("space", [GRAY8, RGB24])
@pytest.mark.parametrize("width", [1, 7, 8, 9])
def test_a_page_gets_all_its_rows(by, space, width):
    made = halftone.halftoned(page(bytes(width * 5 * BITS[space] // 8), width, space, rows=2), by)
    assert made.raster == Raster(width, 5, BLACK1)
    rows = bands(made)
    assert len(rows) == 5 * made.raster.stride
    assert sum(byte.bit_count() for byte in rows) == 5 * width


def test_a_page_of_bits_stays_as_it_is():
    given = page(b"\xaa\x80", 9, BLACK1)
    assert halftone.halftoned(given) is given


def test_bands_do_not_show():
    data = bytes((7 * at + at // 50) % 256 for at in range(50 * 130))
    for by in halftone.METHODS:
        one, many = (bands(halftone.halftoned(page(data, 50, rows=rows), by)) for rows in (130, 7))
        assert one == many


def test_an_unknown_method_is_refused():
    with pytest.raises(WireError, match="no halftone rosette; allowed are blue-noise, threshold, diffusion"):
        halftone.halftoned(page(b"\0", 1), "rosette")


def test_a_tone_curve_comes_before_the_halftone():
    inverse = bytes(range(255, -1, -1))
    made = halftone.halftoned(page(b"\0\xff" * 4, 8), tones=inverse)
    assert bands(made) == b"\x55"


@given(st.floats(0.1, 10), st.floats(-0.25, 0.25))
def test_a_tone_curve_rises_from_black_to_white(gamma, gain):
    table = halftone.curve(gamma, gain)
    assert (len(table), table[0], table[255]) == (256, 0, 255)
    assert list(table) == sorted(table)


@pytest.mark.parametrize("gain", [0.2, -0.2])
def test_a_tone_curve_takes_back_the_gain_of_dots(gain):
    dots = 1 - halftone.curve(gain=gain)[255 - 128] / 255
    assert (dots < 128 / 255) is (gain > 0)
    assert dots + 4 * gain * dots * (1 - dots) == pytest.approx(128 / 255, abs=0.005)
    assert halftone.curve() == halftone.AS_IT_IS
    assert halftone.curve(2.0)[128] == 64


def test_a_tone_curve_without_sense_is_refused():
    with pytest.raises(ValueError, match=r"allowed are 0\.1 to 10 and -0\.25 to 0\.25"):
        halftone.curve(gain=0.3)


def test_the_quality_chooses_the_method(monkeypatch):
    assert [halftone.method(quality) for quality in ("draft", "normal", "")] == [halftone.BLUE_NOISE] * 3
    for compiled, by in ((True, halftone.DIFFUSION), (False, halftone.BLUE_NOISE)):
        monkeypatch.setattr(kernel, "COMPILED", compiled)
        assert halftone.method("high") == halftone.method("normal", halftone.DIFFUSION) == by
        assert halftone.method("high", halftone.BLUE_NOISE) == halftone.BLUE_NOISE
