"""Users of SNMPv3 on their page and in their API."""

import json
import re
from pathlib import Path

import pytest

from feedpath.front.snmp import users, usm
from feedpath.front.web import snmp
from tests.fakes.site import STRANGER, Site, visit

MADE = re.compile(rb"<code>((?:[2-9a-z]{5}-){3}[2-9a-z]{5})</code>")
ALICE = {"name": "alice", "rights": "read", "auth": "SHA-256", "priv": "AES-128", "engine": ""}
JSON = "application/json"
WORDS = {"auth-passphrase": "sign me well", "priv-passphrase": "hide me well"}


def test_the_page_adds_a_user_shows_made_passphrases_once_and_removes_it(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        assert b'href="/snmp"' in (await site.ask("GET", "/")).body
        assert b"There is none, and SNMPv3 is not answered." in (await site.ask("GET", "/snmp")).body
        form = "name=alice&rights=write&auth=SHA-512&auth-passphrase=&priv=AES-256&priv-passphrase=&receiver="
        made = MADE.findall((await site.ask("POST", "/snmp-add", form)).body)
        assert len(set(made)) == 2
        page = (await site.ask("GET", "/snmp")).body
        assert b"reads and writes" in page and b"SHA-512, AES-256" in page
        assert not any(word in page for word in made)
        answer = await site.ask("POST", "/snmp-remove", "name=alice")
        assert (answer.status, answer.headers["Location"]) == (303, "/snmp")
        assert site.settings["snmp-users"] == ()

    visit(tmp_path, story)


def test_the_api_adds_lists_and_removes_and_watchers_hear_of_it(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        heard: "list[frozenset[str]]" = []
        site.settings.watch(heard.append)
        answer = await site.ask("POST", "/api/snmp-add", json.dumps({"name": "alice", **WORDS}), JSON)
        assert answer.json == {"made": {}}
        told = (await site.ask("GET", "/api/snmp")).json
        assert told["users"] == [ALICE]
        assert re.fullmatch("8000000005[0-9a-f]{32}", told["engine"])
        assert (await site.ask("POST", "/api/snmp-remove", '{"name": "alice"}', JSON)).json["users"] == []
        assert heard == [frozenset({"snmp-users"})] * 2

    visit(tmp_path, story)


def test_keys_and_passphrases_are_in_no_answer(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        await site.ask("POST", "/api/snmp-add", json.dumps({"name": "alice", **WORDS}), JSON)
        (kept,) = site.settings["snmp-users"]
        secrets = [word.encode() for word in (*WORDS.values(), *re.findall(":([0-9a-f]+)", kept))]
        assert len(secrets) == 4
        for path in ("/snmp", "/api/snmp", "/api/settings", "/api/status", "/"):
            body = (await site.ask("GET", path)).body
            assert not any(secret in body for secret in secrets)

    visit(tmp_path, story)


@pytest.mark.parametrize(
    "path, fields, sentence",
    [
        ("snmp-add", {"name": "a b"}, "an SNMP user cannot be called 'a b'"),
        ("snmp-add", {"name": "alice", "priv-passphrase": "short"}, "priv-passphrase must have at least 8"),
        ("snmp-add", {"name": "alice", "auth": "MD5"}, "authentication cannot be 'MD5'"),
        ("snmp-remove", {"name": "eve"}, "there is no SNMP user 'eve'; there is none at all."),
        ("snmp-remove", {}, "there is no SNMP user ''"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, path: str, fields: "dict[str, str]", sentence: str) -> None:
    async def story(site: Site) -> None:
        answer = await site.ask("POST", "/api/" + path, json.dumps(fields), JSON)
        assert answer.status == 400 and sentence in answer.json["error"]
        assert site.settings["snmp-users"] == ()

    visit(tmp_path, story)


def test_only_the_administrator_sees_and_changes_users(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        assert (await site.ask("GET", "/api/snmp")).status == 401
        for path in ("/api/snmp-add", "/api/snmp-remove"):
            assert (await site.ask("POST", path, '{"name": "alice"}', JSON)).status == 401
        assert (await site.ask("GET", "/snmp")).headers["Location"] == "/sign-in"
        assert b"/snmp" not in (await site.ask("GET", "/")).body
        assert site.settings["snmp-users"] == ()

    visit(tmp_path, story, **STRANGER)


def test_the_page_offers_what_there_is() -> None:
    assert set(snmp.AUTHS) == set(usm.AUTHS) and set(snmp.PRIVS) == set(usm.PRIVS)
    assert (snmp.AUTHS[0], snmp.PRIVS[0], snmp.SETTING) == (users.AUTH, users.PRIV, users.SETTING)
