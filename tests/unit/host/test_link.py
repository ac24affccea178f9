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
