"""What goes to people: the packed card, the map of its blocks, checksums, and what it is made of."""

import hashlib
import shutil
from pathlib import Path

from feedpath import __version__
from tools.imaging import bill, bmap
from tools.imaging.build import ARCHITECTURE, Build
from tools.imaging.tree import call

# Both slots hold the same, so that the dictionary reaches from the one to the other. One thread: blocks would cut that.
XZ = ("xz", "--threads=1", "--lzma2=preset=6,dict=192MiB", "--stdout", "--keep")
CHUNK = 1 << 20


def stem(flavour: str) -> str:
    """Return how the names of a release's files begin."""
    return f"feedpath-{__version__}-{flavour}-{ARCHITECTURE}"


def write(build: Build, folder: Path) -> list[Path]:
    """Write a release's files; return their paths, the packed card first."""
    folder.mkdir(parents=True, exist_ok=True)
    name, flavour = stem(build.recipe.flavour), build.recipe.flavour
    card = build.work / "card.img"
    packed = folder / f"{name}.img.xz"
    call([*XZ, card], output=packed)
    texts = {
        f"{name}.img.bmap": bmap.text(card, bmap.mapped(card, build.regions)),
        f"{name}.packages": bill.manifest(flavour, __version__, build.parts),
        f"{name}.cdx.json": bill.cyclonedx(flavour, __version__, build.parts, build.time),
        f"{packed.name}.sha256": f"{sha256(packed)}  {packed.name}\n",
    }
    for each, text in texts.items():
        (folder / each).write_text(text)
    return [packed, *(folder / each for each in texts)]


def write_quick(build: Build, folder: Path) -> list[Path]:
    """Write a card that is not packed, and what it is made of; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    card = folder / f"feedpath-{build.recipe.flavour}.img"
    shutil.move(build.work / "card.img", card)
    listed = card.with_suffix(".packages")
    listed.write_text(bill.manifest(build.recipe.flavour, __version__, build.parts))
    return [card, listed]


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
