"""What Raspberry Pi Imager writes is followed as far as a print server can, and nothing of it is ever run."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.host.imager import read_custom, read_network_config, read_supplicant, read_user_data
from feedpath.host.wishes import Unclear, Wifi, Wishes

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q me@desk:home"
HASH = "aced39b3bb662ba1013acecf4b335b0d12b276fbd3b12d3e044917471c256dba"

USER_DATA = f"""#cloud-config
manage_resolv_conf: false

hostname: office-printer
manage_etc_hosts: true
packages:
- avahi-daemon
apt:
  preserve_sources_list: true
  conf: |
    Acquire {{
      Check-Date "false";
    }};
timezone: Europe/Berlin
keyboard:
  model: pc105
  layout: "de"
users:
- name: ann
  groups: users,adm,sudo
  shell: /bin/bash
  lock_passwd: false
  passwd: "$5$abc$def"
  ssh_authorized_keys:
    - {KEY}
  sudo: ALL=(ALL) NOPASSWD:ALL
enable_ssh: true
ssh_pwauth: false
runcmd:
  - [ sh, -c, "touch /tmp/ran" ]
"""

NETWORK_CONFIG = f"""network:
  version: 2
  ethernets:
    eth0:
      dhcp4: true
      dhcp6: true
      optional: true
  wifis:
    wlan0:
      dhcp4: true
      regulatory-domain: "DE"
      access-points:
        "B\\u00fcro \\"2\\"":
          hidden: true
          password: "{HASH}"
      optional: true
"""

STATIC = """version: 2
ethernets:
  eth0:
    dhcp4: no
    addresses: [2001:db8::5/64, 192.168.1.5/24]
    routes:
      - to: default
        via: 192.168.1.1
    nameservers:
      search: [lan]
      addresses:
        - 192.168.1.1
        - 2001:db8::1
"""

CUSTOM = f"""config_version = 1
[system]
hostname = "office-printer"
[user]
name = "ann"
password = "$5$abc$def"
password_encrypted = true
[ssh]
enabled = true
password_authentication = false
authorized_keys = [ "{KEY}" ]
[wlan]
ssid = "home"
password = "{HASH}"
password_encrypted = true
hidden = false
country = "de"
[locale]
keymap = "de"
timezone = "Europe/Berlin"
"""

SUPPLICANT = f"""ctrl_interface=DIR=/var/run/wpa_supplicant GROUP=netdev
country=DE
update_config=1
network={{
\tssid="home # 1"
\tscan_ssid=1
\t#psk="not this"
\tpsk="correct horse"
}}
network={{
  ssid=686f6d65
  key_mgmt=WPA-PSK
  psk={HASH}
}}
"""


@pytest.mark.parametrize(
    "read, text, wishes",
    [
        (read_user_data, USER_DATA, Wishes("office-printer", "Europe/Berlin", (KEY,))),
        (read_user_data, "#cloud-config\nhostname: a.example\nssh_authorized_keys:\n- " + KEY, Wishes("a", "", (KEY,))),
        (read_user_data, "", Wishes()),
        (read_network_config, NETWORK_CONFIG, Wishes(country="DE", wifis=(Wifi('Büro "2"', HASH, True),))),
        (
            read_network_config,
            STATIC,
            Wishes(
                settings={
                    "network": "static",
                    "network-address": "192.168.1.5/24",
                    "network-router": "192.168.1.1",
                    "network-dns": ["192.168.1.1"],
                }
            ),
        ),
        (read_custom, CUSTOM, Wishes("office-printer", "Europe/Berlin", (KEY,), "DE", (Wifi("home", HASH),))),
        (read_custom, CUSTOM.replace("enabled = true", "enabled = false"),
         Wishes("office-printer", "Europe/Berlin", (), "DE", (Wifi("home", HASH),))),
        (read_supplicant, SUPPLICANT,
         Wishes(country="DE", wifis=(Wifi("home # 1", "correct horse", True), Wifi("home", HASH)))),
    ],
)  # fmt: skip
def test_what_is_wished_for(read: "Callable[[str], Wishes]", text: str, wishes: Wishes) -> None:
    assert read(text) == wishes
    assert read(text.replace("\n", "\r\n")) == wishes


@pytest.mark.parametrize(
    "read, text, sentence",
    [
        (read_user_data, "#!/bin/sh\nreboot\n", "It is a script, and feedpath runs none."),
        (read_user_data, "hostname: [", "The host name"),
        (read_user_data, "hostname: my printer", "The host name cannot be 'my printer'"),
        (read_user_data, "a\n", "It cannot be read: line 1"),
        (read_network_config, NETWORK_CONFIG.replace(HASH, "short"), "must have 8 to 63 signs"),
        (read_custom, "hostname =", "It cannot be read"),
        (read_supplicant, "network={\n\tssid=home\n}\n", "names stand in quotes"),
    ],
)
def test_what_cannot_be_followed_is_told(read: "Callable[[str], Wishes]", text: str, sentence: str) -> None:
    with pytest.raises(Unclear) as wrong:
        read(text)
    assert sentence in str(wrong.value)


@pytest.mark.parametrize("read", [read_user_data, read_network_config, read_custom, read_supplicant])
@given(st.text(alphabet="a1-: \n\"'#[={}network/hostusrdwif"))
def test_any_text_is_followed_or_refused(read: "Callable[[str], Wishes]", text: str) -> None:
    try:
        read(text)
    except Unclear:
        pass
