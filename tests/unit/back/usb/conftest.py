"""A virtual bus, pyusb's back end for it, and a finder that looks at it."""

from collections.abc import Iterator

import pytest

from feedpath.back.usb import device
from feedpath.back.usb.find import Finder
from tests.fakes.usbip_backend import UsbipBackend
from tests.fakes.virtual_printer import VirtualBus


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let transfers that nothing comes of end soon; tests in which they must not set the time again."""
    monkeypatch.setattr(device, "PATIENCE_MS", 20)
    monkeypatch.setattr(device, "LISTEN_MS", 20)
    monkeypatch.setattr(device, "SILENCE_S", 0.0)
    monkeypatch.setattr(device, "STALL_S", 0.0)


@pytest.fixture
def bus() -> Iterator[VirtualBus]:
    """Return a bus without devices."""
    with VirtualBus() as bus:
        yield bus


@pytest.fixture
def backend(bus: VirtualBus) -> Iterator[UsbipBackend]:
    """Return pyusb's way to that bus."""
    backend = UsbipBackend(bus.host, bus.port)
    yield backend
    backend.close()


@pytest.fixture
def finder(backend: UsbipBackend) -> Finder:
    """Return a finder on that bus."""
    return Finder(backend)
