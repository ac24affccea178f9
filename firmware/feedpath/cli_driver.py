"""`feedpath driver`: which drivers fit a printer, which one it gets, and the options that only that driver knows."""

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

from feedpath.cli import USAGE, Failure, Verbs, ask, plain, say

INDEX_S = 90.0  # what is installed is read anew when it has changed: programs are asked, which small boards do slowly
EPILOG = """A driver is automatic (what fits best), raw (documents go to the printer as they are), a language that
feedpath writes (postscript, pcl5, pwg, urf, escpos, zpl), or one of CUPS' drivers that is installed
on this computer, by its name or address. More of these come as Debian packages (printer-driver-...).

examples:
  feedpath driver list                        what fits; * is in use, automatic is what is taken without a choice
  feedpath driver list --all brother 2270     all that is installed and called so
  feedpath driver use Office pcl5             print in PCL 5 from the next job on
  feedpath driver use Office automatic        take back what was chosen
  feedpath driver options Office              options that only this driver knows
  feedpath driver set Office Density=4        set one for all jobs; Density= sets it back
  feedpath driver test Office                 print a test page
"""


def add(commands: Any) -> None:
    """Add the command and its verbs."""
    verbs = Verbs(commands, "driver", "list, choose and set up printers' drivers", EPILOG)
    listing = verbs.add("list", list_drivers, "list the drivers that fit a printer, or those called so")
    listing.add_argument("--all", action="store_true", help="all that can be had, whether they fit or not")
    listing.add_argument("words", nargs="*", metavar="[PRINTER] [WORDS]", help="a printer's name; words to search")
    using = verbs.add("use", use_driver, "give a printer another driver")
    using.add_argument("printer", metavar="PRINTER")
    using.add_argument("driver", nargs="+", metavar="DRIVER", help="automatic, raw, a language, or a driver's name")
    verbs.add("options", list_options, "list the options that only a printer's driver knows").add_argument(
        "printer", metavar="PRINTER"
    )
    setting = verbs.add("set", set_options, "set options of a printer's driver for all jobs")
    setting.add_argument("printer", metavar="PRINTER")
    setting.add_argument("options", nargs="+", metavar="OPTION=CHOICE", help="OPTION= sets it back to its default")
    verbs.add("test", print_test, "print a test page").add_argument("printer", metavar="PRINTER")


def list_drivers(chosen: argparse.Namespace) -> None:
    """List what fits a printer, or all that is called so."""
    printer, words = _printer_and_words(_printers(chosen), chosen.words)
    answer = _about(chosen, printer, words, chosen.all)
    if chosen.json:
        say(json.dumps(answer, indent=2))
        return
    used = answer["driver"]
    say(plain(f"{printer['name']}: {used['title']}. {used['why']}"))
    if used["lost"]:
        say(plain(used["lost"]))
    if not answer["fits"]:
        say(f"Nothing that can be had is called {' '.join(words)}.")
    for fit in answer["fits"]:
        mark = "*" if fit["choice"] == used["choice"] else " "
        automatic = "  automatic" if fit["automatic"] else ""
        say(plain(f"{mark} {fit['score'] or '-':>3}  {fit['title']}  ({fit['choice']}){automatic}"))
        if fit["score"] or not (words or chosen.all):
            say(plain(f"       {fit['why']}"))


def use_driver(chosen: argparse.Namespace) -> None:
    """Give a printer another driver."""
    printer = _printer(_printers(chosen), chosen.printer)
    body = {"printer": printer["uuid"], "driver": " ".join(chosen.driver)}
    answer = ask(chosen, "POST", "/api/driver", body, INDEX_S)
    used = answer["driver"]
    say(json.dumps(answer, indent=2) if chosen.json else plain(f"{printer['name']}: {used['title']}. {used['why']}"))


def list_options(chosen: argparse.Namespace) -> None:
    """List the options that only a printer's driver knows; one that is set is marked."""
    printer = _printer(_printers(chosen), chosen.printer)
    options = _about(chosen, printer)["options"]
    if chosen.json:
        say(json.dumps(options, indent=2))
        return
    if not options:
        say(plain(f"The driver of {printer['name']} has no options of its own."))
    for option in options:
        mark = "" if option["value"] == option["default"] else "  *"
        say(plain(f"{option['name']}={option['value']}{mark}  {option['title']}"))
        for name, title in option["choices"]:
            say(plain(f"    {name}  {title if title != name else ''}".rstrip()))


def set_options(chosen: argparse.Namespace) -> None:
    """Set options of a printer's driver for all jobs."""
    fields = {}
    for assignment in chosen.options:
        name, equals, choice = assignment.partition("=")
        if not equals or not name:
            raise Failure(f"OPTION=CHOICE is wanted, not {assignment!r}", USAGE)
        fields[f"option.{name}"] = choice
    printer = _printer(_printers(chosen), chosen.printer)
    answer = ask(chosen, "POST", "/api/driver-options", {"printer": printer["uuid"], **fields}, INDEX_S)
    if chosen.json:
        say(json.dumps(answer, indent=2))


def print_test(chosen: argparse.Namespace) -> None:
    """Print a test page."""
    printer = _printer(_printers(chosen), chosen.printer)
    answer = ask(chosen, "POST", "/api/test-page", {"printer": printer["uuid"]})
    say(json.dumps(answer, indent=2) if chosen.json else f"job {answer['job']}")


def _about(
    chosen: argparse.Namespace, printer: "Mapping[str, Any]", words: "Sequence[str]" = (), every: bool = False
) -> Any:
    from urllib.parse import urlencode

    asked = {"words": " ".join(words), **({"all": "1"} if every else {})}
    return ask(chosen, "GET", f"/api/driver/{printer['uuid']}?{urlencode(asked)}", seconds=INDEX_S)


def _printers(chosen: argparse.Namespace) -> "list[dict[str, Any]]":
    printers: list[dict[str, Any]] = ask(chosen, "GET", "/api/status")["printers"]
    if not printers:
        raise Failure("no printer has been plugged in yet")
    return printers


def _find(printers: "Sequence[dict[str, Any]]", name: str) -> "dict[str, Any] | None":
    """Return the printer of that name or uuid, whatever its capitals."""
    small = name.lower()
    return next((printer for printer in printers if small in (printer["name"].lower(), printer["uuid"])), None)


def _printer(printers: "Sequence[dict[str, Any]]", name: str) -> "dict[str, Any]":
    found = _find(printers, name)
    if found is not None:
        return found
    from difflib import get_close_matches

    names = [printer["name"] for printer in printers]
    near = get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there is {', '.join(map(repr, names))}"
    raise Failure(plain(f"there is no printer {name!r}; {hint}"))


def _printer_and_words(
    printers: "Sequence[dict[str, Any]]", words: "Sequence[str]"
) -> "tuple[dict[str, Any], Sequence[str]]":
    """Return the printer that the words begin with, or the only one there is, and the other words."""
    found = _find(printers, words[0]) if words else None
    if found is not None:
        return found, words[1:]
    if len(printers) > 1:
        return _printer(printers, words[0] if words else ""), words[1:]
    return printers[0], words
