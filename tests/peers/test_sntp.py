"""Debian's chrony tells the time over the cable."""

import sys
from pathlib import Path

from tests.fakes.netns import until
from tests.peers.appliance import Lan
from tests.peers.chrony import chrony

ASK = "import time; from feedpath.host.sntp.client import ask; print(ask('10.77.0.2', now=lambda: time.time() - 1e6))"


def test_chrony_tells_by_how_much_a_clock_is_behind(lan: Lan, tmp_path: Path) -> None:
    with chrony(lan.client, tmp_path):
        told = until(lambda: lan.printer.run(sys.executable, "-c", ASK, check=False), "chrony to answer")
        assert 999_999 < float(told) < 1_000_001
