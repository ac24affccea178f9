"""Ethernet frames with ARP or UDP over IPv4: octets <-> values (RFC 894, 826, 791, 768).

Small set: runs under MicroPython too. UDP's checksum is made but not looked at: a packet socket sees what the kernel's
own other interfaces send before the checksum is filled in.
"""

import struct

from feedpath.errors import WireError
from feedpath.host.dhcp.wire import address, packed

EVERYONE = b"\xff\xff\xff\xff\xff\xff"
ALL = "255.255.255.255"
IPV4, ARP = 0x0800, 0x0806  # EtherTypes
ETHERNET_HEAD, IP_HEAD, UDP_HEAD = 14, 20, 8
ARP_HEAD = b"\x00\x01\x08\x00\x06\x04"  # Ethernet, IPv4, and the lengths of their addresses
ARP_OCTETS = 28
ASK, ANSWER = 1, 2  # RFC 826
UDP = 17
FRAGMENT = 0x3FFF  # more fragments, or not the first one (RFC 791, 3.1)
HOPS = 64
LEAST = 60  # octets of a frame without its check sequence
NO_MAC = bytes(6)


class Arp:
    """An ARP packet's fields."""

    def __init__(self, operation: int, sender_mac: bytes, sender: str, target_mac: bytes, target: str):
        self.operation = operation
        self.sender_mac = sender_mac
        self.sender = sender
        self.target_mac = target_mac
        self.target = target


class Datagram:
    """A UDP datagram and the hardware that sent it."""

    def __init__(self, mac: bytes, source: str, target: str, source_port: int, target_port: int, data: bytes):
        self.mac = mac
        self.source = source
        self.target = target
        self.source_port = source_port
        self.target_port = target_port
        self.data = data


def ethertype(frame: bytes) -> int:
    """Return what a frame carries; raise WireError for one that is cut off."""
    if len(frame) < ETHERNET_HEAD:
        raise WireError("a frame of %d octets" % len(frame))
    return frame[12] << 8 | frame[13]


def read_arp(frame: bytes) -> Arp:
    """Return the ARP packet in a frame; raise WireError."""
    if ethertype(frame) != ARP or len(frame) < ETHERNET_HEAD + ARP_OCTETS:
        raise WireError("no ARP packet, or one that is cut off")
    body = bytes(frame[ETHERNET_HEAD : ETHERNET_HEAD + ARP_OCTETS])
    if body[:6] != ARP_HEAD:
        raise WireError("ARP for something else than IPv4 on Ethernet")
    return Arp(body[6] << 8 | body[7], body[8:14], address(body[14:18]), body[18:24], address(body[24:28]))


def arp(packet: Arp) -> bytes:
    """Return the frame, to everyone, of an ARP packet (RFC 5227, 2.1 and 2.6 broadcast all of them)."""
    body = ARP_HEAD + struct.pack(">H", packet.operation) + packet.sender_mac + packed(packet.sender)
    body += packet.target_mac + packed(packet.target)
    return _ethernet(EVERYONE, packet.sender_mac, ARP, body)


def read_udp(frame: bytes) -> Datagram:
    """Return the UDP datagram in a frame; raise WireError for anything else, and for fragments."""
    if ethertype(frame) != IPV4 or len(frame) < ETHERNET_HEAD + IP_HEAD:
        raise WireError("no IPv4 packet, or one that is cut off")
    head = ETHERNET_HEAD
    head_octets = (frame[head] & 0x0F) * 4
    total = frame[head + 2] << 8 | frame[head + 3]
    if frame[head] >> 4 != 4 or head_octets < IP_HEAD or not head_octets + UDP_HEAD <= total <= len(frame) - head:
        raise WireError("an IPv4 packet whose lengths are wrong")
    if checksum(frame[head : head + head_octets]):
        raise WireError("an IPv4 packet with a wrong checksum")
    if frame[head + 9] != UDP or (frame[head + 6] << 8 | frame[head + 7]) & FRAGMENT:
        raise WireError("no UDP, or a fragment of it")
    at = head + head_octets
    source_port, target_port, length, _sum = struct.unpack(">HHHH", frame[at : at + UDP_HEAD])
    if not UDP_HEAD <= length <= total - head_octets:
        raise WireError("a datagram whose length is wrong")
    source, target = address(frame[head + 12 : head + 16]), address(frame[head + 16 : head + 20])
    data = bytes(frame[at + UDP_HEAD : at + length])
    return Datagram(bytes(frame[6:12]), source, target, source_port, target_port, data)


def udp(to: bytes, datagram: Datagram) -> bytes:
    """Return the frame that carries a datagram to the hardware `to`."""
    source, target = packed(datagram.source), packed(datagram.target)
    length = UDP_HEAD + len(datagram.data)
    ports = struct.pack(">HHH", datagram.source_port, datagram.target_port, length)
    pseudo = source + target + struct.pack(">HH", UDP, length)
    total = checksum(pseudo + ports + b"\0\0" + datagram.data) or 0xFFFF  # 0 would mean none
    body = ports + struct.pack(">H", total) + datagram.data
    head = struct.pack(">BBHHHBB", 0x45, 0, IP_HEAD + length, 0, 0, HOPS, UDP)
    head += struct.pack(">H", checksum(head + b"\0\0" + source + target)) + source + target
    return _ethernet(to, datagram.mac, IPV4, head + body)


def checksum(data: bytes) -> int:
    """Return the Internet checksum of `data`: 0 over a head that holds its own (RFC 1071)."""
    if len(data) % 2:
        data = bytes(data) + b"\0"
    total = 0
    for at in range(0, len(data), 2):
        total += data[at] << 8 | data[at + 1]
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _ethernet(to: bytes, source: bytes, kind: int, body: bytes) -> bytes:
    frame = to + source + struct.pack(">H", kind) + body
    return frame + bytes(max(0, LEAST - len(frame)))
