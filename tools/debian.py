"""Debian packages of another release or architecture than this computer's, through an apt with a state of its own.

apt verifies Debian's signatures; nothing is installed here, and no root is needed.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tools.trouble import Trouble

MIRROR = "http://deb.debian.org/debian/"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
OFFERED = re.compile(r"^'.*' ([^\s_]+)_([^\s_]+)_([^\s_]+)\.deb ", re.MULTILINE)  # apt-get --print-uris
PLANNED = re.compile(r"^Inst ([^\s:]+)\S* \((\S+) .*\[(\S+)\]\)", re.MULTILINE)  # apt-get --simulate

CONF = """\
Dir "{root}";
Dir::State "{root}";
Dir::State::status "{root}/status";
Dir::Cache "{root}";
Dir::Etc "{root}/etc";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::trusted "{keyring}";
Acquire::Languages "none";
APT::Architecture "{architecture}";
APT::Architectures "{architecture}";
APT::Install-Recommends "false";
"""
SANDBOX = 'APT::Sandbox::User "root";\n'  # apt's own user cannot enter our folder


class Pin(NamedTuple):
    """A package in one version."""

    name: str
    version: str
    architecture: str


class Package(NamedTuple):
    """A package that was fetched. file: where its .deb lies."""

    name: str
    version: str
    architecture: str
    file: Path


class Archive:
    """Debian's archive for an architecture. root: a folder that keeps apt's state and what was fetched."""

    def __init__(self, root: Path, suites: Sequence[str], architecture: str, components: str = "main"):
        if not available():
            raise Trouble("this needs a computer with Debian's apt-get and debian-archive-keyring")
        self.root = root
        for folder in ("lists/partial", "archives/partial", "etc/preferences.d", "etc/apt.conf.d"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "status").touch()
        lines = [f"deb [signed-by={KEYRING}] {mirror()} {suite} {components}\n" for suite in suites]
        (root / "sources.list").write_text("".join(lines))
        conf = CONF.format(root=root, keyring=KEYRING, architecture=architecture)
        (root / "apt.conf").write_text(conf + (SANDBOX if os.geteuid() == 0 else ""))

    def update(self) -> None:
        """Ask the mirror what there is."""
        self._apt("update")

    def fetch(self, names: Iterable[str]) -> list[Package]:
        """Fetch packages (name, or name/suite) and all that they depend on, what is here already excepted."""
        words = ["--yes", "--no-install-recommends", "install", *names]
        self._apt("--download-only", *words)
        planned = PLANNED.findall(self._apt("--simulate", *words))
        return sorted(self._package(Pin(*row)) for row in planned)

    def alone(self, names: Iterable[str]) -> list[Package]:
        """Fetch packages without what they depend on."""
        told = self._apt("download", "--print-uris", *names)  # of what is not in the folder where it runs
        return self.exactly(Pin(row[0], row[1].replace("%3a", ":"), row[2]) for row in OFFERED.findall(told))

    def exactly(self, pins: Iterable[Pin]) -> list[Package]:
        """Return packages in these versions, from here or the mirror; raise Trouble naming those that are gone."""
        packages = sorted(map(self._package, pins))
        missing = [package for package in packages if not package.file.exists()]
        if missing:
            self.update()
            gone = [f"{each.name} {each.version}" for each in missing if not self._download(each)]
            if gone:
                raise Trouble(f"{mirror()} has these no longer:\n  " + "\n  ".join(gone))
        return packages

    def _package(self, pin: Pin) -> Package:
        version = pin.version.replace(":", "%3a")  # as apt calls its files
        return Package(*pin, self.root / "archives" / f"{pin.name}_{version}_{pin.architecture}.deb")

    def _download(self, package: Package) -> bool:
        done = self._call("download", f"{package.name}={package.version}", folder="archives")
        return done.returncode == 0 and package.file.exists()

    def _apt(self, *words: str) -> str:
        done = self._call(*words)
        if done.returncode:
            raise Trouble(f"apt cannot fetch from {mirror()}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _call(self, *words: str, folder: str = ".") -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "APT_CONFIG": str(self.root / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"}
        words = ("apt-get", "-qq", *words)
        return subprocess.run(
            words, env=environment, cwd=self.root / folder, capture_output=True, text=True, check=False
        )


def available() -> bool:
    """Return whether this computer has what an archive needs."""
    return KEYRING.exists() and shutil.which("apt-get") is not None


def architecture() -> str:
    """Return what Debian calls this computer's own architecture; raise Trouble where dpkg is missing."""
    if not shutil.which("dpkg"):
        raise Trouble("this needs a computer with Debian's dpkg")
    told = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    return told.stdout.strip()


def mirror() -> str:
    """Return the address of the Debian mirror that apt uses here; Debian's own where apt names none."""
    if "ID=debian" not in Path("/etc/os-release").read_text().splitlines():
        return MIRROR
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return next((uri for uri in listed.stdout.split() if "security" not in uri), MIRROR)
