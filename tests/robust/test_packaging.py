"""The wheel carries all that runs, and the pinned requirements are those that pyproject.toml asks for.

It is built with and without a C compiler and Cython; how the kernels run once compiled, tests/peers shows.
"""

import os
import re
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
KERNELS = "firmware/feedpath/back/pdl/kernels"
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
NO_CYTHON = "import sys; sys.modules['Cython'] = None; "


def build(folder: Path, program: str = BUILD, **environment: str) -> zipfile.Path:
    """Build the wheel from a copy of the checkout, since setuptools writes into what it builds from."""
    copy, built = folder / "copy", folder / "built"
    copy.mkdir()
    for file in ("pyproject.toml", "setup.py", "LICENSE", "README.md"):
        shutil.copy(ROOT / file, copy)
    for name in ("firmware", "boards"):
        shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=shutil.ignore_patterns("*.egg-info", "*.so"))
    words = [sys.executable, "-c", program, str(built)]
    subprocess.run(words, cwd=copy, env={**os.environ, **environment}, check=True, capture_output=True)
    return zipfile.Path(next(built.glob("*.whl")))


def package_files(wheel: zipfile.Path) -> set[str]:
    return {name for name in wheel.root.namelist() if name.startswith("feedpath/") and not name.endswith("/")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    return build(tmp_path_factory.mktemp("pure"), FEEDPATH_KERNELS="python")


def test_the_wheel_carries_every_file_of_the_package(wheel: zipfile.Path) -> None:
    package = ROOT / "firmware/feedpath"
    files = {path.relative_to(package.parent).as_posix() for path in package.rglob("*") if path.is_file()}
    wanted = {file for file in files if not re.search(r"__pycache__|/\.|\.so$", file)}
    boards = {f"feedpath/boards/{board.name}" for board in (ROOT / "boards").glob("*.toml")}
    assert package_files(wheel) == wanted | boards


def test_the_wheel_carries_the_boards(wheel: zipfile.Path) -> None:
    assert (wheel / "feedpath/boards/default.toml").read_bytes() == (ROOT / "boards/default.toml").read_bytes()


def test_the_wheel_runs_anywhere_and_says_what_it_is(wheel: zipfile.Path) -> None:
    info = wheel / f"feedpath-{feedpath.__version__}.dist-info"
    metadata = (info / "METADATA").read_text()
    assert str(wheel.root.filename).endswith(f"feedpath-{feedpath.__version__}-py3-none-any.whl")
    assert "License-Expression: Apache-2.0\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata
    assert "feedpath = feedpath.__main__:main" in (info / "entry_points.txt").read_text()


@pytest.mark.parametrize(
    "program, environment", [(BUILD, {"CC": "false"}), (NO_CYTHON + BUILD, {})], ids=["no compiler", "no Cython"]
)
def test_the_wheel_needs_neither_compiler_nor_cython(
    program: str, environment: dict[str, str], wheel: zipfile.Path, tmp_path: Path
) -> None:
    assert package_files(build(tmp_path, program, **environment)) == package_files(wheel)


def test_what_was_compiled_of_an_older_source_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / KERNELS
    folder.mkdir(parents=True)
    for name in ("older", "newer"):
        (folder / f"{name}.py").touch()
        (folder / f"{name}.cpython-311.so").touch()
        os.utime(folder / f"{name}.cpython-311.so", (0, 0) if name == "older" else None)
    os.utime(folder / "newer.py", (1, 1))
    words = [sys.executable, str(ROOT / "setup.py"), "--version"]
    environment = {**os.environ, "FEEDPATH_KERNELS": "python"}
    subprocess.run(words, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert [path.name for path in folder.glob("*.so")] == ["newer.cpython-311.so"]


def test_the_kernels_run_as_python_where_they_are_told_to() -> None:
    program = "import feedpath.back.pdl.kernels.rows as rows; print(rows.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "firmware"), "FEEDPATH_KERNELS": "python"}
    run = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    assert run.stdout == f"{ROOT / KERNELS}/rows.py\n"


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
