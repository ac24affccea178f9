"""The ring: order, back-pressure, early flush, and the same memory on both sides."""

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedpath.core.ring import Closed, Ring

WATCHDOG_S = 20


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


async def put(ring, data):
    while data:
        view = await ring.space()
        count = min(len(view), len(data))
        view[:count] = data[:count]
        ring.filled(count)
        data = data[count:]


def drain(ring, sizes, sink):
    """Take everything in a thread, as a device that takes `sizes` bytes at a time."""
    position = 0
    turn = 0
    while not (ring.ended and position == ring.filled_to) and not ring.closed:
        view = ring.ready(position, WATCHDOG_S)
        count = min(len(view), sizes[turn % len(sizes)])
        turn += 1
        sink += view[:count]
        position += count
        ring.drained(count)


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(st.binary(min_size=1, max_size=700), max_size=40),
    sizes=st.lists(st.integers(1, 300), min_size=1, max_size=5),
    slots=st.integers(1, 4),
    slot_bytes=st.sampled_from([1, 7, 64, 256]),
)
def test_no_byte_is_lost_repeated_or_reordered(pieces, sizes, slots, slot_bytes):
    ring = Ring(slots, slot_bytes)
    sink = bytearray()

    async def main():
        thread = threading.Thread(target=drain, args=(ring, sizes, sink))
        thread.start()
        for piece in pieces:
            await put(ring, piece)
        await ring.end()
        await asyncio.get_running_loop().run_in_executor(None, thread.join)

    run(main())
    assert bytes(sink) == b"".join(pieces)


@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=3000), sizes=st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_a_thread_can_fill_while_a_task_drains(data, sizes):
    ring = Ring(3, 100)
    sink = bytearray()

    def fill():
        rest = data
        while rest:
            view = ring.space_blocking(0.05)
            count = min(len(view), len(rest))
            view[:count] = rest[:count]
            ring.filled(count)
            rest = rest[count:]
        asyncio.run(ring.end())

    async def main():
        filling = asyncio.get_running_loop().run_in_executor(None, fill)
        position = turn = 0
        while True:
            view = await ring.ready_soon(position)
            if not view:
                break
            count = min(len(view), sizes[turn % len(sizes)])
            turn += 1
            sink.extend(view[:count])
            position += count
            ring.drained(count)
        await filling

    run(main())
    assert bytes(sink) == data


def test_several_documents_follow_each_other_unmixed():
    ring = Ring(2, 64)
    for number in range(5):
        sink = bytearray()
        data = bytes([number]) * 1000

        async def main(data=data, sink=sink):
            ring.restart()
            thread = threading.Thread(target=drain, args=(ring, [50], sink))
            thread.start()
            await put(ring, data)
            await ring.end()
            await asyncio.get_running_loop().run_in_executor(None, thread.join)

        run(main())
        assert bytes(sink) == data


def test_a_full_ring_makes_its_filler_wait_and_one_freed_byte_lets_it_go_on():
    async def main():
        ring = Ring(2, 8)
        await put(ring, b"0123456789abcdef")
        assert len(ring.free()) == 0
        waiting = asyncio.ensure_future(ring.space())
        await asyncio.sleep(0)
        assert not waiting.done()
        ring.drained(1)
        assert len(await waiting) == 1

    run(main())


def test_a_partial_slot_is_there_for_an_idle_device_at_once():
    async def main():
        ring = Ring(2, 8)
        taken = asyncio.get_running_loop().run_in_executor(None, lambda: bytes(ring.ready(0, WATCHDOG_S)))
        await put(ring, b"abc")
        assert await taken == b"abc"

    run(main())


def test_both_sides_see_the_same_memory():
    async def main():
        memory = bytearray(32)
        ring = Ring(2, 16, memory)
        view = await ring.space()
        view[:3] = b"abc"
        ring.filled(3)
        memory[0] = ord("z")
        assert bytes(ring.ready(0, 0)) == b"zbc"

    run(main())


def test_a_view_ends_at_a_slots_border_so_that_a_fast_sender_gives_whole_slots():
    async def main():
        ring = Ring(3, 8)
        await put(ring, bytes(range(20)))
        assert [len(ring.bytes_at(position)) for position in (0, 8, 16)] == [8, 8, 4]

    run(main())


def test_retained_bytes_can_be_read_again_until_they_are_released():
    async def main():
        ring = Ring(2, 8)
        ring.restart(retain=True)
        await put(ring, b"0123456789abcdef")
        ring.drained(16)
        assert len(ring.free()) == 0
        assert bytes(ring.bytes_at(0)) == b"01234567"
        ring.release(8)
        assert len(ring.free()) == 8

    run(main())


def test_closing_wakes_both_sides():
    async def main():
        ring = Ring(1, 4)
        await put(ring, b"full")
        loop = asyncio.get_running_loop()
        filler = asyncio.ensure_future(ring.space())
        drainer = loop.run_in_executor(None, ring.ready, 4, WATCHDOG_S)
        await asyncio.sleep(0)
        ring.close()
        with pytest.raises(Closed):
            await filler
        assert len(await drainer) == 0

    run(main())


def test_a_wake_without_room_gives_an_empty_view_so_that_the_filler_looks_again():
    async def main():
        ring = Ring(1, 4)
        await put(ring, b"full")
        filler = asyncio.ensure_future(ring.space())
        await asyncio.sleep(0)
        ring.wake()
        assert len(await filler) == 0

    run(main())
