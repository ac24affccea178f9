"""How long a small request takes while a bulk job runs."""

import threading
import time
from collections.abc import Callable
from statistics import quantiles

from tests.bench.bench import Bench
from tests.bench.client import Connection
from tests.bench.document import document
from tests.bench.peers import Server

SERVERS = ("feedpath", "ippeveprinter", "cupsd")
GIGABIT = 110e6  # bytes a second: what a network gives, the same work for all; at full speed, the faster has more to do
PAUSE_S = 0.001  # between requests: the client must not take a core of its own
MS = 1000


def measure(bench: Bench) -> None:
    """Ask again and again beside a bulk job, at the speed of a network and at full speed."""
    doc, copies = document(bench.sizes.bulk), bench.sizes.fair_copies
    for server in bench.each(*SERVERS):
        beside(bench, "fairness.gigabit", server, 1, lambda connection: connection.print_slowly(doc, GIGABIT))
        beside(bench, "fairness.full", server, copies, lambda connection: connection.print_job(doc, copies))


def beside(bench: Bench, name: str, server: Server, copies: int, job: Callable[[Connection], object]) -> None:
    """Record how long requests take while the job is sent."""
    times: list[float] = []
    bench.prints(server, document(bench.sizes.bulk), copies, lambda: ask_during(server, job, times))
    cuts = quantiles(times, n=100)
    bench.record(f"{name}.median", server, cuts[49] * MS)
    bench.record(f"{name}.p99", server, cuts[98] * MS)
    bench.record(f"{name}.count", server, len(times))


def ask_during(server: Server, job: Callable[[Connection], object], times: list[float]) -> None:
    """Ask, and note how many seconds each answer takes, until the job is taken."""
    with server.connect() as sender, server.connect() as connection:
        message = connection.get_printer_attributes("printer-state", "printer-state-reasons")
        thread = threading.Thread(target=job, args=(sender,))
        thread.start()
        while thread.is_alive():
            start = time.monotonic()
            connection.ask(message)
            times.append(time.monotonic() - start)
            time.sleep(PAUSE_S)
        thread.join()
