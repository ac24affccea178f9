import random
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import zpl
from feedpath.back.pdl.page import BLACK1, GRAY8, Page, Raster, Setup
from feedpath.back.pdl.zpl import Traits
from feedpath.errors import WireError
from tests.fakes import zpl_reader

SETUP = Setup()


def page(width: int, pixels: bytes, rows: int = 1000, **known: int) -> Page:
    """Return a page whose bands have `rows` rows each."""
    raster = Raster(width, 1, BLACK1, (203, 203), **known)  # type: ignore[arg-type]
    raster = raster._replace(height=len(pixels) // raster.stride)
    step = rows * raster.stride
    return Page(raster, (memoryview(pixels)[at : at + step] for at in range(0, len(pixels), step)))


def printed(*pages: Page, setup: Setup = SETUP, traits: Traits = zpl.DEFAULT) -> bytes:
    return b"".join(zpl.encode(pages, setup, traits))


def test_a_small_label_byte_by_byte():
    pixels = bytes(4) + b"\xff\0\0\0" + b"\xff\0\0\0" + b"\x12\x34\x44\x40" + b"\x00\xff\xff\xff" + bytes(4)
    traits = Traits(darkness=5, darker=-3, speed=4, tracking="mark", inverted=True)
    assert printed(page(32, pixels), setup=Setup(copies=2), traits=traits).split(b"\n") == [
        b"~SD05",
        b"^XA^MNM^PR4^MD-3^POI^PW32^LL6^LH0,0",
        b"^FO0,1^GFA,16,16,4,FF,:123J4000!^FS",
        b"^PQ2",
        b"^XZ",
        b"",
    ]


def test_what_is_not_set_is_left_as_the_machine_has_it():
    assert printed(page(8, b"\0")) == b"^XA^PON^PW8^LL1^LH0,0\n^PQ1\n^XZ\n"


@pytest.mark.parametrize(
    "packed, digits, ours",
    [
        ("M6", "6666666", "M6"),  # these four are the Guide's own examples
        ("hB", "B" * 40, "hB"),
        ("vMB", "B" * 327, "vMB"),
        ("MvB", "B" * 327, "vMB"),
        ("zYA", "A" * 419, "zYA"),
        ("zYAAA", "A" * 421, "zYAAA"),
        ("AA", "AA", "AA"),
    ],
)
def test_letters_count_as_the_guide_says(packed, digits, ours):
    filled = digits + "1" * (len(digits) % 2)
    assert zpl_reader._expanded(packed + "1" * (len(digits) % 2), len(filled)).hex().upper() == filled
    assert zpl.RUNS.sub(zpl._counted, digits) == ours


def test_z64_has_the_check_sum_that_zebras_own_program_writes():
    """The field comes from a label that ZebraDesigner made."""
    packed = ":Z64:eJzj4KAKYJChDmCwoQ5gEKAOYAAAavEfEQ==:24EF"
    pixels = zpl_reader._encoded(packed)
    assert len(pixels) == 288 and zpl_reader._encoded(zpl._z64(pixels, 72).decode()) == pixels


@given(width=st.integers(2, 900), rows=st.integers(1, 9), packing=st.sampled_from(("letters", "z64")), data=st.data())
def test_the_dots_come_out_as_they_went_in(width, rows, packing, data):
    stride = (width + 7) // 8
    mask = (0xFF << (-width % 8)) & 0xFF
    fill = st.sampled_from((b"\0", b"\xff", b"\x55", b"\x10"))
    row = st.one_of(
        fill.map(lambda byte: byte * stride),
        st.tuples(fill, fill, st.integers(0, stride)).map(lambda t: (t[0] * t[2] + t[1] * stride)[:stride]),
        st.binary(min_size=stride, max_size=stride),
    ).map(lambda row: row[:-1] + bytes((row[-1] & mask,)))
    pixels = data.draw(st.lists(row, min_size=1, max_size=12))
    outside, (label,) = zpl_reader.read(printed(page(width, b"".join(pixels), rows), traits=Traits(packing)))
    assert label.rows == pixels and outside == {}


@pytest.mark.parametrize("packing", ["letters", "z64"])
def test_a_label_of_4_by_6_inches_comes_in_fields_that_the_guide_allows(packing):
    pixels = random.Random(1).randbytes(102 * 1218)
    stream = printed(page(816, pixels), traits=Traits(packing))
    sizes = [int(size) for size in re.findall(rb"\^GFA,(\d+)", stream)]
    assert sizes == [102 * 980, 102 * 20, 102 * 218]
    assert b"".join(zpl_reader.read(stream)[1][0].rows) == pixels


def test_labels_tell_their_settings_and_their_copies():
    traits = Traits(darkness=30, speed=6, tracking="continuous")
    pages = page(8, b"\xff\0"), page(16, b"\xff\0", copies=7)
    outside, labels = zpl_reader.read(printed(*pages, setup=Setup(copies=3), traits=traits))
    assert outside == {"~SD": "30"}
    settings = {"^MN": "N", "^PR": "6", "^PO": "N", "^LH": "0,0"}
    assert [label.settings for label in labels] == [
        {**settings, "^PW": "8", "^LL": "2", "^PQ": "3"},
        {**settings, "^PW": "16", "^LL": "1", "^PQ": "7"},
    ]
    assert [label.copies for label in labels] == [3, 7]


def test_a_machine_is_asked_for_its_status_between_labels_only():
    plain, asking = (printed(page(8, b"\xff"), page(8, b"\x81"), traits=Traits(ask=ask)) for ask in (False, True))
    assert asking.count(b"^XZ\n~HS") == asking.count(b"~HS") == 2
    assert zpl_reader.read(asking) == ({"~HS": ""}, zpl_reader.read(plain)[1])


def test_no_page_is_nothing():
    assert printed() == b""


def test_what_is_no_label_is_refused():
    with pytest.raises(WireError, match="this one is gray8"):
        printed(Page(Raster(8, 8, GRAY8), iter(())))
    for width, height in ((8, 32001), (32001, 8), (0, 8), (8, 0)):
        with pytest.raises(WireError, match=f"{width} x {height} dots large; 1 to 32000 each are allowed"):
            printed(Page(Raster(width, height, BLACK1), iter(())))


def test_each_page_is_whole_before_the_next_is_asked_for():
    out: list[bytes] = []

    def pages() -> Iterator[Page]:
        for number in range(3):
            assert len(zpl_reader.read(b"".join(out))[1]) == number
            yield page(8, b"\xff")

    out.extend(zpl.encode(pages(), SETUP))


def hs(paper=0, pause=0, head=0, ribbon=0, lost=0, hot=0) -> bytes:
    return (
        b"\x02030,%d,%d,1245,000,0,0,0,000,%d,0,%d\x03\r\n" % (paper, pause, lost, hot)
        + b"\x02001,0,%d,%d,1,2,6,0,00000000,1,000\x03\r\n" % (head, ribbon)
        + b"\x021234,0\x03\r\n"
    )


@pytest.mark.parametrize(
    "said, reasons",
    [
        (hs(), ()),
        (hs(paper=1), ("media-empty-error",)),
        (hs(pause=1, head=1), ("paused-error", "cover-open-error")),
        (hs(ribbon=1), ("marker-supply-empty-error",)),
        (hs(lost=1, hot=1), ("other-warning",)),
        (hs(paper=1) + hs(), ()),
        (b"noise" + hs(paper=1) + hs()[:20], ("media-empty-error",)),
        (hs()[:50], None),
        (b"", None),
        (b"\x02a,b\x03\x02c\x03", None),
    ],
)
def test_reasons_of_a_host_status(said, reasons):
    assert zpl.status(said).reasons == reasons


@given(st.binary())
def test_any_answer_is_understood_or_not(said):
    assert isinstance(zpl.status(said).reasons, tuple | None)
    assert isinstance(zpl.status(hs() + said + hs()).reasons, tuple)
