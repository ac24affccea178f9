"""The firmware in a process of its own, on the printers of another one: `python -m tests.robust.box`.

After the lines that say where it is reached, each SIGUSR1 makes it write one more: what lives in it, as JSON.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
import threading
from pathlib import Path

from feedpath import appliance
from feedpath.settings import Settings
from tests.fakes.usbip_backend import UsbipBackend


def main() -> int:
    """Run until a signal comes; return the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="where state and spool stand")
    parser.add_argument("--usb", type=int, required=True, help="the USB/IP port of the virtual bus")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting for this run")
    asked = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", level=logging.INFO)
    settings = Settings.load(str(asked.data / "settings.toml"))
    for name, _, text in (assignment.partition("=") for assignment in asked.set):
        settings.override(name, text)
    return appliance.run(asked.data, settings, [UsbipBackend("127.0.0.1", asked.usb)], started=tell)


def tell(running: appliance.Appliance) -> None:
    """Say where it is reached, and from now on what lives in it to whoever asks."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell_what_lives)
    appliance.tell(running)


def tell_what_lives() -> None:
    """Write the names of the tasks and threads."""
    tasks = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    threads = [thread.name for thread in threading.enumerate()]
    sys.stdout.write(json.dumps({"tasks": sorted(tasks), "threads": sorted(threads)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
