"""The wheel carries all that runs, and the pinned requirements are those that pyproject.toml asks for."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import feedpath

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """Build the wheel from a copy, since setuptools writes into what it builds from."""
    copy, built = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("built")
    for file in ("pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / file, copy)
    for folder in ("firmware", "boards"):
        shutil.copytree(ROOT / folder, copy / folder, symlinks=True, ignore=shutil.ignore_patterns("*.egg-info"))
    subprocess.run([sys.executable, "-c", BUILD, built], cwd=copy, check=True, capture_output=True)
    return zipfile.Path(next(built.glob("*.whl")))


def test_the_wheel_carries_every_file_of_the_package(wheel: zipfile.Path) -> None:
    package = ROOT / "firmware/feedpath"
    files = {path.relative_to(package.parent).as_posix() for path in package.rglob("*") if path.is_file()}
    wanted = {file for file in files if "__pycache__" not in file and "/." not in file}
    carried = {name for name in wheel.root.namelist() if name.startswith("feedpath/") and not name.endswith("/")}
    assert carried == wanted | {f"feedpath/boards/{board.name}" for board in (ROOT / "boards").glob("*.toml")}


def test_the_wheel_carries_the_boards(wheel: zipfile.Path) -> None:
    assert (wheel / "feedpath/boards/default.toml").read_bytes() == (ROOT / "boards/default.toml").read_bytes()


def test_the_wheel_runs_anywhere_and_says_what_it_is(wheel: zipfile.Path) -> None:
    info = wheel / f"feedpath-{feedpath.__version__}.dist-info"
    metadata = (info / "METADATA").read_text()
    assert str(wheel.root.filename).endswith(f"feedpath-{feedpath.__version__}-py3-none-any.whl")
    assert "License-Expression: Apache-2.0\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata
    assert "feedpath = feedpath.__main__:main" in (info / "entry_points.txt").read_text()


def pins(file: str) -> dict[str, str]:
    """Return the version of each package that a requirements file pins."""
    lines = [line for line in (ROOT / file).read_text().splitlines() if not line.startswith("#")]
    return {name.lower(): version for name, version in (line.split("==") for line in lines)}


@pytest.mark.parametrize("file, groups", [("requirements.txt", ()), ("requirements-dev.txt", ("dev",))])
def test_the_pins_are_what_the_project_asks_for(file: str, groups: tuple[str, ...]) -> None:
    asked = [*PYPROJECT["project"]["dependencies"]]
    asked += [line for group in groups for line in PYPROJECT["dependency-groups"][group]]
    for requirement in map(Requirement, asked):
        assert pins(file)[requirement.name.lower()] in requirement.specifier, f"pin {requirement} anew in {file}"


def test_tests_run_with_the_versions_that_run() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()
