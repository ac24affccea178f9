"""Feed readers with documents that are almost right, and tell where one does anything but read or refuse them.

A reader may take any bytes, or refuse them with a WireError: another exception, a crash, more than 64 MiB or more than
10 seconds are findings. Each stands in a file with its document: --replay FILE shows it again.

Readers: {names}
"""

import argparse
import base64
import json
import logging
import mmap
import os
import random
import re
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from feedpath.errors import WireError
from tests.robust.changes import LONGEST, changed
from tests.robust.fuzz_targets import TARGETS

MODULE = "tests.robust.fuzz"
MEMORY_BYTES = 64 << 20  # beyond what the process has when it begins
PATIENCE_S = 10  # for one document
GRACE_S = 30  # beyond its time, until a process that does not end is ended
PROCESSES = 2
KEPT = 1000  # documents that did something new
DIFFERENT = 20  # findings at different places, after which a reader is left alone
QUOTED = re.compile(r"[0-9]+| b?(['\"]).*\1")  # what differs in a sentence that says the same
SLOT = struct.Struct("=Q")  # before the document under way, its length


class Endless(BaseException):
    """A reader has taken longer than it may; no reader catches this."""


class Result(NamedTuple):
    """What became of a reader: how many documents it took, how many kinds of outcome there were, files of findings."""

    name: str
    tries: int
    outcomes: int
    findings: "tuple[Path, ...]"


def fuzz(names: "Sequence[str]", seconds: float, seed: int, folder: Path) -> "list[Result]":
    """Fuzz readers for so many seconds in all, two at a time; return what became of each."""
    each = seconds * min(PROCESSES, len(names)) / len(names)
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(PROCESSES) as pool:
        return list(pool.map(lambda name: _apart(name, each, seed, folder), names))


def _apart(name: str, seconds: float, seed: int, folder: Path) -> Result:
    """Fuzz one reader in a process of its own; what kills that is a finding too."""
    slot = folder / f"{name}.slot"
    slot.write_bytes(bytes(SLOT.size + LONGEST))
    words = [sys.executable, "-m", MODULE, "--alone", "--seed", str(seed), "--seconds", str(seconds)]
    words += ["--findings", str(folder), name]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=_environment(), text=True) as process:
        guard = threading.Timer(seconds + GRACE_S, process.kill)
        guard.start()
        assert process.stdout is not None
        told = process.stdout.read()
        process.wait()
        guard.cancel()
    found = [Path(line) for line in told.splitlines() if line.endswith(".json")]
    numbers = told.rpartition("\n")[2].split()
    if process.returncode or len(numbers) != 2:
        (length,) = SLOT.unpack_from(slot.read_bytes())
        data = slot.read_bytes()[SLOT.size : SLOT.size + length]
        found.append(_keep(name, seed, data, f"the process ended with status {process.returncode}", folder))
        numbers = ["0", "0"]
    slot.unlink()
    return Result(name, int(numbers[0]), int(numbers[1]), tuple(found))


def _environment() -> "dict[str, str]":
    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "PYTHONPATH": f"{root / 'firmware'}:{root}"}


def alone(name: str, seconds: float, seed: int, folder: Path) -> "Iterator[Path]":
    """Fuzz one reader here; yield the files of findings, and write how many documents and outcomes there were."""
    target, choose = TARGETS[name], random.Random(f"{name} {seed}")
    documents = target.valid()
    valid = len(documents)
    outcomes: "set[str]" = set()
    places: "set[str]" = set()
    tries, end = 0, time.monotonic() + seconds
    with _slot(folder / f"{name}.slot") as slot:
        while time.monotonic() < end and len(places) < DIFFERENT:
            data = documents[tries] if tries < valid else changed(documents, target.kind, choose)
            tries += 1
            SLOT.pack_into(slot, 0, len(data))
            slot[SLOT.size : SLOT.size + len(data)] = data
            outcome, error = attempt(name, data)
            if error is not None and outcome not in places:
                places.add(outcome)
                yield _keep(name, seed, data, error, folder)
            elif error is None and outcome not in outcomes:
                outcomes.add(outcome)
                documents.append(data)
                if len(documents) > KEPT:
                    del documents[choose.randrange(valid, KEPT)]
    sys.stdout.write(f"{tries} {len(outcomes)}")


def attempt(name: str, data: bytes) -> "tuple[str, str | None]":
    """Return in a few words what a reader did with a document, and the traceback where that is a finding."""
    try:
        with limited():
            return repr(TARGETS[name].read(data))[:200], None
    except WireError as error:
        return QUOTED.sub("", error.message), None
    except (Exception, Endless) as error:  # noqa: BLE001 - to find these is what this is for
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} {place.filename}:{place.lineno}", traceback.format_exc()


@contextmanager
def limited() -> "Iterator[None]":
    """Hold what is done to the memory and time that a document may take."""

    def end(_number: int, _frame: "FrameType | None") -> None:
        raise Endless

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY_BYTES, before[1]))
    handler = signal.signal(signal.SIGALRM, end)
    try:
        signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def _slot(path: Path) -> "Iterator[mmap.mmap]":
    """Map the file that has the document under way, for whoever sees this process die."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as slot:
        yield slot


def _keep(name: str, seed: int, data: bytes, error: str, folder: Path) -> Path:
    """Write a finding to a file of its own; return that."""
    number = next(at for at in range(1_000_000) if not (folder / f"{name}-{at}.json").exists())
    path = folder / f"{name}-{number}.json"
    told = {"reader": name, "seed": seed, "error": error, "document": base64.b64encode(data).decode()}
    path.write_text(json.dumps(told, indent=1) + "\n")
    return path


def replay(path: Path) -> "str | None":
    """Give a reader the document of a finding once more; return the traceback if it is one still."""
    told = json.loads(path.read_text())
    return attempt(told["reader"], base64.b64decode(told["document"]))[1]


def arguments(words: "Sequence[str] | None" = None) -> argparse.Namespace:
    """Return what the command line asks."""
    description = (__doc__ or "").format(names=", ".join(TARGETS))
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("tools/fuzz", description=description, formatter_class=raw)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a reader; all of them if left out")
    parser.add_argument(
        "--seconds", type=float, default=60, help="how long in all, two readers at a time (%(default)s)"
    )
    parser.add_argument("--seed", type=int, help="what the changes follow from; another one each time if left out")
    parser.add_argument(
        "--findings", type=Path, default=Path("build/findings"), help="the folder they go to (%(default)s)"
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="show a finding again; exit status 1 if it is one")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(words)
    unknown = [name for name in asked.names if name not in TARGETS]
    if unknown:
        parser.error(f"there is no reader {unknown[0]}; there are {', '.join(TARGETS)}")
    return asked


def main() -> int:
    """Do what the command line asks; return the exit status."""
    asked = arguments()
    logging.disable()  # readers tell what they met
    seed = random.SystemRandom().randrange(2**32) if asked.seed is None else asked.seed
    if asked.replay:
        error = replay(asked.replay)
        sys.stdout.write(error or "it is read or refused as it should be\n")
        return int(error is not None)
    if asked.alone:
        for path in alone(asked.names[0], asked.seconds, seed, asked.findings):
            sys.stdout.write(f"{path}\n")
            sys.stdout.flush()
        return 0
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    results = fuzz(asked.names or list(TARGETS), asked.seconds, seed, asked.findings)
    for result in results:
        files = " ".join(map(str, result.findings))
        sys.stdout.write(f"{result.name:>14} {result.tries:>9,} documents {result.outcomes:>5} outcomes {files}\n")
    return int(any(result.findings for result in results))


if __name__ == "__main__":
    sys.exit(main())
