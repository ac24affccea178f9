"""Each program of the root finds its libraries there, or the build says which is missing."""

from pathlib import Path

import pytest

from tools.imaging import elf
from tools.imaging.tree import Tree
from tools.trouble import Trouble

HOME = "usr/lib/aarch64-linux-gnu"
HEADER_BYTES, SEGMENT_BYTES, PAGE = 64, 56, 0x1000


def linked(*needed: str, path: str = "", machine: int = elf.ARM64) -> bytes:
    """Return a program that names libraries, and the places where it looks for them."""
    names = (*needed, path) if path else needed
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in names)
    at = [1 + sum(len(name) + 1 for name in names[:index]) for index in range(len(names))]
    start = HEADER_BYTES + 2 * SEGMENT_BYTES
    rows = [(elf.NEEDED, place) for place in at[: len(needed)]]
    rows += [(elf.RUNPATH, at[-1])] if path else []
    size = (len(rows) + 2) * elf.ENTRY.size
    rows += [(elf.STRINGS, PAGE + start + size), (elf.NULL, 0)]
    end = start + size + len(strings)
    head = elf.HEADER.pack(3, machine, 1, 0, HEADER_BYTES, 0, 0, HEADER_BYTES, SEGMENT_BYTES, 2, 0, 0, 0)
    segments = [(elf.LOAD, 4, 0, PAGE, PAGE, end, end, PAGE), (elf.DYNAMIC, 4, start, PAGE + start, 0, size, size, 8)]
    body = b"".join(elf.SEGMENT.pack(*row) for row in segments) + b"".join(elf.ENTRY.pack(*row) for row in rows)
    return elf.MAGIC + head[len(elf.MAGIC) :] + body + strings


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    found = Tree(tmp_path / "root")
    found.write(f"{HOME}/libc.so.6", linked())
    found.link(f"{HOME}/libz.so", "libz.so.1")
    return found


@pytest.mark.parametrize(
    "path, content",
    [
        ("usr/bin/cat", linked("libc.so.6")),
        ("usr/bin/cat", linked("libz.so")),  # a link, wherever that leads
        ("usr/bin/cat", linked("libnone.so", machine=62)),  # another computer's
        ("usr/bin/cat", b"#!/bin/sh"),
        ("opt/a/b.so", linked("libown.so", path="/nowhere:$ORIGIN/../libs")),
        ("usr/bin/cat", linked("libown.so", path="/opt/libs")),
        ("opt/libs/c.so", linked("libown.so")),  # beside it, where whoever loads it has loaded that
    ],
    ids=["in place", "link", "foreign", "script", "origin", "absolute", "beside"],
)
def test_libraries_are_found(tree: Tree, path: str, content: bytes) -> None:
    tree.write("opt/libs/libown.so", linked())
    tree.write(path, content)
    elf.check(tree)


def test_what_is_missing_is_named_with_who_misses_it(tree: Tree) -> None:
    tree.write("usr/bin/cat", linked("libc.so.6", "libgone.so.1"))
    tree.write(f"{HOME}/libx.so", linked("libown.so"))
    with pytest.raises(Trouble) as caught:
        elf.check(tree)
    missing = ["usr/bin/cat needs libgone.so.1", f"{HOME}/libx.so needs libown.so"]
    assert str(caught.value).splitlines()[1:] == [f"  {line}" for line in missing]
