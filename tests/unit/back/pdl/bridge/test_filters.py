"""Filter programs at work: those that do well, and those that crash, hang, flood or give up."""

import errno
import itertools
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from feedpath.back.pdl import sandbox
from feedpath.back.pdl.bridge import cupsdriver, cupsraster, filters, ppd
from feedpath.back.pdl.bridge import program as processes
from feedpath.back.pdl.bridge.filters import FilterFailed, Host, Job, Limits, Message
from feedpath.back.pdl.page import Page, Raster, Setup
from feedpath.errors import WireError
from tests.fakes import driver
from tests.fakes.netns import until

DRIVER = ppd.read(driver.ppd())
BLANK = bytes(256 * 1024)
Program = Callable[..., str]
ROOT = Path(__file__).parents[5]
WATCHDOG_S = 30
NAP = str(10**9 + os.getpid())  # seconds that only these tests sleep


@pytest.fixture
def tmp_path() -> "Iterator[Path]":
    """Return a folder that programs of drivers can enter."""
    with driver.folder() as path:
        yield path


@pytest.fixture
def python(program: Program) -> Program:
    """Return a maker of filter programs in Python, which have just the standard library."""
    return lambda script: program(script, interpreter="/usr/bin/python3 -IS")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return a maker of filter programs: a shell script, which any user can run."""

    def write(script: str, name: str = driver.FILTER, interpreter: str = "/bin/sh") -> str:
        path = tmp_path / name
        path.write_text(f"#!{interpreter}\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return write


def host(**changes: Any) -> Host:
    limits = {name: changes.pop(name) for name in list(changes) if name in Limits._fields}
    return Host(limits=Limits(**{"grace_s": 5.0, **limits}), **changes)


def run(programs: "list[str]", document: "list[bytes]", where: "Host | None" = None, job: "Job | None" = None) -> bytes:
    return b"".join(filters.run(programs, iter(document), job or Job(), DRIVER, where or host()))


def test_a_program_gets_the_document_and_gives_the_machines_bytes(program: Program) -> None:
    assert run([program("printf '<'; cat; printf '>'")], [b"one ", memoryview(b"two ")]) == b"<one two >"  # type: ignore[list-item]


def test_much_more_than_a_pipe_holds_passes(program: Program) -> None:
    document = [bytes([number]) * 100_000 for number in range(20)]
    assert run([program("cat")], document) == b"".join(document)


def test_an_empty_document_is_none(program: Program) -> None:
    assert run([program("cat; echo end")], []) == b"end\n"


def test_a_chain_is_read_one_by_the_other(program: Program) -> None:
    chain = [program("tr a b", "first"), program("tr b c", "second"), program("tr c d", "third")]
    assert run(chain, [b"a" * 100_000]) == b"d" * 100_000


@pytest.mark.parametrize("count", [0, 4])
def test_a_chain_has_one_to_three_programs(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 3 programs"):
        run(["/bin/cat"] * count, [])


def test_a_program_is_told_what_filter_7_says(program: Program) -> None:
    script = """cat >/dev/null; printf '%s|' "$@"; printf '\\n'; env | sort; cat "$PPD" """
    told = run([program(script)], [b"x"], job=Job(7, "Ann", "a title; $(no)", 3, "Duplex=None PageSize=A4")).decode()
    assert told.startswith("7|Ann|a title; $(no)|3|Duplex=None PageSize=A4|\n")
    for line in ("CHARSET=utf-8", "CONTENT_TYPE=application/vnd.cups-raster", "CUPS_SERVERBIN=/usr/lib/cups",
                 "FINAL_CONTENT_TYPE=printer/printer", "PRINTER=printer", "USER=Ann"):  # fmt: skip
        assert f"\n{line}\n" in told
    assert told.endswith(driver.PPD)
    assert "HYPOTHESIS" not in told and "PYTEST" not in told


def test_words_that_no_program_can_be_told_are_shortened(program: Program) -> None:
    assert (
        run([program('cat >/dev/null; echo "$2|$3|$USER"')], [], job=Job(1, "A\0nn", "\0title")) == b"Ann|title|Ann\n"
    )


def test_a_program_is_called_after_its_printer_and_finds_the_driver_so(program: Program) -> None:
    script = 'cat >/dev/null; basename "$0"; cat "$CUPS_SERVERROOT/ppd/$(basename "$0").ppd"'
    assert run([program(script)], [b"x"]).decode() == "printer\n" + driver.PPD


def test_the_channels_to_the_machine_are_there_and_empty(program: Program) -> None:
    assert run([program("cat; cat <&3; echo x >&4; cat <&4; echo end")], [b"a "]) == b"a end\n"


def test_a_program_is_a_user_of_its_own_in_a_folder_of_its_own(program: Program) -> None:
    script = "cat; id -u; id -G; echo $TMPDIR; pwd; touch $TMPDIR/x && echo written; ulimit -c"
    first, second = (run([program(script)], []).decode().split("\n") for _ in range(2))
    user, groups, folder, here, written, core = first[:6]
    if os.geteuid() == 0 and int(user) != sandbox.NOBODY:
        assert int(user) >= processes.FIRST_USER and groups == user and second[0] != user
    assert (here, written, core) == (folder, "written", "0")
    assert not Path(folder).exists()


def test_a_program_has_limits(program: Program) -> None:
    script = "cat; ulimit -f; ulimit -v; ulimit -t; ulimit -n; ulimit -p"
    memory = processes.half_the_memory()
    limits = ["524288", str(memory // 1024), "3600", "64", "32"]
    assert run([program(script)], []).decode().split()[: 5 - ("few-processes" in processes._missing)] == limits
    assert processes.MEMORY_LEAST <= memory <= processes.MEMORY_MOST


SPY = """import ctypes, os, socket, sys
sys.stdin.buffer.read()
libc = ctypes.CDLL(None, use_errno=True)
def done(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
for attempt in {attempts}:
    try:
        eval(attempt)
    except OSError as error:
        print(type(error).__name__, flush=True)
    else:
        print("done", flush=True)
"""
FORBIDDEN = {  # what is tried: the measure that refuses it
    "socket.socket(socket.AF_INET)": "no-sockets",
    "socket.socket(socket.AF_INET6)": "no-sockets",
    "socket.socket(socket.AF_UNIX)": "no-sockets",
    "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)": "no-sockets",
    "open('/etc/shadow')": "nobody",
    "open('/etc/hostname')": "no-files",
    "open('{spool}/document').read()": "no-files",
    "os.listdir('{spool}')": "no-files",
    "open('{spool}/new', 'w')": "no-files",
    "open('{spool}/document', 'w')": "no-files",
    "os.rename(os.environ['PPD'], '{spool}/ppd')": "no-files",
    "open('/proc/{daemon}/environ')": "no-files",
    "os.kill({daemon}, 0)": "nobody",
    "os.kill({daemon}, 9)": "nobody",
    "os.setsid()": "no-sockets",
    "os.setpgid(0, 0)": "no-sockets",
    "done(libc.ptrace(16, {daemon}, 0, 0))": "no-sockets",
    "done(libc.unshare(0x10000000))": "no-sockets",
    "done(libc.syscall(425, 1, 0))": "no-sockets",
    "os.chroot('/')": "nobody",
    "os.setuid(0)": "nobody",
    "(open('tool', 'w').write('#!/bin/true'), os.chmod('tool', 0o755), os.execv('tool', ['tool']))": "no-files",
}


@pytest.fixture(scope="module")
def refusals() -> "dict[str, str]":
    """Return what comes of each attempt, all made by one program beside a folder that any user could read and write."""
    with driver.folder() as path, daemon() as number:
        spool, spy = path / "spool", path / driver.FILTER
        spool.mkdir()
        spool.chmod(0o777)
        (spool / "document").write_bytes(b"secret")
        (spool / "document").chmod(0o666)
        attempts = [attempt.format(spool=spool, daemon=number) for attempt in FORBIDDEN]
        spy.write_text("#!/usr/bin/python3 -IS\n" + SPY.replace("{attempts}", repr(attempts)))
        spy.chmod(0o755)
        said = run([str(spy)], [b"x"]).decode().split()
        return dict(itertools.zip_longest(FORBIDDEN, said, fillvalue="done"))


@pytest.mark.parametrize("attempt", FORBIDDEN)
def test_what_a_program_may_not_do_is_refused(refusals: "dict[str, str]", attempt: str) -> None:
    refused = ("PermissionError", "OSError")  # the latter where there are no other users to become
    assert refusals[attempt] in refused or FORBIDDEN[attempt] in processes._missing


@contextmanager
def daemon() -> "Iterator[int]":
    """Give the id of a process of ours, which must be there at the end."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as process:
        yield process.pid
        assert process.poll() is None


def test_a_program_has_its_five_descriptors_and_no_more(python: Program, tmp_path: Path) -> None:
    script = """import os
found = []
for number in range(64):
    try:
        os.fstat(number)
        found.append(number)
    except OSError:
        pass
print(found)"""
    with open(tmp_path / "ours", "w") as ours:
        os.set_inheritable(ours.fileno(), True)
        assert run([python(script)], [b"x"]) == b"[0, 1, 2, 3, 4]\n"


def test_a_program_may_start_others_and_leaves_none_behind(program: Program, python: Program) -> None:
    assert run([program(f"cat; sleep {NAP} >&- 2>&- <&- & echo begun")], [b"a "]) == b"a begun\n"
    until(lambda: not naps(), "all that was started to end")
    hidden = f"""import os, sys
sys.stdin.buffer.read()
if os.fork() == 0:
    try:
        os.setsid()
    except OSError:
        pass
    if os.fork() == 0:
        os.closerange(0, 64)
        os.execv("/bin/sleep", ["sleep", "{NAP}"])
    os._exit(0)
os.wait()
print("begun")"""
    assert run([python(hidden)], [b"x"]) == b"begun\n"
    until(lambda: not naps(), "all that was started to end")


def test_a_program_that_multiplies_is_bounded(python: Program) -> None:
    bomb = """import os, time
made = 0
while True:
    try:
        if os.fork() == 0:
            os.closerange(0, 64)
            os.execv("/bin/sleep", ["sleep", "{NAP}"])
        made += 1
    except BlockingIOError:
        break
print(made)""".replace("{NAP}", NAP)
    most = host().limits.processes
    if "few-processes" not in processes._missing:
        assert int(run([python(bomb)], [b"x"])) == most - 1
    until(lambda: not naps(), "all that was started to end")


def test_memory_that_grows_and_grows_ends_the_program_only(python: Program) -> None:
    hungry = "held = []\nwhile True:\n    held.append(bytearray(1 << 24))"
    with pytest.raises(FilterFailed, match="gave up: it exited with code 1 and said: MemoryError"):
        run([python(hungry)], [b"x"], host(memory_bytes=128 << 20))


def test_a_file_that_grows_and_grows_ends_the_program(program: Program) -> None:
    with pytest.raises(FilterFailed, match="crashed with SIGXFSZ"):
        run([program("cat; exec head -c 2000000 /dev/zero > $TMPDIR/x")], [b"x"], host(file_bytes=1 << 20))


def test_files_without_number_end_the_program(program: Program) -> None:
    script = f"cat; for file in 1 2 3; do head -c 1000000 /dev/zero > $file; done; exec sleep {NAP}"
    with pytest.raises(FilterFailed, match=r"rastertofake filled its folder with \d+ bytes"):
        run([program(script)], [b"x"], host(folder_bytes=2_500_000))


def test_a_program_ends_with_us(program: Program, tmp_path: Path) -> None:
    script = f"""from feedpath.back.pdl.bridge import filters, ppd
from tests.fakes import driver
programs = [{program(f"echo $$; exec sleep {NAP}")!r}]
for piece in filters.run(programs, iter([]), filters.Job(), ppd.read(driver.ppd()), filters.Host()):
    print(piece.decode(), end="", flush=True)
"""
    words = {"PYTHONPATH": os.pathsep.join(("firmware", ".")), "PATH": os.defpath, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT, env=words) as ours:
        assert ours.stdout is not None
        number = int(ours.stdout.readline())
        ended = os.pidfd_open(number)
        ours.kill()
    assert select.select([ended], [], [], WATCHDOG_S)[0]
    os.close(ended)


def test_programs_run_and_say_so_where_the_kernel_lacks_a_measure(program: Program) -> None:
    script = f"""import sys
sys.path.append({sandbox.PACKAGES!r})
from feedpath.back.pdl import sandbox, seccomp
from feedpath.back.pdl.bridge import confined
sandbox.LANDLOCK_CREATE = 999
seccomp.architecture = lambda: ""
confined.main()
"""
    told = {"memory": 1 << 30, "cpu": 9, "files": 64, "bytes": 0, "processes": 0, "user": sandbox.NOBODY,
            "folder": "/tmp", "runnable": ""}  # fmt: skip
    words = [*(f"{name}={value}" for name, value in told.items()), "--", program("echo $1"), "printer", "begun"]
    done = subprocess.run([sys.executable, "-ISc", script, *words], capture_output=True, text=True, check=True)
    missing = done.stderr.removeprefix("MISSING: ").split()
    assert done.stdout == "begun\n" and {"no-files", "no-sockets"} <= set(missing) <= set(sandbox.MEASURES)


def test_a_program_is_nobody_where_there_are_no_users_to_have(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = os.chown

    def few_users(path: str, user: int, group: int) -> None:
        if user > sandbox.NOBODY:
            raise OSError(errno.EINVAL, "Invalid argument")  # as in a container
        given(path, user, group)

    monkeypatch.setattr(os, "chown", few_users)
    said = run([program("cat; id -u; touch $TMPDIR/x && echo written")], []).split()
    assert said[1] == b"written" and (os.geteuid() != 0 or int(said[0]) == sandbox.NOBODY)


def test_what_does_not_hold_is_logged_once(
    program: Program, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_missing", set())
    script = "cat; echo 'MISSING: no-files no-network nonsense' >&2"
    for _ in range(2):
        assert run([program(script)], [b"x"]) == b"x"
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len([text for text in warnings if "printer drivers run without no-files, no-network:" in text]) == 1


def test_messages_are_told_as_they_come(program: Program) -> None:
    told: list[Message] = []
    script = "cat; echo 'PAGE: 1 1' >&2; echo >&2; printf 'INFO: last' >&2"
    run([program(script)], [b"x"], host(tell=told.append))
    assert told == [Message("PAGE", "1 1"), Message("INFO", "last")]


def test_a_line_without_an_end_is_not_kept_whole(program: Program) -> None:
    told: list[Message] = []
    script = "cat; head -c 200000 /dev/zero | tr '\\0' x >&2; echo >&2; echo 'INFO: end' >&2"
    run([program(script)], [b"x"], host(tell=told.append))
    assert [len(message.text) <= processes.LINE_BYTES for message in told] == [True] * 2
    assert told[-1] == Message("INFO", "end")


@pytest.mark.parametrize(
    "script, says",
    [
        ("cat; echo 'ERROR: first' >&2; echo 'ERROR: The PPD is broken' >&2; exit 1", "gave up: The PPD is broken"),
        ("cat; exit 4", "gave up: it exited with code 4 and said nothing"),
        ("cat; kill -SEGV $$", "crashed with SIGSEGV"),
        ("cat; exit 127", "cannot be run"),
        ("exec /nonexistent", "cannot be run|code 2"),
    ],
)
def test_a_program_that_fails_says_why(program: Program, script: str, says: str) -> None:
    with pytest.raises(FilterFailed, match=f"{driver.FILTER} .*({says})"):
        run([program(script)], [b"x"])


def test_what_came_before_a_failure_is_given(program: Program) -> None:
    output = filters.run([program("cat; exit 1")], iter([b"one"]), Job(), DRIVER, host())
    assert next(output) == b"one"
    with pytest.raises(FilterFailed):
        next(output)


def test_a_program_may_leave_input_where_it_exits_well(program: Program) -> None:
    assert run([program("head -c 3")], [b"abc"] + [BLANK] * 4) == b"abc"


def test_the_first_that_failed_by_itself_is_blamed(program: Program) -> None:
    chain = [program("cat; exit 3", "first"), program("cat >/dev/null; exit 5", "second")]
    with pytest.raises(FilterFailed, match="first gave up: it exited with code 3"):
        run(chain, [b"x"])
    chain = [program("exec cat", "first"), program("exit 5", "second")]
    with pytest.raises(FilterFailed, match="second gave up: it exited with code 5"):
        run(chain, [BLANK] * 8)


def test_a_crash_is_told_though_another_process_keeps_the_output(program: Program) -> None:
    with pytest.raises(FilterFailed, match="crashed with SIGSEGV"):
        run([program(f"echo begun; sleep {NAP} & kill -SEGV $$")], [BLANK])
    until(lambda: not naps(), "all that was started to end")


@pytest.mark.parametrize(
    "script, says", [("head -c 1; kill -SEGV $$", "crashed with SIGSEGV"), ("head -c 1; exit 3", "code 3")]
)
def test_a_program_that_fails_while_the_document_stalls_ends_at_once(program: Program, script: str, says: str) -> None:
    stop = threading.Event()

    def stalled() -> "Iterator[bytes]":
        yield b"x"
        assert stop.wait(WATCHDOG_S)
        yield b"y"

    with pytest.raises(FilterFailed, match=says):
        b"".join(filters.run([program(script)], stalled(), Job(), DRIVER, host(cease=stop.set)))
    assert stop.is_set()


def test_what_comes_out_is_given_while_the_document_stalls(program: Program) -> None:
    stop = threading.Event()

    def stalled() -> "Iterator[bytes]":
        yield b"x"
        assert stop.wait(WATCHDOG_S)

    output = filters.run([program("cat")], stalled(), Job(), DRIVER, host())
    assert next(output) == b"x"
    stop.set()
    assert b"".join(output) == b""


def test_a_program_that_is_not_there_is_named(program: Program, tmp_path: Path) -> None:
    with pytest.raises(FilterFailed, match="gone cannot be run"):
        run([str(tmp_path / "gone")], [b"x"])


@pytest.mark.parametrize(
    "script",
    [f"exec sleep {NAP}", f"trap '' TERM; while :; do sleep {NAP}; done", f"sleep {NAP} & wait"],
    ids=["hanging", "deaf", "waiting"],
)
def test_a_program_that_hangs_is_ended_with_all_that_it_started(program: Program, script: str) -> None:
    ticks = itertools.chain([0.0, 0.0], itertools.count(1000.0, 1000.0))
    where = host(patience_s=120.0, grace_s=0.2, clock=lambda: next(ticks))
    with pytest.raises(FilterFailed, match="took nothing and gave nothing for 120 seconds"):
        run([program(script)], [BLANK] * 8, where)
    until(lambda: not naps(), "all that was started to end")


def naps() -> "list[bytes]":
    """Return the processes of these tests that sleep."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            continue
    return [words for words in found if NAP.encode() in words]


def test_talking_without_working_is_hanging(program: Program) -> None:
    ticks = itertools.count(0.0, 1.0)
    where = host(patience_s=50.0, clock=lambda: next(ticks))
    with pytest.raises(FilterFailed, match="for 50 seconds"):
        run([program("while :; do echo 'DEBUG: still here' >&2; done")], [BLANK] * 8, where)


def test_time_that_the_document_takes_is_not_the_programs(program: Program) -> None:
    now = [0.0]

    def slow() -> "Iterator[bytes]":
        for _ in range(3):
            now[0] += 1000.0
            yield b"x"

    where = host(patience_s=120.0, clock=lambda: now[0])
    assert b"".join(filters.run([program("cat")], slow(), Job(), DRIVER, where)) == b"xxx"


def test_time_that_the_machine_takes_is_not_the_programs(program: Program) -> None:
    now = [0.0]
    taken = b""
    for piece in filters.run([program("cat")], iter([BLANK] * 4), Job(), DRIVER, host(clock=lambda: now[0])):
        taken += piece
        now[0] += 1000.0
    assert len(taken) == 4 * len(BLANK)


def test_a_program_that_writes_for_ever_is_ended(program: Program) -> None:
    with pytest.raises(FilterFailed, match="bytes for the 1 that it took"):
        run([program("cat; exec cat /dev/zero")], [b"x"], host(free_bytes=300_000, growth=2))


def test_who_asks_no_more_ends_the_program(program: Program) -> None:
    asked: list[int] = []

    def document() -> "Iterator[bytes]":
        for number in range(1000):
            asked.append(number)
            yield BLANK

    output = filters.run([program("cat")], document(), Job(), DRIVER, host())
    assert next(output)
    output.close()
    assert len(asked) < 20


def test_a_program_that_closes_its_output_and_stays_is_ended(program: Program) -> None:
    with pytest.raises(FilterFailed, match="closed its output and did not exit"):
        run([program(f"exec 1>&-; exec sleep {NAP}")], [b"x"], host(grace_s=0.2))


def test_a_document_that_breaks_ends_the_program(program: Program) -> None:
    def broken() -> "Iterator[bytes]":
        yield b"x"
        raise WireError("The document is broken.")

    with pytest.raises(WireError):
        b"".join(filters.run([program("cat")], broken(), Job(), DRIVER, host()))


def pages(count: int) -> "Iterator[Page]":
    target = cupsdriver.target(DRIVER, SETUP, CHOICES)
    for _ in range(count):
        yield Page(target.raster, iter([memoryview(bytes(target.raster.stride)) for _ in range(target.raster.height)]))


SETUP = Setup(copies=2, color=False, sides="two-sided-long-edge", name="report", user="Ann")
CHOICES = {"PageSize": "Card", "Resolution": "300dpi"}


def test_pages_pass_a_driver_as_raster(program: Program, tmp_path: Path) -> None:
    script = """echo "$@" >&2; cat"""
    program(script)
    told: list[Message] = []
    where = host(filters=str(tmp_path), tell=told.append)
    made = b"".join(cupsdriver.encode(pages(2), SETUP, DRIVER, CHOICES, where))
    target = cupsdriver.target(DRIVER, SETUP, CHOICES)
    page = cupsraster.pack(target.header) + bytes(target.raster.stride * target.raster.height)
    assert made == cupsraster.SYNC + page * 2
    assert target.header["NumCopies"] == 2
    assert told == [Message("", "1 Ann report 2 PageSize=Card Resolution=300dpi Duplex=DuplexNoTumble")]


@pytest.mark.parametrize(
    "line, says",
    [
        ("application/vnd.cups-raster 50 rastertofake", "needs the program rastertofake, which is not installed"),
        ("application/vnd.cups-raster 50 ../../bin/cat", "takes no raster"),
        ("application/vnd.cups-raster 50 /bin/cat", "takes no raster"),
        ("application/vnd.cups-raster 50 -", "takes no raster"),
        ("application/vnd.cups-pdf 50 rastertofake", "takes no raster"),
    ],
)
def test_a_driver_without_its_program_says_so(tmp_path: Path, line: str, says: str) -> None:
    other = ppd.read(driver.ppd(("application/vnd.cups-raster 50 rastertofake", line)))
    with pytest.raises(FilterFailed, match=says):
        cupsdriver.encode(iter([]), Setup(), other, {}, host(filters=str(tmp_path)))


def test_a_page_that_does_not_fit_ends_the_program(program: Program, tmp_path: Path) -> None:
    program("cat")
    page = Page(Raster(1, 1), iter([memoryview(b"\0")]))
    with pytest.raises(WireError, match="The driver wants"):
        b"".join(cupsdriver.encode([page], SETUP, DRIVER, CHOICES, host(filters=str(tmp_path))))
