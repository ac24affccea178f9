import pytest

from feedpath.back.usb.quirks import (
    ANY,
    DELAY_CLOSE,
    FIRST_SHOWS_AS_CD,
    NO_REATTACH,
    NONE,
    QUIRKS,
    SOFT_RESET,
    UNIDIRECTIONAL,
    Quirk,
    Row,
    quirks_of,
)


@pytest.mark.parametrize(
    "vendor, product, model, expected",
    [
        (0x04F9, 0x000D, "", NO_REATTACH | UNIDIRECTIONAL),  # its own row
        (0x04E8, 0x1234, "", SOFT_RESET),  # all of the maker's
        (0x04E8, 0x344F, "", NONE),  # its own row lifts the maker's
        (0x0519, 0x0001, "", DELAY_CLOSE),  # its own row replaces the maker's
        (0x03F0, 0xFFFF, "HP LaserJet Professional M1212nf", FIRST_SHOWS_AS_CD),  # by its name
        (0x03F0, 0x0C17, "HP LaserJet 1010", DELAY_CLOSE),  # its own row before its name
        (0x03F0, 0xFFFF, "DeskJet", NONE),
        (0x1209, 0x0001, "", NONE),
    ],
)
def test_the_most_specific_row_holds(vendor: int, product: int, model: str, expected: Quirk) -> None:
    assert quirks_of(vendor, product, model, QUIRKS) == expected


def test_a_name_matches_before_the_maker_in_any_order_of_the_rows() -> None:
    rows = (Row(1, ANY, "*jet*", UNIDIRECTIONAL, "", ""), Row(1, ANY, "*", SOFT_RESET, "", ""))
    for table in (rows, rows[::-1]):
        assert quirks_of(1, 2, "SuperJet", table) == UNIDIRECTIONAL
        assert quirks_of(1, 2, "", table) == SOFT_RESET


def test_no_two_rows_are_about_the_same_printers() -> None:
    keys = [(row.vendor, row.product, row.model) for row in QUIRKS]
    assert len(keys) == len(set(keys))


def test_every_row_is_well_formed_and_names_its_source() -> None:
    for row in QUIRKS:
        assert 0 < row.vendor <= 0xFFFF, row
        assert row.product == ANY or 0 <= row.product <= 0xFFFF, row
        assert row.model == row.model.lower(), row
        assert row.printer, row
        assert row.source, row
