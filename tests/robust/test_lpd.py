"""What no client of LPD should send: mutated conversations with the daemon's own parts, and with the firmware."""

import asyncio
import gc
import os
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

from feedpath.back.pdl import sniff
from feedpath.back.pdl.passthrough import PassThrough
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused, WireError
from feedpath.front.lpd import table, wire
from feedpath.front.lpd.peer import Peer
from feedpath.front.lpd.receive import PARTS_MOST, Reception
from tests.fakes.netns import WATCHDOG_S, until
from tests.fakes.virtual_printer import VirtualPrinter
from tests.robust.changes import Kind, changed
from tests.robust.firmware import Installation, installed

PACKETS = 100_000
ANSWERED = 20_000  # conversations, after which nothing more is kept
KEPT_MOST = 5000  # objects, over all the others
MUTANTS = 3000
SENDERS = 4
SETTLED = 300  # conversations, after which memory grows no more
CROWD = 600  # connections; six times what is served at a time
STAGES = (b"\x02lp", b"\x02lp\n", b"\x02lp\n\x02900 cfA\nJ", b"\x02lp\n\x0390000 dfA\n" + bytes(50_000), b"\x04lp\n")
GROWTH_MOST = 4 << 20  # bytes, over all the others
CONTROL = b"Hbox\nPmary\nJReport\n%bNreport.pdf\n"
DATA = b"\x1bE" + bytes(600)


def jobs(copies: int) -> "list[bytes]":
    """Return the files of a job in either order."""
    control = CONTROL % (b"ldfA\n" * copies)
    files = [b"\x02%d cfA\n%b\0" % (len(control), control), b"\x03%d dfA\n%b\0" % (len(DATA), DATA)]
    return [b"".join(files), b"".join(reversed(files))]


VALID = [*(b"\x02lp\n" + job for job in jobs(2)), b"\x04lp mary\n", b"\x05lp mary 1 2\n"]
KIND = Kind((b"\x02lp\n", b"\n", b" ", b"\0", b"\x030 dfA\n", b"\x01\n", b"fdfA\n", b"dfB", b"999999999999"))
OK, NO = table.ACCEPTED, table.REFUSED


class Said:
    """A client's end of a connection: all that it says is there already."""

    peer = ("10.0.0.9", 721)

    def __init__(self, octets: bytes):
        self._octets = memoryview(octets)

    async def readinto(self, view: memoryview) -> int:
        """Give what is left."""
        count = min(len(view), len(self._octets))
        view[:count] = self._octets[:count]
        self._octets = self._octets[count:]
        return count


class Client(Peer):
    """What the daemon has of such a client, and told it."""

    def __init__(self, said: bytes):
        super().__init__(Said(said))  # type: ignore[arg-type]
        self.heard = b""

    async def answer(self, octets: bytes) -> None:
        """Note it."""
        self.heard += octets


class Tray:
    """A printer, its machine and its jobs in one, which prints nothing at no cost: a hundred thousand conversations."""

    name, state, stopping, begun, over, ended, kept = "tray", 9, None, True, True, True, False
    received = printed = 0

    def __init__(self) -> None:
        self.driver = PassThrough(("PDF",), False)
        formats = (*self.driver.capabilities.formats, table.TEXT, table.POSTSCRIPT)
        self.capabilities = self.driver.capabilities = self.driver.capabilities._replace(formats=formats)
        self.device = self.spool = self
        self.ticket = Ticket()

    def submit(self, ticket: Ticket) -> "Tray":
        """Take a job."""
        self.ticket = ticket
        return self

    async def receive(self, body: "object") -> None:
        """Read a document to its end."""
        view = memoryview(bytearray(8192))
        while await body.readinto(view):  # type: ignore[attr-defined]
            pass

    def descriptor(self) -> int:
        """Give a document without bytes."""
        return os.open(os.devnull, os.O_RDONLY)

    def nothing(self, *_: object) -> None:
        """There is nothing to do."""

    async def at_once(self) -> None:
        """There is nothing to wait for."""

    check = amend = release = let_go = abort = cancel = nothing
    finish = recorded = at_once


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


def answers(said: bytes) -> "bytes | None":
    """Return what the files of a job are to be answered by RFC 1179, 6; None where packets' borders decide."""
    answered = OK
    for _ in range(PARTS_MOST):
        line, end, rest = said.partition(b"\n")
        if not said:
            return answered
        try:
            part = wire.part(line)
        except WireError:
            return answered + NO
        if not end:
            return answered + NO
        if part.code == table.ABORT_JOB:
            return answered + OK
        control = part.code == table.CONTROL_FILE
        if control and not 0 < part.octets <= wire.CONTROL_MOST:
            return answered + NO
        answered += OK
        if not control and (part.octets in table.UNCOUNTED or part.octets >= table.UNCOUNTED_FROM):
            return None if not part.octets and rest[:1] == b"\0" else answered + OK
        file, end = rest[: part.octets], rest[part.octets : part.octets + 1]
        if len(file) < part.octets or end.strip(b"\0") or (control and refused(file)):
            return answered + NO
        answered += OK
        said = rest[part.octets + 1 :]
    return answered + NO


def refused(control: bytes) -> bool:
    """Return whether a control file is not as the protocol has it, or asks for what nobody prints."""
    try:
        return any(file.letter not in table.PRINT for file in wire.control(control).values())
    except WireError:
        return True


async def heard(printer: Tray, said: bytes) -> bytes:
    """Return what the daemon answers to the files of a job."""
    client = Client(said)
    try:
        await Reception(client, printer, sniff.sniff).run()  # type: ignore[arg-type]
    except (WireError, Refused):
        return client.heard + NO
    return client.heard


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
