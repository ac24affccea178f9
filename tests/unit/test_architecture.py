"""Every path and name that ARCHITECTURE.md puts in backticks, and every file and folder in its pictures, exists.

Checked are paths from the top of the checkout or of the package (`core/ring.py`, `boards/<id>.toml`), bare file names,
and dotted or called names (`ring.Ring`, `Ring.space`, `drain()`). Capitals before a slash stand for any path.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "firmware/feedpath"
SOURCES = (
    (PACKAGE.parent, PACKAGE),
    (ROOT, ROOT / "tests"),
    (ROOT, ROOT / "tools"),
)  # where names begin, where to look
NOT_OURS = {*sys.stdlib_module_names, "cryptography", "jinja2", "pypdfium2", "pysnmp", "usb", "usbip", "zeroconf"}

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
FILE_NAME = r"[\w.<>*-]+\.(?:css|html|md|py|sh|toml|txt|yml)"
PATH = re.compile(rf"\.?[\w<>*-][\w.<>*-]*/[\w.<>*/-]*|{FILE_NAME}")
IN_PICTURES = re.compile(rf"(?<![\w:/.<-])(?:[\w.-]+/)*(?:{FILE_NAME}|[\w.-]+/)(?=[\s,;]|$)", re.MULTILINE)
PLACEHOLDER = re.compile(r"[A-Z]+/")
MIME_TYPE = re.compile(r"(?:application|audio|image|text)/")
NAME = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?:\(.*\))?|([A-Za-z_]\w*)\(.*\)")


def missing(text: str) -> list[str]:
    """Return what `text` names and the checkout has not, in the order of the text."""
    pictures = "\n".join(FENCED.findall(text))
    spans = IN_BACKTICKS.findall(FENCED.sub("", text))
    paths = [path for path in IN_PICTURES.findall(pictures) if not there(path)]
    return paths + [word for span in spans for word in unknown(span)]


def unknown(span: str) -> list[str]:
    """Return what does not exist of the paths in a command line, or the one path or name that `span` is."""
    words = [word for word in span.split() if PATH.fullmatch(word) and not there(word)]
    called = NAME.fullmatch(span)
    if not called or PATH.fullmatch(span):
        return words
    name = called[1] or called[2]
    known = name in names() or (called[1] and name.split(".")[0] in NOT_OURS)
    return words if known else [*words, span]


def there(path: str) -> bool:
    """Return whether `path` exists from the top of the checkout or of the package, or anywhere if a bare name."""
    if MIME_TYPE.match(path) or PLACEHOLDER.match(path):
        return True
    pattern = re.sub(r"<[^>]*>", "*", path.rstrip("/"))
    if any(True for top in (ROOT, PACKAGE) for _ in top.glob(pattern)):
        return True
    return "/" not in pattern and any(True for _, folder in SOURCES for _ in folder.rglob(pattern))


@cache
def names() -> set[str]:
    """Return the dotted name of each module, class, function, method and attribute, and every shorter end of it."""
    found: set[str] = set()
    for top, folder in SOURCES:
        for path in folder.rglob("*.py"):
            module = path.relative_to(top).with_suffix("").parts
            module = module[:-1] if module[-1] == "__init__" else module
            for name in ("", *defined(ast.parse(path.read_text()).body)):
                parts = [*module, *filter(None, name.split("."))]
                found.update(".".join(parts[start:]) for start in range(len(parts)))
    return found


def defined(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that a module or a class defines, under an `if` too; what a class holds comes with a dot."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name, body=inner):
                yield from (name, *(f"{name}.{member}" for member in (*defined(inner), *attributes(node))))
            case ast.If(body=inner, orelse=other) | ast.Try(body=inner, orelse=other):
                yield from defined([*inner, *other])
            case ast.Assign() | ast.AnnAssign():
                yield from (name.id for name in ast.walk(node) if stored(name) and isinstance(name, ast.Name))


def attributes(owner: ast.ClassDef) -> list[str]:
    """Return the attributes that the methods of a class give its objects."""
    return [node.attr for node in ast.walk(owner) if stored(node) and isinstance(node, ast.Attribute)]


def stored(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store)


def test_all_that_the_architecture_names_exists() -> None:
    assert missing((ROOT / "ARCHITECTURE.md").read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        "`firmware/feedpath/core/ring.py` and `core/ring.py` and `core/` and `ring.py`",
        "`front/*/wire.py`, `front/<protocol>/wire.py`, `.ci/run`, `tools/run --port N`, `tests/unit`",
        "`Ring`, `ring.Ring`, `Ring.space`, `Ring.space()`, `core.ring.Ring.filled(count)`, `feedpath.core.ring`",
        "`serve_tcp(handler, host, port)`, `aio.create_task`, `aio.Stream.secure`, `job.MOVES`",
        "`asyncio.run`, `usb.core.find()`, `image/urf`, `/ipp/print`, `ipp://printer.local/ipp/print`",
        "`DIR/received.bin`, `POST`, `Print-Job`, `ipp-1.1.test`, `media-col`, `127.0.0.1`, `a + b`",
        "```\nfirmware/feedpath/   the package\n  core/\n    ring.py   memory\n  __main__.py\n```",
    ],
)
def test_what_exists_is_not_reported(text: str) -> None:
    assert missing(text) == []


@pytest.mark.parametrize(
    "text, absent",
    [
        ("`core/rings.py`", "core/rings.py"),
        ("`feedpath/core/ring.py`", "feedpath/core/ring.py"),
        ("`rings.py`", "rings.py"),
        ("`front/*/wires.py`", "front/*/wires.py"),
        ("`tools/runs --port N`", "tools/runs"),
        ("`Ring.spaces`", "Ring.spaces"),
        ("`ring.space()`", "ring.space()"),
        ("`vacancy()`", "vacancy()"),
        ("`core.rings.Ring`", "core.rings.Ring"),
        ("as in `Ring.space` and\n`Ring.spaces(count)`.", "Ring.spaces(count)"),
        ("```\ncore/\n  rings.py  memory\n```", "rings.py"),
        ("```\ncores/   what printing is\n```", "cores/"),
    ],
)
def test_what_does_not_exist_is_reported(text: str, absent: str) -> None:
    assert missing(text) == [absent]
