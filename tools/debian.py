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


class Package(NamedTuple):
    """A package that was fetched. file: where its .deb lies."""

    name: str
    version: str
    file: Path


class Archive:
    """Debian's archive for an architecture. root: a folder that keeps apt's state and what was fetched."""

    def __init__(self, root: Path, suites: Sequence[str], architecture: str, components: str = "main"):
        if not KEYRING.exists() or not shutil.which("apt-get"):
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
        return sorted(
            Package(name, version, self.root / "archives" / f"{name}_{version.replace(':', '%3a')}_{kind}.deb")
            for name, version, kind in planned
        )

    def _apt(self, *words: str) -> str:
        environment = {**os.environ, "APT_CONFIG": str(self.root / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(
            ["apt-get", "-qq", *words], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Trouble(f"apt cannot fetch from {mirror()}:\n{done.stdout}{done.stderr}")
        return done.stdout


def mirror() -> str:
    """Return the address of the Debian mirror that apt uses here; Debian's own where apt names none."""
    if "ID=debian" not in Path("/etc/os-release").read_text().splitlines():
        return MIRROR
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return next((uri for uri in listed.stdout.split() if "security" not in uri), MIRROR)

