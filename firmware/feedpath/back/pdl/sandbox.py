"""What a process that touches untrusted documents shuts out: network, files, other processes, memory.

Two kinds shut themselves in: the process that draws documents, which has opened what it reads and writes and needs
nothing more, and the one that becomes a driver's program, which may read what is installed, start programs and write
into a folder of its own. Each measure is tried by itself, since kernels and rights differ; `enter` says which hold.
The calls are made raw, by the numbers in Linux' headers (landlock.h, sched.h, prctl.h). What is imported here costs
time before each job of a driver's program: only little is.
"""

import ctypes
import os
import resource
import struct
import sys

from feedpath.back.pdl import seccomp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOBODY = 65534
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 0x08000000, 0x10000000, 0x40000000
CAPABILITY_VERSION_3 = 0x20080522
SIGKILL = 9
FIRST_TO_DIE = b"1000"  # the most of oom_score_adj (proc(5))

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446  # the same on every architecture
LANDLOCK_VERSION, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE  # the rights that a rule for no folder can give
FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # Landlock's ABI: how many rights it knows; later ones know as many
TCP_SINCE, TCP_RIGHTS = 4, 0b11  # bind and connect
SCOPE_SINCE, SCOPES = 6, 0b11  # abstract Unix sockets, signals
READING, RUNNING, USING = READ_FILE | READ_DIR, READ_FILE | READ_DIR | EXECUTE, READ_FILE | WRITE_FILE
OWNING = ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK)  # all else that there is

PACKAGES = __file__.rpartition("/feedpath/")[0]
READABLE = (  # fonts, and what Python may still import
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/lib",
    "/lib",
    "/usr/local/lib",
    sys.prefix,
    sys.base_prefix,
    PACKAGES,
)
INSTALLED = (  # what drivers' programs start and read
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/opt",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/foomatic",
    "/etc/group",
    "/etc/hp",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/papersize",
    "/etc/passwd",
    "/var/cache/fontconfig",
    "/var/lib/ghostscript",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

NO_PROGRAMS = ("socket", "ptrace", "execve", "execveat", "io_uring_setup")
OWN_PROGRAMS = (  # io_uring opens sockets without `socket`; who cannot leave its session is ended with it
    "socket", "socketcall", "io_uring_setup", "setsid", "setpgid", "ptrace", "process_vm_readv", "process_vm_writev",
    "pidfd_getfd", "unshare", "setns", "mount", "open_by_handle_at", "bpf", "perf_event_open", "userfaultfd", "keyctl",
    "add_key", "request_key",
)  # fmt: skip


class Bounds:
    """What a process may use; without arguments, that of the process that draws documents.

    memory_bytes: of address space, of which Python and PDFium take some 150 MiB before any document. cpu_s: processor
    time. files: open at a time; file_bytes: in each. processes: with its own. readable, runnable, writable: folders
    and files. user: who it becomes where it is root. refused: calls. dies_with_parent: with the thread that started it.
    """

    def __init__(
        self,
        memory_bytes: int = 512 * 1024 * 1024,
        cpu_s: int = 600,
        files: int = 64,
        readable: "Sequence[str]" = READABLE,
        runnable: "Sequence[str]" = (),
        writable: "Sequence[str]" = (),
        file_bytes: int = 0,
        processes: int = 0,
        user: int = NOBODY,
        refused: "tuple[str, ...]" = NO_PROGRAMS,
        dies_with_parent: bool = False,
    ):
        self.memory_bytes = memory_bytes
        self.cpu_s = cpu_s
        self.files = files
        self.file_bytes = file_bytes
        self.processes = processes
        self.user = user
        self.refused = refused
        self.dies_with_parent = dies_with_parent
        self.rights = [
            *((place, READING) for place in readable),
            *((place, RUNNING) for place in runnable),
            *((place, OWNING) for place in writable),
            *((place, USING) for place in DEVICES if runnable),
        ]


BOUNDS = Bounds()
_held: "list[str]" = []
_libc = ctypes.CDLL(None, use_errno=True)


def enter(bounds: Bounds = BOUNDS) -> "tuple[str, ...]":
    """Shut this process in, for good; return the measures that hold."""
    ruleset = _ruleset(bounds)
    was_root = os.geteuid() == 0
    measures: "tuple[tuple[str, Callable[[], bool]], ...]" = (
        ("dies-first", _die_first),
        ("no-network", _leave_network),
        ("nobody", lambda: _become(bounds.user)),
        ("dies-with-us", lambda: not bounds.dies_with_parent or _done(_libc.prctl(PR_SET_PDEATHSIG, SIGKILL))),
        ("no-new-privileges", lambda: _done(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))),
        ("no-capabilities", _drop_capabilities),
        ("no-files", lambda: _restrict(ruleset)),
        ("no-sockets", lambda: _refuse_calls(bounds.refused)),
        ("few-processes", lambda: _limit_processes(bounds, counts=was_root or "no-network" in _held)),
        ("limits", lambda: _limit(bounds)),
    )
    _held.clear()
    for name, measure in measures:
        if _holds(measure):
            _held.append(name)
    return held()


MEASURES = ("dies-first", "no-network", "nobody", "dies-with-us", "no-new-privileges", "no-capabilities", "no-files",
            "no-sockets", "few-processes", "limits")  # fmt: skip


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


def _die_first() -> bool:
    """Have this process ended before others where memory runs out."""
    score = os.open("/proc/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
    try:
        return os.write(score, FIRST_TO_DIE) > 0
    finally:
        os.close(score)


def _leave_network() -> bool:
    """Go where there is no network, nor memory shared with others: as root directly, else as root of an own world."""
    alone = CLONE_NEWNET | CLONE_NEWIPC
    return _done(_libc.unshare(alone)) or _done(_libc.unshare(CLONE_NEWUSER | alone))


def _become(user: int) -> bool:
    if os.geteuid() == 0:
        try:
            os.setgroups([])
        except OSError:  # a world of one's own has no groups to leave
            pass
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    return os.geteuid() != 0


def _drop_capabilities() -> bool:
    """Give up what rights are left, among them those over a world of one's own (capset(2))."""
    header = struct.pack("II", CAPABILITY_VERSION_3, 0)
    return _done(_libc.capset(header, bytes(24)))


def _ruleset(bounds: Bounds) -> int:
    """Return the descriptor of Landlock's rules: what is not named is refused; -1 where there is no Landlock."""
    version = _libc.syscall(LANDLOCK_CREATE, None, 0, LANDLOCK_VERSION)
    if version < 1:
        return -1
    rights = (1 << FS_RIGHTS[min(version, max(FS_RIGHTS))]) - 1
    tcp, scopes = TCP_RIGHTS * (version >= TCP_SINCE), SCOPES * (version >= SCOPE_SINCE)
    words = 3 if scopes else 2 if tcp else 1
    attributes = struct.pack("QQQ", rights, tcp, scopes)[: words * 8]
    ruleset = int(_libc.syscall(LANDLOCK_CREATE, attributes, len(attributes), 0))
    for place, given in bounds.rights if ruleset >= 0 else ():
        try:
            _allow(ruleset, place, given & rights)
        except OSError:  # it is not there, or not ours to read anyway
            continue
    return ruleset


def _allow(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        given = rights if os.path.isdir(path) else rights & OF_A_FILE
        _libc.syscall(LANDLOCK_ADD, ruleset, PATH_BENEATH, struct.pack("=Qi", given, place), 0)
    finally:
        os.close(place)


def _restrict(ruleset: int) -> bool:
    if ruleset < 0:
        return False
    try:
        return _done(_libc.syscall(LANDLOCK_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)


def _refuse_calls(refused: "tuple[str, ...]") -> bool:
    """Have the kernel refuse calls, and every call under the number of an architecture whose programs do not run."""
    own = seccomp.architecture()
    if not own:
        return False
    others = () if "execve" in refused else seccomp.FOREIGN.get(own, ())
    program = seccomp.program((own, *others), refused)
    memory = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(program) // 8, ctypes.addressof(memory))
    return _done(_libc.syscall(seccomp.number("seccomp", own), seccomp.SET_MODE_FILTER, 0, header))


def _limit_processes(bounds: Bounds, counts: bool) -> bool:
    """Bound the processes of this user. counts: whether none but this one's are counted."""
    if counts or not bounds.processes:
        _set_limit(resource.RLIMIT_NPROC, bounds.processes, bounds.processes)
    return counts or not bounds.processes


def _limit(bounds: Bounds) -> bool:
    """Bound what the process takes; the processor's second bound kills where the first one's signal was caught."""
    _set_limit(resource.RLIMIT_AS, bounds.memory_bytes, bounds.memory_bytes)
    _set_limit(resource.RLIMIT_CPU, bounds.cpu_s, bounds.cpu_s + 1)
    _set_limit(resource.RLIMIT_NOFILE, bounds.files, bounds.files)
    _set_limit(resource.RLIMIT_FSIZE, bounds.file_bytes, bounds.file_bytes)
    _set_limit(resource.RLIMIT_CORE, 0, 0)
    return True


def _set_limit(which: int, *wanted: int) -> None:
    most = resource.getrlimit(which)[1]
    first, last = (value if most == resource.RLIM_INFINITY else min(value, most) for value in wanted)
    resource.setrlimit(which, (first, last))
