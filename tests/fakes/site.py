"""A site in memory: the pages of one printer behind the real HTTP server, on a free port of loopback."""

import asyncio
import http.client
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from feedpath import aio
from feedpath.core.box import identity
from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.front.auth.door import Door
from feedpath.front.http.server import HttpServer
from feedpath.front.snmp import usm
from feedpath.front.snmp.users import Users
from feedpath.front.web.server import Web
from feedpath.machines import Machines
from feedpath.settings import Settings
from tests.fakes.machine import WATCHDOG_S, Box

CODE = "ABCD-EFGH-JKMN-PQRS"
FORM = "application/x-www-form-urlencoded"
STRANGER = {"trust-loopback": "off"}  # a client on loopback is then as good as one from anywhere


class Answer(NamedTuple):
    """What the server said."""

    status: int
    headers: "http.client.HTTPMessage"
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Site:
    """A running site with one printer that is not plugged in, so that its jobs wait."""

    def __init__(self, box: Box, port: int, door: Door, settings: Settings):
        self.box, self.port, self.door, self.settings = box, port, door, settings
        self.printer: Printer = box.printer

    async def ask(self, method: str, path: str, body: str = "", type: str = FORM, **headers: str) -> Answer:
        """Return the answer to one request; a header's name is written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "POST":
            sent["Content-Type"] = type
        answer: Answer = await aio.offload(self._ask, method, path, body, sent)
        return answer

    def _ask(self, method: str, path: str, body: str, headers: "dict[str, str]") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WATCHDOG_S)
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


def visit(directory: Path, story: "Callable[[Site], Awaitable[None]]", **values: str) -> None:
    """Run `story` on a fresh site with these settings."""

    async def main() -> None:
        settings = Settings(str(directory / "settings.toml"))
        for name, value in values.items():
            settings.override(name, value)
        door = Door(CODE, lambda: bool(settings["trust-loopback"]), lambda: settings["hosts"])
        async with Box(directory) as box:
            printers = Printers()
            printers.add(box.printer)
            machines = _machines(printers, box)
            watchers = Users(settings, usm.engine_id(identity(directory)))
            about = (machines, lambda printer: ["It holds 12 bytes."])
            web = Web(printers, settings, door, "feedpath.local", *about, watchers=watchers)
            server = HttpServer(web.routes())
            port = await server.start("127.0.0.1", 0)
            try:
                await story(Site(box, port, door, settings))
            finally:
                await server.stop()
                await machines.close()

    asyncio.run(asyncio.wait_for(main(), WATCHDOG_S))


def _machines(printers: Printers, box: Box) -> Machines:
    """Return what knows the box's machine, which speaks PostScript and PCL, as if it had been met."""
    machines = Machines(
        printers, box.store, box.area, box.policy, [], {}, "box", 8, lambda: "", lambda: "", lambda: False
    )
    printer = box.printer
    machines._devices[box.device.key] = box.device
    machines._records[box.device.key] = {
        "device_id": "MFG:Feedpath;MDL:Memory;CMD:PJL,PCL,POSTSCRIPT;",
        "make": "Feedpath",
        "model": "Memory",
        "serial": "1",
        "queues": [{"name": printer.name, "uuid": printer.uuid}],
    }
    return machines
