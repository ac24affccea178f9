"""The lists of what an image is made of: licences as packages tell them, and packages that a later build is held to."""

import json
from pathlib import Path

import pytest

from tools.debian import Pin
from tools.imaging import bill
from tools.imaging.bill import BUILD, DEBIAN, PYTHON, Part
from tools.trouble import Trouble

PARTS = [
    Part(DEBIAN, "libc6", "2.41-12", "arm64", ["GPL-2", "LGPL-2.1"]),
    Part(BUILD, "libpython3.13-dev", "1:3+b1", "arm64", ["PSF"]),
    Part(PYTHON, "Jinja2", "3.1.6", "", ["BSD-3-Clause"]),
]


@pytest.mark.parametrize(
    "copyright, names",
    [
        ("Files: *\nLicense: GPL-2+ and MIT\n text\n\nLicense: BSD-3-clause\n", "BSD-3-clause GPL-2+ MIT"),
        ("License: GPL-2+ or Artistic, MIT\n", "Artistic GPL-2+ MIT"),
        ("see /usr/share/common-licenses/GPL-3, or `/usr/share/common-licenses/LGPL-2.1'.", "GPL-3 LGPL-2.1"),
        ("All rights are given away.", bill.UNKNOWN),
    ],
    ids=["formal", "alternatives", "informal", "neither"],
)
def test_licences_are_those_that_the_copyright_file_names(copyright: str, names: str) -> None:
    assert " ".join(bill.licences(copyright)) == names


def test_python_distributions_tell_their_licence_in_one_of_three_ways(tmp_path: Path) -> None:
    tellings = {
        "a": "License-Expression: MIT\nLicense: no",
        "b": "License: BSD",
        "c": "Classifier: License :: OSI Approved :: MIT License",
        "d": "Summary: nothing",
    }
    for name, told in tellings.items():
        (tmp_path / f"{name}.dist-info").mkdir()
        (tmp_path / f"{name}.dist-info/METADATA").write_text(f"Name: {name}\nVersion: 1\n{told}\n\nWords.\n")
    assert [part.licences for part in bill.python(tmp_path)] == [["MIT"], ["BSD"], ["MIT License"], [bill.UNKNOWN]]


def test_a_build_can_be_held_to_the_list_of_another(tmp_path: Path) -> None:
    path = tmp_path / "packages"
    path.write_text(bill.manifest("lite", "1.0", PARTS))
    assert bill.pins(path, DEBIAN) == [Pin("libc6", "2.41-12", "arm64")]
    assert bill.pins(path, BUILD) == [Pin("libpython3.13-dev", "1:3+b1", "arm64")]


@pytest.mark.parametrize(
    "text, said",
    [("libc6 2.41\n", "package 1 has not kind"), ("# none\n", "no package of kind debian"), (None, "No such file")],
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: "str | None", said: str) -> None:
    if text is not None:
        (tmp_path / "packages").write_text(text)
    with pytest.raises(Trouble, match=f"packages.*{said}"):
        bill.pins(tmp_path / "packages", DEBIAN)


def test_the_bill_of_materials_names_what_is_in_the_image() -> None:
    told = json.loads(bill.cyclonedx("lite", "1.0", PARTS, 0))
    assert told["bomFormat"] == "CycloneDX" and told["metadata"]["timestamp"] == "1970-01-01T00:00:00Z"
    assert [part["purl"] for part in told["components"]] == [
        "pkg:deb/debian/libc6@2.41-12?arch=arm64&distro=debian-13", "pkg:pypi/jinja2@3.1.6",
    ]  # fmt: skip
    assert told["components"][0]["licenses"] == [{"license": {"name": "GPL-2"}}, {"license": {"name": "LGPL-2.1"}}]
    assert told == json.loads(bill.cyclonedx("lite", "1.0", PARTS, 0))
