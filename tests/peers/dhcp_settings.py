"""The settings of the network and what follows them, alone: `python -m tests.peers.dhcp_settings FOLDER`.

Lines on standard input: "set NAME VALUE", and "stop". A change that is not confirmed holds for two seconds.
"""

import asyncio
import logging
import sys
from pathlib import Path

from feedpath.host import addressing
from feedpath.host.addressing import Addressing
from feedpath.settings import Settings

CONFIRM_S = 2.0


async def main(folder: Path) -> None:
    settings = Settings(str(folder / "settings.toml"))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    network = Addressing(settings, folder / "network", "printer", lambda: None)
    await network.start()
    while line := (await reader.readline()).decode().split():
        if line[0] == "stop":
            break
        settings.set(line[1], line[2])
    await network.stop()


if __name__ == "__main__":
    logging.basicConfig(level="INFO")
    addressing.CONFIRM_S = CONFIRM_S
    asyncio.run(main(Path(sys.argv[1])))
