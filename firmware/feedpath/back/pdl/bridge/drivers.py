"""The drivers that are installed here, by CUPS's ways to keep them, and which of them is for a machine.

A driver is a PPD file: in a folder, gzipped or not; in the answer of a program that is asked `list` and `cat`
(CUPS, driverd); or compiled by ppdc from a .drv file. The index keeps one line a driver, and is itself kept in a JSON
file: what has the same time and size is not read again.
"""

import gzip
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from feedpath.back.pdl.bridge import foomatic
from feedpath.back.pdl.bridge import ppd as ppds
from feedpath.back.pdl.bridge.ppd import Ppd
from feedpath.back.pdl.called import MAKES, fields, make
from feedpath.errors import WireError

PROGRAMS = "/usr/lib/cups/driver"
FOLDERS = ("/usr/share/ppd", "/usr/share/cups/model", "/usr/share/cups/drv")
COMPILER = "ppdc"
IN_THE_NETWORK = ("driverless", "driverless-fax")  # programs that look for printers, not for drivers
WITHIN_S = 60.0  # a program's answer: Gutenprint's list takes half a second, foomatic's archives ten on a small board
LIST_BYTES = 32 * 1024 * 1024
VERSION = 2  # of the file
RASTER_SCHEMES = ("gutenprint",)  # programs whose drivers take raster all of them, which their lists do not tell

LISTED = re.compile(r'"([^"]*)"\s+(\S+)\s+"([^"]*)"\s+"([^"]*)"\s+"([^"]*)"')
KINDS = (".ppd", ".ppd.gz", ".drv")


class Entry(NamedTuple):
    """A driver that is installed. uri: where it is; name: maker, model and driver; program: "?" where not known."""

    uri: str
    make: str
    name: str
    device_id: str
    language: str
    program: str


class Match(NamedTuple):
    """A driver for a machine. score: of 100; reason: a sentence that says why it is thought to fit."""

    entry: Entry
    score: int
    reason: str


# What follows a model in a driver's name: " - CUPS+Gutenprint v5.3.4", ", 2.0.0", " Foomatic/pxlmono (recommended)"
BEHIND_NAME = re.compile(r"(?:,| - | Foomatic/| \(recommended\)| hpijs| with ).*$", re.IGNORECASE)
SERIES = re.compile(r"\s*(?:series|printer)\s*$", re.IGNORECASE)

NEEDS_PLUGIN = "requires proprietary plugin"  # hpcups cannot print there without what HP does not let others pass on

GENERIC = (  # the language in CMD, in its order of preference: what a driver's name must say
    ("PCLXL", "generic pcl 6/pcl xl printer"),
    ("PCL6", "generic pcl 6/pcl xl printer"),
    ("PCL5C", "generic pcl 5c printer"),
    ("PCL5E", "generic pcl 5e printer"),
    ("PCL5", "generic pcl 5 printer"),
    ("PCL", "hp laserjet series pcl 4/5"),
    ("PCL3", "hp deskjet series"),
    ("ZPL", "zebra zpl label printer"),
    ("ZPLII", "zebra zpl label printer"),
    ("EPL2", "zebra epl2 label printer"),
    ("EPL", "zebra epl2 label printer"),
    ("CPCL", "zebra cpcl label printer"),
    ("PWGRASTER", "generic ipp everywhere printer"),
)  # fmt: skip

SAME_ID, SAME_MODEL, SAME_NAME, SAME_DESCRIPTION, SAME_LANGUAGE = 100, 90, 80, 70, 20
REASONS = {
    SAME_ID: "It names this very device id.",
    SAME_MODEL: "It names this maker and model.",
    SAME_NAME: "It is called after this model.",
    SAME_DESCRIPTION: "It is called after what the machine calls itself.",
}


def model(name: str, of: str) -> str:
    """Return a model's name in small letters and digits, without the maker `of` and words like series."""
    small = " ".join(name.lower().split())
    for maker in (of, *(alias for alias, known in MAKES.items() if known == of)):
        small = small.removeprefix(maker + " ")
    return re.sub(r"[^a-z0-9+]", "", SERIES.sub("", small))


class Index:
    """The drivers that are installed."""

    def __init__(self, entries: "Iterable[Entry]"):
        self.entries = tuple(sorted(entries))
        self._by_id: dict[tuple[str, str], list[Entry]] = {}
        self._by_name: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            told = fields(entry.device_id)
            maker = make(told.get("MFG", ""))
            if told.get("MDL"):
                self._by_id.setdefault((maker, model(told["MDL"], maker)), []).append(entry)
            maker = make(entry.make)
            self._by_name.setdefault((maker, model(BEHIND_NAME.sub("", entry.name), maker)), []).append(entry)

    def best(self, device_id: str) -> "Match | None":
        """Return the driver for a machine with this device id, None where none is likely to fit."""
        return next(iter(self.matches(device_id)), None)

    def matches(self, device_id: str) -> "list[Match]":
        """Return the drivers that may fit, the best first; the same for the same drivers and id."""
        told = fields(device_id)
        scores: dict[Entry, int] = {}
        for score, entries in self._candidates(told):
            for entry in entries:
                if entry.program and NEEDS_PLUGIN not in entry.name:
                    scores.setdefault(entry, score)
        found = [Match(entry, score, REASONS.get(score, "It speaks a language of the machine.")) for entry, score in
                 scores.items()]  # fmt: skip
        return sorted(found, key=_rank)

    def named(self, words: str) -> "list[Entry]":
        """Return the drivers whose names have all these words."""
        wanted = words.lower().split()
        return [entry for entry in self.entries if all(word in f"{entry.make} {entry.name}".lower() for word in wanted)]

    def _candidates(self, told: "dict[str, str]") -> "Iterator[tuple[int, list[Entry]]]":
        """Yield entries that may fit, with their scores, the highest first."""
        maker = make(told.get("MFG", ""))
        names = [told[key] for key in ("MDL", "DES") if told.get(key)]
        if "MDL" in told:
            same = self._by_id.get((maker, model(told["MDL"], maker)), [])
            yield SAME_ID, [entry for entry in same if fields(entry.device_id)["MDL"] == told["MDL"]]
            yield SAME_MODEL, same
        for score, name in zip((SAME_NAME, SAME_DESCRIPTION), names, strict=False):
            own = maker or make(name.partition(" ")[0])
            yield score, self._by_name.get((own, model(name, own)), [])
        spoken = {command.strip().upper().replace("-", "") for command in told.get("CMD", "").split(",")}
        for place, (language, name) in enumerate(GENERIC):
            if language in spoken:
                generic = [entry for entry in self.entries if BEHIND_NAME.sub("", entry.name).lower() == name]
                yield SAME_LANGUAGE - place, generic


def _rank(match: Match) -> "tuple[object, ...]":
    """Return what matches are sorted by: score, then how the driver is praised, then English, then its name."""
    entry = match.entry
    name = entry.name.lower()
    kind = 0 if "recommended" in name else 1 if "simplified" in name else 3 if "/expert" in entry.uri else 2
    return -match.score, entry.program == "?", kind, not entry.language.lower().startswith("en"), entry.uri


def index(cache: "Path | None", programs: str = PROGRAMS, folders: "tuple[str, ...]" = FOLDERS) -> Index:
    """Return the drivers that are installed; `cache` is read first, and written when something has changed."""
    kept = _kept(cache)
    sources: dict[str, tuple[str, list[Entry]]] = {}
    for path in _sources(programs, folders):
        stamp = _stamp(path)
        if stamp and kept.get(str(path), ("", []))[0] == stamp:
            sources[str(path)] = kept[str(path)]
        elif stamp:
            sources[str(path)] = (stamp, list(_read(path)))
    if cache is not None and sources != kept:
        _keep(cache, sources)
    return Index(entry for _, entries in sources.values() for entry in entries)


def choose(known: Index, device_id: str, programs: str = PROGRAMS) -> "tuple[Match, Ppd] | None":
    """Return the best driver that is really there, as is its program, and takes raster; None where there is none.

    One that knows the model goes before an encoder for its colours.
    """
    second = None
    for match in known.matches(device_id):
        if second is not None and match.score < SAME_DESCRIPTION:
            break
        try:
            driver = _with_program(load(match.entry, programs))
        except WireError:
            continue
        if not foomatic.is_second_best(driver):
            return match, driver
        second = second or (match, driver)
    return second


def ready(uri: str, programs: str = PROGRAMS) -> "tuple[Entry, Ppd]":
    """Return the driver at `uri` that pages can be printed by; raise WireError where it or its program is gone."""
    driver = _with_program(load(Entry(uri, "", uri, "", "", ""), programs))
    return entry_of(uri, driver), driver


def _with_program(driver: Ppd) -> Ppd:
    """Return a driver whose program is there; raise WireError for any other."""
    from feedpath.back.pdl.bridge import cupsdriver  # loads what runs programs
    from feedpath.back.pdl.bridge.filters import FilterFailed, Host

    try:
        cupsdriver.program(driver, Host())
    except FilterFailed as failed:
        raise WireError(str(failed)) from failed
    return driver


def load(entry: Entry, programs: str = PROGRAMS) -> Ppd:
    """Return the PPD of a driver, taking raster where that can be; raise WireError where it is gone or broken."""
    return foomatic.adapted(_load(entry, programs))


def _load(entry: Entry, programs: str) -> Ppd:
    scheme, _, place = entry.uri.partition("://")
    if scheme == "file":
        return ppds.read(_unpacked(Path(place)))
    if scheme == "drv":
        source, _, file = place.partition("#")
        compiled = dict(_compiled(Path(source)))
        if file not in compiled:
            raise WireError(f"The driver {entry.name} is gone from {source}.")
        return ppds.read(compiled[file])
    name = os.path.basename(entry.uri.partition(":")[0])  # a program's drivers begin with its own name
    return ppds.read(_answer([f"{programs}/{name}", "cat", entry.uri], ppds.TEXT_BYTES))


def _sources(programs: str, folders: "tuple[str, ...]") -> "list[Path]":
    """Return the programs and files that have drivers."""
    asked = [path for path in _files(programs) if os.access(path, os.X_OK) and path.name not in IN_THE_NETWORK]
    return asked + [path for folder in folders for path in _files(folder) if path.name.lower().endswith(KINDS)]


def _files(folder: str) -> "list[Path]":
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


def _stamp(path: Path) -> str:
    """Return what changes when a file does, "" when it is gone."""
    try:
        about = path.stat()
    except OSError:
        return ""
    return f"{about.st_mtime_ns}-{about.st_size}"


def _read(path: Path) -> "Iterator[Entry]":
    """Yield the drivers in a source; none where it is broken, which concerns the other drivers nothing."""
    try:
        if path.name.lower().endswith(".drv"):
            for file, text in _compiled(path):
                yield entry_of(f"drv://{path}#{file}", ppds.read(text))
        elif path.name.lower().endswith(KINDS):
            yield entry_of(f"file://{path}", foomatic.adapted(ppds.read(_unpacked(path))))
        else:
            yield from listed(_answer([str(path), "list"], LIST_BYTES).decode("utf-8", "replace"))
    except WireError:
        return


def entry_of(uri: str, driver: Ppd) -> Entry:
    """Return the index's line for a PPD."""
    language = driver.attribute("LanguageVersion")
    program = driver.raster_filter
    return Entry(uri, driver.attribute("Manufacturer"), driver.name, driver.attribute("1284DeviceID"), language,
                 "" if program == "-" else program)  # fmt: skip


def listed(text: str) -> "Iterator[Entry]":
    """Yield the drivers in a program's list: "uri" language "maker" "name" "device id" (CUPS, driverd)."""
    for line in text.splitlines():
        match = LISTED.match(line)
        if match:
            uri, language, maker, name, device_id = match.groups()
            scheme = uri.partition(":")[0]
            program = f"rasterto{scheme}" if scheme.startswith(RASTER_SCHEMES) else "?"
            yield Entry(uri, maker, name, device_id, language, program)


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            return file.read(ppds.TEXT_BYTES + 1)
    except (OSError, EOFError) as error:
        raise WireError(f"The driver {path} cannot be read: {error}.") from error


def _compiled(path: Path) -> "Iterator[tuple[str, bytes]]":
    """Yield the PPD files that a .drv file makes, with their names."""
    with tempfile.TemporaryDirectory(prefix="drivers-") as folder:
        _answer([COMPILER, "-d", folder, str(path)], LIST_BYTES)
        for file in _files(folder):
            yield file.name, file.read_bytes()[: ppds.TEXT_BYTES + 1]


def _answer(words: "list[str]", most: int) -> bytes:
    """Return what a program writes; raise WireError where it fails, or writes more than `most` bytes."""
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "CUPS_DATADIR": "/usr/share/cups"}
    with tempfile.TemporaryFile() as written:
        try:
            done = subprocess.run(
                words, stdin=subprocess.DEVNULL, stdout=written, stderr=subprocess.DEVNULL, env=environment,
                timeout=WITHIN_S, check=False, start_new_session=True,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise WireError(f"{words[0]} does not answer: {error}.") from error
        size = written.seek(0, os.SEEK_END)
        if done.returncode or size > most:
            raise WireError(f"{' '.join(words)} exited with {done.returncode} and wrote {size} bytes.")
        written.seek(0)
        return written.read()


def _kept(cache: "Path | None") -> "dict[str, tuple[str, list[Entry]]]":
    """Return what the file knows: stamp and drivers of each source; nothing where it is broken or of another time."""
    if cache is None:
        return {}
    try:
        known = json.loads(cache.read_bytes())
        if known["version"] != VERSION:
            return {}
        return {
            path: (str(stamp), [Entry(*map(str, entry)) for entry in entries])
            for path, (stamp, entries) in known["sources"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _keep(cache: Path, sources: "dict[str, tuple[str, list[Entry]]]") -> None:
    """Write the file; without it the next start takes some seconds longer, so that trouble is no error."""
    fresh = cache.with_suffix(".new")
    try:
        fresh.write_text(json.dumps({"version": VERSION, "sources": sources}))
        os.replace(fresh, cache)
    except OSError:
        fresh.unlink(missing_ok=True)
