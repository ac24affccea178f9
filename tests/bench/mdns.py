"""Answers of mDNS beside avahi-daemon, which announces the same services: what a question costs each."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

from zeroconf import (  # type: ignore[attr-defined]  # exported, but not in __all__
    DNSIncoming,
    DNSOutgoing,
    DNSPointer,
    DNSQuestion,
    DNSService,
    DNSText,
)

from tests.bench import lan, processes
from tests.bench.bars import OURS
from tests.bench.bench import Mismatch
from tests.bench.client import Failed
from tests.bench.network import Networks
from tests.fakes import netns
from tests.fakes.netns import Namespace
from tests.peers.dhcp import ROUTER, Cable

US = 1e6
GROUP, PORT = "224.0.0.251", 5353
QUERY, CLASS_IN, UNICAST_REPLY = 0, 1, 0x8000  # RFC 1035, 4.1.2; RFC 6762, 5.4
PTR = 12  # RFC 1035, 3.2.2
TYPES = ("_ipps._tcp", "_ipp._tcp", "_pdl-datastream._tcp", "_printer._tcp", "_http._tcp")  # what waits for TLS first
IPP = "_ipp._tcp.local."
ANSWER_S, TRIES = 0.5, 60
PAUSE_S = 2.5  # after which feedpath takes as many questions again as it takes at once
MISSED = 0.1  # of all questions at most
DATAGRAM_BYTES = 65536
ADDRESS = "10.77.0.20/24"


class Service(NamedTuple):
    """A service as an answer tells it."""

    instance: str
    port: int
    texts: "tuple[str, ...]"


class Asker:
    """Who asks for answers of its own (RFC 6762, 5.4), as clients do at first."""

    def __init__(self, asking: socket.socket):
        self._socket = asking

    def ask(self, type: str) -> "list[Service]":
        """Return the services of a type; raise Failed where nobody tells of any."""
        for _ in range(TRIES):
            found, _size = self._answer(type)
            if found:
                return found
        raise Failed(f"nobody answers to {type}")

    def cost(self, pid: int, times: int) -> "tuple[float, int]":
        """Return the microseconds of CPU that a question takes, and its answer's octets; raise Failed without answers.

        An answer may be lost behind another's; most must not be.
        """
        time.sleep(PAUSE_S)
        self.ask(IPP)
        size, missed, before = 0, 0, processes.used_seconds(pid)
        for _ in range(times):
            found, octets = self._answer(IPP)
            size, missed = octets or size, missed + (not found)
            if missed > times * MISSED:
                raise Failed(f"{missed} questions had no answer")
        return (processes.used_seconds(pid) - before) / times * US, size

    def _answer(self, type: str) -> "tuple[list[Service], int]":
        """Ask; return the services of the answer and its octets, none where none comes in time."""
        self._socket.sendto(question(type), (GROUP, PORT))
        deadline = time.monotonic() + ANSWER_S
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < deadline:
                data = self._socket.recv(DATAGRAM_BYTES)
                if found := services(type, data):
                    return found, len(data)
        return [], 0

    def close(self) -> None:
        """Ask no more."""
        self._socket.close()


def asking() -> socket.socket:
    """Return a socket to ask from, on a router."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(ANSWER_S)
    made.bind(("", PORT))
    link = socket.inet_aton(ROUTER)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, link)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + link)
    return made


def question(type: str) -> bytes:
    """Return the question for all services of a type."""
    made = DNSOutgoing(QUERY, multicast=True)
    made.add_question(DNSQuestion(type, PTR, CLASS_IN | UNICAST_REPLY))
    return made.packets()[0]


def services(type: str, data: bytes) -> "list[Service]":
    """Return the services of a type that an answer tells of."""
    records = DNSIncoming(data).answers()
    ports = {record.name: record.port for record in records if isinstance(record, DNSService)}
    texts = {record.name: strings(record.text) for record in records if isinstance(record, DNSText)}
    names = [record.alias for record in records if isinstance(record, DNSPointer) and record.name == type]
    return [Service(name, ports[name], texts[name]) for name in names if name in ports and name in texts]


def strings(data: bytes) -> "tuple[str, ...]":
    """Return the strings of a TXT record (RFC 1035, 3.3.14)."""
    found, at = [], 0
    while at < len(data):
        found.append(data[at + 1 : at + 1 + data[at]].decode())
        at += 1 + data[at]
    return tuple(found)


def measure(run: Networks) -> None:
    """Ask both for the printers, a round after the other."""
    with lan.lan() as cable, lan.lan() as other, lan.box(at_address(cable), run.folder, "snmp=off") as box:
        box.wait()
        asker = Asker(lan.inside(cable.router, asking))
        told = {type: asker.ask(type + ".local.") for type in TYPES}
        with avahi(at_address(other), told) as pid:
            askers = {OURS: (asker, box.pid), "avahi-daemon": (Asker(lan.inside(other.router, asking)), pid)}
            time.sleep(run.amounts.settle_s)
            check(run, {name: each.ask(IPP) for name, (each, _) in askers.items()})
            for _ in range(run.rounds):
                for name, (each, process) in askers.items():
                    used, size = each.cost(process, run.amounts.questions)
                    run.keep("mdns.cpu", name, used)
                    run.keep("mdns.size", name, size)
            for each, _ in askers.values():
                each.close()


def at_address(cable: Cable) -> Namespace:
    """Return the printer's namespace, with an address."""
    cable.printer.run("ip", "address", "add", ADDRESS, "dev", cable.name)
    return cable.printer


def check(run: Networks, told: "dict[str, list[Service]]") -> None:
    """Raise Mismatch unless all tell of the same service."""
    if any(each != told[OURS] for each in told.values()):
        raise Mismatch(f"not all tell the same by mDNS: {told}")
    run.verified += len(told)


@contextlib.contextmanager
def avahi(space: Namespace, told: "dict[str, list[Service]]") -> "Iterator[int]":
    """Have avahi announce these services; give its process."""
    with netns.avahi(space, "bench"):
        daemon = netns.until(lambda: running(space), "avahi-daemon")
        for type, found in told.items():
            for service in found:
                name = service.instance.removesuffix(f".{type}.local.")
                space.start("avahi-publish", "-s", name, type, str(service.port), *service.texts)
        yield daemon


def running(space: Namespace) -> int:
    """Return the process of avahi-daemon that answers in a namespace; 0 where there is none."""
    pids = space.run("ip", "netns", "pids", space.name).split()
    return next((int(pid) for pid in pids if processes.command(int(pid)).startswith("avahi-daemon: running")), 0)
