"""A build tells its stages, and from the last build how long it will take."""

from pathlib import Path

from tools.imaging.progress import Progress, words

STAGES = ["Fetching", "Packing"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def built(kept: Path, *durations: float) -> list[str]:
    """Go through all stages; return what was told."""
    told: list[str] = []
    clock = Clock()
    progress = Progress(STAGES, kept, told.append, clock)
    for stage, seconds in zip(STAGES, durations):
        progress.begin(stage)
        clock.now += seconds
    progress.done("Made it")
    return told


def test_the_second_build_says_how_long_it_will_take(tmp_path: Path) -> None:
    first = built(tmp_path / "times", 20, 70)
    assert first == ["[1/2] Fetching", "[2/2] Packing", "Made it, after 1 min 30 s"]
    assert built(tmp_path / "times", 2, 3) == [
        "[1/2] Fetching (about 1 min 30 s left)", "[2/2] Packing (about 1 min 10 s left)", "Made it, after 5 s",
    ]  # fmt: skip


def test_a_remembrance_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "times").write_text("[1,")
    assert built(tmp_path / "times", 1, 1)[0] == "[1/2] Fetching"


def test_seconds_are_carried_into_minutes() -> None:
    assert [words(seconds) for seconds in (0.4, 59.6, 61)] == ["0 s", "1 min 0 s", "1 min 1 s"]
