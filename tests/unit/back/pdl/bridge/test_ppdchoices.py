"""IPP's words and a driver's: what is asked, what is offered."""

import pytest

from feedpath.back.pdl.bridge import ppd, ppdchoices
from feedpath.back.pdl.bridge.ppd import Ppd
from feedpath.back.pdl.page import BLACK1, RGB24, Raster, Setup
from feedpath.core.driver import Media
from feedpath.errors import WireError
from tests.fakes import driver


@pytest.fixture
def fake() -> Ppd:
    return ppd.read(driver.ppd())


@pytest.mark.parametrize(
    "setup, chosen",
    [
        (Setup(), {"InputSlot": "Auto", "MediaType": "PLAIN", "Duplex": "None", "ColorModel": "CMYK"}),
        (Setup(color=False), {"ColorModel": "Gray"}),
        (Setup(media="iso_a4_210x297mm"), {"PageSize": "A4"}),
        (Setup(media="na_letter_8.5x11in"), {"PageSize": "Letter"}),
        (Setup(media="custom_x_100x150mm"), {"PageSize": "Custom.283.46x425.20"}),
        (Setup(sides="two-sided-long-edge"), {"Duplex": "DuplexNoTumble"}),
        (Setup(sides="two-sided-short-edge"), {"Duplex": "DuplexTumble"}),
        (Setup(source="tray-1"), {"InputSlot": "Tray1"}),
        (Setup(source="by-pass-tray"), {"InputSlot": "MPTray"}),
        (Setup(source="side"), {"InputSlot": None}),
        (Setup(type="stationery-heavyweight"), {"MediaType": "THICK"}),
        (Setup(type="labels"), {"MediaType": None}),
        (Setup(quality="draft"), {"Resolution": "300dpi"}),
        (Setup(quality="normal"), {"Resolution": None}),
        (Setup(quality="high"), {"Resolution": "1200dpi"}),
    ],
)
def test_what_is_asked_becomes_the_drivers_choices(fake: Ppd, setup: Setup, chosen: "dict[str, str | None]") -> None:
    wanted = ppdchoices.wanted(fake, setup)
    assert {keyword: wanted.get(keyword) for keyword in chosen} == chosen


@pytest.mark.parametrize("option", ["cupsPrintQuality", "StpQuality", "OutputMode"])
@pytest.mark.parametrize("quality, choice", [("draft", "Draft"), ("normal", "Normal"), ("high", "High")])
def test_an_option_for_quality_goes_before_resolutions(option: str, quality: str, choice: str) -> None:
    lines = f'*OpenUI *{option}: PickOne\n*{option} Draft: ""\n*{option} Normal: ""\n*{option} High: ""\n*CloseUI'
    other = ppd.read(driver.ppd(("*DefaultFont", lines + f": *{option}\n*DefaultFont")))
    wanted = ppdchoices.wanted(other, Setup(quality=quality))
    assert wanted[option] == choice
    assert "Resolution" not in wanted


def test_the_words_of_a_page_go_before_the_jobs(fake: Ppd) -> None:
    page = Raster(1, 1, size=(21590, 27940), sides="one-sided", source="tray-1", type="stationery", quality="high")
    setup = Setup(media="iso_a4_210x297mm", sides="two-sided-long-edge", type="stationery-heavyweight")
    wanted = ppdchoices.wanted(fake, setup, page)
    names = ("PageSize", "Duplex", "InputSlot", "MediaType", "Resolution")
    assert [wanted[name] for name in names] == ["Letter", "None", "Tray1", "PLAIN", "1200dpi"]


def test_a_choice_of_the_drivers_own_goes_before_all(fake: Ppd) -> None:
    marks = ppdchoices.marks(fake, Setup(media="iso_a4_210x297mm"), {"PageSize": "Card", "Resolution": "300dpi"})
    assert (marks["PageSize"], marks["Resolution"]) == ("Card", "300dpi")


@pytest.mark.parametrize("media, says", [("iso_a0_841x1189mm", "no paper of 2384 x 3370"), ("a4", "no PWG 5101.1")])
def test_paper_that_the_driver_has_not_is_refused(fake: Ppd, media: str, says: str) -> None:
    with pytest.raises(WireError, match=says):
        ppdchoices.wanted(fake, Setup(media=media))


@pytest.mark.parametrize("off, found", [(4, True), (6, False)])
def test_paper_is_the_same_within_five_points(off: int, found: bool) -> None:
    other = ppd.read(driver.ppd(('PaperDimension A4/A4: "595 842"', f'PaperDimension A4/A4: "595 {842 + off}"'),
                                ("A4.Full", "Other"), ('Other/A4: "595 842"', 'Other/A4: "1 1"'),
                                ("*CustomPageSize True", "*NoPageSize True")))  # fmt: skip
    if found:
        assert ppdchoices.wanted(other, Setup(media="iso_a4_210x297mm"))["PageSize"] == "A4"
    else:
        with pytest.raises(WireError, match="no paper"):
            ppdchoices.wanted(other, Setup(media="iso_a4_210x297mm"))


@pytest.mark.parametrize("color, space", [(True, RGB24), (False, BLACK1)])
def test_a_plan_has_the_space_that_the_driver_prints(fake: Ppd, color: bool, space: str) -> None:
    assert ppdchoices.plan(fake, Setup(color=color), {}).raster.space == space


@pytest.mark.parametrize(
    "manual, setup, page, copies",
    [("False", 3, 0, 3), ("False", 3, 2, 2), ("False", 0, 0, 1), ("True", 3, 2, 1)],
)
def test_copies_are_the_machines_where_the_driver_says_so(manual: str, setup: int, page: int, copies: int) -> None:
    other = ppd.read(driver.ppd(("cupsManualCopies: False", f"cupsManualCopies: {manual}")))
    plan = ppdchoices.plan(other, Setup(copies=setup), {}, Raster(1, 1, copies=page))
    assert plan.header["NumCopies"] == copies
    assert plan.copies is (manual == "False")


@pytest.mark.parametrize("sides", ["one-sided", "two-sided-long-edge", "two-sided-short-edge"])
def test_a_plan_tells_sides_that_the_header_does_not(sides: str) -> None:
    codes = [(f'"<</{code}>>setpagedevice"', '""') for code in ("Duplex true/Tumble false", "Duplex true/Tumble true")]
    plan = ppdchoices.plan(ppd.read(driver.ppd(*codes)), Setup(sides=sides), {})
    assert plan.raster.sides == sides
    assert not plan.header.get("Duplex")


def test_a_driver_tells_what_it_offers(fake: Ppd) -> None:
    offers = ppdchoices.offers(fake)
    assert offers.media == (
        Media("iso_a4_210x297mm", 21000, 29700, 423, 423, 635, 635),
        Media("na_letter_8.5x11in", 21590, 27940, 423, 423, 635, 635),
        Media("custom_card_70.56x105.83mm", 7056, 10583, 0, 0, 0, 0),
    )
    assert offers.sides == ("one-sided", "two-sided-long-edge", "two-sided-short-edge")
    assert offers.color
    assert offers.qualities == ("normal", "draft", "high")
    assert offers.resolution == (600, 600)
    assert offers.sources == ("auto", "main", "by-pass-tray", "tray-1")
    assert offers.types == ("stationery", "stationery-heavyweight")


def test_a_bare_driver_offers_one_of_each() -> None:
    bare = ppd.read(b'*PPD-Adobe: "4.3"\n*OpenUI *PageSize: PickOne\n*PageSize A4: ""\n*CloseUI: *PageSize\n')
    offers = ppdchoices.offers(bare)
    assert (offers.media, offers.sides, offers.color) == ((), ("one-sided",), False)
    assert (offers.qualities, offers.sources, offers.types) == (("normal",), ("auto",), ("stationery",))
