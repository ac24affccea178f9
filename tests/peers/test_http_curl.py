"""curl against our HTTP."""

import asyncio
import ssl
from pathlib import Path

import pytest

from feedpath.front.http.message import Request, Response, text
from feedpath.front.http.routes import Route
from tests.unit.front.http.serving import ECHO, HELLO, run, server_context, serving

DOCUMENT = bytes(range(256)) * 8000  # 2 MB: curl sends Expect: 100-continue from 1 MiB on


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def context(tls: Path) -> ssl.SSLContext:
    return server_context(tls)


async def peer(request: Request) -> Response:
    return text(f"{request.peer[1]}")


async def refuse(request: Request) -> Response:
    return text("not this", 403)


ROUTES = (HELLO, ECHO, Route(("GET",), "/peer", peer), Route(("POST",), "/refuse", refuse, None))


async def curl(*words: str, status: int = 0) -> bytes:
    """Return what curl writes."""
    process = await asyncio.create_subprocess_exec(
        "curl", "-sS", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == status, err.decode()
    return out


@pytest.mark.parametrize(
    "fields", [[], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"], ["-H", "Expect:"], ["-0"]]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_document_comes_back_as_it_went(
    context: ssl.SSLContext, tls: Path, tmp_path: Path, scheme: str, fields: "list[str]"
) -> None:
    (tmp_path / "document").write_bytes(DOCUMENT)

    async def test() -> None:
        async with serving(*ROUTES, tls=context) as (_, port):
            words = ["--cacert", str(tls / "server.pem"), "--data-binary", f"@{tmp_path}/document", *fields]
            assert await curl(*words, f"{scheme}://127.0.0.1:{port}/echo") == DOCUMENT

    run(test())


def test_the_certificate_is_right_for_the_name_and_wrong_for_others(context: ssl.SSLContext, tls: Path) -> None:
    async def test() -> None:
        async with serving(*ROUTES, tls=context) as (_, port):
            trust = ["--cacert", str(tls / "server.pem")]
            at = ["--connect-to", f"::127.0.0.1:{port}"]
            assert await curl(*trust, *at, f"https://printer.local:{port}/") == b"hello\n"
            await curl(*trust, *at, f"https://other.local:{port}/", status=60)

    run(test())


def test_a_connection_is_kept(context: ssl.SSLContext) -> None:
    async def test() -> None:
        async with serving(*ROUTES, tls=context) as (_, port):
            for url in (f"http://127.0.0.1:{port}/peer", f"https://127.0.0.1:{port}/peer"):
                ports = (await curl("-k", url, url, url)).split()
                assert len(ports) == 3
                assert len(set(ports)) == 1

    run(test())


def test_a_refusal_is_read_though_the_document_is_large(tmp_path: Path) -> None:
    (tmp_path / "document").write_bytes(DOCUMENT * 10)

    async def test() -> None:
        async with serving(*ROUTES) as (_, port):
            for fields in ([], ["-H", "Expect:"], ["-H", "Transfer-Encoding: chunked", "-H", "Expect:"]):
                words = ["--data-binary", f"@{tmp_path}/document", "-w", "%{http_code}", *fields]
                assert await curl(*words, f"http://127.0.0.1:{port}/refuse") == b"not this\n403"

    run(test())


def test_head_and_options_are_answered() -> None:
    async def test() -> None:
        async with serving(*ROUTES) as (_, port):
            head = await curl("-I", f"http://127.0.0.1:{port}/")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"Content-Length: 6\r\n" in head
            whole = await curl("-i", "-X", "OPTIONS", "--request-target", "*", f"http://127.0.0.1:{port}/")
            assert whole.startswith(b"HTTP/1.1 200 OK\r\n")

    run(test())
