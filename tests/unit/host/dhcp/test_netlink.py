"""Netlink messages are as linux/rtnetlink.h draws them; this computer's kernel has the last word in tests/peers."""

import struct

import hypothesis.strategies as st
import pytest
from hypothesis import given

from feedpath.errors import WireError
from feedpath.host.dhcp import netlink
from feedpath.host.dhcp.kernel import Kernel
from feedpath.host.dhcp.netlink import Message


def test_an_address_is_asked_for_field_by_field() -> None:
    assert netlink.add_address(3, "10.0.0.50", 24, "", 1000, 102, 9) == b"".join(
        (
            struct.pack("=IHHII", 76, 20, 0x1 | 0x4 | 0x100 | 0x400, 9, 0),
            struct.pack("=BBBBI", 2, 24, 0, 0, 3),
            struct.pack("=HH4s", 8, 2, bytes((10, 0, 0, 50))),
            struct.pack("=HH4s", 8, 1, bytes((10, 0, 0, 50))),
            struct.pack("=HH4s", 8, 4, bytes((10, 0, 0, 255))),
            struct.pack("=HHIIII", 20, 6, 1000, 1000, 0, 0),
            struct.pack("=HHI", 8, 9, 102),
        )
    )


def test_a_default_route_is_asked_for_field_by_field() -> None:
    assert netlink.route(True, 3, ("0.0.0.0", 0, "10.0.0.1"), "10.0.0.50", 102, 9) == b"".join(
        (
            struct.pack("=IHHII", 60, 24, 0x1 | 0x4 | 0x100 | 0x400, 9, 0),
            struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 254, 16, 0, 1, 4),
            struct.pack("=HH4s", 8, 5, bytes((10, 0, 0, 1))),
            struct.pack("=HHI", 8, 4, 3),
            struct.pack("=HHI", 8, 6, 102),
            struct.pack("=HH4s", 8, 7, bytes((10, 0, 0, 50))),
        )
    )


@pytest.mark.parametrize(
    "address, prefix, last",
    [("10.0.0.50", 24, "10.0.0.255"), ("10.0.0.50", 30, "10.0.0.51"), ("10.0.0.50", 32, "10.0.0.50"),
     ("169.254.1.2", 16, "169.254.255.255"), ("200.1.2.3", 1, "255.255.255.255")],
)  # fmt: skip
def test_the_last_address_of_a_network_is_its_broadcast(address: str, prefix: int, last: str) -> None:
    assert netlink.last_of(address, prefix) == last


def test_the_kernel_tells_its_links_and_addresses() -> None:
    kernel = Kernel()
    try:
        (loopback,) = [link for link in kernel.links() if link.name == "lo"]
        assert not loopback.ethernet and not loopback.gone and loopback.mtu > 1500
        assert (loopback.number, "127.0.0.1", 8) in kernel.addresses()
        assert list(kernel.news()) == []
    finally:
        kernel.close()


def test_what_the_kernel_refuses_is_an_error_with_its_number() -> None:
    kernel = Kernel()
    try:
        with pytest.raises(OSError, match=r"No such device|Operation not permitted"):
            kernel.set_mtu(kernel.links()[0]._replace(number=0x7FFFFFFF), 1500)
    finally:
        kernel.close()


def option(kind: int, seconds: int, *servers: bytes) -> bytes:
    body = struct.pack(">BBHI", kind, 1 + 2 * len(servers), 0, seconds) + b"".join(servers)
    return struct.pack("=BxHiBBHI", 10, len(body), 7, 134, 0, 0, 0) + body


def test_name_servers_of_a_router_are_read() -> None:
    one, two = bytes(15) + b"\1", bytes(15) + b"\2"
    (told,) = netlink.read_rdnss(Message(netlink.NEWNDUSEROPT, 0, option(25, 600, one, two)))
    assert told == (7, (one, two), 600)
    assert netlink.read_rdnss(Message(netlink.NEWNDUSEROPT, 0, option(31, 600, one))) == []
    with pytest.raises(WireError):
        netlink.read_rdnss(Message(netlink.NEWNDUSEROPT, 0, option(25, 600, one)[:-1]))


@given(st.binary(max_size=120), st.sampled_from((16, 17, 20, 68)))
def test_random_octets_are_read_or_refused(data: bytes, kind: int) -> None:
    reads = (netlink.read_link, netlink.read_address, netlink.read_rdnss, netlink.error)
    for read in (*reads, lambda message: list(netlink.messages(message.body))):
        try:
            read(Message(kind, 1, data))
        except WireError:
            pass
