"""What MIBs define, read from the compiled ones of Debian's python3-pysnmp4(-mibs); nothing of them is run."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGES = Path("/usr/lib/python3/dist-packages")
FILES = ("pysnmp/smi/mibs/SNMPv2-TC.py", "pysnmp/smi/mibs/SNMPv2-MIB.py", "pysnmp_mibs/INET-ADDRESS-MIB.py",
         "pysnmp_mibs/IANAifType-MIB.py", "pysnmp_mibs/IF-MIB.py", "pysnmp_mibs/IP-MIB.py",
         "pysnmp_mibs/IANA-CHARSET-MIB.py", "pysnmp_mibs/IANA-PRINTER-MIB.py", "pysnmp_mibs/HOST-RESOURCES-MIB.py",
         "pysnmp_mibs/Printer-MIB.py")  # fmt: skip
BASES = {"Integer": "INTEGER", "Integer32": "INTEGER", "Unsigned32": "Gauge32", "Gauge32": "Gauge32",
         "Counter32": "Counter32", "Counter64": "Counter64", "TimeTicks": "Timeticks", "OctetString": "STRING",
         "ObjectIdentifier": "OID", "IpAddress": "IpAddress", "Bits": "STRING"}  # fmt: skip
REGISTERED_SINCE = {"PrtInterpreterLangFamilyTC": (84, 85)}  # IANA, 2012-07-19: langPWGRaster, langAppleRaster
PORT_MONITOR = (1, 3, 6, 1, 4, 1, 2699, 1, 2, 1)  # PWG 5107.1, PRINTER-PORT-MONITOR-MIB, which no package has
CLASS = re.compile(r"^class (\w+)\(([\w, ]+)\):\n((?:[ \t].*\n|\n)*)", re.MULTILINE)
OBJECT = re.compile(
    r"^(\w+) = Mib(?:Scalar|TableColumn)\(\(([\d, ]+)\), (\w+)\(\)(.*)\.setMaxAccess\(\"(\w+)\"\)", re.MULTILINE
)
SINGLE, RANGE, SIZE = (
    re.compile(name + r"\(([^()]*)\)")
    for name in ("SingleValueConstraint", "ValueRangeConstraint", "ValueSizeConstraint")
)


class Type(NamedTuple):
    """A type as it goes over the wire: its name in net-snmp's output, and what numbers or sizes it allows."""

    base: str
    values: "frozenset[int]" = frozenset()
    ranges: "tuple[tuple[int, int], ...]" = ()
    sizes: "tuple[tuple[int, int], ...]" = ()

    def narrowed(self, text: str) -> "Type":
        """Return the type with the constraints that a piece of a MIB names."""
        values = frozenset(int(word) for found in SINGLE.findall(text) for word in found.split(",") if word.strip())
        return Type(
            self.base, values or self.values, pairs(RANGE, text) or self.ranges, pairs(SIZE, text) or self.sizes
        )

    def allows(self, value: "int | bytes") -> bool:
        """Return whether a number, or octets of that length, are allowed."""
        if isinstance(value, bytes):
            return not self.sizes or any(low <= len(value) <= high for low, high in self.sizes)
        if self.values:
            return value in self.values or any(low <= value <= high for low, high in self.ranges)
        return not self.ranges or any(low <= value <= high for low, high in self.ranges)


class Definition(NamedTuple):
    """An object type."""

    name: str
    arcs: "tuple[int, ...]"
    type: Type
    access: str


NAME, LONG = Type("STRING", sizes=((0, 127),)), Type("STRING", sizes=((0, 255),))
TRUTH = Type("INTEGER", ranges=((1, 2),))
COUNT, INDEX = Type("Gauge32"), Type("INTEGER", ranges=((0, 2**31 - 1),))
PORT_MONITOR_OBJECTS = {  # where each of them stands below PORT_MONITOR
    "ppmGeneralNaturalLanguage": ((1, 1), Type("STRING", sizes=((0, 63),))),
    "ppmGeneralNumberOfPrinters": ((1, 2), COUNT),
    "ppmGeneralNumberOfPorts": ((1, 3), COUNT),
    "ppmPrinterName": ((2, 1, 1, 2), NAME),
    "ppmPrinterIEEE1284DeviceId": ((2, 1, 1, 3), Type("STRING", sizes=((0, 1023),))),
    "ppmPrinterNumberOfPorts": ((2, 1, 1, 4), COUNT),
    "ppmPrinterPreferredPortIndex": ((2, 1, 1, 5), INDEX),
    "ppmPrinterHrDeviceIndex": ((2, 1, 1, 6), INDEX),
    "ppmPrinterSnmpCommunityName": ((2, 1, 1, 7), LONG),
    "ppmPrinterSnmpQueryEnabled": ((2, 1, 1, 8), TRUTH),
    "ppmPortEnabled": ((3, 1, 1, 2), TRUTH),
    "ppmPortName": ((3, 1, 1, 3), NAME),
    "ppmPortServiceNameOrURI": ((3, 1, 1, 4), LONG),
    "ppmPortProtocolType": ((3, 1, 1, 5), INDEX),
    "ppmPortProtocolTargetPort": ((3, 1, 1, 6), INDEX),
    "ppmPortProtocolAltSourceEnabled": ((3, 1, 1, 7), TRUTH),
    "ppmPortPrtChannelIndex": ((3, 1, 1, 8), INDEX),
    "ppmPortLprByteCountEnabled": ((3, 1, 1, 9), TRUTH),
}

SERVED = (  # the groups that this firmware is to serve, by the names above their objects
    (1, 3, 6, 1, 2, 1, 1), (1, 3, 6, 1, 2, 1, 11), (1, 3, 6, 1, 6, 3, 1, 1, 6),  # SNMPv2-MIB: system, snmp, snmpSet
    (1, 3, 6, 1, 2, 1, 2), (1, 3, 6, 1, 2, 1, 31, 1, 1), (1, 3, 6, 1, 2, 1, 31, 1, 5),  # IF-MIB
    *((1, 3, 6, 1, 2, 1, 4, table) for table in (20, 32, 33, 34)),  # IP-MIB: addresses
    (1, 3, 6, 1, 2, 1, 25, 1), (1, 3, 6, 1, 2, 1, 25, 2), (1, 3, 6, 1, 2, 1, 25, 3),  # HOST-RESOURCES-MIB
    (1, 3, 6, 1, 2, 1, 43), PORT_MONITOR,
)  # fmt: skip
NOT_SERVED = {  # why not: which objects of these groups
    "RFC 3418 calls them obsolete": (
        "snmpOutPkts snmpInTooBigs snmpInNoSuchNames snmpInBadValues snmpInReadOnlys snmpInGenErrs snmpInTotalReqVars "
        "snmpInTotalSetVars snmpInGetRequests snmpInGetNexts snmpInSetRequests snmpInGetResponses snmpInTraps "
        "snmpOutTooBigs snmpOutNoSuchNames snmpOutBadValues snmpOutGenErrs snmpOutGetRequests snmpOutGetNexts "
        "snmpOutSetRequests snmpOutGetResponses snmpOutTraps"
    ),
    "RFC 2863 calls them deprecated, and Linux does not count them": "ifInNUcastPkts ifOutNUcastPkts ifOutQLen",
    "Linux does not count them for each interface": (
        "ifInUnknownProtos ifInBroadcastPkts ifOutMulticastPkts ifOutBroadcastPkts ifHCInBroadcastPkts "
        "ifHCOutMulticastPkts ifHCOutBroadcastPkts"
    ),
    "addresses are not set by SNMP here, so nothing needs a lock": "ipAddressSpinLock",
    "which prefixes routers announce is between them and the kernel": (
        "ipAddressPrefixOrigin ipAddressPrefixOnLinkFlag ipAddressPrefixAutonomousFlag "
        "ipAddressPrefixAdvPreferredLifetime ipAddressPrefixAdvValidLifetime"
    ),
    "from where this computer starts is no business of who asks for printers": (
        "hrSystemInitialLoadDevice hrSystemInitialLoadParameters"
    ),
    "processors are not watched: a mean over a minute needs somebody who wakes for it": (
        "hrProcessorFrwID hrProcessorLoad"
    ),
    "disks are the computer's; the room for documents is told by hrStorageTable": (
        "hrDiskStorageAccess hrDiskStorageMedia hrDiskStorageRemoveble hrDiskStorageCapacity hrPartitionIndex "
        "hrPartitionLabel hrPartitionID hrPartitionSize hrPartitionFSIndex hrFSIndex hrFSMountPoint "
        "hrFSRemoteMountPoint hrFSType hrFSAccess hrFSBootable hrFSStorageIndex hrFSLastFullBackupDate "
        "hrFSLastPartialBackupDate"
    ),
    "no machine tells of its lights": "prtConsoleOnTime prtConsoleOffTime prtConsoleColor prtConsoleDescription",
}  # fmt: skip


def expected() -> "set[str]":
    """Return the names of the objects that are to be there: all that can be read of SERVED, but for NOT_SERVED."""
    wanted = {
        row.name
        for row in definitions().values()
        if row.access != "noaccess" and any(row.arcs[: len(group)] == group for group in SERVED)
    }
    return wanted - {name for names in NOT_SERVED.values() for name in names.split()}


def pairs(pattern: "re.Pattern[str]", text: str) -> "tuple[tuple[int, int], ...]":
    return tuple((int(low), int(high)) for low, high in (found.split(",") for found in pattern.findall(text)))


def definitions() -> "dict[tuple[int, ...], Definition]":
    """Return all object types that can be read, by their names in numbers."""
    types = {name: Type(base) for name, base in BASES.items()}
    found: "dict[tuple[int, ...], Definition]" = {}
    for file in FILES:
        text = (PACKAGES / file).read_text()
        types.update(conventions(text, types))
        for name, values in REGISTERED_SINCE.items():
            if name in types:
                types[name] = types[name]._replace(values=types[name].values | frozenset(values))
        for name, numbers, type, constraints, access in OBJECT.findall(text):
            arcs = tuple(int(word) for word in numbers.split(","))
            found[arcs] = Definition(name, arcs, types[type].narrowed(constraints), access)
    for name, (place, kind) in PORT_MONITOR_OBJECTS.items():
        found[(*PORT_MONITOR, *place)] = Definition(name, (*PORT_MONITOR, *place), kind, "readonly")
    return found


def conventions(text: str, types: "dict[str, Type]") -> "Iterator[tuple[str, Type]]":
    """Give the textual conventions of a MIB."""
    known = dict(types)
    for name, bases, body in CLASS.findall(text):
        for base in (word.strip() for word in bases.split(",")):
            if base in known:
                known[name] = known[base].narrowed(body)
                yield name, known[name]


OBJECT_TYPE = '%s OBJECT-TYPE SYNTAX %s MAX-ACCESS %s STATUS current DESCRIPTION "" %s ::= { %s }'
KINDS = {"INTEGER": "Integer32", "STRING": "OCTET STRING", "OID": "OBJECT IDENTIFIER", "Timeticks": "TimeTicks"}


def asn1(module: str, root: "tuple[int, ...]", columns: "list[Definition]", indexes: int) -> str:
    """Return a MIB of one table for net-snmp's programs: its entry is `root`."""
    names = ["index%d" % number for number in range(indexes)]
    fields = ", ".join("%s Integer32" % name for name in [*names, *(column.name for column in columns)])
    above = "iso " + " ".join(map(str, root[1:-1]))
    lines = [
        module + " DEFINITIONS ::= BEGIN IMPORTS OBJECT-TYPE, Integer32, Counter32, TimeTicks FROM SNMPv2-SMI;",
        OBJECT_TYPE % ("aTable", "SEQUENCE OF AnEntry", "not-accessible", "", above),
        OBJECT_TYPE % ("anEntry", "AnEntry", "not-accessible", "INDEX { %s }" % ", ".join(names), "aTable 1"),
        "AnEntry ::= SEQUENCE { %s }" % fields,
    ]
    for number, name in enumerate(names, 900):
        lines.append(OBJECT_TYPE % (name, "Integer32", "not-accessible", "", "anEntry %d" % number))
    for column in columns:
        kind = KINDS.get(column.type.base, column.type.base)
        lines.append(OBJECT_TYPE % (column.name, kind, "read-only", "", "anEntry %d" % column.arcs[-1]))
    return "\n".join([*lines, "END", ""])
