"""The image that the tests start: built where that of this tree is not there yet."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/tests"
FLAVOUR = "lite"
MADE_OF = (
    "LICENSE", "README.md", "boards", "firmware", "images", "pyproject.toml", "requirements.txt", "setup.py",
    "tools/debian.py", "tools/image", "tools/imaging",
)  # fmt: skip


def image() -> Path:
    """Return the image of this tree; the first who asks builds it, and others wait."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path, key = FOLDER / f"feedpath-{FLAVOUR}.img", FOLDER / "tree"
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists() or not key.exists() or key.read_text() != tree():
            key.unlink(missing_ok=True)
            words = ["build", "--flavour", FLAVOUR, "--quick", "--output", str(FOLDER)]
            subprocess.run([sys.executable, ROOT / "tools/image", *words], check=True)
            key.write_text(tree())
    return path


def tree() -> str:
    """Return what changes with any file that the image is made of."""
    words = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", *MADE_OF]
    names = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split("\0")
    digest = hashlib.sha256()
    for path in (ROOT / name for name in sorted(set(names)) if name):
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)} {path.stat().st_mode & 0o100} ".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
