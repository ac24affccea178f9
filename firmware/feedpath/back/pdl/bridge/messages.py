"""What drivers' programs say on their standard error, a line a message, and what it tells of their machine.

The lines are those of CUPS' filter(7). STATE adds, takes away or sets printer-state-reasons, ATTR tells of supplies in
attributes named marker-...: values apart by commas, quoted where need be (CUPS, cupsdSetPrinterAttr).
"""

import logging
import re
import shlex
import threading
from collections.abc import Mapping
from typing import NamedTuple

from feedpath.core.driver import Facts, Supply

logger = logging.getLogger(__name__)

FAULTS = ("ALERT", "CRIT", "EMERG", "ERROR")
LEVELS = {  # of the log; of other kinds, and of lines of no kind, that for people who look for a fault
    **dict.fromkeys(FAULTS, logging.WARNING),
    "NOTICE": logging.INFO,
    "WARNING": logging.INFO,
}
KINDS = (*LEVELS, "ATTR", "DEBUG", "DEBUG2", "INFO", "MISSING", "PAGE", "PPD", "STATE")
LOGGED_MOST = 100  # lines of a job
REASONS_MOST, SUPPLIES_MOST, NAME_MOST = 16, 32, 60
KEYWORD = re.compile(r"[a-z][a-z0-9.-]{0,99}")  # RFC 8011, 5.1.4
LISTED = re.compile(r""""([^"]*)"|'([^']*)'|([^,'"]+)""")
COLOR = re.compile(r"none|(#[0-9A-Fa-f]{6})+")
ERROR = "-error"
UNKNOWN_LEVEL, LEVEL_LEAST, LEVEL_MOST = -2, -3, 100


class Message(NamedTuple):
    """A line that a program wrote. kind: DEBUG, INFO, ERROR, STATE, PAGE, ATTR, ...; "" for other lines."""

    kind: str
    text: str


def parse(line: bytes) -> Message:
    """Return what a line of the standard error says."""
    text = line.decode("utf-8", "replace").strip()
    kind, colon, rest = text.partition(":")
    return Message(kind, rest.strip()) if colon and kind in KINDS else Message("", text)


class Told:
    """What a driver's programs have told of their machine. It is heard in one thread and asked in another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reasons: "dict[str, None]" = {}
        self._markers: "dict[str, list[str]]" = {}
        self._given = self._asked = Facts(reasons=())
        self._logged = 0

    def begin(self) -> None:
        """A program starts: what the last one said of the machine's state was about another job."""
        with self._lock:
            self._reasons = {}
            self._logged = 0
            self._gather()

    def end(self) -> None:
        """The program has ended: it waits for nothing any more."""
        with self._lock:
            self._reasons = {reason: None for reason in self._reasons if not reason.endswith(ERROR)}
            self._gather()

    def hear(self, message: Message) -> None:
        """Take a message, and log it."""
        self._log(message)
        with self._lock:
            if message.kind == "STATE":
                self._reasons = _changed(self._reasons, message.text)
            elif message.kind == "ATTR":
                self._markers.update(_markers(message.text))
            else:
                return
            self._gather()

    def facts(self) -> Facts:
        """Return what is known and was not returned before."""
        with self._lock:
            known, before = self._given, self._asked
            self._asked = known
        return Facts(
            reasons=None if known.reasons == before.reasons else known.reasons,
            supplies=None if known.supplies == before.supplies else known.supplies,
        )

    def _gather(self) -> None:
        self._given = Facts(reasons=tuple(self._reasons), supplies=supplies(self._markers))

    def _log(self, message: Message) -> None:
        self._logged += 1
        if self._logged <= LOGGED_MOST:
            level = LEVELS.get(message.kind, logging.DEBUG)
            logger.log(level, "the printer's driver says %s %s", message.kind, message.text)


def _changed(reasons: "dict[str, None]", text: str) -> "dict[str, None]":
    """Return the reasons after a STATE message: "+one,two", "-one" or, for all that there are, "one,two"."""
    named = dict.fromkeys(word for word in re.split(r"[,\s]+", text.lstrip("+-")) if KEYWORD.fullmatch(word))
    named.pop("none", None)
    if text.startswith("-"):
        return {reason: None for reason in reasons if reason not in named}
    kept = {**reasons, **named} if text.startswith("+") else named
    return dict.fromkeys(list(kept)[:REASONS_MOST])


def _markers(text: str) -> "dict[str, list[str]]":
    """Return the attributes of supplies in an ATTR message; none where it cannot be read."""
    try:
        words = shlex.split(text)
    except ValueError:
        return {}
    pairs = [word.partition("=") for word in words if word.startswith("marker-")]
    return {name: _values(value) for name, equals, value in pairs if equals}


def _values(text: str) -> "list[str]":
    return ["".join(match.groups("")).strip() for match in LISTED.finditer(text)][:SUPPLIES_MOST]


def supplies(markers: "Mapping[str, list[str]]") -> "tuple[Supply, ...] | None":
    """Return the supplies that marker-... attributes tell of, None where they name none or contradict one another."""
    names, levels = markers.get("marker-names", []), markers.get("marker-levels", [])
    if not names or len(names) != len(levels):
        return None
    kinds, colors, low, high = (
        _padded(markers.get(name, []), len(names), usual)
        for name, usual in (
            ("marker-types", "toner"), ("marker-colors", "none"), ("marker-low-levels", "10"),
            ("marker-high-levels", "100"),
        )
    )  # fmt: skip
    rows = zip(names, kinds, colors, levels, low, high, strict=True)
    return tuple(
        Supply(name[:NAME_MOST], _kind(kind), color if COLOR.fullmatch(color) else "none", *map(_level, numbers))
        for name, kind, color, *numbers in rows
    )


def _padded(values: "list[str]", count: int, usual: str) -> "list[str]":
    return values if len(values) == count else [usual] * count


def _kind(marker: str) -> str:
    """Return the printer-supply type (PWG 5100.13) of a marker-types keyword: waste-toner is wasteToner."""
    first, *others = marker.split("-")
    kind = first + "".join(word.capitalize() for word in others)
    return kind if kind.isascii() and kind.isalpha() else "other"


def _level(text: str) -> int:
    try:
        return max(LEVEL_LEAST, min(int(text), LEVEL_MOST))
    except ValueError:
        return UNKNOWN_LEVEL
