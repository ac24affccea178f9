"""Recipes of images: sound, and told what is wrong in which file."""

import re
from pathlib import Path

import pytest

from tools.imaging.build import IMAGES
from tools.imaging.recipe import KEYS, flavours, load
from tools.imaging.tree import Patterns
from tools.trouble import Trouble


def written(folder: Path, **recipes: str) -> Path:
    for flavour, text in recipes.items():
        (folder / flavour).mkdir()
        (folder / flavour / "recipe.toml").write_text(text)
    return folder


@pytest.mark.parametrize("flavour", flavours(IMAGES))
def test_each_recipe_is_sound(flavour: str) -> None:
    recipe = load(IMAGES, flavour)
    assert recipe.packages and recipe.summary and recipe.overlays[-1].parent.name == flavour


def test_every_key_is_explained() -> None:
    told = (IMAGES / "README.md").read_text()
    assert [key for key in KEYS if f"`{key}`" not in told] == []


def test_a_recipe_adds_to_its_base(tmp_path: Path) -> None:
    images = written(tmp_path, base='packages = ["a"]\nsuites = ["s"]', more='base = "base"\npackages = ["b"]')
    assert load(images, "more").packages == ["a", "b"] and load(images, "more").suites == ["s"]


@pytest.mark.parametrize(
    "text, said",
    [
        ("pakages = []", "more/recipe.toml: pakages is unknown; known are summary"),
        ("packages = 1", "more/recipe.toml: packages must be a list of texts, and is 1"),
        ("packages = [", "more/recipe.toml: "),
        ('base = "none"', "none/recipe.toml"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Trouble, match=re.escape(said)):
        load(written(tmp_path, more=text), "more")


@pytest.mark.parametrize(
    "path, dropped",
    [
        ("usr/share/doc/zlib1g/changelog.gz", True),
        ("usr/share/doc/zlib1g/copyright", False),
        ("usr/lib/firmware/brcm/brcmfmac43455-sdio.raspberrypi,4-model-b.txt", False),
        ("usr/lib/firmware/cypress/cyfmac43455-sdio.bin", False),
        ("usr/lib/firmware/brcm/brcmfmac4366c-pcie.bin", True),
        ("usr/lib/cups/filter/hpcups", False),
        ("usr/lib/cups/daemon/cups-driverd", True),
        ("usr/lib/aarch64-linux-gnu/libnetsnmp.so.40", False),
    ],
)
def test_the_full_image_drops_what_nobody_uses_and_keeps_licences(path: str, dropped: bool) -> None:
    assert Patterns(load(IMAGES, "full").drop).match(path) is dropped
