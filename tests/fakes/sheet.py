"""A sheet as a PCL 5 machine prints it: every dot in its place on the paper, and who asks where ink is.

HP, PCL 5 Printer Language Technical Reference Manual: the logical page (figure 2-4) begins beside the sheet's left edge
and, without a top margin, at its top; Left Offset Registration moves it.
"""

from typing import NamedTuple

from tests.fakes.pcl_reader import PclPage

US_EDGE, METRIC_EDGE = 75, 71  # 1/300 inch
PAPERS = {  # Page Size code: its logical page's left edge
    1: US_EDGE, 2: US_EDGE, 3: US_EDGE, 25: METRIC_EDGE, 26: METRIC_EDGE, 81: US_EDGE, 101: US_EDGE,
}  # fmt: skip
DECIPOINTS = 720  # in an inch
DARK = bytes(0x31 if level < 128 else 0x30 for level in range(256))
INK, NO_INK = b"1", b"0"


class Box(NamedTuple):
    """A rectangle of dots; right and bottom are outside."""

    left: int
    top: int
    right: int
    bottom: int


class Sheet:
    """A printed side: rows of INK and NO_INK, one byte a dot; left, top: where the page's own rows begin.

    What is printed beside the paper is a ValueError.
    """

    def __init__(self, page: PclPage, width: int, height: int):
        self.width = width
        self.height = height
        edge = PAPERS[int(page.settings["&lA"])] / 300 - page.settings.get("&lU", 0) / DECIPOINTS
        self.left, self.top = round(edge * page.resolution + page.x), round(page.y)
        self._page = page
        if self.left < 0 or self.left + page.width > width or self.top + len(page.rows) > height:
            raise ValueError(f"{page.width} x {len(page.rows)} dots at {self.left}, {self.top}: {width} x {height}")
        before, after = NO_INK * self.left, NO_INK * (width - self.left - page.width)
        self.rows = [NO_INK * width] * self.top
        self.rows += [before + self._dots(row) + after for row in page.rows]
        self.rows += [NO_INK * width] * (height - len(self.rows))

    def _dots(self, row: bytes) -> bytes:
        if self._page.space == "rgb24":
            return row[1::3].translate(DARK)  # green tells black and red from white
        return format(int.from_bytes(row, "big") >> -self._page.width % 8, f"0{self._page.width}b").encode()

    def ink(self, box: Box) -> float:
        """Return how much of a box has ink, 0 to 1."""
        count = sum(row.count(INK, box.left, box.right) for row in self.rows[box.top : box.bottom])
        return count / ((box.right - box.left) * (box.bottom - box.top))

    def color(self, x: int, y: int) -> bytes:
        """Return the colour of a dot of a page in colour."""
        at = (x - self.left) * 3
        return self._page.rows[y - self.top][at : at + 3]

    def without(self, boxes: "list[Box]") -> "Box | None":
        """Return where there is ink outside of the boxes; None when there is none."""
        rows = [bytearray(row) for row in self.rows]
        for left, top, right, bottom in boxes:
            for row in rows[max(top, 0) : max(bottom, 0)]:
                row[max(left, 0) : max(right, 0)] = NO_INK * (min(right, self.width) - max(left, 0))
        lines = [at for at, row in enumerate(rows) if INK in row]
        if not lines:
            return None
        left = min(row.find(INK) for row in rows if INK in row)
        right = max(row.rfind(INK) for row in rows) + 1
        return Box(left, lines[0], right, lines[-1] + 1)
