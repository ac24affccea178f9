"""The servers beside each other: feedpath and Debian's, each started, asked and stopped in the same way."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench.client import HOST, Connection, Failed, connect
from tests.bench.document import MIME

BUS = ("dbus-daemon", "--system", "--nofork", "--nopidfile")
AVAHI = ("avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits")
START_S = 30  # ten times what the slowest needs
POLL_S = 0.002
LOG_LINES = 20

CUPSD_CONF = """\
Listen {host}:{port}
LogLevel warn
PreserveJobFiles No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
"""
CUPS_FILES_CONF = """\
User lp
Group lp
SystemGroup root
ServerRoot {room}
RequestRoot {room}/spool
TempDir {room}/tmp
CacheDir {room}/cache
StateDir {room}/state
AccessLog {room}/access_log
ErrorLog {room}/error_log
PageLog {room}/page_log
"""


class Server:
    """A print server: its files in `room`, its port, and the `output` that it prints into (a FIFO's path or a URI)."""

    name = ""
    path = "/ipp/print"

    def __init__(self, room: Path, port: int, output: str):
        self.room, self.port, self.output = room, port, output
        self.uri = f"ipp://{HOST}:{port}{self.path}"
        self._log = room / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def raw_port(self) -> int:
        """Where it takes raw jobs, if it does."""
        return self.port

    @property
    def pid(self) -> int:
        """The process that is the server, with its children."""
        assert self._process, f"{self.name} has not been started"
        return self._process.pid

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make what the server needs before it starts."""

    def answer(self) -> None:
        """Ask the server for something simple; raise OSError or Failed while it does not serve."""
        with self.connect() as connection:
            connection.ask(connection.get_printer_attributes("printer-state"))

    def connect(self) -> Connection:
        """Return a new connection to its printer."""
        return Connection(self.port, self.uri)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self.prepare()
        with self._log.open("ab") as file:
            self._process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        deadline = time.monotonic() + START_S
        while True:
            try:
                return self.answer()
            except (OSError, Failed) as error:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise Failed(f"{self.name} does not start: {error}\n{self.log_end()}") from None
                time.sleep(POLL_S)

    def log_end(self) -> str:
        """Return the last lines that the server has logged."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LOG_LINES:])

    def stop(self) -> None:
        """End the server."""
        if self._process:
            end(self._process)
            self._process = None


class Feedpath(Server):
    """Ours, with a fake pyusb backend that writes into the FIFO."""

    name = "feedpath"

    @property
    def raw_port(self) -> int:
        return self.port + 1

    def command(self) -> list[str]:
        return [
            sys.executable,
            "-m",
            "tests.bench.server",
            "--fifo",
            self.output,
            "--data",
            str(self.room / "data"),
            "--port",
            str(self.port),
            "--raw-port",
            str(self.raw_port),
        ]


class IppEvePrinter(Server):
    """The sample printer of CUPS: spools each job, then runs a command on it. It will not start without avahi."""

    name = "ippeveprinter"

    def command(self) -> list[str]:
        return [
            "ippeveprinter",
            "-r",
            "off",
            "-p",
            str(self.port),
            "-d",
            str(self.room / "spool"),
            "-f",
            MIME,
            "-c",
            str(self.room / "print"),
            "bench",
        ]

    def prepare(self) -> None:
        (self.room / "spool").mkdir(exist_ok=True)
        script = self.room / "print"
        script.write_text(f'#!/bin/sh\nexec cat "$1" >{self.output}\n')
        script.chmod(0o755)


class Cupsd(Server):
    """The scheduler of CUPS with a raw queue on its socket backend."""

    name = "cupsd"
    path = "/printers/bench"

    def command(self) -> list[str]:
        return ["cupsd", "-f", "-c", str(self.room / "cupsd.conf"), "-s", str(self.room / "cups-files.conf")]

    def prepare(self) -> None:
        for folder in ("spool", "spool/tmp", "tmp", "cache", "state", "ppd", "ssl"):
            (self.room / folder).mkdir(exist_ok=True)
        (self.room / "cupsd.conf").write_text(CUPSD_CONF.format(host=HOST, port=self.port))
        (self.room / "cups-files.conf").write_text(CUPS_FILES_CONF.format(room=self.room))

    def answer(self) -> None:
        try:
            super().answer()
        except Failed:  # it serves, but has no printer yet
            to = f"{HOST}:{self.port}"
            add = ["lpadmin", "-h", to, "-p", "bench", "-E", "-v", self.output, "-m", "raw"]
            subprocess.run(add, check=True, capture_output=True)
            super().answer()


class P910nd(Server):
    """A raw port, as small as one can be. Its ports are 9100, 9101 and 9102."""

    name = "p910nd"

    def command(self) -> list[str]:
        return ["p910nd", "-d", "-f", self.output, "-i", HOST, str(self.port - 9100)]

    def prepare(self) -> None:
        Path("/run/lock/p910nd").mkdir(parents=True, exist_ok=True)

    def answer(self) -> None:
        connect(self.port).close()


ALL: tuple[tuple[type[Server], int], ...] = ((Feedpath, 8631), (IppEvePrinter, 8651), (Cupsd, 8661), (P910nd, 9101))


@contextmanager
def service_discovery() -> Iterator[None]:
    """Run a D-Bus and an avahi of our own; /run must be ours."""
    Path("/run/dbus").mkdir(exist_ok=True)
    bus = subprocess.Popen(BUS, stderr=subprocess.DEVNULL)
    try:
        wait_for(Path("/run/dbus/system_bus_socket"))
        avahi = subprocess.Popen(AVAHI, stderr=subprocess.DEVNULL)
        try:
            wait_for(Path("/run/avahi-daemon/socket"))
            yield
        finally:
            end(avahi)
    finally:
        end(bus)


def wait_for(path: Path) -> None:
    """Wait until a path exists."""
    deadline = time.monotonic() + START_S
    while not os.path.lexists(path):
        if time.monotonic() > deadline:
            raise Failed(f"{path} does not come")
        time.sleep(POLL_S)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process to end, and make it."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(START_S)
    process.kill()
    process.wait()
