"""What a machine must be sent after each power-on before it can print: its firmware."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from feedpath.core.connection import Connection

LOOK_S = 0.5  # between two looks for the file, and at the device id
PATIENCE_S = 30.0  # a machine that does not run what it was sent by then is said to have failed
BITE = 64 * 1024  # bytes handed to the machine at a time

NEEDED, LOADING, FAILED = "firmware-needed-error", "firmware-loading-report", "firmware-failed-error"


class Prologue(Protocol):
    """What a machine waits for."""

    def read(self) -> bytes:
        """Return what is to be sent, b"" while nobody has given it."""

    def runs(self, device_id: str) -> bool:
        """Return whether a machine that tells this device id needs it no more."""


def prepare(
    connection: Connection,
    prologue: Prologue,
    quit: threading.Event,
    tell: "Callable[[tuple[str, ...]], None]",
    clock: "Callable[[], float]" = time.monotonic,
) -> bool:
    """Send a machine what it waits for, as soon as that is there; return True once it runs it, False on `quit`.

    Raise Gone when it goes away, which is how many begin to run it. tell: takes printer-state-reasons meanwhile.
    """
    sent, since = b"", clock()
    while not quit.is_set():
        wanted = prologue.read()
        if wanted and wanted != sent:
            tell((LOADING,))
            if not _send(connection, wanted, quit):
                return False
            sent, since = wanted, clock()
        elif not sent:
            tell((NEEDED,))
        elif _runs(connection, prologue):
            return True
        elif clock() - since > PATIENCE_S:
            tell((FAILED,))
        quit.wait(LOOK_S)
    return False


def _send(connection: Connection, data: bytes, quit: threading.Event) -> bool:
    """Return whether the machine took all of it; raise Gone."""
    rest = memoryview(bytearray(data))
    while rest and not quit.is_set():
        rest = rest[connection.write(rest[:BITE]) :]
    return not rest


def _runs(connection: Connection, prologue: Prologue) -> bool:
    device_id = connection.identify()
    if not prologue.runs(device_id):
        return False
    connection.device_id = device_id
    return True
