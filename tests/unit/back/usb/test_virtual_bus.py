"""The virtual bus and our pyusb back end, each against another's implementation of USB/IP (PyPI's usbip)."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import usbip.host  # type: ignore[import-untyped]
import usbip.transport  # type: ignore[import-untyped]
from usbip.core import Stall  # type: ignore[import-untyped]
from usbip.device import In, Out, USBDevice  # type: ignore[import-untyped]

from feedpath.back.usb.find import Finder
from tests.fakes.usbip_backend import UsbipBackend
from tests.fakes.virtual_printer import VirtualBus, VirtualPrinter

REPOSITORY = Path(__file__).resolve().parents[4]


@pytest.fixture
def host(bus: VirtualBus) -> usbip.transport.USBIP:
    """Return the other implementation's way to the bus."""
    return usbip.transport.USBIP(bus.host, bus.port)


def test_another_client_sees_what_is_plugged_in(bus: VirtualBus, host: usbip.transport.USBIP) -> None:
    bus.attach(VirtualPrinter(interfaces=[[(0xFF, 0, 0)], [(7, 1, 2)]]), "1-3")
    (listed,) = usbip.host.list_devices(host)
    assert (listed["busid"], listed["idVendor"], listed["idProduct"]) == ("1-3", 0x1209, 0x0001)
    assert listed["interfaces"] == [(0xFF, 0, 0), (7, 1, 2)]


def test_another_client_prints_reads_and_stalls(bus: VirtualBus, host: usbip.transport.USBIP) -> None:
    printer = VirtualPrinter()
    bus.attach(printer, "1-3")
    with usbip.host.open(0x1209, 0x0001, transport=host) as handle:
        assert handle.device_descriptor.iSerialNumber == 3
        assert handle.bulk_out(1, b"text") == 4
        printer.say(b"ready")
        assert handle.bulk_in(0x81, 64) == b"ready"
        assert handle.control(0xA1, 1, 0, 0, 1) == b"\x18"
        printer.stall()
        with pytest.raises(Stall):
            handle.bulk_out(1, b"more")
        handle.clear_halt(1)
        assert handle.bulk_out(1, b"more") == 4
    assert printer.received == b"textmore"


class Theirs(USBDevice):  # type: ignore[misc]
    """A printer of the other implementation."""

    def __init__(self) -> None:
        super().__init__(0x1234, 0x5678, product="Theirs", manufacturer="Other", serial="T1")
        self.received = b""
        group = self.add_group()
        number = group.claim_interface()
        group.add(bytes((9, 4, number, 0, 2, 7, 1, 2, 0)))
        out = group.add_endpoint(Out(1))
        self.back = group.add_endpoint(In(0x81))
        out.on_out = self._take
        self.on_control(number, self._control)

    def _take(self, _endpoint: object, data: bytes) -> None:
        self.received += data

    def _control(self, setup: "usbip.core.Setup", _data: bytes) -> bytes:
        text = b"MFG:Other;MDL:Theirs;"
        return {0: (2 + len(text)).to_bytes(2, "big") + text, 1: b"\x18", 2: b""}[setup.bRequest]


@pytest.fixture
def theirs() -> "Iterator[tuple[Theirs, int]]":
    """Return a printer that the other implementation serves, and its TCP port."""
    printer = Theirs()
    transport = usbip.transport.USBIP("127.0.0.1", 0)
    with printer.plug(transport):
        listening = transport._listener.socks[0]
        yield printer, listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)  # their accepting thread waits for ever otherwise


def test_our_back_end_prints_on_another_servers_printer(theirs: "tuple[Theirs, int]") -> None:
    printer, port = theirs
    backend = UsbipBackend("127.0.0.1", port)
    (found,) = Finder(backend).poll()
    assert found.key == "1234:5678:T1"
    connection = found.open()
    assert (connection.make, connection.model) == ("Other", "Theirs")
    assert connection.write(memoryview(bytearray(b"text"))) == 4
    assert printer.received == b"text"
    answer = bytearray(64)
    assert connection.read(memoryview(answer)) == 0  # they park a read that nothing comes of, we take it back
    printer.back.write(b"ready")
    assert connection.read(memoryview(answer)) == 5
    assert connection.reasons() == []
    connection.close()
    backend.close()


def test_the_bus_by_itself_is_a_program_that_a_signal_ends(tmp_path: Path) -> None:
    sink = tmp_path / "received.bin"
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.virtual_printer", "--port", "0", "--sink", str(sink)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": "firmware:."},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    port = int(program.stdout.readline().split()[-1].rstrip("."))
    backend = UsbipBackend("127.0.0.1", port)
    connection = Finder(backend).poll()[0].open()
    assert connection.write(memoryview(bytearray(b"document"))) == 8
    program.send_signal(signal.SIGTERM)
    assert program.wait(30) == 0
    program.stdout.close()
    connection.close()
    backend.close()
    assert sink.read_bytes() == b"document"


def test_a_port_holds_one_device(bus: VirtualBus) -> None:
    bus.attach(VirtualPrinter(), "1-1")
    with pytest.raises(ValueError, match="1-1"):
        bus.attach(VirtualPrinter(), "1-1")
    assert bus.attach(VirtualPrinter()) == "1-2"


def test_a_printer_keeps_no_more_than_it_was_told_to(bus: VirtualBus, finder: Finder, tmp_path: Path) -> None:
    printer = VirtualPrinter(sink=tmp_path / "received.bin", keep=4)
    bus.attach(printer)
    connection = finder.poll()[0].open()
    assert connection.write(memoryview(bytearray(b"1234"))) == 4
    assert printer.received == b"1234"
    assert connection.write(memoryview(bytearray(b"56"))) == 2
    with pytest.raises(OverflowError):
        _ = printer.received
    assert (tmp_path / "received.bin").read_bytes() == b"123456"
    connection.close()
    printer.close()


def test_a_bus_that_is_gone_has_no_devices(bus: VirtualBus, finder: Finder) -> None:
    bus.attach(VirtualPrinter())
    assert finder.poll()
    bus.close()
    assert finder.poll() == []
