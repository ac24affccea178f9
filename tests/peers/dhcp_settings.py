"""The settings of the network and what follows them, alone: `python -m tests.peers.dhcp_settings FOLDER`.

Lines on standard input: "set NAME VALUE", and "stop". The helper's clock runs four times as fast: a change that is not
confirmed holds for three seconds. A helper that ended is started again soon. The time is asked for, and logged.
"""

import asyncio
import logging
import sys
from pathlib import Path

from feedpath.host import addressing, uplink
from feedpath.host.addressing import Addressing
from feedpath.host.sntp.client import Sntp
from feedpath.settings import Settings
from tests.peers.dhcp import HURRIED, TIMES

CONFIRM_S = 3.0 * TIMES
AGAIN_S = 0.2
ROOT = Path(__file__).parents[2]


async def main(folder: Path) -> None:
    settings = Settings.load(str(folder / "settings.toml"))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    sntp = Sntp(lambda: network.clocks, wanted=lambda: True, correct=lambda late: logging.info("late: %.1f s", late))
    network = Addressing(settings, folder / "network", "printer", sntp.servers_changed)
    await network.start()
    sntp.start()
    while line := (await reader.readline()).decode().split():
        if line[0] == "stop":
            break
        settings.set(line[1], line[2])
    await sntp.stop()
    await network.stop()


if __name__ == "__main__":
    logging.basicConfig(level="INFO")
    addressing.CONFIRM_S = CONFIRM_S
    uplink.AGAIN_S = AGAIN_S
    uplink.HELPER = ("-P", "-m", *HURRIED)
    uplink.PACKAGES += f":{ROOT}"
    asyncio.run(main(Path(sys.argv[1])))
