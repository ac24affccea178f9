"""pyipp, the library of Home Assistant: what it reads of the printer, on the other computer."""

import json
import subprocess
import sys
import time
import uuid
from typing import Any

import pytest

from tests.fakes.netns import WATCHDOG_S, until
from tests.peers.appliance import ADDRESS, Appliance, Lan, appliance
from tests.peers.test_discovery import browse

READ = """
import asyncio, json, sys
import pyipp

async def read(host, port, path):
    async with pyipp.IPP(host=host, port=port, base_path="/" + path) as client:
        printer = await client.printer()
    told = {**printer.as_dict(), "booted_at": printer.booted_at.timestamp()}
    print(json.dumps(told, default=str))

asyncio.run(read(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""


INKS = "S:03%s2%s;" % ("0" * 16, "41000050" + "42000014")  # hplip's S field: black 80 %, three colours 20 %
DEVICE_ID = "MFG:HP;MDL:Ink Tank 300;CMD:URF,PWGRaster,JPEG,PDF;" + INKS


@pytest.fixture(scope="module")
def started_at() -> float:
    """When the firmware started at the earliest."""
    return time.time()


@pytest.fixture(scope="module")
def printer(lan: Lan, started_at: float, firmware: Appliance) -> "dict[str, Any]":
    """What pyipp reads."""
    return read(lan, firmware)


def read(lan: Lan, firmware: Appliance) -> "dict[str, Any]":
    """Return what pyipp reads from the client."""
    command = lan.client.command(sys.executable, "-c", READ, ADDRESS, firmware.ipp_port, firmware.path)
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=WATCHDOG_S)
    assert result.returncode == 0, result.stderr
    told: "dict[str, Any]" = json.loads(result.stdout)
    return told


def test_it_reads_who_the_printer_is(printer: "dict[str, Any]") -> None:
    info = printer["info"]
    assert info["manufacturer"] == "Feedpath"
    assert info["model"] == "Virtual Printer"
    assert info["serial"] == "FP000001"
    assert info["version"]


def test_without_supplies_there_are_no_markers(printer: "dict[str, Any]") -> None:
    assert printer["markers"] == []


def test_supplies_that_the_machine_tells_are_markers(lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> None:
    with appliance(lan.printer, tmp_path_factory.mktemp("data"), "--device-id", DEVICE_ID) as inky:
        markers = {marker["name"]: marker for marker in read(lan, inky)["markers"]}
    assert {name: marker["level"] for name, marker in markers.items()} == {"Black ink": 80, "Tri-color ink": 20}
    assert markers["Black ink"]["color"] == "#000000"
    assert {(marker["low_level"], marker["high_level"]) for marker in markers.values()} == {(10, 100)}
    assert {marker["marker_type"] for marker in markers.values()} == {"ink"}


def test_it_reads_a_state_that_is_idle_and_not_worth_a_word(printer: "dict[str, Any]") -> None:
    assert printer["state"]["printer_state"] == "idle"
    assert printer["state"]["reasons"] in (None, [], "none")


def test_the_identity_of_the_integration_comes_by_txt(lan: Lan, firmware: Appliance) -> None:
    uuids = until(lambda: {seen.txt["UUID"] for seen in browse(lan.client, "_ipp._tcp")}, "the printer")
    assert [str(uuid.UUID(text)) for text in uuids] == list(uuids)
    assert len(uuids) == 1


def test_it_knows_when_the_printer_started(printer: "dict[str, Any]", started_at: float) -> None:
    # Both clocks go by whole seconds; others have reported 1970 here.
    assert started_at - 2 <= printer["booted_at"] <= time.time() + 2
