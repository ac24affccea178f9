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

from tools.environment import say
from tools.trouble import Trouble

OLDEST = (1, 22, 0)
SUITE = "trixie"
MIRROR = "https://deb.debian.org/debian/"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
VERSION_PROBE = "import sys; print(*sys.implementation.version[:3])"

APT_CONF = """\
Dir::State "{root}";
Dir::State::status "{root}/status";
Dir::Cache "{root}";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "-";
Acquire::Languages "none";
"""


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


def mirror() -> str:
    """Return the address of the Debian mirror that apt uses here; Debian's own where apt names none."""
    if "ID=debian" not in Path("/etc/os-release").read_text().splitlines():
        return MIRROR
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return next((uri for uri in listed.stdout.split() if "security" not in uri), MIRROR)


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
    if not KEYRING.exists() or not shutil.which("apt-get"):
        raise Trouble(f"MicroPython {OLDEST[0]}.{OLDEST[1]} or newer is missing: apt-get install micropython")
    say(f"Fetching MicroPython from Debian 13 into {home}")
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
        root = Path(scratch)
        _apt_root(root)
        _apt(root, "update")
        _apt(root, "--yes", "--no-install-recommends", "--download-only", "install", "micropython")
        for package in root.glob("archives/*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, root / "unpacked"], check=True)
        shutil.rmtree(home, ignore_errors=True)
        (root / "unpacked").rename(home)


def _apt_root(root: Path) -> None:
    """Lay out an apt of its own, which leaves the host's package lists alone and takes the host for empty."""
    for folder in ("lists/partial", "archives/partial"):
        (root / folder).mkdir(parents=True)
    (root / "status").touch()
    (root / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {SUITE} main\n")
    sandbox = 'APT::Sandbox::User "root";\n' if os.geteuid() == 0 else ""  # apt's own user cannot enter our folder
    (root / "apt.conf").write_text(APT_CONF.format(root=root) + sandbox)


def _apt(root: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", "-qq", *arguments],
        env={**os.environ, "APT_CONFIG": str(root / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Trouble(f"apt could not fetch MicroPython from {mirror()}:\n{done.stdout}{done.stderr}")
