"""PRINTER-PORT-MONITOR-MIB (PWG 5107.1), and where makers' programs and CUPS look for device ids. 1.3.6.1.4.1."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from feedpath.core.printer import Printer
from feedpath.front.snmp.device import HrDevice
from feedpath.front.snmp.site import Reach
from feedpath.front.snmp.store import Column, Object, Read, rows
from feedpath.front.snmp.table import (
    CHANNEL_9100,
    CHANNEL_IPP,
    CHANNEL_LPD,
    CHANNEL_TCP,
    FALSE,
    GAUGE32,
    NATURAL,
    TRUE,
    TRUTH,
    text,
)

ENTERPRISES = (1, 3, 6, 1, 4, 1)
PPM = (*ENTERPRISES, 2699, 1, 2, 1)
PRINTER_ENTRY, PORT_ENTRY = (*PPM, 2, 1, 1), (*PPM, 3, 1, 1)
LANGUAGE = "en"
IPP_VERSIONS = ("1.0", "1.1", "2.0")
DEVICE_IDS = (  # where the device id of the first printer also stands: CUPS, backend/snmp.c; PAPPL, snmp.c
    (11, 2, 3, 9, 1, 1, 7, 0),  # Hewlett-Packard
    (367, 3, 2, 1, 1, 1, 11, 0),  # Ricoh
    (641, 2, 1, 2, 1, 3, 1),  # Lexmark
    (10642, 1, 3, 0),  # Zebra
)


JETDIRECT = 9100


class Port(NamedTuple):
    """A way to a printer: prtChannelType, the TCP port, the service's name or URI, and prtChannelInformation."""

    number: int
    name: str
    protocol: int
    port: int
    service: str
    information: str


PRINTER_TABLE = (  # a row: the device, and how many ports it has
    Column(2, "ppmPrinterName", text(127), lambda row: row[0].printer.announced),
    Column(3, "ppmPrinterIEEE1284DeviceId", text(1023), lambda row: row[0].printer.device_id),
    Column(4, "ppmPrinterNumberOfPorts", GAUGE32, lambda row: row[1]),
    Column(5, "ppmPrinterPreferredPortIndex", NATURAL, lambda row: 1),
    Column(6, "ppmPrinterHrDeviceIndex", NATURAL, lambda row: row[0].index),
    Column(7, "ppmPrinterSnmpCommunityName", text(255), lambda row: ""),
    Column(8, "ppmPrinterSnmpQueryEnabled", TRUTH, lambda row: TRUE),
)
PORT_TABLE = (
    Column(2, "ppmPortEnabled", TRUTH, lambda port: TRUE),
    Column(3, "ppmPortName", text(127), lambda port: port.name),
    Column(4, "ppmPortServiceNameOrURI", text(255), lambda port: port.service),
    Column(5, "ppmPortProtocolType", NATURAL, lambda port: port.protocol),
    Column(6, "ppmPortProtocolTargetPort", NATURAL, lambda port: port.port),
    Column(7, "ppmPortProtocolAltSourceEnabled", TRUTH, lambda port: FALSE),
    Column(8, "ppmPortPrtChannelIndex", NATURAL, lambda port: port.number),
    Column(9, "ppmPortLprByteCountEnabled", TRUTH, lambda port: FALSE),
)


def ports(reach: Reach) -> "tuple[Port, ...]":
    """Return the ways to a printer, the best one first; they are its channels in the Printer MIB too.

    PWG 5107.1 wants chPort9100 for raw data, which carries no port: at another one it is chPortTCP.
    """
    secure = reach.uri.replace("ipp:", "ipps:", 1)
    raw = (CHANNEL_9100, "") if reach.raw_port == JETDIRECT else (CHANNEL_TCP, "Port=%d\n" % reach.raw_port)
    there = [("IPP", CHANNEL_IPP, reach.port, reach.uri, _ipp(reach.uri, "none"))]
    if reach.tls:
        there.append(("IPPS", CHANNEL_IPP, reach.port, secure, _ipp(secure, "tls")))
    if reach.raw_port:
        there.append(("Raw", raw[0], reach.raw_port, "", raw[1]))
    if reach.lpd_port:
        there.append(("LPR", CHANNEL_LPD, reach.lpd_port, reach.queue, "Queue=%s\n" % reach.queue))
    return tuple(Port(number, *way) for number, way in enumerate(there, 1))


def _ipp(uri: str, security: str) -> str:
    """Return what PrtChannelTypeTC asks to say of a channel of IPP."""
    versions = "".join("Version=%s\n" % version for version in IPP_VERSIONS)
    return "URI=%s\nAuth=requesting-user-name\nSecurity=%s\n%s" % (uri, security, versions)


def objects(devices: "Iterable[HrDevice]", reach: "Callable[[Printer], Reach]") -> "Iterable[Object]":
    """Give the objects of all printers' ports."""
    known = [(device, ports(reach(device.printer))) for device in devices]
    scalars = ((1, text(63), LANGUAGE), (2, GAUGE32, len(known)), (3, GAUGE32, sum(len(ways) for _, ways in known)))
    for number, syntax, value in scalars:
        yield from rows((*PPM, 1), (Column(number, "ppmGeneral", syntax, lambda value: value),), (0,), value)
    for device, ways in known:
        yield from rows(PRINTER_ENTRY, PRINTER_TABLE, (device.index,), (device, len(ways)))
        for way in ways:
            yield from rows(PORT_ENTRY, PORT_TABLE, (device.index, way.number), way)
    for device, _ in known[:1]:
        for place in DEVICE_IDS:
            arcs = (*ENTERPRISES, *place)
            yield Object(arcs, len(arcs) - 1, text(1023), _device_id(device))


def _device_id(device: HrDevice) -> Read:
    return lambda: device.printer.device_id
