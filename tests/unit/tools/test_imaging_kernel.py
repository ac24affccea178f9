"""Device trees, as the kernel's modules are chosen by them."""

import struct

from tools.imaging import kernel

NAMES = b"compatible\0status\0"


def word(*numbers: int) -> bytes:
    return b"".join(struct.pack(">I", number) for number in numbers)


def padded(text: bytes) -> bytes:
    return text + bytes(-len(text) % 4)


def node(name: bytes, *parts: bytes) -> bytes:
    return word(kernel.FDT_BEGIN_NODE) + padded(name + b"\0") + b"".join(parts) + word(kernel.FDT_END_NODE)


def has(at: int, value: bytes) -> bytes:
    return word(kernel.FDT_PROP, len(value), at) + padded(value)


def test_nodes_are_read_with_their_paths_and_properties() -> None:
    usb = node(b"usb@1", has(0, b"brcm,a\0brcm,b\0"), has(11, b"okay\0"))
    body = node(b"", has(0, b"board\0"), node(b"soc", usb)) + word(kernel.FDT_END)
    head = kernel.FDT_HEADER.pack(0xD00DFEED, 0, kernel.FDT_HEADER.size, kernel.FDT_HEADER.size + len(body), 0, 17, 16)
    tree = head + body + NAMES
    assert dict(kernel.nodes(tree)) == {
        "/": {"compatible": b"board\0"},
        "/soc": {},
        "/soc/usb@1": {"compatible": b"brcm,a\0brcm,b\0", "status": b"okay\0"},
    }
    assert kernel.compatibles(tree) == {"board", "brcm,a", "brcm,b"}
