"""pyusb's back end for libusb 1.0, with a clear word when the library is missing and a count that pyusb drops."""

from typing import Any

import usb.backend.libusb1

SONAME = "libusb-1.0.so.0"  # where nobody keeps a list of libraries that could be looked through
TIMEOUT = -7  # LIBUSB_ERROR_TIMEOUT


class Missing(Exception):
    """There is no libusb to reach USB devices with. The message is a sentence for people."""


def backend() -> Any:
    """Return the back end that reaches this computer's USB devices; raise Missing."""
    found = usb.backend.libusb1.get_backend() or usb.backend.libusb1.get_backend(lambda name: SONAME)
    if found is None:
        raise Missing("USB printers need the library libusb 1.0: install Debian's package libusb-1.0-0.")
    keep_counts(found.lib)
    return found


def keep_counts(lib: Any) -> None:
    """Make bulk transfers that fail half-way tell how many bytes went; `lib` is libusb as pyusb loaded it.

    pyusb drops libusb's count on every error but a time-out, so that the caller would send those bytes again. Told as a
    time-out, the count is kept; a stalled endpoint stays stalled and a lost device lost, so the next transfer says so.
    """
    transfer = lib.libusb_bulk_transfer
    if getattr(transfer, "keeps_counts", False):
        return

    def counted(handle: Any, endpoint: int, data: Any, length: int, transferred: Any, milliseconds: int) -> int:
        code: int = transfer(handle, endpoint, data, length, transferred, milliseconds)
        return TIMEOUT if code < 0 and transferred._obj.value else code

    counted.keeps_counts = True  # type: ignore[attr-defined]
    lib.libusb_bulk_transfer = counted
