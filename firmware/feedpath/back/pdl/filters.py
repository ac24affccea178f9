"""Drivers of CUPS at work: their filter programs, fed with raster and asked for what the machine takes.

The contract is CUPS's filter(7): words and environment, the document on the standard input, the machine's bytes on the
standard output, a line a message on the standard error, a back channel on descriptor 3 and a side channel on 4, both
empty here. A program is old C that reads what strangers sent: it runs as nobody, in a session and a folder of its own,
with limits, and is watched. One thread does it all: it feeds, takes and waits in one place.
"""

import os
import pwd
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

from feedpath.back.pdl.ppd import RASTER, Ppd
from feedpath.core.ring import Closed

PIECE_BYTES = 64 * 1024  # what a pipe holds
LINE_BYTES = 4096  # of a message; the rest of a longer one is left out
FREE_BYTES = 16 * 1024 * 1024  # output before its proportion to the input counts
MOST_GROWTH = 8  # times: no language of a printer makes more of its raster
MOST_PROGRAMS = 3
LOOK_S = 0.25  # how long it waits before it looks whether it is still wanted
USER = "nobody"
PRINTER = "printer"  # what a program is told that its printer is called

# The shell keeps descriptors 3 and 4 and sets limits, so that nothing of ours runs between fork and exec. In its
# units: 512 bytes of files, KiB of memory, seconds, descriptors.
START = 'ulimit -c 0; ulimit -f {files}; ulimit -v {memory}; ulimit -t {seconds}; ulimit -n {open}; ' \
        'exec "$0" "$@" 3</dev/null 4<>/dev/null'  # fmt: skip
NOT_FOUND = (126, 127)  # exit codes of a shell that could not run the program


class FilterFailed(Exception):
    """A driver's program failed; the message is a sentence for people."""


class Message(NamedTuple):
    """A line that a program wrote. kind: DEBUG, INFO, ERROR, STATE, PAGE, ATTR, ...; "" for other lines."""

    kind: str
    text: str


KINDS = ("ALERT", "ATTR", "CRIT", "DEBUG", "DEBUG2", "EMERG", "ERROR", "INFO", "NOTICE", "PAGE", "PPD", "STATE",
         "WARNING")  # fmt: skip
FAULTS = ("ALERT", "CRIT", "EMERG", "ERROR")


class Limits(NamedTuple):
    """How much a program may take. patience_s: without input taken or output given; grace_s: between its signals."""

    patience_s: float = 120.0
    grace_s: float = 3.0
    memory_bytes: int = 1024 * 1024 * 1024
    file_bytes: int = 256 * 1024 * 1024
    cpu_s: int = 3600
    descriptors: int = 64
    free_bytes: int = FREE_BYTES
    growth: int = MOST_GROWTH


class Host(NamedTuple):
    """Where programs run.

    prepare: called in the new process, as its user, just before the program: for a sandbox. stopped: whether nobody
    wants the output any more; then Closed is raised soon.
    """

    filters: str = "/usr/lib/cups/filter"
    server_bin: str = "/usr/lib/cups"
    data: str = "/usr/share/cups"
    limits: Limits = Limits()
    tell: "Callable[[Message], None] | None" = None
    prepare: "Callable[[], None] | None" = None
    clock: "Callable[[], float]" = time.monotonic
    user: str = USER
    stopped: "Callable[[], bool]" = lambda: False


class Job(NamedTuple):
    """What a program is told of a job. options: words as of lp's -o."""

    id: int = 1
    user: str = "anonymous"
    title: str = "document"
    copies: int = 1
    options: str = ""
    type: str = RASTER


def run(
    programs: "list[str]", document: "Iterable[bytes | memoryview]", job: Job, ppd: Ppd, host: Host
) -> "Generator[bytes, None, None]":
    """Yield what the last of `programs` writes, each of which reads the one before it; raise FilterFailed.

    Whatever happens, also when nobody asks for more: the programs are ended, and their folder is removed.
    """
    if not 0 < len(programs) <= MOST_PROGRAMS:
        raise ValueError(f"A chain has 1 to {MOST_PROGRAMS} programs, not {len(programs)}.")
    with ExitStack() as stack:
        chain = _Chain(host)
        stack.callback(chain.end)
        folder = tempfile.mkdtemp(prefix="driver-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        chain.start(programs, job, ppd, folder)
        yield from chain.work(iter(document))


def parse(line: bytes) -> Message:
    """Return what a line of the standard error says."""
    text = line.decode("utf-8", "replace").strip()
    kind, colon, rest = text.partition(":")
    return Message(kind, rest.strip()) if colon and kind in KINDS else Message("", text)


class _Process:
    """One program: its process, its messages so far."""

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]"):
        self.name = name
        self.popen = popen
        self.ended = os.pidfd_open(popen.pid)
        self.line = b""
        self.fault = ""

    def heard(self, piece: bytes, tell: "Callable[[Message], None] | None") -> None:
        """Take some of the standard error."""
        *lines, rest = (self.line + piece).split(b"\n")
        self.line = rest[:LINE_BYTES]
        for line in filter(None, lines):
            message = parse(line[:LINE_BYTES])
            if message.kind in FAULTS:
                self.fault = message.text
            if tell is not None:
                tell(message)

    def signal(self, number: int) -> None:
        """Send a signal to the program and all that it started."""
        try:
            os.killpg(self.popen.pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # all have ended

    def exit(self) -> int:
        """End what the program started and left behind; return its exit code, once it has exited."""
        if self.popen.returncode is None:
            self.signal(signal.SIGKILL)  # while its number is still its own
        return self.popen.wait()

    def close(self) -> None:
        """Free what is held for a program that has ended."""
        self.exit()
        for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if stream is not None:
                stream.close()
        os.close(self.ended)


class _Chain:
    """Programs that read one another, at work."""

    def __init__(self, host: Host):
        self._host = host
        self._limits = host.limits
        self._processes: list[_Process] = []
        self._selector = selectors.DefaultSelector()
        self._took = 0
        self._gave = 0
        self._moved = host.clock()

    def start(self, programs: "list[str]", job: Job, ppd: Ppd, folder: str) -> None:
        """Start the programs; raise FilterFailed where that cannot be done."""
        _furnish(folder, programs, ppd)
        account = _account(self._host)
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
        before: IO[bytes] | None = None
        for number, path in enumerate(programs):
            name = os.path.basename(path)
            environment = _environment(self._host, job, folder, f"{folder}/{number}")
            words = [str(job.id), job.user, job.title, str(job.copies), job.options]
            try:
                popen = _spawn(self._host, words, environment, folder, before, account)
            except (OSError, subprocess.SubprocessError) as error:
                raise FilterFailed(f"{name} cannot be started: {error}.") from error
            if before is not None:
                before.close()
            self._processes.append(_Process(name, popen))
            before = popen.stdout

    def work(self, document: "Iterator[bytes | memoryview]") -> "Iterator[bytes]":
        """Yield what comes out while the document goes in; raise FilterFailed."""
        first, last = self._processes[0], self._processes[-1]
        source, result = _stream(first.popen.stdin), _stream(last.popen.stdout)
        self._listen(source, result)
        rest = memoryview(b"")
        while result.fileno() in self._selector.get_map():
            for stream in self._ready():
                if stream is source:
                    rest = self._feed(source, rest, document)
                elif stream is result:
                    yield from self._result(result)
                else:
                    self._hear(stream)
        self._finish()

    def _listen(self, source: "IO[bytes]", result: "IO[bytes]") -> None:
        os.set_blocking(source.fileno(), False)
        self._selector.register(source, selectors.EVENT_WRITE, source)
        for stream in (result, *(_stream(process.popen.stderr) for process in self._processes)):
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ, stream)

    def _ready(self) -> "list[IO[bytes]]":
        """Wait for a stream; raise FilterFailed when nothing has moved for too long, Closed when nobody waits."""
        heard = {process.popen.stderr for process in self._processes}
        while not self._host.stopped():
            left = self._moved + self._limits.patience_s - self._host.clock()
            ready = [key.data for key, _ in self._selector.select(max(0.0, min(left, LOOK_S)))]
            if left < 0 and heard.issuperset(ready):
                raise FilterFailed(
                    f"{self._names()} took nothing and gave nothing for {self._limits.patience_s:g} seconds; "
                    f"it had taken {self._took} bytes and given {self._gave}."
                )
            if ready:
                return ready
        raise Closed

    def _feed(self, source: "IO[bytes]", rest: memoryview, document: "Iterator[bytes | memoryview]") -> memoryview:
        """Give the program what it takes; return what it left."""
        if not rest:
            rest = _bytes_of(next(document, b""))
            self._moved = self._host.clock()  # what took so long was not the program
        try:
            count = os.write(source.fileno(), rest) if rest else 0
        except BlockingIOError:
            return rest
        except BrokenPipeError:
            count = 0
        if not count:  # the document's end, or the program wants no more: its exit tells whether that is well
            self._selector.unregister(source)
            source.close()
        self._took += count
        self._moved = self._host.clock()
        return rest[count:]

    def _result(self, result: "IO[bytes]") -> "Iterator[bytes]":
        """Yield what the program wrote; raise FilterFailed when it is out of all proportion."""
        try:
            piece = os.read(result.fileno(), PIECE_BYTES)
        except BlockingIOError:
            return
        if not piece:
            self._selector.unregister(result)
            return
        self._gave += len(piece)
        if self._gave > self._limits.free_bytes + self._limits.growth * self._took:
            raise FilterFailed(f"{self._names()} wrote {self._gave} bytes for the {self._took} that it took.")
        yield piece
        self._moved = self._host.clock()  # not before: who takes the bytes may take their time

    def _hear(self, stream: "IO[bytes]") -> None:
        process = next(one for one in self._processes if one.popen.stderr is stream)
        try:
            piece = os.read(stream.fileno(), PIECE_BYTES)
        except BlockingIOError:
            return
        if not piece:
            self._selector.unregister(stream)
        process.heard(piece or b"\n", self._host.tell)

    def _finish(self) -> None:
        """Wait for the programs to exit; raise FilterFailed unless all is well."""
        for process in self._processes:
            self._drain(process)
            if not _exited(process, self._limits.grace_s):
                raise FilterFailed(f"{process.name} closed its output and did not exit.")
            self._drain(process)
        codes = [(process, process.exit()) for process in self._processes]
        failed = [(process, code) for process, code in codes if code]
        # One that lost its reader did nothing wrong.
        blamed = [one for one in failed if one[1] != -signal.SIGPIPE] or failed
        if blamed:
            raise FilterFailed(_sentence(*blamed[0]))

    def _drain(self, process: _Process) -> None:
        """Hear what a program still said."""
        stream = _stream(process.popen.stderr)
        if stream.fileno() in self._selector.get_map():
            self._hear(stream)

    def _names(self) -> str:
        return " | ".join(process.name for process in self._processes)

    def end(self) -> None:
        """End what still runs: asked first, then killed; free all that is held."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self._processes:
                if not _exited(process, 0):
                    process.signal(number)
            for process in self._processes:
                _exited(process, self._limits.grace_s)
        for process in self._processes:
            process.close()
        self._selector.close()


def _stream(stream: "IO[bytes] | None") -> "IO[bytes]":
    if stream is None:
        raise ValueError("The stream is no pipe.")
    return stream


def _bytes_of(piece: "bytes | memoryview") -> memoryview:
    return memoryview(piece).cast("B")


def _exited(process: _Process, within_s: float) -> bool:
    """Return whether a program exits within so many seconds."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.ended, selectors.EVENT_READ)
        return bool(selector.select(within_s))


def _sentence(process: _Process, code: int) -> str:
    """Return why a program failed, for people."""
    if code < 0:
        return f"{process.name} crashed with {signal.Signals(-code).name}."
    if code in NOT_FOUND and not process.fault:
        return f"{process.name} cannot be run: {process.line.decode('utf-8', 'replace').strip() or 'not executable'}."
    return f"{process.name} gave up: {process.fault or f'it exited with code {code} and said nothing'}."


def _account(host: Host) -> "pwd.struct_passwd | None":
    """Return whom the programs run as, None where we cannot change that."""
    return pwd.getpwnam(host.user) if os.geteuid() == 0 else None


def _furnish(folder: str, programs: "list[str]", ppd: Ppd) -> None:
    """Put the driver where its programs look for it, and their names: each is called as its printer.

    Some ask libcups for the PPD of the printer that they are called after: it finds that in CUPS_SERVERROOT.
    """
    Path(folder, "ppd").mkdir()
    Path(folder, "ppd", f"{PRINTER}.ppd").write_bytes(ppd.source)
    for number, path in enumerate(programs):
        Path(folder, str(number)).mkdir()
        Path(folder, str(number), PRINTER).symlink_to(path)


def _environment(host: Host, job: Job, folder: str, program: str) -> "dict[str, str]":
    return {
        "CHARSET": "utf-8",
        "CONTENT_TYPE": job.type,
        "CUPS_CACHEDIR": folder,
        "CUPS_DATADIR": host.data,
        "CUPS_FONTPATH": f"{host.data}/fonts",
        "CUPS_SERVER": "localhost",
        "CUPS_SERVERBIN": host.server_bin,
        "CUPS_SERVERROOT": folder,
        "CUPS_STATEDIR": folder,
        "DEVICE_URI": "file:/dev/null",
        "FINAL_CONTENT_TYPE": "printer/printer",
        "HOME": folder,
        "LANG": "C.UTF-8",
        "PATH": f"{program}:{host.filters}:/usr/bin:/bin",
        "PPD": f"{folder}/ppd/{PRINTER}.ppd",
        "PRINTER": PRINTER,
        "PRINTER_INFO": PRINTER,
        "PRINTER_LOCATION": "",
        "SOFTWARE": "feedpath",
        "TMPDIR": folder,
        "USER": job.user,
    }


def _spawn(
    host: Host,
    words: "list[str]",
    environment: "Mapping[str, str]",
    folder: str,
    source: "IO[bytes] | None",
    account: "pwd.struct_passwd | None",
) -> "subprocess.Popen[bytes]":
    limits = host.limits
    script = START.format(
        files=limits.file_bytes // 512,
        memory=limits.memory_bytes // 1024,
        seconds=limits.cpu_s,
        open=limits.descriptors,
    )
    plain = [word.replace("\0", "") for word in words]
    return subprocess.Popen(
        ["/bin/sh", "-c", script, PRINTER, *plain],
        stdin=source or subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=folder,
        bufsize=0,
        start_new_session=True,
        preexec_fn=host.prepare,  # noqa: PLW1509 - a sandbox's, which knows what it may do there
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
