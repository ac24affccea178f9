"""Bulk jobs: CPU seconds and throughput from the socket to the machine."""

import time
from collections.abc import Callable

from tests.bench import processes
from tests.bench.bench import Bench
from tests.bench.client import print_raw
from tests.bench.document import Document, document
from tests.bench.peers import Server

GB, MB = 1e9, 1e6


def with_length(server: Server, doc: Document) -> None:
    """Print-Job with Content-Length."""
    with server.connect() as connection:
        connection.print_job(doc)


def in_chunks(server: Server, doc: Document) -> None:
    """Print-Job in chunks."""
    with server.connect() as connection:
        connection.print_job(doc, chunked=True)


def raw(server: Server, doc: Document) -> None:
    """The document alone, on the raw port."""
    print_raw(server.raw_port, doc)


Way = tuple[str, Callable[[Server, Document], None], tuple[str, ...]]
WAYS: tuple[Way, ...] = (
    ("bulk.length", with_length, ("feedpath", "ippeveprinter", "cupsd")),
    ("bulk.chunked", in_chunks, ("feedpath", "ippeveprinter", "cupsd")),
    ("bulk.raw", raw, ("feedpath", "p910nd")),
)


def measure(bench: Bench) -> None:
    """Print a bulk job in each way on each server that knows it."""
    for _ in range(bench.rounds):
        for name, send, servers in WAYS:
            for server in map(bench.servers.__getitem__, servers):
                one_job(bench, name, server, send)


def one_job(bench: Bench, name: str, server: Server, send: Callable[[Server, Document], None]) -> None:
    """Print one job and record what it cost."""
    doc = document(bench.sizes.bulk)
    before, start = processes.cpu_seconds(server.pid), time.monotonic()
    _, receipt = bench.prints(server, doc, 1, lambda: send(server, doc))
    bench.record(f"{name}.cpu", server, (processes.cpu_seconds(server.pid) - before) / (doc.size / GB))
    bench.record(f"{name}.rate", server, doc.size / MB / (receipt.last_at - start))
