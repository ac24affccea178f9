"""Those who are told of events: where they are, and in which version and kind, as the setting snmp-trap-sinks says."""

from ipaddress import ip_address
from typing import NamedTuple

from feedpath.front.snmp import wire

TRAP_PORT, PORT_MOST = 162, 65535
FORMS = {  # what stands before the address: the version, and whether it is an inform, which the receiver confirms
    "v1": (wire.V1, False),
    "v2c": (wire.V2C, False),
    "inform": (wire.V2C, True),
    "v3": (wire.V3, False),
    "v3-inform": (wire.V3, True),
}


class Sink(NamedTuple):
    """One who is told. user: of SNMPv3; confirmed: whether it must confirm."""

    version: int
    confirmed: bool
    user: str
    address: "tuple[str, int]"


def parse(text: str) -> "Sink | None":
    """Return the sink of an entry of the setting; None for what only looks like one."""
    form, _, rest = text.partition(":")
    if form not in FORMS:
        form, rest = "v2c", text
    user, _, where = rest.rpartition("@")
    target = address(where)
    return None if target is None else Sink(*FORMS[form], user, target)


def address(text: str) -> "tuple[str, int] | None":
    """Return an address, and a port behind a colon, that of IPv6 in brackets then; None for what is none."""
    host, _, port = text.rpartition(":")
    if not host or (":" in host and not host.startswith("[")):
        host, port = text, ""
    try:
        target = str(ip_address(host.strip("[]"))), int(port or TRAP_PORT)
    except ValueError:
        return None
    return target if target[1] <= PORT_MOST else None
