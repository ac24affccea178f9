"""A running firmware that tests start, look into, kill and start again, and its printer, which outlives it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.fakes.netns import WATCHDOG_S, until
from tests.fakes.virtual_bus import VirtualBus
from tests.fakes.virtual_printer import DEVICE_ID, VirtualPrinter
from tests.robust.ippclient import GET_PRINTER_ATTRIBUTES, GOOD, Client

ROOT = Path(__file__).resolve().parents[2]
POOL = "asyncio_"  # threads that the event loop keeps for offloaded work, a fixed number at most
POOL_MAX = min(32, (os.cpu_count() or 1) + 4)
RECEIVED_MAX = 1 << 30  # bytes that the printer keeps for us to look at
CHEAP = ("port=0", "listen=127.0.0.1", "tls=off", "mdns=off", "snmp=off")


class Alive(NamedTuple):
    """What lives in a process: its asyncio tasks, threads and file descriptors, by what they are, and how many."""

    tasks: "Counter[str]"
    threads: "Counter[str]"
    descriptors: "Counter[str]"

    def beyond(self, before: "Alive") -> "list[str]":
        """Return what there is now and was not `before`. The event loop's own pool may have grown to its size."""
        more = [*(self.tasks - before.tasks), *(self.descriptors - before.descriptors)]
        more += [name for name in self.threads - before.threads if not name.startswith(POOL)]
        pool = sum(count for name, count in self.threads.items() if name.startswith(POOL))
        return more + [f"{pool} threads in the pool"] * (pool > POOL_MAX)


class Firmware:
    """The firmware on one data directory. `settings` are NAME=VALUE; `log` has what it logs, over all runs."""

    def __init__(self, data: Path, usb_port: int, settings: "Sequence[str]" = (), log: "Path | None" = None):
        self.data = data
        self.spool = data / "spool"
        self.log = log or data.with_name(data.name + ".log")
        self.settings = list(settings)
        self.port = 0
        self._usb_port = usb_port
        self._process: "subprocess.Popen[str] | None" = None

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._running().pid

    def start(self) -> None:
        """Start it; return when it listens."""
        self.launch()
        address = self._line("ipp: ")
        self.port = int(address.rpartition(":")[2].partition("/")[0])
        self._line("claim code")

    def launch(self) -> None:
        """Start its process; do not wait for anything."""
        self.data.mkdir(parents=True, exist_ok=True)
        argv = [sys.executable, "-m", "tests.robust.box", "--data", str(self.data), "--usb", str(self._usb_port)]
        for setting in (*CHEAP, *self.settings):
            argv += ["--set", setting]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'firmware'}:{ROOT}"}
        with open(self.log, "a") as log:
            self._process = subprocess.Popen(
                argv, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def ready(self) -> None:
        """Wait until it has found the printer."""
        with Client(self.port) as client:
            until(lambda: client.call(GET_PRINTER_ATTRIBUTES).status in GOOD, "the printer to be known")
            until(lambda: "offline-report" not in client.printer()["printer-state-reasons"], "the printer to be found")

    def kill(self) -> None:
        """End it as a crash does: at once, wherever it is."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as the system does; fail when it does not end cleanly."""
        status = self._end(signal.SIGTERM)
        assert status == 0, f"it ended with status {status}:\n{self.told()}"

    def ended(self) -> int:
        """Wait until it has ended by itself; return its status."""
        return self._end(None)

    def close(self) -> None:
        """End it if it runs."""
        if self._process is not None:
            self._end(signal.SIGKILL)

    def told(self) -> str:
        """Return what it has logged, over all runs."""
        return self.log.read_text(errors="replace")

    def trouble(self) -> "list[str]":
        """Return the lines of its log that tell of a bug."""
        return [line for line in self.told().splitlines() if line.startswith("Traceback") or "never retrieved" in line]

    def alive(self) -> Alive:
        """Return what lives in it now."""
        os.kill(self.pid, signal.SIGUSR1)
        lives = json.loads(self._line("{"))
        descriptors = (_target(link) for link in Path(f"/proc/{self.pid}/fd").iterdir())
        return Alive(Counter(lives["tasks"]), Counter(lives["threads"]), Counter(filter(None, descriptors)))

    def settled(self, before: Alive) -> None:
        """Wait until nothing more lives in it than `before`; fail with what does."""
        left: "list[str]" = []

        def nothing_left() -> bool:
            left[:] = self.alive().beyond(before)
            return not left

        try:
            until(nothing_left, "what was begun to end")
        except AssertionError as error:
            raise AssertionError(f"{error}; left behind: {left}") from None

    def memory(self, field: str = "VmRSS") -> int:
        """Return bytes of memory that it uses: VmRSS now, VmHWM at most so far."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))

    def holds_none(self) -> bool:
        """Wait until the spool is empty: documents are deleted a moment after their jobs' end is on record."""
        return until(lambda: not self.spooled(), "the spool to be empty")

    def spooled(self) -> "set[str]":
        """Return the names of the files in its spool."""
        return {path.name for path in self.spool.iterdir()}

    def _running(self) -> "subprocess.Popen[str]":
        assert self._process is not None, "it does not run"
        return self._process

    def _line(self, start: str) -> str:
        """Return the next line of its output that begins so; fail when it ends before."""
        stdout = self._running().stdout
        assert stdout is not None
        for line in stdout:
            if line.startswith(start):
                return line
        raise AssertionError(f"the firmware ended:\n{self.told()}")

    def _end(self, number: "int | None") -> int:
        process, self._process = self._running(), None
        if number is not None:
            process.send_signal(number)
        try:
            return process.wait(WATCHDOG_S)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def _target(link: Path) -> str:
    """Return what a descriptor is open on, without what numbers it; "" when it has gone meanwhile."""
    try:
        return re.sub(r"[0-9]+", "#", os.readlink(link))
    except FileNotFoundError:
        return ""


class Installation(NamedTuple):
    """A firmware, the printer, and the bus between them. `port` is the plug that the printer is in."""

    firmware: Firmware
    printer: VirtualPrinter
    bus: VirtualBus


@contextmanager
def installed(
    data: Path, *settings: str, plugged: bool = True, device_id: str = DEVICE_ID
) -> "Iterator[Installation]":
    """Give a firmware and its printer until the end of the block."""
    printer = VirtualPrinter(device_id, keep=RECEIVED_MAX)
    with VirtualBus() as bus:
        if plugged:
            bus.attach(printer)
        firmware = Firmware(data, bus.port, settings)
        try:
            firmware.start()
            if plugged:
                firmware.ready()
            yield Installation(firmware, printer, bus)
        finally:
            firmware.close()
            printer.close()
