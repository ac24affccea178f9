"""A driver's own options: which a person can set, what is allowed, and what a job asks before them."""

import pytest

from feedpath.back.pdl.bridge import ppd, ppdsettings
from feedpath.back.pdl.page import Raster, Setup
from feedpath.errors import Refused
from tests.fakes import driver

PPD = ppd.read(driver.ppd())


def test_what_no_job_asks_for_can_be_set() -> None:
    told = {setting.name: setting for setting in ppdsettings.settings(PPD, {"JCLEcono": "True"})}
    assert {"MediaType", "InputSlot", "Resolution", "JCLEcono"} <= set(told)
    assert not {"PageSize", "PageRegion", "Duplex", "ColorModel"} & set(told)
    economy = told["JCLEcono"]
    assert economy == ("JCLEcono", "Economy", (("True", "Yes"), ("False", "No")), "False", "True")


def test_values_are_added_and_taken_back_whatever_their_capitals() -> None:
    after = ppdsettings.adjusted(PPD, {"Resolution": "300dpi"}, {"jclecono": "true"})
    assert after == {"Resolution": "300dpi", "JCLEcono": "True"}
    assert ppdsettings.adjusted(PPD, after, {"Resolution": "", "JCLEcono": "False"}) == {}


@pytest.mark.parametrize(
    "name, value, sentence",
    [
        ("JCLEkono", "True", "no option 'JCLEkono'; did you mean JCLEcono?"),
        ("zzz", "1", "no option 'zzz'; it has Resolution, InputSlot"),
        ("Duplex", "None", "Duplex is asked by each job"),
        ("JCLEcono", "Maybe", "JCLEcono cannot be 'Maybe'; it must be True, False."),
    ],
)
def test_what_is_not_allowed_is_told_with_what_is(name: str, value: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        ppdsettings.adjusted(PPD, {}, {name: value})
    assert sentence in refused.value.detail


def test_what_another_driver_would_not_know_is_forgotten() -> None:
    assert ppdsettings.valid(PPD, {"StpDensity": "3", "Resolution": "9dpi", "JCLEcono": "True"}) == {"JCLEcono": "True"}


@pytest.mark.parametrize(
    "setup, raster, kept",
    [
        (Setup(), None, {"MediaType", "InputSlot", "Resolution", "JCLEcono"}),
        (Setup(type="envelope"), None, {"InputSlot", "Resolution", "JCLEcono"}),
        (Setup(source="tray-1"), None, {"MediaType", "Resolution", "JCLEcono"}),
        (Setup(quality="high"), None, {"MediaType", "InputSlot", "JCLEcono"}),
        (Setup(), Raster(1, 1, type="labels"), {"InputSlot", "Resolution", "JCLEcono"}),
    ],
)
def test_what_a_job_asks_goes_before_what_was_set(setup: Setup, raster: "Raster | None", kept: "set[str]") -> None:
    choices = dict.fromkeys(("MediaType", "InputSlot", "Resolution", "JCLEcono"), "x")
    assert set(ppdsettings.usual(choices, setup, raster)) == kept
