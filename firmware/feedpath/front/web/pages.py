"""The pages: templates and static files. Jinja2 is loaded with the first page, as nobody may ever look at one."""

import functools
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import jinja2

HERE = Path(__file__).parent
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
ICONS = tuple(f"/static/feedpath-{size}.png" for size in (48, 128, 512))  # printer-icons: PWG 5100.13


class StaticFile(NamedTuple):
    """A file that browsers may keep: its bytes, its MIME type, and a stamp that changes with its content."""

    content: bytes
    type: str
    stamp: str


@functools.cache
def statics() -> "dict[str, StaticFile]":
    """Return the static files by name."""
    return {path.name: _read(path) for path in (HERE / "static").iterdir() if path.suffix in TYPES}


def render(template: str, **model: Any) -> bytes:
    """Return the page that the template `template`.html makes of the values, all of them escaped."""
    return _environment().get_template(template + ".html").render(model).encode("utf-8", "replace")


@functools.cache
def _environment() -> "jinja2.Environment":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["static"] = _address
    return environment


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    return StaticFile(content, TYPES[path.suffix], f"{zlib.crc32(content):08x}")


def _address(name: str) -> str:
    """Return the address of a static file, which changes with its content, so that browsers need not ask again."""
    return f"/static/{name}?{statics()[name].stamp}"
