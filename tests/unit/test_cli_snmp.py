"""`feedpath snmp`: users of SNMPv3, with a running firmware and without."""

import asyncio
import getpass
import io
import json
import re
from pathlib import Path

import pytest

from feedpath.cli import FAILED, main
from feedpath.settings import Settings
from tests.fakes.site import CODE, Site, visit

MADE = re.compile(r"^passphrase for (\w+), shown this once: (?:[2-9a-z]{5}-){3}[2-9a-z]{5}$", re.MULTILINE)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of a firmware that has run."""
    (tmp_path / "claim-code").write_text(CODE + "\n")
    return tmp_path


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_without_a_running_firmware_the_file_is_written(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, "sign me well\nhide me well\n")
    assert main(["snmp", "add", "alice", "--data", str(data)]) == 0
    assert capsys.readouterr().out == ""
    give(monkeypatch, "")
    assert main(["snmp", "add", "bob", "--write", "--auth", "sha-512", "--priv", "aes-256", "--data", str(data)]) == 0
    assert MADE.findall(capsys.readouterr().out) == ["authentication", "privacy"]
    assert main(["snmp", "list", "--data", str(data)]) == 0
    engine, *users = capsys.readouterr().out.splitlines()
    assert re.fullmatch("engine 0x8000000005[0-9a-f]{32}", engine)
    assert [re.split("  +", line) for line in users] == [
        ["alice", "reads", "SHA-256", "AES-128"],
        ["bob", "reads and writes", "SHA-512", "AES-256"],
    ]
    assert main(["snmp", "remove", "alice", "--data", str(data)]) == 0
    assert [each.split()[0] for each in Settings.load(str(data / "settings.toml"))["snmp-users"]] == ["bob"]


def test_a_running_firmware_takes_users_over_at_once(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(site: Site) -> None:
        (data / "feedpath.run").write_text(json.dumps({"pid": 1, "port": site.port}))
        give(monkeypatch, "sign me well\n\n")
        assert await asyncio.to_thread(main, ["snmp", "add", "alice", "--data", str(data)]) == 0
        assert MADE.findall(capsys.readouterr().out) == ["privacy"]
        assert site.settings.show("snmp-users") == "alice read SHA-256 AES-128"
        assert await asyncio.to_thread(main, ["snmp", "list", "--json", "--data", str(data)]) == 0
        assert json.loads(capsys.readouterr().out)["users"][0]["name"] == "alice"
        assert await asyncio.to_thread(main, ["snmp", "remove", "alice", "--data", str(data)]) == 0
        assert site.settings["snmp-users"] == ()

    visit(data, story)


@pytest.mark.parametrize(
    "words, typed, sentence",
    [
        (["add", "alice"], "short\n\n", "the auth-passphrase must have at least 8 characters"),
        (["add", "a,b"], "", "an SNMP user cannot be called 'a,b': 1 to 32 letters"),
        (["add", "alice", "--auth", "MD5"], "", "authentication cannot be 'MD5': it must be one of SHA-224"),
        (["remove", "eve"], "", "there is no SNMP user 'eve'; there is none at all."),
    ],
)
def test_what_cannot_be_done_is_said(
    data: Path, words: "list[str]", typed: str, sentence: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    give(monkeypatch, typed)
    assert main(["snmp", *words, "--data", str(data)]) == FAILED
    assert sentence in capsys.readouterr().err


def test_a_person_types_each_passphrase_twice(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["sign me well", "sign me well", "hide me well", "hide me wrong"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(typed))
    assert main(["snmp", "add", "alice", "--data", str(data)]) == FAILED
    assert "the two passphrases differ; nothing was changed" in capsys.readouterr().err
    assert not (data / "settings.toml").exists()
