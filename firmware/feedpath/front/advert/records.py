"""What is announced of a printer: service types and TXT keys, as data. Pure.

Sources: BP is Apple's Bonjour Printing Specification 1.2.1; EVE is IPP Everywhere 1.1 (PWG 5100.14-2020), section 4.2;
CUPS is what its dnssd backend reads besides. AirPrint and Mopria have no public text: their keys are those that CUPS
and PAPPL announce for them.

printer-type is not announced: it would tell CUPS that this is another CUPS server, to which it sends raw jobs.
printer-state is not either: each job would be multicast to the whole network. printer-state-reasons is, as IPP calls it
(RFC 8011, 5.4.12), with errors and warnings only: an empty tray is seen without a question.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Union

from feedpath.core.printer import Printer

KEY_BYTES = 255  # a TXT string has one octet for its length (RFC 6763, 6.1)
TXT_BYTES = 1300  # what fits one Ethernet packet with the rest of the answer (RFC 6763, 6.2)

Value = Union[str, "tuple[str, ...]", None]


class Reach(NamedTuple):
    """How clients reach one printer: all that the host name does not tell.

    port: of IPP and the pages. path: of its queue, without the first slash. page: path of its page, with it.
    raw_port, lpd_port: 0 when raw data or LPD is off. tls: whether `port` takes TLS too. sign_in: what printing asks
    for in the words of the key air, "none" or "username,password".
    """

    port: int
    path: str = "ipp/print"
    page: str = "/"
    raw_port: int = 0
    tls: bool = True
    sign_in: str = "none"
    lpd_port: int = 0


class Service(NamedTuple):
    """One service of a printer: its type without domain, its port, its TXT record, the subtypes it is also found by."""

    type: str
    port: int
    txt: bytes
    subtypes: "tuple[str, ...]" = ()


class Key(NamedTuple):
    """A TXT key; a value of None leaves it out, a tuple is a list that may lose its end where it is too long."""

    name: str
    value: "Callable[[Printer, Reach, str], Value]"
    ipp_only: bool = False


def _yes(claim: bool) -> str:
    return "T" if claim else "F"


def _adminurl(printer: Printer, reach: Reach, host: str) -> str:
    port = "" if reach.port == 80 else ":%d" % reach.port
    return "http://%s%s%s" % (host, port, reach.page)


def _pdl(printer: Printer, reach: Reach, host: str) -> Value:
    return tuple(format for format in printer.capabilities.formats if format != "application/octet-stream")


def _reasons(printer: Printer, reach: Reach, host: str) -> Value:
    told = dict.fromkeys(reason for reason in printer.reasons if reason.endswith(("-error", "-warning")))
    return tuple(told) or "none"


def _device_id(field: str, *more: str) -> "Callable[[Printer, Reach, str], Value]":
    def value(printer: Printer, reach: Reach, host: str) -> Value:
        for pair in printer.device_id.split(";"):
            name, _, content = pair.partition(":")
            if name.strip().upper() in (field, *more):
                return content.strip()
        return None

    return value


PAPER_MAX = (  # short edge in hundredths of a millimetre, up to which the word holds
    (20999, "<legal-A4"),
    (27899, "legal-A4"),  # Legal is 21590 wide, A4 21000
    (41999, "tabloid-A3"),  # Tabloid is 27940 wide, A3 29700
    (43180, "isoC-A2"),  # ISO/ANSI C is 43180 wide, A2 42000
)


def _paper_max(printer: Printer, reach: Reach, host: str) -> str:
    widest = max((min(media.width, media.length) for media in printer.capabilities.media), default=0)
    for limit, word in PAPER_MAX:
        if widest <= limit:
            return word
    return ">isoC-A2"


KEYS = (  # the most needed first: the last ones are left out where all of them are too long
    Key("txtvers", lambda printer, reach, host: "1"),  # RFC 6763, 6.7: first
    Key("qtotal", lambda printer, reach, host: "1"),  # BP: TXT records of this service
    Key("rp", lambda printer, reach, host: reach.path, ipp_only=True),  # BP, EVE
    Key("ty", lambda printer, reach, host: printer.make_and_model or printer.info),  # BP
    Key("pdl", _pdl),  # BP, EVE
    Key("UUID", lambda printer, reach, host: printer.uuid),  # EVE, AirPrint
    Key("URF", lambda printer, reach, host: printer.capabilities.urf or None, ipp_only=True),  # AirPrint
    Key("adminurl", _adminurl),  # BP, EVE: the same as printer-more-info
    Key("note", lambda printer, reach, host: printer.location),  # BP
    Key("TLS", lambda printer, reach, host: "1.2" if reach.tls else None, ipp_only=True),  # EVE
    Key("product", lambda printer, reach, host: "(%s)" % (printer.make_and_model or printer.info)),  # BP
    Key("Color", lambda printer, reach, host: _yes(printer.capabilities.color)),  # BP
    Key("Duplex", lambda printer, reach, host: _yes(len(printer.capabilities.sides) > 1)),  # BP
    Key("Copies", lambda printer, reach, host: _yes(printer.capabilities.copies > 1)),  # BP
    Key("Collate", lambda printer, reach, host: _yes(printer.capabilities.copies > 1)),  # BP
    Key("air", lambda printer, reach, host: reach.sign_in, ipp_only=True),  # BP: authInfoRequired
    Key("mopria-certified", lambda printer, reach, host: "1.3", ipp_only=True),  # Mopria; Windows reads it too
    Key("PaperMax", _paper_max),  # BP
    Key("kind", lambda printer, reach, host: "document", ipp_only=True),  # AirPrint
    Key("usb_MFG", _device_id("MFG", "MANUFACTURER")),  # BP, CUPS: from the IEEE 1284 device id
    Key("usb_MDL", _device_id("MDL", "MODEL")),
    Key("usb_CMD", _device_id("CMD", "COMMAND SET")),
    Key("Scan", lambda printer, reach, host: "F"),  # AirPrint
    Key("Fax", lambda printer, reach, host: "F"),  # AirPrint
    Key("printer-state-reasons", _reasons, ipp_only=True),
)

PRIORITY = {
    "_ipp._tcp": "0",
    "_ipps._tcp": "0",
    "_pdl-datastream._tcp": "50",
    "_printer._tcp": "60",
}  # BP: 0 to 99, the lowest is used
EMPTY_TXT = b"\0"  # RFC 6763, 6.1: a record without strings is not allowed


def services(printer: Printer, reach: Reach, host: str) -> "list[Service]":
    """Return what is announced of a printer on `host`, a full name without the dot at its end."""
    subtypes = ("_print", "_universal") if printer.capabilities.urf else ("_print",)  # EVE 4.2.3, AirPrint
    found = [
        # BP: the flagship. It holds the name for all types; port 0 says that LPD itself is not spoken.
        Service("_printer._tcp", reach.lpd_port, _lpd_txt(printer, reach, host)),
        Service("_ipp._tcp", reach.port, record(_pairs(printer, reach, host, "_ipp._tcp")), subtypes),
        Service("_http._tcp", reach.port, record([("path", reach.page)]), ("_printer",)),
    ]
    if reach.tls:
        found.append(Service("_ipps._tcp", reach.port, record(_pairs(printer, reach, host, "_ipps._tcp")), subtypes))
    if reach.raw_port:
        txt = record(_pairs(printer, reach, host, "_pdl-datastream._tcp"))
        found.append(Service("_pdl-datastream._tcp", reach.raw_port, txt))
    return found


def _lpd_txt(printer: Printer, reach: Reach, host: str) -> bytes:
    if not reach.lpd_port:
        return EMPTY_TXT
    return record([*_pairs(printer, reach, host, "_printer._tcp"), ("rp", printer.name)])  # BP: the queue


def _pairs(printer: Printer, reach: Reach, host: str, type: str) -> "list[tuple[str, Value]]":
    ipp = type in ("_ipp._tcp", "_ipps._tcp")
    pairs = [(key.name, key.value(printer, reach, host)) for key in KEYS if ipp or not key.ipp_only]
    return pairs + [("priority", PRIORITY[type])]


def record(pairs: "Iterable[tuple[str, Value]]") -> bytes:
    """Return a TXT record of the pairs in their order, without the last ones where they do not all fit."""
    out = b""
    for name, value in pairs:
        if value is not None:
            string = _string(name, value)
            if len(out) + 1 + len(string) <= TXT_BYTES:
                out += bytes([len(string)]) + string
    return out


def _string(name: str, value: "str | tuple[str, ...]") -> bytes:
    """Return name=value, cut to what a TXT string holds: a list after a whole item, a text after a whole character."""
    room = KEY_BYTES - len(name) - 1
    if isinstance(value, tuple):
        while len(",".join(value).encode()) > room:
            value = value[:-1]
        value = ",".join(value)
    return name.encode() + b"=" + value.encode()[:room].decode(errors="ignore").encode()
