"""What an image is made of: a list of packages that a later build can be held to, and a bill of materials (SBOM)."""

import json
import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from email.parser import Parser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from tools.debian import Package, Pin
from tools.trouble import Trouble

DEBIAN, BUILD, PYTHON = "debian", "build", "python"  # kinds; of the second is what is only used to build
COPYRIGHT = "usr/share/doc/{}/copyright"
FORMAL = re.compile(r"^License:[ \t]*(\S.*)$", re.MULTILINE)  # Debian's machine-readable copyright file 1.0
INFORMAL = re.compile(r"/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9+])")
BETWEEN = re.compile(r",? (?:and/or|and|or) |, ")
HEAD = "# {name} {version}, flavour {flavour}\n# kind\tname\tversion\tarchitecture\tlicences\n"
UNKNOWN = "see its copyright file"
SPACE = uuid.UUID("5eedfeed-0000-4000-8000-000000000002")


class Part(NamedTuple):
    """A package that went into an image."""

    kind: str
    name: str
    version: str
    architecture: str
    licences: list[str]


def debian(root: Path, packages: Iterable[Package], kind: str = DEBIAN) -> list[Part]:
    """Return the parts that Debian packages are. root: where they are unpacked, with what their licences are."""
    return [Part(kind, *package[:3], licences(_copyright(root, package))) for package in packages]


def python(folder: Path) -> list[Part]:
    """Return the parts that the distributions installed in a folder are."""
    parts = []
    for path in sorted(folder.glob("*.dist-info/METADATA")):
        told = Parser().parsestr(path.read_text())
        classes = [text for text in told.get_all("Classifier", []) if text.startswith("License")]
        named = told["License-Expression"] or told["License"] or ""
        found = [text.rpartition(" :: ")[2] for text in classes] if "\n" in named or not named else [named]
        parts.append(Part(PYTHON, told["Name"], told["Version"], "", found or [UNKNOWN]))
    return parts


def licences(copyright: str) -> list[str]:
    """Return the names of the licences in a copyright file, in order."""
    formal = {name for line in FORMAL.findall(copyright) for name in BETWEEN.split(line.strip())}
    return sorted(formal or set(INFORMAL.findall(copyright))) or [UNKNOWN]


def _copyright(root: Path, package: Package) -> str:
    path = root / COPYRIGHT.format(package.name)
    return path.read_text(errors="replace") if path.exists() else ""


def manifest(flavour: str, version: str, parts: Iterable[Part]) -> str:
    """Return the list of packages, a line each, with tabs between."""
    rows = ("\t".join([*part[:4], ", ".join(part.licences)]) + "\n" for part in parts)
    return HEAD.format(name="feedpath", version=version, flavour=flavour) + "".join(rows)


def pins(path: Path, kind: str) -> list[Pin]:
    """Return the packages of a kind that a list names; raise Trouble where that is not one."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{path}: {error}") from error
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    for number, row in enumerate(rows):
        if len(row) != len(Part._fields):
            raise Trouble(f"{path}: package {number + 1} has not {', '.join(Part._fields)} with tabs between")
    found = [Pin(*row[1:4]) for row in rows if row[0] == kind]
    if not found:
        raise Trouble(f"{path}: no package of kind {kind} is named")
    return found


def cyclonedx(flavour: str, version: str, parts: Iterable[Part], time: int) -> str:
    """Return the bill of materials as CycloneDX 1.5 has it. time: of the build, in Unix seconds."""
    components = [_component(part) for part in parts if part.kind != BUILD]
    name = f"feedpath-{flavour}"
    content = json.dumps(components, sort_keys=True)
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(SPACE, name + version + content)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(time, UTC).isoformat().replace("+00:00", "Z"),
            "component": {"type": "firmware", "bom-ref": name, "name": name, "version": version},
        },
        "components": components,
    }
    return json.dumps(document, indent=1) + "\n"


def _component(part: Part) -> dict[str, Any]:
    name, version = quote(part.name), quote(part.version)
    where = {PYTHON: f"pkg:pypi/{name.lower()}@{version}"}.get(
        part.kind, f"pkg:deb/debian/{name}@{version}?arch={part.architecture}&distro=debian-13"
    )
    told = [{"license": {"name": licence}} for licence in part.licences]
    called = {"name": part.name, "version": part.version}
    return {"type": "library", "bom-ref": where, **called, "purl": where, "licenses": told}
