"""Grows /data to the end of the card: the partition's row in the table, the kernel's notion of it, the file system.

`python -m feedpath.host.growth` does at each start what is left to do, so a power cut at any moment costs nothing.
The table is that of a PC (UEFI Specification 2.10, 5.2.1), of whose sector one write changes a single row.
"""

import ctypes
import fcntl
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import IO, NamedTuple

SECTOR_BYTES = 512
ALIGNED = 2048  # sectors: 1 MiB
TABLE_AT, SIGNATURE_AT, SIGNATURE = 446, 510, b"\x55\xaa"
ROW = struct.Struct("<B3sB3sII")  # boot, first by cylinder, type, last by cylinder, first sector, sectors
MOST_SECTORS = 0xFFFFFFFF - ALIGNED
LINUX, BEYOND = 0x83, b"\xfe\xff\xff"  # of cylinders: farther than they count
SUPERBLOCK_AT, MAGIC = 1024, 0xEF53  # Linux' Documentation/filesystems/ext4/super.rst
BLKPG, RESIZE_PARTITION = 0x1269, 3  # linux/blkpg.h
BLKPG_HEAD, BLKPG_PARTITION = struct.Struct("@iiiP"), struct.Struct("@qqi64s64s4x")
RESIZE_S = 600
DATA = "/data"
BLOCKS = Path("/sys/class/block")


class Part(NamedTuple):
    """The partition of /data, in sectors; of the table, and as the kernel knows it. disk: its size."""

    number: int
    start: int
    sectors: int
    disk: int


def wanted(part: Part) -> int:
    """Return how many sectors the partition may have."""
    return max(part.sectors, min((part.disk - part.start) // ALIGNED * ALIGNED, MOST_SECTORS))


def grow_row(card: "IO[bytes]", part: Part) -> bool:
    """Write the partition's larger size into the table; return whether that had to be. Raise ValueError: not ours."""
    card.seek(0)
    table = bytearray(card.read(SECTOR_BYTES))
    at = TABLE_AT + (part.number - 1) * ROW.size
    boot, first, kind, _, start, sectors = ROW.unpack_from(table, at)
    if table[SIGNATURE_AT:] != SIGNATURE or (kind, start) != (LINUX, part.start):
        raise ValueError(f"the card's table has another partition {part.number} than the one in use")
    if sectors >= wanted(part):
        return False
    ROW.pack_into(table, at, boot, first, kind, BEYOND, start, wanted(part))
    card.seek(0)
    card.write(table)
    card.flush()
    os.fsync(card.fileno())
    return True


def grow_partition(card: "IO[bytes]", part: Part) -> bool:
    """Have the kernel know the partition's larger size; return whether it did not. Raise OSError."""
    if part.sectors >= wanted(part):
        return False
    size = wanted(part) * SECTOR_BYTES
    told = BLKPG_PARTITION.pack(part.start * SECTOR_BYTES, size, part.number, b"", b"")
    memory = ctypes.create_string_buffer(told, len(told))
    fcntl.ioctl(card, BLKPG, BLKPG_HEAD.pack(RESIZE_PARTITION, 0, len(told), ctypes.addressof(memory)))
    return True


def filled(partition: "IO[bytes]") -> int:
    """Return how many bytes of a partition its ext4 file system takes; raise ValueError where there is none."""
    partition.seek(SUPERBLOCK_AT)
    block = partition.read(1024)
    (magic,) = struct.unpack_from("<H", block, 0x38)
    if magic != MAGIC:
        raise ValueError("there is no ext4 file system")
    (low,), (high,), (shift,) = (struct.unpack_from("<I", block, at) for at in (0x04, 0x150, 0x18))
    return int((high << 32 | low) << (10 + shift))


def data_partition(mounts: "list[str]") -> str:
    """Return the name of the block device that /data is on, by the lines of /proc/mounts; raise LookupError."""
    for line in mounts:
        device, place, *_ = line.split(" ")
        if place == DATA:
            return Path(device).name
    raise LookupError(f"{DATA} is no file system of its own")


def part_of(name: str, blocks: Path = BLOCKS) -> "tuple[str, Part]":
    """Return the card's name, and its partition of this name; raise OSError or ValueError."""
    folder = (blocks / name).resolve()
    numbers = (folder / "partition", folder / "start", folder / "size", folder.parent / "size")
    return folder.parent.name, Part(*(int(path.read_text()) for path in numbers))


def grow() -> "list[str]":
    """Do what is left to do; return that in words. Raise OSError, ValueError, LookupError, SubprocessError."""
    name = data_partition(Path("/proc/self/mounts").read_text().splitlines())
    disk, part = part_of(name)
    done = []
    with open(f"/dev/{disk}", "r+b", buffering=0) as card:
        if grow_row(card, part):
            done.append("table")
        if grow_partition(card, part):
            done.append("partition")
    with open(f"/dev/{name}", "rb", buffering=0) as partition:
        left = wanted(part) * SECTOR_BYTES - filled(partition)
    if left >= ALIGNED * SECTOR_BYTES:
        subprocess.run(["/usr/sbin/resize2fs", f"/dev/{name}"], check=True, timeout=RESIZE_S)
        done.append("file system")
    return done


def main() -> int:
    """Do it; return the exit status."""
    try:
        done = grow()
    except (LookupError, ValueError, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"{DATA} stays as large as it is: {error}\n")
        return 1
    sys.stdout.write(f"{DATA} is grown: {', '.join(done)}\n" if done else f"{DATA} fills the card\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
