"""A printer that has no machine, for front ends that only show printers."""

from collections.abc import Callable
from typing import Any, cast

from feedpath.core.driver import Capabilities, Media
from feedpath.core.printer import Printer

A4 = Media("iso_a4_210x297mm", 21000, 29700)
LETTER = Media("na_letter_8.5x11in", 21590, 27940)
FORMATS = ("image/urf", "image/pwg-raster", "image/jpeg", "application/pdf", "application/octet-stream")
CAPABILITIES = Capabilities(
    formats=FORMATS,
    streamable=frozenset(FORMATS),
    media=(A4, LETTER),
    media_default=A4.name,
    media_ready=(A4.name,),
    sides=("one-sided", "two-sided-long-edge", "two-sided-short-edge"),
    color=True,
    copies=99,
    urf=("CP99", "W8", "SRGB24", "RS300-600", "DM1", "V1.4"),
)


class AnnouncedPrinter:
    """What a core Printer shows of itself; `change` sets attributes and tells the watchers."""

    def __init__(self, capabilities: Capabilities = CAPABILITIES, /, **attributes: Any):
        self.name = "laser"
        self.capabilities = capabilities
        self.uuid = "12345678-9abc-def0-1234-56789abcdef0"
        self.info = "Laser"
        self.location = "Room 7"
        self.make_and_model = "Example Laser 3000"
        self.reasons: "list[str]" = []
        self.device_id = "MFG:Example;MDL:Laser 3000;CMD:URF,PWGRaster,JPEG,PDF;SN:X1;"
        self._watchers: "list[Callable[[frozenset[str]], None]]" = []
        self.change(**attributes)

    def watch(self, callback: "Callable[[frozenset[str]], None]") -> "Callable[[], None]":
        """See core's Printer."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def change(self, **attributes: Any) -> None:
        """Set attributes, which must exist, and tell the watchers."""
        for name, value in attributes.items():
            if not hasattr(self, name):
                raise AttributeError(name)
            setattr(self, name, value)
        self.touch(*attributes)

    def touch(self, *names: str) -> None:
        """See core's Printer; here at once."""
        for callback in self._watchers:
            callback(frozenset(names))


def announced(capabilities: Capabilities = CAPABILITIES, /, **attributes: Any) -> Printer:
    """Return such a printer in the place of a core Printer."""
    return cast(Printer, AnnouncedPrinter(capabilities, **attributes))
