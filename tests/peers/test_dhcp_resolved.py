"""systemd-resolved is told which name servers a network has, and forgets them with the lease."""

from pathlib import Path

from tests.fakes.netns import until
from tests.peers import dhcp
from tests.peers.dhcp import Cable, Dnsmasq
from tests.peers.resolved import resolved


def test_systemd_resolved_asks_the_servers_of_a_lease_until_it_is_given_back(
    cable: Cable, dnsmasq: Dnsmasq, tmp_path: Path
) -> None:
    def told(what: str) -> "list[str]":
        return cable.printer.run("resolvectl", what, "eth0").partition(":")[2].split()

    stub = tmp_path / "resolv.conf"
    stub.symlink_to("/run/systemd/resolve/stub-resolv.conf")
    dnsmasq.start("--dhcp-option=option:dns-server,10.77.0.8,10.77.0.9",
                  "--dhcp-option=option:domain-search,eng.example,lab.example")  # fmt: skip
    with resolved(cable.printer, tmp_path), dhcp.helper(cable.printer, tmp_path) as helper:
        helper.dhcp()
        helper.bound()
        until(lambda: told("dns") == ["10.77.0.8", "10.77.0.9"], "the name servers")
        until(lambda: told("domain") == ["eng.example", "lab.example"], "the domains")
        helper.stop()
        assert told("dns") == [] and told("domain") == []
        assert helper.errors == [] and stub.is_symlink()
