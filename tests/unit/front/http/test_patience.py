"""Slow, silent and numerous clients; time is the test's own clock, and passes by sweeps."""

import asyncio
import resource
import socket
import ssl
from collections.abc import Awaitable, Iterator
from contextlib import AsyncExitStack
from typing import TypeVar

import pytest

from feedpath.front.http.deadlines import BODY, HANDSHAKE, HEAD, IDLE, LINGER, WORK, WRITE, Limits
from feedpath.front.http.message import Request, Response, text
from feedpath.front.http.routes import Route
from feedpath.front.http.server import HttpServer
from tests.unit.front.http.serving import ECHO, GET, HELLO, Clock, connected, post, run, serving

DESCRIPTORS_WANTED = 4400
Result = TypeVar("Result")


@pytest.fixture
def descriptors() -> Iterator[int]:
    """Let this process open as many descriptors as it needs and may, and tell how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    granted = max(soft, min(hard, DESCRIPTORS_WANTED))
    resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
    yield granted
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def reached(server: HttpServer, phase: int, connections: int = 1) -> None:
    """Wait until the server has that many connections, all in `phase`."""
    while [watch.phase for watch in server._crowd._watches] != [phase] * connections:
        await asyncio.sleep(0)


def pass_time(server: HttpServer, clock: Clock, seconds: int) -> None:
    for _ in range(seconds):
        clock.now += 1
        server.sweep()


async def in_time(server: HttpServer, clock: Clock, awaitable: Awaitable[Result]) -> Result:
    """Return what `awaitable` gives, letting time pass until it does."""
    task = asyncio.ensure_future(awaitable)
    while not task.done():
        pass_time(server, clock, 1)
        await asyncio.sleep(0)
    return task.result()


async def left(server: HttpServer, connections: int) -> None:
    """Wait until the server has that many connections."""
    while len(server._crowd) != connections:
        await asyncio.sleep(0)


def test_a_head_that_does_not_end_is_answered_408() -> None:
    async def test() -> None:
        clock = Clock()
        async with serving(HELLO, clock=clock) as (server, port), connected(port) as client:
            await client.send(GET[:10])
            await reached(server, HEAD)
            for byte in GET[10:19]:
                pass_time(server, clock, 1)
                await client.send(bytes([byte]))
            answer = await in_time(server, clock, client.answer())
            assert (answer.status, answer.headers["connection"]) == (408, "close")
            assert await client.rest() == b""

    run(test())


@pytest.mark.parametrize("before", [b"", GET])
def test_an_idle_connection_is_closed_without_a_word(before: bytes) -> None:
    async def test() -> None:
        clock = Clock()
        async with serving(HELLO, clock=clock) as (server, port), connected(port) as client:
            if before:
                await client.ask(before)
            await reached(server, IDLE)
            pass_time(server, clock, 60)
            assert (await client.ask(GET)).status == 200
            assert await in_time(server, clock, client.rest()) == b""

    run(test())


def test_a_body_that_comes_too_slowly_is_an_error_for_its_reader_and_answered_408() -> None:
    errors: list[Exception] = []

    async def read(request: Request) -> Response:
        try:
            await request.body.read(1000)
        except ConnectionError as error:
            errors.append(error)
            raise
        return text("whole")

    async def test() -> None:
        clock = Clock()
        route = Route(("POST",), "/echo", read, None)
        async with serving(route, clock=clock) as (server, port), connected(port) as client:
            await client.send(post(bytes(100))[:-90])
            await reached(server, BODY)
            for _ in range(30):
                await client.send(b"x")
                pass_time(server, clock, 1)
            assert (await in_time(server, clock, client.answer())).status == 408
            assert await client.rest() == b""
            assert server.failures == 0

    run(test())
    assert [str(error) for error in errors] == ["the client sent its document too slowly"]


def test_a_handler_may_answer_a_slow_client_itself() -> None:
    async def read(request: Request) -> Response:
        try:
            await request.body.read(1000)
        except ConnectionError:
            task = asyncio.current_task()
            assert task is not None
            return text("too slow", 500 + task.cancelling())
        return text("whole")

    async def test() -> None:
        clock = Clock()
        route = Route(("POST",), "/echo", read, None)
        async with serving(route, clock=clock) as (server, port), connected(port) as client:
            await client.send(post(bytes(100))[:-90])
            answer = await in_time(server, clock, client.answer())
            assert (answer.status, answer.headers["connection"]) == (500, "close")

    run(test())


def test_a_body_that_comes_at_a_fair_rate_is_waited_for() -> None:
    async def test() -> None:
        clock = Clock()
        async with serving(ECHO, clock=clock) as (server, port), connected(port) as client:
            raw = post(bytes(20_000))
            for start in range(0, len(raw), 200):
                await client.send(raw[start : start + 200])
                await asyncio.sleep(0)
                pass_time(server, clock, 1)
            assert (await client.answer()).body == bytes(20_000)

    run(test())


def test_waiting_for_the_printer_is_not_the_clients_fault() -> None:
    reached, go = asyncio.Event(), asyncio.Event()

    async def print_slowly(request: Request) -> Response:
        view = memoryview(bytearray(100))
        await request.body.readinto(view)
        reached.set()
        await go.wait()
        return text(str(len(await request.body.read(1000))))

    async def test() -> None:
        clock = Clock()
        route = Route(("POST",), "/echo", print_slowly, None)
        async with serving(route, clock=clock) as (server, port), connected(port) as client:
            await client.send(post(bytes(500)))
            await reached.wait()
            pass_time(server, clock, 10_000)
            go.set()
            assert (await client.answer()).body == b"400\n"

    run(test())


def test_a_client_that_does_not_take_its_answer_is_dropped() -> None:
    async def answer_at_length(request: Request) -> Response:
        return Response(200, [], bytes(50_000_000))

    async def test() -> None:
        clock = Clock()
        async with serving(Route(("GET",), "/", answer_at_length), clock=clock) as (server, port):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(GET)
                await reached(server, WRITE)
                await in_time(server, clock, left(server, 0))

    run(test())


def test_lingering_ends_in_time() -> None:
    async def test() -> None:
        clock = Clock()
        async with serving(HELLO, clock=clock) as (server, port), connected(port) as client:
            assert (await client.ask(b"nonsense\r\n\r\n")).status == 400
            await reached(server, LINGER)
            await in_time(server, clock, left(server, 0))

    run(test())


def test_a_handshake_that_does_not_go_on_ends() -> None:
    async def test() -> None:
        clock = Clock()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        async with serving(HELLO, clock=clock, tls=tls) as (server, port), connected(port) as client:
            await client.send(b"\x16\x03\x01\x02\x00\x01")
            await reached(server, HANDSHAKE)
            assert await in_time(server, clock, client.rest()) == b""

    run(test())


def test_others_are_answered_while_500_clients_send_a_byte_a_second() -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"

    async def test() -> None:
        clock = Clock()
        async with serving(HELLO, ECHO, clock=clock) as (server, port), AsyncExitStack() as stack:
            slow = [await stack.enter_async_context(connected(port)) for _ in range(500)]
            quick = await stack.enter_async_context(connected(port))
            for client in slow[:250]:
                await client.send(head)  # these are slow with their body, the others with their head
            for second in range(40):
                for client in slow:
                    try:
                        await client.send(b"G"[second:] or b"x")
                    except ConnectionError:
                        pass  # dropped by now
                assert (await quick.ask(GET)).body == b"hello\n"
                pass_time(server, clock, 1)
            await in_time(server, clock, left(server, 1))
            assert (await quick.ask(GET)).body == b"hello\n"

    run(test())


def test_two_thousand_idle_connections_hold_no_buffer_and_keep_nobody_out(descriptors: int) -> None:
    count = min(2000, (descriptors - 100) // 2)

    async def test() -> None:
        async with serving(HELLO, clock=Clock()) as (server, port), AsyncExitStack() as stack:
            idle = [await stack.enter_async_context(connected(port)) for _ in range(count)]
            for client in idle[::100]:
                assert (await client.ask(GET)).body == b"hello\n"
            await reached(server, IDLE, count)
            assert len(server._shelf) <= 2
            async with connected(port) as client:
                assert (await client.ask(GET)).body == b"hello\n"
            assert (await idle[0].ask(GET)).body == b"hello\n"

    run(test())


def test_the_longest_idle_gives_way_when_the_server_is_full() -> None:
    async def test() -> None:
        limits = Limits(connections=3, address_share=1)
        async with serving(HELLO, limits=limits) as (_, port), AsyncExitStack() as stack:
            first, second, third = [await stack.enter_async_context(connected(port)) for _ in range(3)]
            for client in (first, second, third, first):
                await client.ask(GET)
            fourth = await stack.enter_async_context(connected(port))
            assert (await fourth.ask(GET)).status == 200
            assert await second.rest() == b""
            for client in (first, third, fourth):
                assert (await client.ask(GET)).status == 200

    run(test())


def test_a_full_server_of_busy_connections_turns_newcomers_away() -> None:
    async def wait(request: Request) -> Response:
        await asyncio.Event().wait()
        return text("never")

    async def test() -> None:
        limits = Limits(connections=2, address_share=1)
        async with serving(Route(("GET",), "/", wait), limits=limits) as (server, port), AsyncExitStack() as stack:
            for _ in range(2):
                await (await stack.enter_async_context(connected(port))).send(GET)
            await reached(server, WORK, 2)
            late = await stack.enter_async_context(connected(port))
            assert await late.rest() == b""

    run(test())


def test_the_longest_idle_gives_way_when_descriptors_run_out() -> None:
    async def test() -> None:
        async with serving(HELLO) as (server, port), connected(port) as first, connected(port) as second:
            await first.ask(GET)
            await second.ask(GET)
            await reached(server, IDLE, 2)
            server._listeners[0].exhausted()
            assert await first.rest() == b""
            assert (await second.ask(GET)).status == 200

    run(test())
