"""Tells systemd that the firmware serves, and then again and again that its event loop runs (sd_notify(3))."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Mapping

OFTEN = 3  # messages in the time after which systemd gives us up


@contextlib.asynccontextmanager
async def told(environment: "Mapping[str, str]" = os.environ) -> "AsyncIterator[None]":
    """Say that all is ready, and while the block runs, that the loop does; nothing where nobody listens."""
    path = environment.get("NOTIFY_SOCKET", "")
    if not path:
        yield
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as notify:
        notify.connect("\0" + path[1:] if path.startswith("@") else path)
        notify.send(b"READY=1")
        feeding = asyncio.create_task(_feed(notify, environment), name="alive")
        try:
            yield
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            _say(notify, b"STOPPING=1")


async def _feed(notify: socket.socket, environment: "Mapping[str, str]") -> None:
    seconds = int(environment.get("WATCHDOG_USEC", 0)) / 1e6
    while seconds:
        _say(notify, b"WATCHDOG=1")
        await asyncio.sleep(seconds / OFTEN)


def _say(notify: socket.socket, word: bytes) -> None:
    with contextlib.suppress(OSError):  # systemd is busy, or starts anew
        notify.send(word)
