"""Micro case: serve_tcp and Stream carry bytes both ways, and tell a closed connection, alike on both Pythons."""

import asyncio
import sys

from feedpath import aio

PORT = int(sys.argv[1])  # a free one, held for us by the test that runs this
DOCUMENT = bytes(range(256)) * 1024


async def echo(stream: "aio.Stream") -> None:
    """Give back what comes, in pieces of an odd size, until the peer closes."""
    piece = memoryview(bytearray(1021))
    while True:
        count = await stream.readinto(piece)
        if not count:
            return
        await stream.write(piece[:count])


async def read_to_the_end(reader: "asyncio.StreamReader", count: int) -> bytes:
    received = b""
    while len(received) < count:
        received += await reader.read(count - len(received))
    return received


async def client(document: bytes) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    sending = aio.create_task(send(writer, document))
    received = await read_to_the_end(reader, len(document))
    await sending
    writer.close()
    await writer.wait_closed()
    return received == document


async def send(writer: "asyncio.StreamWriter", document: bytes) -> None:
    for start in range(0, len(document), 4096):
        writer.write(document[start : start + 4096])
        await writer.drain()


async def what_is_sent_comes_back() -> None:
    server = await aio.serve_tcp(echo, "127.0.0.1", PORT)
    print("port told:", server.port == PORT)
    print("one:", await client(DOCUMENT))
    print("several at once:", list(await aio.gather(client(DOCUMENT), client(b"x"), client(DOCUMENT[1:]))))
    await server.close()


async def peer_is_told_by_its_address() -> None:
    told = []

    async def note(stream: "aio.Stream") -> None:
        told.append(stream.peer[0])
        told.append(stream.secure)

    server = await aio.serve_tcp(note, "127.0.0.1", PORT)
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    print("closed by the server:", await reader.read(1) == b"")
    writer.close()
    await writer.wait_closed()
    await server.close()
    print(told)


async def closing_ends_the_connections() -> None:
    ended = aio.Event()

    async def wait_for_more(stream: "aio.Stream") -> None:
        try:
            await stream.write(b"!")
            await stream.readinto(memoryview(bytearray(1)))
        finally:
            ended.set()

    server = await aio.serve_tcp(wait_for_more, "127.0.0.1", PORT)
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    await reader.read(1)
    await server.close()
    print("handler ended:", ended.is_set())
    print("client sees the end:", await reader.read(1) == b"")
    writer.close()
    await writer.wait_closed()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        await reader.read(1)  # MicroPython tells only here that the connection was refused
        print("still listening")
    except OSError:
        print("no longer listening")


async def main() -> None:
    await what_is_sent_comes_back()
    await peer_is_told_by_its_address()
    await closing_ends_the_connections()


aio.run(main())
