"""The HTTP parser: limits, memory and fuzz. Its plain cases are in tests/micro/http_wire.py, and run here too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.errors import WireError
from feedpath.front.http import table, wire
from feedpath.front.http.wire import Chunks, Head, parse_form, parse_head
from tests.micro import http_wire as cases

FRAGMENTS = (
    b"GET", b"POST", b"OPTIONS", b" ", b"/", b"*", b"http://a", b"%41", b"?a=b", b"HTTP/1.1", b"HTTP/1.0",
    b"\r\n", b"\r", b"\n", b"\0", b"\t", b":", b";", b",", b"\xff", b"5\r\nhello\r\n", b"0\r\n\r\n",
    b"Host: a\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n",
    b"Expect: 100-continue\r\n", b"Upgrade: TLS/1.2\r\n",
)  # fmt: skip
NEARLY_HTTP = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=4)), max_size=20).map(b"".join)


class CountingBuffer(bytearray):
    """A buffer that counts the bytes that searches may have looked at."""

    looked = 0

    def find(self, *arguments: "bytes | int") -> int:  # type: ignore[override]
        sub, start, end = arguments
        assert isinstance(sub, bytes) and isinstance(start, int) and isinstance(end, int)
        self.looked += max(0, min(end, len(self)) - start)
        return super().find(sub, start, end)


def parse(raw: bytes) -> Head:
    head = parse_head(bytearray(raw), 0, len(raw), 0)
    assert head is not None
    return head


def refusal(raw: bytes) -> "int | None":
    with pytest.raises(WireError) as refused:
        parse_head(bytearray(raw), 0, len(raw), 0)
    return refused.value.status


def with_field(size: int) -> bytes:
    """Return a head that has a field line of `size` bytes."""
    return cases.GET + b"X: " + (size - 3) * b"x" + b"\r\n\r\n"


@pytest.mark.parametrize("name, raw, expected", cases.HEADS, ids=[case[0] for case in cases.HEADS])
def test_a_head_is_understood_however_it_arrives(name: str, raw: bytes, expected: "dict[str, object]") -> None:
    for head in (cases.parse_at_once(raw), cases.parse_by_bytes(raw), cases.parse_at_once(raw + cases.TRAILING)):
        assert isinstance(head, Head)
        assert cases.found(head, expected) == expected
        assert head.size == len(raw)


@pytest.mark.parametrize("name, raw, status", cases.BAD_HEADS, ids=[case[0] for case in cases.BAD_HEADS])
def test_a_bad_head_is_refused_however_it_arrives(name: str, raw: bytes, status: int) -> None:
    assert cases.parse_at_once(raw) == status
    assert cases.parse_by_bytes(raw) == status
    assert cases.parse_at_once(raw + cases.TRAILING) == status


@pytest.mark.parametrize("raw", [raw for _, raw, _ in cases.HEADS])
def test_no_part_of_a_good_head_is_refused(raw: bytes) -> None:
    for end in range(len(raw)):
        assert parse_head(bytearray(raw), 0, end, 0) is None


@pytest.mark.parametrize("name, raw, data", cases.CHUNKED, ids=[case[0] for case in cases.CHUNKED])
def test_a_chunked_body_is_unframed_however_it_is_split(name: str, raw: bytes, data: bytes) -> None:
    for split in range(1, len(raw) + len(cases.TRAILING) + 1):
        walked, rest = cases.walk(raw + cases.TRAILING, split)
        assert walked == data
        assert rest is not None and (raw + cases.TRAILING).endswith(rest)
        assert len(rest) >= len(cases.TRAILING) - split


@pytest.mark.parametrize("name, raw, status", cases.BAD_CHUNKED, ids=[case[0] for case in cases.BAD_CHUNKED])
def test_bad_chunks_are_refused_however_they_are_split(name: str, raw: bytes, status: int) -> None:
    for split in range(1, len(raw) + 1):
        assert cases.walk_status(raw, split) == status


@pytest.mark.parametrize(
    "fits, too_much, status",
    [
        (
            b"GET /" + (table.LINE_MAX - 14) * b"x" + b" HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /" + (table.LINE_MAX - 13) * b"x" + b" HTTP/1.1\r\nHost: a\r\n\r\n",
            414,
        ),
        (with_field(table.FIELD_LINE_MAX), with_field(table.FIELD_LINE_MAX + 1), 431),
        (
            cases.GET + (table.FIELDS_MAX - 1) * b"X: y\r\n" + b"\r\n",
            cases.GET + table.FIELDS_MAX * b"X: y\r\n" + b"\r\n",
            431,
        ),
        (
            cases.GET + 2 * (b"X: " + ((table.HEAD_MAX - 38) // 2) * b"x" + b"\r\n") + b"\r\n",
            cases.GET + 2 * (b"X: " + ((table.HEAD_MAX - 36) // 2) * b"x" + b"\r\n") + b"\r\n",
            431,
        ),
    ],
    ids=["request line", "field line", "number of fields", "whole head"],
)
def test_a_head_may_be_as_large_as_its_limits_and_no_larger(fits: bytes, too_much: bytes, status: int) -> None:
    assert isinstance(cases.parse_at_once(fits), Head)
    assert cases.parse_at_once(too_much) == status
    assert isinstance(cases.parse_by_bytes(fits), Head)


def test_an_endless_request_line_is_refused_before_its_end() -> None:
    assert refusal(b"GET /" + table.LINE_MAX * b"x") == 414


def test_a_bare_line_feed_is_refused_before_the_head_ends() -> None:
    assert refusal(b"GET / HTTP/1.1\r\nHost: a\n") == 400
    assert refusal(b"GET / HTTP/1.1\n") == 400


def test_an_endless_head_is_refused_before_its_end() -> None:
    assert refusal(cases.GET + b"X: " + table.HEAD_MAX * b"x") == 431


def test_a_head_that_comes_by_bytes_is_not_searched_again_and_again() -> None:
    raw = with_field(table.FIELD_LINE_MAX)
    buffer = CountingBuffer(raw)
    for end in range(1, len(raw)):
        assert parse_head(buffer, 0, end, end - 1) is None
    assert buffer.looked < 8 * len(raw)


def test_equal_heads_are_parsed_once() -> None:
    raw = cases.GET + b"X: equal\r\n\r\n"
    assert parse(raw) is parse(raw)


def test_heads_that_differ_in_a_byte_are_not_taken_for_each_other() -> None:
    assert parse(cases.GET + b"X: 1\r\n\r\n").headers["x"] == "1"
    assert parse(cases.GET + b"X: 2\r\n\r\n").headers["x"] == "2"
    assert parse(cases.GET + b"x: 1\r\n\r\n") is not parse(cases.GET + b"X: 1\r\n\r\n")


@pytest.mark.parametrize(
    "field", [b"Authorization: Basic QTpC", b"Cookie: session=1", b"X: " + table.MEMO_HEAD_MAX * b"x"]
)
def test_secrets_and_long_heads_are_not_remembered(field: bytes) -> None:
    raw = cases.GET + field + b"\r\n\r\n"
    assert parse(raw) is not parse(raw)
    assert raw not in wire._memo


def test_the_memory_for_heads_is_bounded() -> None:
    for number in range(3 * table.MEMO_MAX):
        parse(cases.GET + b"X: %d\r\n\r\n" % number)
    assert 0 < len(wire._memo) <= table.MEMO_MAX


def test_a_refused_head_is_not_remembered() -> None:
    raw = cases.GET + b"Host: b\r\n\r\n"
    assert refusal(raw) == refusal(raw) == 400


@pytest.mark.parametrize(
    "text, fields",
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a", {"a": ""}),
        ("=1", {"": "1"}),
        ("a=b=c", {"a": "b=c"}),
        ("a+b=c+d", {"a b": "c d"}),
        ("a=%2B%20%C3%A4", {"a": "+ \u00e4"}),
        ("a=\u00e4", {"a": "\u00e4"}),
    ],
)
def test_a_form_is_read(text: str, fields: "dict[str, str]") -> None:
    assert parse_form(text) == fields


@pytest.mark.parametrize(
    "body, status",
    [
        (b"1;" + table.CHUNK_LINE_MAX * b"x" + b"\r\n", 400),
        (8 * (b"1;" + (table.CHUNK_LINE_MAX // 2) * b"x" + b"\r\nx\r\n") + b"1;x\r\n", 400),
        (b"0\r\nX: " + table.CHUNK_LINE_MAX * b"x" + b"\r\n\r\n", 400),
        (b"0\r\n" + 9 * (b"X: " + (table.CHUNK_LINE_MAX - 6) * b"x" + b"\r\n") + b"\r\n", 431),
    ],
    ids=["an extension", "all extensions", "a trailer", "all trailers"],
)
def test_what_carries_nothing_in_a_chunked_body_is_limited(body: bytes, status: int) -> None:
    assert cases.walk_status(body, len(body)) == status
    assert cases.walk_status(body, 5) == status


def test_each_byte_of_a_chunk_moves_at_most_once() -> None:
    class Slot:
        """Stands for a memoryview and notes the places that are written."""

        def __init__(self, content: bytes):
            self.view = memoryview(bytearray(content))
            self.written: list[int] = []

        def __getitem__(self, part: slice) -> memoryview:
            return self.view[part]

        def __setitem__(self, part: slice, value: memoryview) -> None:
            self.written += range(part.start, part.stop)
            self.view[part] = value

    body = 50 * b"3\r\nabc\r\n" + b"0\r\n\r\n"
    slot = Slot(body)
    kept = Chunks().walk(slot, len(body))  # type: ignore[arg-type]
    assert bytes(slot.view[:kept]) == 50 * b"abc"
    assert len(slot.written) == len(set(slot.written)) == kept


def test_data_that_stands_at_the_start_already_is_not_moved() -> None:
    chunks = Chunks()
    start = memoryview(bytearray(b"1000\r\n"))
    assert chunks.walk(start, len(start)) == 0
    data = memoryview(bytes(0x800))  # it cannot be written to
    assert chunks.walk(data, len(data)) == 0x800


@given(
    data=st.binary(max_size=600),
    sizes=st.lists(st.integers(1, 40), min_size=1),
    splits=st.lists(st.integers(1, 50), min_size=1),
)
def test_any_chunked_body_is_restored(data: bytes, sizes: "list[int]", splits: "list[int]") -> None:
    framed, position = b"", 0
    while position < len(data):
        piece = data[position : position + sizes[position % len(sizes)]]
        framed += b"%x\r\n%b\r\n" % (len(piece), piece)
        position += len(piece)
    framed += b"0\r\n\r\nNEXT"
    chunks, restored, position, turn = Chunks(), b"", 0, 0
    while not chunks.ended:
        view = memoryview(bytearray(framed[position : position + splits[turn % len(splits)]]))
        restored += bytes(view[: chunks.walk(view, len(view))])
        position += chunks.rest if chunks.ended else len(view)
        turn += 1
    assert restored == data
    assert framed[position:] == b"NEXT"


@given(raw=NEARLY_HTTP)
def test_any_bytes_are_a_head_or_not_yet_one_or_refused(raw: bytes) -> None:
    at_once = cases.parse_at_once(raw)
    by_bytes = cases.parse_by_bytes(raw)
    assert at_once is None or isinstance(at_once, Head) or at_once in table.STATUS
    if isinstance(at_once, Head):
        assert isinstance(by_bytes, Head)
        assert vars(by_bytes) == vars(at_once)
    else:
        assert not isinstance(by_bytes, Head)


@given(raw=st.one_of(st.binary(max_size=60), NEARLY_HTTP), split=st.integers(1, 9))
def test_any_bytes_are_a_chunked_body_or_refused(raw: bytes, split: int) -> None:
    status = cases.walk_status(raw, len(raw) + 1)
    assert status in (None, 400, 431)
    if status is None:
        whole, rest = cases.walk(raw, len(raw) + 1)
        assert cases.walk(raw, split)[0] == whole
        assert rest is None or raw.endswith(rest)


def test_the_fields_table_names_each_field_once_in_the_form_that_clients_use() -> None:
    names = [name for name, _, _ in table.FIELDS]
    assert len({name.lower() for name in names}) == len(names)
    assert all(name == "-".join(part.capitalize() for part in name.split("-")) for name in names)
