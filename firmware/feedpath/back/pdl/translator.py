"""The driver of a machine whose language we write: takes any document that we can read or draw."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from feedpath.back.pdl import languages, pjl, preview, sheets, sniff
from feedpath.back.pdl.asked import Asked
from feedpath.back.pdl.convert import DRAWN, READ, Work
from feedpath.back.pdl.languages import Language
from feedpath.back.pdl.order import NORMAL, Machine, Order
from feedpath.back.pdl.preferences import Preferences
from feedpath.back.pdl.process import Worker
from feedpath.back.pdl.supplies import supplies
from feedpath.core.driver import Capabilities, Conversion, Driver, Facts, Source
from feedpath.core.ticket import Ticket
from feedpath.errors import WireError

ANY = "application/octet-stream"  # what it is, its first bytes tell
RAW = "application/vnd.cups-raw"  # for the machine as it is
PASSWORD_MOST = 1023  # octets, the most of IPP: PWG 5100.13, document-password
MARKED = frozenset((*READ, *DRAWN)).difference(sniff.GUESSED)  # what we print and know for sure
LAID_OUT: "dict[str, Any]" = {"number_up": (1,), "orientations": (3,)}
UNASKED: "dict[str, object]" = {  # what goes without saying: a document that asks no more is not touched
    "copies": 1,
    "number-up": 1,
    "orientation-requested": 3,
    "overrides": None,
    "page-ranges": None,
    "print-color-mode": "auto",
    "print-scaling": "auto",
    "sides": "one-sided",
}


class Translator(Driver):
    """Writes `language` for `machine`. What is in one of the formats `as_it_is` goes there untouched.

    preferences: gives the owner's settings, as they are when a job begins.
    """

    def __init__(
        self,
        language: Language,
        machine: Machine,
        capabilities: Capabilities,
        as_it_is: "tuple[str, ...]",
    ):
        taken = (*READ, *DRAWN, ANY)
        formats = tuple(dict.fromkeys((*as_it_is, *taken)))
        streamable = frozenset((*as_it_is, *READ, RAW))
        offered = capabilities._replace(formats=formats, streamable=streamable, password=PASSWORD_MOST)
        super().__init__(language.name, offered)
        self.preferences: "Callable[[], Preferences]" = Preferences
        self._offered = offered
        self._language = language
        self._machine = machine
        self._as_it_is = frozenset((*as_it_is, RAW))
        self._asked = _asked(language)
        self._status = pjl.Status() if machine.pjl else self._asked

    def follow(self) -> None:
        """Offer what the settings say now."""
        self.capabilities = self.preferences().offered(self._offered, self._language.name)

    def able(self, format: str) -> Capabilities:
        """Return what can be done with documents of that MIME type: pages of pixels are laid out already."""
        return self.capabilities._replace(**LAID_OUT) if format in READ else self.capabilities

    def convert(self, ticket: Ticket) -> "Callable[[Source], Conversion] | None":
        """Return what makes a document the machine's: in this thread where it streams, else in a worker."""
        if self._untouched(ticket.format, ticket.options):
            return None
        order = self._order(ticket)
        return lambda source: Sniffed(self, order, source)

    def streams(self, ticket: Ticket) -> bool:
        """Return whether the document can go on while it comes in; not one that must be drawn."""
        if self._untouched(ticket.format, ticket.options):
            return True
        return super().streams(ticket) and ticket.format not in DRAWN and not self.reads_again(self._order(ticket))

    def reads_again(self, order: Order) -> bool:
        """Return whether the document must be read several times, for its copies."""
        return sheets.plan(order.setup, self._language.copies, self._language.collates).reads > 1

    def _order(self, ticket: Ticket) -> Order:
        language, asked = self._language.name, ticket.options
        order = Order(ticket.format, language, self._machine, asked, ticket.name, ticket.user, ticket.password)
        order = self.preferences().order(order)
        if self._asked is None or not self._asked.sound:
            return order
        return order._replace(machine=order.machine._replace(traits={**order.machine.traits, "ask": True}))

    def _untouched(self, format: str, options: "Mapping[str, object]") -> bool:
        """Return whether the document is the machine's own, and nothing is asked that only we can do."""
        if format not in self._as_it_is:
            return False
        if format not in (*READ, *DRAWN):
            return True
        if format in READ and self._machine.back != NORMAL:
            return False
        usual = {**UNASKED, "media": self.capabilities.media_default}
        return all(options.get(name, value) == value for name, value in usual.items())

    def conversion(self, order: Order, source: Source) -> Conversion:
        """Return the conversion of a document whose format the order tells; raise WireError when there can be none."""
        if self._untouched(order.format, order.options):
            return Untouched(source)
        if order.format in (*READ, *DRAWN):
            return self.begin(order, source)
        raise WireError(sniff.refusal(order.format), reason="unsupported-document-format")

    def begin(self, order: Order, source: Source) -> Conversion:
        """Return the conversion of a document that is read or drawn."""
        return Work(order, source) if order.format in READ else Worker(order, source, streams=False)

    def preview(self, ticket: Ticket) -> "Callable[[Source], Conversion] | None":
        """Return what makes a small PNG of such a document's first sheet; None when it cannot be shown."""
        if ticket.format not in (*READ, *DRAWN, ANY):
            return None
        options = {name: value for name, value in ticket.options.items() if name not in preview.UNSEEN}
        real = self.preferences().machine(self._machine, self._language.name)
        order = Order(ticket.format, languages.PREVIEW.name, preview.machine(real), options)
        return lambda source: _pictured(order, source)

    def ask(self) -> bytes:
        """Return what makes the machine tell its status."""
        return self._asked.ask() if self._asked is not None else b""

    def listen(self, said: bytes) -> Facts:
        """Return what the status channel tells."""
        return Facts() if self._status is None else self._status.feed(said)

    def read_id(self, device_id: str) -> Facts:
        """Return the supplies that the device id tells."""
        return Facts(supplies=supplies(device_id))

    def abort(self) -> bytes:
        """Return the bytes that end a broken job."""
        machine = self.preferences().machine(self._machine, self._language.name)
        module, traits = languages.writer(self._language, machine)
        broken: bytes = module.abort(traits) if hasattr(module, "abort") else b""
        return broken or (pjl.UEL if self._machine.pjl else b"")


def _asked(language: Language) -> "Asked | None":
    """Return what puts the answers of machines together that must be asked."""
    if not language.asks:
        return None
    module = languages.load(language.module)
    return Asked(module.ASK, module.status)


class Untouched:
    """The Conversion of what is the machine's already."""

    def __init__(self, source: Source):
        self.impressions = 0
        self._source = source

    def __iter__(self) -> "Iterator[memoryview]":
        while view := self._source.peek():
            yield view
            self._source.took(len(view))

    def stop(self) -> None:
        """It ends with its source."""


def told_format(head: bytes, label: str) -> str:
    """Return what a document that begins with `head` is printed as.

    A mark that it begins with says more than its label, but for text: that may be the source of anything.
    """
    found = sniff.sniff(head, "" if label == ANY else label)
    if label == ANY or found in MARKED or not (found in sniff.GUESSED or label == sniff.TEXT):
        return found
    return label


def _pictured(order: Order, source: Source) -> Conversion:
    """Return the conversion of a stored document to a picture; raise WireError when it cannot be shown."""
    format = told_format(bytes(source.peek()[: sniff.HEAD_MOST]), order.format)
    if format not in (*READ, *DRAWN):
        raise WireError(sniff.refusal(format), reason="unsupported-document-format")
    return Worker(order._replace(format=format), source, streams=False)


class Sniffed:
    """The Conversion of a document that its first bytes tell the format of."""

    def __init__(self, driver: Translator, order: Order, source: Source):
        self._driver = driver
        self._order = order
        self._source = source
        self._conversion: "Conversion | None" = None
        self._stopped = False

    @property
    def impressions(self) -> int:
        """Return the conversion's."""
        return 0 if self._conversion is None else self._conversion.impressions

    def __iter__(self) -> "Iterator[bytes | memoryview]":
        label, head = self._order.format, bytes(self._source.peek()[: sniff.HEAD_MOST])
        format = told_format(head, label)
        if label in READ and format in DRAWN:  # it may still be coming in, and must be whole to be drawn
            labelled, found = sniff.name(label), sniff.name(format)
            raise WireError(f"The document is labelled as {labelled}, but is {found}. Print it again as what it is.")
        self._conversion = self._driver.conversion(self._order._replace(format=format), self._source)
        if self._stopped:
            self._conversion.stop()
        yield from self._conversion

    def stop(self) -> None:
        """End the conversion."""
        self._stopped = True
        if self._conversion is not None:
            self._conversion.stop()
