"""A virtual USB printer: a printer-class device on a virtual bus, whose speed and faults are set while it runs.

    printer = VirtualPrinter(sink=Path("received.bin"))
    with VirtualBus() as bus:                                   # USB/IP on a free TCP port of the loopback
        bus.attach(printer)                                     # plugged in
        finder = Finder(backend=UsbipBackend(bus.host, bus.port))
        printer.speed = 1_000_000                               # bytes a second; None: as fast as it goes
        printer.busy = True                                     # takes nothing (NAK) until it is False again
        printer.paper_out = True                                # told by the port status, and takes nothing
        printer.cover_open = True                               # an error without a name, and takes nothing
        printer.offline = True                                  # not selected, and takes nothing
        printer.short = [512, 7]                                # the next transfers end after so many bytes
        printer.stall(after=1000)                               # stalls 1,000 bytes from here, until it is cleared
        printer.say(b"...")                                     # status text for the host to read
        printer.answers = {b"?": lambda printer: b"..."}        # what it says at once when it is sent so
        printer.room = 1000                                     # bytes that it takes for later while it cannot print
        port = bus.detach(printer); bus.attach(printer, port)   # unplug and replug; other ports too
        power_cycle(bus, printer)                               # off and on again
        printer.firmware = b"..."                               # what it needs first after each power-on: see below
        printer.received                                        # every byte it took, in order

The bus is our own rather than PyPI's `usbip`, which calls a device in the thread that reads the connection: a printer
that takes nothing could not even hear that the host takes its transfer back, and no transfer could end half-way.
It starts in no time, and runs as threads beside the firmware, or by itself:

    python -m tests.fakes.virtual_printer --port 3240 --sink received.bin
"""

import argparse
import os
import re
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.fakes.virtual_bus import Bus, Session, Stall, VirtualBus, Wakes

__all__ = ["DEVICE_ID", "PRINTER", "Session", "Stall", "VirtualBus", "VirtualPrinter", "power_cycle"]

VENDOR, PRODUCT = 0x1209, 0x0001  # pid.codes' ids for tests
DEVICE_ID = "MFG:Feedpath;MDL:Virtual Printer;CMD:URF,PWGRaster,JPEG,PDF;CLS:PRINTER;DES:Feedpath Virtual Printer;"
PRINTER = (0x07, 0x01, 0x02)  # class, subclass, protocol of a bidirectional printer
KEEP_BYTES = 64 * 1024 * 1024
PACKET_BYTES = 512
TICK_S = 0.005  # a slow printer takes its bytes in portions of this time ...
BURST_S = 0.05  # ... and never more at once than this

PAPER_EMPTY, SELECTED, NO_ERROR = 0x20, 0x10, 0x08  # USB Printer Class 1.1, 4.2.2

DEVICE = struct.Struct("<BBHBBBBHHHBBBB")
CONFIGURATION = struct.Struct("<BBHBBBBB")
INTERFACE = struct.Struct("<9B")
ENDPOINT = struct.Struct("<BBBBHB")


def _fault(bit: int) -> Any:
    """Return a property that is one of the things that keep a printer from taking bytes."""

    def get(printer: "VirtualPrinter") -> bool:
        return bool(printer._faults & bit)

    def put(printer: "VirtualPrinter", on: bool) -> None:
        with printer.changed:
            printer._faults = printer._faults | bit if on else printer._faults & ~bit
            printer._wake()

    return property(get, put)


BUSY, PAPER_OUT, COVER_OPEN, OFFLINE = 1, 2, 4, 8


class VirtualPrinter:
    """A printer. See the module.

    device_id: without the serial number, which is added; None: it does not tell one. serial: "" for none.
    sink: a file that what it takes is appended to. interfaces: for each, the (class, subclass, protocol) of its
    alternate settings. keep: how many bytes `received` can hold.
    firmware: what it must take before it can print; it forgets it when it is switched off. Once it runs, its device id
    tells FWVER; where `renumerates` is set, only when it has been detached and attached again, as it should be then.
    Counters: lost (bytes that it took for printing while it could not), loads (of firmware), total (bytes), taken
    (bytes by endpoint), transfers, stalls, resets (class requests), bus_resets;
    power_cycles: the total at each; alternates: the setting that the host chose, by interface.
    """

    busy = _fault(BUSY)
    paper_out = _fault(PAPER_OUT)
    cover_open = _fault(COVER_OPEN)
    offline = _fault(OFFLINE)

    def __init__(
        self,
        device_id: "str | None" = DEVICE_ID,
        serial: str = "FP000001",
        sink: "Path | None" = None,
        *,
        interfaces: "Iterable[Iterable[tuple[int, int, int]]]" = ((PRINTER,),),
        vendor: int = VENDOR,
        product: int = PRODUCT,
        names: "tuple[str, str]" = ("Feedpath", "Virtual Printer"),
        keep: int = KEEP_BYTES,
        firmware: bytes = b"",
        renumerates: bool = False,
    ):
        self.vendor, self.product, self.release = vendor, product, 0x0100
        self.device_id = device_id
        self.serial = serial
        self.names = names
        self.tells_status = True
        self.interfaces = [list(alternates) for alternates in interfaces]
        self.interface_kinds = [alternates[0] for alternates in self.interfaces]
        self.changed = threading.Condition()  # over all of the state; notified when any of it changes
        self.total = self.transfers = self.stalls = self.resets = self.bus_resets = 0
        self.power_cycles: "list[int]" = []
        self.alternates: "dict[int, int]" = {}
        self.taken: "dict[int, int]" = {}
        self.short: "list[int]" = []
        self.firmware = firmware
        self.renumerates = renumerates
        self.runs = not firmware  # whether it can print
        self.lost = self.loads = 0
        self._tells_version = False
        self._loading = bytearray()
        self._configuration = 1
        self._sink = os.open(sink, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if sink else -1
        self._keep = keep
        self._kept = bytearray()
        self._said = bytearray()
        self.answers: "dict[bytes, Callable[[VirtualPrinter], bytes]]" = {}
        self.room = 0
        self._heard = b""  # the end of what it was sent, in which a question may begin
        self._faults = 0
        self._halted: "set[int]" = set()
        self._stall_after = -1
        self._more_stalls = 0
        self._speed: "float | None" = None
        self._earned = 0.0  # bytes that a slow printer may take by now
        self._since = 0.0
        self._sessions: "set[Wakes]" = set()

    @property
    def speed(self) -> "float | None":
        """Return how many bytes a second it takes, None for all it gets."""
        return self._speed

    @speed.setter
    def speed(self, speed: "float | None") -> None:
        with self.changed:
            self._speed, self._earned, self._since = speed, 0.0, time.monotonic()
            self._wake()

    @property
    def received(self) -> bytes:
        """Return every byte it took, in order; OverflowError when that is more than it was made to keep."""
        with self.changed:
            if self.total > self._keep:
                raise OverflowError(f"{self.total} bytes were received, {self._keep} kept")
            return bytes(self._kept)

    def stall(self, after: int = 0, times: int = 1) -> None:
        """Halt the OUT endpoints when it has taken `after` more bytes, and again after each of the next clearings."""
        with self.changed:
            self._stall_after, self._more_stalls = after, times - 1
            self._halt_if_due()
            self._wake()

    def say(self, text: bytes) -> None:
        """Let the host read `text`."""
        with self.changed:
            self._said += text
            self._wake()

    def wait_for(self, predicate: "Callable[[], bool]", seconds: float = 30) -> bool:
        """Wait until `predicate` holds, looking whenever something changes; return whether it does."""
        with self.changed:
            return self.changed.wait_for(predicate, seconds)

    def power_off(self) -> None:
        """Forget all that a printer forgets, and note how much it had received."""
        with self.changed:
            self.power_cycles.append(self.total)
            self._halted.clear()
            self._said.clear()
            self._stall_after = -1
            self.runs = not self.firmware
            self._tells_version = False
            self._loading.clear()
            self.changed.notify_all()

    def close(self) -> None:
        """Close the sink."""
        if self._sink >= 0:
            os.close(self._sink)
            self._sink = -1

    def connect(self, session: Wakes) -> None:
        """See virtual_bus.UsbDevice, which the following methods are, too."""
        with self.changed:
            self._sessions.add(session)
            self._tells_version = self.runs and bool(self.firmware)
            self.changed.notify_all()

    def disconnect(self, session: Wakes) -> None:
        with self.changed:
            self._sessions.discard(session)
            self.changed.notify_all()

    def most(self, length: int) -> int:
        with self.changed:
            self.transfers += 1
            self.changed.notify_all()
            return min(length, self.short.pop(0)) if self.short else length

    def take(self, endpoint: int, data: memoryview) -> "tuple[int, float | None]":
        with self.changed:
            if endpoint in self._halted:
                self.stalls += 1
                raise Stall
            if self._faults and not self.room:
                return 0, None
            count, seconds = self._allowed(len(data))
            if self._faults:
                count = min(count, self.room)
                self.room -= count
            if self._stall_after >= 0:
                count = min(count, self._stall_after)
                self._stall_after -= count
                self._halt_if_due()
            self._store(data[:count])
            self._answer(bytes(data[:count]))
            self.taken[endpoint] = self.taken.get(endpoint, 0) + count
            self.changed.notify_all()
            return count, seconds

    def give(self, endpoint: int, length: int) -> "bytes | None":
        with self.changed:
            if endpoint in self._halted:
                raise Stall
            said = bytes(self._said[:length])
            del self._said[:length]
            return said or None

    def control(self, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        answer = REQUESTS.get((request_type, request))
        if answer is None:
            raise Stall
        with self.changed:
            data: "bytes | None" = answer(self, value, index)
            self.changed.notify_all()
            return data or b""

    def _wake(self) -> None:
        self.changed.notify_all()
        for session in self._sessions:
            session.wake()

    def _allowed(self, length: int) -> "tuple[int, float | None]":
        if self._speed is None:
            return length, None
        now = time.monotonic()
        most = max(self._speed * BURST_S, PACKET_BYTES)
        self._earned = min(self._earned + (now - self._since) * self._speed, most)
        self._since = now
        count = min(length, int(self._earned))
        self._earned -= count
        return count, TICK_S

    def _halt_if_due(self) -> None:
        if self._stall_after == 0:
            self._stall_after = -1
            self._halted.update(1 + number for number in range(len(self.interfaces)))

    def _store(self, data: memoryview) -> None:
        room = self._keep - len(self._kept)
        if room > 0:
            self._kept += data[:room]
        self.total += len(data)
        if not self.runs:
            self._load(data)
        while self._sink >= 0 and data:
            data = data[os.write(self._sink, data) :]

    def _load(self, data: memoryview) -> None:
        """Take what comes before it can print: its firmware, or bytes that are lost."""
        self._loading += data
        if not self.firmware.startswith(self._loading):
            self.lost += len(self._loading)
            self._loading.clear()
        elif len(self._loading) == len(self.firmware):
            self.runs, self._tells_version = True, not self.renumerates
            self.loads += 1

    def _answer(self, data: bytes) -> None:
        """Say what is asked for at once; a question may come in two transfers."""
        if self.answers:
            sent = self._heard + data
            for asked in re.finditer(b"|".join(map(re.escape, self.answers)), sent):
                if asked.end() > len(self._heard):
                    self._said += self.answers[asked[0]](self)
                    self._wake()
            self._heard = sent[len(sent) - max(map(len, self.answers)) + 1 :]

    def _descriptor(self, value: int, index: int) -> bytes:
        kind, number = value >> 8, value & 0xFF
        if kind == 1:
            strings = [number if text else 0 for number, text in enumerate((*self.names, self.serial), 1)]
            return DEVICE.pack(18, 1, 0x0200, 0, 0, 0, 64, self.vendor, self.product, self.release, *strings, 1)
        if kind == 2 and number == 0:
            rest = b"".join(self._interface(number) for number in range(len(self.interfaces)))
            return CONFIGURATION.pack(9, 2, 9 + len(rest), len(self.interfaces), 1, 0, 0xC0, 0) + rest
        if kind == 3 and number <= len(STRINGS):
            text = b"\x09\x04" if number == 0 else STRINGS[number - 1](self).encode("utf-16-le")
            return bytes((2 + len(text), 3)) + text
        raise Stall

    def _interface(self, number: int) -> bytes:
        parts = []
        for setting, (kind, subclass, protocol) in enumerate(self.interfaces[number]):
            addresses = [1 + number] if (kind, protocol) == (7, 1) else [1 + number, 0x81 + number]
            parts.append(INTERFACE.pack(9, 4, number, setting, len(addresses), kind, subclass, protocol, 0))
            parts += [ENDPOINT.pack(7, 5, address, 2, PACKET_BYTES, 0) for address in addresses]
        return b"".join(parts)

    def _set_configuration(self, value: int, index: int) -> None:
        self._configuration = value

    def _set_interface(self, value: int, index: int) -> None:
        if not value < len(self.interfaces[index]):
            raise Stall
        self.alternates[index] = value

    def _clear_feature(self, value: int, index: int) -> None:
        if value == 0:
            self._halted.discard(index)
            if self._more_stalls and not index & 0x80:
                self._more_stalls -= 1
                self._halted.add(index)

    def _tell_device_id(self, value: int, index: int) -> bytes:
        number, setting = index >> 8, index & 0xFF
        if self.device_id is None or self.interfaces[number][setting][0] != 7:
            raise Stall
        version = "FWVER:20050309;" if self._tells_version else ""
        text = self.device_id + version + (f"SN:{self.serial};" if self.serial else "")
        return (2 + len(text)).to_bytes(2, "big") + text.encode()

    def _port_status(self, value: int, index: int) -> bytes:
        if not self.tells_status:
            raise Stall
        status = SELECTED | NO_ERROR
        if self._faults & PAPER_OUT:
            status = PAPER_EMPTY  # such a printer is neither selected nor without error
        elif self._faults & OFFLINE:
            status = NO_ERROR
        elif self._faults & COVER_OPEN:
            status = SELECTED
        return bytes([status])

    def _soft_reset(self, value: int, index: int) -> None:
        self.resets += 1
        self._halted.clear()
        self._said.clear()

    def _bus_reset(self, value: int, index: int) -> None:
        self.bus_resets += 1
        self._halted.clear()


STRINGS: "list[Callable[[VirtualPrinter], str]]" = [
    lambda printer: printer.names[0],
    lambda printer: printer.names[1],
    lambda printer: printer.serial,
]

REQUESTS: "dict[tuple[int, int], Callable[[VirtualPrinter, int, int], bytes | None]]" = {
    (0x80, 6): VirtualPrinter._descriptor,
    (0x80, 8): lambda printer, value, index: bytes([printer._configuration]),
    (0x00, 9): VirtualPrinter._set_configuration,
    (0x01, 11): VirtualPrinter._set_interface,
    (0x02, 1): VirtualPrinter._clear_feature,
    (0xA1, 0): VirtualPrinter._tell_device_id,
    (0xA1, 1): VirtualPrinter._port_status,
    (0x23, 2): VirtualPrinter._soft_reset,  # as class version 1.0 has it
    (0x21, 2): VirtualPrinter._soft_reset,
    (0x23, 3): VirtualPrinter._bus_reset,  # SetPortFeature(PORT_RESET), which USB/IP sends to the device
}


def power_cycle(bus: Bus, printer: VirtualPrinter) -> None:
    """Switch a printer off and on again, in its port."""
    port = bus.detach(printer)
    printer.power_off()
    bus.attach(printer, port)


def main() -> None:
    """Serve one virtual printer until a signal ends it."""
    parser = argparse.ArgumentParser(description="A virtual USB printer, reached over USB/IP.")
    parser.add_argument("--port", type=int, default=3240, help="TCP port on the loopback; 0 picks a free one")
    parser.add_argument("--sink", type=Path, help="the file that what it receives is appended to")
    parser.add_argument("--speed", type=float, help="bytes a second; as fast as it goes when left out")
    arguments = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    printer = VirtualPrinter(sink=arguments.sink, keep=0)
    printer.speed = arguments.speed
    with VirtualBus(arguments.port) as bus:
        bus.attach(printer)
        sys.stdout.write(f"A virtual printer is on USB/IP port {bus.port}.\n")
        sys.stdout.flush()
        signal.sigwait((signal.SIGINT, signal.SIGTERM))
    printer.close()


if __name__ == "__main__":
    main()
