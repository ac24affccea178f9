"""Whether each program and library of a root finds there the libraries that it names (System V ABI, chapter 5)."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.imaging.tree import Tree
from tools.trouble import Trouble

MAGIC = b"\x7fELF\x02\x01"  # 64 bits, little-endian
HEADER = struct.Struct("<16xHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
ENTRY = struct.Struct("<qQ")
ARM64 = 183
LOAD, DYNAMIC = 1, 2  # types of segments
NULL, NEEDED, STRINGS, RPATH, RUNPATH = 0, 1, 5, 15, 29  # tags of entries
PLACES = ("usr/lib/aarch64-linux-gnu", "usr/lib")
SHOWN = 20  # of what is missing


class Object(NamedTuple):
    """What an object says of others. paths: where it looks first."""

    needed: list[str]
    paths: list[str]


def check(tree: Tree) -> None:
    """Raise Trouble that names what is missing, and who misses it."""
    paths = {path for path in tree.paths() if not (tree.folder / path).is_dir()}
    missing = []
    for path in sorted(paths):
        target = tree.folder / path
        if not target.is_symlink() and (found := read(target)):
            missing += [f"{path} needs {name}" for name in found.needed if not _there(paths, path, name, found.paths)]
    if missing:
        more = [f"... and {len(missing) - SHOWN} more"] if len(missing) > SHOWN else []
        raise Trouble("the root lacks libraries:\n  " + "\n  ".join([*missing[:SHOWN], *more]))


def read(path: Path) -> "Object | None":
    """Return what a file names when it is an object for the device that is linked with others, else None."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return None
        file.seek(0)
        content = file.read()
    _, machine, _, _, position, *_, size, count, _, _, _ = HEADER.unpack_from(content)
    if machine != ARM64:
        return None
    rows = [SEGMENT.unpack_from(content, position + index * size) for index in range(count)]
    dynamic = next((row for row in rows if row[0] == DYNAMIC), None)
    if dynamic is None:
        return None
    entries = list(_entries(content, dynamic[2], dynamic[5]))
    strings = next(value for tag, value in entries if tag == STRINGS)
    base = next(row[2] - row[3] for row in rows if row[0] == LOAD and row[3] <= strings < row[3] + row[6]) + strings

    def told(*tags: int) -> list[str]:
        return [content[base + at : content.index(0, base + at)].decode() for tag, at in entries if tag in tags]

    return Object(told(NEEDED), [place for text in told(RPATH, RUNPATH) for place in text.split(":")])


def _entries(content: bytes, position: int, size: int) -> Iterator[tuple[int, int]]:
    for tag, value in ENTRY.iter_unpack(content[position : position + size - size % ENTRY.size]):
        if tag == NULL:
            return
        yield tag, value


def _there(paths: "set[str]", path: str, name: str, first: list[str]) -> bool:
    home = "/" + path.rpartition("/")[0]
    places = [place.replace("$ORIGIN", home).replace("${ORIGIN}", home) for place in first]
    return any(_normal(f"{place}/{name}") in paths for place in (*places, *PLACES, home))


def _normal(path: str) -> str:
    """Return a path below the root without dots, and as it is with merged /usr."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(["usr", *parts] if parts[:1] == ["lib"] else parts)
