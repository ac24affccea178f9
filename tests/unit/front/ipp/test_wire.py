"""The IPP codec under all kinds of input: whole, in pieces, mutated, far too long."""

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedpath.errors import WireError
from feedpath.front.ipp import status, values, wire
from feedpath.front.ipp.wire import Attribute, Group, Message, Parser

SEED = 8010


def operation_group(*more: Attribute) -> Group:
    charset = Attribute("attributes-charset", [(values.CHARSET, "utf-8")])
    language = Attribute("attributes-natural-language", [(values.LANGUAGE, "en")])
    return Group(wire.OPERATION, [charset, language, *more])


def a_request() -> Message:
    media_size = [
        Attribute("x-dimension", [(values.INTEGER, 21000)]),
        Attribute("y-dimension", [(values.INTEGER, 29700)]),
    ]
    media = [
        Attribute("media-size", [(values.BEGIN_COLLECTION, media_size)]),
        Attribute("media-type", [(values.NO_VALUE, None)]),
    ]
    job = [
        Attribute("copies", [(values.INTEGER, 2)]),
        Attribute("page-ranges", [(values.RANGE, (1, 3)), (values.RANGE, (5, 8))]),
        Attribute("media-col", [(values.BEGIN_COLLECTION, media)]),
        Attribute("printer-resolution", [(values.RESOLUTION, (600, 600, values.DPI))]),
        Attribute("job-message-to-operator", [(values.TEXT_WITH_LANGUAGE, ("de", "Grüße"))]),
    ]
    uri = Attribute("printer-uri", [(values.URI, "ipp://printer.local/ipp/print")])
    name = Attribute("job-name", [(values.NAME, "a letter")])
    return Message((2, 0), 0x0002, 77, [operation_group(uri, name), Group(wire.JOB, job)])


def strings(tag: int) -> "st.SearchStrategy[str]":
    least, most, lowest, highest = values.STRINGS[tag]
    highest = highest if highest < 0x7F else 0x2FFF
    characters = st.characters(min_codepoint=lowest, max_codepoint=highest, exclude_characters="\x7f")
    return st.text(characters, min_size=least, max_size=min(most, 60) // 3 + 1)


def whole(parsed: "tuple[Message, int] | None") -> "tuple[Message, int]":
    """Return a message that must have come whole."""
    assert parsed is not None
    return parsed


int32 = st.integers(-(2**31), 2**31 - 1)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-._", min_size=1, max_size=20)
simple = st.one_of(
    st.sampled_from([values.INTEGER, values.ENUM]).flatmap(lambda tag: st.tuples(st.just(tag), int32)),
    st.tuples(st.just(values.BOOLEAN), st.booleans()),
    st.tuples(st.just(values.RANGE), st.tuples(int32, int32).map(lambda pair: (min(pair), max(pair)))),
    st.tuples(
        st.just(values.RESOLUTION), st.tuples(st.integers(1, 9600), st.integers(1, 9600), st.sampled_from([3, 4]))
    ),
    st.tuples(st.just(values.DATE_TIME), st.integers(0, 2**32).map(values.date_time)),
    st.tuples(st.just(values.TEXT_WITH_LANGUAGE), st.tuples(strings(values.LANGUAGE), strings(values.TEXT))),
    st.tuples(st.just(values.NAME_WITH_LANGUAGE), st.tuples(strings(values.LANGUAGE), strings(values.NAME))),
    st.tuples(st.just(values.EXTENSION), st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=20))),
    st.tuples(st.sampled_from([values.OCTETS, 0x38, 0x50, 0x90, 0xFF]), st.binary(max_size=40)),
    st.tuples(st.sampled_from(list(values.OUT_OF_BAND)), st.none()),
    st.sampled_from(list(values.STRINGS)).flatmap(lambda tag: st.tuples(st.just(tag), strings(tag))),
)


def attributes(pair: "st.SearchStrategy[tuple[int, object]]") -> "st.SearchStrategy[list[Attribute]]":
    attribute = st.builds(Attribute, names, st.lists(pair, min_size=1, max_size=3))
    return st.lists(attribute, max_size=4, unique_by=lambda each: each.name)


def collections(inner: "st.SearchStrategy[tuple[int, object]]") -> "st.SearchStrategy[tuple[int, object]]":
    return st.tuples(st.just(values.BEGIN_COLLECTION), attributes(inner))


pairs = st.recursive(simple, collections, max_leaves=6)
groups = st.builds(Group, st.sampled_from([1, 2, 4, 5, 6, 7, 8, 9, 10, 15]), attributes(pairs))
messages = st.builds(
    Message,
    st.tuples(st.integers(0, 255), st.integers(0, 255)),
    st.integers(0, 0xFFFF),
    int32,
    st.lists(groups, max_size=4),
)


@settings(deadline=None)
@given(messages, st.binary(max_size=20))
def test_what_is_encoded_is_parsed_and_the_document_behind_it_is_left(message: Message, document: bytes) -> None:
    octets = message.encode()
    parsed, consumed = whole(Message.parse(octets + document, len(octets) + len(document)))
    assert consumed == len(octets)
    assert (parsed.version, parsed.code, parsed.request_id) == (message.version, message.code, message.request_id)
    assert parsed.groups == message.groups
    assert parsed.encode() == octets


def test_every_prefix_of_a_request_waits_for_more() -> None:
    octets = a_request().encode()
    assert [Message.parse(octets, length) for length in range(len(octets))] == [None] * len(octets)


@pytest.mark.parametrize("step", [1, 2, 7, 100])
def test_a_request_in_pieces_is_the_request(step: int) -> None:
    octets = a_request().encode()
    buffer = bytearray(len(octets) + 1)
    parser = Parser()
    for length in range(0, len(octets), step):
        assert parser.parse(buffer, length) is None
        buffer[length : length + step] = octets[length : length + step]
    message, consumed = whole(parser.parse(buffer, len(octets)))
    assert message.groups == a_request().groups
    assert consumed == len(octets)


class CountedBuffer:
    """A buffer that counts how often its octets are looked at."""

    def __init__(self, octets: bytes):
        self.octets = octets
        self.looks = 0

    def __getitem__(self, index: int) -> int:
        self.looks += 1
        return self.octets[index]


def test_the_work_for_a_request_in_single_octets_grows_with_its_length_only() -> None:
    attribute = wire.encode_attribute("x", [(values.KEYWORD, "y" * 200)] * 250)
    buffer = CountedBuffer(bytes(8) + b"\x01" + attribute)
    parser = Parser()
    for length in range(len(buffer.octets) + 1):
        assert parser.parse(buffer, length) is None  # type: ignore[arg-type]
    assert len(buffer.octets) > 50_000
    assert buffer.looks < 6 * len(buffer.octets)


@pytest.mark.parametrize(
    "octets",
    [
        bytes(8) + b"\x01" + (b"\x44\x00\x01a\x7f\xff" + b"v" * 0x7FFF) * 2,
        bytes(8) + b"\x01" + b"\x44\x7f\xff" + b"n" * 0x7FFF + b"\x7f\xff",
        bytes(8) + b"\x01" * wire.MAX_MESSAGE,
    ],
)
def test_a_message_that_grows_past_the_limit_is_refused_before_it_is_all_there(octets: bytes) -> None:
    parser = Parser()

    def grow() -> None:
        for length in (*range(0, len(octets), 16), len(octets)):
            assert parser.parse(octets, length) is None

    with pytest.raises(WireError) as refused:
        grow()
    assert refused.value.status == status.ENTITY_TOO_LARGE


def mutated(octets: bytes, chance: random.Random) -> bytes:
    """Return `octets` with some of them changed, lost, repeated or put in."""
    data = bytearray(octets)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        kind = chance.randrange(5)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at : at + chance.randint(1, 9)]
        elif kind == 2:
            data[at:at] = data[at : at + chance.randint(1, 40)]
        elif kind == 3:
            data[at:at] = bytes([chance.choice([0, 1, 3, 0x34, 0x37, 0x4A, 0x7F, 0xFF])])
        else:
            data[at : at + 2] = struct.pack(">H", chance.choice([0, 1, 255, 0x7FFF, 0x8000, 0xFFFF]))
        data = data or bytearray(1)
    return bytes(data)


def outcome(octets: bytes) -> "str | int | None":
    """Return what a request gives: message, nothing, or the status of a WireError."""
    try:
        parsed = Message.parse(octets, len(octets))
        if parsed is None:
            return "nothing"
        wire.check_request(parsed[0])
        return "message"
    except WireError as error:
        return error.status


def test_20000_mutated_requests_give_a_message_or_nothing_or_a_wire_error() -> None:
    chance = random.Random(SEED)
    octets = a_request().encode()
    kinds = {outcome(mutated(octets, chance)) for _ in range(20_000)}
    assert {"message", "nothing", status.BAD_REQUEST, status.VERSION_NOT_SUPPORTED} <= kinds
    assert None not in kinds  # every error has a status


CHARSET = Attribute("attributes-charset", [(values.CHARSET, "utf-8")])
LANGUAGE = Attribute("attributes-natural-language", [(values.LANGUAGE, "en")])
LATIN = Attribute("attributes-charset", [(values.CHARSET, "iso-8859-1")])
UPPER = Attribute("attributes-charset", [(values.CHARSET, "UTF-8")])
ASCII = Attribute("attributes-charset", [(values.CHARSET, "us-ascii")])


@pytest.mark.parametrize("version", [(1, 0), (1, 1), (1, 2), (2, 0), (2, 2)])
@pytest.mark.parametrize("charset", [CHARSET, UPPER])
def test_the_known_versions_and_the_charset_are_accepted(version: "tuple[int, int]", charset: Attribute) -> None:
    wire.check_request(Message(version, 11, 1, [Group(wire.OPERATION, [charset, LANGUAGE])]))


@pytest.mark.parametrize(
    "request_, expected",
    [
        (Message((0, 0), 11, 1, [operation_group()]), status.VERSION_NOT_SUPPORTED),
        (Message((3, 0), 11, 1, [operation_group()]), status.VERSION_NOT_SUPPORTED),
        (Message((1, 1), 11, 0, [operation_group()]), status.BAD_REQUEST),
        (Message((1, 1), 11, -1, [operation_group()]), status.BAD_REQUEST),
        (Message((1, 1), 11, 1), status.BAD_REQUEST),
        (Message((1, 1), 11, 1, [Group(wire.OPERATION)]), status.BAD_REQUEST),
        (Message((1, 1), 11, 1, [Group(wire.OPERATION, [CHARSET])]), status.BAD_REQUEST),
        (Message((1, 1), 11, 1, [Group(wire.OPERATION, [LANGUAGE, CHARSET])]), status.BAD_REQUEST),
        (Message((1, 1), 11, 1, [Group(wire.OPERATION, [LATIN, LANGUAGE])]), status.CHARSET_NOT_SUPPORTED),
        (Message((1, 1), 11, 1, [Group(wire.OPERATION, [ASCII, LANGUAGE])]), status.CHARSET_NOT_SUPPORTED),
        (Message((1, 1), 11, 1, [Group(wire.JOB), operation_group()]), status.BAD_REQUEST),
        (Message((1, 1), 11, 1, [operation_group(), operation_group()]), status.BAD_REQUEST),
        (Message((1, 1), 11, 1, [operation_group(), Group(wire.JOB), Group(wire.JOB)]), status.BAD_REQUEST),
        (Message((1, 1), 11, 1, [operation_group(), Group(wire.SUBSCRIPTION), Group(wire.JOB)]), status.BAD_REQUEST),
        (Message((1, 1), 11, 1, [operation_group(), Group(wire.UNSUPPORTED)]), status.BAD_REQUEST),
    ],
)
def test_a_request_that_breaks_the_rules_for_all_is_refused(request_: Message, expected: int) -> None:
    with pytest.raises(WireError) as refused:
        wire.check_request(request_)
    assert refused.value.status == expected


@pytest.mark.parametrize(
    "text, octets, expected",
    [("abc", 3, "abc"), ("abcd", 3, "abc"), ("aßb", 2, "a"), ("aßb", 3, "aß"), ("€", 2, ""), ("", 0, "")],
)
def test_text_is_cut_between_characters(text: str, octets: int, expected: str) -> None:
    assert values.cut(text, octets) == expected
