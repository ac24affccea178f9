"""The drivers that a person can choose from: what fits a machine, what else there is, and what a name means."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from feedpath.back.pdl import languages
from feedpath.back.pdl.choose import AS_IT_IS, AUTOMATIC, LANGUAGE, PDF, RAW, speaks
from feedpath.back.pdl.passthrough import formats
from feedpath.core.driver import Fit
from feedpath.errors import Refused

if TYPE_CHECKING:
    from feedpath.back.pdl.bridge.drivers import Index, Match

SPOKEN = 100  # scores, of 100: our own languages where the machine speaks them
UNTOLD = 0
MOST = 20  # drivers of CUPS that are offered without being asked for
NEAREST = 3
BY_HAND = "It sends documents untouched, for computers that have the printer's own driver."
UNKNOWN = "Nothing says that the printer speaks it."
NAMED = "It is installed; nothing says that it fits."
NOT_THERE = "There is no driver {!r}. {} `feedpath driver list --all WORDS` searches what is installed."
ANY = "A driver is automatic, raw, a language (pcl5, postscript ...), or what feedpath driver list names."


def fits(
    commands: "tuple[str, ...]", device_id: str, index: "Index | None", words: str = "", every: bool = False
) -> "list[Fit]":
    """Return what may fit a machine with these CMD tokens and this device id, the best first, and raw.

    With words, or `every`: all that can be had besides, as far as its name has all the words.
    """
    spoken, why = speaks(commands, device_id)
    found = [Fit(LANGUAGE + language.name, language.title, SPOKEN, why) for language in spoken]
    if index is not None:
        matches = index.matches(device_id) if spoken else _printing(index, device_id)
        found += [Fit(match.entry.uri, match.entry.name, match.score, match.reason) for match in matches[:MOST]]
    untouched = Fit(RAW, AS_IT_IS, UNTOLD, BY_HAND)
    found = [untouched, *found] if PDF in formats(commands) and not spoken else [*found, untouched]
    found[0] = found[0]._replace(automatic=True)
    if not words and not every:
        return found
    known = {fit.choice for fit in found}
    found += [fit for fit in _others(index) if fit.choice not in known]
    wanted = words.lower().split()
    return [fit for fit in found if all(word in f"{fit.title} {fit.choice}".lower() for word in wanted)]


def _printing(index: "Index", device_id: str) -> "list[Match]":
    """Return the drivers that fit, from the first on that can really be used: only that tells what is automatic."""
    from feedpath.back.pdl.bridge import drivers

    matches, usable = index.matches(device_id), drivers.choose(index, device_id)
    return matches[matches.index(usable[0]) :] if usable is not None else []


def _others(index: "Index | None") -> "list[Fit]":
    """Return all that can be had, of which nothing says that it fits."""
    ours = [Fit(LANGUAGE + language.name, language.title, UNTOLD, UNKNOWN) for language in languages.LANGUAGES]
    entries = index.entries if index is not None else ()
    return [*ours, *(Fit(entry.uri, entry.name, UNTOLD, NAMED) for entry in entries if entry.program)]


def find(name: str, index: "Index | None") -> str:
    """Return what stands for the driver that is called so: its choice, or its title; raise Refused with near names."""
    name = " ".join(name.split())
    small = name.lower()
    if small in (AUTOMATIC, RAW):
        return small
    named = {LANGUAGE + language.name: language.title for language in languages.LANGUAGES}
    if index is not None:
        named.update({entry.uri: entry.name for entry in index.entries if entry.program})
    for choice, title in named.items():
        if small in (choice.lower(), choice.removeprefix(LANGUAGE).lower(), title.lower()):
            return choice
    near = _near(small, [*named, *named.values(), AUTOMATIC, RAW, *languages.BY_NAME])
    hint = f"Did you mean {' or '.join(near)}?" if near else ANY
    raise Refused("attributes-or-values-not-supported", NOT_THERE.format(name[:200], hint))


def _near(small: str, names: "Iterable[str]") -> "list[str]":
    """Return names that have all the words, else those that are spelled alike."""
    by_small = {name.lower(): name for name in names}
    words = small.split()
    having = [name for low, name in by_small.items() if words and all(word in low for word in words)]
    if having:
        return sorted(having, key=len)[:NEAREST]
    return [by_small[low] for low in get_close_matches(small[:100], by_small, NEAREST)]
