"""The documents that tests print, as programs of others read them: poppler, Ghostscript, libcups."""

import ctypes
import os
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes import documents
from tests.fakes.netns import WATCHDOG_S

pytestmark = pytest.mark.usefixtures("programs")

DRAW_JPEG = """
%d %d scale << /ImageType 1 /Width %d /Height %d /BitsPerComponent 8 /Decode [%s] /ImageMatrix [%d 0 0 -%d 0 %d]
/DataSource (%s) (r) file /DCTDecode filter >> image showpage
"""


def output(*command: str) -> str:
    """Return what a program writes, on either channel; fail when it fails."""
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=WATCHDOG_S)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


@pytest.mark.parametrize("paper, size", [("a4", "595.276 x 841.89 pts (A4)"), ("letter", "612 x 792 pts (letter)")])
def test_poppler_counts_the_pages_of_a_pdf(tmp_path: Path, paper: str, size: str) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(documents.pdf(3, paper))
    told = output("pdfinfo", str(path))
    assert "Pages:           3\n" in told
    assert size in told
    assert output("pdftotext", str(path), "-").split("\f")[1].strip() == "Page 2 of 3"


def test_ghostscript_prints_the_pages_of_postscript(tmp_path: Path) -> None:
    path = tmp_path / "document.ps"
    path.write_bytes(documents.postscript(3))
    told = output("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=bbox", str(path))
    assert told.count("%%BoundingBox: ") == 3
    assert "%%BoundingBox: 0 0 0 0" not in told


@pytest.mark.parametrize("color, space, decode", [(True, "RGB", "0 1 0 1 0 1"), (False, "Gray", "0 1")])
def test_ghostscript_draws_a_jpeg_in_its_levels(tmp_path: Path, color: bool, space: str, decode: str) -> None:
    width, height = 321, 243
    (tmp_path / "picture.jpg").write_bytes(documents.jpeg(width, height, color))
    sides = (width, height)
    script = "/Device%s setcolorspace" % space + DRAW_JPEG % (
        *sides, *sides, decode, width, height, height, tmp_path / "picture.jpg"
    )  # fmt: skip
    (tmp_path / "draw.ps").write_text(script)
    raw = tmp_path / "picture.raw"
    device = ["-sDEVICE=bit%s" % ("rgb" if color else ""), "-dGrayValues=256"]
    command = ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dNOSAFER", "-r72", "-g%dx%d" % sides, *device]
    assert output(*command, "-sOutputFile=%s" % raw, str(tmp_path / "draw.ps")) == ""
    assert len(set(raw.read_bytes())) > 100


@pytest.mark.parametrize(
    "make, kind",
    [*((documents.pwg, kind) for kind in documents.KINDS), (documents.urf, "sgray_8"), (documents.urf, "srgb_8")],
)
def test_libcups_reads_the_rows_that_we_read(tmp_path: Path, make: "Callable[..., bytes]", kind: str) -> None:
    path = tmp_path / "document"
    path.write_bytes(make(kind, "4x6", 150, 2))
    ours = documents.raster_pages(path.read_bytes())
    assert [(page.width, page.height, page.dpi) for page in ours] == [(600, 900, 150)] * 2
    assert libcups_pages(path) == [b"".join(page.rows) for page in ours]


def libcups_pages(path: Path) -> "list[bytes]":
    """Return the pixels of each page as libcups reads them."""
    library = ctypes.CDLL("libcups.so.2")
    library.cupsRasterOpen.restype = ctypes.c_void_p
    descriptor = os.open(path, os.O_RDONLY)
    raster = ctypes.c_void_p(library.cupsRasterOpen(descriptor, 0))
    header, pages = ctypes.create_string_buffer(2048), []
    while library.cupsRasterReadHeader2(raster, header):
        height, row = struct.unpack_from("=I", header, 376)[0], struct.unpack_from("=I", header, 392)[0]
        pixels = ctypes.create_string_buffer(height * row)
        assert library.cupsRasterReadPixels(raster, pixels, height * row) == height * row
        pages.append(pixels.raw)
    library.cupsRasterClose(raster)
    os.close(descriptor)
    return pages


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:1000],
        lambda data: data + b"\0",
        lambda data: data[:2000] + b"\x05" + data[2000:],
    ],
)
def test_a_damaged_raster_is_told_from_a_whole_one(damage: "Callable[[bytes], bytes]") -> None:
    with pytest.raises(ValueError, match=r"cut|rows|line|header|white"):
        documents.raster_pages(damage(documents.pwg("srgb_8", "4x6", 150, 1)))
