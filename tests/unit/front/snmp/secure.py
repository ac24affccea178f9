"""A manager of SNMPv3 that owes pysnmp nothing: it makes and reads messages. RFC 3412, 3414, 3826 and 7860."""

import hashlib
import hmac
from typing import NamedTuple

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from feedpath.front.snmp import usm, wire
from feedpath.front.snmp.users import User
from tests.unit.front.snmp.asking import parts

MACS = {"SHA-224": 16, "SHA-256": 24, "SHA-384": 32, "SHA-512": 48}  # octets: RFC 7860, 4
PASSPHRASES = "sign me well", "hide me well"
NO_AUTH, AUTH, PRIV = 0, 1, 3  # msgFlags without reportable


def user(
    name: str, engine: bytes, rights: str = "read", auth: str = "SHA-256", priv: str = "AES-128", receiver: bytes = b"",
    passphrases: "tuple[str, str]" = PASSPHRASES,
) -> User:  # fmt: skip
    """Return a user as the setting keeps it."""
    keys = [usm.localized(usm.master_key(text, auth), auth, receiver or engine) for text in passphrases]
    return User(name, rights, receiver, auth, keys[0], priv, usm.privacy_key(keys[1], auth, usm.PRIVS[priv]))


class Told(NamedTuple):
    """A message that was read. kind: of the PDU; bindings: names and whole values."""

    id: int
    engine: bytes
    boots: int
    time: int
    kind: int
    request: int
    status: int
    place: int
    bindings: "list[tuple[tuple[int, ...], bytes]]"


def pdu(kind: int, *names: "tuple[int, ...]", first: int = 0, second: int = 0, value: bytes = wire.NULL_VALUE) -> bytes:
    """Return a PDU that asks for names, or sets them all to a value."""
    bindings = b"".join(wire.binding(wire.name(name), value) for name in names)
    numbers = b"".join(map(wire.number, (77, first, second)))
    return wire.tlv(kind, numbers + wire.tlv(wire.SEQUENCE, bindings))


def message(
    who: User, engine: bytes, times: "tuple[int, int]", pdu: bytes, flags: int = PRIV, id: int = 5,
    context: bytes = b"", reportable: bool = True,
) -> bytes:  # fmt: skip
    """Return a whole message of a user to an engine, of the level that the flags say."""
    scoped = wire.tlv(wire.SEQUENCE, wire.tlv(wire.OCTETS, engine) + wire.tlv(wire.OCTETS, context) + pdu)
    salt = bytes((1, 2, 3, 4, 5, 6, 7, id & 0xFF)) if flags == PRIV else b""
    if flags == PRIV:
        scoped = wire.tlv(wire.OCTETS, _cipher(who, times, salt).encryptor().update(scoped))
    size = MACS[who.auth] if flags else 0
    whole = _around(who, engine, times, scoped, flags | 4 * reportable, id, bytes(size), salt)
    if flags:
        mac = hmac.digest(who.auth_key, whole, usm.AUTHS[who.auth][0])[:size]
        whole = _around(who, engine, times, scoped, flags | 4 * reportable, id, mac, salt)
    return whole


def _around(
    who: User, engine: bytes, times: "tuple[int, int]", scoped: bytes, flags: int, id: int, mac: bytes, salt: bytes
) -> bytes:
    octets = [engine, who.name.encode(), mac, salt]
    engine_part, *others = [wire.tlv(wire.OCTETS, each) for each in octets]
    security = wire.tlv(wire.SEQUENCE, engine_part + b"".join(map(wire.number, times)) + b"".join(others))
    head = wire.number(id) + wire.number(65507) + wire.tlv(wire.OCTETS, bytes((flags,))) + wire.number(usm.MODEL)
    return wire.tlv(
        wire.SEQUENCE, wire.number(wire.V3) + wire.tlv(wire.SEQUENCE, head) + wire.tlv(wire.OCTETS, security) + scoped
    )


def _cipher(who: User, times: "tuple[int, int]", salt: bytes) -> "Cipher[CFB]":
    start = b"".join(number.to_bytes(4, "big") for number in times) + salt
    return Cipher(AES(who.priv_key), CFB(start))


def read(who: User, data: bytes) -> Told:
    """Return what a message tells; fail when its authentication is wrong."""
    ((_, whole, _),) = parts(data)
    _version, (_, head, _), (_, security, _), (tag, scoped, _) = parts(whole)
    (_, id, _), _size, (_, flags, _), _model = parts(head)
    ((_, inner, _),) = parts(security)
    (_, engine, _), (_, boots, _), (_, time, _), _name, (_, mac, _), (_, salt, _) = parts(inner)
    times = int.from_bytes(boots, "big"), int.from_bytes(time, "big")
    if flags[0] & usm.AUTH:
        assert len(mac) == MACS[who.auth]
        zeroed = data.replace(mac, bytes(len(mac)))
        assert hmac.new(who.auth_key, zeroed, lambda: hashlib.new(usm.AUTHS[who.auth][0])).digest()[: len(mac)] == mac
    if flags[0] & usm.PRIV:
        assert tag == wire.OCTETS
        ((_, scoped, _),) = parts(_cipher(who, times, salt).decryptor().update(scoped))
    _context_engine, _context, (kind, content, _) = parts(scoped)
    (_, request, _), (_, status, _), (_, index, _), (_, variables, _) = parts(content)
    pairs = [parts(each) for _, each, _ in parts(variables)]
    bindings = [(wire.arcs(name[1]), value[2]) for name, value in pairs]
    told = [int.from_bytes(each, "big") for each in (request, status, index)]
    return Told(int.from_bytes(id, "big"), engine, *times, kind, told[0], told[1], told[2], bindings)
