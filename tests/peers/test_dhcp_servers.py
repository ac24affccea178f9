"""The network helper beside ISC's dhcpd and Kea, whose leases are so short that all of their life is seen."""

from pathlib import Path

from tests.fakes.netns import until
from tests.peers import dhcp
from tests.peers.dhcp import FIRST, ROUTER, Cable, Helper, Program


def test_a_lease_is_taken_renewed_and_given_back(cable: Cable, server: Program, hurried: Helper) -> None:
    server.start()
    hurried.dhcp()
    told = hurried.bound()
    assert (told["routers"], told["name_servers"], told["ntp_servers"]) == ([ROUTER], ["10.77.0.8"], ["10.77.0.9"])
    assert told["search"] == ["eng.example", "lab.example"]
    hurried.state("RENEWING")
    hurried.bound(told["address"])
    assert cable.address() == told["address"] and "default via 10.77.0.1" in cable.routes()
    hurried.stop()
    assert cable.addresses() == []


def test_without_server_a_lease_lives_to_its_end_and_comes_back_with_it(
    cable: Cable, server: Program, hurried: Helper
) -> None:
    server.start()
    hurried.dhcp()
    address = hurried.bound()["address"]
    server.stop()
    for state in ("RENEWING", "REBINDING"):
        assert hurried.state(state)["address"] == address
    assert hurried.state("SELECTING")["address"] == ""
    assert cable.addresses() == [] and not list(server.log.parent.glob("leases/*.json"))
    server.start()
    hurried.bound(address)
    assert cable.address() == address


def test_a_lease_is_rebound_when_the_server_comes_back_before_its_end(
    cable: Cable, server: Program, hurried: Helper
) -> None:
    server.start()
    hurried.dhcp()
    address = hurried.bound()["address"]
    server.stop()
    hurried.state("RENEWING")
    server.start()
    hurried.state("REBINDING")
    hurried.bound(address)
    assert cable.address() == address


def test_a_nak_leads_to_another_address(cable: Cable, server: Program, hurried: Helper) -> None:
    server.start(last="10.77.0.60")
    hurried.dhcp()
    hurried.bound()
    server.stop()
    server.forget()
    server.start(first="10.77.0.90")
    told = hurried.until(lambda told: told.get("address", "") >= "10.77.0.90", "an address of the new range")
    assert cable.address() == told["address"]


def test_a_conflict_is_declined_and_another_address_taken(cable: Cable, server: Program, hurried: Helper) -> None:
    cable.router.run("ip", "address", "add", f"{FIRST}/32", "dev", "eth0")
    server.start()
    hurried.dhcp()
    assert hurried.bound()["address"] > FIRST
    assert until(lambda: "DECLINE" in server.log.read_text(), "the server to say that it was declined")


def test_a_lease_outlives_the_helper_and_is_confirmed(cable: Cable, server: Program, tmp_path: Path) -> None:
    server.start()
    with dhcp.helper(cable.printer, tmp_path) as first:
        first.dhcp()
        address = first.bound()["address"]
        first.kill()
    with dhcp.helper(cable.printer, tmp_path) as second:
        second.dhcp()
        second.bound(address)
        assert "SELECTING" not in [told.get("state") for told in second.told]
    assert cable.addresses() == []
