"""From any document to any language: what a machine is sent, in this process and in a worker's."""

import io
import itertools
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feedpath.back.pdl import choose, process, pwg, sniff
from feedpath.back.pdl.convert import DRAWN, READ, Work
from feedpath.back.pdl.order import Machine, Order
from feedpath.back.pdl.preferences import Preferences
from feedpath.back.pdl.process import Worker
from feedpath.back.pdl.source import FileSource
from feedpath.core.ring import Closed
from feedpath.errors import WireError
from tests.fakes import documents, escpos_reader, pages, pcl_reader, zpl_reader

DOCUMENTS = {
    "application/pdf": documents.pdf(2),
    "image/jpeg": documents.jpeg(),
    "image/png": pages.png(30, 30, [[40] * 30] * 30, 0, 8),
    "text/plain": b"One page\fand another.\n",
    "image/pwg-raster": documents.pwg("srgb_8", dpi=300, pages=2),
    "image/urf": documents.urf("sgray_8", dpi=300, pages=2),
}
SIDES = {"image/jpeg": 1, "image/png": 1}
SNIFFED = {
    "pwg": "image/pwg-raster",
    "urf": "image/urf",
    "postscript": "application/postscript",
    "pcl5": "application/vnd.hp-pcl",
    "escpos": "application/vnd.epson.escpos",
    "zpl": "application/vnd.zebra-zpl",
}
A4 = {"media": "iso_a4_210x297mm"}
COARSE = choose.USUAL["pcl5"].machine._replace(resolutions=((300, 300),))


@pytest.fixture
def source(tmp_path: Path) -> "Iterator[Sources]":
    """Gives a Source of a document, and closes it."""
    sources = Sources(tmp_path / "document")
    yield sources
    sources.close()


class Sources:
    """Sources of documents that stand in a file."""

    def __init__(self, path: Path):
        self._path = path
        self._open: "list[io.FileIO]" = []

    def __call__(self, document: bytes) -> FileSource:
        self._path.write_bytes(document)
        self._open.append(io.FileIO(self._path))
        return FileSource(self._open[-1])

    def close(self) -> None:
        """Close the files."""
        for file in self._open:
            file.close()


def order(format: str, language: str = "pcl5", machine: "Machine | None" = None, **options: object) -> Order:
    asked = {**A4, **{name.replace("_", "-"): value for name, value in options.items()}}
    return Order(format, language, machine or choose.USUAL[language].machine, asked, "a job", "mary")


def test_an_order_comes_over_a_wire_as_it_went() -> None:
    sent = order("application/pdf", "pcl5", page_ranges=((1, 2), (4, 4)), printer_resolution=(300, 300, 3))
    came = Order.parse(sent.encode())
    assert (came.ranges, came.resolution, came.setup, came.machine) == (
        ((1, 2), (4, 4)),
        (300, 300),
        sent.setup,
        sent.machine,
    )


def test_documents_of_all_kinds_are_tried() -> None:
    assert set(DOCUMENTS) == {*READ, *DRAWN}


@pytest.mark.parametrize("language", SNIFFED)
@pytest.mark.parametrize("format", DOCUMENTS)
def test_any_document_becomes_any_language(source: Sources, format: str, language: str) -> None:
    work = Work(order(format, language), source(DOCUMENTS[format]))
    made = b"".join(bytes(piece) for piece in work)
    assert sniff.sniff(made) == SNIFFED[language]
    assert work.impressions == SIDES.get(format, 2)


def test_black_raster_arrives_as_it_is_between_the_margins(source: Sources) -> None:
    document = documents.pwg("black_1", dpi=300)
    (sent,) = documents.raster_pages(document)
    (page,) = pcl_reader.read(b"".join(map(bytes, Work(order("image/pwg-raster"), source(document))))).pages
    assert page.resolution == 300 and page.settings["&lA"] == 26
    first = round(page.x + 0.25 * 300 + 7) // 8  # A4's logical page begins at 0.25 inch, less what the margins take
    top = round(page.y)
    rows = [row[first : first + len(page.rows[0])] for row in sent.rows[top : top + len(page.rows)]]
    assert any(any(row) for row in rows)
    assert len(page.rows) > 3000


@pytest.mark.parametrize(
    "asked, sides",
    [
        ({"page_ranges": (2, 3)}, 2),
        ({"page_ranges": ((1, 1), (5, 7))}, 4),
        ({"number_up": 2}, 4),
        ({"number_up": 4, "page_ranges": (1, 5)}, 2),
    ],
)
def test_pages_are_chosen_and_put_together(source: Sources, asked: "dict[str, Any]", sides: int) -> None:
    work = Work(order("application/pdf", machine=COARSE, **asked), source(documents.pdf(7)))
    job = pcl_reader.read(b"".join(map(bytes, work)))
    assert len(job.pages) == work.impressions == sides


def test_pages_of_raster_are_chosen(source: Sources) -> None:
    work = Work(order("image/urf", page_ranges=(2, 2)), source(DOCUMENTS["image/urf"]))
    assert len(pcl_reader.read(b"".join(map(bytes, work))).pages) == 1


LETTER = "na_letter_8.5x11in"
A4_CODE, LETTER_CODE, TRAY_2 = 26, 2, 1  # HP, Page Size and Paper Source Commands
LANDSCAPE = 4


@pytest.mark.parametrize("format", ["application/pdf", "text/plain", "image/urf", "image/pwg-raster"])
def test_single_pages_get_other_paper_from_another_tray(source: Sources, format: str) -> None:
    asked = {"pages": [[2, 2]], "media": LETTER, "media-source": "tray-2"}
    work = Work(order(format, machine=COARSE, overrides=[asked]), source(DOCUMENTS[format]))
    sent = pcl_reader.read(b"".join(map(bytes, work))).pages
    assert [(page.settings["&lA"], page.settings["&lH"]) for page in sent] == [(A4_CODE, 7), (LETTER_CODE, TRAY_2)]


def test_single_pages_are_turned(source: Sources) -> None:
    turned: "list[dict[str, object]]" = [{"pages": [[2, 3]], "orientation-requested": LANDSCAPE}]
    plain, work = (
        Work(order("application/pdf", machine=COARSE, overrides=overrides), source(documents.pdf(4)))
        for overrides in ([], turned)
    )
    before, after = (pcl_reader.read(b"".join(map(bytes, each))).pages for each in (plain, work))
    assert [one.rows == other.rows for one, other in zip(before, after, strict=True)] == [True, False, False, True]


@pytest.mark.parametrize("number_up, sheets, letter", [(1, 7, 4), (2, 5, 3), (4, 4, 2)])
def test_pages_that_are_wanted_otherwise_begin_a_sheet(
    source: Sources, number_up: int, sheets: int, letter: int
) -> None:
    asked: "list[dict[str, object]]" = [{"pages": [[2, 2], [5, 7]], "media": LETTER}]  # 1 | 2 | 3 4 | 5 6 7
    wanted = order("application/pdf", machine=COARSE, number_up=number_up, overrides=asked)
    work = Work(wanted, source(documents.pdf(7)))
    sent = pcl_reader.read(b"".join(map(bytes, work))).pages
    assert len(sent) == work.impressions == sheets
    assert [page.settings["&lA"] for page in sent].count(LETTER_CODE) == letter


def test_pages_count_in_the_document_and_not_in_what_is_printed(source: Sources) -> None:
    asked: "list[dict[str, object]]" = [{"pages": [[3, 3]], "media": LETTER}]
    for format, document in (("application/pdf", documents.pdf(4)), ("image/urf", documents.urf(dpi=300, pages=4))):
        work = Work(order(format, machine=COARSE, page_ranges=(2, 3), overrides=asked), source(document))
        sent = pcl_reader.read(b"".join(map(bytes, work))).pages
        assert [page.settings["&lA"] for page in sent] == [A4_CODE, LETTER_CODE]


def test_the_first_override_that_tells_of_a_page_holds() -> None:
    overrides = [{"pages": [[2, 3]], "media": LETTER}, {"media": "iso_a5_148x210mm", "print-scaling": "fit"}]
    asked = order("application/pdf", overrides=overrides)
    assert [asked.at(page).setup.media for page in (0, 1, 2)] == [A4["media"], "iso_a5_148x210mm", LETTER]
    assert asked.at(2).options["print-scaling"] == "fit"


@pytest.mark.parametrize("sides, code", [("one-sided", 0), ("two-sided-long-edge", 1), ("two-sided-short-edge", 2)])
def test_sides_and_copies_reach_the_machine(source: Sources, sides: str, code: int) -> None:
    work = Work(order("text/plain", machine=COARSE, sides=sides, copies=3), source(b"one page"))
    sent = pcl_reader.read(b"".join(map(bytes, work))).pages
    assert {(page.settings["&lS"], page.settings["&lX"]) for page in sent} == {(code, 1)}
    assert [any(map(any, page.rows)) for page in sent] == ([True] * 3 if not code else [True, False] * 3)


BLANK_BACK = b"front\f \fanother\f"


@pytest.mark.parametrize(
    "document, asked, sides",
    [
        (BLANK_BACK, {}, 2),
        (BLANK_BACK, {"sides": "two-sided-long-edge"}, 3),
        (b" \f \fsheet", {"sides": "two-sided-long-edge"}, 1),
        (b" \fone", {"copies": 2}, 2),
    ],
)
def test_blank_pages_are_skipped_where_that_is_set(
    source: Sources, document: bytes, asked: "dict[str, Any]", sides: int
) -> None:
    work = Work(order("text/plain", machine=COARSE, **asked)._replace(skip_blank=True), source(document))
    job = pcl_reader.read(b"".join(map(bytes, work)))
    assert len(job.pages) == work.impressions == sides


def test_a_document_without_a_mark_says_why_nothing_is_printed(source: Sources) -> None:
    work = Work(order("text/plain", machine=COARSE)._replace(skip_blank=True), source(b" \f "))
    with pytest.raises(WireError, match="setting blank-pages"):
        list(work)


@pytest.mark.parametrize(
    "back, sides, turned",
    [
        ("normal", "two-sided-long-edge", (1, 1)),
        ("rotated", "two-sided-long-edge", (-1, -1)),
        ("rotated", "two-sided-short-edge", (1, 1)),
        ("flipped", "two-sided-short-edge", (-1, 1)),
        ("manual-tumble", "two-sided-short-edge", (-1, -1)),
        ("rotated", "one-sided", (1, 1)),
    ],
)
@pytest.mark.parametrize("language", ["pwg", "urf"])
def test_backs_are_drawn_as_the_machine_wants_them(
    source: Sources, language: str, back: str, sides: str, turned: "tuple[int, int]"
) -> None:
    machine = choose.USUAL[language].machine._replace(resolutions=((150, 150),), color=False)
    orders = [order("text/plain", language, machine._replace(back=one), sides=sides) for one in ("normal", back)]
    upright, made = (b"".join(map(bytes, Work(one, source(DOCUMENTS["text/plain"])))) for one in orders)
    plain = documents.raster_pages(upright)
    front, second = documents.raster_pages(made)
    across, down = turned
    assert front.rows == plain[0].rows
    assert second.rows == [row[::across] for row in plain[1].rows[::down]]
    if language == "pwg":
        header = pwg.Header.parse(made[made.rindex(b"PwgRaster\0") :][: pwg.LAYOUT.size])
        assert (header.cross_feed_transform, header.feed_transform) == turned


def test_copies_that_need_not_be_collated_are_the_machines(source: Sources) -> None:
    asked: "dict[str, Any]" = {"copies": 3, "multiple_document_handling": "separate-documents-uncollated-copies"}
    work = Work(order("image/urf", **asked), source(DOCUMENTS["image/urf"]))
    sent = pcl_reader.read(b"".join(map(bytes, work))).pages
    assert [page.settings["&lX"] for page in sent] == [3, 3]
    assert work.impressions == 6


def test_sets_of_a_raster_document_come_one_after_another(source: Sources) -> None:
    work = Work(order("image/urf", copies=2), source(DOCUMENTS["image/urf"]))
    assert len(pcl_reader.read(b"".join(map(bytes, work))).pages) == 4


@pytest.mark.parametrize(
    "format, document, sentence",
    [
        ("application/pdf", b"%PDF-1.7 nonsense", "PDF"),
        ("image/urf", b"UNIRAST\0\0\0\0\1" + bytes(10), "ends within"),
        ("image/pwg-raster", b"RaS2", "no page"),
        ("text/html", b"<html>", "cannot be converted"),
    ],
)
def test_a_document_that_cannot_be_says_why(source: Sources, format: str, document: bytes, sentence: str) -> None:
    with pytest.raises(WireError, match=sentence):
        list(Work(order(format), source(document)))


@pytest.mark.parametrize("format", ["application/pdf", "text/plain"])
def test_a_worker_makes_the_same(source: Sources, format: str) -> None:
    asked = order(format, machine=COARSE)
    here = b"".join(map(bytes, Work(asked, source(DOCUMENTS[format]))))
    worker = Worker(asked, source(DOCUMENTS[format]), streams=False)
    assert b"".join(worker) == here
    assert worker.impressions == 2


def test_a_worker_is_fed_a_document_that_comes_in(source: Sources) -> None:
    asked = order("image/urf")
    here = b"".join(map(bytes, Work(asked, source(DOCUMENTS["image/urf"]))))
    assert b"".join(Worker(asked, source(DOCUMENTS["image/urf"]), streams=True)) == here


def test_what_a_worker_says_of_a_document_is_told(source: Sources) -> None:
    with pytest.raises(WireError, match="PDF"):
        list(Worker(order("application/pdf"), source(b"%PDF-1.7 nonsense"), streams=False))


def test_a_worker_that_is_not_wanted_any_more_ends_at_once(source: Sources) -> None:
    worker = Worker(order("application/pdf"), source(documents.pdf(50)), streams=False)
    pieces = iter(worker)
    next(pieces)
    worker.stop()
    with pytest.raises(Closed):
        list(pieces)


def test_a_worker_that_is_stopped_before_it_begins_does_not(source: Sources) -> None:
    worker = Worker(order("application/pdf"), source(documents.pdf(1)), streams=False)
    worker.stop()
    assert list(worker) == []


@pytest.mark.parametrize("password, sentence", [("", "protected by a password"), ("wrong", "not the one")])
def test_a_worker_tells_why_a_document_is_not_printed(source: Sources, password: str, sentence: str) -> None:
    locked = source(pages.pdf([""], password="open sesame"))
    with pytest.raises(WireError, match=sentence) as told:
        list(Worker(order("application/pdf")._replace(password=password), locked, streams=False))
    assert told.value.reason == "document-password-error"


def test_a_worker_that_is_killed_is_told_of_in_words(source: Sources) -> None:
    worker = Worker(order("application/pdf"), source(documents.pdf(50)), streams=False)
    pieces = iter(worker)
    next(pieces)
    assert worker._process is not None
    worker._process.kill()
    with pytest.raises(WireError, match="memory or time") as told:
        list(pieces)
    assert told.value.reason == "document-unprintable-error"
    assert not [thread for thread in threading.enumerate() if thread.name == "feeder"]


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\n",
        b"[]\n",
        b'{"at": 1}\n',
        b'{"at": null, "impressions": 1}\n',
        b'{"wrong": "No."}\n',
        b'{"wrong": "No.", "reason": "no reason"}\n',
        b"x" * 200_000,
    ],
)
def test_a_worker_that_talks_nonsense_is_not_believed(
    source: Sources, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    def spawn(document: int, control: socket.socket) -> "subprocess.Popen[bytes]":
        program = "import os, sys; os.write(int(sys.argv[1]), sys.stdin.buffer.read())"
        return subprocess.Popen(
            [sys.executable, "-c", program, str(control.fileno())],
            stdin=document,
            stdout=subprocess.PIPE,
            pass_fds=(control.fileno(),),
        )

    monkeypatch.setattr(process, "_spawn", spawn)
    with pytest.raises(WireError) as told:
        list(Worker(order("application/pdf"), source(said), streams=False))
    assert (told.value.message, told.value.reason) == (process.BROKE, "aborted-by-system")


def test_all_deaths_have_a_sentence() -> None:
    assert all(sentence.endswith(".") for sentence in (*process.KILLED.values(), process.BROKE))


def test_a_receipt_is_drawn_upright_in_the_dots_of_its_printer(source) -> None:
    lying = pages.pdf(["10 10 100 40 re f"], (227, 120))
    sent = b"".join(map(bytes, Work(order("application/pdf", "escpos", media="om_receipt_80x297mm"), source(lying))))
    (image,) = [item for item in escpos_reader.read(sent) if isinstance(item, escpos_reader.Image)]
    dark = [row for row in image.rows if any(row)]
    assert image.width == 576
    assert len(set(dark)) <= 3  # the same from edge to edge, but for the first row and the last
    assert len(dark) == pytest.approx(40 / 227 * 576, abs=2)


def printed_on_roll(source, format: str, document: bytes, **asked) -> "list[escpos_reader.Image]":
    """Return what a receipt printer of 576 dots prints, piece by piece."""
    sent = b"".join(map(bytes, Work(order(format, "escpos", media="om_receipt_80x297mm", **asked), source(document))))
    return [item for item in escpos_reader.read(sent) if isinstance(item, escpos_reader.Image)]


BAR = "20 20 100 {} re f"  # from 20 points over the page's lower edge on


@pytest.mark.parametrize(
    "size, high, rows",
    [
        ((204, 2000), 1960, 1960 / 72 * 203),  # 72 mm wide and 70 cm long, as large as it is
        ((227, 400), 100, 100 * 576 / 227),  # 80 mm: as wide as the roll's dots; the white above is not printed
        ((595, 842), 700, 700 * 576 / 595),  # A4
        ((842, 595), 300, 300 * 576 / 842),  # A4 that lies
        ((100, 100), 10, 10 / 72 * 203),
    ],
)
def test_a_page_of_any_size_makes_a_receipt_of_its_own_length(source, size, high, rows) -> None:
    (image,) = printed_on_roll(source, "application/pdf", pages.pdf([BAR.format(high)], size))
    assert image.width == 576 and len(image.rows) == pytest.approx(rows, abs=2)


def test_a_picture_is_as_wide_as_the_roll(source) -> None:
    (image,) = printed_on_roll(source, "image/png", pages.png(30, 60, [[40] * 30] * 60, 0, 8))
    assert len(image.rows) == pytest.approx(2 * 576, abs=2)
    assert any(row[0] for row in image.rows) and any(row[-1] for row in image.rows)


def test_a_text_is_one_receipt_and_ends_with_its_last_line(source) -> None:
    short, long = (len(printed_on_roll(source, "text/plain", b"line\n" * lines)[0].rows) for lines in (10, 100))
    assert 100 < short < 500 and 9 * short < long < 11 * short
    assert len(printed_on_roll(source, "text/plain", b"one\ftwo")) == 2


def test_a_setting_makes_the_roll_narrower(source) -> None:
    wanted = Preferences(receipt_roll="58mm").order(order("application/pdf", "escpos"))
    sent = b"".join(map(bytes, Work(wanted, source(pages.pdf([BAR.format(100)], (204, 400))))))
    _initialize, image, *acts = escpos_reader.read(sent)
    assert isinstance(image, escpos_reader.Image)
    assert image.width == 384 and len(image.rows) == pytest.approx(100 * 384 / 204, abs=2)
    assert acts == [("feed", (4,))]  # such printers have no knife


@pytest.mark.parametrize("size", [(595, 842), (842, 595), (100, 100), (283, 425), (288, 432)])
def test_a_page_of_any_size_is_whole_on_its_label(source, size) -> None:
    width, height = size
    corners = f"2 2 8 8 re f {width - 10} {height - 10} 8 8 re f 2 {height - 10} 8 8 re f {width - 10} 2 8 8 re f"
    asked = order("application/pdf", "zpl", media="om_label_100x150mm")
    _, (label,) = zpl_reader.read(b"".join(map(bytes, Work(asked, source(pages.pdf([corners], size))))))
    assert (label.settings["^PW"], label.settings["^LL"]) == ("799", "1199")
    marked = [number for number, row in enumerate(label.rows) if any(row)]
    assert sum(later > before + 1 for before, later in itertools.pairwise(marked)) == 1  # upper marks, lower ones
    for number in (marked[2], marked[-3]):
        dots = f"{int.from_bytes(label.rows[number], 'big'):0800b}"
        assert len(list(filter(None, dots.split("0")))) == 2  # a left and a right one


@pytest.mark.parametrize("gain, inked", [(0, 0.5), (20, 0.31), (-20, 0.69)])
@pytest.mark.parametrize("halftone", ["blue-noise", "error-diffusion"])
def test_settings_say_how_grays_are_printed(source, halftone, gain, inked) -> None:
    wanted = Preferences(dot_gain=gain, halftone=halftone).order(order("image/png", "escpos"))
    gray = pages.png(64, 64, [[128] * 64] * 64, 0, 8)
    (image,) = [item for item in escpos_reader.read(b"".join(map(bytes, Work(wanted, source(gray))))) if item[0] == 576]
    assert sum(byte.bit_count() for row in image.rows for byte in row) / (576 * 576) == pytest.approx(inked, abs=0.03)
