"""What some printers need or cannot do: the quirks by USB ids or model name, each row with its source.

The most specific row holds, alone: one with the product's id, else one with its name, else the maker's. A row without
quirks lifts the maker's. To add a printer, add a row and say where it was found out.
"""

from enum import Flag, auto
from fnmatch import fnmatch
from typing import NamedTuple


class Quirk(Flag):
    """What one printer needs. NONE: nothing special."""

    NONE = 0
    UNIDIRECTIONAL = auto()  # says that it talks back, and hangs or garbles when it is asked to
    NO_REATTACH = auto()  # the kernel's usblp must not get it back: it disturbs it so that the next job is lost
    SOFT_RESET = auto()  # wants a USB reset after printing
    DELAY_CLOSE = auto()  # loses the last bytes when it is let go at once
    VENDOR_CLASS = auto()  # does not say that it is of the printer class
    FIRST_SHOWS_AS_CD = auto()  # is a drive with its Windows driver until that is ejected or switched off


NONE = Quirk.NONE
UNIDIRECTIONAL = Quirk.UNIDIRECTIONAL
NO_REATTACH = Quirk.NO_REATTACH
SOFT_RESET = Quirk.SOFT_RESET
DELAY_CLOSE = Quirk.DELAY_CLOSE
VENDOR_CLASS = Quirk.VENDOR_CLASS
FIRST_SHOWS_AS_CD = Quirk.FIRST_SHOWS_AS_CD

ANY = -1


class Row(NamedTuple):
    """vendor, product: USB ids, the product may be ANY; model: a pattern of the name, lower case; printer: in words."""

    vendor: int
    product: int
    model: str
    quirks: Quirk
    printer: str
    source: str


def quirks_of(vendor: int, product: int, model: str, table: "tuple[Row, ...]") -> Quirk:
    """Return the quirks of the printer with these USB ids and this model name ("" when unknown)."""
    matching = [
        row
        for row in table
        if row.vendor == vendor and row.product in (product, ANY) and fnmatch(model.lower(), row.model)
    ]
    matching.sort(key=lambda row: (row.product != ANY, row.model != "*"))
    return matching[-1].quirks if matching else NONE


# Sources. CUPS: org.cups.usb-quirks of CUPS 2.4.2, or the bug that it names (owner/project#n is on GitHub); usblp:
# quirk_printers in Linux' usblp.c; usb_modeswitch: its data package 20191128; HPLIP 3.22; ptouch-print: libptouch.c.
# The photo printers that CUPS leaves to Gutenprint's own back end are not in it.
QUIRKS = (
    Row(0x03F0, 0x0004, "*", UNIDIRECTIONAL, "HP DeskJet 895C", "CUPS, usblp"),
    Row(0x03F0, 0x002A, "*", NO_REATTACH | FIRST_SHOWS_AS_CD, "HP LaserJet P1102", "apple/cups#5310, usb_modeswitch"),
    Row(0x03F0, 0x0104, "*", UNIDIRECTIONAL, "HP DeskJet 880C", "CUPS, usblp"),
    Row(0x03F0, 0x0204, "*", UNIDIRECTIONAL, "HP DeskJet 815C", "CUPS, usblp"),
    Row(0x03F0, 0x0304, "*", UNIDIRECTIONAL, "HP DeskJet 810C/812C", "CUPS, usblp"),
    Row(0x03F0, 0x0314, "*", NO_REATTACH, "HP DesignJet 130", "apple/cups#5838"),
    Row(0x03F0, 0x032A, "*", FIRST_SHOWS_AS_CD, "HP LaserJet Professional P1102w", "usb_modeswitch"),
    Row(0x03F0, 0x0404, "*", UNIDIRECTIONAL, "HP DeskJet 830C", "CUPS, usblp"),
    Row(0x03F0, 0x0504, "*", UNIDIRECTIONAL, "HP DeskJet 885C", "CUPS, usblp"),
    Row(0x03F0, 0x0604, "*", UNIDIRECTIONAL, "HP DeskJet 840C", "CUPS, usblp"),
    Row(0x03F0, 0x0804, "*", UNIDIRECTIONAL, "HP DeskJet 816C", "CUPS, usblp"),
    Row(0x03F0, 0x0C17, "*", DELAY_CLOSE, "HP LaserJet 1010", "apple/cups#5789"),
    Row(0x03F0, 0x0E17, "*", DELAY_CLOSE, "HP LaserJet 1015", "apple/cups#5617"),
    Row(0x03F0, 0x0F17, "*", DELAY_CLOSE, "HP LaserJet 1150", "apple/cups#4549"),
    Row(0x03F0, 0x1017, "*", DELAY_CLOSE, "HP LaserJet 1300", "apple/cups#4549"),
    Row(0x03F0, 0x1104, "*", UNIDIRECTIONAL, "HP Deskjet 959C", "CUPS, usblp"),
    Row(0x03F0, 0x1117, "*", DELAY_CLOSE, "HP LaserJet 1300", "apple/cups#4549"),
    Row(0x03F0, 0x1D17, "*", DELAY_CLOSE, "HP LaserJet 1320", "apple/cups#4549"),
    Row(0x03F0, 0x1E17, "*", DELAY_CLOSE, "HP LaserJet 1160", "apple/cups#5121"),
    Row(0x03F0, ANY, "*laserjet*", FIRST_SHOWS_AS_CD, "HP LaserJet with Smart Install", "HPLIP base/smart_install.py"),
    Row(0x0409, 0xBEF4, "*", UNIDIRECTIONAL, "NEC Picty760 (HP OEM)", "CUPS, usblp"),
    Row(0x0409, 0xEFBE, "*", UNIDIRECTIONAL, "NEC Picty900 (HP OEM)", "CUPS, usblp"),
    Row(0x0409, 0xF0BE, "*", UNIDIRECTIONAL, "NEC Picty920 (HP OEM)", "CUPS, usblp"),
    Row(0x0409, 0xF1BE, "*", UNIDIRECTIONAL, "NEC Picty800 (HP OEM)", "CUPS, usblp"),
    Row(0x043D, 0x000C, "*", NO_REATTACH, "Lexmark Optra E310", "apple/cups#5259"),
    Row(0x043D, 0x009A, "*", NO_REATTACH, "Lexmark E238", "apple/cups#4448"),
    Row(0x043D, 0x00CC, "*", NO_REATTACH, "Lexmark E120n", "apple/cups#5478"),
    Row(0x043D, 0x00CD, "*", NO_REATTACH, "Lexmark E120n MT4506-100", "apple/cups#5766"),
    Row(0x043D, 0x00D7, "*", NO_REATTACH, "Lexmark E238", "CUPS"),
    Row(0x043D, 0x00F3, "*", NO_REATTACH, "Lexmark E250d", "Launchpad 1084164"),
    Row(0x043D, 0x0123, "*", NO_REATTACH, "Lexmark E260dn", "apple/cups#4994"),
    Row(0x043D, 0x0139, "*", NO_REATTACH, "Lexmark C540n", "apple/cups#4778"),
    Row(0x043D, 0x0226, "*", NO_REATTACH, "Lexmark MS317dn", "CUPS"),
    Row(0x0482, 0x0010, "*", UNIDIRECTIONAL, "Kyocera Mita FS 820", "CUPS, usblp"),
    Row(0x0482, 0x063F, "*", NO_REATTACH, "Kyocera Ecosys P6026cdn", "apple/cups#4900"),
    Row(0x0482, 0x0677, "*", NO_REATTACH, "Kyocera Ecosys P6130cdn", "apple/cups#5102"),
    Row(0x04A9, 0x1095, "*", UNIDIRECTIONAL, "Canon PIXMA iP6000D", "Launchpad 1160638"),
    Row(0x04A9, 0x10A2, "*", UNIDIRECTIONAL, "Canon PIXMA iP4200", "apple/cups#4155"),
    Row(0x04A9, 0x10B6, "*", UNIDIRECTIONAL, "Canon PIXMA iP4300", "Launchpad 1032385"),
    Row(0x04A9, 0x1702, "*", UNIDIRECTIONAL, "Canon PIXMA MP410", "CUPS"),
    Row(0x04A9, 0x1703, "*", UNIDIRECTIONAL, "Canon PIXMA MP430", "CUPS"),
    Row(0x04A9, 0x170B, "*", UNIDIRECTIONAL, "Canon PIXMA MP450", "CUPS"),
    Row(0x04A9, 0x170C, "*", UNIDIRECTIONAL, "Canon MP500", "Launchpad 1032456"),
    Row(0x04A9, 0x1712, "*", UNIDIRECTIONAL, "Canon MP530", "CUPS"),
    Row(0x04A9, 0x1716, "*", UNIDIRECTIONAL, "Canon PIXMA MP460", "CUPS"),
    Row(0x04A9, 0x1717, "*", UNIDIRECTIONAL, "Canon MP510", "Launchpad 1050009"),
    Row(0x04A9, 0x1721, "*", UNIDIRECTIONAL, "Canon MP210", "Red Hat 847923"),
    Row(0x04A9, 0x1722, "*", UNIDIRECTIONAL, "Canon MP220", "CUPS"),
    Row(0x04A9, 0x1723, "*", UNIDIRECTIONAL, "Canon PIXMA MP470", "CUPS"),
    Row(0x04A9, 0x1724, "*", UNIDIRECTIONAL, "Canon MP520", "CUPS"),
    Row(0x04A9, 0x1728, "*", UNIDIRECTIONAL, "Canon MX310", "apple/cups#4482"),
    Row(0x04A9, 0x1730, "*", UNIDIRECTIONAL, "Canon MP540", "Red Hat 967873"),
    Row(0x04A9, 0x1731, "*", UNIDIRECTIONAL, "Canon PIXMA MP480", "OpenPrinting/cups#192"),
    Row(0x04A9, 0x1732, "*", UNIDIRECTIONAL, "Canon MP240", "CUPS"),
    Row(0x04A9, 0x1733, "*", UNIDIRECTIONAL, "Canon MP260", "CUPS"),
    Row(0x04A9, 0x1736, "*", UNIDIRECTIONAL, "Canon MX320", "apple/cups#4482"),
    Row(0x04A9, 0x173A, "*", UNIDIRECTIONAL, "Canon MP250", "CUPS"),
    Row(0x04A9, 0x173B, "*", UNIDIRECTIONAL, "Canon MP270", "CUPS"),
    Row(0x04A9, 0x173C, "*", UNIDIRECTIONAL, "Canon PIXMA MP490", "CUPS"),
    Row(0x04A9, 0x173D, "*", UNIDIRECTIONAL, "Canon MP550", "apple/cups#4155"),
    Row(0x04A9, 0x173E, "*", UNIDIRECTIONAL, "Canon MP560", "apple/cups#4155"),
    Row(0x04A9, 0x1746, "*", UNIDIRECTIONAL, "Canon MP280 series", "apple/cups#5221"),
    Row(0x04A9, 0x1747, "*", UNIDIRECTIONAL, "Canon PIXMA MP495", "CUPS"),
    Row(0x04A9, 0x1757, "*", UNIDIRECTIONAL, "Canon PIXMA MP493", "CUPS"),
    Row(0x04A9, 0x175F, "*", UNIDIRECTIONAL, "Canon MP230", "CUPS"),
    Row(0x04A9, 0x1796, "*", UNIDIRECTIONAL, "Canon PIXMA G1501", "apple/cups#5831"),
    Row(0x04A9, 0x26A3, "*", NO_REATTACH, "Canon MF4150", "Launchpad 1160638"),
    Row(0x04B8, 0x0001, "*", NO_REATTACH | UNIDIRECTIONAL, "Epson Stylus Color 740 / Photo 750", "Debian 697970"),
    Row(0x04B8, 0x0005, "*", NO_REATTACH, "Epson Stylus Color 670", "Launchpad 872483"),
    Row(0x04B8, 0x0202, "*", VENDOR_CLASS, "Epson receipt printer M129C", "CUPS, usblp"),
    Row(0x04E8, ANY, "*", SOFT_RESET, "All Samsung devices", "Launchpad 1032456"),
    Row(0x04E8, 0x330F, "*", UNIDIRECTIONAL, "Samsung ML-2160 Series", "Red Hat 873123"),
    Row(0x04E8, 0x344F, "*", NONE, "Samsung SCX-3405W needs none", "OpenPrinting/cups#270"),
    Row(0x04F9, 0x0007, "*", NO_REATTACH, "Brother HL-1250 Laser", "Debian 712512"),
    Row(0x04F9, 0x000D, "*", NO_REATTACH | UNIDIRECTIONAL, "Brother HL-1440 Laser", "Launchpad 1000253, usblp"),
    Row(0x04F9, 0x000E, "*", NO_REATTACH | UNIDIRECTIONAL, "Brother HL-1450 Laser", "Launchpad 1000253"),
    Row(0x04F9, 0x001A, "*", NO_REATTACH, "Brother HL-1430 Laser", "Launchpad 1038695"),
    Row(0x04F9, 0x2030, "*", FIRST_SHOWS_AS_CD, "Brother PT-1230PC in Editor Lite mode", "ptouch-print"),
    Row(0x04F9, 0x2031, "*", FIRST_SHOWS_AS_CD, "Brother PT-2430PC in Editor Lite mode", "ptouch-print"),
    Row(0x04F9, 0x2064, "*", FIRST_SHOWS_AS_CD, "Brother PT-P700 in Editor Lite mode", "ptouch-print"),
    Row(0x04F9, 0x2065, "*", FIRST_SHOWS_AS_CD, "Brother PT-P750W in Editor Lite mode", "ptouch-print"),
    Row(0x04F9, 0x209E, "*", FIRST_SHOWS_AS_CD, "Brother QL-800 in Editor Lite mode", "pklaus/brother_ql#60"),
    Row(0x0519, ANY, "*", UNIDIRECTIONAL, "Star Micronics printers", "apple/cups#5251"),
    Row(0x0519, 0x0001, "*", DELAY_CLOSE, "Star TSP743", "apple/cups#5443"),
    Row(0x067B, 0x2305, "*", NO_REATTACH | SOFT_RESET | UNIDIRECTIONAL, "Prolific PL2305 cable", "Launchpad 987485"),
    Row(0x067E, ANY, "*", NO_REATTACH, "All Intermec devices", "apple/cups#4553"),
    Row(0x06BC, 0x000B, "*", NO_REATTACH, "Oki Okipage 14ex", "Launchpad 872483"),
    Row(0x06BC, 0x01C7, "*", NO_REATTACH, "Oki B410d", "Launchpad 872483"),
    Row(0x0924, ANY, "*", NO_REATTACH, "All Xerox printers", "apple/cups#5523"),
    Row(0x0924, 0x3CE9, "*", NO_REATTACH, "Xerox Phaser 3124", "Red Hat 867392"),
    Row(0x0924, 0x4293, "*", NO_REATTACH, "Xerox WorkCentre 3210", "Launchpad 1102470"),
    Row(0x0924, 0x4294, "*", NO_REATTACH, "Xerox WorkCentre 3220", "Launchpad 1406203; apple/cups#4789"),
    Row(0x0A5F, ANY, "*", UNIDIRECTIONAL | NO_REATTACH, "All Zebra devices", "Launchpad 1001028; apple/cups#5395"),
    Row(0x1A86, 0x7584, "*", NO_REATTACH, "QinHeng CH340S cable", "Launchpad 1000253"),
    Row(0x2730, 0x2008, "*", UNIDIRECTIONAL | DELAY_CLOSE, "Citizen CT-S4000", "apple/cups#5823"),
    Row(0x2D84, ANY, "*", UNIDIRECTIONAL | NO_REATTACH, "All Arkscan label printers", "apple/cups#5867"),
)
