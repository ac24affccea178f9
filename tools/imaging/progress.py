"""How far a build is, and how long it will still take: as long as the last one of its kind did."""

import json
import time
from collections.abc import Callable
from pathlib import Path

SHOWN_S = 5  # less time than this is not told


class Progress:
    """Tells of stages as they begin. kept: the file with how long each took the last time."""

    def __init__(
        self, stages: list[str], kept: Path, say: Callable[[str], None], now: Callable[[], float] = time.monotonic
    ):
        self._stages = stages
        self._kept = kept
        self._say = say
        self._now = now
        self._began = self._stage_began = now()
        self._took = dict(self._remembered())
        self._current = ""

    def begin(self, stage: str) -> None:
        """Tell that a stage begins."""
        self._end()
        self._current = stage
        number = self._stages.index(stage)
        self._say(f"[{number + 1}/{len(self._stages)}] {stage}{self._left(self._stages[number:])}")

    def done(self, what: str) -> None:
        """Tell what came of it, and keep how long it took."""
        self._end()
        self._kept.write_text(json.dumps(self._took))
        self._say(f"{what}, after {words(self._now() - self._began)}")

    def _end(self) -> None:
        if self._current:
            self._took[self._current] = round(self._now() - self._stage_began, 1)
        self._stage_began = self._now()

    def _left(self, stages: list[str]) -> str:
        if not all(stage in self._took for stage in stages):
            return ""
        seconds = sum(self._took[stage] for stage in stages)
        return f" (about {words(seconds)} left)" if seconds >= SHOWN_S else ""

    def _remembered(self) -> dict[str, float]:
        try:
            told = json.loads(self._kept.read_text())
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}


def words(seconds: float) -> str:
    """Return a time as people say it."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
