"""Paper sizes are exact, as PWG 5101.1 names say them."""

import pytest

from feedpath.core import media


@pytest.mark.parametrize(
    "name, width, length",
    [
        ("iso_a4_210x297mm", 21000, 29700),
        ("na_letter_8.5x11in", 21590, 27940),
        ("na_number-10_4.125x9.5in", 10478, 24130),
        ("na_index-4x6_4x6in", 10160, 15240),
        ("jpn_hagaki_100x148mm", 10000, 14800),
    ],
)
def test_a_name_carries_its_size(name, width, length):
    assert media.size(name)[:3] == (name, width, length)


@pytest.mark.parametrize("name", ["a4", "iso_a4", "iso_a4_210mm", "iso_a4_210x297cm", "x_axbmm"])
def test_a_name_without_a_size_is_an_error(name):
    with pytest.raises(ValueError, match=name):
        media.size(name)


def test_all_names_are_known_once_and_the_rest_keep_their_order():
    a4 = [row.name for row in media.ordered(media.NAMES, False)]
    letter = [row.name for row in media.ordered(media.NAMES, True)]
    assert len(set(a4)) == len(a4) == len(media.NAMES)
    assert a4[0] == "iso_a4_210x297mm" and letter[0] == "na_letter_8.5x11in"
    assert [name for name in letter[1:] if name != a4[0]] == [name for name in a4[1:] if name != letter[0]]
