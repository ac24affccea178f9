"""What stands in for the machine: one process that reads what the servers print, and tells how much, what and when."""

import hashlib
import multiprocessing
import os
import socket
import time
from multiprocessing.connection import Connection
from pathlib import Path
from select import select
from typing import NamedTuple

from tests.bench.document import MIB

WINDOW = 256 * MIB  # what is kept before it is hashed: a bulk job, so that its clock has stopped by then
PATIENCE_S = 60


class Receipt(NamedTuple):
    """What came: how many bytes, their SHA-256, and when the first and the last came (monotonic seconds).

    The first is the one behind those that were expected to come before what counts.
    """

    size: int
    digest: str
    first_at: float
    last_at: float


class Fifo:
    """A named pipe, as a device node to print into."""

    def __init__(self, path: Path):
        os.mkfifo(path)
        self._descriptor = os.open(path, os.O_RDWR)  # for both: it neither blocks here nor ends between jobs

    def readinto(self, view: memoryview) -> int:
        return os.readv(self._descriptor, [view]) if select([self._descriptor], [], [], PATIENCE_S)[0] else 0

    def end(self) -> None:
        """A device does not notice where a job ends."""

    def close(self) -> None:
        """Let go of the pipe."""
        os.close(self._descriptor)


class Tcp:
    """A raw port, as a network printer to print on."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(PATIENCE_S)
        self.port: int = self._listening.getsockname()[1]
        self._job: socket.socket | None = None

    def readinto(self, view: memoryview) -> int:
        while True:
            try:
                self._job = self._job or self._listening.accept()[0]
            except TimeoutError:
                return 0
            count = self._job.recv_into(view)
            if count:
                return count
            self._hang_up()

    def end(self) -> None:
        """Let the last job end: its sender waits for our end of the connection."""
        if self._job and not self._job.recv(1, socket.MSG_PEEK):  # waits for the sender's end
            self._hang_up()

    def close(self) -> None:
        """Take no more jobs."""
        self._hang_up()
        self._listening.close()

    def _hang_up(self) -> None:
        if self._job:
            self._job.close()
            self._job = None


Source = Fifo | Tcp


class Sink:
    """The reading process, as the bench sees it."""

    def __init__(self, sources: dict[str, Source]):
        self._sources = sources
        self._orders, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=serve, args=(theirs, sources), daemon=True)
        self._process.start()

    def expect(self, source: str, size: int, before: int = 0) -> None:
        """Start to read `size` bytes, of which so many come before the first that counts."""
        self._orders.send((source, size, before))

    def receipt(self) -> Receipt:
        """Wait until they have come, or nothing has for long."""
        receipt = self._orders.recv()
        assert isinstance(receipt, Receipt)
        return receipt

    def stop(self) -> None:
        """End the process and let go of its sources."""
        self._process.terminate()
        self._process.join()
        for source in self._sources.values():
            source.close()


def serve(orders: Connection, sources: dict[str, Source]) -> None:
    """Read what is ordered, until the bench ends this process."""
    window = memoryview(bytearray(WINDOW))
    while True:
        name, size, before = orders.recv()
        orders.send(read(sources[name], size, before, window))


def read(source: Source, size: int, before: int, window: memoryview) -> Receipt:
    """Read `size` bytes from the source."""
    digest, count, held, first_at, last_at = hashlib.sha256(), 0, 0, 0.0, 0.0
    while count < size:
        got = source.readinto(window[held : held + size - count])
        if not got:
            break
        last_at = time.monotonic()
        count += got
        first_at = first_at or (last_at if count > before else 0.0)
        held += got
        if held == len(window) and count < size:
            digest.update(window)
            held = 0
    source.end()
    digest.update(window[:held])
    return Receipt(count, digest.hexdigest(), first_at, last_at)
