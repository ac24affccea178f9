"""Boards: each file is sound, and the one that fits the device tree is taken."""

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


def test_documents_take_no_more_than_a_part_of_the_memory():
    generous = board.find()._replace(document_memory_mib=1 << 30)
    assert (
        generous.document_memory()
        < board.find()._replace(document_memory_part=1, document_memory_mib=1 << 30).document_memory()
    )
    assert board.find()._replace(document_memory_mib=1).document_memory() == 1024 * 1024
