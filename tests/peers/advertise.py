"""A program that announces printers and takes orders, so that peers can watch it: JSON on stdin, events on stdout.

`python -m tests.peers.advertise HOST [RATE]`: RATE is how many messages a second it takes from a source, or from all.

An order is a line: {"add": {attributes}}, {"change": NAME, "to": {attributes}}, {"remove": NAME}, {"raw": port}, or
{"memory": NAME}. An event is a line: "named NAME as INSTANCE", or the answer "memory NAME: BLOCKS" with how many blocks
of memory Python holds. It ends at the end of stdin, with its goodbyes.
"""

import asyncio
import gc
import json
import sys
from typing import Any, cast

from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.front.advert import guard, server
from feedpath.front.advert.records import Reach
from feedpath.front.advert.server import Advert
from tests.fakes.announced import AnnouncedPrinter, announced


class Orders:
    """What was ordered so far."""

    def __init__(self) -> None:
        self.printers = Printers()
        self.raw_port = 0

    def reach(self, printer: Printer) -> Reach:
        """Return where the printer is said to be."""
        return Reach(port=8631, path="ipp/print/" + printer.name, raw_port=self.raw_port)

    def named(self, printer: Printer, name: str) -> None:
        """Report the name that the printer got."""
        say("named %s as %s" % (printer.name, name))

    def take(self, order: "dict[str, Any]") -> None:
        """Do as ordered."""
        if "add" in order:
            self.printers.add(announced(**order["add"]))
        elif "change" in order:
            cast(AnnouncedPrinter, self.printers.find(order["change"])).change(**order["to"])
        elif "remove" in order:
            printer = self.printers.find(order["remove"])
            assert printer is not None
            self.printers.remove(printer)
        elif "memory" in order:
            gc.collect()
            say("memory %s: %d" % (order["memory"], sys.getallocatedblocks()))
        else:
            self.raw_port = order["raw"]


def say(event: str) -> None:
    """Report an event."""
    sys.stdout.write(event + "\n")
    sys.stdout.flush()


async def main(host: str) -> None:
    """Announce as ordered until stdin ends."""
    orders = Orders()
    advert = Advert(host, orders.reach, lambda printer: printer.info, orders.named)
    await advert.start(orders.printers)
    while line := await asyncio.to_thread(sys.stdin.readline):
        orders.take(json.loads(line))
    await advert.stop()


if __name__ == "__main__":
    server.LOOK_S = 0.5  # tests need not wait longer for it to look at the addresses
    if sys.argv[2:]:
        guard.RATE = guard.BURST = guard.RATE_ALL = guard.BURST_ALL = float(sys.argv[2])
    asyncio.run(main(sys.argv[1]))
