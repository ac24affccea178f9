"""The firmware's side of the network helper: starts it, tells it the plan, hears what links have.

On a device whose system starts the helper itself, with rights that the firmware lacks, it is met at a Unix socket.
"""

import asyncio
import contextlib
import json
import logging
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from feedpath.host.plan import Plan

logger = logging.getLogger(__name__)

PACKAGES = str(Path(__file__).parents[2])
HELPER: "tuple[str, ...]" = ("-P", "-m", "feedpath.host.network")
DOOR = Path("/run/feedpath/network")  # a Unix socket that the system gives a helper to each who connects
AGAIN_S = 5.0  # until a helper that ended is started again
STOP_S = 5.0  # that it has to give addresses back
LINE_MOST = 64 * 1024
NO_RIGHTS = 77  # the exit status of a helper that may not set up networks: network.py
POWERLESS = (
    "Feedpath may not set up the network: start it as root or with the capabilities CAP_NET_ADMIN and CAP_NET_RAW, or "
    "set network to system."
)


class Uplink:
    """A network helper, kept running. plan: what it follows. links: what each has, by name, as network.py tells it.

    changed: called after each change of a link. reverted: called when the plan of before is back, since nobody
    confirmed another one. kept: the plan that holds for good. trouble: why no helper runs, in a sentence. door: where
    the system's helper is met, if it has one.
    """

    def __init__(
        self,
        folder: Path,
        changed: "Callable[[], None]",
        reverted: "Callable[[], None]",
        resolv_conf: Path = Path("/etc/resolv.conf"),
        door: Path = DOOR,
    ):
        self.links: "dict[str, dict[str, Any]]" = {}
        self.trouble = ""
        self._folder = folder
        self._changed = changed
        self._reverted = reverted
        self._resolv_conf = resolv_conf
        self._door = door
        self.plan = self.kept = Plan()
        self._reader: "asyncio.StreamReader | None" = None
        self._writer: "asyncio.StreamWriter | None" = None
        self._process: "asyncio.subprocess.Process | None" = None
        self._task: "asyncio.Task[None] | None" = None

    async def start(self, plan: Plan) -> None:
        """Begin to follow a plan."""
        self.plan = self.kept = plan
        self._folder.mkdir(exist_ok=True)
        self._task = asyncio.create_task(self._keep(), name="uplink")

    def follow(self, plan: Plan, confirm_s: float) -> None:
        """Follow another plan, for good only when it is confirmed within this time; 0: no matter when."""
        self.plan = plan
        self._say({"do": "configure", **plan._asdict(), "confirm_s": confirm_s})

    def confirm(self) -> None:
        """Keep the plan."""
        self.kept = self.plan
        self._say({"do": "confirm"})

    async def stop(self, release: bool = True) -> None:
        """End the helper; with `release` addresses are given back, else they stay."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        if release:
            self._say({"do": "stop"})
        elif self._writer is not None:
            self._writer.close()
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(self._ended(), STOP_S)
        await self._end()

    async def _ended(self) -> None:
        """Wait until the helper has ended."""
        while self._reader is not None and await self._reader.read(LINE_MOST):
            pass
        if self._process is not None:
            await self._process.wait()

    async def _keep(self) -> None:
        while not self.trouble:
            try:
                await self._run()
            except (OSError, ValueError) as error:
                logger.error("the network helper cannot be used: %s", error)
            await self._end()
            if self.plan != self.kept:
                self._return()
            await asyncio.sleep(0 if self.trouble else AGAIN_S)

    async def _run(self) -> None:
        """Have a helper until it ends."""
        if self._door.is_socket():
            self._reader, self._writer = await asyncio.open_unix_connection(str(self._door), limit=LINE_MOST)
        else:
            self._reader, self._writer = await asyncio.open_connection(sock=await self._spawn(), limit=LINE_MOST)
        self._say({"do": "configure", **self.plan._asdict()})
        with contextlib.suppress(ConnectionResetError):  # it has ended without reading what we said
            while line := await self._reader.readline():
                self._hear(json.loads(line))
        status = await self._process.wait() if self._process is not None else 0
        self.trouble = POWERLESS if status == NO_RIGHTS else ""
        logger.error("%s", self.trouble or f"the network helper ended with status {status}")

    async def _spawn(self) -> socket.socket:
        """Start a helper of our own; return our end of its socket."""
        ours, theirs = socket.socketpair()
        words = [sys.executable, *HELPER, str(self._folder), str(theirs.fileno())]
        environment = {"PYTHONPATH": PACKAGES, "LANG": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *words,
                str(self._resolv_conf),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=environment,
            )
        return ours

    async def _end(self) -> None:
        writer, self._writer, self._reader = self._writer, None, None
        process, self._process = self._process, None
        if writer is not None:
            writer.close()
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    def _say(self, words: "dict[str, Any]") -> None:
        if self._writer is not None:
            self._writer.write(json.dumps(words).encode() + b"\n")

    def _hear(self, told: "dict[str, Any]") -> None:
        if "error" in told:
            logger.error("%s", told["error"])
        elif told.get("reverted") and self.plan == self.kept:  # it was confirmed in the same moment
            self._say({"do": "configure", **self.plan._asdict()})
        elif told.get("reverted"):
            self._return()
        elif "link" in told:
            self._note(told["link"], told)

    def _return(self) -> None:
        self.plan = self.kept
        self._reverted()

    def _note(self, link: str, told: "dict[str, Any]") -> None:
        before = self.links.pop(link, {"address": ""})
        if told["state"] != "GONE":
            self.links[link] = told
        if told["address"] != before["address"]:
            logger.info("%s has the address %s", link, told["address"] or "of nobody")
        self._changed()
