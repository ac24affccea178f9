import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import escpos, png, postscript, sniff, zpl
from feedpath.back.pdl.page import BLACK1, Page, Raster, Setup
from tests.fakes import documents

UEL = b"\x1b%-12345X"
OFFICE = "application/vnd.openxmlformats-officedocument."


def archive(*names: str, first: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name in names:
            zipped.writestr(name, first)
    return file.getvalue()


def page() -> list[Page]:
    return [Page(Raster(8, 1, BLACK1), iter([memoryview(b"\xff")]))]


KINDS = [
    (b"", "application/x-empty"),
    (documents.pwg(), "image/pwg-raster"),
    (documents.urf(), "image/urf"),
    (documents.pdf(), "application/pdf"),
    (documents.postscript(), "application/postscript"),
    (documents.jpeg(), "image/jpeg"),
    (documents.text(), "text/plain"),
    (b"".join(postscript.encode(page(), Setup())), "application/postscript"),
    (b"".join(escpos.encode(page(), Setup())), "application/vnd.epson.escpos"),
    (b"".join(zpl.encode(page(), Setup())), "application/vnd.zebra-zpl"),
    (b"".join(zpl.encode(page(), Setup(), zpl.Traits(darkness=3))), "application/vnd.zebra-zpl"),
    (b"".join(png.encode(page()[0])), "image/png"),
    (b"RaS2\0\0\0\0", "application/vnd.cups-raster"),
    (b"3SaR", "application/vnd.cups-raster"),
    (b"RaS3", "application/vnd.cups-raster"),
    (b"\r\n%PDF-1.4", "application/pdf"),
    (b"MIME-Version: 1.0\r\n\r\n%PDF-1.4\n", "application/pdf"),
    (b"\0\1" * 512 + b"%PDF-1.4\n", "application/pdf"),
    (b"\0\1" * 513 + b"%PDF-1.4\n", "application/octet-stream"),
    (b"%PDF-1.7\n%PCLm 1.0\n", "application/pclm"),
    (b"\x04%!PS-Adobe-3.0\n", "application/postscript"),
    (b"\r\n%!PS", "application/postscript"),
    (UEL + b"@PJL\r\n@PJL SET RESOLUTION=600\r\n@PJL ENTER LANGUAGE = PostScript \r\n%!PS", "application/postscript"),
    (UEL + b"@PJL ENTER LANGUAGE=PCL\r\n\x1bE", "application/vnd.hp-pcl"),
    (UEL + b"@PJL ENTER LANGUAGE=PCLXL\r\n) HP-PCL XL;2;0;", "application/vnd.hp-pclxl"),
    (UEL + b"@PJL JOB\r\n@PJL ENTER LANGUAGE=PDF\r\n%PDF-1.4", "application/pdf"),
    (UEL + b"@PJL ENTER LANGUAGE=ACL\r\n", "application/x-pjl"),
    (UEL + b"@PJL JOB\r\n%!PS", "application/postscript"),
    (UEL + b"%!PS", "application/postscript"),
    (UEL + b"\x1bE\x1b&l1O", "application/vnd.hp-pcl"),
    (UEL + UEL + b"@PJL INFO STATUS\r\n" + UEL, "application/x-pjl"),
    (b"\0\0@PJL RESET", "application/x-pjl"),
    (b") HP-PCL XL;2;1;Comment\n", "application/vnd.hp-pclxl"),
    (b"( HP-PCL XL;3;0\n", "application/vnd.hp-pclxl"),
    (b"\x1bE\x1b&l26A", "application/vnd.hp-pcl"),
    (b"\x1b&l2E", "application/vnd.hp-pcl"),
    (b"\x1b*t300R", "application/vnd.hp-pcl"),
    (b"\x1b(8U", "application/vnd.hp-pcl"),
    (b"\x1b(s0p10H", "application/vnd.hp-pcl"),
    (b"\x1bE\x1b%0BIN;SP1", "application/vnd.hp-hpgl"),
    (b"\x1b%-1BIN;", "application/vnd.hp-hpgl"),
    (b"\0\0\0\x1b\x01@EJL 1284.4\n@EJL     \n\x1b@", "application/vnd.epson.escpr"),
    (b"\x1b@\x1b@\x1b(R\x08\0\0REMOTE1", "application/vnd.epson.escpr"),
    (b"\x1b@\x1b(G\x01\0\x01", "application/x-esc-p"),
    (b"\x1b@Hello\n\x1dV\0", "application/vnd.epson.escpos"),
    (b"\x10CT~~CD,~CC^~CT~\n^XA~TA000", "application/vnd.zebra-zpl"),
    (b"\r\n^XA^FO50,50^FDx^FS^XZ", "application/vnd.zebra-zpl"),
    (b"~DGR:LOGO.GRF,8,1,FF", "application/vnd.zebra-zpl"),
    (b"GIF89a", "image/gif"),
    (b"II*\0\x08\0\0\0", "image/tiff"),
    (b"MM\0*\0\0\0\x08", "image/tiff"),
    (b"BM\x36\0\x0c\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "image/bmp"),
    (b"BMW is a maker of cars, and what follows is text.", "text/plain"),
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
    (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
    (b"\0\0\0\x1cftypavif\0\0\0\0", "image/avif"),
    (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"\xc5\xd0\xd3\xc6\x1e\0\0\0", "image/x-eps"),
    (archive("[Content_Types].xml", "_rels/.rels", "word/document.xml"), OFFICE + "wordprocessingml.document"),
    (archive("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), OFFICE + "spreadsheetml.sheet"),
    (archive("[Content_Types].xml", "ppt/presentation.xml"), OFFICE + "presentationml.presentation"),
    (archive("[Content_Types].xml", "FixedDocSeq.fdseq"), "application/vnd.ms-xpsdocument"),
    (archive("FixedDocumentSequence.fdseq"), "application/vnd.ms-xpsdocument"),
    (archive("[Content_Types].xml"), OFFICE + "package"),
    (
        archive("mimetype", first=b"application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    (
        archive("mimetype", first=b"application/vnd.oasis.opendocument.spreadsheet"),
        "application/vnd.oasis.opendocument.spreadsheet",
    ),
    (archive("mimetype", first=b"application/epub+zip"), "application/epub+zip"),
    (archive("Index/Document.iwa"), "application/vnd.apple.iwork"),
    (archive("holiday.jpg"), "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf1\\ansi", "application/rtf"),
    (b"\x1f\x8b\x08\0", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07\x01\0", "application/vnd.rar"),
    (b"#CUPS-COMMAND\nClean all\n", "application/vnd.cups-command"),
    (b"\n<!DOCTYPE HTML>", "text/html"),
    (b"\xef\xbb\xbf<html>", "text/html"),
    (b"<?xml version='1.0'?>\n<svg width='3'>", "image/svg+xml"),
    (b"<?xml version='1.0'?>\n<note>", "text/xml"),
    ("Grüße".encode(), "text/plain"),
    ("Grüße, und zwar viele".encode("latin-1"), "text/plain"),
    ("Grüße".encode("utf-16"), "text/plain"),
    ("Grüße".encode("utf-16-be"), "text/plain"),
    (b"Page 1\r\n\fPage 2\r\n\x1b", "text/plain"),
    (b"\x7fELF\x02\x01\x01\0\0\0", "application/octet-stream"),
    (bytes(100), "application/octet-stream"),
    (b"abc\0def", "application/octet-stream"),
    (b"\xff\xfe\0\xd8a\0", "application/octet-stream"),
    (b"\x01\x02\x03\x05", "application/octet-stream"),
]


@pytest.mark.parametrize("head, expected", KINDS)
def test_a_document_is_what_it_begins_with(head, expected):
    assert sniff.sniff(head) == expected
    assert sniff.sniff(head, "application/octet-stream") == expected
    assert sniff.sniff(head, "image/gif") == expected
    assert expected in sniff.NAMES


@pytest.mark.parametrize(
    "head, told, expected",
    [
        (b"Hello", "application/vnd.hp-PCL", "application/vnd.hp-pcl"),
        (b"Hello", "text/csv; charset=utf-8", "text/csv"),
        (b"Hello", "application/pdf", "text/plain"),
        (b"\x1bE", "text/plain", "application/vnd.hp-pcl"),
        (b"%PDF-1.7", "image/jpeg", "application/pdf"),
        (b"RaS2", "image/pwg-raster", "image/pwg-raster"),
        (b"RaS2", "image/urf", "application/vnd.cups-raster"),
        (archive("[Content_Types].xml"), OFFICE + "wordprocessingml.document", OFFICE + "wordprocessingml.document"),
        (archive("[Content_Types].xml", "word/document.xml"), "application/oxps", OFFICE + "wordprocessingml.document"),
        (archive("x.fdseq"), "application/oxps", "application/oxps"),
        (UEL + b"@PJL JOB\r\n", "application/postscript", "application/postscript"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword", "application/msword"),
        (b"\x00\x01\x02\x03", "application/vnd.brother-hbp", "application/vnd.brother-hbp"),
        (b"\x00\x01\x02\x03", "application/pdf", "application/octet-stream"),
        (b"\x00\x01\x02\x03", "text/x-anything", "application/octet-stream"),
        (b"", "application/pdf", "application/x-empty"),
    ],
)
def test_the_label_decides_only_between_equals(head, told, expected):
    assert sniff.sniff(head, told) == expected


def test_no_more_than_4_kib_are_looked_at():
    assert sniff.sniff(b"a" * 4096 + b"\0" * 4096) == "text/plain"
    assert sniff.sniff(UEL + b"@PJL SET A=B\r\n" * 400 + b"@PJL ENTER LANGUAGE=PCL\r\n") == "application/x-pjl"


@pytest.mark.parametrize(
    "type, name",
    [
        (OFFICE + "wordprocessingml.document", "a Word document"),
        ("image/heic", "an iPhone photo (HEIC)"),
        ("application/x-empty", "an empty document"),
        ("application/vnd.acme", "a document of the type application/vnd.acme"),
    ],
)
def test_people_are_told_what_a_document_is(type, name):
    assert sniff.name(type) == name


def test_every_kind_has_a_sample_and_a_name():
    assert {kind.type for kind in (*sniff.KINDS, *sniff.IN_ZIP)} - {expected for _, expected in KINDS} == {
        "application/vnd.oasis.opendocument.presentation"
    }
    assert all(re.match(r"an? |commands |plain |(PWG|CUPS|Apple) raster", name) for name in sniff.NAMES.values())


@pytest.mark.parametrize(
    "text, coding, expected",
    [
        ("Hello", "ascii", "utf-8"),
        ("Grüße €", "utf-8", "utf-8"),
        ("Grüße", "utf-8-sig", "utf-8-sig"),
        ("Grüße an alle", "latin-1", "latin-1"),
        ("“Grüße” an alle", "cp1252", "latin-1"),
        ("Grüße an alle", "utf-16", "utf-16"),
        ("Grüße an alle", "utf-32", "utf-32"),
        ("\ufeffGrüße an alle", "utf-32-be", "utf-32"),
        ("\ufeffGrüße an alle", "utf-16-be", "utf-16"),
        ("Grüße an alle", "utf-16-le", "utf-16-le"),
        ("Grüße an alle", "utf-16-be", "utf-16-be"),
    ],
)
def test_the_character_set_of_text(text, coding, expected):
    assert sniff.charset(text.encode(coding)) == expected


def test_a_character_that_the_head_cuts_is_no_reason_for_latin_1():
    assert sniff.charset(("a" * 4095 + "ß").encode()[:4096]) == "utf-8"


@given(head=st.binary(max_size=300) | st.sampled_from([head for head, _ in KINDS]), more=st.binary(max_size=9))
def test_any_bytes_are_some_kind(head, more):
    for begin in (head, more + head, head[: len(more)], head + more):
        assert sniff.sniff(begin) in sniff.NAMES
