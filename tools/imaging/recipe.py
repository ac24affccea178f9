"""What an image is made of: images/FLAVOUR/recipe.toml, on top of the recipe that it names as its base."""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from tools.trouble import Trouble

TEXT, LIST, TEXTS, NUMBERS = "a text", "a list of texts", "a table of texts", "a table of numbers"
KEYS = {  # key: what stands there; images/README.md explains each
    "summary": TEXT,
    "base": TEXT,
    "components": TEXT,
    "suites": LIST,
    "packages": LIST,
    "without": LIST,
    "alone": LIST,
    "drop": LIST,
    "modules": LIST,
    "without-modules": LIST,
    "early-modules": LIST,
    "masked": LIST,
    "units": TEXTS,
    "users": NUMBERS,
    "groups": NUMBERS,
}
NOTHING: dict[str, Any] = {TEXT: "", LIST: [], TEXTS: {}, NUMBERS: {}}


class Recipe(NamedTuple):
    """A recipe; images/README.md explains each. overlays: folders of files, in the order they are laid."""

    flavour: str
    overlays: list[Path]
    summary: str
    base: str
    components: str
    suites: list[str]
    packages: list[str]
    without: list[str]
    alone: list[str]
    drop: list[str]
    modules: list[str]
    without_modules: list[str]
    early_modules: list[str]
    masked: list[str]
    units: dict[str, str]  # unit: the target that wants it
    users: dict[str, int]
    groups: dict[str, int]


def flavours(images: Path) -> list[str]:
    """Return the names of all recipes."""
    return sorted(path.parent.name for path in images.glob("*/recipe.toml"))


def load(images: Path, flavour: str) -> Recipe:
    """Return a recipe with that of its base; raise Trouble that says what is wrong in which file."""
    path = images / flavour / "recipe.toml"
    told = _checked(path)
    base = load(images, told["base"]) if told.get("base") else None
    overlays = [*(base.overlays if base else []), path.parent / "overlay"]
    rows = {}
    for key, kind in KEYS.items():
        name = key.replace("-", "_")
        rows[name] = _joined(kind, getattr(base, name) if base else NOTHING[kind], told.get(key, NOTHING[kind]))
    return Recipe(flavour, overlays, **rows)


def _checked(path: Path) -> dict[str, Any]:
    try:
        told = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Trouble(f"{path}: {error}") from error
    for key, value in told.items():
        if key not in KEYS:
            raise Trouble(f"{path}: {key} is unknown; known are {', '.join(KEYS)}")
        if not _fits(KEYS[key], value):
            raise Trouble(f"{path}: {key} must be {KEYS[key]}, and is {value!r}")
    return told


def _joined(kind: str, base: Any, own: Any) -> Any:
    if kind == TEXT:
        return own or base
    return base + own if kind == LIST else base | own


def _fits(kind: str, value: Any) -> bool:
    if kind == TEXT:
        return isinstance(value, str)
    inner = int if kind == NUMBERS else str
    values = value.values() if isinstance(value, dict) else value
    return isinstance(value, list if kind == LIST else dict) and all(type(each) is inner for each in values)
