"""What SNMPv3 tells of itself: the engine (RFC 3411), messages (RFC 3412) and users (RFC 3414) that were refused.

1.3.6.1.6.3.10.2.1, .11.2.1 and .15.1.1; there while there is a user.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from feedpath.front.snmp.store import Column, Object, rows
from feedpath.front.snmp.table import COUNTER32, INT32_MOST, NATURAL, Syntax, ranged
from feedpath.front.snmp.wire import OCTETS

if TYPE_CHECKING:
    from feedpath.front.snmp.agent import Counts

MODULES = (1, 3, 6, 1, 6, 3)
ENGINE, MESSAGES, USERS = (*MODULES, 10, 2, 1), (*MODULES, 11, 2, 1), (*MODULES, 15, 1, 1)
INSTANCE = (0,)
UNSUPPORTED, NOT_IN_TIME, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, NOT_DECRYPTED = range(1, 7)  # under USERS


class Secured(Protocol):
    """The engine. id: snmpEngineID; boots: how often it began; size_most: octets of a message that it takes."""

    id: bytes
    boots: int
    size_most: int

    def time(self) -> int: ...
    def unknown_handlers(self) -> int: ...


ENGINE_GROUP = (
    Column(1, "snmpEngineID", Syntax(OCTETS, 5, 32), lambda engine: engine.id),
    Column(2, "snmpEngineBoots", ranged(1, INT32_MOST), lambda engine: engine.boots),
    Column(3, "snmpEngineTime", NATURAL, lambda engine: engine.time()),
    Column(4, "snmpEngineMaxMessageSize", ranged(484, INT32_MOST), lambda engine: engine.size_most),
)
MESSAGES_GROUP = (
    Column(1, "snmpUnknownSecurityModels", COUNTER32, lambda told: told[1].unknown_models),
    Column(2, "snmpInvalidMsgs", COUNTER32, lambda told: told[1].invalid_messages),
    Column(3, "snmpUnknownPDUHandlers", COUNTER32, lambda told: told[0].unknown_handlers()),
)
USERS_GROUP = (
    Column(UNSUPPORTED, "usmStatsUnsupportedSecLevels", COUNTER32, lambda counts: counts.users[UNSUPPORTED]),
    Column(NOT_IN_TIME, "usmStatsNotInTimeWindows", COUNTER32, lambda counts: counts.users[NOT_IN_TIME]),
    Column(UNKNOWN_USER, "usmStatsUnknownUserNames", COUNTER32, lambda counts: counts.users[UNKNOWN_USER]),
    Column(UNKNOWN_ENGINE, "usmStatsUnknownEngineIDs", COUNTER32, lambda counts: counts.users[UNKNOWN_ENGINE]),
    Column(WRONG_DIGEST, "usmStatsWrongDigests", COUNTER32, lambda counts: counts.users[WRONG_DIGEST]),
    Column(NOT_DECRYPTED, "usmStatsDecryptionErrors", COUNTER32, lambda counts: counts.users[NOT_DECRYPTED]),
)


def objects(engine: "Secured | None", counts: "Counts") -> "Iterable[Object]":
    """Give the objects of all groups."""
    if engine is not None:
        yield from rows(ENGINE, ENGINE_GROUP, INSTANCE, engine)
        yield from rows((*MESSAGES, 1), MESSAGES_GROUP, INSTANCE, (engine, counts))
        yield from rows(USERS, USERS_GROUP, INSTANCE, counts)
