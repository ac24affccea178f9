"""Which driver a machine gets: what a person chose, what its device id names, what the table of models knows."""

import gzip
from pathlib import Path

import pytest

from feedpath.back.pdl import choices, choose
from feedpath.back.pdl.bridge import filters, ppd
from feedpath.back.pdl.bridge.drivers import Entry, Index, Match
from feedpath.back.pdl.bridge.filters import Host
from feedpath.back.pdl.choose import ONE_SIDE, Choice
from feedpath.back.pdl.passthrough import PassThrough
from feedpath.core.driver import Driver
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused
from tests.fakes import driver

PCL = ("PJL", "PCL", "POSTSCRIPT")
ID = "MFG:Fake;MDL:Laser 1;CMD:PJL,PCL,POSTSCRIPT;"
LASER = Entry("file:///fake.ppd", "Fake", "Fake Laser 1, test", "MFG:Fake;MDL:Laser 1;", "English", driver.FILTER)
OTHER = Entry(
    "gutenprint.5.3://pcl-g_6/expert", "Generic", "Generic PCL 6 - Gutenprint", "", "en", "rastertogutenprint"
)
NO_RASTER = Entry("file:///ps.ppd", "Fake", "Fake Script 1", "", "English", "")
INDEX = Index((LASER, OTHER, NO_RASTER))


def chosen(name: str, commands: "tuple[str, ...]" = PCL, device_id: str = ID) -> Driver:
    return choose.choose(commands, False, device_id, choice=Choice(name))


@pytest.mark.parametrize("name", ["pwg", "urf", "postscript", "pcl5", "escpos", "zpl"])
def test_a_person_s_language_goes_before_what_the_machine_names(name: str) -> None:
    made = chosen(f"language:{name}")
    assert made.name == name
    assert made.origin == (f"language:{name}", made.origin.title, "It was chosen by a person.", "", True)


@pytest.mark.parametrize(
    "format, kept",
    [("application/pdf", False), ("image/urf", False), ("application/vnd.hp-pcl", True),
     ("application/postscript", True)],
)  # fmt: skip
def test_in_a_person_s_language_all_is_written_that_can_be(format: str, kept: bool) -> None:
    commands = ("PCL", "PDF", "URF", "POSTSCRIPT")
    by_itself, by_person = choose.choose(commands, False), chosen("language:pcl5", commands)
    assert by_itself.convert(Ticket(format=format)) is None
    assert (by_person.convert(Ticket(format=format)) is None) == kept


def test_raw_sends_everything_as_it_is_and_nothing_is_said_to_be_missing() -> None:
    made = chosen("raw")
    assert isinstance(made, PassThrough) and not made.reasons and made.origin.choice == "raw"
    for format in ("application/postscript", "application/vnd.hp-pcl", "application/octet-stream"):
        assert made.takes(format) and made.convert(Ticket(format=format)) is None
    assert not made.takes("application/pdf")


def test_a_driver_of_cups_is_chosen_by_its_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = installed(tmp_path, monkeypatch)
    made = chosen(uri)
    assert (made.origin.choice, made.origin.title) == (uri, "Fake Laser 1, test")
    assert made.capabilities.color and made.name == "Fake Laser 1, test"


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the uri of a driver whose program is there."""
    (folder / "fake.ppd.gz").write_bytes(gzip.compress(driver.ppd()))
    (folder / driver.FILTER).write_text("#!/bin/sh\ncat\n")
    (folder / driver.FILTER).chmod(0o755)
    monkeypatch.setattr(filters, "Host", lambda: Host(filters=str(folder)))
    return f"file://{folder}/fake.ppd.gz"


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("language:tspl", "feedpath does not write that language."),
        ("file:///gone.ppd", "cannot be read"),
        ("nothing:at-all", "does not answer"),
        ("drv:///gone.drv#gone.ppd", "ppdc"),
    ],
)
def test_what_was_chosen_and_is_gone_is_told_and_automatic_goes_on(
    name: str, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = chosen(name)
    assert made.name == "postscript"
    assert name in made.origin.lost and sentence in made.origin.lost
    assert made.origin.lost in caplog.text


def test_a_driver_whose_program_is_gone_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = installed(tmp_path, monkeypatch)
    (tmp_path / driver.FILTER).unlink()
    assert "needs the program rastertofake" in chosen(uri).origin.lost


def test_automatic_says_why() -> None:
    assert chosen("automatic").origin == (
        "language:postscript", "PostScript", "The printer names this language in its device id.", "", False,
    )  # fmt: skip
    nothing = chosen("automatic", ("GDI",), "MFG:Nobody;MDL:None;")
    assert nothing.origin.choice == "raw" and "no driver for it is installed" in nothing.origin.why
    helped = chosen("automatic", ("GDI",), "MFG:Samsung;MDL:ML-1640 Series;CMD:GDI;")
    assert "Debian's package printer-driver-splix has drivers for printers like it" in helped.origin.why
    takes_pdf = chosen("automatic", ("PDF",), "MFG:Nobody;MDL:None;")
    assert "takes PDF" in takes_pdf.origin.why


def test_a_driver_of_cups_that_takes_no_raster_of_ours_is_as_good_as_none() -> None:
    broken = ppd.read(driver.ppd(("cupsColorSpace 3", "cupsColorSpace 99")))
    match = Match(LASER, 100, "It fits.")
    made = choose.choose(("GDI",), False, "id", lambda device_id: (match, broken))
    assert isinstance(made, PassThrough)


def test_what_fits_is_listed_the_best_first() -> None:
    found = choices.fits(PCL, ID, INDEX)
    assert [(fit.choice, fit.score) for fit in found] == [
        ("language:postscript", 100), ("language:pcl5", 100), (LASER.uri, 100), ("raw", 0),
    ]  # fmt: skip
    assert found[2].why == "It names this very device id."
    assert [fit.choice for fit in choices.fits(("GDI",), "", None)] == ["raw"]


def test_what_cannot_be_used_is_not_said_to_fit_best(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, gone = LASER._replace(uri=installed(tmp_path, monkeypatch)), LASER._replace(uri="file:///a/gone.ppd")
    told = "MFG:Fake;MDL:Laser 1;CMD:FAKE;"
    found = choices.fits(("FAKE",), told, Index((gone, there)))
    assert [(fit.choice, fit.automatic) for fit in found] == [(there.uri, True), ("raw", False)]
    assert [fit.automatic for fit in choices.fits(("FAKE",), told, Index((gone,)))] == [True]


@pytest.mark.parametrize(
    "words, expected",
    [
        ("", 9),
        ("gutenprint pcl", [OTHER.uri]),
        ("zpl", ["language:zpl"]),
        ("script", ["language:postscript"]),  # not the driver that takes no raster
        ("nothing such", []),
    ],
)
def test_all_that_can_be_had_is_listed_and_searched_by_words(words: str, expected: "int | list[str]") -> None:
    found = [fit.choice for fit in choices.fits(PCL, ID, INDEX, words, every=True)]
    assert found == expected if words else len(found) == expected


@pytest.mark.parametrize(
    "name, choice",
    [
        ("automatic", "automatic"),
        ("Raw", "raw"),
        ("pcl5", "language:pcl5"),
        ("language:zpl", "language:zpl"),
        ("PCL 5", "language:pcl5"),
        (LASER.uri, LASER.uri),
        ("fake  laser 1, TEST", LASER.uri),
    ],
)
def test_a_driver_is_known_by_its_choice_or_its_title(name: str, choice: str) -> None:
    assert choices.find(name, INDEX) == choice


@pytest.mark.parametrize(
    "name, hint",
    [
        ("pcl", "Did you mean pcl5"),
        ("gutenprint", "Did you mean Generic PCL 6 - Gutenprint or gutenprint.5.3://pcl-g_6/expert?"),
        ("autmatic", "Did you mean automatic?"),
        ("Fake Script 1", "feedpath driver list --all"),
        ("", "A driver is automatic, raw, a language"),
    ],
)
def test_a_driver_that_is_not_there_is_answered_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(Refused) as refused:
        choices.find(name, INDEX)
    assert hint in refused.value.detail


def test_two_sides_and_colour_are_offered_by_pcl_only_where_something_tells_of_them() -> None:
    plain = chosen("language:pcl5", ("PCL",), "MFG:Nobody;MDL:Laser;").capabilities
    assert plain.sides == ONE_SIDE and not plain.color
    assert chosen("language:pcl5", ("PCL", "PCL5C"), "MFG:Nobody;MDL:Laser;").capabilities.color
