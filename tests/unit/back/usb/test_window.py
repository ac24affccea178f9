import array
import ctypes
from types import SimpleNamespace
from typing import Any

import pytest
import usb.backend.libusb1

from feedpath.back.usb.find import Finder
from feedpath.back.usb.libusb import TIMEOUT, keep_counts
from feedpath.back.usb.window import Window
from tests.fakes.usbip_backend import UsbipBackend
from tests.fakes.virtual_printer import VirtualBus, VirtualPrinter


def address_of(view: memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(view))


class Recording(UsbipBackend):
    """Notes what pyusb hands to its back end."""

    def __init__(self, host: str, port: int):
        super().__init__(host, port)
        self.written: "list[tuple[type, tuple[int, int]]]" = []

    def bulk_write(self, dev_handle: Any, ep: int, intf: int, data: "array.array[int]", timeout: int) -> int:
        self.written.append((type(data), data.buffer_info()))
        return super().bulk_write(dev_handle, ep, intf, data, timeout)


class Changed(UsbipBackend):
    """A pyusb that takes an array's bytes in another way than by its address."""

    def bulk_write(self, dev_handle: Any, ep: int, intf: int, data: "array.array[int]", timeout: int) -> int:
        own = array.array("B", data.tobytes())
        return super().bulk_write(dev_handle, ep, intf, own, timeout) if own else 0


class Libusb:
    """libusb as pyusb's ctypes layer calls it: notes where each bulk transfer's bytes are."""

    def __init__(self, code: int = 0, count: "int | None" = None):
        self.transfers: "list[tuple[int, int]]" = []
        self._code = code
        self._count = count

    def libusb_init(self, context: object) -> int:
        return 0

    def libusb_exit(self, context: object) -> None:
        pass

    def libusb_strerror(self, code: int) -> bytes:
        return b"error %d" % code

    def libusb_bulk_transfer(
        self, handle: object, endpoint: int, data: Any, length: int, transferred: Any, timeout: int
    ) -> int:
        address = ctypes.cast(data, ctypes.c_void_p).value or 0
        self.transfers.append((address, length))
        transferred._obj.value = length if self._count is None else self._count
        return self._code


def libusb_backend(lib: Libusb) -> Any:
    """Return pyusb's own back end for libusb 1.0 over `lib`."""
    return usb.backend.libusb1._LibUSB(lib)


@pytest.mark.parametrize("start, length", [(0, 1), (0, 4096), (513, 1000), (4095, 1)])
def test_a_window_tells_the_address_of_the_view_it_shows(start: int, length: int) -> None:
    memory = memoryview(bytearray(4096))
    view = memory[start : start + length]
    window = Window("B")
    assert window.show(view) is window
    assert window.buffer_info() == (address_of(memory) + start, len(view))
    assert len(window) == len(view)


def test_a_hidden_window_lets_go_of_the_memory() -> None:
    memory = bytearray(16)
    window = Window("B")
    window.show(memoryview(memory))
    window.hide()
    memory.extend(b"x")  # raises BufferError while anything points into it
    assert window.buffer_info() == (0, 0)


def test_read_only_memory_is_copied_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    shown = Window("B").show(memoryview(b"abc"))
    assert shown.tobytes() == b"abc"
    assert "read-only" in caplog.text


def test_the_printer_gets_the_very_memory_that_is_written(bus: VirtualBus) -> None:
    printer = VirtualPrinter()
    bus.attach(printer)
    backend = Recording(bus.host, bus.port)
    connection = Finder(backend).poll()[0].open()
    memory = memoryview(bytearray(range(256)) * 16)
    assert connection.write(memory[100:3000]) == 2900
    assert backend.written == [(Window, (address_of(memory) + 100, 2900))]
    assert printer.received == bytes(memory[100:3000])
    connection.close()
    backend.close()


def test_libusb_gets_the_very_memory_that_is_written() -> None:
    lib = Libusb()
    memory = memoryview(bytearray(8192))
    window = Window("B")
    count = libusb_backend(lib).bulk_write(SimpleNamespace(handle=None), 1, 0, window.show(memory[1024:]), 100)
    assert count == 7168
    assert lib.transfers == [(address_of(memory) + 1024, 7168)]


def test_a_pyusb_that_takes_the_bytes_in_another_way_is_noticed_and_gets_copies(
    bus: VirtualBus, caplog: pytest.LogCaptureFixture
) -> None:
    printer = VirtualPrinter()
    bus.attach(printer)
    backend = Changed(bus.host, bus.port)
    connection = Finder(backend).poll()[0].open()
    view = memoryview(bytearray(b"some bytes"))
    assert [connection.write(view), connection.write(view)] == [0, 10]
    assert "copied from now on" in caplog.text
    assert printer.received == b"some bytes"
    connection.close()
    backend.close()


@pytest.mark.parametrize(
    "code, count, expected",
    [(0, 512, 512), (-9, 512, 512), (-4, 512, 512), (TIMEOUT, 512, 512)],
    ids=["all is well", "stalled", "unplugged", "timed out"],
)
def test_bytes_that_went_before_an_error_are_counted(code: int, count: int, expected: int) -> None:
    lib = Libusb(code, count)
    keep_counts(lib)
    keep_counts(lib)  # pyusb has one back end for all, which may be asked for again
    shown = Window("B").show(memoryview(bytearray(2048)))
    assert libusb_backend(lib).bulk_write(SimpleNamespace(handle=None), 1, 0, shown, 1) == expected


@pytest.mark.parametrize("code, number", [(-9, 32), (-4, 19), (-1, 5), (TIMEOUT, 110)])
def test_an_error_before_any_byte_is_an_error(code: int, number: int) -> None:
    lib = Libusb(code, 0)
    keep_counts(lib)
    shown = Window("B").show(memoryview(bytearray(2048)))
    with pytest.raises(usb.core.USBError) as error:
        libusb_backend(lib).bulk_write(SimpleNamespace(handle=None), 1, 0, shown, 1)
    assert error.value.errno == number
