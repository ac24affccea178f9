"""Debian's packages in exactly one version."""

import os
import re
from pathlib import Path

import pytest

from tools import debian
from tools.debian import Archive, Pin
from tools.trouble import Trouble

ONE, OTHER = Pin("one", "1:2.0-1", "arm64"), Pin("other", "3", "all")
APT = """\
#!/bin/sh
echo "$*" >> {calls}
case "$*" in
*print-uris*one*) echo "'http://x/one_1%3a2.0-1_arm64.deb' one_1%3a2.0-1_arm64.deb 9 SHA256:0";;
*download*other=3) touch other_3_all.deb;;
*download*) exit 100;;
esac
"""


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Return an archive that has ONE, of a mirror that has OTHER."""
    (tmp_path / "apt-get").write_text(APT.format(calls=tmp_path / "calls"))
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(debian, "KEYRING", tmp_path)
    found = Archive(tmp_path / "apt", ["trixie"], "arm64")
    (tmp_path / "apt/archives/one_1%3a2.0-1_arm64.deb").touch()
    (tmp_path / "calls").write_text("")
    return found


def test_what_was_fetched_before_is_taken_without_asking(archive: Archive, tmp_path: Path) -> None:
    (found,) = archive.exactly([ONE])
    assert found[:3] == ONE and found.file.exists()
    assert (tmp_path / "calls").read_text() == ""


def test_what_the_mirror_has_is_fetched_in_that_version(archive: Archive) -> None:
    assert [package.file.exists() for package in archive.exactly([OTHER, ONE])] == [True, True]


def test_packages_come_without_what_they_depend_on(archive: Archive) -> None:
    assert [package[:3] for package in archive.alone(["one"])] == [ONE]


def test_packages_that_the_mirror_has_no_longer_are_all_named(archive: Archive) -> None:
    gone = [ONE._replace(version="2"), Pin("more", "1", "all")]
    with pytest.raises(Trouble, match=re.escape(" has these no longer:\n  more 1\n  one 2")):
        archive.exactly([OTHER, ONE, *gone])
