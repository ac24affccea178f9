"""Jobs on their way to a machine: streaming, waiting, trouble, restarts of the firmware."""

import asyncio
import errno
import gzip
import os
import random
import shutil
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedpath.core.job import ABORTED, CANCELED, COMPLETED, HELD, PENDING, PROCESSING, STOPPED
from feedpath.core.printer import Printer
from feedpath.errors import Refused
from tests.fakes.machine import WATCHDOG_S, Body, Box, Clock, Machine, until

DOCUMENT = random.Random(1).randbytes(3_000_000)


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def over(job):
    return job.over


async def complete(job, receiving):
    await receiving
    await job.finish()


def test_an_idle_machine_prints_while_the_document_still_comes_in(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box:
            gate = asyncio.Semaphore(10)
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT, 10_000, gate)))
            await until(lambda: len(box.machine.received) == 100_000)
            assert job.state == PROCESSING and "job-incoming" in job.reasons
            assert os.listdir(tmp_path / "spool") == []
            for _ in range(400):
                gate.release()
            await receiving
            await job.finish()
            assert job.state == COMPLETED
            assert box.machine.received == DOCUMENT

    run(main())


def test_the_machine_gets_the_rings_own_memory(tmp_path):
    """The address of what the client's bytes were written to is the address of what the machine is given."""
    import ctypes

    def address(view):
        return ctypes.addressof(ctypes.c_char.from_buffer(view))

    class Recording(Machine):
        def write(self, view: memoryview) -> int:
            handed.append((address(view), bytes(view)))
            return super().write(view)

    handed: "list[tuple[int, bytes]]" = []

    async def main():
        async with Box(tmp_path, Recording()) as box:
            filled = {}
            job = box.submit()
            for number in range(12):
                view = await job.space()
                view[:] = bytes([number]) * len(view)
                filled[address(view)] = number
                job.filled(len(view))
            await job.finish()
            low = min(filled)
            for where, data in handed:
                slot = max(start for start in filled if start <= where)
                assert low <= where < low + box.device.ring.size
                assert filled[slot] % 8 == data[0] % 8

    run(main())
    assert handed


@pytest.mark.parametrize("policy", [{"stream": False}, {"stream": True}])
def test_jobs_print_in_the_order_in_which_they_came_and_unmixed(tmp_path, policy):
    async def main():
        async with Box(tmp_path, Machine(), **policy) as box:
            box.machine.busy.set()
            jobs = []
            for number in range(5):
                job = box.submit()
                await job.receive(Body(bytes([number]) * 50_000))
                jobs.append((job, asyncio.ensure_future(job.finish())))
            box.machine.busy.clear()
            for job, finishing in jobs:
                await finishing
                await until(partial(over, job))
            assert box.machine.received == b"".join(bytes([number]) * 50_000 for number in range(5))
            assert {job.state for job, _ in jobs} == {COMPLETED}

    run(main())


def test_told_ok_means_on_storage_while_the_machine_takes_nothing(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), stall_s=0.01) as box:
            box.machine.busy.set()
            first = await box.print(b"1" * 40_000)
            second = await box.print(b"2" * 40_000)
            assert not first.over and not second.over
            stored = {path.stem: path.read_bytes() for path in (tmp_path / "spool").iterdir()}
            assert stored == {str(first.id): b"1" * 40_000, str(second.id): b"2" * 40_000}
            box.machine.busy.clear()
            await until(lambda: second.over)
            assert box.machine.received == b"1" * 40_000 + b"2" * 40_000
            await until(lambda: os.listdir(tmp_path / "spool") == [])
            await until(lambda: box.area.used == 0)

    run(main())


def test_a_stalled_machine_sends_the_overflow_to_the_spool_so_that_the_client_goes_on(tmp_path):
    async def main():
        clock = Clock()
        async with Box(tmp_path, Machine(), clock=clock, stall_s=5) as box:
            box.machine.busy.set()
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT)))
            await until(lambda: job.received == box.device.ring.size)
            clock.now += 4
            box.device.tick()
            assert job.state == STOPPED and box.printer.state == 5
            assert box.printer.reasons == ["timed-out-error"]
            clock.now += 2
            box.device.tick()
            await receiving
            assert job.received == len(DOCUMENT)
            box.machine.busy.clear()
            await job.finish()
            await until(lambda: job.over)
            assert job.state == COMPLETED and box.machine.received == DOCUMENT

    run(main())


def test_a_client_slower_than_the_printers_patience_does_not_hold_the_machine(tmp_path):
    async def main():
        clock = Clock()
        async with Box(tmp_path, Machine(), clock=clock) as box:
            gate = asyncio.Semaphore(1)
            slow = box.submit()
            receiving = asyncio.ensure_future(slow.receive(Body(b"s" * 300, 100, gate)))
            await until(lambda: slow.received == 100)
            clock.now += 10
            box.device.tick()
            quick = await box.print(b"q" * 100_000)
            await until(lambda: quick.over)
            assert quick.state == COMPLETED and slow.state == PENDING
            for _ in range(9):
                gate.release()
            await receiving
            await slow.finish()
            await until(lambda: slow.over)
            assert box.machine.received == b"q" * 100_000 + b"s" * 300

    run(main())


@pytest.mark.parametrize("size", [200_000, 3_000_000])
def test_a_job_starts_again_after_a_power_cycle(tmp_path, size):
    async def main():
        cut = Machine(lambda wanted: 10_000)
        async with Box(tmp_path, cut) as box:
            gate = asyncio.Semaphore(size // 20_000)
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT[:size], 10_000, gate)))
            await until(lambda: len(cut.received) > size // 4)
            cut.gone = True
            await until(lambda: box.device.connection is None)
            assert box.printer.reasons == ["offline-report", "connecting-to-device"]
            back = Machine()
            box.device.attach(back)
            for _ in range(size // 10_000):
                gate.release()
            await receiving
            await job.finish()
            assert job.state == COMPLETED and back.received == DOCUMENT[:size]

    run(main())


def test_a_job_longer_than_the_kept_copy_ends_with_its_reason_after_a_power_cycle(tmp_path):
    async def main():
        cut = Machine()
        async with Box(tmp_path, cut, keep_copy=1_000_000) as box:
            gate = asyncio.Semaphore(250)
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT, 10_000, gate)))
            await until(lambda: not job.whole)
            cut.gone = True
            gate.release()
            await until(lambda: box.device.connection is None)
            await until(lambda: job.over)
            assert job.state == ABORTED and "switched off or unplugged" in job.message
            for _ in range(400):
                gate.release()
            with pytest.raises(Refused):
                await receiving

    run(main())


@pytest.mark.parametrize("policy, state", [("abort", ABORTED), ("hold", HELD)])
def test_what_happens_after_a_power_cycle_is_a_setting(tmp_path, policy, state):
    async def main():
        cut = Machine(lambda wanted: 1000)
        async with Box(tmp_path, cut, after_power_cycle=policy) as box:
            job = box.submit()
            gate = asyncio.Semaphore(20)
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT[:400_000], 10_000, gate)))
            await until(lambda: len(cut.received) > 150_000)
            cut.gone = True
            gate.release()
            await until(lambda: job.state == state)
            for _ in range(60):
                gate.release()
            if state == ABORTED:
                with pytest.raises(Refused):
                    await receiving
                return
            await receiving
            await job.finish()
            back = Machine()
            box.device.attach(back)
            other = await box.print(b"other" * 100)
            await until(lambda: other.over)
            box.printer.release(job)
            await until(lambda: job.over)
            assert back.received == b"other" * 100 + DOCUMENT[:400_000]

    run(main())


@pytest.mark.parametrize("policy, state", [("hold", HELD), ("abort", ABORTED)])
def test_a_crash_with_a_waiting_jobs_first_byte_finds_it_on_record_that_it_began(tmp_path, policy, state):
    """What stands on storage when the machine is given the first byte is what a crash just then would leave."""

    class Witness(Machine):
        def write(self, view: memoryview) -> int:
            if not (tmp_path / "crashed").exists():
                shutil.copytree(tmp_path / "box", tmp_path / "crashed")
            return super().write(view)

    async def main():
        machine = Witness()
        (tmp_path / "box").mkdir()
        async with Box(tmp_path / "box", machine, plugged=False, after_power_cycle=policy) as box:
            waiting = await box.print(DOCUMENT)
            assert waiting.state == PENDING and waiting.secured
            box.device.attach(machine)
            await until(lambda: waiting.over)
            assert waiting.state == COMPLETED and machine.received == DOCUMENT
        async with Box(tmp_path / "crashed", after_power_cycle=policy) as box:
            assert box.jobs[waiting.id].state == state
            assert "switched off" in box.jobs[waiting.id].message

    run(main())


def test_a_job_is_canceled_while_the_machine_takes_nothing_and_the_next_one_starts_clean(tmp_path):
    async def main():
        machine = Machine(lambda wanted: 1000)
        async with Box(tmp_path, machine) as box:
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(b"x" * 2_000_000)))
            await until(lambda: machine.received)
            machine.busy.set()
            box.printer.cancel(job)
            assert "processing-to-stop-point" in job.reasons
            await until(lambda: job.over)
            assert job.state == CANCELED
            with pytest.raises(Refused):
                await complete(job, receiving)
            machine.busy.clear()
            machine.takes = None
            machine.received.clear()
            await box.print(b"next" * 10)
            assert machine.received == b"next" * 10 and machine.resets == 1

    run(main())


def test_a_client_that_vanishes_leaves_an_aborted_job_and_no_bytes(tmp_path):
    class Vanishing(Body):
        async def readinto(self, view):
            count = await super().readinto(view)
            if not count:
                raise ConnectionResetError
            return count

    async def main():
        async with Box(tmp_path, Machine(), stream=False, memory=0) as box:
            job = box.submit()
            with pytest.raises(ConnectionResetError):
                await job.receive(Vanishing(DOCUMENT))
            assert job.state == ABORTED and job.reasons == ("submission-interrupted",)
            assert os.listdir(tmp_path / "spool") == [] and box.area.used == 0
            assert box.machine.received == b""
            assert (await box.print(b"after")).state == COMPLETED

    run(main())


def test_the_ring_is_not_given_away_while_an_ended_jobs_client_may_still_write_into_it(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box:
            gone = box.submit()
            lent = await gone.space()
            box.printer.cancel(gone)
            job = box.submit()
            view = await job.space()
            lent[:4] = b"evil"
            view[:4] = b"good"
            job.filled(4)
            await job.finish()
            await until(lambda: job.over)
            assert box.machine.received == b"good"
            with pytest.raises(Refused):
                await gone.space()
            assert (await box.print(b"ring")).sink is box.device.ring

    run(main())


def test_a_held_job_waits_and_prints_when_released(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box:
            held = await box.print(b"held", hold=True)
            await box.print(b"free")
            assert held.state == HELD and held.secured
            box.printer.release(held)
            await until(lambda: held.over)
            assert box.machine.received == b"freeheld"
            with pytest.raises(Refused):
                box.printer.release(held)

    run(main())


def test_a_paused_printer_keeps_its_jobs_and_another_printer_on_the_same_machine_goes_on(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box:
            other = Printer("Other", "u", box.device, box.store, box.policy)
            box.printer.pause()
            waiting = await box.print(b"waiting")
            assert box.printer.state == 5 and box.printer.reasons == ["paused"] and other.state == 3
            going = await box.print(b"other", printer=other)
            await until(lambda: going.over)
            box.printer.resume()
            await until(lambda: waiting.over)
            assert box.machine.received == b"otherwaiting"

    run(main())


def test_waiting_jobs_survive_a_restart_and_ids_never_come_twice(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), stall_s=0.01) as box:
            box.machine.busy.set()
            jobs = [await box.print(bytes([65 + number]) * 30_000) for number in range(3)]
            ids = [job.id for job in jobs]
        async with Box(tmp_path, Machine()) as again:
            await until(lambda: all(job.over for job in again.jobs.values()))
            assert [job.state for job in again.jobs.values()] == [COMPLETED] * 3
            assert again.machine.received == b"A" * 30_000 + b"B" * 30_000 + b"C" * 30_000
            assert again.submit().id > max(ids)

    run(main())


def test_a_documents_password_is_never_stored_so_that_its_job_ends_with_a_sentence_after_a_restart(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), stall_s=0.01) as box:
            box.machine.busy.set()
            job = await box.print(b"document" * 4000, password="open sesame")
            assert job.secured and job.ticket.password == "open sesame"
        stored = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        assert any(b"documentdocument" in each for each in stored)
        assert not any(b"open sesame" in each for each in stored)
        async with Box(tmp_path, Machine()) as again:
            restored = again.jobs[job.id]
            assert (restored.state, restored.reasons) == (ABORTED, ("document-password-error",))
            assert "print it again with its password" in restored.message
            assert again.area.used == 0

    run(main())


def test_a_documents_password_goes_with_the_end_of_its_job(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box:
            job = await box.print(b"x" * 100, password="open sesame")
            assert (job.state, job.ticket.password) == (COMPLETED, "")
            held = await box.print(b"x" * 100, password="open sesame", hold=True)
            held.cancel()
            assert (held.state, held.ticket.password) == (CANCELED, "")

    run(main())


def test_a_document_that_was_not_complete_ends_its_job_with_a_reason_after_a_restart(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), stream=False) as box:
            job = box.submit()
            await job.space()
            await box.store.written()
        async with Box(tmp_path, Machine()) as again:
            restored = again.jobs[job.id]
            assert restored.state == ABORTED and "switched off" in restored.message

    run(main())


def test_a_full_spool_refuses_the_job_in_words_and_gives_its_room_back(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), stream=False, memory=0, storage=500_000) as box:
            with pytest.raises(Refused) as refused:
                await box.print(DOCUMENT)
            assert refused.value.reason == "spool-area-full"
            assert box.area.refusals == 1
            assert box.area.used == 0 and os.listdir(tmp_path / "spool") == []
            assert (await box.print(b"small")).state == COMPLETED

    run(main())


@pytest.mark.parametrize(
    "coded, compression",
    [
        (gzip.compress(DOCUMENT), "gzip"),
        (gzip.compress(DOCUMENT[:1_000_000]) + gzip.compress(DOCUMENT[1_000_000:]), "gzip"),
    ],
)
def test_compressed_documents_are_decoded_on_the_way(tmp_path, coded, compression):
    async def main():
        async with Box(tmp_path, Machine()) as box:
            job = await box.print(coded, 5_000, compression=compression)
            assert job.state == COMPLETED and box.machine.received == DOCUMENT

    run(main())


@pytest.mark.parametrize(
    "coded, said",
    [
        (gzip.compress(bytes(50_000_000)), "times as many"),
        (gzip.compress(DOCUMENT)[:-20], "too early"),
        (b"no gzip at all", "broken"),
        (b"", "too early"),
    ],
    ids=["bomb", "truncated", "garbage", "empty"],
)
def test_a_broken_compressed_document_is_refused_with_a_sentence(tmp_path, coded, said):
    async def main():
        async with Box(tmp_path, Machine()) as box:
            job = box.submit(compression="gzip")
            with pytest.raises(Refused) as refused:
                await complete(job, job.receive(Body(coded, 10_000)))
            assert refused.value.reason == "compression-error" and said in refused.value.detail
            await until(lambda: job.over)
            assert job.state == ABORTED and job.reasons == ("compression-error",)
            assert (await box.print(b"next")).state == COMPLETED

    run(main())


def test_history_is_bounded_and_waiting_jobs_too(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), history_jobs=3, waiting_jobs=2) as box:
            ids = [(await box.print(b"x")).id for _ in range(6)]
            assert list(box.printer.jobs) == ids[-3:]
            for _ in range(2):
                box.submit(hold=True)
            with pytest.raises(Refused) as refused:
                box.submit()
            assert refused.value.reason == "too-many-jobs"

    run(main())


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    jobs=st.lists(st.tuples(st.integers(0, 400_000), st.integers(1, 60_000), st.booleans()), min_size=1, max_size=6),
    takes=st.lists(st.integers(0, 150_000), min_size=1, max_size=6),
)
def test_jobs_at_once_on_a_capricious_machine_arrive_whole_and_unmixed(tmp_path_factory, jobs, takes):
    """Sizes, pieces and cancels at random: each finished job stands whole in what the machine took, in one piece."""

    async def main():
        turn = iter(range(10**9))
        machine = Machine(lambda wanted: takes[next(turn) % len(takes)] if any(takes) else wanted)
        async with Box(tmp_path_factory.mktemp("box"), machine, memory=300_000) as box:

            async def one(number, size, piece, cancel):
                job = box.submit()
                data = bytes([number + 1]) * size
                try:
                    receiving = asyncio.ensure_future(job.receive(Body(data, piece)))
                    if cancel:
                        await asyncio.sleep(0)
                        job.cancel()
                    await receiving
                    await job.finish()
                except Refused:
                    assert cancel
                await until(lambda: job.over)
                return job, data

            done = await asyncio.gather(*(one(number, *job) for number, job in enumerate(jobs)))
            for job, data in done:
                if job.state == COMPLETED:
                    assert data in machine.received
                    assert not data or machine.received.count(data[:1]) == len(data)
                else:
                    assert job.state == CANCELED
            await until(lambda: box.area.used == 0)

    run(main())


def test_a_document_that_cannot_be_read_from_storage_ends_its_job_in_words_and_the_next_one_starts_clean(
    tmp_path, monkeypatch
):
    def preadv(descriptor: int, buffers: "list[memoryview]", offset: int) -> int:
        if offset:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return really_read(descriptor, buffers, offset)

    async def main():
        machine = Machine()
        async with Box(tmp_path, machine, plugged=False, memory=0) as box:
            job = await box.print(DOCUMENT)
            box.device.attach(machine)
            await until(lambda: job.over)
            assert job.state == ABORTED and 0 < job.printed < job.received
            assert "could not be read from storage" in job.message
            assert (await box.print(b"next")).state == COMPLETED
            assert machine.received.endswith(b"next") and machine.resets == 1

    really_read = os.preadv
    monkeypatch.setattr(os, "preadv", preadv)
    run(main())
