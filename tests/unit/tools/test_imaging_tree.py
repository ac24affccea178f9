"""The root as it comes together."""

import io
import tarfile
from pathlib import Path

import pytest

from tools.imaging.tree import Patterns, Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "root")


def test_files_are_removed_and_what_a_later_pattern_keeps_stays(tree: Tree) -> None:
    for path in ("cups/daemon/cupsd", "cups/filter/hpcups", "cups/filter/fax", "other/file"):
        tree.write(path, "")
    tree.remove(Patterns(["cups/*", "!cups/filter/*", "cups/filter/fax"]))
    assert {path for path in tree.paths() if "usr" not in path} == {
        "bin", "lib", "sbin", "cups", "cups/filter", "cups/filter/hpcups", "other", "other/file",
    }  # fmt: skip


def test_the_archive_of_a_tree_is_the_same_whenever_and_by_whomever_it_is_made(tree: Tree) -> None:
    tree.write("etc/shadow", "x", 0o600)
    tree.link("etc/link", "shadow")
    tree.own("etc", 0o750, 0, 42)
    first, second = io.BytesIO(), io.BytesIO()
    tree.tar(first, 1000)
    (tree.folder / "etc/shadow").touch()
    (tree.folder / "etc/shadow").chmod(0o644)
    tree.tar(second, 1000)
    assert first.getvalue() == second.getvalue()
    with tarfile.open(fileobj=io.BytesIO(first.getvalue())) as archive:
        rows = {info.name: (info.mode, info.uid, info.gid, info.mtime) for info in archive}
    assert rows["etc"] == (0o750, 0, 42, 1000) and rows["etc/shadow"] == (0o600, 0, 0, 1000)
    assert list(rows) == sorted(rows)
