"""PPD files: what they say, what is chosen, and the code that the choices run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.bridge import ppd
from feedpath.back.pdl.bridge.ppd import Choice, Filter, Ppd, Size
from feedpath.errors import WireError
from tests.fakes import driver


@pytest.fixture
def fake() -> Ppd:
    return ppd.read(driver.ppd())


def test_a_file_tells_who_the_driver_is(fake: Ppd) -> None:
    assert fake.name == "Fake Laser 1, test"
    assert fake.attribute("Manufacturer") == "Fake"
    assert fake.attribute("1284DeviceID") == "MFG:Fake;MDL:Laser 1;CMD:FAKE;"
    assert fake.attribute("LanguageVersion") == "English"
    assert fake.attribute("Unheard") == ""
    assert fake.true("ColorDevice") and not fake.true("cupsManualCopies")


def test_an_option_has_its_choices_default_and_order(fake: Ppd) -> None:
    option = fake.options["ColorModel"]
    assert (option.ui, option.default, option.order, option.section) == ("PickOne", "Gray", 20.0, "AnySetup")
    assert list(option.choices) == ["Gray", "CMYK"]
    assert option.choices["Gray"] == Choice("Gray", "Gray", "<</cupsCompression 17>>setpagedevice")
    assert option.choice("gray") == option.choices["Gray"]
    assert option.choice("Pink") is None


def test_a_value_may_have_several_lines(fake: Ppd) -> None:
    assert fake.options["PageSize"].choices["Letter"].code == (
        "<</PageSize[612 792]\n/ImagingBBox null>>setpagedevice"
    )  # fmt: skip


def test_words_for_people_may_be_hexadecimal(fake: Ppd) -> None:
    assert fake.options["PageSize"].choices["A4.Full"].text == "A4 borderless"


def test_a_size_has_its_paper_and_what_can_be_printed_of_it(fake: Ppd) -> None:
    assert fake.sizes["A4"] == Size("A4", 595.0, 842.0, 12.0, 18.0, 583.0, 824.0)
    assert list(fake.sizes) == ["A4", "A4.Full", "Letter", "Card"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_ends_of_lines_are_of_any_kind(fake: Ppd, ending: str) -> None:
    other = ppd.read(driver.PPD.replace("\n", ending).encode())
    assert (other.options, other.sizes) == (fake.options, fake.sizes)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-8-sig"])
def test_words_are_utf_8_or_latin_1(encoding: str) -> None:
    text = driver.PPD.replace("Fake Laser 1, test", "Gerät")
    assert ppd.read(text.encode(encoding)).name == "Gerät"


@pytest.mark.parametrize(
    "lines, program",
    [
        ('*cupsFilter: "application/vnd.cups-raster 50 rastertofake"', "rastertofake"),
        ('*cupsFilter: "application/vnd.cups-raster 50 a"\n*cupsFilter: "application/vnd.cups-raster 9 b"', "b"),
        ('*cupsFilter2: "application/vnd.cups-raster application/x 9 maxsize(5) a b"', "a b"),
        ('*cupsFilter: "application/vnd.cups-postscript 0 pstoqpdl"', "rastertoqpdl"),
        ('*cupsFilter: "application/vnd.cups-postscript 0 pstops"', ""),
        ('*cupsFilter: "nonsense"', ""),
        ("", ""),
    ],
)
def test_the_program_for_raster_is_the_cheapest(lines: str, program: str) -> None:
    assert ppd.read(b'*PPD-Adobe: "4.3"\n' + lines.encode()).raster_filter == program


def test_cups_second_kind_of_filter_line_replaces_the_first() -> None:
    lines = '*PPD-Adobe: "4.3"\n*cupsFilter: "a/b 1 one"\n*cupsFilter2: "a/b c/d 2 two"\n'
    assert ppd.read(lines.encode()).filters == (Filter("a/b", 2, "two"),)


@pytest.mark.parametrize(
    "wanted, marks",
    [
        ({}, {"PageSize": "A4", "InputSlot": "Auto", "Duplex": "None"}),
        ({"PageSize": "letter", "Duplex": "DuplexTumble"}, {"PageSize": "Letter", "Duplex": "DuplexTumble"}),
        ({"PageSize": "B9", "Unheard": "Yes"}, {"PageSize": "A4"}),
        ({"PageSize": "Custom.300x500"}, {"PageSize": "Custom.300x500"}),
        ({"PageSize": "Custom.3000x5000"}, {"PageSize": "A4"}),
        ({"InputSlot": "Tray1"}, {"InputSlot": "Tray1", "ManualFeed": None}),
        ({"ManualFeed": "True"}, {"InputSlot": None, "ManualFeed": "True"}),
    ],
)
def test_what_is_wanted_is_marked_where_the_driver_has_it(
    fake: Ppd, wanted: "dict[str, str]", marks: "dict[str, str | None]"
) -> None:
    marked = ppd.marked(fake, wanted)
    assert {keyword: marked.get(keyword) for keyword in marks} == marks
    assert "PageRegion" not in marked


def test_code_runs_in_its_order_with_patches_first(fake: Ppd) -> None:
    code = ppd.code(fake, ppd.marked(fake, {}))
    assert code[0] == "<</cupsInteger0 7>>setpagedevice"
    assert code[-1] == "<</Duplex false>>setpagedevice"
    orders = [next(i for i, piece in enumerate(code) if word in piece) for word in ("HWRes", "cupsComp", "MediaPos")]
    assert orders == sorted(orders)
    assert not any("@PJL" in piece for piece in code)


def test_a_size_to_measure_comes_before_its_code(fake: Ppd) -> None:
    code = ppd.code(fake, ppd.marked(fake, {"PageSize": "Custom.300x500.5"}))
    assert [piece for piece in code if "roll" in piece] == [
        "300\n500.5\n0\n0\n0\npop pop pop <</PageSize[5 -2 roll]/ImagingBBox null>>setpagedevice"
    ]
    assert ppd.size(fake, {"PageSize": "Custom.300x500.5"}) == Size("Custom", 300, 500.5, 12, 18, 288, 482.5)


@pytest.mark.parametrize(
    "changes, emitted",
    [
        ([], "PageSize"),
        ([('*HWMargins: 12 18 12 18', '*RequiresPageRegion All: True')], "PageRegion"),
        ([('*HWMargins: 12 18 12 18', '*RequiresPageRegion Tray1: True')], "PageRegion"),
        ([('*HWMargins: 12 18 12 18', '*RequiresPageRegion All: False')], None),
        ([("cupsFilter", "cupsNothing")], None),
        ([('"<</MediaPosition 1>>setpagedevice"', '""'), ("cupsFilter", "cupsNothing")], None),
    ],
)  # fmt: skip
def test_the_size_of_paper_is_told_as_libcups_tells_it(changes: "list[tuple[str, str]]", emitted: "str | None") -> None:
    text = driver.ppd(*changes, ('*PageSize A4/A4: "<</PageSize[595 842]', '*PageSize A4/A4: "<</PageSize[1 1]'))
    fake = ppd.read(text)
    code = " ".join(ppd.code(fake, ppd.marked(fake, {"InputSlot": "Tray1"})))
    found = "PageSize" if "PageSize[1 1]" in code else "PageRegion" if "PageSize[595 842]" in code else None
    assert found == emitted


@pytest.mark.parametrize(
    "source, says",
    [
        (b"", "no PPD file"),
        (b"%!PS", "no PPD file"),
        (b"*PPD-Adobe: 4.3\n" + b" " * ppd.TEXT_BYTES, "allowed are"),
        (
            b"*PPD-Adobe: 4.3\n" + b"".join(b"*OpenUI *a%d: PickOne\n" % n for n in range(1001)),
            "more than 1000 options",
        ),
        (
            b"*PPD-Adobe: 4.3\n*OpenUI *a: PickOne\n" + b"".join(b'*a b%d: ""\n' % n for n in range(20_001)),
            "more than 20000 choices",
        ),
    ],
)
def test_what_is_no_ppd_file_is_refused_in_words(source: bytes, says: str) -> None:
    with pytest.raises(WireError, match=says):
        ppd.read(source)


LINES = driver.PPD.splitlines()


@given(st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=40)), max_size=60), st.binary(max_size=20))
def test_any_lines_give_a_driver_or_a_wire_error(lines: "list[str]", end: bytes) -> None:
    source = b"*PPD-Adobe: 4.3\n" + "\n".join(lines).encode("utf-8", "surrogatepass") + end
    try:
        read = ppd.read(source)
    except WireError:
        return
    marks = ppd.marked(read, {"PageSize": "Custom.300x300", "InputSlot": "Tray1"})
    assert all(isinstance(piece, str) for piece in ppd.code(read, marks))
    assert ppd.size(read, marks) is None or read.sizes or read.custom


@given(st.binary(max_size=300))
def test_any_bytes_give_a_driver_or_a_wire_error(garbage: bytes) -> None:
    for source in (garbage, b"*PPD-Adobe: 4.3\n" + garbage):
        try:
            ppd.read(source)
        except WireError:
            pass


@pytest.mark.parametrize(
    "line",
    [
        '*cupsFilter: "%s"' % ("a/" * 200_000),
        '*cupsFilter2: "application/x %s"' % ("/" * 400_000),
        "*Key name%s" % (" " * 400_000),
    ],
)
def test_what_almost_fits_is_passed_over_at_once(line: str) -> None:
    """It took hours: each of its many parts was tried with each other."""
    read = ppd.read(f'*PPD-Adobe: "4.3"\n{line}\n*Manufacturer: "Fake"\n'.encode())
    assert read.attribute("Manufacturer") == "Fake" and not read.filters
