"""The network helper beside ISC's dhcpd and Kea, whose leases are so short that all of their life is seen."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import netns
from tests.fakes.netns import until
from tests.peers import dhcp
from tests.peers.dhcp import FIRST, ROUTER, Cable, Dhcpd, Helper, Kea, Program


@pytest.fixture
def lan(programs: None) -> "Iterator[Cable]":
    if os.geteuid():
        pytest.fail("these tests make network namespaces: run them as root, or run tools/test unit")
    with (
        netns.namespace("router") as router,
        netns.namespace("printer") as printer,
        dhcp.cable(router, printer) as cable,
    ):
        printer.run("ip", "link", "set", "eth0", "up")  # Kea serves no link without carrier
        until(lambda: "state UP" in router.run("ip", "link", "show", "eth0"), "the carrier")
        yield cable


@pytest.fixture(params=[Dhcpd, Kea], ids=["dhcpd", "kea"])
def server(request: pytest.FixtureRequest, lan: Cable, tmp_path: Path) -> "Iterator[Program]":
    running = request.param(lan.router, tmp_path)
    yield running
    running.stop()


@pytest.fixture
def helper(lan: Cable, tmp_path: Path) -> "Iterator[Helper]":
    with dhcp.helper(lan.printer, tmp_path) as running:
        yield running


def one_address(lan: Cable) -> str:
    """Return the printer's address once it has exactly one."""
    return until(lambda: lan.addresses()[0] if len(lan.addresses()) == 1 else "", "one address").partition("/")[0]


def test_a_lease_is_taken_renewed_and_given_back(lan: Cable, server: Program, helper: Helper) -> None:
    server.start()
    helper.dhcp()
    told = helper.bound()
    assert (told["routers"], told["name_servers"], told["ntp_servers"]) == ([ROUTER], ["10.77.0.8"], ["10.77.0.9"])
    assert told["search"] == ["eng.example", "lab.example"]
    helper.state("RENEWING")
    helper.bound(told["address"])
    assert one_address(lan) == told["address"] and "default via 10.77.0.1" in lan.routes()
    helper.stop()
    assert lan.addresses() == []


def test_without_server_a_lease_lives_to_its_end_and_comes_back_with_it(
    lan: Cable, server: Program, helper: Helper
) -> None:
    server.start()
    helper.dhcp()
    address = helper.bound()["address"]
    server.stop()
    for state in ("RENEWING", "REBINDING"):
        assert helper.state(state)["address"] == address
    assert helper.state("SELECTING")["address"] == ""
    assert lan.addresses() == [] and not list(server.log.parent.glob("leases/*.json"))
    server.start()
    helper.bound(address)
    assert one_address(lan) == address


def test_a_lease_is_rebound_when_the_server_comes_back_before_its_end(
    lan: Cable, server: Program, helper: Helper
) -> None:
    server.start()
    helper.dhcp()
    address = helper.bound()["address"]
    server.stop()
    helper.state("RENEWING")
    server.start()
    helper.state("REBINDING")
    helper.bound(address)
    assert one_address(lan) == address


def test_a_nak_leads_to_another_address(lan: Cable, server: Program, helper: Helper) -> None:
    server.start(last="10.77.0.60")
    helper.dhcp()
    helper.bound()
    server.stop()
    server.forget()
    server.start(first="10.77.0.90")
    told = helper.until(lambda told: told.get("address", "") >= "10.77.0.90", "an address of the new range")
    assert one_address(lan) == told["address"]


def test_a_conflict_is_declined_and_another_address_taken(lan: Cable, server: Program, helper: Helper) -> None:
    lan.router.run("ip", "address", "add", f"{FIRST}/32", "dev", "eth0")
    server.start()
    helper.dhcp()
    assert helper.bound()["address"] > FIRST
    assert until(lambda: "DECLINE" in server.log.read_text(), "the server to say that it was declined")


def test_a_lease_outlives_the_helper_and_is_confirmed(lan: Cable, server: Program, tmp_path: Path) -> None:
    server.start()
    with dhcp.helper(lan.printer, tmp_path) as first:
        first.dhcp()
        address = first.bound()["address"]
        first.kill()
    with dhcp.helper(lan.printer, tmp_path) as second:
        second.dhcp()
        second.bound(address)
        assert "SELECTING" not in [told.get("state") for told in second.told]
    assert lan.addresses() == []
