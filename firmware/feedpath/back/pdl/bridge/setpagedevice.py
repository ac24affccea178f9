"""The PostScript in PPD files, as far as cupsRasterInterpretPPD takes it: `<</key value>>setpagedevice` mostly.

Operators: [ ] << >> { } cleartomark copy dup index pop roll setpagedevice stopped. Procedures are run where they
stand, as `[{ ... } stopped cleartomark` needs (CUPS, raster-interpret.c).
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from feedpath.errors import WireError

Value = int | float | str | tuple[float, ...]

MOST_OBJECTS = 1000  # on the stack
LONGEST_STRING = 63  # and its NUL fill a field of the header
UNSIGNED = 0xFFFFFFFF
FLOAT_MOST = 3.4028234663852886e38  # IEEE 754 binary32

TOKEN = re.compile(
    r"%[^\n\r]*|\s+|(?P<sign><<|>>|[\[\]{}])|\((?P<string>(?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*)\)"
    r"|<(?P<hex>[0-9A-Fa-f]*)>|/(?P<name>[^\s()<>\[\]{}/%]*)|(?P<word>[^\s()<>\[\]{}/%]+)",
    re.DOTALL,
)
NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?")
RADIX = re.compile(r"(\d{1,2})#([0-9A-Za-z]{1,32})")
ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|(\r\n|.))", re.DOTALL)
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\n": "", "\r": "", "\r\n": ""}

STRINGS = ("MediaClass", "MediaColor", "MediaType", "OutputType", "cupsMarkerType", "cupsPageSizeName",
           "cupsRenderingIntent", *(f"cupsString{number}" for number in range(16)))  # fmt: skip
NUMBERS = ("AdvanceDistance", "AdvanceMedia", "CutMedia", "Jog", "LeadingEdge", "MediaPosition", "MediaWeight",
           "NumCopies", "Orientation", "cupsMediaType", "cupsBitsPerColor", "cupsPreferredBitsPerColor",
           "cupsColorOrder", "cupsColorSpace", "cupsCompression", "cupsRowCount", "cupsRowFeed", "cupsRowStep",
           *(f"cupsInteger{number}" for number in range(16)))  # fmt: skip
REALS = ("cupsBorderlessScalingFactor", *(f"cupsReal{number}" for number in range(16)))
BOOLEANS = ("Collate", "Duplex", "InsertSheet", "ManualFeed", "MirrorPrint", "NegativePrint", "OutputFaceUp",
            "Separations", "TraySwitch", "Tumble")  # fmt: skip
PAIRS = ("HWResolution", "PageSize")
ALIASES = {"cupsMediaPosition": "MediaPosition"}


class Name(NamedTuple):
    """A /name."""

    text: str


class Sign(NamedTuple):
    """A bracket of any kind, or null."""

    text: str


Object = float | bool | str | Name | Sign
OPEN, CLOSE, OPEN_DICT, CLOSE_DICT, NULL = Sign("["), Sign("]"), Sign("<<"), Sign(">>"), Sign("null")


def run(code: str, fields: "dict[str, Value]") -> None:
    """Run code and put what it sets into `fields`, by the header's names; raise WireError at what is not understood.

    What was set until then stays. A page's size is set as PageSize, in whole points, and as cupsPageSize.
    """
    stack: list[Object] = []
    at = 0
    while at < len(code):
        token = TOKEN.match(code, at)
        if token is None:
            raise WireError(f"The driver's code has a broken string or bracket at {code[at : at + 20]!r}.")
        at = token.end()
        _take(token, stack, fields)
        if len(stack) > MOST_OBJECTS:
            raise WireError(f"The driver's code has more than {MOST_OBJECTS} objects at once.")


def _take(token: "re.Match[str]", stack: "list[Object]", fields: "dict[str, Value]") -> None:
    kind, text = token.lastgroup, token[token.lastgroup or 0]
    if kind == "sign" and text not in "{}":
        stack.append(Sign(text))
    elif kind == "string":
        stack.append(ESCAPE.sub(_escaped, text)[:LONGEST_STRING])
    elif kind == "hex":
        stack.append(bytes.fromhex(text + "0" * (len(text) % 2)).decode("latin-1")[:LONGEST_STRING])
    elif kind == "name":
        stack.append(Name(text))
    elif kind == "word":
        _word(text, stack, fields)


def _escaped(match: "re.Match[str]") -> str:
    return chr(int(match[1], 8) & 0xFF) if match[1] else ESCAPES.get(match[2], match[2])


def _word(text: str, stack: "list[Object]", fields: "dict[str, Value]") -> None:
    if text in WORDS:
        stack.append(WORDS[text])
    elif NUMBER.fullmatch(text):
        stack.append(float(text))
    elif match := RADIX.fullmatch(text):
        stack.append(_radix(int(match[1]), match[2]))
    elif text == "setpagedevice":
        _setpagedevice(stack, fields)
    elif text in OPERATORS:
        OPERATORS[text](stack)
    else:
        raise WireError(f"The driver's code has the operator {text[:40]!r}, which no raster driver needs.")


def _radix(base: int, digits: str) -> float:
    try:
        return float(int(digits, base))
    except ValueError:
        return 0.0


def _count(stack: "list[Object]", least: int) -> int:
    """Take a number off the stack, for as many objects as there are at most."""
    count = stack.pop() if stack else None
    if not isinstance(count, float) or not least <= count <= MOST_OBJECTS:
        raise WireError("The driver's code counts objects with something that is no count.")
    return int(count)


def _need(stack: "list[Object]", count: int) -> None:
    if count > len(stack):
        raise WireError(f"The driver's code takes {count} objects where {len(stack)} are.")


def _clear_to_mark(stack: "list[Object]") -> None:
    while stack and stack.pop() != OPEN:
        pass


def _copy(stack: "list[Object]") -> None:
    count = _count(stack, 0)
    _need(stack, count)
    stack += stack[len(stack) - count :]


def _dup(stack: "list[Object]") -> None:
    _need(stack, 1)
    stack.append(stack[-1])


def _index(stack: "list[Object]") -> None:
    place = _count(stack, 0) + 1
    _need(stack, place)
    stack.append(stack[-place])


def _pop(stack: "list[Object]") -> None:
    _need(stack, 1)
    stack.pop()


def _roll(stack: "list[Object]") -> None:
    shift = _count(stack, -MOST_OBJECTS)
    count = _count(stack, 0)
    _need(stack, count)
    if count:
        rolled = stack[len(stack) - count :]
        shift %= count
        stack[len(stack) - count :] = rolled[count - shift :] + rolled[: count - shift]


def _go_on(_stack: "list[Object]") -> None:
    pass


WORDS: "dict[str, Object]" = {"true": True, "false": False, "null": NULL}
OPERATORS: "dict[str, Callable[[list[Object]], None]]" = {
    "cleartomark": _clear_to_mark,
    "copy": _copy,
    "dup": _dup,
    "index": _index,
    "pop": _pop,
    "roll": _roll,
    "stopped": _go_on,
}


def _setpagedevice(stack: "list[Object]", fields: "dict[str, Value]") -> None:
    """Take a dictionary off the stack and set its values."""
    if not stack or stack[-1] != CLOSE_DICT or OPEN_DICT not in stack:
        raise WireError("The driver's code has setpagedevice without a dictionary before it.")
    start = len(stack) - 1 - stack[::-1].index(OPEN_DICT)
    objects = stack[start + 1 : -1]
    del stack[start:]
    names = [place for place, item in enumerate(objects) if isinstance(item, Name)]
    for place, end in zip(names, [*names[1:], len(objects)]):
        name = objects[place]
        if isinstance(name, Name):
            _set(ALIASES.get(name.text, name.text), objects[place + 1 : end], fields)


def _set(name: str, value: "list[Object]", fields: "dict[str, Value]") -> None:
    """Set a field if its value is of the field's kind; what is unknown is not for the header."""
    first = value[0] if len(value) == 1 else None
    if isinstance(first, str) and name in STRINGS:
        fields[name] = first
    elif isinstance(first, bool):
        if name in BOOLEANS:
            fields[name] = int(first)
    elif isinstance(first, float) and name in NUMBERS:
        fields[name] = unsigned(first)
    elif isinstance(first, float) and name in REALS:
        fields[name] = real(first)
    elif name in PAIRS and len(value) == 4 and value[0] == OPEN and value[3] == CLOSE:
        _pair(name, value[1], value[2], fields)


def _pair(name: str, first: Object, second: Object, fields: "dict[str, Value]") -> None:
    if isinstance(first, bool) or isinstance(second, bool):
        return
    if isinstance(first, float) and isinstance(second, float):
        fields[name] = (unsigned(first), unsigned(second))
        if name == "PageSize":
            fields["cupsPageSize"] = (real(first), real(second))


def unsigned(number: float) -> int:
    """Return a number as a field of 32 bits has it."""
    return int(number) & UNSIGNED if abs(number) < 2**63 else 0


def real(number: float) -> float:
    """Return a number that a field of binary32 can hold."""
    return number if abs(number) <= FLOAT_MOST else 0.0
