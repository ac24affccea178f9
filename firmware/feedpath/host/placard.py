"""A file that says where this device is reached and with which claim code, rewritten whenever that changes.

The system shows it on the console, and lays it on the card for owners without one.
"""

import ipaddress
import logging
from collections.abc import Callable
from pathlib import Path

from feedpath.files import replace
from feedpath.host import computer, link

logger = logging.getLogger(__name__)

HTTP = 80


def addresses() -> "list[str]":
    """Return the addresses by which other computers may reach this one, those of IPv4 first."""
    held = [ipaddress.ip_address(address) for rows in computer.addresses().values() for address, *_ in rows]
    useful = {one for one in held if not one.is_loopback and not (one.version == 6 and one.is_link_local)}
    return [str(one) for one in sorted(useful, key=lambda one: (one.version, int(one)))]


def text(host: str, port: int, code: str, reached: "list[str]") -> str:
    """Return what the placard says. port: of the pages. reached: addresses."""
    behind = "" if port == HTTP else f":{port}"
    pages = [f"  http://{f'[{address}]' if ':' in address else address}{behind}/" for address in reached]
    lines = [
        f"This is feedpath, a print server. Its page in your network: http://{host}.local{behind}/",
        *(["or by its address:", *pages] if pages else ["It has no address yet: is the cable plugged in?"]),
        f"Claim code, to administer it from there: {code}",
    ]
    return "\n".join(lines) + "\n"


class Placard:
    """Keeps the file. words: what it says of these addresses."""

    def __init__(self, path: Path, words: "Callable[[list[str]], str]"):
        self._path = path
        self._words = words
        self._said = ""
        self._changes = link.Changes(self._hang, self._hang)

    def start(self) -> None:
        """Write it, now and whenever addresses change."""
        try:
            self._changes.start()
        except OSError as error:
            logger.warning("changes of addresses are not told on the console: %s", error)
        self._hang()

    def stop(self) -> None:
        """Write it no more."""
        self._changes.stop()

    def _hang(self) -> None:
        try:
            said = self._words(addresses())
            if said != self._said:
                replace(self._path, said)
                self._said = said
        except OSError as error:
            logger.error("where this device is reached cannot be told on its console: %s", error)
