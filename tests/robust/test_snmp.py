"""SNMP under broken datagrams: nothing is raised, nothing broken is answered, nothing grows."""

import gc
import random
import tracemalloc

from feedpath.errors import WireError
from feedpath.front.snmp import wire
from feedpath.front.snmp.agent import Change
from feedpath.front.snmp.server import ANSWER_MOST, DATAGRAM_MOST
from tests.robust.changes import changed
from tests.robust.fuzz_targets import TARGETS
from tests.unit.front.snmp.asking import SUPPLIES, Asked

PACKETS = 100_000
SETTLED = 20_000  # after so many the memory has what it needs
GROWTH_BYTES = 64 * 1024


def test_a_hundred_thousand_changed_requests_are_answered_as_they_should_be(seed: int) -> None:
    dice, valid, kind = random.Random(seed), TARGETS["snmp"].valid(), TARGETS["snmp"].kind
    asked = Asked(write=b"sesame", supplies=SUPPLIES, reasons=["media-empty-error"])
    answered = broken = before = 0
    tracemalloc.start()
    try:
        for number in range(PACKETS):
            data = changed(valid, kind, dice)[:DATAGRAM_MOST]
            answer = asked.ask(data)
            answered += answer is not None
            if answer is not None:
                wire.parse(data)
                assert isinstance(answer, Change) or len(answer) <= ANSWER_MOST
            else:
                broken += is_broken(data)
            if number == SETTLED:
                gc.collect()
                before = tracemalloc.get_traced_memory()[0]
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert answered > PACKETS // 50 and broken > PACKETS // 50, (answered, broken)
    assert asked.agent.counts.packets == PACKETS
    assert grown < GROWTH_BYTES


def is_broken(data: bytes) -> bool:
    """Return whether a datagram is no request."""
    try:
        return not wire.parse(data)
    except WireError:
        return True
