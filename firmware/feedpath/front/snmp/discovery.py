"""Asks a receiver of informs which engine of SNMPv3 it is: RFC 3414, 4. A user's keys for it depend on that."""

import secrets
import socket

from feedpath.errors import SettingError, WireError
from feedpath.front.snmp import usm
from feedpath.front.snmp.sinks import address

TRIES, ANSWER_S = 3, 1.0
ANSWER_MOST = 4096  # octets


def engine(receiver: str) -> bytes:
    """Return the snmpEngineID of a receiver; raise SettingError when it tells none. Waits for it."""
    where = address(receiver)
    if where is None:
        raise SettingError(f"the receiver {receiver!r} is no IPv4 or IPv6 address, as 192.0.2.1 or [fd00::1]:1162")
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as asking:
        asking.settimeout(ANSWER_S)
        for _ in range(TRIES):
            id = secrets.randbelow(1 << 30) + 1
            try:
                asking.connect(where)
                asking.send(usm.probe(id))
                return usm.engine_told(asking.recv(ANSWER_MOST), id)
            except (OSError, WireError):
                continue
    raise SettingError(f"nothing at {receiver} takes informs of SNMPv3; start it first, as its keys depend on it")
