"""What the files of boards ask of the image."""

from pathlib import Path

import pytest

from tools.imaging import boards
from tools.trouble import Trouble

DEFAULT = (boards.FOLDER / "default.toml").read_text()


def written(folder: Path, **changes: str) -> Path:
    """Write a board that says `changes`, beside one that says nothing; return their folder."""
    lines = [line for line in DEFAULT.splitlines() if line.split(" ")[0].replace("-", "_") not in changes]
    lines += [f"{key.replace('_', '-')} = {value}" for key, value in changes.items()]
    (folder / "one.toml").write_text("\n".join(lines))
    (folder / "default.toml").write_text(DEFAULT)
    return folder


def test_the_image_has_what_any_board_names(tmp_path: Path) -> None:
    found = boards.load(written(tmp_path, device_trees='["b", "a"]', modules='["net"]', card_modules='["sd", "sd2"]'))
    assert boards.device_trees(found) == ["a", "b"]
    assert boards.modules(found) == {"net", "sd", "sd2"}
    assert boards.card_modules(found) == ["sd", "sd2"]


def test_lines_of_the_configuration_hold_for_their_board_only(tmp_path: Path) -> None:
    found = boards.load(written(tmp_path, config_filter='"cm4"', config='["a=1", "b=2"]'))
    assert boards.config("x=0\n", found) == "x=0\n[cm4]\na=1\nb=2\n[all]\n"
    assert boards.config("x=0\n", []) == "x=0\n"


def test_a_mistake_in_a_board_is_named_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"^boards/one\.toml: modules cannot be 1"):
        boards.load(written(tmp_path, modules="1"))


def test_no_line_of_the_configuration_is_longer_than_the_firmware_reads() -> None:
    common = (boards.FOLDER.parent / "images/config.txt").read_text()
    assert max(map(len, boards.config(common, boards.load()).splitlines())) <= 80  # config_txt/boot.adoc, ramfsfile
