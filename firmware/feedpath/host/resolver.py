"""Tells this computer which name servers to ask: by resolv.conf, or through systemd-resolved where that has it."""

import contextlib
import errno
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from feedpath import files

RESOLVED = "/run/systemd/resolve/"  # where a resolv.conf leads that systemd-resolved writes
CALL_S = 10.0
MOST_SERVERS = 3  # the C library reads no more: resolv.conf(5), MAXNS
HEADER = "# Written by feedpath from what the network told.\n"


class Names(NamedTuple):
    """What a link tells of names: the servers, best first, and the domains in which short names are looked for."""

    servers: "tuple[str, ...]" = ()
    search: "tuple[str, ...]" = ()


class Resolver:
    """The computer's resolver, told through the resolv.conf at `path`, or where that leads to."""

    def __init__(self, path: Path):
        self._path = path
        self._told: "Mapping[str, Names]" = {}

    def tell(self, links: "Mapping[str, Names]") -> None:
        """Have names resolved as these links tell, the best link first; raise OSError.

        systemd-resolved forgets what a link tells no more. In a resolv.conf the last servers that there were stay: one
        without servers means this computer itself.
        """
        before, self._told = self._told, dict(links)
        if str(self._path.resolve()).startswith(RESOLVED):
            for link in dict.fromkeys([*before, *links]):
                if before.get(link) != links.get(link):
                    _tell_resolved(link, links.get(link))
        elif links and _joined(links.values()) != _joined(before.values()):
            _write(self._path.resolve(), text(_joined(links.values())))


def text(names: Names) -> str:
    """Return a resolv.conf (resolv.conf(5))."""
    lines = [f"search {' '.join(names.search)}\n"] if names.search else []
    return HEADER + "".join([*lines, *(f"nameserver {server}\n" for server in names.servers[:MOST_SERVERS])])


def _write(path: Path, content: str) -> None:
    try:
        files.replace(path, content)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        path.write_text(content, encoding="utf-8")  # it is mounted over another one, as in containers


def _joined(all: "Iterable[Names]") -> Names:
    links = list(all)
    servers = dict.fromkeys(server for names in links for server in names.servers)
    return Names(tuple(servers), tuple(dict.fromkeys(name for names in links for name in names.search)))


def _tell_resolved(link: str, names: "Names | None") -> None:
    if names is None:
        with contextlib.suppress(OSError):  # a link that is gone it has forgotten by itself
            _call("resolvectl", "revert", link)
        return
    _call("resolvectl", "dns", link, *names.servers)
    _call("resolvectl", "domain", link, *(names.search or ("",)))


def _call(*words: str) -> None:
    import subprocess  # most computers of ours have no systemd-resolved

    try:
        subprocess.run(words, check=True, capture_output=True, timeout=CALL_S)
    except subprocess.SubprocessError as error:
        raise OSError(f"{words[0]} failed: {error}") from error
