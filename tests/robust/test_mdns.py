"""Multicast DNS under packets that are almost right: nothing is raised, nothing broken is answered, nothing grows."""

import contextlib
import itertools
import json
import random
import re
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from zeroconf import DNSIncoming  # type: ignore[attr-defined]  # exported, but not in __all__

from tests.fakes import netns
from tests.fakes.netns import Namespace, until
from tests.robust.changes import changed
from tests.robust.fuzz_targets import TARGETS

PACKETS = 100_000
SETTLED = 20_000  # after so many the memory has what it needs
BATCH, BATCH_BYTES = 60, 50_000  # packets before a question that must be answered: the kernel keeps that many
LOST_S = 1.0  # a question without an answer for so long was lost
GROWTH_BLOCKS = 2_000  # of Python's memory: one for 40 packets
GROUP = ("224.0.0.251", 5353)
GARBAGE_FROM, ASKED_FROM = "10.77.0.2", "10.77.0.3"  # queries of one address that are in parts are put together
MESSAGE_BYTES = 8900
QUESTION = struct.pack(">5H", 0, 1, 0, 0, 0) + b"\x04_ipp\x04_tcp\x05local\0" + b"\0\x0c\0\1"
QR_OPCODE_RCODE = 0xF80F


class Neighbour:
    """Another computer, that sends garbage; it knows which of it must not be answered."""

    def __init__(self, space: Namespace, dice: random.Random):
        self._dice = dice
        space.run("ip", "address", "add", ASKED_FROM + "/24", "dev", "eth0")
        self.usual = space.udp(GARBAGE_FROM, GROUP[1])
        self.garbage = space.udp(GARBAGE_FROM)
        self.asking = space.udp(ASKED_FROM)
        self._sent: "dict[int, bytes]" = {}  # by the id that comes back in an answer
        self._ids = itertools.count()
        self.answered = 0
        self.wrong: "list[str]" = []

    def close(self) -> None:
        """Close all sockets."""
        for each in (self.usual, self.garbage, self.asking):
            each.close()

    def send(self, count: int) -> None:
        """Send so many packets, and take what is answered."""
        valid, kind = TARGETS["mdns"].valid(), TARGETS["mdns"].kind
        batch = size = 0
        for number in range(count):
            data = changed(valid, kind, self._dice)[:MESSAGE_BYTES]
            if data[2:3] >= b"\x80":  # a response from another port would not be looked at
                self.usual.sendto(data, GROUP)
            else:
                data = struct.pack(">H", number % 65536) + data[2:]
                self._sent[number % 65536] = data
                self.garbage.sendto(data, GROUP)
            batch, size = batch + 1, size + len(data)
            if batch == BATCH or size > BATCH_BYTES:
                self.ask()
                self._take()
                batch = size = 0
        self.ask()
        self._take()

    def ask(self) -> bytes:
        """Ask for printers, and return the answer: it comes after those to all that was sent before."""

        def answer() -> bytes:
            id = struct.pack(">H", next(self._ids) % 65536)  # what is asked again at once must not be the same
            self.asking.sendto(id + QUESTION, GROUP)
            while select.select([self.asking], [], [], LOST_S)[0]:
                if (said := self.asking.recv(MESSAGE_BYTES)).startswith(id):
                    return said
            return b""

        return until(answer, "an answer")

    def _take(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while answer := self.garbage.recv(MESSAGE_BYTES, socket.MSG_DONTWAIT):
                data = self._sent[int.from_bytes(answer[:2], "big")]
                self.answered += 1
                if is_to_be_ignored(data):
                    self.wrong.append(data.hex())


def is_to_be_ignored(data: bytes) -> bool:
    """Return whether RFC 6762 (6, 18.2, 18.3, 18.11) wants no answer to a message: zeroconf's reader is the judge."""
    read = DNSIncoming(data)
    if not read.valid or read.flags & QR_OPCODE_RCODE:
        return True
    # What comes in parts is answered by the first part's id, be the question in another.
    return not read.truncated and not {question.class_ for question in read.questions} & {1, 255}


class Announcer:
    """tests/peers/advertise.py with one printer; what it writes goes to a file."""

    def __init__(self, space: Namespace, log: Path):
        self.log = log
        arguments = ("-m", "tests.peers.advertise", "printbox", "1000000000")
        self.process: "subprocess.Popen[bytes]" = space.start(sys.executable, *arguments, log=log)
        self._order(add={"info": "Feedpath Virtual Printer"})

    def _order(self, **order: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def blocks(self, name: str) -> int:
        """Return how many blocks of memory it holds."""
        self._order(memory=name)
        pattern = re.compile("^memory %s: (\\d+)$" % name, re.MULTILINE)
        return int(until(lambda: pattern.search(self.log.read_text()), "its memory")[1])


@pytest.fixture
def neighbours(seed: int, tmp_path: Path) -> "Iterator[tuple[Announcer, Neighbour]]":
    """A computer that announces a printer, and another on its cable."""
    with netns.namespace("us") as us, netns.namespace("them") as them, netns.cable(us, them):
        neighbour = Neighbour(them, random.Random(seed))
        try:
            announcer = Announcer(us, tmp_path / "log")
            until(lambda: b"named" in announcer.log.read_bytes(), "the name")
            yield announcer, neighbour
        finally:
            neighbour.close()


def test_a_hundred_thousand_packets_that_are_almost_right_do_no_harm(
    neighbours: "tuple[Announcer, Neighbour]",
) -> None:
    announcer, neighbour = neighbours
    neighbour.send(SETTLED)
    settled = announcer.blocks("settled")
    neighbour.send(PACKETS - SETTLED)
    grown = announcer.blocks("grown") - settled
    assert neighbour.wrong == []
    assert neighbour.answered > PACKETS // 50
    assert grown < GROWTH_BLOCKS
    assert b"Feedpath Virtual Printer" in neighbour.ask()
    assert not re.search("Traceback|Error|WARNING", announcer.log.read_text())
