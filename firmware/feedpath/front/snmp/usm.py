"""The user-based security model as far as it needs no secret: keys of passphrases, headers, discovery.

RFC 3412, 6; RFC 3414, 2.4 and A.2; RFC 7860; RFC 3826; for longer AES keys draft-blumenthal-aes-usm-04. Pure.
"""

import hashlib
from typing import NamedTuple

from feedpath.errors import WireError
from feedpath.front.snmp import wire

REPORT = 0xA8  # the PDU: RFC 3416, 3
MODEL = 3  # msgSecurityModel: RFC 3411, 5
AUTH, PRIV, REPORTABLE = 1, 2, 4  # msgFlags
FLAGS = {0: b"\0", 1: b"\1", 3: b"\3", 4: b"\4", 5: b"\5", 7: b"\7"}
SIZE_LEAST = 484  # octets of a message that everybody takes: RFC 3412, 6
EXPANDED_OCTETS = 1 << 20  # of a passphrase: RFC 3414, A.2
ENTERPRISE = 0x80000000  # of an engine's identifier; feedpath has no number of IANA's, and 0 is nobody's
BOX_OCTETS = 16
OCTETS_FORMAT = 5  # octets that the administrator assigns: RFC 3411, SnmpEngineID
ENGINE_LEAST, ENGINE_MOST = 5, 32  # octets
AUTHORIZATION_ERROR = 16  # error-status: RFC 3416, 3
UNKNOWN_ENGINES = (1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0)  # usmStatsUnknownEngineIDs

AUTHS = {  # by net-snmp's words: what hashlib calls it, and the last arc of its protocol under SHA_2 (RFC 7860, 8)
    "SHA-224": ("sha224", 4),
    "SHA-256": ("sha256", 5),
    "SHA-384": ("sha384", 6),
    "SHA-512": ("sha512", 7),
}
PRIVS = {"AES-128": 16, "AES-192": 24, "AES-256": 32}  # octets of the key


class Header(NamedTuple):
    """What stands in clear text before a message of v3. id: whole BER of its msgID; request: that of its request-id."""

    id: bytes
    size: int
    flags: int
    model: int
    engine: bytes
    user: bytes
    request: bytes


def engine_id(box: str) -> bytes:
    """Return the snmpEngineID of a box that this text tells from others: RFC 3411, 5."""
    return ENTERPRISE.to_bytes(4, "big") + bytes((OCTETS_FORMAT,)) + hashlib.sha256(box.encode()).digest()[:BOX_OCTETS]


def master_key(passphrase: str, auth: str) -> bytes:
    """Return the key of a passphrase that no engine has yet: RFC 3414, A.2.2."""
    octets = passphrase.encode()
    repeated = octets * (EXPANDED_OCTETS // len(octets) + 1)
    return hashlib.new(AUTHS[auth][0], repeated[:EXPANDED_OCTETS]).digest()


def localized(master: bytes, auth: str, engine: bytes) -> bytes:
    """Return the key for one engine: RFC 3414, 2.6."""
    return hashlib.new(AUTHS[auth][0], master + engine + master).digest()


def privacy_key(key: bytes, auth: str, octets: int) -> bytes:
    """Return so many octets of a localized key, made longer where it is too short: draft-blumenthal, 3.1.2.1."""
    while len(key) < octets:
        key += hashlib.new(AUTHS[auth][0], key).digest()
    return key[:octets]


def header(data: bytes) -> Header:
    """Return the header of a whole message; raise WireError when there is none."""
    _, at, end = wire.opened(data, 0, len(data), wire.SEQUENCE)
    if end != len(data):
        raise WireError("there is more than one message")
    _, _, at = wire.opened(data, at, end, wire.INTEGER)
    _, start, at = wire.opened(data, at, end, wire.SEQUENCE)
    _, begun, following = wire.opened(data, start, at, wire.INTEGER)
    wire.integer(data, begun, following)
    id = data[start:following]
    _, start, following = wire.opened(data, following, at, wire.INTEGER)
    size = wire.integer(data, start, following)
    _, start, following = wire.opened(data, following, at, wire.OCTETS)
    flags = data[start:following]
    _, start, following = wire.opened(data, following, at, wire.INTEGER)
    model = wire.integer(data, start, following)
    if len(flags) != 1 or size < SIZE_LEAST:
        raise WireError("a message of v3 has no flags, or room for no answer")
    _, start, at = wire.opened(data, at, end, wire.OCTETS)
    engine, user = _parameters(data, start, at) if model == MODEL else (b"", b"")
    request = wire.number(0) if flags[0] & PRIV else _request_id(data, at, end)
    return Header(id, size, flags[0], model, engine, user, request)


def _parameters(data: bytes, at: int, end: int) -> "tuple[bytes, bytes]":
    """Return msgAuthoritativeEngineID and msgUserName."""
    _, at, end = wire.opened(data, at, end, wire.SEQUENCE)
    _, start, at = wire.opened(data, at, end, wire.OCTETS)
    engine = data[start:at]
    for _ in ("boots", "time"):
        _, start, at = wire.opened(data, at, end, wire.INTEGER)
        if wire.integer(data, start, at) < 0:
            raise WireError("an engine's boots or time are below zero")
    _, start, at = wire.opened(data, at, end, wire.OCTETS)
    user = data[start:at]
    for _ in ("authentication", "privacy"):
        _, _, at = wire.opened(data, at, end, wire.OCTETS)
    if at != end or len(user) > ENGINE_MOST:
        raise WireError("the security parameters are none")
    return engine, user


def _request_id(data: bytes, at: int, end: int) -> bytes:
    _, at, end = wire.opened(data, at, end, wire.SEQUENCE)
    for _ in ("engine", "name"):
        _, _, at = wire.opened(data, at, end, wire.OCTETS)
    _, at, end = wire.opened(data, at, end)
    _, start, following = wire.opened(data, at, end, wire.INTEGER)
    wire.integer(data, start, following)
    return data[at:following]


def message(id: bytes, flags: int, engine: bytes, times: "tuple[int, int]", pdu: bytes, size: int) -> bytes:
    """Return a message without security. id: whole BER of its msgID; times: boots and time of the engine."""
    data = id + wire.number(size) + wire.tlv(wire.OCTETS, FLAGS[flags]) + wire.number(MODEL)
    parameters = wire.tlv(wire.OCTETS, engine) + b"".join(map(wire.number, times)) + 3 * wire.tlv(wire.OCTETS, b"")
    scoped = wire.tlv(wire.OCTETS, engine) + wire.tlv(wire.OCTETS, b"") + pdu
    head = wire.number(wire.V3) + wire.tlv(wire.SEQUENCE, data)
    return wire.tlv(
        wire.SEQUENCE,
        head + wire.tlv(wire.OCTETS, wire.tlv(wire.SEQUENCE, parameters)) + wire.tlv(wire.SEQUENCE, scoped),
    )


def discovered(asked: Header, engine: bytes, times: "tuple[int, int]", count: int, size: int) -> bytes:
    """Return the report that tells who asked for another engine which one this is: RFC 3414, 3.2, 3 b and 4."""
    told = wire.binding(wire.name(UNKNOWN_ENGINES), wire.number(count & 0xFFFFFFFF, wire.COUNTER32))
    pdu = wire.tlv(REPORT, asked.request + wire.number(0) + wire.number(0) + wire.tlv(wire.SEQUENCE, told))
    return message(asked.id, 0, engine, times, pdu, size)


def probe(id: int) -> bytes:
    """Return the question which engine somebody is: RFC 3414, 4."""
    pdu = wire.tlv(wire.GET, wire.number(id) + wire.number(0) + wire.number(0) + wire.tlv(wire.SEQUENCE, b""))
    return message(wire.number(id), REPORTABLE, b"", (0, 0), pdu, 65507)


def engine_told(data: bytes, id: int) -> bytes:
    """Return the engine that answers a probe; raise WireError when it is no answer to that."""
    told = header(data)
    if told.id != wire.number(id) or not ENGINE_LEAST <= len(told.engine) <= ENGINE_MOST:
        raise WireError("this does not tell an engine")
    return told.engine
