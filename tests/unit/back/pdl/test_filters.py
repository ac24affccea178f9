"""Filter programs at work: those that do well, and those that crash, hang, flood or give up."""

import itertools
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from feedpath.back.pdl import cupsdriver, cupsraster, filters, ppd
from feedpath.back.pdl.filters import FilterFailed, Host, Job, Limits, Message
from feedpath.back.pdl.page import Page, Raster, Setup
from feedpath.errors import WireError
from tests.fakes import driver

DRIVER = ppd.read(driver.ppd())
BLANK = bytes(256 * 1024)
Program = Callable[..., str]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return a maker of filter programs: a shell script, which any user can run."""
    for folder in (tmp_path, *tmp_path.parents[:2]) if os.geteuid() == 0 else ():  # programs are nobody's then
        folder.chmod(folder.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH | stat.S_IRGRP | stat.S_IROTH)

    def write(script: str, name: str = driver.FILTER) -> str:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
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


def test_a_program_is_called_after_its_printer_and_finds_the_driver_so(program: Program) -> None:
    script = 'cat >/dev/null; basename "$0"; cat "$CUPS_SERVERROOT/ppd/$(basename "$0").ppd"'
    assert run([program(script)], [b"x"]).decode() == "printer\n" + driver.PPD


def test_the_channels_to_the_machine_are_there_and_empty(program: Program) -> None:
    assert run([program("cat; cat <&3; echo x >&4; cat <&4; echo end")], [b"a "]) == b"a end\n"


def test_a_program_is_nobody_in_a_folder_of_its_own(program: Program) -> None:
    said = run([program("cat; id -un; id -Gn; echo $TMPDIR; pwd; touch $TMPDIR/x && echo written; ulimit -c")], [])
    user, groups, folder, here, written, core = said.decode().split("\n")[:6]
    if os.geteuid() == 0:
        assert (user, groups) == ("nobody", "nogroup")
    assert (here, written, core) == (folder, "written", "0")
    assert not Path(folder).exists()


def test_a_program_has_limits(program: Program) -> None:
    script = "cat; ulimit -f; ulimit -v; ulimit -t; ulimit -n"
    assert run([program(script)], []).split() == [b"524288", b"1048576", b"3600", b"64"]


def test_a_sandbox_is_prepared_in_the_new_process(program: Program) -> None:
    said = run([program("cat; nice")], [], host(prepare=lambda: os.nice(7) and None))
    assert int(said) == min(19, os.nice(0) + 7)


def test_a_sandbox_that_cannot_be_prepared_is_a_failure(program: Program) -> None:
    with pytest.raises(FilterFailed, match="rastertofake cannot be started"):
        run([program("cat")], [b"x"], host(prepare=lambda: os.nice(1 // 0) and None))


@pytest.mark.parametrize(
    "line, message",
    [
        (b"DEBUG: a: b", Message("DEBUG", "a: b")),
        (b"INFO:  Printing ", Message("INFO", "Printing")),
        (b"ERROR: No paper", Message("ERROR", "No paper")),
        (b"STATE: +media-empty", Message("STATE", "+media-empty")),
        (b"PAGE: 1 2", Message("PAGE", "1 2")),
        (b"ATTR: marker-levels=3", Message("ATTR", "marker-levels=3")),
        (b"brlaser: hello", Message("", "brlaser: hello")),
        (b"\xff", Message("", "\ufffd")),
    ],
)
def test_a_line_of_the_standard_error_has_a_kind(line: bytes, message: Message) -> None:
    assert filters.parse(line) == message


def test_messages_are_told_as_they_come(program: Program) -> None:
    told: list[Message] = []
    script = "cat; echo 'PAGE: 1 1' >&2; echo >&2; printf 'INFO: last' >&2"
    run([program(script)], [b"x"], host(tell=told.append))
    assert told == [Message("PAGE", "1 1"), Message("INFO", "last")]


def test_a_line_without_an_end_is_not_kept_whole(program: Program) -> None:
    told: list[Message] = []
    script = "cat; head -c 200000 /dev/zero | tr '\\0' x >&2; echo >&2; echo 'INFO: end' >&2"
    run([program(script)], [b"x"], host(tell=told.append))
    assert [len(message.text) <= filters.LINE_BYTES for message in told] == [True] * 2
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


def test_a_program_that_is_not_there_is_named(program: Program, tmp_path: Path) -> None:
    with pytest.raises(FilterFailed, match="gone cannot be run"):
        run([str(tmp_path / "gone")], [b"x"])


@pytest.mark.parametrize(
    "script", ["exec sleep 98765", "trap '' TERM; while :; do sleep 98765; done", "sleep 98765 & wait"]
)
def test_a_program_that_hangs_is_ended_with_all_that_it_started(program: Program, script: str) -> None:
    ticks = itertools.chain([0.0, 0.0], itertools.count(1000.0, 1000.0))
    where = host(patience_s=120.0, grace_s=0.2, clock=lambda: next(ticks))
    with pytest.raises(FilterFailed, match="took nothing and gave nothing for 120 seconds"):
        run([program(script)], [BLANK] * 8, where)
    assert not [pid for pid in children() if b"sleep\x0098765\x00" in pid]


def children() -> "list[bytes]":
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            continue
    return found


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
        run([program("exec 1>&-; exec sleep 98765")], [b"x"], host(grace_s=0.2))


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
