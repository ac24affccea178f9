"""The record of the slots: whole over power cuts, and the same for the initrd."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from feedpath.host import slots
from feedpath.host.slots import State

CARD_BYTES = 4 * 1024 * 1024


@pytest.fixture
def card(tmp_path: Path) -> "Iterator[IO[bytes]]":
    path = tmp_path / "card"
    with path.open("wb") as file:
        file.truncate(CARD_BYTES)
    with path.open("r+b", buffering=0) as file:
        yield file


def spoil(card: "IO[bytes]", copy: int, byte: int) -> None:
    card.seek(slots.COPIES[copy] * slots.SECTOR_BYTES + byte)
    card.write(b"\xff")


def test_a_record_is_a_line_of_words_with_their_crc() -> None:
    assert slots.encoded(State(7, 3, 1, 2)) == b"feedpath 7 3 1 2 31b8a0d1\n".ljust(512, b"\0")


def test_a_new_card_starts_from_its_first_slot(card: "IO[bytes]") -> None:
    assert slots.read(card) == State(0, 2, 0, 0)


def test_what_was_written_last_is_read(card: "IO[bytes]") -> None:
    slots.write(card, State(0, 2, 1, 0))
    slots.write(card, slots.read(card)._replace(tries=2))
    assert slots.read(card) == State(2, 2, 2, 0)


@pytest.mark.parametrize("copy", [0, 1])
@pytest.mark.parametrize("byte", [0, 9, 11, 20])
def test_one_sound_copy_is_enough(card: "IO[bytes]", copy: int, byte: int) -> None:
    slots.write(card, State(41, 3, 2, 3))
    spoil(card, copy, byte)
    assert slots.read(card) == State(42, 3, 2, 3)


def test_a_power_cut_between_the_copies_leaves_the_new_record(card: "IO[bytes]") -> None:
    slots.write(card, State(0, 2, 0, 2))
    first = slots.encoded(State(2, 3, 0, 2))
    card.seek(slots.COPIES[0] * slots.SECTOR_BYTES)
    card.write(first)
    assert slots.read(card) == State(2, 3, 0, 2)


@pytest.mark.parametrize(
    "sector", [b"", b"\0" * 512, b"feedpath", b"feedpath 1 2 3", b"\n", b"feedpath 1 2 0 2 00000000\n"]
)
def test_what_is_no_record_is_not_taken_for_one(sector: bytes) -> None:
    assert slots.decoded(sector) is None


def test_a_good_slot_is_noted_once(card: "IO[bytes]") -> None:
    slots.write(card, State(0, 2, 2, 3))
    assert slots.keep(card, 2) is True
    assert slots.read(card) == State(2, 2, 0, 2)
    assert slots.keep(card, 2) is False
    assert slots.read(card).serial == 2


def test_the_slot_that_runs_is_told_by_what_is_mounted(tmp_path: Path) -> None:
    real = tmp_path / "devices/mmc/mmcblk0/mmcblk0p3"
    real.mkdir(parents=True)
    (real / "partition").write_text("3\n")
    (tmp_path / "class").mkdir()
    (tmp_path / "class/mmcblk0p3").symlink_to(real)
    mounts = ["proc /proc proc rw 0 0", "/dev/mmcblk0p3 /run/feedpath/slot vfat ro 0 0"]
    assert slots.running(mounts, tmp_path / "class") == ("/dev/mmcblk0", 3)
    with pytest.raises(LookupError, match="does not run from a slot"):
        slots.running(mounts[:1])
