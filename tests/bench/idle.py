"""What DHCP, mDNS and SNMP cost while nothing happens, and what they add to memory: an appliance with, one without."""

import time

from tests.bench import lan, mdns, processes, snmp
from tests.bench.bars import OURS
from tests.bench.lan import Box
from tests.bench.network import Networks
from tests.fakes import netns
from tests.peers.dhcp import Cable

MB, PERCENT = 1e6, 100
WITH = ("network=dhcp", "mdns=on", "snmp=on")
WITHOUT = ("network=system", "mdns=off", "snmp=off")
ADDRESS = "10.77.0.20/24"  # of the printer whose address is not ours to give
SNMP_PORT = 161
ALL = (1, 3, 6, 1, 2, 1)


def measure(run: Networks) -> None:
    """Let two appliances idle side by side, so that the machine's moods meet both; then use what they have."""
    with lan.lan() as cable, lan.lan() as other, lan.server(cable, run.folder):
        other.printer.run("ip", "address", "add", ADDRESS, "dev", other.name)
        with (
            lan.box(cable.printer, run.folder, *WITH) as busy,
            lan.box(other.printer, run.folder, *WITHOUT) as quiet,
        ):
            busy.wait()
            quiet.wait()
            address = leased(cable)
            time.sleep(run.amounts.settle_s)
            for _ in range(run.rounds):
                idle(run, busy, quiet)
            use(run, cable, busy, address)
            memory(run, busy, quiet)


def leased(cable: Cable) -> str:
    """Return the printer's address once it has one."""
    return netns.until(lambda: next(iter(cable.addresses()), ""), "a lease").partition("/")[0]


def idle(run: Networks, busy: Box, quiet: Box) -> None:
    """Keep what the processes use, in percent of a core."""
    pids = {"firmware": busy.pid, "helper": busy.helper(), "without": quiet.pid}
    before, begun = {name: processes.used_seconds(pid) for name, pid in pids.items()}, time.monotonic()
    time.sleep(run.amounts.idle_s)
    took = time.monotonic() - begun
    used = {name: (processes.used_seconds(pid) - before[name]) / took * PERCENT for name, pid in pids.items()}
    with_all = used["firmware"] + used["helper"]
    run.keep("idle.with", OURS, with_all)
    run.keep("idle.helper", OURS, used["helper"])
    run.keep("idle.without", OURS, used["without"])
    run.keep("idle.added", OURS, with_all - used["without"])


def use(run: Networks, cable: Cable, busy: Box, address: str) -> None:
    """Walk over all of SNMP and ask by mDNS, so that all that is loaded late is there."""
    client = snmp.Client(OURS, busy.pid, lan.inside(cable.router, lambda: snmp.connected(address, SNMP_PORT)))
    run.verified += len(snmp.walk(client, ALL)[1])
    client.close()
    asker = mdns.Asker(lan.inside(cable.router, mdns.asking))
    run.verified += len(asker.ask(mdns.IPP))
    asker.close()


def memory(run: Networks, busy: Box, quiet: Box) -> None:
    """Keep what the processes hold; once, since memory is not noisy."""
    for key, pid in (("with", busy.pid), ("without", quiet.pid), ("helper", busy.helper())):
        run.keep(f"memory.{key}", OURS, processes.status_bytes(pid, "VmRSS") / MB)
        run.keep(f"memory.{key}.pss", OURS, processes.rollup_bytes(pid, "Pss") / MB)
    added = processes.status_bytes(busy.pid, "VmRSS") - processes.status_bytes(quiet.pid, "VmRSS")
    run.keep("memory.added", OURS, added / MB)
