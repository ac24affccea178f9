"""The settings of the network and what follows them, in a process of its own: dhcp_settings.py."""

import re
import subprocess
import sys
from pathlib import Path

from tests.fakes import netns
from tests.fakes.netns import until
from tests.peers import dhcp
from tests.peers.dhcp import HURRIED, Cable


class Following:
    """The settings of the network and what follows them, in a process of its own."""

    def __init__(self, cable: Cable, folder: Path):
        self._cable = cable
        self._file = folder / "settings.toml"
        self.log = folder / "log"
        words = (sys.executable, "-m", "tests.peers.dhcp_settings", str(folder))
        cable.printer.environment["PYTHONPATH"] = f"{dhcp.FIRMWARE}:{dhcp.FIRMWARE.parent}"
        self._process = cable.printer.start(*words, log=self.log)

    def set(self, name: str, value: str) -> None:
        self._say(f"set {name} {value}")

    def stop(self) -> None:
        self._say("stop")
        assert self._process.wait(netns.WATCHDOG_S) == 0

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def tells(self, sentence: str) -> None:
        """Wait until its log has a sentence."""
        until(lambda: sentence in self.log.read_text(), f"{sentence!r} in {self.log}")

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def has(self, address: str) -> None:
        """Wait until the printer has this address and no other."""
        until(lambda: self._cable.addresses() == [address], f"{address}, and no other, as {self.log} tells")

    def leased(self) -> str:
        """Wait until there is a lease; return its address."""
        lease = re.compile(r"10\.77\.0\.[5-9]\d/")
        return until(lambda: next(filter(lease.match, self._cable.addresses()), ""), "a lease")

    def holds(self, line: str) -> None:
        """Wait until a setting has been stored."""
        until(lambda: self._file.exists() and line in self._file.read_text(), line)


def helper_of(folder: Path) -> int:
    """Return the process of the network helper."""
    find = ["pgrep", "-f", f"^{sys.executable} -P -m {' '.join(HURRIED)} {folder}"]
    (helper,) = subprocess.run(find, capture_output=True, text=True, check=True).stdout.split()
    return int(helper)
