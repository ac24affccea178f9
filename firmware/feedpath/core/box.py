"""What tells this box from others, for as long as its data are there."""

import uuid
from pathlib import Path

FILE = "box-id"


def identity(data: Path) -> str:
    """Return the box's own text, kept in the directory of its data; made at the first time."""
    path = data / FILE
    if not path.exists():
        path.write_text(str(uuid.uuid4()))
    return path.read_text()
