"""The initrd's shell and the firmware read each other's record of the slots."""

import subprocess
from pathlib import Path

import pytest

from feedpath.host import slots
from feedpath.host.slots import State
from tools import environment

INIT = (environment.ROOT / "images/initrd/init").read_text()
FUNCTIONS = INIT[: INIT.index("\nmount -t devtmpfs")]
CARD_BYTES = 4 * 1024 * 1024


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "card"
    with path.open("wb") as file:
        file.truncate(CARD_BYTES)
    return path


def initrd(card: Path, words: str) -> "list[int]":
    """Return serial, active, tries and good after the initrd's functions have done some."""
    bin = card.parent / "bin"
    if not bin.exists():
        bin.mkdir()
        subprocess.run(["busybox", "--install", "-s", bin], check=True)
    functions = FUNCTIONS.replace("PATH=/bin\n", f"PATH={bin}\n")
    script = f"{functions}\ndisk={card}\n{words}\necho $serial $active $tries $good\n"
    told = subprocess.run(["busybox", "sh", "-c", script], capture_output=True, text=True, check=True).stdout
    return [int(word) for word in told.split()]


def test_the_initrd_reads_what_the_firmware_writes(card: Path) -> None:
    with card.open("r+b", buffering=0) as file:
        slots.write(file, State(8, 3, 2, 3))
    assert initrd(card, "read_state") == [9, 3, 2, 3]


def test_the_firmware_reads_what_the_initrd_writes(card: Path) -> None:
    assert initrd(card, "read_state; tries=$((tries + 1)); write_state") == [1, 2, 1, 0]
    with card.open("r+b", buffering=0) as file:
        assert slots.read(file) == State(1, 2, 1, 0)
        assert file.seek(slots.COPIES[1] * slots.SECTOR_BYTES)
        assert file.read(slots.SECTOR_BYTES) == slots.encoded(State(1, 2, 1, 0))


@pytest.mark.parametrize("copy", slots.COPIES)
def test_both_take_the_sound_copy(card: Path, copy: int) -> None:
    with card.open("r+b", buffering=0) as file:
        slots.write(file, State(1, 3, 1, 3))
        file.seek(copy * slots.SECTOR_BYTES + 9)
        file.write(b"9")
        assert slots.read(file) == State(2, 3, 1, 3)
    assert initrd(card, "read_state") == [2, 3, 1, 3]


def test_a_slot_that_is_kept_has_no_tries_at_the_next_start(card: Path) -> None:
    for _ in range(3):
        assert initrd(card, "read_state; tries=$((tries + 1)); write_state")[2] == 1
        with card.open("r+b", buffering=0) as file:
            slots.keep(file, 2)
