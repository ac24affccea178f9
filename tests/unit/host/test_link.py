"""This computer's own addresses."""

import ipaddress
import socket

import pytest

from feedpath.host import link


def test_what_it_tells_are_addresses_of_its_own():
    for address in link.addresses():
        version = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
        with socket.socket(version, socket.SOCK_DGRAM) as own:
            own.bind((address, 0))


def test_without_a_network_there_are_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(link, "ELSEWHERE", ((socket.AF_INET, "256.0.0.1"),))
    assert link.addresses() == []


def message(kind: int, body: bytes) -> bytes:
    return link.HEADER.pack(link.HEADER.size + len(body), kind, 0, 0, 0) + body


def about(number: int, runs: bool) -> bytes:
    return message(link.NEW_LINK, link.LINK.pack(0, 1, number, link.LINK_RUNS * runs, 0))


def test_a_cable_has_come_when_a_link_runs_that_did_not() -> None:
    changes = link.Changes(lambda: None, lambda: None)
    assert changes.take(about(2, True))
    assert not changes.take(about(2, True) + message(20, bytes(8)))
    assert not changes.take(about(2, False))
    assert changes.take(message(20, bytes(8)) + about(2, True))


def test_half_a_message_of_the_kernel_says_nothing() -> None:
    changes = link.Changes(lambda: None, lambda: None)
    whole = about(2, True)
    assert not any(changes.take(whole[:length]) for length in range(len(whole)))
    assert not changes.take(bytes(100))
