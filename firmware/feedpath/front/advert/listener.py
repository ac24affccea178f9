"""What a socket of multicast DNS is told to leave alone, by the kernel: other links, and what came by unicast."""

import contextlib
import ctypes
import socket
import struct

SO_ATTACH_FILTER = 26  # asm-generic/socket.h
LOAD_BYTE, AND, IF_EQUAL, RETURN = 0x30, 0x54, 0x15, 0x06  # linux/bpf_common.h
HEAD = 0xFFF00000  # linux/filter.h, SKF_NET_OFF: from here on the head of IP is read
TARGET_4, TARGET_6 = 16, 24  # where it has the address that the packet goes to (RFC 791, 3.1; RFC 8200, 3)
ALL_OF_IT = 0xFFFF
MULTICAST_ONLY = (  # code, lines to skip when it holds and when not, value
    (LOAD_BYTE, 0, 0, HEAD),
    (AND, 0, 0, 0xF0),
    (IF_EQUAL, 0, 2, 0x60),  # the version is 6
    (LOAD_BYTE, 0, 0, HEAD + TARGET_6),
    (IF_EQUAL, 3, 4, 0xFF),  # RFC 4291, 2.7
    (LOAD_BYTE, 0, 0, HEAD + TARGET_4),
    (AND, 0, 0, 0xF0),
    (IF_EQUAL, 0, 1, 0xE0),  # RFC 1112, 4
    (RETURN, 0, 0, ALL_OF_IT),
    (RETURN, 0, 0, 0),
)


def stay_on(made: socket.socket, link: str) -> None:
    """Let a socket hear and say nothing on other links, where the kernel grants it (Linux 5.7, or with rights)."""
    with contextlib.suppress(OSError):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())


def is_direct(made: socket.socket) -> bool:
    """Return whether a socket has an address of its own, so that nothing comes to it but by unicast."""
    return made.getsockname()[0] not in ("::", "0.0.0.0")


def hear_multicast_only(made: socket.socket) -> None:
    """Let a socket, which must be one of UDP, hear only what was sent to a group."""
    memory = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in MULTICAST_ONLY))
    program = struct.pack("HP", len(MULTICAST_ONLY), ctypes.addressof(memory))
    made.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
