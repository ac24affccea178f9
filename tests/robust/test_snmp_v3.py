"""SNMPv3 under broken datagrams, from strangers and from a user gone mad: nothing is raised, nothing grows."""

import gc
import random
from collections.abc import Callable

import pytest

from feedpath.front.snmp import usm, wire
from feedpath.front.snmp.server import DATAGRAM_MOST
from tests.robust.changes import changed
from tests.robust.fuzz_targets import TARGETS
from tests.unit.front.snmp.asking import SYS_LOCATION
from tests.unit.front.snmp.secure import message, pdu
from tests.unit.front.snmp.test_engine import ALICE, BOB, MANAGER, OURS, Secured

GROWTH = 1_000  # of what is in memory; each message that was kept would be some
VALID, KIND = TARGETS["snmpv3"].valid(), TARGETS["snmpv3"].kind


def strangers(secured: Secured, dice: random.Random) -> bytes:
    """Return a message that was changed on its way."""
    return changed(VALID, KIND, dice)[:DATAGRAM_MOST]


def mad_user(secured: Secured, dice: random.Random) -> bytes:
    """Return a message of a user that is signed and hidden as it should be, with anything in it."""
    text = wire.tlv(wire.OCTETS, b"Hall")
    kinds = (wire.GET, wire.GET_NEXT, wire.GET_BULK, wire.SET)
    valid = [pdu(kind, SYS_LOCATION, second=20, value=text) for kind in kinds]
    return message(BOB, OURS, secured.times(), changed(valid, KIND, dice)[:1000])


@pytest.mark.parametrize("made, messages", [(strangers, 40_000), (mad_user, 4_000)])
def test_thousands_of_changed_messages_are_answered_as_they_should_be(
    made: "Callable[[Secured, random.Random], bytes]", messages: int, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    dice, secured = random.Random(seed), Secured()
    secured.engine.follow([ALICE, BOB])
    answered = before = 0
    for number in range(messages):
        secured.asked.now += 0.01
        data = made(secured, dice)
        secured.changes.clear()
        secured.sent.clear()
        secured.engine.receive(data, MANAGER)
        answered += len(secured.sent)
        assert len(secured.sent) <= 1
        assert not secured.sent or usm.header(data).id in secured.sent[0][0]
        if number == messages // 2:
            before = things()
    assert answered > messages // 100
    assert things() - before < GROWTH, "something is kept of each message"
    told = [record for record in caplog.records if record.exc_info]
    assert len(told) == len(secured.engine._unexpected), "an error is told with where it was once"
    assert secured.give(message(ALICE, OURS, secured.times(), pdu(wire.GET, SYS_LOCATION)))


def things() -> int:
    """Return how many things that hold others are in memory."""
    gc.collect()
    return len(gc.get_objects())


def test_foreign_engines_unknown_users_and_changes_that_nobody_makes_leave_nothing_behind() -> None:
    secured = Secured()
    secured.engine.follow([ALICE, BOB])
    change = pdu(wire.SET, SYS_LOCATION, value=wire.tlv(wire.OCTETS, b"Hall"))
    for number in range(500):
        secured.asked.now += 0.001
        foreign, eve = number.to_bytes(8, "big"), ALICE._replace(name="eve%d" % number)
        secured.engine.receive(message(ALICE, foreign, (1, 1), pdu(wire.GET), flags=0), MANAGER)
        secured.engine.receive(message(eve, OURS, secured.times(), pdu(wire.GET)), MANAGER)
        secured.engine.receive(message(BOB, OURS, secured.times(), change), MANAGER)
    assert len(secured.changes) == 500
    engine = secured.engine._engine
    assert len(engine.security_models[usm.MODEL]._SnmpUSMSecurityModel__timeline) == 1
    assert len(engine.security_models[usm.MODEL]._cache.states) == 64
    assert len(engine.message_processing_subsystems[wire.V3]._cache.states) == 64
    assert not engine.message_dispatcher._MsgAndPduDispatcher__transportInfo
    secured.sent.clear()
    for _, respond in secured.changes:
        respond(wire.response(wire.parse_pdu(change), 0, 0, b""))
    assert len(secured.sent) == 64
