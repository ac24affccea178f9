"""The whole firmware with its virtual printer, as peers meet it: a process of its own in a network namespace."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.fakes.netns import Namespace, until

ADDRESS = "10.77.0.1"  # of the printer's end of the cable


class Lan(NamedTuple):
    """Two computers and the cable between them; the client's has an avahi-daemon."""

    printer: Namespace
    client: Namespace


class Appliance:
    """A running firmware: where it is reached, what came out at its printer. data: the directory that it keeps."""

    def __init__(self, space: Namespace, process: "subprocess.Popen[bytes]", data: Path, log: Path):
        self.space = space
        self.process = process
        self.data = data
        self.log = log
        self._received = data / "virtual-printer" / "received.bin"
        self.ipp_port, self.path = self._told(r"^ipp: ipp://[^/]*?:(\d+)/(\S*)")
        self.web_port, _ = self._told(r"^web: http://[^/]*?:(\d+)/(\S*)")
        until(self._answers, "the printer to be found on its bus")

    def _told(self, pattern: str) -> "tuple[str, str]":
        found = until(lambda: self._look(pattern), "a line like %s on stdout" % pattern)
        return found[1], found[2]

    def _look(self, pattern: str) -> "re.Match[str] | None":
        text = self.log.read_text(errors="replace")
        if self.process.poll() is not None:
            raise AssertionError("the firmware ended with status %d:\n%s" % (self.process.returncode, text))
        return re.search(pattern, text, re.MULTILINE)

    def _answers(self) -> bool:
        request = "/usr/share/cups/ipptool/get-printer-attributes.test"
        return "[PASS]" in self.space.run("ipptool", "-t", self.uri("127.0.0.1"), request, check=False)

    def uri(self, host: str = ADDRESS, scheme: str = "ipp") -> str:
        """Return the printer's URI for a client that calls this computer `host`."""
        return "%s://%s:%s/%s" % (scheme, host, self.ipp_port, self.path)

    def received(self, start: int = 0) -> bytes:
        """Return all bytes that the printer has received since it was made, from `start` on."""
        return self._received.read_bytes()[start:] if self._received.exists() else b""

    def printer(self, word: str) -> None:
        """Play the person at the printer, or the printer itself: a line that demo.py knows, as "paper out"."""
        assert self.process.stdin is not None
        self.process.stdin.write(word.encode() + b"\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        """Let the firmware end as the system ends it."""
        self.space.stop(self.process)


@contextlib.contextmanager
def appliance(space: Namespace, data: Path, *options: str) -> "Iterator[Appliance]":
    """Run the firmware in a namespace, its data in a directory, until the end of the block."""
    log = data / "output"
    argv = (sys.executable, "-m", "tests.fakes.demo", "--port", "0", "--data", str(data), *options)
    process = space.start(*argv, log=log)
    try:
        yield Appliance(space, process, data, log)
    finally:
        space.stop(process)


def feedpath(lan: Lan, data: Path, *words: str, typed: str = "") -> str:
    """Return what the command line says on the firmware's computer."""
    done = subprocess.run(
        lan.printer.command(sys.executable, "-m", "feedpath", *words, "--data", str(data)),
        input=typed, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout
