"""Supplies in a device id: HP's S field, one field a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.supplies import supplies
from feedpath.core.driver import Supply

REVISION_3 = (
    "03"  # revision
    "8000C4A180100000"  # doors, trays, paths, status
    "2"  # cartridges
    "C1000064"  # head and ink, black, 100 %
    "C200002A"  # head and ink, three colours, 42 %
)
BLACK = Supply("Black ink", "ink", "#000000", 100)
COLOR = Supply("Tri-color ink", "ink", "#00FFFF#FF00FF#FFFF00", 42)


@pytest.mark.parametrize(
    "device_id, expected",
    [
        (f"MFG:HP;MDL:Deskjet;S:{REVISION_3};", (BLACK, COLOR)),
        (f"S:{REVISION_3.lower()}", (BLACK, COLOR)),
        ("S:00" + "0" * 14 + "1" + "C1000064;", (BLACK,)),
        ("S:04" + "0" * 20 + "1" + "C1000064;", (BLACK,)),
        ("S:04" + "0" * 20 + "2" + "81000000" + "410000FF;", (BLACK,)),  # a head alone; a level beyond all
        ("S:04" + "0" * 20 + "1" + "C0000064;", ()),  # no cartridge is in
        ("S:02" + "0" * 30 + ";", None),
        ("S:03" + "0" * 16 + "2" + "C1000064;", None),  # one is missing
        ("MFG:HP;MDL:LaserJet;", None),
        ("DES:S:03;", None),
        ("S:0;", None),
    ],
)
def test_supplies_of_a_device_id(device_id, expected):
    assert supplies(device_id) == expected


@given(st.text(alphabet="S:;0123456789abcdefABCDEF", max_size=80))
def test_any_device_id_gives_supplies_or_none(device_id):
    for supply in supplies(device_id) or ():
        assert 0 <= supply.level <= 100
