"""Kinds of values that settings have: how each is read from a text, checked, and shown."""

import re
from typing import Any, Union

Value = Union[bool, int, str, "tuple[str, ...]"]

SWITCH_WORDS = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


class Switch:
    """On or off."""

    allowed = "on or off"

    def parse(self, text: str) -> Value:
        """Return the value that `text` means; the text itself when it means none."""
        return SWITCH_WORDS.get(text.strip().lower(), text)

    def holds(self, value: object) -> bool:
        """Return whether `value` is allowed."""
        return isinstance(value, bool)

    def show(self, value: Any) -> str:
        """Return the text that `parse` reads back as `value`."""
        return "on" if value else "off"


class Number:
    """A whole number within a range; `unit` is what it counts."""

    def __init__(self, low: int, high: int, unit: str = ""):
        self.low, self.high = low, high
        self.allowed = f"a whole number from {low} to {high}" + (f" ({unit})" if unit else "")

    def parse(self, text: str) -> Value:
        """Return the value that `text` means; the text itself when it means none."""
        return int(text) if re.fullmatch(r"\s*-?[0-9]{1,18}\s*", text) else text

    def holds(self, value: object) -> bool:
        """Return whether `value` is allowed."""
        return type(value) is int and self.low <= value <= self.high  # a bool is an int, but not a number here

    def show(self, value: Any) -> str:
        """Return the text that `parse` reads back as `value`."""
        return str(value)


class Choice:
    """One of a few words."""

    def __init__(self, *words: str):
        self.words = words
        self.allowed = ", ".join(words[:-1]) + " or " + words[-1]

    def parse(self, text: str) -> Value:
        """Return the value that `text` means."""
        return text.strip().lower()

    def holds(self, value: object) -> bool:
        """Return whether `value` is allowed."""
        return value in self.words

    def show(self, value: Any) -> str:
        """Return the text that `parse` reads back as `value`."""
        return str(value)


class Text:
    """A text that matches a pattern, of so many octets of UTF-8 at most; `allowed` says so in words."""

    def __init__(self, pattern: str, octets: int, allowed: str):
        self._matches = re.compile(pattern).fullmatch
        self._octets = octets
        self.allowed = allowed

    def parse(self, text: str) -> Value:
        """Return the value that `text` means."""
        return text.strip()

    def holds(self, value: object) -> bool:
        """Return whether `value` is allowed."""
        return isinstance(value, str) and bool(self._matches(value)) and len(value.encode()) <= self._octets

    def show(self, value: Any) -> str:
        """Return the text that `parse` reads back as `value`."""
        return str(value)


class Secret(Text):
    """A text that is written and never shown."""

    def show(self, value: Any) -> str:
        """Return whether there is one; this text itself is not allowed as a value, for its blank."""
        return "(is set)" if value else ""


class Texts:
    """Any number of texts of one kind, separated by commas where people write them."""

    def __init__(self, each: Text):
        self._each = each
        self.allowed = f"{each.allowed}; several are separated by commas"

    def parse(self, text: str) -> Value:
        """Return the value that `text` means."""
        return tuple(part.strip() for part in text.split(",") if part.strip())

    def holds(self, value: object) -> bool:
        """Return whether `value` is allowed."""
        return isinstance(value, tuple) and all(self._each.holds(part) for part in value)

    def show(self, value: Any) -> str:
        """Return the text that `parse` reads back as `value`."""
        return ", ".join(value)


class Keyed(Texts):
    """Texts with keys behind colons, which are written and never shown."""

    def show(self, value: Any) -> str:
        """Return the texts without their keys."""
        return ", ".join(re.sub(r":[0-9a-f]+", "", each) for each in value)
