"""The part of rtnetlink that sets up a link: octets <-> links, addresses, routes (rtnetlink(7), linux/rtnetlink.h)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from feedpath.errors import WireError
from feedpath.host.dhcp.frame import ALL
from feedpath.host.dhcp.lease import is_link_local
from feedpath.host.dhcp.wire import NOBODY, address, network, packed

ERROR, DONE = 2, 3  # linux/netlink.h
REQUEST, ACK, DUMP, REPLACE, CREATE = 0x01, 0x04, 0x300, 0x100, 0x400
NEWLINK, DELLINK, GETLINK, SETLINK, NEWADDR, DELADDR, GETADDR = 16, 17, 18, 19, 20, 21, 22
NEWROUTE, DELROUTE, NEWNDUSEROPT = 24, 25, 68
GROUP_LINK, GROUP_ND_USEROPT = 1, 1 << 19  # of a socket's groups: RTMGRP_LINK; RTNLGRP_ND_USEROPT is the 20th

IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU = 1, 3, 4
IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_CACHEINFO, IFA_RT_PRIORITY = 1, 2, 4, 6, 9
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_PREFSRC = 1, 4, 5, 6, 7
IFF_UP, IFF_LOWER_UP = 0x1, 0x10000
ARPHRD_ETHER = 1
AF_INET, AF_INET6 = 2, 10
FOREVER = 0xFFFFFFFF
UNIVERSE, LINK_SCOPE, MAIN_TABLE, PROTOCOL_DHCP, UNICAST, ONLINK = 0, 253, 254, 16, 1, 4
ROUTER_ADVERTISEMENT, RDNSS = 134, 25  # RFC 4861, 4.3; RFC 8106, 5.1
HEAD, ATTRIBUTE_HEAD, LINK_HEAD, ADDRESS_HEAD, OPTION_HEAD = 16, 4, 16, 8, 16


class Message(NamedTuple):
    """A netlink message without its head."""

    type: int
    sequence: int
    body: bytes


class Link(NamedTuple):
    """A network interface: whether it is Ethernet-like, switched on, and has a carrier."""

    number: int
    name: str
    mac: bytes
    mtu: int
    ethernet: bool
    on: bool
    carrier: bool
    gone: bool


class Rdnss(NamedTuple):
    """Name servers that an IPv6 router told, and for how many seconds."""

    number: int
    servers: "tuple[bytes, ...]"
    seconds: int


def messages(data: bytes) -> "Iterator[Message]":
    """Give the messages of a datagram; raise WireError."""
    at = 0
    while at < len(data):
        if len(data) - at < HEAD:
            raise WireError("a netlink message is cut off")
        length, type, _flags, sequence, _port = struct.unpack_from("=IHHII", data, at)
        if not HEAD <= length <= len(data) - at:
            raise WireError(f"a netlink message of {length} octets")
        yield Message(type, sequence, data[at + HEAD : at + length])
        at += (length + 3) & ~3


def error(message: Message) -> int:
    """Return the errno of an answer to a request; 0 for none."""
    if len(message.body) < 4:
        raise WireError("a netlink error is cut off")
    return -int(struct.unpack_from("=i", message.body)[0])


def read_link(message: Message) -> Link:
    """Return the link that a message tells of; raise WireError."""
    if len(message.body) < LINK_HEAD:
        raise WireError("a link is cut off")
    _family, kind, index, flags, _change = struct.unpack_from("=BxHiII", message.body)
    told = _attributes(message.body, LINK_HEAD)
    name = told.get(IFLA_IFNAME, b"").rstrip(b"\0").decode(errors="replace")
    mtu = int.from_bytes(told.get(IFLA_MTU, b"")[:4], "little" if _LITTLE else "big")
    up = bool(flags & IFF_UP)
    return Link(index, name, told.get(IFLA_ADDRESS, b""), mtu, kind == ARPHRD_ETHER, up,
                up and bool(flags & IFF_LOWER_UP), message.type == DELLINK)  # fmt: skip


def read_address(message: Message) -> "tuple[int, str, int]":
    """Return (link, IPv4 address, prefix) of a message of an address; raise WireError."""
    if len(message.body) < ADDRESS_HEAD:
        raise WireError("an address is cut off")
    family, prefix, _flags, _scope, index = struct.unpack_from("=BBBBI", message.body)
    local = _attributes(message.body, ADDRESS_HEAD).get(IFA_LOCAL, b"")
    if family != AF_INET or len(local) != 4:
        raise WireError("no IPv4 address")
    return index, address(local), prefix


def read_rdnss(message: Message) -> "list[Rdnss]":
    """Return the name servers of a router advertisement's option (RFC 8106, 5.1); raise WireError."""
    if len(message.body) < OPTION_HEAD:
        raise WireError("a neighbour discovery option is cut off")
    family, length, index, type = struct.unpack_from("=BxHiB", message.body)
    options = message.body[OPTION_HEAD : OPTION_HEAD + length]
    found, at = [], 0
    while family == AF_INET6 and type == ROUTER_ADVERTISEMENT and at + 8 <= len(options):
        size = options[at + 1] * 8
        if not size or at + size > len(options):
            raise WireError("a neighbour discovery option has a wrong length")
        if options[at] == RDNSS:
            servers = tuple(options[here : here + 16] for here in range(at + 8, at + size - 15, 16))
            found.append(Rdnss(index, servers, int.from_bytes(options[at + 4 : at + 8], "big")))
        at += size
    return found


def get_links(sequence: int) -> bytes:
    """Return the request for all links."""
    return _message(GETLINK, DUMP, sequence, struct.pack("=BxHiII", 0, 0, 0, 0, 0))


def get_addresses(sequence: int) -> bytes:
    """Return the request for all IPv4 addresses."""
    return _message(GETADDR, DUMP, sequence, struct.pack("=BBBBI", AF_INET, 0, 0, 0, 0))


def switch_on(index: int, sequence: int) -> bytes:
    """Return the request that switches a link on."""
    return _message(SETLINK, ACK, sequence, struct.pack("=BxHiII", 0, 0, index, IFF_UP, IFF_UP))


def set_mtu(index: int, mtu: int, sequence: int) -> bytes:
    """Return the request that sets how long a link's packets may be."""
    head = struct.pack("=BxHiII", 0, 0, index, 0, 0)
    return _message(SETLINK, ACK, sequence, head + _attribute(IFLA_MTU, struct.pack("=I", mtu)))


def add_address(
    index: int, text: str, prefix: int, broadcast: str, seconds: "int | None", metric: int, sequence: int
) -> bytes:
    """Return the request that gives a link an address, which the kernel takes away after so many seconds itself."""
    lasts = FOREVER if seconds is None else seconds
    body = _address_head(index, text, prefix)
    body += _attribute(IFA_BROADCAST, packed(broadcast or last_of(text, prefix)))
    body += _attribute(IFA_CACHEINFO, struct.pack("=IIII", lasts, lasts, 0, 0))
    body += _attribute(IFA_RT_PRIORITY, struct.pack("=I", metric))
    return _message(NEWADDR, ACK | CREATE | REPLACE, sequence, body)


def remove_address(index: int, text: str, prefix: int, sequence: int) -> bytes:
    """Return the request that takes an address from a link."""
    return _message(DELADDR, ACK, sequence, _address_head(index, text, prefix))


def route(add: bool, index: int, where: "tuple[str, int, str]", source: str, metric: int, sequence: int) -> bytes:
    """Return the request that adds or removes a route: (destination, prefix, router), 0.0.0.0 for the link itself.

    A router need not be in the link's own network (RFC 3442).
    """
    destination, prefix, router = where
    direct = router == NOBODY
    flags = 0 if direct else ONLINK
    scope = LINK_SCOPE if direct else UNIVERSE
    body = struct.pack("=BBBBBBBBI", AF_INET, prefix, 0, 0, MAIN_TABLE, PROTOCOL_DHCP, scope, UNICAST, flags)
    body += _attribute(RTA_DST, packed(destination)) if prefix else b""
    body += b"" if direct else _attribute(RTA_GATEWAY, packed(router))
    body += _attribute(RTA_OIF, struct.pack("=I", index)) + _attribute(RTA_PRIORITY, struct.pack("=I", metric))
    body += _attribute(RTA_PREFSRC, packed(source))
    return _message(NEWROUTE if add else DELROUTE, ACK | (CREATE | REPLACE if add else 0), sequence, body)


def last_of(text: str, prefix: int) -> str:
    """Return the broadcast address of the network that an address is in."""
    first = int.from_bytes(packed(network(text, prefix)), "big")
    return address((first | (int.from_bytes(packed(ALL), "big") >> prefix)).to_bytes(4, "big"))


def _address_head(index: int, text: str, prefix: int) -> bytes:
    scope = LINK_SCOPE if is_link_local(text) else UNIVERSE
    head = struct.pack("=BBBBI", AF_INET, prefix, 0, scope, index)
    return head + _attribute(IFA_LOCAL, packed(text)) + _attribute(IFA_ADDRESS, packed(text))


def _message(type: int, flags: int, sequence: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", HEAD + len(body), type, REQUEST | flags, sequence, 0) + body


def _attribute(type: int, value: bytes) -> bytes:
    head = struct.pack("=HH", ATTRIBUTE_HEAD + len(value), type)
    return head + value + bytes(-len(value) % 4)


def _attributes(body: bytes, at: int) -> "dict[int, bytes]":
    found: "dict[int, bytes]" = {}
    while at + ATTRIBUTE_HEAD <= len(body):
        length, type = struct.unpack_from("=HH", body, at)
        if not ATTRIBUTE_HEAD <= length <= len(body) - at:
            raise WireError(f"an attribute of {length} octets")
        found[type & 0x3FFF] = body[at + ATTRIBUTE_HEAD : at + length]  # without NLA_F_NESTED and NLA_F_NET_BYTEORDER
        at += (length + 3) & ~3
    return found


_LITTLE = struct.pack("=H", 1) == b"\1\0"
