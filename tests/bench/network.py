"""What the measures of the network share: how much work a round is, and the samples."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from tests.bench.bench import Run


class Amounts(NamedTuple):
    """How much work one round is."""

    requests: int  # of SNMP, of each kind
    questions: int  # of mDNS: fewer than feedpath takes of one source at once
    settle_s: float  # until what was started has nothing left to do but wait
    idle_s: float  # that it is watched for then
    patient: bool  # whether clients that probe for seconds are waited for


FULL = Amounts(4000, 80, 20.0, 60.0, True)
QUICK = Amounts(40, 20, 1.0, 0.5, False)


class Networks(Run):
    """One run over what serves a network."""

    def __init__(self, folder: Path, rounds: int, amounts: Amounts):
        super().__init__(rounds)
        self.folder, self.amounts = folder, amounts

    def about(self) -> "Iterator[str]":
        yield f"From PyPI: pysnmp {version('pysnmp')}; zeroconf {version('zeroconf')}, which answers mDNS for feedpath"
        yield f"Rounds: {self.rounds}, feedpath and the others in turns, in network namespaces joined by veth pairs"
        yield (
            f"SNMP: {self.amounts.requests} requests of each kind in a round, a tenth of that to pysnmp; "
            f"mDNS: {self.amounts.questions} questions; idle: {self.amounts.idle_s:g} s"
        )
        yield f"Checked: {self.verified} answers and addresses, each what was asked for"
