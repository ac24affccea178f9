"""Where feedpath's time goes, sampled by py-spy while the load runs."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.peers import START_S, Server

HERTZ = "250"


@contextmanager
def profiled(server: Server, output: Path) -> Iterator[None]:
    """Sample the server while the block runs, and leave a flame graph in `output`."""
    command = ["py-spy", "record", "--rate", HERTZ, "--threads", "--output", str(output), "--pid", str(server.pid)]
    recorder = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        recorder.send_signal(signal.SIGINT)  # py-spy writes its result when it is interrupted
        recorder.wait(START_S)


def available() -> bool:
    """Return whether py-spy is installed."""
    return shutil.which("py-spy") is not None
