"""The driver of a machine whose language only a driver of CUPS writes: we make its raster, its program does the rest.

Documents are read and drawn in a worker of ours, shut in like any other; the driver's program is another process, fed
by the stage's thread.
"""

from collections.abc import Iterator
from contextlib import closing

from feedpath.back.pdl import cupsdriver, filters, languages, pjl
from feedpath.back.pdl.convert import READ
from feedpath.back.pdl.filters import FilterFailed, Host
from feedpath.back.pdl.order import Machine, Order
from feedpath.back.pdl.ppd import Ppd
from feedpath.back.pdl.process import Worker
from feedpath.back.pdl.translator import Translator
from feedpath.core.driver import Capabilities, Conversion, Source
from feedpath.errors import Refused

FAILED = "aborted-by-system"  # the document may be good, and so may the machine


class Bridged(Translator):
    """Prints by the driver that `ppd` is of. abort: bytes that end a broken job; host: where its program is."""

    def __init__(
        self, ppd: Ppd, machine: Machine, capabilities: Capabilities, speaks_pjl: bool, host: "Host | None" = None
    ):
        traits = {"ppd": ppd.source.decode("latin-1")}
        super().__init__(languages.DRIVER, machine._replace(traits=traits), capabilities, ())
        self.name = ppd.name
        self._ppd = ppd
        self._host = host or Host()
        self._exit = pjl.UEL if speaks_pjl else b""

    def begin(self, order: Order, source: Source) -> Conversion:
        """Return the conversion of a document that is read or drawn."""
        streams = order.format in READ and not self.reads_again(order)
        return Bridge(order, Worker(order, source, streams), self._ppd, self._host)

    def abort(self) -> bytes:
        """Return the bytes that end a broken job, none where only a reset can."""
        return self._exit


class Bridge:
    """The Conversion of pages that a worker makes, by a driver's program."""

    def __init__(self, order: Order, worker: Worker, ppd: Ppd, host: Host):
        self._order = order
        self._worker = worker
        self._ppd = ppd
        self._host = host._replace(stopped=lambda: self._stopped)
        self._stopped = False
        self._whole = False

    @property
    def impressions(self) -> int:
        """Return how many pages the program has given whole: while it works, it may still keep the last it took."""
        taken = self._worker.impressions
        return taken if self._whole else max(0, taken - 1)

    def __iter__(self) -> "Iterator[bytes]":
        job = cupsdriver.job(self._ppd, self._order.setup._replace(copies=1))
        try:
            with closing(self._worker.given()) as raster:
                yield from filters.run([cupsdriver.program(self._ppd, self._host)], raster, job, self._ppd, self._host)
        except FilterFailed as failed:
            raise Refused(FAILED, f"The printer's driver failed: {failed}") from failed
        self._whole = True

    def stop(self) -> None:
        """End the worker and the program."""
        self._stopped = True
        self._worker.stop()
