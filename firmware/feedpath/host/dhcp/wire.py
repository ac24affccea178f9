"""DHCP messages and options: octets <-> values (RFC 2131, 2; RFC 2132). Small set: runs under MicroPython too.

Addresses are dotted texts, masks are lengths of prefixes. A message that breaks the framing raises WireError; a value
that breaks its option's form is as if the option were not there, so that one faulty option loses no lease.
"""

from feedpath.errors import WireError
from feedpath.host.dhcp import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HEAD = 240  # octets before the options, the cookie included
SNAME_AT, FILE_AT, FILE_END = 44, 108, 236
LEAST = 300  # octets of a message as BOOTP has it: relay agents drop shorter ones (RFC 1542, 2.1)
ETHERNET, MAC_OCTETS = 1, 6
BROADCAST_FLAG = 0x8000  # RFC 2131, figure 2
LONGEST_VALUE = 255
NOBODY = "0.0.0.0"
LEAST_MTU = 576  # RFC 791, 3.1: what every host takes; RFC 2132 allows 68, which would take IPv6 away
MOST_NAMES = 32
LONGEST_NAME, LONGEST_LABEL = 253, 63  # RFC 1035, 2.3.4
POINTER = 0xC0  # RFC 1035, 4.1.4
FQDN_SERVER_UPDATES, FQDN_ENCODED = 0x01, 0x04  # RFC 4702, 2.1
LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"  # others could write a resolv.conf anew


class Message:
    """A message: the fields that a client uses, and its options by number, as octets."""

    def __init__(self, op: int, xid: int, mac: bytes):
        self.op = op
        self.xid = xid
        self.mac = mac
        self.seconds = 0
        self.broadcast = False
        self.ciaddr = NOBODY
        self.yiaddr = NOBODY
        self.options: "dict[int, bytes]" = {}

    def value(self, option: int) -> "Any":
        """Return an option's value in its form; None when it is not there, or has another form."""
        if option not in self.options:
            return None
        try:
            return _READ[table.KINDS[option]](self.options[option])
        except WireError:
            return None

    @property
    def type(self) -> int:
        """Return the DHCP message type; 0 for none."""
        return self.value(table.MESSAGE_TYPE) or 0


def decode(data: bytes) -> Message:
    """Return the message that `data` is; raise WireError."""
    if len(data) < HEAD:
        raise WireError("a message of %d octets, fewer than %d" % (len(data), HEAD))
    if data[1] != ETHERNET or data[2] != MAC_OCTETS:
        raise WireError("the message is for hardware of type %d with addresses of %d octets" % (data[1], data[2]))
    if data[HEAD - 4 : HEAD] != table.COOKIE:
        raise WireError("the options do not begin with DHCP's cookie")
    message = Message(data[0], int.from_bytes(data[4:8], "big"), bytes(data[28:34]))
    message.seconds = int.from_bytes(data[8:10], "big")
    message.broadcast = bool(data[10] & 0x80)
    message.ciaddr, message.yiaddr = address(data[12:16]), address(data[16:20])
    _collect(data, HEAD, len(data), message.options)
    overload = message.value(table.OVERLOAD) or 0
    if overload & table.FILE:  # in this order: RFC 2131, 4.1
        _collect(data, FILE_AT, FILE_END, message.options)
    if overload & table.SNAME:
        _collect(data, SNAME_AT, FILE_AT, message.options)
    return message


def _collect(data: bytes, at: int, end: int, options: "dict[int, bytes]") -> None:
    """Add the options that stand in a field; those that come again go on (RFC 3396, 7)."""
    while at < end and data[at] != table.END:
        code = data[at]
        at += 1
        if code == table.PAD:
            continue
        if at == end or at + 1 + data[at] > end:
            raise WireError("option %d at octet %d runs past the end" % (code, at - 1))
        options[code] = options.get(code, b"") + bytes(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]


def encode(message: Message) -> bytes:
    """Return the octets of a message, its options by rising number after the type."""
    head = bytearray(HEAD)
    head[0], head[1], head[2] = message.op, ETHERNET, MAC_OCTETS
    head[4:8] = message.xid.to_bytes(4, "big")
    head[8:10] = min(message.seconds, 0xFFFF).to_bytes(2, "big")
    head[10:12] = (BROADCAST_FLAG if message.broadcast else 0).to_bytes(2, "big")
    head[12:16], head[16:20] = packed(message.ciaddr), packed(message.yiaddr)
    head[28:34] = message.mac
    head[HEAD - 4 : HEAD] = table.COOKIE
    out = bytes(head)
    for code in sorted(message.options, key=lambda code: (code != table.MESSAGE_TYPE, code)):
        out += _option(code, message.options[code])
    out += bytes((table.END,))
    return out + bytes(max(0, LEAST - len(out)))


def _option(code: int, value: bytes) -> bytes:
    """Return an option, in several parts where it is long (RFC 3396, 6)."""
    out = b""
    for at in range(0, len(value) or 1, LONGEST_VALUE):
        part = value[at : at + LONGEST_VALUE]
        out += bytes((code, len(part))) + part
    return out


def address(data: bytes) -> str:
    """Return four octets as a dotted address."""
    return "%d.%d.%d.%d" % (data[0], data[1], data[2], data[3])


def packed(text: str) -> bytes:
    """Return a dotted address as four octets; raise WireError."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isdigit() and len(part) < 4 and int(part) < 256 for part in parts):
        raise WireError("%r is no IPv4 address" % text)
    return bytes([int(part) for part in parts])


def is_host(text: str) -> bool:
    """Return whether one host can have the address: not 0/8, 127/8 or 224/3 (RFC 1122, 3.2.1.3)."""
    return packed(text)[0] not in (0, 127) and packed(text)[0] < 224


def network(text: str, prefix: int) -> str:
    """Return the first address of the network that an address is in."""
    host_bits = 32 - prefix
    return address((int.from_bytes(packed(text), "big") >> host_bits << host_bits).to_bytes(4, "big"))


def class_prefix(text: str) -> int:
    """Return the length of the mask of an address whose server told none (RFC 791, 3.2)."""
    first = packed(text)[0]
    return 8 if first < 128 else 16 if first < 192 else 24


def fqdn(name: str) -> bytes:
    """Return option 81 for a full name whose addresses the server shall put into DNS (RFC 4702, 2)."""
    labels = [bytes((len(label),)) + label.encode() for label in name.rstrip(".").split(".")]
    return bytes((FQDN_SERVER_UPDATES | FQDN_ENCODED, 0, 0)) + b"".join(labels) + b"\0"


def _read_octets(data: bytes) -> bytes:
    return data


def _read_number(data: bytes) -> int:
    return int.from_bytes(_sized(data, 2), "big")


def _read_octet(data: bytes) -> int:
    return _sized(data, 1)[0]


def _read_seconds(data: bytes) -> int:
    return int.from_bytes(_sized(data, 4), "big")


def _read_address(data: bytes) -> str:
    return address(_sized(data, 4))


def _read_addresses(data: bytes) -> "list[str]":
    """Return those of the addresses that a host can have; option 3 and such may be wrong in part."""
    if not data or len(data) % 4:
        raise WireError("a list of addresses in %d octets" % len(data))
    found = [address(data[at : at + 4]) for at in range(0, len(data), 4)]
    return [one for one in found if is_host(one)]


def _read_mask(data: bytes) -> int:
    mask = _read_seconds(data)
    prefix = 0
    while mask & 0x80000000:
        mask = mask << 1 & 0xFFFFFFFF
        prefix += 1
    if mask or not prefix:
        raise WireError("a subnet mask with gaps, or none at all")
    return prefix


def _read_mtu(data: bytes) -> int:
    mtu = _read_number(data)
    if mtu < LEAST_MTU:
        raise WireError("an MTU of %d octets" % mtu)
    return mtu


def _read_text(data: bytes) -> str:
    return "".join(chr(octet) if 32 <= octet < 127 else "?" for octet in data.rstrip(b"\0"))


def _read_name(data: bytes) -> str:
    """Return a domain name in text form, without the dot or the NUL at its end that some servers send."""
    name = data.rstrip(b"\0")
    if name.endswith(b"."):
        name = name[:-1]
    return _name([bytes(label) for label in name.split(b".")])


def _read_names(data: bytes) -> "list[str]":
    """Return the names of a search list, compressed as in DNS (RFC 3397, 2)."""
    names: "list[str]" = []
    at = 0
    while at < len(data) and len(names) < MOST_NAMES:
        labels, at = _labels(data, at)
        if labels:
            names.append(_name(labels))
    return names


def _read_fqdn(data: bytes) -> str:
    if len(data) < 4:
        raise WireError("option 81 in %d octets" % len(data))
    if data[0] & FQDN_ENCODED:
        name = data[3:] if data[-1] == 0 else data[3:] + b"\0"
        return _name(_labels(name, 0)[0])
    return _read_name(data[3:])


def _read_routes(data: bytes) -> "list[tuple[str, int, str]]":
    """Return (destination, prefix, router) of each classless route; router 0.0.0.0 is the link itself (RFC 3442)."""
    routes, at = [], 0
    while at < len(data):
        prefix = data[at]
        octets = (prefix + 7) // 8
        end = at + 1 + octets + 4
        if prefix > 32 or end > len(data):
            raise WireError("a route at octet %d is cut off, or its prefix has %d bits" % (at, prefix))
        destination = address(bytes(data[at + 1 : at + 1 + octets]) + bytes(4 - octets))
        routes.append((network(destination, prefix), prefix, address(data[end - 4 : end])))
        at = end
    if not routes:
        raise WireError("no route")
    return routes


def _labels(data: bytes, at: int) -> "tuple[list[bytes], int]":
    """Return the labels of the name at `at`, and where the next name begins. Pointers lead back only."""
    labels: "list[bytes]" = []
    after, limit = -1, at
    while True:
        if at >= len(data):
            raise WireError("a name runs past the end")
        length = data[at]
        if length & POINTER == POINTER:
            if at + 1 >= len(data):
                raise WireError("a pointer is cut off")
            after = at + 2 if after < 0 else after
            at = (length & ~POINTER) << 8 | data[at + 1]
            if at >= limit:
                raise WireError("a pointer does not lead back")
            limit = at
            continue
        if length == 0:
            return labels, at + 1 if after < 0 else after
        if length > LONGEST_LABEL or len(labels) > LONGEST_NAME // 2:
            raise WireError("a label of %d octets, or too many" % length)
        labels.append(bytes(data[at + 1 : at + 1 + length]))
        at += 1 + length


def _name(labels: "list[bytes]") -> str:
    """Return labels as a name; raise WireError where they are none of a host or domain."""
    if not all(0 < len(label) <= LONGEST_LABEL and all(octet in LETTERS for octet in label) for label in labels):
        raise WireError("a name with a label that is empty, long, or of other characters than letters and digits")
    name = b".".join(labels).decode()
    if len(name) > LONGEST_NAME:
        raise WireError("a name of %d octets" % len(name))
    return name


def _sized(data: bytes, octets: int) -> bytes:
    if len(data) != octets:
        raise WireError("%d octets where %d belong" % (len(data), octets))
    return data


_READ = {
    "octets": _read_octets,
    "number": _read_number,
    "octet": _read_octet,
    "seconds": _read_seconds,
    "address": _read_address,
    "addresses": _read_addresses,
    "mask": _read_mask,
    "mtu": _read_mtu,
    "text": _read_text,
    "name": _read_name,
    "names": _read_names,
    "fqdn": _read_fqdn,
    "routes": _read_routes,
}
