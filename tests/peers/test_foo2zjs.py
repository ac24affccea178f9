"""foo2zjs's own programs: its scripts tell its encoders what we do, and its decoders read what ours becomes."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from feedpath.back.pdl import firmware
from feedpath.back.pdl.bridge import cupsdriver, cupsraster, drivers, foomatic, ppdchoices
from feedpath.back.pdl.bridge import ppd as ppds
from feedpath.back.pdl.bridge.bitmaps import Header
from feedpath.back.pdl.bridge.drivers import Entry
from feedpath.back.pdl.bridge.ppd import Ppd
from feedpath.back.pdl.page import RGB24, Page, Setup
from tests.fakes import documents
from tests.fakes.firmware import DATED, DOWNLOAD, PROGRAM
from tests.fakes.netns import until
from tests.fakes.virtual_bus import VirtualBus
from tests.fakes.virtual_printer import VirtualPrinter, power_cycle
from tests.peers.test_driver_bridge import job_id
from tests.robust.firmware import RECEIVED_MAX, Firmware
from tests.robust.ippclient import COMPLETED, PRINT_JOB, Client, keyword, mime
from tools import packages

NEEDED = {"/usr/bin/foo2zjs": "printer-driver-foo2zjs", "/usr/bin/foo2zjs-wrapper": "printer-driver-foo2zjs-common"}
LISTS = Path("/usr/lib/cups/driver/foo2zjs")
A4 = "iso_a4_210x297mm"
UNLIKE = {"-m273": "-m267"}  # what a script of 2020 tells of vellum, though its manual page has 273 for it
DECODERS = {
    "foo2zjs": "zjsdecode", "foo2hp": "zjsdecode", "foo2xqx": "xqxdecode", "foo2lava": "lavadecode",
    "foo2qpdl": "qpdldecode", "foo2slx": "slxdecode", "foo2hiperc": "hipercdecode", "foo2hbpl2": "hbpldecode",
    "foo2ddst": "ddstdecode",
}  # fmt: skip
MACHINES = (  # one for each encoder, and for each model of foo2zjs
    "HP LaserJet 1000", "HP LaserJet 1020", "HP LaserJet Pro P1102", "HP LaserJet Pro CP1025nw", "HP LaserJet P1005",
    "HP Color LaserJet 2600n", "KONICA MINOLTA magicolor 2530 DL", "Samsung ML-1670", "Lexmark C500", "Oki C3400",
    "Xerox Phaser 3010", "Ricoh SP 112",
)  # fmt: skip
IN_COLOR = ("HP LaserJet Pro CP1025nw", "HP Color LaserJet 2600n", "KONICA MINOLTA magicolor 2530 DL", "Lexmark C500",
            "Fuji Xerox DocuPrint CM205", "Samsung CLP-300")  # fmt: skip
IN_STRIPES = ("Samsung CLP-300",)  # whose planes come in stripes, as many as have something to print


@pytest.fixture(scope="module")
def installed() -> "dict[str, Entry]":
    """Return foo2zjs's drivers by the names of their machines; say exactly what is missing."""
    missing = {package for file, package in NEEDED.items() if not os.path.exists(file)}
    if missing:
        pytest.fail(f"tests with foo2zjs need: apt-get install {' '.join(sorted(missing))}")
    assert set(NEEDED.values()) <= set(packages.PEERS)
    listed = subprocess.run([LISTS, "list"], capture_output=True, text=True, check=True).stdout
    return {entry.name.partition(" Foomatic/")[0]: entry for entry in drivers.listed(listed)}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of programs for foo2zjs's scripts: encoders that give what they are told, and nothing else."""
    folder = tmp_path_factory.mktemp("scripts")
    told = "#!/bin/sh\ncat > /dev/null\nprintf '%s\\n' \"$@\"\n"
    quiet = '#!/bin/sh\n[ "$1" = --version ] && echo 10.00.0\nexit 0\n'
    named = {**dict.fromkeys(DECODERS, told), **dict.fromkeys(("gs", "foo2zjs-pstops", "logger"), quiet)}
    for name, script in named.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return folder


def by_the_script(scripts: Path, words: "list[str]") -> "set[str]":
    """Return what a script tells its encoder, each option in one word, without those that are never told here."""
    environment = {"PATH": f"{scripts}:/usr/bin:/bin", "LPJOB": ""}
    done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    lines = done.stdout.split("\n")[:-1]
    whole = re.sub(r"(-[ulLXZJU]) ", r"\1", " ".join(lines)).split()
    return {word for word in whole if not re.fullmatch(r"-[JU]|-D0|-a50(,50){5}|-O0(,0){3}|-[AB]", word)}


def chosen(driver: Ppd, turn: int) -> "dict[str, str]":
    """Return the choice of each option: the defaults, then others."""
    marks = ppds.marked(driver, {})
    options = [option for option in driver.options.values() if turn and option.keyword != ppds.PAGE_REGION]
    return {**marks, **{option.keyword: [*option.choices][turn * 3 % len(option.choices)] for option in options}}


def test_the_scripts_tell_their_encoders_the_same(installed: "dict[str, Entry]", scripts: Path) -> None:
    compared = 0
    for name in {*MACHINES, *list(installed)[::4]}:
        driver = drivers.load(installed[name])
        if not foomatic.is_ours(driver):
            continue
        script, *always = driver.attribute(foomatic.OURS).split()
        for turn in range(3):
            marks = chosen(driver, turn)
            raster = cupsraster.target(driver, marks).raster
            page = Header(marks["PageSize"], raster.width, raster.height, raster.resolution)
            chosen_words = [word for option in marks.items() for word in foomatic.told(driver, *option)]
            ours = {UNLIKE.get(word, word) for word in foomatic.words(driver, page, marks)}
            assert ours == by_the_script(scripts, [script, *always, *chosen_words]), f"{name} with {marks}"
            compared += 1
    assert compared > 80


def text_like(driver: Ppd, setup: Setup) -> Page:
    raster = cupsdriver.target(driver, setup, {}).raster
    line = (b"\xf0" * 5 + bytes(20)) * (raster.stride // 25 + 1)
    rows = (line[: raster.stride] if number % 100 < 50 else bytes(raster.stride) for number in range(raster.height))
    return Page(raster, (memoryview(row) for row in rows))


def decoded(driver: Ppd, data: bytes, *words: str) -> str:
    """Return what foo2zjs's decoder says of a machine's bytes."""
    decoder = DECODERS[driver.raster_filter]
    done = subprocess.run([decoder, *words], input=data, capture_output=True, check=True)
    assert not done.stderr
    return done.stdout.decode("latin-1")


def pages(said: str) -> int:
    """Return how many pages a decoder has read."""
    numbered = set(re.findall(r"(?:\[Page |pageNum=|, Page )(\d+)", said))
    return len(numbered) or len(re.findall(r"\[Page Start\]|PAGESTATUS=START", said))


@pytest.mark.parametrize("machine", MACHINES)
def test_an_encoder_takes_two_pages_and_its_decoder_reads_them(installed: "dict[str, Entry]", machine: str) -> None:
    driver, setup = drivers.load(installed[machine]), Setup(media=A4, color=False)
    output = b"".join(cupsdriver.encode((text_like(driver, setup) for _ in range(2)), setup, driver, {}))
    assert pages(decoded(driver, output)) == 2


@pytest.mark.parametrize("machine", IN_COLOR)
def test_an_encoder_takes_inks_and_its_decoder_reads_them(installed: "dict[str, Entry]", machine: str) -> None:
    driver, setup = drivers.load(installed[machine]), Setup(media=A4)
    assert ppdchoices.offers(driver).color
    in_colour, in_grey = (
        b"".join(cupsdriver.encode([flat(driver, setup, pixel)], setup, driver, {}))
        for pixel in (b"\xff\x80\x00", b"\x80" * 3)
    )
    planes = decoded(driver, in_colour).count("DL = 0")
    assert pages(decoded(driver, in_colour)) == pages(decoded(driver, in_grey)) == 1
    assert planes == 4 * decoded(driver, in_grey).count("DL = 0") or machine in IN_STRIPES


def flat(driver: Ppd, setup: Setup, pixel: bytes) -> Page:
    """Return a page with a block of one colour."""
    raster = cupsdriver.target(driver, setup, {}).raster
    assert raster.space == RGB24
    white = b"\xff" * raster.stride
    row = (pixel * 800).ljust(raster.stride, b"\xff")
    return Page(raster, (memoryview(row if 1000 < number < 1200 else white) for number in range(raster.height)))


def test_each_pixel_arrives_where_it_was(installed: "dict[str, Entry]", tmp_path: Path) -> None:
    driver, setup = drivers.load(installed["HP LaserJet 1000"]), Setup(media=A4)
    output = b"".join(cupsdriver.encode([text_like(driver, setup)], setup, driver, {}))
    decoded(driver, output, "-d", str(tmp_path / "page"))
    (path,) = tmp_path.iterdir()
    kind, width, height, pixels = path.read_bytes().split(maxsplit=3)
    assert kind == b"P4" and int(width) == 4960 - 2 * 112 and int(height) == 7016 - 2 * 100  # what its script cuts off
    stride, page = int(width) // 8, text_like(driver, setup)
    sent = b"".join(bytes(row).ljust(stride, b"\0") for row in page.bands)
    assert pixels[-len(sent) :] == sent and page.raster.height == int(height)


@pytest.mark.parametrize("image", [DATED, PROGRAM], ids=["dated", "program"])
def test_an_image_is_wrapped_as_foo2zjs_wraps_it(tmp_path: Path, image: bytes) -> None:
    path = tmp_path / "sihp1020.img"
    path.write_bytes(image)
    wrapped = subprocess.run(["arm2hpdl", path], capture_output=True, check=True).stdout
    assert firmware.download(image) == wrapped


# The whole firmware, and a machine that forgets its own

LASERJET_1020 = "MFG:Hewlett-Packard;MDL:HP LaserJet 1020;CMD:ACL;CLS:PRINTER;DES:HP LaserJet 1020;"
ITEM = re.compile(r"ZJI_(\w+), (\d+)")


class Decoded(NamedTuple):
    """What a ZjStream says: the items of each page, and whether it ends."""

    pages: "list[dict[str, int]]"
    ended: bool


def zjs(data: bytes) -> Decoded:
    """Return what foo2zjs's decoder reads in a machine's bytes."""
    done = subprocess.run(["zjsdecode"], input=data, capture_output=True, check=True)
    assert not done.stderr
    parts = re.split(r"ZJT_START_PAGE", done.stdout.decode("latin-1"))[1:]
    pages = [{name: int(value) for name, value in ITEM.findall(part.partition("ZJT_END_PAGE")[0])} for part in parts]
    return Decoded(pages, bool(parts) and "ZJT_END_DOC" in parts[-1] and "@PJL EOJ" in parts[-1])


@pytest.fixture
def laserjet(installed: "dict[str, Entry]", kept: Path, tmp_path: Path) -> "Iterator[Plugged]":
    """A running firmware that was given a LaserJet 1020's own, and such a printer."""
    data = tmp_path / "data"
    drivers.index(kept)
    data.mkdir()
    shutil.copy(kept, data / "drivers.json")
    (data / "firmware").mkdir()
    (data / "firmware" / "sihp1020.dl").write_bytes(DOWNLOAD)
    printer = VirtualPrinter(LASERJET_1020, keep=RECEIVED_MAX, firmware=DOWNLOAD)
    with VirtualBus() as bus:
        bus.attach(printer)
        running = Firmware(data, bus.port)
        try:
            running.start()
            running.ready()
            yield Plugged(running, printer, bus)
        finally:
            running.close()
            printer.close()


class Plugged(NamedTuple):
    """A firmware, a printer, and the bus between them."""

    firmware: Firmware
    printer: VirtualPrinter
    bus: VirtualBus


DOCUMENTS = {"application/pdf": documents.pdf(3), "image/urf": documents.urf(pages=2, dpi=300)}


def test_documents_arrive_as_zjstream_behind_the_firmware(laserjet: Plugged) -> None:
    printer = laserjet.printer
    with Client(laserjet.firmware.port) as client:
        until(lambda: client.printer()["printer-state-reasons"] == ["none"], "the printer to run its firmware")
        told = client.printer()
        assert told["color-supported"] == [False]
        assert set(DOCUMENTS) <= set(told["document-format-supported"])
        assert printer.wait_for(lambda: printer.loads == 1)
        for format, document in DOCUMENTS.items():
            before = printer.total
            job = client.ended(job_id(client.call(PRINT_JOB, mime(format), document=document)))
            assert job["job-state"] == [COMPLETED], job
            pages = 3 if format == "application/pdf" else 2
            assert job["job-impressions-completed"] == [pages]
            made = zjs(printer.received[before:])
            assert made.ended and len(made.pages) == pages
            for page in made.pages:
                assert (page["DMPAPER"], page["DMCOPIES"], page["DMMEDIATYPE"]) == (9, 1, 1)
                assert (page["RESOLUTION_X"], page["RESOLUTION_Y"], page["VIDEO_BPP"]) == (600, 600, 2)
                assert page["RASTER_Y"] == 7016 - 2 * 96
        power_cycle(laserjet.bus, printer)
        assert printer.wait_for(lambda: printer.loads == 2)
        before = printer.total
        letter = keyword("media", "na_letter_8.5x11in")
        job = client.ended(job_id(client.call(PRINT_JOB, mime("text/plain"), document=b"Hello.", job=[letter])))
        assert job["job-state"] == [COMPLETED], job
        assert [page["DMPAPER"] for page in zjs(printer.received[before:]).pages] == [1]
        assert printer.lost == 0
    laserjet.firmware.stop()
    assert not laserjet.firmware.trouble()
