"""Measure feedpath beside Debian's print servers. tools/bench makes the network, /run and processes that this needs."""

import argparse
import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import answers, bulk, fairness, jobs, latency, memory, peers, profile, report, startup
from tests.bench.bench import FULL, QUICK, Bench
from tests.bench.peers import Server
from tests.bench.sink import Fifo, Sink, Source, Tcp

MEASURES = {
    "startup": startup.measure,
    "bulk": bulk.measure,
    "latency": latency.measure,
    "answers": answers.measure,
    "fairness": fairness.measure,
    "jobs": jobs.measure,
    "memory": memory.measure,
}
STORAGE = Path("/var/tmp")  # on a disk also where /tmp is memory: what servers spool must count
NICE = -10  # what else runs on the machine shall disturb less; all servers and the load inherit it
RESULTS = Path(__file__).parents[2] / "bench" / "backbone.md"


def arguments() -> argparse.Namespace:
    """Return what the command line asks."""
    parser = argparse.ArgumentParser(prog="tools/bench", description="Measure feedpath beside Debian's print servers.")
    names = ", ".join(MEASURES)
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure: {names}; all if none is given")
    parser.add_argument("--rounds", type=int, default=7, help="how often; the median counts (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one round of little work: that it runs, not how fast")
    parser.add_argument("--output", type=Path, help="where the table goes (bench/backbone.md for a whole run)")
    parser.add_argument("--storage", type=Path, default=STORAGE, help="the servers' files, on a disk (%(default)s)")
    parser.add_argument("--profile", type=Path, metavar="SVG", help="leave a flame graph of feedpath there (py-spy)")
    options = parser.parse_args()
    if options.profile and not profile.available():
        parser.error("--profile needs py-spy: pip install py-spy")
    if unknown := set(options.names) - set(MEASURES):
        parser.error(f"there is no {' '.join(sorted(unknown))}; there are {names}")
    return options


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other bench of this checkout runs: two at once would measure each other."""
    with open(__file__) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running(rounds: int, quick: bool, storage: Path) -> Iterator[Bench]:
    """Start all servers and the sink, and end them."""
    with TemporaryDirectory(prefix="bench-", dir=storage) as folder, ExitStack() as stack:
        room = Path(folder)
        room.chmod(0o755)  # cupsd's back ends run as another user
        sources: dict[str, Source] = {}
        servers = [made(server, port, room, sources) for server, port in peers.ALL]
        sink = Sink(sources)
        stack.callback(sink.stop)
        stack.enter_context(peers.service_discovery())
        for server in servers:
            stack.callback(server.stop)
            server.start()
        yield Bench({server.name: server for server in servers}, sink, 1 if quick else rounds, QUICK if quick else FULL)


def made(server: type[Server], port: int, room: Path, sources: dict[str, Source]) -> Server:
    """Return a server of this type with a folder and a device of its own."""
    folder = room / server.name
    folder.mkdir()
    if server is peers.Cupsd:
        sources[server.name] = tcp = Tcp()
        return server(folder, port, f"socket://127.0.0.1:{tcp.port}")
    device = room / f"{server.name}.device"
    sources[server.name] = Fifo(device)
    return server(folder, port, str(device))


def main() -> None:
    """Measure what is asked, print the table and keep that of a whole run."""
    options = arguments()
    with suppress(PermissionError):
        os.nice(NICE)
    with alone(), running(options.rounds, options.quick, options.storage) as bench:
        with profile.profiled(bench.servers["feedpath"], options.profile) if options.profile else nullcontext():
            for name in options.names or MEASURES:
                MEASURES[name](bench)
        page = report.markdown(bench)
    print(page)
    output = options.output or (None if options.names or options.quick else RESULTS)
    if output:
        output.parent.mkdir(exist_ok=True)
        output.write_text(page)


if __name__ == "__main__":
    main()
