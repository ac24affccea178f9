"""`feedpath convert`: documents in, languages out, and what people are told when that cannot be."""

from pathlib import Path

import pytest

from feedpath import cli
from feedpath.back.pdl import sniff
from tests.fakes import documents, pages, pcl_reader


@pytest.fixture
def paths(tmp_path: Path) -> "tuple[Path, Path]":
    """A PDF of three pages, and where its conversion goes."""
    (tmp_path / "letter.pdf").write_bytes(documents.pdf(3))
    return tmp_path / "letter.pdf", tmp_path / "out"


@pytest.mark.parametrize(
    "to, format",
    [
        ("pcl5", "application/vnd.hp-pcl"),
        ("ps", "application/postscript"),
        ("zpl", "application/vnd.zebra-zpl"),
        ("escpos", "application/vnd.epson.escpos"),
        ("urf", "image/urf"),
        ("pwg", "image/pwg-raster"),
        ("png", "image/png"),
    ],
)
def test_a_document_becomes_what_is_asked(paths: "tuple[Path, Path]", to: str, format: str) -> None:
    document, out = paths
    assert cli.main(["convert", str(document), "--to", to, "-o", str(out)]) == 0
    assert sniff.sniff(out.read_bytes()) == format


def test_pages_sides_and_resolution_are_as_asked(paths: "tuple[Path, Path]") -> None:
    document, out = paths
    asked = ["--pages", "1,3", "--sides", "two-sided-long-edge", "--dpi", "300", "--media", "na_letter_8.5x11in"]
    assert cli.main(["convert", str(document), "--to", "pcl5", "-o", str(out), *asked]) == 0
    job = pcl_reader.read(out.read_bytes())
    assert [(page.resolution, page.settings["&lA"], page.settings["&lS"]) for page in job.pages] == [(300, 2, 1)] * 2


def test_a_raster_document_is_converted_again(paths: "tuple[Path, Path]") -> None:
    document, out = paths
    again = out.with_name("again")
    assert cli.main(["convert", str(document), "--to", "urf", "-o", str(out)]) == 0
    assert cli.main(["convert", str(out), "--to", "pwg", "-o", str(again)]) == 0
    before, after = (documents.raster_pages(path.read_bytes()) for path in (out, again))
    assert [page.rows for page in before] == [page.rows for page in after]


def test_a_picture_has_the_page_that_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, out = tmp_path / "black", tmp_path / "out.png"
    document.write_bytes(pages.pdf(["", "0 g 0 0 700 900 re f"]))
    sizes = []
    for number in (1, 2):
        argv = ["convert", str(document), "--to", "png", "--dpi", "20", "--page", str(number), "-o", str(out)]
        assert cli.main(argv) == 0
        sizes.append(out.read_bytes())
    assert sizes[0] != sizes[1]
    assert cli.main(["convert", str(document), "--to", "png", "--page", "3", "-o", str(out)]) == 1
    assert "no page 3: the document has 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content, said", [(b"GIF89a" + bytes(20), "GIF"), (b"%PDF-1.7 nonsense", "PDF"), (b"UNIRAST\0\0\0\0\1", "no page")]
)
def test_what_cannot_be_converted_leaves_what_was_there(
    paths: "tuple[Path, Path]", capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    document, out = paths
    document.write_bytes(content)
    out.write_text("before")
    assert cli.main(["convert", str(document), "--to", "pcl5", "-o", str(out)]) == 1
    assert said in capsys.readouterr().err
    assert out.read_text() == "before" and sorted(path.name for path in out.parent.iterdir()) == ["letter.pdf", "out"]


@pytest.mark.parametrize("wrong", [["--media", "a4"], ["--pages", "3-"], ["--to", "pclm"], ["--number-up", "3"]])
def test_wrong_words_are_told_with_what_is_allowed(
    paths: "tuple[Path, Path]", capsys: pytest.CaptureFixture[str], wrong: "list[str]"
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["convert", str(paths[0]), "--to", "urf", "-o", str(paths[1]), *wrong])
    assert ended.value.code == 2
    assert wrong[1] in capsys.readouterr().err
