"""An archive that the kernel takes for its first root: newc, as Linux' initramfs buffer format has it."""

import stat
from typing import IO

MAGIC, ALIGNED = b"070701", 4
TRAILER = "TRAILER!!!"


class Writer:
    """Writes entries one after the other; the same entries give the same archive. time: of all, in Unix seconds."""

    def __init__(self, out: IO[bytes], time: int):
        self._out = out
        self._time = time
        self._number = 0
        self._folders: set[str] = set()

    def folder(self, path: str) -> None:
        """Add a folder, and those that it is in."""
        parent = path.rpartition("/")[0]
        if parent:
            self.folder(parent)
        if path not in self._folders:
            self._folders.add(path)
            self._entry(path, stat.S_IFDIR | 0o755)

    def file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Add a file."""
        self._parent(path)
        self._entry(path, stat.S_IFREG | mode, content)

    def link(self, path: str, to: str) -> None:
        """Add a symbolic link."""
        self._parent(path)
        self._entry(path, stat.S_IFLNK | 0o777, to.encode())

    def device(self, path: str, major: int, minor: int) -> None:
        """Add a character device."""
        self._parent(path)
        self._entry(path, stat.S_IFCHR | 0o600, device=(major, minor))

    def end(self) -> None:
        """Write what ends an archive."""
        self._entry(TRAILER, 0)

    def _parent(self, path: str) -> None:
        if "/" in path:
            self.folder(path.rpartition("/")[0])

    def _entry(self, path: str, mode: int, content: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self._number += 1
        name = path.encode() + b"\0"
        fields = (self._number, mode, 0, 0, 1, self._time, len(content), 0, 0, *device, len(name), 0)
        head = MAGIC + b"".join(b"%08x" % field for field in fields) + name
        self._out.write(head + bytes(-len(head) % ALIGNED) + content + bytes(-len(content) % ALIGNED))
