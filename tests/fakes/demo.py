"""The firmware with virtual USB printers, for trying out and for tests: `python -m tests.fakes.demo --data DIR`.

Lines on standard input play the person at the first printer: "paper out", "paper in", "cover open", "cover closed",
"busy", "ready", "unplug", "plug", "speed 20000".
"""

import argparse
import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from feedpath import appliance
from feedpath.cli import log_to_stderr
from feedpath.core.printer import Printer
from feedpath.errors import SettingError
from feedpath.settings import Settings
from tests.fakes.usbip_backend import UsbipBackend
from tests.fakes.virtual_bus import VirtualBus
from tests.fakes.virtual_printer import DEVICE_ID, VirtualPrinter

SINK = "virtual-printer/received.bin"


def arguments() -> argparse.Namespace:
    """Return what the command line asks."""
    parser = argparse.ArgumentParser(prog="tools/run", description=__doc__.splitlines()[0])
    parser.add_argument("--port", default="8631", help="TCP port for IPP and web; 0 picks a free one")
    parser.add_argument("--data", type=Path, required=True, help="where state, spool and what was received stand")
    parser.add_argument(
        "--speed", type=float, help="bytes a second that the printer takes; as many as come if left out"
    )
    parser.add_argument("--device-id", default=DEVICE_ID, help="IEEE 1284 device id, without the serial number")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting for this run")
    return parser.parse_args()


def main() -> int:
    """Run until a signal comes; return the exit status."""
    asked = arguments()
    sink = asked.data / SINK
    sink.parent.mkdir(parents=True, exist_ok=True)
    try:
        settings = Settings.load(str(asked.data / "settings.toml"))
        for name, _, text in (assignment.partition("=") for assignment in [f"port={asked.port}", *asked.set]):
            settings.override(name, text)
    except SettingError as error:
        sys.exit(f"tools/run: {error}")
    log_to_stderr(settings)
    printer = VirtualPrinter(asked.device_id, sink=sink, keep=0)
    printer.speed = asked.speed
    with VirtualBus() as bus:
        bus.attach(printer)
        threading.Thread(target=obey, args=(bus, printer), daemon=True).start()
        backend = UsbipBackend("127.0.0.1", bus.port)
        return appliance.run(asked.data, settings, [backend], notes=lambda printer: notes(printer, sink), started=tell)


def obey(bus: VirtualBus, printer: VirtualPrinter) -> None:
    """Do what standard input says until it ends."""
    deeds: "dict[str, Callable[[], object]]" = {
        "paper out": lambda: setattr(printer, "paper_out", True),
        "paper in": lambda: setattr(printer, "paper_out", False),
        "cover open": lambda: setattr(printer, "cover_open", True),
        "cover closed": lambda: setattr(printer, "cover_open", False),
        "busy": lambda: setattr(printer, "busy", True),
        "ready": lambda: setattr(printer, "busy", False),
        "unplug": lambda: bus.detach(printer),
        "plug": lambda: bus.attach(printer),
    }
    for line in sys.stdin:
        word, _, value = line.strip().partition(" ")
        if word == "speed" and value:
            printer.speed = float(value)
        elif line.strip() in deeds:
            deeds[line.strip()]()
        elif line.strip():
            logging.getLogger(__name__).warning("the printer knows %s, not %r", ", ".join(deeds), line.strip())


def notes(printer: Printer, sink: Path) -> "tuple[str, ...]":
    """Return what the printer's page says of what the virtual printer holds."""
    return (f"This printer is virtual: it has received {sink.stat().st_size:,} bytes, which stand in {sink}.",)


def tell(running: appliance.Appliance) -> None:
    """Say where it is reached, and a line to try."""
    appliance.tell(running)
    sys.stdout.write(f"try: ipptool -tv ipp://localhost:{running.port}/ipp/print get-printer-attributes.test\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
