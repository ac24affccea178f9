"""Answers of machines that must be asked, in whatever pieces they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import escpos, zpl
from feedpath.back.pdl.asked import Asked
from feedpath.core.driver import Facts

OUT, FINE = Facts(("media-empty-error",)), Facts(())
HOST_STATUS = (
    b"\x02030,%d,0,1218,000,0,0,0,000,0,0,0\x03\r\n"  # the second field: paper out
    b"\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n"
    b"\x021234,0\x03\r\n"
)
MACHINES = {
    "escpos": (escpos.ASK, escpos.status, b"\x32\x12\x12", b"\x12\x12\x12"),
    "zpl": (zpl.ASK, zpl.status, HOST_STATUS % 1, HOST_STATUS % 0),
}


def heard(machine: Asked, said: bytes, piece: int) -> "list[Facts]":
    """Return what a machine that says so in such pieces is understood to tell."""
    facts = [machine.feed(said[at : at + piece]) for at in range(0, len(said), piece)]
    return [one for one in facts if one != Facts()]


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
def test_an_answer_counts_when_it_is_whole(name: str, piece: int) -> None:
    query, status, out, fine = MACHINES[name]
    machine = Asked(query, status)
    assert (machine.ask(), machine.sound) == (query, False)
    assert (heard(machine, out, piece), machine.sound) == ([OUT], True)
    assert (machine.ask(), machine.sound) == (query, True)
    assert heard(machine, fine, piece) == [FINE]


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_that_answers_in_part_is_not_believed(name: str) -> None:
    query, status, out, fine = MACHINES[name]
    machine = Asked(query, status)
    for _ in range(4):
        machine.ask()
        assert heard(machine, out[: len(out) // 3 * 2] if name == "escpos" else out[:30], 1) == []
        assert not machine.sound
    machine.ask()
    assert heard(machine, fine, 1) == [FINE]


def test_a_machine_that_falls_silent_is_not_asked_in_jobs_any_more() -> None:
    machine = Asked(escpos.ASK, escpos.status)
    machine.ask()
    machine.feed(b"\x12\x12\x12")
    machine.ask()
    machine.ask()
    assert not machine.sound


@given(st.lists(st.binary(max_size=50) | st.sampled_from([HOST_STATUS % 1, b"\x12", b"\x02"]), max_size=40))
def test_whatever_a_machine_says_is_understood_or_not(pieces: "list[bytes]") -> None:
    for query, status, *_answers in MACHINES.values():
        machine = Asked(query, status)
        assert all(isinstance(machine.feed(piece).reasons, tuple | None) for piece in pieces)
