"""Programs that a build needs and does not find are named, with the packages that have them."""

import pytest

from tools.imaging import programs
from tools.trouble import Trouble


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(Trouble) as caught:
        programs.ready({"nothing-like-it": "package-b", "nor-this": "package-a", "sh": "dash"})
    assert str(caught.value).endswith("sudo apt-get install package-a package-b")
    assert "  nor-this               of package-a\n  nothing-like-it        of package-b\n" in str(caught.value)


def test_the_programs_of_administrators_are_found_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "ADMINISTRATORS", ("/bin", "/usr/bin"))
    monkeypatch.setenv("PATH", "/nowhere")
    programs.ready({"sh": "dash"})
