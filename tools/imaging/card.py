"""Partitions and the card that holds them, made without root and without loop mounts."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.imaging.tree import call

SECTOR, MIB = 512, 1024 * 1024
FIRST_MIB = 4  # of the first partition; before it lie the table and the sectors of the state
CARD_ID = 0xFEED0001
FIXED = "5eedfeed-0000-4000-8000-000000000001"  # what would be made up at random
BLOCK, MOST_GIB = 4096, 256  # of the data, which would else be laid out for the few MiB that it begins with
FAT32, LINUX = "c", "83"


def fat(path: Path, size_mib: int, label: str, files: Mapping[str, Path], time: int) -> None:
    """Make a FAT32 file system of files (name in it: where it is), the same one for the same files."""
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(size_mib * MIB)
    call(["mkfs.vfat", "-F", "32", "-n", label, "--invariant", path])
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(time), "MTOOLS_SKIP_CHECK": "1", "TZ": "UTC"}
    folders = sorted({str(parent) for name in files for parent in Path(name).parents} - {"."})
    if folders:
        call(["mmd", "-i", path, *(f"::{folder}" for folder in folders)], env=environment)
    for name, source in sorted(files.items()):
        os.utime(source, (time, time))
        call(["mcopy", "-m", "-i", path, source, f"::{name}"], env=environment)


def ext4(path: Path, size_mib: int, label: str, time: int) -> None:
    """Make an empty ext4 file system, the same one every time."""
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(size_mib * MIB)
    words = ["mke2fs", "-q", "-t", "ext4", "-b", str(BLOCK), "-m", "0", "-L", label, "-U", FIXED]
    words += ["-E", f"hash_seed={FIXED},root_owner=0:0,resize={MOST_GIB * 1024 * MIB // BLOCK}"]
    call([*words, path], env={**os.environ, "E2FSPROGS_FAKE_TIME": str(time)})


def card(path: Path, parts: "Sequence[tuple[str, int, Path]]") -> None:
    """Make a card of partitions (type, MiB, content), one behind the other, with holes where nothing is."""
    starts = [FIRST_MIB + sum(size for _, size, _ in parts[:index]) for index in range(len(parts) + 1)]
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(starts[-1] * MIB)
    rows = [f"start={start}MiB, size={size}MiB, type={type}" for start, (type, size, _) in zip(starts, parts)]
    call(["sfdisk", "--quiet", path], input="\n".join([f"label: dos\nlabel-id: {CARD_ID:#x}", *rows]) + "\n")
    for start, (_, _, content) in zip(starts, parts):
        words = ["dd", f"if={content}", f"of={path}", "bs=1M", f"seek={start}", "conv=notrunc,sparse", "status=none"]
        call(words)


def compress(path: Path, level: int) -> Path:
    """Return a copy packed by xz."""
    packed = path.with_name(path.name + ".xz")
    call(["xz", f"-{level}", "--threads=0", "--block-size=8MiB", "--keep", "--force", path])
    return packed
