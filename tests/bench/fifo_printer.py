"""A pyusb back end with one printer on its bus, which writes what it is sent into a FIFO."""

import array
import ctypes
import errno
import os
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import usb.backend
import usb.core

DEVICE_ID = "MFG:Feedpath;MDL:Bench;CMD:URF,PWGRaster,JPEG,PDF;CLS:PRINTER;"
READY = b"\x18"  # selected, no error: USB Printer Class 1.1, 4.2.2
GET_DEVICE_ID, GET_PORT_STATUS = 0, 1  # 4.2.1, 4.2.2

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
LIBC.write.restype = ctypes.c_ssize_t


def descriptor(**fields: int) -> SimpleNamespace:
    """Return a descriptor as pyusb reads it: USB 2.0, 9.6."""
    return SimpleNamespace(bLength=0, bDescriptorType=0, extra_descriptors=b"", **fields)


DEVICE = descriptor(
    bcdUSB=0x0200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0, bMaxPacketSize0=64,
    idVendor=0x1209, idProduct=0x0001, bcdDevice=0x0100, iManufacturer=0, iProduct=0, iSerialNumber=0,
    bNumConfigurations=1, bus=1, address=1, speed=3, port_number=1,
)  # fmt: skip
DEVICE.port_numbers = (1,)
CONFIGURATION = descriptor(
    wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1, iConfiguration=0, bmAttributes=0xC0, bMaxPower=0
)
INTERFACE = descriptor(
    bInterfaceNumber=0, bAlternateSetting=0, bNumEndpoints=2, iInterface=0,
    bInterfaceClass=7, bInterfaceSubClass=1, bInterfaceProtocol=2,
)  # fmt: skip
ENDPOINT = {"bmAttributes": 2, "wMaxPacketSize": 512, "bInterval": 0, "bRefresh": 0, "bSynchAddress": 0}
ENDPOINTS = [descriptor(bEndpointAddress=address, **ENDPOINT) for address in (0x01, 0x82)]  # bulk out, bulk in


class FifoBackend(usb.backend.IBackend):  # type: ignore[misc]  # pyusb has no types
    """The bus. See usb.backend.IBackend for the methods."""

    def __init__(self, fifo: str, device_id: str):
        self._fifo = os.open(fifo, os.O_WRONLY)
        self._device_id = device_id.encode()

    def enumerate_devices(self) -> Iterator[SimpleNamespace]:
        yield DEVICE

    def get_parent(self, dev: object) -> None:
        return None

    def get_device_descriptor(self, dev: object) -> SimpleNamespace:
        return DEVICE

    def get_configuration_descriptor(self, dev: object, config: int) -> SimpleNamespace:
        return (CONFIGURATION,)[config]

    def get_interface_descriptor(self, dev: object, intf: int, alt: int, config: int) -> SimpleNamespace:
        return (INTERFACE,)[intf + alt]

    def get_endpoint_descriptor(self, dev: object, ep: int, intf: int, alt: int, config: int) -> SimpleNamespace:
        return ENDPOINTS[ep]

    def open_device(self, dev: object) -> object:
        return dev

    def close_device(self, dev_handle: object) -> None:
        pass

    def get_configuration(self, dev_handle: object) -> int:
        return CONFIGURATION.bConfigurationValue  # type: ignore[no-any-return]

    def claim_interface(self, dev_handle: object, intf: int) -> None:
        pass

    def release_interface(self, dev_handle: object, intf: int) -> None:
        pass

    def is_kernel_driver_active(self, dev_handle: object, intf: int) -> bool:
        return False

    def clear_halt(self, dev_handle: object, ep: int) -> None:
        pass

    def ctrl_transfer(
        self, dev_handle: object, request_type: int, request: int, value: int, index: int, data: Any, timeout: int
    ) -> int:
        """Answer what the printer class asks; there is nothing else to ask."""
        device_id = (len(self._device_id) + 2).to_bytes(2, "big") + self._device_id
        answers = {GET_PORT_STATUS: READY, GET_DEVICE_ID: device_id}
        answer = array.array("B", answers.get(request, b"")[: len(data)])
        data[: len(answer)] = answer
        return len(answer)

    def bulk_write(self, dev_handle: object, ep: int, intf: int, data: "array.array[int]", timeout: int) -> int:
        """Write from the caller's memory; the interpreter runs other threads meanwhile, as in libusb."""
        address, length = data.buffer_info()
        count: int = LIBC.write(self._fifo, address, length)
        if count < 0:
            raise usb.core.USBError("the FIFO fails", -1, ctypes.get_errno())
        return count

    def bulk_read(self, dev_handle: object, ep: int, intf: int, buff: "array.array[int]", timeout: int) -> int:
        """The printer has nothing to say."""
        time.sleep(timeout / 1000)
        raise usb.core.USBTimeoutError("nothing came", -1, errno.ETIMEDOUT)
