"""System calls that a process can be denied: their numbers, and the filter that refuses them (seccomp(2)).

Numbers are those of Linux' headers: unistd_64.h and unistd_32.h of x86, asm-generic/unistd.h, arm's syscall.tbl; the
architectures' are in audit.h. What is imported here costs time before each job of a driver's program: only little is.
"""

import errno
import os
import struct

X86_64, I386, ARM64, RISCV64, ARM = "x86_64", "i386", "arm64", "riscv64", "arm"
COLUMNS = {X86_64: 0, I386: 1, ARM64: 2, RISCV64: 2, ARM: 3}  # of CALLS
AUDIT = {X86_64: 0xC000003E, I386: 0x40000003, ARM64: 0xC00000B7, RISCV64: 0xC00000F3, ARM: 0x40000028}
FOREIGN = {X86_64: (I386,), ARM64: (ARM,)}  # whose programs run there, too

CALLS = {  # x86-64, i386, 64 bits elsewhere, arm; -1: there is no such call
    "add_key": (248, 286, 217, 309),
    "bpf": (321, 357, 280, 386),
    "clone": (56, 120, 220, 120),
    "clone3": (435, 435, 435, 435),
    "execve": (59, 11, 221, 11),
    "execveat": (322, 358, 281, 387),
    "io_uring_setup": (425, 425, 425, 425),
    "keyctl": (250, 288, 219, 311),
    "mount": (165, 21, 40, 21),
    "open_by_handle_at": (304, 342, 265, 371),
    "perf_event_open": (298, 336, 241, 364),
    "pidfd_getfd": (438, 438, 438, 438),
    "process_vm_readv": (310, 347, 270, 376),
    "process_vm_writev": (311, 348, 271, 377),
    "ptrace": (101, 26, 117, 26),
    "request_key": (249, 287, 218, 310),
    "seccomp": (317, 354, 277, 383),
    "setns": (308, 346, 268, 375),
    "setpgid": (109, 57, 154, 57),
    "setsid": (112, 66, 157, 66),
    "socket": (41, 359, 198, 281),
    "socketcall": (-1, 102, -1, -1),
    "unshare": (272, 310, 97, 337),
    "userfaultfd": (323, 374, 282, 388),
}

SET_MODE_FILTER = 1
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
UNKNOWN = 0x00050000 | errno.ENOSYS  # the C library then calls clone, whose flags a filter can see
LOAD, JUMP_EQUAL, JUMP_FROM, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # classic BPF: ld, jeq, jge, jset, ret
NUMBER_AT, MACHINE_AT, FIRST_ARGUMENT_AT = 0, 4, 16  # struct seccomp_data
OTHER_NUMBERS = 0x40000000  # x86's x32 calls, under other numbers
NEW_WORLDS = 0x7E020000  # clone's flags for namespaces of one's own


def architecture() -> str:
    """Return whose calls this process makes, "" where they are not known here."""
    machine = os.uname().machine
    wide = struct.calcsize("P") == 8
    if machine.startswith("arm") or (machine == "aarch64" and not wide):
        return ARM
    return {"x86_64": X86_64, "aarch64": ARM64, "riscv64": RISCV64}.get(machine, "") if wide else ""


def number(call: str, of: str) -> int:
    """Return a call's number, -1 where an architecture has no such call."""
    return CALLS[call][COLUMNS[of]]


def program(architectures: "tuple[str, ...]", refused: "tuple[str, ...]") -> bytes:
    """Return the filter that refuses these calls, new namespaces, and all calls of other architectures."""
    rows = [(LOAD, 0, 0, MACHINE_AT)]
    for name in architectures:
        section = _section(name, refused)
        rows += [(JUMP_EQUAL, 0, len(section), AUDIT[name]), *section]  # jumps count the rows that they pass over
    rows.append((RETURN, 0, 0, REFUSE))
    return b"".join(struct.pack("HBBI", *row) for row in rows)


def _section(name: str, refused: "tuple[str, ...]") -> "list[tuple[int, int, int, int]]":
    answers = {number(call, name): REFUSE for call in refused} | {number("clone3", name): UNKNOWN}
    rows = [(LOAD, 0, 0, NUMBER_AT), (JUMP_FROM, 0, 1, OTHER_NUMBERS), (RETURN, 0, 0, REFUSE)]
    for call, answer in answers.items():
        if call >= 0:
            rows += [(JUMP_EQUAL, 0, 1, call), (RETURN, 0, 0, answer)]
    rows += [(JUMP_EQUAL, 0, 3, number("clone", name)), (LOAD, 0, 0, FIRST_ARGUMENT_AT)]
    rows += [(JUMP_ANY_BIT, 0, 1, NEW_WORLDS), (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    return rows
