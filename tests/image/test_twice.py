"""Two builds of the same are the same, byte for byte; where they are not, it is said where."""

import subprocess
import sys
from pathlib import Path

from tests.image import build
from tools.imaging import compare


def test_a_second_build_with_the_list_of_the_first_makes_the_same_card(image: Path, tmp_path: Path) -> None:
    listed = image.with_suffix(".packages")
    words = ["build", "--flavour", build.FLAVOUR, "--quick", "--packages", str(listed), "--output", str(tmp_path)]
    subprocess.run([sys.executable, build.ROOT / "tools/image", *words], check=True)
    assert compare.differences(image, tmp_path / image.name) == []
    assert (tmp_path / listed.name).read_text() == listed.read_text()
