"""A driver's program as a process: started shut in, heard, and ended with all that it started."""

import itertools
import logging
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from feedpath.back.pdl import sandbox
from feedpath.back.pdl.bridge import confined
from feedpath.back.pdl.bridge.messages import FAULTS, Message, parse

logger = logging.getLogger(__name__)

LINE_BYTES = 4096  # of a message; the rest of a longer one is left out
BLOCK_BYTES = 512  # of st_blocks (stat(3))
PRINTER = "printer"  # what a program is told that its printer is called
MEMORY_LEAST, MEMORY_MOST = 256 * 1024 * 1024, 1024 * 1024 * 1024

# Each job's programs are a user of their own, so that they and other jobs' cannot reach one another. No other program
# is known to use these numbers (systemd, UIDS-GIDS); where a container does not have them it is nobody.
FIRST_USER, USERS = 1879048192, 1 << 16
NOBODY = "nobody"

LAUNCH = "import sys; sys.path.append(sys.argv.pop(1)); from feedpath.back.pdl.bridge import confined; confined.main()"

_turns = itertools.count()
_missing: "set[str]" = set()  # what was told in the log


def half_the_memory() -> int:
    """Return how many bytes of memory a program may have: half of this computer's, within bounds."""
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return max(MEMORY_LEAST, min(half, MEMORY_MOST))


class Limits(NamedTuple):
    """How much a program may take.

    patience_s: without input taken or output given; grace_s: between its signals. memory_bytes, file_bytes, cpu_s and
    descriptors are for each of its processes, folder_bytes for what they put into their folder. Of output free_bytes
    and `growth` times the input are well.
    """

    patience_s: float = 120.0
    grace_s: float = 3.0
    memory_bytes: int = half_the_memory()
    file_bytes: int = 256 * 1024 * 1024
    cpu_s: int = 3600
    descriptors: int = 64
    processes: int = 32
    folder_bytes: int = 512 * 1024 * 1024
    free_bytes: int = 16 * 1024 * 1024
    growth: int = 8  # no language of a printer makes more of its raster


class Place(NamedTuple):
    """Where programs work. folder: theirs to write into. runnable: what they may read and start besides what is usual.

    user: who they are, -1 for who we are.
    """

    folder: str
    runnable: "tuple[str, ...]"
    user: int


def give_away(folder: str) -> int:
    """Make a folder that of a new user; return who that is, -1 where we cannot."""
    if os.geteuid() != 0:
        return -1
    for user in (FIRST_USER + next(_turns) % USERS, pwd.getpwnam(NOBODY).pw_uid):
        with suppress(OSError):
            os.chown(folder, user, user)
            return user
    return -1


def size(folder: str) -> int:
    """Return how many bytes of storage the files in a folder take."""
    found = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it is gone
                found += os.lstat(os.path.join(path, name)).st_blocks * BLOCK_BYTES
    return found


def start(
    path: str, words: "list[str]", environment: "dict[str, str]", place: Place, limits: Limits,
    source: "IO[bytes] | None",
) -> "Process":  # fmt: skip
    """Start a program that reads `source`, else what it is given; raise OSError.

    Between fork and exec nothing of ours runs, as other threads may hold any lock: a small Python shuts itself in and
    becomes the program.
    """
    bounds = {
        "memory": limits.memory_bytes,
        "cpu": limits.cpu_s,
        "files": limits.descriptors,
        "bytes": limits.file_bytes,
        "processes": limits.processes,
        "user": place.user,
        "folder": place.folder,
        "runnable": os.pathsep.join(place.runnable),
    }
    told = [f"{name}={value}" for name, value in bounds.items()]
    popen = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", LAUNCH, sandbox.PACKAGES, *told, "--", path, PRINTER, *words],
        stdin=source or subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=place.folder,
        bufsize=0,
        start_new_session=True,
    )
    return Process(Path(os.readlink(path)).name, popen)


class Process:
    """A program: its process and what it has said. fault: its last message of an error; said: its last other line."""

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]"):
        self.name = name
        self.fault = self.said = ""
        self.ended = os.pidfd_open(popen.pid)
        self._popen = popen
        self._line = b""

    @property
    def source(self) -> "IO[bytes]":
        """Return the stream that it reads."""
        return _stream(self._popen.stdin)

    @property
    def result(self) -> "IO[bytes]":
        """Return the stream that it writes."""
        return _stream(self._popen.stdout)

    @property
    def messages(self) -> "IO[bytes]":
        """Return the stream that it complains on."""
        return _stream(self._popen.stderr)

    def heard(self, piece: bytes, tell: "Callable[[Message], None] | None") -> None:
        """Take some of what it complains."""
        *lines, rest = (self._line + piece).split(b"\n")
        self._line = rest[:LINE_BYTES]
        for line in filter(None, lines):
            message = parse(line[:LINE_BYTES])
            if message.kind == confined.MISSING:
                _warn(message.text)
                continue
            if message.kind in FAULTS:
                self.fault = message.text
            elif not message.kind:
                self.said = message.text
            if tell is not None:
                tell(message)

    def signal(self, number: int) -> None:
        """Send a signal to the program and all that it started: none of them can leave its session."""
        with suppress(ProcessLookupError, PermissionError):  # all have ended
            os.killpg(self._popen.pid, number)

    def failed(self) -> bool:
        """Return whether it has exited, and not well."""
        state = os.waitid(os.P_PIDFD, self.ended, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return state is not None and (state.si_code != os.CLD_EXITED or state.si_status != 0)

    def exit(self) -> int:
        """End what the program started and left behind; return its exit code, once it has exited."""
        if self._popen.returncode is None:
            self.signal(signal.SIGKILL)  # while its number is still its own
        return self._popen.wait()

    def close(self) -> None:
        """Free what is held for a program that has ended."""
        self.exit()
        for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if stream is not None:
                stream.close()
        os.close(self.ended)

    def sentence(self, code: int) -> str:
        """Return why it failed with that exit code, for people."""
        if code < 0:
            return f"{self.name} crashed with {signal.Signals(-code).name}."
        if code == confined.CANNOT_RUN and not self.fault:
            return f"{self.name} cannot be run: {self.said or 'it does not say why'}."
        said = f" and said: {self.said}" if self.said else " and said nothing"
        return f"{self.name} gave up: {self.fault or f'it exited with code {code}{said}'}."


def _stream(stream: "IO[bytes] | None") -> "IO[bytes]":
    if stream is None:
        raise ValueError("The stream is no pipe.")
    return stream


def _warn(text: str) -> None:
    """Say in the log what does not hold for drivers' programs, once."""
    news = [name for name in text.split() if name in sandbox.MEASURES and name not in _missing]
    if news:
        _missing.update(news)
        logger.warning(
            "printer drivers run without %s: this kernel, or the rights that feedpath has, do not allow it",
            ", ".join(news),
        )
