"""The numbers and letters of the line printer daemon protocol: RFC 1179."""

from typing import NamedTuple

PRINT_WAITING, RECEIVE_JOB, SHORT_STATE, LONG_STATE, REMOVE_JOBS = range(1, 6)  # 5
ABORT_JOB, CONTROL_FILE, DATA_FILE = range(1, 4)  # 6
ACCEPTED, REFUSED = b"\0", b"\1"  # 3.1: any octet but zero refuses

ANY = "application/octet-stream"  # what it is, its first bytes tell
RAW = "application/vnd.cups-raw"  # for the machine as it is
TEXT = "text/plain"
POSTSCRIPT = "application/postscript"

# Counts of senders that do not know it: the connection's end is the file's. 6.3 has 0; CUPS, backend/lpd.c: 2147483647
# and 999999999999; what Windows sends without LPR byte counting is larger yet, and so is no file.
UNCOUNTED = (0, 2147483647)
UNCOUNTED_FROM = 999_999_999_999


class Print(NamedTuple):
    """How files are printed that a letter names: what they are where their beginning has no mark; whether text counts
    for one, which else goes to the machine as it is.
    """

    letter: str
    unmarked: str
    text: bool


PRINTS = (  # 7.17 to 7.28; clients send languages of printers with f as well, as their servers hardly ever filtered
    Print("f", RAW, True),
    Print("l", RAW, False),
    Print("o", POSTSCRIPT, False),
    Print("p", TEXT, True),
)
PRINT = {row.letter: row for row in PRINTS}
WORDS = {"H": "host", "J": "name", "P": "user", "T": "title"}  # 7.2, 7.4, 7.8, 7.10; the class is for banners only
SOURCE = "N"  # 7.7: one for each file
