"""The device's Python: the firmware with its compiled kernels and the wheels it needs, and bytecode for all of it."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import debian, environment
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
CYTHON = (environment.PYTHON, "-m", "cython", "-3")
MAPPED = "-ffile-prefix-map={}=."
COMPILE = Path(__file__).with_name("compile_modules.py")
ALIKE = ("-S", "-s", "-P", "-B", "-X", "pycache_prefix=/dev/null")  # what was compiled before is not taken
PROCESSES = 2
OF_THIS_BUILD = ("RECORD", "REQUESTED", "INSTALLER", "direct_url.json")  # what pip notes of how it installed
COMPILER = ("aarch64-linux-gnu-gcc", "-shared", "-fPIC", "-O2", "-g0", "-s", "-fno-strict-aliasing", "-fwrapv")


def install(tree: Tree, cache: Path) -> None:
    """Lay the firmware and the pinned wheels into the tree."""
    target = tree.folder / PLACE
    requirements = ("-r", str(environment.ROOT / environment.RUN))
    fetched = ("--no-index", "--find-links", str(cache / "wheels"))
    wanted = ("install", "--no-compile", "--target", str(target), *fetched, *FOREIGN, *requirements)
    try:
        _pip(*wanted)
    except Trouble:  # a wheel is not in the cache yet
        _pip("download", "--dest", str(cache / "wheels"), *FOREIGN, *requirements)
        _pip(*wanted)
    with tempfile.TemporaryDirectory() as scratch:
        _pip("wheel", "--no-build-isolation", "--wheel-dir", scratch, str(_sources(Path(scratch) / "feedpath")))
        (wheel,) = Path(scratch).glob("*.whl")
        _pip("install", "--no-compile", "--target", str(target), str(wheel))
    shutil.rmtree(target / "bin", ignore_errors=True)  # scripts that name this computer's Python
    for note in (path for name in OF_THIS_BUILD for path in target.glob(f"*.dist-info/{name}")):
        note.unlink()
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


def compile_kernels(tree: Tree, headers: Path, cache: Path) -> None:
    """Compile the firmware's kernels for the device. headers: of its Python, unpacked. cache: keeps them by content."""
    folder = tree.folder / PLACE / "feedpath/back/pdl/kernels"
    include = [headers / f"usr/include/python{VERSION}", headers / "usr/include"]
    version = (include[0] / "patchlevel.h").read_bytes()
    compilers = call([COMPILER[0], "--version"]) + call([*CYTHON, "--version"])
    cache.mkdir(parents=True, exist_ok=True)
    for source in sorted(folder.glob("*.py")):
        if source.stem in ("__init__", "cython"):
            continue
        told = f"{compilers}{CYTHON[1:]}{COMPILER}{MAPPED}{source.stem}"
        digest = hashlib.sha256(told.encode() + version + source.read_bytes())
        kept = cache / digest.hexdigest()
        if not kept.exists():
            _compile_kernel(source, include, kept)
        shutil.copyfile(kept, folder / f"{source.stem}.{TAG}.so")


def _compile_kernel(source: Path, include: list[Path], output: Path) -> None:
    module = f"feedpath.back.pdl.kernels.{source.stem}"
    with tempfile.TemporaryDirectory(dir=output.parent) as scratch:
        made, built = Path(scratch) / f"{source.stem}.c", Path(scratch) / "built"
        shutil.copy(source, scratch)  # a path that is told stands in what comes of it
        call([*CYTHON, "--module-name", module, "--working", scratch, source.name, "-o", made.name])
        told = [*(f"-I{path}" for path in include), *(MAPPED.format(path) for path in (scratch, *include))]
        call([*COMPILER, *told, made, "-o", built])
        built.rename(output)


def runner(cache: Path) -> list[str]:
    """Return the words that start the device's Python on this computer: Debian 13's own, unpacked into the cache."""
    machine = debian.architecture()
    home = cache / f"python-{machine}"
    if not home.exists():
        archive = debian.Archive(cache / f"apt-{machine}", ["trixie"], machine)
        archive.update()
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            for package in archive.fetch([f"python{VERSION}-minimal", f"libpython{VERSION}-stdlib"]):
                call(["dpkg-deb", "--extract", package.file, f"{scratch}/root"])
            Path(scratch, "root").rename(home)
    (loader,) = home.glob("usr/lib/*/ld-linux-*.so.*")
    return [str(loader), "--library-path", str(loader.parent), str(home / f"usr/bin/python{VERSION}")]


def compile_bytecode(tree: Tree, python: list[str], cache: Path) -> None:
    """Give all modules bytecode, which Python then never holds against a file's time. cache: keeps it by content."""
    version = subprocess.run([*python, "-VV"], env=_alone(python), capture_output=True, text=True, check=True).stdout
    cache.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Path] = {}
    for place in (f"usr/lib/python{VERSION}", PLACE):
        for source in sorted((tree.folder / place).rglob("*.py")):
            if source.is_symlink():
                continue
            path = f"/{source.relative_to(tree.folder)}"
            digest = hashlib.sha256(f"{version}{ALIKE}\0{path}\0".encode() + source.read_bytes())
            kept[path] = cache / digest.hexdigest()
    missing = [path for path, file in kept.items() if not file.exists()]
    _compile([(str(tree.folder) + path, path, str(kept[path])) for path in missing], python)
    for path, file in kept.items():
        if file.exists():
            _put(file, tree.folder / _place_of_bytecode(path.lstrip("/")))


def _compile(rows: "list[tuple[str, str, str]]", python: list[str]) -> None:
    """Compile modules (where they are, where they will be, where the bytecode goes)."""
    shares = [rows[number::PROCESSES] for number in range(PROCESSES)]
    lines = ["".join("\t".join(row) + "\n" for row in share) for share in shares]
    words = [*python, *ALIKE, str(COMPILE)]
    started = [subprocess.Popen(words, stdin=subprocess.PIPE, env=_alone(python), text=True) for _ in lines]
    with ThreadPoolExecutor(PROCESSES) as pool:  # each takes its share while the others do
        list(pool.map(lambda pair: pair[0].communicate(pair[1]), zip(started, lines)))
    if any(process.returncode for process in started):
        raise Trouble("a module of Python cannot be compiled")


def _alone(python: list[str]) -> dict[str, str]:
    """Return an environment in which that Python does the same every time."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONHASHSEED": "0", "PYTHONHOME": str(Path(python[-1]).parents[1])}


def _place_of_bytecode(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/__pycache__/{name.removesuffix('.py')}.cpython-{VERSION.replace('.', '')}.pyc"


def _put(file: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copyfile(file, target)
