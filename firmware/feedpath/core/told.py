"""What a machine tells of the job that it prints: where it begins and ends, and how many sides are out."""

from collections.abc import Callable

from feedpath import aio
from feedpath.core.driver import CANCELED, STARTED, Facts

START_S = 2.0  # how long a machine that tells of jobs may take to tell of one that it has whole
QUIET_S = 60.0  # how long it may say nothing of a job that it has whole and told of, while nothing is wrong with it


class Told:
    """Heard in the event loop, asked in the writer's thread. sides: those of the job at the machine that are out, None
    when it does not tell. canceled: whether it was ended at the machine. troubled: whether somebody must see to it.
    """

    def __init__(self, clock: "Callable[[], float]"):
        self.troubled = False
        self._clock = clock
        self._tells = False  # this machine has told of a job before
        self._news = aio.Wake()
        self.begin()

    def plug(self) -> None:
        """Another machine may be there now."""
        self._tells = self.troubled = False
        self._news.set()

    def begin(self) -> None:
        """A job begins, or begins again."""
        self._whole = self._started = False
        self._forget()

    def _forget(self) -> None:
        self.sides: "int | None" = None
        self.canceled = self._ended = False
        self._at = self._clock()

    def whole(self) -> None:
        """The machine has all of the job."""
        self._whole = True
        self._at = self._clock()

    def hear(self, facts: Facts) -> bool:
        """Take what the machine says; return whether it says how many sides of the job are out."""
        counts = self._started and not self._ended
        for event in facts.events:
            if event == STARTED:
                self._forget()
                self._started = self._tells = True
            elif self._started:
                self._ended, self.canceled = True, event == CANCELED
        counted = facts.impressions is not None and (counts or STARTED in facts.events)
        if counted:
            self.sides = facts.impressions
        if facts.events or counted:
            self._at = self._clock()
            self._news.set()
        return counted

    @property
    def pending(self) -> bool:
        """Return whether it has all of the job, and may still say that it is out."""
        if self._ended or not (self._whole and self._tells):
            return False
        if self._started and self.troubled:
            return True
        return self._clock() - self._at < (QUIET_S if self._started else START_S)

    def wait(self, seconds: float) -> None:
        """Wait in a thread for news, at most so long."""
        self._news.block(seconds)

    def wake(self) -> None:
        """Wake whoever waits for news, to look again."""
        self._news.set()
