"""Who is told of events, in which version and kind, and informs until they are confirmed."""

import socket
from collections.abc import Callable

import pytest

from feedpath.errors import SettingError
from feedpath.front.snmp import outbox, traps, wire
from feedpath.front.snmp.agent import Access
from feedpath.front.snmp.outbox import Outbox
from feedpath.front.snmp.sinks import Sink, parse
from feedpath.front.snmp.traps import Sinks, in_v1, plain
from feedpath.settings import Settings
from tests.unit.front.snmp.asking import Asked, parts

HERE = ("192.0.2.1", 162)
UP_TIME, TRAP_OID = (1, 3, 6, 1, 2, 1, 1, 3, 0), (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)


class Later:
    """A clock that moves when told, and what shall be called then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: "list[tuple[float, Callable[[], None], Later.Call]]" = []

    class Call:
        off = False

        def cancel(self) -> None:
            self.off = True

    def __call__(self, seconds: float, call: "Callable[[], None]") -> "Later.Call":
        made = Later.Call()
        self.due.append((self.now + seconds, call, made))
        return made

    def move(self, seconds: float) -> None:
        """Let time go by."""
        end = self.now + seconds
        while due := [each for each in self.due if each[0] <= end and not each[2].off]:
            first = min(due, key=lambda each: each[0])
            self.due.remove(first)
            self.now = first[0]
            first[1]()
        self.now = end


class Telling:
    """Sinks that send nowhere."""

    def __init__(self, *targets: str):
        self.sent: "list[tuple[bytes, tuple[str, int]]]" = []
        self.later = Later()
        self.outbox = Outbox(self.later)
        self.secured: "Security | None" = None
        self.asked = Asked(reasons=["media-empty-error"])
        self.sinks = Sinks(
            lambda: targets,
            lambda: Access(b"public", b""),
            lambda data, target: self.sent.append((data, target)),
            self.outbox,
            lambda: self.secured,
        )

    def pdus(self) -> "list[tuple[int, int, bytes]]":
        """Return version, kind and content of what was sent; it is forgotten."""
        told = []
        for data, _ in self.sent:
            ((_, message, _),) = parts(data)
            (_, version, _), (_, community, _), (kind, content, _) = parts(message)
            assert community == b"public"
            told.append((version[0], kind, content))
        self.sent.clear()
        return told


class Security:
    """Takes what is told by SNMPv3."""

    def __init__(self) -> None:
        self.told: "list[tuple[str, str, bytes]]" = []
        self.done: "Callable[[], object]" = lambda: None

    def trap(self, user: str, pdu: bytes, target: "tuple[str, int]") -> None:
        self.told.append(("trap", user, pdu))

    def inform(self, user: str, pdu: bytes, target: "tuple[str, int]", done: "Callable[[], object]") -> None:
        self.told.append(("inform", user, pdu))
        self.done = done


def names(variables: bytes) -> "list[tuple[int, ...]]":
    """Return the names of variables."""
    return [wire.arcs(parts(each)[0][1]) for _, each, _ in parts(variables)]


@pytest.mark.parametrize(
    "text, sink",
    [
        ("192.0.2.1", Sink(wire.V2C, False, "", HERE)),
        ("192.0.2.1:1162", Sink(wire.V2C, False, "", ("192.0.2.1", 1162))),
        ("[2001:db8::1]:162", Sink(wire.V2C, False, "", ("2001:db8::1", 162))),
        ("v1:192.0.2.1", Sink(wire.V1, False, "", HERE)),
        ("v2c:2001:db8::1", Sink(wire.V2C, False, "", ("2001:db8::1", 162))),
        ("inform:192.0.2.1", Sink(wire.V2C, True, "", HERE)),
        ("v3:alice@192.0.2.1", Sink(wire.V3, False, "alice", HERE)),
        ("v3-inform:al.ice-1@[2001:db8::1]:1162", Sink(wire.V3, True, "al.ice-1", ("2001:db8::1", 1162))),
    ],
)
def test_an_entry_says_where_and_in_which_version_and_kind(text: str, sink: Sink) -> None:
    settings = Settings()
    settings.set("snmp-trap-sinks", text)
    assert [parse(each) for each in settings["snmp-trap-sinks"]] == [sink]


@pytest.mark.parametrize(
    "text", ["v4:192.0.2.1", "v3:192.0.2.1", "v3:@192.0.2.1", "v1:alice@192.0.2.1", "inform:printer.lan", "v3:a b@::1"]
)
def test_what_is_no_entry_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(SettingError, match=r"it must be an IPv4 or IPv6 address.*v1:, v2c:, inform:, v3:USER@"):
        Settings().set("snmp-trap-sinks", text)


@pytest.mark.parametrize(
    "trap, enterprise, generic, specific",
    [
        (traps.COLD_START, traps.SNMP_TRAPS, 0, 0),
        (traps.AUTHENTICATION_FAILURE, traps.SNMP_TRAPS, 4, 0),
        (traps.PRINTER_ALERT, (1, 3, 6, 1, 2, 1, 43, 18, 2), 6, 1),
        ((1, 3, 6, 1, 4, 1, 9, 7), (1, 3, 6, 1, 4, 1, 9), 6, 7),
    ],
)
def test_a_notification_has_its_numbers_in_v1(
    trap: "tuple[int, ...]", enterprise: "tuple[int, ...]", generic: int, specific: int
) -> None:
    assert in_v1(trap) == (enterprise, generic, specific)


def test_a_trap_of_v1_tells_who_what_and_when() -> None:
    telling = Telling("v1:127.0.0.1")
    telling.sinks.cold_start(telling.asked.agent)
    telling.pdus()
    telling.asked.now += 3
    (device,) = telling.asked.agent.devices.values()
    telling.sinks.alert(telling.asked.agent, device, device.alerts[0])
    ((version, kind, content),) = telling.pdus()
    (_, enterprise, _), agent, (_, generic, _), (_, specific, _), ticks, (_, variables, _) = parts(content)
    assert (version, kind) == (wire.V1, wire.TRAP_V1)
    assert wire.arcs(enterprise) == (1, 3, 6, 1, 2, 1, 43, 18, 2)
    assert agent[:2] == (wire.IP_ADDRESS, socket.inet_aton("127.0.0.1"))
    assert (generic, specific) == (b"\6", b"\1")
    assert wire.value(ticks[2]) == (wire.TIME_TICKS, 300)
    assert [name[10] for name in names(variables)] == list(traps.TOLD_OF_ALERTS)


def test_a_trap_of_v2c_begins_with_the_time_and_what_it_is() -> None:
    telling = Telling("192.0.2.1", "[2001:db8::1]:1162")
    telling.sinks.cold_start(telling.asked.agent)
    assert [target for _, target in telling.sent] == [HERE, ("2001:db8::1", 1162)]
    for version, kind, content in telling.pdus():
        assert (version, kind, names(parts(content)[3][1])) == (wire.V2C, wire.TRAP, [UP_TIME, TRAP_OID])


def confirmation(content: bytes, version: int = wire.V2C, kind: int = wire.RESPONSE) -> bytes:
    """Return what a receiver answers to an inform."""
    return wire.message(version, b"public", wire.tlv(kind, content))


def test_an_inform_is_sent_again_until_it_is_confirmed() -> None:
    telling = Telling("inform:192.0.2.1")
    telling.sinks.cold_start(telling.asked.agent)
    telling.later.move(2.0)
    (first, second) = telling.pdus()
    assert first == second and first[1] == wire.INFORM
    other = wire.number(int.from_bytes(parts(first[2])[0][1], "big") ^ 1) + first[2][len(parts(first[2])[0][2]) :]
    for data, source in (
        (confirmation(first[2]), ("192.0.2.9", 162)),
        (confirmation(first[2], kind=wire.GET), HERE),
        (confirmation(first[2], version=wire.V1), HERE),
        (confirmation(other), HERE),
        (b"\x30\0", HERE),
    ):
        assert not telling.sinks.confirmed(data, source)
    assert telling.sinks.confirmed(confirmation(first[2]), HERE)
    assert not telling.sinks.confirmed(confirmation(first[2]), HERE)
    telling.later.move(1000)
    assert telling.pdus() == []


def test_a_receiver_confirms_for_itself_alone() -> None:
    telling = Telling("inform:192.0.2.1", "inform:192.0.2.2")
    telling.sinks.cold_start(telling.asked.agent)
    first, second = (content for _, _, content in telling.pdus())
    assert not telling.sinks.confirmed(confirmation(first), ("192.0.2.2", 162))
    assert not telling.sinks.confirmed(confirmation(second), HERE)
    assert telling.sinks.confirmed(confirmation(first), HERE)
    assert telling.sinks.confirmed(confirmation(second), ("192.0.2.2", 162))


def test_what_happens_before_the_start_is_told_is_told_after_it(caplog: pytest.LogCaptureFixture) -> None:
    telling = Telling("192.0.2.1")
    (device,) = telling.asked.agent.devices.values()
    for _ in range(traps.EARLY_MOST + 1):
        telling.sinks.alert(telling.asked.agent, device, device.alerts[0])
    assert telling.sent == [] and "nobody is told of printerV2Alert" in caplog.text
    telling.sinks.cold_start(telling.asked.agent)
    lengths = [len(names(parts(content)[3][1])) for _, _, content in telling.pdus()]
    assert lengths == [2] + [2 + len(traps.TOLD_OF_ALERTS)] * traps.EARLY_MOST


def test_an_inform_that_nobody_confirms_is_given_up_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    telling = Telling("inform:192.0.2.1")
    telling.sinks.cold_start(telling.asked.agent)
    telling.later.move(90)
    assert len(telling.pdus()) == outbox.TRIES and not caplog.text
    telling.later.move(90)
    assert "192.0.2.1 did not confirm the inform of coldStart in 6 tries; it is given up" in caplog.text
    assert telling.pdus() == [] and not telling.outbox.expects(HERE)


def test_more_informs_than_may_wait_are_not_sent_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    telling = Telling("inform:192.0.2.1")
    for _ in range(outbox.WAITING_MOST):
        telling.sinks.cold_start(telling.asked.agent)
    assert len(telling.pdus()) == outbox.WAITING_MOST and not caplog.text
    telling.sinks.cold_start(telling.asked.agent)
    assert telling.pdus() == [] and "too many informs wait" in caplog.text


def test_what_is_under_way_at_the_end_is_said(caplog: pytest.LogCaptureFixture) -> None:
    telling = Telling("inform:192.0.2.1")
    telling.sinks.cold_start(telling.asked.agent)
    telling.outbox.close()
    assert "192.0.2.1 has not confirmed the inform of coldStart" in caplog.text
    telling.pdus()
    telling.later.move(1000)
    assert telling.pdus() == []


def test_traps_and_informs_of_v3_are_given_to_the_engine() -> None:
    telling = Telling("v3:alice@192.0.2.1", "v3-inform:bob@192.0.2.1")
    telling.secured = Security()
    telling.sinks.cold_start(telling.asked.agent)
    telling.later.move(2.0)
    kinds = [(what, user, pdu[0]) for what, user, pdu in telling.secured.told]
    assert kinds == [("trap", "alice", wire.TRAP), ("inform", "bob", wire.INFORM), ("inform", "bob", wire.INFORM)]
    telling.secured.done()
    telling.later.move(1000)
    assert len(telling.secured.told) == 3 and telling.sent == []


def test_a_sink_of_v3_without_a_user_is_said_to_be_told_nothing(caplog: pytest.LogCaptureFixture) -> None:
    telling = Telling("v3:alice@192.0.2.1", "v3-inform:alice@192.0.2.2", "192.0.2.3")
    telling.sinks.cold_start(telling.asked.agent)
    assert len(telling.pdus()) == 1
    for host in ("192.0.2.1", "192.0.2.2"):
        assert f"{host} is not told of coldStart: there is no SNMP user 'alice'" in caplog.text


def test_an_address_of_ipv4_is_told_as_itself() -> None:
    assert plain(("::ffff:192.0.2.1", 161)) == ("192.0.2.1", 161)
    scoped: "tuple[str, int]" = ("fe80::1%eth0", 161, 0, 2)  # type: ignore[assignment]
    assert plain(scoped) == scoped
