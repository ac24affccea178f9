"""SNMPv1 and SNMPv2c: bytes <-> values. RFC 1157, RFC 1901, RFC 3416; BER by X.690. Pure.

A name is the content of its OBJECT IDENTIFIER as it stands on the wire, a value the whole of its BER. Bytes that are
not a message raise WireError, and nothing else does.
"""

from typing import NamedTuple

from feedpath.errors import WireError

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30  # X.690, 8
IP_ADDRESS, COUNTER32, GAUGE32, TIME_TICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46  # RFC 2578, 7.1
GET, GET_NEXT, RESPONSE, SET, TRAP_V1, GET_BULK, INFORM, TRAP = 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7
V1, V2C, V3 = 0, 1, 3  # what stands in the field of the version
REQUESTS = {V1: (GET, GET_NEXT, SET), V2C: (GET, GET_NEXT, SET, GET_BULK)}
REQUESTS_V3 = REQUESTS[V2C]
NULL_VALUE = b"\x05\0"
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = b"\x80\0", b"\x81\0", b"\x82\0"  # RFC 3416, 3
INTEGER_OCTETS = 4
NUMBER_OCTETS = {INTEGER: 4, COUNTER32: 5, GAUGE32: 5, TIME_TICKS: 5, COUNTER64: 9}  # one more where a sign bit is none
VALUE_TAGS = (INTEGER, OCTETS, NULL, OID, IP_ADDRESS, COUNTER32, GAUGE32, TIME_TICKS, OPAQUE, COUNTER64)
ARCS_MOST, ARC_MOST = 128, 0xFFFFFFFF  # RFC 2578, 3.5
COMMUNITY_MOST = 255  # octets; no longer one is known here

Name = bytes


class Request(NamedTuple):
    """A request. id: the whole BER of its request-id. first and second: error-status and error-index, or the
    non-repeaters and max-repetitions of GET_BULK. bindings: names and values.
    """

    version: int
    community: bytes
    kind: int
    id: bytes
    first: int
    second: int
    bindings: "list[tuple[Name, bytes]]"


class OtherVersion(WireError):
    """A message of a version that is not read here."""


def version(data: "bytes | memoryview") -> int:
    """Return the version of a message; raise WireError."""
    _, at, end = opened(data, 0, len(data), SEQUENCE)
    _, at, stop = opened(data, at, end, INTEGER)
    return integer(data, at, stop)


def parse(data: bytes) -> Request:
    """Return the request of a whole v1 or v2c message; raise WireError, OtherVersion for another version."""
    _, at, end = opened(data, 0, len(data), SEQUENCE)
    if end != len(data):
        raise WireError("there is more than one message")
    _, start, at = opened(data, at, end, INTEGER)
    number = integer(data, start, at)
    if number not in REQUESTS:
        raise OtherVersion("version %d is not read here" % number)
    _, start, at = opened(data, at, end, OCTETS)
    community = data[start:at]
    if len(community) > COMMUNITY_MOST:
        raise WireError("the community is longer than any")
    return _request(data, at, end, number, community)


def parse_pdu(data: bytes) -> Request:
    """Return the request of a PDU alone, as messages of v3 carry it; raise WireError."""
    return _request(data, 0, len(data), V3, b"")


def _request(data: bytes, at: int, end: int, number: int, community: bytes) -> Request:
    kind, at, stop = opened(data, at, end)
    if stop != end or kind not in REQUESTS.get(number, REQUESTS_V3):
        raise WireError("the message holds no request of its version")
    _, start, following = opened(data, at, end, INTEGER)
    integer(data, start, following)
    id = data[at:following]
    _, start, at = opened(data, following, end, INTEGER)
    first = integer(data, start, at)
    _, start, at = opened(data, at, end, INTEGER)
    second = integer(data, start, at)
    return Request(number, community, kind, id, first, second, _bindings(data, at, end))


def _bindings(data: bytes, at: int, end: int) -> "list[tuple[Name, bytes]]":
    _, at, stop = opened(data, at, end, SEQUENCE)
    if stop != end:
        raise WireError("something follows the variables")
    found = []
    while at < end:
        _, at, stop = opened(data, at, end, SEQUENCE)
        _, start, at = opened(data, at, stop, OID)
        tag, _, value_end = opened(data, at, stop)
        if value_end != stop or tag not in VALUE_TAGS:
            raise WireError("a variable is not a name and a value")
        found.append((data[start:at], data[at:stop]))
        at = stop
    return found


def opened(data: "bytes | memoryview", at: int, end: int, wanted: int = 0) -> "tuple[int, int, int]":
    """Return tag, start and end of the content of what begins at `at`; X.690, 8.1.3."""
    if at + 2 > end:
        raise WireError("the message ends too early")
    tag, length = data[at], data[at + 1]
    if wanted and tag != wanted:
        raise WireError("0x%02x stands where 0x%02x is due" % (tag, wanted))
    at += 2
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or at + octets > end:
            raise WireError("a length is none")
        length = int.from_bytes(data[at : at + octets], "big")
        at += octets
    if at + length > end:
        raise WireError("the message ends too early")
    return tag, at, at + length


def integer(data: "bytes | memoryview", start: int, end: int) -> int:
    """Return the number of an INTEGER's content; raise WireError."""
    if not 1 <= end - start <= INTEGER_OCTETS:
        raise WireError("a number has no or too many octets")
    return int.from_bytes(data[start:end], "big", signed=True)


def value(encoded: bytes) -> "tuple[int, int | bytes]":
    """Return tag and value of a variable's BER: a number, or the octets; raise WireError."""
    tag, start, end = opened(encoded, 0, len(encoded))
    content = encoded[start:end]
    most = NUMBER_OCTETS.get(tag)
    if most is None:
        return tag, content
    if not 1 <= len(content) <= most:
        raise WireError("a number has no or too many octets")
    return tag, int.from_bytes(content, "big", signed=True)


def arcs(name: Name) -> "tuple[int, ...]":
    """Return the numbers of an object identifier; raise WireError when there is none. X.690, 8.19."""
    found, number, begun = [], 0, False
    for octet in name:
        if octet == 0x80 and not begun:
            raise WireError("an arc begins with nothing")
        number = number << 7 | octet & 0x7F
        begun = bool(octet & 0x80)
        if number > ARC_MOST + 80:
            raise WireError("an arc is too large")
        if not begun:
            found.append(number)
            number = 0
    if begun or not found or len(found) >= ARCS_MOST:
        raise WireError("an object identifier is none")
    root = min(found[0] // 40, 2)
    return (root, found[0] - 40 * root, *found[1:])


def name(numbers: "tuple[int, ...]") -> Name:
    """Return the content of an object identifier's BER."""
    made = bytearray()
    for number in (40 * numbers[0] + numbers[1], *numbers[2:]):
        if number < 0x80:
            made.append(number)
            continue
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(number & 0x7F | 0x80)
        made += bytes(reversed(septets))
    return bytes(made)


def tlv(tag: int, content: bytes) -> bytes:
    """Return the BER of something."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    if length < 0x100:
        return bytes((tag, 0x81, length)) + content
    return bytes((tag, 0x82, length >> 8, length & 0xFF)) + content


def number(value: int, tag: int = INTEGER) -> bytes:
    """Return the BER of a number in the fewest octets."""
    content = value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, "big", signed=True)
    return bytes((tag, len(content))) + content


def binding(name: Name, encoded: bytes) -> bytes:
    """Return a variable: its name and its value."""
    return tlv(SEQUENCE, tlv(OID, name) + encoded)


def response(request: Request, status: int, index: int, bindings: bytes) -> bytes:
    """Return what answers a request: the whole message, of v3 the PDU alone; `bindings` are variables, one by one."""
    pdu = tlv(RESPONSE, request.id + number(status) + number(index) + tlv(SEQUENCE, bindings))
    return pdu if request.version == V3 else message(request.version, request.community, pdu)


def message(version: int, community: bytes, pdu: bytes) -> bytes:
    """Return a whole message."""
    return tlv(SEQUENCE, number(version) + tlv(OCTETS, community) + pdu)


def notification(kind: int, id: int, bindings: bytes) -> bytes:
    """Return the PDU of a TRAP of v2c and v3, or of an INFORM: RFC 3416, 4.2.6 and 4.2.7."""
    return tlv(kind, number(id) + number(0) + number(0) + tlv(SEQUENCE, bindings))


def trap_v1(enterprise: Name, agent: bytes, generic: int, specific: int, ticks: bytes, bindings: bytes) -> bytes:
    """Return the PDU of a v1 trap: RFC 1157, 4.1.6. agent: four octets of an address; ticks: whole BER of a time."""
    numbers = number(generic) + number(specific)
    return tlv(TRAP_V1, tlv(OID, enterprise) + tlv(IP_ADDRESS, agent) + numbers + ticks + tlv(SEQUENCE, bindings))


def confirmed(data: bytes) -> "tuple[bytes, int]":
    """Return community and request-id of a v2c response, which confirms an INFORM; raise WireError for all else."""
    _, at, end = opened(data, 0, len(data), SEQUENCE)
    _, start, at = opened(data, at, end, INTEGER)
    if integer(data, start, at) != V2C:
        raise OtherVersion("a response of v2c is due")
    _, start, at = opened(data, at, end, OCTETS)
    community = data[start:at]
    _, at, end = opened(data, at, end, RESPONSE)
    _, start, at = opened(data, at, end, INTEGER)
    return community, integer(data, start, at)
