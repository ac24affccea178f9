"""Puts the system's clock on by the seconds on the standard input: all that a unit with the right to it does."""

import math
import sys
import time
from collections.abc import Callable
from typing import IO

MOST_CHARACTERS = 32
FIRST, LAST = 1_700_000_000, 4_102_444_800  # what a clock may say: from 2023, in which no firmware of ours was, to 2100


def main(asked: "IO[str]" = sys.stdin, set: "Callable[[int, float], None]" = time.clock_settime) -> int:
    """Do it; return the exit status."""
    told = asked.read(MOST_CHARACTERS)
    try:
        later = time.time() + float(told)
    except ValueError:
        later = math.nan
    if not FIRST <= later <= LAST:
        sys.stderr.write(f"the clock is not put on by {told!r} seconds\n")
        return 1
    set(time.CLOCK_REALTIME, later)
    return 0


if __name__ == "__main__":
    sys.exit(main())
