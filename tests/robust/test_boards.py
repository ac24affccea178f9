"""Boards: the appliance starts on each, by its file, and takes what that says."""

import asyncio
from pathlib import Path

import pytest

from feedpath.appliance import Appliance
from feedpath.core.ring import SLOT_BYTES
from feedpath.host import board
from feedpath.host.board import Board
from feedpath.settings import Settings
from tests.fakes.machine import WATCHDOG_S, until
from tests.fakes.usbip_backend import UsbipBackend
from tests.fakes.virtual_bus import VirtualBus
from tests.fakes.virtual_printer import VirtualPrinter

FILES = sorted((Path(__file__).parents[2] / "boards").glob("*.toml"))
CHEAP = {"port": "0", "listen": "127.0.0.1", "mdns": "off", "snmp": "off", "tls": "off"}


async def serve(data: Path, expected: Board) -> None:
    settings = Settings(str(data / "settings.toml"))
    for name, text in CHEAP.items():
        settings.override(name, text)
    with VirtualBus() as bus:
        printer = VirtualPrinter()
        bus.attach(printer)
        box = Appliance(data, settings, [UsbipBackend("127.0.0.1", bus.port)])
        await box.start()
        await until(lambda: box.printers.default)
        assert box.printers.default
        assert box.printers.default.device.ring.size == expected.ring_slots * SLOT_BYTES
        await box.stop()
        printer.close()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_appliance_starts_on_each_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    expected = board.parse(file.read_text(), file.name)
    tree = tmp_path / "compatible"
    tree.write_bytes(b"".join(f"{name}\0".encode() for name in (*expected.compatible, "linux,all")))
    monkeypatch.setattr(board.find, "__defaults__", (tree, None))
    assert board.find() == expected
    asyncio.run(asyncio.wait_for(serve(tmp_path, expected), WATCHDOG_S))
