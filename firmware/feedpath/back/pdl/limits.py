"""What a document may ask of us: checked when a page says how large it is, before memory is taken for it."""

from typing import NamedTuple

from feedpath.errors import Unprintable, WireError


class Limits(NamedTuple):
    """The most that is allowed: pixels in a row, rows, pixels of a page, dots per inch, pages, copies.

    A3 at 1200 dots per inch has 278 million pixels, and 65,535 rows at 600 are 2.8 m of roll paper.
    """

    row: int = 65_535
    rows: int = 65_535
    pixels: int = 500_000_000
    resolution: int = 9_600
    pages: int = 10_000
    copies: int = 9_999

    def check(self, page: int, width: int, height: int, resolution: "tuple[int, int]") -> None:
        """Raise Unprintable when the page of that number, so many pixels wide and high, is too large.

        Raise WireError when it is nothing.
        """
        _within(f"Page {page}", page, self.pages, "pages")
        _within(f"Page {page}, {width} pixels wide,", width, self.row, "pixels in a row")
        _within(f"Page {page}, {height} rows high,", height, self.rows, "rows")
        _within(f"Page {page}, {width} x {height} pixels,", width * height, self.pixels, "pixels")
        for dots in resolution:
            _within(f"Page {page}, at {dots} dots per inch,", dots, self.resolution, "dots per inch")


USUAL = Limits()


def _within(what: str, value: int, most: int, unit: str) -> None:
    if not 0 < value <= most:
        fault = Unprintable if value > most else WireError
        raise fault(f"{what} cannot be printed: 1 to {most} {unit} are allowed.")
