import pytest
import usb.backend.libusb1

from feedpath.back.usb import libusb
from feedpath.back.usb.find import Finder


def test_without_libusb_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda *finders: None)
    with pytest.raises(libusb.Missing, match=r"libusb-1\.0-0"):
        Finder()


def test_a_finder_looks_at_this_computers_own_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usb.backend.libusb1, "_lib_object", None)
    backend = libusb.backend()
    assert all(found.key for found in Finder(backend).poll())
    assert libusb.backend() is backend
    backend.finalize()
