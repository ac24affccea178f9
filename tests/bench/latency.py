"""How soon a job is at the machine: a small one as a whole, the first byte of one that arrives slowly."""

from statistics import median

from tests.bench.bench import SMALL, Bench
from tests.bench.document import document
from tests.bench.peers import Server

SERVERS = ("feedpath", "ippeveprinter", "cupsd")
SLOW_RATE = 20e6  # bytes a second
MS = 1000


def measure(bench: Bench) -> None:
    """Print small jobs one at a time, and a slow one."""
    for server in bench.each(*SERVERS):
        bench.record("latency.small", server, median(small_job(bench, server) for _ in range(bench.sizes.latencies)))
        slow_job(bench, server)


def small_job(bench: Bench, server: Server) -> float:
    """Return the milliseconds from sending a small job to its last byte at the machine."""
    doc = document(SMALL)
    with server.connect() as connection:
        sent_at, receipt = bench.prints(server, doc, 1, lambda: connection.print_small(doc))
    return (receipt.last_at - sent_at) * MS


def slow_job(bench: Bench, server: Server) -> None:
    """Record how long the first and the last byte of a slow job take from their arrival to the machine."""
    doc = document(bench.sizes.slow)
    with server.connect() as connection:
        connection.ask(connection.get_printer_attributes("printer-state"))  # so that the connection is established
        (first_sent, last_sent), receipt = bench.prints(server, doc, 1, lambda: connection.print_slowly(doc, SLOW_RATE))
    bench.record("latency.first", server, (receipt.first_at - first_sent) * MS)
    bench.record("latency.last", server, (receipt.last_at - last_sent) * MS)
