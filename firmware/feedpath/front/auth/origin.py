"""Where a request comes from and whom it means: Host (RFC 9110, 7.2) and Origin (RFC 6454).

A page of the open web can point a name of its own at this computer (DNS rebinding) or post a form to it (CSRF).
The browser then tells in Host and Origin whose name that was.
"""

import re
from collections.abc import Iterable

from feedpath.core.addresses import address

LOCALHOST = "localhost"
LAN_SUFFIXES = (  # names that the public DNS cannot hold, so no stranger can point one of them here
    ".local",  # RFC 6762, 3
    ".home.arpa",  # RFC 8375
    ".internal",  # reserved by ICANN's board, 2024-07-29
    ".lan",  # not reserved, but delegated to nobody, and the default of OpenWrt and dnsmasq guides
)
PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")  # someone speaks for another
AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?")


def host_name(header: str) -> str:
    """Return name or address of a Host header in lower case, without port, brackets and last dot; "" if malformed."""
    match = AUTHORITY.fullmatch(header)
    return (match[1] or match[2]).lower().removesuffix(".") if match else ""


def is_loopback(text: str) -> bool:
    """Return whether an address or a name can only mean this computer itself."""
    parsed = address(text)
    return parsed.is_loopback if parsed else text == LOCALHOST


def is_ours(name: str, names: "Iterable[str]") -> bool:
    """Return whether a name can only mean this computer: one of `names`, an address, or no name of the public DNS."""
    if address(name) or name.endswith(LAN_SUFFIXES):
        return True
    if name and "." not in name:
        return True  # a single label is completed by the network's own search domain
    return name in (known.lower() for known in names)


def is_foreign(origin: str, host: str) -> bool:
    """Return whether a page of another site caused the request; without an Origin none did.

    Host and port are compared, not the scheme: one port here speaks both.
    """
    if not origin:
        return False
    scheme, _, authority = origin.partition("://")
    if scheme not in ("http", "https"):
        return True  # "null": a sandboxed frame, a file, a redirect across sites
    return _with_port(authority, scheme) != _with_port(host, scheme)


def _with_port(authority: str, scheme: str) -> "tuple[str, str]":
    match = AUTHORITY.fullmatch(authority)
    default = "443" if scheme == "https" else "80"
    return (host_name(authority), (match[3] if match else None) or default)
