"""What starting costs, and what a server that idles holds."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import processes
from tests.bench.bench import Bench
from tests.bench.document import MIB
from tests.bench.peers import Server

SERVERS = ("feedpath", "ippeveprinter", "cupsd")
IDLE_S = 3  # announcing takes feedpath 1.7 s
OTHER_PORT = 100  # beside the instance that the other measures use


def measure(bench: Bench) -> None:
    """Start each server on empty storage, and again on what it left there."""
    for server in bench.each(*SERVERS):
        with TemporaryDirectory(dir=server.room.parent) as room:
            Path(room).chmod(0o755)  # cupsd's back ends run as another user
            fresh = type(server)(Path(room), server.port + OTHER_PORT, server.output)
            start(bench, fresh, "startup.first")
            fresh.stop()
            start(bench, fresh, "startup.again")
            time.sleep(min(IDLE_S, 10 * bench.sizes.seconds))
            bench.record("startup.rss", fresh, processes.status_bytes(fresh.pid, "VmRSS") / MIB)
            fresh.stop()


def start(bench: Bench, server: Server, name: str) -> None:
    """Start; record CPU and time to the first answer."""
    begun = time.monotonic()
    server.start()
    bench.record(f"{name}.time", server, time.monotonic() - begun)
    bench.record(f"{name}.cpu", server, processes.cpu_seconds(server.pid))
