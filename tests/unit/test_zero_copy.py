"""The claim of the ring, end to end: what recv wrote is what libusb is given, at the same addresses."""

import asyncio
import ctypes
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedpath import aio
from feedpath.appliance import Appliance
from feedpath.front.ipp import values, wire
from feedpath.settings import Settings
from tests.fakes.machine import WATCHDOG_S, until
from tests.fakes.usbip_backend import UsbipBackend
from tests.fakes.virtual_bus import VirtualBus
from tests.fakes.virtual_printer import VirtualPrinter

DOCUMENT = b"RaS2" + bytes(range(251)) * 12_000  # three times what the ring holds
HEAD_MOST = 64 * 1024

Span = tuple[int, int]  # address, bytes


class Recorded:
    """Where the kernel wrote what came from the network, and where libusb was told to read what goes to the printer."""

    def __init__(self, patch: pytest.MonkeyPatch):
        self.received: "list[Span]" = []
        self.sent: "list[Span]" = []
        readinto, bulk_write = aio.Stream.readinto, UsbipBackend.bulk_write

        async def recording_readinto(stream: aio.Stream, view: memoryview) -> int:
            count = await readinto(stream, view)
            self.received.append((ctypes.addressof(ctypes.c_char.from_buffer(view)), count))
            return count

        def recording_write(backend, handle, endpoint, interface, data, timeout):
            count = bulk_write(backend, handle, endpoint, interface, data, timeout)
            self.sent.append((data.buffer_info()[0], count))
            return count

        patch.setattr(aio.Stream, "readinto", recording_readinto)
        patch.setattr(UsbipBackend, "bulk_write", recording_write)

    def copied(self) -> int:
        """Return how many of the bytes sent stood at no address that the network was received at."""
        where: "set[int]" = set()
        for address, count in self.received:
            where.update(range(address, address + count))
        return sum(1 for address, count in self.sent for place in range(address, address + count) if place not in where)


def request(chunked: bool) -> "Iterator[bytes]":
    """Give a Print-Job's octets: whole, or the way a client sends chunks."""
    given = [
        wire.Attribute("attributes-charset", [(values.CHARSET, "utf-8")]),
        wire.Attribute("attributes-natural-language", [(values.LANGUAGE, "en")]),
        wire.Attribute("printer-uri", [(values.URI, "ipp://localhost/ipp/print")]),
        wire.Attribute("document-format", [(values.MIME, "image/pwg-raster")]),
    ]
    head = wire.Message((2, 0), 2, 1, [wire.Group(wire.OPERATION, given)]).encode()
    yield head + DOCUMENT if not chunked else head
    if chunked:
        for start in range(0, len(DOCUMENT), 32_768):
            yield DOCUMENT[start : start + 32_768]


def post(port: int, chunked: bool) -> bytes:
    """Return the answer to a Print-Job."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=WATCHDOG_S)
    body = request(True) if chunked else next(request(False))
    client.request("POST", "/ipp/print", body, {"Content-Type": "application/ipp"}, encode_chunked=chunked)
    answer = client.getresponse().read()
    client.close()
    return answer


@pytest.mark.parametrize("chunked", [False, True], ids=["content-length", "chunked"])
def test_libusb_is_given_the_memory_that_recv_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunked: bool
) -> None:
    recorded = Recorded(monkeypatch)

    async def main() -> None:
        settings = Settings()
        for name, text in {"port": "0", "listen": "127.0.0.1", "mdns": "off", "snmp": "off", "tls": "off"}.items():
            settings.override(name, text)
        with VirtualBus() as bus:
            printer = VirtualPrinter(keep=len(DOCUMENT))
            bus.attach(printer)
            box = Appliance(tmp_path, settings, [UsbipBackend("127.0.0.1", bus.port)])
            await box.start()
            await until(lambda: box.printers.default)
            answer = await asyncio.get_running_loop().run_in_executor(None, post, box.port, chunked)
            assert answer[2:4] == b"\0\0"
            assert printer.received == DOCUMENT
            await box.stop()
            printer.close()

    asyncio.run(asyncio.wait_for(main(), WATCHDOG_S))
    assert sum(count for _, count in recorded.sent) == len(DOCUMENT)
    assert recorded.copied() <= HEAD_MOST
