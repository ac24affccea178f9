"""Who may stay: a server's connections, how long each may keep us waiting, and which goes first. No clock, no I/O.

A connection says which phase it enters; once a second the server calls `sweep(now)`. Time is counted in sweeps: a
phase's clock starts at the first sweep that sees it, so a request costs no look at the clock and no timer.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from feedpath.front.http import table

IDLE = 0  # between requests, with nothing of the next one here
HANDSHAKE = 1  # of TLS
HEAD = 2  # a head has begun
BODY = 3  # we wait for body bytes
WORK = 4  # the client waits for us, or for the printer
WRITE = 5  # the client takes our answer
LINGER = 6  # we have said our last word


@dataclass(frozen=True)
class Limits:
    """What a server grants its connections; times in seconds, rate in bytes a second."""

    idle: float = table.IDLE_S
    handshake: float = table.HANDSHAKE_S
    head: float = table.HEAD_S
    write: float = table.WRITE_S
    linger: float = table.LINGER_S
    patience: float = table.BODY_PATIENCE_S
    patience_max: float = table.BODY_PATIENCE_MAX_S
    body_rate: float = table.BODY_RATE
    connections: int = table.CONNECTIONS_MAX
    address_share: float = table.ADDRESS_SHARE


class Watch:
    """What the crowd knows of one connection. `late` says that it was told to go."""

    __slots__ = ("_idle", "address", "drop", "late", "patience", "phase", "received", "since")

    def __init__(self, address: str, drop: Callable[[], object], idle: "OrderedDict[Watch, None]", patience: float):
        self.address = address
        self.drop = drop
        self.late = False
        self.patience = patience
        self.phase = IDLE
        self.received = 0  # body bytes since the last look at them
        self.since: float | None = None
        self._idle = idle
        idle[self] = None

    def enter(self, phase: int) -> None:
        """Begin a phase, also if it is the same one again."""
        if self.phase == IDLE:
            self._idle.pop(self, None)
        if phase == IDLE:
            self._idle[self] = None
        self.phase = phase
        self.since = None


class Crowd:
    """All connections of a server. Dropping one calls its `drop`."""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._seconds = {
            IDLE: limits.idle,
            HANDSHAKE: limits.handshake,
            HEAD: limits.head,
            WRITE: limits.write,
            LINGER: limits.linger,
        }
        self._watches: dict[Watch, None] = {}
        self._idle: OrderedDict[Watch, None] = OrderedDict()  # the longest idle first
        self._of_address: dict[str, int] = {}
        self._address_max = max(1, int(limits.connections * limits.address_share))
        self._swept: float | None = None

    def __len__(self) -> int:
        return len(self._watches)

    def admit(self, address: str, drop: Callable[[], object]) -> Watch | None:
        """Return a new connection's watch; None when there is no room and nobody idle to make it."""
        held = self._of_address.get(address, 0)
        if held >= self._address_max and not self.drop_idle(address):
            return None
        if len(self._watches) >= self._limits.connections and not self.drop_idle():
            return None
        self._of_address[address] = self._of_address.get(address, 0) + 1
        watch = Watch(address, drop, self._idle, self._limits.patience)
        self._watches[watch] = None
        return watch

    def leave(self, watch: Watch) -> None:
        """Forget a connection that has ended."""
        if watch not in self._watches:
            return  # it was forgotten when it was dropped
        del self._watches[watch]
        self._idle.pop(watch, None)
        left = self._of_address[watch.address] - 1
        if left:
            self._of_address[watch.address] = left
        else:
            del self._of_address[watch.address]

    def drop_idle(self, address: str = "") -> bool:
        """Drop the connection that has been idle longest, of `address` or of all; return whether there was one."""
        for watch in self._idle:
            if address in ("", watch.address):
                self._drop(watch)
                self.leave(watch)
                return True
        return False

    def sweep(self, now: float) -> None:
        """Drop whoever has kept us waiting too long. `now` is in seconds of a clock that never goes back."""
        waited = 0.0 if self._swept is None else now - self._swept
        self._swept = now
        for watch in list(self._watches):
            if not watch.late and self._is_late(watch, now, waited):
                self._drop(watch)

    def _is_late(self, watch: Watch, now: float, waited: float) -> bool:
        if watch.phase == BODY:
            bought = watch.received / self._limits.body_rate
            watch.received = 0
            watch.patience = min(self._limits.patience_max, watch.patience + bought) - waited
            return watch.patience < 0
        if watch.since is None:
            watch.since = now
        limit = self._seconds.get(watch.phase)
        return limit is not None and now - watch.since >= limit

    def _drop(self, watch: Watch) -> None:
        watch.late = True
        watch.drop()
