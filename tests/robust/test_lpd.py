"""What no client of LPD should send: mutated conversations with the daemon's own parts, and with the firmware."""

import asyncio
import gc
import random
import socket
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.fakes.netns import WATCHDOG_S, until
from tests.fakes.virtual_printer import VirtualPrinter
from tests.robust.changes import changed
from tests.robust.firmware import Installation, installed
from tests.robust.lpdjobs import DATA, KIND, NO, OK, Tray, answers, heard, jobs

PACKETS = 100_000  # conversations
ANSWERED = 20_000  # conversations, after which nothing more is kept
KEPT_MOST = 5000  # objects, over all the others
MUTANTS = 3000
SENDERS = 4
SETTLED = 300  # conversations, after which memory grows no more
CROWD = 600  # connections; six times what is served at a time
STAGES = (b"\x02lp", b"\x02lp\n", b"\x02lp\n\x02900 cfA\nJ", b"\x02lp\n\x0390000 dfA\n" + bytes(50_000), b"\x04lp\n")
GROWTH_MOST = 4 << 20  # bytes, over all the others
VALID = [*(b"\x02lp\n" + job for job in jobs(2)), b"\x04lp mary\n", b"\x05lp mary 1 2\n"]


def talk(port: int, said: bytes) -> bytes:
    """Say it all at once, and no more; return what comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=WATCHDOG_S) as connection:
        heard = bytearray()
        try:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                heard += piece
        except TimeoutError:
            raise
        except OSError:
            pass  # it was closed on bytes that were still to be read
        return bytes(heard)


def objects() -> int:
    """Return how many blocks of memory Python holds."""
    gc.collect()
    return sys.getallocatedblocks()


def test_a_hundred_thousand_mutated_jobs_are_answered_as_the_protocol_has_it(seed: int) -> None:
    async def main() -> "tuple[Counter[bytes], int]":
        choose, printer, ends = random.Random(seed), Tray(), Counter[bytes]()
        valid, before = jobs(1), 0
        for number in range(PACKETS):
            said = changed(valid, KIND, choose)
            expected, answered = answers(said), await heard(printer, said)
            assert answered == expected or expected is None, said
            ends[answered[-1:]] += 1
            if number == ANSWERED:
                before = objects()
        return ends, objects() - before

    ends, grown = asyncio.run(main())
    assert min(ends[OK], ends[NO]) > PACKETS // 50, ends
    assert grown < KEPT_MOST


def mutants(port: int, seed: int, count: int) -> "set[bytes]":
    """Say so many mutants; return the last octets that answered."""
    choose = random.Random(seed)
    return {talk(port, changed(VALID, KIND, choose))[-1:] for _ in range(count)}


@pytest.fixture
def daemon(tmp_path: Path) -> "Iterator[tuple[int, Installation]]":
    """A firmware that answers LPD, and where."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = ("lpd=on", "lpd-port=%d" % port, "job-history=10", "waiting-jobs=100000")
    with installed(tmp_path / "data", *settings) as running:
        yield port, running


def prints(port: int, printer: VirtualPrinter) -> None:
    """Print a good job; fail when it does not come out."""
    start = printer.total
    assert talk(port, VALID[1])[-1:] == OK
    until(lambda: printer.received[start:].endswith(DATA * 2), "a good job to print")


def test_mutated_conversations_are_refused_cleanly_and_leave_nothing_behind(
    daemon: "tuple[int, Installation]", seed: int
) -> None:
    port, (firmware, printer, _) = daemon
    with ThreadPoolExecutor(SENDERS) as pool:
        heard, each = mutants(port, seed, SETTLED), (MUTANTS - SETTLED) // SENDERS
        before, memory = firmware.alive(), firmware.memory()
        for part in pool.map(mutants, [port] * SENDERS, range(seed + 1, seed + 1 + SENDERS), [each] * SENDERS):
            heard |= part
        assert {b"\0", b"\1"} <= heard
        assert not firmware.trouble()
        until(lambda: not firmware.spooled(), "all jobs to end")
        firmware.settled(before)
        assert firmware.memory() - memory < GROWTH_MOST
        prints(port, printer)


def test_a_crowd_that_vanishes_in_mid_conversation_leaves_nothing_behind(daemon: "tuple[int, Installation]") -> None:
    port, (firmware, printer, _) = daemon
    prints(port, printer)
    before = firmware.alive()
    with ExitStack() as crowd:
        for number in range(CROWD):
            client = crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WATCHDOG_S))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # it ends with a reset
            with suppress(ConnectionError):  # it was refused
                client.sendall(STAGES[number % len(STAGES)])
    until(lambda: talk(port, b"\x03lp\n")[1:], "the crowd to be gone")
    prints(port, printer)
    assert not firmware.trouble()
    firmware.settled(before)
    assert firmware.holds_none()
