"""A pyusb back end that reaches devices over USB/IP (TCP), so that pyusb's own code runs without USB in the kernel.

    bus = VirtualBus()
    finder = Finder(backend=UsbipBackend("127.0.0.1", bus.port))

As with libusb, reads and writes overlap, time-outs take transfers back and tell what went before, and stalls and lost
devices are pyusb's errors with the same numbers. Data goes from and to the caller's memory without a copy.
`kernel_drivers` holds the (bus id, interface) pairs that a kernel driver sits on, as usblp does on Linux.
"""

import array
import ctypes
import errno
import socket
import struct
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import usb.backend
import usb.core

from tests.fakes import usbip_wire as wire
from tests.fakes.usbip_wire import IN, OUT, Exported

CONTROL_MS = 5000
CONNECT_S = 5.0
NO_SETUP = bytes(8)

# USB 2.0, 9.6: layout and names of the descriptors, all but their first two fields, bLength and bDescriptorType.
DEVICE = struct.Struct("<xxHBBBBHHHBBBB")
DEVICE_FIELDS = """bcdUSB bDeviceClass bDeviceSubClass bDeviceProtocol bMaxPacketSize0 idVendor idProduct bcdDevice
    iManufacturer iProduct iSerialNumber bNumConfigurations"""
CONFIGURATION = struct.Struct("<xxHBBBBB")
CONFIGURATION_FIELDS = "wTotalLength bNumInterfaces bConfigurationValue iConfiguration bmAttributes bMaxPower"
INTERFACE = struct.Struct("<xx7B")
INTERFACE_FIELDS = """bInterfaceNumber bAlternateSetting bNumEndpoints bInterfaceClass bInterfaceSubClass
    bInterfaceProtocol iInterface"""
ENDPOINT = struct.Struct("<xxBBHB")
ENDPOINT_FIELDS = "bEndpointAddress bmAttributes wMaxPacketSize bInterval"
DESCRIPTOR_DEVICE, DESCRIPTOR_CONFIGURATION, DESCRIPTOR_INTERFACE, DESCRIPTOR_ENDPOINT = 1, 2, 4, 5


def failure(number: int, text: str = "") -> usb.core.USBError:
    """Return pyusb's error for an errno."""
    kind = usb.core.USBTimeoutError if number == errno.ETIMEDOUT else usb.core.USBError
    return kind(text or errno.errorcode.get(number, "error"), -1, number)


class Transfer:
    """One transfer under way: the caller's memory, and what became of it."""

    def __init__(self, endpoint: int, view: memoryview, direction: int):
        self.endpoint = endpoint
        self.view = view
        self.direction = direction
        self.status = 0
        self.count = 0
        self.canceled = False
        self.done = threading.Event()

    def finish(self, status: int, count: int = 0) -> None:
        """Let the thread that waits for it go on."""
        self.status, self.count = status, count
        self.done.set()


class Session:
    """The connection to one imported device. Any number of threads may transfer at a time; raises pyusb's errors."""

    def __init__(self, connection: socket.socket):
        self._socket = connection
        self._sending = threading.Lock()
        self._sequence = 0
        self._transfers: "dict[int, Transfer]" = {}
        self._unlinks: "dict[int, int]" = {}
        self.lost = False
        self._reader = threading.Thread(target=self._receive, name="usbip", daemon=True)
        self._reader.start()

    def transfer(self, endpoint: int, direction: int, view: memoryview, timeout: int, setup: bytes = NO_SETUP) -> int:
        """Return how many bytes were moved within `timeout` milliseconds (0: for ever)."""
        transfer = Transfer(endpoint, view, direction)
        sequence = self._submit(transfer, setup)
        if not transfer.done.wait(timeout / 1000 if timeout else None):
            self._unlink(sequence)
            transfer.done.wait()
        if transfer.count or not transfer.status or transfer.canceled:
            return transfer.count  # an error after some bytes stays at the device, for the next transfer to meet
        raise failure(errno.ETIMEDOUT if transfer.status == -errno.ECONNRESET else -transfer.status)

    def control(self, setup: bytes, view: memoryview, timeout: int = CONTROL_MS) -> int:
        """Return how many bytes a control transfer moved."""
        return self.transfer(0, IN if setup[0] & 0x80 else OUT, view, timeout, setup)

    def cancel(self, endpoints: "set[int]") -> None:
        """Take back the transfers on these endpoints; they end well, with what was moved by then."""
        for sequence, transfer in list(self._transfers.items()):
            if transfer.endpoint in endpoints:
                transfer.canceled = True
                self._unlink(sequence)

    def close(self) -> None:
        """End the connection; transfers under way fail as if the device were lost."""
        self._lose()
        self._reader.join()

    def _submit(self, transfer: Transfer, setup: bytes) -> int:
        with self._sending:
            self._sequence += 1
            sequence = self._sequence
            self._transfers[sequence] = transfer
            head = (wire.CMD_SUBMIT, sequence, 0, transfer.direction, transfer.endpoint)
            header = wire.SUBMIT.pack(*head, 0, len(transfer.view), 0, 0, 0, setup)
            self._send(header, transfer.view if transfer.direction == OUT else b"")
        return sequence

    def _unlink(self, sequence: int) -> None:
        with self._sending:
            self._sequence += 1
            self._unlinks[self._sequence] = sequence
            self._send(wire.UNLINK.pack(wire.CMD_UNLINK, self._sequence, 0, 0, 0, sequence), b"")

    def _send(self, header: bytes, data: "memoryview | bytes") -> None:
        try:
            wire.send(self._socket, header, data)
        except OSError:
            self._lose()
        if self.lost:
            self._abandon()

    def _receive(self) -> None:
        try:
            while True:
                command, sequence, _, _, _, status, count, _, _, _ = wire.ANSWER.unpack(
                    wire.received(self._socket, wire.HEADER_BYTES)
                )
                if command == wire.RET_SUBMIT:
                    transfer = self._transfers.pop(sequence)
                    if transfer.direction == IN:
                        wire.receive(self._socket, transfer.view[:count])
                    transfer.finish(status, count)
                else:
                    unlinked = self._transfers.pop(self._unlinks.pop(sequence), None)
                    if unlinked is not None:
                        unlinked.finish(status or -errno.ECONNRESET)
        except OSError:
            self._lose()
            self._abandon()
            self._socket.close()

    def _lose(self) -> None:
        self.lost = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _abandon(self) -> None:
        for sequence in list(self._transfers):
            transfer = self._transfers.pop(sequence, None)
            if transfer is not None:
                transfer.finish(-errno.ENODEV)


class Plugged:
    """A device on the far bus, imported for as long as it is there."""

    def __init__(self, exported: Exported, session: Session):
        self.exported = exported
        self.session = session
        self.claims: "dict[int, Handle]" = {}
        self.descriptor = _device_descriptor(exported, self._descriptor(DESCRIPTOR_DEVICE, 0, DEVICE.size))
        self.configurations = [
            Configuration(self._descriptor(DESCRIPTOR_CONFIGURATION, index, 0xFFFF))
            for index in range(self.descriptor.bNumConfigurations)
        ]

    def _descriptor(self, kind: int, index: int, length: int) -> bytes:
        data = bytearray(length)
        setup = struct.pack("<BBHHH", 0x80, 6, kind << 8 | index, 0, length)
        return bytes(data[: self.session.control(setup, memoryview(data))])

    def endpoints(self, interface: int) -> "set[int]":
        """Return the numbers of an interface's endpoints."""
        alternates = self.configurations[0].interfaces[interface]
        return {endpoint.bEndpointAddress & 0x0F for _, endpoints in alternates for endpoint in endpoints}


class Handle:
    """An open device."""

    def __init__(self, plugged: Plugged):
        self.plugged = plugged
        self.session = plugged.session


class Configuration:
    """A configuration descriptor and all that follows it, in the order of the interfaces."""

    def __init__(self, data: bytes):
        self.descriptor = _named(CONFIGURATION_FIELDS, CONFIGURATION, data)
        self.interfaces: "dict[int, list[tuple[SimpleNamespace, list[SimpleNamespace]]]]" = {}
        endpoints: "list[SimpleNamespace]" = []
        while data:
            if data[1] == DESCRIPTOR_INTERFACE:
                interface = _named(INTERFACE_FIELDS, INTERFACE, data)
                endpoints = []
                self.interfaces.setdefault(interface.bInterfaceNumber, []).append((interface, endpoints))
            elif data[1] == DESCRIPTOR_ENDPOINT:
                endpoint = _named(ENDPOINT_FIELDS, ENDPOINT, data)
                endpoint.bRefresh = endpoint.bSynchAddress = 0
                endpoints.append(endpoint)
            data = data[data[0] :]

    def alternate(self, interface: int, setting: int) -> "tuple[SimpleNamespace, list[SimpleNamespace]]":
        """Return an alternate setting and its endpoints, both told by their places; raise IndexError."""
        return list(self.interfaces.values())[interface][setting]


def _named(names: str, layout: struct.Struct, data: bytes) -> SimpleNamespace:
    fields = dict(zip(names.split(), layout.unpack_from(data), strict=True))
    return SimpleNamespace(bLength=data[0], bDescriptorType=data[1], **fields, extra_descriptors=b"")


def _device_descriptor(exported: Exported, data: bytes) -> SimpleNamespace:
    descriptor = _named(DEVICE_FIELDS, DEVICE, data)
    descriptor.bus, descriptor.address, descriptor.speed = exported.bus, exported.address, exported.speed
    descriptor.port_numbers = exported.ports
    descriptor.port_number = exported.ports[-1]
    return descriptor


def _memory(data: "array.array[int]") -> memoryview:
    address, length = data.buffer_info()
    if not length:
        return memoryview(b"")
    return memoryview((ctypes.c_ubyte * length).from_address(address)).cast("B")


class UsbipBackend(usb.backend.IBackend):  # type: ignore[misc]  # pyusb has no types
    """The devices that the USB/IP server at host and port exports. See usb.backend.IBackend for the methods."""

    def __init__(self, host: str, port: int):
        self._address = (host, port)
        self._devices: "dict[tuple[str, int], Plugged]" = {}
        self.kernel_drivers: "set[tuple[str, int]]" = set()

    def close(self) -> None:
        """Let go of all devices."""
        for plugged in self._devices.values():
            plugged.session.close()
        self._devices.clear()

    def enumerate_devices(self) -> "Iterator[Plugged]":
        listed = {(exported.bus_id, exported.address): exported for exported in self._list()}
        for key in [key for key, plugged in self._devices.items() if plugged.session.lost or key not in listed]:
            self._devices.pop(key).session.close()
        for key, exported in listed.items():
            if key not in self._devices:
                try:
                    self._devices[key] = self._import(exported)
                except OSError:  # unplugged since it was listed
                    continue
            yield self._devices[key]

    def _list(self) -> "list[Exported]":
        try:
            with self._connect(wire.OP_REQ_DEVLIST, b"") as connection:
                exported = []
                for _ in range(int.from_bytes(wire.received(connection, 4), "big")):
                    device = Exported.unpack(wire.received(connection, wire.DEVICE.size))
                    wire.received(connection, wire.INTERFACE.size * device.interfaces)
                    exported.append(device)
                return exported
        except OSError:  # the far bus is gone, and all its devices with it
            return []

    def _import(self, exported: Exported) -> Plugged:
        connection = self._connect(wire.OP_REQ_IMPORT, wire.BUS_ID.pack(exported.bus_id.encode()))
        try:
            wire.received(connection, wire.DEVICE.size)
        except OSError:
            connection.close()
            raise
        connection.settimeout(None)
        session = Session(connection)
        try:
            return Plugged(exported, session)
        except OSError:
            session.close()
            raise

    def _connect(self, request: int, data: bytes) -> socket.socket:
        connection = socket.create_connection(self._address, CONNECT_S)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(wire.OPERATION.pack(wire.VERSION, request, 0) + data)
            _, _, status = wire.OPERATION.unpack(wire.received(connection, wire.OPERATION.size))
            if status:
                raise ConnectionRefusedError("the USB/IP server refuses")
        except OSError:
            connection.close()
            raise
        return connection

    def get_parent(self, dev: Plugged) -> None:
        return None

    def get_device_descriptor(self, dev: Plugged) -> SimpleNamespace:
        return dev.descriptor

    def get_configuration_descriptor(self, dev: Plugged, config: int) -> SimpleNamespace:
        return dev.configurations[config].descriptor

    def get_interface_descriptor(self, dev: Plugged, intf: int, alt: int, config: int) -> SimpleNamespace:
        return dev.configurations[config].alternate(intf, alt)[0]

    def get_endpoint_descriptor(self, dev: Plugged, ep: int, intf: int, alt: int, config: int) -> SimpleNamespace:
        return dev.configurations[config].alternate(intf, alt)[1][ep]

    def open_device(self, dev: Plugged) -> Handle:
        if dev.session.lost:
            raise failure(errno.ENODEV)
        return Handle(dev)

    def close_device(self, dev_handle: Handle) -> None:
        claims = dev_handle.plugged.claims
        for interface in [interface for interface, handle in claims.items() if handle is dev_handle]:
            del claims[interface]

    def set_configuration(self, dev_handle: Handle, config_value: int) -> None:
        self._request(dev_handle, 0x00, 9, config_value, 0)

    def get_configuration(self, dev_handle: Handle) -> int:
        answer = bytearray(1)
        dev_handle.session.control(struct.pack("<BBHHH", 0x80, 8, 0, 0, 1), memoryview(answer))
        return answer[0]

    def set_interface_altsetting(self, dev_handle: Handle, intf: int, altsetting: int) -> None:
        self._request(dev_handle, 0x01, 11, altsetting, intf)

    def claim_interface(self, dev_handle: Handle, intf: int) -> None:
        plugged = dev_handle.plugged
        if plugged.session.lost:
            raise failure(errno.ENODEV)
        if self.is_kernel_driver_active(dev_handle, intf):
            raise failure(errno.EBUSY)
        if plugged.claims.setdefault(intf, dev_handle) is not dev_handle:
            raise failure(errno.EBUSY)

    def release_interface(self, dev_handle: Handle, intf: int) -> None:
        if dev_handle.plugged.claims.get(intf) is not dev_handle:
            raise failure(errno.ENOENT)
        del dev_handle.plugged.claims[intf]
        dev_handle.session.cancel(dev_handle.plugged.endpoints(intf))  # as Linux does

    def bulk_write(self, dev_handle: Handle, ep: int, intf: int, data: "array.array[int]", timeout: int) -> int:
        return dev_handle.session.transfer(ep & 0x0F, OUT, _memory(data), timeout)

    def bulk_read(self, dev_handle: Handle, ep: int, intf: int, buff: "array.array[int]", timeout: int) -> int:
        return dev_handle.session.transfer(ep & 0x0F, IN, _memory(buff), timeout)

    def ctrl_transfer(
        self,
        dev_handle: Handle,
        bmRequestType: int,  # noqa: N803
        bRequest: int,  # noqa: N803
        wValue: int,  # noqa: N803
        wIndex: int,  # noqa: N803
        data: "array.array[int]",
        timeout: int,
    ) -> int:
        view = _memory(data)
        setup = struct.pack("<BBHHH", bmRequestType, bRequest, wValue, wIndex, len(view))
        return dev_handle.session.control(setup, view, timeout)

    def clear_halt(self, dev_handle: Handle, ep: int) -> None:
        self._request(dev_handle, 0x02, 1, 0, ep)

    def reset_device(self, dev_handle: Handle) -> None:
        self._request(dev_handle, 0x23, 3, 4, dev_handle.plugged.exported.ports[-1])  # as usbip-host takes it

    def is_kernel_driver_active(self, dev_handle: Handle, intf: int) -> bool:
        return (dev_handle.plugged.exported.bus_id, intf) in self.kernel_drivers

    def detach_kernel_driver(self, dev_handle: Handle, intf: int) -> None:
        self.kernel_drivers.discard((dev_handle.plugged.exported.bus_id, intf))

    def attach_kernel_driver(self, dev_handle: Handle, intf: int) -> None:
        if intf in dev_handle.plugged.claims:
            raise failure(errno.EBUSY)
        self.kernel_drivers.add((dev_handle.plugged.exported.bus_id, intf))

    def _request(self, handle: Handle, request_type: int, request: int, value: int, index: int) -> None:
        handle.session.control(struct.pack("<BBHHH", request_type, request, value, index, 0), memoryview(b""))
