"""SNMP beside net-snmp's snmpd: requests a second and CPU, one client asking both for the same objects in turns.

Run as `python -m tests.bench.snmp`; as root, for the ports and the namespace of `tools/bench`. Rate limits are on, with
a rate that the client does not reach.
"""

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feedpath.core.printers import Printers
from feedpath.front.snmp import wire
from feedpath.front.snmp.agent import Access
from feedpath.front.snmp.server import Snmp
from feedpath.front.snmp.site import Facts, Reach
from feedpath.host.computer import LinuxComputer

REQUESTS, ROUNDS = 4_000, 8
UNREACHED = 1e9  # requests a second
SYSTEM = (1, 3, 6, 1, 2, 1, 1)
WAYS = (  # what is asked, its kind, names, how many rows
    ("GET sysDescr.0", wire.GET, ((*SYSTEM, 1, 0),), 0),
    ("GET six of system", wire.GET, tuple((*SYSTEM, number, 0) for number in (1, 3, 4, 5, 6, 7)), 0),
    ("GETNEXT ifDescr", wire.GET_NEXT, ((1, 3, 6, 1, 2, 1, 2, 2, 1, 2),), 0),
    ("GETBULK 20 of ifTable", wire.GET_BULK, ((1, 3, 6, 1, 2, 1, 2, 2),), 20),
)


def serve() -> None:
    """Answer on a free port of loopback until standard input ends."""
    asyncio.run(_serve())


async def _serve() -> None:
    async def keep(value: "int | bytes") -> None:
        raise OSError("nothing is kept here")

    facts = Facts(
        LinuxComputer(),
        host=lambda: "bench",
        contact=lambda: "nobody",
        location=lambda: "here",
        storage=lambda: (1 << 30, 0),
        reach=lambda printer: Reach("ipp://localhost/ipp/print", 631),
        write=lambda name: keep,
    )
    snmp = Snmp("127.0.0.1", 0, facts, lambda: Access(b"public", b""), rate=UNREACHED, burst=UNREACHED)
    await snmp.start(Printers())
    sys.stdout.write("%d\n" % snmp.port)
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await snmp.stop()


@contextmanager
def ours() -> "Iterator[tuple[int, int]]":
    """Run our agent; give its process and port."""
    command = [sys.executable, "-m", "tests.bench.snmp", "serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        process.terminate()


@contextmanager
def snmpd() -> "Iterator[tuple[int, int]]":
    """Run net-snmp's agent with the same community; give its process and port."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        config = Path(folder) / "snmpd.conf"
        config.write_text("rocommunity public 127.0.0.1\n")
        words = ["snmpd", "-f", "-C", "-c", str(config), "-Lf", "/dev/null", "-I", "-smux", "udp:127.0.0.1:%d" % port]
        with subprocess.Popen(words) as process:
            yield process.pid, port
            process.terminate()


def request(kind: int, names: "tuple[tuple[int, ...], ...]", rows: int) -> bytes:
    """Return a request of v2c."""
    variables = b"".join(wire.binding(wire.name(name), wire.NULL_VALUE) for name in names)
    body = wire.number(7) + wire.number(0) + wire.number(rows) + wire.tlv(wire.SEQUENCE, variables)
    return wire.message(wire.V2C, b"public", wire.tlv(kind, body))


def cpu_us(pid: int) -> float:
    """Return the microseconds of CPU that a process has used in its one thread."""
    return int(Path("/proc/%d/schedstat" % pid).read_text().split()[0]) / 1000


def measure(pid: int, port: int, data: bytes) -> "tuple[float, float]":
    """Return requests a second, and microseconds of CPU for each, of one client that waits for each answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        client.settimeout(1)
        for _ in range(20):  # until it has started
            try:
                client.send(data)
                client.recv(65536)
                break
            except OSError:
                time.sleep(0.1)
        before, began = cpu_us(pid), time.monotonic()
        for _ in range(REQUESTS):
            client.send(data)
            client.recv(65536)
        took = time.monotonic() - began
        return REQUESTS / took, (cpu_us(pid) - before) / REQUESTS


def main() -> None:
    """Print a table: the best rounds of each."""
    print("| asked | ours: requests/s | CPU us | snmpd: requests/s | CPU us | CPU, ours to snmpd |")
    print("|---|---|---|---|---|---|")
    with ours() as agent, snmpd() as peer:
        for name, kind, names, rows in WAYS:
            data = request(kind, names, rows)
            rounds = [(measure(*agent, data), measure(*peer, data)) for _ in range(ROUNDS)]
            rate, peer_rate = (max(each[who][0] for each in rounds) for who in (0, 1))
            cpu, peer_cpu = (min(each[who][1] for each in rounds) for who in (0, 1))
            print(f"| {name} | {rate:,.0f} | {cpu:.1f} | {peer_rate:,.0f} | {peer_cpu:.1f} | {cpu / peer_cpu:.2f} |")


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
