"""CUPS as a client prints on a machine that speaks PCL only: what arrives is what was asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import documents, pcl_reader
from tests.peers.appliance import Appliance, Lan, appliance
from tests.peers.cups import Cups, client, print_and_collect

DEVICE_ID = "MFG:HP;MDL:LaserJet P2055dn;CMD:PJL,PCL,PCLXL;CLS:PRINTER;"  # two-sided, says its name
A4, LETTER = 26, 2  # PCL 5, Page Size Command
LONG_EDGE, SHORT_EDGE = 1, 2  # PCL 5, Simplex/Duplex Print Command


@pytest.fixture(scope="module")
def laser(lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Appliance]":
    """The firmware with a virtual printer that speaks PCL."""
    with appliance(lan.printer, tmp_path_factory.mktemp("data"), "--device-id", DEVICE_ID) as running:
        yield running


@pytest.fixture(scope="module")
def cups(lan: Lan, laser: Appliance) -> "Iterator[Cups]":
    """A cupsd on the client that has added the printer."""
    with client(lan, laser) as cups:
        yield cups


@pytest.mark.parametrize(
    "options, sides, setting, value",
    [
        ([], 5, "&lA", A4),
        (["-o", "media=Letter"], 5, "&lA", LETTER),
        (["-o", "page-ranges=2-3"], 2, "&lA", A4),
        (["-o", "number-up=2"], 3, "&lA", A4),
        (["-o", "sides=two-sided-long-edge"], 5, "&lS", LONG_EDGE),
        (["-o", "sides=two-sided-short-edge"], 5, "&lS", SHORT_EDGE),
        (["-n", "2"], 10, "&lX", 1),
        (["-n", "2", "-o", "sides=two-sided-long-edge"], 12, "&lS", LONG_EDGE),
    ],
)
def test_what_lp_asks_arrives(
    cups: Cups, laser: Appliance, tmp_path: Path, options: "list[str]", sides: int, setting: str, value: int
) -> None:
    (tmp_path / "five.pdf").write_bytes(documents.pdf(5))
    received = print_and_collect(cups, laser, tmp_path / "five.pdf", *options)
    pages = pcl_reader.read(received).pages
    assert len(pages) == sides
    assert {page.settings[setting] for page in pages} == {value}


@pytest.mark.parametrize(
    "name, content, sides", [("plain.txt", documents.text(2), 2), ("color.jpg", documents.jpeg(640, 480), 1)]
)
def test_documents_of_other_kinds_arrive(
    cups: Cups, laser: Appliance, tmp_path: Path, name: str, content: bytes, sides: int
) -> None:
    (tmp_path / name).write_bytes(content)
    pages = pcl_reader.read(print_and_collect(cups, laser, tmp_path / name)).pages
    assert len(pages) == sides
    assert all(any(map(any, page.rows)) for page in pages)
