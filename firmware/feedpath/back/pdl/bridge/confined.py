"""The process that becomes a driver's program: it shuts itself in first, so that nothing of ours runs before that.

Its words are what it may use, as name=value, then "--", the program's path and the program's words, of which the first
is what it is called. It says what does not hold in a line on the standard error.
"""

import ctypes
import os
import sys

from feedpath.back.pdl import sandbox

IGNORED = (13, 25)  # SIGPIPE and SIGXFSZ, which Python ignores, and a program that it becomes would, too
BACK_CHANNEL, SIDE_CHANNEL = 3, 4
CANNOT_RUN = 127
MISSING = "MISSING"  # the kind of the line


def main() -> None:
    """Become the program."""
    start = sys.argv.index("--")
    told = dict(word.split("=", 1) for word in sys.argv[1:start])
    program, *words = sys.argv[start + 1 :]
    _open_channels()
    held = sandbox.enter(_bounds(told))
    missing = [name for name in sandbox.MEASURES if name not in held]
    if missing:
        _say(f"{MISSING}: {' '.join(missing)}")
    if "limits" not in held or "nobody" not in held:
        sys.exit(CANNOT_RUN)
    for number in IGNORED:
        ctypes.CDLL(None).signal(number, None)
    try:
        os.execve(program, words, os.environ)
    except OSError as error:
        _say(str(error.strerror))
        sys.exit(CANNOT_RUN)


def _bounds(told: "dict[str, str]") -> sandbox.Bounds:
    """Return what the program may use."""
    return sandbox.Bounds(
        memory_bytes=int(told["memory"]),
        cpu_s=int(told["cpu"]),
        files=int(told["files"]),
        file_bytes=int(told["bytes"]),
        processes=int(told["processes"]),
        user=int(told["user"]),
        readable=(),
        runnable=(*sandbox.INSTALLED, *told["runnable"].split(os.pathsep)),
        writable=(told["folder"],),
        refused=sandbox.OWN_PROGRAMS,
        dies_with_parent=True,
    )


def _open_channels() -> None:
    """Give the program a back and a side channel on which nobody ever says anything."""
    for channel, mode in ((BACK_CHANNEL, os.O_RDONLY), (SIDE_CHANNEL, os.O_RDWR)):
        nobody = os.open(os.devnull, mode)
        if nobody != channel:
            os.dup2(nobody, channel)
            os.close(nobody)
        os.set_inheritable(channel, True)


def _say(line: str) -> None:
    os.write(2, line.encode() + b"\n")
