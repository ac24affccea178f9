"""The C library reads which name servers there are; what networks tell makes no other lines."""

from pathlib import Path

from feedpath.host import resolver


def test_a_resolv_conf_has_three_servers_at_most(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    resolver.tell(path, "eth0", ["10.0.0.1", "10.0.0.2", "fe80::1%eth0", "10.0.0.4"], ["a.example", "b.example"])
    assert path.read_text().splitlines()[1:] == [
        "search a.example b.example",
        "nameserver 10.0.0.1",
        "nameserver 10.0.0.2",
        "nameserver fe80::1%eth0",
    ]


def test_a_resolv_conf_without_domains_has_no_search_list(tmp_path: Path) -> None:
    resolver.tell(tmp_path / "resolv.conf", "eth0", ["10.0.0.1"], [])
    assert "search" not in (tmp_path / "resolv.conf").read_text()


def test_a_link_to_a_resolv_conf_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    resolver.tell(tmp_path / "link", "eth0", ["10.0.0.1"], [])
    assert (tmp_path / "link").is_symlink() and "10.0.0.1" in (tmp_path / "real").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]
