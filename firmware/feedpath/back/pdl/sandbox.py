"""What the process that draws documents shuts out before it touches one: network, files, other processes, memory.

Each measure is tried by itself, since kernels and rights differ; `enter` says which hold. It is for a process of its
own with one thread, which has opened what it reads and writes: pipes, as it can write into no file any more. The calls
are made raw, by the numbers in Linux' headers (unistd.h, landlock.h, seccomp.h, prctl.h).
"""

import contextlib
import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

NOBODY = 65534
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
CAPABILITY_VERSION_3 = 0x20080522

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446  # the same on every architecture
LANDLOCK_VERSION, PATH_BENEATH = 1, 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # Landlock's ABI: how many rights it knows; later ones know as many
TCP_SINCE, TCP_RIGHTS = 4, 0b11  # bind and connect
SCOPE_SINCE, SCOPES = 6, 0b11  # abstract Unix sockets, signals

SECCOMP_SET_MODE_FILTER = 1
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
LOAD, JUMP_EQUAL, JUMP_FROM, RETURN = 0x20, 0x15, 0x35, 0x06  # classic BPF: word at, jeq, jge, ret
NUMBER_AT, MACHINE_AT = 0, 4  # struct seccomp_data
IO_URING_SETUP = 425  # it opens sockets without `socket`
IS_64_BIT = 1 << 31  # __AUDIT_ARCH_64BIT
OTHER_NUMBERS = 0x40000000  # x86's x32 calls, under other numbers


class Calls(NamedTuple):
    """An architecture: its number in audit.h, of seccomp itself, and of socket, ptrace, execve and execveat."""

    audit: int
    seccomp: int
    refused: "tuple[int, ...]"


MACHINES = {
    "x86_64": Calls(0xC000003E, 317, (41, 101, 59, 322)),
    "aarch64": Calls(0xC00000B7, 277, (198, 117, 221, 281)),
    "riscv64": Calls(0xC00000F3, 277, (198, 117, 221, 281)),
    "armv7l": Calls(0x40000028, 383, (281, 26, 11, 387)),
}

READABLE = (  # fonts, and what Python may still import
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/lib",
    "/lib",
    "/usr/local/lib",
    sys.prefix,
    sys.base_prefix,
    str(Path(__file__).parents[3]),
)


class Bounds(NamedTuple):
    """What the process may use.

    memory_bytes: of address space, of which Python and PDFium take some 150 MiB before any document. cpu_s: processor
    time. files: open at a time. readable: folders that may be read.
    """

    memory_bytes: int = 512 * 1024 * 1024
    cpu_s: int = 600
    files: int = 64
    readable: "tuple[str, ...]" = READABLE


BOUNDS = Bounds()
_held: "list[str]" = []
_libc = ctypes.CDLL(None, use_errno=True)


def enter(bounds: Bounds = BOUNDS) -> "tuple[str, ...]":
    """Shut this process in, for good; return the measures that hold."""
    ruleset = _ruleset(bounds)
    measures: "tuple[tuple[str, Callable[[], bool]], ...]" = (
        ("no-network", _leave_network),
        ("nobody", _become_nobody),
        ("no-new-privileges", lambda: _done(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))),
        ("no-capabilities", _drop_capabilities),
        ("no-files", lambda: _restrict(ruleset)),
        ("no-sockets", _refuse_calls),
        ("limits", lambda: _limit(bounds)),
    )
    _held[:] = [name for name, measure in measures if _holds(measure)]
    return held()


def held() -> "tuple[str, ...]":
    """Return the measures that hold."""
    return tuple(_held)


def _holds(measure: "Callable[[], bool]") -> bool:
    try:
        return measure()
    except (OSError, ValueError, AttributeError):  # no right to it, or a kernel or C library that has no such call
        return False


def _done(result: int) -> bool:
    """Return whether a call of the C library went well."""
    return result == 0


def _leave_network() -> bool:
    """Go where there is no network: as root directly, else as the root of a world of one's own."""
    return _done(_libc.unshare(CLONE_NEWNET)) or _done(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNET))


def _become_nobody() -> bool:
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):  # a world of one's own has no groups to leave
            os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    return os.geteuid() != 0


def _drop_capabilities() -> bool:
    """Give up what rights are left, among them those over a world of one's own (capset(2))."""
    header = struct.pack("II", CAPABILITY_VERSION_3, 0)
    return _done(_libc.capset(header, bytes(24)))


def _ruleset(bounds: Bounds) -> int:
    """Return the descriptor of Landlock's rules: nothing but reading in some folders; -1 where there is no Landlock."""
    version = _libc.syscall(LANDLOCK_CREATE, None, 0, LANDLOCK_VERSION)
    if version < 1:
        return -1
    rights = (1 << FS_RIGHTS[min(version, max(FS_RIGHTS))]) - 1
    tcp, scopes = TCP_RIGHTS * (version >= TCP_SINCE), SCOPES * (version >= SCOPE_SINCE)
    words = 3 if scopes else 2 if tcp else 1
    attributes = struct.pack("QQQ", rights, tcp, scopes)[: words * 8]
    ruleset = int(_libc.syscall(LANDLOCK_CREATE, attributes, len(attributes), 0))
    for folder in bounds.readable if ruleset >= 0 else ():
        with contextlib.suppress(FileNotFoundError, PermissionError):
            _allow(ruleset, folder)
    return ruleset


def _allow(ruleset: int, folder: str) -> None:
    place = os.open(folder, os.O_PATH | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        _libc.syscall(LANDLOCK_ADD, ruleset, PATH_BENEATH, struct.pack("=Qi", READ_FILE | READ_DIR, place), 0)
    finally:
        os.close(place)


def _restrict(ruleset: int) -> bool:
    if ruleset < 0:
        return False
    try:
        return _done(_libc.syscall(LANDLOCK_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)


def _refuse_calls() -> bool:
    """Have the kernel refuse new sockets, programs and tracing, and every call under another architecture's number."""
    calls = MACHINES.get(platform.machine())
    if calls is None or (calls.audit >= IS_64_BIT) != (struct.calcsize("P") == 8):
        return False  # a Python of 32 bits on a kernel of 64 makes other calls
    program = _program(calls)
    memory = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(program) // 8, ctypes.addressof(memory))
    return _done(_libc.syscall(calls.seccomp, SECCOMP_SET_MODE_FILTER, 0, header))


def _program(calls: Calls) -> bytes:
    """Return the filter: classic BPF, whose jumps count the instructions that they pass over."""
    refused = (*calls.refused, IO_URING_SETUP)
    rows = [(LOAD, 0, 0, MACHINE_AT), (JUMP_EQUAL, 0, len(refused) + 3, calls.audit), (LOAD, 0, 0, NUMBER_AT)]
    rows.append((JUMP_FROM, len(refused) + 1, 0, OTHER_NUMBERS))
    rows += [(JUMP_EQUAL, len(refused) - at, 0, number) for at, number in enumerate(refused)]
    rows += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("HBBI", *row) for row in rows)


def _limit(bounds: Bounds) -> bool:
    """Bound what the process takes; the processor's second bound kills where the first one's signal was caught."""
    limits = {
        resource.RLIMIT_AS: (bounds.memory_bytes, bounds.memory_bytes),
        resource.RLIMIT_CPU: (bounds.cpu_s, bounds.cpu_s + 1),
        resource.RLIMIT_NOFILE: (bounds.files, bounds.files),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NPROC: (0, 0),
    }
    for which, wanted in limits.items():
        most = resource.getrlimit(which)[1]
        fits = [value if most == resource.RLIM_INFINITY else min(value, most) for value in wanted]
        resource.setrlimit(which, (fits[0], fits[1]))
    return True
