"""A map of the blocks that a card needs written, in the form that bmaptool reads (block map 2.0)."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

BLOCK = 4096
CHUNK = 256 * BLOCK
HEAD = """\
<?xml version="1.0" ?>
<bmap version="2.0">
  <ImageSize> {size} </ImageSize>
  <BlockSize> {block} </BlockSize>
  <BlocksCount> {blocks} </BlocksCount>
  <MappedBlocksCount> {mapped} </MappedBlocksCount>
  <ChecksumType> sha256 </ChecksumType>
  <BmapFileChecksum> {checksum} </BmapFileChecksum>
  <BlockMap>
"""
RANGE = '    <Range chksum="{checksum}"> {first}-{last} </Range>\n'
TAIL = "  </BlockMap>\n</bmap>\n"
NO_CHECKSUM = "0" * 64  # stands in the file while its own checksum is made


class Region(NamedTuple):
    """Bytes of the card, in whole blocks. packed: nothing but zeros follows what is used of it."""

    start: int
    size: int
    packed: bool


def mapped(card: Path, regions: Iterable[Region]) -> "list[tuple[int, int]]":
    """Return the bytes to write, as start and end.

    What a card had before stays where nothing is written. A block of zeros can mean something (a free cluster, no
    state of the slots), so that only the end of a packed region is left out.
    """
    found: list[tuple[int, int]] = []
    with card.open("rb") as file:
        for region in regions:
            end = region.start + region.size
            if region.packed:
                file.seek(region.start)
                used = 0
                for number, block in enumerate(_blocks(file.read(region.size))):
                    used = number + 1 if block.strip(b"\0") else used
                end = region.start + used * BLOCK
            if found and found[-1][1] == region.start:
                found[-1] = (found[-1][0], end)
            elif end > region.start:
                found.append((region.start, end))
    return found


def text(card: Path, ranges: "list[tuple[int, int]]") -> str:
    """Return the map of a card of which `ranges` are to be written."""
    size = card.stat().st_size
    told = {
        "size": size,
        "block": BLOCK,
        "blocks": -(-size // BLOCK),
        "mapped": sum(-(-(end - start) // BLOCK) for start, end in ranges),
    }
    rows = [
        RANGE.format(checksum=_sha256(card, start, end), first=start // BLOCK, last=(end - 1) // BLOCK)
        for start, end in ranges
    ]
    body = "".join(rows) + TAIL
    plain = HEAD.format(checksum=NO_CHECKSUM, **told) + body
    return HEAD.format(checksum=hashlib.sha256(plain.encode()).hexdigest(), **told) + body


def _sha256(path: Path, start: int, end: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(start)
        while start < end:
            digest.update(chunk := file.read(min(CHUNK, end - start)))
            start += len(chunk)
    return digest.hexdigest()


def _blocks(content: bytes) -> Iterator[bytes]:
    return (content[start : start + BLOCK] for start in range(0, len(content), BLOCK))
