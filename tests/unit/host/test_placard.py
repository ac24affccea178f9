"""What a device says about itself on its console and its card."""

from pathlib import Path

import pytest

from feedpath.host import placard
from feedpath.host.placard import Placard, text

CODE = "AAAA-BBBB-CCCC-DDDD"


@pytest.mark.parametrize(
    "port, name, four, six",
    [
        (80, "http://printer.local/", "http://192.0.2.7/", "http://[2001:db8::7]/"),
        (8631, "http://printer.local:8631/", "http://192.0.2.7:8631/", "http://[2001:db8::7]:8631/"),
    ],
)
def test_it_says_where_and_with_which_code(port: int, name: str, four: str, six: str) -> None:
    lines = [line.strip() for line in text("printer", port, CODE, ["192.0.2.7", "2001:db8::7"]).splitlines()]
    assert lines[0].endswith(name) and four in lines and six in lines and lines[-1].endswith(CODE)


def test_without_an_address_it_asks_for_the_cable() -> None:
    assert "is the cable plugged in?" in text("printer", 80, CODE, [])


def test_it_is_written_anew_only_when_it_says_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placard, "addresses", lambda: ["192.0.2.7"])
    hung = Placard(tmp_path / "placard", lambda reached: text("printer", 80, CODE, reached))
    hung._hang()
    first = (tmp_path / "placard").stat().st_ino
    hung._hang()
    assert (tmp_path / "placard").stat().st_ino == first
    monkeypatch.setattr(placard, "addresses", lambda: ["192.0.2.8"])
    hung._hang()
    assert "192.0.2.8" in (tmp_path / "placard").read_text()


def test_addresses_of_this_computer_alone_are_not_told() -> None:
    assert not [one for one in placard.addresses() if one == "::1" or one.startswith(("127.", "fe80"))]
