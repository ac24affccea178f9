"""A DHCP client under a hundred thousand frames that are almost right: no error, and no step but those of the RFC.

`tools/fuzz dhcp` goes on for longer.
"""

import random

from tests.fakes import dhcp
from tests.robust.changes import changed
from tests.robust.fuzz_targets import TARGETS

FRAMES = 100_000
EACH = 500  # frames that one client takes; its steps are watched


def test_mutated_frames_move_a_client_by_figure_5_only(seed: int) -> None:
    choose = random.Random(seed)
    valid = TARGETS["dhcp"].valid()
    states = set()
    for turn in range(FRAMES // EACH):
        link = dhcp.in_state(turn)
        for _ in range(EACH):
            if link.machine.state == "INIT" or choose.random() < 0.02:
                link.run(choose.random() * 10)
            data = changed(valid, TARGETS["dhcp"].kind, choose)[1:1500]
            if link.sent:
                data = data[:4] + link.sent[-1].xid.to_bytes(4, "big") + data[8:]
            link.feed(dhcp.framed(data))
            states.add(link.machine.state)
            del link.verbs[:], link.frames[:], link.sent[:-1]
    assert {"SELECTING", "REQUESTING", "BOUND", "RENEWING"} <= states
