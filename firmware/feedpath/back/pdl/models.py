"""What machines are that say too little of themselves, or the wrong: rows by maker and model, each with its source.

Of all rows that fit a machine, the first that tells of a thing holds for it. What none tells of is as the machine's
device id and its language say. To add a machine, add a row and say where it was found out.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, NamedTuple

from feedpath.back.pdl.called import fields, make

NOTHING: "Mapping[str, Any]" = MappingProxyType({})


class Model(NamedTuple):
    """A row. models: patterns of maker and model in small letters, with | between. language: a name of
    languages.BY_NAME that it speaks, whatever it calls its own; lacks: one that it does not speak. color, duplex: None
    where not told. dpi: the usual one first. receipts: what its escpos.Traits are.
    """

    models: str
    source: str
    language: str = ""
    lacks: str = ""
    color: "bool | None" = None
    duplex: "bool | None" = None
    dpi: "tuple[int, ...]" = ()
    receipts: "Mapping[str, Any]" = NOTHING

    def fits(self, name: str) -> bool:
        """Return whether this is the row, or one of the rows, of a maker's model."""
        return any(fnmatchcase(name, pattern) for pattern in self.models.split("|"))


def find(device_id: str) -> Model:
    """Return what the rows tell together of the machine with this device id; source: of its language."""
    name = called(device_id)
    fitting = [row for row in MODELS if row.fits(name)]
    told: dict[str, Any] = {}
    for row in reversed(fitting):
        told.update({thing: value for thing, value in row._asdict().items() if value != UNTOLD.get(thing)})
    source = next((row.source for row in fitting if row.language), "")
    return Model(**{**told, "models": name, "source": source})


def called(device_id: str) -> str:
    """Return maker and model in small letters, without the maker's name twice and without "series"."""
    told = fields(device_id)
    maker, model = make(told.get("MFG", "")), " ".join(told.get("MDL", told.get("DES", "")).lower().split())
    for name in (told.get("MFG", "").lower(), maker):
        model = model.removeprefix(f"{name} ")
    return f"{maker} {model}".removesuffix(" series").strip()


UNTOLD = Model._field_defaults

# Sources. FOO: Debian's foomatic-db 20230202, its printers' languages, resolutions and command sets; PPDS: the makers'
# own PPD files in Debian's openprinting-ppds 20230202 (ColorDevice; Duplex without an option that installs it), with
# which the patterns agree for all files that they fit; BRLASER: brlaser 6; POS: escpos-printer-db as in python-escpos
# 3.1; ZEBRA: device ids as CUPS shows them ("ZTC ZT411-300dpi ZPL"); SUFFIX: the letters behind HP's model numbers
# (Wikipedia, HP LaserJet: D is a duplexer, X a duplexer and a second tray).
FOO, PPDS, BRLASER, POS = "foomatic-db", "openprinting-ppds", "brlaser.drv", "escpos-printer-db"
ZEBRA, SUFFIX = "Zebra's device ids", "HP's model suffixes"
DESKJETS = "PCL 3 of ink-jet printers, which their device ids call PCL (foomatic-db)"
EPSON_180 = {"dots": 512, "dpi": 180}

MODELS = (
    # Ink-jet printers of HP: "MLC,PCL,PML" and the like
    Model("hp deskjet*|apollo p-2*|hp 2000c*|hp color inkjet*|hp business inkjet 1*", DESKJETS, lacks="pcl5"),
    Model("hp officejet [!p]*|hp officejet pro [!x]*|hp psc*|hp printer/scanner/copier*", DESKJETS, lacks="pcl5"),
    Model("hp photosmart*|sony *ijp-v100", DESKJETS, lacks="pcl5"),
    # Lasers that take PCL 5e beside a language of their own, and name only that: "FastRaster", "ACL"
    Model("hp laserjet 1015|hp laserjet 1022*", FOO, "pcl5"),
    Model("hp laserjet 4l|hp laserjet 4ml|laserjet 4l", FOO, dpi=(300,)),
    # HP: colour
    Model("hp *color*laserjet*|hp *laserjet*color*|hp laserjet*c[mp][0-9]*", FOO, color=True),
    Model("hp laserjet *|laserjet 4l", FOO, color=False),
    # HP: a duplexer. Not the LaserJets without the letter, where it is a thing to buy, if there is one
    Model("hp *laserjet*[0-9]d|hp *laserjet*[0-9]dn|hp *laserjet*[0-9]dtn", SUFFIX, duplex=True),
    Model("hp *laserjet*[0-9]dw|hp *laserjet*[0-9]fdn|hp *laserjet*[0-9]fdw|hp *laserjet*[0-9]x", SUFFIX, duplex=True),
    Model("hp *laserjet*", SUFFIX, duplex=False),
    # Brother
    Model("brother *[0-9]d|brother *[0-9]dn|brother *[0-9]dw", f"{PPDS}, {BRLASER}", duplex=True),
    Model("brother *[0-9]cdn|brother *[0-9]cdw", PPDS, duplex=True),
    Model("brother hl-1[68]50*|brother hl-1[68]70n", PPDS, duplex=True),
    Model("brother hl-[0-9]*|brother dcp-[0-9]*|brother mfc-[0-9]*", PPDS, duplex=False),
    Model("brother *[0-9]c|brother *[0-9]c[denw]*", PPDS, color=True),
    Model("brother hl-[0-9]*|brother hl-l[0-9]*|brother dcp-[0-9]*|brother mfc-[0-9]*", PPDS, color=False),
    # Kyocera
    Model("kyocera *[0-9]d|kyocera *[0-9]dn|kyocera *[0-9]cdn|kyocera *[0-9]ci", PPDS, duplex=True),
    Model("kyocera fs-[68]00|kyocera fs-680|kyocera fs-920|kyocera fs-1000|kyocera fs-1118mfp", PPDS, duplex=False),
    Model("kyocera fs-c*|kyocera km-c*|kyocera cs-c*|kyocera *[0-9]ci|kyocera *[0-9]cdn", PPDS, color=True),
    Model("kyocera fs-[0-9]*c", PPDS, color=True),
    Model("kyocera fs-[0-9]*|kyocera km-[0-9]*", PPDS, color=False),
    # Lexmark
    Model("lexmark *[0-9]d|lexmark *[0-9]dn|lexmark *[0-9]dtn|lexmark *[0-9]dw", PPDS, duplex=True),
    Model("lexmark e260|lexmark c520|lexmark c522", PPDS, duplex=False),
    Model("lexmark c[0-9]*|lexmark cs*|lexmark cx*|lexmark mc*|lexmark xc*", PPDS, color=True),
    Model("lexmark ms*|lexmark mx*|lexmark mb*|lexmark m[0-9]*|lexmark b[0-9]*|lexmark xm*", PPDS, color=False),
    Model("lexmark e3[25]*|lexmark e23*|lexmark optra e*", f"{PPDS}, {FOO}", color=False),
    # Samsung
    Model("samsung ml-2[125]50|samsung ml-285[035]|samsung ml-347[05]", PPDS, duplex=True),
    Model("samsung ml-2570|samsung ml-2525w|samsung ml-2580|samsung clp-350|samsung clp-410", PPDS, duplex=False),
    Model("samsung clp-*|samsung clx-*|samsung c[0-9]*|samsung x[0-9]*", PPDS, color=True),
    Model("samsung ml-*|samsung scx-*|samsung m[0-9]*|samsung k[0-9]*", PPDS, color=False),
    # Others
    Model("epson al-m20[01]0*|epson al-m24[01]0*|epson al-mx2[01]*", PPDS, duplex=True),
    Model("epson al-c*", PPDS, color=True),
    Model("epson al-m*", PPDS, color=False),
    Model("oki c*", PPDS, color=True),
    Model("oki b*|okidata okipage*|oki okipage*", f"{PPDS}, {FOO}", color=False),
    Model("ricoh *[0-9]dn|ricoh *[0-9]d", PPDS, duplex=True),
    Model("ricoh mp c*|ricoh sp c*|ricoh im c*|ricoh p c*|ricoh aficio mp c*|ricoh aficio sp c*", PPDS, color=True),
    Model("ricoh mp [0-9]*|ricoh sp [0-9]*|ricoh im [0-9]*|ricoh aficio sp [0-9]*", PPDS, color=False),
    # Receipts
    Model("epson tm-t88ii|epson tm-t88iii", POS, dpi=(180,), receipts=EPSON_180),
    Model("epson tm-t88iv|epson tm-t88v", POS, dpi=(180,), receipts={**EPSON_180, "deaf": True}),
    Model("epson tm-u220*", "no raster images (escpos-printer-db)", lacks="escpos"),
    Model("citizen ct-s651*", POS, receipts={"dots": 640}),
    # Labels
    Model("zebra *-300dpi*|zebra *gx430*", ZEBRA, dpi=(300,)),
    Model("zebra *-600dpi*", ZEBRA, dpi=(600,)),
    Model("zebra *-200dpi*|zebra *-203dpi*|zebra *g[ck]420*|zebra *gx420*", ZEBRA, dpi=(203,)),
)
