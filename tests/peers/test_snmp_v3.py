"""SNMPv3 by net-snmp's programs, from another computer on the cable."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.netns import until
from tests.peers.appliance import ADDRESS, Appliance, Lan, feedpath
from tests.peers.snmp_v3 import NAME, USERS, add, ask, refused, started, v3
from tests.peers.test_snmp import LINE, QUIET, SYSTEM

CONTACT = SYSTEM + ".4.0"
LIVE = {  # what differs from one walk to the next: times, and what is counted of the walks themselves
    *("1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.11.1.0", "1.3.6.1.2.1.25.1.1.0", "1.3.6.1.2.1.25.1.2.0"),
    *("1.3.6.1.2.1.25.1.6.0",),
}
MOVING = (  # interfaces, storage, the time of the engine, and who was refused
    *("1.3.6.1.2.1.2.2.1.", "1.3.6.1.2.1.31.1.1.1.", "1.3.6.1.2.1.25.2.3.1.", "1.3.6.1.2.1.48."),
    *("1.3.6.1.6.3.10.2.1.3.", "1.3.6.1.6.3.15.1.1."),
)


@pytest.fixture(scope="module")
def data(lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the firmware keeps its data; the users are there before it starts."""
    data = tmp_path_factory.mktemp("data")
    for name, (auth, priv, rights) in USERS.items():
        add(lan, data, name, *filter(None, [rights]), auth=auth, priv=priv)
    return data


@pytest.fixture(scope="module")
def watched(lan: Lan, data: Path) -> "Iterator[Appliance]":
    with started(lan, data) as running:
        yield running


def objects(text: str) -> "dict[str, str | None]":
    """Return values by names; None for what does not stand still."""
    text = re.sub(r"\n(?=[0-9A-F]{2} )", " ", text)
    found = {match[1][1:]: match[3] for line in text.splitlines() if (match := LINE.match(line))}
    return {name: None if name in LIVE or name.startswith(MOVING) else value for name, value in found.items()}


@pytest.mark.parametrize("user", USERS)
def test_each_user_reads_with_its_protocols(lan: Lan, watched: Appliance, user: str) -> None:
    plainly = lan.client.run("snmpget", *QUIET, "-v", "2c", "-c", "public", ADDRESS, NAME)
    assert "STRING" in plainly and ask(lan.client, "snmpget", NAME, who=v3(user)) == plainly


@pytest.mark.parametrize("program", ["snmpwalk", "snmpbulkwalk"])
def test_a_walk_by_v3_meets_what_one_by_v2c_meets(lan: Lan, watched: Appliance, program: str) -> None:
    plainly = objects(lan.client.run(program, *QUIET, "-v", "2c", "-c", "public", ADDRESS, ".1"))
    assert len(plainly) > 300 and sum(value is not None for value in plainly.values()) > 200
    told = objects(ask(lan.client, program, ".1"))
    assert list(told) == list(plainly) and told == plainly


def test_a_writing_user_sets_and_a_reading_one_cannot(lan: Lan, watched: Appliance) -> None:
    ask(lan.client, "snmpset", CONTACT, "s", "Ann", who=v3("bob"))
    assert b"Ann".hex(" ").upper() in ask(lan.client, "snmpget", CONTACT)
    assert "noAccess" in refused(lan.client, "snmpset", CONTACT, "s", "x", who=v3("alice"))
    assert "wrongType" in refused(lan.client, "snmpset", CONTACT, "i", "3", who=v3("bob"))
    assert "notWritable" in refused(lan.client, "snmpset", NAME, "s", "x", who=v3("bob"))


@pytest.mark.parametrize(
    "who, more, said",
    [
        (v3(sign="other words"), (), "Authentication failure"),
        (v3(hide="other words"), (), "Decryption error"),
        (v3("eve"), (), "Unknown user name"),
        (v3(level="authNoPriv"), (), "Unsupported security level"),
        (("-v", "3", "-u", "alice", "-l", "noAuthNoPriv"), (), "Unsupported security level"),
        (v3(), ("-n", "tray"), "Bad context specified"),
    ],
)
def test_who_is_not_let_in_is_told_why(
    lan: Lan, watched: Appliance, who: "tuple[str, ...]", more: "tuple[str, ...]", said: str
) -> None:
    assert said in refused(lan.client, "snmpget", NAME, who=who, more=more)


def test_people_add_and_remove_users_while_it_runs(lan: Lan, watched: Appliance, data: Path) -> None:
    assert "Unknown user name" in refused(lan.client, "snmpget", NAME, who=v3("erin"))
    add(lan, data, "erin")
    until(lambda: ask(lan.client, "snmpget", NAME, who=v3("erin")), "the user")
    assert "erin" in feedpath(lan, data, "snmp", "list")
    assert "erin read SHA-256 AES-128" in feedpath(lan, data, "settings", "get", "snmp-users")
    feedpath(lan, data, "snmp", "remove", "erin")
    assert "Unknown user name" in refused(lan.client, "snmpget", NAME, who=v3("erin"))
