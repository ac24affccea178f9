"""Who may import whom: arrows point to core, protocols do not know each other, and the small set stays small."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
MODULES = {
    ".".join(path.relative_to(FIRMWARE / "feedpath").with_suffix("").parts).removesuffix("__init__").rstrip("."): path
    for path in FIRMWARE.glob("feedpath/**/*.py")
}

LEAVES = ("aio", "errors", "files", "settings", "__version__")  # all may import them; they import what their row says
ROOMS = {  # room: what it may import besides the leaves and itself
    "aio": (),
    "errors": (),
    "files": (),
    "kinds": (),
    "settings": ("errors", "files", "kinds"),
    "core": (),
    "front.advert": ("core",),
    "front.auth": ("core",),
    "front.http": ("core", "front.auth"),
    "front.ipp": ("core", "front.http"),
    "front.lpd": ("core",),
    "front.raw": ("core",),
    "front.rpc": ("core", "front.auth", "front.smb"),
    "front.smb": ("core", "front.auth"),
    "front.snmp": ("core",),
    "front.spoolss": ("core", "front.rpc"),
    "front.web": ("core", "front.auth", "front.http"),
    "back.pdl": ("core",),
    "back.usb": ("core",),
    "host": ("core.computer", "core.store"),
    "appliance": ("core", "front", "fronts", "back", "host", "machines"),
    "fronts": ("core", "front", "back", "host", "machines"),
    "machines": ("core", "back", "host"),
    "tool": ("core", "back.pdl"),
    "cli": ("appliance", "cli_device", "cli_driver", "cli_firmware", "cli_snmp", "tool"),
    "cli_device": ("cli",),
    "cli_driver": ("cli",),
    "cli_snmp": ("cli", "core.box", "front.snmp.users", "front.snmp.usm"),
    "cli_firmware": ("cli", "back.pdl.firmware"),
    "__main__": ("appliance", "cli"),
}
THIRD_PARTIES = {  # package: the only rooms or modules that see it
    "cython": ("back.pdl.kernels",),
    "cryptography": ("front.http.certificate", "front.smb"),
    "ifaddr": ("front.advert",),
    "jinja2": ("front.web",),
    "pypdfium2": ("back.pdl.draw",),
    "pyasn1": ("front.snmp.engine",),
    "pysnmp": ("front.snmp.engine",),
    "usb": ("back.usb",),
    "zeroconf": ("front.advert",),
}
PURE = ("wire", "table")  # bytes <-> values, and registries: in any room, these see errors and each other only
PURE_TOO = ("front.ipp.status", "front.ipp.values")  # parts of such a module that is in several files

SMALL_SET = ("aio", "errors", "core.ring", "core.job", "core.ticket", "front.http.table", "front.http.wire",
             "front.ipp.status", "front.ipp.values", "front.ipp.wire", "front.raw", "host.dhcp.arp", "host.dhcp.client",
             "host.dhcp.frame", "host.dhcp.interface", "host.dhcp.lease", "host.dhcp.linklocal", "host.dhcp.table",
             "host.dhcp.wire")  # fmt: skip
MICROPYTHON_HAS = ("array", "asyncio", "binascii", "collections", "errno", "hashlib", "io", "json", "math", "os",
                   "random", "re", "select", "socket", "struct", "sys", "time")  # fmt: skip


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of each thing that `tree` imports; relative ones keep their dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(place + ".") for place in places)


def is_pure(module: str) -> bool:
    return module.split(".")[-1] in PURE or module in PURE_TOO


def room_of(module: str) -> str:
    return next((room for room in ROOMS if within(module, (room,))), "")


def may_import(module: str, name: str) -> bool:
    """Return whether `module` (without the package's name) may import `name`."""
    top, _, ours = name.partition(".")
    if top != "feedpath":
        return top in sys.stdlib_module_names or within(module, THIRD_PARTIES.get(top, ()))
    room = room_of(module)
    if is_pure(module):
        return within(ours, ("errors",)) or (
            within(ours, (room,)) and (is_pure(ours) or is_pure(ours.rpartition(".")[0]))
        )
    return within(ours, (*ROOMS.get(room, ()), room, *(() if module in LEAVES else LEAVES)))


def violations(module: str, source: str) -> list[str]:
    """Return a sentence for each import that the house does not allow."""
    return [f"{module} imports {name}" for name in imports(ast.parse(source)) if not may_import(module, name)]


def small_set_violations(module: str, source: str) -> list[str]:
    """Return a sentence for each import that MicroPython would not find."""
    ours = tuple("feedpath." + name for name in SMALL_SET)
    tree = Micropython().visit(ast.parse(source))
    return [f"{module} imports {name}" for name in imports(tree) if not within(name, (*ours, *MICROPYTHON_HAS))]


class Micropython(ast.NodeTransformer):
    """Leaves out what MicroPython never runs."""

    KNOWN: ClassVar = {"MICROPYTHON": True, "MYPY": False, "TYPE_CHECKING": False, "__builtins__": {}}

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        try:
            taken = eval(compile(ast.Expression(node.test), "", "eval"), dict(self.KNOWN))
        except NameError:
            return node
        return node.body if taken else node.orelse


@pytest.mark.parametrize("module", sorted(filter(None, MODULES)))
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    is_folder = MODULES[module].name == "__init__.py" and module in ("front", "back")
    assert is_folder or room_of(module), f"{module} is in no room: add a row to ROOMS, and to ARCHITECTURE.md"
    assert violations(module, MODULES[module].read_text()) == []


@pytest.mark.parametrize("module", SMALL_SET)
def test_the_small_set_imports_only_what_micropython_has(module: str) -> None:
    assert small_set_violations(module, MODULES[module].read_text()) == []


@pytest.mark.parametrize(
    "module, source",
    [
        ("core.job", "from feedpath.front.ipp import wire"),
        ("core.job", "def later():\n    import feedpath.appliance"),
        ("core.job", "import usb.core"),
        ("core.job", "from zeroconf import Zeroconf"),
        ("core.job", "import requests"),
        ("core.job", "from . import ring"),
        ("errors", "from feedpath import aio"),
        ("front.ipp.wire", "from feedpath import aio"),
        ("front.ipp.wire", "from feedpath.front.ipp.server import Server"),
        ("front.ipp.wire", "from feedpath.front.http import wire"),
        ("front.http.server", "from feedpath.front.ipp.server import Server"),
        ("front.ipp.server", "from feedpath.front.auth import claim"),
        ("front.http.server", "import cryptography"),
        ("front.httpd", "from feedpath import core"),
        ("back.usb.device", "from feedpath.back.pdl import inflate"),
        ("host.store", "from feedpath.core.job import Job"),
        ("host.store", "from feedpath.core import storehouse"),
        ("front.web.pages", "from feedpath import appliance"),
    ],
)  # fmt: skip
def test_a_forbidden_import_is_found(module: str, source: str) -> None:
    assert violations(module, source) == [f"{module} imports {next(imports(ast.parse(source)))}"]


@pytest.mark.parametrize(
    "module, source",
    [
        ("core.job", "from feedpath import aio, errors"),
        ("core.job", "import sqlite3.dbapi2"),
        ("front.ipp.wire", "from feedpath.front.ipp import table"),
        ("front.ipp.wire", "from feedpath.errors import WireError"),
        ("front.ipp.server", "from feedpath.front.http.server import HttpServer"),
        ("front.http.certificate", "from cryptography import x509"),
        ("front.raw", "from feedpath.core import ticket"),
        ("host.store", "from feedpath.core.store import Store"),
        ("__main__", "from feedpath import __version__, appliance"),
    ],
)  # fmt: skip
def test_an_allowed_import_is_not_reported(module: str, source: str) -> None:
    assert violations(module, source) == []


def test_the_small_set_may_import_more_where_micropython_does_not_look() -> None:
    source = "if TYPE_CHECKING:\n    import typing\nif MICROPYTHON and not MYPY:\n    import os\nelse:\n    import ssl"
    assert small_set_violations("aio", source) == []
    assert small_set_violations("aio", source.replace("else:", "if CPYTHON:")) == ["aio imports ssl"]
    assert small_set_violations("aio", "import feedpath.core.spool") == ["aio imports feedpath.core.spool"]
