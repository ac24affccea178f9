"""What SNMP tells of this box besides its printers, and how a printer is reached."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from feedpath.core.computer import Computer
from feedpath.core.printer import Printer
from feedpath.front.snmp.store import Write
from feedpath.front.snmp.users import User


class Reach(NamedTuple):
    """How a printer is reached: its address for IPP, its port, and the ports of raw data and LPD, 0 where it has none.

    tls: whether the same port takes TLS too. queue: its name in LPD.
    """

    uri: str
    port: int
    raw_port: int = 0
    lpd_port: int = 0
    tls: bool = False
    queue: str = ""


async def _keep_name(printer: Printer, name: str) -> None:
    raise OSError("names are not kept here")


class Secure(NamedTuple):
    """What SNMPv3 needs: the users of now, our snmpEngineID, and what counts this beginning (it waits for the disk)."""

    users: "Callable[[], Sequence[User]]"
    engine: bytes
    boots: "Callable[[], int]"


class Facts(NamedTuple):
    """What the agent asks of the house. storage: bytes that waiting documents may take, and that they take. refusals:
    how often there was no room for one.

    write: gives what keeps a setting, by its name. rename: gives a printer another name, for people and the network;
    raises Refused for one that is not allowed, OSError when it cannot be kept.
    """

    computer: Computer
    host: "Callable[[], str]"
    contact: "Callable[[], str]"
    location: "Callable[[], str]"
    storage: "Callable[[], tuple[int, int]]"
    reach: "Callable[[Printer], Reach]"
    write: "Callable[[str], Write]"
    rename: "Callable[[Printer, str], Awaitable[None]]" = _keep_name
    refusals: "Callable[[], int]" = lambda: 0
