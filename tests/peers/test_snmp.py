"""SNMP by net-snmp's programs and CUPS' backends, from another computer on the cable."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.netns import Namespace, until
from tests.peers import mibs
from tests.peers.appliance import ADDRESS, Appliance, Lan, appliance, feedpath
from tests.peers.test_discovery import browse

INK = "MFG:Example;MDL:Ink 100;CMD:URF,PWGRaster,JPEG,PDF;CLS:PRINTER;S:04" + "0" * 20 + "2C1000050C4000032;"  # 80, 50
TRAPS_AT = "10.77.0.2:1162"
SETTINGS = ("contact=Ann", "location=Room 7", "snmp-write-community=sesame", "raw=on", "lpd=on", "stall-seconds=1",
            "snmp-trap-sinks=" + TRAPS_AT)  # fmt: skip
BEYOND = "10.99.0.9"  # an address of the client that is in no network of the printer
HOST, PRINTER_MIB, PORTS = ".1.3.6.1.2.1.25", ".1.3.6.1.2.1.43", ".1.3.6.1.4.1.2699.1.2.1"
ERRORS, SYSTEM = HOST + ".3.5.1.2.1", ".1.3.6.1.2.1.1"
ALERTS, SUPPLIES = PRINTER_MIB + ".18.1.1", PRINTER_MIB + ".11.1.1"
LINE = re.compile(r"^(\.[\d.]+) = (?:([\w-]+): ?)?(?!No )(.*)$")
QUIET = ("-m", "", "-On", "-Ox", "-OU", "-Oe")
GENERAL, ALERT_CODE, ENDED = PRINTER_MIB + ".5.1.1", 7, 1801
ROOTS = (".1.3.6.1.2.1", PORTS, ".1.3.6.1.6.3")  # of all but makers' own objects
ATTRIBUTES = "/usr/share/cups/ipptool/get-printer-attributes.test"


class Answer:
    """A line of net-snmp's: the name in numbers, the type, and the value as a number or octets."""

    def __init__(self, name: str, kind: "str | None", text: str):
        self.arcs = tuple(int(word) for word in name.split(".")[1:])
        self.type = {"Hex-STRING": "STRING", None: "STRING"}.get(kind, kind or "")
        if self.type == "STRING":
            self.value: "int | bytes" = bytes.fromhex(text.replace('"', ""))
        else:
            number = re.search(r"-?\d+", text)
            self.value = int(number[0]) if number and self.type not in ("OID", "IpAddress") else b""


@pytest.fixture(scope="module")
def watched(lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Appliance]":
    """The firmware with a printer that tells its ink; the client hears traps."""
    lan.client.run("ip", "address", "add", BEYOND + "/32", "dev", "lo")
    lan.printer.run("ip", "route", "add", BEYOND, "via", "10.77.0.2")
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    with appliance(lan.printer, tmp_path_factory.mktemp("data"), "--device-id", INK, *settings) as running:
        until(lambda: ask(lan.client, "snmpget", SUPPLIES + ".8.1.1")[0].value == 100, "the supplies to be known")
        yield running


@pytest.fixture
def heard(lan: Lan, tmp_path: Path) -> "Iterator[Path]":
    """The file into which net-snmp's listener on the client writes the traps that come."""
    heard = tmp_path / "heard"
    words = ("-f", "-C", "--disableAuthorization=yes", "-m", "", "-On", "-OQ", "-Lf", str(heard), TRAPS_AT)
    listener = lan.client.start("snmptrapd", *words)
    until(lambda: heard.exists() and "NET-SNMP version" in heard.read_text(), "snmptrapd")
    yield heard
    lan.client.stop(listener)


def snmp(space: Namespace, program: str, *words: str, version: str = "2c", community: str = "public") -> str:
    """Return what a program of net-snmp says."""
    common = (*QUIET, "-v", version, "-c", community, "-r", "0", "-t", "5")
    return space.run(program, *common, ADDRESS, *words)


def ask(space: Namespace, program: str, *names: str, **how: str) -> "list[Answer]":
    """Return the answers to a question for names."""
    text = re.sub(r"\n(?=[0-9A-F]{2} )", " ", snmp(space, program, *names, **how))  # long ones go over several lines
    return [Answer(*match.groups()) for line in text.splitlines() if (match := LINE.match(line))]


def refused(space: Namespace, program: str, *words: str, **how: str) -> str:
    """Return what a program says that fails."""
    with pytest.raises(subprocess.CalledProcessError) as failure:
        snmp(space, program, *words, **how)
    return str(failure.value.stderr)


def defined_by(known: "dict[tuple[int, ...], mibs.Definition]", arcs: "tuple[int, ...]") -> mibs.Definition:
    """Return the definition of an object by its type, the part of its name before the index."""
    return next(known[arcs[:depth]] for depth in range(len(arcs), 0, -1) if arcs[:depth] in known)


def test_all_that_is_told_is_as_the_mibs_define_it(lan: Lan, watched: Appliance) -> None:
    watched.printer("paper out")
    until(lambda: 808 in alerts(lan.client), "an alert")
    known = mibs.definitions()
    assert len(known) > 400
    met, wrong = set(), []
    for answer in [answer for root in ROOTS for answer in ask(lan.client, "snmpbulkwalk", root)]:
        defined = defined_by(known, answer.arcs)
        met.add(defined.name)
        readable = defined.access != "noaccess" and answer.type == defined.type.base
        if not readable or (answer.type not in ("OID", "IpAddress") and not defined.type.allows(answer.value)):
            wrong.append((defined, answer.arcs, answer.type, answer.value))
    assert not wrong
    watched.printer("paper in")
    until(lambda: 808 not in alerts(lan.client), "no alert")
    assert mibs.expected() - met == set()
    assert met & {name for names in mibs.NOT_SERVED.values() for name in names.split()} == set()


def test_each_way_to_walk_meets_the_same_objects_in_order(lan: Lan, watched: Appliance) -> None:
    walks = [
        [answer.arcs for answer in ask(lan.client, program, ".1", version=version)]
        for program, version in (("snmpwalk", "1"), ("snmpwalk", "2c"), ("snmpbulkwalk", "2c"))
    ]
    assert walks[1] == walks[2] == sorted(walks[1])
    counters = {answer.arcs for answer in ask(lan.client, "snmpwalk", ".1") if answer.type == "Counter64"}
    assert counters and walks[0] == [arcs for arcs in walks[1] if arcs not in counters]


def test_snmptable_shows_the_supplies(lan: Lan, watched: Appliance, tmp_path: Path) -> None:
    entry = tuple(map(int, SUPPLIES.split(".")[1:]))
    columns = [row for row in mibs.definitions().values() if row.arcs[:-1] == entry and row.access != "noaccess"]
    (tmp_path / "SUPPLIES-MIB.txt").write_text(mibs.asn1("SUPPLIES-MIB", entry, columns, 2))
    (tmp_path / "SNMPv2-SMI.txt").write_text(
        "SNMPv2-SMI DEFINITIONS ::= BEGIN org OBJECT IDENTIFIER ::= { iso 3 } dod OBJECT IDENTIFIER ::= { org 6 } END\n"
    )
    mib = ("-M", str(tmp_path), "-m", "SUPPLIES-MIB")
    told = lan.client.run("snmptable", *mib, "-v2c", "-c", "public", "-Cf", ";", ADDRESS, "SUPPLIES-MIB::aTable")
    head, *rows = [line.split(";") for line in told.splitlines() if ";" in line]
    assert [row[head.index("prtMarkerSuppliesLevel")] for row in rows] == ["80", "50"]


@pytest.mark.parametrize("version", ["1", "2c"])
def test_contact_and_location_can_be_set_by_who_may(lan: Lan, watched: Appliance, version: str) -> None:
    name, text = SYSTEM + ".6.0", "Hall " + version
    snmp(lan.client, "snmpset", name, "s", text, version=version, community="sesame")
    assert ask(lan.client, "snmpget", name)[0].value == text.encode()
    assert text in attributes(lan, watched)


@pytest.mark.parametrize(
    "version, community, name, kind, text, said",
    [
        ("2c", "public", SYSTEM + ".6.0", "s", "x", "noAccess"),
        ("2c", "sesame", SYSTEM + ".1.0", "s", "x", "notWritable"),
        ("2c", "sesame", SYSTEM + ".6.0", "i", "3", "wrongType"),
        ("2c", "sesame", SYSTEM + ".6.0", "s", "x" * 200, "wrongValue"),
        ("2c", "sesame", ".1.3.6.1.9.9", "i", "3", "noCreation"),
        ("1", "public", SYSTEM + ".6.0", "s", "x", "noSuchName"),
        ("1", "sesame", SYSTEM + ".6.0", "i", "3", "badValue"),
        ("2c", "Public", SYSTEM + ".6.0", "s", "x", "Timeout"),
    ],
)
def test_what_may_not_be_set_is_refused(
    lan: Lan, watched: Appliance, version: str, community: str, name: str, kind: str, text: str, said: str
) -> None:
    how = {"version": version, "community": community}
    told = refused(lan.client, "snmpset", name, kind, text, **how)
    assert said in told


def test_public_is_for_the_own_networks(lan: Lan, watched: Appliance) -> None:
    from_beyond = ("--clientaddr=" + BEYOND,)
    assert "Timeout" in refused(lan.client, "snmpget", *from_beyond, SYSTEM + ".1.0")
    assert ask(lan.client, "snmpget", *from_beyond, SYSTEM + ".1.0", community="sesame")
    assert ask(lan.client, "snmpget", SYSTEM + ".1.0")


def test_networks_that_are_named_alone_may_ask(lan: Lan, watched: Appliance) -> None:
    def answers(*options: str, community: str = "public") -> bool:
        words = (*QUIET, "-r", "0", "-t", "1", "-v", "2c", "-c", community, *options, ADDRESS, SYSTEM + ".1.0")
        return "STRING" in lan.client.run("snmpget", *words, check=False)

    from_beyond = "--clientaddr=" + BEYOND
    feedpath(lan, watched.data, "settings", "set", "snmp-sources", "10.99.0.0/16")
    try:
        until(lambda: answers(from_beyond), "an answer to who may ask now")
        until(lambda: not answers(), "silence to others")
        assert not answers(community="sesame"), "who knows this may ask from anywhere else"
    finally:
        feedpath(lan, watched.data, "settings", "set", "snmp-sources", "")
    until(lambda: answers() and not answers(from_beyond), "all to be as before")


def test_it_answers_by_ipv6_too(lan: Lan, watched: Appliance) -> None:
    told = lan.client.run("snmpget", *QUIET, "-v", "2c", "-c", "public", "udp6:[fd77:0::1]:161", SYSTEM + ".1.0")
    assert "STRING" in told


def test_cups_discovers_the_printer_and_where_it_prints(lan: Lan, watched: Appliance) -> None:
    told = lan.client.run("/usr/lib/cups/backend/snmp", ADDRESS)
    line = r'^network (ipp://\S+) "Example Ink 100" "[^"]*" "MFG:Example;[^"]*" "[^"]*"$'
    found = re.search(line, told, re.MULTILINE)
    assert found, told
    assert found[1].endswith(":%s/ipp/print" % watched.ipp_port)


def test_cups_reads_supplies_and_state_while_it_prints(lan: Lan, watched: Appliance, tmp_path: Path) -> None:
    (tmp_path / "document").write_bytes(b"x" * 1000)
    (tmp_path / "any.ppd").write_text(
        '*PPD-Adobe: "4.3"\n*ModelName: "Any"\n*NickName: "Any"\n*cupsSNMPSupplies: True\n'
    )
    lan.client.environment.update(DEVICE_URI="socket://%s:9100" % ADDRESS, PPD=str(tmp_path / "any.ppd"))
    lan.client.environment["CUPS_CACHEDIR"] = str(tmp_path)
    try:
        command = lan.client.command(
            "/usr/lib/cups/backend/socket", "1", "ann", "job", "1", "", str(tmp_path / "document")
        )
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, env=dict(lan.client._environment()), check=False
        )
    finally:
        for name in ("DEVICE_URI", "PPD", "CUPS_CACHEDIR"):
            del lan.client.environment[name]
    told = done.stderr
    assert re.search(r"ATTR: marker-names=.*[Bb]lack", told), told
    assert "ATTR: marker-levels=80,50\n" in told, told
    assert re.search(r"ATTR: marker-colors=#000000,#00FFFF\n", told) and "ATTR: marker-types=ink,ink\n" in told, told


def alerts(space: Namespace) -> "list[int | bytes]":
    """Return the codes of all alerts."""
    return [answer.value for answer in ask(space, "snmpwalk", "%s.%d" % (ALERTS, ALERT_CODE))]


def attributes(lan: Lan, watched: Appliance) -> str:
    """Return what ipptool shows of the printer."""
    return lan.client.run("ipptool", "-tv", watched.uri(), ATTRIBUTES, check=False)


def announced(space: Namespace, name: str) -> str:
    """Return what a key says in the TXT record of the printer's service, "" where it is not there."""
    return next((seen.txt.get(name, "") for seen in browse(space, "_ipp._tcp")), "")


def test_paper_that_runs_out_is_told_everywhere_and_at_once_and_so_is_that_there_is_paper_again(
    lan: Lan, watched: Appliance, heard: Path
) -> None:
    states = (HOST + ".3.2.1.5.1", HOST + ".3.5.1.1.1", PRINTER_MIB + ".8.2.1.10.1.1")  # the last one: the level
    watched.printer("paper out")
    until(lambda: ask(lan.client, "snmpget", ERRORS)[0].value == b"\x40\0", "noPaper")
    assert [code for code in alerts(lan.client) if code != ENDED] == [808]
    assert [answer.value for answer in ask(lan.client, "snmpget", *states)] == [5, 1, 0]
    assert "printer-state-reasons (keyword) = media-empty-error" in attributes(lan, watched)
    until(lambda: announced(lan.client, "printer-state-reasons") == "media-empty-error", "the TXT record")
    until(lambda: ".1.3.6.1.2.1.43.18.2.0.1" in heard.read_text(), "the trap")
    assert re.search(r"\.1\.3\.6\.1\.2\.1\.43\.18\.1\.1\.7\.1\.\d+ = 808", heard.read_text())
    watched.printer("paper in")
    until(lambda: ask(lan.client, "snmpget", ERRORS)[0].value == b"\0\0", "paper again")
    assert set(alerts(lan.client)) <= {ENDED}
    assert [answer.value for answer in ask(lan.client, "snmpget", *states)] == [2, 3, -3]
    assert "printer-state-reasons (keyword) = none" in attributes(lan, watched)
    until(lambda: announced(lan.client, "printer-state-reasons") == "none", "the TXT record without it")
    until(lambda: re.search(r"43\.18\.1\.1\.7\.1\.\d+ = 1801", heard.read_text()), "the trap of its end")


def test_a_name_that_is_set_is_shown_everywhere_at_once(lan: Lan, watched: Appliance) -> None:
    name = GENERAL + ".16.1"
    before = ask(lan.client, "snmpget", name)[0].value
    assert isinstance(before, bytes)
    snmp(lan.client, "snmpset", name, "s", "Hall printer", community="sesame")
    assert ask(lan.client, "snmpget", name)[0].value == b"Hall printer"
    told = attributes(lan, watched)
    for attribute in ("printer-info (textWithoutLanguage)", "printer-dns-sd-name (nameWithoutLanguage)"):
        assert attribute + " = Hall printer" in told
    assert "Hall printer" in lan.client.run("curl", "-s", "http://%s:%s/" % (ADDRESS, watched.web_port))
    until(lambda: [seen.name for seen in browse(lan.client, "_ipp._tcp")][:1] == ["Hall printer"], "the new name")
    snmp(lan.client, "snmpset", name, "s", before.decode(), community="sesame")


def test_the_computer_has_the_name_that_the_network_knows(lan: Lan, watched: Appliance) -> None:
    hosts = until(lambda: {seen.host for seen in browse(lan.client, "_ipp._tcp")}, "the printer to be announced")
    name = ask(lan.client, "snmpget", SYSTEM + ".5.0")[0].value
    assert isinstance(name, bytes) and hosts == {name.decode() + ".local"}


def test_who_takes_care_is_set_once_and_told_twice(lan: Lan, watched: Appliance) -> None:
    snmp(lan.client, "snmpset", GENERAL + ".4.1", "s", "Bob", community="sesame")
    assert [answer.value for answer in ask(lan.client, "snmpget", GENERAL + ".4.1", SYSTEM + ".4.0")] == [b"Bob"] * 2


RESET, POWER_CYCLE, TO_NVRAM, TO_FACTORY = GENERAL + ".3.1", "4", "5", "6"


@pytest.mark.parametrize("value", [TO_NVRAM, POWER_CYCLE])
def test_a_printer_that_is_reset_is_there_again_and_prints(lan: Lan, watched: Appliance, value: str) -> None:
    resets = alerts(lan.client).count(505)
    snmp(lan.client, "snmpset", RESET, "i", value, community="sesame")
    assert alerts(lan.client).count(505) == resets + 1
    until(lambda: ask(lan.client, "snmpget", ERRORS)[0].value == b"\0\0", "the printer to be there")
    received = len(watched.received())
    send_raw(lan, 5)
    until(lambda: watched.received(received) == b"xxxxx", "the printer to print")


def send_raw(lan: Lan, count: int) -> None:
    """Print so many bytes of raw data."""
    lan.client.run(sys.executable, "-c", SEND % (ADDRESS, count))


SEND = "import socket; s = socket.create_connection(('%s', 9100)); s.sendall(b'x' * %d); s.close()"


def test_a_printer_that_prints_is_not_reset_and_none_is_set_back_to_the_factory(lan: Lan, watched: Appliance) -> None:
    assert "wrongValue" in refused(lan.client, "snmpset", RESET, "i", TO_FACTORY, community="sesame")
    watched.printer("busy")
    send_raw(lan, 100000)
    until(lambda: ask(lan.client, "snmpget", HOST + ".3.5.1.1.1")[0].value == 4, "it to print")
    for value in (POWER_CYCLE, TO_NVRAM):
        assert "inconsistentValue" in refused(lan.client, "snmpset", RESET, "i", value, community="sesame")
    watched.printer("ready")
    until(lambda: ask(lan.client, "snmpget", HOST + ".3.5.1.1.1")[0].value == 3, "it to have printed")


def test_a_wrong_community_is_told_by_a_trap(lan: Lan, watched: Appliance, heard: Path) -> None:

    def told() -> bool:
        refused(lan.client, "snmpget", "-t", "0.2", SYSTEM + ".1.0", community="wrong")
        return ".1.3.6.1.6.3.1.1.5.5" in heard.read_text()

    until(told, "the trap")
