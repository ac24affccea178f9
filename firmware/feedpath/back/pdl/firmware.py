"""Firmware that machines forget when they are switched off: which waits for which file, and where files are kept.

The files are the makers' own and not free, so a person gives each once. HP's downloads come in two wrappings, and as
images that are wrapped here as foo2zjs's arm2hpdl does it: for ACL, what begins with its date; else an ARM program.
"""

import array
import logging
import re
import sys
import zlib
from pathlib import Path
from typing import NamedTuple

from feedpath.errors import WireError

FOLDERS = ("/lib/firmware/hp", "/usr/share/foo2zjs/firmware", "/usr/share/hplip/data/firmware")
LEAST_BYTES, MOST_BYTES = 1024, 8 * 1024 * 1024  # the largest that is known has some hundred thousand
LOADED = "FWVER"  # in the device id once it runs: foo2zjs, hplj1000

UEL = b"\x1b%-12345X"
ACL = UEL + b"@PJL ENTER LANGUAGE=ACL\r\n"
ACL_MAGIC = b"\x00\xac\xc0\xde"
FILE_MAGIC, SECTION_MAGIC = b"\xbe\xefABCDEFGH", b"\xc0\xdeABCDEFGH"
ELF = b"\x7fELF"
DATE = re.compile(rb"20\d{6}")
MAKER = re.compile(r"(?:^|;)\s*(?:MFG|MANUFACTURER):\s*(?:hp|hewlett[- ]packard)\s*(?:;|$)", re.IGNORECASE)
MODEL = re.compile(r"(?:^|;)\s*(?:MDL|MODEL):([^;]*)", re.IGNORECASE)
GZIP, GZIP_ONLY = b"\x1f\x8b", 16  # how such a file begins; zlib's word for its header
LENGTH_BYTES = 4

logger = logging.getLogger(__name__)


class Firmware(NamedTuple):
    """What a machine must be sent after each power-on. file: its name as foo2zjs has it; others: as HPLIP has."""

    model: str
    file: str
    others: "tuple[str, ...]"

    @property
    def names(self) -> "tuple[str, ...]":
        """Return all names that its file goes by."""
        return (self.file, *self.others)


SOURCE = "foo2zjs, hplj1000 and getweb; HPLIP, base/device.py, downloadFirmware"
FIRMWARE = {  # model in small letters and digits: row
    model.lower(): Firmware(
        f"HP LaserJet {model}", f"sihp{file}.dl", tuple(f"hp_laserjet_{name.lower()}.fw{end}" for end in ("", ".gz"))
    )
    for model, file, name in (
        ("1000", "1000", "1000"), ("1005", "1005", "1005_series"), ("1018", "1018", "1018"), ("1020", "1020", "1020"),
        ("P1005", "P1005", "P1005"), ("P1006", "P1006", "P1006"), ("P1007", "P1005", "P1007"),
        ("P1008", "P1006", "P1008"), ("P1505", "P1505", "P1505"), ("P1505n", "P1505n", "P1505n"),
    )
}  # fmt: skip


def wanted(device_id: str) -> "Firmware | None":
    """Return what firmware a machine with this device id waits for, None when it waits for none."""
    model = MODEL.search(device_id)
    if LOADED in device_id or not MAKER.search(device_id) or model is None:
        return None
    return named(model[1])


def named(model: str) -> "Firmware | None":
    """Return the firmware of a model as people, device ids and names of files call it."""
    match = re.fullmatch(r"(?:hp\s+)?(?:laserjet\s+)?(p?\d{4}n?)(?:\s+plus)?(?:\s+series)?", model.strip().lower())
    return FIRMWARE.get(match[1]) if match else None


def of_file(name: str) -> "list[Firmware]":
    """Return the rows whose files go by a name; an image by that of the download that is made of it."""
    known = name.lower().removesuffix(".gz").replace(".img", ".dl")
    return [row for row in FIRMWARE.values() if known in (each.lower() for each in row.names)]


def download(source: bytes) -> bytes:
    """Return what a machine is sent, of a file as makers and others have it; raise WireError when it is none."""
    if source.startswith(GZIP):
        source = _unpacked(source)
    if not LEAST_BYTES <= len(source) <= MOST_BYTES:
        raise WireError(f"The file has {len(source)} bytes; firmware has {LEAST_BYTES} to {MOST_BYTES}.")
    if source.startswith(ELF):
        return _program(source)
    if DATE.match(source):
        return ACL + ACL_MAGIC + (len(source) - 8).to_bytes(4, "big") + source + UEL
    _check(source)
    return source


def _unpacked(source: bytes) -> bytes:
    unpack = zlib.decompressobj(zlib.MAX_WBITS | GZIP_ONLY)
    try:
        unpacked = unpack.decompress(source, MOST_BYTES + 1)
    except zlib.error as error:
        raise WireError(f"The file cannot be unpacked: {error}.") from error
    if not unpack.eof and len(unpacked) <= MOST_BYTES:
        raise WireError("The packed file is cut off.")
    return unpacked


def _program(source: bytes) -> bytes:
    """Return an ARM program with header, length and checksum."""
    if len(source) % 2:
        raise WireError(f"The image has {len(source)} bytes; its checksum wants an even number of them.")
    section = SECTION_MAGIC + bytes(2) + source
    words = array.array("H", section)
    if sys.byteorder == "big":
        words.byteswap()
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    trailer = b"\xff\xff" + (total ^ 0xFFFF).to_bytes(2, "little")
    return FILE_MAGIC + (len(section) + len(trailer)).to_bytes(4, "big") + bytes(3) + section + trailer


def _check(source: bytes) -> None:
    """Raise WireError unless the file begins like a download and is as long as it tells."""
    magic = next((magic for magic in (ACL + ACL_MAGIC, FILE_MAGIC) if source.startswith(magic)), None)
    if magic is None:
        raise WireError(
            "The file is no firmware of an HP LaserJet: it begins neither like a download (.dl, .fw) nor like an image "
            "(.img) of one."
        )
    behind = len(magic) + LENGTH_BYTES
    told, there = int.from_bytes(source[len(magic) : behind], "big"), len(source) - behind
    if told > there:
        raise WireError(f"The file is cut off: it tells of {told} bytes, of which {there} are there.")


class Files:
    """The files that are here: in `folder`, where `add` keeps them, and where other drivers have theirs."""

    def __init__(self, folder: Path, others: "tuple[str, ...]" = FOLDERS):
        self._folder = folder
        self._others = others

    def find(self, row: Firmware) -> "Path | None":
        """Return where the file for a machine is, None where nobody has given it."""
        places = [self._folder / row.file, *(Path(folder, name) for folder in self._others for name in row.names)]
        return next((place for place in places if place.is_file()), None)

    def add(self, path: Path, row: Firmware) -> Path:
        """Keep a file for the machines of a row; return where; raise WireError when it is none, OSError."""
        content = download(_read(path))
        self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        kept = self._folder / row.file
        fresh = kept.with_name(kept.name + ".new")
        fresh.write_bytes(content)
        fresh.chmod(0o644)  # who gives it may be another user than feedpath's, who reads it
        fresh.replace(kept)
        return kept

    def prologue(self, device_id: str) -> "Waiting | None":
        """Return what a machine with this device id waits for, None when for nothing."""
        row = wanted(device_id)
        return None if row is None else Waiting(self, row)


class Waiting:
    """The Prologue of a machine that waits for its firmware."""

    def __init__(self, files: Files, row: Firmware):
        self._files = files
        self._row = row
        self._known: "tuple[object, ...]" = ()  # which file was read last, and what it held
        self._content = b""

    def read(self) -> bytes:
        """Return what is to be sent, b"" while there is no file that can be; look anew each time."""
        path = self._files.find(self._row)
        try:
            about = path.stat() if path else None
            known = (path, about.st_mtime_ns, about.st_size) if about else ()
            if known != self._known:
                self._known, self._content = known, b""
                self._content = download(_read(path)) if path else b""
        except (OSError, WireError) as error:
            logger.error("the firmware in %s cannot be used: %s", path, error)
        return self._content

    def runs(self, device_id: str) -> bool:
        """Return whether a machine that tells this device id runs its firmware."""
        return LOADED in device_id


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
