"""Debian's chrony, which tells the time and leaves the clock alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.netns import Namespace

CONF = "local stratum 8\nallow all\ncmdport 0\npidfile %s\n"


@contextlib.contextmanager
def chrony(space: Namespace, folder: Path) -> "Iterator[None]":
    """Run it in a namespace until the end of the block."""
    conf = folder / "chrony.conf"
    conf.write_text(CONF % (folder / "chrony.pid"))
    process = space.start("chronyd", "-x", "-d", "-u", "root", "-f", str(conf), log=folder / "chrony.log")
    try:
        yield
    finally:
        space.stop(process)
