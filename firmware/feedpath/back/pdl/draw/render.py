"""The renderer: a stored PDF, JPEG, PNG or plain text -> sheets of pixels, drawn by PDFium in bands.

Everything becomes pages of PDF first: a picture is one as it is, text is written page by page. Pages are opened one
after another, so that the first is drawn whatever the document's length. Wrong documents raise WireError.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import BinaryIO, NamedTuple

from feedpath.back.pdl.draw import flatten, layout, pictures, plain
from feedpath.back.pdl.draw.layout import Placed, Shape, View
from feedpath.back.pdl.draw.pdfium import Canvas, Document, Leaf, Photograph
from feedpath.back.pdl.draw.pdfwrap import Part, Pieces
from feedpath.back.pdl.draw.truetype import Fonts
from feedpath.back.pdl.page import GRAY8, MM_100_PER_INCH, Page, Raster, Setup
from feedpath.errors import Unprintable, WireError

CANVAS_ROWS = 1792  # fewer rows cost CPU time, as each band goes through the whole page again; more cost memory
PICTURE_ROWS = 1024  # of a picture, which fills the sheet: PDFium takes two more bytes for each of a canvas
CANVAS_BYTES = 9 * 1024 * 1024
FRAME = 25  # a quarter of a millimetre
PDF, JPEG, PNG, TEXT = "application/pdf", "image/jpeg", "image/png", "text/plain"


class RenderLimits(NamedTuple):
    """What is drawn at most.

    pages: of a document. picture_pixels: of a picture. whole_bytes: of one that has to be whole in memory before it
    is drawn: progressive JPEG, interlaced PNG. text_bytes: of a text. sheet_pixels: of a sheet.
    """

    pages: int = 10_000
    picture_pixels: int = 200_000_000
    whole_bytes: int = 160 * 1024 * 1024
    text_bytes: int = 64 * 1024 * 1024
    sheet_pixels: int = 400_000_000


LIMITS = RenderLimits()


def render(
    file: BinaryIO,
    format: str,
    setup: Setup,
    view: View,
    limits: RenderLimits = LIMITS,
    views: "Callable[[int], View] | None" = None,
) -> "Iterator[Page]":
    """Yield the sheets of a document that stands in a seekable file; raise WireError when it cannot be drawn.

    views: gives the view of a page by its number from 1, where they differ; number_up is `view`'s for all. Pages share
    a sheet only where the view is the same.
    """
    opened = FORMATS.get(format)
    if opened is None:
        raise WireError(f"Documents of the kind {format} are not drawn; {', '.join(FORMATS)} are.")
    _check(view, limits)
    document = opened(file, view, limits)
    sharing = _sharing(document.pages, views or (lambda _number: view), view.number_up)
    return _sheets(document, sharing, 0 if views else -(-document.total // view.number_up), setup, limits)


def _check(view: View, limits: RenderLimits) -> None:
    width, height = view.pixels
    if width < 1 or height < 1 or width * height > limits.sheet_pixels:
        raise Unprintable(f"The sheet has {width} x {height} pixels; allowed are 1 to {limits.sheet_pixels} in all.")


class Numbered(NamedTuple):
    """A page by its number from 1, and what opens it."""

    number: int
    open: "Callable[[], Leaf]"


class Opened(NamedTuple):
    """A document's pages, of which `total` are known beforehand, 0 when that is not so; close: frees the document.

    rows: of a sheet that are drawn at a time, at most.
    """

    pages: "Iterator[Numbered]"
    total: int
    close: "Callable[[], None]"
    rows: int = CANVAS_ROWS


def _pdf(file: BinaryIO, view: View, limits: RenderLimits) -> Opened:
    length = file.seek(0, 2)
    document = Document(Pieces([Part(file, 0, length)]), view.password)
    if not 0 < document.count <= limits.pages:
        count = document.count
        document.close()
        fault = Unprintable if count > 0 else WireError
        raise fault(f"The PDF has {count} pages; allowed are 1 to {limits.pages}.")
    indices = [index for span in layout.chosen(document.count, view.ranges) for index in span]
    if not indices:
        count = document.count
        document.close()
        raise Unprintable(f"None of the pages asked for is among the {count} pages of the PDF.")
    pages = (Numbered(index + 1, partial(document.leaf, index)) for index in indices)
    return Opened(pages, len(indices), document.close)


def _jpeg(file: BinaryIO, _view: View, limits: RenderLimits) -> Opened:
    photo = pictures.jpeg(file, limits.picture_pixels, limits.whole_bytes)
    return _single(Photograph(photo.data, photo.page, photo.matrix), photo.shape)


def _png(file: BinaryIO, view: View, limits: RenderLimits) -> Opened:
    picture = pictures.png(file, limits.picture_pixels)
    if picture.has_alpha or picture.interlaced:
        return _picture(flatten.flat(picture, view.space, limits.whole_bytes))
    return _picture(pictures.png_page(picture))


def _picture(picture: pictures.Picture) -> Opened:
    return _single(Document(picture.pdf), picture.shape)


def _single(document: Document, shape: Shape) -> Opened:
    return Opened(iter([Numbered(1, partial(document.leaf, 0, shape))]), 1, document.close, PICTURE_ROWS)


def _text(file: BinaryIO, view: View, limits: RenderLimits) -> Opened:
    length = file.seek(0, 2)
    if length > limits.text_bytes:
        raise Unprintable(f"The text has {length} bytes; allowed are {limits.text_bytes}.")
    fonts = Fonts()
    return Opened(_written(file, view, limits, fonts), 0, fonts.close)


def _written(file: BinaryIO, view: View, limits: RenderLimits, fonts: Fonts) -> "Iterator[Numbered]":
    """Yield the pages of a text, each a document of its own."""
    paper = plain.paper(*layout.written_size(view), fonts)
    number = drawn = 0
    for number, lines in enumerate(plain.pages(file, paper.columns, paper.rows), 1):
        if number > limits.pages:
            raise Unprintable(f"The text has more pages than the {limits.pages} that are allowed.")
        if layout.is_chosen(number, view.ranges):
            drawn += 1
            yield Numbered(number, partial(_leaf, lines, paper, fonts))
    if not drawn:
        raise Unprintable(f"None of the pages asked for is among the {number} pages of the text.")


def _leaf(lines: "list[str]", paper: plain.Paper, fonts: Fonts) -> Leaf:
    document = Document(plain.pdf(lines, paper, fonts))
    return document.leaf(0, after=document.close)


def _sharing(
    pages: "Iterable[Numbered]", views: "Callable[[int], View]", number_up: int
) -> "Iterator[tuple[View, list[Numbered]]]":
    """Yield the pages that share a sheet, at most `number_up`, and their view: those that are wanted alike."""
    sheet: "list[Numbered]" = []
    for page in pages:
        if sheet and views(page.number) != views(sheet[0].number):
            yield views(sheet[0].number), sheet
            sheet = []
        sheet.append(page)
        if len(sheet) == number_up:
            yield views(sheet[0].number), sheet
            sheet = []
    if sheet:
        yield views(sheet[0].number), sheet


def _sheets(
    opened: Opened, sharing: "Iterable[tuple[View, list[Numbered]]]", total: int, setup: Setup, limits: RenderLimits
) -> "Iterator[Page]":
    """Yield sheets of as many pages as share one; total: of sheets, 0 when not known."""
    canvas = Canvas(0, 0, GRAY8)
    leaves: "list[Leaf]" = []
    try:
        for wanted, pages in sharing:
            for page in pages:
                leaves.append(page.open())
            view = layout.rolled(leaves[0].shape, wanted) if wanted.roll and wanted.number_up == 1 else wanted
            _check(view, limits)
            raster = Raster(*view.pixels, view.space, view.resolution, view.size, view.media or setup.media)
            rows = _canvas_rows(raster, opened.rows)
            canvas = canvas.fit(raster.width, rows, view.space)
            placed = list(zip(leaves, layout.placed([leaf.shape for leaf in leaves], view)))
            yield Page(raster._replace(total=total, number=pages[0].number), _bands(canvas, rows, raster, placed, view))
            _close(leaves)
    finally:
        _close(leaves)
        opened.close()


def _close(leaves: "list[Leaf]") -> None:
    while leaves:
        leaves.pop().close()


def _bands(
    canvas: Canvas, rows: int, raster: Raster, placed: "list[tuple[Leaf, Placed]]", view: View
) -> "Iterator[memoryview]":
    thick = max(1, round(FRAME * min(view.resolution) / MM_100_PER_INCH)) if view.framed and view.number_up > 1 else 0
    for top in range(0, raster.height, rows):
        canvas.clear(top, min(rows, raster.height - top))
        for leaf, place in placed:
            leaf.draw(canvas, place)
            if thick:
                canvas.frame(place, thick)
        yield from canvas.bands(raster.band_rows)


def _canvas_rows(raster: Raster, most: int) -> int:
    """Return how many rows are drawn at a time, at most `most`: whole bands, or all that there are."""
    rows = max(1, min(most, CANVAS_BYTES // raster.stride))
    return min(raster.height, max(rows // raster.band_rows, 1) * raster.band_rows)


FORMATS = {PDF: _pdf, JPEG: _jpeg, PNG: _png, TEXT: _text}
