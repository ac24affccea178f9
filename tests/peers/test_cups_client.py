"""CUPS as a client prints on a machine that takes its documents as they are."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import documents
from tests.fakes.netns import until
from tests.peers.appliance import Appliance, Lan
from tests.peers.cups import Cups, client, print_and_collect


@pytest.fixture(scope="module")
def cups(lan: Lan, firmware: Appliance) -> "Iterator[Cups]":
    """A cupsd on the client that has added the firmware's printer."""
    with client(lan, firmware) as cups:
        yield cups


def pages(document: bytes, directory: Path) -> int:
    """Return how many pages a document in one of the formats that CUPS sends has; fail when it is not valid."""
    if document.startswith(b"%PDF-"):
        assert document.rstrip().endswith(b"%%EOF"), document[-32:]
        path = directory / "received.pdf"
        path.write_bytes(document)
        told = subprocess.run(["pdfinfo", str(path)], check=True, capture_output=True, text=True).stdout
        found = re.search(r"^Pages:\s+(\d+)", told, re.MULTILINE)
        assert found, told
        return int(found[1])
    if document.startswith(b"\xff\xd8"):
        assert document.endswith(b"\xff\xd9")
        return 1
    return len(documents.raster_pages(document))


@pytest.mark.parametrize(
    "name, content, count",
    [
        ("three.pdf", documents.pdf(3), 3),
        ("letter.pdf", documents.pdf(1, "letter"), 1),
        ("plain.txt", documents.text(2), 2),
        ("color.jpg", documents.jpeg(640, 480), 1),
        ("gray.jpg", documents.jpeg(333, 222, color=False), 1),
    ],
)
def test_a_document_comes_out_whole(
    cups: Cups, firmware: Appliance, tmp_path: Path, name: str, content: bytes, count: int
) -> None:
    (tmp_path / name).write_bytes(content)
    assert pages(print_and_collect(cups, firmware, tmp_path / name), tmp_path) == count


def test_jobs_that_are_sent_at_once_come_out_one_after_the_other(
    cups: Cups, firmware: Appliance, tmp_path: Path
) -> None:
    paths = [tmp_path / ("%d.jpg" % n) for n in range(1, 6)]
    for n, path in enumerate(paths, 1):
        path.write_bytes(documents.jpeg(64 * n, 64))
    before = len(firmware.received())
    jobs = [cups.print(path) for path in paths]
    until(lambda: all(cups.state(job) == "completed" for job in jobs), "five jobs")
    received = firmware.received(before)
    assert received.count(b"\xff\xd8\xff") + received.count(b"%PDF-") + received.count(b"RaS2PwgRaster") == 5
