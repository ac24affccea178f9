"""DHCP's octets: what is written is read back, what the specifications show is read, what is wrong is refused."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from feedpath.errors import WireError
from feedpath.host.dhcp import table, wire
from feedpath.host.dhcp.wire import Message, decode, encode, packed

MAC = b"\x02\x00\x00\x00\x00\x01"
EIGHT = (8).to_bytes(4, "big")


def message(**options: bytes) -> Message:
    made = Message(table.REPLY, 0x01020304, MAC)
    made.options = {getattr(table, name.upper()): value for name, value in options.items()}
    return made


def overloaded(bits: int, file: bytes = b"", sname: bytes = b"", **options: bytes) -> bytes:
    data = bytearray(encode(message(overload=bytes((bits,)), **options)))
    data[wire.FILE_AT : wire.FILE_AT + len(file)] = file
    data[wire.SNAME_AT : wire.SNAME_AT + len(sname)] = sname
    return bytes(data)


def test_a_message_is_written_as_rfc_2131_draws_it() -> None:
    made = message(message_type=bytes((table.OFFER,)), lease_time=EIGHT)
    made.seconds, made.broadcast, made.ciaddr, made.yiaddr = 7, True, "1.2.3.4", "10.0.0.50"
    data = encode(made)
    assert data[:4] == bytes((2, 1, 6, 0))
    assert data[4:8] == bytes((1, 2, 3, 4))
    assert data[8:12] == bytes((0, 7, 0x80, 0))
    assert data[12:20] == bytes((1, 2, 3, 4, 10, 0, 0, 50))
    assert data[20:28] == bytes(8)
    assert data[28:44] == MAC + bytes(10)
    assert data[44:236] == bytes(192)
    assert data[236:240] == bytes((99, 130, 83, 99))
    assert data[240:250] == bytes((53, 1, 2, 51, 4, 0, 0, 0, 8, 255))
    assert len(data) == wire.LEAST


@given(
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFF),
    st.booleans(),
    st.dictionaries(st.integers(1, 254).filter(lambda code: code != table.OVERLOAD), st.binary(max_size=600)),
)
def test_a_message_that_is_written_is_read_back(
    xid: int, seconds: int, broadcast: bool, options: "dict[int, bytes]"
) -> None:
    made = Message(table.REQUEST, xid, MAC)
    made.seconds, made.broadcast, made.options = seconds, broadcast, options
    read = decode(encode(made))
    assert (read.op, read.xid, read.seconds, read.broadcast, read.mac) == (1, xid, seconds, broadcast, MAC)
    assert read.options == options


@given(st.binary(max_size=600))
def test_random_octets_are_a_message_or_a_wire_error(data: bytes) -> None:
    for start in (b"", encode(message())[: wire.HEAD]):
        try:
            read = decode(start + data)
        except WireError:
            continue
        for option in table.KINDS:
            read.value(option)


def test_a_message_is_refused_wherever_it_is_cut_off_within_its_head() -> None:
    data = encode(message(message_type=b"\x02"))
    for end in range(wire.HEAD):
        with pytest.raises(WireError):
            decode(data[:end])


@pytest.mark.parametrize(
    "at, octet, wrong",
    [(1, 6, "hardware"), (2, 16, "hardware"), (237, 0, "cookie"), (241, 200, "runs past")],
)
def test_a_message_of_another_make_is_refused(at: int, octet: int, wrong: str) -> None:
    data = bytearray(encode(message(message_type=b"\x02")))
    data[at] = octet
    with pytest.raises(WireError, match=wrong):
        decode(bytes(data))


@pytest.mark.parametrize(
    "bits, found",
    [(1, b"file"), (2, b"sname"), (3, b"filesname"), (0, None), (4, None)],
)
def test_options_overflow_into_the_fields_that_option_52_names(bits: int, found: "bytes | None") -> None:
    data = overloaded(bits, b"\x0c\x04file\xff", b"\x0c\x05sname\xff")
    assert decode(data).options.get(table.HOST_NAME) == found


def test_an_overload_within_a_field_leads_nowhere() -> None:
    assert table.HOST_NAME not in decode(overloaded(1, b"\x34\x01\x03\xff", b"\x0c\x05sname\xff")).options


def test_an_option_that_is_cut_off_in_a_field_is_refused() -> None:
    with pytest.raises(WireError, match="option 12 at octet 232 runs past the end"):
        decode(overloaded(1, bytes(124) + b"\x0c\x04xx"))


def test_an_option_in_parts_is_one_value() -> None:
    head = encode(message())[: wire.HEAD]
    assert decode(head + b"\x0c\x02ab\x06\x04\x01\x02\x03\x04\x0c\x01c\xff").value(table.HOST_NAME) == "abc"


@pytest.mark.parametrize(
    "option, octets, value",
    [
        ("mask", packed("255.255.240.0"), 20),
        ("mask", packed("255.255.255.255"), 32),
        ("mask", packed("255.0.255.0"), None),
        ("mask", packed("0.0.0.0"), None),
        ("mask", b"\xff\xff\xff", None),
        ("routers", packed("10.0.0.1") + packed("10.0.0.2"), ["10.0.0.1", "10.0.0.2"]),
        ("routers", packed("10.0.0.1") + packed("0.0.0.0") + packed("224.0.0.1"), ["10.0.0.1"]),
        ("routers", b"\x0a\0\0", None),
        ("routers", b"", None),
        ("lease_time", EIGHT, 8),
        ("lease_time", b"\0\0\x08", None),
        ("mtu", b"\x05\xdc", 1500),
        ("mtu", b"\0\x44", None),
        ("host_name", b"printer\0", "printer"),
        ("host_name", b"printer.lan.", "printer.lan"),
        ("host_name", b"a b", None),
        ("host_name", b"a..b", None),
        ("host_name", b"", None),
        ("domain", b"lan\nnameserver 6.6.6.6", None),
        ("domain", b"x" * 64, None),
        ("domain", b".".join([b"x" * 60] * 5), None),
        ("message", b"no\x1b[2J\xff", "no?[2J?"),
        ("fqdn", b"\x04\0\0\x07printer\x03lan\0", "printer.lan"),
        ("fqdn", b"\x04\0\0\x07printer", "printer"),
        ("fqdn", b"\x00\0\0printer.lan", "printer.lan"),
        ("fqdn", b"\x04\0", None),
        ("server", packed("10.0.0.1"), "10.0.0.1"),
        ("server", packed("10.0.0.1") + b"\0", None),
    ],
)
def test_an_option_has_its_value_or_none_at_all(option: str, octets: bytes, value: object) -> None:
    assert message(**{option: octets}).value(getattr(table, option.upper())) == value


@pytest.mark.parametrize(
    "octets, names",
    [
        # RFC 3397, 2: "eng.apple.com." and "marketing.apple.com."
        (b"\x03eng\x05apple\x03com\0\x09marketing\xc0\x04", ["eng.apple.com", "marketing.apple.com"]),
        (b"\x03lan\0\xc0\0", ["lan", "lan"]),
        (b"\x03lan", None),
        (b"\xc0\0", None),
        (b"\x03lan\xc0\0", None),
        (b"\x03lan\0\xc0", None),
        (b"\x03lan\0\xc0\x06", None),
        (b"\x40lan\0", None),
        (b"\x03l\nn\0", None),
        (b"\0", []),
        (b"\x01a\0" * 100, ["a"] * wire.MOST_NAMES),
        (b"\x01a" * 200 + b"\0", None),
    ],
)
def test_a_search_list_is_read_with_its_pointers(octets: bytes, names: "list[str] | None") -> None:
    assert message(search=octets).value(table.SEARCH) == names


@pytest.mark.parametrize(
    "octets, routes",
    [
        # RFC 3442: subnets 10.17.0.0/16 and 10.27.129.0/24 as it describes them, and the default route
        (b"\x10\x0a\x11\x0a\0\0\1", [("10.17.0.0", 16, "10.0.0.1")]),
        (b"\x18\x0a\x1b\x81\x0a\0\0\1", [("10.27.129.0", 24, "10.0.0.1")]),
        (b"\0\x0a\0\0\1", [("0.0.0.0", 0, "10.0.0.1")]),
        (b"\x0d\x0a\xff\x0a\0\0\1", [("10.248.0.0", 13, "10.0.0.1")]),
        (b"\x20\x0a\0\0\7\0\0\0\0", [("10.0.0.7", 32, "0.0.0.0")]),
        (b"\x21\x0a\0\0\7\1\1\0\0\0\0", None),
        (b"\x18\x0a\x1b\x81\x0a\0\0", None),
        (b"", None),
    ],
)
def test_classless_routes_are_read(octets: bytes, routes: object) -> None:
    assert message(routes=octets).value(table.ROUTES) == routes


@given(st.binary(max_size=700))
def test_a_value_of_any_octets_is_read_or_is_none(octets: bytes) -> None:
    for option in table.KINDS:
        made = Message(table.REPLY, 1, MAC)
        made.options[option] = octets
        made.value(option)


def test_a_full_name_is_asked_for_in_the_form_that_is_read() -> None:
    assert message(fqdn=wire.fqdn("printer.lan")).value(table.FQDN) == "printer.lan"


def test_routes_are_asked_for_before_routers() -> None:
    assert table.ASKED.index(table.ROUTES) < table.ASKED.index(table.ROUTERS)
    assert set(table.ASKED) <= set(table.KINDS)


@pytest.mark.parametrize("text", ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.x", "1.2.3.-4", "1.2.3.0004"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(WireError, match="is no IPv4 address"):
        packed(text)
