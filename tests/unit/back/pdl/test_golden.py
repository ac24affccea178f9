"""Pages that a person has looked at once look so still; tests/fakes/golden.py tells how they are made."""

import pytest

from tests.fakes import golden, pages


@pytest.mark.parametrize("name", golden.GOLD)
def test_pages_look_as_they_did_when_they_were_looked_at(name: str) -> None:
    made = golden.GOLD[name]()
    width, height, wanted = pages.read_png((golden.FOLDER / f"{name}.png").read_bytes())
    assert (made.width, made.height, len(made.pixels)) == (width, height, len(wanted))
    different = sum(one != other for one, other in zip(made.pixels, wanted))
    assert different <= made.differing * len(wanted)
