"""Drivers of CUPS at work: their filter programs, fed with raster and asked for what the machine takes.

The contract is CUPS's filter(7): words and environment, the document on the standard input, the machine's bytes on the
standard output, a line a message on the standard error, a back channel on descriptor 3 and a side channel on 4, both
empty here. A program is old C that reads what strangers sent: it is shut in (`confined`), in a session and a folder of
its own, and is watched. One thread takes what it gives and ends it; another feeds it, as the document may be slow.
"""

import os
import select
import selectors
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from feedpath.back.pdl.bridge import program
from feedpath.back.pdl.bridge.messages import Message
from feedpath.back.pdl.bridge.ppd import RASTER, Ppd
from feedpath.back.pdl.bridge.program import PRINTER, Limits, Place, Process
from feedpath.core.ring import Closed

__all__ = ["FilterFailed", "Host", "Job", "Limits", "Message", "run"]

PIECE_BYTES = 64 * 1024  # what a pipe holds
MOST_PROGRAMS = 3
LOOK_TURNS = 256  # pieces that pass before it looks at the folder
LOOK_S = 0.25  # how long it waits before it looks whether it is still wanted


class FilterFailed(Exception):
    """A driver's program failed; the message is a sentence for people."""


class Host(NamedTuple):
    """Where programs run.

    stopped: whether nobody wants the output any more; then Closed is raised soon. cease: called when the programs take
    no more of the document, which is to end then wherever it is.
    """

    filters: str = "/usr/lib/cups/filter"
    server_bin: str = "/usr/lib/cups"
    data: str = "/usr/share/cups"
    limits: Limits = Limits()
    tell: "Callable[[Message], None] | None" = None
    clock: "Callable[[], float]" = time.monotonic
    stopped: "Callable[[], bool]" = lambda: False
    cease: "Callable[[], None]" = lambda: None


class Job(NamedTuple):
    """What a program is told of a job. options: words as of lp's -o; own: the words of a program that is no filter."""

    id: int = 1
    user: str = "anonymous"
    title: str = "document"
    copies: int = 1
    options: str = ""
    type: str = RASTER
    own: "tuple[str, ...]" = ()

    @property
    def words(self) -> "list[str]":
        """Return what stands behind the program's name."""
        return list(self.own) or [str(self.id), self.user, self.title, str(self.copies), self.options]


def run(
    programs: "list[str]", document: "Iterable[bytes | memoryview]", job: Job, ppd: Ppd, host: Host
) -> "Generator[bytes, None, None]":
    """Yield what the last of `programs` writes, each of which reads the one before it; raise FilterFailed.

    Whatever happens, also when nobody asks for more: the programs are ended, and their folder is removed. The document
    is asked in a thread of its own.
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


class _Feeder:
    """The thread that gives a program its document.

    ended: a descriptor that can be read once it has ended; error: what the document raised. waits: whether it waits for
    the document now. took: bytes that the program has taken, at last at `moved`.
    """

    def __init__(self, document: "Iterator[bytes | memoryview]", stream: "IO[bytes]", clock: "Callable[[], float]"):
        self.ended = os.eventfd(0, os.EFD_CLOEXEC)
        self.error: "Exception | None" = None
        self.waits = False
        self.took = 0
        self.moved = clock()
        self._document = document
        self._stream = stream
        self._clock = clock
        self._enough = os.eventfd(0, os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(stream, select.POLLOUT)
        self._poll.register(self._enough, select.POLLIN)
        os.set_blocking(stream.fileno(), False)
        self._thread = threading.Thread(target=self._run, name="driver", daemon=True)
        self._thread.start()

    def stop(self, cease: "Callable[[], None]") -> None:
        """End it. cease: ends the document."""
        os.eventfd_write(self._enough, 1)
        cease()
        self._thread.join()
        os.close(self._enough)
        os.close(self.ended)

    def _run(self) -> None:
        try:
            self._feed()
            self._stream.close()
        except (BrokenPipeError, Closed):
            pass  # the program wants no more, and its exit tells whether that is well; or nobody wants it
        except Exception as error:  # noqa: BLE001 - whatever it is, the other thread raises it
            self.error = error
        finally:
            if isinstance(self._document, Generator):
                self._document.close()
            os.eventfd_write(self.ended, 1)

    def _feed(self) -> None:
        while True:
            self.waits = True
            piece = next(self._document, None)
            self.moved = self._clock()  # what took so long was not the program
            self.waits = False
            if piece is None:
                return
            self._give(memoryview(piece).cast("B"))

    def _give(self, rest: memoryview) -> None:
        while rest:
            if any(stream == self._enough for stream, _ in self._poll.poll()):
                raise Closed
            try:
                count = os.write(self._stream.fileno(), rest)
            except BlockingIOError:
                continue
            rest = rest[count:]
            self.took += count
            self.moved = self._clock()


class _Chain:
    """Programs that read one another, at work."""

    def __init__(self, host: Host):
        self._host = host
        self._limits = host.limits
        self._processes: "list[Process]" = []
        self._feeder: "_Feeder | None" = None
        self._selector = selectors.DefaultSelector()
        self._folder = ""
        self._turns = 0
        self._gave = 0
        self._moved = host.clock()

    def start(self, programs: "list[str]", job: Job, ppd: Ppd, folder: str) -> None:
        """Start the programs; raise FilterFailed where that cannot be done."""
        _furnish(folder, programs, ppd)
        self._folder = folder
        host = self._host
        runnable = (host.filters, host.server_bin, host.data, *(os.path.realpath(path) for path in programs))
        place = Place(folder, runnable, program.give_away(folder))
        words = [word.replace("\0", "") for word in job.words]
        before: "IO[bytes] | None" = None
        for number, path in enumerate(programs):
            environment = _environment(host, job, folder, f"{folder}/{number}")
            called = f"{folder}/{number}/{PRINTER}"
            try:
                process = program.start(called, words, environment, place, self._limits, before)
            except OSError as error:
                raise FilterFailed(f"{os.path.basename(path)} cannot be started: {error}.") from error
            if before is not None:
                before.close()
            self._processes.append(process)
            before = process.result

    def work(self, document: "Iterator[bytes | memoryview]") -> "Iterator[bytes]":
        """Yield what comes out while the document goes in; raise FilterFailed, or what the document raises."""
        result = self._processes[-1].result
        self._listen(result)
        self._feeder = _Feeder(document, self._processes[0].source, self._host.clock)
        self._selector.register(self._feeder.ended, selectors.EVENT_READ, self._fed)
        while result.fileno() in self._selector.get_map():
            for act in self._ready():
                yield from act()
        self._fed()
        self._finish()

    def _listen(self, result: "IO[bytes]") -> None:
        os.set_blocking(result.fileno(), False)
        self._selector.register(result, selectors.EVENT_READ, partial(self._result, result))
        for process in self._processes:
            os.set_blocking(process.messages.fileno(), False)
            self._selector.register(process.messages, selectors.EVENT_READ, partial(self._hear, process))
            self._selector.register(process.ended, selectors.EVENT_READ, partial(self._ended, process))

    def _ready(self) -> "list[Callable[[], Iterable[bytes]]]":
        """Wait for something to do; raise FilterFailed when nothing moves for too long, Closed when nobody waits."""
        while not self._host.stopped():
            ready: "list[partial[Iterable[bytes]]]" = [key.data for key, _ in self._selector.select(LOOK_S)]
            if self._still() and not any(getattr(act, "func", None) == self._result for act in ready):
                raise FilterFailed(
                    f"{self._names()} took nothing and gave nothing for {self._limits.patience_s:g} seconds; "
                    f"it had taken {self._took()} bytes and given {self._gave}."
                )
            self._look(idle=not ready)
            if ready:
                return list(ready)
        raise Closed

    def _look(self, idle: bool) -> None:
        """Look now and then at the folder; raise FilterFailed where there is too much in it."""
        self._turns += 1
        if idle or self._turns % LOOK_TURNS == 0:
            found = program.size(self._folder)
            if found > self._limits.folder_bytes:
                raise FilterFailed(f"{self._names()} filled its folder with {found} bytes.")

    def _still(self) -> bool:
        """Return whether the programs have had something to do for too long, and did nothing."""
        feeder = self._feeder
        if feeder is None or feeder.waits:
            return False
        return self._host.clock() - max(self._moved, feeder.moved) > self._limits.patience_s

    def _took(self) -> int:
        return 0 if self._feeder is None else self._feeder.took

    def _fed(self) -> "Iterable[bytes]":
        """The document has ended, or broke: raise what it raised."""
        feeder = self._feeder
        if feeder is not None and feeder.error is not None:
            raise feeder.error
        if feeder is not None and feeder.ended in self._selector.get_map():
            self._selector.unregister(feeder.ended)
        return ()

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
        if self._gave > self._limits.free_bytes + self._limits.growth * self._took():
            raise FilterFailed(f"{self._names()} wrote {self._gave} bytes for the {self._took()} that it took.")
        yield piece
        self._moved = self._host.clock()  # not before: who takes the bytes may take their time

    def _hear(self, process: Process) -> "Iterable[bytes]":
        try:
            piece = os.read(process.messages.fileno(), PIECE_BYTES)
        except BlockingIOError:
            return ()
        if not piece:
            self._selector.unregister(process.messages)
        process.heard(piece or b"\n", self._host.tell)
        return ()

    def _ended(self, process: Process) -> "Iterable[bytes]":
        """A program has exited: where it failed, what it started has nobody to work for, and may hold its output."""
        self._selector.unregister(process.ended)
        if process.failed():
            process.signal(signal.SIGKILL)
        return ()

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
            process, code = blamed[0]
            raise FilterFailed(process.sentence(code))

    def _drain(self, process: Process) -> None:
        """Hear what a program still said."""
        if process.messages.fileno() in self._selector.get_map():
            self._hear(process)

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
            process.exit()
        if self._feeder is not None:
            self._feeder.stop(self._host.cease)
        for process in self._processes:
            process.close()
        self._selector.close()


def _exited(process: Process, within_s: float) -> bool:
    """Return whether a program exits within so many seconds."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.ended, selectors.EVENT_READ)
        return bool(selector.select(within_s))


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
        "USER": job.user.replace("\0", ""),
    }
