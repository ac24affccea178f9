"""The thread between a document and a machine of another language: it converts from one ring into the next."""

import collections
import logging
import threading
from collections.abc import Callable

from feedpath.core.document import Document
from feedpath.core.driver import Conversion, Source
from feedpath.core.ring import Closed, Ring
from feedpath.errors import Refused, WireError

logger = logging.getLogger(__name__)

LOOK_S = 0.25  # how long the thread waits before it looks whether it is still wanted


class Stage:
    """A conversion at work. It is read as a Document is: `ready` and `took`, in the bytes that the machine gets.

    convert: gives the conversion of the source that it is called with. ring: takes what comes of it.
    """

    def __init__(self, document: Document, convert: "Callable[[Source], Conversion]", ring: Ring):
        self._document = document
        self._ring = ring
        self._position = 0
        self._marked = 0
        self._marks: "collections.deque[tuple[int, int]]" = collections.deque()  # (position, pages up to there)
        self._error: "Exception | None" = None
        self._whole = False  # all that there will be has been put into the ring
        self._over = False
        ring.restart()
        self._intake = Intake(document, self._mark)
        self._conversion = convert(self._intake)
        self._thread = threading.Thread(target=self._run, name="stage", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Return whether the machine took all of it."""
        self._count()
        return self._whole and self._position == self._ring.filled_to

    def ready(self, seconds: float) -> memoryview:
        """Wait for what the machine is to take next; nothing after `seconds` or at the end; raise what went wrong."""
        over = self._over
        self._count()
        view = self._ring.ready(self._position, seconds)
        if over and not view and self._error is not None:
            raise self._error
        return view

    def took(self, count: int) -> None:
        """Say that the machine took the first `count` bytes of what was ready."""
        self._position += count
        self._ring.drained(count)
        self._count()

    def close(self) -> None:
        """End the conversion, wherever it is."""
        self._intake.closing = True
        self._conversion.stop()
        self._ring.close()
        self._document.wake()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._convert()
            self._intake.skip()
            self._whole = True
        except Closed:
            pass
        except (WireError, Refused, OSError) as error:
            self._error = error
        except Exception as error:
            logger.exception("converting job %d failed", self._document.job.id)
            self._error = error
        finally:
            self._conversion.stop()
            self._over = self._ring.ended = True
            self._ring.wake()

    def _convert(self) -> None:
        for piece in self._conversion:
            self._mark()
            self._put(memoryview(piece))
        self._mark()

    def _mark(self) -> None:
        """Note where in the ring the sides end that have been given whole."""
        impressions = self._conversion.impressions
        if impressions != self._marked:
            self._marked = impressions
            self._marks.append((self._ring.filled_to, impressions))

    def _count(self) -> None:
        """Tell the job how many sides the machine has taken whole."""
        while self._marks and self._marks[0][0] <= self._position:
            self._document.job.sent = self._marks.popleft()[1]

    def _put(self, piece: memoryview) -> None:
        while piece:
            view = self._ring.space_blocking(LOOK_S)
            count = min(len(view), len(piece))
            view[:count] = piece[:count]
            self._ring.filled(count)
            piece = piece[count:]


class Intake:
    """The Source of a conversion: a job's document, until the job is not wanted any more. Then it raises Closed.

    waits: is called before each wait, when the conversion has given all that it could make of what came.
    """

    def __init__(self, document: Document, waits: "Callable[[], None]"):
        self.closing = False
        self._document = document
        self._waits = waits

    def peek(self, wanted: "Callable[[], bool]" = lambda: True) -> memoryview:
        """Wait for the next bytes of the document and return a view of some; nothing at its end."""
        self._waits()
        while wanted() and not self.closing and not self._document.job.stopping:
            view = self._document.ready(LOOK_S)
            if view or self._document.ended:
                return view
        raise Closed

    def took(self, count: int) -> None:
        """Be done with the first `count` bytes of the last peek."""
        self._document.took(count)

    def descriptor(self) -> int:
        """Return a descriptor of the whole document, for the caller to close; raise OSError."""
        return self._document.descriptor()

    def skip(self) -> None:
        """Read on to the document's end."""
        while view := self.peek():
            self.took(len(view))
