"""Boards: each file is sound, and the one that fits the device tree is taken."""

import os
from pathlib import Path

import pytest

from feedpath.host import board

BOARDS = Path(__file__).parents[3] / "boards"
TEXT = (BOARDS / "default.toml").read_text()


@pytest.mark.parametrize("file", sorted(BOARDS.glob("*.toml")), ids=lambda file: file.stem)
def test_each_board_is_sound(file):
    assert board.parse(file.read_text(), file.name).name


@pytest.mark.parametrize(
    "text, said",
    [
        (TEXT + "colour = 1\n", "default.toml: colour is unknown"),
        (TEXT.replace("ring-slots", "# ring-slots"), "default.toml: ring-slots is missing"),
        (TEXT.replace("ring-slots = 8", "ring-slots = 0"), "default.toml: ring-slots cannot be 0"),
        (TEXT.replace("ring-slots = 8", "ring-slots = true"), "default.toml: ring-slots cannot be True"),
        (TEXT.replace("compatible = []", "compatible = [1]"), "default.toml: compatible cannot be"),
        (TEXT.replace("\nmodules = []", "\nmodules = 1"), "default.toml: modules cannot be 1"),
        (TEXT.replace("\nconfig = []", "\nconfig = ['a=1']"), "default.toml: config needs config-filter"),
    ],
)
def test_a_wrong_key_is_named(text, said):
    with pytest.raises(ValueError, match=said):
        board.parse(text, "default.toml")


@pytest.mark.parametrize(
    "tree, name", [(b"raspberrypi,9\0brcm,bcm9\0", "Nine"), (b"other\0", "Any computer"), (None, "Any computer")]
)
def test_the_board_that_fits_the_device_tree_is_taken(tmp_path, tree, name):
    (tmp_path / "default.toml").write_text(TEXT)
    nine = TEXT.replace("Any computer", "Nine").replace("compatible = []", 'compatible = ["raspberrypi,9"]')
    (tmp_path / "nine.toml").write_text(nine)
    if tree is not None:
        (tmp_path / "tree").write_bytes(tree)
    assert board.find(tmp_path / "tree", tmp_path).name == name


def test_no_device_tree_names_two_boards():
    boards = [board.parse(file.read_text(), file.name) for file in BOARDS.glob("*.toml")]
    names = [name for each in boards for name in each.compatible]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("memory_mib, document_mib", [(512, 32), (1024, 64)])
def test_documents_take_a_sixteenth_of_a_small_computer(monkeypatch, memory_mib, document_mib):
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": memory_mib * 256}.__getitem__)
    for file in BOARDS.glob("*.toml"):
        assert board.parse(file.read_text(), file.name).document_memory() <= document_mib * board.MIB


def test_documents_take_no_more_than_a_part_of_the_memory():
    generous = board.find()._replace(document_memory_mib=1 << 30)
    assert (
        generous.document_memory()
        < board.find()._replace(document_memory_part=1, document_memory_mib=1 << 30).document_memory()
    )
    assert board.find()._replace(document_memory_mib=1).document_memory() == 1024 * 1024
