"""What the measures share: the servers, the sink, sizes, and the samples that they record."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from tests.bench import processes
from tests.bench.client import Failed
from tests.bench.document import KIB, MIB, Document, digest
from tests.bench.peers import Server
from tests.bench.sink import Receipt, Sink

T = TypeVar("T")


class Sizes(NamedTuple):
    """How much work one round is."""

    bulk: int  # bytes of a bulk job
    long_copies: int  # so many bulk documents are the long job
    fair_copies: int  # so many are the job beside which others ask
    slow: int  # bytes of a job that arrives slowly
    seconds: float  # how long requests are counted
    jobs: int  # small jobs in a row
    latencies: int  # small jobs one at a time


FULL = Sizes(256 * MIB, 16, 4, 20_000_000, 1.0, 2000, 20)
QUICK = Sizes(8 * MIB, 8, 4, 2_000_000, 0.1, 50, 2)
SMALL = 4 * KIB


class Mismatch(Exception):
    """What came out is not what went in: the figures mean nothing."""


class Run:
    """Rounds, and the samples that they gave."""

    def __init__(self, rounds: int):
        self.rounds = rounds
        self.samples: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.load = os.getloadavg()[0]  # what else the machine did when we began
        self.verified = 0  # times that bytes were counted and hashed
        self._digests: dict[str, str] = {}

    def keep(self, measure: str, name: str, value: float) -> None:
        """Keep one sample of who has that name."""
        self.samples[measure, name].append(value)

    def taken(self, measure: str, name: str) -> list[float]:
        """Return the samples, one a round."""
        return self.samples[measure, name]

    def same(self, what: str, size: int, digest: str) -> None:
        """Raise Mismatch unless these bytes came of it before too."""
        told = f"{size} bytes, SHA-256 {digest}"
        if self._digests.setdefault(what, told) != told:
            raise Mismatch(f"{what}: there were {self._digests[what]}, and now {told}")
        self.verified += 1

    def about(self) -> Iterator[str]:
        """Yield what the figures belong to besides the machine, a line each."""
        raise NotImplementedError


class Bench(Run):
    """One run over servers."""

    def __init__(self, servers: dict[str, Server], sink: Sink, rounds: int, sizes: Sizes):
        super().__init__(rounds)
        self.servers, self.sink, self.sizes = servers, sink, sizes

    def each(self, *names: str) -> Iterable[Server]:
        """Yield these servers one after another, as many times as there are rounds."""
        for _ in range(self.rounds):
            for name in names:
                yield self.servers[name]

    def record(self, measure: str, server: Server, value: float) -> None:
        """Keep one sample."""
        self.keep(measure, server.name, value)

    def about(self) -> Iterator[str]:
        yield f"Rounds: {self.rounds}, all servers interleaved, on the loopback of a private network namespace"
        yield f"Bulk job: {self.sizes.bulk // MIB} MiB of PWG raster"
        yield f"Checked: {self.verified} transfers, each by count and SHA-256 at the device; every answer a success"

    def prints(self, server: Server, document: Document, copies: int, send: Callable[[], T]) -> tuple[T, Receipt]:
        """Send, wait until all is out; return what `send` returned and the receipt; raise Mismatch if bytes differ."""
        size = document.size * copies
        self.sink.expect(server.name, size)
        try:
            sent = send()
        except (OSError, Failed) as error:
            raise Failed(f"{server.name}: {error}; its log ends with\n{server.log_end()}") from error
        receipt = self.sink.receipt()
        if (receipt.size, receipt.digest) != (size, digest(document, copies)):
            raise Mismatch(f"{server.name}: {receipt.size} of {size} bytes came, and not the same ones")
        processes.settle(server.pid)
        self.verified += 1
        return sent, receipt
