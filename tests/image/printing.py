"""An image that runs, with a printer at its USB port, and what a client does with it."""

import contextlib
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.fakes.usbredir import RedirectedPort
from tests.fakes.virtual_printer import VirtualPrinter
from tests.image.machine import Machine

IPP = 631
ASKED_S = 10  # how long one question may take
SUITES = Path("/usr/share/cups/ipptool")


class Appliance:
    """The image in an emulated computer, and its printers."""

    def __init__(self, machine: Machine, printers: "Sequence[VirtualPrinter]", ports: "Sequence[RedirectedPort]"):
        self.machine = machine
        self.printers = printers
        self.ports = ports

    @property
    def ipp_port(self) -> int:
        """Return the port of this computer's loopback that leads to IPP."""
        return self.machine.port(IPP)

    def uri(self, path: str = "/ipp/print") -> str:
        """Return a printer's URI, for a client on this computer."""
        return f"ipp://127.0.0.1:{self.ipp_port}{path}"

    def answers(self) -> bool:
        """Return whether the first printer answers IPP."""
        return "[PASS]" in self.ipptool("get-printer-attributes.test", check=False)

    def serves(self) -> bool:
        """Return whether the web page is there."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ipp_port}/", timeout=ASKED_S) as page:
                return bool(page.status == 200)
        except OSError:
            return False

    def ipptool(self, test: str, *options: str, path: str = "/ipp/print", check: bool = True) -> str:
        """Return what ipptool tells of one of its tests; AssertionError when that fails."""
        words = ["ipptool", "-tv", "-T", str(ASKED_S), *options, self.uri(path), str(SUITES / test)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert not check or not done.returncode, f"{done.stdout}\nthe guest said:\n{self.machine.said()}"
        return done.stdout

    def print(self, document: Path, format: str = "", path: str = "/ipp/print") -> None:
        """Print a file by IPP."""
        told = ["-d", f"filetype={format}"] if format else []
        self.ipptool("print-job.test", "-f", str(document), *told, path=path)


@contextlib.contextmanager
def appliance(image: Path, folder: Path, *printers: VirtualPrinter, shell: bool = False) -> "Iterator[Appliance]":
    """Start the image with printers at its USB ports; until it answers, nobody goes on."""
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(RedirectedPort(folder / f"usb{number}")) for number in range(len(printers))]
        for port, printer in zip(ports, printers):
            port.attach(printer)
        machine = stack.enter_context(Machine(image, folder, [port.path for port in ports], shell=shell))
        running = Appliance(machine, printers, ports)
        machine.until(running.answers, "an answer to Get-Printer-Attributes")
        yield running
