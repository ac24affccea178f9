"""Measure feedpath beside Debian's programs. tools/bench makes the network, /run and processes that this needs."""

import argparse
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import (
    acquire,
    answers,
    bulk,
    conversions,
    fairness,
    firstpage,
    idle,
    jobs,
    latency,
    mdns,
    memory,
    network,
    papers,
    peers,
    profile,
    report,
    snmp,
    startup,
)
from tests.bench.bars import BACKBONE, DOCUMENTS, NETWORK, Table
from tests.bench.bench import FULL, QUICK, Bench
from tests.bench.conversions import Conversions
from tests.bench.network import Networks
from tests.bench.peers import Server
from tests.bench.sink import Fifo, Sink, Source, Tcp

BACKBONE_WAYS: "dict[str, Callable[[Bench], None]]" = {
    "startup": startup.measure,
    "bulk": bulk.measure,
    "latency": latency.measure,
    "answers": answers.measure,
    "fairness": fairness.measure,
    "jobs": jobs.measure,
    "memory": memory.measure,
}
DOCUMENT_WAYS: "dict[str, Callable[[Conversions], None]]" = {
    "raster": conversions.raster,
    "interpreted": conversions.interpreted,
    "raster-memory": conversions.memory,
    "sizes": conversions.sizes,
    "pdf": conversions.pdf,
    "pictures": conversions.pictures,
    "first-page": firstpage.measure,
}
NETWORK_WAYS: "dict[str, Callable[[Networks], None]]" = {
    "snmp": snmp.measure,
    "mdns": mdns.measure,
    "idle": idle.measure,
    "addresses": acquire.measure,
}
TABLES = {
    BACKBONE.name: tuple(BACKBONE_WAYS),
    DOCUMENTS.name: tuple(DOCUMENT_WAYS),
    NETWORK.name: tuple(NETWORK_WAYS),
}
STORAGE = Path("/var/tmp")  # on a disk also where /tmp is memory: what servers spool must count
NICE = -10  # what else runs on the machine shall disturb less; all servers and the load inherit it
RESULTS = Path(__file__).parents[2] / "bench"


def arguments() -> argparse.Namespace:
    """Return what the command line asks; its `names` by their table."""
    parser = argparse.ArgumentParser(
        prog="tools/bench",
        description="Measure feedpath beside Debian's programs. A table that is measured whole is written to bench/.",
        epilog="\n".join(f"{table}: {', '.join(names)}" for table, names in TABLES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tables = " or ".join(TABLES)
    parser.add_argument("names", nargs="*", metavar="name", help=f"{tables}, or rows of them; all if none is given")
    parser.add_argument("--rounds", type=int, default=7, help="how often; the median counts (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one round of little work: that it runs, not how fast")
    parser.add_argument("--output", type=Path, help="where the tables go (bench/TABLE.md for one measured whole)")
    parser.add_argument("--storage", type=Path, default=STORAGE, help="the servers' files, on a disk (%(default)s)")
    parser.add_argument("--profile", type=Path, metavar="SVG", help="leave a flame graph of the server there (py-spy)")
    options = parser.parse_args()
    if options.profile and not profile.available():
        parser.error("--profile needs py-spy: pip install py-spy")
    known = {*TABLES, *(name for names in TABLES.values() for name in names)}
    if unknown := set(options.names) - known:
        parser.error(f"there is no {' '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    options.names = {table: chosen(options.names, table) for table in TABLES}
    return options


def chosen(words: "list[str]", table: str) -> "tuple[str, ...]":
    """Return which rows of a table are measured."""
    whole = not words or table in words
    return tuple(name for name in TABLES[table] if whole or name in words)


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
        yield Bench({server.name: server for server in servers}, sink, rounds, QUICK if quick else FULL)


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


def backbone(names: "tuple[str, ...]", options: argparse.Namespace) -> str:
    """Measure servers; return the page."""
    with running(options.rounds, options.quick, options.storage) as bench:
        with profile.profiled(bench.servers["feedpath"], options.profile) if options.profile else nullcontext():
            for name in names:
                BACKBONE_WAYS[name](bench)
        return report.markdown(bench, BACKBONE)


def documents(names: "tuple[str, ...]", options: argparse.Namespace) -> str:
    """Measure conversions; return the page."""
    with TemporaryDirectory(prefix="bench-", dir=options.storage) as folder:
        made = papers.Papers(Path(folder), papers.QUICK if options.quick else papers.FULL)
        run = Conversions(made, options.rounds)
        for name in names:
            DOCUMENT_WAYS[name](run)
        return report.markdown(run, DOCUMENTS)


def networks(names: "tuple[str, ...]", options: argparse.Namespace) -> str:
    """Measure what serves a network; return the page."""
    with TemporaryDirectory(prefix="bench-", dir=options.storage) as folder:
        run = Networks(Path(folder), options.rounds, network.QUICK if options.quick else network.FULL)
        for name in names:
            NETWORK_WAYS[name](run)
        return report.markdown(run, NETWORK)


def keep(page: str, table: Table, whole: bool, output: "Path | None") -> None:
    """Print a page; add it to the file asked for, or write it to its place if it is whole."""
    print(page)
    if output:
        with output.open("a") as file:
            file.write(page)
    elif whole:
        (RESULTS / f"{table.name}.md").write_text(page)


def main() -> None:
    """Measure what is asked, print the tables and keep whole ones."""
    options = arguments()
    options.rounds = 1 if options.quick else options.rounds
    with suppress(PermissionError):
        os.nice(NICE)
    if options.output:
        options.output.unlink(missing_ok=True)
    for table, measured in ((BACKBONE, backbone), (DOCUMENTS, documents), (NETWORK, networks)):
        if names := options.names[table.name]:
            with alone():
                page = measured(names, options)
            keep(page, table, names == TABLES[table.name] and not options.quick, options.output)


if __name__ == "__main__":
    main()
