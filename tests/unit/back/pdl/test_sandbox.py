"""A process that shut itself in reaches no network, no file, no other program, and dies alone of what it takes."""

import functools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from feedpath.back.pdl import sandbox, seccomp

ROOT = Path(__file__).parents[4]
WATCHDOG_S = 60
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1  # linux/prctl.h, since Linux 6.3; elsewhere nothing happens
START = """
import io, os, pathlib, socket, sys
from feedpath.back.pdl import page, sandbox
from feedpath.back.pdl.draw import layout, plain, render, truetype
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
    script: str, nobody: bool = False, bounds: str = "", enter: bool = True, first: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run a script in a process that has shut itself in, or would do so later, and before that does `first`."""
    text = (ENTER if enter else START).replace("{nobody}", str(nobody)).replace("{bounds}", bounds) + TRY + script
    command = [sys.executable, "-c", first + text]
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
    assert [name for name in sandbox.MEASURES if name in names] == names
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


def test_a_document_is_drawn_inside_where_no_memory_may_become_code() -> None:
    """As under systemd's MemoryDenyWriteExecute: what is drawn is read through a callback."""
    script = """
for sheet in render.render(io.BytesIO(b"text"), "text/plain", page.Setup(), layout.View(resolution=(50, 50))):
    print(min(min(band) for band in sheet.bands) < 255)
"""
    refuse = f"import ctypes\nctypes.CDLL(None).prctl({PR_SET_MDWE}, {PR_MDWE_REFUSE_EXEC_GAIN}, 0, 0, 0)\n"
    result = child(script, first=refuse)
    assert (result.stdout, result.stderr) == ("True\n", "")


def test_text_is_drawn_inside_where_there_are_no_fonts() -> None:
    script = """
fonts = truetype.Fonts(pathlib.Path("/nowhere"))
print(plain.pdf(["caf\xe9"], plain.paper((21000, 29700), layout.Margins(), fonts), fonts).length > 0)
"""
    assert said(script, nobody=True) == "True"


PROFILES = {
    "drawing": ((seccomp.X86_64,), sandbox.NO_PROGRAMS),
    "a driver": ((seccomp.X86_64, seccomp.I386), sandbox.OWN_PROGRAMS),
    "a driver elsewhere": ((seccomp.ARM64, seccomp.ARM), sandbox.OWN_PROGRAMS),
}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_filter_refuses_what_it_names_and_nothing_else(profile: str) -> None:
    architectures, names = PROFILES[profile]
    for architecture in architectures:
        audit = seccomp.AUDIT[architecture]
        answers = {number: run_filter(architectures, names, audit, number) for number in range(1000)}
        refused = {number for number, answer in answers.items() if answer == seccomp.REFUSE}
        assert refused == {seccomp.number(name, architecture) for name in names} - {-1}
        (unknown,) = (number for number, answer in answers.items() if answer == seccomp.UNKNOWN)
        assert unknown == seccomp.number("clone3", architecture)
        assert run_filter(architectures, names, audit, seccomp.OTHER_NUMBERS | 41) == seccomp.REFUSE
        assert run_filter(architectures, names, audit ^ 1, 1) == seccomp.REFUSE
    assert run_filter(architectures, names, seccomp.AUDIT[seccomp.RISCV64], 1) == seccomp.REFUSE


@pytest.mark.parametrize(
    "flags, answer",
    [(0x11, seccomp.ALLOW), (sandbox.CLONE_NEWUSER | 0x11, seccomp.REFUSE), (0x00020000, seccomp.REFUSE)],
)
def test_processes_and_threads_are_made_but_no_new_worlds(flags: int, answer: int) -> None:
    for architecture in seccomp.AUDIT:
        clone = seccomp.number("clone", architecture)
        audit = seccomp.AUDIT[architecture]
        assert run_filter((architecture,), sandbox.OWN_PROGRAMS, audit, clone, flags) == answer


@pytest.mark.parametrize("header, columns", [("unistd_64.h", (0,)), ("unistd_32.h", (1,)), ("unistd.h", (2,))])
def test_the_numbers_are_those_of_the_headers(header: str, columns: "tuple[int, ...]") -> None:
    folder = "asm-generic" if header == "unistd.h" else "x86_64-linux-gnu/asm"
    path = Path("/usr/include", folder, header)
    if not path.exists():
        return  # a machine without Linux' headers, or of another architecture
    said = dict(re.findall(r"#define __NR_(\w+)\s+(\d+)", path.read_text()))
    known = {name: int(number) for name, number in said.items() if name in seccomp.CALLS}
    told = {name: numbers[columns[0]] for name, numbers in seccomp.CALLS.items() if numbers[columns[0]] >= 0}
    assert told == known


build = functools.cache(seccomp.program)


def run_filter(
    architectures: "tuple[str, ...]", names: "tuple[str, ...]", audit: int, number: int, argument: int = 0
) -> int:
    """Return what a filter answers: an interpreter of the five instructions that it has."""
    program = build(architectures, names)
    words = {seccomp.MACHINE_AT: audit, seccomp.NUMBER_AT: number, seccomp.FIRST_ARGUMENT_AT: argument}
    at, word = 0, 0
    while True:
        code = int.from_bytes(program[at : at + 2], sys.byteorder)
        yes, no = program[at + 2], program[at + 3]
        value = int.from_bytes(program[at + 4 : at + 8], sys.byteorder)
        at += 8
        if code == seccomp.RETURN:
            return value
        if code == seccomp.LOAD:
            word = words[value]
        else:
            holds = {seccomp.JUMP_EQUAL: word == value, seccomp.JUMP_FROM: word >= value}
            at += 8 * (yes if holds.get(code, bool(word & value)) else no)
