"""What the network tells of time, and what a person sets instead."""

from pathlib import Path
from typing import Any

from feedpath.host.addressing import Addressing
from feedpath.host.uplink import Uplink
from feedpath.settings import Settings

LINKS: "dict[str, dict[str, Any]]" = {
    "wlan0": {"metric": 603, "ntp_servers": ["10.1.0.9", "10.0.0.9"]},
    "eth1": {"address": ""},
    "eth0": {"metric": 102, "ntp_servers": ["10.0.0.9", "10.0.0.8"]},
}


def test_time_servers_are_those_of_a_person_else_those_of_the_cable_before_those_of_the_radio(tmp_path: Path) -> None:
    settings = Settings()
    addressing = Addressing(settings, tmp_path, "printer", lambda: None)
    assert addressing.clocks == []
    addressing._uplink = Uplink(tmp_path, lambda: None, lambda: None)
    addressing._uplink.links = LINKS
    assert addressing.clocks == ["10.0.0.9", "10.0.0.8", "10.1.0.9"]
    settings.set("ntp-servers", "time.example")
    assert addressing.clocks == ["time.example"]
