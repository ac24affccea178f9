"""The network helper and DHCP servers of Debian, each in a network namespace of its own, on one cable."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.fakes import netns
from tests.fakes.netns import Namespace, until

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
ROUTER = "10.77.0.1"
NETWORK = "10.77.0.0/24"
FIRST, LAST = "10.77.0.50", "10.77.0.99"
SEARCH = ("eng.example", "lab.example")
MAC = "02:00:00:00:00:50"
TIMES = 4  # as fast runs a clock that hurries: within what servers and their seconds allow
HURRIED = ("tests.peers.hurried", str(TIMES))


class Cable:
    """A link between a router and a printer: the router's end has ROUTER, the printer's none."""

    def __init__(self, router: Namespace, printer: Namespace, name: str = "eth0"):
        self.router = router
        self.printer = printer
        self.name = name

    def plug(self, on: bool) -> None:
        """Put the cable in or take it out: the printer's carrier follows."""
        self.router.run("ip", "link", "set", self.name, "up" if on else "down")

    def send(self, frame: bytes) -> None:
        """Have the router send a frame."""
        script = (
            "import socket, sys; link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW);"
            "link.bind((sys.argv[1], 0)); link.send(bytes.fromhex(sys.argv[2]))"
        )
        self.router.run(sys.executable, "-c", script, self.name, frame.hex())

    def addresses(self) -> "list[str]":
        """Return the printer's IPv4 addresses with their prefixes."""
        told = self.printer.run("ip", "-4", "-o", "address", "show", "dev", self.name)
        return re.findall(r"inet (\S+)", told)

    def address(self) -> str:
        """Return the printer's address once it has exactly one."""
        found = until(lambda: self.addresses() if len(self.addresses()) == 1 else [], "one address")
        return found[0].partition("/")[0]

    def routes(self) -> str:
        """Return the printer's routes."""
        return self.printer.run("ip", "-4", "route")


@contextlib.contextmanager
def cable(router: Namespace, printer: Namespace, name: str = "eth0") -> "Iterator[Cable]":
    """Join two namespaces."""
    index = str(100 + int(name[3:]))  # another one than the peer's: the kernel then tells of the carrier at once
    link = ["ip", "link", "add", name, "index", index, "netns", router.name, "type", "veth"]
    peer = ["peer", "name", name, "address", MAC, "netns", printer.name]
    subprocess.run([*link, *peer], check=True, capture_output=True, timeout=netns.WATCHDOG_S)
    try:
        router.run("ip", "address", "add", f"{ROUTER}/24", "dev", name)
        for end in (router, printer):
            end.run("ip", "link", "set", name, "up")
        until(lambda: "state UP" in router.run("ip", "link", "show", name), "the carrier")  # before it nothing goes out
        yield Cable(router, printer, name)
    finally:
        router.run("ip", "link", "del", name)


class Helper:
    """A running network helper, and what it tells."""

    def __init__(self, space: Namespace, folder: Path, *words: str):
        self.resolv_conf = folder / "resolv.conf"
        self.errors: "list[str]" = []
        self.told: "list[dict[str, Any]]" = []
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        self._text = b""
        words = (sys.executable, "-P", "-m", *(words or ("feedpath.host.network",)))
        with theirs:
            self.process = subprocess.Popen(
                space.command(*words, str(folder / "leases"), str(theirs.fileno()), str(self.resolv_conf)),
                pass_fds=(theirs.fileno(),),
                env={**os.environ, **space.environment, "PYTHONPATH": f"{FIRMWARE}:{FIRMWARE.parent}"},
            )

    def say(self, **words: Any) -> None:
        """Tell it something."""
        self._control.send(json.dumps(words).encode() + b"\n")

    def dhcp(self, **more: Any) -> None:
        """Have it ask servers."""
        self.say(do="configure", mode="dhcp", host="printer", **more)

    def until(self, condition: "Callable[[dict[str, Any]], bool]", what: str) -> "dict[str, Any]":
        """Return the first thing that it tells from now on for which the condition holds."""
        try:
            return until(lambda: next(filter(condition, self._read()), None), what)
        except AssertionError as error:
            error.add_note(f"the last that it told: {self.told[-5:]}")
            raise

    def bound(self, address: str = "") -> "dict[str, Any]":
        """Wait until it has a lease."""
        return self.until(
            lambda told: told.get("state") == "BOUND" and bool(told["address"]) and address in ("", told["address"]),
            f"a lease {address}",
        )

    def state(self, state: str) -> "dict[str, Any]":
        """Wait until it tells of a state."""
        return self.until(lambda told: told.get("state") == state, state)

    def each_with_address(self, *links: str) -> "list[dict[str, Any]]":
        """Wait until each of these links has an address; return what it tells of them then."""
        found: "dict[str, dict[str, Any]]" = {}

        def all_have(told: "dict[str, Any]") -> bool:
            if told.get("address"):
                found[told["link"]] = told
            return set(links) <= set(found)

        self.until(all_have, f"addresses of {', '.join(links)}")
        return [found[link] for link in links]

    def _read(self) -> "Iterator[dict[str, Any]]":
        try:
            data = self._control.recv(65536)
        except BlockingIOError:
            data = b""
        *lines, self._text = (self._text + data).split(b"\n")
        told = [json.loads(line) for line in lines]
        self.told += told
        self.errors += [line["error"] for line in told if "error" in line]
        self._waiting = [*getattr(self, "_waiting", ()), *told]
        while self._waiting:
            yield self._waiting.pop(0)

    def rss(self) -> int:
        """Return the bytes of memory that it has."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]

    def descriptors(self) -> int:
        """Return how many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._control.close()

    def leave(self) -> int:
        """Close the socket; return its exit status. Addresses stay."""
        self._control.close()
        return self.process.wait(netns.WATCHDOG_S)

    def stop(self) -> int:
        """Have it give addresses back and end."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.say(do="stop")
            self.process.wait(netns.WATCHDOG_S)
        self._control.close()
        return self.process.returncode


@contextlib.contextmanager
def answers(cable: Cable, folder: Path) -> "Iterator[Callable[[], list[bytes]]]":
    """Return what gives all that the router's server has sent by UDP since the beginning of the block."""
    log = folder / "answers"
    script = (
        "import socket; link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x300); link.bind(('eth0', 3));"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    frame = link.recv(2048)\n"
        "    if frame[34:38] == bytes((0, 67, 0, 68)): print(frame[42:].hex(), flush=True)\n"
    )
    process = cable.router.start(sys.executable, "-c", script, log=log)
    until(lambda: "ready" in log.read_text(), "someone to listen")
    try:
        yield lambda: [bytes.fromhex(line) for line in log.read_text().split()[1:]]
    finally:
        cable.router.stop(process)


@contextlib.contextmanager
def helper(space: Namespace, folder: Path, *words: str) -> "Iterator[Helper]":
    """Run a network helper in a namespace until the end of the block; words: a module that runs it, as HURRIED."""
    running = Helper(space, folder, *words)
    try:
        yield running
    finally:
        running.stop()


class Dnsmasq:
    """dnsmasq on the router, with leases of two minutes that are renewed after seconds."""

    def __init__(self, space: Namespace, folder: Path):
        self._space = space
        self._folder = folder
        self._process: "subprocess.Popen[bytes] | None" = None
        self.log = folder / "dnsmasq.log"

    def start(
        self, *options: str, first: str = FIRST, last: str = LAST, t1: int = 60, t2: int = 100, link: str = "eth0"
    ) -> None:
        """Serve the addresses from `first` to `last`. Of T1 and T2 dnsmasq takes none below 3 seconds."""
        words = ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", f"--interface={link}", "--log-dhcp"]
        words += ["--bind-interfaces", "--dhcp-authoritative", "--no-ping", "--user=root", "--pid-file="]
        words += [f"--dhcp-range={first},{last},255.255.255.0,120"]
        words += [f"--dhcp-leasefile={self._folder / 'dnsmasq.leases'}"]
        words += [f"--dhcp-option=option:T1,{t1}", f"--dhcp-option=option:T2,{t2}", *options]
        self.log.touch()
        size = self.log.stat().st_size
        self._process = self._space.start(*words, log=self.log)
        until(lambda: "DHCP, IP range" in self.log.read_text()[size:], f"dnsmasq to serve, as {self.log} tells")

    def stop(self) -> None:
        """End it; its leases stay."""
        if self._process is not None:
            self._space.stop(self._process)
            self._process = None

    def forget(self) -> None:
        """Lose all leases."""
        (self._folder / "dnsmasq.leases").unlink(missing_ok=True)

    def leases(self) -> "list[str]":
        """Return its leases: end, hardware, address, name and client identifier each."""
        return (self._folder / "dnsmasq.leases").read_text().splitlines()

    def count(self, word: str) -> int:
        """Return how many such messages its log has, as DHCPACK."""
        return self.log.read_text().count(f" {word}(")


class Program:
    """A DHCP server with a configuration file, leases of ten seconds, T1 after three and T2 after six."""

    package = ""
    ready = ""  # what its log says once it serves

    def __init__(self, space: Namespace, folder: Path):
        self._space = space
        self._folder = folder
        self._process: "subprocess.Popen[bytes] | None" = None
        self.log = folder / "server.log"

    def start(
        self, first: str = FIRST, last: str = LAST, search: "Sequence[str]" = SEARCH, routes: bytes = b""
    ) -> None:
        """Serve addresses from `first` to `last`. routes: of option 121, as it has them."""
        conf = self._folder / "server.conf"
        conf.write_text(self.conf(first, last, search, routes))
        self.log.touch()
        size = self.log.stat().st_size
        process = self._process = self._space.start(*self.words(conf), log=self.log)
        until(lambda: self.ready in self.log.read_text()[size:] or process.poll() is not None, f"{self.log} to say so")
        assert process.poll() is None, self.log.read_text()[size:]

    def stop(self) -> None:
        """End it; its leases stay."""
        if self._process is not None:
            self._space.stop(self._process)
            self._process = None

    def forget(self) -> None:
        """Lose all leases."""
        for path in self._folder.glob("server.leases*"):
            path.unlink()

    def words(self, conf: Path) -> "list[str]":
        """Return its command line."""
        raise NotImplementedError

    def conf(self, first: str, last: str, search: "Sequence[str]", routes: bytes) -> str:
        """Return its configuration."""
        raise NotImplementedError


class Dhcpd(Program):
    """ISC's dhcpd."""

    package = "isc-dhcp-server"
    more = ""  # statements for everyone
    ready = "Server starting service."

    def words(self, conf: Path) -> "list[str]":
        leases = self._folder / "server.leases"
        leases.touch()
        return ["dhcpd", "-4", "-f", "-d", "--no-pid", "-cf", str(conf), "-lf", str(leases), "eth0"]

    def conf(self, first: str, last: str, search: "Sequence[str]", routes: bytes) -> str:
        domains = "option domain-search {};".format(", ".join(f'"{name}"' for name in search)) if search else ""
        classless = f"option classless {', '.join(map(str, routes))};" if routes else ""
        return f"""
            option classless code 121 = array of integer 8; {self.more}
            default-lease-time 10; max-lease-time 10; min-lease-time 10; authoritative; ping-check off;
            subnet 10.77.0.0 netmask 255.255.255.0 {{
                range {first} {last};
                option routers {ROUTER}; option domain-name-servers 10.77.0.8; option ntp-servers 10.77.0.9;
                {domains} {classless}
                option dhcp-renewal-time 3; option dhcp-rebinding-time 6;
            }}
        """


class Kea(Program):
    """ISC's Kea."""

    package = "kea-dhcp4-server"
    ready = "DHCP4_STARTED"

    def words(self, conf: Path) -> "list[str]":
        places = [f"{name}={self._folder}" for name in ("KEA_LOCKFILE_DIR", "KEA_PIDFILE_DIR")]
        return ["env", *places, "kea-dhcp4", "-c", str(conf)]

    def conf(self, first: str, last: str, search: "Sequence[str]", routes: bytes) -> str:
        told = {
            "routers": ROUTER,
            "domain-name-servers": "10.77.0.8",
            "ntp-servers": "10.77.0.9",
            "domain-search": ", ".join(search),
            **({"classless": ", ".join(map(str, routes))} if routes else {}),
        }
        subnet = {
            "id": 1,
            "subnet": NETWORK,
            "pools": [{"pool": f"{first} - {last}"}],
            "option-data": [{"name": name, "data": data} for name, data in told.items()],
        }
        return json.dumps(
            {
                "Dhcp4": {
                    "interfaces-config": {"interfaces": ["eth0"]},
                    "lease-database": {"type": "memfile", "name": str(self._folder / "server.leases")},
                    "valid-lifetime": 10,
                    "renew-timer": 3,
                    "rebind-timer": 6,
                    "authoritative": True,
                    "option-def": [{"name": "classless", "code": 121, "type": "uint8", "array": True}],
                    "subnet4": [subnet],
                    "loggers": [{"name": "kea-dhcp4", "output_options": [{"output": "stdout"}], "severity": "INFO"}],
                }
            }
        )
