"""What the owner's settings change of the way of every job."""

import pytest

from feedpath.appliance import Appliance
from feedpath.back.pdl import choose, escpos, halftone, languages, zpl
from feedpath.back.pdl.order import Machine, Order
from feedpath.back.pdl.preferences import HALFTONES, ROLLS, Preferences
from feedpath.errors import SettingError
from feedpath.settings import ROWS, Settings, parse

RECEIPTS, LABELS = choose.USUAL["escpos"].machine, choose.USUAL["zpl"].machine


def traits(language: str, machine: Machine, **values: object) -> object:
    made = Preferences(**values).machine(machine, language)  # type: ignore[arg-type]
    return languages.writer(languages.BY_NAME[language], made)[1]


def test_each_preference_is_a_setting_with_the_same_default_and_words() -> None:
    for name, value in Preferences()._asdict().items():
        assert ROWS[name.replace("_", "-")].default == value
        assert ROWS[name.replace("_", "-")].applies == "live"
    words = {name: ROWS[name].kind.words for name in ("halftone", "receipt-roll", "receipt-cut", "label-tracking")}  # type: ignore[union-attr]
    assert words["halftone"] == ("auto", *HALFTONES) and set(HALFTONES.values()) <= set(halftone.METHODS)
    assert words["receipt-roll"] == ("auto", *ROLLS) and set(ROLLS) <= set(escpos.MODELS)
    assert set(words["receipt-cut"]) <= {"auto", *escpos.CUTS}
    assert words["label-tracking"] == ("auto", *zpl.TRACKING)


def test_nothing_set_changes_nothing() -> None:
    order = Order("image/urf", "escpos", RECEIPTS, {})
    assert Preferences().order(order) == order
    assert Preferences().machine(LABELS, "zpl") == LABELS
    assert traits("escpos", RECEIPTS) == escpos.Traits()


@pytest.mark.parametrize(
    "values, changed",
    [
        ({"receipt_roll": "58mm"}, {"dots": 384, "lines": 4, "cut": "none"}),
        ({"receipt_roll": "58mm", "receipt_cut": "full"}, {"dots": 384, "lines": 4, "cut": "full"}),
        ({"receipt_roll": "80mm"}, {}),
        ({"receipt_cut": "none"}, {"cut": "none"}),
        ({"receipt_feed": 7}, {"lines": 7}),
        ({"receipt_drawer": "before"}, {"drawer": 2, "first": True}),
        ({"receipt_drawer": "after", "receipt_drawer_pin": "5"}, {"drawer": 5, "first": False}),
        ({"receipt_drawer_pin": "5"}, {}),
    ],
)
def test_receipts_are_printed_as_set(values, changed):
    assert traits("escpos", RECEIPTS, **values) == escpos.Traits()._replace(**changed)


@pytest.mark.parametrize(
    "values, changed",
    [
        ({"label_darkness": 100}, {"darkness": 30}),
        ({"label_darkness": 1}, {"darkness": 1}),
        ({"label_speed": 4}, {"speed": 4}),
        ({"label_tracking": "mark"}, {"tracking": "mark"}),
        ({"receipt_cut": "none"}, {}),
    ],
)
def test_labels_are_printed_as_set(values, changed):
    assert traits("zpl", LABELS, **values) == zpl.Traits()._replace(**changed)


def test_a_model_keeps_what_is_not_set() -> None:
    model = RECEIPTS._replace(roll=832, traits={"dots": 832, "deaf": True})
    made = Preferences(receipt_cut="full").machine(model, "escpos")
    assert (made.roll, made.traits) == (832, {"dots": 832, "deaf": True, "cut": "full"})
    assert Preferences(receipt_roll="58mm").machine(model, "escpos").roll == 384
    assert Preferences(dot_gain=-10).machine(model._replace(gain=0.2), "escpos").gain == -0.1
    assert Preferences().machine(model._replace(gain=0.2), "escpos").gain == 0.2


@pytest.mark.parametrize(
    "tokens, values, name, width",
    [
        (("ZPL",), {}, "om_label_100x150mm", 10000),
        (("ZPL",), {"label_size": "57x32mm"}, "om_label_57x32mm", 5700),
        (("ZPL",), {"label_size": "2.25x1.25in"}, "oe_label_2.25x1.25in", 5715),
        (("ESC/POS",), {}, "om_receipt_80x297mm", 8000),
        (("ESC/POS",), {"receipt_roll": "58mm"}, "om_receipt_58x297mm", 5800),
        (("PCL",), {"label_size": "57x32mm", "receipt_roll": "58mm"}, "iso_a4_210x297mm", 21000),
    ],
)
def test_the_paper_that_is_loaded_is_offered_first(tokens, values, name, width):
    wanted = Preferences(**values)
    driver = choose.translator(languages.spoken(tokens)[0], tokens, letter_first=False)
    driver.preferences = lambda: wanted
    driver.follow()
    offered = driver.capabilities
    assert (offered.media_default, offered.media_ready) == (name, (name,))
    assert (offered.media[0].name, offered.media[0].width) == (name, width)
    assert len({medium.name for medium in offered.media}) == len(offered.media)
    assert offered.media[0].left == offered.media[1].left


def test_all_printers_follow_the_settings_at_once(tmp_path):
    settings = Settings(str(tmp_path / "settings.toml"))
    box = Appliance(tmp_path, settings, [])
    driver = choose.translator(languages.BY_NAME["zpl"], (), False)
    driver.preferences = box._preferences
    settings.set("label-size", "50x25mm")
    driver.follow()
    assert driver.capabilities.media_default == "om_label_50x25mm"
    settings.set("label-size", "")
    driver.follow()
    assert driver.capabilities.media_default == "om_label_100x150mm"


@pytest.mark.parametrize("text", ["100x150", "0x5mm", "x5mm", "1000x5mm", "10x10cm", "10.123x5mm"])
def test_a_label_size_that_is_none_is_refused(text):
    with pytest.raises(SettingError, match="100x150mm or 4x6in"):
        parse("label-size", text)
