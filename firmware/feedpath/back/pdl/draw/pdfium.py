"""Documents as PDFium draws them: pages onto parts of our own memory, read through our own callback.

One thread at a time: the library knows no locks. Its objects are freed in the order it asks for, by `close`.
"""

import atexit
import ctypes
import math
from collections.abc import Callable
from typing import Any

import pypdfium2.raw as pdfium

from feedpath.back.pdl.draw.layout import Placed, Shape
from feedpath.back.pdl.draw.pdfwrap import POINTS_PER_INCH, Pieces
from feedpath.back.pdl.page import GRAY8, MM_100_PER_INCH, RGB24
from feedpath.errors import BROKEN, WireError

WHITE = 0xFFFFFFFF
KINDS = {GRAY8: (pdfium.FPDFBitmap_Gray, 1, 0), RGB24: (pdfium.FPDFBitmap_BGR, 3, pdfium.FPDF_REVERSE_BYTE_ORDER)}
DRAWN = pdfium.FPDF_ANNOT | pdfium.FPDF_PRINTING  # annotations that are meant to be printed
FORM_VERSION = 1  # of FPDF_FORMFILLINFO, without XFA
PASSWORD, SECURITY = "document-password-error", "document-security-error"  # PWG 5100.13, job-state-reasons
FAULTS = {  # FPDF_GetLastError: what is said, and the reason
    pdfium.FPDF_ERR_SECURITY: ("is protected in a way that is not supported; print it without protection", SECURITY),
    pdfium.FPDF_ERR_PAGE: ("has no page that can be read", BROKEN),
}
OTHERWISE = ("is broken and cannot be read", BROKEN)
LOCKED = "The PDF is protected by a password that did not come with the job; print it again with its password."
WRONG_PASSWORD = "The PDF's password is not the one that came with the job; print it again with the right one."
BROKEN_JPEG = "The JPEG is broken and cannot be read."
PASSWORD_BYTES = 127  # ISO 32000-2, 7.6.4.3.3
MOST_PAGE = 1_000_000 * 72  # points, far above all paper: a size that is still a number

_Block = dict(pdfium.FPDF_FILEACCESS._fields_)["m_GetBlock"]
_FIRST = _Block(lambda *_: 0)  # with it libffi lays out memory for those to come, which it cannot do once it is shut in

_ended: "list[bool]" = []  # the library goes before what is still open at the interpreter's end: then nothing is freed
atexit.register(_ended.append, True)


class Document:
    """A document that stands open."""

    def __init__(self, pieces: Pieces, password: str = ""):
        """Open it; raise WireError when that cannot be."""
        self._pieces = pieces
        self._trouble: "BaseException | None" = None
        self._access: Any = pdfium.FPDF_FILEACCESS()
        self._access.m_FileLen = pieces.length
        self._access.m_GetBlock = self._block = _Block(self._read)
        self._form: Any = None
        self._document: Any = self._opened(password)
        self.count = int(pdfium.FPDF_GetPageCount(self._document))
        if pdfium.FPDF_GetFormType(self._document) != pdfium.FORMTYPE_NONE:
            self._form_info = pdfium.FPDF_FORMFILLINFO()
            self._form_info.version = FORM_VERSION
            self._form = pdfium.FPDFDOC_InitFormFillEnvironment(self._document, ctypes.byref(self._form_info))
            pdfium.FPDF_SetFormFieldHighlightAlpha(self._form, 0)

    def _opened(self, password: str) -> Any:
        secret = password.encode("utf-8", "surrogateescape")[:PASSWORD_BYTES] or None
        document = pdfium.FPDF_LoadCustomDocument(ctypes.byref(self._access), secret)
        if not document:
            raise self._fault(bool(password))
        return document

    def _read(self, _param: object, offset: int, buffer: Any, count: int) -> int:
        try:
            place = (ctypes.c_char * count).from_address(ctypes.addressof(buffer.contents))
            return int(self._pieces.read_into(offset, memoryview(place).cast("B")))
        except OSError as error:  # nothing may be raised through the library: it is raised behind it
            self._trouble = error
            return 0

    def _fault(self, tried: bool) -> WireError:
        code = pdfium.FPDF_GetLastError()
        if self._trouble is not None:
            return self._unread()
        if code == pdfium.FPDF_ERR_PASSWORD:
            return WireError(WRONG_PASSWORD if tried else LOCKED, reason=PASSWORD)
        told, reason = FAULTS.get(code, OTHERWISE)
        return WireError(f"The PDF {told}.", reason=reason)

    def _unread(self) -> WireError:
        return WireError(f"The document cannot be read from storage: {self._trouble}.")

    def leaf(self, index: int, shape: "Shape | None" = None, after: "Callable[[], None] | None" = None) -> "Leaf":
        """Return a page, which counts from 0; raise WireError when it cannot be read.

        shape: where it is not what the page says. after: what is done when it is closed.
        """
        page = pdfium.FPDF_LoadPage(self._document, index)
        if not page:
            raise WireError(f"Page {index + 1} of {self.count} of the PDF cannot be read.")
        if self._form:
            pdfium.FORM_OnAfterLoadPage(page, self._form)
        return Leaf(page, self._form, shape, after)

    def image_bytes(self, most: int) -> bytes:
        """Return the decoded bytes of the image that is the first page's first object; nothing when there are more."""
        page = pdfium.FPDF_LoadPage(self._document, 0)
        try:
            image = pdfium.FPDFPage_GetObject(page, 0)
            length = pdfium.FPDFImageObj_GetImageDataDecoded(image, None, 0)
            if length > most:
                return b""
            decoded = ctypes.create_string_buffer(length)
            pdfium.FPDFImageObj_GetImageDataDecoded(image, decoded, length)
            return decoded.raw
        finally:
            pdfium.FPDF_ClosePage(page)

    def __enter__(self) -> "Document":
        return self

    def __exit__(self, *_trouble: object) -> None:
        self.close()

    def close(self) -> None:
        """Free it; its pages are closed before."""
        if _ended:
            return
        if self._form:
            pdfium.FPDFDOC_ExitFormFillEnvironment(self._form)
            self._form = None
        if self._document:
            pdfium.FPDF_CloseDocument(self._document)
            self._document = self._access = self._block = None  # the callback knows us: cut the ring, free the bytes


class Photograph(Document):
    """A document of one page with a JPEG on it. Of one that stands in a PDF, PDFium has the coded bytes twice."""

    def __init__(self, data: Pieces, page: "tuple[int, int]", matrix: "tuple[int, ...]"):
        """page: its width and height in points. matrix: what lays the JPEG there. Raise WireError where it is none."""
        self._page = page
        self._matrix = matrix
        super().__init__(data)

    def _opened(self, _password: str) -> Any:
        document = pdfium.FPDF_CreateNewDocument()
        image = pdfium.FPDFPageObj_NewImageObj(document)
        pdfium.FPDFImageObj_LoadJpegFile(None, 0, image, ctypes.byref(self._access))
        width, height = ctypes.c_uint(), ctypes.c_uint()
        pdfium.FPDFImageObj_GetImagePixelSize(image, ctypes.byref(width), ctypes.byref(height))
        if not width or not height:
            pdfium.FPDFPageObj_Destroy(image)
            pdfium.FPDF_CloseDocument(document)
            raise self._unread() if self._trouble else WireError(BROKEN_JPEG)
        pdfium.FPDFImageObj_SetMatrix(image, *self._matrix)
        page = pdfium.FPDFPage_New(document, 0, *self._page)
        pdfium.FPDFPage_InsertObject(page, image)
        pdfium.FPDFPage_GenerateContent(page)
        pdfium.FPDF_ClosePage(page)
        return document


class Leaf:
    """A page that stands open."""

    def __init__(self, page: Any, form: Any, shape: "Shape | None", after: "Callable[[], None] | None"):
        self._page = page
        self._form = form
        self._after = after
        width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        self.shape = shape or Shape(_length(width), _length(height))

    def draw(self, canvas: "Canvas", place: Placed) -> None:
        """Draw what of the page, at its place on the sheet, lies in the canvas."""
        if not self._page:
            raise ValueError("a page is drawn before the next one is asked for, not after")
        left, top, right, bottom = place.clip
        top, bottom = max(top, canvas.top), min(bottom, canvas.top + canvas.rows)
        if left >= right or top >= bottom:
            return
        bitmap = canvas.part(left, top, right, bottom)
        try:
            where = place.left - left, place.top - top, place.width, place.height, -place.turn % 4
            pdfium.FPDF_RenderPageBitmap(bitmap, self._page, *where, DRAWN | canvas.flags)
            if self._form:
                pdfium.FPDF_FFLDraw(self._form, bitmap, self._page, *where, DRAWN | canvas.flags)
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)

    def close(self) -> None:
        """Free it."""
        if self._page and not _ended:
            if self._form:
                pdfium.FORM_OnBeforeClosePage(self._page, self._form)
            pdfium.FPDF_ClosePage(self._page)
            self._page = None
            if self._after is not None:
                self._after()


class Canvas:
    """The memory for some rows of a sheet; used again for the next ones."""

    def __init__(self, width: int, rows: int, space: str):
        self._kind, self._bytes, self.flags = KINDS[space]
        self.width = width
        self.stride = width * self._bytes
        self._memory = bytearray(self.stride * rows)
        self._start = ctypes.addressof((ctypes.c_char * len(self._memory)).from_buffer(self._memory))
        self.top = 0
        self.rows = rows

    def fit(self, width: int, rows: int, space: str) -> "Canvas":
        """Return itself where it is for such rows, else one that is."""
        alike = (self.width, len(self._memory), self._kind) == (width, self.stride * rows, KINDS[space][0])
        return self if alike else Canvas(width, rows, space)

    def clear(self, top: int, rows: int) -> None:
        """Be the white rows of the sheet from `top` on."""
        self.top, self.rows = top, rows
        ctypes.memset(self._start, 0xFF, rows * self.stride)

    def part(self, left: int, top: int, right: int, bottom: int) -> Any:
        """Return a bitmap of a rectangle that lies in it; it is destroyed by the caller."""
        start = self._start + (top - self.top) * self.stride + left * self._bytes
        bitmap = pdfium.FPDFBitmap_CreateEx(right - left, bottom - top, self._kind, start, self.stride)
        if not bitmap:
            raise MemoryError("PDFium has no memory for a bitmap")
        return bitmap

    def frame(self, place: Placed, thick: int) -> None:
        """Draw a black frame inside the rectangle that a page may be seen in."""
        left, top, right, bottom = place.clip
        inner = left + thick, top + thick, right - thick, bottom - thick
        for edge in ((left, top, right, inner[1]), (left, inner[3], right, bottom),
                     (left, top, inner[0], bottom), (inner[2], top, right, bottom)):  # fmt: skip
            self._fill(*edge)

    def _fill(self, left: int, top: int, right: int, bottom: int) -> None:
        top, bottom = max(top, self.top), min(bottom, self.top + self.rows)
        for row in range(top, bottom):
            start = (row - self.top) * self.stride
            self._memory[start + left * self._bytes : start + right * self._bytes] = bytes((right - left) * self._bytes)

    def bands(self, rows: int) -> "list[memoryview]":
        """Return its rows, at most `rows` at a time."""
        view = memoryview(self._memory)[: self.rows * self.stride].toreadonly()
        return [view[at : at + rows * self.stride] for at in range(0, len(view), rows * self.stride)]


def _length(points: float) -> float:
    """Return hundredths of a millimetre, of which there are some and not without end."""
    if not math.isfinite(points):
        points = MOST_PAGE
    return min(max(points, 1), MOST_PAGE) * MM_100_PER_INCH / POINTS_PER_INCH
