"""Which modules of Debian's kernel the boards need, by their device trees, and in which order they are loaded."""

import lzma
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.imaging.tree import call
from tools.trouble import Trouble

FDT_BEGIN_NODE, FDT_END_NODE, FDT_PROP, FDT_END = 1, 2, 3, 9  # Devicetree Specification 0.4, 5.4.1
FDT_HEADER, FDT_WORD, FDT_PROPERTY = struct.Struct(">7I"), struct.Struct(">I"), struct.Struct(">II")
OF_ALIAS, MORE = "of:N*T*C", "C*"  # in modules.alias: a node of any name and type with this compatible, and with more
PACKED = ".xz"


class Modules:
    """The modules in a folder /usr/lib/modules/VERSION."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.version = folder.name
        call(["depmod", "-b", folder.parents[3], self.version])
        self._needs = dict(_dependencies((folder / "modules.dep").read_text()))
        self._paths = {_name(path): path for path in self._needs}
        self._built_in = {_name(line) for line in (folder / "modules.builtin").read_text().split()}

    def serving(self, compatibles: Iterable[str]) -> set[str]:
        """Return the names of the modules that drive devices of these names in a device tree."""
        wanted, found = set(compatibles), set[str]()
        for line in (self.folder / "modules.alias").read_text().splitlines():
            word, alias, *names = line.split()
            if word == "alias" and alias.startswith(OF_ALIAS):
                found.update(names if alias.removeprefix(OF_ALIAS).removesuffix(MORE) in wanted else ())
        return found

    def closure(self, names: Iterable[str]) -> list[str]:
        """Return the paths of modules and of what they need, in order; raise Trouble for one that is not there."""
        paths: dict[str, None] = {}
        for name in sorted({name.replace("-", "_") for name in names} - self._built_in):
            if name not in self._paths:
                raise Trouble(f"Linux {self.version} has no module {name}")
            paths |= dict.fromkeys([*reversed(self._needs[self._paths[name]]), self._paths[name]])
        return list(paths)

    def unpacked(self, path: str) -> bytes:
        """Return a module as the kernel takes it."""
        content = (self.folder / path).read_bytes()
        return lzma.decompress(content) if path.endswith(PACKED) else content


def compatibles(tree: bytes) -> set[str]:
    """Return all that the nodes of a flattened device tree say they are compatible with."""
    return {name for _, told in nodes(tree) for name in texts(told.get("compatible", b""))}


def nodes(tree: bytes) -> "Iterator[tuple[str, dict[str, bytes]]]":
    """Return the nodes of a flattened device tree, by path, with their properties."""
    _, _, position, names, *_ = FDT_HEADER.unpack_from(tree)
    inside: list[tuple[str, dict[str, bytes]]] = []
    while True:
        (token,) = FDT_WORD.unpack_from(tree, position)
        position += FDT_WORD.size
        if token == FDT_BEGIN_NODE:
            end = tree.index(0, position)
            path = f"{inside[-1][0] if inside else ''}/{tree[position:end].decode()}"
            inside.append((path.replace("//", "/"), {}))
            position = end + 4 & ~3
        elif token == FDT_PROP:
            length, name = FDT_PROPERTY.unpack_from(tree, position)
            position += FDT_PROPERTY.size
            key = tree[names + name : tree.index(0, names + name)].decode()
            inside[-1][1][key] = tree[position : position + length]
            position = position + length + 3 & ~3
        elif token == FDT_END_NODE:
            yield inside.pop()
        elif token == FDT_END:
            return


def texts(value: bytes) -> list[str]:
    """Return the texts that a property holds."""
    return value.rstrip(b"\0").decode().split("\0") if value else []


def _dependencies(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        path, _, needs = line.partition(":")
        yield path, needs.split()


def _name(path: str) -> str:
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")
