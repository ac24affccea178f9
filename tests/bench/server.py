"""feedpath as it is measured: the whole appliance with its defaults, but for its ports, and a FIFO for a printer."""

import argparse
import sys
from pathlib import Path

from feedpath import appliance
from feedpath.settings import Settings
from tests.bench.fifo_printer import DEVICE_ID, FifoBackend


def main() -> int:
    """Serve until told to end; return the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fifo", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", required=True)
    parser.add_argument("--raw-port", required=True)
    parser.add_argument("--device-id", default=DEVICE_ID)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    options.data.mkdir(exist_ok=True)
    settings, printer = Settings(), FifoBackend(options.fifo, options.device_id)
    for name, text in (("listen", "127.0.0.1"), ("port", options.port), ("raw", "on"), ("raw-port", options.raw_port)):
        settings.override(name, text)
    for name, _, text in (setting.partition("=") for setting in options.set):
        settings.override(name, text)
    return appliance.run(options.data, settings, [printer], started=lambda running: None)


if __name__ == "__main__":
    sys.exit(main())
