"""Fitting: whatever page comes, the language gets exactly its pixels, in bands, placed and scaled as IPP says."""

import itertools
import tracemalloc
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.fit import FILL, FIT, NONE, SCALINGS, Box, Target, blank, box, fit
from feedpath.back.pdl.page import BAND_BYTES, BITS, BLACK1, GRAY8, RGB24, Page, Raster
from feedpath.errors import WireError

SPACES = (GRAY8, RGB24, BLACK1)
RATIOS = ((300, 600), (600, 300), (600, 600), (600, 360), (203, 300), (72, 720))
A4 = Raster(4960, 7016, GRAY8, (600, 600), (21000, 29700), "iso_a4_210x297mm")
MARGIN = 100  # pixels, 4.2 mm at 600 dpi
PRINTABLE = Target(4960 - 2 * MARGIN, 7016 - 2 * MARGIN, sheet=(4960, 7016), left=MARGIN, top=MARGIN)
WHOLE = Target(4960, 7016, margins=(MARGIN,) * 4)


def page(raster: Raster, data: bytes, rows: int = 3) -> Page:
    step = rows * raster.stride
    return Page(raster, iter([memoryview(data[at : at + step]) for at in range(0, len(data), step)]))


def pixels(made: Page) -> bytes:
    """Return all rows; each band is whole rows, and no larger than a band may be."""
    data = b""
    for band in made.bands:
        assert len(band) % made.raster.stride == 0
        assert len(band) <= max(BAND_BYTES, made.raster.stride)
        data += band
    assert len(data) == made.raster.stride * made.raster.height
    return data


def rows(*lines: str) -> bytes:
    """Return tones written as characters: # is black, o half, . white."""
    return bytes({"#": 0, "o": 128, ".": 255}[sign] for line in lines for sign in line)


def fitted(lines: "tuple[str, ...]", target: Target, dpi: "tuple[int, int]" = (600, 600)) -> bytes:
    return pixels(fit(page(Raster(len(lines[0]), len(lines), resolution=dpi), rows(*lines)), target))


@pytest.mark.parametrize("source, wanted", list(itertools.product(SPACES, SPACES)))
@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("ratio", RATIOS)
def test_every_page_becomes_exactly_what_is_wanted(source, wanted, scaling, ratio):
    for width, height, target_width, target_height in ((1, 1, 9, 5), (7, 9, 8, 1), (8, 2, 7, 7), (33, 17, 1, 1)):
        raster = Raster(width, height, source, (ratio[0], ratio[0]))
        data = bytes(raster.stride * height)
        target = Target(target_width, target_height, wanted, (ratio[1], ratio[1]), scaling=scaling)
        made = fit(page(raster, data), target)
        assert (made.raster.width, made.raster.height, made.raster.space) == (target_width, target_height, wanted)
        pixels(made)


spaces = st.sampled_from(SPACES)
sizes = st.integers(1, 40)
dpis = st.tuples(st.integers(1, 1200), st.integers(1, 1200))
places = st.none() | st.tuples(st.integers(-50, 50), st.integers(-50, 50))
rasters = st.builds(Raster, sizes, sizes, spaces, dpis)
targets = st.builds(
    Target, sizes, sizes, spaces, dpis, st.tuples(st.integers(0, 60), st.integers(0, 60)), st.integers(-9, 9),
    st.integers(-9, 9), st.sampled_from([*SCALINGS, "nonsense"]), places, st.booleans(),
    margins=st.tuples(*[st.integers(0, 30)] * 4),
)  # fmt: skip


@given(rasters, targets, st.binary(max_size=400), st.integers(1, 5), st.booleans())
def test_any_page_gives_exactly_its_pixels_or_a_wire_error(raster, target, data, step, whole):
    if whole:
        data = data[: len(data) // raster.stride * raster.stride]
    try:
        pixels(fit(page(raster, data, step), target))
    except WireError:
        return


@given(rasters, targets.filter(lambda target: target.scaling in SCALINGS))
def test_a_white_page_stays_white(raster, target):
    white = b"\0" if raster.space == BLACK1 else b"\xff"
    made = fit(page(raster, white * (raster.stride * raster.height)), target)
    assert set(pixels(made)) == {0 if target.space == BLACK1 else 255}


@given(st.integers(0, 255), sizes, sizes, st.integers(1, 60), st.integers(1, 60), st.sampled_from([GRAY8, RGB24]))
def test_a_flat_tone_survives_every_scale(tone, width, height, wide, high, space):
    raster = Raster(width, height, GRAY8, (600, 600))
    target = Target(wide, high, space, scaling=FILL)
    assert set(pixels(fit(page(raster, bytes([tone]) * width * height), target))) == {tone}


@pytest.mark.parametrize("space", SPACES)
def test_what_fits_already_passes_as_it_is(space):
    raster = Raster(19, 7, space)
    data = bytes(range(7)) * raster.stride
    bands = [memoryview(data)[: 3 * raster.stride], memoryview(data)[3 * raster.stride :]]
    made = list(fit(Page(raster, iter(bands)), Target(19, 7, space)).bands)
    assert made == bands
    assert all(out.obj is data for out in made)


SMALL = ("#..", "o#.", "..#")
PLACES = [  # the target's own words -> what becomes of SMALL
    ({}, ("#..", "o#.", "..#")),
    ({"width": 5, "height": 5}, (".....", ".#...", ".o#..", "...#.", ".....")),
    ({"width": 5, "height": 4, "place": (0, 0)}, ("#....", "o#...", "..#..", ".....")),
    ({"width": 4, "height": 2, "place": (-1, 1)}, ("....", "....")),
    ({"width": 4, "height": 4, "place": (-1, 1)}, ("....", "....", "#...", ".#..")),
    ({"width": 1, "height": 1, "sheet": (3, 3), "left": 1, "top": 1, "scaling": NONE}, ("#",)),
    ({"width": 2, "height": 2, "sheet": (3, 3), "left": 0, "top": 1, "scaling": NONE}, ("o#", "..")),
    ({"mirror": True}, ("..#", ".#o", "#..")),
    ({"width": 4, "height": 3, "place": (0, 0), "mirror": True}, ("...#", "..#o", ".#..")),
    ({"width": 6, "height": 6, "scaling": FIT}, ("##....", "##....", "oo##..", "oo##..", "....##", "....##")),
    ({"width": 6, "height": 3, "resolution": (1200, 600)}, ("##....", "oo##..", "....##")),
    ({"width": 8, "height": 3, "scaling": FIT}, ("..#.....", "..o#....", "....#...")),
    ({"width": 6, "height": 2, "scaling": FILL}, ("oo##..", "oo##..")),
]  # fmt: skip


@pytest.mark.parametrize("words, expected", PLACES)
def test_a_page_lies_where_it_belongs(words, expected):
    target = Target(**{"width": 3, "height": 3, **words})
    assert fitted(SMALL, target) == rows(*expected)
    bits = fit(page(Raster(3, 3), rows(*SMALL)), target._replace(space=BLACK1))
    again = Target(target.width, target.height, GRAY8, target.resolution)
    dark = rows(*expected).replace(b"\x80", b"\xff")
    assert pixels(fit(Page(bits.raster, bits.bands), again)) == dark


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("left", [-9, -8, -3, 0, 1, 8, 11, 30])
def test_bits_move_as_tones_do(left, mirror):
    raster = Raster(19, 2, BLACK1)
    data = b"\xa5\x3c\xe0\x81\xff\x20"
    moved = {
        space: fit(page(raster, data), Target(23, 2, space, place=(left, 0), mirror=mirror))
        for space in (BLACK1, GRAY8)
    }
    bits, tones = pixels(moved[BLACK1]), pixels(moved[GRAY8])
    assert bytes(0 if bits[y * 3 + x // 8] << x % 8 & 0x80 else 255 for y in range(2) for x in range(23)) == tones


def test_half_the_resolution_gives_means():
    made = fitted(("#.#.", "..##"), Target(2, 1, resolution=(300, 300)))
    assert made == bytes((191, 63))  # across first, then down; a half is rounded to the darker tone


def test_two_thirds_take_from_all_that_they_cover():
    made = fit(page(Raster(3, 1, resolution=(600, 600)), bytes((0, 90, 240))), Target(2, 1, resolution=(400, 600)))
    assert pixels(made) == bytes((30, 190))


def test_a_thin_line_of_bits_survives_half_the_resolution():
    raster = Raster(16, 4, BLACK1, (600, 600))
    made = fit(page(raster, b"\x08\x00" * 4), Target(8, 2, BLACK1, (300, 300)))
    assert pixels(made) == b"\x20\x20"


COLORS = [  # sRGB -> sGray, ITU-R BT.709-6's weights in 256ths
    ((0, 0, 0), 0),
    ((255, 255, 255), 255),
    ((77, 77, 77), 77),
    ((255, 0, 0), 54),
    ((0, 255, 0), 182),
    ((0, 0, 255), 19),
]


@pytest.mark.parametrize("color, tone", COLORS)
def test_colors_become_their_luma(color, tone):
    made = fit(page(Raster(2, 1, RGB24), bytes(color * 2)), Target(2, 1, GRAY8))
    assert pixels(made) == bytes([tone] * 2)


def test_tones_become_colors_and_bits_both():
    assert pixels(fit(page(Raster(2, 1), b"\x40\xff"), Target(2, 1, RGB24))) == b"\x40\x40\x40\xff\xff\xff"
    made = fit(page(Raster(9, 1, BLACK1), b"\x80\x80"), Target(9, 1, RGB24))
    assert pixels(made) == b"\0\0\0" + b"\xff" * 21 + b"\0\0\0"
    assert pixels(fit(page(Raster(9, 1), bytes(range(123, 132))), Target(9, 1, BLACK1))) == b"\xf8\x00"


LAYOUTS = [  # page, target -> where it lies
    (A4, PRINTABLE, Box(4960, 7016, -MARGIN, -MARGIN)),
    (A4, PRINTABLE._replace(scaling="fit"), Box(4760, 6733, 0, 41)),
    (A4, PRINTABLE._replace(scaling="fill"), Box(4960, 7016, -MARGIN, -MARGIN)),
    (A4._replace(width=4964, height=7020), PRINTABLE, Box(4964, 7020, -MARGIN - 2, -MARGIN - 2)),  # A4 in points
    (A4._replace(width=5100, height=6600), PRINTABLE, Box(4760, 6160, 0, 328)),  # Letter is wider: made to fit
    (A4._replace(width=5100, height=6600), PRINTABLE._replace(scaling="none"), Box(5100, 6600, -MARGIN - 70, 108)),
    (A4._replace(width=5100, height=6600), PRINTABLE._replace(scaling="auto-fit"), Box(4760, 6160, 0, 328)),
    (A4._replace(width=3508, height=4960), PRINTABLE, Box(3508, 4960, 626, 928)),  # A5 is smaller: centred
    (A4._replace(width=3508, height=4960), PRINTABLE._replace(place=(0, 0)), Box(3508, 4960, -MARGIN, -MARGIN)),
    (A4._replace(width=5100, height=6600), Target(4960, 7016), Box(5421, 7016, -231, 0)),  # no margins: filled
    (A4._replace(width=5100, height=6600), Target(4960, 7016, scaling="auto-fit"), Box(4960, 6419, 0, 298)),
    (A4._replace(width=5100, height=6600), WHOLE, Box(4760, 6160, MARGIN, 328 + MARGIN)),  # margins that are given
    (A4, WHOLE._replace(scaling="fit"), Box(4760, 6733, MARGIN, 41 + MARGIN)),
    (A4, WHOLE._replace(scaling="fill"), Box(4960, 7016, 0, 0)),
    (A4._replace(width=3508, height=4960), WHOLE, Box(3508, 4960, 726, 1028)),
    (A4._replace(width=2480, height=3508, resolution=(300, 300)), Target(4960, 7016), Box(4960, 7016, 0, 0)),
    (A4, Target(2976, 2105, resolution=(360, 180)), Box(2976, 2105, 0, 0)),
]


@pytest.mark.parametrize("raster, target, expected", LAYOUTS)
def test_print_scaling_says_how_large_a_page_becomes(raster, target, expected):
    assert box(raster, target) == expected


def test_the_sheet_that_is_printed_on_is_told():
    assert fit(Page(A4, iter(())), PRINTABLE).raster[4:6] == ((21000, 29700), "iso_a4_210x297mm")
    letter = PRINTABLE._replace(size=(21590, 27940), media="na_letter_8.5x11in")
    assert fit(Page(A4, iter(())), letter).raster[4:6] == ((21590, 27940), "na_letter_8.5x11in")
    assert fit(Page(A4, iter(())), letter._replace(media="")).raster[4:6] == ((21590, 27940), "")


BAD = [
    (Raster(0, 1), Target(1, 1), "The page has 0 x 1 pixels; allowed are 1 to 16777216"),
    (Raster(1, 1), Target(1, 1 << 25), "The printable area has 1 x 33554432 pixels"),
    (Raster(1, 1, resolution=(0, 600)), Target(1, 1), "The page has 0 x 600 dpi; at least 1"),
    (Raster(1, 1, "cmyk"), Target(1, 1), "The page has pixels in cmyk; allowed are gray8, rgb24, black1"),
    (Raster(1, 1), Target(1, 1, scaling="huge"), "no print-scaling huge; allowed are auto, auto-fit, fill, fit, none"),
    (Raster(1 << 20, 1, resolution=(1, 1)), Target(1, 1, scaling="none"), "becomes 629145600 x 600 pixels"),
]


@pytest.mark.parametrize("raster, target, said", BAD)
def test_a_page_that_cannot_be_is_refused_before_its_pixels(raster, target, said):
    with pytest.raises(WireError, match=said):
        fit(Page(raster, iter(())), target)


def test_a_band_that_ends_within_a_row_is_refused():
    with pytest.raises(WireError, match="A band of 5 bytes is not made of whole rows of 3"):
        list(fit(page(Raster(3, 2), bytes(5)), Target(3, 2)).bands)


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_rows_above_the_printable_area_are_left_out_whatever_the_bands(step):
    raster, target = Raster(2, 7), Target(2, 3, scaling="none", place=(0, -3))
    data = b"".join(bytes([number] * 2) for number in range(7))
    assert pixels(fit(page(raster, data, step), target)) == data[6:12]


def test_a_tall_band_of_a_narrow_page_becomes_many_bands_of_a_wide_one():
    made = fit(page(Raster(1, 3000), bytes(3000), rows=3000), Target(5000, 3000, place=(0, 0)))
    assert len(pixels(made)) == 5000 * 3000


def test_colors_stay_colors_when_they_are_scaled():
    raster, target = Raster(2, 1, RGB24, (300, 300)), Target(4, 2, RGB24)
    red, blue = b"\xff\0\0", b"\0\0\xff"
    assert pixels(fit(page(raster, red + blue), target)) == (red * 2 + blue * 2) * 2
    assert pixels(fit(page(raster, red + blue), Target(1, 1, RGB24, (150, 300)))) == b"\x7f\0\x7f"


def test_all_bands_of_a_page_are_taken():
    bands = iter([memoryview(bytes(9))] * 5)
    for _ in fit(Page(Raster(3, 15), bands), Target(3, 2, scaling="none", place=(0, 0))).bands:
        pass
    assert next(bands, None) is None


@pytest.mark.parametrize("target", [
    Target(4760, 6816, RGB24, sheet=(4960, 7016), left=100, top=100, mirror=True),
    Target(2480, 3508, RGB24, (300, 300)),
    Target(9920, 14032, GRAY8, (1200, 1200)),
    Target(4760, 6816, BLACK1, scaling=FIT),
])  # fmt: skip
def test_memory_is_that_of_a_few_bands(target):
    raster = A4._replace(space=RGB24, height=300)
    band = memoryview(b"\xf0" * (raster.stride * raster.band_rows))
    made = fit(Page(raster, itertools.repeat(band, -(-300 // raster.band_rows))), target._replace(height=300))
    tracemalloc.start()
    for _ in made.bands:
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 16 * BAND_BYTES


@given(st.integers(0, 50), st.integers(1, 40), spaces)
def test_white_rows_are_as_many_as_asked(count, width, space):
    raster = Raster(width, 50, space)
    assert sum(len(band) for band in blank(raster, count)) == count * raster.stride


def test_the_frame_knows_the_bits_of_every_space():
    assert set(BITS) == set(SPACES)
    assert Fraction(BITS[RGB24], BITS[GRAY8]) == 3
