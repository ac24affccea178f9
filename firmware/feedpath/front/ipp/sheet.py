"""A printer's attributes, encoded once and kept until they change."""

from collections.abc import Iterable
from typing import Any

from feedpath.core.printer import Printer
from feedpath.front.ipp import wire
from feedpath.front.ipp.attributes import (
    ALL,
    CLIENT,
    CLOCK,
    FIXED,
    ON_REQUEST,
    STATE,
    Address,
    Present,
    Site,
    View,
    pairs,
)

CLIENTS = 64  # addresses that clients reach us by, whose attributes are kept; a few dozen octets each
EVERYTHING = tuple(index for index, row in enumerate(ALL) if row.group != ON_REQUEST)
KINDS = (FIXED, STATE, CLOCK, CLIENT)
ROWS_OF = {changes: [index for index, row in enumerate(ALL) if row.changes == changes] for changes in KINDS}


def choose(requested: "Iterable[str]") -> "tuple[int, ...]":
    """Return the indices of the rows that requested-attributes means (RFC 8011, 4.2.5.1); unknown names mean none."""
    wanted = frozenset(requested)
    every = "all" in wanted
    return tuple(
        index
        for index, row in enumerate(ALL)
        if row.name in wanted or row.group in wanted or (every and row.group != ON_REQUEST)
    )


class Sheet:
    """The encoded attributes of one printer. `path` is its queue's."""

    def __init__(self, printer: Printer, site: Site, path: str):
        self.printer = printer
        self.path = path
        self._site = site
        self._octets = [b""] * len(ALL)
        self._values: "list[Any]" = [None] * len(ALL)
        self._of_client: "dict[Address, list[bytes]]" = {}
        self._capabilities: "object | None" = None
        self._tls = site.tls
        self._version = 0
        self._up = 0
        self._configured = printer.started

    def move(self, path: str) -> None:
        """Answer with another path from now on."""
        self.path = path
        self._of_client.clear()

    def is_current(self, stamp: "tuple[object, ...]", up: int) -> bool:
        """Return whether what was told under `stamp` still holds."""
        return stamp == (self.printer.version, up, self.printer.capabilities)

    def encode(self, chosen: "tuple[int, ...]", client: Address, present: Present) -> bytes:
        """Return the group of printer attributes of the chosen rows."""
        self._refresh(client, present)
        octets = self._octets
        of_client = self._of_client.get(client) or self._encode_for(client, present)
        for index, encoded in zip(ROWS_OF[CLIENT], of_client, strict=True):
            octets[index] = encoded
        return bytes((wire.PRINTER,)) + b"".join([octets[index] for index in chosen])

    def stamp(self) -> "tuple[object, ...]":
        """Return what tells whether that still holds; see is_current."""
        return (self._version, self._up, self._capabilities)

    def _refresh(self, client: Address, present: Present) -> None:
        printer = self.printer
        capabilities, version = printer.capabilities, printer.version
        if capabilities is not self._capabilities or self._site.tls is not self._tls:
            self._tls = self._site.tls
            if self._update(FIXED, client, present) and self._capabilities is not None:
                self._configured = present.now
            self._of_client.clear()
            self._version = 0
        if version != self._version:
            self._update(STATE, client, present)
        if present.up != self._up:
            self._update(CLOCK, client, present)
        self._capabilities, self._version, self._up = capabilities, version, present.up

    def _update(self, changes: int, client: Address, present: Present) -> bool:
        """Encode those rows again whose values have changed; return whether any has."""
        view = self._view(client, present)
        changed = False
        for index in ROWS_OF[changes]:
            row = ALL[index]
            value = row.value(view)
            if value != self._values[index]:
                self._values[index] = value
                self._octets[index] = wire.encode_attribute(row.name, pairs(row.tag, value))
                changed = True
        return changed

    def _encode_for(self, client: Address, present: Present) -> "list[bytes]":
        if len(self._of_client) >= CLIENTS:
            self._of_client.clear()
        view = self._view(client, present)
        rows = [ALL[index] for index in ROWS_OF[CLIENT]]
        self._of_client[client] = [wire.encode_attribute(row.name, pairs(row.tag, row.value(view))) for row in rows]
        return self._of_client[client]

    def _view(self, client: Address, present: Present) -> View:
        return View(self.printer, self.printer.capabilities, self._site, self.path, present, self._configured, client)
