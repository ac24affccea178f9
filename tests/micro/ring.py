"""Micro case: the ring hands on every byte once and in order, whatever the sizes on either side, on both Pythons."""

import hashlib

from feedpath import aio
from feedpath.core.ring import Closed, Ring

SLOTS, SLOT_BYTES = 3, 64


class Sizes:
    """The same odd numbers on both Pythons, whose own random numbers differ."""

    def __init__(self, seed: int):
        self._state = seed

    def next(self, most: int) -> int:
        """Return 1 to `most`."""
        self._state = (self._state * 1103515245 + 12345) % 2147483648
        return self._state // 65536 % most + 1


def document(length: int) -> bytes:
    return bytes(byte * 7 % 251 for byte in range(length))


async def fill(ring: Ring, data: bytes, sizes: Sizes) -> None:
    position = 0
    while position < len(data):
        view = await ring.space()
        count = min(len(view), sizes.next(100), len(data) - position)
        view[:count] = data[position : position + count]
        ring.filled(count)
        position += count
    await ring.end()


async def drain(ring: Ring, sizes: Sizes) -> bytes:
    """Take the document as a device does that accepts parts only."""
    taken = b""
    while True:
        view = await ring.ready_soon(len(taken))
        if not view:
            return taken
        count = min(len(view), sizes.next(90))
        taken += bytes(view[:count])
        ring.drained(count)


async def every_byte_comes_once_and_in_order() -> None:
    ring = Ring(SLOTS, SLOT_BYTES)
    for seed, length in enumerate((0, 1, 63, 64, 65, 192, 193, 10000)):
        data = document(length)
        filling = aio.create_task(fill(ring, data, Sizes(seed)))
        taken = await drain(ring, Sizes(seed + 100))
        await filling
        print(length, taken == data, hashlib.sha256(taken).digest()[:4])
        ring.restart()


async def full_ring_makes_the_sender_wait() -> None:
    ring = Ring(SLOTS, SLOT_BYTES)
    for _ in range(SLOTS):
        ring.filled(len(await ring.space()))
    waiting = aio.create_task(ring.space())
    await aio.sleep_ms(0)
    print("full:", len(ring.free()), waiting.done())
    ring.drained(10)
    print("room after the device took ten bytes:", len(await waiting))


async def part_of_a_slot_goes_out_at_once() -> None:
    ring = Ring(SLOTS, SLOT_BYTES)
    waiting = aio.create_task(ring.ready_soon(0))
    await aio.sleep_ms(0)
    view = await ring.space()
    view[:5] = b"hello"
    ring.filled(5)
    print("idle device gets", bytes(await waiting))


async def retained_bytes_can_be_read_again() -> None:
    ring = Ring(SLOTS, SLOT_BYTES)
    ring.restart(retain=True)
    (await ring.space())[:6] = b"abcdef"
    ring.filled(6)
    ring.drained(6)
    print("again:", bytes(ring.bytes_at(2)))
    ring.release(6)
    print("room:", ring.size - (ring.filled_to - ring.released_to) == ring.size)


async def closing_ends_both_sides() -> None:
    ring = Ring(SLOTS, SLOT_BYTES)
    draining = aio.create_task(ring.ready_soon(0))
    await aio.sleep_ms(0)
    ring.close()
    print("drains", len(await draining))
    try:
        await ring.space()
    except Closed:
        print("no more space")


async def main() -> None:
    await every_byte_comes_once_and_in_order()
    await full_ring_makes_the_sender_wait()
    await part_of_a_slot_goes_out_at_once()
    await retained_bytes_can_be_read_again()
    await closing_ends_both_sides()


aio.run(main())
