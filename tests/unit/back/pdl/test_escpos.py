import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import escpos
from feedpath.back.pdl.escpos import ALL, MODELS, Traits
from feedpath.back.pdl.page import BLACK1, GRAY8, Page, Raster, Setup
from feedpath.errors import WireError
from tests.fakes.escpos_reader import Act, Image, Reader, read

INK, WHITE = b"\xff", b"\0"
SETUP = Setup()
AS_IT_IS = Traits(top=ALL, bottom=ALL, cut="none")


def page(width: int, pixels: bytes, rows: int = 100, space: str = BLACK1, **known: int) -> Page:
    """Return a page whose bands have `rows` rows each."""
    raster = Raster(width, 1, space, (203, 203), **known)  # type: ignore[arg-type]
    raster = raster._replace(height=len(pixels) // raster.stride)
    step = rows * raster.stride
    return Page(raster, (memoryview(pixels)[at : at + step] for at in range(0, len(pixels), step)))


def printed(*pages: Page, setup: Setup = SETUP, traits: Traits = AS_IT_IS) -> bytes:
    return b"".join(escpos.encode(pages, setup, traits))


def test_a_small_receipt_byte_by_byte():
    traits = Traits(lines=3, drawer=5)
    assert printed(page(16, b"\0\0\x80\x01\0\0\xff\0\0\0"), traits=traits) == b"".join(
        (
            b"\x1b@",  # ESC @
            b"\x1bp\x01\x19\xfa",  # ESC p: pin 5, 50 ms on, 500 ms off
            b"\x1dv0\x00\x02\x00\x03\x00",  # GS v 0: 2 bytes across, 3 rows
            b"\x80\x01",
            b"\x00\x00",
            b"\xff\x00",
            b"\x1bd\x03",  # ESC d: 3 lines
            b"\x1dVB\x00",  # GS V: to the knife, partial
        )
    )


def test_the_graphics_command_byte_by_byte():
    assert printed(page(12, b"\xff\xf0"), traits=AS_IT_IS._replace(command="graphics")) == b"".join(
        (
            b"\x1b@",
            b"\x1d(L\x0c\x00",  # GS ( L: 12 bytes follow
            b"0p",  # function 112
            b"0\x01\x011",  # one tone, own size, colour 1
            b"\x0c\x00\x01\x00",  # 12 dots, 1 row
            b"\xff\xf0",
            b"\x1d(L\x02\x0002",  # function 50
        )
    )


def test_no_page_is_nothing():
    assert printed() == b""


@given(
    width=st.integers(1, 100),
    rows=st.integers(1, 20),
    command=st.sampled_from(("raster", "graphics")),
    most=st.integers(1, 255),
    data=st.data(),
)
def test_the_dots_come_out_as_they_went_in(width, rows, command, most, data):
    stride = (width + 7) // 8
    row = st.one_of(st.just(bytes(stride)), st.binary(min_size=stride, max_size=stride))
    pixels = data.draw(st.lists(row, min_size=1, max_size=600 if data.draw(st.booleans()) else 9))
    traits = AS_IT_IS._replace(command=command, rows=most)
    _, *images = read(printed(page(width, b"".join(pixels), rows), traits=traits))
    assert images == [Image(width if command == "graphics" else stride * 8, pixels)]


@pytest.mark.parametrize(
    "top, bottom, expected",
    [
        (0, 0, INK + WHITE + INK),
        (1, 2, WHITE + INK + WHITE + INK + WHITE * 2),
        (ALL, 0, WHITE * 3 + INK + WHITE + INK),
        (0, ALL, INK + WHITE + INK + WHITE * 4),
        (9, 9, WHITE * 3 + INK + WHITE + INK + WHITE * 4),
    ],
)
@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_white_at_the_ends_is_cut_down_to_what_is_wanted(top, bottom, expected, rows):
    traits = AS_IT_IS._replace(top=top, bottom=bottom)
    pixels = WHITE * 3 + INK + WHITE + INK + WHITE * 4
    _, image = read(printed(page(8, pixels, rows), traits=traits))
    assert isinstance(image, Image) and b"".join(image.rows) == expected


def test_an_image_command_has_no_more_rows_than_the_machine_takes():
    pieces = list(escpos.encode([page(384, INK * 48 * 600)], SETUP, MODELS["58mm"]))
    assert [piece[6:8] for piece in pieces if piece.startswith(b"\x1dv0")] == [b"\xff\0", b"\xff\0", b"Z\0"]


@pytest.mark.parametrize(
    "traits, acts",
    [
        (Traits(), [Act("cut", (66, 0)), Act("cut", (66, 0))]),
        (Traits(cut="full"), [Act("cut", (65, 0)), Act("cut", (65, 0))]),
        (Traits(cut="full-here", lines=5), [Act("feed", (5,)), Act("cut", (0,))] * 2),
        (Traits(cut="partial-here", each=False), [Act("cut", (1,))]),
        (Traits(cut="none"), []),
        (Traits(cut="none", lines=2, each=False), [Act("feed", (2,))]),
        (Traits(cut="none", drawer=2), [Act("pulse", (2, 50, 500))]),
        (Traits(cut="none", drawer=5, first=False), [Act("pulse", (5, 50, 500))]),
    ],
)
def test_knife_and_drawer_do_what_is_set(traits, acts):
    done = read(printed(page(8, INK), page(8, INK), traits=traits))
    assert done[0] == Act("initialize")
    assert [act for act in done[1:] if isinstance(act, Act)] == acts
    assert isinstance(done[-1], Image) == (not acts or (bool(traits.drawer) and traits.first))


@pytest.mark.parametrize("each", [True, False])
def test_copies_come_one_after_another_each_cut_off(each):
    pixels = random.Random(1).randbytes(48 * 700)
    pages = page(384, pixels), page(384, INK * 48, copies=1)
    done = read(printed(*pages, setup=Setup(copies=3), traits=Traits(384, each=each)))
    names = ["cut" if isinstance(item, Act) else len(item.rows) for item in done[1:]]
    assert names == ([700, "cut"] * 3 + [1, "cut"] if each else [2101, "cut"])
    assert all(b"".join(item.rows) == pixels for item in done[1:6] if each and isinstance(item, Image))


def test_a_receipt_that_is_too_long_is_not_kept_for_copies():
    noise = random.Random(1).randbytes(48 * 24_000)
    with pytest.raises(WireError, match="too long to be printed 2 times"):
        printed(page(384, noise), setup=Setup(copies=2))
    assert printed(page(384, noise))


def test_a_page_that_does_not_fit_the_head_is_refused():
    with pytest.raises(WireError, match="600 dots wide; this printer prints at most 576"):
        printed(page(600, INK * 75))
    with pytest.raises(WireError, match="this one is gray8"):
        printed(page(8, INK * 8, space=GRAY8))
    with pytest.raises(WireError, match="no dots"):
        printed(Page(Raster(0, 1, BLACK1), iter(())))


def test_an_image_opens_no_drawer_where_the_machine_can_be_told():
    whole = printed(page(8, INK), traits=Traits(deaf=True, drawer=2))
    assert whole.startswith(b"\x1b@\x1d(D\x03\x00\x14\x01\x00\x1bp\x00\x19\xfa\x1dv0")  # GS ( D, ESC p, GS v 0
    assert read(whole)[:3] == [Act("initialize"), Act("real-time", (1, 0)), Act("pulse", (2, 50, 500))]


def test_each_page_is_whole_before_the_next_is_asked_for():
    out: list[bytes] = []

    def pages() -> Iterator[Page]:
        for number in range(3):
            assert [len(item.rows) for item in read(b"".join(out)) if isinstance(item, Image)] == [1] * number
            yield page(8, INK)

    out.extend(escpos.encode(pages(), SETUP, Traits()))


def test_a_machine_is_asked_for_its_status_between_commands_only():
    noise = random.Random(1).randbytes(48 * 600)
    plain, asking = (Reader(printed(page(384, noise), traits=Traits(384, ask=ask))).done for ask in (False, True))
    asked = [item for item in asking if item[0] == "status"]
    assert [act[1][0] for act in asked] == [2, 3, 4] * 3
    assert [item for item in asking if item[0] != "status"] == plain


@pytest.mark.parametrize("model", MODELS)
@given(part=st.floats(0, 1))
def test_an_abort_ends_a_job_whose_image_is_not_whole(model, part):
    traits = MODELS[model]
    pixels = INK * (traits.dots // 8) * traits.rows
    whole = printed(page(traits.dots, pixels), traits=traits)
    begin = whole.index(pixels)
    done = read(whole[: begin + int(part * len(pixels))] + escpos.abort(traits))
    assert done[0] == done[-1] == Act("initialize") and not any(item[0] == "cut" for item in done)


@pytest.mark.parametrize(
    "answers, reasons",
    [
        (b"\x12\x12\x12", ()),
        (b"\x16\x12\x12", ("cover-open-error",)),
        (b"\x12\x12\x1e", ("media-low-warning",)),
        (b"\x32\x12\x7e", ("media-empty-error", "media-low-warning")),
        (b"\x52\x1a\x12", ("other-error",)),
        (b"\x52\x52\x12", ("other-warning",)),
        (b"\x16\x12\x12\x12\x12\x12", ()),
        (b"\x12\xff\x12\x00\x12", ()),
        (b"\x12\x12", None),
        (b"", None),
        (b"hello", None),
    ],
)
def test_reasons_of_answers(answers, reasons):
    assert escpos.status(answers).reasons == reasons


@given(st.binary())
def test_any_answer_is_understood_or_not(answers):
    assert isinstance(escpos.status(answers).reasons, tuple | None)
