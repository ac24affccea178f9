"""Frames: what is written is read back, and whatever else comes is refused."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from feedpath.errors import WireError
from feedpath.host.dhcp import frame
from feedpath.host.dhcp.frame import Arp, Datagram

MAC, PEER = b"\x02\x00\x00\x00\x00\x01", b"\x02\x00\x00\x00\x00\x02"


def datagram(data: bytes) -> bytes:
    return frame.udp(PEER, Datagram(MAC, "10.0.0.1", "10.0.0.2", 67, 68, data))


def test_an_arp_packet_is_written_as_rfc_826_draws_it() -> None:
    data = frame.arp(Arp(frame.ASK, MAC, "0.0.0.0", frame.NO_MAC, "10.0.0.50"))
    assert data[:14] == b"\xff" * 6 + MAC + b"\x08\x06"
    assert data[14:22] == bytes((0, 1, 8, 0, 6, 4, 0, 1))
    assert data[22:42] == MAC + bytes(4) + bytes(6) + bytes((10, 0, 0, 50))
    assert len(data) == frame.LEAST
    read = frame.read_arp(data)
    assert (read.operation, read.sender_mac, read.sender, read.target) == (1, MAC, "0.0.0.0", "10.0.0.50")


@given(st.binary(max_size=1472))
def test_a_datagram_that_is_written_is_read_back(data: bytes) -> None:
    read = frame.read_udp(datagram(data))
    assert (read.mac, read.source, read.target, read.source_port, read.target_port, read.data) == (
        MAC, "10.0.0.1", "10.0.0.2", 67, 68, data,
    )  # fmt: skip


def test_the_checksums_hold_by_rfc_1071() -> None:
    data = datagram(b"odd")
    assert frame.checksum(data[14:34]) == 0
    pseudo = data[26:34] + bytes((0, 17, 0, 11))
    assert frame.checksum(pseudo + data[34:45]) == 0


@given(st.binary(max_size=100))
def test_random_octets_are_a_packet_or_a_wire_error(data: bytes) -> None:
    for read in (frame.read_udp, frame.read_arp):
        for kind in (b"", bytes(12) + b"\x08\x00", bytes(12) + b"\x08\x06"):
            try:
                read(kind + data)
            except WireError:
                pass


@pytest.mark.parametrize(
    "at, octets",
    [(12, b"\x86\xdd"), (14, b"\x65"), (14, b"\x44"), (16, b"\xff\xff"), (17, b"\x1b"), (20, b"\x20"), (23, b"\x06"),
     (24, b"\0\0"), (38, b"\0\7"), (38, b"\0\xff")],
)  # fmt: skip
def test_a_packet_with_a_wrong_field_is_refused(at: int, octets: bytes) -> None:
    data = bytearray(datagram(b"data"))
    data[at : at + len(octets)] = octets
    if at in (16, 17, 20, 23):  # the checksum shall not be what is wrong
        data[24:26] = b"\0\0"
        data[24:26] = frame.checksum(bytes(data[14:34])).to_bytes(2, "big")
    with pytest.raises(WireError):
        frame.read_udp(bytes(data))


def test_a_packet_is_refused_wherever_it_is_cut_off() -> None:
    whole = datagram(b"data" * 20)
    for end in range(len(whole)):
        with pytest.raises(WireError):
            frame.read_udp(whole[:end])
    packet = frame.arp(Arp(frame.ANSWER, MAC, "10.0.0.1", PEER, "10.0.0.2"))[:42]
    for end in range(len(packet)):
        with pytest.raises(WireError):
            frame.read_arp(packet[:end])
