"""SNMP beside net-snmp's snmpd and pysnmp's command responder: one client asks all for the same objects, in turns."""

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from feedpath.errors import WireError
from feedpath.front.snmp import wire
from tests.bench import peers, processes
from tests.bench.agents import COMMUNITY, HOST
from tests.bench.bars import OURS
from tests.bench.bench import Mismatch
from tests.bench.client import Failed
from tests.bench.network import Networks

US = 1e6
ANSWER_BYTES = 65536
ANSWER_S, AGAIN_S, TRIES = 2.0, 0.1, 300  # an agent that starts refuses at once
ROWS, CABLES = 20, 2  # asked for by GETBULK, and made so that ifTable has as many
SYSTEM, IF_TABLE = (1, 3, 6, 1, 2, 1, 1), (1, 3, 6, 1, 2, 1, 2, 2)
SIX = tuple((*SYSTEM, number, 0) for number in (1, 3, 4, 5, 6, 7))
SHARES = ((OURS, 1), ("snmpd", 1), ("pysnmp", 10))  # divisor of the number of requests: the slow one gets fewer


class Answer(NamedTuple):
    """What came: its error-status, and its variables."""

    status: int
    variables: "list[tuple[wire.Name, bytes]]"

    @property
    def names(self) -> "list[wire.Name]":
        """Return the names of the variables."""
        return [name for name, _ in self.variables]
AT_ONCE = 16  # questions on their way, where it is told how many a second are answered


class Client:
    """Who asks an agent and waits for each answer. pid: the agent's process."""

    def __init__(self, name: str, pid: int, asking: socket.socket):
        self.name, self.pid = name, pid
        self._socket = asking

    def ask(self, data: bytes) -> Answer:
        """Return the answer to a request; raise Failed when none comes, or one without all that was asked for."""
        for _ in range(TRIES):
            with contextlib.suppress(ConnectionError, TimeoutError):  # it still starts
                self._socket.send(data)
                came = self._socket.recv(ANSWER_BYTES)
                break
            time.sleep(AGAIN_S)
        else:
            raise Failed(f"{self.name} does not answer")
        try:
            return answer(came)
        except WireError as error:  # as noSuchObject does
            raise Failed(f"{self.name} does not have what it is asked for, or its answer is broken: {error}") from error

    def cost(self, requests: "list[bytes]", times: int) -> "tuple[float, float]":
        """Return how many a second are answered, and the agent's microseconds of CPU for each."""
        return self._rate([data for _ in range(times) for data in requests]), self._cpu(requests, times)

    def _rate(self, requests: "list[bytes]") -> float:
        """Ask while AT_ONCE questions are on their way: how long the client takes to wake up does not count then."""
        begun = time.monotonic()
        for number, data in enumerate(requests):
            self._socket.send(data)
            if number >= AT_ONCE:
                self._socket.recv(ANSWER_BYTES)
        for _ in range(min(AT_ONCE, len(requests))):
            self._socket.recv(ANSWER_BYTES)
        return len(requests) / (time.monotonic() - begun)

    def _cpu(self, requests: "list[bytes]", times: int) -> float:
        """Ask, and wait for each answer."""
        send, receive = self._socket.send, self._socket.recv
        before = processes.used_seconds(self.pid)
        for _ in range(times):
            for data in requests:
                send(data)
                receive(ANSWER_BYTES)
        return (processes.used_seconds(self.pid) - before) / (times * len(requests)) * US

    def close(self) -> None:
        """Ask no more."""
        self._socket.close()


def connected(host: str, port: int) -> socket.socket:
    """Return a socket to ask an agent from."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(ANSWER_S)
    made.connect((host, port))
    return made


def request(kind: int, *names: wire.Name, rows: int = 0) -> bytes:
    """Return a request of v2c."""
    variables = b"".join(wire.binding(name, wire.NULL_VALUE) for name in names)
    body = wire.number(7) + wire.number(0) + wire.number(rows) + wire.tlv(wire.SEQUENCE, variables)
    return wire.message(wire.V2C, COMMUNITY.encode(), wire.tlv(kind, body))


def answer(data: bytes) -> Answer:
    """Return what an answer says: it is a SET but for its tag."""
    community = len(COMMUNITY)
    at = data.index(wire.tlv(wire.OCTETS, COMMUNITY.encode())) + community + 2
    read = wire.parse(data[:at] + bytes((wire.SET,)) + data[at + 1 :])
    return Answer(read.first, read.bindings)


ASKED: "dict[str, bytes]" = {
    "get": request(wire.GET, wire.name(SIX[0])),
    "six": request(wire.GET, *map(wire.name, SIX)),
    "next": request(wire.GET_NEXT, wire.name((*IF_TABLE, 1, 2))),
    "bulk": request(wire.GET_BULK, wire.name(IF_TABLE), rows=ROWS),
}


def walk(client: Client, below: "tuple[int, ...]") -> "tuple[list[bytes], list[tuple[wire.Name, bytes]]]":
    """Walk by GETNEXT over all that has a name below this one; return the requests and what was found."""
    top = wire.name(below)
    asked: "list[bytes]" = []
    found: "list[tuple[wire.Name, bytes]]" = []
    name = top
    while True:
        data = request(wire.GET_NEXT, name)
        name, value = client.ask(data).variables[0]
        if not name.startswith(top):
            return asked, found
        asked.append(data)
        found.append((name, value))


def measure(run: Networks) -> None:
    """Ask each agent for all there is, a round after the other."""
    with cables(), running() as clients:
        walks = {name: walk(client, IF_TABLE) for name, client in clients.items()}
        check(run, clients, {name: [name for name, _ in found] for name, (_, found) in walks.items()})
        for _ in range(run.rounds):
            for name, divisor in SHARES:
                requests = max(1, run.amounts.requests // divisor)
                for key, data in ASKED.items():
                    keep(run, key, name, clients[name].cost([data], requests))
                steps = walks[name][0]
                keep(run, "walk", name, clients[name].cost(steps, max(1, requests // len(steps))))


def keep(run: Networks, key: str, name: str, cost: "tuple[float, float]") -> None:
    """Keep what a kind of request cost."""
    rate, cpu = cost
    run.keep(f"snmp.{key}.rate", name, rate)
    run.keep(f"snmp.{key}.cpu", name, cpu)


def check(run: Networks, clients: "dict[str, Client]", walked: "dict[str, list[wire.Name]]") -> None:
    """Raise Mismatch unless all agents name the same objects in their answers, and no error."""
    for key, data in ASKED.items():
        answers = {name: client.ask(data) for name, client in clients.items()}
        if any(each.status or each.names != answers[OURS].names for each in answers.values()):
            raise Mismatch(f"not all answer the same to the request {key!r}: {answers}")
        run.verified += len(answers)
    for name, names in walked.items():
        if len(names) < ROWS or not set(names) & set(walked[OURS]):
            raise Mismatch(f"{name} has {len(names)} objects in ifTable, feedpath {len(walked[OURS])}")
        run.verified += 1


@contextlib.contextmanager
def cables() -> "Iterator[None]":
    """Have more interfaces than loopback."""
    ends = [(f"bench{number}a", f"bench{number}b") for number in range(CABLES)]
    for one, other in ends:
        subprocess.run(["ip", "link", "add", one, "type", "veth", "peer", "name", other], check=True)
    try:
        yield
    finally:
        for one, _ in ends:
            subprocess.run(["ip", "link", "del", one], check=True)


@contextlib.contextmanager
def running() -> "Iterator[dict[str, Client]]":
    """Run the agents; give who asks each, by its name."""
    clients: "dict[str, Client]" = {}
    with contextlib.ExitStack() as stack:

        def start(name: str, words: "Callable[[int], list[str]]") -> "subprocess.Popen[bytes]":
            port = free_port()
            process = subprocess.Popen(words(port), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
            stack.callback(peers.end, process)
            clients[name] = Client(name, process.pid, connected(HOST, port))
            stack.callback(clients[name].close)
            return process

        start(OURS, lambda port: ours("ours", port))
        start("snmpd", snmpd)
        objects = [described(*each) for each in known(clients[OURS])]
        process = start("pysnmp", lambda port: ours("pysnmp", port))
        assert process.stdin is not None
        process.stdin.write(json.dumps(objects).encode() + b"\n")
        process.stdin.flush()
        yield clients


def known(client: Client) -> "list[tuple[wire.Name, bytes]]":
    """Return the objects that pysnmp gets: what is asked for of the group system, and ifTable."""
    return client.ask(ASKED["six"]).variables + walk(client, IF_TABLE)[1]


def described(name: wire.Name, encoded: bytes) -> "list[Any]":
    """Return an object as agents.py reads it."""
    tag, value = wire.value(encoded)
    if isinstance(value, bytes):
        return [wire.arcs(name), tag, wire.arcs(value) if tag == wire.OID else value.hex()]
    return [wire.arcs(name), tag, value]


def ours(which: str, port: int) -> "list[str]":
    """Return the command of an agent in agents.py."""
    return [sys.executable, "-m", "tests.bench.agents", which, str(port)]


def snmpd(port: int) -> "list[str]":
    """Return the command of net-snmp's agent, with the same community and no configuration else."""
    settings = (f"--rocommunity={COMMUNITY} {HOST}", "--sysServices=72")
    return ["snmpd", "-f", "-C", "-Lf", "/dev/null", "-I", "-smux", *settings, f"udp:{HOST}:{port}"]


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port
