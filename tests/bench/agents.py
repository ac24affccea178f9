"""SNMP agents to be measured, a process each: `python -m tests.bench.agents ours PORT`, or pysnmp instead of ours.

They answer on loopback until standard input ends. pysnmp reads its objects there, as a line of JSON: a list of [numbers
of the name, tag, value], where octets stand in hexadecimal and names as their numbers.
"""

import asyncio
import json
import sys
from typing import Any

from feedpath.core.printers import Printers
from feedpath.front.snmp import wire
from feedpath.front.snmp.agent import Access
from feedpath.front.snmp.server import Snmp
from feedpath.front.snmp.site import Facts, Reach
from feedpath.host.computer import LinuxComputer

HOST, COMMUNITY = "127.0.0.1", "public"
UNREACHED = 1e9  # requests a second: the limits are looked at for each request, and never met
AREA, MIB_2, V2C_MODEL = "bench", (1, 3, 6, 1, 2, 1), 2


async def ours(port: int) -> None:
    """Run our agent without printers, as a box is before one is plugged in."""

    async def keep(value: "int | bytes") -> None:
        raise OSError("nothing is kept here")

    facts = Facts(
        LinuxComputer(),
        host=lambda: "bench",
        contact=lambda: "nobody",
        location=lambda: "here",
        storage=lambda: (1 << 30, 0),
        reach=lambda printer: Reach("ipp://localhost/ipp/print", 631),
        write=lambda name: keep,
    )
    snmp = Snmp(HOST, port, facts, lambda: Access(COMMUNITY.encode(), b""), rate=UNREACHED, burst=UNREACHED)
    await snmp.start(Printers())
    await asyncio.to_thread(sys.stdin.read)
    await snmp.stop()


async def pysnmp(port: int) -> None:
    """Run pysnmp's command responder with objects whose values stand."""
    from pysnmp.carrier.asyncio.dgram import udp
    from pysnmp.entity import config, engine
    from pysnmp.entity.rfc3413 import cmdrsp, context

    agent = engine.SnmpEngine()
    config.add_transport(agent, udp.DOMAIN_NAME, udp.UdpTransport().open_server_mode((HOST, port)))
    config.add_v1_system(agent, AREA, COMMUNITY)
    config.add_vacm_user(agent, V2C_MODEL, AREA, "noAuthNoPriv", MIB_2)
    served = context.SnmpContext(agent)
    export(served.get_mib_instrum().get_mib_builder(), json.loads(sys.stdin.readline()))
    for responder in (cmdrsp.GetCommandResponder, cmdrsp.NextCommandResponder, cmdrsp.BulkCommandResponder):
        responder(agent, served)
    await asyncio.to_thread(sys.stdin.read)


def export(builder: Any, objects: "list[list[Any]]") -> None:
    """Have pysnmp serve these objects."""
    from pysnmp.proto import rfc1902

    kinds = {
        wire.INTEGER: rfc1902.Integer32,
        wire.OCTETS: rfc1902.OctetString,
        wire.OID: rfc1902.ObjectIdentifier,
        wire.COUNTER32: rfc1902.Counter32,
        wire.GAUGE32: rfc1902.Gauge32,
        wire.TIME_TICKS: rfc1902.TimeTicks,
    }
    scalar, instance = builder.import_symbols("SNMPv2-SMI", "MibScalar", "MibScalarInstance")
    found = {}
    for numbers, tag, value in objects:
        *column, row = numbers
        kind = kinds[tag]
        held = kind(hexValue=value) if tag == wire.OCTETS else kind(tuple(value) if tag == wire.OID else value)
        found["scalar%s" % column] = scalar(tuple(column), kind())
        found["instance%s" % numbers] = instance(tuple(column), (row,), held)
    builder.export_symbols("__BENCH", **found)  # sorts before pysnmp's own, and so holds instead of them


if __name__ == "__main__":
    asyncio.run({"ours": ours, "pysnmp": pysnmp}[sys.argv[1]](int(sys.argv[2])))
