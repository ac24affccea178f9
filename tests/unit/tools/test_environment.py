"""The set-up finds pip where the package index says, and believes its hash only."""

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import environment
from tools.trouble import Trouble

WHEEL = environment.PIP_WHEEL
KERNEL = f"{environment.KERNELS}/rows.py"


@pytest.mark.parametrize(
    "page, place",
    [
        (f'<a href="https://files.example/a/{WHEEL}#sha256=00">pip</a>', f"https://files.example/a/{WHEEL}#sha256=00"),
        (f'<a href="../../files/{WHEEL}">{WHEEL}</a>', f"https://index.example/files/{WHEEL}"),
        (f'<a data-yanked="" href="/{WHEEL}?token=a&amp;b">pip</a>', f"https://index.example/{WHEEL}?token=a&b"),
        (f'<a href="old-{WHEEL}">pip</a><a href="{WHEEL}">pip</a>', f"https://index.example/simple/pip/{WHEEL}"),
    ],
    ids=["elsewhere", "relative", "escaped", "second"],
)
def test_the_page_of_an_index_says_where_a_file_is(page: str, place: str) -> None:
    assert environment.link_to(WHEEL, page, "https://index.example/simple/pip/") == place


def test_a_file_that_the_index_does_not_list_is_not_guessed() -> None:
    with pytest.raises(LookupError, match="does not list it"):
        environment.link_to(WHEEL, '<a href="pip-1.0-py3-none-any.whl">pip</a>', "https://index.example/simple/pip/")


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Point pip's settings at an empty folder; return it."""
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "chosen.conf"))
    return tmp_path


def test_the_index_is_the_one_that_pip_is_set_up_for(no_settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (no_settings / "pip").mkdir()
    (no_settings / "pip/pip.conf").write_text("[global]\nindex-url = https://user.example/%7Euser\n")
    assert environment.index() == "https://user.example/%7Euser"
    (no_settings / "chosen.conf").write_text("[global]\nindex-url = https://chosen.example/simple\n")
    assert environment.index() == "https://chosen.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://environment.example/simple")
    assert environment.index() == "https://environment.example/simple"


@pytest.fixture
def served(tmp_path: Path) -> "Iterator[tuple[str, Path]]":
    """Serve a package index; yield its address, and the folder of pip's page."""
    (tmp_path / "simple/pip").mkdir(parents=True)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path)) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/simple", tmp_path / "simple/pip"
        server.shutdown()
        serving.join()


def test_pip_comes_from_the_index_when_its_hash_is_right(
    served: "tuple[str, Path]", monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder = served
    (folder / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>')
    (folder / WHEEL).write_bytes(b"a wheel")
    with pytest.raises(Trouble, match="SHA-256 differs"):
        environment.fetch_pip(address)
    monkeypatch.setattr(environment, "PIP_SHA256", hashlib.sha256(b"a wheel").hexdigest())
    assert environment.fetch_pip(address + "/") == b"a wheel"


def test_an_index_without_our_pip_is_told_with_the_way_out(served: "tuple[str, Path]") -> None:
    address, folder = served
    with pytest.raises(Trouble, match=r"404(.|\n)*apt-get install python3-venv"):
        environment.fetch_pip(address + "r")
    (folder / "index.html").write_text("<html></html>")
    with pytest.raises(Trouble, match=r"does not list it(.|\n)*apt-get install python3-venv"):
        environment.fetch_pip(address)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a checkout whose environment is as the last set-up left it."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / "python3.11").touch()
    (tmp_path / ".venv/bin/python").symlink_to(tmp_path / "python3.11")
    (tmp_path / KERNEL).parent.mkdir(parents=True)
    for file in ("pyproject.toml", "setup.py", "requirements.txt", KERNEL):
        (tmp_path / file).write_text("as it was")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv/bin/python")
    environment.stamp("requirements.txt").write_text(environment.state("requirements.txt"))
    return tmp_path


def test_nothing_is_installed_while_nothing_has_changed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "install", lambda _requirements: pytest.fail("it was installed"))
    assert environment.ready("requirements.txt") == checkout / ".venv/bin/python"


@pytest.mark.parametrize(
    "change", ["pyproject.toml", "setup.py", "requirements.txt", KERNEL, "python", "stamp", "environment"]
)
def test_whatever_has_changed_is_installed_anew(change: str, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    monkeypatch.setattr(environment, "install", installed.append)
    match change:
        case "python":
            (checkout / "python3.13").touch()
            (checkout / ".venv/bin/python").unlink()
            (checkout / ".venv/bin/python").symlink_to(checkout / "python3.13")
        case "stamp":
            environment.stamp("requirements.txt").unlink()
        case "environment":
            (checkout / "python3.11").unlink()
        case file:
            (checkout / file).write_text("changed")
    environment.ready("requirements.txt")
    assert installed == ["requirements.txt"]


def test_a_step_that_fails_is_told_with_all_that_it_said(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Trouble, match=r"this step failed: sh -c .*\nCollecting one\nquiet\nloud\n"):
        environment.call("sh", "-c", "echo Collecting one; echo quiet; echo loud >&2; exit 1")
    assert capfd.readouterr().err == "  Collecting one\n"
