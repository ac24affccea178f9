"""What virtual printers answer that must be asked for their status: see VirtualPrinter.answers."""

from collections.abc import Callable

from tests.fakes.virtual_printer import VirtualPrinter

Answers = dict[bytes, Callable[[VirtualPrinter], bytes]]

ESCPOS: Answers = {  # DLE EOT 2, 3, 4: Epson's ESC/POS command reference
    b"\x10\x04\x02": lambda printer: bytes([0x12 | 0x04 * printer.cover_open | 0x20 * printer.paper_out]),
    b"\x10\x04\x03": lambda printer: b"\x12",
    b"\x10\x04\x04": lambda printer: bytes([0x12 | 0x6C * printer.paper_out]),
}


def _host_status(printer: VirtualPrinter) -> bytes:
    """~HS: Zebra's ZPL II Programming Guide."""
    return (
        b"\x02030,%d,0,1218,000,0,0,0,000,0,0,0\x03\r\n"
        b"\x02000,0,%d,0,0,2,4,0,00000000,1,000\x03\r\n"
        b"\x021234,0\x03\r\n"
    ) % (printer.paper_out, printer.cover_open)


ZPL: Answers = {b"~HS": _host_status}
