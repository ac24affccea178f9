"""A router with Debian's dnsmasq and a printer on one cable, and our whole appliance on the printer."""

import contextlib
import ctypes
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from tests.bench import processes
from tests.bench.client import Failed
from tests.fakes import netns
from tests.fakes.netns import Namespace
from tests.peers import dhcp
from tests.peers.dhcp import Cable, Dnsmasq

CLONE_NEWNET = 0x40000000  # setns(2)
RUN_FILE = "feedpath.run"  # the firmware writes it once it serves
HELPER = "feedpath.host.network"

T = TypeVar("T")


@contextlib.contextmanager
def lan() -> "Iterator[Cable]":
    """Join a router to a printer that has no address yet."""
    with (
        netns.namespace("router") as router,
        netns.namespace("printer") as printer,
        dhcp.cable(router, printer) as cable,
    ):
        printer.run("ip", "link", "set", cable.name, "up")
        yield cable


@contextlib.contextmanager
def server(cable: Cable, folder: Path) -> "Iterator[Dnsmasq]":
    """Have the router lease addresses, for two minutes, to be renewed after one."""
    running = Dnsmasq(cable.router, folder)
    running.start()
    try:
        yield running
    finally:
        running.stop()


class Box:
    """A running appliance with a printer that takes nothing."""

    def __init__(self, space: Namespace, folder: Path, *settings: str):
        device = folder / "device"
        os.mkfifo(device)
        self._reader = os.open(device, os.O_RDONLY | os.O_NONBLOCK)  # else the appliance would wait for one
        self._space, self._log, data = space, folder / "log", folder / "data"
        words = [sys.executable, "-m", "tests.bench.server", "--fifo", str(device), "--data", str(data)]
        words += ["--port", "8631", "--raw-port", "9100", "--set", "listen=", *(f"--set={each}" for each in settings)]
        self._process = space.start(*words, log=self._log)
        self.pid = self._process.pid
        self._ready = data / RUN_FILE

    def wait(self) -> None:
        """Wait until it serves."""
        netns.until(lambda: self._ready.exists() or self._process.poll() is not None, "the firmware")
        if self._process.poll() is not None:
            raise Failed(f"the firmware does not start:\n{self._log.read_text()}")

    def helper(self) -> int:
        """Return the process of its network helper."""
        return netns.until(
            lambda: next((pid for pid in processes.tree(self.pid) if HELPER in processes.command(pid)), 0),
            "the network helper",
        )

    def stop(self) -> None:
        """End it."""
        self._space.stop(self._process)
        os.close(self._reader)


@contextlib.contextmanager
def box(space: Namespace, folder: Path, *settings: str) -> "Iterator[Box]":
    """Run the appliance with these settings, each as "name=value", until the end of the block."""
    with tempfile.TemporaryDirectory(dir=folder) as room:
        running = Box(space, Path(room), *settings)
        try:
            yield running
        finally:
            running.stop()


def inside(space: Namespace, make: "Callable[[], T]") -> T:
    """Return what `make` gives in a namespace: a socket belongs there for good."""
    made: "list[T]" = []

    def enter() -> None:
        place = os.open(f"/run/netns/{space.name}", os.O_RDONLY)
        try:
            if not ctypes.CDLL(None, use_errno=True).setns(place, CLONE_NEWNET):
                made.append(make())
        finally:
            os.close(place)

    thread = threading.Thread(target=enter)  # its namespace ends with it
    thread.start()
    thread.join()
    if not made:
        raise Failed(f"{space.name} cannot be entered")
    return made[0]
