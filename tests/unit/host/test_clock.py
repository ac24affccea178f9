"""The clock of a computer without one: never back over a restart."""

import asyncio
import time

import pytest

from feedpath.host.clock import Clock, has_keeper, is_synchronized
from tests.fakes.machine import WATCHDOG_S, until

Y2026, Y2038, Y2106 = 1_790_000_000.0, 2_147_483_648.0, 4_294_967_296.0


class Computer:
    """A system's clock that may be set or not, and one that never jumps."""

    def __init__(self, now, may_set=True, right=False):
        self.now, self.may_set, self.right, self.steady = now, may_set, right, 50.0

    def set(self, seconds):
        if not self.may_set:
            raise PermissionError(1, "Operation not permitted")
        self.now = seconds

    def passes(self, seconds):
        self.now += seconds
        self.steady += seconds

    def clock(self, directory):
        return Clock(directory / "clock", lambda: self.now, lambda: self.steady, self.set, lambda: self.right)


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


async def ran(computer, directory, seconds=0.0):
    """Run for so long; return the time at start and at stop."""
    clock = computer.clock(directory)
    clock.start()
    first = clock.now()
    computer.passes(seconds)
    last = clock.now()
    await clock.stop()
    return first, last


@pytest.mark.parametrize("may_set", [True, False])
@pytest.mark.parametrize("before", [Y2026, Y2038 - 10, Y2106 - 10])
def test_without_a_battery_the_time_goes_on_from_the_last_stop(tmp_path, may_set, before):
    async def main():
        await ran(Computer(before), tmp_path, 100.0)
        again = Computer(0.0, may_set)
        assert await ran(again, tmp_path, 60.0) == (before + 100, before + 160)
        assert (again.now == before + 160) is may_set
        assert (await ran(Computer(1000.0, may_set), tmp_path))[0] == before + 160

    run(main())


def test_a_clock_that_goes_right_is_left_alone(tmp_path):
    async def main():
        await ran(Computer(Y2026), tmp_path)
        later = Computer(Y2026 + 500, may_set=False)
        assert await ran(later, tmp_path, 5.0) == (Y2026 + 500, Y2026 + 505)

    run(main())


def test_a_system_that_is_known_to_be_right_wins_over_a_stamp_that_was_not(tmp_path):
    async def main():
        await ran(Computer(Y2106), tmp_path)
        right = Computer(Y2026, right=True)
        assert await ran(right, tmp_path) == (Y2026, Y2026)
        assert (await ran(Computer(0.0), tmp_path))[0] == Y2026

    run(main())


def test_when_the_system_learns_the_time_records_have_it(tmp_path):
    async def main():
        await ran(Computer(Y2026), tmp_path)
        computer = Computer(0.0, may_set=False)
        clock = computer.clock(tmp_path)
        clock.start()
        assert clock.now() == Y2026
        computer.now = Y2026 + 86400
        assert clock.now() == Y2026 + 86400
        await clock.stop()

    run(main())


def test_a_stamp_that_a_power_cut_left_broken_is_none(tmp_path):
    (tmp_path / "clock").write_text("\0\0")
    assert run(ran(Computer(Y2026), tmp_path)) == (Y2026, Y2026)


def test_it_is_stamped_from_the_start_on(tmp_path):
    async def main():
        clock = Computer(Y2026).clock(tmp_path)
        clock.start()
        await until((tmp_path / "clock").exists)
        assert float((tmp_path / "clock").read_text()) == Y2026
        await clock.stop()

    run(main())


def test_nowhere_to_stamp_is_no_reason_to_end(tmp_path):
    assert run(ran(Computer(Y2026), tmp_path / "missing", 1.0)) == (Y2026, Y2026 + 1)


@pytest.mark.parametrize("may_set", [True, False])
@pytest.mark.parametrize("behind", [86400.0, -86400.0])
def test_a_correction_is_taken_over_either_way(tmp_path, may_set, behind):
    computer = Computer(Y2026, may_set)
    clock = computer.clock(tmp_path)
    clock.correct(0.3)
    assert clock.now() == Y2026
    clock.correct(behind)
    if may_set or behind > 0:
        assert clock.now() == Y2026 + behind


def test_a_program_that_keeps_the_clock_is_seen(tmp_path):
    for number, name in ((1, "init"), (20, "chronyd")):
        assert not has_keeper(tmp_path)
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "comm").write_text(name + "\n")
    assert has_keeper(tmp_path)


def test_the_kernel_tells_whether_the_clock_is_kept():
    assert is_synchronized() in (True, False)
    assert Clock.now(Clock(None)) == pytest.approx(time.time(), abs=60)  # type: ignore[arg-type]
