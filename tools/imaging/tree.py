"""The files of the device's root as they come together: unpacked packages, and what is laid over them."""

import contextlib
import fnmatch
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from tools.debian import Package
from tools.trouble import Trouble

MERGED = ("bin", "lib", "sbin")  # of which / has links to /usr


class Tree:
    """A folder of files whose owners and rights are written down beside it, so that no root is needed to have them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._rights: dict[str, tuple[int, int, int]] = {}  # mode, owner, group, where they are not the usual ones
        for name in MERGED:
            (folder / "usr" / name).mkdir(parents=True)
            (folder / name).symlink_to(f"usr/{name}")

    def unpack(self, package: Package, drop: "Patterns") -> None:
        """Lay a package's files here, without those that match `drop`."""
        words = ["dpkg-deb", "--fsys-tarfile", str(package.file)]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                for member in archive:
                    path = _normal(member.name)
                    if path and not drop.match(path):
                        self._lay(archive, member, path)
        if process.returncode:
            raise Trouble(f"{package.file} cannot be unpacked: remove it and try again")

    def _lay(self, archive: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        target = self.folder / path
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            if member.issym():
                target.symlink_to(member.linkname)
            elif member.islnk():
                if (source := self.folder / _normal(member.linkname)).exists():
                    shutil.copy2(source, target)
            elif member.isfile():
                with (archive.extractfile(member) or open(os.devnull, "rb")) as source_file, target.open("wb") as file:
                    shutil.copyfileobj(source_file, file)
                target.chmod(member.mode & 0o777 | 0o600)
        if not member.issym():
            self.own(path, member.mode & 0o7777, member.uid, member.gid)

    def own(self, path: str, mode: int, owner: int = 0, group: int = 0) -> None:
        """Write down the rights of a file or folder."""
        self._rights[path] = (mode, owner, group)

    def write(self, path: str, content: "str | bytes", mode: int = 0o644) -> None:
        """Make a file, and the folders that it is in."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        self.own(path, mode)

    def link(self, path: str, to: str) -> None:
        """Make a symbolic link, whatever was there."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear(target)
        target.symlink_to(to)

    def lay_over(self, folder: Path) -> None:
        """Copy an overlay here: files exactly as they are on the device, runnable where they are in git."""
        for source in sorted(folder.rglob("*")):
            path = str(source.relative_to(folder))
            if source.is_symlink():
                self.link(path, os.readlink(source))
            elif source.is_file():
                self.write(path, source.read_bytes(), 0o755 if os.access(source, os.X_OK) else 0o644)

    def remove(self, drop: "Patterns") -> None:
        """Remove the files that match, and then the folders that nothing is left in."""
        for path in reversed(self.paths()):
            target = self.folder / path
            if drop.match(path):
                if not target.is_dir() or target.is_symlink():
                    target.unlink()
                elif not any(target.iterdir()):
                    target.rmdir()

    def paths(self) -> list[str]:
        """Return all paths below the root, in order."""
        return sorted(_walk(self.folder, ""))

    def tar(self, out: IO[bytes], time: int) -> None:
        """Write all as a tar archive that is the same for the same content. time: of all files, in Unix seconds."""
        with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for path in self.paths():
                info = archive.gettarinfo(self.folder / path, path)
                usual = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
                info.mode, info.uid, info.gid = self._rights.get(path, (usual, 0, 0))
                info.uname = info.gname = ""
                info.mtime = time
                if info.isreg() or info.islnk():
                    info.type, info.size = tarfile.REGTYPE, (self.folder / path).stat().st_size
                    with (self.folder / path).open("rb") as file:
                        archive.addfile(info, file)
                else:
                    archive.addfile(info)


class Patterns:
    """Shell patterns of paths, the last that matches decides; one after "!" keeps what one before it took."""

    def __init__(self, patterns: Iterable[str]):
        self._rows = [(not text.startswith("!"), re.compile(fnmatch.translate(text.lstrip("!")))) for text in patterns]

    def match(self, path: str) -> bool:
        """Return whether a path is meant."""
        return next((takes for takes, pattern in reversed(self._rows) if pattern.match(path)), False)


def _clear(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def _normal(name: str) -> str:
    """Return a path of a package without ./ and as it is with merged /usr."""
    path = name.removeprefix("./").rstrip("/")
    first, _, _rest = path.partition("/")
    return f"usr/{path}" if first in MERGED and path != first else ("" if path in MERGED or path == "." else path)


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        yield prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")


def call(
    words: Sequence["str | Path"],
    env: "Mapping[str, str] | None" = None,
    input: "str | None" = None,
    output: "Path | None" = None,
) -> str:
    """Run a program; return what it prints, or write that to `output`; raise Trouble when it fails or is not there."""
    try:
        with output.open("wb") if output else contextlib.nullcontext(subprocess.PIPE) as out:
            done = subprocess.run(
                list(map(str, words)), env=env, input=input, stdout=out, stderr=subprocess.PIPE, text=True, check=False
            )
    except FileNotFoundError as error:
        raise Trouble(f"{words[0]} is missing") from error
    if done.returncode:
        raise Trouble(f"{words[0]} failed:\n{done.stdout or ''}{done.stderr}")
    return done.stdout or ""
