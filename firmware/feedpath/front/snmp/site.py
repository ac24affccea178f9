"""What SNMP tells of this box besides its printers, and how a printer is reached."""

from collections.abc import Callable
from typing import NamedTuple

from feedpath.core.computer import Computer
from feedpath.core.printer import Printer
from feedpath.front.snmp.store import Write


class Reach(NamedTuple):
    """How a printer is reached: its address for IPP, its port, and the port of raw data, 0 where it has none."""

    uri: str
    port: int
    raw_port: int = 0


class Facts(NamedTuple):
    """What the agent asks of the house. storage: bytes that waiting documents may take, and that they take.

    write: gives what keeps a setting, by its name.
    """

    computer: Computer
    host: "Callable[[], str]"
    contact: "Callable[[], str]"
    location: "Callable[[], str]"
    storage: "Callable[[], tuple[int, int]]"
    reach: "Callable[[Printer], Reach]"
    write: "Callable[[str], Write]"
