"""The computer that this is, by its device tree: one flat file a board says how much a printer may take of it."""

import os
import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

DEVICE_TREE = Path("/proc/device-tree/compatible")  # names ended by NUL, the most particular one first
DEFAULT = "default.toml"
MIB = 1024 * 1024


class Board(NamedTuple):
    """What a file of boards/ says; see boards/README.md."""

    name: str
    compatible: "list[str]"
    ring_slots: int
    document_memory_mib: int
    document_memory_part: int
    device_trees: "list[str]"
    config_filter: str
    config: "list[str]"
    card_modules: "list[str]"
    modules: "list[str]"

    def document_memory(self) -> int:
        """Return the bytes of memory that documents may take."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return min(self.document_memory_mib * MIB, memory // self.document_memory_part)


def parse(text: str, source: str) -> Board:
    """Return the board that a file's text describes; raise ValueError naming `source`, the key, and what is allowed."""
    told = {key.replace("-", "_"): value for key, value in tomllib.loads(text).items()}
    for key in told.keys() ^ set(Board._fields):
        raise ValueError(f"{source}: {key.replace('_', '-')} is {'unknown' if key in told else 'missing'}")
    for key, value in told.items():
        if not _fits(Board.__annotations__[key], value):
            raise ValueError(f"{source}: {key.replace('_', '-')} cannot be {value!r}")
    board = Board(**told)
    if board.config and not board.config_filter:
        raise ValueError(f"{source}: config needs config-filter, or it would hold for all boards")
    return board


def _fits(kind: Any, value: object) -> bool:
    if kind is int:
        return type(value) is int and value > 0
    if kind is str:
        return isinstance(value, str)
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def find(device_tree: Path = DEVICE_TREE, boards: "Traversable | None" = None) -> Board:
    """Return the board that fits this computer's device tree; the default where none does or there is no tree."""
    folder = boards or resources.files("feedpath") / "boards"
    names = device_tree.read_bytes().decode(errors="replace").split("\0") if device_tree.exists() else []
    known = [parse(file.read_text(), file.name) for file in folder.iterdir() if file.name.endswith(".toml")]
    for name in names:
        for board in known:
            if name in board.compatible:
                return board
    return parse((folder / DEFAULT).read_text(), DEFAULT)
