"""What drivers' programs say, and what it tells of their machine."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.bridge import messages
from feedpath.back.pdl.bridge.messages import Message, Told
from feedpath.core.driver import Facts, Supply


@pytest.mark.parametrize(
    "line, message",
    [
        (b"DEBUG: a: b", Message("DEBUG", "a: b")),
        (b"INFO:  Printing ", Message("INFO", "Printing")),
        (b"ERROR: No paper", Message("ERROR", "No paper")),
        (b"STATE: +media-empty", Message("STATE", "+media-empty")),
        (b"PAGE: 1 2", Message("PAGE", "1 2")),
        (b"ATTR: marker-levels=3", Message("ATTR", "marker-levels=3")),
        (b"brlaser: hello", Message("", "brlaser: hello")),
        (b"\xff", Message("", "\ufffd")),
    ],
)
def test_a_line_of_the_standard_error_has_a_kind(line: bytes, message: Message) -> None:
    assert messages.parse(line) == message


def heard(*lines: str) -> Told:
    told = Told()
    for line in lines:
        told.hear(messages.parse(line.encode()))
    return told


STATES: "tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]" = (
    (("+media-empty-error",), ("media-empty-error",)),
    (("+media-empty-error", "-media-empty-error"), ()),
    (("+a-warning,b-warning", "+c", "-b-warning"), ("a-warning", "c")),
    (("+a-warning", "b-warning"), ("b-warning",)),
    (("+a-warning", "none"), ()),
    (("+a-warning", "+a-warning"), ("a-warning",)),
    (("+com.maker.ink-low",), ("com.maker.ink-low",)),
    (("+No Paper!,<b>",), ()),
    (("+" + ",".join(f"r{number}" for number in range(99)),), tuple(f"r{number}" for number in range(16))),
    (("",), ()),
)


@pytest.mark.parametrize("said, reasons", STATES)
def test_state_messages_add_take_away_and_set_reasons(said: "tuple[str, ...]", reasons: "tuple[str, ...]") -> None:
    told = heard(*(f"STATE: {text}" for text in said)).facts()
    assert (told.reasons or ()) == reasons


def test_a_fact_is_told_once() -> None:
    told = heard("STATE: +toner-low-warning", "ATTR: marker-names=Black marker-levels=9")
    assert told.facts() == Facts(reasons=("toner-low-warning",), supplies=(Supply("Black", "toner", "none", 9),))
    assert told.facts() == Facts()
    told.hear(Message("ATTR", "marker-levels=8"))
    assert told.facts() == Facts(supplies=(Supply("Black", "toner", "none", 8),))


def test_a_program_that_has_ended_waits_for_nothing_and_the_next_begins_anew() -> None:
    told = heard("STATE: +media-empty-error,toner-low-warning")
    told.end()
    assert told.facts().reasons == ("toner-low-warning",)
    told.begin()
    assert told.facts().reasons == ()


ATTRIBUTES: "tuple[tuple[str, tuple[Supply, ...] | None], ...]" = (
    (
        'marker-names=\'"Black ink","Ink, cyan"\' marker-levels=12,-2 marker-types=ink-cartridge,ink '
        "marker-colors=#000000,#00FFFF marker-low-levels=5,6 marker-high-levels=99,98",
        (Supply("Black ink", "inkCartridge", "#000000", 12, 5, 99), Supply("Ink, cyan", "ink", "#00FFFF", -2, 6, 98)),
    ),
    ("marker-names=Waste marker-levels=50 marker-types=waste-toner", (Supply("Waste", "wasteToner", "none", 50),)),
    ("marker-names=A marker-levels=500 marker-colors=red marker-types=../x", (Supply("A", "other", "none", 100),)),
    ("marker-names=A marker-levels=many", (Supply("A", "toner", "none", -2),)),
    ("marker-names=A,B marker-levels=1", None),
    ("marker-levels=1", None),
    ("marker-names='A marker-levels=1", None),
    ("printer-alert=x", None),
    ("", None),
)


@pytest.mark.parametrize("text, supplies", ATTRIBUTES)
def test_attr_messages_tell_of_supplies(text: str, supplies: "tuple[Supply, ...] | None") -> None:
    assert heard(f"ATTR: {text}").facts().supplies == supplies


WORDS = ("STATE: ", "ATTR: ", "marker-", "names=", "levels=", "types=", "colors=", "'", '"', ",", "+", "-", "\\", " ",
         "\n", "media-empty-error", "7", "-9", "none", "\0", "\u00e9")  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=40).map("".join))
def test_whatever_a_program_says_what_is_told_is_in_order(said: str) -> None:
    lines = said.split("\n")
    facts = heard(*lines).facts()
    assert all(messages.KEYWORD.fullmatch(reason) for reason in facts.reasons or ())
    for supply in facts.supplies or ():
        assert len(supply.name) <= messages.NAME_MOST and supply.kind.isalpha() and -3 <= supply.level <= 100


def test_messages_are_logged_but_not_without_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    heard("ERROR: The paper is blue", "DEBUG: one", *["INFO: more"] * 1000)
    assert len(caplog.records) == messages.LOGGED_MOST
    first, second = ((record.levelname, record.getMessage()) for record in caplog.records[:2])
    assert first == ("WARNING", "the printer's driver says ERROR The paper is blue")
    assert second == ("DEBUG", "the printer's driver says DEBUG one")
