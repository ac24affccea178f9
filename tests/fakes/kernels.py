"""Loads kernels in each form that they have here: as the Python that they are, and compiled where they are compiled."""

import importlib
import importlib.util
from types import ModuleType

PACKAGE = "feedpath.back.pdl.kernels"


def forms(name: str) -> "dict[str, ModuleType]":
    """Return the kernels of a module by how they run."""
    package = importlib.import_module(PACKAGE)
    spec = importlib.util.spec_from_file_location(f"{PACKAGE}.{name}", f"{package.__path__[0]}/{name}.py")
    assert spec and spec.loader
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    installed = importlib.import_module(f"{PACKAGE}.{name}")
    return {"python": source} if installed.__file__ == source.__file__ else {"python": source, "compiled": installed}
