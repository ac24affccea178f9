"""Network namespaces joined by a cable, with an avahi-daemon in one of them: root only.

Namespaces are named after the process that made them, so that what a killed test run left behind is swept away by
the next one.
"""

import contextlib
import ctypes
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

WATCHDOG_S = 60.0  # ten times what the slowest of these programs needs
POLL_S = 0.02
PREFIX = "feedpath-"

T = TypeVar("T")
_numbers = itertools.count(1)


def until(condition: "Callable[[], T | None]", what: str, seconds: float = WATCHDOG_S) -> "T":
    """Return the first true answer of `condition`; raise AssertionError naming `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError("waited %d s in vain for %s" % (seconds, what))
        time.sleep(POLL_S)


class Namespace:
    """A network namespace and the programs that were started in it."""

    def __init__(self, name: str):
        self.name = name
        self.environment: "dict[str, str]" = {}  # added to that of every program started here
        self._started: "list[subprocess.Popen[bytes]]" = []

    def command(self, *argv: str) -> "list[str]":
        """Return the command line that runs `argv` here."""
        return ["ip", "netns", "exec", self.name, *argv]

    def start(self, *argv: str, log: "Path | None" = None, cwd: "Path | None" = None) -> "subprocess.Popen[bytes]":
        """Start a program that ends with the namespace at the latest; its output goes to `log`."""
        with open(log or os.devnull, "ab") as output:
            process = subprocess.Popen(
                self.command(*argv),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=cwd,
                env=self._environment(),
            )
        self._started.append(process)
        return process

    def run(self, *argv: str, seconds: float = WATCHDOG_S, check: bool = True) -> str:
        """Run a program to its end and return what it wrote to stdout; raise CalledProcessError when it fails."""
        command = self.command(*argv)
        return subprocess.run(
            command, check=check, capture_output=True, text=True, timeout=seconds, env=self._environment()
        ).stdout

    def udp(self, address: str, port: int = 0, group: str = "") -> socket.socket:
        """Return a socket of UDP that sends from an IPv4 address of this namespace, and hears what goes to it.

        With a group it hears what goes to that instead.
        """
        with ThreadPoolExecutor(1) as traveller:  # only the thread that asks for it goes to another namespace
            return traveller.submit(self._udp, address, port, group).result()

    def _udp(self, address: str, port: int, group: str) -> socket.socket:
        there = os.open("/run/netns/" + self.name, os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(there, 0):
                raise OSError(ctypes.get_errno(), "cannot go to the namespace " + self.name)
        finally:
            os.close(there)
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            made.setsockopt(socket.SOL_SOCKET, option, 1)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        if group:
            made.setsockopt(
                socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(address)
            )
        made.bind((group or address, port))
        return made

    def _environment(self) -> "Mapping[str, str]":
        return {**os.environ, **self.environment}

    def stop(self, process: "subprocess.Popen[bytes]") -> int:
        """End a program by SIGTERM, by SIGKILL when it does not listen; return its status."""
        process.terminate()
        try:
            return process.wait(WATCHDOG_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            if process.stdin is not None:
                process.stdin.close()

    def stop_all(self) -> None:
        """End all programs, the last one started first."""
        for process in reversed(self._started):
            self.stop(process)
        self._started.clear()


@contextlib.contextmanager
def namespace(host: str) -> "Iterator[Namespace]":
    """Make a namespace with its loopback up; on leaving, end what runs in it and remove it."""
    _sweep()
    name = "%s%d-%d-%s" % (PREFIX, os.getpid(), next(_numbers), host)
    _ip("netns", "add", name)
    space = Namespace(name)
    try:
        # Addresses are usable at once: duplicate address detection would hold IPv6 back for a second or two.
        space.run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0")
        space.run("ip", "link", "set", "lo", "up")
        yield space
    finally:
        space.stop_all()
        _ip("netns", "del", name)


@contextlib.contextmanager
def cable(first: Namespace, second: Namespace, number: int = 0) -> "Iterator[None]":
    """Join two namespaces: each has eth<number>, 10.77.<number>.1 and .2, fd77:<number>::1 and ::2."""
    link = "eth%d" % number
    _ip("link", "add", link, "netns", first.name, "type", "veth", "peer", "name", link, "netns", second.name)
    try:
        for place, space in enumerate((first, second), 1):
            space.run("ip", "address", "add", "10.77.%d.%d/24" % (number, place), "dev", link)
            space.run("ip", "address", "add", "fd77:%d::%d/64" % (number, place), "dev", link, "nodad")
            space.run("ip", "link", "set", link, "up")
        yield
    finally:
        first.run("ip", "link", "del", link)


class Avahi(NamedTuple):
    """A running avahi-daemon; `restart` may give its host another name."""

    restart: "Callable[[str], None]"


@contextlib.contextmanager
def avahi(space: Namespace, host: str) -> "Iterator[Avahi]":
    """Run dbus-daemon and avahi-daemon in a namespace; programs started there later talk to them."""
    directory = Path(tempfile.mkdtemp(prefix="feedpath-avahi-"))
    bus = directory / "bus"
    space.environment["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=%s" % bus
    running: "list[subprocess.Popen[bytes]]" = []

    def restart(name: str) -> None:
        if running:
            space.stop(running.pop())
        running.append(_avahi_daemon(space, directory, name))

    try:
        config = "--config-file=/usr/share/dbus-1/system.conf"
        address = "--address=unix:path=%s" % bus
        space.start("dbus-daemon", config, address, "--nofork", "--nopidfile", log=directory / "log")
        until(bus.exists, "the message bus")
        restart(host)
        yield Avahi(restart)
    finally:
        space.stop_all()
        del space.environment["DBUS_SYSTEM_BUS_ADDRESS"]
        shutil.rmtree(directory)


def _avahi_daemon(space: Namespace, directory: Path, host: str) -> "subprocess.Popen[bytes]":
    config = directory / "avahi-daemon.conf"
    config.write_text("[server]\nhost-name=%s\nuse-ipv4=yes\nuse-ipv6=yes\nenable-dbus=yes\n" % host)
    # avahi keeps its pid file in /run, which is hidden by an empty one in the mount namespace of this program alone.
    script = "mount -t tmpfs run /run && mkdir /run/avahi-daemon && exec avahi-daemon -f %s %s"
    options = "--no-drop-root --no-chroot --no-rlimits"
    process = space.start("unshare", "-m", "sh", "-c", script % (config, options), log=directory / "log")
    query = ("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.Avahi", "/")

    def ready() -> bool:
        if process.poll() is not None:
            raise AssertionError("avahi-daemon ended:\n%s" % (directory / "log").read_text())
        state = space.run(*query, "org.freedesktop.Avahi.Server.GetState", check=False)
        return "int32 2" in state  # AVAHI_SERVER_RUNNING: the host name is established

    until(ready, "avahi-daemon")
    return process


def _ip(*argv: str) -> None:
    subprocess.run(["ip", *argv], check=True, capture_output=True, timeout=WATCHDOG_S)


def _sweep() -> None:
    listing = subprocess.run(["ip", "netns", "list"], check=True, capture_output=True, text=True, timeout=WATCHDOG_S)
    for line in listing.stdout.splitlines():
        name = line.split()[0]
        if name.startswith(PREFIX) and not Path("/proc", _maker(name)).exists():
            with contextlib.suppress(subprocess.CalledProcessError):  # another test run may sweep as well
                _ip("netns", "del", name)


def _maker(name: str) -> str:
    return name[len(PREFIX) :].split("-")[0]


def programs_missing(names: "Sequence[str]") -> "list[str]":
    """Return those of the programs that are not installed."""
    path = "%s:/usr/sbin:/sbin:/usr/lib/cups/filter" % os.environ.get("PATH", "")
    return [name for name in names if not shutil.which(name, path=path)]
