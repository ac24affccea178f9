"""What the network helper is told is understood or refused in words, and leases outlive a restart."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from feedpath.host.dhcp.lease import Lease
from feedpath.host.dhcp.netlink import Link
from feedpath.host.plan import Leases, clock, plan_of

LINK = Link(2, "eth0", b"\x02\0\0\0\0\1", 1500, True, True, True, False)


def lease(seconds: "int | None" = 1000) -> Lease:
    made = Lease("10.0.0.50", 24)
    made.server, made.mac, made.seconds, made.started = "10.0.0.1", "020000000002", seconds, clock()
    made.routes = [("0.0.0.0", 0, "10.0.0.1")]
    return made


def test_a_lease_that_is_kept_is_found_again(tmp_path: Path) -> None:
    kept = lease()
    Leases(tmp_path).store(LINK, kept)
    found = Leases(tmp_path).load(LINK)
    assert found is not None and found.ends is not None and kept.ends is not None
    assert abs(found.ends - kept.ends) < 1
    assert found.record() == {**kept.record(), "started": found.started}


def test_a_lease_that_is_forgotten_is_none(tmp_path: Path) -> None:
    leases = Leases(tmp_path)
    leases.store(LINK, lease())
    leases.store(LINK, None)
    leases.store(LINK, None)
    assert leases.load(LINK) is None


def test_a_lease_is_for_the_hardware_that_got_it(tmp_path: Path) -> None:
    Leases(tmp_path).store(LINK, lease())
    assert Leases(tmp_path).load(LINK._replace(mac=b"\x02\0\0\0\0\7")) is None
    assert Leases(tmp_path).load(LINK._replace(name="eth1")) is None


def test_time_that_went_by_is_gone_and_a_clock_set_back_adds_none(tmp_path: Path) -> None:
    Leases(tmp_path).store(LINK, lease())
    path = tmp_path / "lease-eth0.json"
    record = json.loads(path.read_text())
    for moved, left in ((-300, 700), (500, 1000), (-2000, -1000)):
        path.write_text(json.dumps({**record, "started": time.time() + moved}))
        found = Leases(tmp_path).load(LINK)
        assert found is not None and found.ends is not None
        assert abs(found.ends - clock() - left) < 5


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"mac": "020000000001", "lease": {}, "started": 1}', "null"])
def test_a_file_that_holds_no_lease_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "lease-eth0.json").write_text(text)
    assert Leases(tmp_path).load(LINK) is None


@pytest.mark.parametrize(
    "told, wrong",
    [
        ({"mode": "slip"}, "it must be dhcp or static"),
        ({"mode": "static"}, "invalid literal"),
        ({"mode": "static", "address": "10.0.0.5"}, "invalid literal"),
        ({"mode": "static", "address": "10.0.0/24"}, "no IPv4 address"),
        ({"mode": "static", "address": "127.0.0.1/8"}, "no address of a host"),
        ({"mode": "static", "address": "10.0.0.5/0"}, "no address of a host"),
        ({"mode": "static", "address": "10.0.0.5/24", "router": "gate"}, "no IPv4 address"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(told: "dict[str, Any]", wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        plan_of(told)


@pytest.mark.parametrize(
    "told, link, covered",
    [
        ({}, LINK, True),
        ({}, LINK._replace(name="wlan0"), True),
        ({}, LINK._replace(name="docker0"), False),
        ({}, LINK._replace(ethernet=False), False),
        ({}, LINK._replace(mac=b""), False),
        ({}, LINK._replace(gone=True), False),
        ({"interfaces": ["br0"]}, LINK._replace(name="br0"), True),
        ({"interfaces": ["br0"]}, LINK, False),
        ({"mode": "static", "address": "10.0.0.5/24", "interfaces": ["eth1", "eth0"]}, LINK, True),
    ],
)
def test_a_plan_covers_the_links_that_lead_out(told: "dict[str, Any]", link: Link, covered: bool) -> None:
    assert plan_of(told).covers(link) is covered


@pytest.mark.parametrize(
    "told, static",
    [
        ({}, False),
        ({"mode": "static", "address": "10.0.0.5/24"}, True),
        ({"mode": "static", "address": "10.0.0.5/24", "interfaces": ["eth0", "eth1"]}, True),
        ({"mode": "static", "address": "10.0.0.5/24", "interfaces": ["eth1", "eth0"]}, False),
    ],
)
def test_a_plan_sets_the_address_of_the_first_link_that_it_names(told: "dict[str, Any]", static: bool) -> None:
    assert plan_of(told).sets(LINK) is static
