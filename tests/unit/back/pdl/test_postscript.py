import base64
import random
import re
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import pjl, postscript
from feedpath.back.pdl.kernels import bits
from feedpath.back.pdl.page import BLACK1, GRAY8, RGB24, Page, Raster, Setup
from feedpath.back.pdl.postscript import Traits

PLAIN, SETUP = Traits(ctrl_d=False), Setup()
IMAGE = re.compile(rb"%%BeginData: (\d+) (Binary|ASCII) Bytes\n((\d+) (\d+) (\d+) (\d+) fpBand\n)", re.DOTALL)


def page(raster: Raster, pixels: bytes, rows: int = 0) -> Page:
    """Return a page whose bands have `rows` rows each, or as many as they should."""
    step = (rows or raster.band_rows) * raster.stride
    return Page(raster, (memoryview(pixels)[at : at + step] for at in range(0, len(pixels), step)))


def printed(*pages: Page, setup: Setup = SETUP, traits: Traits = PLAIN) -> bytes:
    return b"".join(postscript.encode(pages, setup, traits))


def unpacked_runs(data: bytes) -> bytes:
    """Return what RunLengthDecode makes of `data`: PLRM 3, 3.13.3."""
    out = bytearray()
    at = 0
    while data[at] != 128:
        if data[at] < 128:
            out += data[at + 1 : at + 2 + data[at]]
            at += 2 + data[at]
        else:
            out += data[at + 1 : at + 2] * (257 - data[at])
            at += 2
    assert at == len(data) - 1
    return bytes(out)


def images(document: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield width, rows, top and pixels of each image, as counted by its DSC comment."""
    level = int(re.search(rb"%%LanguageLevel: (\d)", document)[1])  # type: ignore[index]
    for match in IMAGE.finditer(document):
        width, rows, top, size = map(int, match.groups()[3:])
        data = document[match.end() : match.end() + size]
        assert int(match[1]) == len(match[3]) + size
        assert document[match.end() + size :].startswith(b"\n%%EndData\n")
        if match[2] == b"ASCII":
            assert all(len(line) < 255 for line in data.splitlines())
            data = base64.a85decode(b"<~" + data.strip(), adobe=True)
        yield width, rows, top, zlib.decompress(data) if level == 3 else unpacked_runs(data)


def whole(document: bytes, raster: Raster) -> bytes:
    """Return the pixels of the only page of a document."""
    stride = raster.stride
    canvas = bytearray((b"\0" if raster.space == BLACK1 else b"\xff") * stride * raster.height)
    for width, rows, top, pixels in images(document):
        assert width == raster.width and len(pixels) == rows * stride
        canvas[top * stride : (top + rows) * stride] = pixels
    return bytes(canvas)


def features(document: bytes) -> list[str]:
    return [line.partition("*")[2] for line in document.decode("latin-1").splitlines() if "%%BeginFeature" in line]


def test_a_small_page_as_it_is_printed():
    raster = Raster(8, 3, BLACK1, (72, 72), (2540, 2540), sides="two-sided-long-edge")
    document = printed(page(raster, b"\x00\xff\x00"), setup=Setup(name="Räuber (2)"), traits=Traits(level=2))
    before, _, rest = document.partition(b"%%BeginProlog\n")
    assert before.split(b"\n") == [
        b"%!PS-Adobe-3.0",
        b"%%Title: (R\\344uber \\0502\\051)",
        b"%%Creator: feedpath",
        b"%%LanguageLevel: 2",
        b"%%DocumentData: Clean7Bit",
        b"%%BoundingBox: (atend)",
        b"%%Pages: (atend)",
        b"%%EndComments",
        b"",
    ]
    assert rest.partition(b"%%EndProlog\n")[2].split(b"\n") == [
        b"%%BeginSetup",
        b"%%BeginFeature: *Resolution 72x72dpi",
        b"{ << /HWResolution [72 72] >> setpagedevice } fpAsk",
        b"%%EndFeature",
        b"%%BeginFeature: *ManualFeed False",
        b"{ << /ManualFeed false >> setpagedevice } fpAsk",
        b"%%EndFeature",
        b"%%BeginFeature: *PageSize w72h72",
        b"{ << /PageSize [72 72] >> setpagedevice } fpAsk",
        b"%%EndFeature",
        b"%%BeginFeature: *Duplex DuplexNoTumble",
        b"{ << /Duplex true /Tumble false >> setpagedevice } fpAsk",
        b"%%EndFeature",
        b"%%BeginFeature: *NumCopies 1",
        b"{ { << /NumCopies 1 >> setpagedevice } stopped { userdict /#copies 1 put } if } fpAsk",
        b"%%EndFeature",
        b"%%EndSetup",
        b"%%Page: 1 1",
        b"%%PageBoundingBox: 0 0 72 72",
        b"%%BeginPageSetup",
        b"/fpSaved save def",
        b"72 72 72 fpPage",
        b"fpBlack",
        b"%%EndPageSetup",
        b"%%BeginData: 23 ASCII Bytes",
        b"8 1 1 8 fpBand",
        b"!<7Q",  # 00 FF 80: one literal, the end
        b"~>",
        b"",
        b"%%EndData",
        b"showpage",
        b"fpSaved restore",
        b"%%Trailer",
        b"%%BoundingBox: 0 0 72 72",
        b"%%Pages: 1",
        b"%%EOF",
        b"\x04",
    ]


def test_no_page_is_no_document():
    assert printed() == b""


@given(
    space=st.sampled_from((BLACK1, GRAY8, RGB24)),
    width=st.integers(1, 40),
    height=st.integers(1, 9),
    rows=st.integers(1, 9),
    level=st.sampled_from((2, 3)),
    binary=st.booleans(),
    data=st.data(),
)
def test_the_pixels_come_out_as_they_went_in(space, width, height, rows, level, binary, data):
    raster = Raster(width, height, space, (300, 300))
    row = st.one_of(st.just(b"\0"), st.just(b"\xff"), st.just(b"\x10")).map(lambda byte: byte * raster.stride)
    some = st.one_of(row, st.binary(min_size=raster.stride, max_size=raster.stride))
    pixels = b"".join(data.draw(st.lists(some, min_size=height, max_size=height)))
    document = printed(page(raster, pixels, rows), traits=Traits(level=level, binary=binary))
    assert whole(document, raster) == pixels
    if not binary:
        assert not set(document.removesuffix(b"\x04")).difference(range(32, 127), b"\n")


def test_white_rows_around_a_picture_and_white_bands_are_not_sent():
    raster = Raster(2, 9, GRAY8)
    ink, none = b"\xff\x00", b"\xff\xff"
    pixels = none + ink + none + none * 3 + none * 2 + ink
    found = [(top, rows) for _, rows, top, _ in images(printed(page(raster, pixels, 3)))]
    assert found == [(1, 1), (8, 1)]


def test_what_was_asked_is_not_asked_again_and_what_changes_is():
    first = Raster(8, 8, GRAY8, (300, 300), (21000, 29700), sides="one-sided")
    pages = [
        page(raster, b"\0" * 64)
        for raster in (first, first, first._replace(size=(21590, 27940)), first._replace(size=(21590, 27940), copies=3))
    ]
    parts = printed(*pages).split(b"%%Page: ")
    assert [features(part) for part in parts] == [
        ["Resolution 300x300dpi", "ManualFeed False", "PageSize w595h842", "Duplex None", "NumCopies 1"],
        [],
        [],
        ["PageSize w612h792"],
        ["Collate True", "NumCopies 3"],
    ]
    assert parts[-1].endswith(b"%%BoundingBox: 0 0 612 842\n%%Pages: 4\n%%EOF\n")


@pytest.mark.parametrize(
    "setup, traits, code",
    [
        (Setup(sides="two-sided-short-edge"), PLAIN, b"<< /Duplex true /Tumble true >>"),
        (Setup(copies=2, collate=False), PLAIN, b"<< /Collate false >>"),
        (Setup(source="manual"), PLAIN, b"<< /ManualFeed true >>"),
        (Setup(source="by-pass-tray"), PLAIN, b"<< /ManualFeed true >>"),
        (Setup(source="tray-2"), Traits(positions={"tray-2": 1}), b"<< /MediaPosition 1 >>"),
        (Setup(source="tray-2"), Traits(positions={"tray-2": 1}), b"<< /ManualFeed false >>"),
        (Setup(type="labels"), Traits(types={"labels": "Labels (A)"}), b"<< /MediaType (Labels \\050A\\051) >>"),
    ],
)
def test_a_wish_becomes_a_request(setup, traits, code):
    document = printed(page(Raster(1, 1), b"\0"), setup=setup, traits=traits)
    assert b"{ %s setpagedevice } fpAsk\n" % code in document


def test_a_page_from_elsewhere_does_not_leave_its_place_to_the_next_one():
    traits = Traits(positions={"tray-2": 1}, types={"labels": "Labels"}, resolution=False)
    sheets = [Raster(1, 1, source="tray-2", type="labels"), Raster(1, 1, source="manual"), Raster(1, 1)]
    parts = printed(*(page(raster, b"\0") for raster in sheets), traits=traits).split(b"%%Page: ")
    assert [features(part)[:3] for part in parts] == [
        ["ManualFeed False", "InputSlot tray-2", "MediaType labels"],
        [],
        ["ManualFeed True", "InputSlot Auto", "MediaType Any"],
        ["ManualFeed False"],
    ]
    assert b"/MediaPosition null" in parts[2] and b"/MediaType null" in parts[2]


def test_what_the_machine_has_no_word_for_is_not_asked():
    document = printed(page(Raster(1, 1), b"\0"), setup=Setup(source="tray-9"), traits=Traits(resolution=False))
    assert features(document) == ["ManualFeed False", "PageSize w1h1", "Duplex None", "NumCopies 1"]


def test_a_page_goes_before_its_job():
    raster = Raster(1, 1, sides="one-sided", copies=1, source="manual")
    document = printed(page(raster, b"\0"), setup=Setup(copies=9, sides="two-sided-long-edge", source="tray-1"))
    assert b"/ManualFeed true" in document and b"*Duplex None" in document and b"/NumCopies 1 " in document


def test_words_of_a_document_do_not_become_a_program():
    evil = "\n%%EOF\nquit ü"
    raster = Raster(1, 1, media=evil, sides=evil, source=evil, type=evil, quality=evil)
    assert printed(page(raster, b"\0")) == printed(page(Raster(1, 1), b"\0"))


def test_names_stay_in_one_line_of_ascii():
    head = printed(page(Raster(1, 1), b"\0"), setup=Setup(name="a\n%%EOF\u20ac" + "ß" * 500, user="\\"))
    lines = head.splitlines()
    assert max(map(len, lines)) < 255
    assert lines[1].startswith(b"%%Title: (a\\012%%EOF?\\337") and b"%%For: (\\134)" in lines


def test_each_page_is_whole_before_the_next_is_asked_for():
    out: list[bytes] = []

    def pages() -> Iterator[Page]:
        for number in range(3):
            assert b"".join(out).count(b"showpage\nfpSaved restore\n") == number
            yield page(Raster(1, 1), b"\0")

    for piece in postscript.encode(pages(), Setup(), PLAIN):
        out.append(piece)
    assert b"%%Pages: 3" in out[-1]


@pytest.mark.parametrize("traits", [Traits(), Traits(level=2)])
def test_a_longer_page_takes_no_more_memory(traits):
    band = memoryview(random.Random(1).randbytes(600 * 16))

    def peak(bands: int) -> int:
        tracemalloc.start()
        for _ in postscript.encode([Page(Raster(600, 16 * bands), (band for _ in range(bands)))], Setup(), traits):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(1)
    assert peak(20) < 1.2 * peak(2)


def test_a_job_stands_in_pjl_where_the_machine_knows_it():
    setup = Setup(name="Plan", user="ann")
    told = printed(page(Raster(8, 1, GRAY8), bytes(8)), setup=setup, traits=Traits(pjl=True))
    assert told.startswith(pjl.start(pjl.POSTSCRIPT, "Plan", "ann") + b"%!PS-Adobe-3.0")
    assert told.endswith(b"%%EOF\n" + pjl.end("Plan"))
    assert printed(setup=setup, traits=Traits(pjl=True)) == b""


@pytest.mark.parametrize(
    "traits, expected",
    [
        (Traits(), b"\x04"),
        (Traits(pjl=True), b"\x04" + pjl.end()),
        (Traits(pjl=True, binary=True), b"\x04" + pjl.end()),
        (Traits(binary=True), b""),
    ],
)
def test_a_broken_job_is_ended_by_what_the_machine_hears(traits, expected):
    assert postscript.abort(traits) == expected


LOOPS = [bits.runlength, bits._runlength]  # the second is what runs where there is no compiler


@pytest.mark.parametrize("pack", LOOPS)
@given(data=st.one_of(st.binary(max_size=600), st.lists(st.sampled_from((b"a", b"b" * 130)), max_size=9).map(b"".join)))
def test_run_lengths_decode_to_what_they_were_made_of(pack, data):
    packed = bytes(pack(data))
    assert unpacked_runs(packed + b"\x80") == data
    assert packed == bytes(bits.runlength(data)) and len(packed) <= len(data) + -(-len(data) // 128)


@given(data=st.one_of(st.binary(max_size=600), st.integers(0, 40).map(bytes)))
def test_ascii85_decodes_to_what_it_was_made_of(data):
    assert base64.a85decode(b"<~" + bits.ascii85(data).strip(), adobe=True) == data
