"""Bad documents over IPP, on a printer whose language we write.

Each ends its job with its reason and a sentence, within limits, and the next one prints.
"""

import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from feedpath.front.ipp import values, wire
from feedpath.front.ipp.wire import Attribute
from tests.fakes import documents, pages
from tests.fakes.netns import until
from tests.fakes.pcl_reader import read
from tests.robust.firmware import Installation, installed
from tests.robust.ippclient import (
    ABORTED,
    COMPLETED,
    GET_PRINTER_ATTRIBUTES,
    GOOD,
    HELD,
    PRINT_JOB,
    Client,
    keyword,
    mime,
    told,
)

LASER = "MFG:Feedpath;MDL:Laser;CMD:PJL,PCL;CLS:PRINTER;"
PDF, JPEG, PNG, PWG, URF, ANY = (
    "application/pdf", "image/jpeg", "image/png", "image/pwg-raster", "image/urf", "application/octet-stream",
)  # fmt: skip
BROKEN, UNPRINTABLE, LOCKED, STRANGE = (
    "document-format-error", "document-unprintable-error", "document-password-error", "unsupported-document-format",
)  # fmt: skip
FORMAT_NOT_SUPPORTED = 0x040A  # RFC 8011, B.1.4.11
MIB = 1024 * 1024
DAEMON_MOST = 24 * MIB  # more than it had: rings, and what a document of these takes there
TEN_METRES = 10_000 / 25.4 * 72  # points
SECRET = b"open sesame"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Installation]":
    """A firmware and a laser printer for all of these."""
    with installed(tmp_path_factory.mktemp("box") / "data", device_id=LASER) as running:
        yield running


@pytest.fixture
def client(box: Installation) -> "Iterator[Client]":
    """A connection to it."""
    with Client(box.firmware.port) as connected:
        yield connected


def pwg(**changes: int) -> bytes:
    """Return PWG raster whose first header says what it should not."""
    at = {"width": 372, "height": 376, "bits_per_pixel": 388, "bytes_per_line": 392}
    document = bytearray(documents.pwg("sgray_8", dpi=300, pages=2))
    for name, value in changes.items():
        struct.pack_into(">I", document, 4 + at[name], value)
    return bytes(document)


def urf(body: bytes, width: int = 100, height: int = 100, total: int = 1) -> bytes:
    """Return URF whose only page has these coded rows."""
    header = struct.pack(">BBBBIIIIII", 8, 0, 1, 4, 0, 0, width, height, 300, 0) + bytes(4)
    return b"UNIRAST\0" + struct.pack(">I", total) + header + body


def swelling_pdf(size: int) -> bytes:
    """Return a PDF whose page's content is so many bytes of nothing, well packed."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * MIB) for _ in range(size // MIB)) + packer.flush()
    plain = documents.pdf(1)
    start, end = plain.index(b"<< /Length"), plain.index(b"endstream")
    coded = b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\n"
    return plain[:start] + coded + plain[end:]


class Bad(NamedTuple):
    """A bad document: what is wrong, its label, the reason that its job ends for, and words of the sentence."""

    name: str
    format: str
    document: bytes
    reason: str
    words: str


BAD = (
    Bad("a cut PWG", PWG, documents.pwg("sgray_8", dpi=300)[:-1000], BROKEN, "ends within page 1"),
    Bad("a cut URF", URF, documents.urf(dpi=300, pages=2)[:-5], BROKEN, "ends within page 2"),
    Bad("a cut header", PWG, documents.pwg("sgray_8", dpi=300)[:900], BROKEN, "header of page 1"),
    Bad("gigapixels of PWG", PWG, pwg(width=60_000, height=60_000), UNPRINTABLE, "60000 x 60000 pixels"),
    Bad("gigapixels of URF", URF, urf(b"", 60_000, 60_000), UNPRINTABLE, "60000 x 60000 pixels"),
    Bad("a row without end", PWG, pwg(width=2**31), UNPRINTABLE, "2147483648 pixels wide"),
    Bad("no rows", PWG, pwg(height=0), BROKEN, "0 rows high"),
    Bad("rows that are too short", PWG, pwg(bytes_per_line=7), BROKEN, "7 bytes a row"),
    Bad("a run past the row", URF, urf(b"\x00\x7f\x10" * 100), BROKEN, "a run goes past the end"),
    Bad("literals past the row", URF, urf(b"\x00\x81" + bytes(127)), BROKEN, "a run goes past the end"),
    Bad("rows past the page", URF, urf(b"\xff\x80" * 100), BROKEN, "more"),
    Bad("no raster", PWG, b"RaS2" + bytes(1796), BROKEN, ""),
    Bad("noise", ANY, b"\xfe\x01\x02\x03" + random.Random(3).randbytes(20_000), STRANGE, "unknown kind"),
    Bad("noise as PDF", PDF, b"\xfe\x01\x02\x03" + random.Random(3).randbytes(20_000), BROKEN, "broken"),
    Bad("a cut PDF", PDF, documents.pdf(3)[:200], BROKEN, "The PDF"),
    Bad("a PDF without pages", PDF, pages.pdf([]), BROKEN, "0 pages"),
    Bad("a locked PDF", PDF, pages.pdf([""], password="secret"), LOCKED, "print it again with its password"),
    Bad("a PDF of 10,001 pages", PDF, pages.pdf([""], count=10_001), UNPRINTABLE, "10001 pages"),
    Bad("a swelling PDF", PDF, swelling_pdf(1024 * MIB), UNPRINTABLE, "more memory"),
    Bad("a JPEG of 60,000 x 60,000", JPEG, documents.lying_jpeg(60_000, 60_000), UNPRINTABLE, "60000 x 60000 pixels"),
    Bad("a JPEG without a picture", JPEG, b"\xff\xd8\xff\xd9", BROKEN, "no picture"),
    Bad("a PNG of 60,000 x 60,000", PNG, pages.png(60_000, 60_000, [[0]], 0, 8), UNPRINTABLE, "60000 x 60000 pixels"),
    Bad("a cut PNG", PNG, pages.png(30, 30, [[40] * 30] * 30, 0, 8)[:-20], BROKEN, "The PNG is broken"),
    Bad("PCLm", ANY, b"%PDF-1.7\n%PCLm 1.0\n" + bytes(500), STRANGE, "Send it as PDF, PWG raster or Apple raster"),
    Bad("OpenXPS", ANY, b"PK\x03\x04" + bytes(26) + b"FixedDocSeq.fdseq", STRANGE, "Send it as PDF"),
    Bad("a PCLm that says PDF", PDF, b"%PDF-1.7\n%PCLm 1.0\n" + bytes(500), STRANGE, "a PCLm document"),
    Bad("a PDF that says URF", URF, documents.pdf(1), BROKEN, "labelled as Apple raster"),
    Bad("nothing but PostScript", ANY, documents.postscript(1), STRANGE, "PostScript"),
)  # fmt: skip


def ended(client: Client, format: str, document: bytes, *more: Attribute) -> "dict[str, list[Any]]":
    """Return what is told of the job that prints a document, when it has ended."""
    client.call(PRINT_JOB, mime(format), *more, document=document)
    return client.ended(max(client.jobs("all", "job-id")))


@pytest.mark.parametrize("bad", BAD, ids=[bad.name for bad in BAD])
def test_a_bad_document_ends_its_job_with_its_reason_and_the_next_one_prints(
    box: Installation, client: Client, bad: Bad
) -> None:
    firmware, printer, _ = box
    (Path("/proc") / str(firmware.pid) / "clear_refs").write_text("5")  # VmHWM begins anew
    memory = firmware.memory("VmHWM")
    job = ended(client, bad.format, bad.document)
    assert (job["job-state"], job["job-state-reasons"]) == ([ABORTED], [bad.reason]), job
    sentence = job["job-state-message"][0]
    assert bad.words in sentence and sentence.endswith("."), sentence
    assert firmware.memory("VmHWM") - memory < DAEMON_MOST
    before = printer.total
    after = ended(client, URF, documents.urf("sgray_8", dpi=300))
    assert (after["job-state"], after["job-impressions-completed"]) == ([COMPLETED], [1])
    received = printer.received[before:]
    assert read(received[received.rindex(b"@PJL JOB") :]).pages
    assert firmware.holds_none() and not workers(firmware.pid)
    assert not firmware.trouble()


def workers(pid: int) -> "list[str]":
    """Return the processes that a firmware has left behind."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.parametrize(
    "format, document, impressions",
    [
        (PDF, pages.pdf(["0 0 0 rg 0 0 9 9 re f"], (600.0, TEN_METRES)), 1),
        (PDF, documents.jpeg(), 1),
        (ANY, documents.pdf(2), 2),
        (URF, documents.urf(dpi=300, pages=2)[:8] + struct.pack(">I", 9) + documents.urf(dpi=300, pages=2)[12:], 2),
    ],
    ids=["a PDF 10 m long", "a JPEG that says PDF", "a PDF without a label", "another number of pages"],
)
def test_a_strange_document_that_can_be_printed_is_printed(
    client: Client, format: str, document: bytes, impressions: int
) -> None:
    job = ended(client, format, document)
    assert (job["job-state"], job["job-impressions-completed"]) == ([COMPLETED], [impressions])


def test_the_last_of_ten_thousand_pages_are_printed(client: Client) -> None:
    job = ended(client, PDF, documents.pdf(10_000), Attribute("page-ranges", [(values.RANGE, (9_999, 10_000))]))
    assert (job["job-state"], job["job-impressions-completed"]) == ([COMPLETED], [2])


@pytest.mark.parametrize("format", ["application/PCLm", "application/oxps", "application/vnd.ms-xpsdocument"])
def test_what_is_not_printed_is_refused_by_its_label_with_what_is(client: Client, format: str) -> None:
    answer = client.call(PRINT_JOB, mime(format), document=b"%PDF-1.7\n%PCLm 1.0\n")
    assert answer.status == FORMAT_NOT_SUPPORTED
    assert "application/pdf" in answer.sentence and "image/pwg-raster" in answer.sentence
    (printer,) = told(client.call(GET_PRINTER_ATTRIBUTES).message, wire.PRINTER)
    assert not {format.lower(), format} & set(printer["document-format-supported"])


def test_a_protected_document_prints_with_its_password_which_stands_nowhere(tmp_path: Path) -> None:
    locked = pages.pdf(["0 0 0 rg 0 0 300 300 re f"], password=SECRET.decode())
    password = Attribute("document-password", [(values.OCTETS, SECRET)])
    hold = [keyword("job-hold-until", "indefinite")]
    with installed(tmp_path / "data", device_id=LASER) as (firmware, _, _), Client(firmware.port) as client:
        (printer,) = told(client.call(GET_PRINTER_ATTRIBUTES).message, wire.PRINTER)
        assert printer["document-password-supported"] == [1023]
        job = ended(client, PDF, locked, password)
        assert (job["job-state"], job["job-impressions-completed"]) == ([COMPLETED], [1])
        wrong = ended(client, PDF, locked, Attribute("document-password", [(values.OCTETS, b"close sesame")]))
        assert (wrong["job-state"], wrong["job-state-reasons"]) == ([ABORTED], [LOCKED])
        answer = client.call(PRINT_JOB, mime(PDF), password, document=locked, job=hold)
        assert answer.status in GOOD and answer.job["job-state"] == [HELD]
        (held,) = client.jobs("not-completed", "job-id")
        until(firmware.spooled, "the document to be stored")
        firmware.kill()
        written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        assert written and not any(SECRET in each for each in written)
        firmware.start()
        with Client(firmware.port) as again:
            until(lambda: again.call(GET_PRINTER_ATTRIBUTES).status in GOOD, "the printer to be known")
            job = again.job(held)
            assert (job["job-state"], job["job-state-reasons"]) == ([ABORTED], [LOCKED])
            assert "print it again with its password" in job["job-state-message"][0]
        assert firmware.holds_none()
