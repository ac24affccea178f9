"""What machines are that say too little of themselves, or the wrong: rows by maker and model, each with its source.

The first row that fits holds, alone. What a row leaves open is as the machine's device id and its language say. To add
a machine, add a row and say where it was found out.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, NamedTuple

from feedpath.back.pdl.called import fields, make

NO_LANGUAGE = "none"  # none of ours, whatever it calls its own
NOTHING: "Mapping[str, Any]" = MappingProxyType({})


class Model(NamedTuple):
    """A row. model: a pattern of maker and model in small letters. language: a name of languages.BY_NAME, or
    NO_LANGUAGE. color, duplex: None where not known. dpi: the usual one first. traits: of its language.
    """

    model: str
    source: str
    language: str = ""
    color: "bool | None" = None
    duplex: "bool | None" = None
    dpi: "tuple[int, ...]" = ()
    traits: "Mapping[str, Any]" = NOTHING


MODELS: "tuple[Model, ...]" = ()


def find(device_id: str) -> "Model | None":
    """Return the row of the machine with this device id, None where there is none."""
    name = _name(fields(device_id))
    return next((row for row in MODELS if fnmatchcase(name, row.model)), None)


def _name(told: "Mapping[str, str]") -> str:
    """Return maker and model in small letters, each once."""
    maker, model = make(told.get("MFG", "")), " ".join(told.get("MDL", told.get("DES", "")).lower().split())
    for name in (told.get("MFG", "").lower(), maker):
        model = model.removeprefix(f"{name} ")
    return f"{maker} {model}".strip()
