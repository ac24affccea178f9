"""What a device does before its firmware starts, on folders that stand for its card."""

import os
from pathlib import Path

import pytest

from feedpath.errors import SettingError
from feedpath.host import setup
from feedpath.host.wishes import Wifi, Wishes
from feedpath.settings import Settings
from tools import environment


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in ("feedpath/spool", "network", "device", "lost+found"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def test_wishes_are_kept_and_settings_given_to_the_firmware(data: Path) -> None:
    wishes = Wishes("printer", "Europe/Berlin", ("ssh-rsa AAAA",), "DE", (Wifi("a", "password"),), {"location": "Hall"})
    setup.grant(wishes, data / "device", data / "feedpath")
    assert Settings.load(str(data / "feedpath/settings.toml"))["location"] == "Hall"
    kept = {path.name: path.read_text() for path in (data / "device").iterdir()}
    assert kept.pop("wifi.conf").startswith("country=DE\nnetwork={\n")
    assert kept == {"hostname": "printer\n", "timezone": "Europe/Berlin\n", "authorized_keys": "ssh-rsa AAAA\n"}


def test_what_is_not_wished_for_stays(data: Path) -> None:
    setup.grant(Wishes("printer"), data / "device", data / "feedpath")
    setup.grant(Wishes(time_zone="Asia/Tokyo"), data / "device", data / "feedpath")
    assert (data / "device/hostname").read_text() == "printer\n"
    assert not (data / "feedpath/settings.toml").exists()


def test_with_a_setting_that_is_not_allowed_nothing_is_kept(data: Path) -> None:
    with pytest.raises(SettingError, match="did you mean 'location'"):
        setup.grant(Wishes("printer", settings={"locatoin": "Hall"}), data / "device", data / "feedpath")
    assert not list((data / "device").iterdir()) and not (data / "feedpath/settings.toml").exists()


def test_of_a_file_that_was_taken_over_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "feedpath.toml"
    path.write_text('wifi-password = "correct horse"\n' * 100)
    os.link(path, tmp_path / "same")  # the same octets of the card
    setup.erase(path)
    assert not path.exists() and (tmp_path / "same").read_bytes() == bytes(3200)


def test_the_device_looks_for_every_file_that_is_followed() -> None:
    shell = (environment.ROOT / "images/lite/overlay/usr/lib/feedpath/setup").read_text()
    (line,) = [line for line in shell.splitlines() if line.startswith("WISHES=")]
    files = {*setup.FILES, setup.PROBLEMS, setup.RESET, f"{setup.RESET}.txt"}
    assert set(line.partition("=")[2].strip('"').split()) == files


def test_a_factory_reset_leaves_folders_and_the_machines_own_id(data: Path) -> None:
    for name in (
        "feedpath/claim-code",
        "feedpath/spool/1",
        "network/lease",
        "device/hostname",
        "last-crash.txt",
        "machine-id",
    ):
        (data / name).write_text("x")
    (data / "network/link").symlink_to(data / "lost+found")
    (data / "lost+found/kept").write_text("x")
    setup.wipe(data)
    left = sorted(str(path.relative_to(data)) for path in data.rglob("*"))
    assert left == ["device", "feedpath", "lost+found", "lost+found/kept", "machine-id", "network"]


def test_the_wish_for_a_factory_reset_goes_last(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("factory-reset", "a", "z"):
        (data / "feedpath" / name).write_text("x")
    gone: "list[str]" = []
    unlink = Path.unlink

    def noted(path: Path, missing_ok: bool = False) -> None:
        gone.append(path.name)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", noted)
    setup.wipe(data)
    assert gone[-1] == "factory-reset" and len(gone) == 3


def test_cables_name_a_device_before_radios(tmp_path: Path) -> None:
    rows = (("eth0", "B8:27:EB:12:34:56", True), ("wlan0", "b8:27:eb:65:43:21", True), ("lo", "00:00", False),
            ("br0", "02:00:00:00:00:01", False))  # fmt: skip
    for name, address, device in rows:
        (tmp_path / name).mkdir()
        (tmp_path / name / "address").write_text(address + "\n")
        if device:
            (tmp_path / name / "device").mkdir()
    (tmp_path / "wlan0/wireless").mkdir()
    (tmp_path / "eth0").rename(tmp_path / "xeth0")
    assert setup.hardware_addresses(tmp_path) == ["b8:27:eb:12:34:56", "b8:27:eb:65:43:21"]


def test_a_device_is_known_by_its_own_ethernet_before_that_has_a_driver(tmp_path: Path) -> None:
    assert setup.numbers(tmp_path) == []
    for path, content in (
        ("proc/device-tree/serial-number", b"10000000abcdef01\0"),
        ("sys/class/net/wlan0/address", b"b8:27:eb:65:43:21\n"),
        ("sys/class/net/wlan0/device/x", b""),
    ):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(content)
    assert setup.numbers(tmp_path) == ["b827eb654321", "10000000abcdef01"]
    (tmp_path / "proc/device-tree/aliases").mkdir()
    (tmp_path / "proc/device-tree/aliases/ethernet0").write_bytes(b"/soc/ethernet@1\0")
    (tmp_path / "proc/device-tree/soc/ethernet@1").mkdir(parents=True)
    (tmp_path / "proc/device-tree/soc/ethernet@1/local-mac-address").write_bytes(bytes.fromhex("b827eb123456"))
    assert setup.numbers(tmp_path)[0] == "b827eb123456"
