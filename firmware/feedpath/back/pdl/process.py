"""Conversions in a process of their own: what an untrusted document does there does not reach the firmware."""

import contextlib
import fcntl
import json
import logging
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

from feedpath.back.pdl.order import Order
from feedpath.core.driver import Source
from feedpath.core.ring import Closed
from feedpath.errors import UNPRINTABLE, WireError

logger = logging.getLogger(__name__)

PIECE_BYTES = 128 * 1024
PIPE_BYTES = 1024 * 1024  # Linux' most for a pipe of an ordinary user; it is given less where that is not allowed
TOLD_MOST, SENTENCE_MOST = 64 * 1024, 1000  # bytes of what a process tells, and of its sentence
PACKAGES = str(Path(__file__).parents[3])
KILLED: "dict[int, str]" = {  # what people are told when the system ended the worker
    signal.SIGXCPU: "The document takes longer to draw than one document may.",
    signal.SIGKILL: "The document needs more memory or time than one document may have.",
    **dict.fromkeys(
        (signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGSEGV, signal.SIGTRAP),  # by PDFium, without memory too
        "The document is broken, or needs more memory than one document may have.",
    ),
}
BROKE, BUG = "Drawing the document failed; the log says more.", "aborted-by-system"
REASON = re.compile(r"[a-z-]{1,40}-error")


class Worker:
    """A Conversion that a process does. streams: whether the document may still be coming in."""

    def __init__(self, order: Order, source: Source, streams: bool):
        self.impressions = 0
        self._order = order
        self._source = source
        self._streams = streams
        self._marks: "list[tuple[int, int]]" = []  # (position in the output, impressions up to there)
        self._wrong: "WireError | None" = None
        self._process: "subprocess.Popen[bytes] | None" = None
        self._stopped = False
        self._fills = True  # whether the document is still given to the process
        self._lock = threading.Lock()  # over _process and _stopped

    def __iter__(self) -> "Iterator[bytes]":
        return self.given()

    def given(self) -> "Generator[bytes, None, None]":
        """Yield what the process makes; closing it ends the process."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = self._start(theirs)
            if process is None:
                return
            with contextlib.suppress(ConnectionError):  # it was ended before it read all: its exit tells more
                ours.sendall(self._order.encode())
            with self._fed(process):
                yield from self._output(process, ours)
            self._judge(process.wait())

    def stop(self) -> None:
        """Kill the process, or do not even begin."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def _start(self, control: socket.socket) -> "subprocess.Popen[bytes] | None":
        """Return the process; None when it is not wanted any more."""
        document = subprocess.PIPE if self._streams else self._source.descriptor()
        try:
            with self._lock:
                if not self._stopped:
                    self._process = _spawn(document, control)
                return self._process
        finally:
            if not self._streams:
                os.close(document)

    @contextlib.contextmanager
    def _fed(self, process: "subprocess.Popen[bytes]") -> "Iterator[None]":
        """Give the process its document while it works; in the end, see that it is gone."""
        feeder = threading.Thread(target=self._feed, args=(process,), name="feeder", daemon=True)
        if process.stdin is not None:
            feeder.start()
        try:
            yield
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
            self._fills = False
            if process.stdin is not None:
                feeder.join()
            if process.stdout is not None:
                process.stdout.close()

    def _feed(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        with contextlib.suppress(Closed, BrokenPipeError), process.stdin as document:
            while view := self._source.peek(lambda: self._fills):
                self._source.took(os.write(document.fileno(), view))

    def _output(self, process: "subprocess.Popen[bytes]", control: socket.socket) -> "Iterator[bytes]":
        assert process.stdout is not None
        output, position = process.stdout.fileno(), 0
        told = b""
        waiting = {output, control.fileno()}
        while waiting:
            ready, _, _ = select.select(waiting, (), ())
            if control.fileno() in ready:
                more = control.recv(PIECE_BYTES)
                if not more:
                    waiting.discard(control.fileno())
                *lines, told = (told + more).split(b"\n")
                if len(told) > TOLD_MOST:
                    raise WireError(BROKE, reason=BUG)
                for line in lines:
                    self._hear(line)
            if output in ready:
                piece = os.read(output, PIECE_BYTES)
                self._count(position)
                position += len(piece)
                if piece:
                    yield piece
                else:
                    waiting.discard(output)
        self._count(position)

    def _hear(self, line: bytes) -> None:
        """Note what the process tells, which a document may have made its own; raise WireError for nonsense."""
        try:
            told = json.loads(line)
            if "wrong" in told:
                self._wrong = _wrong(str(told["wrong"]), str(told["reason"]))
            else:
                self._marks.append((int(told["at"]), int(told["impressions"])))
        except (ValueError, KeyError, TypeError) as error:
            logger.error("the worker of a document says %r", line[:SENTENCE_MOST])
            raise WireError(BROKE, reason=BUG) from error

    def _count(self, position: int) -> None:
        while self._marks and self._marks[0][0] <= position:
            self.impressions = self._marks.pop(0)[1]

    def _judge(self, status: int) -> None:
        """Raise WireError when the process did not end well."""
        if self._stopped:
            raise Closed
        if self._wrong is not None:
            raise self._wrong
        if status:
            logger.error("the worker of a document ended with status %d", status)
            raise WireError(KILLED.get(-status, BROKE), reason=UNPRINTABLE if status < 0 else BUG)


def _wrong(sentence: str, reason: str) -> WireError:
    """Return what a process says to be wrong with its document."""
    if not REASON.fullmatch(reason):
        raise ValueError(f"{reason!r} is no reason")
    return WireError(sentence[:SENTENCE_MOST], reason=reason)


def _spawn(document: int, control: socket.socket) -> "subprocess.Popen[bytes]":
    """Start a worker with nothing of ours but its document, its control socket and a way to write what it makes."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "feedpath.back.pdl.worker", str(control.fileno())],
        stdin=document,
        stdout=subprocess.PIPE,
        pass_fds=(control.fileno(),),
        env={"PYTHONPATH": PACKAGES, "LANG": "C.UTF-8", "PATH": os.defpath},
        start_new_session=True,
    )
    assert process.stdout is not None
    with contextlib.suppress(OSError):
        fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return process
