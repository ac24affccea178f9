"""Supplies as ink-jet printers of HP tell them in the S field of their IEEE 1284 device id.

There is no public specification; positions and types are those that hplip (base/status.py) and libinklevel (hp.c) read.
S holds hexadecimal digits: a revision in the second, then at a place of its own the number of cartridges, then eight
digits for each: kind and type in the first two, the level in percent in the last two.
"""

import re
from typing import NamedTuple

from feedpath.core.driver import Supply

FIELD = re.compile(r"(?:^|;)\s*S:\s*([0-9A-Fa-f]+)\s*(?:;|$)")
COUNT_AT = {0: 16, 1: 16, 3: 18, 4: 22}  # by revision; 2 packs them otherwise, and is left out
DIGITS = 8
HOLDS_INK = 0x40000000  # a cartridge, or a head with ink in it; not a head alone
LEVEL_MOST = 100


class Ink(NamedTuple):
    """What a cartridge holds."""

    name: str
    color: str


INKS = {
    1: Ink("Black ink", "#000000"),
    2: Ink("Tri-color ink", "#00FFFF#FF00FF#FFFF00"),
    3: Ink("Photo ink", "none"),
    4: Ink("Cyan ink", "#00FFFF"),
    5: Ink("Magenta ink", "#FF00FF"),
    6: Ink("Yellow ink", "#FFFF00"),
    7: Ink("Light cyan ink", "#80FFFF"),
    8: Ink("Light magenta ink", "#FF80FF"),
    10: Ink("Gray ink", "#808080"),
    11: Ink("Blue ink", "#0000FF"),
}


def supplies(device_id: str) -> "tuple[Supply, ...] | None":
    """Return what a device id tells of supplies, None when it tells nothing that is understood."""
    match = FIELD.search(device_id)
    digits = match[1] if match else ""
    at = COUNT_AT.get(int(digits[1], 16)) if len(digits) > 1 else None
    if at is None or len(digits) <= at:
        return None
    first, count = at + 1, int(digits[at], 16)
    pens = [digits[first + DIGITS * number :][:DIGITS] for number in range(count)]
    if any(len(pen) < DIGITS for pen in pens):
        return None
    told = [_supply(int(pen, 16)) for pen in pens]
    return tuple(supply for supply in told if supply is not None)


def _supply(pen: int) -> "Supply | None":
    ink = INKS.get(pen >> 24 & 0x3F)
    if ink is None or not pen & HOLDS_INK:
        return None
    return Supply(ink.name, "ink", ink.color, min(pen & 0xFF, LEVEL_MOST))
