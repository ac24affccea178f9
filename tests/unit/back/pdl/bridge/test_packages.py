"""Which Debian package would help a machine without a driver."""

import pytest

from feedpath.back.pdl.bridge.packages import PACKAGES, package


@pytest.mark.parametrize("row", PACKAGES, ids=lambda row: row.example)
def test_each_row_is_reached_by_its_own_machine(row) -> None:
    assert package(row.example) == row.name


@pytest.mark.parametrize(
    "device_id, name",
    [
        ("MFG:EPSON;MDL:XP-245;CMD:ESCPL2,BDC,ESCPR1;", "printer-driver-escpr"),
        ("MFG:EPSON;MDL:LX-350;CMD:ESCP9-84;", ""),
        ("MFG:Brother;MDL:MFC-J480DW;CMD:BRJ;", ""),  # ink: brlaser is for lasers
        ("MFG:Canon;MDL:LBP2900;CMD:CAPT;", ""),
        ("MFG:Nobody;MDL:Nothing 1;", ""),
        ("", ""),
    ],
)
def test_no_package_is_named_that_would_not_help(device_id: str, name: str) -> None:
    assert package(device_id) == name
