"""TLS and clear text on one port, and going over from one to the other."""

import asyncio
import ssl
from pathlib import Path

import pytest

from feedpath.front.http import table
from feedpath.front.http.message import Request, Response, text
from feedpath.front.http.routes import Route
from tests.unit.front.http.serving import (
    ECHO,
    GET,
    HELLO,
    connected,
    post,
    post_chunked,
    run,
    server_context,
    serving,
)

LIBCUPS_UPGRADE = (
    b"OPTIONS * HTTP/1.1\r\n"
    b"Connection: upgrade\r\n"
    b"Host: a\r\n"
    b"Upgrade: TLS/1.2,TLS/1.1,TLS/1.0\r\n"
    b"User-Agent: CUPS/2.4.2\r\n"
    b"\r\n"
)
UPGRADE = "Connection: upgrade\r\nUpgrade: TLS/1.2\r\n"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return server_context(tmp_path_factory.mktemp("tls"))


async def tell_security(request: Request) -> Response:
    body = await request.body.read(1000)
    return text(f"{'TLS' if request.secure else 'clear'} {len(body)}")


SECURITY = Route(("GET", "POST"), "/security", tell_security, None)


def test_one_port_takes_tls_and_clear_text(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(SECURITY, tls=context) as (_, port):
            for tls, expected in ((False, b"clear 0\n"), (True, b"TLS 0\n"), (False, b"clear 0\n")):
                async with connected(port, tls) as client:
                    for _ in range(3):
                        answer = await client.ask(b"GET /security HTTP/1.1\r\nHost: a\r\n\r\n")
                        assert answer.body == expected

    run(test())


def test_tls_carries_bodies_of_any_size_and_requests_sent_together(context: ssl.SSLContext) -> None:
    large = bytes(range(250)) * 4000

    async def test() -> None:
        async with serving(HELLO, ECHO, tls=context) as (_, port), connected(port, tls=True) as client:
            await client.send(GET + post(large) + post_chunked([large[:70_000]] * 3) + post(b"small") + GET)
            bodies = [(await client.answer()).body for _ in range(5)]
            assert bodies == [b"hello\n", large, large[:70_000] * 3, b"small", b"hello\n"]

    run(test())


def test_requests_that_wait_decrypted_are_not_forgotten(context: ssl.SSLContext) -> None:
    padded = b"GET / HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n" % (32 * b"x")
    assert table.SCRATCH % len(padded) == 0  # so a read ends with a request, and more of the same record waits

    async def test() -> None:
        async with serving(HELLO, tls=context) as (_, port), connected(port, tls=True) as client:
            await client.send(100 * padded)
            for _ in range(100):
                assert (await client.answer()).body == b"hello\n"

    run(test())


def test_tls_can_be_offered_while_the_server_runs(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(SECURITY) as (server, port):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection("127.0.0.1", port, ssl=ssl.create_default_context(), server_hostname="a")
            server.tls = context
            async with connected(port, tls=True) as client:
                assert (await client.ask(b"GET /security HTTP/1.1\r\nHost: a\r\n\r\n")).body == b"TLS 0\n"

    run(test())


def test_a_connection_goes_over_to_tls_as_libcups_asks(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(SECURITY, tls=context) as (_, port), connected(port) as client:
            answer = await client.ask(LIBCUPS_UPGRADE)
            assert (answer.status, answer.headers["connection"]) == (101, "Upgrade")
            assert answer.headers["upgrade"] == "TLS/1.2, HTTP/1.1"
            await client.start_tls()
            answer = await client.answer()
            assert (answer.status, answer.headers["connection"]) == (200, "keep-alive")
            assert (await client.ask(b"GET /security HTTP/1.1\r\nHost: a\r\n\r\n")).body == b"TLS 0\n"

    run(test())


def test_the_body_of_a_request_that_asks_for_tls_comes_before_it(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(SECURITY, tls=context) as (_, port), connected(port) as client:
            raw = post(b"hello", "/security", UPGRADE + "Expect: 100-continue\r\n")
            assert (await client.ask(raw[:-5])).status == 100  # first this: RFC 9110, 7.8
            assert (await client.ask(raw[-5:])).status == 101
            await client.start_tls()
            assert (await client.answer()).body == b"clear 5\n"
            assert (await client.ask(post(b"again", "/security"))).body == b"TLS 5\n"

    run(test())


def test_a_get_is_answered_after_the_change(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(SECURITY, tls=context) as (_, port), connected(port) as client:
            answer = await client.ask(f"GET /security HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n".encode())
            assert answer.status == 101
            await client.start_tls()
            assert (await client.answer()).body == b"TLS 0\n"

    run(test())


@pytest.mark.parametrize("offer", ["TLS/1.0", "websocket", "h2c"])
def test_an_offer_that_we_do_not_take_is_passed_over(context: ssl.SSLContext, offer: str) -> None:
    async def test() -> None:
        async with serving(HELLO, tls=context) as (_, port), connected(port) as client:
            raw = f"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: {offer}\r\n\r\n"
            assert (await client.ask(raw.encode())).status == 200

    run(test())


def test_an_offer_is_passed_over_without_a_certificate() -> None:
    async def test() -> None:
        async with serving(HELLO) as (_, port), connected(port) as client:
            assert (await client.ask(LIBCUPS_UPGRADE)).status == 200

    run(test())


def test_an_offer_is_passed_over_in_tls(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(HELLO, tls=context) as (_, port), connected(port, tls=True) as client:
            assert (await client.ask(LIBCUPS_UPGRADE)).status == 200

    run(test())


def test_bytes_that_came_in_clear_never_count_as_sent_in_tls(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(SECURITY, tls=context) as (_, port), connected(port) as client:
            answer = await client.ask(LIBCUPS_UPGRADE + b"GET /security HTTP/1.1\r\nHost: a\r\n\r\n")
            assert answer.status == 200  # no 101: something was put behind the request
            assert (await client.answer()).body == b"clear 0\n"

    run(test())


def test_a_refused_body_keeps_the_connection_from_going_over(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(HELLO, tls=context) as (_, port), connected(port) as client:
            raw = post(b"hello", "/nowhere", UPGRADE + "Expect: 100-continue\r\n")
            answer = await client.ask(raw[:-5])
            assert (answer.status, answer.headers["connection"]) == (404, "close")

    run(test())


def test_a_failed_handshake_ends_one_connection_only(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(HELLO, tls=context) as (server, port):
            async with connected(port) as client:
                await client.send(b"\x16\x03\x01\x00\x05hello")
                await client.rest()
            async with connected(port, tls=True) as client:
                assert (await client.ask(GET)).body == b"hello\n"
            assert server.failures == 0

    run(test())


def test_a_large_refused_body_leaves_the_answer_readable_in_tls(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(HELLO, tls=context) as (_, port), connected(port, tls=True) as client:
            await client.send(post(bytes(1_000_000), "/nowhere"))
            assert (await client.answer()).status == 404

    run(test())


def test_tls_is_1_2_or_later(context: ssl.SSLContext, tmp_path: Path) -> None:
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    names = {cipher["name"] for cipher in context.get_ciphers()}
    assert all(name.startswith(("TLS_", "ECDHE-")) for name in names)
