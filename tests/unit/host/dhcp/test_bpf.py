"""The filter lets DHCP's answers through, and ARP about the addresses that are watched: run here as the kernel does."""

import struct

import pytest

from feedpath.host.dhcp import bpf, frame
from feedpath.host.dhcp.frame import Arp, Datagram
from tests.fakes.dhcp import MAC, OTHER_MAC

WATCHED = ["10.0.0.50", "169.254.7.8"]


def passes(program: bytes, data: bytes, outgoing: bool = False) -> bool:
    """Run a filter over a frame (Documentation/networking/filter.rst); a load beyond the end drops it."""
    lines = list(struct.iter_unpack("=HBBI", program))
    a = x = at = 0
    while True:
        code, holds, fails, value = lines[at]
        at += 1
        if code == bpf.RETURN:
            return bool(value)
        if code in (bpf.IF_EQUAL, bpf.IF_SET):
            at += holds if (a == value if code == bpf.IF_EQUAL else a & value) else fails
        elif value == bpf.PACKET_TYPE:
            a = bpf.OUTGOING if outgoing else 0
        elif code == bpf.HEAD_TO_X:
            x = (data[value] & 0xF) * 4
        else:
            octets = {bpf.LOAD: 4, bpf.LOAD_BYTE: 1}.get(code, 2)
            value += x if code == bpf.LOAD_HALF_FROM_X else 0
            if value + octets > len(data):
                return False
            a = int.from_bytes(data[value : value + octets], "big")


def arp(sender: str, target: str) -> bytes:
    return frame.arp(Arp(frame.ASK, OTHER_MAC, sender, frame.NO_MAC, target))


def udp(port: int) -> bytes:
    return frame.udp(MAC, Datagram(OTHER_MAC, "10.0.0.1", "10.0.0.50", 67, port, b"data"))


def changed(data: bytes, at: int, octet: int) -> bytes:
    return data[:at] + bytes((octet,)) + data[at + 1 :]


@pytest.mark.parametrize(
    "data, let",
    [
        (udp(68), True),
        (udp(67), False),
        (changed(udp(68), 23, 6), False),  # TCP
        (changed(udp(68), 20, 0x20), False),  # a first fragment
        (changed(udp(68), 21, 1), False),  # a later one
        (changed(udp(68), 12, 0x86), False),
        (udp(68)[:36], False),
        (arp("10.0.0.50", "10.0.0.9"), True),
        (arp("169.254.7.8", "10.0.0.9"), True),
        (arp("0.0.0.0", "10.0.0.50"), True),
        (arp("0.0.0.0", "10.0.0.51"), False),
        (arp("10.0.0.9", "10.0.0.50"), False),
        (arp("10.0.0.9", "10.0.0.8"), False),
        (b"", False),
    ],
)
def test_what_the_filter_lets_through(data: bytes, let: bool) -> None:
    assert passes(bpf.program(WATCHED), data) is let
    assert not passes(bpf.program(WATCHED), data, outgoing=True)
    assert not passes(bpf.nothing(), data)


def test_without_addresses_no_arp_comes_through() -> None:
    assert passes(bpf.program([]), udp(68))
    assert not passes(bpf.program([]), arp("0.0.0.0", "10.0.0.50"))
