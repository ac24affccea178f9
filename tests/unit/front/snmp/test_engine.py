"""SNMPv3 by its engine, asked by a manager of the tests' own."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feedpath.front.snmp import usm, wire
from feedpath.front.snmp.agent import Change
from feedpath.front.snmp.engine import MESSAGE_MOST, Engine
from feedpath.front.snmp.users import User
from tests.unit.front.snmp.asking import MOST, SUPPLIES, SYS_CONTACT, SYS_DESCR, SYS_LOCATION, Asked, reply, request
from tests.unit.front.snmp.secure import AUTH, NO_AUTH, Told, message, pdu, read, user

OURS = usm.engine_id("a box")
THEIRS = usm.engine_id("a receiver")
BOOTS = 7
ALICE, BOB = user("alice", OURS), user("bob", OURS, rights="write", auth="SHA-512", priv="AES-256")
CAROL = user("carol", OURS, rights="inform", receiver=THEIRS)
EVE = user("eve", OURS)
MANAGER = ("10.77.0.2", 40000)
RESTLESS = ((1, 3, 6, 1, 2, 1, 11, 1, 0), (1, 3, 6, 1, 2, 1, 25, 1, 2, 0))  # snmpInPkts, hrSystemDate
USM_STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
ENGINE, MESSAGES = (1, 3, 6, 1, 6, 3, 10, 2, 1), (1, 3, 6, 1, 6, 3, 11, 2, 1, 1)
UNSUPPORTED, NOT_IN_TIME, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, NOT_DECRYPTED = range(1, 7)


class Secured:
    """An engine whose datagrams go nowhere."""

    def __init__(self) -> None:
        self.asked = Asked(supplies=SUPPLIES)
        self.sent: "list[tuple[bytes, tuple[str, int]]]" = []
        self.expected: "set[tuple[str, int]]" = set()
        self.strangers = 0
        self.changes: "list[tuple[Change, Callable[[bytes], None]]]" = []
        self.engine = Engine(
            OURS,
            BOOTS,
            self.asked.agent,
            lambda: self.asked.now,
            lambda data, target: self.sent.append((data, target)),
            lambda change, respond: self.changes.append((change, respond)),
            MOST,
            lambda source: source in self.expected,
            self._stranger,
        )
        self.began = self.asked.now
        self.asked.agent.secure(self.engine)

    def _stranger(self) -> None:
        self.strangers += 1

    def times(self) -> "tuple[int, int]":
        """Return boots and time of now."""
        return BOOTS, int(self.asked.now - self.began)

    def give(self, data: bytes) -> "bytes | None":
        """Return the answer to a datagram; None for silence."""
        self.sent.clear()
        self.engine.receive(data, MANAGER)
        if not self.sent:
            return None
        ((data, target),) = self.sent
        assert target == MANAGER and len(data) <= MOST
        return data

    def ask(self, who: User, content: bytes, **how: Any) -> Told:
        """Return the answer to a request."""
        answer = self.give(message(who, OURS, self.times(), content, **how))
        assert answer is not None
        return read(who, answer)


@pytest.fixture(scope="module")
def secured() -> Secured:
    return Secured()


@pytest.fixture(autouse=True)
def _known(secured: Secured) -> "Iterator[None]":
    secured.engine.follow([ALICE, BOB])
    yield
    secured.changes.clear()


@pytest.mark.parametrize("auth", usm.AUTHS)
@pytest.mark.parametrize("priv", usm.PRIVS)
def test_a_user_is_answered_by_each_pair_of_protocols(secured: Secured, auth: str, priv: str) -> None:
    ann = user("ann", OURS, auth=auth, priv=priv)
    secured.engine.follow([ann])
    told = secured.ask(ann, pdu(wire.GET, SYS_DESCR))
    assert (told.kind, told.request, told.status) == (wire.RESPONSE, 77, 0)
    assert told.bindings == [(SYS_DESCR, wire.tlv(wire.OCTETS, secured.asked.agent.description.encode()))]


def test_it_meets_what_v2c_meets_value_for_value(secured: Secured) -> None:
    def still(bindings: "list[tuple[tuple[int, ...], bytes]]") -> "list[tuple[tuple[int, ...], bytes]]":
        return [each for each in bindings if each[0] not in RESTLESS]

    met: "list[tuple[tuple[int, ...], bytes]]" = []
    at: "tuple[int, ...]" = (1, 3)
    while True:
        told = secured.ask(ALICE, pdu(wire.GET_BULK, at, second=1000))
        met += [each for each in told.bindings if each[1] != wire.END_OF_MIB_VIEW]
        if told.bindings[-1][1] == wire.END_OF_MIB_VIEW:
            break
        at = told.bindings[-1][0]
    plainly = reply(secured.asked.ask(request(wire.GET_BULK, (1, 3), second=1000), most=60000))
    assert still(met) == still([(wire.arcs(name), value) for name, value in plainly.bindings[: len(met)]])
    assert len(met) > 200 and plainly.bindings[len(met)][1] == wire.END_OF_MIB_VIEW


def test_a_next_one_and_what_is_not_there_are_told_as_to_v2c(secured: Secured) -> None:
    assert secured.ask(ALICE, pdu(wire.GET_NEXT, (1, 3))).bindings[0][0] == SYS_DESCR
    told = secured.ask(ALICE, pdu(wire.GET, (1, 3, 6, 1, 9), (*SYS_DESCR[:-1], 5)))
    assert [value for _, value in told.bindings] == [wire.NO_SUCH_OBJECT, wire.NO_SUCH_INSTANCE]


@pytest.mark.parametrize(
    "who, name, value, status",
    [
        (BOB, SYS_LOCATION, b"Attic", 0),
        (BOB, SYS_LOCATION, b"disk full", 14),
        (BOB, SYS_DESCR, b"x", 17),
        (BOB, (1, 3, 6, 1, 9), b"x", 11),
        (ALICE, SYS_LOCATION, b"x", 6),
    ],
)
def test_who_may_write_sets_and_others_are_refused(
    secured: Secured, who: User, name: "tuple[int, ...]", value: bytes, status: int
) -> None:
    secured.asked.settings["location"] = "Hall"
    asked = message(who, OURS, secured.times(), pdu(wire.SET, name, value=wire.tlv(wire.OCTETS, value)))
    answer = secured.give(asked)
    for change, respond in secured.changes:
        assert answer is None
        respond(asyncio.run(change.carry_out()))
        answer = secured.sent[-1][0]
    assert answer is not None
    told = read(who, answer)
    assert (told.status, told.place) == (status, 1 if status else 0)
    assert told.bindings == [(name, wire.tlv(wire.OCTETS, value))]
    assert (secured.asked.settings["location"] == "Attic") is (status == 0)


@pytest.mark.parametrize(
    "who, how, count",
    [
        (ALICE, {"flags": NO_AUTH}, UNSUPPORTED),
        (ALICE, {"flags": AUTH}, UNSUPPORTED),
        (EVE, {}, UNKNOWN_USER),
        (user("alice", OURS, passphrases=("other words", "hide me well")), {}, WRONG_DIGEST),
        (user("alice", OURS, passphrases=("sign me well", "other words")), {}, NOT_DECRYPTED),
    ],
)
def test_who_is_not_known_or_not_secure_gets_a_report_that_says_so(
    secured: Secured, who: User, how: "dict[str, Any]", count: int
) -> None:
    before = secured.strangers
    told = secured.ask(who, pdu(wire.GET, SYS_DESCR), **how)
    assert (told.kind, told.engine, told.bindings[0][0]) == (usm.REPORT, OURS, (*USM_STATS, count, 0))
    assert wire.value(told.bindings[0][1])[1] == secured.asked.get(*USM_STATS, count, 0)
    assert secured.strangers - before == (count in (UNKNOWN_USER, WRONG_DIGEST))
    assert secured.give(message(who, OURS, secured.times(), pdu(wire.GET, SYS_DESCR), reportable=False, **how)) is None


def test_who_has_no_name_reads_nothing(secured: Secured) -> None:
    told = secured.ask(ALICE._replace(name=""), pdu(wire.GET, SYS_DESCR), flags=NO_AUTH)
    assert (told.kind, told.status, told.bindings) == (wire.RESPONSE, usm.AUTHORIZATION_ERROR, [])


def test_who_asks_another_engine_is_told_of_ours(secured: Secured) -> None:
    for engine in (b"", THEIRS):
        answer = secured.give(message(ALICE, engine, (0, 0), pdu(wire.GET), flags=NO_AUTH))
        assert answer is not None
        told = read(ALICE, answer)
        assert (told.kind, told.id, told.request) == (usm.REPORT, 5, 77)
        assert (told.engine, told.boots, told.time) == (OURS, *secured.times())
        assert told.bindings[0][0] == (*USM_STATS, UNKNOWN_ENGINE, 0)
        assert secured.give(message(ALICE, engine, (0, 0), pdu(wire.GET), flags=NO_AUTH, reportable=False)) is None


def test_a_message_is_refused_when_it_comes_again_later(secured: Secured) -> None:
    recorded = message(ALICE, OURS, secured.times(), pdu(wire.GET, SYS_DESCR))
    assert secured.give(recorded)
    secured.asked.now += 151
    answer = secured.give(recorded)
    assert answer is not None
    told = read(ALICE, answer)
    assert told.bindings[0][0] == (*USM_STATS, NOT_IN_TIME, 0)
    assert (told.boots, told.time) == secured.times()
    for times in ((BOOTS - 1, secured.times()[1]), (BOOTS + 1, secured.times()[1]), (BOOTS, secured.times()[1] + 152)):
        answer = secured.give(message(ALICE, OURS, times, pdu(wire.GET, SYS_DESCR)))
        assert answer is not None
        assert read(ALICE, answer).kind == usm.REPORT


def test_there_is_no_context_but_the_one_without_a_name(secured: Secured) -> None:
    told = secured.ask(ALICE, pdu(wire.GET, SYS_DESCR), context=b"tray")
    assert told.kind == usm.REPORT and told.bindings[0][0] == (1, 3, 6, 1, 6, 3, 12, 1, 5, 0)


def test_users_come_and_go_while_it_runs(secured: Secured) -> None:
    secured.engine.follow([BOB])
    assert secured.ask(ALICE, pdu(wire.GET, SYS_DESCR)).kind == usm.REPORT
    other = user("bob", OURS, passphrases=("new sign word", "new hide word"))
    secured.engine.follow([other, ALICE])
    assert secured.ask(ALICE, pdu(wire.GET, SYS_DESCR)).kind == wire.RESPONSE
    assert secured.ask(BOB, pdu(wire.GET, SYS_DESCR)).kind == usm.REPORT
    assert secured.ask(other, pdu(wire.GET, SYS_DESCR)).kind == wire.RESPONSE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30\0",
        b"\x30\x03\x02\x01\x03",
        message(ALICE, OURS, (BOOTS, 0), pdu(wire.GET)) + b"\0",
        message(ALICE, OURS, (BOOTS, 0), pdu(wire.GET))[:-1],
        message(ALICE, OURS, (BOOTS, 0), pdu(wire.GET), flags=NO_AUTH).replace(wire.number(65507), wire.number(483)),
        message(ALICE, OURS, (BOOTS, -1), pdu(wire.GET), flags=NO_AUTH),
    ],
)
def test_what_is_no_message_gets_no_answer(secured: Secured, data: bytes) -> None:
    broken = secured.asked.agent.counts.broken
    assert secured.give(data) is None
    assert secured.asked.agent.counts.broken == broken + 1


def test_security_of_no_kind_that_is_known_is_counted_and_not_answered(secured: Secured) -> None:
    plain = message(ALICE, OURS, (BOOTS, 0), pdu(wire.GET), flags=NO_AUTH)
    other = plain.replace(wire.number(usm.MODEL) + wire.tlv(wire.OCTETS, b"")[:1], wire.number(4) + b"\x04")
    hidden_only = plain.replace(b"\x04\x01\x04", b"\x04\x01\x06", 1)
    for number, data in ((1, other), (2, hidden_only)):
        assert data != plain and secured.give(data) is None
        assert secured.asked.get(*MESSAGES, number, 0) == 1
    assert secured.ask(ALICE, pdu(wire.INFORM)).kind == usm.REPORT
    assert secured.asked.get(*MESSAGES, 3, 0) == 1


def test_the_engine_tells_of_itself(secured: Secured) -> None:
    told = secured.ask(ALICE, pdu(wire.GET, *((*ENGINE, number, 0) for number in range(1, 5))))
    assert [wire.value(value)[1] for _, value in told.bindings] == [OURS, *secured.times(), MESSAGE_MOST]
    secured.asked.agent.secure(None)
    assert secured.ask(ALICE, pdu(wire.GET, (*ENGINE, 1, 0))).bindings[0][1] == wire.NO_SUCH_OBJECT
    secured.asked.agent.secure(secured.engine)


def test_an_error_inside_the_library_is_logged_once_and_goes_no_further(
    secured: Secured, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*words: object) -> None:
        raise ArithmeticError("as the library can")

    monkeypatch.setattr(secured.engine._engine.message_dispatcher, "receive_message", fail)
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            assert secured.give(message(ALICE, OURS, secured.times(), pdu(wire.GET, SYS_DESCR))) is None
    assert [bool(record.exc_info) for record in caplog.records] == [True, False, False]


def test_a_trap_is_signed_and_hidden_with_the_users_keys(secured: Secured) -> None:
    secured.sent.clear()
    content = wire.notification(wire.TRAP, 9, wire.binding(wire.name(SYS_DESCR), wire.number(3)))
    secured.engine.trap("alice", content, MANAGER)
    ((data, target),) = secured.sent
    told = read(ALICE, data)
    assert (told.kind, told.request, told.engine, told.boots) == (wire.TRAP, 9, OURS, BOOTS)
    assert target == MANAGER and told.bindings == [(SYS_DESCR, wire.number(3))]
    with pytest.raises(LookupError, match="no SNMP user 'eve'"):
        secured.engine.trap("eve", content, MANAGER)


def test_an_inform_asks_who_the_receiver_is_and_is_confirmed(secured: Secured) -> None:
    secured.engine.follow([CAROL])
    secured.expected.add(MANAGER)
    secured.sent.clear()
    done: "list[bool]" = []
    content = wire.notification(wire.INFORM, 9, wire.binding(wire.name(SYS_CONTACT), wire.number(3)))
    secured.engine.inform("carol", content, MANAGER, lambda: done.append(True))
    asked = usm.header(secured.sent.pop()[0])
    assert asked.engine == b"" and asked.flags == usm.REPORTABLE
    secured.engine.receive(usm.discovered(asked, THEIRS, (3, 100), 1, MESSAGE_MOST), MANAGER)
    told = read(CAROL, secured.sent.pop()[0])
    assert (told.kind, told.request, told.engine, told.boots) == (wire.INFORM, 9, THEIRS, 3)
    assert told.bindings == [(SYS_CONTACT, wire.number(3))] and not done
    confirmation = wire.tlv(wire.RESPONSE, wire.number(9) + 2 * wire.number(0) + wire.tlv(wire.SEQUENCE, b""))
    wrong = user("carol", OURS, receiver=THEIRS, passphrases=("other words", "hide me well"))
    for who in (wrong, CAROL):
        data = message(who, THEIRS, (3, 100), confirmation, id=told.id, reportable=False)
        secured.engine.receive(data, MANAGER)
        assert bool(done) is (who is CAROL)
    assert not secured.sent
    secured.expected.clear()
