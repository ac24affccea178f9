"""Settings: one table, one flat TOML file that the firmware itself writes, and the watchers of what changes.

A new setting is a new row of TABLE; validation, the command line, the reference page and the file follow from it.
An unknown name or a value that is not allowed is an error that says where it stands and what is allowed.
"""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from feedpath import files
from feedpath.errors import SettingError
from feedpath.kinds import Choice, Keyed, Number, Secret, Switch, Text, Texts, Value

logger = logging.getLogger(__name__)

IMAGE_DEFAULTS = "/usr/lib/feedpath/defaults.toml"  # of a whole device; other computers have no such file


class Setting(NamedTuple):
    """A row of the table; `applies` is live (at once) or restart."""

    name: str
    kind: "Switch | Number | Choice | Text | Texts"
    default: Value
    applies: str
    help: str


SHOWN = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*"  # one line that can be shown and stored
NAME = Text(SHOWN, 63, "one line of at most 63 octets")  # a DNS-SD instance name is one label: RFC 6763, 4.1.1
PLACE = Text(SHOWN, 127, "one line of at most 127 octets")  # printer-location is text(127): RFC 8011, 5.4.5
ADDRESS = Text(r"[0-9]+(\.[0-9]+){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|", 45, "an IPv4 or IPv6 address, or empty for all")
HOST = Text(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", 253, "a host name without port")
PORT = Number(0, 65535)
COMMUNITY = r"[!-~]*"  # of SNMP: printable ASCII without blanks
USER_NAME = r"[A-Za-z0-9_.-]{1,32}"
SINK = Text(rf"(v1:|v2c:|inform:|v3:{USER_NAME}@|v3-inform:{USER_NAME}@)?([0-9]+(\.[0-9]+){{3}}(:[0-9]{{1,5}})?|"
            r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*|\[[0-9A-Fa-f:.]+\]:[0-9]{1,5})", 96,
            "an IPv4 or IPv6 address, and a port behind a colon where it is not 162, as [fd00::1]:1162; before it v1:, "
            "v2c:, inform:, v3:USER@ or v3-inform:USER@, where it is not v2c:")  # fmt: skip
USER = Text(rf"{USER_NAME} (read|write|inform@([0-9a-f]{{2}}){{5,32}}) "
            r"(SHA-224:[0-9a-f]{56}|SHA-256:[0-9a-f]{64}|SHA-384:[0-9a-f]{96}|SHA-512:[0-9a-f]{128}) "
            r"(AES-128:[0-9a-f]{32}|AES-192:[0-9a-f]{48}|AES-256:[0-9a-f]{64})", 320,
            "what feedpath snmp add makes, with its keys; or empty for nobody")  # fmt: skip
SIZE = Text(r"([1-9][0-9]{0,2}(\.[0-9]{1,2})?x[1-9][0-9]{0,2}(\.[0-9]{1,2})?(mm|in))?", 17,
            "width and length as 100x150mm or 4x6in, or empty")  # fmt: skip
OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IPV4 = rf"({OCTET}(\.{OCTET}){{3}})"
ROUTER = Text(IPV4 + "?", 15, "an IPv4 address, or empty for none")
WITH_PREFIX = Text(rf"({IPV4}/([1-9]|[12][0-9]|3[0-2]))?", 18,
                   "an IPv4 address and the length of its network's mask, as 192.168.1.5/24, or empty")  # fmt: skip
NETWORK = Text(rf"{IPV4}(/([0-9]|[12][0-9]|3[0-2]))?|"
               r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/(1[01][0-9]|12[0-8]|[0-9]{1,2}))?", 49,
               "an IPv4 or IPv6 network as 192.0.2.0/24 or fd00::/8, or an address")  # fmt: skip
SERVER = Text(IPV4, 15, "an IPv4 address")
LINK = Text(r"[A-Za-z0-9_.@-]{1,15}", 15, "the name of a network interface")
MIB = "MiB"

TABLE = (
    Setting("name", NAME, "", "live", "What a printer is called that is new here. Empty: its make and model."),
    Setting("location", PLACE, "", "live", "Where the printers stand, as clients show it."),
    Setting("region", Choice("auto", "a4", "letter"), "auto", "restart",
            "Which paper size is offered first. With auto, the time zone of this computer decides."),
    Setting("port", PORT, 8631, "restart", "TCP port of IPP and of these pages. 0 picks a free one."),
    Setting("web-port", PORT, 0, "restart",
            "A second TCP port of these pages, as 80, where browsers look for them first. 0: none."),
    Setting("listen", ADDRESS, "", "restart", "The one address to answer on. Empty: all of them."),
    Setting("tls", Switch(), True, "restart", "Answer encrypted connections as well, on the same port."),
    Setting("mdns", Switch(), True, "restart", "Announce the printers in the local network (Bonjour, DNS-SD)."),
    Setting("ntp-servers", Texts(HOST), (), "live",
            "Servers to ask for the time, where no other program of this computer keeps its clock right. Empty: those "
            "that the network tells, with network = dhcp."),
    Setting("hosts", Texts(HOST), (), "live",
            "Further names under which browsers reach this computer; addresses, localhost and *.local always work."),
    Setting("network", Choice("system", "dhcp", "static"), "system", "live",
            "Who gives this computer its address: its own system, or feedpath, from the network (dhcp) or by the "
            "settings below (static). What is changed here must be kept within two minutes, on a page at the new "
            "address or by setting it once more: else, or after a power cut, the settings of before come back."),
    Setting("network-interfaces", Texts(LINK), (), "live",
            "The network interfaces that get an address from feedpath. Empty: all cables and radios."),
    Setting("network-address", WITH_PREFIX, "", "live",
            "This computer's address, with network = static. The first of network-interfaces has it, or else the "
            "first cable; all others get theirs from the network."),
    Setting("network-router", ROUTER, "", "live", "The router out of the network, with network = static."),
    Setting("network-dns", Texts(SERVER), (), "live", "The name servers, with network = static."),
    Setting("show-job-names", Switch(), False, "live",
            "Everyone who sees the page reads what jobs are called and whose they are. Off: the administrator only."),
    Setting("raw", Switch(), False, "restart",
            "Answer raw print data (JetDirect). Whoever reaches that can send the printer any command at all."),
    Setting("raw-port", PORT, 9100, "restart", "TCP port of raw print data."),
    Setting("contact", PLACE, "", "live", "Who takes care of the printers, as SNMP tells it (sysContact)."),
    Setting("snmp", Switch(), True, "restart",
            "Tell programs that watch printers their status, supplies and alerts by SNMP (v1, v2c; v3: snmp-users)."),
    Setting("snmp-port", PORT, 161, "restart", "UDP port of SNMP. 0 picks a free one."),
    Setting("snmp-community", Text(COMMUNITY, 63, "at most 63 letters, digits and signs without blanks"), "public",
            "live", "Who names it may read by SNMP; public works in this computer's own networks only, or in those of "
            "snmp-sources. Empty: nobody."),
    Setting("snmp-sources", Texts(NETWORK), (), "live",
            "Networks and addresses that alone may ask by SNMP, in any version, and public is for all of them; what "
            "confirms an inform may come from elsewhere. Empty: all may ask. A change holds within seconds."),
    Setting("snmp-write-community", Secret(COMMUNITY, 63, "at most 63 letters, digits and signs without blanks"), "",
            "live", "Who names it may also set contact, location and printers' names by SNMP, and reset printers, from "
            "wherever snmp-sources lets. Empty: nobody."),
    Setting("snmp-users", Keyed(USER), (), "live",
            "Who may read, or read and write, by SNMPv3, always with authentication and privacy: feedpath snmp adds "
            "and removes them. Keys are kept, no passphrases."),
    Setting("snmp-trap-sinks", Texts(SINK), (), "live",
            "Who is told at once of starts, alerts and wrong communities or passphrases, by SNMP traps: addresses, as "
            "192.0.2.1. With v1:192.0.2.1 in that version, with v3:alice@192.0.2.1 as that user of SNMPv3. An inform "
            "(inform:192.0.2.1, v3-inform:alice@192.0.2.1) is repeated until the receiver confirms it."),
    Setting("lpd", Switch(), False, "restart",
            "Answer LPD (lpr), as old systems print. Whoever reaches that can send the printer any command at all."),
    Setting("lpd-port", PORT, 515, "restart", "TCP port of LPD."),
    Setting("stream", Choice("auto", "never"), "auto", "live",
            "auto prints while a document arrives; never waits until all of it is here."),
    Setting("stream-min-rate", Number(0, 1048576, "KiB/s"), 16, "live",
            "A document that arrives slower is stored first, as laser printers eject half pages. 0: never."),
    Setting("stall-seconds", Number(0, 3600, "seconds"), 5, "live",
            "How long a printer may take nothing before what arrives is stored, so that clients do not give up."),
    Setting("after-power-cycle", Choice("restart", "hold", "abort"), "restart", "live",
            "What a half-printed job does when its printer was off: start again, wait for its owner, or end."),
    Setting("keep-copy", Number(0, 4096, MIB), 16, "live",
            "How much of a job that prints as it arrives is kept in memory, so that it can start again."),
    Setting("dot-gain", Number(-25, 25, "percent"), 0, "live",
            "How much too dark grays come out in black and white; they are made so much lighter. Below 0: darker."),
    Setting("halftone", Choice("auto", "blue-noise", "error-diffusion"), "auto", "live",
            "How gray becomes black dots. error-diffusion is finer and takes longer; auto: that for high quality."),
    Setting("blank-pages", Choice("print", "skip"), "print", "live",
            "Whether pages with nothing on them are printed. A sheet with one blank side is always printed whole."),
    Setting("receipt-roll", Choice("auto", "58mm", "80mm"), "auto", "live",
            "How wide the paper of receipt printers is: 384 or 576 dots. auto: what the printer's model has."),
    Setting("receipt-cut", Choice("auto", "full", "partial", "none"), "auto", "live",
            "How a receipt is cut off. auto: as the printer's model does."),
    Setting("receipt-feed", Number(0, 100, "lines"), 0, "live",
            "How much paper is fed before a receipt is cut off. 0: as the printer's model needs."),
    Setting("receipt-drawer", Choice("none", "before", "after"), "none", "live",
            "Whether each job opens the cash drawer at the receipt printer, before or after it prints."),
    Setting("receipt-drawer-pin", Choice("2", "5"), "2", "live",
            "Which pin of the drawer connector opens the cash drawer; two drawers have one each."),
    Setting("label-size", SIZE, "", "live", "The labels in label printers. Empty: 100x150mm, and each job may say."),
    Setting("label-darkness", Number(0, 100, "percent"), 0, "live",
            "How dark labels are printed. 0: as set at the printer."),
    Setting("label-speed", Number(0, 14, "inches a second"), 0, "live",
            "How fast labels are printed; slower is sharper. 0: as set at the printer."),
    Setting("label-tracking", Choice("auto", "gap", "mark", "continuous"), "auto", "live",
            "What parts the labels: gaps, black marks on the back, or nothing. auto: as set at the printer."),
    Setting("spool-limit", Number(16, 1048576, MIB), 1024, "restart", "How much storage waiting documents may take."),
    Setting("waiting-jobs", Number(1, 100000, "jobs"), 1000, "live", "How many jobs may wait for a printer."),
    Setting("job-history", Number(0, 100000, "jobs"), 200, "live", "How many ended jobs are remembered."),
    Setting("job-history-days", Number(0, 3650, "days"), 30, "live",
            "How long ended jobs are remembered. 0: until job-history is reached."),
    Setting("multiple-operation-time-out", Number(10, 86400, "seconds"), 120, "live",
            "How long a job waits for its next document before it ends (RFC 8011, 5.4.31)."),
    Setting("decompress-ratio", Number(2, 10000), 200, "live",
            "How many times larger than it arrived a compressed document may become."),
    Setting("decompress-limit", Number(1, 1048576, MIB), 4096, "live",
            "How large a compressed document may become at most."),
    Setting("max-connections", Number(16, 65536, "connections"), 4096, "restart",
            "How many connections may be open; past that, the one that was idle longest is closed."),
    Setting("trust-loopback", Switch(), True, "live",
            "Programs on this computer administer without the claim code. Off: on shared computers, behind proxies."),
    Setting("log-level", Choice("debug", "info", "warning", "error"), "info", "live", "What the log tells at least."),
)  # fmt: skip

ROWS = {row.name: row for row in TABLE}
HEADER = "# Settings of feedpath, written by the firmware: change them with `feedpath settings set NAME VALUE`.\n"


class Settings:
    """The settings in effect. `settings["port"]` is the value; each name of TABLE is always there.

    A value comes from what is on trial, else from an override (this run only), else from the file, else from the
    defaults of the image, else from the table.
    on_trial: the names that `store` puts in effect only; `keep` makes them durable, `drop` brings the old ones back.
    """

    def __init__(self, path: "str | None" = None):
        """Start with the defaults; `path` is where `store` writes, None for nowhere."""
        self._path = path
        self._defaults: dict[str, Value] = {}
        self._stored: dict[str, Value] = {}
        self._overrides: dict[str, Value] = {}
        self._tried: dict[str, Value] = {}
        self.on_trial: frozenset[str] = frozenset()
        self._watchers: list[Callable[[frozenset[str]], None]] = []
        self._lock = threading.Lock()  # one writer of the file at a time

    @classmethod
    def load(cls, path: str, defaults: str = IMAGE_DEFAULTS) -> "Settings":
        """Return the settings of the file at `path`; a file that is not there holds none. defaults: a file of others.

        When the file is not TOML, as a power cut can leave it, its previous copy serves, and the log says so.
        Raise SettingError when there is no such copy, or when a name or a value is wrong.
        """
        settings = cls(path)
        settings._stored = _read_sound(path)
        if os.path.exists(defaults):
            settings._defaults = _read(defaults)
        return settings

    def __getitem__(self, name: str) -> Any:
        """Return the value in effect of a name of TABLE."""
        for values in (self._tried, self._overrides, self._stored, self._defaults):
            if name in values:
                return values[name]
        return ROWS[name].default

    def __iter__(self) -> Iterator[Setting]:
        """Give the rows of the table."""
        return iter(TABLE)

    def show(self, name: str) -> str:
        """Return the value in effect as people write it; raise SettingError for an unknown name."""
        return find(name).kind.show(self[name])

    def override(self, name: str, text: str) -> None:
        """Take the value that `text` means for this run only; raise SettingError when it is not allowed."""
        self._overrides[name] = parse(name, text)

    def set(self, name: str, text: str) -> None:
        """Check, store and announce a value; raise SettingError. On the event loop: `store` in a thread, `announce`."""
        self.store(name, text)
        self.announce(name)

    def store(self, name: str, text: str) -> None:
        """Check a value, make it durable and put it in effect; raise SettingError or OSError. Waits for the disk."""
        value = parse(name, text)
        with self._lock:
            if name in self.on_trial:
                self._tried = {**self._tried, name: value}
            else:
                self._store({name: value})

    def take(self, document: "Mapping[str, object]") -> None:
        """Make durable all that a TOML document says; raise SettingError that tells each wrong thing, or OSError."""
        values, wrong = {}, []
        for name, value in document.items():
            try:
                values[name] = _from_toml(find(name), value)
            except SettingError as error:
                wrong.append(str(error))
        if wrong:
            raise SettingError("\n".join(wrong))
        with self._lock:
            self._store(values)

    def tried(self) -> "dict[str, str]":
        """Return what is on trial, as people write it."""
        return {name: ROWS[name].kind.show(value) for name, value in self._tried.items()}

    def keep(self, tried: "Mapping[str, str]") -> None:
        """Make durable what `tried` told; what came on trial since then stays there. Raise OSError. Waits for disks."""
        values = {name: parse(name, text) for name, text in tried.items()}
        with self._lock:
            if values:
                self._store(values)
            self._tried = {name: value for name, value in self._tried.items() if values.get(name) != value}

    def drop(self) -> "dict[str, str]":
        """Bring back the values of before what is on trial; return that as people write it."""
        tried = self.tried()
        self._tried = {}
        return tried

    def _store(self, values: "dict[str, Value]") -> None:
        stored = {**self._stored, **values}
        if self._path is not None:
            _write(self._path + ".previous", self._stored)
            _write(self._path, stored)
        self._stored = stored
        for name in values:
            self._overrides.pop(name, None)

    def announce(self, *names: str) -> None:
        """Tell the watchers that these settings have changed."""
        for watcher in list(self._watchers):
            watcher(frozenset(names))

    def watch(self, callback: "Callable[[frozenset[str]], None]") -> "Callable[[], None]":
        """Call `callback(names)` after each change; return what ends that."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)


def find(name: str) -> Setting:
    """Return the row of a name; raise SettingError that suggests the nearest one."""
    if name in ROWS:
        return ROWS[name]
    import difflib

    near = difflib.get_close_matches(name, ROWS, 1)
    raise SettingError(f"there is no setting {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def parse(name: str, text: str) -> Value:
    """Return the value of the setting `name` that `text` means; raise SettingError that says what is allowed."""
    row = find(name)
    return _checked(row, row.kind.parse(text), text)


def reference() -> str:
    """Return the reference page of all settings, as a Markdown table."""
    lines = ["| setting | what it does | allowed | default | applies |", "|---|---|---|---|---|"]
    for row in TABLE:
        default = f"`{row.kind.show(row.default)}`" if row.default not in ("", ()) else "empty"
        lines.append(f"| `{row.name}` | {row.help} | {row.kind.allowed} | {default} | {row.applies} |")
    return "\n".join(lines) + "\n"


def _checked(row: Setting, value: Any, written: object) -> Value:
    if not row.kind.holds(value):
        raise SettingError(f"{row.name} cannot be {written!r}: it must be {row.kind.allowed}")
    return value  # type: ignore[no-any-return]


class _NotToml(Exception):
    """The file is no TOML at all."""


def _read_sound(path: str) -> "dict[str, Value]":
    """Return the values of the file, or of its previous copy when the file is broken."""
    try:
        return _read(path)
    except FileNotFoundError:
        return {}
    except _NotToml as broken:
        try:
            values = _read(path + ".previous")
        except (FileNotFoundError, _NotToml):
            message = f"{path}: {broken}, and there is no sound previous copy; delete it to start anew"
            raise SettingError(message) from None
        logger.warning("%s: %s; its previous copy serves instead", path, broken)
        return values


def _read(path: str) -> "dict[str, Value]":
    """Return the values of one file; raise FileNotFoundError, _NotToml, or SettingError for a wrong name or value."""
    import tomllib

    with open(path, "rb") as file:
        content = file.read()
    if not content.strip(b"\0 \r\n"):
        raise _NotToml("the file is empty")
    try:
        document = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _NotToml(str(error)) from error
    try:
        return {name: _from_toml(find(name), value) for name, value in document.items()}
    except SettingError as error:
        raise SettingError(f"{path}: {error}") from None


def _from_toml(row: Setting, value: Any) -> Value:
    return _checked(row, tuple(value) if isinstance(value, list) else value, value)


def _to_toml(value: Value) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_to_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)  # for bool, int and text without control characters, JSON is TOML


def _write(path: str, values: "dict[str, Value]") -> None:
    lines = [f"{row.name} = {_to_toml(values[row.name])}\n" for row in TABLE if row.name in values]
    files.replace(path, HEADER + "".join(lines), private=True)
