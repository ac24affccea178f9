"""What the core asks of a printer language: what it can, and the bytes that only it knows."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from feedpath.core.ticket import Ticket
from feedpath.errors import Refused


class Media(NamedTuple):
    """A size of paper: its PWG 5101.1 self-describing name; sizes and unprintable margins in hundredths of a mm."""

    name: str
    width: int
    length: int
    left: int = 423
    right: int = 423
    top: int = 423
    bottom: int = 423


class Supply(NamedTuple):
    """A consumable as the machine tells it. Levels are percent; -1 other, -2 unknown, -3 some left (RFC 3805)."""

    name: str
    kind: str  # PWG 5100.13 printer-supply type: "toner", "ink", "wasteToner" ...
    color: str  # "#RRGGBB", or "none"
    level: int
    low: int = 10
    high: int = 100


class Capabilities(NamedTuple):
    """What a machine with this driver can do; every front end shows the same."""

    formats: "tuple[str, ...]"  # MIME types of documents that it takes
    streamable: "frozenset[str]"  # those of them that can be printed while they still come in
    media: "tuple[Media, ...]"
    media_default: str
    media_ready: "tuple[str, ...]"
    sides: "tuple[str, ...]" = ("one-sided",)
    color: bool = False
    resolutions: "tuple[tuple[int, int], ...]" = ((300, 300),)  # dots per inch, cross-feed and feed
    sources: "tuple[str, ...]" = ("auto",)
    types: "tuple[str, ...]" = ("stationery",)
    output_bins: "tuple[str, ...]" = ("face-down",)
    qualities: "tuple[str, ...]" = ("normal",)
    copies: int = 1  # the most that one job may ask
    urf: "tuple[str, ...]" = ()  # urf-supported keywords
    pwg_types: "tuple[str, ...]" = ()  # pwg-raster-document-type-supported keywords
    pwg_back_side: str = "normal"  # pwg-raster-document-sheet-back
    number_up: "tuple[int, ...]" = (1,)
    orientations: "tuple[int, ...]" = (3,)  # RFC 8011, 5.2.10: 3 portrait, 4 landscape, 5 and 6 their reverse
    scalings: "tuple[str, ...]" = ("auto",)  # PWG 5100.16, print-scaling
    page_ranges: bool = False
    overrides: bool = False  # whether single pages can have media, orientation and scaling of their own: PWG 5100.6
    password: int = 0  # the most octets of a document's password, 0 when none is taken
    pages_per_minute: int = 0  # 0 when not known
    pages_per_minute_color: int = 0


STARTED, ENDED, CANCELED = "started", "ended", "canceled"  # what a machine says of a job: it is out, or dropped there


class Facts(NamedTuple):
    """What a machine said on its status channel; None where it said nothing new.

    impressions: sides of its present job that are out. events: of jobs, in order: STARTED, ENDED, CANCELED.
    """

    reasons: "tuple[str, ...] | None" = None
    supplies: "tuple[Supply, ...] | None" = None
    impressions: "int | None" = None
    events: "tuple[str, ...]" = ()


class Source(Protocol):
    """A document as a conversion reads it: once, from its start on."""

    def peek(self, wanted: "Callable[[], bool]" = lambda: True) -> memoryview:
        """Wait for the next bytes and return a view of some of them, at least one; nothing at the end.

        Raise Closed soon after `wanted` says that nobody waits for them any more.
        """

    def took(self, count: int) -> None:
        """Be done with the first `count` bytes of the last peek: the next one begins behind them."""

    def descriptor(self) -> int:
        """Return a descriptor of a document that came whole, for the caller to close; raise OSError."""


class Conversion(Protocol):
    """A document becoming what a machine speaks: iterating gives the machine's bytes, a view good until the next.

    It raises WireError when the document is wrong, Refused when it will not. impressions: sides of which all bytes
    stand before the piece that is given, or have been given at the end.
    """

    @property
    def impressions(self) -> int: ...
    def __iter__(self) -> "Iterator[bytes | memoryview]": ...

    def stop(self) -> None:
        """End it wherever it is, from any thread, more than once if need be."""


class Origin(NamedTuple):
    """Which driver it is. choice: what it is chosen by; title: its name for people; why: a sentence that says why this
    one; lost: a sentence about another one that was chosen and cannot be had, "" when none was; chosen: by a person.
    """

    choice: str = ""
    title: str = ""
    why: str = ""
    lost: str = ""
    chosen: bool = False


class Fit(NamedTuple):
    """A driver that a printer can get. score: of 100, how well it fits; automatic: whether it is the one that is taken
    without a choice; the rest as in Origin.
    """

    choice: str
    title: str
    score: int
    why: str
    automatic: bool = False


class Setting(NamedTuple):
    """An option that a driver knows by words of its own. choices: names and what they say to people."""

    name: str
    title: str
    choices: "tuple[tuple[str, str], ...]"
    default: str
    value: str


class Driver:
    """One language of one machine. This base passes documents through as they are."""

    reasons: "tuple[str, ...]" = ()  # printer-state-reasons that hold for all its printers
    origin = Origin()

    def __init__(self, name: str, capabilities: Capabilities):
        self.name = name
        self.capabilities = capabilities

    def follow(self) -> None:
        """Offer what the settings say now, where any of them tells of it."""

    def takes(self, format: str) -> bool:
        """Return whether documents of that MIME type can be printed."""
        return format in self.capabilities.streamable or format in self.capabilities.formats

    def able(self, format: str) -> Capabilities:
        """Return what can be done with documents of that MIME type."""
        return self.capabilities

    def streams(self, ticket: Ticket) -> bool:
        """Return whether a document of that ticket can be printed while it still comes in."""
        return ticket.format in self.capabilities.streamable

    def convert(self, ticket: Ticket) -> "Callable[[Source], Conversion] | None":
        """Return what makes a document of that ticket the machine's; None when it is so already."""
        return None

    def settings(self) -> "tuple[Setting, ...]":
        """Return the options that it knows by words of its own, with what is set."""
        return ()

    def adjusted(self, values: "Mapping[str, str]") -> "dict[str, str]":
        """Return all that is set of them after these values, of which "" stands for the default.

        Raise Refused with what is allowed.
        """
        raise Refused("not-possible", "This driver has no options of its own.")

    def preview(self, ticket: Ticket) -> "Callable[[Source], Conversion] | None":
        """Return what makes a small PNG of such a document's first sheet; None when it cannot be shown."""
        return None

    def ask(self) -> bytes:
        """Return what makes the machine tell its status, b"" where it does so by itself.

        It is sent between jobs to machines that can answer, and so short that it goes as a whole or not at all.
        """
        return b""

    def listen(self, said: bytes) -> Facts:
        """Return what the bytes of the status channel tell."""
        return Facts()

    def told(self) -> Facts:
        """Return what programs of the driver's told of the machine since this was asked last."""
        return Facts()

    def read_id(self, device_id: str) -> Facts:
        """Return what the machine's device id tells besides who it is: some keep their status there."""
        return Facts()

    def abort(self) -> bytes:
        """Return the bytes that end a broken job, so that the next one starts clean."""
        return b""
