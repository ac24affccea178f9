"""SNMP's bytes: what net-snmp wrote is read, what is written is what net-snmp would write, the rest is refused."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.errors import WireError
from feedpath.front.snmp import wire

GET = bytes.fromhex(  # snmpget -v2c -c public ... 1.3.6.1.2.1.1.1.0
    "3029"  # SEQUENCE
    "020101"  # version: 2c
    "0406" "7075626c6963"  # community: public
    "a01c"  # GetRequest
    "02045e8a3b01"  # request-id
    "020100"  # error-status
    "020100"  # error-index
    "300e"  # variables
    "300c"
    "06082b06010201010100"  # sysDescr.0
    "0500"
)  # fmt: skip


def test_a_request_of_net_snmp_is_read() -> None:
    read = wire.parse(GET)
    assert (read.version, read.community, read.kind) == (wire.V2C, b"public", wire.GET)
    assert read.id == bytes.fromhex("02045e8a3b01")
    assert [(wire.arcs(name), value) for name, value in read.bindings] == [((1, 3, 6, 1, 2, 1, 1, 1, 0), b"\5\0")]


def test_an_answer_repeats_the_request_id_and_the_community() -> None:
    read = wire.parse(GET)
    answer = wire.response(read, 0, 0, wire.binding(read.bindings[0][0], wire.tlv(wire.OCTETS, b"box")))
    assert answer == bytes.fromhex("302c0201010406") + b"public" + bytes.fromhex(
        "a21f" "02045e8a3b01" "020100" "020100" "3011" "300f" "06082b06010201010100" "0403626f78"
    )  # fmt: skip


@pytest.mark.parametrize("end", range(len(GET)))
def test_what_was_cut_off_is_refused(end: int) -> None:
    with pytest.raises(WireError):
        wire.parse(GET[:end])


@pytest.mark.parametrize(
    "at, octet",
    [
        (0, 0x31),  # no SEQUENCE
        (4, 0x02),  # a version that is none
        (13, 0xA2),  # a Response
        (13, 0xA4),  # a Trap of v1
        (1, 0x80),  # the indefinite form
        (16, 0x09),  # a request-id that is longer than all
        (31, 0x04),  # a name that is no OBJECT IDENTIFIER
        (41, 0x80),  # a value that only answers have
    ],
)
def test_what_is_no_request_is_refused(at: int, octet: int) -> None:
    data = bytearray(GET)
    data[at] = octet
    with pytest.raises(WireError):
        wire.parse(bytes(data))


def test_more_than_one_message_is_refused() -> None:
    with pytest.raises(WireError):
        wire.parse(GET + b"\0")


def test_lengths_in_more_octets_than_need_be_are_read() -> None:
    long = b"\x30\x83\0\0" + bytes((len(GET) - 2,)) + GET[2:]
    assert wire.parse(long) == wire.parse(GET)


def test_get_bulk_is_none_of_v1() -> None:
    with pytest.raises(WireError):
        wire.parse(GET.replace(b"\2\1\1\4", b"\2\1\0\4").replace(b"\xa0", b"\xa5"))


NAMES = st.tuples(st.integers(0, 2), st.integers(0, 39)).flatmap(
    lambda head: st.lists(st.integers(0, 2**32 - 1), max_size=20).map(lambda tail: (*head, *tail))
)


@given(NAMES)
def test_a_name_is_read_as_it_was_written(arcs: "tuple[int, ...]") -> None:
    assert wire.arcs(wire.name(arcs)) == arcs


@pytest.mark.parametrize("name", [b"", b"\x2b\x80\x01", b"\x2b\x86", b"\x2b" + b"\xff" * 5 + b"\x7f", b"\x2b" * 200])
def test_a_name_that_is_none_is_refused(name: bytes) -> None:
    with pytest.raises(WireError):
        wire.arcs(name)


@given(st.integers(-(2**31), 2**31 - 1))
def test_a_number_is_read_as_it_was_written(number: int) -> None:
    assert wire.value(wire.number(number)) == (wire.INTEGER, number)


@pytest.mark.parametrize(
    "number, octets", [(0, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (2**32 - 1, 5), (2**64 - 1, 9)]
)
def test_a_number_takes_the_fewest_octets(number: int, octets: int) -> None:
    assert len(wire.number(number)) == 2 + octets


@given(st.binary(max_size=300))
def test_random_bytes_are_a_request_or_a_wire_error(data: bytes) -> None:
    try:
        wire.parse(data)
    except WireError:
        pass


def test_changed_requests_are_a_request_or_a_wire_error() -> None:
    dice = random.Random(1)
    for _ in range(2000):
        data = bytearray(GET)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            for name, value in wire.parse(bytes(data)).bindings:
                wire.arcs(name)
                wire.value(value)
        except WireError:
            pass
