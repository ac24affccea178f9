"""What is fuzzed: readers of bytes from outside in back/, host/ and front/; valid bytes, and what must always be true.

A target takes any bytes. It returns a few words on what became of them, of which new ones make a document worth
keeping, or raises WireError; anything else is a bug.
"""

import asyncio
import gzip
import io
import itertools
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from feedpath.back.pdl import asked, called, escpos, firmware, pjl, pwg, sniff, urf, zpl
from feedpath.back.pdl.bridge import drivers, ppd, ppdchoices, setpagedevice
from feedpath.back.pdl.bridge import messages as driver_messages
from feedpath.back.pdl.draw import flatten, pictures, plain, truetype
from feedpath.back.pdl.inflate import Inflate
from feedpath.back.pdl.limits import Limits
from feedpath.back.pdl.page import GRAY8, Page, Setup
from feedpath.back.pdl.source import FileSource, Source
from feedpath.back.pdl.supplies import supplies
from feedpath.back.usb import ieee1284
from feedpath.errors import WireError
from feedpath.front.advert import wire as mdns_wire
from feedpath.front.lpd import wire as lpd
from feedpath.front.snmp import usm
from feedpath.front.snmp import wire as snmp_wire
from feedpath.host.dhcp import linklocal
from feedpath.host.dhcp.interface import Dynamic, Static
from feedpath.host.dhcp.lease import Lease
from tests.fakes import dhcp, documents, driver, pages
from tests.fakes.answers import ESCPOS, ZPL
from tests.fakes.virtual_printer import VirtualPrinter
from tests.robust import lpdjobs
from tests.robust.changes import Kind, field, font_table, jpeg_segment, png_chunk
from tests.unit.front.snmp import secure
from tests.unit.front.snmp.asking import MOST, SUPPLIES, SYS_LOCATION, Asked, Reply
from tests.unit.front.snmp.asking import request as ask_snmp

LIMITS = Limits(
    row=3000, rows=3000, pixels=1_000_000, pages=50
)  # as the usual ones, but small, for many tries a second
PPD_FOLDERS = ("/usr/share/ppd", "/usr/share/cups/model")
PPD_MOST = 30_000  # bytes of an installed PPD file that serves
PIXELS, WHOLE, DECODED_PIXELS = 100_000_000, 1 << 27, 10_000
PIECE = 50  # bytes: what comes in pieces comes in such, or whole
HELD_MOST = 16 * 1024  # bytes that a reader of a stream without end may keep


class Target(NamedTuple):
    """A reader: what it does with bytes, valid ones, and how these are changed."""

    read: "Callable[[bytes], object]"
    valid: "Callable[[], list[bytes]]"
    kind: Kind = Kind()


def raster(read: "Callable[[Source, Limits], Iterator[Page]]") -> "Callable[[bytes], object]":
    """Return what reads all pages of a raster document."""

    def run(data: bytes) -> object:
        told = []
        for page in read(FileSource(io.BytesIO(data)), LIMITS):
            sizes = [len(band) for band in page.bands]
            assert all(size and not size % page.raster.stride for size in sizes), "a band is not made of whole rows"
            assert sum(sizes) == page.raster.stride * page.raster.height, "a page has not the rows that it has"
            told.append((page.raster.space, page.raster.sides, page.raster.source))
        return len(told), tuple(told[:2])

    return run


def sniffed(data: bytes) -> object:
    """Tell a document's kind; nothing is refused here."""
    kinds = [sniff.sniff(data, label) for label in ("", "application/pdf", "text/html", "image/x; a=b")]
    names = [sniff.name(kind) for kind in kinds]
    assert all(names) and sniff.charset(data) is not None
    return kinds[0], sniff.charset(data)


def driver_file(data: bytes) -> object:
    """Read a PPD file and all that is asked of it."""
    read = ppd.read(data)
    read.name, read.raster_filter  # noqa: B018
    drivers.entry_of("file", read)
    drivers.Index([drivers.entry_of("file", read)]).best("MFG:Fake;MDL:Laser 1;")
    ppd.custom_size(read, "Custom.300x500")
    offered = ppdchoices.offers(read)
    for setup in (Setup(sides="two-sided-long-edge", quality="high"), Setup(media="iso_a4_210x297mm", color=False)):
        target = ppdchoices.plan(read, setup, {})
        assert target.raster.width >= 0
    return len(offered.media), offered.sides, offered.resolution


def page_device(data: bytes) -> object:
    """Run a driver's PostScript."""
    fields: "dict[str, setpagedevice.Value]" = {}
    setpagedevice.run(data.decode("latin-1"), fields)
    return min(len(fields), 20)


def status(data: bytes) -> object:
    """Hear a status channel: in pieces it says what it says at once."""
    told = pjl.Status().feed(data)
    channel = pjl.Status()
    for at in range(0, len(data), PIECE):
        channel.feed(data[at : at + PIECE])
        assert len(channel._held) <= HELD_MOST
    return told.reasons, told.impressions is None


def answers(data: bytes) -> object:
    """Hear what machines say that were asked, at once and in pieces; nothing is refused here."""
    told = []
    for module in (escpos, zpl):
        machine = asked.Asked(module.ASK, module.status)
        told.append(machine.feed(data).reasons)
        machine.ask()
        for at in range(0, len(data), PIECE):
            machine.feed(data[at : at + PIECE])
            assert len(machine._said) <= asked.MOST
    return tuple(told)


def device_id(data: bytes) -> object:
    """Read a device id; nothing is refused here."""
    told = ieee1284.decode(data)
    levels = supplies(told.text)
    named = called.fields(told.text)
    firmware.wanted(told.text)
    drivers.model(told.model, called.make(told.make))
    assert all(0 <= supply.level <= 100 for supply in levels or ())
    return bool(told.serial), min(len(told.commands), 5), levels and len(levels), min(len(named), 9)


def messages(data: bytes) -> object:
    """Read what filters say, and what driver programs list."""
    said = [driver_messages.parse(line) for line in data.split(b"\n")[:1000]]
    told = driver_messages.Told()
    for message in said:
        told.hear(message)
    facts = told.facts()
    listed = list(drivers.listed(data.decode("utf-8", "replace")))
    kinds = tuple(sorted({message.kind for message in said}))
    return min(len(listed), 5), kinds, bool(facts.reasons), len(facts.supplies or ())


def font(data: bytes) -> object:
    """Read a font, which may be left out in three ways, and look up characters."""
    try:
        read = truetype.Font(io.BytesIO(data))
    except (ValueError, OSError, struct.error) as error:
        return type(error)
    glyphs = [read.glyph(character) for character in "A\xe9\u4e00\U0001f600\0\U0010ffff"]
    assert all(0 <= glyph <= 0xFFFF and read.width(glyph) >= 0 for glyph in glyphs)
    return bool(glyphs[0])


def download(data: bytes) -> object:
    """Read firmware that a person gave for a laser; it has at least a kilobyte."""
    return firmware.download(data + bytes(firmware.LEAST_BYTES))[:12]


def jpeg(data: bytes) -> object:
    """Read a JPEG's head."""
    return pictures.jpeg(io.BytesIO(data), PIXELS, WHOLE).shape.sized


def png(data: bytes) -> object:
    """Read a PNG's chunks and make its page; what must be decoded for that is, where it is small."""
    picture = pictures.png(io.BytesIO(data), PIXELS)
    if not (picture.has_alpha or picture.interlaced):
        return picture.kind, picture.depth, pictures.png_page(picture).shape.sized
    if picture.width * picture.height <= DECODED_PIXELS:
        flatten.flat(picture, GRAY8, WHOLE)
    return picture.kind, picture.depth


def text(data: bytes) -> object:
    """Cut a text into pages."""
    count = 0
    for lines in itertools.islice(plain.pages(io.BytesIO(data), 80, 60), 500):
        assert len(lines) <= 60 and all(sum(map(plain.width, line)) <= 80 for line in lines)
        assert all(len(line) <= 80 * (plain.JOINED_MOST + 1) for line in lines)
        count += 1
    return plain.encoding(io.BytesIO(data)), min(count, 3)


def compressed(data: bytes) -> object:
    """Inflate what came compressed, within its limits."""
    ended = []
    for compression in ("gzip", "deflate"):
        decoder, grew, view = Inflate(compression, 100, 1 << 22), 0, memoryview(bytearray(1 << 16))
        try:
            for at in range(0, len(data), 1000):
                decoder.feed(memoryview(data)[at : at + 1000])
                while made := decoder.produce(view):
                    grew += made
            decoder.end()
        except WireError as error:
            ended.append(error.message[:40])
        assert grew <= 1 << 22
    return tuple(ended)


@cache
def snmp_agent() -> Asked:
    """Return an agent that tells of a printer."""
    return Asked(write=b"sesame", supplies=SUPPLIES, reasons=["media-empty-error"])


def snmp(data: bytes) -> object:
    """Ask an SNMP agent; what it answers to is a whole request by the community, and the answer fits one datagram."""
    asked = snmp_agent()
    broken = asked.agent.counts.broken
    answer = asked.ask(data)
    if answer is None:
        return asked.agent.counts.broken - broken
    request = snmp_wire.parse(data)
    assert request.community in (b"public", b"sesame")
    if isinstance(answer, bytes):
        assert len(answer) <= MOST
        said = Reply(answer)
        return request.kind, request.version, said.status, min(len(said.bindings), 5)
    return "change", min(len(request.bindings), 5)


def snmpv3(data: bytes) -> object:
    """Read the header of a message of SNMPv3; its report can be read too."""
    header = usm.header(data)
    told = usm.header(usm.discovered(header, header.engine[: usm.ENGINE_MOST], (1, 2), 3, MOST))
    assert (told.id, told.request) == (header.id, header.request)
    return header.flags, header.model == usm.MODEL, min(len(header.engine), 5), bool(header.user)


def snmpv3_messages() -> "list[bytes]":
    """Return messages of each level, to this engine and to be told which it is."""
    ours = usm.engine_id("a box")
    alice = secure.user("alice", ours)
    asked = secure.pdu(snmp_wire.GET_BULK, (1, 3, 6, 1, 2, 1), second=20)
    levels = [secure.message(alice, ours, (7, 1), asked, flags=flags) for flags in (0, 1, 3)]
    return [usm.probe(77), *levels, secure.message(alice._replace(name=""), ours, (7, 1), asked, flags=0)]


def snmp_requests() -> "list[bytes]":
    """Return requests of both versions and all kinds."""
    names = ((1, 3, 6, 1, 2, 1, 1, 1, 0), (1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 9), (1, 3, 6, 1, 4, 1, 2699, 1, 2, 1))
    text = snmp_wire.tlv(snmp_wire.OCTETS, b"Hall")
    made = [
        ask_snmp(kind, *names, version=version)
        for version, kinds in snmp_wire.REQUESTS.items()
        for kind in kinds
        if kind != snmp_wire.SET
    ]
    change = ask_snmp(snmp_wire.SET, SYS_LOCATION, community=b"sesame", value=text)
    return [*made, change, ask_snmp(snmp_wire.GET_BULK, *names, first=1, second=20)]


def lpd_files(data: bytes) -> object:
    """Read LPD's commands, its subcommands and a control file."""
    told: "list[object]" = []
    for read in (lpd.command, lpd.part):
        for line in data.split(b"\n")[:20]:
            try:
                told.append(read(line).code)
            except WireError as error:
                told.append(error.message[:20])
    wanted = lpd.control(data)
    assert len(wanted) <= lpd.FILES_MOST
    for file, each in wanted.items():
        assert 1 <= each.copies <= lpd.COPIES_MOST
        for word in (file, each.source, each.name, each.user, each.host, each.title):
            assert len(word.encode()) <= lpd.NAME_MOST and word.isprintable()
    return tuple(told[:4]), min(len(wanted), 5)


def lpd_talk() -> "list[bytes]":
    """Return what LPD's clients send."""
    control = b"Hbox\nPmary\nJReport\nCclass\nLmary\nldfA001box\nldfA001box\nUdfA001box\nNreport.pdf\n"
    return [b"\x02lp\n\x02%d cfA001box\n\x033 dfA001box\n" % len(control), control, b"\x05lp mary 1 2 peter\n\x04lp\n"]


def lpd_jobs(data: bytes) -> object:
    """Send the files of a job, and hold the daemon to what RFC 1179 answers."""
    expected, heard = lpdjobs.answers(data), asyncio.run(lpdjobs.heard(lpdjobs.Tray(), data))
    assert heard == expected or expected is None, "%r, not %r" % (heard, expected)
    return heard[:5]


def installed_ppds() -> "list[bytes]":
    """Return some of the PPD files that this computer has, the small ones, and one of ours."""
    found = []
    for path in sorted(path for folder in PPD_FOLDERS for path in Path(folder).rglob("*.ppd*")):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if len(data) <= PPD_MOST:
            found.append(data)
    return [driver.ppd(), *found[:8]]


def codes() -> "list[bytes]":
    """Return the pieces of PostScript in our PPD file, and those that are hard."""
    written = [code.encode() for code in driver.PPD.split('"')[1::2] if "setpagedevice" in code]
    hard = [
        b"[{<</cupsInteger0 16#ff/cupsString1(a\\(b\\051)>>setpagedevice}stopped cleartomark",
        b"1 2 3 3 1 roll copy",
    ]
    return [*written[:12], *hard, b"<</HWResolution[600 600]/PageSize[595 842]/cupsReal0 1.5>>setpagedevice"]


def reports() -> "list[bytes]":
    """Return what a machine says on its status channel."""
    device = b'@PJL USTATUS DEVICE\r\nCODE=40021\r\nDISPLAY="CLOSE COVER"\r\nONLINE=FALSE\r\n\f'
    page, job = b"@PJL USTATUS PAGE\r\n12\r\n\f", b'@PJL USTATUS JOB\r\nEND\r\nNAME="x"\r\nPAGES=3\r\n\f'
    return [device, page, job, device + page + job, b'@PJL INFO STATUS\r\nCODE=10001\r\nDISPLAY="00 READY"\r\n\f']


def identities() -> "list[bytes]":
    """Return device ids as they come: behind their length."""
    texts = (
        b"MFG:HP;MDL:Deskjet D1600 series;CMD:PCL3GUI,PJL;CLS:PRINTER;SN:X;S:038000C484a1000a1d1200041d220004cd2a0004;",
        b"MANUFACTURER:Brother;COMMAND SET:PJL,PCL,PCLXL,URF;MODEL:HL-L2350DW series;SERN:1;CID:Brother Laser Type1;",
        b"MFG:Hewlett-Packard;MDL:HP LaserJet 1020;CMD:ACL;CLS:PRINTER;FWVER:20050309;",
    )
    return [(len(each) + 2).to_bytes(2, "big") + each for each in texts]


def talk() -> "list[bytes]":
    """Return what filters and driver programs write."""
    said = b"PAGE: 1 1\nSTATE: +media-empty-error,toner-low\nERROR: no\nDEBUG: x\nPPD: a=b\n"
    said += b"ATTR: marker-names=black,cyan marker-levels=10,20\n"
    listed = b'"gutenprint.5.3://x/expert" en "Epson" "Epson Stylus C88 - CUPS+Gutenprint" "MFG:EPSON;MDL:C88;"\n'
    return [said, listed, said + listed]


def downloads() -> "list[bytes]":
    """Return firmware as makers have it, bare, wrapped and packed."""
    image = b"\x7fELF" + bytes(range(200))
    acl = firmware.ACL + firmware.ACL_MAGIC + (1200).to_bytes(4, "big") + bytes(200)
    return [image, b"20050309" + image, acl, gzip.compress(image + bytes(2000)), firmware.download(image + bytes(1024))]


def small_raster(make: "Callable[..., bytes]") -> "Callable[[], list[bytes]]":
    """Return what makes raster documents of every kind that `make` can, with coarse dots."""

    def valid() -> "list[bytes]":
        kinds = [kind for kind, row in documents.KINDS.items() if make is documents.pwg or row.urf_space is not None]
        return [make(kind, "4x6", 20, count) for kind in kinds for count in (1, 2)]

    return valid


def png_files() -> "list[bytes]":
    """Return PNGs of every colour type."""
    extra = ((b"PLTE", bytes(range(12))), (b"tRNS", b"\0\1"), (b"pHYs", b"\0\0\x0b\x13\0\0\x0b\x13\1"))
    kinds = ((0, 1), (2, 3), (3, 1), (4, 2), (6, 4))
    made = [pages.png(3, 3, [[1] * 3 * samples] * 3, kind, 8, chunks=extra) for kind, samples in kinds]
    return [*made, pages.png(9, 9, [[1] * 9] * 9, 0, 8, interlaced=True)]


def jpeg_files() -> "list[bytes]":
    """Return JPEGs with all that is read of their heads."""
    exif, jfif = (0xE1, pages.exif(6)), (0xE0, b"JFIF\0\1\2\1\0\x96\0\x96\0\0")
    motorola = (0xE1, pages.exif(8, ">"))
    small = [pages.jpeg(2, 2, lambda *_: 99, count, segments=(jfif, exif)) for count in (1, 3, 4)]
    return [*small, pages.jpeg(2, 2, lambda *_: 9, progressive=True, segments=(motorola,))]


def beginnings() -> "list[bytes]":
    """Return the beginnings of documents of all kinds."""
    made = [documents.pdf(), documents.jpeg(), documents.text(2), documents.postscript(), *png_files(), *reports()]
    short = [
        b"\x1b%-12345X@PJL ENTER LANGUAGE=PCL\r\n\x1bE",
        b"\x1b@\x1bt",
        b"^XA^FO",
        b"PK\3\4" + bytes(26) + b"word/a.xml",
    ]
    return [
        each[:5000]
        for each in (*made, *short, documents.pwg(dpi=20), documents.urf(dpi=20), "\ufeffé".encode("utf-16"))
    ]


def texts() -> "list[bytes]":
    """Return texts in all encodings, with controls."""
    words = "Grüße\t\x1b[1mbold\x1b[0m\f日本語 " * 20 + "\r\n"
    return [words.encode(coding) for coding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")] + [b"caf\xe9\n" * 30]


def packed() -> "list[bytes]":
    """Return compressed documents, one of them far larger than it seems."""
    words = b"The quick brown fox. " * 50
    bare = zlib.compressobj(wbits=-15)
    return [
        gzip.compress(words),
        zlib.compress(words),
        bare.compress(words) + bare.flush(),
        gzip.compress(bytes(1 << 18)),
    ]


def replies() -> "list[bytes]":
    """Return what machines answer that are asked for their status."""
    printer = VirtualPrinter()
    fine = [answer(printer) for answer in (*ESCPOS.values(), *ZPL.values())]
    printer.paper_out = printer.cover_open = True
    troubled = [answer(printer) for answer in (*ESCPOS.values(), *ZPL.values())]
    return [b"".join(fine[:3]), b"".join(troubled[:3]), fine[3], troubled[3], b"".join(fine + troubled)]


PPD_WORDS = tuple(line.encode() for line in driver.PPD.splitlines(keepends=True)) + (
    b"<</cupsBitsPerColor 8/cupsColorOrder 2>>setpagedevice", b"cleartomark", b"roll", b"index", b"copy", b"dup",
    b"16#", b"*NonUIOrderDependency: 1e9 AnySetup *PageSize", b"<626f>", b"*End\n", b"Custom.1x1",
    b"/cupsColorSpace 17",
)  # fmt: skip
PJL_WORDS = (b"@PJL", b"USTATUS", b"INFO", b"DEVICE", b"TIMED", b"CODE=", b"CODE2=", b"\f", b"END", b"PAGES=", b"\r\n")
CODE_WORDS = tuple(
    word.encode() for word in (*setpagedevice.OPERATORS, *setpagedevice.WORDS, "setpagedevice", "<<", ">>")
)
ID_WORDS = (b"S:", b"SN:", b"MFG:", b"MDL:", b";", b"CMD:", b"DES:", b"\0", b"S:03", b"S:04")
SNIFF_WORDS = (b"%PDF-", b"\x1b%-12345X", b"@PJL ENTER LANGUAGE=", b"PK\3\4", b"<?xml ", b"<svg ", b"ftyp", b"\xff\xfe")
SNMP_WORDS = (b"\xa0", b"\xa1", b"\xa3", b"\xa5", b"\x82\xff\xff", b"\x84", b"\x06\x01", b"\x05\0", b"\x02\x05")
IPP_NAME = b"\x04_ipp\x04_tcp\x05local\0"
OUR_NAME = b"\x18Feedpath Virtual Printer" + IPP_NAME
THEIR_NAME = b"\x08Stranger" + IPP_NAME
THEIR_HOST = b"\x08stranger\x05local\0"
MDNS_WORDS = (b"\xc0\x0c", b"\xc0\0", b"\xff\xff", b"\0", b"\x3f", b"\x40", IPP_NAME, OUR_NAME)
DATAGRAM_MOST = 65_507  # octets of UDP over IPv4
PWG_FIELDS = (0, 272, 276, 280, 340, 352, 356, 372, 376, 384, 388, 392, 396, 400, 420, 452, 456, 460, 464, 484)
URF_FIELDS = (0, 4, 8, 12, 16, 20, 24)


def mdns(data: bytes) -> object:
    """Look at a message; its parts are those that are there."""
    response = mdns_wire.parse(data)
    assert len(data) >= mdns_wire.HEADER.size + 5 * sum(struct.unpack_from(">4H", data, 4))
    return response


def mdns_message(flags: int, questions: bytes, answers: bytes = b"") -> bytes:
    """Return a message with a question or an answer, or both."""
    return struct.pack(">6H", 0, flags, bool(questions), bool(answers), 0, 0) + questions + answers


def mdns_messages() -> "list[bytes]":
    """Return questions for us, and what we and others announce, to be remembered for a second."""

    def record(owner: bytes, type: int, data: bytes) -> bytes:
        return owner + struct.pack(">HHIH", type, 0x8001, 1, len(data)) + data

    answers = [
        record(IPP_NAME, 12, THEIR_NAME),
        record(IPP_NAME, 12, OUR_NAME),
        record(OUR_NAME, 33, struct.pack(">3H", 0, 0, 631) + THEIR_HOST),
        record(THEIR_NAME, 33, struct.pack(">3H", 0, 0, 631) + THEIR_HOST),
        record(THEIR_NAME, 16, b"\x09txtvers=1\x04rp=x"),
        record(THEIR_HOST, 1, bytes([10, 77, 0, 99])),
        record(b"\x08printbox\x05local\0", 1, bytes([10, 77, 0, 99])),
        record(THEIR_HOST, 47, b"\xc0\x0c\0\1\x40"),
    ]
    questions = [IPP_NAME + b"\0\x0c\0\1", OUR_NAME + b"\0\xff\0\1", b"\x08printbox\x05local\0\0\1\x80\1"]
    return [
        *(mdns_message(0, question) for question in questions),
        mdns_message(0, questions[0], answers[0]),
        mdns_message(0x0200, questions[0], answers[1]),  # TC: more known answers follow
        *(mdns_message(0x8400, b"", answer) for answer in answers),
    ]


def dhcp_client(data: bytes) -> object:
    """Give a client a message, in the state that the first octet picks; nothing is refused here."""
    link = dhcp.in_state(data[0] if data else 0)
    before = link.machine.state
    link.feed(dhcp.framed(data[1:DATAGRAM_MOST]))
    link.feed(data[1:])
    link.run(30)
    return before, link.machine.state, len(link.applied)


def dhcp_messages() -> "list[bytes]":
    """Return the answers of a server that fit each state."""
    return [bytes((state,)) + data for state in range(dhcp.STATES) for data in dhcp.answers(dhcp.in_state(state))]


def link_frames(data: bytes) -> object:
    """Give a frame to a link that probes an address, has one of its own, or one that a person set."""
    told = []
    for machine in (Dynamic(dhcp.MAC, dhcp.seeded()), Static(dhcp.MAC, dhcp.seeded(), Lease(dhcp.ADDRESS, 24))):
        link = dhcp.Link(machine)
        link.do(machine.carrier(True, link.now))
        for wait in (0, 14, 20):
            link.run(wait)
            link.feed(data)
        told.append(len(link.applied))
    return tuple(told)


def arp_packets() -> "list[bytes]":
    """Return packets of others that have, or want, an address of ours."""
    wanted = (dhcp.ADDRESS, linklocal.address_of(dhcp.MAC, 0), "0.0.0.0")
    return [dhcp.arp_of(address, target=target) for address in wanted for target in wanted]


TARGETS = {
    "pwg": Target(raster(pwg.read), small_raster(documents.pwg), Kind((b"PwgRaster\0",), (field(4, *PWG_FIELDS),))),
    "urf": Target(raster(urf.read), small_raster(documents.urf), Kind((b"\x80",), (field(12, *URF_FIELDS),))),
    "sniff": Target(sniffed, beginnings, Kind(SNIFF_WORDS)),
    "ppd": Target(driver_file, installed_ppds, Kind(PPD_WORDS)),
    "setpagedevice": Target(page_device, codes, Kind(CODE_WORDS)),
    "pjl": Target(status, reports, Kind(PJL_WORDS)),
    "answers": Target(answers, replies, Kind((b"\x02", b"\x03\r\n", b",", b"\x12", b"\x1a"))),
    "device-id": Target(device_id, identities, Kind(ID_WORDS)),
    "firmware": Target(download, downloads),
    "messages": Target(messages, talk, Kind((b'"', b"STATE: ", b"ATTR: ", b"PAGE: ", b"\n"))),
    "truetype": Target(font, lambda: [pages.font("AB\xe9", wide) for wide in (False, True)], Kind((), (font_table,))),
    "jpeg": Target(jpeg, jpeg_files, Kind((b"\xff\xc0", b"\xff\xda", b"\xff\xe1"), (jpeg_segment,))),
    "png": Target(png, png_files, Kind((), (png_chunk,))),
    "text": Target(text, texts, Kind((b"\x1b[", b"\f", b"\t", b"\xff\xfe", b"\xef\xbb\xbf"))),
    "inflate": Target(compressed, packed),
    "snmp": Target(snmp, snmp_requests, Kind(SNMP_WORDS)),
    "snmpv3": Target(snmpv3, snmpv3_messages, Kind(SNMP_WORDS)),
    "lpd": Target(lpd_files, lpd_talk, Kind((b"\nfdfA", b"\nN", b"\nJ", b"\x02", b"\x03", b" ", b"\xff"))),
    "lpd-jobs": Target(lpd_jobs, lambda: lpdjobs.jobs(1), lpdjobs.KIND),
    "dhcp": Target(
        dhcp_client,
        dhcp_messages,
        Kind((b"\x35\x01\x05", b"\x36\x04", b"\x34\x01\x03", b"\xc0\x00")),
    ),
    "arp": Target(link_frames, arp_packets),
    "mdns": Target(mdns, mdns_messages, Kind(MDNS_WORDS)),
}
