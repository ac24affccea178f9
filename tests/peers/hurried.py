"""The network helper with a clock that runs so many times as fast: `python -m tests.peers.hurried TIMES ...`.

What it waits for passes sooner, all in the order in which it would: the same steps, and the same packets.
"""

import select
import sys
from types import SimpleNamespace
from typing import Any

from feedpath.host import network, plan

TIMES = float(sys.argv.pop(1))
clock = plan.clock
began = clock()


def hurried() -> float:
    return began + (clock() - began) * TIMES


def wait(reading: Any, writing: Any, others: Any, seconds: "float | None") -> Any:
    return select.select(reading, writing, others, None if seconds is None else seconds / TIMES)


vars(network).update(clock=hurried, select=SimpleNamespace(select=wait))
vars(plan).update(clock=hurried)

if __name__ == "__main__":
    sys.exit(network.main())
