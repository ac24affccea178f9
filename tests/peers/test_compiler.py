"""A C compiler and our kernels: the wheel carries each of them compiled, and they load from it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.robust.test_packaging import ROOT, build

KERNELS = ROOT / "firmware/feedpath/back/pdl/kernels"
LOAD = """
import importlib, sys
for name in sys.argv[1:]:
    print(importlib.import_module("feedpath.back.pdl.kernels." + name).__file__)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the wheel was unpacked into."""
    folder = tmp_path_factory.mktemp("compiled")
    with zipfile.ZipFile(str(build(folder).root.filename)) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def loaded(site: Path, **environment: str) -> list[str]:
    """Return the file names that the kernels are loaded from."""
    names = [path.stem for path in KERNELS.glob("*.py") if path.stem not in ("__init__", "cython")]
    environment = {**os.environ, "PYTHONPATH": str(site), **environment}
    words = [sys.executable, "-P", "-c", LOAD, *names]
    done = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_every_kernel_of_the_wheel_is_compiled(site: Path) -> None:
    files = loaded(site)
    assert files and all(file.startswith(str(site)) and file.endswith(".so") for file in files)


def test_compiled_kernels_run_as_python_where_they_are_told_to(site: Path) -> None:
    files = loaded(site, FEEDPATH_KERNELS="python")
    assert files and all(file.startswith(str(site)) and file.endswith(".py") for file in files)
