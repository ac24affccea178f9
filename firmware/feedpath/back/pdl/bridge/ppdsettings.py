"""A driver's own options, which no job asks for in IPP's words: what they are, and what a person set of them."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from feedpath.back.pdl.bridge.ppd import PAGE_REGION, PAGE_SIZE, Option, Ppd
from feedpath.back.pdl.bridge.ppdchoices import (
    COLOR_OPTIONS,
    QUALITY_OPTIONS,
    SIDES_OPTIONS,
    SOURCE_OPTIONS,
    TYPE_OPTIONS,
)
from feedpath.back.pdl.page import Raster, Setup
from feedpath.core.driver import Setting
from feedpath.errors import Refused

ASKED = (PAGE_SIZE, PAGE_REGION, *SIDES_OPTIONS, *COLOR_OPTIONS)  # what each job has a word for, asked or not
ASKABLE = (  # the words of a job that go before what was set, and their values that ask for nothing
    ("quality", (*QUALITY_OPTIONS, "Resolution"), ("", Setup().quality)),
    ("source", (*SOURCE_OPTIONS, "ManualFeed"), ("", Setup().source)),
    ("type", TYPE_OPTIONS, ("", Setup().type)),
)
NEAREST = 3


def settings(ppd: Ppd, choices: "Mapping[str, str]") -> "tuple[Setting, ...]":
    """Return the options that can be set, with what is set of them."""
    return tuple(
        Setting(
            option.keyword,
            option.text,
            tuple((choice.name, choice.text) for choice in option.choices.values()),
            option.default,
            choices.get(option.keyword, option.default),
        )
        for option in _own(ppd)
    )


def adjusted(ppd: Ppd, choices: "Mapping[str, str]", values: "Mapping[str, str]") -> "dict[str, str]":
    """Return what is set after these values, of which "" stands for the default; raise Refused with what is allowed."""
    known = {option.keyword.lower(): option for option in _own(ppd)}
    after = valid(ppd, choices)
    for name, value in values.items():
        option = known.get(name.lower())
        if option is None:
            raise Refused("attributes-or-values-not-supported", _no_option(name, known.values()))
        choice = option.choice(value)
        if value and choice is None:
            raise Refused("attributes-or-values-not-supported", _no_choice(value, option))
        after.pop(option.keyword, None)
        if choice is not None and choice.name != option.default:
            after[option.keyword] = choice.name
    return after


def valid(ppd: Ppd, choices: "Mapping[str, str]") -> "dict[str, str]":
    """Return those of the choices that the driver has: it may have become another one since."""
    own = {option.keyword: option for option in _own(ppd)}
    return {name: choice for name, choice in choices.items() if name in own and choice in own[name].choices}


def usual(choices: "Mapping[str, str]", setup: Setup, raster: "Raster | None" = None) -> "dict[str, str]":
    """Return the choices that hold for a page: not those that the job, or the page, asks for otherwise."""
    page = raster or Raster(0, 0)
    left_out = {
        option
        for word, options, unasked in ASKABLE
        if (getattr(page, word) or getattr(setup, word)) not in unasked
        for option in options
    }
    return {name: choice for name, choice in choices.items() if name not in left_out}


def _own(ppd: Ppd) -> "list[Option]":
    return [option for option in ppd.options.values() if option.keyword not in ASKED and len(option.choices) > 1]


def _no_option(name: str, options: "Iterable[Option]") -> str:
    if name.lower() in {keyword.lower() for keyword in ASKED}:
        return f"{name} is asked by each job, and not set for all of them."
    names = [option.keyword for option in options]
    near = get_close_matches(name[:100], names, NEAREST)
    there = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(names) or 'none'}."
    return f"The driver has no option {name[:100]!r}; {there}"


def _no_choice(value: str, option: Option) -> str:
    return f"{option.keyword} cannot be {value[:100]!r}; it must be {', '.join(option.choices)}."
