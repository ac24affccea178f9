"""Informs under way: each is sent again, less and less often, until its receiver confirms it or it is given up."""

import logging
from collections.abc import Callable
from typing import NamedTuple, Protocol

logger = logging.getLogger(__name__)

FIRST_S = 1.5  # until an inform is sent again; each further wait is twice as long
TRIES = 6  # the last one ends after a minute and a half
WAITING_MOST = 64  # informs; later ones are not sent


class Timer(Protocol):
    """What can be called off; asyncio's TimerHandle is one."""

    def cancel(self) -> None: ...


class Waiting(NamedTuple):
    """An inform that is not confirmed yet: what it tells, to whom, how it is sent, and when again."""

    what: str
    target: "tuple[str, int]"
    send: "Callable[[], None]"
    timer: Timer


class Outbox:
    """All informs under way, by their request-ids. later: calls something after so many seconds."""

    def __init__(self, later: "Callable[[float, Callable[[], None]], Timer]"):
        self._later = later
        self._waiting: "dict[int, Waiting]" = {}

    def post(self, id: int, what: str, target: "tuple[str, int]", send: "Callable[[], None]") -> None:
        """Send an inform until it is confirmed."""
        if len(self._waiting) >= WAITING_MOST:
            logger.warning("SNMP: %s is not told of %s: too many informs wait to be confirmed", target[0], what)
            return
        self._try(id, what, target, send, 1)

    def _try(self, id: int, what: str, target: "tuple[str, int]", send: "Callable[[], None]", number: int) -> None:
        wait = FIRST_S * 2 ** (number - 1)
        timer = self._later(wait, lambda: self._again(id, number))
        self._waiting[id] = Waiting(what, target, send, timer)
        send()

    def _again(self, id: int, number: int) -> None:
        what, target, send, _ = self._waiting.pop(id)
        if number < TRIES:
            self._try(id, what, target, send, number + 1)
            return
        logger.warning("SNMP: %s did not confirm the inform of %s in %d tries; it is given up", target[0], what, TRIES)

    def expects(self, source: "tuple[str, int]") -> bool:
        """Return whether somebody at that address may still confirm something."""
        return any(waiting.target[0] == source[0] for waiting in self._waiting.values())

    def confirm(self, id: int, source: "tuple[str, int]") -> bool:
        """Take in that an inform has come; return whether it was waited for."""
        waiting = self._waiting.get(id)
        if waiting is None or waiting.target[0] != source[0]:
            return False
        waiting.timer.cancel()
        del self._waiting[id]
        return True

    def close(self) -> None:
        """Give all up."""
        for waiting in self._waiting.values():
            waiting.timer.cancel()
            logger.warning("SNMP: %s has not confirmed the inform of %s at the end", waiting.target[0], waiting.what)
        self._waiting.clear()
