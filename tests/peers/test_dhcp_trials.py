"""What is set for the network is on trial: a mistake there locks nobody out, nor does a power cut."""

import os
from pathlib import Path

from tests.fakes.netns import until
from tests.peers.dhcp import Cable, Dnsmasq
from tests.peers.following import Following, helper_of


def test_a_static_address_that_is_set_once_goes_again(cable: Cable, served: Dnsmasq, following: Following) -> None:
    following.set("network", "dhcp")
    leased = following.leased()
    following.set("network-address", "10.77.0.33/24")
    following.set("network", "static")
    following.has("10.77.0.33/24")
    following.has(leased)
    following.holds('network = "dhcp"')
    following.stop()
    assert cable.addresses() == []


def test_a_static_address_that_is_set_again_stays(cable: Cable, served: Dnsmasq, following: Following) -> None:
    following.set("network", "dhcp")
    following.leased()
    following.set("network-address", "10.77.0.33/24")
    following.set("network", "static")
    following.set("network", "static")  # it is confirmed
    following.has("10.77.0.33/24")
    following.set("network-address", "10.77.0.34/24")
    following.has("10.77.0.34/24")
    following.has("10.77.0.33/24")
    following.holds('network-address = "10.77.0.33/24"')


def test_a_power_cut_brings_back_the_settings_that_were_confirmed(
    cable: Cable, served: Dnsmasq, following: Following, tmp_path: Path
) -> None:
    following.set("network", "dhcp")
    leased = following.leased()
    following.set("network-address", "10.77.0.33/24")
    following.set("network", "static")
    following.has("10.77.0.33/24")
    until((tmp_path / "network" / "trial.json").exists, "the trial to be written down")
    following.kill()
    again = Following(cable, tmp_path)
    again.has(leased)
    again.holds('network = "dhcp"')
    again.tells("(network = static) were not confirmed before feedpath was started anew: those of before hold")
    assert not (tmp_path / "network" / "trial.json").exists()


def test_settings_that_were_confirmed_outlive_a_power_cut(
    cable: Cable, served: Dnsmasq, following: Following, tmp_path: Path
) -> None:
    following.set("network", "dhcp")
    following.leased()
    following.set("network-address", "10.77.0.33/24")
    following.set("network", "static")
    following.set("network", "static")
    following.holds('network = "static"')
    following.kill()
    (tmp_path / "network" / "trial.json").write_text('{"network": "static"}')  # as if that came a moment earlier
    again = Following(cable, tmp_path)
    again.has("10.77.0.33/24")
    assert "not confirmed" not in again.log.read_text()


def test_settings_of_before_that_are_set_again_need_no_confirmation(
    cable: Cable, served: Dnsmasq, following: Following
) -> None:
    following.set("network", "dhcp")
    leased = following.leased()
    following.set("network-address", "10.77.0.33/24")
    following.set("network", "static")
    following.has("10.77.0.33/24")
    following.set("network", "dhcp")
    following.has(leased)
    following.stop()
    told = following.log.read_text()
    assert told.count("The network's new settings hold for") == 1 and "not confirmed" not in told


def test_a_helper_that_is_killed_takes_what_was_on_trial_along(
    cable: Cable, served: Dnsmasq, following: Following, tmp_path: Path
) -> None:
    following.set("network", "dhcp")
    leased = following.leased()
    following.set("network-address", "10.77.0.33/24")
    following.set("network", "static")
    following.has("10.77.0.33/24")
    os.kill(helper_of(tmp_path), 9)
    following.has(leased)
    following.holds('network = "dhcp"')
