"""USB redirection on the wire, as a computer with the device speaks it to an emulator that wants it.

USB Network Redirection protocol, version 0.7 (the usbredir project), whose numbers are little-endian. Both sides say
hello, and what they can; then the device's side tells of a device, and answers what the emulated computer sends it.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

(
    HELLO, DEVICE_CONNECT, DEVICE_DISCONNECT, RESET, INTERFACE_INFO, EP_INFO, SET_CONFIGURATION, GET_CONFIGURATION,
    CONFIGURATION_STATUS, SET_ALT_SETTING, GET_ALT_SETTING, ALT_SETTING_STATUS,
) = range(12)  # fmt: skip
CANCEL_DATA_PACKET, FILTER_REJECT, DEVICE_DISCONNECT_ACK, CONTROL_PACKET, BULK_PACKET = 21, 22, 24, 100, 101
SUCCESS, CANCELLED, INVALID, IO_ERROR, STALL = range(5)
CONNECT_DEVICE_VERSION, DISCONNECT_ACK = 1 << 1, 1 << 3
EP_MAX_PACKET_SIZE, IDS_OF_64_BITS, BULK_LENGTH_OF_32_BITS = 1 << 4, 1 << 5, 1 << 6
CAPABILITIES = CONNECT_DEVICE_VERSION | DISCONNECT_ACK | EP_MAX_PACKET_SIZE | IDS_OF_64_BITS | BULK_LENGTH_OF_32_BITS
HIGH_SPEED = 2

FIRST_HEADER = struct.Struct("<III")  # of hello: type, length, id
HEADER = struct.Struct("<IIQ")  # of all others, as both sides can IDS_OF_64_BITS
GREETING = struct.Struct("<64sI")  # version, capabilities
CONNECT = struct.Struct("<BBBBHHH")  # speed, class, subclass, protocol; vendor, product, release
CONFIGURATION = struct.Struct("<BB")  # status, configuration
ALT_SETTING = struct.Struct("<BBB")  # status, interface, setting
CONTROL = struct.Struct("<BBBBHHH")  # endpoint, request, request type, status; value, index, length
BULK = struct.Struct("<BBHIH")  # endpoint, status, length (low half), stream, length (high half)

ENDPOINTS = 32  # 0 to 15 out, then in
CONTROL_TYPE, NO_TYPE = 0, 255
DEVICE_TYPE, INTERFACE_TYPE, ENDPOINT_TYPE = 1, 4, 5  # of descriptors (USB 2.0, table 9-5)
DEVICE = struct.Struct("<BBHBBBBHHH")  # of the device descriptor what counts here
INTERFACE = struct.Struct("<8B")
ENDPOINT = struct.Struct("<BBBBHB")


class Malformed(Exception):
    """The other side does not speak this protocol, or too little of it."""


class Bulk(NamedTuple):
    """A bulk transfer: what is sent, or for an endpoint that is read how much is wanted."""

    endpoint: int
    length: int
    data: "bytes | memoryview"


def hello(version: str) -> bytes:
    """Return what is said first."""
    body = GREETING.pack(version.encode(), CAPABILITIES)
    return FIRST_HEADER.pack(HELLO, len(body), 0) + body


def check_hello(body: "bytes | bytearray") -> None:
    """Raise Malformed unless the other side can what we rely on."""
    if len(body) < GREETING.size:
        raise Malformed(f"a hello of {len(body)} bytes")
    _, capabilities = GREETING.unpack_from(body)
    if capabilities & CAPABILITIES != CAPABILITIES:
        raise Malformed(f"capabilities {capabilities:#x}, where {CAPABILITIES:#x} are wanted")


def packet(kind: int, id: int, body: bytes = b"", data: bytes = b"") -> bytes:
    """Return a packet."""
    return HEADER.pack(kind, len(body) + len(data), id) + body + data


def read_bulk(body: "bytes | bytearray") -> Bulk:
    """Return the transfer that a bulk packet asks for; raise Malformed."""
    if len(body) < BULK.size:
        raise Malformed(f"a bulk packet of {len(body)} bytes")
    endpoint, _, low, _, high = BULK.unpack_from(body)
    data = memoryview(body)[BULK.size :]
    length = high << 16 | low
    if len(data) != (0 if endpoint & 0x80 else length):
        raise Malformed(f"a bulk packet for {length} bytes with {len(data)}")
    return Bulk(endpoint, length, data)


def bulk(id: int, endpoint: int, status: int, length: int, data: bytes = b"") -> bytes:
    """Return the answer to a bulk packet. length: of the bytes that went."""
    return packet(BULK_PACKET, id, BULK.pack(endpoint, status, length & 0xFFFF, 0, length >> 16), data)


def connect(device: bytes) -> bytes:
    """Return what tells of a device, from its descriptor."""
    _, _, _, kind, subclass, protocol, _, vendor, product, release = DEVICE.unpack_from(device)
    return packet(DEVICE_CONNECT, 0, CONNECT.pack(HIGH_SPEED, kind, subclass, protocol, vendor, product, release))


def interfaces(configuration: bytes, alternates: "Mapping[int, int]") -> bytes:
    """Return the packets that tell of a configuration's interfaces and endpoints.

    alternates: the setting that is chosen, by interface, where it is not the first.
    """
    rows = []
    types, numbers = bytearray([NO_TYPE] * ENDPOINTS), bytearray(ENDPOINTS)
    intervals, sizes = bytearray(ENDPOINTS), [0] * ENDPOINTS
    types[0] = types[16] = CONTROL_TYPE
    chosen = number = 0
    for kind, descriptor in _descriptors(configuration):
        if kind == INTERFACE_TYPE:
            _, _, number, setting, _, *triple = INTERFACE.unpack_from(descriptor)
            chosen = alternates.get(number, 0) == setting
            rows += [(number, *triple)] if chosen else []
        elif kind == ENDPOINT_TYPE and chosen:
            _, _, address, attributes, size, interval = ENDPOINT.unpack_from(descriptor)
            place = (address & 0x80) >> 3 | address & 0x0F
            types[place], numbers[place], intervals[place], sizes[place] = attributes & 3, number, interval, size
    columns = (bytes(row[column] for row in rows).ljust(ENDPOINTS, b"\0") for column in range(4))
    return packet(INTERFACE_INFO, 0, len(rows).to_bytes(4, "little") + b"".join(columns)) + packet(
        EP_INFO, 0, bytes(types + intervals + numbers) + struct.pack("<32H", *sizes)
    )


def _descriptors(configuration: bytes) -> "Iterator[tuple[int, bytes]]":
    """Yield the descriptors (type, bytes) that one holds."""
    while configuration:
        yield configuration[1], configuration[: configuration[0]]
        configuration = configuration[configuration[0] :]
