"""Golden octets of IPP messages, one field a line (RFC 8010, 3.1 and appendix A)."""

import pytest

from feedpath.errors import WireError
from feedpath.front.ipp import status, values, wire
from feedpath.front.ipp.wire import Attribute, Group, Message

PRINT_JOB = Message(
    (1, 1),
    0x0002,
    1,
    [
        Group(
            wire.OPERATION,
            [
                Attribute("attributes-charset", [(values.CHARSET, "utf-8")]),
                Attribute("attributes-natural-language", [(values.LANGUAGE, "en-us")]),
                Attribute("printer-uri", [(values.URI, "ipp://printer.example.com/ipp/print/pinetree")]),
                Attribute("job-name", [(values.NAME, "foobar")]),
                Attribute("ipp-attribute-fidelity", [(values.BOOLEAN, True)]),
            ],
        ),
        Group(
            wire.JOB,
            [
                Attribute("copies", [(values.INTEGER, 20)]),
                Attribute("sides", [(values.KEYWORD, "two-sided-long-edge")]),
            ],
        ),
    ],
)
PRINT_JOB_OCTETS = (
    b"\x01\x01"  # version-number
    b"\x00\x02"  # operation-id: Print-Job
    b"\x00\x00\x00\x01"  # request-id
    b"\x01"  # operation-attributes-tag
    b"\x47" b"\x00\x12" b"attributes-charset" b"\x00\x05" b"utf-8"
    b"\x48" b"\x00\x1b" b"attributes-natural-language" b"\x00\x05" b"en-us"
    b"\x45" b"\x00\x0b" b"printer-uri" b"\x00\x2c" b"ipp://printer.example.com/ipp/print/pinetree"
    b"\x42" b"\x00\x08" b"job-name" b"\x00\x06" b"foobar"
    b"\x22" b"\x00\x16" b"ipp-attribute-fidelity" b"\x00\x01" b"\x01"
    b"\x02"  # job-attributes-tag
    b"\x21" b"\x00\x06" b"copies" b"\x00\x04" b"\x00\x00\x00\x14"
    b"\x44" b"\x00\x05" b"sides" b"\x00\x13" b"two-sided-long-edge"
    b"\x03"  # end-of-attributes-tag
)  # fmt: skip

MEDIA_SIZE = [
    Attribute("x-dimension", [(values.INTEGER, 21000)]),
    Attribute("y-dimension", [(values.INTEGER, 29700)]),
]
PAIRS = (  # tag and value, then what follows the attribute's name "a"
    ([(values.UNSUPPORTED, None)], b"\x10\x00\x01a" b"\x00\x00"),
    ([(values.UNKNOWN, None)], b"\x12\x00\x01a" b"\x00\x00"),
    ([(values.NO_VALUE, None)], b"\x13\x00\x01a" b"\x00\x00"),
    ([(values.NOT_SETTABLE, None)], b"\x15\x00\x01a" b"\x00\x00"),
    ([(values.DELETE_ATTRIBUTE, None)], b"\x16\x00\x01a" b"\x00\x00"),
    ([(values.ADMIN_DEFINE, None)], b"\x17\x00\x01a" b"\x00\x00"),
    ([(values.INTEGER, -2)], b"\x21\x00\x01a" b"\x00\x04\xff\xff\xff\xfe"),
    ([(values.BOOLEAN, False)], b"\x22\x00\x01a" b"\x00\x01\x00"),
    ([(values.ENUM, 5)], b"\x23\x00\x01a" b"\x00\x04\x00\x00\x00\x05"),
    ([(values.OCTETS, b"\x00\xff")], b"\x30\x00\x01a" b"\x00\x02\x00\xff"),
    (
        [(values.DATE_TIME, (2024, 2, 29, 23, 59, 60, 9, "-", 8, 30))],
        b"\x31\x00\x01a" b"\x00\x0b" b"\x07\xe8" b"\x02" b"\x1d" b"\x17" b"\x3b" b"\x3c" b"\x09" b"-" b"\x08" b"\x1e",
    ),
    (
        [(values.RESOLUTION, (600, 300, values.DPI))],
        b"\x32\x00\x01a" b"\x00\x09" b"\x00\x00\x02\x58" b"\x00\x00\x01\x2c" b"\x03",
    ),
    ([(values.RANGE, (1, 99))], b"\x33\x00\x01a" b"\x00\x08" b"\x00\x00\x00\x01" b"\x00\x00\x00\x63"),
    ([(values.TEXT_WITH_LANGUAGE, ("de", "Fuß"))], b"\x35\x00\x01a" b"\x00\x0a" b"\x00\x02de" b"\x00\x04Fu\xc3\x9f"),
    ([(values.NAME_WITH_LANGUAGE, ("en", ""))], b"\x36\x00\x01a" b"\x00\x06" b"\x00\x02en" b"\x00\x00"),
    ([(values.TEXT, "line\r\n")], b"\x41\x00\x01a" b"\x00\x06line\r\n"),
    ([(values.NAME, "né")], b"\x42\x00\x01a" b"\x00\x03n\xc3\xa9"),
    ([(values.KEYWORD, "iso_a4_210x297mm")], b"\x44\x00\x01a" b"\x00\x10iso_a4_210x297mm"),
    ([(values.URI_SCHEME, "ipps")], b"\x46\x00\x01a" b"\x00\x04ipps"),
    ([(values.MIME, "image/urf")], b"\x49\x00\x01a" b"\x00\x09image/urf"),
    ([(values.EXTENSION, (0x40000001, b"x"))], b"\x7f\x00\x01a" b"\x00\x05" b"\x40\x00\x00\x01" b"x"),
    ([(0x5F, b"unheard of")], b"\x5f\x00\x01a" b"\x00\x0aunheard of"),
    ([(0x80, b"")], b"\x80\x00\x01a" b"\x00\x00"),
    (  # 1setOf, of two syntaxes
        [(values.KEYWORD, "none"), (values.NAME, "mine")],
        b"\x44\x00\x01a" b"\x00\x04none" b"\x42\x00\x00" b"\x00\x04mine",
    ),
    (  # RFC 8010, 3.1.6: 1setOf collection, with a collection and a 1setOf in it
        [
            (
                values.BEGIN_COLLECTION,
                [
                    Attribute("media-size", [(values.BEGIN_COLLECTION, MEDIA_SIZE)]),
                    Attribute("media-type", [(values.KEYWORD, "labels"), (values.KEYWORD, "envelope")]),
                ],
            ),
            (values.BEGIN_COLLECTION, []),
        ],
        b"\x34\x00\x01a" b"\x00\x00"
        b"\x4a\x00\x00" b"\x00\x0amedia-size"
        b"\x34\x00\x00" b"\x00\x00"
        b"\x4a\x00\x00" b"\x00\x0bx-dimension"
        b"\x21\x00\x00" b"\x00\x04\x00\x00\x52\x08"
        b"\x4a\x00\x00" b"\x00\x0by-dimension"
        b"\x21\x00\x00" b"\x00\x04\x00\x00\x74\x04"
        b"\x37\x00\x00" b"\x00\x00"
        b"\x4a\x00\x00" b"\x00\x0amedia-type"
        b"\x44\x00\x00" b"\x00\x06labels"
        b"\x44\x00\x00" b"\x00\x08envelope"
        b"\x37\x00\x00" b"\x00\x00"
        b"\x34\x00\x00" b"\x00\x00"
        b"\x37\x00\x00" b"\x00\x00",
    ),
)  # fmt: skip


def message_of(attribute: bytes) -> bytes:
    return b"\x02\x00" b"\x00\x0b" b"\x00\x00\x00\x01" b"\x04" + attribute + b"\x03"


def test_a_print_job_request_has_the_octets_of_the_standard() -> None:
    assert PRINT_JOB.encode() == PRINT_JOB_OCTETS


def test_the_octets_of_the_standard_are_a_print_job_request() -> None:
    parsed = Message.parse(PRINT_JOB_OCTETS + b"%PDF-", len(PRINT_JOB_OCTETS) + 5)
    assert parsed is not None
    message, consumed = parsed
    assert (message.version, message.code, message.request_id) == ((1, 1), 2, 1)
    assert message.groups == PRINT_JOB.groups
    assert consumed == len(PRINT_JOB_OCTETS)


@pytest.mark.parametrize("pairs, octets", PAIRS)
def test_each_syntax_has_its_octets(pairs: "list[tuple[int, object]]", octets: bytes) -> None:
    assert wire.encode_attribute("a", pairs) == octets


@pytest.mark.parametrize("pairs, octets", PAIRS)
def test_octets_are_read_by_their_syntax(pairs: "list[tuple[int, object]]", octets: bytes) -> None:
    octets = message_of(octets)
    parsed = Message.parse(octets, len(octets))
    assert parsed is not None
    assert parsed[0].groups == [Group(wire.PRINTER, [Attribute("a", pairs)])]


REFUSED = (  # an attribute's octets, the status they deserve, a word of the sentence
    (b"\x21\x00\x01a" b"\x00\x03\x00\x00\x00", status.BAD_REQUEST, "3 octets instead of 4"),
    (b"\x22\x00\x01a" b"\x00\x01\x02", status.BAD_REQUEST, "a boolean"),
    (b"\x12\x00\x01a" b"\x00\x01\x00", status.BAD_REQUEST, "1 octets instead of 0"),
    (b"\x33\x00\x01a" b"\x00\x08" b"\x00\x00\x00\x02" b"\x00\x00\x00\x01", status.BAD_REQUEST, "from 2 down to 1"),
    (b"\x32\x00\x01a" b"\x00\x09" b"\x00\x00\x00\x00" b"\x00\x00\x00\x01" b"\x03", status.BAD_REQUEST, "resolution"),
    (b"\x32\x00\x01a" b"\x00\x09" b"\x00\x00\x00\x01" b"\x00\x00\x00\x01" b"\x05", status.BAD_REQUEST, "resolution"),
    (b"\x31\x00\x01a" b"\x00\x0b" b"\x07\xe8\x0d\x01\x00\x00\x00\x00+\x00\x00", status.BAD_REQUEST, "date"),
    (b"\x31\x00\x01a" b"\x00\x0b" b"\x07\xe8\x0c\x01\x00\x00\x00\x00*\x00\x00", status.BAD_REQUEST, "direction"),
    (b"\x35\x00\x01a" b"\x00\x05" b"\x00\x02en\x00", status.BAD_REQUEST, "no length"),
    (b"\x35\x00\x01a" b"\x00\x06" b"\x00\x02en\x00\x01", status.BAD_REQUEST, "past the end"),
    (b"\x35\x00\x01a" b"\x00\x07" b"\x00\x02en\x00\x00x", status.BAD_REQUEST, "after the text"),
    (b"\x41\x00\x01a" b"\x04\x00" + b"x" * 1024, status.VALUE_TOO_LONG, "at most 1023"),
    (b"\x42\x00\x01a" b"\x01\x00" + b"x" * 256, status.VALUE_TOO_LONG, "at most 255"),
    (b"\x47\x00\x01a" b"\x00\x40" + b"x" * 64, status.VALUE_TOO_LONG, "at most 63"),
    (b"\x30\x00\x01a" b"\x04\x00" + b"x" * 1024, status.VALUE_TOO_LONG, "at most 1023"),
    (b"\x44\x00\x01a" b"\x00\x00", status.BAD_REQUEST, "empty"),
    (b"\x44\x00\x01a" b"\x00\x03a b", status.BAD_REQUEST, "not allowed"),
    (b"\x42\x00\x01a" b"\x00\x03a\nb", status.BAD_REQUEST, "not allowed"),
    (b"\x42\x00\x01a" b"\x00\x03a\x7fb", status.BAD_REQUEST, "not allowed"),
    (b"\x41\x00\x01a" b"\x00\x03a\x1bb", status.BAD_REQUEST, "not allowed"),
    (b"\x45\x00\x01a" b"\x00\x06ipp:/\x00", status.BAD_REQUEST, "not allowed"),
    (b"\x42\x00\x01a" b"\x00\x01\xff", status.BAD_REQUEST, "not UTF-8"),
    (b"\x7f\x00\x01a" b"\x00\x03\x40\x00\x00", status.BAD_REQUEST, "extended tag"),
    (b"\x21\x00\x00" b"\x00\x04\x00\x00\x00\x00", status.BAD_REQUEST, "without an attribute"),
    (b"\x21\x80\x00" b"\x00\x04\x00\x00\x00\x00", status.BAD_REQUEST, "negative"),
    (b"\x21\x00\x02a\x00" b"\x00\x04\x00\x00\x00\x00", status.BAD_REQUEST, "octet 0x00"),
    (b"\x22\x00\x01a\x00\x01\x00" * 2, status.BAD_REQUEST, "given twice: a"),
    (b"\x37\x00\x01a" b"\x00\x00", status.BAD_REQUEST, "outside"),
    (b"\x4a\x00\x01a" b"\x00\x00", status.BAD_REQUEST, "outside"),
    (b"\x34\x00\x01a" b"\x00\x01x" b"\x37\x00\x00\x00\x00", status.BAD_REQUEST, "with a value"),
    (b"\x34\x00\x01a" b"\x00\x00", status.BAD_REQUEST, "does not end"),
    (b"\x34\x00\x01a" b"\x00\x00" b"\x22\x00\x01b\x00\x01\x00", status.BAD_REQUEST, "does not end"),
    (b"\x34\x00\x01a" b"\x00\x00" b"\x22\x00\x00\x00\x01\x00", status.BAD_REQUEST, "without a member name"),
    (b"\x34\x00\x01a" b"\x00\x00" b"\x4a\x00\x00\x00\x01m" b"\x37\x00\x00\x00\x00", status.BAD_REQUEST, "member"),
    (b"\x34\x00\x01a\x00\x00" + b"\x4a\x00\x00\x00\x01m\x34\x00\x00\x00\x00" * 8, status.BAD_REQUEST, "deep"),
    (b"\x00", status.BAD_REQUEST, "group tag 0"),
)  # fmt: skip


@pytest.mark.parametrize("octets, expected, words", REFUSED)
def test_wrong_octets_are_refused_with_a_status_and_a_sentence(octets: bytes, expected: int, words: str) -> None:
    octets = message_of(octets)
    with pytest.raises(WireError) as refused:
        Message.parse(octets, len(octets))
    assert refused.value.status == expected
    assert words in refused.value.message
