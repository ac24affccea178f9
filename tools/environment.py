"""The checkout's own virtual environment: made when it is missing, kept in step with the pinned requirements.

It needs Python and nothing else, no root and no Debian package: where Debian has split ensurepip off, a pinned pip is
fetched from the package index and held to its hash.
"""

import configparser
import contextlib
import fcntl
import hashlib
import html.parser
import importlib.util
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tools.trouble import Trouble

if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one should be told so
    raise SystemExit(f"feedpath needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
KERNELS = "firmware/feedpath/back/pdl/kernels"
RUN = "requirements.txt"
DEVELOP = "requirements-dev.txt"

INDEX = "https://pypi.org/simple"
PIP_WHEEL = "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
INDEX_TIMEOUT_S = 60
SHOWN_OF_PIP = ("Collecting ", "Building ", "Installing ")  # enough to see that it goes on


def say(message: str) -> None:
    """Tell the person at the keyboard, apart from what a tool prints as its result."""
    print(message, file=sys.stderr, flush=True)


def ready(requirements: str) -> Path:
    """Return the environment's Python, with feedpath and all that `requirements` pins installed; raise Trouble."""
    if not _in_step(requirements):
        try:
            with _alone():
                if not _in_step(requirements):  # a second start may have waited for the first one's work
                    install(requirements)
        except PermissionError as error:
            raise Trouble(f"cannot write {error.filename}: use a checkout that belongs to you") from error
    return PYTHON


def stamp(requirements: str) -> Path:
    return VENV / f"{requirements}.installed"


def state(requirements: str) -> str:
    """Return what the stamp says when nothing is left to do; a new system Python or kernel counts as a change."""
    files = [ROOT / "pyproject.toml", ROOT / "setup.py", ROOT / requirements, *sorted((ROOT / KERNELS).glob("*.py"))]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    return f"{digest.hexdigest()} {PYTHON.resolve()}\n"


def _in_step(requirements: str) -> bool:
    try:
        return PYTHON.exists() and stamp(requirements).read_text() == state(requirements)
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one tool at a time work on the environment; the lock goes with the process, whatever happens to it."""
    checkout = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(checkout, fcntl.LOCK_EX)
        yield
    finally:
        os.close(checkout)


def install(requirements: str) -> None:
    say(f"Setting up {VENV} (once, and again when {requirements} changes):")
    if not PYTHON.exists() or not (VENV / "pyvenv.cfg").exists():
        call(sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV))
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        _install_pip()
    call(str(PYTHON), "-m", "pip", "install", "-r", str(ROOT / requirements), "--editable", str(ROOT))
    stamp(requirements).write_text(state(requirements))


def _install_pip() -> None:
    if importlib.util.find_spec("ensurepip"):
        call(str(PYTHON), "-m", "ensurepip")
        return
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder) / PIP_WHEEL
        wheel.write_bytes(fetch_pip(index()))
        call(str(PYTHON), f"{wheel}/pip", "install", "--no-index", str(wheel))


def call(*words: str) -> None:
    """Run a step of the set-up, showing how it goes on; raise Trouble with all that it said when it fails."""
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    said = []
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    ) as step:
        assert step.stdout is not None
        for line in step.stdout:
            said.append(line)
            if line.startswith(SHOWN_OF_PIP):
                say(f"  {line.split(' (from')[0].strip()}")
    if step.returncode:
        raise Trouble(f"this step failed: {' '.join(words)}\n{''.join(said)}")


def index() -> str:
    """Return the address of the package index that pip is set up to use here."""
    if "PIP_INDEX_URL" in os.environ:
        return os.environ["PIP_INDEX_URL"]
    home = Path.home()
    user = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"
    settings = configparser.RawConfigParser()
    settings.read([Path("/etc/pip.conf"), home / ".pip/pip.conf", user, Path(os.environ.get("PIP_CONFIG_FILE", ""))])
    return settings.get("global", "index-url", fallback=INDEX)


def fetch_pip(index: str) -> bytes:
    """Return the pinned pip from `index`, whatever its layout: its page of pip names the file's place (PEP 503)."""
    page = f"{index.rstrip('/')}/pip/"
    try:
        with urllib.request.urlopen(page, timeout=INDEX_TIMEOUT_S) as answer:
            address = link_to(PIP_WHEEL, answer.read().decode(), answer.url)
        with urllib.request.urlopen(address, timeout=INDEX_TIMEOUT_S) as answer:
            wheel: bytes = answer.read()
    except (OSError, LookupError) as error:
        raise Trouble(
            f"cannot fetch {PIP_WHEEL} from {index}: {error}\n"
            "Connect to the network, or install Debian's own with: sudo apt-get install python3-venv"
        ) from error
    if hashlib.sha256(wheel).hexdigest() != PIP_SHA256:
        raise Trouble(f"{address} is not the {PIP_WHEEL} that was published: its SHA-256 differs")
    return wheel


def link_to(file: str, page: str, address: str) -> str:
    """Return where the package index's `page`, read from `address`, says that `file` is; raise LookupError."""
    places: list[str] = []

    class Links(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            place = dict(attributes).get("href") or ""
            if tag == "a" and urllib.parse.urlsplit(place).path.rpartition("/")[2] == file:
                places.append(urllib.parse.urljoin(address, place))

    Links().feed(page)
    if not places:
        raise LookupError(f"{address} does not list it")
    return places[0]
