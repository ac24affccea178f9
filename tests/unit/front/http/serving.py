"""What the tests of the HTTP server share: a server on loopback, and a client that sends the bytes it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from feedpath.front.http import certificate
from feedpath.front.http.message import Request, Response, text
from feedpath.front.http.routes import Route
from feedpath.front.http.server import HttpServer

WATCHDOG_S = 60
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """A connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self, bodiless: bool = False) -> Answer:
        """Return the next answer, interim ones too; `bodiless` when it answers HEAD."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")[:-2]
        assert first.startswith("HTTP/1.1 "), first
        status = int(first.split(" ")[1])
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        if bodiless or status < 200 or status in (204, 304):
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, await self._chunks())
        if "content-length" in headers:
            return Answer(status, headers, await self._reader.readexactly(int(headers["content-length"])))
        return Answer(status, headers, await self._reader.read())

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self._reader.readline(), 16):
            body += await self._reader.readexactly(size)
            assert await self._reader.readline() == b"\r\n"
        assert await self._reader.readline() == b"\r\n"
        return body

    async def ask(self, data: bytes) -> Answer:
        await self.send(data)
        return await self.answer()

    async def rest(self) -> bytes:
        """Return what comes until the server closes; an abrupt end fails."""
        return await self._reader.read()

    async def start_tls(self) -> None:
        await self._writer.start_tls(trusting())

    def end(self) -> None:
        """Say that nothing more comes."""
        self._writer.write_eof()

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass  # the server was first


@asynccontextmanager
async def serving(*routes: Route, **options: Any) -> AsyncIterator[tuple[HttpServer, int]]:
    """Serve `routes` on a free port of loopback."""
    server = HttpServer(routes, **options)
    port = await server.start("127.0.0.1", 0)
    try:
        yield server, port
    finally:
        await server.stop()


@asynccontextmanager
async def connected(port: int, tls: bool = False) -> AsyncIterator[Client]:
    """Connect to the server."""
    client = Client(*await asyncio.open_connection("127.0.0.1", port, ssl=trusting() if tls else None))
    try:
        yield client
    finally:
        await client.close()


def trusting() -> ssl.SSLContext:
    """Return a client's context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def server_context(directory: Path) -> ssl.SSLContext:
    """Return a server's context, with a certificate made for it."""
    certificate.make(directory, ["printer.local", "127.0.0.1"])
    return certificate.context(directory)


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine; the watchdog ends one that hangs."""
    asyncio.run(asyncio.wait_for(test, WATCHDOG_S))


async def hello(request: Request) -> Response:
    return text("hello")


async def echo(request: Request) -> Response:
    """Answer with the request's body, read in small pieces."""
    whole = b""
    piece = memoryview(bytearray(1000))
    while count := await request.body.readinto(piece):
        whole += bytes(piece[:count])
    return Response(200, [("Content-Type", "application/octet-stream")], whole)


EXPECTING = "Expect: 100-continue\r\n"
HELLO = Route(("GET",), "/", hello)
ECHO = Route(("POST",), "/echo", echo, None)


def post(body: bytes, path: str = "/echo", fields: str = "") -> bytes:
    """Return a POST with a Content-Length."""
    return f"POST {path} HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body


def post_chunked(pieces: list[bytes], path: str = "/echo", fields: str = "") -> bytes:
    """Return a POST with a chunked body."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\n{fields}Transfer-Encoding: chunked\r\n\r\n"
    return head.encode() + body + b"0\r\n\r\n"


def head_of(raw: bytes) -> bytes:
    """Return a request's head, without its body."""
    return raw[: raw.index(b"\r\n\r\n") + 4]
