"""The driver of a machine whose language only a driver of CUPS writes: we make its raster, its program does the rest.

Documents are read and drawn in a worker of ours, shut in like any other; the driver's program is another process, and
shut in, too. What it says of the machine is added to what the status channel tells.
"""

from collections.abc import Iterator, Mapping

from feedpath.back.pdl import languages, pjl
from feedpath.back.pdl.bridge import cupsdriver, filters, foomatic, ppdsettings
from feedpath.back.pdl.bridge.cupsdriver import NONE
from feedpath.back.pdl.bridge.filters import FilterFailed, Host
from feedpath.back.pdl.bridge.messages import Told
from feedpath.back.pdl.bridge.ppd import Ppd
from feedpath.back.pdl.convert import READ
from feedpath.back.pdl.order import Machine, Order
from feedpath.back.pdl.process import Worker
from feedpath.back.pdl.translator import Translator
from feedpath.core.driver import Capabilities, Conversion, Facts, Setting, Source
from feedpath.errors import Refused

FAILED = "aborted-by-system"  # the document may be good, and so may the machine


class Bridged(Translator):
    """Prints by the driver that `ppd` is of. host: where its program is; choices: what is set of its own options."""

    def __init__(
        self,
        ppd: Ppd,
        machine: Machine,
        capabilities: Capabilities,
        speaks_pjl: bool,
        host: "Host | None" = None,
        choices: "Mapping[str, str]" = NONE,
    ):
        choices = ppdsettings.valid(ppd, choices)
        traits = {"ppd": ppd.source.decode("latin-1"), "choices": choices}
        super().__init__(languages.DRIVER, machine._replace(traits=traits), capabilities, ())
        self.name = ppd.name
        self._ppd = ppd
        self._choices = choices
        self._host = host or Host()
        self._exit = pjl.UEL if speaks_pjl else b""
        self._told = Told()
        self._channel: "tuple[str, ...]" = ()  # reasons by the status channel
        self._programs: "tuple[str, ...]" = ()  # and those that programs told

    def begin(self, order: Order, source: Source) -> Conversion:
        """Return the conversion of a document that is read or drawn."""
        streams = order.format in READ and not self.reads_again(order)
        return Bridge(order, Worker(order, source, streams), self._ppd, self._host, self._told, self._choices)

    def settings(self) -> "tuple[Setting, ...]":
        """Return the options that it knows by words of its own, with what is set."""
        return ppdsettings.settings(self._ppd, self._choices)

    def adjusted(self, values: "Mapping[str, str]") -> "dict[str, str]":
        """Return all that is set of them after these values; raise Refused with what is allowed."""
        return ppdsettings.adjusted(self._ppd, self._choices, values)

    def listen(self, said: bytes) -> Facts:
        """Return what the status channel tells, with what programs told before."""
        facts = super().listen(said)
        if facts.reasons is None:
            return facts
        self._channel = facts.reasons
        return facts._replace(reasons=self._reasons())

    def told(self) -> Facts:
        """Return what programs told, with what the status channel told before."""
        facts = self._told.facts()
        if facts.reasons is None:
            return facts
        self._programs = facts.reasons
        return facts._replace(reasons=self._reasons())

    def _reasons(self) -> "tuple[str, ...]":
        return tuple(dict.fromkeys((*self._channel, *self._programs)))

    def abort(self) -> bytes:
        """Return the bytes that end a broken job, none where only a reset can."""
        return self._exit


class Bridge:
    """The Conversion of pages that a worker makes, by a driver's program."""

    def __init__(
        self, order: Order, worker: Worker, ppd: Ppd, host: Host, told: Told, choices: "Mapping[str, str]" = NONE
    ):
        self._order = order
        self._worker = worker
        self._ppd = ppd
        self._told = told
        self._choices = choices
        self._host = host._replace(stopped=lambda: self._stopped, cease=worker.stop, tell=told.hear)
        self._stopped = False
        self._whole = False

    @property
    def impressions(self) -> int:
        """Return how many pages the program has given whole: while it works, it may still keep the last it took."""
        taken = self._worker.impressions
        return taken if self._whole else max(0, taken - 1)

    def __iter__(self) -> "Iterator[bytes]":
        setup = self._order.setup
        job = cupsdriver.job(self._ppd, setup._replace(copies=1), ppdsettings.usual(self._choices, setup))
        self._told.begin()
        try:
            program = cupsdriver.program(self._ppd, self._host)
            document, job = foomatic.fed(self._ppd, self._worker.given(), job)
            yield from filters.run([program], document, job, self._ppd, self._host)
        except FilterFailed as failed:
            raise Refused(FAILED, f"The printer's driver failed: {failed}") from failed
        finally:
            self._told.end()
        self._whole = True

    def stop(self) -> None:
        """End the worker and the program."""
        self._stopped = True
        self._worker.stop()
