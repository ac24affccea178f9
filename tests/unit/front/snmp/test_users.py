"""Users of SNMPv3: how they are kept, and what is told of them."""

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedpath.errors import SettingError
from feedpath.front.snmp import boots, usm, wire
from feedpath.front.snmp.users import Users, entry, made, parse
from feedpath.settings import Settings
from tests.unit.front.snmp.secure import PASSPHRASES, user

OURS = usm.engine_id("a box")
ALICE = {"name": "alice", "auth-passphrase": PASSPHRASES[0], "priv-passphrase": PASSPHRASES[1]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def users(path: Path) -> Users:
    return Users(Settings.load(str(path)), OURS)


def test_keys_are_those_of_rfc_3414() -> None:
    # A.3.2 gives the keys of "maplesyrup" for SHA-1; our functions take the hash by its row.
    sha1 = {**usm.AUTHS, "SHA-1": ("sha1", 0)}
    engine = bytes(11) + b"\2"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usm, "AUTHS", sha1)
        master = usm.master_key("maplesyrup", "SHA-1")
        assert master.hex() == "9fb5cc0381497b3793528939ff788d5d79145211"
        assert usm.localized(master, "SHA-1", engine).hex() == "6695febc9288e36282235fc7151f128497b38f3f"


def test_the_engine_is_named_by_octets_that_stay_with_the_box() -> None:
    assert len(OURS) == 21 and OURS[0] & 0x80 and OURS[4] == 5  # RFC 3411: octets that the administrator assigns
    assert OURS == usm.engine_id("a box") != usm.engine_id("another box")


def test_keys_are_kept_and_no_passphrases_and_only_the_owner_reads_them(users: Users, path: Path) -> None:
    assert users.add({**ALICE, "rights": "write", "auth": "sha-512", "priv": "AES-256"}) == {}
    (kept,) = Users(Settings.load(str(path)), OURS).all()
    assert kept == user("alice", OURS, "write", "SHA-512", "AES-256")
    assert parse(entry(kept)) == kept
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(word in path.read_text() for word in PASSPHRASES)


def test_keys_are_never_shown(users: Users, path: Path) -> None:
    users.add(ALICE)
    shown = Settings.load(str(path)).show("snmp-users")
    assert shown == "alice read SHA-256 AES-128"
    told = users.listed()
    assert told == [{"name": "alice", "rights": "read", "auth": "SHA-256", "priv": "AES-128", "engine": ""}]
    with pytest.raises(SettingError, match="what feedpath snmp add makes"):
        Settings().set("snmp-users", shown)


@pytest.mark.parametrize("auth", usm.AUTHS)
@pytest.mark.parametrize("priv", usm.PRIVS)
def test_keys_that_are_longer_or_shorter_than_their_protocols_are_no_user(users: Users, auth: str, priv: str) -> None:
    users.add({**ALICE, "auth": auth, "priv": priv})
    (kept,) = users.all()
    settings = Settings()
    settings.set("snmp-users", entry(kept))
    for wrong in (
        kept._replace(auth_key=kept.auth_key[1:]),
        kept._replace(auth_key=kept.auth_key + b"x"),
        kept._replace(priv_key=kept.priv_key[1:]),
        kept._replace(priv_key=kept.priv_key + b"x"),
    ):
        with pytest.raises(SettingError, match="what feedpath snmp add makes"):
            settings.set("snmp-users", entry(wrong))


def test_a_passphrase_that_is_not_given_is_made_and_told_once(users: Users) -> None:
    told = users.add({"name": "alice", "auth-passphrase": PASSPHRASES[0]})
    assert set(told) == {"priv-passphrase"}
    assert re.fullmatch(r"([2-9a-z]{5}-){3}[2-9a-z]{5}", told["priv-passphrase"])
    assert users.all() == [user("alice", OURS, passphrases=(PASSPHRASES[0], told["priv-passphrase"]))]
    assert made() != made()


def test_who_is_added_again_has_other_keys_and_others_stay(users: Users) -> None:
    for name in ("alice", "bob", "alice"):
        users.add({"name": name})
    assert [each.name for each in users.all()] == ["bob", "alice"]
    users.remove("bob")
    assert [each.name for each in users.all()] == ["alice"]


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"name": "a b"}, "cannot be called 'a b': 1 to 32 letters"),
        ({"name": "x" * 33}, "1 to 32 letters"),
        ({"name": ""}, "1 to 32 letters"),
        ({"auth": "MD5"}, "authentication cannot be 'MD5': it must be one of SHA-224, SHA-256, SHA-384, SHA-512"),
        ({"auth": "SHA"}, "authentication cannot be 'SHA'"),
        ({"priv": "DES"}, "privacy cannot be 'DES': it must be one of AES-128, AES-192, AES-256"),
        ({"rights": "inform"}, "rights cannot be 'inform': it must be one of read, write"),
        ({"auth-passphrase": "1234567"}, "auth-passphrase must have at least 8 characters"),
        ({"priv-passphrase": "1234567\n8"}, "priv-passphrase must have at least 8 characters"),
        ({"priv-passphrase": "x" * 256}, "at most 255 octets"),
        ({"receiver": "printer.lan"}, "the receiver 'printer.lan' is no IPv4 or IPv6 address"),
    ],
)
def test_who_cannot_be_added_is_told_why(users: Users, change: "dict[str, str]", sentence: str) -> None:
    with pytest.raises(SettingError, match=re.escape(sentence)):
        users.add({**ALICE, **change})
    assert users.all() == []


def test_who_is_not_there_cannot_be_removed(users: Users) -> None:
    with pytest.raises(SettingError, match="no SNMP user 'eve'; there is none at all"):
        users.remove("eve")
    users.add(ALICE)
    with pytest.raises(SettingError, match="no SNMP user 'eve'; there is alice"):
        users.remove("eve")


@pytest.fixture
def receiver() -> "Iterator[tuple[str, list[bytes]]]":
    """Where a receiver of informs listens that is silent first, then odd, then tells its engine; what it was asked."""
    asked: "list[bytes]" = []
    engine = usm.engine_id("a receiver")

    def serve() -> None:
        for say in (lambda header: b"\x30\0", lambda header: usm.discovered(header, engine, (3, 4), 1, 1500)):
            data, source = listening.recvfrom(4096)
            asked.append(data)
            listening.sendto(say(usm.header(data)), source)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=serve)
        thread.start()
        yield "127.0.0.1:%d" % listening.getsockname()[1], asked
        thread.join()


def test_keys_for_a_receiver_are_for_its_engine(users: Users, receiver: "tuple[str, list[bytes]]") -> None:
    where, asked = receiver
    users.add(ALICE)
    users.add({**ALICE, "receiver": where})
    theirs = usm.engine_id("a receiver")
    assert users.all() == [user("alice", OURS), user("alice", OURS, rights="inform", receiver=theirs)]
    assert len(asked) == 2 and all(usm.header(data).engine == b"" for data in asked)
    assert users.listed()[1]["engine"] == theirs.hex()


def test_a_receiver_that_is_not_there_is_told(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        where = "127.0.0.1:%d" % free.getsockname()[1]
    with pytest.raises(SettingError, match="takes informs of SNMPv3; start it first"):
        users.add({**ALICE, "receiver": where})


def test_beginnings_are_counted_over_restarts(tmp_path: Path) -> None:
    assert [boots.count(tmp_path / "boots") for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("content", ["", "many", "2147483647", "99999999999"])
def test_a_count_that_cannot_be_told_lets_nobody_in(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "boots").write_text(content)
    assert boots.count(tmp_path / "boots") == boots.MOST
    assert ("SNMPv3 is not answered" in caplog.text) is not content.isdecimal()


def test_a_count_that_cannot_be_kept_lets_nobody_in(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert boots.count(tmp_path / "gone" / "boots") == boots.MOST
    assert "SNMPv3 is not answered" in caplog.text


def test_what_is_asked_to_find_an_engine_has_its_id() -> None:
    header = usm.header(usm.probe(77))
    assert (header.id, header.request, header.user, header.flags) == (wire.number(77),) * 2 + (b"", usm.REPORTABLE)
