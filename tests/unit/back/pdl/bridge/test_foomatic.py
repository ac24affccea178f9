"""Drivers that have foomatic-rip run a script: what they offer here, and what their encoders are told and given."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import choose
from feedpath.back.pdl.bridge import cupsdriver, cupsraster, encoders, foomatic, ppd, ppdchoices
from feedpath.back.pdl.bridge.drivers import Entry, Match, entry_of
from feedpath.back.pdl.bridge.filters import FilterFailed, Host
from feedpath.back.pdl.bridge.ppd import Ppd
from feedpath.back.pdl.page import BLACK1, RGB24, Page, Setup
from feedpath.core.job import COMPLETED
from tests.fakes import documents, driver
from tests.fakes import foomatic as fake
from tests.fakes.machine import WATCHDOG_S, Box, Machine, until

A4, LETTER = "iso_a4_210x297mm", "na_letter_8.5x11in"
COLOR_MODE = """*OpenUI *ColorMode/Color Mode: PickOne
*DefaultColorMode: Monochrome
*ColorMode Monochrome/Monochrome: "%% FoomaticRIPOptionSetting: ColorMode=Monochrome"
*FoomaticRIPOptionSetting ColorMode=Monochrome: " "
*ColorMode PhotosAndText/Color: "%% FoomaticRIPOptionSetting: ColorMode=PhotosAndText"
*FoomaticRIPOptionSetting ColorMode=PhotosAndText: "-c -C2 "
*CloseUI: *ColorMode
"""


def adapted(*changes: "tuple[str, str]") -> Ppd:
    return foomatic.adapted(ppd.read(fake.ppd(*changes)))


def told(wanted: Ppd, setup: Setup, choices: "dict[str, str] | None" = None) -> "set[str]":
    """Return what the encoder of a driver is told for a page."""
    raster = cupsraster.encode([blank(wanted, setup, choices or {})])
    _, job = foomatic.fed(wanted, raster, cupsdriver.job(wanted, setup, choices or {}))
    return set(job.own)


def blank(wanted: Ppd, setup: Setup, choices: "dict[str, str]") -> "tuple[Page, cupsraster.Target]":
    target = cupsdriver.target(wanted, setup, choices)
    rows = (memoryview(bytes(target.raster.stride)) for _ in range(target.raster.height))
    return Page(target.raster, rows), target


def test_it_offers_what_the_encoder_knows() -> None:
    offers = ppdchoices.offers(adapted())
    assert [size.name for size in offers.media] == [LETTER, A4]  # the default first; no tablecloth, none to measure
    assert offers.resolution == (600, 600) and not offers.color
    assert offers.sides == ("one-sided", "two-sided-long-edge", "two-sided-short-edge")
    assert offers.qualities == ("normal", "draft")
    assert offers.sources == ("auto", "manual") and set(offers.types) == {"stationery", "labels"}
    assert "halftone" not in adapted().options


def test_margins_are_what_the_encoder_cuts_off() -> None:
    a4 = next(size for size in ppdchoices.offers(adapted()).media if size.name == A4)
    least = 96 * 2540 // 600  # its script has 192 pixels of 1/1200 inch and 96 of 1/600
    assert all(least <= side <= least + 70 for side in (a4.left, a4.right, a4.top, a4.bottom))


def test_the_encoder_is_told_what_stands_in_the_file_and_in_its_script() -> None:
    usual = {"-z1", "-P", "-L0", "-X4", "-n1", "-T3"}
    assert told(adapted(), Setup()) == usual | {
        "-d1", "-m1", "-s7", "-p1", "-r600x600", "-g5100x6600", "-u96x96", "-l96x96",
    }  # fmt: skip
    setup = Setup(media=A4, sides="two-sided-short-edge", source="manual", type="labels", quality="draft")
    assert told(adapted(), setup) == usual | {
        "-d3", "-m263", "-s4", "-p9", "-t", "-r600x600", "-g4960x7016", "-u96x96", "-l96x96",
    }  # fmt: skip
    fine = told(adapted(), Setup(media=A4), {"Resolution": "1200x600dpi"})
    assert fine > {"-r1200x600", "-g9920x7016", "-u192x96", "-l192x96"}


def test_copies_are_not_left_to_the_encoder_as_they_are_made_before() -> None:
    assert "-n1" in told(adapted(), Setup(copies=3))


@pytest.mark.parametrize(
    "words",
    [
        "-p9; reboot",
        "-p$(reboot)",
        "-p`reboot`",
        "-o/etc/passwd",
        "--help",
        "/etc/passwd",
        "-Dx",
        "-p1 && reboot",
        "| sh",
    ],
)
def test_no_word_of_a_file_goes_to_a_program_but_options_with_numbers(words: str) -> None:
    given_words = told(adapted(('InputSlot=Manual: "-s4 "', f'InputSlot=Manual: "{words}"')), Setup(source="manual"))
    assert not any("reboot" in word or "/" in word or word.startswith(("--", "-D", "-o", "|")) for word in given_words)


@pytest.mark.parametrize(
    "change",
    [
        (fake.COMMAND, "foo2other-wrapper %A"),
        (fake.COMMAND, "/tmp/foo2zjs-wrapper %A"),
        (fake.COMMAND, "gs -sDEVICE=pbmraw - | foo2zjs"),
        (fake.COMMAND, ""),
        ("-z1 -P", "-z9 -P"),
        ('PageSize=A4: "-p9 "', 'PageSize=A4: "-piso_a4 "'),
    ],
)
def test_what_is_not_known_stays_as_it_is(change: "tuple[str, str]") -> None:
    read = ppd.read(fake.ppd(change, ('PageSize=Letter: "-p1 "', 'PageSize=Letter: "-pna_letter "')))
    assert foomatic.adapted(read) is read and not foomatic.is_ours(read)
    other = ppd.read(driver.ppd())
    assert foomatic.adapted(other) is other


def test_it_is_in_the_index_as_a_driver_that_takes_raster() -> None:
    entry = entry_of("file:///fake.ppd", adapted())
    assert entry.program == "foo2zjs" and entry.device_id == "MFG:Fake;MDL:Host 1;CMD:ACL;"
    assert entry.name == "Fake Host 1 Foomatic/foo2zjs-z1 (recommended)"


def test_one_without_its_encoder_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foomatic, "PROGRAMS", str(tmp_path))
    with pytest.raises(FilterFailed, match="needs the program foo2zjs, which is not installed"):
        cupsdriver.program(adapted(), Host())
    (tmp_path / "foo2zjs").touch(0o755)
    assert cupsdriver.program(adapted(), Host()) == f"{tmp_path}/foo2zjs"


def test_black_on_a_machine_with_colours_is_second_best() -> None:
    assert not foomatic.is_second_best(adapted())
    assert foomatic.is_second_best(adapted(("*ColorDevice: False", "*ColorDevice: True")))


COLORED = (
    ("*ColorDevice: False", "*ColorDevice: True"),
    ("*OpenUI *Quality", COLOR_MODE + "*OpenUI *Quality"),
)


def test_a_machine_with_colours_gets_inks_where_colour_is_asked() -> None:
    coloured = adapted(*COLORED)
    assert ppdchoices.offers(coloured).color
    assert cupsdriver.target(coloured, Setup(), {}).raster.space == RGB24
    assert cupsdriver.target(coloured, Setup(color=False), {}).raster.space == BLACK1
    assert told(coloured, Setup()) >= {"-c", "-A", "-B"}
    assert not told(coloured, Setup(color=False)) & {"-c", "-A", "-B"}


def test_every_encoder_gets_pages_that_lie_on_its_sheets() -> None:
    for (script, model), encoder in encoders.ENCODERS.items():
        assert script.endswith("-wrapper") and model.isdigit()
        for name in encoder.clips:
            width, height = encoder.sheet(name, encoders.BASE)
            left, top, right, bottom = foomatic._area(encoder, name)
            cut = encoder.clips[name]
            assert cut[0] <= left < right <= width - cut[2] and cut[1] <= top < bottom <= height - cut[3]
            assert left % 32 == 0 and right % 32 == 0 and right - left > width * 0.85


@given(st.text(st.sampled_from('*OpenUI PageSize:"/%-p9 A4\nFoomaticRIPCommandLine foo2zjs-wrapper'), max_size=200))
def test_any_file_stays_or_becomes_one_that_can_be_read(text: str) -> None:
    made = foomatic.adapted(ppd.read(b'*PPD-Adobe: "4.3"\n' + text.encode()))
    assert made.source


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> "Iterator[None]":
    """Put in the encoder's place a script that gives what it is told, and what it is given."""
    with driver.folder() as folder:
        (folder / "foo2zjs").write_text('#!/bin/sh\necho "$@"\nexec cat\n')
        (folder / "foo2zjs").chmod(0o755)
        monkeypatch.setattr(foomatic, "PROGRAMS", str(folder))
        yield


@pytest.mark.usefixtures("program")
@pytest.mark.parametrize("format", ["application/pdf", "image/urf"])
def test_a_document_comes_to_the_encoder_as_bitmaps_of_whole_sheets(tmp_path: Path, format: str) -> None:
    document = {"application/pdf": documents.pdf(2), "image/urf": documents.urf(pages=2)}[format]
    match = Match(Entry("file:///fake.ppd", "Fake", "Fake Host 1", "", "English", "foo2zjs"), 100, "It fits.")

    async def main() -> None:
        made = choose.bridged(match, adapted(), ("ACL",), letter_first=False)
        async with Box(tmp_path, Machine(), driver=made) as box:
            job = await box.print(document, format=format)
            await until(lambda: job.over)
            assert job.state == COMPLETED and job.impressions == 2
            words, _, rest = bytes(box.machine.received).partition(b"\n")
            assert b"-p9" in words and b"-g4960x7016" in words
            sheet = b"P4\n4960 7016\n"
            assert len(rest) == 2 * (len(sheet) + 620 * 7016)
            for page in (rest[: len(rest) // 2], rest[len(rest) // 2 :]):
                assert page.startswith(sheet) and any(page[len(sheet) :])

    asyncio.run(asyncio.wait_for(main(), WATCHDOG_S))


def test_raster_goes_there_in_black() -> None:
    assert cupsdriver.target(adapted(), Setup(), {}).raster.space == BLACK1
