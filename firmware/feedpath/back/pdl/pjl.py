"""PJL: what stands around a job, and what the machine says on its status channel.

HP, Printer Job Language Technical Reference Manual: chapters 3 to 7, appendix D for the status codes.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from feedpath.core.driver import CANCELED, ENDED, STARTED, Facts

UEL = b"\x1b%-12345X"  # Universal Exit Language: leaves any language for PJL
PCL, POSTSCRIPT = "PCL", "POSTSCRIPT"
RESETS = {  # language -> what ends a page and a job in it, and sets all back
    PCL: b"\x1bE",
    POSTSCRIPT: b"\x04",
}
STRING_MOST = 80  # characters of a string, as the manual allows for NAME
UNSAYABLE = re.compile(r'[^\x20-\x7e]|"')  # what a string may not hold, or holds differently on each machine
TRANSFER_MOST = 32767  # bytes of the longest transfer of raster data that PCL 5 has
TIMED_LEAST_S, TIMED_MOST_S = 5, 300


def start(language: str, name: str = "", user: str = "", settings: "Mapping[str, object] | None" = None) -> bytes:
    """Return what begins a job: its name and user, environment variables set for it, and the language."""
    named = f' NAME="{sayable(name)}"' if sayable(name) else ""
    lines = [f"@PJL JOB{named}"]
    if sayable(user):
        lines.append(f'@PJL SET USERNAME="{sayable(user)}"')
    return UEL + _lines(["@PJL", *lines]) + _entered(language, settings or {})


def again(language: str, settings: "Mapping[str, object]") -> bytes:
    """Return what sets other environment variables between the pages of a job."""
    return UEL + _lines(["@PJL"]) + _entered(language, settings)


def end(name: str = "") -> bytes:
    """Return what ends a job."""
    named = f' NAME="{sayable(name)}"' if sayable(name) else ""
    return UEL + _lines(["@PJL", f"@PJL EOJ{named}"]) + UEL


def abort(language: str, spoken: bool = True, pending: int = TRANSFER_MOST) -> bytes:
    """Return what ends a job that broke off anywhere, so that the next one starts clean.

    A PCL job may break off within the data of a transfer, which eats all that follows until it has its length. So
    zeros fill it first, `pending` of them, as many as the longest transfer of the job has. Those that it does not take
    do nothing: NUL is no operation between commands, and ends one that is not complete. Then the reset prints what the
    page has, and UEL leaves a language, or a broken line of PJL, for the end of the job. spoken: whether the machine
    speaks PJL.
    """
    filling = bytes(min(pending, TRANSFER_MOST)) if language == PCL else b""
    return filling + RESETS[language] + (end() if spoken else b"")


def ustatus(timed_s: int = 0) -> bytes:
    """Return what makes the machine tell changes of its status, and its status each `timed_s` seconds (0: not)."""
    if timed_s:
        timed_s = min(max(timed_s, TIMED_LEAST_S), TIMED_MOST_S)
    told = ["@PJL USTATUS DEVICE = ON", "@PJL USTATUS JOB = ON", "@PJL USTATUS PAGE = ON"]
    return UEL + _lines(["@PJL", *told, f"@PJL USTATUS TIMED = {timed_s}", "@PJL INFO STATUS"]) + UEL


def ustatus_off() -> bytes:
    """Return what makes the machine say nothing by itself."""
    return UEL + _lines(["@PJL", "@PJL USTATUSOFF"]) + UEL


def sayable(text: str) -> str:
    """Return what of `text` can stand in a PJL string; letters lose their accents."""
    return UNSAYABLE.sub("", unicodedata.normalize("NFKD", text))[:STRING_MOST].strip()


def _entered(language: str, settings: "Mapping[str, object]") -> bytes:
    return _lines([f"@PJL SET {key}={value}" for key, value in settings.items()] + [f"@PJL ENTER LANGUAGE={language}"])


def _lines(lines: "list[str]") -> bytes:
    return "".join(line + "\r\n" for line in lines).encode("ascii")


class Group(NamedTuple):
    """A range of status codes, and the reason that holds for those of them that have no row; None tells nothing."""

    first: int
    last: int
    reason: "str | None"


CODES: "dict[int, str | None]" = {  # status code -> printer-state-reasons keyword, "" for all is well, None for nothing
    10000: "",
    10001: "",  # ready: manual 7; hplip base/status.py; Lexmark Technical Reference, table 3-12
    **dict.fromkeys((10002, 10011), "other-report"),  # off line, in its menus: hplip, Lexmark 3-12
    10006: "toner-low-warning",  # manual D-1, hplip, Lexmark 3-12
    10010: None,  # its status buffer ran over: manual A-45
    10024: "other-warning",  # 10024 to 10033 want service: hplip
    10025: "other-warning",
    10027: "media-jam-error",  # hplip
    10033: "other-warning",
    **dict.fromkeys((10200, 10201, 10202, 10203, 10209, 10210, 10211, 10212, 10218), "toner-low-warning"),  # hplip
    **dict.fromkeys(range(10204, 10209), "opc-near-eol-warning"),  # order drums: hplip
    **dict.fromkeys(range(10213, 10218), "other-report"),  # order kits: hplip
    **dict.fromkeys((*range(10300, 10304), *range(10309, 10313)), "toner-empty-warning"),  # replace toner: hplip
    **dict.fromkeys(range(10304, 10309), "opc-life-over-warning"),  # replace drums: hplip
    **dict.fromkeys(range(10313, 10319), "other-warning"),  # replace kits: hplip
    30010: None,  # its status buffer ran over, LaserJet 4 and 5: manual A-45
    30119: "media-jam-error",  # hplip
    35078: "",  # it saves power: manual, appendix D
    40000: "",  # it sleeps, and waits for data: manual, appendix D; Brother HL-1110 and HL-5170DN say so
    40010: "marker-supply-empty-error",  # no cartridge: Lexmark 3-14
    40019: "output-area-full-error",  # Lexmark 3-15
    40021: "cover-open-error",  # manual 7-35, hplip, Lexmark 3-14
    40022: "media-jam-error",  # hplip, Lexmark 3-14
    40026: "input-tray-missing-error",  # manual, appendix D
    40027: "input-tray-missing-error",  # Lexmark 3-14
    40029: "output-tray-missing-error",  # Lexmark 3-14
    40038: "toner-low-error",  # waits for somebody: hplip, Lexmark 3-14
    40039: "marker-supply-empty-error",  # Lexmark 3-14
    40096: "cover-open-error",  # of the duplexer: Lexmark 3-14
    40600: "toner-empty-error",  # hplip
}
BINS = {1: "output-area-full-error", 2: "output-tray-missing-error", 3: "other-error"}  # 15xxy, manual D-7

GROUPS = (  # manual 7-34, 7-35 and D-1
    Group(10000, 10999, ""),  # information
    Group(11000, 11999, "media-empty-report"),  # one tray is empty, another one has the paper
    Group(12000, 12999, ""),  # a tray is open or lifts its paper; the machine stays on line
    Group(15000, 15999, "output-area-full-error"),
    Group(20000, 27999, None),  # PJL that it did not understand
    Group(30000, 30999, "other-warning"),  # goes on by itself
    Group(32000, 32999, None),  # file system
    Group(35000, 35999, "other-warning"),  # stays on line
    Group(40000, 40999, "other-error"),  # waits for somebody
    Group(41000, 41999, "media-empty-error"),
    Group(42000, 42999, "media-jam-error"),
    Group(43000, 43999, "other-error"),  # devices for paper that are attached
    Group(44000, 44999, "media-jam-error"),
    Group(50000, 50999, "other-error"),  # hardware
    Group(55000, 55999, "other-warning"),  # a language does not come up
)


def reason(code: int) -> "str | None":
    """Return the printer-state-reasons keyword of a status code; "" for all is well, None for what tells nothing."""
    if code in CODES:
        return CODES[code]
    if 15000 <= code <= 15999 and code % 10 in BINS:
        return BINS[code % 10]
    return next((group.reason for group in GROUPS if group.first <= code <= group.last), None)


HELD_BYTES = 4096  # of a report that is not complete; real ones take some hundred
REPORT = re.compile(rb"@PJL[ \t]+(USTATUS|INFO)[ \t]+(DEVICE|STATUS|TIMED|JOB|PAGE)\b([^\f]*?)(?=\f|@PJL)", re.DOTALL)
CODE = re.compile(rb"^[ \t]*CODE\d?[ \t]*=[ \t]*(\d{1,9})[ \t]*$", re.MULTILINE)
DISPLAY = re.compile(rb'^[ \t]*DISPLAY[ \t]*=[ \t]*"([^"\r\n]{0,200})', re.MULTILINE)
PAGE = re.compile(rb"\A[ \t\r\n]*(\d{1,9})[ \t\r\n]*\Z")
PAGES = re.compile(rb"^[ \t]*PAGES[ \t]*=[ \t]*(\d{1,9})", re.MULTILINE)
EVENT = re.compile(rb"\A[ \t\r\n]*(START|END|CANCELED)\b")
EVENTS = {b"START": STARTED, b"END": ENDED, b"CANCELED": CANCELED}  # manual 7-37 to 7-39


def _number(found: "re.Match[bytes] | None", otherwise: "int | None") -> "int | None":
    return int(found[1]) if found else otherwise


class Status:
    """What a machine says, understood piece by piece; what is no report of PJL is left out.

    display: what its panel showed at the last report of its status.
    """

    def __init__(self) -> None:
        self.display = ""
        self._held = b""

    def feed(self, said: bytes) -> Facts:
        """Return what the reports that `said` completes tell."""
        text = (self._held + said).replace(b"\r", b"\n")
        reasons: "tuple[str, ...] | None" = None
        impressions: "int | None" = None
        events: "list[str]" = []
        done = 0
        for match in REPORT.finditer(text):
            done = match.end()
            kind, body = match[2], match[3]
            if kind in (b"DEVICE", b"STATUS", b"TIMED"):
                told = self._read_state(body)
                reasons = reasons if told is None else told
            elif kind == b"PAGE":
                impressions = _number(PAGE.match(body), impressions)
            elif event := EVENT.match(body):
                events.append(EVENTS[event[1]])
                impressions = None if events[-1] == STARTED else _number(PAGES.search(body), impressions)
        self._hold(text[done:])
        return Facts(reasons=reasons, impressions=impressions, events=tuple(events))

    def _read_state(self, body: bytes) -> "tuple[str, ...] | None":
        """Return the reasons that a report of the state gives; None when it says nothing of them."""
        shown = DISPLAY.search(body)
        if shown:
            self.display = shown[1].decode("ascii", "replace")
        told = [reason(int(code)) for code in CODE.findall(body)]
        known = [keyword for keyword in told if keyword is not None]
        return tuple(dict.fromkeys(filter(None, known))) if known else None

    def _hold(self, rest: bytes) -> None:
        """Keep what may still become a report."""
        at = rest.rfind(b"@PJL")
        if at < 0:
            at = max(len(rest) - len(b"@PJ"), 0)
        self._held = rest[at:] if len(rest) - at <= HELD_BYTES else b""
