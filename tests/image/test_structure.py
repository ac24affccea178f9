"""What a real Raspberry Pi would find on the card, as far as can be told without one."""

import gzip
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from feedpath.host.board import Board
from tools.imaging import boards, compare, kernel
from tools.imaging.slot import STARTERS

BOARDS = {path.stem: board for path, board in zip(sorted(boards.FOLDER.glob("*.toml")), boards.load())}
RASPBERRIES = {stem: board for stem, board in BOARDS.items() if board.device_trees}
FIRST, SLOTS = 0, (1, 2)  # partitions
STARTED_BY = {"bcm2837": ("start.elf", "fixup.dat"), "bcm2711": ("start4.elf", "fixup4.dat"), "bcm2712": ()}
ENABLED = ("", "okay", "ok")
CARD, NETWORK_OR_USB = re.compile(r"/(mmc|sdhci)@[^/]*$"), re.compile(r"/(ethernet|usb)@[^/]*$")
AT_USB = re.compile(r"usb([0-9a-f]+),([0-9a-f]+)$")  # a device at USB: vendor, product
XHCI_AT_PCI = "pci:v00001106d00003483sv00001106sd00003483bc0Csc03i30"  # the VL805 of the 4B and the 400


class Card(NamedTuple):
    """A card, taken apart. slot: a folder; root: paths in the root; early: paths in the initrd."""

    image: Path
    first: Path
    slot: Path
    root: "set[str]"
    early: "set[str]"
    aliases: "list[tuple[re.Pattern[str], str]]"

    def device_trees(self, board: Board) -> Iterator[bytes]:
        for name in board.device_trees:
            yield (self.slot / f"{name}.dtb").read_bytes()

    def drivers(self, alias: str) -> set[str]:
        return {module for pattern, module in self.aliases if pattern.fullmatch(alias)}


@pytest.fixture(scope="module")
def card(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Card:
    """Take the card apart."""
    folder = tmp_path_factory.mktemp("card")
    parts = compare.partitions(image)
    for number, name in ((FIRST, "first"), (SLOTS[0], "slot")):
        (folder / name).mkdir()
        words = ["mcopy", "-s", "-n", "-i", f"{image}@@{parts[number][0]}", "::*", str(folder / name)]
        subprocess.run(words, check=True)
    packed = folder / "slot/root.squashfs"
    listed = subprocess.run(["unsquashfs", "-l", packed], capture_output=True, text=True, check=True).stdout
    root = {line.removeprefix("squashfs-root/") for line in listed.splitlines()}
    early = set(unpacked(gzip.decompress((folder / "slot/initrd.img").read_bytes())))
    return Card(image, folder / "first", folder / "slot", root, early, list(aliases(packed, root)))


def unpacked(archive: bytes) -> Iterator[str]:
    """Return the paths in a newc archive."""
    position = 0
    while archive[position : position + 6] == b"070701":
        fields = [int(archive[start : start + 8], 16) for start in range(position + 6, position + 110, 8)]
        size, name = fields[6], fields[11]
        yield archive[position + 110 : position + 110 + name - 1].decode()
        position = (position + 110 + name + 3 & ~3) + (size + 3 & ~3)


def aliases(packed: Path, root: "set[str]") -> "Iterator[tuple[re.Pattern[str], str]]":
    """Return what the kernel of a root drives, and by which module; "" is the kernel itself."""
    (folder,) = {path.rpartition("/")[0] for path in root if path.endswith("/modules.alias")}

    def read(name: str) -> str:
        words = ["unsquashfs", "-cat", str(packed), f"{folder}/{name}"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    modular = [line.split()[1:3] for line in read("modules.alias").splitlines() if line.startswith("alias ")]
    told = [entry.partition(".alias=") for entry in read("modules.builtin.modinfo").split("\0")]
    for alias, module in [*modular, *([alias, ""] for _, found, alias in told if found)]:
        yield re.compile(".*".join(map(re.escape, alias.split("*")))), module


def enabled(tree: bytes, kind: "re.Pattern[str]") -> "Iterator[tuple[str, list[str]]]":
    """Return the nodes of a kind that are in use, with what they are compatible with."""
    for path, told in kernel.nodes(tree):
        names = kernel.texts(told.get("compatible", b""))
        if kind.search(path) and names and told.get("status", b"").rstrip(b"\0").decode() in ENABLED:
            yield path, names


def served(card: Card, names: list[str]) -> set[str]:
    """Return the modules that drive a node."""
    usb = [AT_USB.match(name) for name in names]
    wanted = [f"usb:v{int(found[1], 16):04X}p{int(found[2], 16):04X}" for found in usb if found]
    found = {module for alias in wanted for pattern, module in card.aliases if pattern.pattern.startswith(alias)}
    return found.union(*(card.drivers(f"of:NnodeT(null)C{name}") for name in names))


def test_the_first_partition_leads_to_a_slot(card: Card) -> None:
    assert {path.name for path in card.first.iterdir()} == {"autoboot.txt", "bootcode.bin", "config.txt"}
    assert (card.first / "autoboot.txt").read_text() == "[all]\nboot_partition=2\n"


def test_both_slots_hold_the_same(card: Card) -> None:
    parts = compare.partitions(card.image)
    with card.image.open("rb") as file:
        halves = []
        for number in SLOTS:
            file.seek(parts[number][0])
            halves.append(file.read(parts[number][1]))
    assert halves[0] == halves[1]


@pytest.mark.parametrize("stem", RASPBERRIES)
def test_each_board_finds_its_firmware_and_its_device_trees(card: Card, stem: str) -> None:
    present = {path.name for path in card.slot.iterdir()}
    for name in RASPBERRIES[stem].device_trees:
        assert {f"{name}.dtb", *STARTED_BY[name.partition("-")[0]], "kernel.img", "initrd.img"} <= present
    assert set(STARTERS) <= present


@pytest.mark.parametrize("stem", RASPBERRIES)
def test_each_device_tree_is_of_the_board_that_names_it(card: Card, stem: str) -> None:
    for tree in card.device_trees(RASPBERRIES[stem]):
        (top,) = (told for path, told in kernel.nodes(tree) if path == "/")
        assert set(RASPBERRIES[stem].compatible) & set(kernel.texts(top["compatible"]))


def test_the_configuration_names_what_is_there(card: Card) -> None:
    text = (card.slot / "config.txt").read_text()
    named = re.findall(r"^(?:kernel=|device_tree=|initramfs )(\S+)", text, re.MULTILINE)
    assert len(named) >= 3
    assert [name for name in named if not (card.slot / name).exists()] == []
    assert (card.slot / "cmdline.txt").read_text().count("\n") == 1


@pytest.mark.parametrize("stem", RASPBERRIES)
def test_the_root_drives_each_boards_ethernet_and_usb(card: Card, stem: str) -> None:
    names = {path.rpartition("/")[2].partition(".")[0].replace("-", "_") for path in card.root if ".ko" in path}
    for tree in card.device_trees(RASPBERRIES[stem]):
        nodes = dict(enabled(tree, NETWORK_OR_USB))
        assert nodes
        for path, compatible in nodes.items():
            if not path.startswith("/scb/pcie") and compatible != ["usb424,9514"]:
                found = served(card, compatible)
                assert found and found <= {*names, ""}, path
    if stem in ("raspberry-pi-4b", "raspberry-pi-400"):
        assert card.drivers(XHCI_AT_PCI) & names


@pytest.mark.parametrize("stem", RASPBERRIES)
def test_the_initrd_drives_each_boards_card(card: Card, stem: str) -> None:
    early = {path.rpartition("/")[2].partition(".")[0].replace("-", "_") for path in card.early if ".ko" in path}
    for tree in card.device_trees(RASPBERRIES[stem]):
        nodes = {path: names for path, names in enabled(tree, CARD) if "brcm,bcm2835-sdhci" not in names}  # wireless
        assert nodes
        for path, compatible in nodes.items():
            found = served(card, compatible)
            assert found and found <= {*early, ""}, path


def test_only_root_may_write_to_the_root(card: Card) -> None:
    words = ["unsquashfs", "-lln", str(card.slot / "root.squashfs")]
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split() for line in listed if "squashfs-root" in line]
    assert rows[0][:2] == ["drwxr-xr-x", "0/0"]
    others = [row[-1] for row in rows if row[0][8] == "w" and row[0][0] not in "lc" and row[0][9] not in "tT"]
    assert others == []


def test_usb_of_the_compute_module_is_a_host(card: Card) -> None:
    (tree,) = card.device_trees(RASPBERRIES["raspberry-pi-cm4"])
    (told,) = (told for path, told in kernel.nodes(tree) if path.endswith("/usb@7e980000"))
    assert kernel.texts(told["dr_mode"]) == ["host"]
