"""Bad requests that can be answered: each has its status and a sentence that says what is wrong."""

import gzip
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedpath.front.ipp import values, wire
from feedpath.front.ipp.wire import Attribute, Group, Message
from tests.fakes.netns import until
from tests.robust.documents import document
from tests.robust.firmware import Installation, installed
from tests.robust.ippclient import (
    ABORTED,
    CANCEL_JOB,
    COMPLETED,
    CREATE_JOB,
    FORMAT,
    GET_JOB_ATTRIBUTES,
    GET_JOBS,
    GET_PRINTER_ATTRIBUTES,
    GOOD,
    PRINT_JOB,
    PRINTER,
    SEND_DOCUMENT,
    Client,
    boolean,
    integer,
    keyword,
    mime,
    named,
    post,
    request,
    told,
)

MIB = 1024 * 1024
BAD_REQUEST, NOT_POSSIBLE, NOT_FOUND, TOO_LARGE, TOO_LONG = 0x0400, 0x0404, 0x0406, 0x0408, 0x0409  # RFC 8011, B.1
FORMAT_NOT_SUPPORTED, VALUES_NOT_SUPPORTED, CHARSET_NOT_SUPPORTED = 0x040A, 0x040B, 0x040D
COMPRESSION_NOT_SUPPORTED, COMPRESSION_ERROR = 0x040F, 0x0410
OPERATION_NOT_SUPPORTED, VERSION_NOT_SUPPORTED, ONE_DOCUMENT = 0x0501, 0x0503, 0x0509
SUBSTITUTED = 0x0001
DOCUMENT = document(1, 2000)
END = b"\3"  # of attributes
GZIP_HEADER = gzip.compress(b"")[:10]
BOMB = zlib.compressobj(9, zlib.DEFLATED, -15)
ZEROS = BOMB.compress(bytes(MIB)) + BOMB.flush(zlib.Z_FULL_FLUSH)  # a MiB of nothing, about a KiB of deflate


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Installation]":
    """A firmware and its printer for all of these."""
    with installed(tmp_path_factory.mktemp("box") / "data") as running:
        yield running


@pytest.fixture
def client(box: Installation) -> "Iterator[Client]":
    """A connection to it."""
    with Client(box.firmware.port) as connected:
        yield connected


def changed(octets: bytes, at: int, new: bytes) -> bytes:
    """Return octets with some of them replaced."""
    return octets[:at] + new + octets[at + len(new) :]


def first(*attributes: Attribute) -> bytes:
    """Return a Print-Job that has just these operation attributes."""
    return Message((2, 0), PRINT_JOB, 1, [Group(wire.OPERATION, list(attributes))]).encode()


def with_octets(tag: int, name: str, data: bytes, operation: int = PRINT_JOB) -> bytes:
    """Return a request whose last operation attribute has these octets as its value, right or wrong."""
    octets = request(operation)
    item = bytes((tag,)) + len(name).to_bytes(2, "big") + name.encode() + len(data).to_bytes(2, "big") + data
    return octets[:-1] + item + octets[-1:]


CHARSET = Attribute("attributes-charset", [(values.CHARSET, "utf-8")])
LANGUAGE = Attribute("attributes-natural-language", [(values.LANGUAGE, "en")])
URI = Attribute("printer-uri", [(values.URI, PRINTER)])
GOOD_JOB = request(PRINT_JOB, mime(FORMAT))
LATIN = Attribute("attributes-charset", [(values.CHARSET, "iso-8859-1")])
NOBODY = Attribute("printer-uri", [(values.URI, PRINTER + "/nobody")])
DEEP = b"".join(b"\x34\0\0\0\0" + b"\x4a\0\0\0\1x" for _ in range(20))

ROWS = [  # what is wrong, the request without its document, the status, words of the sentence
    ("another charset", first(LATIN, LANGUAGE, URI), CHARSET_NOT_SUPPORTED, "iso-8859-1"),
    ("no charset", first(LANGUAGE, URI), BAD_REQUEST, "attributes-charset"),
    ("no language", first(CHARSET, URI), BAD_REQUEST, "attributes-natural-language"),
    ("no printer", first(CHARSET, LANGUAGE), BAD_REQUEST, "printer-uri"),
    ("nobody's printer", first(CHARSET, LANGUAGE, NOBODY), NOT_FOUND, "nobody"),
    ("two printers", first(CHARSET, LANGUAGE, Attribute("printer-uri", URI.pairs * 2)), BAD_REQUEST, "printer-uri"),
    ("version 0.0", changed(GOOD_JOB, 0, b"\0\0"), VERSION_NOT_SUPPORTED, "0.0"),
    ("version 3.1", changed(GOOD_JOB, 0, b"\3\1"), VERSION_NOT_SUPPORTED, "3.1"),
    ("request-id 0", changed(GOOD_JOB, 4, bytes(4)), BAD_REQUEST, "request-id"),
    ("request-id -1", changed(GOOD_JOB, 4, b"\xff" * 4), BAD_REQUEST, "request-id"),
    ("an unknown operation", changed(GOOD_JOB, 2, b"\x3f\xff"), OPERATION_NOT_SUPPORTED, "0x3fff"),
    ("group tag 0", changed(GOOD_JOB, 8, b"\0"), BAD_REQUEST, "group"),
    ("no operation group", changed(GOOD_JOB, 8, b"\2"), BAD_REQUEST, "operation attributes"),
    ("groups out of order", GOOD_JOB[:-1] + b"\2\1\3", BAD_REQUEST, "group"),
    ("a negative length", changed(GOOD_JOB, 10, b"\xff\xff"), BAD_REQUEST, "length"),
    ("it ends in an attribute", GOOD_JOB[:40], BAD_REQUEST, "ends"),
    ("it ends in the header", GOOD_JOB[:5], BAD_REQUEST, "ends"),
    ("an attribute twice", request(PRINT_JOB, named("job-name", "a"), named("job-name", "b")), BAD_REQUEST, "job-name"),
    ("a value without a name", GOOD_JOB[:8] + b"\1\x44\0\0\0\1a\3", BAD_REQUEST, "attribute"),
    ("a name that is none", with_octets(values.KEYWORD, "job name", b"x"), BAD_REQUEST, "name"),
    ("another type", request(PRINT_JOB, integer("document-format", 1)), BAD_REQUEST, "document-format"),
    ("an integer of 3 octets", with_octets(values.INTEGER, "copies", b"123"), BAD_REQUEST, "copies"),
    ("a boolean that is 2", with_octets(values.BOOLEAN, "ipp-attribute-fidelity", b"\2"), BAD_REQUEST, "fidelity"),
    ("a range that falls", with_octets(values.RANGE, "page-ranges", b"\0\0\0\5\0\0\0\1"), BAD_REQUEST, "page-ranges"),
    ("a date that is none", with_octets(values.DATE_TIME, "when", b"\x07\xe0\x0d" + bytes(8)), BAD_REQUEST, "when"),
    ("not UTF-8", with_octets(values.NAME, "job-name", b"\xff\xfe"), BAD_REQUEST, "UTF-8"),
    ("a control character", with_octets(values.NAME, "job-name", b"a\0b"), BAD_REQUEST, "job-name"),
    ("a name too long", with_octets(values.NAME, "job-name", b"x" * 256), TOO_LONG, "256"),
    ("a collection without end", with_octets(values.BEGIN_COLLECTION, "media-col", b""), BAD_REQUEST, "collection"),
    ("20 collections deep", GOOD_JOB[:-1] + b"\x34\0\1y\0\0\x4a\0\0\0\1x" + DEEP + b"\3", BAD_REQUEST, "deep"),
    ("more than 64 KiB", request(PRINT_JOB, keyword("x", *["y" * 200] * 400)), TOO_LARGE, "65536"),
    ("another format", request(PRINT_JOB, mime("text/postscript")), FORMAT_NOT_SUPPORTED, "text/postscript"),
    ("another compression", request(PRINT_JOB, keyword("compression", "lzma")), COMPRESSION_NOT_SUPPORTED, "gzip"),
    ("nobody's job", request(GET_JOB_ATTRIBUTES, integer("job-id", 77777)), NOT_FOUND, "77777"),
    ("job 0", request(CANCEL_JOB, integer("job-id", 0)), NOT_FOUND, "job"),
    ("no job", request(CANCEL_JOB), BAD_REQUEST, "job-id"),
    ("strange jobs", request(GET_JOBS, keyword("which-jobs", "blue")), VALUES_NOT_SUPPORTED, "not-completed"),
]  # fmt: skip


@pytest.mark.parametrize("octets, status, words", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_bad_request_is_refused_by_its_status_with_a_sentence(
    box: Installation, client: Client, octets: bytes, status: int, words: str
) -> None:
    received = box.printer.total
    client.send(post(octets + DOCUMENT if octets.endswith(END) else octets))
    answer = client.answer()
    assert hex(answer.status) == hex(status), answer.sentence
    assert words in answer.sentence and len(answer.sentence.split()) > 1
    with Client(box.firmware.port) as other:
        assert other.call(GET_PRINTER_ATTRIBUTES).status in GOOD
        assert not other.jobs("not-completed")
    assert box.printer.total == received


def test_what_a_job_cannot_have_is_named_and_the_rest_is_printed(box: Installation, client: Client) -> None:
    strange = [keyword("sides", "three-sided"), integer("shoe-size", 44), integer("copies", 5000)]
    answer = client.call(PRINT_JOB, mime(FORMAT), document=DOCUMENT, job=strange)
    assert answer.status == SUBSTITUTED
    (unsupported,) = told(answer.message, wire.UNSUPPORTED)
    assert unsupported == {"sides": ["three-sided"], "shoe-size": [None], "copies": [5000]}
    assert client.ended(answer.job["job-id"][0])["job-state"] == [COMPLETED]
    assert box.printer.received.endswith(DOCUMENT)


def test_a_job_that_must_be_exactly_so_is_refused_when_it_cannot(client: Client) -> None:
    exactly = boolean("ipp-attribute-fidelity", True)
    answer = client.call(PRINT_JOB, mime(FORMAT), exactly, document=DOCUMENT, job=[keyword("sides", "three-sided")])
    assert answer.status == VALUES_NOT_SUPPORTED and "sides" in answer.sentence
    assert told(answer.message, wire.UNSUPPORTED) == [{"sides": ["three-sided"]}]


def test_a_job_takes_one_document_and_none_when_it_has_ended(client: Client) -> None:
    created = client.call(CREATE_JOB, job=[keyword("job-hold-until", "indefinite")]).job["job-id"][0]
    assert client.call(SEND_DOCUMENT, integer("job-id", created), mime(FORMAT), document=DOCUMENT).status == BAD_REQUEST
    assert client.send_document(created, DOCUMENT).status in GOOD
    again = client.send_document(created, DOCUMENT)
    assert again.status == ONE_DOCUMENT and "one document" in again.sentence
    assert client.call(CANCEL_JOB, integer("job-id", created)).status in GOOD
    canceled = client.call(CREATE_JOB).job["job-id"][0]
    assert client.call(CANCEL_JOB, integer("job-id", canceled)).status in GOOD
    late = client.send_document(canceled, DOCUMENT)
    assert late.status == NOT_POSSIBLE and str(canceled) in late.sentence


@pytest.mark.parametrize(
    "compression, coded",
    [
        ("gzip", DOCUMENT),
        ("gzip", gzip.compress(DOCUMENT)[:-20]),
        ("gzip", GZIP_HEADER + random.Random(1).randbytes(500)),
        ("deflate", b"\xff" * 500),
        ("deflate", zlib.compress(DOCUMENT)[:50]),
    ],
    ids=["no gzip", "half of gzip", "broken gzip", "no deflate", "half of deflate"],
)
def test_a_broken_compressed_document_ends_its_job_with_the_reason(
    client: Client, compression: str, coded: bytes
) -> None:
    answer = client.print(coded, keyword("compression", compression))
    assert answer.status == COMPRESSION_ERROR and answer.sentence.endswith(".")
    job = client.jobs()[max(client.jobs())]
    assert (job["job-state"], job["job-state-message"]) == ([ABORTED], [answer.sentence])
    assert client.job(job["job-id"][0])["job-state-reasons"] == ["compression-error"]


@pytest.mark.parametrize("busy", [False, True])
def test_a_compression_bomb_is_refused_before_it_has_arrived(box: Installation, client: Client, busy: bool) -> None:
    firmware, printer, _ = box
    printer.busy = busy
    bomb = GZIP_HEADER + ZEROS * 1024
    head = request(PRINT_JOB, mime(FORMAT), keyword("compression", "gzip"))
    (Path("/proc") / str(firmware.pid) / "clear_refs").write_text("5")  # VmHWM begins anew
    memory = firmware.memory("VmHWM")
    client.send(post(head + bomb[: len(ZEROS) * 100], length=len(head) + len(bomb)))  # a tenth of it, and no more
    answer = client.answer()
    assert answer.status == COMPRESSION_ERROR and "200 times" in answer.sentence
    assert firmware.memory("VmHWM") - memory < 8 * MIB
    printer.busy = False
    with Client(firmware.port) as other:
        assert other.print(DOCUMENT).status in GOOD
    assert printer.received.endswith(DOCUMENT)
    assert firmware.holds_none()


def test_a_document_that_grows_past_the_limit_is_refused(tmp_path: Path) -> None:
    large = gzip.compress(random.Random(1).randbytes(2 * MIB), 1)
    with installed(tmp_path / "data", "decompress-limit=1") as (firmware, _, _), Client(firmware.port) as client:
        answer = client.print(large, keyword("compression", "gzip"))
        assert answer.status == COMPRESSION_ERROR and str(MIB) in answer.sentence
        assert firmware.holds_none()


def test_a_document_that_ends_too_early_ends_its_job_with_the_reason(box: Installation) -> None:
    head = request(PRINT_JOB, mime(FORMAT))
    with Client(box.firmware.port) as client, Client(box.firmware.port) as other:
        client.send(post(head + DOCUMENT[:500], length=len(head) + len(DOCUMENT)))
        (id,) = until(lambda: other.jobs("not-completed"), "the job to begin")
        client.close()
        job = other.ended(id)
    assert (job["job-state"], job["job-state-reasons"]) == ([ABORTED], ["submission-interrupted"])
    assert "went away" in job["job-state-message"][0]
