"""The appliance as a whole, in this process: what it writes, what it restores, what it says when it cannot start."""

import asyncio
import json
import socket

import pytest

from feedpath import appliance
from feedpath.appliance import Appliance
from feedpath.core import box
from feedpath.front.snmp import wire
from feedpath.settings import Settings
from tests.fakes.machine import WATCHDOG_S, until
from tests.fakes.usbip_backend import UsbipBackend
from tests.fakes.virtual_bus import VirtualBus
from tests.fakes.virtual_printer import VirtualPrinter
from tests.unit.front.snmp.asking import SYS_LOCATION, reply, request


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def settings(directory, **values):
    chosen = Settings(str(directory / "settings.toml"))
    ours = {"port": "0", "listen": "127.0.0.1", "mdns": "off", "snmp": "off", "tls": "off"}
    for name, text in {**ours, **values}.items():
        chosen.override(name.replace("_", "-"), text)
    return chosen


def test_a_virtual_printer_is_found_and_the_command_line_learns_where_the_firmware_is(tmp_path):
    async def main():
        with VirtualBus() as bus:
            printer = VirtualPrinter()
            bus.attach(printer)
            box = Appliance(tmp_path, settings(tmp_path), [UsbipBackend("127.0.0.1", bus.port)])
            await box.start()
            await until(lambda: box.printers.default)
            assert box.printers.default
            assert box.printers.default.make_and_model == "Feedpath Virtual Printer"
            told = json.loads((tmp_path / "feedpath.run").read_text())
            assert told["port"] == box.port and told["address"] == "127.0.0.1"
            await box.stop()
            assert not (tmp_path / "feedpath.run").exists()
            printer.close()

    run(main())


def test_settings_that_are_live_reach_the_jobs_and_the_printers(tmp_path):
    async def main():
        with VirtualBus() as bus:
            printer = VirtualPrinter()
            bus.attach(printer)
            chosen = settings(tmp_path)
            box = Appliance(tmp_path, chosen, [UsbipBackend("127.0.0.1", bus.port)])
            await box.start()
            await until(lambda: box.printers.default)
            chosen.set("stream", "never")
            chosen.set("location", "Attic")
            assert box.printers.default
            assert box.printers.default.device.policy.stream is False
            assert box.printers.default.location == "Attic"
            await box.stop()
            printer.close()

    run(main())


def test_settings_of_printing_reach_the_drivers(tmp_path):
    async def main():
        with VirtualBus() as bus:
            printer = VirtualPrinter("MFG:Fake;MDL:Labels;CMD:ZPL;")
            bus.attach(printer)
            chosen = settings(tmp_path, label_size="57x32mm")
            box = Appliance(tmp_path, chosen, [UsbipBackend("127.0.0.1", bus.port)])
            await box.start()
            await until(lambda: box.printers.default)
            assert box.printers.default
            assert box.printers.default.capabilities.media_default == "om_label_57x32mm"
            chosen.set("label-size", "50x25mm")
            assert box.printers.default.capabilities.media_default == "om_label_50x25mm"
            await box.stop()
            printer.close()

    run(main())


def test_documents_that_belong_to_no_job_are_deleted_at_the_start(tmp_path, caplog):
    async def main():
        box = Appliance(tmp_path, settings(tmp_path), [])
        (tmp_path / "spool").mkdir()
        (tmp_path / "spool/77.document").write_bytes(b"orphan")
        await box.start()
        assert list((tmp_path / "spool").iterdir()) == []
        assert "belongs to no job" in caplog.text
        await box.stop()

    run(main())


def test_a_taken_port_is_said_in_words(tmp_path, caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert appliance.run(tmp_path, settings(tmp_path, port=str(port)), []) == 1
    assert f"port {port} cannot be used: Address already in use" in caplog.text


@pytest.mark.parametrize("region, first", [("letter", True), ("a4", False)])
def test_the_region_says_which_paper_comes_first(region, first):
    assert appliance._letter_first(region) is first


def test_the_box_is_told_from_others_by_a_name_that_stays(tmp_path):
    name = box.identity(tmp_path)
    assert len(name) == 36 and box.identity(tmp_path) == name


def asked_by_snmp(port, data):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(WATCHDOG_S)
        client.connect(("127.0.0.1", port))
        client.send(data)
        return client.recv(2048)


def test_what_is_set_by_snmp_is_the_setting(tmp_path):
    chosen = settings(tmp_path, snmp="on", snmp_port="0", snmp_write_community="sesame", location="Hall")

    async def main():
        box = Appliance(tmp_path, chosen, [])
        await box.start()
        text = wire.tlv(wire.OCTETS, b"Attic")
        change = request(wire.SET, SYS_LOCATION, community=b"sesame", value=text)
        assert reply(await asyncio.to_thread(asked_by_snmp, box.fronts.snmp_port, change)).values == [b"Attic"]
        question = request(wire.GET, SYS_LOCATION)
        assert reply(await asyncio.to_thread(asked_by_snmp, box.fronts.snmp_port, question)).values == [b"Attic"]
        await box.stop()

    run(main())
    assert chosen["location"] == Settings.load(str(tmp_path / "settings.toml"))["location"] == "Attic"


def test_without_its_port_snmp_is_said_to_be_missing_and_the_rest_goes_on(tmp_path, caplog):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = str(other.getsockname()[1])

        async def main():
            box = Appliance(tmp_path, settings(tmp_path, snmp="on", snmp_port=port), [])
            await box.start()
            assert box.port and not box.fronts.snmp_port
            await box.stop()

        run(main())
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said == f"SNMP is not answered: UDP port {port} cannot be used: Address already in use"


def test_the_pages_are_at_a_second_port_too(tmp_path):
    async def main():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        box = Appliance(tmp_path, settings(tmp_path, web_port=str(port)), [])
        await box.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
        await box.stop()

    run(main())
