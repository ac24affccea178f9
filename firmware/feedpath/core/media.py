"""Sizes of paper: PWG 5101.1 self-describing names, which carry their own dimensions, and which come first where."""

import re
from collections.abc import Iterable

from feedpath.core.driver import Media

DIMENSIONS = re.compile(r"_([0-9.]+)x([0-9.]+)(mm|in)$")
UNITS = {"mm": 100, "in": 2540}  # in hundredths of a millimetre

NAMES = (  # PWG 5101.1-2013, 5: the sizes that desktop printers and their clients know
    "iso_a4_210x297mm",
    "na_letter_8.5x11in",
    "na_legal_8.5x14in",
    "iso_a5_148x210mm",
    "iso_a6_105x148mm",
    "iso_a3_297x420mm",
    "iso_b5_176x250mm",
    "jis_b5_182x257mm",
    "na_executive_7.25x10.5in",
    "na_invoice_5.5x8.5in",
    "na_ledger_11x17in",
    "na_foolscap_8.5x13in",
    "na_number-10_4.125x9.5in",
    "na_monarch_3.875x7.5in",
    "iso_dl_110x220mm",
    "iso_c5_162x229mm",
    "iso_c6_114x162mm",
    "na_index-4x6_4x6in",
    "na_5x7_5x7in",
    "na_index-3x5_3x5in",
    "jpn_hagaki_100x148mm",
)

LETTER_REGIONS = frozenset(  # countries whose offices use Letter: CLDR's paper size data, region US and those like it
    ("US", "CA", "MX", "BZ", "CL", "CO", "CR", "SV", "GT", "NI", "PA", "PH", "PR", "VE")
)


def size(name: str) -> Media:
    """Return the medium of a PWG 5101.1 self-describing name; raise ValueError when it carries no size."""
    match = DIMENSIONS.search(name)
    if match is None:
        raise ValueError(f"{name} is no PWG 5101.1 self-describing media name")
    unit = UNITS[match[3]]
    return Media(name, round(float(match[1]) * unit), round(float(match[2]) * unit))


def ordered(names: "Iterable[str]", letter_first: bool) -> "tuple[Media, ...]":
    """Return the media of `names`, Letter first where `letter_first`, else A4 first; the others keep their order."""
    first = "na_letter_8.5x11in" if letter_first else "iso_a4_210x297mm"
    return tuple(size(name) for name in sorted(names, key=lambda name: name != first))
