"""What machines speak, as data: the table of printer languages, and which documents each takes as they are.

A language's module has Traits, what it must know of a machine, and encode(pages, setup, traits); it is loaded when it
is first needed, so that a machine pays for its own language only. One with a geometry of its own has target(raster,
setup, traits, scaling, back), which says what a page becomes.
"""

import importlib
from types import ModuleType
from typing import Any, NamedTuple

from feedpath.back.pdl.order import Machine
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24


class Language(NamedTuple):
    """A row. formats: MIME types of documents that are in this language. spaces: of pages that it takes, mono first
    and colour last. tokens: what IEEE 1284 CMD fields call it. module: where it is encoded. copies: whether machines
    make copies of pages when asked in it; collates: whether of the whole document, set by set. asks: whether machines
    tell their status when asked in it: by ASK, whose answers the module's status() understands.
    """

    name: str
    title: str
    formats: "tuple[str, ...]"
    spaces: "tuple[str, ...]"
    tokens: "tuple[str, ...]"
    module: str
    copies: bool = False
    collates: bool = False
    asks: bool = False


LANGUAGES = (  # the best first, where a machine speaks several
    Language("pwg", "PWG raster", ("image/pwg-raster",), (GRAY8, RGB24), ("PWG", "PWGRASTER"), "pwg"),
    Language("urf", "Apple raster", ("image/urf",), (GRAY8, RGB24), ("URF", "AIRPRINT"), "urf"),
    Language(
        "postscript",
        "PostScript",
        ("application/postscript",),
        (GRAY8, RGB24),
        ("POSTSCRIPT", "PS", "PS2", "PS3", "BRSCRIPT", "KPDL", "POSTSCRIPT2", "ADOBEPOSTSCRIPT3",
         "ADOBELEVEL3POSTSCRIPT", "POSTSCRIPTEMULATION", "POSTSCRIPTLEVEL2EMULATION", "POSTSCRIPTLEVEL3EMULATION",
         "POSTSCRIPTLEVEL3FORMACEMULATION"),
        "postscript",
        copies=True,
        collates=True,
    ),
    Language(
        "pcl5",
        "PCL 5",
        ("application/vnd.hp-pcl",),
        (BLACK1, RGB24),
        ("PCL", "PCL5", "PCL5E", "PCL5C", "PCL5CE", "PCL5E2", "ENHANCEDPCL5", "HPENHANCEDPCL5", "HPENHANCEDPCL5E",
         "PCL5EMULATION", "PCL6EMULATION"),
        "pcl5",
        copies=True,
    ),
    Language(
        "escpos",
        "ESC/POS",
        ("application/vnd.epson.escpos",),
        (BLACK1,),
        ("ESC/POS", "ESCPOS"),
        "escpos",
        copies=True,
        asks=True,
    ),
    Language(
        "zpl",
        "ZPL",
        ("application/vnd.zebra-zpl",),
        (BLACK1,),
        ("ZPL", "ZPLII", "ZPL2"),
        "zpl",
        copies=True,
        asks=True,
    ),
)
PREVIEW = Language("preview", "a picture of the first sheet", (), (GRAY8, RGB24), (), "preview")
DRIVER = Language(  # of no machine itself
    "driver", "a driver's raster", (), (BLACK1, GRAY8, RGB24), (), "bridge.cupspages"
)
BY_NAME = {language.name: language for language in LANGUAGES}
ORDERED = {**BY_NAME, DRIVER.name: DRIVER, PREVIEW.name: PREVIEW}  # by the names in orders
BY_TOKEN = {token: language for language in LANGUAGES for token in language.tokens}


def load(module: str) -> ModuleType:
    """Return a module of this folder."""
    return importlib.import_module(f"feedpath.back.pdl.{module}")


def writer(language: Language, machine: Machine) -> "tuple[ModuleType, Any]":
    """Return the module that writes a language, and its Traits for a machine."""
    module = load(language.module)
    told = dict(machine.traits)
    if "color" in module.Traits._fields:
        told["color"] = machine.color
    if "pjl" in module.Traits._fields:
        told["pjl"] = machine.pjl
    if "back" in module.Traits._fields:
        told["back"] = machine.back
    return module, module.Traits(**told)


def spoken(commands: "tuple[str, ...]") -> "tuple[Language, ...]":
    """Return the languages that a machine with these CMD tokens speaks and we can write, the best first."""
    named = {token.upper().replace("-", "").replace(" ", "") for token in commands}
    return tuple(language for language in LANGUAGES if named.intersection(language.tokens))
