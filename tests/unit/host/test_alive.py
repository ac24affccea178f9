"""What systemd is told: that we serve, that the loop runs, and that we end."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedpath.host import alive

WAIT_S = 10.0


@pytest.fixture
def systemd(tmp_path: Path) -> "Iterator[socket.socket]":
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


async def heard(systemd: socket.socket) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(systemd, 100), WAIT_S)


def test_it_is_told_that_we_serve_that_the_loop_runs_and_that_we_end(systemd: socket.socket) -> None:
    async def serve() -> "list[bytes]":
        async with alive.told({"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "3000"}):
            words = [await heard(systemd) for _ in range(4)]
        while words[-1] == b"WATCHDOG=1" or len(words) < 5:
            words.append(await heard(systemd))
        return words

    words = asyncio.run(serve())
    assert words[:4] == [b"READY=1", *[b"WATCHDOG=1"] * 3]
    assert words[-1] == b"STOPPING=1"


def test_without_a_watchdog_it_is_told_no_more_than_that(systemd: socket.socket) -> None:
    async def serve() -> "list[bytes]":
        async with alive.told({"NOTIFY_SOCKET": systemd.getsockname()}):
            await asyncio.sleep(0)
        return [await heard(systemd) for _ in range(2)]

    assert asyncio.run(serve()) == [b"READY=1", b"STOPPING=1"]


def test_an_abstract_address_is_reached_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")  # the kernel picks an abstract one
        listener.setblocking(False)

        async def serve() -> bytes:
            async with alive.told({"NOTIFY_SOCKET": "@" + listener.getsockname()[1:].decode()}):
                return await heard(listener)

        assert asyncio.run(serve()) == b"READY=1"


def test_where_nobody_listens_nothing_is_told() -> None:
    async def serve() -> bool:
        async with alive.told({}):
            return True

    assert asyncio.run(serve())
