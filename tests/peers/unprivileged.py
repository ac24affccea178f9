"""The network helper of somebody who is not root: `python -m tests.peers.unprivileged ...`.

As a service manager starts it: another user, with CAP_NET_RAW and CAP_NET_ADMIN.
"""

import ctypes
import os
import struct
import sys

from feedpath.host import network

NOBODY = 65534
PR_SET_KEEPCAPS = 8  # linux/prctl.h


def become_nobody() -> None:
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    kept = 1 << network.CAP_NET_ADMIN | 1 << network.CAP_NET_RAW
    header = struct.pack("II", network.CAPABILITY_VERSION_3, 0)
    assert not libc.capset(header, struct.pack("IIIIII", kept, kept, 0, 0, 0, 0))


if __name__ == "__main__":
    become_nobody()
    sys.exit(network.main())
