"""Which Debian package has the drivers of a machine that none is installed for: rows by maker, model and language.

A package stands here when its drivers take raster from us, and each row has a machine that was tried with it
(tests/peers/test_driver_bridge.py).
"""

from fnmatch import fnmatchcase
from typing import NamedTuple

from feedpath.back.pdl.called import fields
from feedpath.back.pdl.models import called


class Package(NamedTuple):
    """A row; the first that fits holds. models: patterns of maker and model in small letters, with | between. command:
    what its CMD field must name, in capitals, "" for anything. example: the id of a machine that it prints on.
    """

    models: str
    name: str
    example: str
    command: str = ""


PACKAGES = (
    Package("hp *|konica minolta *|minolta *", "printer-driver-foo2zjs",
            "MFG:Hewlett-Packard;MDL:HP Color LaserJet 2600n;CMD:ZJS;", "ZJS"),
    Package("hp laserjet *", "printer-driver-foo2zjs", "MFG:Hewlett-Packard;MDL:HP LaserJet 1020;CMD:ACL;", "ACL"),
    Package("hp laserjet *", "printer-driver-foo2zjs", "MFG:Hewlett-Packard;MDL:HP LaserJet P1005;CMD:XQX;", "XQX"),
    Package("konica minolta *|xerox phaser *", "printer-driver-foo2zjs",
            "MFG:KONICA MINOLTA;MDL:magicolor 2530 DL;CMD:LAVAFLOW;", "LAVAFLOW"),
    Package("oki *", "printer-driver-foo2zjs", "MFG:OKI DATA CORP;MDL:C3400;CMD:HIPERC;", "HIPERC"),
    Package("xerox *|dell *|fujixerox *|epson *", "printer-driver-foo2zjs",
            "MFG:Xerox;MDL:Phaser 3010;CMD:HBPL;", "HBPL"),
    Package("brother hl-*|brother dcp-[0-9l]*|brother mfc-[0-9l]*", "printer-driver-brlaser",
            "MFG:Brother;MDL:HL-2030 series;CMD:HBP;"),
    Package("samsung ml-*|samsung scx-*|samsung sf-*|samsung clp-*|samsung clx-*", "printer-driver-splix",
            "MFG:Samsung;MDL:ML-1640 Series;CMD:GDI,FWV;"),
    Package("xerox phaser 3*|xerox phaser 6110*|xerox workcentre pe1*", "printer-driver-splix",
            "MFG:Xerox;MDL:Phaser 3117;CMD:GDI;"),
    Package("hp deskjet*|hp officejet*|hp psc*|hp photosmart*|hp envy*|hp ink tank*|hp smart tank*",
            "printer-driver-hpcups", "MFG:HP;MDL:Deskjet 3050 J610 series;CMD:LDL,DYN;"),
    Package("epson *", "printer-driver-escpr", "MFG:EPSON;MDL:WF-3520 Series;CMD:ESCPL2,ESCPR1;", "ESCPR1"),
    Package("epson *", "printer-driver-gutenprint", "MFG:EPSON;MDL:Stylus Photo R300;CMD:ESCPL2,BDC;", "ESCPL2"),
    Package("canon ip*|canon mp*|canon mg*|canon mx*|canon s[0-9]*|canon i[0-9]*|canon bjc*|canon selphy*|canon cp*",
            "printer-driver-gutenprint", "MFG:Canon;MDL:iP4700 series;CMD:BJL,BJRaster3;"),
    Package("dymo*", "printer-driver-dymo", "MFG:DYMO;MDL:LabelWriter 450;CMD:LABELWRITER;"),
)  # fmt: skip


def package(device_id: str) -> str:
    """Return the name of the package, "" where none is known."""
    name, commands = called(device_id), fields(device_id).get("CMD", "").upper().split(",")
    for row in PACKAGES:
        fits = any(fnmatchcase(name, pattern) for pattern in row.models.split("|"))
        if fits and (not row.command or row.command in commands):
            return row.name
    return ""
