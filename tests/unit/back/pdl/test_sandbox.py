"""A process that shut itself in reaches no network, no file, no other program, and dies alone of what it takes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from feedpath.back.pdl import sandbox

ROOT = Path(__file__).parents[4]
WATCHDOG_S = 60
ALL = ("no-network", "nobody", "no-new-privileges", "no-capabilities", "no-files", "no-sockets", "limits")
START = """
import io, os, pathlib, socket, sys
from feedpath.back.pdl import layout, page, plain, render, sandbox, truetype
if {nobody} and os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
"""
ENTER = START + "held = sandbox.enter(sandbox.Bounds({bounds}))\n"
TRY = """
def tried(what):
    try:
        what()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "done"
"""


def child(
    script: str, nobody: bool = False, bounds: str = "", enter: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Run a script in a process that has shut itself in, or would do so later."""
    text = (ENTER if enter else START).replace("{nobody}", str(nobody)).replace("{bounds}", bounds) + TRY + script
    command = [sys.executable, "-c", text]
    where = ROOT / "firmware"
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=WATCHDOG_S, cwd=where)


def said(script: str, nobody: bool = False, bounds: str = "") -> str:
    result = child(script, nobody, bounds)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.strip()


both = pytest.mark.parametrize("nobody", [False, True], ids=["as-started", "as-nobody"])


@both
def test_it_says_which_measures_hold(nobody: bool) -> None:
    names = said("print(*held); assert held == sandbox.held()", nobody).split()
    assert [name for name in ALL if name in names] == names
    assert {"nobody", "no-new-privileges", "limits"} <= set(names)


def test_the_process_that_starts_it_holds_nothing_itself() -> None:
    assert sandbox.held() == ()


@both
def test_no_socket_reaches_anything(nobody: bool) -> None:
    script = """
def reach():
    with socket.socket() as one:
        one.settimeout(5)
        one.connect((sys.argv[0] and "127.0.0.1", 9))
print(tried(reach), tried(lambda: socket.socket(socket.AF_UNIX).close()) if "no-sockets" in held else "PermissionError")
"""
    reached, local = said(script, nobody).split()
    assert reached in ("PermissionError", "OSError")  # refused, or no network that has an address
    assert local == "PermissionError"


@both
def test_no_file_is_written(nobody: bool, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    path = tmp_path / "new"
    result = said(f"print(tried(lambda: os.write(os.open({str(path)!r}, os.O_WRONLY | os.O_CREAT), b'x')))", nobody)
    assert result in ("PermissionError", "OSError")
    assert not path.exists() or path.read_bytes() == b""


def test_a_folder_that_may_be_read_is_not_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    (tmp_path / "there").write_bytes(b"x")
    script = f"os.chdir({str(tmp_path)!r})\nheld = sandbox.enter(sandbox.Bounds(readable=({str(tmp_path)!r},)))\n"
    script += "print('no-files' in held, tried(lambda: os.open('new', os.O_WRONLY | os.O_CREAT)), os.listdir('.'))"
    result = child(script, enter=False)
    assert result.stderr == ""
    assert result.stdout.startswith("False") or result.stdout == "True PermissionError ['there']\n"


def test_nothing_is_written_into_a_file_that_was_open_before(tmp_path: Path) -> None:
    path = tmp_path / "open"
    script = f"file = os.open({str(path)!r}, os.O_WRONLY | os.O_CREAT)\nsandbox.enter()\n"
    script += "print(tried(lambda: os.write(file, b'x')))"
    result = child(script, enter=False)
    assert (result.stdout, path.read_bytes()) == ("OSError\n", b"")


@both
def test_only_fonts_and_libraries_are_read(nobody: bool) -> None:
    script = "print('no-files' in held, tried(lambda: open('/etc/passwd')), tried(lambda: os.listdir('/usr/lib')))"
    closed, passwords, libraries = said(script, nobody).split()
    assert (passwords == "PermissionError") == (closed == "True")
    assert libraries == "done"


@both
def test_no_other_program_is_started(nobody: bool) -> None:
    script = "print(tried(lambda: os.execv('/bin/true', ['true'])), tried(os.fork))"
    started, forked = said(script, nobody).split()
    assert started == "PermissionError"
    assert forked == "BlockingIOError"


def test_memory_over_the_limit_fails_in_this_process_only() -> None:
    assert said("print(tried(lambda: bytearray(300 << 20)))", bounds="memory_bytes=250 << 20") == "MemoryError"
    assert len(bytearray(300 << 20)) == 300 << 20


def test_processor_time_over_the_limit_ends_this_process_only() -> None:
    result = child("while True: pass", bounds="cpu_s=1")
    assert result.returncode in (-24, -9)  # SIGXCPU, SIGKILL


def test_root_becomes_nobody_and_cannot_return() -> None:
    if os.geteuid():
        return  # who is not root has nothing to lose
    script = "print(os.getresuid(), os.getresgid(), tried(lambda: os.setuid(0)))"
    assert said(script) == "(65534, 65534, 65534) (65534, 65534, 65534) PermissionError"


@both
def test_documents_are_drawn_inside(nobody: bool) -> None:
    script = """
for data, format in ((b"caf\\xe9", "text/plain"), (b"caf\\xc3\\xa9", "text/plain"), (b"\\xff\\xfea\\0", "text/plain")):
    for sheet in render.render(io.BytesIO(data), format, page.Setup(), layout.View(resolution=(50, 50))):
        print(min(min(band) for band in sheet.bands) < 255, end=" ")
"""
    assert said(script, nobody) == "True True True"


def test_text_is_drawn_inside_where_there_are_no_fonts() -> None:
    script = """
fonts = truetype.Fonts(pathlib.Path("/nowhere"))
print(plain.pdf(["caf\xe9"], plain.paper((21000, 29700), layout.Margins(), fonts), fonts).length > 0)
"""
    assert said(script, nobody=True) == "True"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "riscv64", "armv7l"])
def test_the_filter_refuses_what_it_names_and_nothing_else(machine: str) -> None:
    calls = sandbox.MACHINES[machine]
    refused = {number for number in range(1000) if run_filter(calls, calls.audit, number) != sandbox.ALLOW}
    assert refused == {*calls.refused, sandbox.IO_URING_SETUP}
    assert run_filter(calls, calls.audit ^ 1, 1) == sandbox.REFUSE
    assert run_filter(calls, calls.audit, sandbox.OTHER_NUMBERS | 41) == sandbox.REFUSE


def run_filter(calls: sandbox.Calls, audit: int, number: int) -> int:
    """Return what a filter answers: an interpreter of the four instructions that it has."""
    program = sandbox._program(calls)
    at, word = 0, 0
    while True:
        code = int.from_bytes(program[at : at + 2], sys.byteorder)
        yes, no = program[at + 2], program[at + 3]
        value = int.from_bytes(program[at + 4 : at + 8], sys.byteorder)
        at += 8
        if code == sandbox.RETURN:
            return value
        if code == sandbox.LOAD:
            word = {sandbox.MACHINE_AT: audit, sandbox.NUMBER_AT: number}[value]
        else:
            at += 8 * (yes if (word == value if code == sandbox.JUMP_EQUAL else word >= value) else no)
