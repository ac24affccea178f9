"""Get-Printer-Attributes: how many a second, on a kept connection and on new ones."""

import time
from collections.abc import Callable

from tests.bench import processes
from tests.bench.bench import Bench
from tests.bench.peers import Server

SERVERS = ("feedpath", "ippeveprinter", "cupsd")
MS = 1000


def measure(bench: Bench) -> None:
    """Ask for all attributes, as fast as answers come."""
    for server in bench.each(*SERVERS):
        on_a_kept_connection(bench, server)
        on_new_connections(bench, server)


def on_a_kept_connection(bench: Bench, server: Server) -> None:
    """Ask again and again on one connection."""
    with server.connect() as connection:
        message = connection.get_printer_attributes("all")
        bench.record("answers.size", server, len(connection.ask(message)))
        count(bench, "answers.kept", server, lambda: connection.ask(message))


def on_new_connections(bench: Bench, server: Server) -> None:
    """Connect, ask, close."""

    def ask() -> None:
        with server.connect() as connection:
            connection.ask(connection.get_printer_attributes("all"))

    count(bench, "answers.new", server, ask)


def count(bench: Bench, name: str, server: Server, call: Callable[[], object]) -> None:
    """Call for a while; record the rate and the server's CPU milliseconds for each."""
    before, start, done = processes.cpu_seconds(server.pid), time.monotonic(), 0
    end = start + bench.sizes.seconds
    while (now := time.monotonic()) < end:
        call()
        done += 1
    bench.record(f"{name}.rate", server, done / (now - start))
    bench.record(f"{name}.cpu", server, (processes.cpu_seconds(server.pid) - before) / done * MS)
