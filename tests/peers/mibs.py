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


def pairs(pattern: "re.Pattern[str]", text: str) -> "tuple[tuple[int, int], ...]":
    return tuple((int(low), int(high)) for low, high in (found.split(",") for found in pattern.findall(text)))


def definitions() -> "dict[tuple[int, ...], Definition]":
    """Return all object types that can be read, by their names in numbers."""
    types = {name: Type(base) for name, base in BASES.items()}
    found: "dict[tuple[int, ...], Definition]" = {}
    for file in FILES:
        text = (PACKAGES / file).read_text()
        types.update(conventions(text, types))
        for name, numbers, type, constraints, access in OBJECT.findall(text):
            arcs = tuple(int(word) for word in numbers.split(","))
            found[arcs] = Definition(name, arcs, types[type].narrowed(constraints), access)
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
