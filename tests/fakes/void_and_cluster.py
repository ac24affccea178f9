"""Makes the blue-noise tile of feedpath/back/pdl/bluenoise.py: run as a program, it prints that module's table."""

import base64
import math
import random
import sys

SIZE = 64
SEED = 1
SPREAD = 1.5  # pixels, of the Gaussian that says how near others are: the value that Ulichney found best
REACH = 8  # pixels, where that Gaussian is nothing any more
ONE = 1 << 16  # weights are whole numbers, so that every computer finds the same tile
FIRST_DOTS = 10  # a tenth of the pixels is placed before ranks are given
LINE = 108  # characters


def ranks(size: int, seed: int) -> "list[int]":
    """Return in which place each pixel of a tile turns black: void and cluster (R. Ulichney, SPIE 1913, 1993).

    The filter is linear: what the third phase finds, looking at clusters of white pixels, the second finds too.
    """
    near = _near(size)
    dots = [False] * (size * size)
    crowd = [0] * (size * size)  # how near the dots are

    def turn(at: int) -> None:
        dots[at] = not dots[at]
        sign = 1 if dots[at] else -1
        for to, weight in near[at]:
            crowd[to] += sign * weight

    def cluster() -> int:
        return max((at for at, dot in enumerate(dots) if dot), key=crowd.__getitem__)

    def void() -> int:
        return min((at for at, dot in enumerate(dots) if not dot), key=crowd.__getitem__)

    for at in random.Random(seed).sample(range(size * size), size * size // FIRST_DOTS):
        turn(at)
    while True:  # spread them
        taken = cluster()
        turn(taken)
        put = void()
        turn(put)
        if put == taken:
            break
    placed = [at for at, dot in enumerate(dots) if dot]
    found = [0] * (size * size)
    for rank in range(len(placed) - 1, -1, -1):
        found[cluster()] = rank
        turn(cluster())
    for at in placed:
        turn(at)
    for rank in range(len(placed), size * size):
        at = void()
        found[at] = rank
        turn(at)
    return found


def _near(size: int) -> "list[list[tuple[int, int]]]":
    """Return for each pixel those around it, over the tile's edges too, with their weights."""
    weights = [
        (right, down, round(ONE * math.exp(-(right * right + down * down) / (2 * SPREAD * SPREAD))))
        for down in range(-REACH, REACH + 1)
        for right in range(-REACH, REACH + 1)
    ]
    return [
        [((y + down) % size * size + (x + right) % size, weight) for right, down, weight in weights if weight]
        for y in range(size)
        for x in range(size)
    ]


def thresholds(found: "list[int]") -> bytes:
    """Return what a pixel must be darker than to be black: 255 for the first ranks, 1 for the last."""
    return bytes(255 - rank * 255 // len(found) for rank in found)


def main() -> None:
    """Print the lines of the table."""
    text = base64.b85encode(thresholds(ranks(SIZE, SEED))).decode()
    for at in range(0, len(text), LINE):
        sys.stdout.write(f'    "{text[at : at + LINE]}"\n')


if __name__ == "__main__":
    main()
