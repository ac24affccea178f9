"""Python's http.client against our HTTP; unlike curl it reads nothing before it has sent all."""

import asyncio
import http.client
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.front.http.serving import ECHO, HELLO, run, server_context, serving

DOCUMENT = bytes(range(256)) * 4000


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def context(tls: Path) -> ssl.SSLContext:
    return server_context(tls)


def pieces() -> Iterator[bytes]:
    """Give the document in pieces, of which http.client makes chunks."""
    for start in range(0, len(DOCUMENT), 3001):
        yield DOCUMENT[start : start + 3001]


def talk(connection: http.client.HTTPConnection) -> None:
    """Ask this and that on one connection."""
    for body in (DOCUMENT, pieces(), b"", b"x"):
        connection.request("POST", "/echo", body)
        answer = connection.getresponse()
        assert answer.status == 200
        received = answer.read()
        assert received == (body if isinstance(body, bytes) else DOCUMENT)
    for method, expected in (("GET", b"hello\n"), ("HEAD", b"")):
        connection.request(method, "/")
        assert connection.getresponse().read() == expected
    connection.request("POST", "/nowhere", DOCUMENT)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (404, b"There is no /nowhere here\n")
    connection.close()


def test_one_connection_carries_all_kinds_of_requests() -> None:
    async def test() -> None:
        async with serving(HELLO, ECHO) as (_, port):
            await asyncio.to_thread(talk, http.client.HTTPConnection("127.0.0.1", port))

    run(test())


def test_one_connection_carries_all_kinds_of_requests_in_tls(context: ssl.SSLContext, tls: Path) -> None:
    async def test() -> None:
        trusting = ssl.create_default_context(cafile=tls / "server.pem")  # the name is checked
        async with serving(HELLO, ECHO, tls=context) as (_, port):
            await asyncio.to_thread(talk, http.client.HTTPSConnection("127.0.0.1", port, context=trusting))

    run(test())
