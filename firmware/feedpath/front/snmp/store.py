"""The one live store of objects, whichever version of SNMP asks: sorted names, values read when asked."""

from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import NamedTuple

from feedpath.front.snmp import wire
from feedpath.front.snmp.table import Syntax

Read = Callable[[], "int | str | bytes | tuple[int, ...]"]
Write = Callable[["int | bytes"], Awaitable[None]]


class NotNow(Exception):
    """A value that could be written under other circumstances: inconsistentValue of RFC 3416."""


class Object(NamedTuple):
    """An object that is there. depth: how many numbers of its name are its type's; the rest is its index.

    write: takes a value that fits the syntax; raises ValueError when it is not allowed, NotNow when it is not at the
    moment, OSError when it cannot be kept.
    """

    arcs: "tuple[int, ...]"
    depth: int
    syntax: Syntax
    read: Read
    write: "Write | None" = None

    def encoded(self) -> bytes:
        """Return the BER of its value of now."""
        return self.syntax.encode(self.read())


class Store:
    """All objects by name. What gives them is asked anew after `change`, at the next question."""

    def __init__(self, sources: "Iterable[Callable[[], Iterable[Object]]]"):
        self._sources = tuple(sources)
        self._names: "dict[tuple[int, ...], wire.Name]" = {}  # encoded once
        self._stale = True
        self._order: "list[tuple[int, ...]]" = []
        self._objects: "list[tuple[wire.Name, Object]]" = []  # in the same order
        self._places: "dict[wire.Name, int]" = {}
        self._types: "set[tuple[int, ...]]" = set()

    def change(self) -> None:
        """Say that objects came or went."""
        self._stale = True

    def get(self, name: wire.Name) -> "Object | None":
        """Return the object of exactly that name."""
        if self._stale:
            self._build()
        place = self._places.get(name)
        return None if place is None else self._objects[place][1]

    def following(self, name: wire.Name) -> int:
        """Return the place of the first object behind a name, for `at`; raise WireError when it is no name."""
        if self._stale:
            self._build()
        place = self._places.get(name)
        return place + 1 if place is not None else bisect_right(self._order, wire.arcs(name))

    def at(self, place: int) -> "tuple[wire.Name, Object] | None":
        """Return the object at a place with its name; None behind the last one."""
        return self._objects[place] if place < len(self._objects) else None

    def has_type(self, name: wire.Name) -> bool:
        """Return whether objects of that type are served, if not this one; raise WireError when it is no name."""
        arcs = wire.arcs(name)
        return any(arcs[:depth] in self._types for depth in range(1, len(arcs) + 1))

    def _build(self) -> None:
        self._stale = False
        objects = sorted((object for source in self._sources for object in source()), key=lambda each: each.arcs)
        self._names = {each.arcs: self._names.get(each.arcs) or wire.name(each.arcs) for each in objects}
        self._order = list(self._names)
        self._objects = [(self._names[each.arcs], each) for each in objects]
        self._places = {name: place for place, (name, _) in enumerate(self._objects)}
        self._types = {each.arcs[: each.depth] for each in objects}


class Column(NamedTuple):
    """A column of a table, or a scalar of a group: its number, name, syntax, and how a row's value is read.

    write: takes a row and a value, where it can be set; raises what an Object's does.
    """

    number: int
    name: str
    syntax: Syntax
    read: "Callable[..., int | str | bytes | tuple[int, ...]]"
    write: "Callable[..., Awaitable[None]] | None" = None


def rows(
    entry: "tuple[int, ...]", columns: "Iterable[Column]", index: "tuple[int, ...]", row: object
) -> "Iterable[Object]":
    """Give the objects of one row: `entry` is the name of the table's entry, `index` the row's."""
    for column in columns:
        arcs = (*entry, column.number)
        write = None if column.write is None else partial(column.write, row)
        yield Object((*arcs, *index), len(arcs), column.syntax, partial(column.read, row), write)
