"""What Linux tells of this computer."""

import socket
from pathlib import Path

from feedpath.host.computer import LOOPBACK, LinuxComputer, addresses

NET_DEV = """Inter-|   Receive | Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
    lo:  100    2    0    0    0    0    0    0    100    2    0    0    0    0    0    0
  eth0: 5000000000   40    1    2    0    0    0    3    600   50    4    5    0    0    0    0
"""


def tree(root: Path) -> Path:
    (root / "proc/net").mkdir(parents=True)
    (root / "proc/net/dev").write_text(NET_DEV)
    for name, files in {
        "lo": {"ifindex": "1", "type": "772", "mtu": "65536", "flags": "0x9", "operstate": "unknown"},
        "eth0": {"ifindex": "2", "type": "1", "mtu": "1500", "flags": "0x1003", "operstate": "down", "speed": "1000",
                 "address": "02:00:00:00:00:01"},
    }.items():  # fmt: skip
        folder = root / "sys/class/net" / name
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text + "\n")
    return root


def test_interfaces_are_told_with_what_they_counted(tmp_path: Path) -> None:
    ethernet, loopback = LinuxComputer(tree(tmp_path)).links()
    assert (loopback.number, loopback.type, loopback.mac, loopback.running) == (1, LOOPBACK, b"", True)
    assert (ethernet.number, ethernet.name, ethernet.mtu, ethernet.speed) == (2, "eth0", 1500, 10**9)
    assert (ethernet.mac, ethernet.up, ethernet.running) == (b"\2\0\0\0\0\1", True, False)
    assert (ethernet.state, ethernet.promiscuous, loopback.state) == ("down", False, "unknown")
    assert (ethernet.received, ethernet.sent) == ((5 * 10**9, 40, 1, 2, 3), (600, 50, 4, 5))


def test_interfaces_are_looked_at_at_most_once_a_second(tmp_path: Path) -> None:
    now = [0.0]
    computer = LinuxComputer(tree(tmp_path), lambda: now[0])
    first = computer.links()
    (tmp_path / "proc/net/dev").write_text(NET_DEV.replace("600 ", "700 "))
    assert computer.links() is first
    now[0] = 1.5
    assert computer.links()[0].sent[0] == 700


def test_its_own_addresses_are_told_with_their_prefixes() -> None:
    number = socket.if_nametoindex("lo")
    assert (b"\x7f\0\0\1", 8, frozenset({"permanent"})) in addresses()[number]


def test_routers_hops_and_sessions_are_told_where_there_are_any(tmp_path: Path) -> None:
    computer = LinuxComputer(tmp_path)
    assert (computer.forwards(), computer.hops(), computer.sessions()) == (False, 64, 0)
    for file, text in {
        "proc/sys/net/ipv4/ip_forward": "1",
        "proc/sys/net/ipv4/ip_default_ttl": "32",
        "run/systemd/sessions/3": "",
        "run/systemd/sessions/3.ref": "",
    }.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    assert (computer.forwards(), computer.hops(), computer.sessions()) == (True, 32, 1)


def test_memory_processes_and_uptime_are_those_of_now() -> None:
    computer = LinuxComputer()
    size, used = computer.memory()
    assert 0 < used < size and computer.processes() > 1 and computer.uptime() > 0
