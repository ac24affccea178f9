"""The fake's USB redirection, byte by byte, and with an emulator that the test plays."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import usbredir_wire as wire
from tests.fakes.usbip_wire import received
from tests.fakes.usbredir import RedirectedPort
from tests.fakes.virtual_printer import VirtualPrinter, power_cycle

OUT, IN = 0x01, 0x81

HELLO = (
    "00000000"  # type: hello
    "44000000"  # length: 68
    "00000000"  # id, of 32 bits here alone
    + b"printer".hex().ljust(128, "0")  # version
    + "7a000000"  # can: device's version, disconnection acknowledged, packet sizes, ids of 64 bits, lengths of 32 bits
)
CONNECT = (
    "01000000"  # type: device_connect
    "0a000000"  # length
    "0000000000000000"  # id
    "02"  # high speed
    "000000"  # class, subclass, protocol: told by its interfaces
    "0912"  # vendor
    "0100"  # product
    "0001"  # release 1.00
)
INTERFACES = (
    "04000000"  # type: interface_info
    "84000000"  # length: 4 + 4 x 32
    "0000000000000000"  # id
    "01000000"  # one interface:
    + "00".ljust(64, "0")  # its number
    + "07".ljust(64, "0")  # its class
    + "01".ljust(64, "0")  # its subclass
    + "02".ljust(64, "0")  # its protocol
)
ENDPOINTS = (
    "05000000"  # type: ep_info
    "a0000000"  # length: 3 x 32 + 2 x 32
    "0000000000000000"  # id
    + ("0002" + 14 * "ff") * 2  # types: endpoint 0 control, endpoint 1 bulk, out and in
    + 32 * "00"  # intervals
    + 32 * "00"  # interfaces
    + ("00000002" + 14 * "0000") * 2  # packets of 512 bytes
)
BULK_ANSWER = (
    "65000000"  # type: bulk_packet
    "0d000000"  # length: 10 + 3
    "0700000000000000"  # id
    "81"  # endpoint
    "00"  # success
    "0300"  # length, low half
    "00000000"  # stream
    "0000"  # length, high half
    "616263"
)


def test_hello_is_said_in_these_bytes() -> None:
    assert wire.hello("printer").hex() == HELLO


def test_a_printer_is_told_in_these_bytes() -> None:
    printer = VirtualPrinter()
    device, configuration = (printer.control(0x80, 6, kind, 0, 0xFFFF) for kind in (0x0100, 0x0200))
    assert wire.connect(device).hex() == CONNECT
    assert wire.interfaces(configuration, {}).hex() == INTERFACES + ENDPOINTS


def test_an_alternate_setting_is_told_when_it_is_chosen() -> None:
    printer = VirtualPrinter(interfaces=(((7, 1, 2), (7, 1, 1)),))
    told = wire.interfaces(printer.control(0x80, 6, 0x0200, 0, 0xFFFF), {0: 1})
    types = told[-160:-128]
    assert (types[1], types[17]) == (2, wire.NO_TYPE)


def test_a_bulk_answer_has_these_bytes() -> None:
    assert wire.bulk(7, IN, wire.SUCCESS, 3, b"abc").hex() == BULK_ANSWER


def test_a_long_transfer_has_its_length_in_two_halves() -> None:
    body = wire.BULK.pack(OUT, 0, 0x0002, 0, 1) + bytes(0x10002)
    assert wire.read_bulk(body).length == 0x10002


@pytest.mark.parametrize(
    "body", [b"", wire.BULK.pack(OUT, 0, 4, 0, 0) + b"abc", wire.BULK.pack(IN, 0, 4, 0, 0) + b"abcd"]
)
def test_a_bulk_packet_whose_length_is_wrong_is_refused(body: bytes) -> None:
    with pytest.raises(wire.Malformed):
        wire.read_bulk(body)


@pytest.mark.parametrize("body", [b"", wire.GREETING.pack(b"old", 0x5A)])
def test_an_emulator_that_can_too_little_is_refused(body: bytes) -> None:
    with pytest.raises(wire.Malformed):
        wire.check_hello(body)


class Emulator:
    """The emulator's end of the connection."""

    def __init__(self, path: Path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(str(path))
        self._socket.sendall(wire.hello("emulator"))
        received(self._socket, wire.FIRST_HEADER.size + wire.GREETING.size)

    def send(self, kind: int, id: int, body: bytes = b"", data: bytes = b"") -> None:
        self._socket.sendall(wire.packet(kind, id, body, data))

    def write(self, id: int, data: bytes) -> None:
        self.send(wire.BULK_PACKET, id, wire.BULK.pack(OUT, 0, len(data), 0, 0), data)

    def read(self, id: int, length: int) -> None:
        self.send(wire.BULK_PACKET, id, wire.BULK.pack(IN, 0, length, 0, 0))

    def heard(self) -> "tuple[int, int, bytes]":
        """Return the type, id and body of the next packet."""
        kind, length, id = wire.HEADER.unpack(received(self._socket, wire.HEADER.size))
        return kind, id, bytes(received(self._socket, length))

    def ended(self) -> "tuple[int, int, int]":
        """Return the id, status and length that the next packet tells of a bulk transfer."""
        kind, id, body = self.heard()
        assert kind == wire.BULK_PACKET
        _, status, length, _, _ = wire.BULK.unpack_from(body)
        return id, status, length

    def plugged(self) -> None:
        """Hear of a device."""
        kinds = [self.heard()[0] for _ in range(3)]
        assert kinds == [wire.INTERFACE_INFO, wire.EP_INFO, wire.DEVICE_CONNECT]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def printer() -> VirtualPrinter:
    return VirtualPrinter()


@pytest.fixture
def port(tmp_path: Path, printer: VirtualPrinter) -> "Iterator[RedirectedPort]":
    with RedirectedPort(tmp_path / "usb") as port:
        port.attach(printer)
        yield port


@pytest.fixture
def emulator(port: RedirectedPort) -> "Iterator[Emulator]":
    emulator = Emulator(port.path)
    emulator.plugged()
    yield emulator
    emulator.close()


def test_what_is_written_reaches_the_printer(emulator: Emulator, printer: VirtualPrinter) -> None:
    emulator.write(1, b"abc")
    emulator.write(2, b"def")
    assert [emulator.ended(), emulator.ended()] == [(1, wire.SUCCESS, 3), (2, wire.SUCCESS, 3)]
    assert printer.received == b"abcdef"


def test_a_control_request_is_answered_up_to_its_length(emulator: Emulator) -> None:
    emulator.send(wire.CONTROL_PACKET, 1, wire.CONTROL.pack(0x80, 6, 0x80, 0, 0x0100, 0, 8))
    kind, id, body = emulator.heard()
    assert (kind, id) == (wire.CONTROL_PACKET, 1)
    assert body == wire.CONTROL.pack(0x80, 6, 0x80, wire.SUCCESS, 0x0100, 0, 8) + bytes.fromhex("1201000200000040")


def test_a_request_that_the_printer_does_not_know_stalls(emulator: Emulator) -> None:
    emulator.send(wire.CONTROL_PACKET, 1, wire.CONTROL.pack(0x80, 6, 0x80, 0, 0x0600, 0, 10))
    assert emulator.heard()[2] == wire.CONTROL.pack(0x80, 6, 0x80, wire.STALL, 0x0600, 0, 0)


def test_a_busy_printer_takes_nothing_of_what_is_cancelled(emulator: Emulator, printer: VirtualPrinter) -> None:
    printer.busy = True
    emulator.write(1, b"abc")
    emulator.send(wire.CANCEL_DATA_PACKET, 1)
    assert emulator.ended() == (1, wire.CANCELLED, 0)
    printer.busy = False
    emulator.write(2, b"def")
    assert emulator.ended() == (2, wire.SUCCESS, 3)
    assert printer.received == b"def"


def test_what_has_begun_to_go_goes_though_it_is_cancelled(emulator: Emulator, printer: VirtualPrinter) -> None:
    printer.busy, printer.room = True, 2
    emulator.write(1, b"abc")
    assert emulator.ended() == (1, wire.SUCCESS, 3)
    emulator.send(wire.CANCEL_DATA_PACKET, 1)
    printer.busy = False
    assert printer.wait_for(lambda: printer.total == 3)


def test_a_read_waits_until_the_printer_says_something(emulator: Emulator, printer: VirtualPrinter) -> None:
    emulator.read(1, 64)
    printer.say(b"ready")
    assert emulator.ended() == (1, wire.SUCCESS, 5)


def test_a_printer_that_is_pulled_out_and_plugged_in_is_told_twice(
    emulator: Emulator, port: RedirectedPort, printer: VirtualPrinter
) -> None:
    printer.busy = True
    emulator.write(1, b"abc")
    power_cycle(port, printer)
    assert emulator.heard()[0] == wire.DEVICE_DISCONNECT
    printer.busy = False
    emulator.write(2, b"def")  # the emulator had not heard it yet
    emulator.send(wire.DEVICE_DISCONNECT_ACK, 0)
    emulator.plugged()
    emulator.write(3, b"ghi")
    assert emulator.ended() == (3, wire.SUCCESS, 3)
    assert printer.received == b"ghi"


def test_an_emulator_that_comes_after_another_finds_the_printer(
    emulator: Emulator, port: RedirectedPort, printer: VirtualPrinter
) -> None:
    emulator.close()
    second = Emulator(port.path)
    second.plugged()
    second.write(1, b"abc")
    assert second.ended() == (1, wire.SUCCESS, 3)
    second.close()


def test_configurations_and_settings_are_set_and_told(emulator: Emulator) -> None:
    emulator.send(wire.SET_CONFIGURATION, 1, b"\x01")
    emulator.send(wire.GET_CONFIGURATION, 2)
    emulator.send(wire.SET_ALT_SETTING, 3, b"\x00\x00")
    emulator.send(wire.SET_ALT_SETTING, 4, b"\x00\x05")
    emulator.send(wire.GET_ALT_SETTING, 5, b"\x00")
    heard = [emulator.heard() for _ in range(9)]
    assert [(kind, id, body) for kind, id, body in heard if id] == [
        (wire.CONFIGURATION_STATUS, 1, b"\x00\x01"),
        (wire.CONFIGURATION_STATUS, 2, b"\x00\x01"),
        (wire.ALT_SETTING_STATUS, 3, b"\x00\x00\x00"),
        (wire.ALT_SETTING_STATUS, 4, b"\x04\x00\x00"),
        (wire.ALT_SETTING_STATUS, 5, b"\x00\x00\x00"),
    ]
