"""Partitions and the card that holds them, made without root and without loop mounts."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.imaging.bmap import Region
from tools.imaging.tree import call

SECTOR, MIB = 512, 1024 * 1024
FIRST_MIB = 4  # of the first partition; before it lie the table and the sectors of the state
CARD_ID = 0xFEED0001
FIXED = "5eedfeed-0000-4000-8000-000000000001"  # what would be made up at random
BLOCK, MOST_GIB = 4096, 256  # of the data, which would else be laid out for the few MiB that it begins with
FAT32, LINUX = "c", "83"
FAT_OVERHEAD_MIB = 2  # of a slot: its tables, and what clusters leave unused
FEATURES = (  # of ext4: named, for each release of e2fsprogs has others in mind
    "none", "has_journal", "ext_attr", "resize_inode", "dir_index", "filetype", "extent", "64bit", "flex_bg",
    "sparse_super", "large_file", "huge_file", "dir_nlink", "extra_isize", "metadata_csum",
)  # fmt: skip
EXTENDED = (
    f"hash_seed={FIXED},root_owner=0:0,lazy_itable_init=1,lazy_journal_init=0,resize={MOST_GIB * 1024 * MIB // BLOCK}"
)


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
    words = ["mke2fs", "-q", "-t", "ext4", "-O", ",".join(FEATURES), "-b", str(BLOCK), "-I", "256", "-i", "16384"]
    words += ["-m", "0", "-L", label, "-U", FIXED, "-E", EXTENDED]
    call([*words, path], env={**os.environ, "E2FSPROGS_FAKE_TIME": str(time), "SOURCE_DATE_EPOCH": str(time)})


def card(path: Path, parts: "Sequence[tuple[str, int, Path]]") -> list[Region]:
    """Make a card of partitions (type, MiB, content), one behind the other; return its regions."""
    starts = [FIRST_MIB + sum(size for _, size, _ in parts[:index]) for index in range(len(parts) + 1)]
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(starts[-1] * MIB)
    rows = [f"start={start}MiB, size={size}MiB, type={type}" for start, (type, size, _) in zip(starts, parts)]
    call(["sfdisk", "--quiet", path], input="\n".join([f"label: dos\nlabel-id: {CARD_ID:#x}", *rows]) + "\n")
    for start, (_, _, content) in zip(starts, parts):
        words = ["dd", f"if={content}", f"of={path}", "bs=1M", f"seek={start}", "conv=notrunc,sparse", "status=none"]
        call(words)
    kinds = zip(starts, parts)
    rest = [Region(start * MIB, size * MIB, packed=type == FAT32) for start, (type, size, _) in kinds]
    return [Region(0, FIRST_MIB * MIB, packed=False), *rest]
