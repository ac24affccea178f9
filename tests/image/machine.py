"""An emulated computer with the image's card in it, started as the Raspberry Pi's firmware starts a real one.

with Machine(image, folder, usb=[port.path]) as machine:
    machine.until(lambda: ..., "what")      # goes on over restarts of the guest, and shows its log in vain
    machine.port(631)                       # of this computer, from which the guest's port is reached
    machine.run("ps")                       # in the guest, where shell=True
"""

import base64
import contextlib
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TypeVar

from tests.image.card import Card

LOOK_AGAIN_S = 0.1
SHOWN_LINES = 80
WATCHDOG_S = 180.0  # eight times a start on a computer that does nothing else
END_S = 30.0
PORTS = (80, 515, 631, 9100)
CPU, MEMORY_MB = "cortex-a53", 512  # those of the smallest boards
SCREEN = "console=tty1"  # which is not there
LOGGED = "console=ttyAMA0 systemd.journald.forward_to_console=1"
SHELL = """\
[Unit]
DefaultDependencies=no
IgnoreOnIsolate=yes
[Service]
ExecStart=/usr/bin/busybox sh
Restart=always
StandardInput=tty
StandardOutput=tty
TTYPath=/dev/ttyS0
"""
UNIT = "systemd.set_credential_binary=systemd.extra-unit.shell.service:"  # a unit (systemd.system-credentials(7)) ...
WANTED = "systemd.wants=shell.service"  # ... that the image does not have

T = TypeVar("T")


class Machine:
    """See the module. usb: UNIX sockets of what hangs at its USB ports. shell: whether `run` is wanted."""

    def __init__(self, image: Path, folder: Path, usb: "Sequence[Path]" = (), *, shell: bool = False):
        self.card = Card(image, folder / "card.img")
        self.log = folder / "console.log"
        self.starts: "list[int]" = []  # the slot of each
        self._folder = folder
        self._usb = usb
        self._shell = shell
        self._process: "subprocess.Popen[bytes] | None" = None
        self._monitor: "Monitor | None" = None

    def __enter__(self) -> "Machine":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.cut()
        self.card.remove()

    def start(self) -> None:
        """Switch it on."""
        start = self.card.start(self._folder / "slot")
        self.starts.append(start.slot)
        words = [word for word in start.words.split() if word != SCREEN]
        words += [LOGGED, f"feedpath.slot={start.slot}"]
        if self._shell:
            words += [UNIT + base64.b64encode(SHELL.encode()).decode(), WANTED]
        with self.log.open("ab") as log:
            command = self._command(start.kernel, start.initrd, " ".join(words))
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._monitor = None

    def cut(self) -> None:
        """Cut its power."""
        if self._monitor:
            self._monitor.close()
        if self._process:
            self._process.kill()
            self._process.wait(END_S)
        self._monitor = self._process = None

    def until(self, condition: "Callable[[], T | None]", what: str, seconds: float = WATCHDOG_S) -> T:
        """Return the first true answer of `condition`; AssertionError with the log when there is none in time."""
        deadline = time.monotonic() + seconds
        while not (answer := condition()):
            self._go_on()
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds:.0f} s in vain for {what}; the guest said:\n{self.said()}")
            time.sleep(LOOK_AGAIN_S)
        return answer

    def said(self, lines: int = SHOWN_LINES) -> str:
        """Return the end of what the guest wrote to its console."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def port(self, guests: int) -> int:
        """Return the port of the loopback that leads to one of the guest's."""
        table = self.monitor.human("info usernet")
        found = re.search(rf"HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+{guests}\s", table)
        assert found, f"port {guests} is not forwarded:\n{table}"
        return int(found[1])

    @property
    def monitor(self) -> "Monitor":
        """Return the way to talk to the emulator."""
        if self._monitor is None:
            self._monitor = self.until(lambda: Monitor.reached(self._folder / "qmp"), "the emulator to answer", END_S)
        return self._monitor

    def run(self, command: str, seconds: float = WATCHDOG_S) -> str:
        """Run a command of the shell in the guest; return what it prints."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            connection.connect(str(self._folder / "shell"))
            connection.sendall(b"stty -echo; PS1=; echo '<''<'; " + command.encode() + b"; echo '>''>'\n")
            said = b""
            while b">>" not in said:
                said += connection.recv(65536)
        return said.partition(b"<<")[2].partition(b">>")[0].decode(errors="replace").replace("\r\n", "\n").strip()

    def cpu_s(self) -> float:
        """Return the seconds of CPU time that the emulator has taken since the last start."""
        assert self._process
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def _go_on(self) -> None:
        """Start again where the guest wanted to; the emulator ends by itself when it does."""
        if self._process and (status := self._process.poll()) is not None:
            assert status == 0, f"the emulator ended with status {status}:\n{self.said()}"
            self.cut()
            self.start()

    def _command(self, kernel: Path, initrd: Path, words: str) -> "list[str]":
        forwards = ",".join(f"hostfwd=tcp:127.0.0.1:0-:{port}" for port in PORTS)
        command = ["qemu-system-aarch64", "-M", "virt", "-cpu", CPU, "-smp", "2", "-m", str(MEMORY_MB)]
        command += ["-accel", "tcg,thread=multi", "-display", "none", "-monitor", "none", "-serial", "stdio"]
        command += ["-no-reboot", "-kernel", str(kernel), "-initrd", str(initrd), "-append", words]
        command += ["-drive", f"if=none,id=card,format=raw,file={self.card.path}"]
        command += ["-device", "virtio-blk-device,drive=card"]
        command += ["-netdev", f"user,id=net,{forwards}", "-device", "virtio-net-device,netdev=net"]
        command += ["-qmp", f"unix:{self._folder / 'qmp'},server=on,wait=off", "-device", "qemu-xhci"]
        for number, path in enumerate(self._usb):
            command += ["-chardev", f"socket,id=usb{number},path={path}", "-device", f"usb-redir,chardev=usb{number}"]
        if self._shell:
            command += ["-chardev", f"socket,id=shell,path={self._folder / 'shell'},server=on,wait=off"]
            command += ["-device", "pci-serial,chardev=shell"]
        return command


class Monitor:
    """QEMU's own protocol (QMP): JSON, a line a message."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._lines: "IO[bytes]" = connection.makefile("rb")
        self._lines.readline()  # a greeting
        self.execute("qmp_capabilities")

    @classmethod
    def reached(cls, path: Path) -> "Monitor | None":
        """Return one when the emulator listens, else None."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(END_S)
        with contextlib.suppress(OSError):
            connection.connect(str(path))
            return cls(connection)
        connection.close()
        return None

    def execute(self, command: str, **arguments: object) -> object:
        """Return the answer to a command."""
        self._connection.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer: "dict[str, object]" = json.loads(self._lines.readline())
            if "event" not in answer:
                return answer["return"]

    def human(self, line: str) -> str:
        """Return the answer to a line as a person would type it."""
        return str(self.execute("human-monitor-command", **{"command-line": line}))

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._connection.close()
