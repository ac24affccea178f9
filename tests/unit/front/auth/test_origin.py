"""Host and Origin: whose name a request means, and which page caused it."""

import pytest

from feedpath.front.auth.origin import host_name, is_foreign, is_loopback, is_ours


@pytest.mark.parametrize(
    "header, name",
    [
        ("printer.local:631", "printer.local"),
        ("Printer.Local.", "printer.local"),
        ("192.168.1.9", "192.168.1.9"),
        ("[FE80::1]:631", "fe80::1"),
        ("[::1]", "::1"),
        ("", ""),
        ("a b", ""),
        ("user@host", ""),
        ("host:port", ""),
        ("host:631:631", ""),
        ("::1", ""),
        ("h\N{LATIN SMALL LETTER O WITH DIAERESIS}st", ""),
    ],
)
def test_the_name_of_a_host_header(header: str, name: str) -> None:
    assert host_name(header) == name


@pytest.mark.parametrize(
    "text, loopback",
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.9", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_what_can_only_mean_this_computer_itself(text: str, loopback: bool) -> None:
    assert is_loopback(text) is loopback


@pytest.mark.parametrize(
    "name, ours",
    [
        ("192.168.1.9", True),
        ("fe80::1", True),
        ("localhost", True),
        ("raspberrypi", True),
        ("feedpath.local", True),
        ("feedpath.lan", True),
        ("print.example", True),
        ("evil.example", False),
        ("local", True),
        ("evillocal.example", False),
        ("192.168.1.9.evil.example", False),
        ("", False),
    ],
)
def test_a_name_is_ours_when_no_stranger_can_point_it_here(name: str, ours: bool) -> None:
    assert is_ours(name, ["Print.Example"]) is ours


@pytest.mark.parametrize(
    "origin, host, foreign",
    [
        ("", "printer.local:631", False),
        ("http://printer.local:631", "printer.local:631", False),
        ("https://Printer.local:631", "printer.local:631", False),
        ("http://printer.local", "printer.local", False),
        ("http://printer.local:80", "printer.local", False),
        ("https://printer.local", "printer.local:443", False),
        ("http://[::1]:631", "[::1]:631", False),
        ("http://printer.local", "printer.local:631", True),
        ("http://printer.local:3000", "printer.local:631", True),
        ("http://evil.example:631", "printer.local:631", True),
        ("null", "printer.local:631", True),
        ("chrome-extension://abc", "printer.local:631", True),
        ("http://a b", "c d", False),
    ],
)
def test_a_request_is_foreign_when_another_page_caused_it(origin: str, host: str, foreign: bool) -> None:
    assert is_foreign(origin, host) is foreign
