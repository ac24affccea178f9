"""Our sheets beside those of poppler's pdftoppm: the same shapes in the same places and greys, but for their edges."""

import io
import subprocess
from pathlib import Path

import pytest

from feedpath.back.pdl.draw.layout import View
from feedpath.back.pdl.draw.render import PDF, render
from feedpath.back.pdl.page import GRAY8, RGB24, Setup
from tests.fakes import documents, pages
from tests.fakes.netns import WATCHDOG_S

pytestmark = pytest.mark.usefixtures("programs")

DPI = 100
MEAN_ERROR = 1.5  # of 255, over a sheet: both smooth edges, each in its own way
FAR = 64  # a pixel that differs by so much is another one
FAR_SHARE = 0.005  # how many of a sheet's pixels may be
ONE_MM = "0 0 0 RG 2.83 w "
DOCUMENTS = {
    "shapes": pages.pdf(
        ["1 0 0 rg 60 600 200 150 re f /Half gs 0 0 1 rg 200 500 250 200 re f 0 0.5 0 RG 8 w 100 100 m 500 400 l S"]
    ),
    "lines": pages.pdf([ONE_MM + "".join(f"{50 + 40 * at} 50 m {90 + 40 * at} 780 l S " for at in range(12))]),
    "text": documents.pdf(2),
    "picture": pages.pdf(
        ["q 400 0 0 300 90 300 cm /I Do Q"],
        page="/Resources<</XObject<</I 10 0 R>>>>",
        objects=[
            (
                "/Type/XObject/Subtype/Image/Width 64/Height 48/ColorSpace/DeviceRGB/BitsPerComponent 8"
                "/Filter/DCTDecode",
                pages.jpeg(8, 6, lambda c, r, n: (40 + c * 25, 128, 100 + r * 10)[n]),
            )
        ],
    ),
    "turned": pages.pdf(["0 0 0 rg 0 0 200 100 re f"], page="/Rotate 90"),
    "cropped": pages.pdf(["0 0 0 rg 150 150 200 100 re f"], page="/CropBox[100 100 500 700]"),
}


def poppler(path: Path, space: str, number: int) -> "tuple[int, int, bytes]":
    """Return width, height and pixels of a page as pdftoppm draws it (netpbm's P5 and P6)."""
    kind = ["-gray"] if space == GRAY8 else []
    command = ["pdftoppm", *kind, "-cropbox", "-r", str(DPI), "-f", str(number), "-l", str(number), str(path)]
    drawn = subprocess.run(command, check=True, capture_output=True, timeout=WATCHDOG_S).stdout
    _, size, _, body = drawn.split(b"\n", 3)
    width, height = map(int, size.split())
    return width, height, body


@pytest.mark.parametrize("space", [GRAY8, RGB24])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_sheet_looks_as_poppler_draws_it(name: str, space: str, tmp_path: Path) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(DOCUMENTS[name])
    width, height, _ = poppler(path, space, 1)
    view = View((DPI, DPI), space, (round(width * 2540 / DPI), round(height * 2540 / DPI)), scaling="none")
    for number, page in enumerate(render(io.BytesIO(DOCUMENTS[name]), PDF, Setup(), view), 1):
        ours, theirs = b"".join(map(bytes, page.bands)), poppler(path, space, number)[2]
        assert len(ours) == len(theirs)
        errors = [abs(a - b) for a, b in zip(ours, theirs)]
        assert sum(errors) / len(errors) <= MEAN_ERROR
        assert sum(error > FAR for error in errors) <= FAR_SHARE * len(errors)
        assert min(ours) < 255


def test_a_difference_would_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(pages.pdf(["0 0 0 rg 300 300 100 100 re f"]))
    width, height, theirs = poppler(path, GRAY8, 1)
    assert sum(255 - pixel for pixel in theirs) / len(theirs) > MEAN_ERROR
    assert sum(255 - pixel > FAR for pixel in theirs) > FAR_SHARE * width * height
