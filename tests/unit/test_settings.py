"""Settings: what is allowed, what is said about what is not, and what survives a power cut."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.errors import SettingError
from feedpath.settings import TABLE, Setting, Settings, find, parse, reference


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "settings.toml")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_row_allows_its_own_default_and_tells_everything(row: Setting) -> None:
    assert row.kind.holds(row.default)
    assert row.kind.holds(row.kind.parse(row.kind.show(row.default)))
    assert row.applies in ("live", "restart")
    assert row.help.endswith(".") and row.kind.allowed


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("port", " 631 ", 631),
        ("raw", "on", True),
        ("raw", "No", False),
        ("stream", "NEVER", "never"),
        ("snmp-trap-sinks", "192.0.2.1:1162, [fd00::1]:1162", ("192.0.2.1:1162", "[fd00::1]:1162")),
        ("name", ' Büro \N{GRINNING FACE} "quoted" \\ ', 'Büro \N{GRINNING FACE} "quoted" \\'),
        ("listen", "127.0.0.1", "127.0.0.1"),
        ("listen", "fe80::1", "fe80::1"),
        ("listen", "", ""),
        ("hosts", "print.example, printer.lan,", ("print.example", "printer.lan")),
        ("hosts", "", ()),
    ],
)
def test_a_value_set_as_text_is_there_after_a_restart(path: str, name: str, text: str, value: object) -> None:
    Settings.load(path).set(name, text)
    assert Settings.load(path)[name] == value


def test_an_image_has_defaults_of_its_own_below_the_file_of_settings(path: str, tmp_path: Path) -> None:
    defaults = tmp_path / "defaults.toml"
    defaults.write_text('port = 631\nnetwork = "dhcp"\n')
    settings = Settings.load(path, str(defaults))
    assert (settings["port"], settings["network"], settings["raw-port"]) == (631, "dhcp", 9100)
    settings.set("network", "system")
    later = Settings.load(path, str(defaults))
    assert (later["port"], later["network"]) == (631, "system")
    assert "port" not in Path(path).read_text()


def test_a_document_is_taken_whole_or_not_at_all(path: str) -> None:
    settings = Settings.load(path)
    settings.take({"port": 632, "hosts": ["print.example"], "snmp-write-community": "Sesame!"})
    with pytest.raises(SettingError) as wrong:
        settings.take({"port": 1, "prot": 1, "raw": "maybe"})
    assert str(wrong.value).count("\n") == 1 and "did you mean 'port'" in str(wrong.value)
    later = Settings.load(path)
    assert (later["port"], later["hosts"], later["snmp-write-community"]) == (632, ("print.example",), "Sesame!")


@pytest.mark.parametrize(
    "name, text, complaint",
    [
        ("prot", "1", "there is no setting 'prot'; did you mean 'port'?"),
        ("zzzzzz", "1", "there is no setting 'zzzzzz'"),
        ("port", "65536", "port cannot be '65536': it must be a whole number from 0 to 65535"),
        ("port", "1e3", "port cannot be '1e3': it must be a whole number from 0 to 65535"),
        ("port", "9" * 5000, "a whole number from 0 to 65535"),
        ("port", "٣", "a whole number from 0 to 65535"),
        ("keep-copy", "-1", "keep-copy cannot be '-1': it must be a whole number from 0 to 4096 (MiB)"),
        ("raw", "maybe", "raw cannot be 'maybe': it must be on or off"),
        ("region", "a5", "region cannot be 'a5': it must be auto, a4 or letter"),
        ("name", "two\nlines", "one line of at most 63 octets"),
        ("name", "ü" * 32, "one line of at most 63 octets"),
        ("listen", "localhost", "an IPv4 or IPv6 address"),
        ("snmp-trap-sinks", "printer.lan", "an IPv4 or IPv6 address, and a port behind a colon"),
        ("snmp-community", "two words", "letters, digits and signs without blanks"),
        ("hosts", "a.lan, http://b", "a host name without port; several are separated by commas"),
    ],
)
def test_what_is_not_allowed_is_refused_and_changes_nothing(path: str, name: str, text: str, complaint: str) -> None:
    settings = Settings.load(path)
    with pytest.raises(SettingError) as refusal:
        settings.set(name, text)
    assert complaint in str(refusal.value)
    assert not os.path.exists(path)


@pytest.mark.parametrize(
    "content, complaint",
    [
        ("prot = 1", "there is no setting 'prot'; did you mean 'port'?"),
        ('port = "631"', "port cannot be '631': it must be a whole number"),
        ("port = true", "port cannot be True: it must be a whole number"),
        ("raw = 1", "raw cannot be 1: it must be on or off"),
        ('hosts = ["a", 1]', "hosts cannot be ['a', 1]"),
        ("[web]\nport = 1", "there is no setting 'web'"),
    ],
)
def test_a_wrong_line_in_the_file_is_an_error_that_names_the_file(path: str, content: str, complaint: str) -> None:
    with open(path, "w") as file:
        file.write(content)
    with pytest.raises(SettingError) as error:
        Settings.load(path)
    assert str(error.value).startswith(path + ": ") and complaint in str(error.value)


@pytest.mark.parametrize("rubbish", [b"", b"\0" * 4096, b"port = ", b'name = "\xff"', b"\r\n"])
def test_a_file_that_a_power_cut_broke_gives_way_to_its_previous_copy(
    path: str, rubbish: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings.load(path)
    settings.set("location", "hall")
    settings.set("location", "attic")
    with open(path, "wb") as file:
        file.write(rubbish)
    with caplog.at_level(logging.WARNING):
        assert Settings.load(path)["location"] == "hall"
    assert path in caplog.text


def test_a_broken_file_without_a_previous_copy_is_an_error_that_says_what_to_do(path: str) -> None:
    with open(path, "w") as file:
        file.write("port")
    with pytest.raises(SettingError, match="delete it to start anew"):
        Settings.load(path)


def test_the_first_value_ever_set_leaves_a_previous_copy_too(path: str) -> None:
    Settings.load(path).set("port", "1")
    open(path, "w").close()
    assert Settings.load(path)["port"] == 8631


class PowerCut(BaseException):
    """The computer stops here."""


@pytest.mark.parametrize("steps", range(12))
def test_a_power_cut_at_any_step_of_writing_leaves_old_or_new_values(
    path: str, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    Settings.load(path).set("location", "old")
    left = [steps]

    def cut_after(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            if not left[0]:
                raise PowerCut
            left[0] -= 1
            return call(*arguments)

        return step

    for name in ("fsync", "replace", "open"):
        monkeypatch.setattr(os, name, cut_after(getattr(os, name)))
    try:
        Settings.load(path).set("location", "new")
        done = True
    except PowerCut:
        done = False
    monkeypatch.undo()
    assert Settings.load(path)["location"] in (("new",) if done else ("old", "new"))


def test_the_file_is_synced_before_it_takes_the_old_ones_place(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Settings.load(path).set("location", "old")
    calls: list[str] = []

    def noted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            calls.append(f"{name} {Settings.load(path)['location']}")
            return call(*arguments)

        return step

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    Settings.load(path).set("location", "new")
    previous_copy = ["fsync old", "replace old", "fsync old"]
    assert calls == [*previous_copy, "fsync old", "replace old", "fsync new"]


def test_only_its_owner_reads_the_file_that_may_hold_secrets(path: str) -> None:
    settings = Settings(path)
    settings.set("snmp-write-community", "sesame")
    settings.set("snmp-write-community", "other")
    assert {os.stat(file).st_mode & 0o777 for file in (path, path + ".previous")} == {0o600}


def test_an_override_holds_for_this_run_and_is_not_stored(path: str) -> None:
    settings = Settings.load(path)
    settings.override("port", "0")
    settings.set("location", "hall")
    assert settings["port"] == 0
    assert Settings.load(path)["port"] == 8631


def test_setting_a_value_ends_its_override(path: str) -> None:
    settings = Settings.load(path)
    settings.override("port", "0")
    settings.set("port", "631")
    assert settings["port"] == 631


def test_watchers_hear_the_name_after_the_value_is_in_effect(path: str) -> None:
    settings = Settings.load(path)
    heard = []
    unwatch = settings.watch(lambda names: heard.append((names, settings["raw"])))
    settings.set("raw", "on")
    unwatch()
    settings.set("raw", "off")
    assert heard == [(frozenset({"raw"}), True)]


def test_a_row_is_found_by_name_and_every_row_stands_on_the_reference_page() -> None:
    page = reference()
    for row in TABLE:
        assert find(row.name) is row
        assert f"| `{row.name}` |" in page and row.kind.allowed in page
    assert len(page.splitlines()) == len(TABLE) + 2
    assert all(line.count("|") == 6 for line in page.splitlines())


@given(st.text())
def test_any_text_for_a_name_is_refused_or_comes_back_from_the_file(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = str(tmp_path_factory.mktemp("settings") / "settings.toml")
    try:
        value = parse("name", text)
    except SettingError:
        return
    Settings.load(path).set("name", text)
    assert Settings.load(path)["name"] == value


def test_a_secret_is_kept_and_not_shown(path: str) -> None:
    settings = Settings.load(path)
    assert settings.show("snmp-write-community") == ""
    settings.set("snmp-write-community", "Sesame!")
    assert Settings.load(path)["snmp-write-community"] == "Sesame!"
    assert settings.show("snmp-write-community") == "(is set)"
    with pytest.raises(SettingError):
        settings.set("snmp-write-community", "(is set)")


def test_what_is_on_trial_is_in_effect_and_gone_after_a_restart(path: str) -> None:
    settings = Settings(path)
    settings.set("network", "dhcp")
    settings.on_trial = frozenset({"network"})
    settings.set("network", "static")
    settings.set("port", "8632")
    assert settings["network"] == "static" and settings.tried() == {"network": "static"}
    assert Settings.load(path)["network"] == "dhcp" and Settings.load(path)["port"] == 8632
    assert settings.drop() == {"network": "static"} and settings["network"] == "dhcp" and settings.tried() == {}


def test_what_is_kept_is_there_after_a_restart_and_ends_its_override(path: str) -> None:
    settings = Settings(path)
    settings.override("network", "dhcp")
    settings.on_trial = frozenset({"network", "network-dns"})
    settings.set("network", "static")
    settings.set("network-dns", "10.0.0.8, 10.0.0.9")
    tried = settings.tried()
    settings.set("network-dns", "10.0.0.7")
    settings.keep(tried)
    assert Settings.load(path)["network"] == "static" and Settings.load(path)["network-dns"] == ("10.0.0.8", "10.0.0.9")
    assert settings.drop() == {"network-dns": "10.0.0.7"} and settings["network"] == "static"


def test_what_is_on_trial_is_checked(path: str) -> None:
    settings = Settings(path)
    settings.on_trial = frozenset({"network"})
    with pytest.raises(SettingError):
        settings.set("network", "token ring")
    assert settings["network"] == "system" and settings.tried() == {}
