"""A slot that is broken, or never comes up healthy, gives way to the other one, whatever is started by whom."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.card import SLOTS
from tests.image.machine import Machine
from tests.image.printing import Appliance

TRIES = 3  # of a slot, as images/initrd/init counts them


@pytest.fixture
def machine(image: Path, tmp_path: Path) -> "Iterator[Machine]":
    """An emulated computer that is not switched on yet."""
    machine = Machine(image, tmp_path)
    yield machine
    machine.cut()
    machine.card.remove()


def test_a_card_whose_first_slot_is_broken_comes_up_from_the_second(machine: Machine) -> None:
    first, second = SLOTS
    assert machine.card.slot() == first
    machine.card.overwrite(first, "root.squashfs")
    machine.start()
    machine.until(Appliance(machine, (), ()).serves, "the second slot to answer")
    state = machine.card.state()
    assert machine.starts == [first, second] and machine.card.slot() == second
    assert state is not None and (state.active, state.tries) == (second, 1)


def test_a_slot_that_never_comes_up_healthy_is_tried_so_often_and_then_given_up(machine: Machine) -> None:
    first, second = SLOTS
    for count in range(1, TRIES + 1):
        machine.start()
        machine.until(lambda: tried(machine) == (first, count), f"try {count} to be counted")  # noqa: B023
        machine.cut()
    machine.start()
    machine.until(lambda: tried(machine) == (second, 1), "the other slot")
    assert machine.starts == [first] * (TRIES + 1) + [second]
    assert machine.card.slot() == second


def tried(machine: Machine) -> "tuple[int, int] | None":
    """Return the slot in use and how often it was tried."""
    state = machine.card.state()
    return state and (state.active, state.tries)
