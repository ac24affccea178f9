"""The USB printer class: its interfaces, requests and port status (USB Printer Class 1.1, January 2000)."""

from typing import NamedTuple

CLASS = 0x07
SUBCLASS = 0x01

# 4.2: bmRequestType and bRequest
GET_DEVICE_ID = (0xA1, 0)
GET_PORT_STATUS = (0xA1, 1)
SOFT_RESET = (0x21, 2)
SOFT_RESET_1_0 = (0x23, 2)  # version 1.0 of the class addressed it to "other" instead of the interface

UNIDIRECTIONAL, BIDIRECTIONAL, IEEE1284_4, IPP_USB = 1, 2, 3, 4  # bInterfaceProtocol, 4.3; 4 is IPP over USB 1.0

# A stream of bytes with a way back is best. 1284.4 expects packets, yet printers that offer nothing else often take a
# stream; the kernel's usblp uses it last, too. IPP over USB is no stream at all.
PREFERENCE = (BIDIRECTIONAL, UNIDIRECTIONAL, IEEE1284_4)

PORT_STATUS = (  # 4.2.2: mask, value when bad, printer-state-reasons keyword; the first that holds causes the rest
    (0x20, 0x20, "media-empty-error"),
    (0x10, 0x00, "offline-report"),
    (0x08, 0x00, "other-error"),
)


class Alternate(NamedTuple):
    """One way to talk to one printer: an alternate setting of an interface, and its bulk endpoints' addresses."""

    configuration: int
    interface: int
    setting: int
    protocol: int
    out: int
    back: int  # 0 when it has no bulk IN endpoint


def best_first(alternates: "list[Alternate]") -> "tuple[Alternate, ...]":
    """Return the alternates of an interface that can print, the best one first."""
    usable = [alternate for alternate in alternates if alternate.out and alternate.protocol in PREFERENCE]
    return tuple(sorted(usable, key=lambda alternate: (PREFERENCE.index(alternate.protocol), alternate.setting)))


def reasons(status: int) -> "list[str]":
    """Return the printer-state-reasons keyword that a port status byte tells, none when all is well."""
    return [reason for mask, bad, reason in PORT_STATUS if status & mask == bad][:1]
