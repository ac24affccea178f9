"""The map of a card's blocks names what must be written, zeros that mean something too."""

import hashlib
import re
from pathlib import Path

from tools.imaging import bmap
from tools.imaging.bmap import BLOCK, Region


def card(folder: Path, *blocks: bytes) -> Path:
    path = folder / "card.img"
    path.write_bytes(b"".join(block.ljust(BLOCK, b"\0") for block in blocks))
    return path


def regions(*rows: "tuple[int, int, bool]") -> list[Region]:
    return [Region(start * BLOCK, size * BLOCK, packed) for start, size, packed in rows]


def test_only_the_empty_end_of_a_packed_region_is_left_out(tmp_path: Path) -> None:
    path = card(tmp_path, b"", b"table", b"a", b"", b"b", b"", b"", b"data", b"")
    found = bmap.mapped(path, regions((0, 2, False), (2, 5, True), (7, 2, False)))
    assert found == [(0, 5 * BLOCK), (7 * BLOCK, 9 * BLOCK)]


def test_an_empty_packed_region_is_not_written(tmp_path: Path) -> None:
    path = card(tmp_path, b"a", b"", b"")
    assert bmap.mapped(path, regions((0, 1, False), (1, 2, True))) == [(0, BLOCK)]


def test_the_map_counts_blocks_and_has_their_checksums_and_its_own(tmp_path: Path) -> None:
    path = card(tmp_path, b"a", b"b", b"", b"")
    text = bmap.text(path, [(0, 2 * BLOCK)])
    assert "<BlocksCount> 4 </BlocksCount>" in text and "<MappedBlocksCount> 2 </MappedBlocksCount>" in text
    assert hashlib.sha256(path.read_bytes()[: 2 * BLOCK]).hexdigest() + '"> 0-1 </Range>' in text
    (own,) = re.findall("<BmapFileChecksum> (.*) </BmapFileChecksum>", text)
    assert hashlib.sha256(text.replace(own, "0" * 64).encode()).hexdigest() == own
