"""Pairwise testing: few cases in which each value of each parameter meets each value of every other one."""

import itertools
from collections.abc import Iterator, Sequence

Choice = tuple[int, object]  # a parameter by its position, and one of its values


def pairwise(*parameters: "Sequence[object]") -> "list[tuple[object, ...]]":
    """Return cases, each with a value of every parameter, that have all pairs of values between them; no fewer."""
    missing = dict.fromkeys(_pairs(parameters))
    cases = []
    while missing:
        case = dict(next(iter(missing)))
        for place in sorted(set(range(len(parameters))) - case.keys(), key=lambda at: -len(parameters[at])):
            case[place] = max(parameters[place], key=lambda value: _gain(case, (place, value), missing))
        for pair in itertools.combinations(sorted(case.items(), key=lambda choice: choice[0]), 2):
            missing.pop(pair, None)
        cases.append(tuple(case[place] for place in range(len(parameters))))
    return cases


def _pairs(parameters: "Sequence[Sequence[object]]") -> "Iterator[tuple[Choice, Choice]]":
    for one, other in itertools.combinations(range(len(parameters)), 2):
        for value, with_value in itertools.product(parameters[one], parameters[other]):
            yield (one, value), (other, with_value)


def _gain(case: "dict[int, object]", choice: Choice, missing: "dict[tuple[Choice, Choice], None]") -> int:
    """Return how many pairs that are missing a value would bring into a case."""
    met = [sorted(((place, value), choice), key=lambda pair: pair[0]) for place, value in case.items()]
    return sum((one, other) in missing for one, other in met)
