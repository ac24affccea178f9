"""The C library reads which name servers there are; what networks tell makes no other lines."""

from pathlib import Path

from feedpath.host.resolver import Names, Resolver

ONE = Names(("10.0.0.1",))


def test_a_resolv_conf_has_three_servers_at_most(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    wired = Names(("10.0.0.1", "10.0.0.2"), ("a.example",))
    wireless = Names(("10.0.0.2", "fe80::1%wlan0", "10.0.0.4"), ("a.example", "b.example"))
    Resolver(path).tell({"eth0": wired, "wlan0": wireless})
    assert path.read_text().splitlines()[1:] == [
        "search a.example b.example",
        "nameserver 10.0.0.1",
        "nameserver 10.0.0.2",
        "nameserver fe80::1%wlan0",
    ]


def test_a_resolv_conf_without_domains_has_no_search_list(tmp_path: Path) -> None:
    Resolver(tmp_path / "resolv.conf").tell({"eth0": ONE})
    assert "search" not in (tmp_path / "resolv.conf").read_text()


def test_the_last_name_servers_stay_in_a_resolv_conf(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    resolver = Resolver(path)
    resolver.tell({"eth0": ONE, "eth1": Names(("10.1.0.1",))})
    resolver.tell({"eth1": Names(("10.1.0.1",))})
    resolver.tell({})
    assert path.read_text().splitlines()[1:] == ["nameserver 10.1.0.1"]


def test_what_is_told_again_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    resolver = Resolver(path)
    resolver.tell({"eth0": ONE})
    path.write_text("a person wrote this\n")
    resolver.tell({"eth0": ONE})
    assert path.read_text() == "a person wrote this\n"


def test_a_link_to_a_resolv_conf_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    Resolver(tmp_path / "link").tell({"eth0": ONE})
    assert (tmp_path / "link").is_symlink() and "10.0.0.1" in (tmp_path / "real").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]
