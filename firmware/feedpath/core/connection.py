"""What the core asks of a connection to a machine; back ends implement it."""

from typing import Protocol


class Gone(Exception):
    """The machine was unplugged, switched off or reset: what its language state is now, nobody knows."""


class Connection(Protocol):
    """One open machine. `write` is called from one thread, the others from another, at the same time.

    device_id: its IEEE 1284 device id, "" when it has none. make, model, serial: strings, "" when unknown. answers:
    whether it has a way to say anything.
    """

    device_id: str
    make: str
    model: str
    serial: str
    answers: bool

    def write(self, view: memoryview) -> int:
        """Wait until the machine takes something of `view`; return how many bytes, 0 when interrupted; raise Gone."""

    def interrupt(self) -> None:
        """Make the write that waits, or else the next one, return with what went by then; from any thread."""

    def read(self, view: memoryview) -> int:
        """Return how many status bytes were read into `view` within about half a second, 0 for none; raise Gone."""

    def reasons(self) -> "list[str]":
        """Return the printer-state-reasons keywords that the machine's port status tells now; raise Gone."""

    def identify(self) -> str:
        """Return the IEEE 1284 device id as the machine tells it now, "" when it does not; raise Gone."""

    def reset(self) -> None:
        """Ask the machine to forget the unfinished job in its buffers; raise Gone."""

    def close(self) -> None:
        """Let go of the machine; never raises."""
