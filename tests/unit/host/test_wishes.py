"""What owners may wish of a device, and what is said about what they may not."""

import pytest

from feedpath.host.wishes import Unclear, Wifi, Wishes, pairwise_key, read_feedpath, supplicant

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q me@desk"


def test_a_file_has_settings_and_wishes() -> None:
    text = f"""
        location = "Hall"
        region = "a4"
        host-name = "printer"
        time-zone = "Europe/Berlin"
        ssh-keys = ["{KEY}"]
        wifi-name = "Büro"
        wifi-password = "correct horse"
        wifi-country = "DE"
    """
    assert read_feedpath(text) == Wishes(
        "printer", "Europe/Berlin", (KEY,), "DE", (Wifi("Büro", "correct horse"),), {"location": "Hall", "region": "a4"}
    )
    assert read_feedpath("") == Wishes()


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("location = Hall", "It cannot be read"),
        ("host-name = 1", "host-name must be a text"),
        ('ssh-keys = "x"', "ssh-keys must be a list of texts"),
        ("ssh-keys = [1]", "ssh-keys must be a list of texts"),
        ('host-name = "my printer"', "The host name cannot be 'my printer': it must be of letters, digits and hyphens"),
        ('host-name = "a\\nb"', "The host name cannot be"),
        ('time-zone = "../../data"', "The time zone cannot be"),
        ('ssh-keys = ["command=\\"rm\\" ssh-rsa AAAA"]', "The SSH key cannot be"),
        ('ssh-keys = ["ssh-rsa AAAA x\\nssh-rsa BBBB"]', "The SSH key cannot be"),
        ('wifi-country = "de"', "two capital letters, as DE"),
        ('wifi-name = "a"\nwifi-password = "short"', "must have 8 to 63 signs"),
        ('wifi-name = "a"\nwifi-password = "1234567\\n8"', "must have 8 to 63 signs"),
        (f'wifi-name = "{"ä" * 17}"', "its name has 1 to 32 octets"),
    ],
)
def test_what_cannot_be_granted_is_told_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Unclear) as wrong:
        read_feedpath(text)
    assert sentence in str(wrong.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Unclear) as wrong:
        read_feedpath('host-name = "-"\nwifi-country = "x"')
    assert str(wrong.value).count("\n") == 1


def test_a_networks_key_is_made_of_its_password_and_its_name() -> None:
    told = "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"  # IEEE 802.11-2020, J.4.2
    assert pairwise_key(Wifi("IEEE", "password")) == told
    assert pairwise_key(Wifi("IEEE", told.upper())) == told


def test_wpa_supplicant_is_told_of_networks_without_their_passwords() -> None:
    wishes = Wishes(country="DE", wifis=(Wifi('a"}', "password"), Wifi("open", hidden=True)))
    key = pairwise_key(wishes.wifis[0])
    assert supplicant(wishes) == (
        "country=DE\n"
        f"network={{\n\tssid=61227d\n\tscan_ssid=0\n\tkey_mgmt=WPA-PSK\n\tpsk={key}\n}}\n"
        "network={\n\tssid=6f70656e\n\tscan_ssid=1\n\tkey_mgmt=NONE\n}\n"
    )
