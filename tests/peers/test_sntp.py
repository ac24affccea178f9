"""Debian's chrony tells the time over the cable."""

import sys
from pathlib import Path

from tests.fakes.netns import until
from tests.peers.appliance import Lan

SERVER = "local stratum 8\nallow all\ncmdport 0\npidfile %s\n"
ASK = "import time; from feedpath.host.sntp.client import ask; print(ask('10.77.0.2', now=lambda: time.time() - 1e6))"


def test_chrony_tells_by_how_much_a_clock_is_behind(lan: Lan, tmp_path: Path) -> None:
    config = tmp_path / "chrony.conf"
    config.write_text(SERVER % (tmp_path / "pid"))
    chrony = lan.client.start("chronyd", "-x", "-d", "-u", "root", "-f", str(config), log=tmp_path / "log")
    try:
        told = until(lambda: lan.printer.run(sys.executable, "-c", ASK, check=False), "chrony to answer")
        assert 999_999 < float(told) < 1_000_001
    finally:
        lan.client.stop(chrony)
