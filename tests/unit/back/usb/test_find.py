import errno
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import usb.core

from feedpath.back.usb.device import Unavailable
from feedpath.back.usb.find import TRIES, Finder
from feedpath.back.usb.quirks import UNIDIRECTIONAL, VENDOR_CLASS, Row
from feedpath.core.connection import Gone
from tests.fakes.usbip_backend import Plugged, UsbipBackend, failure
from tests.fakes.virtual_printer import VirtualBus, VirtualPrinter

UNIDI, BIDI, D4, IPP_USB = (7, 1, 1), (7, 1, 2), (7, 1, 3), (7, 1, 4)
SCANNER, STORAGE, HID = (0xFF, 0xFF, 0xFF), (8, 6, 80), (3, 0, 0)


class Counting(UsbipBackend):
    """Counts how often a device is opened and closed; `error` fails each opening."""

    def __init__(self, host: str, port: int):
        super().__init__(host, port)
        self.opened = self.closed = 0
        self.error = 0

    def open_device(self, dev: Plugged) -> Any:
        if self.error:
            raise failure(self.error)
        self.opened += 1
        return super().open_device(dev)

    def close_device(self, dev_handle: Any) -> None:
        self.closed += 1
        super().close_device(dev_handle)


class Boastful(VirtualPrinter):
    """Says that it is unidirectional, yet has an endpoint to read from."""

    def _interface(self, number: int) -> bytes:
        descriptors = bytearray(super()._interface(number))
        descriptors[7] = 1
        return bytes(descriptors)


@pytest.fixture
def backend(bus: VirtualBus) -> Iterator[Counting]:
    backend = Counting(bus.host, bus.port)
    yield backend
    backend.close()


def test_an_empty_bus_has_no_printers(finder: Finder) -> None:
    assert finder.poll() == []


def test_a_printer_is_found_with_all_that_tells_it_apart(bus: VirtualBus, finder: Finder) -> None:
    bus.attach(VirtualPrinter(serial="A1"), "1-2.3")
    (found,) = finder.poll()
    assert (found.key, found.vendor, found.product) == ("1209:0001:A1", 0x1209, 0x0001)
    assert (found.serial, found.port, found.make, found.model) == ("A1", "1-2.3", "Feedpath", "Virtual Printer")
    assert not found.shows_as_cd


def test_a_printer_that_comes_and_goes_is_seen_at_the_next_poll(bus: VirtualBus, finder: Finder) -> None:
    printer = VirtualPrinter()
    assert finder.poll() == []
    bus.attach(printer)
    assert len(finder.poll()) == 1
    bus.detach(printer)
    assert finder.poll() == []


@pytest.mark.parametrize("port", ["1-1", "1-4"], ids=["the same port", "another port"])
def test_a_replugged_printer_keeps_its_key_by_its_serial(bus: VirtualBus, finder: Finder, port: str) -> None:
    printer = VirtualPrinter(serial="A1")
    bus.attach(printer, "1-1")
    (before,) = finder.poll()
    bus.detach(printer)
    bus.attach(printer, port)
    (after,) = finder.poll()
    assert after.key == before.key
    assert after.port == port
    assert after.address != before.address


def test_identical_printers_without_serials_are_told_apart_by_their_ports(bus: VirtualBus, finder: Finder) -> None:
    printers = [VirtualPrinter(serial=""), VirtualPrinter(serial="")]
    for printer in printers:
        bus.attach(printer)
    assert [found.key for found in finder.poll()] == ["1209:0001@1-1", "1209:0001@1-2"]
    bus.detach(printers[0])
    assert [found.key for found in finder.poll()] == ["1209:0001@1-2"]
    bus.attach(printers[0], "1-1")
    assert [found.key for found in finder.poll()] == ["1209:0001@1-1", "1209:0001@1-2"]


@pytest.mark.parametrize("serial", ["0", "0000000000", "??????????????"])
def test_a_serial_of_one_character_over_and_over_is_none(bus: VirtualBus, finder: Finder, serial: str) -> None:
    bus.attach(VirtualPrinter(serial=serial))
    assert finder.poll()[0].key == "1209:0001@1-1"


def test_two_printers_with_the_same_serial_have_two_keys(bus: VirtualBus, finder: Finder) -> None:
    bus.attach(VirtualPrinter(serial="12345"))
    assert [found.key for found in finder.poll()] == ["1209:0001:12345"]
    bus.attach(VirtualPrinter(serial="12345"))
    assert [found.key for found in finder.poll()] == ["1209:0001:12345", "1209:0001@1-2"]


@pytest.mark.parametrize(
    "interfaces, expected",
    [
        ([[BIDI]], [[(0, 0, 2)]]),
        ([[UNIDI]], [[(0, 0, 1)]]),
        ([[UNIDI, BIDI]], [[(0, 1, 2), (0, 0, 1)]]),
        ([[D4, UNIDI, BIDI]], [[(0, 2, 2), (0, 1, 1), (0, 0, 3)]]),
        ([[BIDI, IPP_USB], [SCANNER, IPP_USB], [IPP_USB]], [[(0, 0, 2)]]),
        ([[SCANNER], [UNIDI, BIDI], [STORAGE]], [[(1, 1, 2), (1, 0, 1)]]),
        ([[BIDI], [UNIDI]], [[(0, 0, 2)], [(1, 0, 1)]]),
        ([[IPP_USB]], []),
        ([[(7, 2, 2)]], []),
        ([[STORAGE], [HID]], []),
    ],
)
def test_which_interfaces_are_printers_and_how_best_to_talk_to_them(
    bus: VirtualBus,
    finder: Finder,
    interfaces: "list[list[tuple[int, int, int]]]",
    expected: "list[list[tuple[int, int, int]]]",
) -> None:
    bus.attach(VirtualPrinter(interfaces=interfaces))
    ways = [[(way.interface, way.setting, way.protocol) for way in found.alternates] for found in finder.poll()]
    assert ways == expected


def test_each_printer_of_a_device_has_its_key(bus: VirtualBus, finder: Finder) -> None:
    bus.attach(VirtualPrinter(serial="A1", interfaces=[[SCANNER], [BIDI], [UNIDI]]))
    assert [found.key for found in finder.poll()] == ["1209:0001:A1", "1209:0001:A1/2"]


@pytest.mark.parametrize("printer", [VirtualPrinter(interfaces=[[UNIDI]]), Boastful()])
def test_a_unidirectional_interface_has_no_way_back(bus: VirtualBus, finder: Finder, printer: VirtualPrinter) -> None:
    bus.attach(printer)
    assert finder.poll()[0].alternates[0][3:] == (1, 1, 0)


def test_a_printer_that_does_not_say_its_class_is_found_by_its_quirk(bus: VirtualBus, backend: Counting) -> None:
    bus.attach(VirtualPrinter(interfaces=[[SCANNER]], product=2))
    assert Finder(backend).poll() == []
    (found,) = Finder(backend, (Row(0x1209, 2, "*", VENDOR_CLASS, "", ""),)).poll()
    assert found.alternates[0].protocol == 2


def test_quirks_are_found_by_the_model_name_too(bus: VirtualBus, backend: Counting) -> None:
    bus.attach(VirtualPrinter())
    (found,) = Finder(backend, (Row(0x1209, -1, "virtual*", UNIDIRECTIONAL, "", ""),)).poll()
    assert found.quirks == UNIDIRECTIONAL


@pytest.mark.parametrize(
    "vendor, product, model, kind, shows",
    [
        (0x03F0, 0x002A, "HP LaserJet Professional P1102", STORAGE, True),
        (0x03F0, 0x1234, "HP LaserJet 200 color M251n", STORAGE, True),
        (0x03F0, 0x1234, "HP v220w", STORAGE, False),
        (0x04F9, 0x209E, "QL-800", STORAGE, True),
        (0x0951, 0x1666, "DataTraveler", STORAGE, False),
        (0x03F0, 0x002A, "HP LaserJet Professional P1102", HID, False),
    ],
)
def test_a_printer_that_shows_as_a_drive_is_said_to(
    bus: VirtualBus, finder: Finder, vendor: int, product: int, model: str, kind: "tuple[int, int, int]", shows: bool
) -> None:
    bus.attach(VirtualPrinter(interfaces=[[kind]], vendor=vendor, product=product, names=("maker", model)))
    found = finder.poll()
    assert [printer.shows_as_cd for printer in found] == [True] * shows
    for printer in found:
        with pytest.raises(Unavailable, match="drive"):
            printer.open()


def test_only_a_new_device_is_asked_who_it_is(bus: VirtualBus, finder: Finder, backend: Counting) -> None:
    bus.attach(VirtualPrinter())
    bus.attach(VirtualPrinter(interfaces=[[HID]]))
    first = finder.poll()
    opened = backend.opened
    for _ in range(10):
        assert finder.poll() == first
    assert backend.opened == opened


def test_finding_leaves_no_device_open(bus: VirtualBus, finder: Finder, backend: Counting) -> None:
    bus.attach(VirtualPrinter())
    (found,) = finder.poll()
    assert backend.opened == backend.closed == 1
    found.open().close()
    assert backend.opened == backend.closed == 2


def test_a_device_that_may_not_be_opened_is_no_printer_until_it_may(
    bus: VirtualBus, finder: Finder, backend: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    bus.attach(VirtualPrinter(serial="A1"))
    backend.error = errno.EACCES
    for _ in range(TRIES + 1):
        assert finder.poll() == []
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    backend.error = 0
    assert finder.poll()[0].key == "1209:0001:A1"


def test_a_device_that_never_tells_its_strings_is_found_by_its_port(
    bus: VirtualBus, finder: Finder, backend: Counting
) -> None:
    bus.attach(VirtualPrinter(serial="A1"))
    backend.error = errno.EPIPE
    polls = [finder.poll() for _ in range(TRIES)]
    assert polls[:-1] == [[]] * (TRIES - 1)
    assert polls[-1][0].key == "1209:0001@1-1"


def test_a_bus_that_cannot_be_listed_for_a_moment_loses_no_printer(
    bus: VirtualBus, finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus.attach(VirtualPrinter())
    found = finder.poll()

    def fail(**_: object) -> None:
        raise usb.core.USBError("no", -1, errno.EIO)

    monkeypatch.setattr(usb.core, "find", fail)
    assert finder.poll() == found


def test_a_printer_unplugged_before_it_is_opened_is_gone(bus: VirtualBus, finder: Finder) -> None:
    printer = VirtualPrinter()
    bus.attach(printer)
    (found,) = finder.poll()
    bus.detach(printer)
    with pytest.raises(Gone):
        found.open()


def test_several_printers_print_what_they_are_sent(bus: VirtualBus, finder: Finder) -> None:
    printers = [VirtualPrinter(serial=""), VirtualPrinter(serial=""), VirtualPrinter(serial="B2")]
    for printer in printers:
        bus.attach(printer)
    for number, found in enumerate(finder.poll()):
        connection = found.open()
        assert connection.write(memoryview(bytearray(b"%d" % number))) == 1
        connection.close()
    assert [printer.received for printer in printers] == [b"0", b"1", b"2"]
