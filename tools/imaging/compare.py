"""Where two cards differ: which partition, which file in it, which file in its root."""

import subprocess
import tempfile
from pathlib import Path

from tools.imaging.card import SECTOR
from tools.imaging.tree import call
from tools.trouble import Trouble

PROGRAMS = {"mcopy": "mtools", "unsquashfs": "squashfs-tools", "xz": "xz-utils"}
TABLE, ENTRY, ENTRIES = 446, 16, 4  # of a card's first sector
ROOT = "root.squashfs"
SHOWN = 20
CHUNK = 1 << 20


def differences(one: Path, other: Path) -> list[str]:
    """Return sentences that say where two cards differ, none where they are the same; .xz is unpacked."""
    with tempfile.TemporaryDirectory() as scratch:
        cards = [_unpacked(path, Path(scratch) / side) for path, side in ((one, "one.img"), (other, "other.img"))]
        if _same(cards[0], cards[1]):
            return []
        parts = [partitions(card) for card in cards]
        if parts[0] != parts[1]:
            return [f"the partitions differ: {parts[0]} and {parts[1]}"]
        found = [text for number, (start, size) in enumerate(parts[0], 1)
                 for text in _in_partition(cards, number, start, size, Path(scratch))]  # fmt: skip
        return found or ["bytes outside of the partitions differ"]


def partitions(card: Path) -> "list[tuple[int, int]]":
    """Return where a card's partitions begin and how long they are, in bytes."""
    with card.open("rb") as file:
        table = file.read(SECTOR)[TABLE : TABLE + ENTRY * ENTRIES]
    rows = [table[start : start + ENTRY] for start in range(0, len(table), ENTRY)]
    return [(int.from_bytes(row[8:12], "little") * SECTOR, int.from_bytes(row[12:], "little") * SECTOR) for row in rows]


def _in_partition(cards: list[Path], number: int, start: int, size: int, scratch: Path) -> list[str]:
    if _same(cards[0], cards[1], start, size):
        return []
    folders = [scratch / f"{number}-{side}" for side in ("one", "other")]
    for card, folder in zip(cards, folders):
        folder.mkdir()
        try:
            call(["mcopy", "-s", "-m", "-n", "-i", f"{card}@@{start}", "::*", folder])
        except Trouble:
            return [f"partition {number} differs"]
    found = _in_folders(folders, f"partition {number}: ")
    if ROOT in "".join(found):
        found += _in_roots([folder / ROOT for folder in folders], scratch / f"{number}-root", f"partition {number}: ")
    return found or [f"partition {number} differs, in times or in places"]


def _in_folders(folders: list[Path], prefix: str) -> list[str]:
    found = [(path, folder) for folder in folders for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
    paths = sorted({str(path.relative_to(folder)) for path, folder in found})
    differ = [path for path in paths if not _alike(folders[0] / path, folders[1] / path)]
    more = [f"{prefix}... and {len(differ) - SHOWN} more"] if len(differ) > SHOWN else []
    return [f"{prefix}{path} differs" for path in differ[:SHOWN]] + more


def _in_roots(roots: list[Path], scratch: Path, prefix: str) -> list[str]:
    lists = [call(["unsquashfs", "-lln", root]).splitlines() for root in roots]
    ours = [line for line in lists[0] if line not in set(lists[1])][:SHOWN]
    folders = [scratch.with_name(f"{scratch.name}-{side}") for side in ("one", "other")]
    for root, folder in zip(roots, folders):
        words = ["unsquashfs", "-quiet", "-no-progress", "-no-xattrs", "-dest", str(folder), str(root)]
        subprocess.run(words, capture_output=True, check=False)  # it fails at owners, which only root can give
    return [f"{prefix}only in the first: {line}" for line in ours] + _in_folders(folders, f"{prefix}{ROOT}: ")


def _alike(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    return one.exists() and other.exists() and _same(one, other)


def _same(one: Path, other: Path, start: int = 0, size: "int | None" = None) -> bool:
    """Return whether `size` bytes from `start` are the same; all that follows where none is given."""
    with one.open("rb") as first, other.open("rb") as second:
        first.seek(start)
        second.seek(start)
        while size is None or size > 0:
            wanted = CHUNK if size is None else min(CHUNK, size)
            ours, theirs = first.read(wanted), second.read(wanted)
            if ours != theirs:
                return False
            if not ours:
                return True
            size = None if size is None else size - wanted
    return True


def _unpacked(card: Path, to: Path) -> Path:
    if not card.exists():
        raise Trouble(f"{card} is not there")
    if card.suffix != ".xz":
        return card
    call(["xz", "--decompress", "--stdout", card], output=to)
    return to
