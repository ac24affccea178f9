"""IP addresses as sockets and people write them."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def address(text: str) -> "IPv4Address | IPv6Address | None":
    """Return the address that `text` means, without its zone, IPv4 also where IPv6 carries it; None for none."""
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
