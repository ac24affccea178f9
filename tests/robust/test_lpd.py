"""What no client of LPD should send: mutated conversations with the running firmware."""

import random
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fakes.netns import WATCHDOG_S, until
from tests.robust.changes import Kind, changed
from tests.robust.firmware import installed

MUTANTS = 1000
SENDERS = 4
SETTLED = 300  # conversations, after which memory grows no more
GROWTH_MOST = 4 << 20  # bytes, over all the others
CONTROL = b"Hbox\nPmary\nJReport\nldfA\nldfA\nNreport.pdf\n"
DATA = b"\x1bE" + bytes(600)
FILES = (b"\x02%d cfA\n%b\0" % (len(CONTROL), CONTROL), b"\x03%d dfA\n%b\0" % (len(DATA), DATA))
VALID = [b"\x02lp\n" + b"".join(FILES), b"\x02lp\n" + b"".join(reversed(FILES)), b"\x04lp mary\n", b"\x05lp mary 1 2\n"]
KIND = Kind((b"\x02lp\n", b"\n", b" ", b"\0", b"\x030 dfA\n", b"\x01\n", b"fdfA\n", b"dfB", b"999999999999"))


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


def mutants(port: int, seed: int, count: int) -> "set[bytes]":
    """Say so many mutants; return the last octets that answered."""
    choose = random.Random(seed)
    return {talk(port, changed(VALID, KIND, choose))[-1:] for _ in range(count)}


def test_mutated_conversations_are_refused_cleanly_and_leave_nothing_behind(tmp_path: Path, seed: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = ("lpd=on", "lpd-port=%d" % port, "job-history=10", "waiting-jobs=100000")
    with installed(tmp_path / "data", *settings) as (firmware, printer, _), ThreadPoolExecutor(SENDERS) as pool:
        heard, each = mutants(port, seed, SETTLED), (MUTANTS - SETTLED) // SENDERS
        before, memory = firmware.alive(), firmware.memory()
        for part in pool.map(mutants, [port] * SENDERS, range(seed + 1, seed + 1 + SENDERS), [each] * SENDERS):
            heard |= part
        assert {b"\0", b"\1"} <= heard
        assert not firmware.trouble()
        until(lambda: not firmware.spooled(), "all jobs to end")
        firmware.settled(before)
        assert firmware.memory() - memory < GROWTH_MOST
        start = printer.total
        assert talk(port, VALID[1])[-1:] == b"\0"
        until(lambda: printer.received[start:].endswith(DATA * 2), "a good job to print")
