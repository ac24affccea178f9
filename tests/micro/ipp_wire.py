"""Micro case: IPP messages are read, refused and written alike on both Pythons."""

from feedpath.errors import WireError
from feedpath.front.ipp import values, wire
from feedpath.front.ipp.wire import Attribute, Group, Message, Parser

SIZE = [Attribute("x-dimension", [(values.INTEGER, 21000)]), Attribute("y-dimension", [(values.INTEGER, 29700)])]
MEDIA = [
    Attribute("media-size", [(values.BEGIN_COLLECTION, SIZE)]),
    Attribute("media-type", [(values.KEYWORD, "labels"), (values.NAME, "mine")]),
]
EVERY_VALUE = (
    (values.UNSUPPORTED, None),
    (values.UNKNOWN, None),
    (values.NO_VALUE, None),
    (values.INTEGER, -(2**31)),
    (values.ENUM, 2**31 - 1),
    (values.BOOLEAN, True),
    (values.RANGE, (-5, 5)),
    (values.RESOLUTION, (600, 300, values.DPI)),
    (values.DATE_TIME, values.date_time(1732328604.9)),
    (values.TEXT_WITH_LANGUAGE, ("de", "Gruss")),
    (values.NAME_WITH_LANGUAGE, ("en", "")),
    (values.TEXT, "line\r\nline\t"),
    (values.NAME, "Gr\u00fc\u00dfe \u20ac"),
    (values.KEYWORD, "iso_a4_210x297mm"),
    (values.URI, "ipp://printer.local/ipp/print"),
    (values.URI_SCHEME, "ipps"),
    (values.CHARSET, "utf-8"),
    (values.LANGUAGE, "en-us"),
    (values.MIME, "image/urf"),
    (values.OCTETS, b"\x00\xff"),
    (values.EXTENSION, (0xC0000001, b"vendor")),
    (values.BEGIN_COLLECTION, MEDIA),
    (0x5F, b"unheard of"),
)


def request() -> "Message":
    """Return a request with every kind of value."""
    operation = [
        Attribute("attributes-charset", [(values.CHARSET, "utf-8")]),
        Attribute("attributes-natural-language", [(values.LANGUAGE, "en")]),
    ]
    job = [Attribute("value-%d" % index, [pair]) for index, pair in enumerate(EVERY_VALUE)]
    job.append(Attribute("set", list(EVERY_VALUE)))
    return Message((2, 0), 0x0002, 77, [Group(wire.OPERATION, operation), Group(wire.JOB, job)])


def outcome(octets: bytes) -> str:
    """Return in words what parsing gives."""
    try:
        parsed = Message.parse(octets, len(octets))
        if parsed is None:
            return "waits"
        wire.check_request(parsed[0])
        return "message %d" % parsed[1]
    except WireError as error:
        return "%04x %s" % (error.status or 0, error.message)


def a_message_goes_out_and_comes_back() -> None:
    octets = request().encode()
    parsed = Message.parse(octets + b"%PDF", len(octets) + 4)
    assert parsed is not None
    print(len(octets), parsed[1], parsed[0].groups == request().groups, parsed[0].encode() == octets)
    print(sum(octets) % 65521)


def a_message_comes_in_single_octets() -> None:
    octets = request().encode()
    parser = Parser()
    buffer = bytearray(len(octets))
    for length in range(len(octets)):
        assert parser.parse(memoryview(buffer), length) is None
        buffer[length] = octets[length]
    print("whole", parser.parse(memoryview(buffer), len(octets)) is not None)


def wrong_octets_are_refused() -> None:
    octets = request().encode()
    state = 12345
    for _ in range(400):  # a small generator of its own: the two Pythons' random differ
        state = (state * 1103515245 + 12345) % 2**31
        at = state % len(octets)
        wrong = octets[:at] + bytes([(state >> 16) % 256]) + octets[at + 1 :]
        print(at, outcome(wrong))
    print(outcome(octets[:-1]))
    print(outcome(octets[:4] + bytes(4) + octets[8:]))
    print(outcome(b"\x03\x00" + octets[2:]))
    print(outcome(octets[:9] + b"\x44\x00\x01a\x7f\xff" + b"v" * 0x7FFF + b"\x44\x00\x01b\x7f\xff"))
    print(outcome(octets[:9] + b"\x42\x00\x01a\x00\x02\xc3\x28\x03"))


def long_text_is_cut_between_characters() -> None:
    print([len(values.cut("\u20ac" * 5, octets)) for octets in range(8)])


a_message_goes_out_and_comes_back()
a_message_comes_in_single_octets()
wrong_octets_are_refused()
long_text_is_cut_between_characters()
