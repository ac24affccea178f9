"""Kernels both ways: interpreted from their source, and compiled where that can be done."""

import functools
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

SOURCES = Path(__file__).parents[2] / "firmware" / "feedpath" / "back" / "pdl" / "kernels"
COMPILER_S = 300  # Cython and a C compiler on a slow board


def both(name: str) -> "list[ModuleType]":
    """Return the kernel interpreted and, where it came compiled or Cython and a C compiler are there, compiled."""
    compiled = _compiled(name)
    return [_loaded(f"interpreted_{name}", SOURCES / f"{name}.py"), *([compiled] if compiled else [])]


@functools.cache
def _compiled(name: str) -> "ModuleType | None":
    official = importlib.import_module(f"feedpath.back.pdl.kernels.{name}")
    if str(official.__file__).endswith(tuple(EXTENSION_SUFFIXES)):
        return official
    if importlib.util.find_spec("Cython") is None or shutil.which("cc") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"{name}.py"
        shutil.copy(SOURCES / f"{name}.py", source)
        build = [sys.executable, "-m", "Cython.Build.Cythonize", "-i", "-q", source.name]
        quickly = {**os.environ, "CFLAGS": "-O1"}
        subprocess.run(build, cwd=folder, check=True, timeout=COMPILER_S, capture_output=True, env=quickly)
        return _loaded(name, next(path for path in Path(folder).iterdir() if path.suffix in (".so", ".pyd")))


def _loaded(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
