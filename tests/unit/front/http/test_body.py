"""Bodies on loopback sockets: into their reader's memory, asked for by 100, refused, and read away."""

import asyncio
import ctypes
import socket

import pytest

from feedpath.errors import Refused
from feedpath.front.http import table
from feedpath.front.http.message import Request, Response, text
from feedpath.front.http.routes import Route
from tests.unit.front.http.serving import (
    ECHO,
    EXPECTING,
    GET,
    HELLO,
    connected,
    head_of,
    hello,
    post,
    post_chunked,
    run,
    serving,
)


def test_the_socket_writes_a_body_straight_into_its_readers_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[int, int]] = []
    receive = socket.socket.recv_into

    def spy(sock: socket.socket, buffer: memoryview, *arguments: int) -> int:
        count = receive(sock, buffer, *arguments)
        written.append((ctypes.addressof(ctypes.c_char.from_buffer(buffer)), count))
        return count

    slot = bytearray(64 * 1024)
    asked: list[tuple[int, int]] = []

    async def read(request: Request) -> Response:
        view = memoryview(slot)
        start = 0
        while count := await request.body.readinto(view[start:]):
            asked.append((ctypes.addressof(ctypes.c_char.from_buffer(view[start:])), count))
            start = (start + count) % len(slot)
        return text("read")

    async def test() -> None:
        async with serving(Route(("POST",), "/echo", read, None)) as (_, port), connected(port) as client:
            raw = post(bytes(300_000), fields=EXPECTING)
            assert (await client.ask(head_of(raw))).status == 100  # so no byte of the body came with the head
            monkeypatch.setattr(socket.socket, "recv_into", spy)
            answer = await client.ask(raw[len(head_of(raw)) :])
            monkeypatch.undo()
            assert answer.status == 200

    run(test())
    assert sum(count for _, count in asked) == 300_000
    assert set(asked) <= set(written)


def test_a_body_ends_where_its_length_says_though_the_view_is_longer() -> None:
    counts: list[int] = []

    async def read(request: Request) -> Response:
        view = memoryview(bytearray(100_000))
        while count := await request.body.readinto(view):
            counts.append(count)
        counts.append(await request.body.readinto(view))
        assert request.body.complete
        return text(str(request.body.received))

    async def test() -> None:
        async with serving(HELLO, Route(("POST",), "/echo", read, None)) as (_, port), connected(port) as client:
            await client.send(post(bytes(20_000)) + GET)
            assert (await client.answer()).body == b"20000\n"
            assert (await client.answer()).body == b"hello\n"

    run(test())
    assert counts[-1] == 0
    assert sum(counts) == 20_000


def test_the_client_is_told_to_go_on_when_the_body_is_first_read() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def patient(request: Request) -> Response:
        begun.set()
        await go.wait()
        return text(str(len(await request.body.read(100))))

    async def test() -> None:
        async with serving(Route(("POST",), "/echo", patient, None)) as (_, port), connected(port) as client:
            raw = post(b"later", fields=EXPECTING)
            await client.send(head_of(raw))
            await begun.wait()
            go.set()
            assert (await client.answer()).status == 100
            assert (await client.ask(b"later")).body == b"5\n"

    run(test())


def test_a_client_that_does_not_wait_is_not_told_to_go_on() -> None:
    async def test() -> None:
        async with serving(ECHO) as (_, port), connected(port) as client:
            answer = await client.ask(post(b"now", fields=EXPECTING))
            assert (answer.status, answer.body) == (200, b"now")
            answer = await client.ask(post_chunked([b"now"], fields=EXPECTING))
            assert (answer.status, answer.body) == (200, b"now")

    run(test())


@pytest.mark.parametrize(
    "raw, begun",
    [(post(b"now", fields=EXPECTING), len("n")), (post_chunked([b"n", b"ow"], fields=EXPECTING), len("1\r\nn\r\n"))],
)
def test_a_client_that_waits_after_it_has_begun_is_told_to_go_on(raw: bytes, begun: int) -> None:
    async def test() -> None:
        at = len(head_of(raw)) + begun
        async with serving(ECHO) as (_, port), connected(port) as client:
            for _ in ("first", "second"):
                await client.send(raw[:at])
                assert (await client.answer()).status == 100
                answer = await client.ask(raw[at:])
                assert (answer.status, answer.body) == (200, b"now")

    run(test())


def test_a_client_that_has_begun_may_be_answered_without_more() -> None:
    async def test() -> None:
        async with serving(Route(("POST",), "/ignore", hello, None)) as (_, port), connected(port) as client:
            for _ in ("first", "second"):
                raw = post(b"now", "/ignore", EXPECTING)
                await client.send(raw[:-2])
                await asyncio.sleep(0)
                answer = await client.ask(raw[-2:])
                assert (answer.status, answer.body) == (200, b"hello\n")

    run(test())


def test_an_expectation_without_body_needs_no_100() -> None:
    async def test() -> None:
        async with serving(ECHO) as (_, port), connected(port) as client:
            assert (await client.ask(post(b"", fields=EXPECTING))).status == 200

    run(test())


@pytest.mark.parametrize(
    "raw, status",
    [
        (post(bytes(99), "/nowhere", EXPECTING), 404),
        (post(bytes(99), "/", EXPECTING), 405),
        (post(bytes(99), "/small", EXPECTING), 413),
        (post(bytes(99), "/forbidden", EXPECTING), 403),
    ],
)
def test_a_refusal_comes_before_the_body_is_asked_for(raw: bytes, status: int) -> None:
    async def forbid(request: Request) -> Response:
        raise Refused("forbidden", "Not today.")

    async def test() -> None:
        rows = (HELLO, Route(("POST",), "/small", hello, 98), Route(("POST",), "/forbidden", forbid, None))
        async with serving(*rows) as (_, port), connected(port) as client:
            answer = await client.ask(head_of(raw))
            assert answer.status == status
            assert answer.headers["connection"] == "close"  # whether the body comes, we cannot know
            assert await client.rest() == b""

    run(test())


def test_a_chunked_body_over_the_routes_limit_is_refused() -> None:
    async def test() -> None:
        async with serving(Route(("POST",), "/echo", ECHO.handler, 10)) as (_, port), connected(port) as client:
            assert (await client.ask(post_chunked([b"x" * 10]))).status == 200
            answer = await client.ask(post_chunked([b"x" * 11]))
            assert (answer.status, answer.headers["connection"]) == (413, "close")
            assert await client.rest() == b""

    run(test())


def test_a_bad_chunk_is_refused_and_the_connection_closed() -> None:
    async def test() -> None:
        async with serving(ECHO) as (_, port), connected(port) as client:
            answer = await client.ask(head_of(post_chunked([])) + b"5\r\nhello!\r\n")
            assert (answer.status, answer.headers["connection"]) == (400, "close")
            assert await client.rest() == b""

    run(test())


def test_a_small_body_that_nobody_reads_is_read_away() -> None:
    async def test() -> None:
        async with serving(HELLO, Route(("POST",), "/ignore", hello, None)) as (_, port), connected(port) as client:
            for size in (1, 1000, table.DRAIN_MAX):
                answer = await client.ask(post(GET * (size // len(GET)) + b"x" * (size % len(GET)), "/ignore"))
                assert (answer.status, answer.headers["connection"]) == (200, "keep-alive")
            assert (await client.ask(GET)).body == b"hello\n"

    run(test())


@pytest.mark.parametrize("raw", [post(bytes(3_000_000), "/ignore"), post_chunked([bytes(30_000)] * 100, "/ignore")])
def test_a_client_can_read_our_refusal_though_it_is_still_sending(raw: bytes) -> None:
    async def test() -> None:
        async with serving(Route(("POST",), "/ignore", hello, None)) as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(raw)
            await writer.drain()
            answer = await reader.read()  # to our close; a reset would raise
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert answer.endswith(b"Connection: close\r\n\r\nhello\n")
            writer.close()
            await writer.wait_closed()

    run(test())


async def send_for_ever(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(bytes(100_000))
        await writer.drain()


def test_what_is_read_away_after_the_last_word_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LINGER_MAX", 100_000)

    async def test() -> None:
        async with serving(HELLO) as (_, port):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            with pytest.raises(ConnectionError):
                await send_for_ever(writer)
            writer.close()
            with pytest.raises(ConnectionError):
                await writer.wait_closed()

    run(test())


def test_a_form_is_read_from_the_body() -> None:
    async def show(request: Request) -> Response:
        return text(repr(sorted((await request.form()).items())))

    async def test() -> None:
        async with serving(Route(("POST",), "/echo", show, 100)) as (_, port), connected(port) as client:
            assert (await client.ask(post(b"a=1&b=%C3%A4+"))).body == "[('a', '1'), ('b', '\u00e4 ')]\n".encode()
            assert (await client.ask(post(b"a=\xff"))).status == 400

    run(test())


def test_a_client_that_goes_in_the_midst_of_its_body_is_an_error_for_the_reader() -> None:
    errors: list[ConnectionError] = []
    seen = asyncio.Event()

    async def read(request: Request) -> Response:
        try:
            await request.body.read(1000)
        except ConnectionError as error:
            errors.append(error)
            seen.set()
            raise
        return text("whole")

    async def test() -> None:
        async with serving(Route(("POST",), "/echo", read, None)) as (server, port):
            for raw in (post(b"hello")[:-1], post_chunked([b"hello"])[:-1]):
                async with connected(port) as client:
                    await client.send(raw)
                    client.end()
                    assert await client.rest() == b""
                await seen.wait()
                seen.clear()
            assert server.failures == 0

    run(test())
    assert len(errors) == 2
