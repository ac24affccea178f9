"""What can be set, and what that does."""

import asyncio
from typing import Any

import pytest

from feedpath.front.snmp import table, wire
from feedpath.front.snmp.agent import Change
from tests.unit.front.snmp.asking import PRINTER_MIB, SYS_CONTACT, Asked, reply, request

GENERAL = (*PRINTER_MIB, 5, 1, 1)
RESET, OPERATOR, SERVICE_PERSON, NAME = ((*GENERAL, column, 1) for column in (3, 4, 5, 16))
SET_SERIAL = (1, 3, 6, 1, 6, 3, 1, 1, 6, 1, 0)
NOT_RESETTING, POWER_CYCLE, TO_NVRAM, TO_FACTORY = 3, 4, 5, 6
EVERYWHERE = ((1, 3, 6, 1, 2, 1), (1, 3, 6, 1, 4, 1), (1, 3, 6, 1, 6, 3))


def put(asked: Asked, arcs: "tuple[int, ...]", value: "int | bytes") -> int:
    """Set an object; return the error-status."""
    encoded = wire.number(value) if isinstance(value, int) else wire.tlv(wire.OCTETS, value)
    made = asked.ask(request(wire.SET, arcs, community=b"secret", value=encoded))
    return reply(asyncio.run(made.carry_out()) if isinstance(made, Change) else made).status


def asked(**attributes: Any) -> Asked:
    return Asked(write=b"secret", **attributes)


@pytest.mark.parametrize("value, cold", [(POWER_CYCLE, [True]), (TO_NVRAM, [False]), (NOT_RESETTING, [])])
def test_a_printer_is_reset_as_the_value_says(value: int, cold: "list[bool]") -> None:
    there = asked()
    assert put(there, RESET, value) == table.NO_ERROR
    assert there.printer.device.resets == cold
    assert there.get(*RESET) == NOT_RESETTING
    codes = [there.get(*name) for name in there.walk() if name[:-2] == (*PRINTER_MIB, 18, 1, 1, 7)]
    assert codes == [505] * len(cold)  # printerNMSReset


@pytest.mark.parametrize(
    "busy, value, status",
    [
        (True, POWER_CYCLE, table.INCONSISTENT_VALUE),
        (True, TO_NVRAM, table.INCONSISTENT_VALUE),
        (False, TO_FACTORY, table.WRONG_VALUE),
        (False, 2, table.WRONG_VALUE),
        (False, 7, table.WRONG_VALUE),
    ],
)
def test_a_printer_is_not_reset_while_it_prints_nor_to_what_it_left_the_factory_with(
    busy: bool, value: int, status: int
) -> None:
    there = asked()
    there.printer.device.busy = busy
    assert put(there, RESET, value) == status
    assert not there.printer.device.resets


@pytest.mark.parametrize(
    "name, status",
    [
        ("Hall é".encode(), table.NO_ERROR),
        (b"", table.WRONG_VALUE),
        (b"\xff", table.WRONG_VALUE),
        (b"x" * 64, table.WRONG_LENGTH),
    ],
)
def test_a_printer_gets_another_name(name: bytes, status: int) -> None:
    there = asked()
    assert put(there, NAME, name) == status
    assert there.get(*NAME) == (b"Laser" if status else name)


def test_who_takes_care_is_one_person_wherever_it_is_set() -> None:
    there = asked()
    assert put(there, OPERATOR, b"Bob") == table.NO_ERROR
    assert [there.get(*name) for name in (OPERATOR, SERVICE_PERSON, SYS_CONTACT)] == [b"Bob"] * 3
    assert there.settings["contact"] == "Bob"


def test_who_knows_the_serial_number_of_sets_may_count_it_up() -> None:
    there = asked()
    assert [put(there, SET_SERIAL, value) for value in (0, 0, 1)] == [0, table.INCONSISTENT_VALUE, 0]
    assert there.get(*SET_SERIAL) == 2


def test_nothing_else_can_be_set() -> None:
    there = asked(reasons=["media-empty-error"])
    open_ones = {name for name in there.walk() if put(there, name, there.get(*name)) != table.NOT_WRITABLE}
    contact, location = SYS_CONTACT, (*SYS_CONTACT[:-2], 6, 0)
    assert open_ones == {RESET, OPERATOR, NAME, SET_SERIAL, contact, location}
