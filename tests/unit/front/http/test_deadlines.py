"""Who may stay, on a clock of the test's own."""

import pytest

from feedpath.front.http.deadlines import BODY, HANDSHAKE, HEAD, IDLE, LINGER, WORK, WRITE, Crowd, Limits, Watch

LIMITS = Limits(
    idle=60, handshake=10, head=10, write=50, linger=5, patience=30, patience_max=300, body_rate=100,
    connections=4, address_share=0.75,
)  # fmt: skip


class Party:
    """A crowd whose members are letters, and who has been told to go."""

    def __init__(self, limits: Limits = LIMITS):
        self.crowd = Crowd(limits)
        self.dropped = ""

    def admit(self, name: str, address: str = "a") -> Watch:
        watch = self.crowd.admit(address, lambda: self._drop(name))
        assert watch is not None
        return watch

    def _drop(self, name: str) -> None:
        self.dropped += name

    def sweep(self, first: int, last: int) -> None:
        for now in range(first, last + 1):
            self.crowd.sweep(now)


@pytest.mark.parametrize("phase, seconds", [(IDLE, 60), (HANDSHAKE, 10), (HEAD, 10), (WRITE, 50), (LINGER, 5)])
def test_a_phase_ends_after_its_time(phase: int, seconds: int) -> None:
    party = Party()
    party.admit("x").enter(phase)
    party.sweep(1000, 999 + seconds)
    assert party.dropped == ""
    party.sweep(1000 + seconds, 1200)
    assert party.dropped == "x"


def test_a_phase_entered_again_has_its_whole_time_again() -> None:
    party = Party()
    watch = party.admit("x")
    for start in range(0, 1000, 50):
        watch.enter(HEAD)
        watch.enter(WORK)
        watch.enter(IDLE)
        party.sweep(start, start + 49)
    assert party.dropped == ""


def test_our_own_work_has_no_deadline() -> None:
    party = Party()
    party.admit("x").enter(WORK)
    party.sweep(0, 100_000)
    assert party.dropped == ""


def test_a_body_that_does_not_come_ends_when_patience_does() -> None:
    party = Party()
    party.admit("x").enter(BODY)
    party.sweep(0, 30)
    assert party.dropped == ""
    party.sweep(31, 31)
    assert party.dropped == "x"


def test_a_byte_a_second_buys_next_to_no_patience() -> None:
    party = Party()
    watch = party.admit("x")
    watch.enter(BODY)
    for now in range(32):
        watch.received += 1
        party.sweep(now, now)
    assert party.dropped == "x"


def test_bytes_at_the_least_rate_buy_patience_for_ever() -> None:
    party = Party()
    watch = party.admit("x")
    watch.enter(BODY)
    for now in range(5000):
        watch.received += 100
        party.sweep(now, now)
    assert party.dropped == ""


def test_saved_up_patience_has_an_end() -> None:
    party = Party()
    watch = party.admit("x")
    watch.enter(BODY)
    party.sweep(0, 1)
    watch.received = 10**12
    party.sweep(2, 301)
    assert party.dropped == ""
    party.sweep(302, 302)
    assert party.dropped == "x"


def test_patience_is_not_used_while_the_printer_is_waited_for() -> None:
    party = Party()
    watch = party.admit("x")
    for now in range(0, 3000, 30):  # a second of waiting for the client between 29 of waiting for the printer
        watch.enter(BODY)
        party.sweep(now, now)
        watch.received += 100
        watch.enter(WORK)
        party.sweep(now + 1, now + 29)
    assert party.dropped == ""


def test_whoever_was_told_to_go_is_told_once() -> None:
    party = Party()
    watch = party.admit("x")
    party.sweep(0, 200)
    assert party.dropped == "x"
    assert watch.late
    party.crowd.leave(watch)
    assert len(party.crowd) == 0


def test_the_longest_idle_goes_when_there_is_no_room() -> None:
    party = Party()
    watches = [party.admit(name, name) for name in "abcd"]
    watches[0].enter(WORK)
    watches[1].enter(HEAD)
    watches[1].enter(IDLE)
    party.admit("e", "e")
    assert party.dropped == "c"
    party.admit("f", "f")
    assert party.dropped == "cd"
    party.admit("g", "g")
    assert party.dropped == "cdb"
    assert len(party.crowd) == 4


def test_nobody_is_admitted_while_all_are_at_work() -> None:
    party = Party()
    for name in "abcd":
        party.admit(name, name).enter(WORK)
    assert party.crowd.admit("e", lambda: None) is None
    assert party.dropped == ""
    assert len(party.crowd) == 4


def test_an_address_has_its_share_and_then_pays_with_its_own() -> None:
    party = Party()
    party.admit("x", "other")
    watches = [party.admit(name, "greedy") for name in "abc"]
    party.admit("d", "greedy")
    assert party.dropped == "a"
    for watch in (*watches[1:], party.admit("e", "greedy")):
        watch.enter(WORK)
    assert party.dropped == "ab"


def test_an_address_at_its_share_with_all_at_work_is_not_admitted() -> None:
    party = Party()
    for name in "abc":
        party.admit(name, "greedy").enter(WORK)
    assert party.crowd.admit("greedy", lambda: None) is None
    assert party.crowd.admit("other", lambda: None) is not None


def test_those_who_leave_make_room() -> None:
    party = Party()
    for _ in range(100):
        watch = party.admit("x")
        watch.enter(WORK)
        party.crowd.leave(watch)
        party.crowd.leave(watch)
    assert party.dropped == ""
    assert len(party.crowd) == 0
    assert party.crowd._of_address == {}


def test_dropping_tells_whether_there_was_anyone_idle() -> None:
    party = Party()
    assert not party.crowd.drop_idle()
    watch = party.admit("x")
    watch.enter(WORK)
    assert not party.crowd.drop_idle()
    watch.enter(IDLE)
    assert party.crowd.drop_idle()
    assert not party.crowd.drop_idle()
