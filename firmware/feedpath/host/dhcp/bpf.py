"""The filter that a packet socket has: DHCP's answers, and ARP about certain addresses (linux/filter.h, socket(7)).

What others ask of each other wakes nobody up.
"""

import struct
from collections.abc import Iterable

from feedpath.host.dhcp.frame import ARP, FRAGMENT, IPV4, UDP
from feedpath.host.dhcp.table import CLIENT_PORT
from feedpath.host.dhcp.wire import packed

LOAD, LOAD_HALF, LOAD_BYTE, LOAD_HALF_FROM_X, HEAD_TO_X = 0x20, 0x28, 0x30, 0x48, 0xB1
IF_EQUAL, IF_SET, RETURN = 0x15, 0x45, 0x06
PACKET_TYPE, OUTGOING = 0xFFFFF004, 4  # SKF_AD_OFF + SKF_AD_PKTTYPE; PACKET_OUTGOING
ETHERTYPE, IP_PROTOCOL, IP_FRAGMENT, IP_HEAD, TARGET_PORT, SENDER, TARGET = 12, 23, 20, 14, 16, 28, 38
ALL_OF_IT = 0xFFFF


def program(addresses: "Iterable[str]") -> bytes:
    """Return the filter that passes UDP to a DHCP client, and ARP whose sender has, or wants, one of the addresses."""
    numbers = [int.from_bytes(packed(address), "big") for address in addresses]
    lines: "list[tuple[str, int, int, str, str]]" = [
        ("", LOAD_BYTE, PACKET_TYPE, "", ""),
        ("", IF_EQUAL, OUTGOING, "drop", ""),
        ("", LOAD_HALF, ETHERTYPE, "", ""),
        ("", IF_EQUAL, IPV4, "", "arp"),
        ("", LOAD_BYTE, IP_PROTOCOL, "", ""),
        ("", IF_EQUAL, UDP, "", "drop"),
        ("", LOAD_HALF, IP_FRAGMENT, "", ""),
        ("", IF_SET, FRAGMENT, "drop", ""),
        ("", HEAD_TO_X, IP_HEAD, "", ""),
        ("", LOAD_HALF_FROM_X, TARGET_PORT, "", ""),
        ("", IF_EQUAL, CLIENT_PORT, "take", "drop"),
        ("arp", IF_EQUAL, ARP, "", "drop"),
        ("", LOAD, SENDER, "", ""),
        *(("", IF_EQUAL, number, "take", "") for number in numbers),
        ("", IF_EQUAL, 0, "", "drop"),
        ("", LOAD, TARGET, "", ""),
        *(("", IF_EQUAL, number, "take", "") for number in numbers),
        ("drop", RETURN, 0, "", ""),
        ("take", RETURN, ALL_OF_IT, "", ""),
    ]
    places = {label: place for place, (label, *_rest) in enumerate(lines) if label}
    return b"".join(
        struct.pack("=HBBI", code, *(places[to] - place - 1 if to else 0 for to in (holds, fails)), value)
        for place, (_label, code, value, holds, fails) in enumerate(lines)
    )


def nothing() -> bytes:
    """Return the filter that passes nothing."""
    return struct.pack("=HBBI", RETURN, 0, 0, 0)
