"""Tells this computer which name servers to ask: by resolv.conf, or through systemd-resolved where that has it."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

RESOLVED = "/run/systemd/resolve/"  # where a resolv.conf leads that systemd-resolved writes
CALL_S = 10.0
MOST_SERVERS = 3  # the C library reads no more: resolv.conf(5), MAXNS
HEADER = "# Written by feedpath from what the network told.\n"


def text(servers: "Sequence[str]", search: "Sequence[str]") -> str:
    """Return a resolv.conf (resolv.conf(5))."""
    lines = [f"search {' '.join(search)}\n"] if search else []
    return HEADER + "".join([*lines, *(f"nameserver {server}\n" for server in servers[:MOST_SERVERS])])


def tell(path: Path, link: str, servers: "Sequence[str]", search: "Sequence[str]") -> None:
    """Have names resolved by these servers, best first; raise OSError.

    link: the interface that they were told on, for systemd-resolved.
    """
    if str(path.resolve()).startswith(RESOLVED):
        _call("resolvectl", "dns", link, *servers)
        _call("resolvectl", "domain", link, *(search or ("",)))
        return
    replace(path.resolve(), text(servers, search))


def replace(path: Path, content: str) -> None:
    """Replace a file so that it is the old one or the new one, whole, after a power cut too; raise OSError."""
    new = path.with_name(path.name + ".new")
    try:
        with open(new, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        path.write_text(content, encoding="utf-8")  # it is mounted over another one, as in containers
        new.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _call(*words: str) -> None:
    import subprocess  # most computers of ours have no systemd-resolved

    try:
        subprocess.run(words, check=True, capture_output=True, timeout=CALL_S)
    except subprocess.SubprocessError as error:
        raise OSError(f"{words[0]} failed: {error}") from error
