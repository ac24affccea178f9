"""The boards that one image serves: what their files in boards/ ask of it."""

from collections.abc import Iterable
from pathlib import Path

from feedpath.host import board
from feedpath.host.board import Board
from tools import environment
from tools.trouble import Trouble

FOLDER = environment.ROOT / "boards"


def load(folder: Path = FOLDER) -> list[Board]:
    """Return all boards, in the order of their files; raise Trouble that says what is wrong in which."""
    try:
        return [board.parse(path.read_text(), f"boards/{path.name}") for path in sorted(folder.glob("*.toml"))]
    except ValueError as error:
        raise Trouble(str(error)) from error


def device_trees(boards: Iterable[Board]) -> list[str]:
    """Return the names of all device trees."""
    return sorted({name for each in boards for name in each.device_trees})


def modules(boards: Iterable[Board]) -> set[str]:
    """Return the names of the kernel's modules that are named beside the device trees."""
    return {name for each in boards for name in (*each.modules, *each.card_modules)}


def card_modules(boards: Iterable[Board]) -> list[str]:
    """Return the names of the modules that reach the cards, each once."""
    return list(dict.fromkeys(name for each in boards for name in each.card_modules))


def config(common: str, boards: Iterable[Board]) -> str:
    """Return config.txt: what holds for all boards, and then what holds for one."""
    lines = [line for each in boards if each.config for line in (f"[{each.config_filter}]", *each.config)]
    return common + "".join(f"{line}\n" for line in [*lines, *(["[all]"] if lines else [])])
