"""The part of YAML 1.2 that Raspberry Pi Imager and people write: nested maps and lists, quoted and plain texts.

All values are texts. Anchors, tags, documents after the first and maps in braces are not understood; who needs such a
value gets the text as it stands.
"""

import re
from typing import Any

MOST_DEPTH, MOST_LINE = 16, 4096
KEY = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#\[\]{},-][^"#]*?|-[^\s"#][^"#]*?)\s*:(?:\s+(.*))?""")
ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U000[0-9A-Fa-f]{5}|U0010[0-9A-Fa-f]{4}|.)")
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}
BLOCK = re.compile(r"[|>][+-]?[0-9]?")


class Misread(ValueError):
    """A text is no such YAML; the message says where."""


class _Lines:
    """What is left to read."""

    def __init__(self, text: str):
        self.rows = list(enumerate(text.splitlines(), 1))

    def look(self) -> "tuple[int, str] | None":
        """Return the next line's indentation and what stands there; None at the end."""
        while self.rows and (not (line := self.rows[0][1].strip()) or line.startswith("#")):
            del self.rows[0]
        if not self.rows:
            return None
        number, line = self.rows[0]
        words = line.lstrip(" ")
        if len(line) > MOST_LINE:
            raise Misread(f"line {number} is too long")
        if words.startswith("\t"):
            raise Misread(f"line {number} is indented by a tab")
        return len(line) - len(words), words.rstrip()

    def put(self, indent: int, words: str) -> None:
        """Have the next line read anew as another one."""
        self.rows[0] = (self.rows[0][0], " " * indent + words)

    def wrong(self, what: str) -> Misread:
        """Return the error that the next line is."""
        return Misread(f"line {self.rows[0][0] if self.rows else 'at the end'}: {what}")


def parse(text: str) -> Any:
    """Return the document as dicts, lists and texts; raise Misread."""
    lines = _Lines(text.removeprefix("\ufeff").replace("\n---\n", "\n").removeprefix("---\n"))
    first = lines.look()
    if first is None:
        return {}
    document = _block(lines, first[0], 0)
    if lines.look() is not None:
        raise lines.wrong("it stands farther to the left than what it belongs to")
    return document


def _block(lines: _Lines, indent: int, depth: int) -> Any:
    if depth > MOST_DEPTH:
        raise lines.wrong("it is nested too deep")
    row = lines.look()
    assert row is not None
    return _list(lines, indent, depth) if _is_item(row[1]) else _map(lines, indent, depth)


def _is_item(words: str) -> bool:
    return words == "-" or words.startswith("- ")


def _list(lines: _Lines, indent: int, depth: int) -> "list[Any]":
    found: "list[Any]" = []
    while (row := lines.look()) is not None and row[0] == indent and _is_item(row[1]):
        rest = row[1][1:].lstrip()
        if KEY.fullmatch(rest) or _is_item(rest):
            inner = indent + len(row[1]) - len(rest)
            lines.put(inner, rest)
            found.append(_block(lines, inner, depth + 1))
        else:
            found.append(_value(lines, indent, rest, depth, indent + 1))
    return found


def _map(lines: _Lines, indent: int, depth: int) -> "dict[str, Any]":
    found: "dict[str, Any]" = {}
    while (row := lines.look()) is not None and row[0] == indent and not _is_item(row[1]):
        match = KEY.fullmatch(row[1])
        if match is None:
            raise lines.wrong("a name and a colon are expected here")
        found[str(_scalar(match[1]))] = _value(lines, indent, (match[2] or "").strip(), depth, indent)
    if (row := lines.look()) is not None and row[0] > indent:
        raise lines.wrong("it stands farther to the right than what it belongs to")
    return found


def _value(lines: _Lines, indent: int, words: str, depth: int, list_from: int) -> Any:
    """Return what the next line says after its name or dash. list_from: how far right a list of it begins at least."""
    del lines.rows[0]
    if BLOCK.fullmatch(words):
        return _literal(lines, indent)
    if words and not words.startswith("#"):
        return _scalar(words)
    row = lines.look()
    if row is not None and (row[0] > indent or (row[0] >= list_from and _is_item(row[1]))):
        return _block(lines, row[0], depth + 1)
    return ""


def _literal(lines: _Lines, indent: int) -> str:
    """Return the lines that are indented more."""
    taken: "list[str]" = []
    while lines.rows:
        line = lines.rows[0][1]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            break
        taken.append(lines.rows.pop(0)[1].strip())
    return "\n".join(taken)


def _scalar(words: str) -> Any:
    quoted = re.match(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\']|\'\')*)\'', words)
    if quoted:
        return ESCAPE.sub(_unescaped, quoted[1]) if quoted[1] is not None else quoted[2].replace("''", "'")
    plain = re.split(r"\s#", words, maxsplit=1)[0].strip()
    if plain.startswith("[") and plain.endswith("]"):
        parts = re.findall(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'|[^,\s][^,]*', plain[1:-1])
        return [_scalar(part.strip()) for part in parts]
    return plain


def _unescaped(match: "re.Match[str]") -> str:
    word = match[1]
    return chr(int(word[1:], 16)) if len(word) > 1 else ESCAPES.get(word, word)
