"""The thread that watches a machine: it sends what must come before any job, and looks at the status from then on."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol

from feedpath.core.connection import Connection, Gone
from feedpath.core.driver import Driver, Facts
from feedpath.core.prologue import Prologue, prepare

STATUS_S = 1.0  # between two looks at the machine's status
PAPER_S = 0.25  # ... while a job waits for it to say that the paper is out
STATUS_BYTES = 4096
PACKETS_MOST = 64  # of what a machine says that are taken at a time: some put each byte of an answer into its own
DEVICE_ID_TURNS = 30  # looks at the status for each look at the device id, which is slow


class Watched(Protocol):
    """Who is told of a machine. driver: as it is now. expecting: whether the machine is to say something soon."""

    driver: Driver

    @property
    def expecting(self) -> bool: ...
    def greet(self, connection: Connection) -> None:
        """Take that it can print now."""

    def hold_up(self, connection: Connection, reasons: "tuple[str, ...]") -> None:
        """Take the printer-state-reasons for which it cannot yet."""

    def status(self, connection: Connection, reasons: "tuple[str, ...]", facts: Facts) -> None:
        """Take the reasons of its port, and what it says besides."""

    def gone(self, connection: Connection) -> None:
        """Take that it went away."""


class Watch:
    """Watches `connection` from now on. post: calls one of `watched`'s functions where it may be called."""

    def __init__(
        self,
        connection: Connection,
        watched: Watched,
        post: "Callable[..., None]",
        prologue: "Prologue | None" = None,
    ):
        self._connection = connection
        self._watched = watched
        self._post = post
        self._prologue = prologue
        self._quit = threading.Event()
        self._thread = threading.Thread(target=self._run, name="status", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it soon."""
        self._quit.set()

    def join(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def _run(self) -> None:
        connection = self._connection
        try:
            if self._prologue is not None:
                hold_up = partial(self._post, self._watched.hold_up, connection)
                if not prepare(connection, self._prologue, self._quit, hold_up):
                    return
                self._post(self._watched.greet, connection)
            self._look()
        except Gone:
            self._post(self._watched.gone, connection)

    def _look(self) -> None:
        """Look at the status again and again; raise Gone."""
        connection, buffer = self._connection, memoryview(bytearray(STATUS_BYTES))
        told: "tuple[str, ...]" = ()
        known = self._watched.driver.read_id(connection.device_id)
        turn = 1  # the device id was just read
        while not self._quit.is_set():
            reasons = tuple(connection.reasons())
            said = _said(connection, buffer)
            device_id = connection.identify() if turn % DEVICE_ID_TURNS == 0 else None
            driver = self._watched.driver
            if said:
                self._tell(reasons, driver.listen(said))
            if (told_besides := driver.told()) != Facts():
                self._tell(reasons, told_besides)
            facts = known if device_id is None else driver.read_id(device_id)
            if reasons != told or facts != known:
                told, known = reasons, facts
                self._tell(reasons, facts)
            turn += 1
            self._quit.wait(PAPER_S if self._watched.expecting else STATUS_S)

    def _tell(self, reasons: "tuple[str, ...]", facts: Facts) -> None:
        self._post(self._watched.status, self._connection, reasons, facts)


def _said(connection: Connection, buffer: memoryview) -> bytes:
    """Return what a machine says now, of however many packets; raise Gone."""
    said = bytearray()
    for _ in range(PACKETS_MOST):
        count = connection.read(buffer)
        said += buffer[:count]
        if not count:
            break
    return bytes(said)


def together(port: "tuple[str, ...]", said: "tuple[str, ...]") -> "tuple[str, ...]":
    """Return the reasons of the port's status and of the status channel, which names faults that the port only has."""
    named = any(reason.endswith("-error") for reason in said)
    kept = [reason for reason in port if not (named and reason == "other-error")]
    return tuple(dict.fromkeys((*kept, *said)))
