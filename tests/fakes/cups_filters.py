"""PCL 5 as Debian's filters write it, to which pages are handed as cupsd does."""

import os
import struct
import subprocess
from pathlib import Path

from tests.fakes.netns import WATCHDOG_S

FILTERS = Path("/usr/lib/cups/filter")  # packages cups and cups-filters
SAMPLE = "/usr/share/cups/drv/sample.drv"
DPI = 600
SYNC, HEADER_BYTES = b"3SaR", 1796  # CUPS raster version 3, little-endian, rows as they are (cups/raster.h)
COPIES, DUPLEX, TUMBLE, POSITION = 340, 272, 368, 324  # places in the header
RESOLUTION, PAGE_SIZE, BITMAP, DEPTH, COMPRESSION = 276, 352, 372, 384, 404
BLACK, RGB = 3, 1  # CUPS_CSPACE_K, CUPS_CSPACE_RGB
COMPRESSED = [("rastertohp", 1), ("rastertohp", 2), ("rastertopclx", 1), ("rastertopclx", 2), ("rastertopclx", 3)]


def laser(folder: Path) -> Path:
    """Return a PPD file for rastertohp, made in the folder."""
    subprocess.run(["ppdc", "-d", str(folder), SAMPLE], check=True, capture_output=True, timeout=WATCHDOG_S)
    return folder / "laserjet.ppd"


def header(width: int, height: int, compression: int, color: bool, places: "dict[int, int]") -> bytes:
    """Return a page header of CUPS raster."""
    bits = 24 if color else 1
    fields: "dict[int, tuple[int, ...]]" = {
        RESOLUTION: (DPI, DPI),
        COPIES: (1,),
        PAGE_SIZE: (595, 842),
        BITMAP: (width, height),
        DEPTH: (8 if color else 1, bits, (width * bits + 7) // 8, 0, RGB if color else BLACK),
        COMPRESSION: (compression,),
        **{place: (value,) for place, value in places.items()},
    }
    data = bytearray(HEADER_BYTES)
    for place, values in fields.items():
        struct.pack_into(f"<{len(values)}I", data, place, *values)
    return bytes(data)


def filtered(name: str, raster: bytes, ppd: "Path | None") -> bytes:
    """Return what a filter of Debian writes for a stream of CUPS raster."""
    environment = {key: value for key, value in os.environ.items() if key != "PPD"} | {"CHARSET": "utf-8", "LANG": "C"}
    if ppd is not None:
        environment["PPD"] = str(ppd)
    command = [str(FILTERS / name), "1", "somebody", "title", "1", ""]
    done = subprocess.run(command, input=raster, env=environment, check=False, capture_output=True, timeout=WATCHDOG_S)
    assert done.returncode == 0, done.stderr[-1000:]
    return done.stdout


def theirs(
    name: str,
    rows: "list[bytes]",
    width: int,
    compression: int,
    ppd: Path,
    color: bool = False,
    asked: "dict[int, int] | None" = None,
) -> bytes:
    """Return a page as a filter writes it: rastertohp by its PPD, rastertopclx as it does without one."""
    about = header(width, len(rows), compression, color, asked or {})
    return filtered(name, SYNC + about + b"".join(rows), ppd if name == "rastertohp" else None)
