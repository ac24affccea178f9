"""The firmware with users of SNMPv3, and net-snmp's programs as these users."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.netns import Namespace, until
from tests.peers.appliance import ADDRESS, Appliance, Lan, appliance, feedpath
from tests.peers.test_snmp import INK, QUIET, SYSTEM

NAME = SYSTEM + ".5.0"
SIGN, HIDE = "sign me well", "hide me well"
USERS = {  # name: authentication, privacy and rights, as feedpath snmp takes them
    "alice": ("SHA-256", "AES-128", ""),
    "bob": ("SHA-512", "AES-256", "--write"),
    "carol": ("SHA-384", "AES-192", ""),
    "dave": ("SHA-224", "AES-256", ""),
}


def add(lan: Lan, data: Path, name: str, *words: str, auth: str = "SHA-256", priv: str = "AES-128") -> None:
    """Add a user with the passphrases of these tests."""
    feedpath(lan, data, "snmp", "add", name, "--auth", auth, "--priv", priv, *words, typed=f"{SIGN}\n{HIDE}\n")


@contextlib.contextmanager
def started(lan: Lan, data: Path, *settings: str) -> "Iterator[Appliance]":
    """Run the firmware, of which alice is a user, until the end of the block."""
    (data / "output").unlink(missing_ok=True)
    words = [word for setting in settings for word in ("--set", setting)]
    with appliance(lan.printer, data, "--device-id", INK, *words) as running:
        command = ("snmpget", *QUIET, *v3(), "-r", "0", "-t", "1", ADDRESS, NAME)
        until(lambda: "STRING" in lan.client.run(*command, check=False), "SNMPv3")
        yield running


def v3(user: str = "alice", level: str = "authPriv", sign: str = SIGN, hide: str = HIDE) -> "tuple[str, ...]":
    """Return net-snmp's words for a user."""
    auth, priv, _ = USERS.get(user, USERS["alice"])
    words = ("-v", "3", "-u", user, "-l", level, "-a", auth, "-A", sign)
    return (*words, "-x", priv, "-X", hide) if level == "authPriv" else words


def ask(space: Namespace, program: str, *names: str, who: "tuple[str, ...]" = (), more: "tuple[str, ...]" = ()) -> str:
    """Return what a program of net-snmp says."""
    return space.run(program, *QUIET, *(who or v3()), "-r", "0", "-t", "5", *more, ADDRESS, *names)


def refused(space: Namespace, program: str, *names: str, who: "tuple[str, ...]", more: "tuple[str, ...]" = ()) -> str:
    """Return what a program says that fails."""
    with pytest.raises(subprocess.CalledProcessError) as failure:
        ask(space, program, *names, who=who, more=more)
    return str(failure.value.stderr)
