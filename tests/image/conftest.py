"""What the tests of the image need: the image, and the programs that start it and print to it."""

from pathlib import Path

import pytest

from tests.fakes.netns import programs_missing
from tests.image import build

PROGRAMS = {  # what the tests run: the Debian package that has it
    "ipptool": "cups-ipp-utils",
    "mcopy": "mtools",
    "qemu-system-aarch64": "qemu-system-arm",
}


@pytest.fixture(scope="session")
def image() -> Path:
    """Return the image, built where it must be."""
    missing = {PROGRAMS[name] for name in programs_missing(list(PROGRAMS))}
    if missing:
        pytest.fail("tests of the image need: apt-get install %s" % " ".join(sorted(missing)))
    return build.image()
