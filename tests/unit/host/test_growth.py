"""/data grows to the card, one step at a time, each of which may be the last before a power cut."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from feedpath.host import growth
from feedpath.host.growth import Part

MIB = 2048  # sectors
START, SIZE, CARD = 388 * MIB, 64 * MIB, 30_000_000
AT = 446 + 3 * 16


@pytest.fixture
def card(tmp_path: Path) -> "Iterator[IO[bytes]]":
    table = bytearray(b"boot" * 128)
    struct.pack_into("<B3sB3sII", table, AT, 0, b"abc", 0x83, b"def", START, SIZE)
    table[510:] = b"\x55\xaa"
    path = tmp_path / "card"
    path.write_bytes(table + b"next sector")
    with path.open("r+b", buffering=0) as file:
        yield file


def content(card: "IO[bytes]") -> bytes:
    card.seek(0)
    return card.read()


def test_the_row_of_the_partition_and_nothing_else_is_changed(card: "IO[bytes]") -> None:
    before = content(card)
    assert growth.grow_row(card, Part(4, START, SIZE, CARD)) is True
    after = content(card)
    size = (CARD - START) // MIB * MIB
    assert struct.unpack_from("<B3sB3sII", after, AT) == (0, b"abc", 0x83, b"\xfe\xff\xff", START, size)
    assert after[:AT] == before[:AT] and after[AT + 16 :] == before[AT + 16 :]


def test_what_is_done_is_not_done_again(card: "IO[bytes]") -> None:
    growth.grow_row(card, Part(4, START, SIZE, CARD))
    before = content(card)
    assert growth.grow_row(card, Part(4, START, SIZE, CARD)) is False  # the kernel does not know yet
    grown = Part(4, START, (CARD - START) // MIB * MIB, CARD)
    assert growth.grow_row(card, grown) is False and growth.grow_partition(card, grown) is False
    assert content(card) == before


@pytest.mark.parametrize("disk", [START + SIZE, START + SIZE + MIB - 1])
def test_a_card_that_is_full_is_let_be(card: "IO[bytes]", disk: int) -> None:
    part = Part(4, START, SIZE, disk)
    assert growth.grow_row(card, part) is False and growth.grow_partition(card, part) is False


def test_a_card_larger_than_the_table_can_tell_is_used_as_far_as_it_can(card: "IO[bytes]") -> None:
    growth.grow_row(card, Part(4, START, SIZE, 1 << 33))
    assert struct.unpack_from("<I", content(card), AT + 12) == (0xFFFFFFFF - MIB,)


@pytest.mark.parametrize("at, byte", [(510, 0), (AT + 4, 0x0C), (AT + 8, 1)], ids=["table", "type", "start"])
def test_another_table_is_not_touched(card: "IO[bytes]", at: int, byte: int) -> None:
    card.seek(at)
    card.write(bytes([byte]))
    before = content(card)
    with pytest.raises(ValueError, match="another partition 4"):
        growth.grow_row(card, Part(4, START, SIZE, CARD))
    assert content(card) == before


def test_a_partition_is_found_by_what_is_mounted(tmp_path: Path) -> None:
    folder = tmp_path / "devices/vda/vda4"
    folder.mkdir(parents=True)
    for path, value in (("partition", 4), ("start", START), ("size", SIZE), ("../size", CARD)):
        (folder / path).write_text(f"{value}\n")
    (tmp_path / "vda4").symlink_to(folder)
    name = growth.data_partition(["proc /proc proc rw 0 0", "/dev/vda4 /data ext4 rw,noatime 0 0"])
    assert growth.part_of(name, tmp_path) == ("vda", Part(4, START, SIZE, CARD))
    with pytest.raises(LookupError):
        growth.data_partition(["/dev/sda1 / ext4 rw 0 0"])


def test_a_file_system_tells_its_size(tmp_path: Path) -> None:
    block = bytearray(4096)
    for at, value in ((1024 + 0x04, 16384), (1024 + 0x18, 2), (1024 + 0x150, 0)):
        struct.pack_into("<I", block, at, value)
    struct.pack_into("<H", block, 1024 + 0x38, 0xEF53)
    path = tmp_path / "partition"
    path.write_bytes(block)
    with path.open("rb") as file:
        assert growth.filled(file) == 64 * 1024 * 1024
    path.write_bytes(bytes(4096))
    with path.open("rb") as file, pytest.raises(ValueError, match="no ext4"):
        growth.filled(file)
