"""Compiles the kernels where there are Cython and a C compiler; where not, they run as the Python that they are.

Everything else about the package stands in pyproject.toml. FEEDPATH_KERNELS=python leaves the compiling out.
"""

import os
from pathlib import Path

from setuptools import Extension, setup

PACKAGE = "feedpath.back.pdl.kernels"
FOLDER = Path("firmware", *PACKAGE.split("."))
NO_KERNELS = ("__init__", "cython")


def kernels() -> "list[Extension]":
    """Return an extension for each kernel; building goes on without one that cannot be compiled."""
    sources = [path for path in sorted(FOLDER.glob("*.py")) if path.stem not in NO_KERNELS]
    _remove_outdated(sources)
    if os.environ.get("FEEDPATH_KERNELS") == "python":
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:  # not where pyproject.toml is followed
        return []
    modules = [Extension(f"{PACKAGE}.{path.stem}", [str(path)], extra_link_args=["-s"]) for path in sources]
    extensions: list[Extension] = cythonize(modules, build_dir="build", quiet=True)
    for extension in extensions:
        extension.optional = True  # cythonize drops it
    return extensions


def _remove_outdated(sources: "list[Path]") -> None:
    """Remove what an editable install compiled of a source before that changed: Python would load it all the same."""
    for source in sources:
        for compiled in FOLDER.glob(f"{source.stem}.*.so"):
            if compiled.stat().st_mtime < source.stat().st_mtime:
                compiled.unlink()


setup(ext_modules=kernels())
