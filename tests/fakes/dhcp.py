"""A DHCP server, other hosts and a clock for one client, in memory: what a test says happens, and nothing else."""

import random
from collections.abc import Callable
from typing import Any

from feedpath.host.dhcp import frame, table, wire
from feedpath.host.dhcp.client import (
    BOUND,
    INIT,
    INIT_REBOOT,
    REBINDING,
    REBOOTING,
    RENEWING,
    REQUESTING,
    SELECTING,
    Client,
)
from feedpath.host.dhcp.frame import Arp, Datagram
from feedpath.host.dhcp.lease import Lease
from feedpath.host.dhcp.wire import Message, packed

MAC = b"\x02\x00\x00\x00\x00\x01"
OTHER_MAC = b"\x02\x00\x00\x00\x00\x99"
SERVER_MAC = b"\x02\x00\x00\x00\x00\x02"
Answer = Callable[[Message], "list[bytes]"]
SERVER, ADDRESS = "10.0.0.1", "10.0.0.50"


def options(**more: Any) -> "dict[int, bytes]":
    """Return the options of an offer for 1000 seconds, changed by names of table.py in small letters."""
    usual: "dict[int, bytes]" = {
        table.SERVER: packed(SERVER),
        table.LEASE_TIME: (1000).to_bytes(4, "big"),
        table.MASK: packed("255.255.255.0"),
        table.ROUTERS: packed("10.0.0.254"),
        table.NAME_SERVERS: packed("10.0.0.53"),
    }
    for name, value in more.items():
        usual.pop(getattr(table, name.upper()), None)
        if value is not None:
            usual[getattr(table, name.upper())] = value
    return usual


def reply(to: Message, type: int, address: str = ADDRESS, **more: Any) -> bytes:
    """Return the frame in which the server answers a message."""
    message = Message(table.REPLY, to.xid, to.mac)
    message.yiaddr = address if type != table.NAK else wire.NOBODY
    message.options = options(**more) if type != table.NAK else {table.SERVER: packed(SERVER)}
    message.options[table.MESSAGE_TYPE] = bytes((type,))
    return framed(wire.encode(message))


def framed(data: bytes, source_port: int = table.SERVER_PORT, target_port: int = table.CLIENT_PORT) -> bytes:
    """Return the frame of a datagram from the server to everyone."""
    return frame.udp(frame.EVERYONE, Datagram(SERVER_MAC, SERVER, frame.ALL, source_port, target_port, data))


def arp_of(address: str, mac: bytes = OTHER_MAC, target: str = "10.0.0.7") -> bytes:
    """Return the frame in which another host asks for `target` as `address`."""
    return frame.arp(Arp(frame.ASK, mac, address, frame.NO_MAC, target))


class Link:
    """A machine that speaks by frames, on a clock that jumps from one thing that is due to the next.

    sent: the messages so far. verbs: what else it did, as (verb, lease). answer: what the network says to a frame.
    """

    def __init__(self, machine: Any, answer: Answer = lambda message: []):
        self.machine = machine
        self.answer = answer
        self.now = 1000.0
        self.sent: "list[Message]" = []
        self.frames: "list[bytes]" = []
        self.verbs: "list[tuple[str, Any]]" = []

    def do(self, actions: "list[tuple[str, Any]]") -> None:
        """Carry out what the machine wants; the network's answers come at once."""
        for verb, value in actions:
            if verb != "send":
                self.verbs.append((verb, value))
                continue
            self.frames.append(value)
            if frame.ethertype(value) == frame.IPV4:
                message = wire.decode(frame.read_udp(value).data)
                self.sent.append(message)
                for back in self.answer(message):
                    self.feed(back)

    def feed(self, data: bytes) -> None:
        """Give the machine a frame."""
        self.do(self.machine.feed(data, self.now))

    def run(self, seconds: float) -> None:
        """Let so much time go by."""
        end = self.now + seconds
        for _ in range(100_000):
            due = self.machine.due
            if due is None or due > end:
                self.now = end
                return
            self.now = max(self.now, due)
            self.do(self.machine.tick(self.now))
        raise AssertionError("it is always due")

    @property
    def applied(self) -> "list[str]":
        """Return the addresses that the link has now."""
        found: "list[str]" = []
        for verb, lease in self.verbs:
            if verb == "remove":
                found.remove(lease.address)
            elif verb == "apply" and lease.address not in found:
                found.append(lease.address)
        return found

    @property
    def stored(self) -> "Lease | None":
        """Return the lease that a next start begins with."""
        return next((lease for verb, lease in reversed(self.verbs) if verb == "store"), None)

    def types(self) -> "list[int]":
        """Return the types of the messages so far, and begin to count anew."""
        types = [message.type for message in self.sent]
        self.sent.clear()
        return types


class Server:
    """Answers as a server does that has one address to give; `silent` while it is away."""

    def __init__(self, address: str = ADDRESS, **more: Any):
        self.address = address
        self.more = more
        self.silent = False
        self.refuses = False

    def __call__(self, message: Message) -> "list[bytes]":
        if self.silent:
            return []
        if message.type == table.DISCOVER:
            return [reply(message, table.OFFER, self.address, **self.more)]
        if message.type != table.DHCPREQUEST:
            return []
        wanted = message.value(table.REQUESTED) or message.ciaddr
        good = wanted == self.address and not self.refuses
        return [reply(message, table.ACK if good else table.NAK, self.address, **self.more)]


# RFC 2131, figure 5. What a link that goes or comes does is added: section 3.7.
FIGURE_5 = {
    INIT: {SELECTING},
    SELECTING: {REQUESTING},
    REQUESTING: {BOUND, INIT},
    INIT_REBOOT: {REBOOTING},
    REBOOTING: {BOUND, INIT},
    BOUND: {RENEWING, INIT},  # INIT by a conflict: RFC 5227, 2.4
    RENEWING: {BOUND, REBINDING, INIT},
    REBINDING: {BOUND, INIT},
}


class Watched(Client):
    """A client whose steps are held to figure 5."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "state":
            old = getattr(self, "state", INIT)
            allowed = old == value or value in FIGURE_5[old] or (old, value) == (INIT, INIT_REBOOT)
            assert allowed or getattr(self, "unplugged", False), f"{old} -> {value}"
        super().__setattr__(name, value)

    def link_down(self, now: float) -> "list[Any]":
        with Unplugged(self):
            return super().link_down(now)

    def stop(self, now: float) -> "list[Any]":
        with Unplugged(self):
            return super().stop(now)


class Unplugged:
    """While a link goes, every state may lead to INIT."""

    def __init__(self, client: Watched):
        self.client = client

    def __enter__(self) -> None:
        object.__setattr__(self.client, "unplugged", True)

    def __exit__(self, *_error: object) -> None:
        object.__setattr__(self.client, "unplugged", False)


def seeded() -> random.Random:
    """Return the same random numbers each time."""
    return random.Random(1)


STATES = 6
WAITS = (500, 880)  # until a lease of 1000 seconds is renewed, or rebound


def in_state(number: int) -> Link:
    """Return a link whose client is in one of the six states in which it listens."""
    server = Server()
    link = Link(Watched(MAC, seeded()), server)
    if number % STATES == 0:
        server.silent = True
    if number % STATES == 1:
        link.answer = lambda message: server(message) if message.type == table.DISCOVER else []
    link.do(link.machine.start(link.now))
    link.run(3 if number % STATES > 1 else 0)
    if number % STATES == 2:
        link.do(link.machine.link_down(link.now))
        link.answer = lambda message: []
        link.do(link.machine.start(link.now))
        link.run(0)
    if number % STATES >= 4:
        server.silent = True
        link.run(WAITS[number % STATES - 4])
    server.silent = True
    link.sent = link.sent[-1:]
    return link


def answers(link: Link) -> "list[bytes]":
    """Return the messages of a server that its client may be waiting for."""
    last = link.sent[-1]
    full = {
        "domain": b"lan",
        "search": b"\x03eng\x05apple\x03com\0\x09marketing\xc0\x04",
        "routes": b"\x10\x0a\x11\x0a\0\0\1\0\x0a\0\0\1",
        "fqdn": b"\x04\0\0\x07printer\x03lan\0",
        "mtu": b"\x05\x78",
        "renewal_time": (100).to_bytes(4, "big"),
    }
    frames = [reply(last, type, ADDRESS, **full) for type in (table.OFFER, table.ACK, table.NAK)]
    return [frame.read_udp(data).data for data in frames]
