"""Cards are the same, or it is said where they differ."""

from pathlib import Path

from tools.imaging import compare

SECTOR = 512


def card(path: Path, *parts: "tuple[int, bytes]") -> Path:
    """Make a card of partitions (sector, content of a sector)."""
    rows = b"".join(bytes(8) + start.to_bytes(4, "little") + (1).to_bytes(4, "little") for start, _ in parts)
    table = bytes(compare.TABLE) + rows.ljust(64, b"\0") + b"\x55\xaa"
    content = bytearray(table + bytes(8 * SECTOR))
    for start, text in parts:
        content[start * SECTOR : start * SECTOR + len(text)] = text
    path.write_bytes(content)
    return path


def test_partitions_are_read_from_the_card(tmp_path: Path) -> None:
    found = compare.partitions(card(tmp_path / "a", (2, b"x"), (4, b"y")))
    assert found == [(2 * SECTOR, SECTOR), (4 * SECTOR, SECTOR), (0, 0), (0, 0)]


def test_the_same_cards_differ_nowhere(tmp_path: Path) -> None:
    assert compare.differences(card(tmp_path / "a", (2, b"x")), card(tmp_path / "b", (2, b"x"))) == []


def test_the_table_is_compared_first(tmp_path: Path) -> None:
    (said,) = compare.differences(card(tmp_path / "a", (2, b"x")), card(tmp_path / "b", (3, b"x")))
    assert said.startswith("the partitions differ")


def test_what_lies_outside_of_partitions_is_compared_too(tmp_path: Path) -> None:
    one, other = card(tmp_path / "a", (2, b"x")), card(tmp_path / "b", (2, b"x"))
    other.write_bytes(other.read_bytes()[:-1] + b"!")
    assert compare.differences(one, other) == ["bytes outside of the partitions differ"]
