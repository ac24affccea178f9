"""The network helper that the system starts: what the firmware and it say to each other at a Unix socket."""

import asyncio
import json
from pathlib import Path
from typing import Any

from feedpath.host.plan import Plan
from feedpath.host.uplink import Uplink
from tests.fakes.machine import WATCHDOG_S, until

BOUND = {"link": "eth0", "state": "BOUND", "address": "192.0.2.7", "prefix": 24}


class Helper:
    """What systemd starts for each connection."""

    def __init__(self) -> None:
        self.told: "list[dict[str, Any]]" = []
        self.ended = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps(BOUND).encode() + b"\n")
        while line := await reader.readline():
            self.told.append(json.loads(line))
            if self.told[-1]["do"] == "stop":
                break
        writer.close()
        self.ended += 1


def test_a_helper_of_the_system_is_told_the_plan_and_tells_of_links(tmp_path: Path) -> None:
    async def main() -> None:
        helper = Helper()
        async with await asyncio.start_unix_server(helper.serve, tmp_path / "door"):
            changes: "list[str]" = []
            uplink = Uplink(
                tmp_path / "network", lambda: changes.append("changed"), lambda: None, door=tmp_path / "door"
            )
            await uplink.start(Plan(host="printer"))
            await until(lambda: uplink.links)
            assert uplink.links["eth0"]["address"] == "192.0.2.7" and changes == ["changed"]
            await uplink.stop()
            assert [told["do"] for told in helper.told] == ["configure", "stop"]
            assert helper.told[0]["host"] == "printer" and helper.ended == 1

    asyncio.run(asyncio.wait_for(main(), WATCHDOG_S))


def test_where_addresses_stay_the_helper_is_left_without_a_word(tmp_path: Path) -> None:
    async def main() -> None:
        helper = Helper()
        async with await asyncio.start_unix_server(helper.serve, tmp_path / "door"):
            uplink = Uplink(tmp_path / "network", lambda: None, lambda: None, door=tmp_path / "door")
            await uplink.start(Plan())
            await until(lambda: uplink.links)
            await uplink.stop(release=False)
            await until(lambda: helper.ended)
            assert [told["do"] for told in helper.told] == ["configure"]

    asyncio.run(asyncio.wait_for(main(), WATCHDOG_S))
