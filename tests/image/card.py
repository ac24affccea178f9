"""A card as the Raspberry Pi's firmware reads it: which slot autoboot.txt names, and what lies in there."""

import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

SECTOR = 512
TABLE, ENTRIES = 446, 4  # of a master boot record
ENTRY = struct.Struct("<8xII")  # first sector, sectors
STATES = (2048, 4096)  # sectors that tell of the slots
FIRST, SLOTS = 1, (2, 3)  # partitions


class Start(NamedTuple):
    """What the firmware loads: files, and the words that it gives to the kernel."""

    slot: int
    kernel: Path
    initrd: Path
    words: str


class State(NamedTuple):
    """What the card remembers of its slots."""

    serial: int
    active: int
    tries: int
    good: int


class Card:
    """A copy of an image, in a file of its own that is gone after `remove`."""

    def __init__(self, image: Path, path: Path):
        self.path = path
        subprocess.run(["cp", "--sparse=always", image, path], check=True)
        table = self._read(TABLE, ENTRIES * 16)
        self._parts = [ENTRY.unpack_from(table, 16 * number) for number in range(ENTRIES)]

    def remove(self) -> None:
        """Make room."""
        self.path.unlink()

    def start(self, folder: Path) -> Start:
        """Copy what is to be started to a folder that is for that alone."""
        slot = self.slot()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        config = self.text(slot, "config.txt")
        kernel, initrd = _told(r"kernel=(\S+)", config), _told(r"initramfs (\S+)", config)
        for name in (kernel, initrd):
            self._mtool("mcopy", slot, f"::{name}", str(folder / name))
        return Start(slot, folder / kernel, folder / initrd, self.text(slot, "cmdline.txt").strip())

    def slot(self) -> int:
        """Return the partition that autoboot.txt names."""
        return int(_told(r"boot_partition=(\d)", self.text(FIRST, "autoboot.txt")))

    def text(self, partition: int, name: str) -> str:
        """Return a file of a FAT partition."""
        return self._mtool("mtype", partition, f"::{name}")

    def put(self, partition: int, file: Path) -> None:
        """Add a file to a FAT partition."""
        self._mtool("mcopy", partition, str(file), f"::{file.name}")

    def state(self) -> "State | None":
        """Return the newest record of the slots; None before the first start."""
        records = [self._read(sector * SECTOR, SECTOR).partition(b"\n")[0].split() for sector in STATES]
        states = [State(*map(int, words[1:5])) for words in records if words[:1] == [b"feedpath"]]
        return max(states, default=None)

    def overwrite(self, partition: int, name: str) -> None:
        """Let a file of a FAT partition hold nothing but zeros, in its place."""
        runs = re.findall(r"<(\d+)(?:-(\d+))?>", self._mtool("mshowfat", partition, f"::{name}"))
        assert runs, f"{name} has no clusters"
        boot = self._read(self._offset(partition), SECTOR)
        per_cluster, reserved, fats = struct.unpack_from("<BHB", boot, 13)
        (sectors,) = struct.unpack_from("<I", boot, 36)  # of a FAT, in FAT32
        data = self._offset(partition) + (reserved + fats * sectors) * SECTOR
        size = per_cluster * SECTOR
        with self.path.open("r+b") as file:
            for first, last in runs:
                file.seek(data + (int(first) - 2) * size)
                file.write(bytes((int(last or first) - int(first) + 1) * size))

    def _offset(self, partition: int) -> int:
        return int(self._parts[partition - 1][0]) * SECTOR

    def _read(self, offset: int, count: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(count)

    def _mtool(self, program: str, partition: int, *words: str) -> str:
        command = [program, "-i", f"{self.path}@@{self._offset(partition)}", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _told(pattern: str, text: str) -> str:
    found = re.search(f"^{pattern}", text, re.MULTILINE)
    assert found, f"no {pattern} in:\n{text}"
    return found[1]
