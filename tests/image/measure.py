"""Measures the image in an emulated computer, and writes a page: `python -m tests.image.measure > bench/image.md`."""

import base64
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench.document import MIB
from tests.bench.report import debian_version, memory_mib, processor, table
from tests.fakes.usbredir import RedirectedPort
from tests.fakes.virtual_printer import VirtualPrinter
from tests.image import build
from tests.image.machine import Machine
from tests.image.printing import IPP, Appliance
from tests.robust.ippclient import FORMAT, GOOD, PRINT_JOB, Client, mime, post, request
from tools import micropython

ROUNDS = 3
PLAIN = mime(FORMAT)  # which the printer takes as it is
JOB_BYTES = 64 * MIB
IDLE_S = 30
WATCHDOG_S = 60.0
USBLP = "usblp.ko"
SEND = (
    'python3.13 -c \'import socket; client = socket.create_connection(("127.0.0.1", %d));'
    ' client.sendfile(open("/mnt/http", "rb")); print(client.recv(4096))\'' % IPP
)
SLOT = "/run/feedpath/slot"  # where the slot's file system is in the guest
GOALS = {"answer": 30, "printed": 60}  # seconds
PROCESSES = (
    "for p in /proc/[0-9]*; do c=$(tr '\\0' ' ' < $p/cmdline) && [ \"$c\" ] &&"
    ' echo "$(cut -d")" -f2 $p/stat) ; $(grep VmRSS $p/status) ; $c"; done 2>/dev/null'
)
PAGE = """\
# The image in an emulated computer

- Date: {date}
- Machine: {machine}; {emulator}, {cores} cores of a cortex-a53 without hardware's help
- Load average of the machine before the run: {load:.1f}
- Rounds: {rounds}; medians (least to most)

The emulator is many times slower than a Raspberry Pi at what needs the processor, and faster at reading its card.
Seconds of CPU are the emulator's, for its whole computer; they are less moved by what else runs here.

{starts}

A raw job of {megabytes} MiB, from the first to the last byte at the printer: sent to feedpath by IPP over the guest's
loopback, and in turns with it by `cat job > /dev/usb/lp0` through the same kernel's usblp, which the image leaves out.
Its SHA-256 was compared at the printer each time.

{rates}

Processes when all is quiet: memory, and CPU time over {idle} seconds.

{processes}"""


class Process(NamedTuple):
    """A process of the guest."""

    command: str
    rss_kib: int
    ticks: int


def main() -> None:
    load = os.getloadavg()[0]
    image = build.image()
    with tempfile.TemporaryDirectory() as scratch:
        folder, samples = Path(scratch), dict[str, "list[float]"]()
        for round in range(ROUNDS):
            last = round == ROUNDS - 1
            with RedirectedPort(folder / "usb") as port:
                printer = VirtualPrinter(keep=16 * JOB_BYTES)
                port.attach(printer)
                machine = Machine(image, folder, [port.path], shell=last)
                machine.card.put(machine.card.slot(), usblp(folder))
                began = time.monotonic()
                with machine:
                    running = Appliance(machine, [printer], [port])
                    started(running, began, samples)
                    if last:
                        quiet = list(idle(machine))
                        transfer(running, samples)
    sys.stdout.write(page(load, samples, quiet))


def started(running: Appliance, began: float, samples: "dict[str, list[float]]") -> None:
    """Note how long it takes until it answers, and until something is printed."""
    machine, (printer,) = running.machine, running.printers
    machine.until(running.answers, "an answer to Get-Printer-Attributes")
    note(samples, "answer", time.monotonic() - began)
    note(samples, "answer.cpu", machine.cpu_s())
    with Client(running.ipp_port) as client:
        client.send(post(request(PRINT_JOB, PLAIN) + b"a page"))
        assert client.answer().status in GOOD
    assert printer.wait_for(lambda: printer.total > 0, WATCHDOG_S)
    note(samples, "printed", time.monotonic() - began)


def idle(machine: Machine) -> "Iterator[Process]":
    """Yield the processes with the CPU time that each takes while nothing is asked."""
    time.sleep(IDLE_S)  # what the start left to do
    before = processes(machine)
    time.sleep(IDLE_S)
    for pid, process in processes(machine).items():
        if pid in before:
            yield process._replace(ticks=process.ticks - before[pid].ticks)


def processes(machine: Machine) -> "dict[str, Process]":
    """Return the guest's processes, by when they were started."""
    found = {}
    for row in machine.run(PROCESSES).splitlines():
        stat, memory, command = row.split(" ; ", 2)
        fields = stat.split()
        found[fields[19] + command] = Process(command, int(memory.split()[1]), int(fields[11]) + int(fields[12]))
    return found


def transfer(running: Appliance, samples: "dict[str, list[float]]") -> None:
    """Note how fast a raw job goes through feedpath, and through cat; in turns."""
    machine = running.machine
    asked = request(PRINT_JOB, PLAIN)
    head = base64.b64encode(post(asked, length=len(asked) + JOB_BYTES)).decode()
    machine.run("mount -t tmpfs -o size=160M tmpfs /mnt")
    machine.run(f"head -c {JOB_BYTES} /dev/urandom > /mnt/job")
    machine.run(f"(echo {head} | base64 -d; cat /mnt/job) > /mnt/http")
    job = bytes.fromhex(machine.run("sha256sum /mnt/job").split()[0])
    for _ in range(ROUNDS):
        note(samples, "rate.feedpath", rate(running, SEND, job))
        machine.run(f"systemctl stop feedpath; insmod {SLOT}/{USBLP}")
        note(samples, "rate.cat", rate(running, "cat /mnt/job > /dev/usb/lp0", job))
        machine.run("rmmod usblp; systemctl start feedpath")
        machine.until(running.answers, "an answer to Get-Printer-Attributes")


def rate(running: Appliance, command: str, job: bytes) -> float:
    """Return MB/s of a job of that SHA-256, printed by a command of the guest."""
    printer = running.printers[0]
    start = printer.total
    running.machine.run(f"({command}) > /mnt/said 2>&1 & true")
    assert printer.wait_for(lambda: printer.total > start, WATCHDOG_S), running.machine.run("cat /mnt/said")
    began = time.monotonic()
    assert printer.wait_for(lambda: printer.total >= start + JOB_BYTES, WATCHDOG_S), running.machine.said()
    seconds = time.monotonic() - began
    assert sha256(printer.received[start : start + JOB_BYTES]).digest() == job
    return JOB_BYTES / seconds / 1e6


def usblp(folder: Path) -> Path:
    """Return the module of the image's kernel that is not in the image."""
    packages = (micropython.cache() / "image/apt-arm64/archives").glob("linux-modules-[0-9]*_arm64.deb")
    package = max(packages, key=lambda path: path.stat().st_mtime)
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                if f"/{USBLP}" in member.name and (file := archive.extractfile(member)):
                    (folder / USBLP).write_bytes(lzma.decompress(file.read()))
        process.communicate()
    return folder / USBLP


def note(samples: "dict[str, list[float]]", key: str, value: float) -> None:
    samples.setdefault(key, []).append(value)
    sys.stderr.write(f"{key} {value:.2f}\n")


def page(load: float, samples: "dict[str, list[float]]", quiet: "list[Process]") -> str:
    """Return the whole page."""
    starts = [
        ("First answer to Get-Printer-Attributes: s", cell(samples["answer"]), f"at most {GOALS['answer']}"),
        ("First printed byte: s", cell(samples["printed"]), f"at most {GOALS['printed']}"),
        ("First answer: CPU s of the emulator", cell(samples["answer.cpu"]), ""),
    ]
    ratio = median(ours / theirs for ours, theirs in zip(samples["rate.feedpath"], samples["rate.cat"]))
    rates = [("MB/s", cell(samples["rate.feedpath"]), cell(samples["rate.cat"]), f"{ratio:.2f}", "at least 1")]
    rows = [
        (process.command.strip()[:60], f"{process.rss_kib / 1024:.1f}", f"{process.ticks / IDLE_S:.2f}")
        for process in sorted(quiet, key=lambda process: -process.rss_kib)
    ]
    return PAGE.format(
        date=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        machine=f"{processor()}, {os.cpu_count()} cores, {memory_mib()} MiB",
        emulator=debian_version("qemu-system-arm"),
        cores=2,
        load=load,
        rounds=ROUNDS,
        megabytes=JOB_BYTES // MIB,
        idle=IDLE_S,
        starts="\n".join(table(("From the emulator's start", "measured", "wanted"), iter(starts))),
        rates="\n".join(table(("", "feedpath", "cat", "ratio", "wanted"), iter(rates))),
        processes="\n".join(table(("", "RSS, MiB", "CPU, %"), iter(rows))) + "\n",
    )


def cell(values: "list[float]") -> str:
    """Return a median with its range."""
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


if __name__ == "__main__":
    main()
