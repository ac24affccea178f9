"""What /proc tells of a server: its CPU time, memory and writes, with its children's. See proc(5)."""

import ctypes
import os
import re
import time
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
SETTLE_S = 6  # ten times what any peer takes to end a job after its last byte
KIB = 1024
TMPFS_NAMES = ("/memfd:", "/dev/shm/")


def stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on; empty when the process has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def tree(root: int) -> list[int]:
    """Return `root` and all its living descendants."""
    pids = map(int, filter(str.isdigit, os.listdir("/proc")))
    parents = {pid: int(fields[1]) for pid in pids if (fields := stat(pid))}
    found = [root]
    for pid in found:  # grows while we walk it
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def cpu_seconds(root: int) -> float:
    """Return user and system seconds of a process tree, with those of children that it has waited for."""
    return sum(sum(map(int, stat(pid)[11:15])) for pid in tree(root)) * TICK_S


def used_seconds(pid: int) -> float:
    """Return the seconds of CPU that one process has used, to the nanosecond: clock_getcpuclockid(3)."""
    clock = ctypes.c_int()
    number = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if number:
        raise OSError(number, os.strerror(number))
    return time.clock_gettime(clock.value)


def settle(root: int) -> None:
    """Wait until the process has no children left, so that all their time is accounted to it."""
    deadline = time.monotonic() + SETTLE_S
    while len(tree(root)) > 1:
        if time.monotonic() > deadline:
            raise TimeoutError(f"children of process {root} do not end: {list(map(command, tree(root)[1:]))}")
        time.sleep(0.001)


def command(pid: int) -> str:
    """Return the command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def status_bytes(pid: int, field: str) -> int:
    """Return a size from /proc/PID/status: VmRSS, VmHWM (its peak) or RssShmem."""
    match = re.search(rf"^{field}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert match, f"the kernel does not tell {field}"
    return int(match[1]) * KIB


def rollup_bytes(pid: int, field: str) -> int:
    """Return a size from /proc/PID/smaps_rollup: Pss, which shares what several processes map, or Private_Dirty."""
    match = re.search(rf"^{field}:\s+(\d+) kB$", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert match, f"the kernel does not tell {field}"
    return int(match[1]) * KIB


def forget_peak(pid: int) -> None:
    """Let VmHWM start again from what the process holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def written_bytes(pid: int) -> int:
    """Return the bytes that the process and its waited-for children have sent towards storage (tmpfs is none)."""
    match = re.search(r"^write_bytes: (\d+)$", Path(f"/proc/{pid}/io").read_text(), re.MULTILINE)
    assert match, "the kernel does not account writes (CONFIG_TASK_IO_ACCOUNTING)"
    return int(match[1])


def tmpfs_bytes(pid: int) -> int:
    """Return what the process holds in memory files, which RSS does not count unless they are mapped."""
    total = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if os.readlink(descriptor).startswith(TMPFS_NAMES):
                total += descriptor.stat().st_blocks * 512
        except FileNotFoundError:  # closed while we looked
            pass
    return total
