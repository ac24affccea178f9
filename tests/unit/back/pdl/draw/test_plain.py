"""Plain text becomes lines and pages, in fonts that have its characters."""

import codecs
import io
import itertools
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.draw import plain, truetype
from feedpath.back.pdl.draw.layout import Margins, Placed
from feedpath.back.pdl.draw.pdfium import Canvas, Document
from feedpath.back.pdl.draw.truetype import Font, Fonts
from feedpath.back.pdl.page import GRAY8
from feedpath.errors import WireError
from tests.fakes import pages

MAIN, OTHER = truetype.MONOSPACED[0], truetype.OTHERS[0]


def written(text: "str | bytes", columns: int = 10, rows: int = 5) -> "list[list[str]]":
    data = text.encode() if isinstance(text, str) else text
    return list(plain.pages(io.BytesIO(data), columns, rows))


@pytest.mark.parametrize(
    "text, lines",
    [
        ("one\ntwo", ["one", "two"]),
        ("one\r\ntwo\rthree\n", ["one", "two", "three"]),
        ("one\n\n\ntwo", ["one", "", "", "two"]),
        ("0123456789", ["0123456789"]),
        ("0123456789\nnext", ["0123456789", "next"]),
        ("0123456789abcdefghijKLM", ["0123456789", "abcdefghij", "KLM"]),
        ("a\tb", ["a       b"]),
        ("12345678\tb", ["12345678  ", "b"]),
        ("\x1b[1;31mred\x1b[0m \x1b(Bend", ["red end"]),
        ("be\x07ll\x00 b\bc\x7f", ["bell bc"]),
        ("ab\u0301cdefghijk", ["ab\u0301cdefghij", "k"]),
        ("\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e", ["\u65e5\u672c\u8a9e\u65e5\u672c", "\u8a9e"]),
    ],
)
def test_text_is_cut_into_lines(text: str, lines: "list[str]") -> None:
    assert written(text) == [lines]


@pytest.mark.parametrize("joining", ["\u0301", "\u200d"])
def test_a_line_holds_only_so_many_characters_that_take_no_room(joining: str) -> None:
    ((line,),) = written("a" + joining * 100_000 + "b")
    assert len(line) == 10 * plain.JOINED_MOST + 1 and line.endswith(joining + "b")


@pytest.mark.parametrize(
    "text, sheets",
    [
        ("1\n2\n3\n4\n5\n6", [["1", "2", "3", "4", "5"], ["6"]]),
        ("1\n2\n3\n4\n5\n", [["1", "2", "3", "4", "5"]]),
        ("1\n2\n3\n4\n5\n\f6", [["1", "2", "3", "4", "5"], ["6"]]),
        ("one\ftwo\f", [["one"], ["two"]]),
        ("one\n\f\ftwo", [["one"], [], ["two"]]),
        ("\f", [[]]),
    ],
)
def test_a_page_ends_when_it_is_full_or_at_a_form_feed(text: str, sheets: "list[list[str]]") -> None:
    assert written(text) == sheets


@pytest.mark.parametrize(
    "data, lines",
    [
        ("\u00e9\u4e2d".encode(), ["\u00e9\u4e2d"]),
        (codecs.BOM_UTF8 + "\u00e9".encode(), ["\u00e9"]),
        (codecs.BOM_UTF16_LE + "\u00e9\n2".encode("utf-16-le"), ["\u00e9", "2"]),
        (codecs.BOM_UTF16_BE + "\u00e9\n2".encode("utf-16-be"), ["\u00e9", "2"]),
        (b"caf\xe9", ["caf\u00e9"]),
        (b"cut \xc3", ["cut \u00c3"]),
    ],
)
def test_text_is_decoded_by_its_mark_or_as_utf8_or_else_as_latin1(data: bytes, lines: "list[str]") -> None:
    assert written(data) == [lines]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_what_crosses_the_pieces_of_a_file_stays_whole(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "one\r\ntwo \x1b[31mred\x1b[m \u4e2d\n\ttab\f\x1b[1mend"
    whole = written(text)
    monkeypatch.setattr(plain, "PIECE_BYTES", size)
    assert written(text) == whole


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(WireError, match="empty"):
        written("")


@given(st.binary(max_size=300), st.integers(1, 20), st.integers(1, 8))
def test_lines_and_pages_are_never_larger_than_the_paper(data: bytes, columns: int, rows: int) -> None:
    try:
        sheets = written(data, columns, rows)
    except WireError:
        return
    for lines in sheets:
        assert len(lines) <= rows
        assert all(sum(map(plain.width, line)) <= max(2, columns) for line in lines)
        assert not any(ord(character) < 32 for line in lines for character in line)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=500), st.integers(1, 20))
def test_no_character_is_lost(text: str, columns: int) -> None:
    assert "".join(itertools.chain(*written(text, columns, 7))) == text


@pytest.fixture
def fonts(tmp_path: Path) -> "Iterator[Fonts]":
    """A folder with a monospaced font of two letters, and another one with two more characters."""
    for name, characters, wide in ((MAIN, "0A\ufffd", False), (OTHER, "Z\U0001f600", True)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(pages.font(characters, wide))
    found = Fonts(tmp_path)
    yield found
    found.close()


def test_a_font_knows_glyphs_and_widths(fonts: Fonts) -> None:
    assert fonts.main is not None
    assert [fonts.main.glyph(character) for character in "0A\ufffdB\U0001f600"] == [1, 2, 3, 0, 0]
    assert fonts.main.width(1) == 600
    found = fonts.find("\U0001f600")
    assert found is not None and found[0] is not fonts.main and found[1] == 2
    assert fonts.find("B") is None


def ink(text: str, fonts: Fonts) -> "list[int]":
    """Return which columns of a drawn line are black."""
    paper = plain.paper((21000, 29700), Margins(), fonts)
    width, height = 595, 842
    canvas = Canvas(width, height, GRAY8)
    canvas.clear(0, height)
    with Document(plain.pdf([text], paper, fonts)) as document:
        leaf = document.leaf(0)
        leaf.draw(canvas, Placed(0, 0, width, height, 0, (0, 0, width, height)))
        leaf.close()
    drawn = bytes(canvas.bands(height)[0])
    cell, row = (paper.width - 2 * paper.left) / paper.columns, int(paper.top + plain.SIZE - 2)
    middles = [int(paper.left + 6.0 * column + 2.5) for column in range(paper.columns)]
    assert 6 <= cell < 6.1
    return [column for column, x in enumerate(middles) if drawn[row * width + x] < 128]


@pytest.mark.parametrize(
    "text, columns",
    [
        ("A", [0]),
        ("A A", [0, 2]),
        ("AAAA", [0, 1, 2, 3]),
        ("A Z \U0001f600A", [0, 2, 4, 6]),  # an emoji is two columns wide
        ("A B", [0, 2]),  # in place of what no font has, U+FFFD
        ("0\u0301", [0]),
        ("A\u0301A", [0, 1]),
        ("A\u200dA", [0, 1]),
    ],
)
def test_characters_stand_in_their_columns_in_whatever_font_has_them(fonts: Fonts, text: str, columns) -> None:
    assert ink(text, fonts) == columns


def test_without_any_font_text_is_drawn_in_the_one_that_pdfium_brings(tmp_path: Path) -> None:
    fonts = Fonts(tmp_path)
    assert fonts.main is None
    paper = plain.paper((21000, 29700), Margins(), fonts)
    with Document(plain.pdf(["Some text \u65e5"], paper, fonts)) as document:
        assert document.count == 1
    assert b"536f6d652074657874203f20" in plain._courier(["Some text \u65e5"], paper)
    fonts.close()


@pytest.mark.parametrize("damage", range(0, 400, 7))
def test_a_broken_font_is_left_out_or_read_without_any_other_error(damage: int, tmp_path: Path) -> None:
    data = bytearray(pages.font("AB"))
    data[damage : damage + 3] = b"\xff\xff\xff"
    path = tmp_path / MAIN
    path.parent.mkdir()
    path.write_bytes(data)
    fonts = Fonts(tmp_path)
    assert fonts.find("A") is None or isinstance(fonts.main, Font)
    fonts.close()


def test_a_font_of_other_outlines_is_not_used() -> None:
    with pytest.raises((ValueError, struct.error)):
        Font(io.BytesIO(b"OTTO" + bytes(100)))
