"""Small jobs, one after another: how many a second reach the machine."""

import time

from tests.bench import processes
from tests.bench.bench import SMALL, Bench
from tests.bench.document import document
from tests.bench.peers import Server

# Server, divisor of the number of jobs: the slow ones print fewer in the same time.
SHARES = (("feedpath", 1), ("ippeveprinter", 20), ("cupsd", 40))
MS = 1000


def measure(bench: Bench) -> None:
    """Print small jobs on a kept connection."""
    for _ in range(bench.rounds):
        for name, divisor in SHARES:
            many_jobs(bench, bench.servers[name], max(1, bench.sizes.jobs // divisor))


def many_jobs(bench: Bench, server: Server, jobs: int) -> None:
    """Print so many jobs; record their rate at the machine and the server's CPU milliseconds for each."""
    doc = document(SMALL)

    def send() -> None:
        with server.connect() as connection:
            for _ in range(jobs):
                connection.print_small(doc)

    before, start = processes.cpu_seconds(server.pid), time.monotonic()
    _, receipt = bench.prints(server, doc, jobs, send)
    bench.record("jobs.rate", server, jobs / (receipt.last_at - start))
    bench.record("jobs.cpu", server, (processes.cpu_seconds(server.pid) - before) / jobs * MS)
