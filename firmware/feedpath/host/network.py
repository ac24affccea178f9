"""The network helper: a process of its own that gives this computer's links their addresses.

`python -m feedpath.host.network FOLDER DESCRIPTOR RESOLV_CONF`. It keeps nothing but the rights to set up networks, and
leases in FOLDER. DESCRIPTOR is a socket that lines of JSON go over. It is told {"do": "configure", ...} with the
fields of Plan, {"do": "confirm"} and {"do": "stop"}, which gives addresses back; when the socket ends, they stay. It
tells of each link what it has, {"link": "eth0", "state": "BOUND", "address": ...}, with the state GONE once it is no
more, {"reverted": true} when a plan was not confirmed in time, and {"error": sentence}. Its exit status is NO_RIGHTS
where it may not do any of that.
"""

import contextlib
import ctypes
import json
import os
import random
import select
import socket
import struct
import sys
from pathlib import Path
from typing import Any

from feedpath.errors import WireError
from feedpath.host.dhcp import bpf, lease, netlink
from feedpath.host.dhcp.interface import Dynamic, Static
from feedpath.host.dhcp.kernel import Kernel, attach, packet_socket, silent_socket
from feedpath.host.dhcp.lease import Lease
from feedpath.host.dhcp.netlink import Link, Message
from feedpath.host.plan import Leases, Plan, clock, plan_of
from feedpath.host.resolver import Names, Resolver

WIRED, WIRELESS, EACH = 100, 600, 500  # metrics of routes: the cable first, and how many there are of each
FRAME_BYTES = 2048
FRAMES_AT_ONCE = 50  # of one link, before the others' turn
CAP_NET_ADMIN, CAP_NET_RAW, LAST_CAP = 12, 13, 63  # linux/capability.h
CAPABILITY_VERSION_3 = 0x20080522
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38  # linux/prctl.h
LINE_MOST = 64 * 1024  # octets of what we are told at once
NO_RIGHTS = 77  # sysexits.h: EX_NOPERM


class Port:
    """A link that is looked after."""

    def __init__(self, link: Link, machine: "Dynamic | Static"):
        self.link = link
        self.machine = machine
        self.frames = packet_socket(link)
        self.metric = metric(link)
        self.applied: "dict[str, Lease]" = {}  # by address
        self.servers: "dict[str, float]" = {}  # of names, by IPv6, and until when
        self.told: "dict[str, Any]" = {}
        self._watched: "list[str]" = []
        self.watch()

    def watch(self) -> None:
        """Hear what the machine wants to hear now."""
        watched = self.machine.watched
        if watched != self._watched or not self.told:
            self._watched = watched
            attach(self.frames, bpf.program(watched))

    def news(self) -> "dict[str, Any]":
        """Return what there is to tell of it."""
        has = self.machine.lease
        told: "dict[str, Any]" = {"link": self.link.name, "state": self.machine.state, "address": ""}
        if has is not None:
            told.update(address=has.address, prefix=has.prefix, routers=has.routers, domain=has.domain)
            told.update(search=has.search, ntp_servers=has.ntp_servers, name_servers=has.name_servers)
            told.update(metric=self.metric)
        return told

    def names(self, now: float) -> Names:
        """Return what it tells of names: its lease, and the routers of IPv6."""
        has = self.machine.lease
        servers = [*has.name_servers] if has is not None else []
        servers += [server for server, until in self.servers.items() if until > now and server not in servers]
        search = (has.search or ([has.domain] if has.domain else [])) if has is not None else []
        return Names(tuple(servers), tuple(search))


def metric(link: Link) -> int:
    """Return the metric of a link's routes: the lower, the sooner packets leave by it."""
    wireless = Path("/sys/class/net", link.name, "wireless").exists()
    return (WIRELESS if wireless else WIRED) + min(link.number, EACH - 1)


class Network:
    """All links of a plan, and who told it."""

    def __init__(self, folder: Path, control: socket.socket, resolv_conf: Path):
        self._leases = Leases(folder)
        self._control = control
        self._resolv_conf = resolv_conf
        self._resolver = Resolver(resolv_conf)
        self._kernel = Kernel()
        self._ports: "dict[int, Port]" = {}
        self._plan: "Plan | None" = None
        self._before: "Plan | None" = None  # what is returned to where a plan is not confirmed
        self._revert_at: "float | None" = None
        self._line = b""
        self._ended = False

    def run(self) -> None:
        """Work until the socket ends or says so."""
        while not self._ended:
            sockets = [self._control, self._kernel.events, *(port.frames for port in self._ports.values())]
            ready, _, _ = select.select(sockets, [], [], self._wait())
            if self._control in ready:
                self._listen()
            if self._kernel.events in ready:
                self._look()
            for port in list(self._ports.values()):
                if port.frames in ready:
                    self._hear(port)
            self._tick()

    def _wait(self) -> "float | None":
        times = [self._revert_at, *(port.machine.due for port in self._ports.values())]
        due = min((time for time in times if time is not None), default=None)
        return None if due is None else max(0.0, due - clock())

    def _tick(self) -> None:
        now = clock()
        for port in list(self._ports.values()):
            if port.machine.due is not None and port.machine.due <= now:
                self._do(port, port.machine.tick(now))
        if self._revert_at is not None and now >= self._revert_at:
            self._revert_at = None
            self._tell({"reverted": True})
            self._follow(self._before)

    # What we are told.

    def _listen(self) -> None:
        data = self._control.recv(LINE_MOST)
        self._ended = not data or len(self._line) > LINE_MOST
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            try:
                told = json.loads(line)
                self._obey(str(told["do"]), told)
            except (ValueError, KeyError, TypeError) as error:
                self._complain(f"the network helper does not understand: {error}")

    def _obey(self, word: str, told: "dict[str, Any]") -> None:
        if word == "configure":
            plan = plan_of(told)
            self._before, self._revert_at = self._plan if self._revert_at is None else self._before, None
            self._follow(plan)
            if plan.confirm_s:
                self._revert_at = clock() + plan.confirm_s
        elif word == "confirm":
            self._revert_at = None
        elif word == "stop":
            for port in self._ports.values():
                self._do(port, port.machine.stop(clock()))
            self._ended = True
        else:
            raise ValueError(f"it is told to {word!r}, and knows configure, confirm and stop")

    def _follow(self, plan: "Plan | None") -> None:
        """Give up what there is, but leases stay known; begin anew by a plan."""
        for port in list(self._ports.values()):
            self._leave(port)
        self._plan = plan
        self._look()

    # Links.

    def _look(self) -> None:
        """Follow the links: new ones, those that went, cables that were plugged or unplugged."""
        try:
            for message in self._kernel.news():
                self._note(message)
        except (OSError, WireError):  # more than the socket held
            pass
        links = sorted(self._kernel.links(), key=metric)
        for link in links if self._plan is not None else []:
            self._see(link)
        known = {link.number for link in links}
        for port in [port for number, port in self._ports.items() if number not in known]:
            self._close(port)
            self._resolve()

    def _note(self, message: Message) -> None:
        """Take what a router tells of name servers; of links, all is looked at anew."""
        if message.type != netlink.NEWNDUSEROPT:
            return
        for told in netlink.read_rdnss(message):
            port = self._ports.get(told.number)
            if port is not None:
                for server in told.servers:
                    text = socket.inet_ntop(socket.AF_INET6, server)
                    local = text.startswith("fe80:")
                    port.servers[f"{text}%{port.link.name}" if local else text] = clock() + told.seconds
                self._resolve()

    def _see(self, link: Link) -> None:
        port = self._ports.get(link.number)
        if port is None:
            if self._plan is None or not self._plan.covers(link):
                return
            try:
                port = self._open(link, self._plan)
            except OSError as error:
                self._complain(f"{link.name} cannot be used: {error.strerror}")
                return
        was, port.link = port.link, link._replace(mtu=port.link.mtu)
        if link.carrier and not was.carrier and port.machine.lease is not None:
            self._apply(port, port.machine.lease)  # its routes went with it when it was switched off
        self._do(port, port.machine.carrier(link.carrier, clock()))

    def _open(self, link: Link, plan: Plan) -> Port:
        """Begin with a link: what it has of us is kept while it lasts, other addresses are not."""
        there = [(address, prefix) for number, address, prefix in self._kernel.addresses() if number == link.number]
        machine: "Dynamic | Static"
        if plan.sets(link) and not any(isinstance(port.machine, Static) for port in self._ports.values()):
            machine = Static(link.mac, random, plan.lease())
        else:
            known = self._leases.load(link)
            held = known is not None and (known.address, known.prefix) in there and known.lasts(clock())
            machine = Dynamic(link.mac, random, plan.host, known, held)
        port = Port(link._replace(carrier=False), machine)
        for address, prefix in there:
            if machine.lease is None or address != machine.lease.address:
                self._kernel.remove(link, Lease(address, prefix), port.metric)
        if machine.lease is not None:
            port.applied[machine.lease.address] = machine.lease
        self._ports[link.number] = port
        if not link.on:
            self._kernel.switch_on(link)
        return port

    def _leave(self, port: Port) -> None:
        for has in list(port.applied.values()):
            self._remove(port, has)
        self._close(port)

    def _close(self, port: Port) -> None:
        del self._ports[port.link.number]
        port.frames.close()
        self._tell({"link": port.link.name, "state": "GONE", "address": ""})

    def _hear(self, port: Port) -> None:
        for _ in range(FRAMES_AT_ONCE):
            try:
                data = port.frames.recv(FRAME_BYTES)
            except BlockingIOError:
                return
            except OSError:  # the link is down
                return
            self._do(port, port.machine.feed(data, clock()))

    # What a machine wants.

    def _do(self, port: Port, actions: "list[tuple[str, Any]]") -> None:
        for verb, value in actions:
            if verb == "send":
                self._send(port, value)
            elif verb == "apply":
                self._apply(port, value)
            elif verb == "remove":
                self._remove(port, value)
            else:
                self._store(port, value)
        news = port.news()
        port.watch()
        if news != port.told:
            port.told = news
            self._tell(news)
        if actions:
            self._resolve()

    def _send(self, port: Port, data: bytes) -> None:
        try:
            port.frames.send(data)
        except OSError:  # no link, no room: it is sent again when it is due again
            return

    def _apply(self, port: Port, new: Lease) -> None:
        before = port.applied.get(new.address)
        try:
            if before is not None and lease.default_routes(before) != lease.default_routes(new):
                self._kernel.remove_routes(port.link, before, port.metric)
            if new.mtu and new.mtu <= port.link.mtu:
                self._kernel.set_mtu(port.link, new.mtu)
            self._kernel.apply(port.link, new, clock(), port.metric)
        except (OSError, WireError) as error:
            self._complain(f"{port.link.name} cannot be given {new.address}: {error}")
        port.applied[new.address] = new

    def _remove(self, port: Port, old: Lease) -> None:
        port.applied.pop(old.address, None)
        try:
            self._kernel.remove(port.link, old, port.metric)
            if old.mtu and old.mtu <= port.link.mtu:
                self._kernel.set_mtu(port.link, port.link.mtu)
        except OSError as error:
            self._complain(f"{old.address} cannot be taken from {port.link.name}: {error}")

    def _store(self, port: Port, known: "Lease | None") -> None:
        try:
            self._leases.store(port.link, known)
        except OSError as error:
            self._complain(f"the lease of {port.link.name} cannot be kept: {error}")

    def _resolve(self) -> None:
        """Tell the computer's resolver which name servers there are."""
        ports = sorted(self._ports.values(), key=lambda port: port.metric)
        told = {port.link.name: port.names(clock()) for port in ports}
        try:
            self._resolver.tell({name: names for name, names in told.items() if names.servers})
        except OSError as error:
            self._complain(f"{self._resolv_conf} cannot be written: {error}")

    def _complain(self, sentence: str) -> None:
        self._tell({"error": sentence})

    def _tell(self, told: "dict[str, Any]") -> None:
        try:
            self._control.sendall(json.dumps(told).encode() + b"\n")
        except OSError:  # nobody listens any more: the end of the socket is read next
            return


def drop_rights() -> None:
    """Keep the rights over networks only, for good; raise OSError where even these are missing."""
    libc = ctypes.CDLL(None, use_errno=True)
    kept = 1 << CAP_NET_ADMIN | 1 << CAP_NET_RAW
    for capability in range(LAST_CAP + 1):
        if not kept >> capability & 1:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails for those that the kernel does not know
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = struct.pack("II", CAPABILITY_VERSION_3, 0)
    if libc.capset(header, struct.pack("IIIIII", kept, kept, 0, 0, 0, 0)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def main() -> int:
    """Run the helper; return the exit status."""
    folder, descriptor, resolv_conf = sys.argv[1:]
    control = socket.socket(fileno=int(descriptor))
    with contextlib.ExitStack() as kept:
        try:
            with contextlib.suppress(PermissionError):  # without it the kernel refuses an answer that we have read
                kept.enter_context(silent_socket())
            if not _has_rights():
                return NO_RIGHTS
            Path(folder).mkdir(exist_ok=True)
            Network(Path(folder), control, Path(resolv_conf)).run()
        except OSError as error:
            told = {"error": f"the network cannot be set up: {error.strerror}"}
            control.sendall(json.dumps(told).encode() + b"\n")
            return 1
    return 0


def _has_rights() -> bool:
    """Return whether the rights over networks are left once all others are dropped."""
    try:
        drop_rights()
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except PermissionError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
