"""What a long job adds to a server's memory and to the storage."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench import processes
from tests.bench.bench import SMALL, Bench, Mismatch
from tests.bench.document import MIB, Document, document
from tests.bench.peers import Server

SERVERS = ("feedpath", "ippeveprinter", "cupsd")
SPOOLS = "ippeveprinter"  # writes each job whole to storage: shows that the meter works
SMALL_JOBS = 5  # the records of some jobs fill a page, those of others do not
SAMPLE_S = 0.02


def measure(bench: Bench) -> None:
    """Print small jobs, for what any job writes, then a long one; once, since memory is not noisy."""
    for server in map(bench.servers.__getitem__, SERVERS):
        usual = max(written(bench, server, document(SMALL), 1) for _ in range(SMALL_JOBS))
        copies = bench.sizes.long_copies if server.name == "feedpath" else 1  # the others would fill the disk
        processes.forget_peak(server.pid)
        resident = processes.status_bytes(server.pid, "VmRSS")
        with watching(server.pid) as shared:
            more = written(bench, server, document(bench.sizes.bulk), copies) - usual
        bench.record("memory.job", server, bench.sizes.bulk * copies / MIB)
        bench.record("memory.rss", server, (processes.status_bytes(server.pid, "VmHWM") - resident) / MIB)
        bench.record("memory.shared", server, (max(shared) - shared[0]) / MIB)
        bench.record("memory.written", server, max(0, more) / MIB)
    if bench.taken("memory.written", SPOOLS)[0] < bench.sizes.bulk / MIB / 2:
        raise Mismatch(f"{SPOOLS} spools each job, and its writes were not seen: those of others would not be either")


def written(bench: Bench, server: Server, doc: Document, copies: int) -> int:
    """Print a job; return the bytes that the server wrote to storage meanwhile."""
    before = processes.written_bytes(server.pid)
    with server.connect() as connection:
        bench.prints(server, doc, copies, lambda: connection.print_job(doc, copies))
    return processes.written_bytes(server.pid) - before


@contextmanager
def watching(pid: int) -> Iterator[list[int]]:
    """Sample, while the block runs, the memory that RSS may not show: mapped shared memory and memory files."""
    samples, done = [shared_bytes(pid)], threading.Event()

    def sample() -> None:
        while not done.wait(SAMPLE_S):
            samples.append(shared_bytes(pid))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


def shared_bytes(pid: int) -> int:
    """Return the mapped shared memory and the memory files of a process, whichever is more."""
    return max(processes.status_bytes(pid, "RssShmem"), processes.tmpfs_bytes(pid))
