"""A program that multicasts packets of mDNS that are almost right: `python -m tests.peers.mdns_garbage COUNT SEED`."""

import random
import socket
import struct
import sys

from tests.robust.changes import Kind, changed

GROUP = ("224.0.0.251", 5353)  # RFC 6762, 3
SOURCE = "10.77.0.2"


def name(*labels: bytes) -> bytes:
    """Return a name as DNS writes it."""
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def message(flags: int, questions: bytes, answers: bytes) -> bytes:
    """Return a message with a question or an answer, or both."""
    return struct.pack(">6H", 0, flags, bool(questions), bool(answers), 0, 0) + questions + answers


def record(owner: bytes, type: int, data: bytes) -> bytes:
    """Return a record that is cached for a second."""
    return owner + struct.pack(">HHIH", type, 0x8001, 1, len(data)) + data


IPP = name(b"_ipp", b"_tcp", b"local")
PRINTER = name(b"Feedpath Virtual Printer", b"_ipp", b"_tcp", b"local")
STRANGER = name(b"Stranger", b"_ipp", b"_tcp", b"local")
VALID = [
    message(0, IPP + b"\0\x0c\0\1", b""),
    message(0, PRINTER + b"\0\xff\0\1", b""),
    message(0x8400, b"", record(IPP, 12, STRANGER)),
    message(0x8400, b"", record(STRANGER, 33, struct.pack(">3H", 0, 0, 631) + name(b"stranger", b"local"))),
    message(0x8400, b"", record(STRANGER, 16, b"\x09txtvers=1\x04rp=x")),
    message(0x8400, b"", record(name(b"stranger", b"local"), 1, bytes([10, 77, 0, 99]))),
    message(0x8400, b"", record(name(b"stranger", b"local"), 47, b"\xc0\x0c\0\1\x40")),
]
KIND = Kind((b"\xc0\x0c", b"\xc0\x00", b"\xff\xff", b"\0", b"\x3f", b"\x40", IPP, PRINTER))


def main(count: int, seed: int) -> None:
    """Send so many."""
    choose = random.Random(seed)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sending.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sending.bind((SOURCE, 5353))
        sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(SOURCE))
        sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        for _ in range(count):
            sending.sendto(changed(VALID, KIND, choose)[:8000], GROUP)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
