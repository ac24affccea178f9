"""Names and addresses under which the printers are announced. Pure."""

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple

INSTANCE_BYTES = 63  # one DNS label (RFC 6763, 4.1.1)
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
NUMBERED = re.compile(r" \([0-9]+\)$")


class Link(NamedTuple):
    """A network interface: its name, its number, its addresses as text without zone."""

    name: str
    number: int
    addresses: "tuple[str, ...]"


def instance(wanted: str, number: int = 1) -> str:
    """Return `wanted` as a service instance name; from 2 on with the number that tells it from others.

    Dots are taken out, as zeroconf would end the label there: at the end of a word they go, within it become dashes.
    """
    name = CONTROLS.sub(" ", wanted)
    name = re.sub(r"\.+(?=\s|$)", "", name).replace(".", "-")
    name = " ".join(name.split()) or "Printer"
    if number == 1:
        tail = ""
    else:
        name, tail = NUMBERED.sub("", name), " (%d)" % number
    return name.encode()[: INSTANCE_BYTES - len(tail)].decode(errors="ignore").rstrip() + tail


def host(wanted: str, number: int = 1) -> str:
    """Return `wanted` as a host name in .local, from 2 on with the number that tells it from others."""
    label = re.sub(r"[^a-z0-9]+", "-", wanted.split(".")[0].lower()).strip("-") or "printer"
    tail = "-%d" % number if number > 1 else ""
    return label[: INSTANCE_BYTES - len(tail)].rstrip("-") + tail + ".local"


def published(links: "Iterable[Link]") -> "tuple[str, ...]":
    """Return the addresses to announce, IPv4 first: a link's link-local ones only where it has no others of the family.

    Clients beyond that link cannot use link-local addresses, and some of them try those first.
    """
    found = []
    for link in links:
        for version in (4, 6):
            family = [address for address in map(ipaddress.ip_address, link.addresses) if address.version == version]
            wider = [address for address in family if not address.is_link_local]
            found += [(version, str(address)) for address in wider or family]
    return tuple(address for _version, address in sorted(found, key=lambda pair: pair[0]))


def senders(links: "Iterable[Link]") -> "list[str | int]":
    """Return what zeroconf sends from, as it wants it: an IPv4 address, an interface number for IPv6, once a link.

    Every address would multicast everything once more.
    """
    found: "list[str | int]" = []
    for link in links:
        versions = {ipaddress.ip_address(address).version: address for address in reversed(link.addresses)}
        if 4 in versions:
            found.append(versions[4])
        if 6 in versions:
            found.append(link.number)
    return found
