"""What the table of models tells of machines by their device ids, and what their drivers make of it."""

from typing import Any

import pytest

from feedpath.back.pdl import choose, escpos, languages, models
from feedpath.back.pdl.choose import ALL_SIDES, Choice
from feedpath.back.pdl.models import MODELS, find
from feedpath.core.driver import Driver


def machine(device_id: str, choice: str = "automatic") -> Driver:
    commands = dict(pair.split(":", 1) for pair in device_id.strip(";").split(";")).get("CMD", "")
    return choose.choose(tuple(commands.split(",")), False, device_id, choice=Choice(choice))


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row.models)
def test_each_row_tells_something_and_where_it_is_from(row: models.Model) -> None:
    assert row.source and row.models == row.models.lower()
    assert row._replace(models="", source="") != models.Model("", "")
    assert {row.language, row.lacks} <= {"", *languages.BY_NAME}
    escpos.Traits(**row.receipts)


def test_rows_that_tell_the_same_do_not_contradict_each_other_unseen() -> None:
    """A pattern that stands twice for one thing would never hold the second time."""
    for thing in ("language", "color", "duplex", "dpi"):
        told = [pattern for row in MODELS if getattr(row, thing) != models.UNTOLD[thing]
                for pattern in row.models.split("|")]  # fmt: skip
        assert len(told) == len(set(told))


@pytest.mark.parametrize(
    "device_id, name",
    [
        ("MFG:Hewlett-Packard;MDL:HP LaserJet 1100;", "hp laserjet 1100"),
        ("MFG:hp;MDL:hp LaserJet 1160 series;", "hp laserjet 1160"),
        ("MFG:Kyocera;MODEL:Kyocera FS-1030D;", "kyocera fs-1030d"),
        ("MANUFACTURER:Zebra Technologies ;MODEL:ZTC ZT411-300dpi ZPL;", "zebra technologies ztc zt411-300dpi zpl"),
        ("MFG:Lexmark International;MDL:Lexmark E260dn;", "lexmark e260dn"),
        ("DES:Thing;", "thing"),
        ("", ""),
    ],
)
def test_a_machine_is_called_the_same_however_it_spells_its_name(device_id: str, name: str) -> None:
    assert models.called(device_id) == name


@pytest.mark.parametrize(
    "device_id, told",
    [
        ("MFG:HP;MDL:HP Color LaserJet CP2025dn;", {"color": True, "duplex": True}),
        ("MFG:HP;MDL:HP LaserJet P2055dn;", {"color": False, "duplex": True}),
        ("MFG:HP;MDL:HP LaserJet 4050 Series;", {"color": False, "duplex": False}),
        ("MFG:HP;MDL:HP LaserJet 500 color M551;", {"color": True, "duplex": False}),
        ("MFG:HP;MDL:HP LaserJet M476fdw;", {"color": False, "duplex": True}),
        ("MFG:Brother;MDL:HL-5250DN series;", {"color": False, "duplex": True}),
        ("MFG:Brother;MDL:HL-5140 series;", {"color": False, "duplex": False}),
        ("MFG:Brother;MDL:HL-1850 series;", {"color": False, "duplex": True}),
        ("MFG:Brother;MDL:MFC-9840CDW;", {"color": True, "duplex": True}),
        ("MFG:Brother;MDL:HL-L3270CDW series;", {"color": True, "duplex": True}),
        ("MFG:Brother;MDL:DCP-9010CN;", {"color": True, "duplex": False}),
        ("MFG:Kyocera;MDL:FS-C5100DN;", {"color": True, "duplex": True}),
        ("MFG:Kyocera;MDL:FS-3900DN;", {"color": False, "duplex": True}),
        ("MFG:Kyocera;MDL:FS-3700;", {"color": False, "duplex": None}),
        ("MFG:Kyocera;MDL:ECOSYS P6021cdn;", {"color": True, "duplex": True}),
        ("MFG:Lexmark;MDL:Lexmark MS310dn;", {"color": False, "duplex": True}),
        ("MFG:Samsung;MDL:ML-2850 Series;", {"color": False, "duplex": True}),
        ("MFG:Samsung;MDL:CLP-660 Series;", {"color": True, "duplex": None}),
        ("MFG:OKI DATA CORP;MDL:C5300;", {"color": True, "duplex": None}),
        ("MFG:RICOH;MDL:SP 3500N;", {"color": False, "duplex": None}),
        ("MFG:Nobody;MDL:Laser 9dn;", {"color": None, "duplex": None}),
    ],
)
def test_colour_and_two_sides_by_model(device_id: str, told: "dict[str, Any]") -> None:
    row = find(device_id)
    assert {"color": row.color, "duplex": row.duplex} == told


def test_a_laser_that_can_gets_two_sides_and_colour_in_pcl() -> None:
    color = machine("MFG:HP;MDL:HP Color LaserJet CP2025dn;CMD:PJL,PCL,PCLXL;")
    assert color.capabilities.color and color.capabilities.sides == ALL_SIDES and "DM1" in color.capabilities.urf
    mono = machine("MFG:HP;MDL:HP LaserJet P2055;CMD:PJL,PCL,POSTSCRIPT;")
    assert mono.name == "postscript" and not mono.capabilities.color
    assert mono.capabilities.sides == ("one-sided",)


@pytest.mark.parametrize(
    "device_id, dpi",
    [
        ("MFG:Zebra Technologies;CMD:ZPL;MDL:ZTC ZT411-300dpi ZPL;", 300),
        ("MFG:Zebra Technologies;CMD:ZPL;MDL:ZTC ZT410-600dpi ZPL;", 600),
        ("MFG:Zebra Technologies;CMD:ZPL;MDL:ZTC GK420d;", 203),
        ("MFG:Zebra Technologies;CMD:ZPL;MDL:ZTC GX430t;", 300),
        ("MFG:EPSON;CMD:ESC/POS;MDL:TM-T88V;", 180),
        ("MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;", 203),
        ("MFG:Hewlett-Packard;CMD:HP ENHANCED PCL5,PJL;MDL:LaserJet 4L;", 300),
    ],
)
def test_a_machine_has_the_dots_that_its_head_has(device_id: str, dpi: int) -> None:
    assert machine(device_id).capabilities.resolutions == ((dpi, dpi),)


def test_a_receipt_printer_has_the_width_of_its_head() -> None:
    for device_id, dots, dpi in (
        ("MFG:EPSON;CMD:ESC/POS;MDL:TM-T88IV;", 512, 180),
        ("MFG:CITIZEN;CMD:ESC/POS;MDL:CT-S651;", 640, 203),
        ("MFG:EPSON;CMD:ESC/POS;MDL:TM-T20;", 576, 203),
    ):
        row = choose.about(languages.BY_NAME["escpos"], ("ESC/POS",), device_id)
        assert row.machine.roll == dots and row.machine.resolutions == ((dpi, dpi),)
        traits = languages.writer(languages.BY_NAME["escpos"], row.machine)[1]
        assert (traits.dots, traits.dpi) == (dots, dpi)


@pytest.mark.parametrize(
    "device_id, name",
    [
        ("MFG:HEWLETT-PACKARD;MDL:DESKJET 990C;CMD:MLC,PCL,PML;", "raw"),
        ("MFG:HP;MDL:Photosmart 2570 series;CMD:MLC,PCL,PML,DW-PCL;", "raw"),
        ("MFG:HP;MDL:officejet 9100 series;CMD:MLC,PCL,PML,POSTSCRIPT;", "language:postscript"),
        ("MFG:HP;MDL:Officejet Pro X451dw;CMD:PCL,PJL;", "language:pcl5"),
        ("MFG:Hewlett-Packard;MDL:hp LaserJet 1015;CMD:FastRaster;", "language:pcl5"),
        ("MFG:Hewlett-Packard;MDL:hp LaserJet 1010;CMD:FastRaster;", "raw"),
        ("MFG:Hewlett-Packard;MDL:HP LaserJet 5L;CMD:HP ENHANCED PCL5,PJL;", "language:pcl5"),
        ("MFG:Lexmark International;MDL:Lexmark Optra E+ LaserPrinter;CMD:PCL 5 Emulation,NPAP,PJL;", "language:pcl5"),
        ("MFG:Lexmark International;MDL:MS310dn;CMD:PCL 6 Emulation, PostScript Level 3 Emulation, PJL;",
         "language:postscript"),
        ("MFG:EPSON;CMD:ESC/POS;MDL:TM-U220B;", "raw"),
        ("MFG:Star;CMD:STAR;MDL:TSP143 (STR_T-001);", "raw"),
    ],
)  # fmt: skip
def test_the_language_is_the_one_that_the_machine_really_speaks(device_id: str, name: str) -> None:
    assert machine(device_id).origin.choice == name


def test_who_says_so_is_told() -> None:
    assert "foomatic-db" in machine("MFG:HP;MDL:HP LaserJet 1022n;CMD:ACL;").origin.why
