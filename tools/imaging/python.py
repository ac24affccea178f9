"""The device's Python: the firmware with its compiled kernels and the wheels it needs, and bytecode for all of it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools import environment
from tools.debian import Archive
from tools.imaging.tree import Tree, call
from tools.trouble import Trouble

VERSION = "3.13"  # of Debian 13
TAG = f"cpython-{VERSION.replace('.', '')}-aarch64-linux-gnu"
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
FOREIGN = (
    "--only-binary", ":all:", "--implementation", "cp", "--python-version", VERSION,
    *(word for platform in PLATFORMS for word in ("--platform", platform)),
)  # fmt: skip
COMMAND = f"#!/usr/bin/python{VERSION} -P\nfrom feedpath.__main__ import main\n\nmain()\n"
PLACE = "usr/lib/python3/dist-packages"  # what Debian's Python looks into
ARM = "aarch64"
COMPILER = ("aarch64-linux-gnu-gcc", "-shared", "-fPIC", "-O2", "-g0", "-s", "-fno-strict-aliasing", "-fwrapv")


def install(tree: Tree, cache: Path) -> None:
    """Lay the firmware and the pinned wheels into the tree."""
    target = tree.folder / PLACE
    requirements = ("-r", str(environment.ROOT / environment.RUN))
    fetched = ("--no-index", "--find-links", str(cache / "wheels"))
    _pip("download", "--dest", str(cache / "wheels"), *FOREIGN, *requirements)
    _pip("install", "--no-compile", "--target", str(target), *fetched, *FOREIGN, *requirements)
    with tempfile.TemporaryDirectory() as scratch:
        _pip("wheel", "--no-build-isolation", "--wheel-dir", scratch, str(_sources(Path(scratch) / "feedpath")))
        (wheel,) = Path(scratch).glob("*.whl")
        _pip("install", "--no-compile", "--target", str(target), str(wheel))
    shutil.rmtree(target / "bin", ignore_errors=True)  # scripts that name this computer's Python
    tree.write("usr/bin/feedpath", COMMAND, 0o755)


def _pip(*words: str) -> None:
    python = environment.ready(environment.DEVELOP)
    plain = {**os.environ, "FEEDPATH_KERNELS": "python", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    call([python, "-m", "pip", words[0], "--quiet", "--no-deps", *words[1:]], env=plain)


def _sources(folder: Path) -> Path:
    """Copy what the wheel is made of to a folder where building leaves nothing behind; return it."""
    for name in ("firmware", "boards"):
        leave = shutil.ignore_patterns("__pycache__", "*.so", "*.egg-info")
        shutil.copytree(environment.ROOT / name, folder / name, symlinks=True, ignore=leave)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(environment.ROOT / name, folder)
    return folder


def compile_kernels(tree: Tree, headers: Path) -> None:
    """Compile the firmware's kernels for the device. headers: where the device's Python has its own, unpacked."""
    folder = tree.folder / PLACE / "feedpath/back/pdl/kernels"
    include = [headers / f"usr/include/python{VERSION}", headers / "usr/include"]
    with tempfile.TemporaryDirectory() as scratch:
        for source in sorted(folder.glob("*.py")):
            if source.stem in ("__init__", "cython"):
                continue
            made = Path(scratch) / f"{source.stem}.c"
            module = f"feedpath.back.pdl.kernels.{source.stem}"
            call([environment.PYTHON, "-m", "cython", "-3", "--module-name", module, source, "-o", made])
            output = folder / f"{source.stem}.{TAG}.so"
            call([*COMPILER, *(f"-I{path}" for path in include), made, "-o", output])


def runner(cache: Path) -> list[str]:
    """Return the words that start the device's Python on this computer: Debian 13's own, unpacked into the cache."""
    machine = {"x86_64": "amd64", ARM: "arm64"}[os.uname().machine]
    home = cache / f"python-{machine}"
    if not home.exists():
        archive = Archive(cache / f"apt-{machine}", ["trixie"], machine)
        archive.update()
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            for package in archive.fetch([f"python{VERSION}-minimal", f"libpython{VERSION}-stdlib"]):
                call(["dpkg-deb", "--extract", package.file, scratch])
            os.chmod(scratch, 0o755)
            shutil.copytree(scratch, home, symlinks=True)
    (loader,) = home.glob("usr/lib/*/ld-linux-*.so.*")
    return [str(loader), "--library-path", str(loader.parent), str(home / f"usr/bin/python{VERSION}")]


def compile_bytecode(tree: Tree, python: list[str]) -> None:
    """Compile all modules; what Python then loads is never held against a file's time."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONHOME": str(Path(python[-1]).parents[1])}
    options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(tree.folder), "-p", "/"]
    words = [*python, "-S", "-m", "compileall", *options]
    places = [tree.folder / f"usr/lib/python{VERSION}", tree.folder / PLACE]
    started = [subprocess.Popen([*words, str(place)], env=environment) for place in places]  # at the same time
    if any(process.wait() for process in started):
        raise Trouble("a module of Python cannot be compiled")
