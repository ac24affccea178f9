"""What the image's units may do, in the judgement of systemd-analyze: 0 is nothing at all, 10 is everything."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from feedpath.settings import Settings
from tools import environment

LIBRARY = environment.ROOT / "images/lite/overlay/usr/lib"
UNITS = LIBRARY / "systemd/system"
MOST = {"feedpath.service": 2.0}  # exposure
MOST_OF_OTHERS = 3.0
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))


@pytest.mark.parametrize("unit", SERVICES)
def test_no_unit_may_do_much(unit: str, tmp_path: Path) -> None:
    shutil.copytree(UNITS, tmp_path / "usr/lib/systemd/system")
    words = ["systemd-analyze", "security", "--offline=yes", f"--root={tmp_path}", "--no-pager", unit]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    overall = re.search(r"Overall exposure level .*: ([0-9.]+) ", told)
    assert overall and float(overall[1]) <= MOST.get(unit, MOST_OF_OTHERS), told


@pytest.mark.parametrize("unit", SERVICES)
def test_what_is_not_judged_of_units_that_start_early_is_shut_all_the_same(unit: str) -> None:
    lines = (UNITS / unit).read_text().splitlines()
    for line in ("ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "NoNewPrivileges=yes"):
        assert line in lines


def test_the_firmware_holds_no_right_of_root_at_all() -> None:
    lines = (UNITS / "feedpath.service").read_text().splitlines()
    assert "User=feedpath" in lines and "CapabilityBoundingSet=" in lines and "NoNewPrivileges=yes" in lines
    assert not [line for line in lines if line.startswith("AmbientCapabilities")]


def test_every_socket_has_its_service() -> None:
    for path in UNITS.glob("*.socket"):
        assert f"{path.stem}@.service" in SERVICES


def test_what_a_device_begins_with_is_allowed(tmp_path: Path) -> None:
    settings = Settings.load(str(tmp_path / "none"), str(LIBRARY / "feedpath/defaults.toml"))
    assert settings["network"] == "dhcp" and settings["port"] == 631 and settings["web-port"] == 80
