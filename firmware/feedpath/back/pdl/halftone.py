"""Pages in tones of gray to pages in black and white, band by band.

Two methods: a tile of blue noise, in which any tone's dots lie evenly and without a pattern, and error diffusion,
which shows finer detail and costs more. What is black or white stays so, whatever lies around it: text keeps its edges.
"""

from collections.abc import Iterator

from feedpath.back.pdl import bluenoise
from feedpath.back.pdl.kernels import halftone as kernel
from feedpath.back.pdl.kernels import pixels
from feedpath.back.pdl.page import BLACK1, RGB24, Page
from feedpath.errors import WireError

BLUE_NOISE, DIFFUSION, THRESHOLD = "blue-noise", "diffusion", "threshold"
TILES = {BLUE_NOISE: (bluenoise.TILE, bluenoise.SIZE), THRESHOLD: (kernel.FLAT, len(kernel.FLAT))}
METHODS = (*TILES, DIFFUSION)
TONES = 256
AS_IT_IS = bytes(range(TONES))


def method(quality: str, wanted: str = "") -> str:
    """Return the method that is wanted, else that for an IPP print-quality: diffusion only for the best.

    There is no diffusion where the kernels are not compiled.

    Interpreted it takes a third of a microsecond for each pixel that is neither black nor white.
    """
    chosen = wanted or (DIFFUSION if quality == "high" else BLUE_NOISE)
    return chosen if kernel.COMPILED or chosen != DIFFUSION else BLUE_NOISE


def curve(gamma: float = 1.0, gain: float = 0.0) -> bytes:
    """Return the table of a tone curve: black stays black, white stays white.

    gamma: above 1 darker, below 1 lighter. gain: how much more than half the paper a coverage of one half prints (0.2:
    70 %); dots are made smaller by so much, where a coverage of a is taken to print as a + 4 * gain * a * (1 - a).
    Below 0 it prints less, and dots are made larger.
    """
    if not 0.1 <= gamma <= 10 or not -0.25 <= gain <= 0.25:
        raise ValueError(f"a tone curve with gamma {gamma} and gain {gain}: allowed are 0.1 to 10 and -0.25 to 0.25")
    return bytes(round(255 * (1 - _dots(1 - (tone / 255) ** gamma, gain))) for tone in range(TONES))


def _dots(coverage: float, gain: float) -> float:
    """Return which coverage prints as `coverage`."""
    slope = 1 + 4 * gain
    if not coverage:
        return 0.0
    return float(2 * coverage / (slope + (slope * slope - 16 * gain * coverage) ** 0.5))


def halftoned(page: Page, by: str = BLUE_NOISE, tones: bytes = AS_IT_IS) -> Page:
    """Return the page with one bit a pixel; one that is so already is returned as it is.

    by: one of METHODS. tones: a table of 256 bytes that each tone is looked up in before.
    """
    if page.raster.space == BLACK1:
        return page
    if by not in METHODS:
        raise WireError(f"There is no halftone {by}; allowed are {', '.join(METHODS)}.")
    return Page(page.raster._replace(space=BLACK1), _bands(page, by, tones))


def _bands(page: Page, by: str, tones: bytes) -> "Iterator[memoryview]":
    width = page.raster.width
    diffusion = kernel.Diffusion(width) if by == DIFFUSION else None
    tile, tile_width = TILES.get(by, TILES[THRESHOLD])
    row = 0
    for band in page.bands:
        gray = _gray(band, page.raster.space, tones)
        made = diffusion.black(gray) if diffusion else kernel.black(gray, width, tile, tile_width, row)
        row += len(gray) // width
        yield memoryview(made)


def _gray(band: memoryview, space: str, tones: bytes) -> pixels.Rows:
    gray: pixels.Rows = pixels.gray_of_rgb(band) if space == RGB24 else band
    return gray if tones == AS_IT_IS else bytes(gray).translate(tones)
