"""Discovery by avahi and ippfind from another computer on the cable."""

import contextlib
import json
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from tests.fakes import netns
from tests.fakes.netns import Namespace, until
from tests.peers.appliance import ADDRESS, Appliance, Lan

BROWSE_S = 15.0  # three times what avahi takes to give up on a service that does not answer
TYPES = {"_printer._tcp", "_ipp._tcp", "_ipps._tcp", "_http._tcp"}
SAYS_THE_SAME = """
{
  NAME "The printer says what is announced"
  OPERATION Get-Printer-Attributes
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR language attributes-natural-language en
  ATTR uri printer-uri $uri
  STATUS successful-ok
  EXPECT printer-more-info WITH-VALUE "$ENV[IPPFIND_TXT_ADMINURL]"
  EXPECT printer-uuid WITH-VALUE "urn:uuid:$ENV[IPPFIND_TXT_UUID]"
  EXPECT printer-make-and-model WITH-VALUE "$ENV[IPPFIND_TXT_TY]"
  EXPECT printer-dns-sd-name WITH-VALUE "$ENV[IPPFIND_SERVICE_NAME]"
}
"""


class Seen(NamedTuple):
    """A service as avahi resolved it."""

    type: str
    name: str
    host: str
    address: str
    port: int
    txt: "dict[str, str]"


def browse(space: Namespace, type: str = "--all") -> "list[Seen]":
    """Return what avahi in a namespace sees and resolves now, over IPv4 and IPv6."""
    found = []
    for line in until(lambda: dump(space, type), "avahi-browse to end").splitlines():
        fields = line.split(";", 9)
        if fields[0] == "=":
            name = re.sub(rb"\\(\d\d\d)", lambda code: bytes([int(code[1])]), fields[3].encode()).decode()
            txt = dict(pair.split("=", 1) for pair in shlex.split(fields[9]) if "=" in pair)
            found.append(Seen(fields[4], name, fields[6], fields[7], int(fields[8]), txt))
    return found


def dump(space: Namespace, type: str) -> str:
    """Return avahi-browse's lines, "" when it hangs: it waits for ever for a service that goes while it resolves it."""
    try:
        return space.run("avahi-browse", "-trpk", type, seconds=BROWSE_S) or "\n"
    except subprocess.TimeoutExpired:
        return ""


def types(space: Namespace, name: str) -> "set[str]":
    """Return the types of services that avahi sees under a name."""
    return {seen.type for seen in browse(space) if seen.name == name}


def ippfind(space: Namespace, *arguments: str) -> "list[str]":
    """Return what ippfind finds within a second."""
    return space.run("ippfind", "-T", "1", *arguments, check=False).splitlines()


class Announcer:
    """tests/peers/advertise.py at work: takes orders, tells names."""

    def __init__(self, space: Namespace, host: str):
        command = space.command(sys.executable, "-X", "dev", "-m", "tests.peers.advertise", host)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.named: "list[str]" = []  # the lines that it wrote
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._stdin: "IO[str]" = self.process.stdin
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,))
        self._reader.start()

    def _read(self, stdout: "IO[str]") -> None:
        self.named += [] if stdout.closed else iter(stdout)

    def order(self, **order: object) -> None:
        """See advertise.py."""
        self._stdin.write(json.dumps(order) + "\n")

    def stop(self) -> int:
        """Let it say its goodbyes; return its status."""
        self._stdin.close()
        try:
            return self.process.wait(netns.WATCHDOG_S)
        finally:
            self.process.kill()
            self._reader.join()
            if self.process.stdout is not None:
                self.process.stdout.close()


@contextlib.contextmanager
def announcer(space: Namespace, host: str = "printbox") -> "Iterator[Announcer]":
    """Run an announcer until the end of the block."""
    running = Announcer(space, host)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


@pytest.fixture
def silence(lan: Lan) -> "Iterator[None]":
    """After the test, wait until the goodbyes of what it announced have come."""
    yield
    until(lambda: not [seen for seen in browse(lan.client) if seen.name not in KEPT], "the goodbyes")


KEPT = {"Büro Laser"}  # announced for all tests of this file
KEPT_URI = "printbox.local:8631/ipp/print/kept"


@pytest.fixture(scope="module")
def kept(lan: Lan) -> "Iterator[Announcer]":
    """A printer on the printer's side for the tests that only look."""
    with announcer(lan.printer) as running:
        running.order(add={"name": "kept", "info": "Büro Laser", "uuid": "00000000-0000-0000-0000-000000000000"})
        until(lambda: types(lan.client, "Büro Laser") == TYPES, "all services")
        yield running


def test_every_service_has_the_one_name_and_resolves_over_both_families(lan: Lan, kept: Announcer) -> None:
    for seen in browse(lan.client):
        assert (seen.name, seen.host) == ("Büro Laser", "printbox.local")
        assert seen.port == (0 if seen.type == "_printer._tcp" else 8631)
        assert seen.address in (ADDRESS, "fd77::1")
    assert lan.client.run("avahi-resolve", "-4n", "printbox.local").split()[1] == ADDRESS
    assert lan.client.run("avahi-resolve", "-6n", "printbox.local").split()[1] == "fd77::1"


@pytest.mark.parametrize("scheme", ["ipp", "ipps"])
def test_ippfind_finds_the_printer_by_type_and_subtype(lan: Lan, kept: Announcer, scheme: str) -> None:
    for subtype in ("", ",_print", ",_universal"):
        search = "_%s._tcp%s" % (scheme, subtype)
        assert until(lambda search=search: ippfind(lan.client, search), search) == ["%s://%s" % (scheme, KEPT_URI)]  # type: ignore[misc]


def test_the_keys_that_ipp_everywhere_requires_arrive(lan: Lan, kept: Announcer) -> None:
    wanted = ("--txt", "adminurl", "--txt", "pdl", "--txt", "rp", "--txt", "UUID", "--txt", "TLS")
    assert until(lambda: ippfind(lan.client, "_ipps._tcp", *wanted, "--print-name"), "the keys") == ["Büro Laser"]


def test_a_change_of_the_printer_is_announced(lan: Lan, kept: Announcer) -> None:
    kept.order(change="kept", to={"location": "Cellar"})
    until(lambda: {seen.txt["note"] for seen in browse(lan.client, "_ipp._tcp")} == {"Cellar"}, "the new place")


def test_a_new_name_is_announced_for_all_services_and_the_old_one_taken_back(
    lan: Lan, kept: Announcer, silence: None
) -> None:
    kept.order(add={"name": "a", "info": "Old", "uuid": "33333333-3333-3333-3333-333333333333"})
    until(lambda: types(lan.client, "Old") == TYPES, "the old name")
    kept.order(change="a", to={"info": "New"})
    until(lambda: types(lan.client, "New") == TYPES and not types(lan.client, "Old"), "the new name")
    kept.order(remove="a")


def test_raw_printing_is_announced_while_it_is_on(lan: Lan, kept: Announcer) -> None:
    kept.order(raw=9100)
    found = until(lambda: browse(lan.client, "_pdl-datastream._tcp"), "raw printing")
    assert {(seen.name, seen.port) for seen in found} == {("Büro Laser", 9100)}
    kept.order(raw=0)
    until(lambda: types(lan.client, "Büro Laser") == TYPES, "no raw printing")


def test_a_new_address_is_announced(lan: Lan, kept: Announcer) -> None:
    def resolved() -> str:
        return lan.client.run("avahi-resolve", "-4n", "printbox.local", check=False).split()[-1:].pop()

    for old, new in ((ADDRESS, "10.77.0.9"), ("10.77.0.9", ADDRESS)):
        lan.printer.run("ip", "address", "del", old + "/24", "dev", "eth0")
        lan.printer.run("ip", "address", "add", new + "/24", "dev", "eth0")
        until(lambda new=new: resolved() == new, "the address " + new)  # type: ignore[misc]


def test_a_second_network_hears_of_the_printer_when_it_is_plugged_in(lan: Lan, kept: Announcer) -> None:
    with netns.namespace("guest") as guest, netns.cable(lan.printer, guest, 1), netns.avahi(guest, "guest"):
        until(lambda: types(guest, "Büro Laser") == TYPES, "all services on the second cable")


def test_each_of_several_printers_has_a_name_of_its_own_and_keeps_it(lan: Lan, kept: Announcer, silence: None) -> None:
    first: "dict[str, str]" = {"name": "a", "uuid": "11111111-1111-1111-1111-111111111111"}
    second: "dict[str, str]" = {"name": "b", "uuid": "22222222-2222-2222-2222-222222222222"}
    kept.order(add=first)
    kept.order(add=second)
    until(lambda: types(lan.client, "Laser") == types(lan.client, "Laser (2)") == TYPES, "both")
    paths = {seen.name: seen.txt["rp"] for seen in browse(lan.client, "_ipp._tcp")}
    assert (paths["Laser"], paths["Laser (2)"]) == ("ipp/print/a", "ipp/print/b")
    kept.order(remove="a")
    until(lambda: not types(lan.client, "Laser"), "one to go")
    assert types(lan.client, "Laser (2)") == TYPES
    kept.order(add=first)
    until(lambda: types(lan.client, "Laser") == TYPES, "the first one again")
    for name in ("a", "b"):
        kept.order(remove=name)


def test_goodbyes_come_when_it_stops(lan: Lan, silence: None) -> None:
    with announcer(lan.printer, "another") as running:
        running.order(add={"name": "laser"})
        until(lambda: types(lan.client, "Laser") == TYPES, "all services")
        assert running.stop() == 0
    # Without goodbyes they would stay for 75 minutes, which is the time to live of a name.
    until(lambda: not types(lan.client, "Laser"), "the goodbyes")


def test_a_name_that_is_taken_for_one_type_is_left_for_all(lan: Lan, silence: None) -> None:
    taken = {"Printer %d" % n: type for n, type in enumerate(sorted(TYPES))}
    published = [lan.client.start("avahi-publish-service", name, type, "6310") for name, type in taken.items()]
    until(lambda: taken.keys() <= {seen.name for seen in browse(lan.client)}, "the other printers")
    try:
        with announcer(lan.printer, "another") as running:
            for name in taken:
                running.order(add={"name": name, "info": name, "uuid": name})
            for name, type in taken.items():
                until(lambda name=name: types(lan.client, name + " (2)") == TYPES, "the other name")  # type: ignore[misc]
                assert types(lan.client, name) == {type}
            assert running.named == ["named %s as %s (2)\n" % (name, name) for name in taken]
    finally:
        for process in published:
            lan.client.stop(process)


def test_when_two_networks_become_one_each_printer_has_its_own_name_again(lan: Lan, silence: None) -> None:
    first = {"name": "laser", "uuid": "11111111-1111-1111-1111-111111111111"}
    second = {"name": "laser", "uuid": "22222222-2222-2222-2222-222222222222"}
    with (
        netns.namespace("island") as island,
        netns.namespace("sea") as sea,
        netns.cable(island, sea, 2),
        announcer(lan.client, "boxa") as one,
        announcer(island, "boxb") as two,
    ):
        one.order(add=first)
        two.order(add=second)
        until(lambda: one.named and two.named, "both")
        assert one.named == two.named == ["named laser as Laser\n"]
        with netns.cable(lan.client, island, 1):
            until(lambda: len(two.named) > 1, "another name for the second")
            assert two.named[1:] == ["named laser as Laser (2)\n"]
            until(lambda: types(lan.client, "Laser (2)") == TYPES, "all services of the second")
        assert len(one.named) == 1


def test_a_host_name_that_is_taken_is_left_to_its_owner(lan: Lan, silence: None) -> None:
    with announcer(lan.printer, "laptop") as running:  # the name of the client
        running.order(add={"name": "laser"})
        until(lambda: types(lan.client, "Laser") == TYPES, "all services")
        assert {seen.host for seen in browse(lan.client) if seen.name == "Laser"} == {"laptop-2.local"}
        assert lan.client.run("avahi-resolve", "-4n", "laptop.local").split()[1] == "10.77.0.2"


def test_when_two_networks_become_one_each_computer_has_its_own_name_again(lan: Lan, silence: None) -> None:
    def hosts(space: Namespace, name: str) -> "set[str]":
        return {seen.host for seen in browse(space) if seen.name == name}

    with (
        netns.namespace("island") as island,
        netns.namespace("sea") as sea,
        netns.cable(island, sea, 9),
        netns.avahi(sea, "sea"),
        announcer(lan.printer, "twin") as one,
        announcer(island, "twin") as two,
    ):
        one.order(add={"name": "a", "info": "A", "uuid": "11111111-1111-1111-1111-111111111111"})
        two.order(add={"name": "b", "info": "B", "uuid": "22222222-2222-2222-2222-222222222222"})
        until(lambda: hosts(lan.client, "A") == hosts(sea, "B") == {"twin.local"}, "both")
        with netns.cable(lan.printer, island, 1):
            until(lambda: hosts(sea, "B") == {"twin-2.local"}, "another name for the second computer")
            assert hosts(lan.client, "A") == {"twin.local"}


def test_the_firmware_is_found_and_answers_as_announced(lan: Lan, firmware: Appliance, tmp_path: Path) -> None:
    def ours() -> "list[Seen]":
        return [seen for seen in browse(lan.client) if seen.name not in KEPT]

    until(lambda: {seen.type for seen in ours()} == TYPES, "the firmware's printer")
    assert len({(seen.name, seen.host) for seen in ours()}) == 1
    assert {seen.txt["rp"] for seen in ours() if seen.type == "_ipp._tcp"} == {firmware.path}
    hosts, request = tmp_path / "hosts", tmp_path / "values.test"
    hosts.write_text("%s %s\n" % (ADDRESS, ours()[0].host))  # as avahi's plug-in for the C library would answer
    request.write_text(SAYS_THE_SAME)
    search = "ippfind -T 1 _ipp._tcp --port %s -x ipptool -tI {} %s ';'" % (firmware.ipp_port, request)
    script = "mount --bind %s /etc/hosts && exec %s" % (hosts, search)
    told = lan.client.run("unshare", "-m", "sh", "-c", script, check=False)
    assert "[PASS]" in told, told
    firmware.stop()
    until(lambda: not ours(), "the goodbyes")
