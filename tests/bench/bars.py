"""What is measured, and what feedpath must reach: a row each."""

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

OURS = "feedpath"
NOTHING = 1e-9  # for a quick run, whose CPU time may be less than a tick


class Measure(NamedTuple):
    """A row of the table of figures."""

    key: str
    label: str
    digits: int


class Bar(NamedTuple):
    """What feedpath must reach: at most (or at least) `limit`, times the peer's figure of the same round if any."""

    key: str
    peer: str | None
    at_most: bool
    limit: float

    def figure(self, samples: Callable[[str, str], list[float]]) -> float:
        """Return what is held against the limit: a median over the rounds, so that a machine's moods cancel out."""
        ours = samples(self.key, OURS)
        if self.peer is None:
            return median(ours)
        return median(
            mine / (theirs or NOTHING) for mine, theirs in zip(ours, samples(self.key, self.peer), strict=True)
        )

    def met(self, figure: float) -> bool:
        """Return whether the figure is on the right side."""
        return figure <= self.limit if self.at_most else figure >= self.limit


class Table(NamedTuple):
    """What is measured in one run, and written as one page.

    columns: feedpath and who is measured beside it. packages: Debian's, as dpkg names them. figures: what the figures
    are. notes: what a reader must know of the bars.
    """

    name: str
    title: str
    columns: "tuple[str, ...]"
    measures: "tuple[Measure, ...]"
    bars: "tuple[Bar, ...]"
    packages: "tuple[str, ...]"
    figures: str
    notes: "tuple[str, ...]" = ()


BACKBONE_MEASURES = (
    Measure("bulk.length.cpu", "Bulk job with Content-Length: server CPU s/GB", 2),
    Measure("bulk.length.rate", "Bulk job with Content-Length: MB/s", 0),
    Measure("bulk.chunked.cpu", "Bulk job in 32 KiB chunks: server CPU s/GB", 2),
    Measure("bulk.chunked.rate", "Bulk job in 32 KiB chunks: MB/s", 0),
    Measure("bulk.raw.cpu", "Bulk job on the raw port: server CPU s/GB", 2),
    Measure("bulk.raw.rate", "Bulk job on the raw port: MB/s", 0),
    Measure("latency.small", "4 KiB job, from request to last byte at the device: ms", 2),
    Measure("latency.first", "Job arriving at 20 MB/s, first byte from arrival to device: ms", 1),
    Measure("latency.last", "Job arriving at 20 MB/s, last byte from arrival to device: ms", 1),
    Measure("memory.job", "Long job: MiB", 0),
    Measure("memory.rss", "Long job: RSS added at the peak, MiB", 2),
    Measure("memory.shared", "Long job: shared memory and memory files added, MiB", 2),
    Measure("memory.written", "Long job: written to storage beyond what a small job writes, MiB", 2),
    Measure("answers.size", "Get-Printer-Attributes (all): bytes of the answer", 0),
    Measure("answers.kept.rate", "Get-Printer-Attributes (all), kept connection: requests/s", 0),
    Measure("answers.kept.cpu", "Get-Printer-Attributes (all), kept connection: server CPU ms", 3),
    Measure("answers.new.rate", "Get-Printer-Attributes (all), new connections: requests/s", 0),
    Measure("answers.new.cpu", "Get-Printer-Attributes (all), new connections: server CPU ms", 3),
    Measure("fairness.gigabit.median", "Small request during a bulk job at 110 MB/s, median: ms", 2),
    Measure("fairness.gigabit.p99", "Small request during a bulk job at 110 MB/s, 99th percentile: ms", 2),
    Measure("fairness.gigabit.count", "Small request during a bulk job at 110 MB/s: samples a round", 0),
    Measure("fairness.full.median", "Small request during a bulk job at full speed, median: ms", 2),
    Measure("fairness.full.p99", "Small request during a bulk job at full speed, 99th percentile: ms", 2),
    Measure("fairness.full.count", "Small request during a bulk job at full speed: samples a round", 0),
    Measure("jobs.rate", "4 KiB jobs: jobs/s at the device", 0),
    Measure("jobs.cpu", "4 KiB jobs: server CPU ms", 2),
    Measure("startup.first.cpu", "First start, empty storage: CPU s to the first answer", 2),
    Measure("startup.first.time", "First start, empty storage: s to the first answer", 2),
    Measure("startup.again.cpu", "Start: CPU s to the first answer", 2),
    Measure("startup.again.time", "Start: s to the first answer", 2),
    Measure("startup.rss", "Idle: RSS MiB", 1),
)

BACKBONE_BARS = (
    Bar("bulk.length.cpu", "ippeveprinter", True, 0.75),
    Bar("bulk.length.cpu", "cupsd", True, 0.45),
    Bar("bulk.chunked.cpu", "ippeveprinter", True, 0.85),
    Bar("bulk.raw.cpu", "p910nd", True, 1.2),
    Bar("latency.small", "ippeveprinter", True, 0.2),
    Bar("latency.first", None, True, 10),
    Bar("memory.rss", None, True, 2),
    Bar("memory.written", None, True, 0.05),  # pages of records; a document would be thousands of MiB
    Bar("answers.kept.rate", "ippeveprinter", False, 1.5),
    Bar("answers.kept.rate", "cupsd", False, 1.5),
    Bar("answers.new.rate", "cupsd", False, 0.8),
    Bar("fairness.gigabit.p99", "ippeveprinter", True, 1.0),
    Bar("fairness.full.p99", "ippeveprinter", True, 1.0),
    Bar("jobs.rate", "ippeveprinter", False, 10),
    Bar("startup.again.cpu", None, True, 0.25),
    Bar("startup.rss", None, True, 40),
)

BACKBONE = Table(
    "backbone",
    "The backbone, beside Debian's print servers",
    (OURS, "ippeveprinter", "cupsd", "p910nd"),
    BACKBONE_MEASURES,
    BACKBONE_BARS,
    ("cups-ipp-utils", "cups-daemon", "p910nd"),
    "CPU is user and system time of the server's processes, children included.",
)

PAGES = ("text", "photo", "mixed")
DOCUMENT_MEASURES = (
    *(Measure(f"raster.{page}.cpu", f"A4 page in grey, {page}, URF to PCL 5: CPU ms", 1) for page in PAGES),
    Measure("raster.interpreted", "A4 page in grey, text, URF to PCL 5 by interpreted kernels: CPU ms", 0),
    *(Measure(f"raster.{page}.coded", f"A4 page in grey, {page}: KiB of URF", 0) for page in PAGES),
    *(Measure(f"size.{page}", f"The same dots as PCL 5, {page}: KiB", 0) for page in PAGES),
    Measure("memory.page", "A4 page in grey, photo, URF to PCL 5: RSS added, MiB", 2),
    Measure("memory.long", "Page of 10 m in grey, URF to ESC/POS: RSS added, MiB", 2),
    Measure("pdf.cpu", "PDF of 10 pages: CPU s", 2),
    Measure("pdf.rss", "PDF of 10 pages: RSS of the process at the peak, MB", 1),
    Measure("picture.mono.rss", "JPEG of 24 megapixels to PCL 5: RSS of the worker at the peak, MB", 1),
    Measure("picture.mono.cpu", "JPEG of 24 megapixels to PCL 5: CPU s", 2),
    Measure("picture.color.rss", "JPEG of 24 megapixels to PCL 5 in colour: RSS of the worker at the peak, MB", 1),
    Measure("picture.color.cpu", "JPEG of 24 megapixels to PCL 5 in colour: CPU s", 2),
    Measure("first.page", "PDF of 100 pages over IPP, from its last byte to the first dots at the device: ms", 0),
    Measure("first.all", "PDF of 100 pages over IPP, from its last byte to the last one at the device: s", 1),
)
DOCUMENT_BARS = (
    *(Bar(f"raster.{page}.cpu", "libcups", True, 0.7) for page in PAGES),
    *(Bar(f"size.{page}", peer, True, 1.0) for page in PAGES for peer in ("rastertopclx", "rastertohp")),
    Bar("memory.page", None, True, 8),
    Bar("memory.long", None, True, 8),
    Bar("pdf.cpu", "pdftoppm", True, 0.7),
    Bar("pdf.rss", None, True, 50),
    Bar("picture.mono.rss", None, True, 60),
    Bar("picture.color.rss", None, True, 60),
    Bar("first.page", None, True, 1000),
)
DOCUMENTS = Table(
    "documents",
    "Documents, beside Debian's programs",
    (OURS, "libcups", "rastertopclx", "rastertohp", "pdftoppm"),
    DOCUMENT_MEASURES,
    DOCUMENT_BARS,
    ("libcups2", "cups", "cups-filters-core-drivers", "poppler-utils", "ghostscript"),
    "CPU is user and system time; for pages of raster that of a second conversion in the same process, without its "
    "start, else that of a process with its start.",
    (
        "URF: feedpath decodes, fits, halftones and encodes the page; libcups only decodes it.",
        "Sizes: the dots are feedpath's halftone of the page; the filters' figure is that of the best compression.",
        "PDF: feedpath draws at 600 dpi in grey, fits, halftones and encodes PCL 5; pdftoppm draws at 600 dpi in grey "
        "and writes the pixels to /dev/null.",
        "Memory: that of the process whose CPU is told; of raster, what the conversion adds to a process that has "
        "loaded all it needs.",
    ),
)

ASKED = {  # a kind of SNMP request: what it is called
    "get": "GET of sysDescr.0",
    "six": "GET of six objects of system",
    "next": "GETNEXT in ifTable",
    "bulk": "GETBULK of 20 objects of ifTable",
    "walk": "a step of a walk over ifTable",
}
NETWORK_MEASURES = (
    *(Measure(f"snmp.{kind}.cpu", f"SNMP, {label}: CPU us", 1) for kind, label in ASKED.items()),
    *(Measure(f"snmp.{kind}.rate", f"SNMP, {label}: a second, 16 on their way", 0) for kind, label in ASKED.items()),
    Measure("mdns.cpu", "mDNS, a question for all printers: CPU us", 1),
    Measure("mdns.size", "mDNS, a question for all printers: bytes of the answer", 0),
    Measure("idle.added", "DHCP, mDNS and SNMP, idle: CPU added, % of a core", 3),
    Measure("idle.helper", "The network helper, idle: CPU, % of a core", 3),
    Measure("idle.with", "The firmware and its helper with all three, idle: CPU, % of a core", 3),
    Measure("idle.without", "The firmware without them, idle: CPU, % of a core", 3),
    Measure("memory.added", "mDNS, SNMP and the firmware's part of DHCP: RSS added, MB", 2),
    Measure("memory.with", "The firmware with all three: RSS, MB", 1),
    Measure("memory.without", "The firmware without them: RSS, MB", 1),
    Measure("memory.helper", "The network helper: RSS, MB", 1),
    Measure("memory.with.pss", "The firmware with all three: PSS, MB", 1),
    Measure("memory.without.pss", "The firmware without them: PSS, MB", 1),
    Measure("memory.helper.pss", "The network helper: PSS, MB", 1),
    Measure("address.start", "From the start of the client to an address: s", 2),
    Measure("address.probing", "Of that, from the server's ACK on: s", 2),
    Measure("address.probes", "ARP probes of the address before it is used", 0),
    Measure("address.plug", "From plugging in the cable to an address: s", 2),
    Measure("address.appliance", "From the start of the whole firmware to an address: s", 2),
)
NETWORK_BARS = (
    *(Bar(f"snmp.{kind}.cpu", "snmpd", True, 2.0) for kind in ASKED),
    *(Bar(f"snmp.{kind}.rate", "pysnmp", False, 10) for kind in ASKED),
    Bar("idle.added", None, True, 0.1),
    Bar("memory.added", None, True, 8),
    Bar("memory.helper", None, True, 20),
)
NETWORK = Table(
    "network",
    "The network's services, beside Debian's and pysnmp",
    (OURS, "snmpd", "pysnmp", "avahi-daemon", "udhcpc", "networkd", "networkd, probing"),
    NETWORK_MEASURES,
    NETWORK_BARS,
    ("snmpd", "avahi-daemon", "udhcpc", "systemd", "dnsmasq-base"),
    "CPU is user and system time of the process that answers.",
    (
        "SNMP: all agents are asked for the same objects by the same client. CPU is measured while it waits for "
        "each answer; how many a second are answered, while 16 questions are on their way. feedpath limits how often "
        "a source may ask; the limit is looked at for each request, and set so high that it is never "
        "reached. pysnmp serves values that stand, copied from feedpath.",
        "Idle and memory: two appliances with the same printer run side by side, one with DHCP, mDNS and SNMP, one "
        "without. Memory is read after a walk over all of SNMP and a question of mDNS.",
        "Addresses: each client begins without a lease, at the same dnsmasq, which does not ping addresses before it "
        "offers them. feedpath probes three times within a second; udhcpc -a once; systemd-networkd not at all, or "
        "three times at the pace of RFC 5227 with SendDecline=yes.",
    ),
)
