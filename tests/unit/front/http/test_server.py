"""The HTTP server on loopback sockets: requests and answers, faults, and many requests on one connection."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator

import pytest

from feedpath.errors import Refused, WireError
from feedpath.front.http.message import Request, Response, html, redirect, text
from feedpath.front.http.routes import Route
from tests.unit.front.http.serving import (
    ECHO,
    EXPECTING,
    GET,
    HELLO,
    connected,
    hello,
    post,
    post_chunked,
    run,
    serving,
)


def test_a_request_is_answered_with_all_that_an_answer_needs() -> None:
    async def test() -> None:
        async with serving(HELLO) as (_, port), connected(port) as client:
            answer = await client.ask(GET)
            assert (answer.status, answer.body) == (200, b"hello\n")
            assert answer.headers["server"] == "feedpath"
            assert answer.headers["connection"] == "keep-alive"
            assert answer.headers["content-length"] == "6"
            assert answer.headers["date"].endswith(" GMT")

    run(test())


def test_a_connection_carries_request_after_request() -> None:
    async def test() -> None:
        async with serving(HELLO, ECHO) as (_, port), connected(port) as client:
            for size in (0, 1, 1000, 5000, 200_000):
                body = bytes(range(251)) * (size // 251 + 1)
                assert (await client.ask(post(body[:size]))).body == body[:size]
                assert (await client.ask(GET)).body == b"hello\n"
                assert (await client.ask(post_chunked([body[:size]] if size else []))).body == body[:size]

    run(test())


def test_requests_sent_together_are_answered_in_turn() -> None:
    together = (
        GET + post(b"one") + post_chunked([b"tw", b"o"]) + post(b"three" * 2000) + post_chunked([b"four" * 3000]) + GET
    )

    async def test() -> None:
        async with serving(HELLO, ECHO) as (_, port), connected(port) as client:
            await client.send(together)
            bodies = [(await client.answer()).body for _ in range(6)]
            assert bodies == [b"hello\n", b"one", b"two", b"three" * 2000, b"four" * 3000, b"hello\n"]

    run(test())


def test_others_have_their_turn_between_requests_sent_together() -> None:
    served: list[int] = []

    async def note(request: Request) -> Response:
        served.append(request.peer[1])
        return text("noted")

    async def test() -> None:
        async with (
            serving(Route(("GET",), "/", note)) as (_, port),
            connected(port) as greedy,
            connected(port) as modest,
        ):
            await greedy.ask(GET)
            await modest.ask(GET)
            served.clear()
            await greedy.send(140 * GET)  # what one read takes in
            await modest.send(GET)
            for _ in range(140):
                await greedy.answer()
            await modest.answer()

    run(test())
    [modest] = [port for port in served if served.count(port) == 1]
    assert served.index(modest) < 70


def test_requests_that_come_byte_by_byte_are_answered() -> None:
    async def test() -> None:
        async with serving(HELLO, ECHO) as (_, port), connected(port) as client:
            for byte in GET + post(b"one") + post_chunked([b"tw", b"o"]):
                await client.send(bytes([byte]))
                await asyncio.sleep(0)
            bodies = [(await client.answer()).body for _ in range(3)]
            assert bodies == [b"hello\n", b"one", b"two"]

    run(test())


def test_many_small_requests_behind_a_chunked_body_are_kept() -> None:
    async def test() -> None:
        async with serving(HELLO, ECHO) as (_, port), connected(port) as client:
            await client.send(post_chunked([b"x"]) + 400 * GET)
            assert (await client.answer()).body == b"x"
            for _ in range(400):
                assert (await client.answer()).body == b"hello\n"

    run(test())


@pytest.mark.parametrize(
    "raw, keeps",
    [
        (GET, True),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
    ],
)
def test_a_connection_is_kept_when_both_want_it(raw: bytes, keeps: bool) -> None:
    async def test() -> None:
        async with serving(HELLO) as (_, port), connected(port) as client:
            answer = await client.ask(raw)
            assert answer.headers["connection"] == ("keep-alive" if keeps else "close")
            if keeps:
                assert (await client.ask(GET)).body == b"hello\n"
            else:
                assert await client.rest() == b""

    run(test())


def test_a_405_says_what_is_allowed() -> None:
    async def test() -> None:
        async with serving(HELLO, Route(("PUT",), "/", hello)) as (_, port), connected(port) as client:
            answer = await client.ask(b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, PUT")
            answer = await client.ask(b"OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PUT")
            answer = await client.ask(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
            assert (answer.status, answer.headers["content-length"]) == (200, "0")

    run(test())


def test_head_is_answered_as_get_without_the_body() -> None:
    async def test() -> None:
        async with serving(HELLO) as (_, port), connected(port) as client:
            await client.send(GET.replace(b"GET", b"HEAD"))
            answer = await client.answer(bodiless=True)
            assert (answer.status, answer.headers["content-length"]) == (200, "6")
            assert (await client.ask(GET)).body == b"hello\n"

    run(test())


@pytest.mark.parametrize(
    "raw, status",
    [
        (b"\x1b%-12345X@PJL JOB\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
        (b"GET /" + bytes(9000).replace(b"\0", b"x"), 414),
        (b"GET / HTTP/1.1\r\nX: " + 65536 * b"x", 431),
    ],
)
def test_a_bad_head_is_refused_and_the_connection_closed(raw: bytes, status: int) -> None:
    async def test() -> None:
        async with serving(HELLO) as (server, port), connected(port) as client:
            answer = await client.ask(raw)
            assert (answer.status, answer.headers["connection"]) == (status, "close")
            assert await client.rest() == b""
            assert server.failures == 0

    run(test())


def test_a_fault_of_ours_is_logged_counted_and_answered(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(request: Request) -> Response:
        raise ZeroDivisionError("the handler's")

    async def test() -> None:
        async with serving(HELLO, Route(("GET",), "/fail", fail)) as (server, port):
            async with connected(port) as client:
                answer = await client.ask(b"GET /fail HTTP/1.1\r\nHost: a\r\n\r\n")
                assert (answer.status, answer.headers["connection"]) == (500, "close")
                assert b"ZeroDivision" not in answer.body
            async with connected(port) as client:
                assert (await client.ask(GET)).status == 200
            assert server.failures == 1

    with caplog.at_level(logging.ERROR):
        run(test())
    [record] = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_a_connection_of_the_handlers_own_that_fails_is_a_fault_too() -> None:
    async def fail(request: Request) -> Response:
        raise ConnectionRefusedError("some other server")

    async def test() -> None:
        async with serving(Route(("GET",), "/", fail)) as (server, port), connected(port) as client:
            assert (await client.ask(GET)).status == 500
            assert server.failures == 1

    run(test())


@pytest.mark.parametrize(
    "error, status, sentence",
    [
        (Refused("not-possible"), 409, b"This cannot be done in the present state.\n"),
        (Refused("spool-area-full", "No room."), 507, b"No room.\n"),
        (WireError("the form is bad", 422), 422, b"the form is bad\n"),
        (WireError("the form is bad"), 400, b"the form is bad\n"),
    ],
)
def test_a_refusal_of_the_handler_is_answered_by_its_status(error: Exception, status: int, sentence: bytes) -> None:
    async def refuse(request: Request) -> Response:
        raise error

    async def test() -> None:
        async with serving(Route(("GET",), "/", refuse)) as (server, port), connected(port) as client:
            answer = await client.ask(GET)
            assert (answer.status, answer.body) == (status, sentence)
            assert server.failures == 0

    run(test())


@pytest.mark.parametrize("name, value", [("X", "a\r\nY: b"), ("X", "a\nb"), ("X\r\nY", "a")])
def test_an_answer_never_carries_a_header_that_someone_put_in(name: str, value: str) -> None:
    async def inject(request: Request) -> Response:
        return Response(200, [(name, value)])

    async def test() -> None:
        async with serving(Route(("GET",), "/", inject)) as (server, port), connected(port) as client:
            answer = await client.ask(GET)
            assert answer.status == 500
            assert "y" not in answer.headers
            assert server.failures == 1

    run(test())


def test_an_answer_made_while_it_is_sent_is_chunked() -> None:
    async def count() -> AsyncGenerator[bytes, None]:
        for number in range(5):
            yield b"" if number == 2 else b"%d," % number

    async def answer_slowly(request: Request) -> Response:
        return Response(200, [("Content-Type", "text/plain")], count())

    async def test() -> None:
        rows = (Route(("GET",), "/", answer_slowly),)
        async with serving(*rows) as (_, port), connected(port) as client:
            for _ in range(2):
                answer = await client.ask(GET)
                assert (answer.headers["transfer-encoding"], answer.body) == ("chunked", b"0,1,3,4,")
            await client.send(GET.replace(b"GET", b"HEAD"))
            assert (await client.answer(bodiless=True)).headers["transfer-encoding"] == "chunked"
            answer = await client.ask(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert (answer.headers["connection"], answer.body) == ("close", b"0,1,3,4,")
            assert "transfer-encoding" not in answer.headers

    run(test())


def test_a_fault_in_the_midst_of_an_answer_leaves_it_unfinished() -> None:
    async def break_off() -> AsyncGenerator[bytes, None]:
        yield b"some"
        raise ZeroDivisionError

    async def answer_badly(request: Request) -> Response:
        return Response(200, [], break_off())

    async def test() -> None:
        async with serving(Route(("GET",), "/", answer_badly)) as (server, port), connected(port) as client:
            await client.send(GET)
            assert (await client.rest()).endswith(b"\r\n\r\n4\r\nsome\r\n")
            assert server.failures == 1

    run(test())


def test_an_answer_ends_when_its_client_has_gone() -> None:
    ended = asyncio.Event()

    async def for_ever() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield bytes(100_000)
        finally:
            ended.set()

    async def answer_for_ever(request: Request) -> Response:
        return Response(200, [], for_ever())

    async def test() -> None:
        async with serving(Route(("GET",), "/", answer_for_ever)) as (server, port):
            async with connected(port) as client:
                await client.send(GET)
            await ended.wait()
            assert server.failures == 0

    run(test())


def test_a_large_answer_arrives_whole() -> None:
    page = "x" * 3_000_000

    async def answer_at_length(request: Request) -> Response:
        return html(page)

    async def test() -> None:
        async with serving(Route(("GET",), "/", answer_at_length)) as (_, port), connected(port) as client:
            assert (await client.ask(GET)).body == page.encode()

    run(test())


def test_the_handler_sees_the_request_as_it_was_sent() -> None:
    seen: list[Request] = []

    async def look(request: Request) -> Response:
        seen.append(request)
        return redirect("/elsewhere")

    async def test() -> None:
        async with serving(Route(("GET",), "/jobs/{id}/{what}", look)) as (_, port), connected(port) as client:
            answer = await client.ask(b"GET /jobs/7/can%20cel?a=b HTTP/1.1\r\nHost: p:1\r\nX-Y: z\r\n\r\n")
            assert (answer.status, answer.headers["location"]) == (303, "/elsewhere")
            assert (await client.ask(b"GET /jobs//x HTTP/1.1\r\nHost: a\r\n\r\n")).status == 404
            [request] = seen
            assert (request.method, request.path, request.query) == ("GET", "/jobs/7/can cel", {"a": "b"})
            assert request.variables == {"id": "7", "what": "can cel"}
            assert (request.host, request.headers["x-y"], request.secure) == ("p:1", "z", False)
            assert request.peer[0] == request.local[0] == "127.0.0.1"
            assert request.local[1] == port

    run(test())


def test_a_server_listens_on_several_ports() -> None:
    async def test() -> None:
        async with serving(HELLO) as (server, port):
            second = await server.start("127.0.0.1", 0)
            for each in (port, second):
                async with connected(each) as client:
                    assert (await client.ask(GET)).body == b"hello\n"
            with pytest.raises(OSError, match="in use"):
                await server.start("127.0.0.1", port)

    run(test())


def test_two_handlers_of_one_request_are_a_mistake() -> None:
    async def test() -> None:
        async with serving(HELLO) as (server, _):
            with pytest.raises(ValueError, match="GET / has two handlers"):
                server.routes.add(HELLO)

    run(test())


def mutated(dice: random.Random) -> bytes:
    """Return requests with some bytes put in, taken out, doubled or replaced, or cut off."""
    raw = GET + post(b"hello", fields=EXPECTING) + post_chunked([b"hel", b"lo"]) + GET
    for _ in range(dice.choice((1, 1, 2, 5))):
        place = dice.randrange(len(raw))
        piece = dice.choice((b"", b"\r", b"\n", b"\r\n", b"\0", b" ", b":", b"9", b"\xff", raw[place : place + 9] * 2))
        raw = raw[:place] + piece + raw[place + dice.choice((0, 1, 5)) :]
    return raw[: dice.choice((len(raw), dice.randrange(len(raw))))]


def test_no_bytes_make_the_server_fail() -> None:
    async def test() -> None:
        async with serving(HELLO, ECHO) as (server, port):
            for seed in range(300):
                async with connected(port) as client:
                    await client.send(mutated(random.Random(seed)))
                    client.end()
                    answers = await client.rest()
                    assert answers[:9] in (b"", b"HTTP/1.1 "), (seed, answers)
            assert server.failures == 0
            async with connected(port) as client:
                assert (await client.ask(GET)).status == 200

    run(test())


def test_nothing_is_left_when_the_server_stops() -> None:
    begun = asyncio.Event()

    async def wait(request: Request) -> Response:
        begun.set()
        await asyncio.Event().wait()
        return text("never")

    async def test() -> None:
        before = asyncio.all_tasks()
        async with (
            serving(ECHO, Route(("GET",), "/", wait)) as (server, port),
            connected(port),
            connected(port) as client,
            connected(port) as other,
        ):
            await client.send(GET)
            await other.send(post(b"hello")[:-1])
            await begun.wait()
            await server.stop()
            assert await client.rest() == await other.rest() == b""
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before

    run(test())
