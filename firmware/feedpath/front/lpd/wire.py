"""The line printer daemon protocol, from bytes to values: RFC 1179. Names may be longer than it says, within limits."""

from typing import NamedTuple

from feedpath.errors import WireError
from feedpath.front.lpd import table

LINE_MOST = 1024  # octets of a command, or of a line of a control file
WORDS_MOST = 100  # of one command: its queue, users and job numbers
NAME_MOST = 255  # octets of a name that is kept: RFC 8011, 5.1.3
CONTROL_MOST = 64 * 1024
FILES_MOST = 100  # that one control file may name; 52 is what dfA to dfz allow
COPIES_MOST = 999
DIGITS_MOST = 20


class Command(NamedTuple):
    """What a connection is for: 5."""

    code: int
    queue: str
    operands: "tuple[str, ...]"


class Part(NamedTuple):
    """What comes next of a job: 6."""

    code: int
    octets: int
    name: str


class Wanted(NamedTuple):
    """What a control file says of one data file: how it is printed, how often, and the job that it is of."""

    letter: str = "f"
    copies: int = 1
    source: str = ""
    name: str = ""
    user: str = ""
    host: str = ""
    title: str = ""


WORDS = Wanted._fields[3:]  # of the job, which all its files share


def command(line: bytes) -> Command:
    """Return the command of a line without its end; raise WireError."""
    code, operands = _split(line, (table.PRINT_WAITING, table.REMOVE_JOBS))
    words = [text(word) for word in operands.split()]
    if len(words) > WORDS_MOST:
        raise WireError("a command has %d words; %d are allowed" % (len(words), WORDS_MOST))
    return Command(code, words[0] if words else "", tuple(words[1:]))


def part(line: bytes) -> Part:
    """Return the subcommand of a line without its end; raise WireError."""
    code, operands = _split(line, (table.ABORT_JOB, table.DATA_FILE))
    if code == table.ABORT_JOB:
        return Part(code, 0, "")
    count, _, name = operands.strip().partition(b" ")
    if not (count.isdigit() and len(count) <= DIGITS_MOST):
        raise WireError("a file's length is no number of octets: %r" % count[:DIGITS_MOST])
    return Part(code, int(count), _file(name))


def _split(line: bytes, codes: "tuple[int, int]") -> "tuple[int, bytes]":
    """Return code and operands of a line whose code is in a range."""
    if len(line) > LINE_MOST:
        raise WireError("a command of %d octets; %d are allowed" % (len(line), LINE_MOST))
    if not line or not codes[0] <= line[0] <= codes[1]:
        raise WireError("there is no command %r here; there are %d to %d" % (line[:1], *codes))
    return line[0], line[1:]


def text(octets: bytes) -> str:
    """Return octets as text of one line, cut to what is kept: UTF-8, or Latin-1 where it is none."""
    try:
        said = octets.decode()
    except UnicodeDecodeError:
        said = octets.decode("latin-1")
    said = "".join(character if character.isprintable() else " " for character in said).strip()
    return said.encode()[:NAME_MOST].decode(errors="ignore")


def _file(name: bytes) -> str:
    """Return the name of a data or control file, which is looked up and never opened; raise WireError."""
    said = text(name.strip())
    if not said or len(name) > NAME_MOST:
        raise WireError("the name of a file has %d octets; 1 to %d are allowed" % (len(name), NAME_MOST))
    return said


def control(octets: bytes) -> "dict[str, Wanted]":
    """Return what a control file says, by the names of the data files; raise WireError. Unknown lines say nothing: 7.

    A file's own name may stand before or after the lines that print it.
    """
    if len(octets) > CONTROL_MOST:
        raise WireError("a control file of %d octets; %d are allowed" % (len(octets), CONTROL_MOST))
    words: "dict[str, str]" = {}
    files: "dict[str, Wanted]" = {}
    source = last = ""
    for line in octets.split(b"\n"):
        letter, operand = _line(line)
        if letter in table.WORDS:
            words[table.WORDS[letter]] = text(operand)
        elif letter == table.SOURCE and last and not files[last].source:
            files[last] = files[last]._replace(source=text(operand))
        elif letter == table.SOURCE:
            source = text(operand)
        elif letter.islower():
            last = _file(operand)
            files[last] = _printed(files.get(last), letter, source)
            source = ""
        if len(files) > FILES_MOST:
            raise WireError("a control file names more than %d data files" % FILES_MOST)
    return {file: Wanted(*wanted[:3], *(words.get(word, "") for word in WORDS)) for file, wanted in files.items()}


def _line(line: bytes) -> "tuple[str, bytes]":
    if len(line) > LINE_MOST:
        raise WireError("a line of a control file has %d octets; %d are allowed" % (len(line), LINE_MOST))
    line = line.rstrip(b"\r\0")
    return chr(line[0]) if line and line[0] < 0x80 else "", line[1:]


def _printed(before: "Wanted | None", letter: str, source: str) -> Wanted:
    """Return a file with one more line that prints it: a copy more."""
    if before is None:
        return Wanted(letter, 1, source)
    if before.copies == COPIES_MOST:
        raise WireError("a control file asks for more than %d copies" % COPIES_MOST)
    return before._replace(letter=letter, copies=before.copies + 1)
