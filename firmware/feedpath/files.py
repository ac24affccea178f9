"""Files that are replaced whole: after a power cut too each is the old one or the new one."""

import os
from pathlib import Path


def replace(path: "Path | str", content: "str | bytes", private: bool = False) -> None:
    """Replace a file; raise OSError, and leave it as it was. private: nobody but its owner reads it, at no moment."""
    path = Path(path)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)  # of a run that was cut
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
