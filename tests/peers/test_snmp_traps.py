"""Traps and informs as net-snmp's listener hears them, in each version; restarts as its programs live through them."""

import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.netns import until
from tests.peers.appliance import ADDRESS, Lan, feedpath
from tests.peers.snmp_v3 import HIDE, NAME, SIGN, add, ask, refused, started, v3
from tests.peers.test_snmp import QUIET

RECEIVER, LOST = "10.77.0.2:1162", "10.77.0.2:1163"


def test_clients_go_on_after_a_restart_which_counts(lan: Lan, tmp_path: Path) -> None:
    add(lan, tmp_path, "alice")
    counted = []
    for _ in range(2):
        with started(lan, tmp_path):
            until(lambda: "STRING" in ask(lan.client, "snmpget", NAME), "an answer")
            counted.append(int((tmp_path / "snmp-boots").read_text()))
            told = lan.client.run("snmpget", *QUIET, *v3(), "-d", ADDRESS, NAME)
            assert "STRING" in told
    assert counted == [1, 2]


FORMAT = "%P; %W %q of %N; %v\\n"  # of snmptrapd: version and kind, v1's numbers, variables
COLD_START, STRANGER = r"\.1\.3\.6\.1\.6\.3\.1\.1\.5\.1", r"\.1\.3\.6\.1\.6\.3\.1\.1\.5\.5"
NO_PAPER = r".*\.1\.3\.6\.1\.2\.1\.43\.18\.1\.1\.7\.1\.\d+ = 808"
ALERT_V1 = r"Enterprise Specific \.1 of \.1\.3\.6\.1\.2\.1\.43\.18\.2;" + NO_PAPER
ALERT = r"\.1\.3\.6\.1\.2\.1\.43\.18\.2\.0\.1" + NO_PAPER


@contextlib.contextmanager
def receiver(lan: Lan, folder: Path, where: str, *users: str) -> "Iterator[Path]":
    """Run net-snmp's listener; give the file that it writes into."""
    heard, conf = folder / ("heard" + where.replace(":", "-")), folder / "trapd.conf"
    conf.write_text("\n".join(("disableAuthorization yes", *users, "")))
    lan.client.environment["SNMP_PERSISTENT_DIR"] = str(folder / "kept")
    words = ("-f", "-C", "-c", str(conf), "-m", "", "-On", "-OQ", "-F", FORMAT, "-Lf", str(heard), where)
    listener = lan.client.start("snmptrapd", *words)
    del lan.client.environment["SNMP_PERSISTENT_DIR"]
    until(lambda: heard.exists() and "NET-SNMP version" in heard.read_text(), "snmptrapd")
    try:
        yield heard
    finally:
        lan.client.stop(listener)


def engine(lan: Lan, data: Path) -> str:
    """Return the firmware's snmpEngineID."""
    return feedpath(lan, data, "snmp", "list").split()[1]


SINKS = ",".join(form + RECEIVER for form in ("v1:", "", "inform:", "v3:alice@", "v3-inform:carol@"))


def heard_of(heard: Path, trap: str, v1: str) -> "list[str]":
    """Return which kinds of an event were heard: the beginnings of the lines, without what may have come before."""
    text = heard.read_text()
    in_v1 = re.compile(rf"TRAP, SNMP v1,.*{v1}") if v1 else re.compile("(?!)")
    lines = [line for line in text.splitlines() if re.search(trap, line) or in_v1.match(line)]
    return [line.partition(",")[0] + line.partition("SNMP")[2].partition(",")[0] for line in lines]


KINDS = ["TRAP v1", "TRAP2 v2c", "INFORM v2c", "TRAP2 v3", "INFORM v3"]


def test_receivers_hear_each_event_in_each_version_and_kind_and_once(lan: Lan, tmp_path: Path) -> None:
    add(lan, tmp_path, "alice")
    own = engine(lan, tmp_path)
    known = f'createUser -e {own} alice SHA-256 "{SIGN}" AES-128 "{HIDE}"'
    with receiver(lan, tmp_path, RECEIVER, known, f'createUser carol SHA-512 "{SIGN}" AES-256 "{HIDE}"') as heard:
        add(lan, tmp_path, "carol", "--receiver", RECEIVER, auth="SHA-512", priv="AES-256")
        with started(lan, tmp_path, "snmp-trap-sinks=" + SINKS) as running:
            until(lambda: len(heard_of(heard, COLD_START, "Cold Start 0")) == len(KINDS), "the start")
            wrong = ("-v", "2c", "-c", "wrong")
            assert "Timeout" in refused(lan.client, "snmpget", NAME, who=wrong, more=("-t", "0.2"))
            until(lambda: len(heard_of(heard, STRANGER, "Authentication Failure 0")) == len(KINDS), "the stranger")
            running.printer("paper out")
            until(lambda: len(heard_of(heard, ALERT, ALERT_V1)) == len(KINDS), "the alert")
            told = running.log.read_text()
        for trap, v1 in ((COLD_START, "Cold Start 0"), (STRANGER, "Authentication"), (ALERT, ALERT_V1)):
            assert sorted(heard_of(heard, trap, v1)) == sorted(KINDS), heard.read_text()
    assert "confirm" not in told and "SNMPv3" not in told


def test_an_inform_whose_first_copy_is_lost_is_sent_again(lan: Lan, tmp_path: Path) -> None:
    add(lan, tmp_path, "alice")
    deaf = "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('10.77.0.2', 1163)); s.recv(9999)"
    deaf_one = lan.client.start(sys.executable, "-c", deaf)
    until(lambda: "1163" in lan.client.run("ss", "-Huln"), "the deaf one")
    with started(lan, tmp_path, "snmp-trap-sinks=inform:" + LOST):
        until(lambda: deaf_one.poll() is not None, "the first copy to be lost")
        with receiver(lan, tmp_path, LOST) as heard:
            until(lambda: heard_of(heard, COLD_START, ""), "the second copy")
    lan.client.stop(deaf_one)


def test_a_wrong_passphrase_is_told_of_too(lan: Lan, tmp_path: Path) -> None:
    add(lan, tmp_path, "alice")
    with receiver(lan, tmp_path, RECEIVER) as heard, started(lan, tmp_path, "snmp-trap-sinks=" + RECEIVER):
        refused(lan.client, "snmpget", NAME, who=v3(sign="other words"))
        until(lambda: heard_of(heard, STRANGER, ""), "the trap")
