"""Which of the card's two slots starts, and whether it has shown to be good, as images/initrd/init has it too.

`python -m feedpath.host.slots` keeps the slot that runs: the system does so once the firmware has served for a while.
"""

import os
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, NamedTuple

COPIES = (2048, 4096)  # the sectors of the record; each has a whole one
SECTOR_BYTES = 512
SIGN = "feedpath"
SLOT_MOUNT = "/run/feedpath/slot"  # where the initrd has the slot
BLOCKS = Path("/sys/class/block")


class State(NamedTuple):
    """A record. active: the slot that starts. tries: how often it was since it was good. good: the last good one."""

    serial: int = 0
    active: int = 2
    tries: int = 0
    good: int = 0


def encoded(state: State) -> bytes:
    """Return a record's sector: a line of words, of which the last one is the CRC-32 of those before, and zeros."""
    words = " ".join([SIGN, *map(str, state)])
    return f"{words} {zlib.crc32(words.encode()):08x}\n".encode().ljust(SECTOR_BYTES, b"\0")


def decoded(sector: bytes) -> "State | None":
    """Return the record in a sector; None where there is no sound one."""
    words, _, check = sector.partition(b"\n")[0].rpartition(b" ")
    sign, *numbers = words.split(b" ")
    sound = sign == SIGN.encode() and check == b"%08x" % zlib.crc32(words)
    if not sound or len(numbers) != len(State._fields) or not all(number.isdigit() for number in numbers):
        return None
    return State(*map(int, numbers))


def read(card: "IO[bytes]") -> State:
    """Return the newest sound record of a card; that of a new card where there is none."""
    newest = State()
    for sector in COPIES:
        card.seek(sector * SECTOR_BYTES)
        state = decoded(card.read(SECTOR_BYTES))
        if state is not None and state.serial > newest.serial:
            newest = state
    return newest


def write(card: "IO[bytes]", state: State) -> None:
    """Write a record with the next number: one copy is on the card before the other one is touched. Raise OSError."""
    sector = encoded(state._replace(serial=state.serial + 1))
    for place in COPIES:
        card.seek(place * SECTOR_BYTES)
        card.write(sector)
        card.flush()
        os.fsync(card.fileno())


def keep(card: "IO[bytes]", slot: int) -> bool:
    """Note that a slot is good; return whether that had to be written."""
    state = read(card)
    good = state._replace(active=slot, tries=0, good=slot)
    if good != state:
        write(card, good)
    return good != state


def running(mounts: "Iterable[str]", blocks: Path = BLOCKS) -> "tuple[str, int]":
    """Return the card and the slot that runs, by the lines of /proc/mounts; raise LookupError elsewhere."""
    for line in mounts:
        device, place, *_ = line.split(" ")
        if place == SLOT_MOUNT:
            partition = (blocks / Path(device).name).resolve()
            return f"/dev/{partition.parent.name}", int((partition / "partition").read_text())
    raise LookupError("this system does not run from a slot of feedpath's card")


def main() -> int:
    """Keep the slot that runs; return the exit status."""
    try:
        path, slot = running(Path("/proc/self/mounts").read_text().splitlines())
        with open(path, "r+b", buffering=0) as card:
            written = keep(card, slot)
    except (LookupError, OSError) as error:
        sys.stderr.write(f"the slot cannot be kept: {error}\n")
        return 1
    sys.stdout.write(f"slot {slot} is good{'' if written else ', as before'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
