"""SNTP's one message, bytes to values: RFC 4330, 4 and 5. Pure."""

import struct
from typing import NamedTuple

from feedpath.errors import WireError

OCTETS = 48
MESSAGE = struct.Struct(">BBbbII4sQQQQ")  # to the transmit timestamp; keys behind it are not ours
VERSION, CLIENT, SERVER = 4, 3, 4
UNSYNCHRONIZED = 3  # leap indicator: the server itself does not know the time
STRATUM_MOST = 15
FRACTION = 1 << 32  # parts of a second
ERA_S = 1 << 32  # seconds after which timestamps begin again: first on 2036-02-07
EPOCH_S = 2208988800  # from 1900 to 1970: RFC 4330, 3


class Reply(NamedTuple):
    """What a server says: when the question came and the answer went, as timestamps."""

    received: int
    sent: int


def question(cookie: int) -> bytes:
    """Return a question; `cookie` stands where our time would, comes back, and tells nobody how our clock is."""
    return MESSAGE.pack(VERSION << 3 | CLIENT, 0, 0, 0, 0, 0, b"", 0, 0, 0, cookie)


def reply(octets: bytes, cookie: int) -> Reply:
    """Return what the answer to the question with `cookie` says; raise WireError where 5 has it discarded."""
    if len(octets) < OCTETS:
        raise WireError("an answer of %d octets; %d are needed" % (len(octets), OCTETS))
    head, stratum, _, _, _, _, code, _, origin, received, sent = MESSAGE.unpack_from(octets)
    if head & 7 != SERVER or origin != cookie:
        raise WireError("this answers another question")
    if stratum == 0:
        raise WireError("the server asks us to stay away: %s" % code.decode("ascii", "replace"))
    if head >> 6 == UNSYNCHRONIZED or stratum > STRATUM_MOST or not sent:
        raise WireError("the server does not know the time itself")
    return Reply(received, sent)


def seconds(timestamp: int, near: float) -> float:
    """Return a timestamp as Unix seconds, in the era in which it is nearest to `near`."""
    found = timestamp / FRACTION - EPOCH_S
    return found + round((near - found) / ERA_S) * ERA_S


def offset(told: Reply, asked: float, answered: float, near: float) -> float:
    """Return by how much our clock is behind, by its times of question and answer: RFC 4330, 5."""
    return ((seconds(told.received, near) - asked) + (seconds(told.sent, near) - answered)) / 2
