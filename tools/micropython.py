"""Find or fetch a MicroPython that runs here, for the tests that hold the small set to both Pythons.

The host's own `micropython` serves when it is new enough. Else Debian 13's package is unpacked, with the libraries it
needs and their loader, into the user's cache: it then runs on an older libc and needs no root. Its packages come
through apt, which verifies Debian's signatures.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools import debian
from tools.environment import say
from tools.trouble import Trouble

OLDEST = (1, 22, 0)
SUITE = "trixie"
VERSION_PROBE = "import sys; print(*sys.implementation.version[:3])"


def command() -> list[str]:
    """Return the words of a command line that starts MicroPython, fetching it on first use; raise Trouble."""
    host = shutil.which("micropython")
    if host and _runs([host]):
        return [host]
    home = cache() / f"micropython-{SUITE}-{platform.machine()}"
    if not _runs(_unpacked(home)):
        _fetch(home)
    if not _runs(_unpacked(home)):
        raise Trouble(f"the MicroPython unpacked in {home} does not run: remove that folder and try again")
    return _unpacked(home)


def cache() -> Path:
    """Return the folder that keeps what the tools have fetched, outside the checkout."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "feedpath"


def _runs(words: list[str]) -> bool:
    if not words:
        return False
    probe = subprocess.run([*words, "-c", VERSION_PROBE], capture_output=True, text=True, check=False)
    return probe.returncode == 0 and tuple(map(int, probe.stdout.split())) >= OLDEST


def _unpacked(home: Path) -> list[str]:
    loaders = sorted(home.glob("usr/lib/*-linux-gnu*/ld-linux*.so.*"))
    return (
        [str(loaders[0]), "--library-path", str(loaders[0].parent), str(home / "usr/bin/micropython")]
        if loaders
        else []
    )


def _fetch(home: Path) -> None:
    """Unpack Debian's package and all that it depends on into `home`, which appears whole or not at all."""
    if not debian.available():
        raise Trouble(f"MicroPython {OLDEST[0]}.{OLDEST[1]} or newer is missing: apt-get install micropython")
    say(f"Fetching MicroPython from Debian 13 into {home}")
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
        root = Path(scratch)
        archive = debian.Archive(root, [SUITE], debian.architecture())
        archive.update()
        for package in archive.fetch(["micropython"]):
            subprocess.run(["dpkg-deb", "--extract", package.file, root / "unpacked"], check=True)
        shutil.rmtree(home, ignore_errors=True)
        (root / "unpacked").rename(home)
