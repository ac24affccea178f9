"""Finding USB printers: what is on the bus now, under keys that stay when a printer is unplugged and comes back."""

import errno
import logging
from dataclasses import dataclass, field
from typing import Any

import usb.core
import usb.util

from feedpath.back.usb import libusb, printerclass
from feedpath.back.usb.device import Unavailable, UsbConnection
from feedpath.back.usb.printerclass import Alternate
from feedpath.back.usb.quirks import FIRST_SHOWS_AS_CD, QUIRKS, VENDOR_CLASS, Quirk, Row, quirks_of
from feedpath.core.connection import Gone

logger = logging.getLogger(__name__)

HUB, STORAGE = 0x09, 0x08  # bDeviceClass, bInterfaceClass
BULK = 0x02  # bmAttributes, its low two bits
TRIES = 5  # polls in which a device may fail to tell its strings; some are slow to wake up

SHOWS_AS_CD = (
    "The printer shows itself as a drive with its Windows software:"
    " switch Smart Install (HP) or Editor Lite (Brother) off, then switch the printer off and on."
)

Place = tuple[str, int, int, int]  # port, address, vendor, product: what is plugged in anew has another


@dataclass(frozen=True)
class Found:
    """A printer on the bus.

    key: its identity, by its serial number, else by its port. port: bus and hub ports as Linux writes them, "1-2.4".
    alternates: the ways to talk to it, best first; none while it shows itself as a CD drive.
    """

    key: str
    vendor: int
    product: int
    serial: str
    port: str
    make: str
    model: str
    alternates: tuple[Alternate, ...]
    quirks: Quirk
    address: tuple[int, int]  # bus and device number
    backend: Any = field(repr=False)

    @property
    def shows_as_cd(self) -> bool:
        """Return whether it is a drive with its Windows software for now, and no printer."""
        return not self.alternates

    def open(self) -> UsbConnection:
        """Return a connection to it; raise Unavailable, or Gone."""
        if self.shows_as_cd:
            raise Unavailable(SHOWS_AS_CD)
        bus, address = self.address
        device = usb.core.find(backend=self.backend, bus=bus, address=address)
        if device is None:
            raise Gone("the printer was unplugged before it was opened")
        return UsbConnection(device, self.alternates[0], self.quirks, self.serial)


class Finder:
    """Looks at the bus. backend: a pyusb back end, None for libusb; then making a Finder raises libusb.Missing."""

    def __init__(self, backend: Any = None, quirks: tuple[Row, ...] = QUIRKS):
        self._backend = libusb.backend() if backend is None else backend
        self._quirks = quirks
        self._known: dict[Place, list[Found]] = {}
        self._failures: dict[Place, int] = {}

    def poll(self) -> list[Found]:
        """Return the printers on the bus now, by port; only new devices are asked anything. One thread at a time."""
        try:
            devices = {_place(device): device for device in usb.core.find(find_all=True, backend=self._backend)}
        except usb.core.USBError as error:  # a device went while it was listed
            logger.info("USB devices cannot be listed now: %s", error)
            return self._printers()
        known = {place: found for place, found in self._known.items() if place in devices}
        self._failures = {place: count for place, count in self._failures.items() if place in devices}
        for place in sorted(devices.keys() - known.keys()):
            found = self._ask(devices[place], place, {other.key for group in known.values() for other in group})
            if found is not None:
                known[place] = found
        self._known = known
        return self._printers()

    def _printers(self) -> list[Found]:
        return [found for place in sorted(self._known) for found in self._known[place]]

    def _ask(self, device: Any, place: Place, taken: set[str]) -> "list[Found] | None":
        """Return what printers a new device is, or None to ask again at the next poll."""
        if device.bDeviceClass == HUB:
            return []
        try:
            printers = _printers(device, VENDOR_CLASS in quirks_of(device.idVendor, device.idProduct, "", self._quirks))
            if not printers and not self._may_show_as_cd(device):
                return []
            strings = _strings(device)
        except usb.core.USBError as error:
            if self._retry(place, error):
                return None
            strings = ("", "", "")
        finally:
            usb.util.dispose_resources(device)
        return self._found(device, printers, strings, taken)

    def _retry(self, place: Place, error: usb.core.USBError) -> bool:
        failures = self._failures.get(place, 0) + 1
        self._failures[place] = failures
        if failures == 1:
            logger.warning("USB device %s (%04x:%04x) does not tell who it is: %s", place[0], place[2], place[3], error)
        return failures < TRIES or error.errno in (errno.EACCES, errno.ENODEV)

    def _may_show_as_cd(self, device: Any) -> bool:
        return all(interface.bInterfaceClass == STORAGE for interface in device[0]) and any(
            row.vendor == device.idVendor and FIRST_SHOWS_AS_CD in row.quirks for row in self._quirks
        )

    def _found(
        self, device: Any, printers: list[tuple[Alternate, ...]], strings: tuple[str, str, str], taken: set[str]
    ) -> list[Found]:
        make, model, serial = strings
        vendor, product, port = device.idVendor, device.idProduct, _port(device)
        quirks = quirks_of(vendor, product, model, self._quirks)
        if not printers and FIRST_SHOWS_AS_CD not in quirks:
            return []
        key = f"{vendor:04x}:{product:04x}:{serial}"
        if not _tells_apart(serial) or key in taken:
            key = f"{vendor:04x}:{product:04x}@{port}"
        keys = [key] + [f"{key}/{alternates[0].interface}" for alternates in printers[1:]]
        address = (device.bus, device.address)
        return [
            Found(key, vendor, product, serial, port, make, model, alternates, quirks, address, self._backend)
            for key, alternates in zip(keys, printers or [()], strict=True)
        ]


def _port(device: Any) -> str:
    return f"{device.bus}-{'.'.join(str(number) for number in device.port_numbers or (0,))}"


def _place(device: Any) -> Place:
    return _port(device), device.address, device.idVendor, device.idProduct


def _tells_apart(serial: str) -> bool:
    """Return whether a serial number can be one: some makers write zeros or question marks."""
    return len(set(serial)) > 1


def _printers(device: Any, vendor_class: bool) -> list[tuple[Alternate, ...]]:
    """Return the ways to talk to each printer that the device is, its first printer first."""
    for configuration in device:
        interfaces: dict[int, list[Alternate]] = {}
        for interface in configuration:
            kind = (interface.bInterfaceClass, interface.bInterfaceSubClass)
            if vendor_class or kind == (printerclass.CLASS, printerclass.SUBCLASS):
                alternate = _alternate(interface, configuration.bConfigurationValue)
                interfaces.setdefault(interface.bInterfaceNumber, []).append(alternate)
        printers = [printerclass.best_first(alternates) for alternates in interfaces.values()]
        if any(printers):
            return [alternates for alternates in printers if alternates]
    return []


def _alternate(interface: Any, configuration: int) -> Alternate:
    addresses = [endpoint.bEndpointAddress for endpoint in interface if endpoint.bmAttributes & 3 == BULK]
    out = next((address for address in addresses if not address & usb.util.ENDPOINT_IN), 0)
    back = next((address for address in addresses if address & usb.util.ENDPOINT_IN), 0)
    protocol = interface.bInterfaceProtocol
    if interface.bInterfaceClass != printerclass.CLASS:
        protocol = printerclass.BIDIRECTIONAL if back else printerclass.UNIDIRECTIONAL
    if protocol == printerclass.UNIDIRECTIONAL:
        back = 0
    return Alternate(configuration, interface.bInterfaceNumber, interface.bAlternateSetting, protocol, out, back)


def _strings(device: Any) -> tuple[str, str, str]:
    """Return the maker, the product and the serial number, "" for what the device does not tell; raise USBError."""
    indices = (device.iManufacturer, device.iProduct, device.iSerialNumber)
    languages = usb.util.get_langids(device) if any(indices) else ()
    if not languages:
        return "", "", ""
    make, product, serial = (_string(device, index, languages[0]) for index in indices)
    return make, product, serial


def _string(device: Any, index: int, language: int) -> str:
    try:
        text: "str | None" = usb.util.get_string(device, index, language)
    except (IndexError, UnicodeDecodeError):  # an empty or broken descriptor
        return ""
    return (text or "").strip(" \t\r\n\0")
