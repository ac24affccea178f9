"""USB/IP 1.1.1 on the wire (Linux: Documentation/usb/usbip_protocol.rst), for both of its sides.

All numbers are big-endian but the eight bytes of a SETUP packet, which travel as on USB. First a client asks for the
list of devices, or imports one; an imported device's connection then carries commands and their answers, each a header
of 48 bytes, and data after it.
"""

import socket
import struct
from typing import NamedTuple

VERSION = 0x0111
OP_REQ_DEVLIST, OP_REP_DEVLIST = 0x8005, 0x0005
OP_REQ_IMPORT, OP_REP_IMPORT = 0x8003, 0x0003
CMD_SUBMIT, CMD_UNLINK, RET_SUBMIT, RET_UNLINK = 1, 2, 3, 4
OUT, IN = 0, 1
HIGH_SPEED = 3

OPERATION = struct.Struct(">HHI")  # version, code, status
BUS_ID = struct.Struct("32s")
DEVICE = struct.Struct(">256s32sIIIHHHBBBBBB")
INTERFACE = struct.Struct(">BBBx")
SUBMIT = struct.Struct(">IIIIIIiiii8s")  # command, sequence, device, direction, endpoint; flags, length, ..., setup
ANSWER = struct.Struct(">IIIIIiiiii8x")  # command, sequence, device, direction, endpoint; status, actual length, ...
UNLINK = struct.Struct(">IIIIII24x")  # command, sequence, device, direction, endpoint; the sequence to unlink
HEADER_BYTES = 48


class Exported(NamedTuple):
    """A device as a server lists it."""

    bus_id: str
    bus: int
    address: int
    speed: int
    vendor: int
    product: int
    release: int
    device_class: int
    configurations: int
    interfaces: int

    @property
    def ports(self) -> "tuple[int, ...]":
        """Return the hub ports that lead to it, from its bus id: "1-2.4" is on ports 2 and 4 of bus 1."""
        return tuple(int(port) for port in self.bus_id.partition("-")[2].split("."))

    def pack(self) -> bytes:
        """Return struct usbip_usb_device."""
        path = f"/sys/devices/virtual/{self.bus_id}"
        return DEVICE.pack(
            path.encode(), self.bus_id.encode(), self.bus, self.address, self.speed, self.vendor, self.product,
            self.release, self.device_class, 0, 0, 1, self.configurations, self.interfaces,
        )  # fmt: skip

    @classmethod
    def unpack(cls, data: "bytes | bytearray") -> "Exported":
        """Return what a struct usbip_usb_device says."""
        (_, bus_id, bus, address, speed, vendor, product, release, kind, _, _, _, configurations, interfaces) = (
            DEVICE.unpack(data)
        )
        name = bus_id.rstrip(b"\0").decode()
        return cls(name, bus, address, speed, vendor, product, release, kind, configurations, interfaces)


def receive(connection: socket.socket, view: memoryview) -> None:
    """Fill `view` from the connection; raise ConnectionError when it ends before."""
    while view:
        count = connection.recv_into(view, 0, socket.MSG_WAITALL)
        if not count:
            raise ConnectionResetError("the USB/IP connection has ended")
        view = view[count:]


def received(connection: socket.socket, count: int) -> bytearray:
    """Return the next `count` bytes; raise ConnectionError."""
    data = bytearray(count)
    receive(connection, memoryview(data))
    return data


def send(connection: socket.socket, header: bytes, data: "memoryview | bytes") -> None:
    """Send a header and the data after it, without joining them; raise OSError."""
    sent = connection.sendmsg([header, data])
    if sent < len(header):
        connection.sendall(header[sent:])
        sent = len(header)
    rest = memoryview(data)[sent - len(header) :]
    if rest:
        connection.sendall(rest)
