"""Debian's own printer drivers, fed by us: found by device id, told what libcups tells them, and printing."""

import ctypes
import os
import re
import shutil
import signal
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from feedpath import cli
from feedpath.back.pdl.bridge import cupsdriver, cupsraster, drivers, filters, ppd, ppdchoices
from feedpath.back.pdl.bridge import packages as packages_of_machines
from feedpath.back.pdl.bridge.drivers import Index
from feedpath.back.pdl.bridge.filters import Host, Job, Message
from feedpath.back.pdl.bridge.packages import PACKAGES, Package
from feedpath.back.pdl.bridge.ppd import Ppd
from feedpath.back.pdl.page import BLACK1, RGB24, Page, Raster, Setup
from feedpath.errors import WireError
from tests.fakes import documents
from tests.fakes.netns import until
from tests.fakes.virtual_bus import VirtualBus
from tests.fakes.virtual_printer import VirtualPrinter
from tests.robust import ippclient
from tests.robust.firmware import RECEIVED_MAX, Firmware
from tests.robust.ippclient import ABORTED, COMPLETED, GOOD, PRINT_JOB, Client, mime
from tools import packages

NEEDED = {  # a file of each Debian package that is tried here
    "/usr/lib/cups/filter/rastertobrlaser": "printer-driver-brlaser",
    "/usr/lib/cups/filter/rastertogutenprint.5.3": "printer-driver-gutenprint",
    "/usr/lib/cups/filter/rastertoqpdl": "printer-driver-splix",
    "/usr/lib/cups/filter/epson-escpr-wrapper": "printer-driver-escpr",
    "/usr/lib/cups/filter/hpcups": "printer-driver-hpcups",
    "/usr/lib/cups/filter/raster2dymolw": "printer-driver-dymo",
    "/usr/lib/cups/filter/rastertoptch": "printer-driver-ptouch",
    "/usr/lib/cups/filter/foomatic-rip": "cups-filters",
    "/usr/bin/foo2zjs": "printer-driver-foo2zjs",
    "/usr/lib/cups/driver/foo2zjs": "printer-driver-foo2zjs-common",
    "/usr/lib/cups/filter/rastertohp": "cups",
    "/usr/lib/cups/filter/rastertolabel": "cups",
    "/usr/bin/ppdc": "cups",
}
ESC = b"\x1b"
PJL = b"\x1b%-12345X"
A4_DUPLEX = Setup(media="iso_a4_210x297mm", sides="two-sided-long-edge")


class Machine(NamedTuple):
    """A machine as it calls itself, the driver that fits, and how what that writes begins and ends."""

    device_id: str
    driver: str
    setup: Setup
    space: str
    begins: bytes
    ends: bytes
    tells_pages: bool = True


MACHINES = (
    Machine(
        "MFG:Brother;CMD:PJL,PCL,PCLXL;MDL:HL-2270DW series;CLS:PRINTER;CID:Brother Laser Type1;",
        "Brother HL-2270DW series, using ", A4_DUPLEX, BLACK1, bytes(128) + PJL + b"@PJL", PJL + b"\n",
    ),
    Machine(
        "MFG:EPSON;CMD:ESCPL2,BDC,D4,D4PX;MDL:Stylus Photo R300;CLS:PRINTER;DES:EPSON Stylus Photo R300;",
        "Epson Stylus Photo R300 - CUPS+Gutenprint", Setup(media="iso_a4_210x297mm", quality="draft"), RGB24,
        b"\0\0\0\x1b\x01@EJL 1284.4\n@EJL     \n\x1b@", b"JE\x01\0\0\x1b\0\0\0",
    ),
    Machine(
        "MFG:Samsung;CMD:GDI,FWV;MDL:ML-1640 Series;CLS:PRINTER;MODE:PCL;",
        "Samsung ML-1640", A4_DUPLEX, BLACK1, PJL + b"@PJL", b"\t" + PJL,
    ),
    Machine(
        "MFG:Samsung;CMD:GDI,FWV,PIC;MDL:CLP-300 Series;CLS:PRINTER;",
        "Samsung CLP-300", Setup(media="iso_a4_210x297mm", quality="draft"), RGB24, PJL + b"@PJL", b"\t" + PJL,
    ),
    Machine(
        "MFG:EPSON;CMD:ESCPL2,BDC,D4,D4PX,ESCPR1;MDL:WF-3520 Series;CLS:PRINTER;DES:EPSON WF-3520 Series;",
        "Epson WF-3520 Series, Epson Inkjet Printer Driver", A4_DUPLEX, RGB24,
        b"\0\0\0\x1b\x01@EJL 1284.4\n@EJL", b"JE\x01\0\0\x1b\0\0\0", tells_pages=False,
    ),
    Machine(
        "MFG:HP;CMD:PCL3GUI,PJL,Automatic,JPEG,PCLM;MDL:Officejet Pro 8600;CLS:PRINTER;",
        "HP Officejet Pro 8600, hpcups", A4_DUPLEX, RGB24, b"\x1bE" + PJL + b"@PJL", b"\x1b*rC\x0c\x1bE" + PJL,
    ),
    Machine(
        "MFG:HP;CMD:PJL,PCL;MDL:HP LaserJet 99;CLS:PRINTER;",
        "HP LaserJet Series PCL 4/5", Setup(sides="two-sided-long-edge"), BLACK1, b"\x1bE\x1b&l", b"\x0c\x1bE",
    ),
    Machine(
        "MFG:Zebra Technologies;CMD:ZPL;MDL:ZTC GK420d;", "Zebra ZPL Label Printer", Setup(), BLACK1,
        b"~DGR:CUPS.GRF", b"^XZ\n",
    ),
    Machine(
        "MFG:DYMO;CMD: ;MDL:LabelWriter 450;CLS:PRINTER;", "DYMO LabelWriter 450", Setup(), RGB24,
        ESC * 85, ESC + b"G" + ESC + b"E",
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def index(kept: Path) -> Index:
    """Return what is installed; say exactly what is missing."""
    missing = {package for file, package in NEEDED.items() if not os.path.exists(file)}
    if missing:
        pytest.fail(f"tests with real drivers need: apt-get install {' '.join(sorted(missing))}")
    assert missing <= set(packages.PEERS)
    return drivers.index(kept)


def load(index: Index, machine: Machine) -> Ppd:
    chosen = drivers.choose(index, machine.device_id)
    assert chosen is not None
    match, driver = chosen
    assert match.entry.name.startswith(machine.driver)
    return driver


def text_like(raster: Raster, ink: bool) -> Page:
    """Return a page with lines of small blocks, or a white one."""
    white = b"\0" if raster.space == BLACK1 else b"\xff"
    row = white * raster.stride
    block = bytes([white[0] ^ 0xFF]) * 12 + white * 24
    middle = raster.stride - raster.stride // 4
    line = (white * (raster.stride // 8) + block * (middle // len(block))).ljust(raster.stride, white)
    rows = (line if ink and number % 50 < 25 and number > 99 else row for number in range(raster.height))
    return Page(raster, (memoryview(each) for each in rows))


def printed(driver: Ppd, setup: Setup, ink: bool, told: "list[Message] | None" = None) -> bytes:
    """Return what two pages become."""
    raster = cupsdriver.target(driver, setup, {}).raster
    host = Host(tell=told.append if told is not None else None)
    return b"".join(cupsdriver.encode((text_like(raster, ink) for _ in range(2)), setup, driver, {}, host))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.driver)
def test_a_driver_is_found_and_prints_two_pages(index: Index, machine: Machine) -> None:
    driver = load(index, machine)
    told: list[Message] = []
    target = cupsdriver.target(driver, machine.setup, {})
    assert target.raster.space == machine.space
    assert target.raster.sides == (machine.setup.sides if "Duplex" in driver.options else "one-sided")
    output = printed(driver, machine.setup, ink=True, told=told)
    assert output[: len(machine.begins)] == machine.begins
    assert output[-len(machine.ends) :] == machine.ends
    pages = sorted(message.text.split()[0] for message in told if message.kind == "PAGE")
    assert pages == (["1", "2"] if machine.tells_pages else [])
    assert not [message for message in told if message.kind == "ERROR"]


def test_a_driver_of_many_programs_runs_shut_in_as_one(index: Index) -> None:
    label = next(entry for entry in index.named("Brother QL-500 Foomatic/ptouch-ql"))
    job = Job(type="application/vnd.cups-pdf")  # foomatic-rip has Ghostscript draw, and rastertoptch write
    programs = ["/usr/lib/cups/filter/foomatic-rip"]
    output = b"".join(filters.run(programs, iter([documents.pdf(1)]), job, drivers.load(label), Host()))
    start = output.lstrip(b"\0")
    assert start.startswith(ESC + b"@") and output.endswith(b"\x1a") and len(start) > 10_000


@pytest.mark.parametrize("machine", MACHINES[:6], ids=lambda machine: machine.driver)
def test_a_white_page_costs_little(index: Index, machine: Machine) -> None:
    driver = load(index, machine)
    assert len(printed(driver, machine.setup, ink=False)) < len(printed(driver, machine.setup, ink=True)) / 2


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.driver)
def test_a_driver_says_in_ipps_words_what_it_offers(index: Index, machine: Machine) -> None:
    offers = ppdchoices.offers(load(index, machine))
    assert offers.media
    assert offers.color is (machine.space == RGB24)
    assert offers.sources[0] == "auto"


class Libcups:
    """libcups, asked for the raster header that a PPD file's choices give."""

    def __init__(self) -> None:
        self._ppd = ctypes.CDLL("libcups.so.2")
        self._raster = ctypes.CDLL("libcupsimage.so.2")
        self._ppd.ppdOpenFile.restype = ctypes.c_void_p
        for function in (self._ppd.ppdMarkDefaults, self._ppd.ppdClose):
            function.argtypes = [ctypes.c_void_p]
        self._ppd.ppdMarkOption.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
        self._raster.cupsRasterInterpretPPD.argtypes = [
            ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p,
        ]  # fmt: skip

    def header(self, path: Path, choices: "dict[str, str]") -> "bytes | None":
        """Return the header, None where it makes none."""
        header = ctypes.create_string_buffer(cupsraster.HEADER_BYTES)
        opened = self._ppd.ppdOpenFile(os.fsencode(path))
        assert opened
        self._ppd.ppdMarkDefaults(opened)
        for keyword, choice in choices.items():
            self._ppd.ppdMarkOption(opened, keyword.encode(), choice.encode())
        failed = self._raster.cupsRasterInterpretPPD(header, opened, 0, None, None)
        self._ppd.ppdClose(opened)
        return None if failed else header.raw


def fields(header: bytes) -> "dict[str, object]":
    """Return a header's fields; what stands behind the NUL of a string is no part of it."""
    values = list(struct.unpack("=" + "".join(form for _, form in cupsraster.FIELDS), header))
    found: dict[str, object] = {}
    for name, form in cupsraster.FIELDS:
        count = 1 if form[-1] == "s" else int(form[:-1] or 1)
        taken = [value.split(b"\0")[0] if isinstance(value, bytes) else value for value in values[:count]]
        found[name] = taken[0] if count == 1 else taken
        del values[:count]
    return found


def variants(driver: Ppd) -> "Iterator[dict[str, str]]":
    """Yield choices to try: the defaults, then the last, second and a middle choice of every option at once."""
    yield {}
    options = [option for option in driver.options.values() if option.keyword != "PageRegion" and option.choices]
    for place in (-1, 1, 5):
        yield {option.keyword: list(option.choices)[place % len(option.choices)] for option in options}
    if driver.custom is not None:
        width, length = (
            low + min(high - low, 200) // 2 for low, high in zip(driver.custom.least, driver.custom.most, strict=True)
        )
        yield {"PageSize": f"Custom.{width:g}x{length:g}"}


@pytest.mark.parametrize(
    "words, count",
    [("brlaser", 10), ("Samsung", 15), ("HP DesignJet", 6), ("Zebra", 4), ("Stylus Photo R300 -", 1),
     ("Epson WF-3520 Series", 1), ("HP Officejet Pro 8600, hpcups", 1), ("HP LaserJet 4050 -", 1),
     ("Canon iP4700 series", 1)],
)  # fmt: skip
def test_each_field_of_the_header_is_that_of_libcups(index: Index, tmp_path: Path, words: str, count: int) -> None:
    libcups, path = Libcups(), tmp_path / "driver.ppd"
    named = [entry for entry in index.named(words) if entry.program and (count == 1 or "gutenprint" not in entry.uri)]
    tried = named[:: max(1, len(named) // count)]
    assert len(tried) >= count
    for entry in tried:
        driver = drivers.load(entry)
        path.write_bytes(driver.source)
        for choices in variants(driver):
            theirs = libcups.header(path, choices)
            if theirs is None:
                with pytest.raises(WireError):
                    cupsraster.interpret(driver, ppd.marked(driver, choices))
            else:
                ours = cupsraster.pack(cupsraster.interpret(driver, ppd.marked(driver, choices)))
                assert fields(ours) == fields(theirs), f"{entry.uri} with {choices}"


class Plugged(NamedTuple):
    """A machine that only a driver of CUPS can print on, and how what it gets begins and ends."""

    device_id: str
    driver: str
    begins: bytes
    ends: bytes
    color: bool = False


PLUGGED = (
    Plugged("MFG:Brother;CMD:HBP;MDL:HL-2270DW series;CLS:PRINTER;", "rastertobrlaser", MACHINES[0].begins,
            MACHINES[0].ends),
    Plugged(MACHINES[1].device_id, "rastertogutenprint", MACHINES[1].begins, MACHINES[1].ends, color=True),
    Plugged(MACHINES[2].device_id, "rastertoqpdl", MACHINES[2].begins, MACHINES[2].ends),
)  # fmt: skip
DOCUMENTS = {
    "application/pdf": documents.pdf(2),
    "image/pwg-raster": documents.pwg("sgray_8", dpi=300, pages=2),
}


@contextmanager
def plugged(data: Path, kept: Path, device_id: str) -> "Iterator[tuple[Firmware, VirtualPrinter]]":
    """Give a firmware and a machine with that device id until the end of the block."""
    data.mkdir()
    shutil.copy(kept, data / "drivers.json")
    printer = VirtualPrinter(device_id, keep=RECEIVED_MAX)
    with VirtualBus() as bus:
        bus.attach(printer)
        firmware = Firmware(data, bus.port)
        try:
            firmware.start()
            firmware.ready()
            yield firmware, printer
        finally:
            firmware.close()
            printer.close()


def job_id(answer: ippclient.Answer) -> int:
    assert answer.status in GOOD, answer
    number: int = answer.job["job-id"][0]
    return number


@pytest.mark.parametrize("machine", PLUGGED, ids=lambda machine: machine.driver)
def test_a_document_arrives_in_the_language_of_the_machine(
    index: Index, kept: Path, tmp_path: Path, machine: Plugged
) -> None:
    with plugged(tmp_path / "data", kept, machine.device_id) as (firmware, printer), Client(firmware.port) as client:
        told = client.printer()
        assert told["printer-state-reasons"] == ["none"] and told["color-supported"] == [machine.color]
        assert {*DOCUMENTS, "image/urf", "application/octet-stream"} <= set(told["document-format-supported"])
        for format, document in DOCUMENTS.items():
            before = printer.total
            job = client.ended(job_id(client.call(PRINT_JOB, mime(format), document=document)))
            assert job["job-state"] == [COMPLETED], job
            assert job["job-impressions-completed"] == [2]
            received = printer.received[before:]
            assert received.startswith(machine.begins) and received.endswith(machine.ends)
        firmware.stop()
        assert not firmware.trouble()


def programs(of: int, name: str) -> "list[int]":
    """Return the ids of the programs of that name that a process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = folder.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == of and os.readlink(folder / "exe").rpartition("/")[2].startswith(name):
                found.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_a_driver_that_is_killed_ends_its_job_and_the_next_one_prints(
    index: Index, kept: Path, tmp_path: Path
) -> None:
    machine = PLUGGED[0]
    with plugged(tmp_path / "data", kept, machine.device_id) as (firmware, printer), Client(firmware.port) as client:
        document = documents.pwg("sgray_8", dpi=600, pages=3)
        whole = ippclient.post(ippclient.request(PRINT_JOB, mime("image/pwg-raster")) + document)
        half = len(whole) - len(document) // 2
        client.send(whole[:half])
        (number,) = until(lambda: programs(firmware.pid, machine.driver), "the driver to begin")
        until(lambda: printer.total, "the driver to give something")
        os.kill(number, signal.SIGKILL)
        client.send(whole[half:])
        answer = client.answer()
        assert "rastertobrlaser crashed with SIGKILL" in answer.sentence, answer
        with Client(firmware.port) as other:
            (job,) = other.jobs("all", "job-id", "job-state", "job-state-reasons", "job-state-message").values()
            assert job["job-state"] == [ABORTED] and job["job-state-reasons"] == ["aborted-by-system"]
            assert job["job-state-message"] == ["The printer's driver failed: rastertobrlaser crashed with SIGKILL."]
            before = printer.total
            next_one = other.ended(job_id(other.call(PRINT_JOB, mime("application/pdf"), document=documents.pdf(1))))
            assert next_one["job-state"] == [COMPLETED] and next_one["job-impressions-completed"] == [1]
            assert machine.begins in printer.received[before:]
        assert not programs(firmware.pid, machine.driver)


def test_a_driver_of_cups_is_chosen_and_set_up_while_the_firmware_runs(
    index: Index, kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laser = "MFG:Brother;CMD:PJL,PCL,PCLXL;MDL:HL-2270DW series;CLS:PRINTER;CID:Brother Laser Type1;"

    def do(*words: str) -> str:
        assert cli.main(["driver", *words, "--data", str(tmp_path / "data")]) == 0
        return capsys.readouterr().out

    with plugged(tmp_path / "data", kept, laser) as (firmware, printer), Client(firmware.port) as client:

        def printed() -> bytes:
            before = printer.total
            job = client.ended(job_id(client.call(PRINT_JOB, mime("application/pdf"), document=documents.pdf(1))))
            assert job["job-state"] == [COMPLETED], job
            return bytes(printer.received[before:])

        assert b"ENTER LANGUAGE=PCL\r\n" in printed()
        assert "(language:pcl5)  automatic" in do("list")
        (uri,) = re.findall(r"using \S*brlaser v[\d.]+  \((drv:[^)]*)\)", do("list", "HL-2270DW", "brlaser"))
        assert "It was chosen by a person." in do("use", "Brother HL-2270DW series", uri)
        assert b"ECONOMODE = OFF" in (plain := printed()) and b"ENTER LANGUAGE=PCL\r\n" not in plain
        assert "brlaserEconomode=False  Toner save mode" in do("options", "Brother HL-2270DW series")
        do("set", "Brother HL-2270DW series", "brlaserEconomode=True", "MediaType=THICK")
        saving = printed()
        assert b"ECONOMODE = ON" in saving and b"MEDIATYPE = THICK" in saving
        firmware.stop()
        firmware.start()
        firmware.ready()
    assert not firmware.trouble()


def test_a_machine_without_a_driver_says_what_would_help(index: Index, kept: Path, tmp_path: Path) -> None:
    stranger = "MFG:Nobody;MDL:Nothing 1;CMD:GDI;CLS:PRINTER;"
    with plugged(tmp_path / "data", kept, stranger) as (firmware, _printer), Client(firmware.port) as client:
        told = client.printer()
        assert told["printer-state-reasons"] == ["cups-missing-filter-warning"]
        assert "No driver for this printer is installed" in told["printer-state-message"][0]
        assert told["document-format-supported"] == ["application/vnd.cups-raw"]


@pytest.mark.parametrize("row", PACKAGES, ids=lambda row: f"{row.name} {row.models.partition('|')[0]}")
def test_the_package_that_is_named_as_help_has_a_driver_that_prints(index: Index, row: Package) -> None:
    assert packages_of_machines.package(row.example) == row.name
    found = drivers.choose(index, row.example)
    assert found is not None
    program = cupsdriver.program(found[1], Host())
    owner = subprocess.run(["dpkg", "-S", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert owner.startswith((row.name + ":", f"{row.name},"))
