"""One conversion in a process of its own: `python -m tests.bench.meter WAY WORD...` prints what it took, as JSON."""

import contextlib
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from feedpath.back.pdl import choose, languages
from feedpath.back.pdl.convert import READ
from feedpath.back.pdl.source import FileSource
from feedpath.core.driver import Conversion
from feedpath.core.ticket import Ticket
from tests.bench import libcups, processes

KIB = 1024
MACHINES = {  # what they say in CMD of their device id
    "pcl5": ("PJL", "PCL"),
    "pcl5-color": ("PJL", "PCL", "PCL5C"),
    "receipts": ("ESC/POS",),
}
NAME = "bench"  # of the job and of its user
DOTS = re.compile(rb"\x1b\*r0f\d+s\d+t1A")  # behind it, the dots of a page begin: PCL 5, Start Raster Graphics
HEAD_BYTES = 4096  # more than stands before that

Cost = dict[str, Any]


def conversion(format: str, machine: str, file: BinaryIO) -> Conversion:
    """Return what makes a document the machine's."""
    driver = choose.choose(MACHINES[machine], letter_first=False)
    convert = driver.convert(Ticket(NAME, NAME, format=format))
    assert convert, f"{format} needs no conversion for {machine}"
    return convert(FileSource(file))


def read(format: str, machine: str, path: str, times: str) -> Cost:
    """Convert so often in this process: the CPU seconds of the last time, the bytes that the first one added."""
    for module in (READ[format], languages.spoken(MACHINES[machine])[0].module):
        languages.load(module)
    processes.forget_peak(os.getpid())
    resident, added, cpu = processes.status_bytes(os.getpid(), "VmRSS"), 0, 0.0
    for _ in range(int(times)):
        with open(path, "rb", buffering=0) as file, counted() as seconds:
            for _piece in conversion(format, machine, file):
                pass
        cpu = seconds[0]
        added = added or processes.status_bytes(os.getpid(), "VmHWM") - resident
    return {"cpu": cpu, "added": added}


def decoded(path: str, times: str) -> Cost:
    """Have libcups read the document so often; return the CPU seconds of the last time."""
    cpu = 0.0
    for _ in range(int(times)):
        with counted() as seconds:
            libcups.decode(Path(path))
        cpu = seconds[0]
    return {"cpu": cpu}


@contextlib.contextmanager
def counted() -> "Iterator[list[float]]":
    """Give a list that the CPU seconds of the block come into."""
    seconds: list[float] = []
    begun = time.process_time()
    yield seconds
    seconds.append(time.process_time() - begun)


def drawn(format: str, machine: str, path: str) -> Cost:
    """Convert in a worker: what that took, and what came. before: the bytes before the first dots of PCL 5."""
    digest, size, head = hashlib.sha256(), 0, b""
    with open(path, "rb", buffering=0) as file:
        for piece in conversion(format, machine, file):
            digest.update(piece)
            size += len(piece)
            head += bytes(piece[: HEAD_BYTES - len(head)])
    dots = DOTS.search(head)
    return children() | {"size": size, "digest": digest.hexdigest(), "before": dots.end() if dots else 0}


def ran(*command: str) -> Cost:
    """Run a command, whose output is thrown away."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return children()


def children() -> Cost:
    """Return the CPU seconds of this process's children, and the most bytes that one held.

    The kernel counts what a child held before it ran its own program, which is this process: that must be small.
    """
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * KIB}


WAYS: "dict[str, Callable[..., Cost]]" = {way.__name__: way for way in (read, decoded, drawn, ran)}

if __name__ == "__main__":
    print(json.dumps(WAYS[sys.argv[1]](*sys.argv[2:])))
