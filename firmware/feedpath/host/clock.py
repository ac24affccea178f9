"""The clock of a computer that may have none while it is off: it never goes back over a restart.

A stamp in the data directory says how late it was. Where the system's clock stands before it, it is set to it where we
may, else records go on from it.
"""

import asyncio
import contextlib
import ctypes
import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path

from feedpath import aio, files

logger = logging.getLogger(__name__)

STAMP_S = 3600.0  # between two stamps: what a power cut costs at most
STEP_S = 0.5  # a smaller error is let be
DOOR = Path("/run/feedpath/clock")  # a Unix socket: the system puts its clock on by the seconds written there
UNSYNCHRONIZED = 5  # adjtimex(2): TIME_ERROR
TIMEX_BYTES = 208  # struct timex on 64-bit Linux, the largest there is
KEEPERS = frozenset({"chronyd", "ntpd", "ntpsec", "openntpd", "phc2sys", "systemd-timesyn"})  # comm has 15 characters

Set = Callable[[float], None]  # sets the system's clock to Unix seconds; raises OSError where we may not


def set_system(seconds: float, door: Path = DOOR) -> None:
    """Set the system's clock, or where only the system itself may, have it do so in a moment; raise OSError."""
    try:
        time.clock_settime(time.CLOCK_REALTIME, seconds)
    except PermissionError:
        if not door.is_socket():
            raise
        with socket.socket(socket.AF_UNIX) as setter:
            setter.connect(str(door))
            setter.send(f"{seconds - time.time():f}".encode())


def is_synchronized() -> bool:
    """Return whether someone keeps the system's clock right, by what the kernel knows."""
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except AttributeError:  # another C library
        return False
    return 0 <= state < UNSYNCHRONIZED


def has_keeper(processes: Path = Path("/proc")) -> bool:
    """Return whether a program runs that keeps the system's clock right."""
    for path in processes.glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):  # it has ended
            if path.read_text().strip() in KEEPERS:
                return True
    return False


class Clock:
    """The time as records have it: the system's, or as long as that is wrong, what the stamp says and goes on.

    system, steady: the system's clock and one that never jumps, in seconds. set: sets the first. right: whether the
    system's is known to be right.
    """

    def __init__(
        self,
        stamp: Path,
        system: "Callable[[], float]" = time.time,
        steady: "Callable[[], float]" = time.monotonic,
        set: Set = set_system,
        right: "Callable[[], bool]" = is_synchronized,
    ):
        self._stamp = stamp
        self._system = system
        self._steady = steady
        self._set = set
        self._right = right
        self._floor = 0.0  # at the steady clock's 0
        self._task: "asyncio.Task[None] | None" = None

    def now(self) -> float:
        """Return the time in Unix seconds."""
        return max(self._system(), self._floor + self._steady()) if self._floor else self._system()

    def start(self) -> None:
        """Go on from where the last run ended, and keep stamping from now on."""
        stamped = self._read()
        if self._system() < stamped and not self._right():
            self._go_on(stamped)
        self._task = asyncio.create_task(self._keep(), name="clock")

    async def stop(self) -> None:
        """Stamp for the next run."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await aio.offload(self.stamp)

    def correct(self, behind: float) -> None:
        """Put right the system's clock, which is so many seconds behind, or ahead where below 0."""
        if abs(behind) < STEP_S:
            return
        try:
            self._set(self._system() + behind)
            self._floor = 0.0
            logger.info("the clock was %+.1f s wrong and is right now", -behind)
        except OSError as error:
            self._floor = self._system() + behind - self._steady()
            logger.warning("the clock is %+.1f s wrong and cannot be set: %s", -behind, error)

    def stamp(self) -> None:
        """Write down how late it is, whole or not at all."""
        if self._right():
            self._floor = 0.0
        try:
            files.replace(self._stamp, "%d\n" % self.now())
        except OSError as error:
            logger.error("how late it is cannot be written down: %s", error)

    def _go_on(self, stamped: float) -> None:
        try:
            self._set(stamped)
            logger.warning("the clock was before the last run; it goes on from there")
        except OSError as error:
            self._floor = stamped - self._steady()
            logger.warning("the clock is before the last run and cannot be set (%s); records go on from there", error)

    def _read(self) -> float:
        try:
            return float(self._stamp.read_text())
        except (OSError, ValueError):  # the first run, or a power cut long ago
            return 0.0

    async def _keep(self) -> None:
        while True:
            await aio.offload(self.stamp)
            await asyncio.sleep(STAMP_S)
