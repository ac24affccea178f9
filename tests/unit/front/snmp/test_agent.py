"""What the agent answers, in both versions, and to whom."""

import asyncio
from typing import Any

import pytest

from feedpath.core.computer import Link
from feedpath.front.snmp import table, wire
from feedpath.front.snmp.agent import Change
from tests.unit.front.snmp.asking import (
    PRINTER_MIB,
    SUPPLIES,
    SYS_CONTACT,
    SYS_DESCR,
    SYS_LOCATION,
    Asked,
    WatchedPrinter,
    reply,
    request,
)

NOWHERE = (1, 3, 6, 1, 9, 9)
SET_SERIAL = (1, 3, 6, 1, 6, 3, 1, 1, 6, 1, 0)
HC_IN_OCTETS = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6, 2)


@pytest.mark.parametrize("version", [wire.V1, wire.V2C])
def test_a_walk_is_in_order_and_meets_each_object_once(version: int) -> None:
    asked = Asked(supplies=SUPPLIES, reasons=["media-empty-error"])
    names = asked.walk(version)
    assert names == sorted(set(names)) and len(names) > 200
    assert (HC_IN_OCTETS in names) is (version == wire.V2C)


def test_names_are_in_the_order_of_their_numbers_not_of_their_bytes() -> None:
    answer = reply(Asked().ask(request(wire.GET_NEXT, (1, 3, 6, 1, 4, 1, 20000))))
    assert answer.bindings[0][0] == wire.name(SET_SERIAL)


@pytest.mark.parametrize(
    "arcs, said",
    [
        (NOWHERE, wire.NO_SUCH_OBJECT),
        (SYS_DESCR[:-1], wire.NO_SUCH_INSTANCE),
        ((*SYS_DESCR[:-1], 7), wire.NO_SUCH_INSTANCE),
    ],
)
def test_what_is_not_there_is_said_so_in_its_place(arcs: "tuple[int, ...]", said: bytes) -> None:
    answer = reply(Asked().ask(request(wire.GET, SYS_CONTACT, arcs)))
    assert answer.status == 0 and answer.values[0] == b"Ann"
    assert answer.bindings[1] == (wire.name(arcs), said)


@pytest.mark.parametrize("kind, arcs", [(wire.GET, NOWHERE), (wire.GET, HC_IN_OCTETS), (wire.GET_NEXT, (1, 3, 6, 2))])
def test_v1_refuses_the_whole_request_for_one_name(kind: int, arcs: "tuple[int, ...]") -> None:
    answer = reply(Asked().ask(request(kind, SYS_CONTACT, arcs, version=wire.V1)))
    assert (answer.status, answer.index) == (table.NO_SUCH_NAME, 2)
    assert [name for name, _ in answer.bindings] == [wire.name(SYS_CONTACT), wire.name(arcs)]


def test_get_bulk_gives_the_first_once_and_the_rest_again_and_again() -> None:
    answer = reply(Asked().ask(request(wire.GET_BULK, SYS_DESCR[:-2], SYS_DESCR, SYS_CONTACT, first=1, second=2)))
    last = [wire.arcs(name)[-2:] for name, _ in answer.bindings]
    assert last == [(1, 0), (2, 0), (5, 0), (3, 0), (6, 0)]


@pytest.mark.parametrize("most", [484, 1452])
def test_get_bulk_gives_what_fits_into_one_datagram(most: int) -> None:
    answer = Asked().ask(request(wire.GET_BULK, SYS_DESCR, second=2**31 - 1), most=most)
    assert isinstance(answer, bytes) and most - 200 < len(answer) <= most


def test_get_bulk_ends_where_the_objects_end() -> None:
    last = Asked().walk()[-1]
    answer = reply(Asked().ask(request(wire.GET_BULK, last, second=50)))
    assert [value for _, value in answer.bindings] == [wire.END_OF_MIB_VIEW]


@pytest.mark.parametrize("version, told", [(wire.V1, 60), (wire.V2C, 0)])
def test_an_answer_that_is_too_long_is_said_so(version: int, told: int) -> None:
    answer = Asked().ask(request(wire.GET, *[SYS_DESCR] * 60, version=version), most=1000)
    assert (reply(answer).status, len(reply(answer).bindings)) == (table.TOO_BIG, told)


def test_a_request_of_v1_that_is_too_long_itself_is_answered_by_nothing() -> None:
    asked = Asked()
    assert asked.ask(request(wire.GET, *[SYS_DESCR] * 60, version=wire.V1), most=800) is None
    assert asked.agent.counts.silent == 1


@pytest.mark.parametrize(
    "read, community, near, answered",
    [
        (b"public", b"public", True, True),
        (b"public", b"public", False, False),
        (b"secret", b"secret", False, True),
        (b"secret", b"public", True, False),
        (b"", b"", True, False),
        (b"public", b"Public", True, False),
    ],
)
def test_who_names_the_community_is_answered_and_public_only_from_near(
    read: bytes, community: bytes, near: bool, answered: bool
) -> None:
    asked = Asked(read)
    made = asked.ask(request(wire.GET, SYS_DESCR, community=community), near)
    assert (made is not None, asked.agent.counts.bad_communities, asked.strangers) == (
        answered,
        not answered,
        not answered,
    )


def test_broken_datagrams_are_counted_and_not_answered() -> None:
    asked = Asked()
    bad_name = wire.tlv(wire.SEQUENCE, wire.binding(b"\x2b\x80\x01", wire.NULL_VALUE))
    body = wire.tlv(wire.GET, wire.number(1) + wire.number(0) + wire.number(0) + bad_name)
    for data in (b"", b"\x30", request(wire.GET, SYS_DESCR)[:-1], wire.message(wire.V2C, b"public", body)):
        assert asked.ask(data) is None
    assert asked.agent.counts.broken == 4


def test_other_versions_are_counted_and_not_answered() -> None:
    asked = Asked()
    assert asked.ask(request(wire.GET, SYS_DESCR, version=wire.V3)) is None
    assert (asked.agent.counts.bad_versions, asked.agent.counts.broken) == (1, 0)


def carried_out(made: object) -> Any:
    assert isinstance(made, Change)
    return reply(asyncio.run(made.carry_out()))


def setting(arcs: "tuple[int, ...]", text: bytes, **how: Any) -> bytes:
    return request(wire.SET, arcs, **{"community": b"secret", "value": wire.tlv(wire.OCTETS, text), **how})


def test_contact_and_location_are_set_where_the_write_community_is_named() -> None:
    asked = Asked(write=b"secret")
    for arcs, text in ((SYS_CONTACT, b"Bob"), (SYS_LOCATION, b"Hall")):
        answer = carried_out(asked.ask(setting(arcs, text)))
        assert (answer.status, answer.values) == (0, [text])
    assert asked.settings == {"contact": "Bob", "location": "Hall"}
    assert asked.get(*SYS_CONTACT) == b"Bob"


@pytest.mark.parametrize(
    "made, status, in_v1",
    [
        (setting(SYS_DESCR, b"x"), table.NOT_WRITABLE, table.NO_SUCH_NAME),
        (setting(NOWHERE, b"x"), table.NO_CREATION, table.NO_SUCH_NAME),
        (setting((*SYS_CONTACT[:-1], 5), b"x"), table.NOT_WRITABLE, table.NO_SUCH_NAME),
        (setting(SYS_CONTACT, b"", value=wire.number(3)), table.WRONG_TYPE, table.BAD_VALUE),
        (setting(SYS_CONTACT, b"x" * 256), table.WRONG_LENGTH, table.BAD_VALUE),
        (setting(SYS_CONTACT, b"x", community=b"public"), table.NO_ACCESS, table.NO_SUCH_NAME),
    ],
)
def test_what_cannot_be_set_is_refused_with_its_reason(made: bytes, status: int, in_v1: int) -> None:
    asked = Asked(write=b"secret")
    answer = reply(asked.ask(made))
    assert (answer.status, answer.index) == (status, 1)
    assert reply(asked.ask(made.replace(b"\2\1\1\4", b"\2\1\0\4", 1))).status == in_v1
    assert asked.settings["contact"] == "Ann"


@pytest.mark.parametrize("text, status", [(b"\xff", table.WRONG_VALUE), (b"disk full", table.COMMIT_FAILED)])
def test_what_is_not_kept_is_said_so(text: bytes, status: int) -> None:
    assert carried_out(Asked(write=b"secret").ask(setting(SYS_CONTACT, text))).status == status


def test_without_a_write_community_nobody_may_set() -> None:
    asked = Asked()
    assert asked.ask(setting(SYS_CONTACT, b"x", community=b"")) is None
    assert reply(asked.ask(setting(SYS_CONTACT, b"x", community=b"public"))).status == table.NO_ACCESS


def test_each_printer_has_the_lowest_number_that_is_free() -> None:
    asked = Asked()
    second, third = WatchedPrinter(announced="Second"), WatchedPrinter(announced="Third")
    asked.add(second)
    asked.agent.remove(asked.printer)  # type: ignore[arg-type]
    asked.add(third)
    names = (*PRINTER_MIB, 5, 1, 1, 16)
    assert [asked.get(*names, number) for number in (1, 2)] == [b"Third", b"Second"]


def test_an_interface_that_comes_later_is_there() -> None:
    asked = Asked()
    asked.ask(request(wire.GET, SYS_DESCR))
    asked.computer.up = (*asked.computer.up, Link(7, "wlan0", 71))
    answer = reply(asked.ask(request(wire.GET, (1, 3, 6, 1, 2, 1, 2, 2, 1, 2, 7))))
    assert answer.values == [b"wlan0"]


def test_the_time_since_the_start_goes_on() -> None:
    asked = Asked()
    asked.now += 12.5
    assert asked.get(1, 3, 6, 1, 2, 1, 1, 3, 0) == 1250
