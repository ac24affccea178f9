"""Printer attributes as data: RFC 8011, 5.4; PWG 5100.x; what CUPS, AirPrint and Mopria clients read besides.

Each row says what changes the value, so that a printer's sheet (sheet.py) encodes it again only then. A value of None
leaves the attribute out, a list is a 1setOf, UNKNOWN and NO_VALUE are out-of-band. The source is a section of RFC 8011
where no other document is named. Nothing is said here that the printer, its driver or this firmware does not do.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

from feedpath import __version__
from feedpath.core import reasons
from feedpath.core.driver import Capabilities, Media, Supply
from feedpath.core.printer import Printer
from feedpath.front.ipp import operations, template, values, wire
from feedpath.front.ipp.wire import Attribute

FIXED, STATE, CLOCK, CLIENT = range(4)  # it changes with: driver, printer's version, second, address that a client uses
DESCRIPTION, TEMPLATE, ON_REQUEST = "printer-description", "job-template", "media-col-database"  # RFC 8011, 4.2.5

TEXT_OCTETS = 1023  # RFC 8011, 5.1.2
MAX_INTEGER = 2**31 - 1
MAX_JPEG_SIDE = 65535  # pixels; ITU-T T.81, B.2.2
IPP_PORT = 631  # RFC 3510, 4.2; RFC 7472, 4.3: the one that ipp and ipps addresses leave out
KINDS = (  # printer-kind keyword, sizes that make a printer one
    ("envelope", ("na_number-10_4.125x9.5in", "na_monarch_3.875x7.5in", "iso_dl_110x220mm", "iso_c5_162x229mm")),
    ("photo", ("na_index-4x6_4x6in", "na_5x7_5x7in", "om_small-photo_100x150mm")),
)
STACKING = {"face-down": ("firstToLast", "faceDown"), "face-up": ("lastToFirst", "faceUp")}  # RFC 3805, prtOutput
COLORANTS = {  # RFC 3805, prtMarkerColorantValue
    "none": "unknown",
    "#000000": "black",
    "#0000FF": "blue",
    "#00FF00": "green",
    "#00FFFF": "cyan",
    "#FF0000": "red",
    "#FF00FF": "magenta",
    "#FFFF00": "yellow",
    "#FFFFFF": "white",
}
UNTOLD = ["The printer does not tell what ink or toner it has."]
UNTOLD_SUPPLY = b"index=1;class=other;type=unknown;unit=unknown;maxcapacity=-2;level=-2;colorantname=unknown;"
WASTE = re.compile("waste", re.IGNORECASE)
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class OutOfBand:
    """A value that only its tag tells."""

    def __init__(self, tag: int):
        self.tag = tag


UNKNOWN, NO_VALUE = OutOfBand(values.UNKNOWN), OutOfBand(values.NO_VALUE)


class Site:
    """What all printers have in common: how clients reach this box, and which of its pages there are.

    host, port: where clients that do not say are sent. tls: whether the port takes TLS too. page, supplies: paths of
    the pages. icons: paths of PNG pictures, small to large. started: Unix seconds.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = IPP_PORT,
        tls: bool = False,
        page: str = "/",
        supplies: str = "/",
        icons: "tuple[str, ...]" = (),
    ):
        self.host = host
        self.port = port
        self.tls = tls
        self.page = page
        self.supplies = supplies
        self.icons = icons


class Address(NamedTuple):
    """How a client reached us: the host that it named, brackets included, the port, and whether over TLS."""

    host: str
    port: int
    secure: bool

    def ipp(self, path: str, secure: "bool | None" = None) -> str:
        """Return an ipp or ipps address; as the client came, unless `secure` says."""
        scheme = "ipps" if (self.secure if secure is None else secure) else "ipp"
        port = "" if self.port == IPP_PORT else f":{self.port}"
        return f"{scheme}://{self.host}{port}{path}"

    def web(self, path: str) -> str:
        """Return an http or https address."""
        return f"{'https' if self.secure else 'http'}://{self.host}:{self.port}{path}"


class Present(NamedTuple):
    """The time. now, and began, when the service was started: Unix seconds by the present clock. up: from 1."""

    now: float
    began: float
    up: int

    def ticks(self, when: float) -> int:
        """Return a Unix time on the scale of printer-up-time; 0 for before the start (RFC 8011, 5.3.14)."""
        return min(self.up, int(when - self.began) + 1) if when >= self.began else 0


class View(NamedTuple):
    """A printer as one client sees it at present: path is its queue's."""

    printer: Printer
    capabilities: Capabilities
    site: Site
    path: str
    present: Present
    configured: float
    client: Address


class Row(NamedTuple):
    """A printer attribute: its tag, what changes it, its value, the group that requested-attributes may name it by."""

    name: str
    tag: int
    changes: int
    value: "Callable[[View], Any]"
    section: str
    group: str = DESCRIPTION


def since_start(view: View, when: float) -> int:
    """Return a Unix time on the scale of printer-up-time, the start's for any before: it counts from 1."""
    return max(1, view.present.ticks(when))


def moment(when: "float | None") -> "Any":
    """Return a Unix time as dateTime, no-value for not yet."""
    return NO_VALUE if when is None else values.date_time(when)


def text(value: str, octets: int = 127) -> str:
    """Return `value` without control characters, cut to what its syntax allows."""
    return values.cut(CONTROLS.sub(" ", value), octets)


def printer_path(name: str, default: bool) -> str:
    """Return the path of a printer's queue: the default one's stays the same whatever it is called."""
    return "/ipp/print" if default else "/ipp/print/" + quote(name, safe="")


def default_format(c: Capabilities) -> str:
    """Return what a document is taken for whose client does not say."""
    return "application/octet-stream" if "application/octet-stream" in c.formats else c.formats[0]


def preferred_format(c: Capabilities) -> str:
    """Return the format that clients had best send."""
    return "image/urf" if "image/urf" in c.formats else c.formats[0]


def features(c: Capabilities) -> "list[str]":
    """Return ipp-features-supported: IPP Everywhere is what its formats make it (PWG 5100.14, 6).

    Where it takes PDF, it must also print ranges and single pages otherwise than the rest.
    """
    raster = "image/pwg-raster" in c.formats and bool(c.pwg_types)
    jpeg = "image/jpeg" in c.formats or not c.color
    pdf = "application/pdf" not in c.formats or (c.page_ranges and c.overrides)
    return ["ipp-everywhere"] if raster and jpeg and pdf else ["none"]


def state_message(printer: Printer) -> str:
    """Return what people should know and do; empty when there is nothing."""
    told = [reasons.printer_reason(reason) for reason in printer.reasons]
    return text(" ".join(f"{reason.sentence} {reason.remedy}".strip() for reason in told), TEXT_OCTETS)


def make_and_model(printer: Printer) -> str:
    """Return what machine it is, as far as that is known."""
    return text(printer.make_and_model.strip() or printer.info)


def device_id(printer: Printer) -> str:
    """Return the machine's IEEE 1284 device id; its serial number is put in where only the USB descriptor tells it."""
    id = printer.device_id.strip() or f"MFG:{printer.make};MDL:{printer.model or printer.name};"
    id = id if id.endswith(";") else id + ";"
    if printer.serial and not re.search(r"(?i)(^|;)\s*(SN|SERN|SERIALNUMBER):", id):
        id += f"SN:{printer.serial};"
    return text(id, TEXT_OCTETS)


def submission_time(printer: Printer) -> int:
    """Return for how many seconds a job waits for its document."""
    return int(printer.device.policy.submission_s)


def kinds(c: Capabilities) -> "list[str]":
    """Return printer-kind, by the sizes of paper (PWG 5100.13)."""
    names = {media.name for media in c.media}
    special = [kind for kind, sizes in KINDS if not names.isdisjoint(sizes)]
    return ["document", *special]


def ready(view: View) -> "list[Media]":
    """Return the media that are loaded, as the driver knows them."""
    return [media for name in view.printer.media_ready for media in view.capabilities.media if media.name == name]


def media_col_ready(view: View) -> "list[list[Attribute]]":
    """Return a media-col for each medium that is loaded; sources are named where there is one for each."""
    c, loaded = view.capabilities, ready(view)
    sources = c.sources if len(c.sources) == len(loaded) else (c.sources[0],) * len(loaded)
    return [template.media_col(media, source, c.types[0]) for media, source in zip(loaded, sources, strict=True)]


def media_col_default(c: Capabilities) -> "list[list[Attribute]]":
    """Return the media-col of media-default."""
    return [template.media_col(media, c.sources[0], c.types[0]) for media in c.media if media.name == c.media_default]


def margins(c: Capabilities, index: int) -> "list[int]":
    """Return the different margins of all media at one edge, in the order of template.MARGINS."""
    return sorted({template.margins(media)[index] for media in c.media})


def supply(index: int, item: Supply) -> bytes:
    """Return a printer-supply value (PWG 5100.13, printer-supply: keys as in the Printer MIB's prtMarkerSupplies)."""
    kind = "receptacleThatIsFilled" if WASTE.search(item.kind) else "supplyThatIsConsumed"
    fields = f"index={index};class={kind};type={item.kind};unit=percent;maxcapacity={item.high};level={item.level};"
    return (fields + f"colorantname={COLORANTS.get(item.color, 'other')};").encode()


def supplies(printer: Printer) -> "list[bytes]":
    """Return printer-supply; one of which nothing is known where the machine does not tell: Everywhere wants any."""
    return [supply(index, item) for index, item in enumerate(printer.supplies, 1)] or [UNTOLD_SUPPLY]


def marker_type(item: Supply) -> str:
    """Return a marker-types keyword: the supply's type, with hyphens."""
    return re.sub("[A-Z]", lambda letter: "-" + letter[0].lower(), item.kind)


def input_trays(c: Capabilities) -> "list[bytes]":
    """Return printer-input-tray; what only the machine knows is unknown (-2, RFC 3805)."""
    fields = "type=other;mediafeed=0;mediaxfeed=0;maxcapacity=-2;level=-2;status=0;name=%s;"
    return [(fields % source).encode() for source in c.sources]


def output_trays(c: Capabilities) -> "list[bytes]":
    """Return printer-output-tray."""
    fields = "type=other;maxcapacity=-2;remaining=-2;status=0;name=%s;stackingorder=%s;pagedelivery=%s;"
    return [(fields % (bin, *STACKING.get(bin, STACKING["face-down"]))).encode() for bin in c.output_bins]


def firmware_version() -> bytes:
    """Return this firmware's version as octets, most significant first."""
    return bytes(int(part) for part in re.findall(r"[0-9]+", __version__)[:4])


def limit(format: str, value: int) -> "Callable[[View], int | None]":
    """Return a row's value for a number that is told where documents of `format` are taken."""
    return lambda v: value if format in v.capabilities.formats else None


def limits(format: str, low: int, high: int) -> "Callable[[View], tuple[int, int] | None]":
    """Return a row's value for a range that is told where documents of `format` are taken."""
    return lambda v: (low, high) if format in v.capabilities.formats else None


def password(view: View) -> "int | None":
    """Return document-password-supported: octets, told where PDF is taken."""
    return view.capabilities.password if "application/pdf" in view.capabilities.formats else None


def when_pwg(value: "Callable[[Capabilities], Any]") -> "Callable[[View], Any]":
    """Return a row's value that is told where PWG raster is taken."""
    return lambda v: value(v.capabilities) if "image/pwg-raster" in v.capabilities.formats else None


KEYWORD, ENUM, INTEGER, BOOLEAN, RANGE = values.KEYWORD, values.ENUM, values.INTEGER, values.BOOLEAN, values.RANGE
NAME, TEXT, URI, MIME, OCTETS = values.NAME, values.TEXT, values.URI, values.MIME, values.OCTETS
LANGUAGE, CHARSET, RESOLUTION = values.LANGUAGE, values.CHARSET, values.RESOLUTION
DATE_TIME, COLLECTION = values.DATE_TIME, values.BEGIN_COLLECTION

VERSIONS = ["%d.%d" % version for version in wire.VERSIONS]
SCHEMES = (False, True)  # clear text, TLS: all rows about addresses list them in this order

ROWS = (
    Row("charset-configured", CHARSET, FIXED, lambda v: "utf-8", "5.4.17"),
    Row("charset-supported", CHARSET, FIXED, lambda v: ["utf-8"], "5.4.18"),
    Row("color-supported", BOOLEAN, FIXED, lambda v: v.capabilities.color, "5.4.26"),
    Row("compression-supported", KEYWORD, FIXED, lambda v: list(v.printer.compressions), "5.4.32"),
    Row("document-format-default", MIME, FIXED, lambda v: default_format(v.capabilities), "5.4.21"),
    Row("document-format-preferred", MIME, FIXED, lambda v: preferred_format(v.capabilities), "AirPrint"),
    Row("document-format-supported", MIME, FIXED, lambda v: list(v.capabilities.formats), "5.4.22"),
    Row("document-password-supported", INTEGER, FIXED, password, "PWG 5100.13"),
    Row("generated-natural-language-supported", LANGUAGE, FIXED, lambda v: ["en"], "5.4.20"),
    Row("identify-actions-default", KEYWORD, FIXED, lambda v: ["display"], "PWG 5100.13"),
    Row("identify-actions-supported", KEYWORD, FIXED, lambda v: ["display"], "PWG 5100.13"),
    Row("ipp-features-supported", KEYWORD, FIXED, lambda v: features(v.capabilities), "PWG 5100.13"),
    Row("ipp-versions-supported", KEYWORD, FIXED, lambda v: VERSIONS, "5.4.14; PWG 5100.12"),
    Row("job-creation-attributes-supported", KEYWORD, FIXED, lambda v: template.names(v.capabilities), "PWG 5100.7"),
    Row("job-ids-supported", BOOLEAN, FIXED, lambda v: True, "PWG 5100.7"),
    Row("job-impressions-supported", RANGE, FIXED, lambda v: (0, MAX_INTEGER), "5.4.34"),
    Row("jpeg-k-octets-supported", RANGE, FIXED, limits("image/jpeg", 0, MAX_INTEGER), "PWG 5100.13"),
    Row("jpeg-x-dimension-supported", RANGE, FIXED, limits("image/jpeg", 0, MAX_JPEG_SIDE), "PWG 5100.13"),
    Row("jpeg-y-dimension-supported", RANGE, FIXED, limits("image/jpeg", 1, MAX_JPEG_SIDE), "PWG 5100.13"),
    Row("marker-colors", NAME, STATE, lambda v: [s.color for s in v.printer.supplies], "CUPS"),
    Row("marker-high-levels", INTEGER, STATE, lambda v: [s.high for s in v.printer.supplies], "CUPS"),
    Row("marker-levels", INTEGER, STATE, lambda v: [s.level for s in v.printer.supplies], "CUPS"),
    Row("marker-low-levels", INTEGER, STATE, lambda v: [s.low for s in v.printer.supplies], "CUPS"),
    Row("marker-names", NAME, STATE, lambda v: [text(s.name, 255) for s in v.printer.supplies], "CUPS"),
    Row("marker-types", KEYWORD, STATE, lambda v: [marker_type(s) for s in v.printer.supplies], "CUPS"),
    Row("mopria-certified", TEXT, FIXED, lambda v: "1.3", "Mopria; Windows' IPP class driver reads it"),
    Row("multiple-document-jobs-supported", BOOLEAN, FIXED, lambda v: False, "5.4.16"),
    Row("multiple-operation-time-out", INTEGER, STATE, lambda v: submission_time(v.printer), "5.4.31"),
    Row("multiple-operation-time-out-action", KEYWORD, FIXED, lambda v: "abort-job", "PWG 5100.13"),
    Row("natural-language-configured", LANGUAGE, FIXED, lambda v: "en", "5.4.19"),
    Row("operations-supported", ENUM, FIXED, lambda v: [row.code for row in operations.ROWS], "5.4.15"),
    Row("pages-per-minute", INTEGER, FIXED, lambda v: v.capabilities.pages_per_minute, "5.4.36"),
    Row("pages-per-minute-color", INTEGER, FIXED,
        lambda v: v.capabilities.pages_per_minute_color if v.capabilities.color else None, "5.4.37"),
    Row("pdf-k-octets-supported", RANGE, FIXED, limits("application/pdf", 0, MAX_INTEGER), "PWG 5100.13"),
    Row("pdl-override-supported", KEYWORD, FIXED, lambda v: "not-attempted", "5.4.28"),
    Row("preferred-attributes-supported", BOOLEAN, FIXED, lambda v: False, "PWG 5100.13"),
    Row("printer-config-change-date-time", DATE_TIME, STATE, lambda v: moment(v.configured), "PWG 5100.13"),
    Row("printer-config-change-time", INTEGER, STATE, lambda v: since_start(v, v.configured), "PWG 5100.13"),
    Row("printer-current-time", DATE_TIME, CLOCK, lambda v: moment(int(v.present.now)), "5.4.30"),
    Row("printer-device-id", TEXT, STATE, lambda v: device_id(v.printer), "PWG 5107.2"),
    Row("printer-dns-sd-name", NAME, STATE, lambda v: text(v.printer.announced, 63), "PWG 5100.13"),
    Row("printer-firmware-name", NAME, FIXED, lambda v: ["feedpath"], "PWG 5100.13"),
    Row("printer-firmware-patches", TEXT, FIXED, lambda v: [""], "PWG 5100.13"),
    Row("printer-firmware-string-version", TEXT, FIXED, lambda v: [__version__], "PWG 5100.13"),
    Row("printer-firmware-version", OCTETS, FIXED, lambda v: [firmware_version()], "PWG 5100.13"),
    Row("printer-geo-location", URI, FIXED, lambda v: UNKNOWN, "PWG 5100.13"),
    Row("printer-get-attributes-supported", KEYWORD, FIXED, lambda v: ["document-format"], "PWG 5100.13"),
    Row("printer-icons", URI, CLIENT, lambda v: [v.client.web(icon) for icon in v.site.icons], "PWG 5100.13"),
    Row("printer-info", TEXT, STATE, lambda v: text(v.printer.info), "5.4.6"),
    Row("printer-input-tray", OCTETS, FIXED, lambda v: input_trays(v.capabilities), "PWG 5100.13"),
    Row("printer-is-accepting-jobs", BOOLEAN, STATE, lambda v: v.printer.accepting, "5.4.23"),
    Row("printer-kind", KEYWORD, FIXED, lambda v: kinds(v.capabilities), "PWG 5100.13"),
    Row("printer-location", TEXT, STATE, lambda v: text(v.printer.location), "5.4.5"),
    Row("printer-make-and-model", TEXT, STATE, lambda v: make_and_model(v.printer), "5.4.9"),
    Row("printer-more-info", URI, CLIENT, lambda v: v.client.web(v.site.page), "5.4.7"),
    Row("printer-name", NAME, STATE, lambda v: text(v.printer.name), "5.4.4"),
    Row("printer-organization", TEXT, FIXED, lambda v: [""], "PWG 5100.13"),
    Row("printer-organizational-unit", TEXT, FIXED, lambda v: [""], "PWG 5100.13"),
    Row("printer-output-tray", OCTETS, FIXED, lambda v: output_trays(v.capabilities), "PWG 5100.13"),
    Row("printer-state", ENUM, STATE, lambda v: v.printer.state, "5.4.11"),
    Row("printer-state-change-date-time", DATE_TIME, STATE, lambda v: moment(v.printer.changed_at), "RFC 3995, 6.2"),
    Row("printer-state-change-time", INTEGER, STATE, lambda v: since_start(v, v.printer.changed_at), "RFC 3995, 6.1"),
    Row("printer-state-message", TEXT, STATE, lambda v: state_message(v.printer), "5.4.13"),
    Row("printer-state-reasons", KEYWORD, STATE, lambda v: v.printer.reasons or ["none"], "5.4.12"),
    Row("printer-supply", OCTETS, STATE, lambda v: supplies(v.printer), "PWG 5100.13"),
    Row("printer-supply-description", TEXT, STATE, lambda v: [text(s.name) for s in v.printer.supplies] or UNTOLD,
        "PWG 5100.13"),
    Row("printer-supply-info-uri", URI, CLIENT, lambda v: v.client.web(v.site.supplies), "PWG 5100.13"),
    Row("printer-up-time", INTEGER, CLOCK, lambda v: v.present.up, "5.4.29"),
    Row("printer-uri-supported", URI, CLIENT,
        lambda v: [v.client.ipp(v.path, secure) for secure in SCHEMES[: 1 + v.site.tls]], "5.4.1"),
    Row("printer-uuid", URI, FIXED, lambda v: "urn:uuid:" + v.printer.uuid, "PWG 5100.13"),
    Row("pwg-raster-document-resolution-supported", RESOLUTION, FIXED, when_pwg(template.resolutions), "PWG 5102.4"),
    Row("pwg-raster-document-sheet-back", KEYWORD, FIXED, when_pwg(lambda c: c.pwg_back_side), "PWG 5102.4"),
    Row("pwg-raster-document-type-supported", KEYWORD, FIXED, when_pwg(lambda c: list(c.pwg_types)), "PWG 5102.4"),
    Row("queued-job-count", INTEGER, STATE, lambda v: v.printer.waiting, "5.4.24"),
    Row("urf-supported", KEYWORD, FIXED, lambda v: list(v.capabilities.urf), "AirPrint"),
    Row("uri-authentication-supported", KEYWORD, FIXED,
        lambda v: ["requesting-user-name", "requesting-user-name"][: 1 + v.site.tls], "5.4.2"),
    Row("uri-security-supported", KEYWORD, FIXED, lambda v: ["none", "tls"][: 1 + v.site.tls], "5.4.3"),
    Row("which-jobs-supported", KEYWORD, FIXED, lambda v: list(operations.WHICH_JOBS), "PWG 5100.7"),
    Row("media-bottom-margin-supported", INTEGER, FIXED, lambda v: margins(v.capabilities, 0), "PWG 5100.7", TEMPLATE),
    Row("media-left-margin-supported", INTEGER, FIXED, lambda v: margins(v.capabilities, 1), "PWG 5100.7", TEMPLATE),
    Row("media-right-margin-supported", INTEGER, FIXED, lambda v: margins(v.capabilities, 2), "PWG 5100.7", TEMPLATE),
    Row("media-top-margin-supported", INTEGER, FIXED, lambda v: margins(v.capabilities, 3), "PWG 5100.7", TEMPLATE),
    Row("media-col-database", COLLECTION, FIXED,
        lambda v: [template.media_col(media) for media in v.capabilities.media], "PWG 5100.7", ON_REQUEST),
    Row("media-col-default", COLLECTION, FIXED, lambda v: media_col_default(v.capabilities), "PWG 5100.7", TEMPLATE),
    Row("media-col-ready", COLLECTION, STATE, lambda v: media_col_ready(v) or NO_VALUE, "PWG 5100.7", TEMPLATE),
    Row("media-col-supported", KEYWORD, FIXED, lambda v: list(template.MEDIA_COL), "PWG 5100.7", TEMPLATE),
    Row("media-ready", KEYWORD, STATE, lambda v: list(v.printer.media_ready) or NO_VALUE, "5.2.11", TEMPLATE),
    Row("media-size-supported", COLLECTION, FIXED,
        lambda v: [template.media_size(media) for media in v.capabilities.media], "PWG 5100.7", TEMPLATE),
    Row("media-source-supported", KEYWORD, FIXED, lambda v: list(v.capabilities.sources), "PWG 5100.7", TEMPLATE),
    Row("overrides-supported", KEYWORD, FIXED,
        lambda v: list(template.OVERRIDES) if v.capabilities.overrides else None, "PWG 5100.6", TEMPLATE),
    Row("media-type-supported", KEYWORD, FIXED, lambda v: list(v.capabilities.types), "PWG 5100.7", TEMPLATE),
)  # fmt: skip


def _of_template(row: template.Row) -> "tuple[Row, Row]":
    """Return the two printer attributes that tell a job template attribute's default and what is supported."""
    default, supported, tag = row.default, row.supported, row.supported_tag
    return (
        Row(f"{row.name}-default", row.tag, FIXED, lambda v: default(v.capabilities), row.section, TEMPLATE),
        Row(f"{row.name}-supported", tag, FIXED, lambda v: supported(v.capabilities), row.section, TEMPLATE),
    )


ALL = ROWS + tuple(row for each in template.ROWS for row in _of_template(each))


def pairs(tag: int, value: "Any") -> "list[tuple[int, Any]]":
    """Return the (tag, value) pairs of a row's value; none for an attribute that is left out."""
    if value is None:
        return []
    if isinstance(value, OutOfBand):
        return [(value.tag, None)]
    if isinstance(value, list):
        return [(tag, each) for each in value]
    return [(tag, value)]
