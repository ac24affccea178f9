"""The live collection of printers: hotplug, and later the protocols' own ways to add one, all call the same `add`."""

from collections.abc import Callable, Iterator

from feedpath.core.printer import Printer


class Printers:
    """All printers, in the order in which they came; the first one is the default."""

    def __init__(self) -> None:
        self._printers: "list[Printer]" = []
        self._watchers: "list[Callable[[Printer, bool], None]]" = []

    def __iter__(self) -> "Iterator[Printer]":
        return iter(self._printers)

    def __len__(self) -> int:
        return len(self._printers)

    @property
    def default(self) -> "Printer | None":
        """Return the printer that is meant where none is named, or None while there is none."""
        return self._printers[0] if self._printers else None

    def find(self, name: str) -> "Printer | None":
        """Return the printer called `name`, as exactly that."""
        for printer in self._printers:
            if printer.name == name:
                return printer
        return None

    def add(self, printer: Printer) -> None:
        """Add a printer; raise ValueError when there is one of that name."""
        if self.find(printer.name) is not None:
            raise ValueError(f"there is a printer called {printer.name} already")
        self._printers.append(printer)
        self._tell(printer, True)

    def remove(self, printer: Printer) -> None:
        """Remove a printer."""
        self._printers.remove(printer)
        self._tell(printer, False)

    def watch(self, callback: "Callable[[Printer, bool], None]") -> "Callable[[], None]":
        """Call `callback(printer, added)` on each change, and at once for those that are there; return what ends it."""
        self._watchers.append(callback)
        for printer in self._printers:
            callback(printer, True)
        return lambda: self._watchers.remove(callback)

    def _tell(self, printer: Printer, added: bool) -> None:
        for callback in list(self._watchers):
            callback(printer, added)
