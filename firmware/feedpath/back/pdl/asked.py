"""The status of a machine that tells it when it is asked: what it answers is put together as it comes."""

from collections.abc import Callable

from feedpath.core.driver import Facts

MOST = 1024  # bytes of an answer that is kept until it is whole; ZPL's has 82


class Asked:
    """A machine's answers. query: what asks it; status: what answers tell, Facts() while they are not whole.

    sound: whether it answered in full when it was asked last, so that asking it is of use.
    """

    def __init__(self, query: bytes, status: "Callable[[bytes], Facts]"):
        self.sound = False
        self._query = query
        self._status = status
        self._said = b""
        self._waiting = False

    def ask(self) -> bytes:
        """Return what asks it; an answer that is not whole by now is forgotten."""
        self.sound = self.sound and not self._waiting
        self._waiting, self._said = True, b""
        return self._query

    def feed(self, said: bytes) -> Facts:
        """Return what is told by what it says."""
        self._said = (self._said + said)[-MOST:]
        facts = self._status(self._said)
        if facts.reasons is not None:
            self.sound, self._waiting, self._said = True, False, b""
        return facts
