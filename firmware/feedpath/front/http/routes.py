"""Which handler answers which request; 404, 405 and 413 come from this table, before any body is asked for."""

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from feedpath.front.http.message import Request, Response, text

Handler = Callable[[Request], Awaitable[Response]]


class Route(NamedTuple):
    """A row: `methods` of the path `pattern` go to `handler`, with bodies of at most `body_max` bytes (None: any).

    A `{name}` in the pattern stands for one segment of the path, given as request.variables["name"]. GET answers HEAD.
    """

    methods: tuple[str, ...]
    pattern: str
    handler: Handler
    body_max: int | None = 0


class Routes:
    """All routes of a server; literal paths go before patterns."""

    def __init__(self, rows: Iterable[Route] = ()):
        self._literal: dict[str, dict[str, Route]] = {}
        self._patterns: dict[tuple[str, ...], dict[str, Route]] = {}
        for row in rows:
            self.add(row)

    def add(self, row: Route) -> None:
        """Add a route; raise ValueError when its method and pattern are taken."""
        if "{" in row.pattern:
            methods = self._patterns.setdefault(tuple(row.pattern.split("/")), {})
        else:
            methods = self._literal.setdefault(row.pattern, {})
        for method in row.methods:
            if method in methods:
                raise ValueError(f"{method} {row.pattern} has two handlers")
            methods[method] = row

    async def answer(self, request: Request) -> Response:
        """Return the handler's answer, or the table's own."""
        methods = self._literal.get(request.path) or self._match(request)
        if methods is None:
            return self._unknown(request)
        row = methods.get(request.method) or (methods.get("GET") if request.method == "HEAD" else None)
        if row is None:
            return _without_handler(request, methods)
        if row.body_max is not None:
            if request.length is not None and request.length > row.body_max:
                return text(f"{request.path} takes bodies of at most {row.body_max} bytes", 413)
            request.body.limit = row.body_max
        return await row.handler(request)

    def _match(self, request: Request) -> dict[str, Route] | None:
        segments = request.path.split("/")
        for pattern, methods in self._patterns.items():
            variables = _variables(pattern, segments)
            if variables is not None:
                request.variables = variables
                return methods
        return None

    def _unknown(self, request: Request) -> Response:
        if request.path == "*":  # OPTIONS of the server as a whole: RFC 9110, 9.3.7
            return Response(200, [("Allow", "GET, HEAD, POST, OPTIONS")])
        return text(f"There is no {request.path} here", 404)


def _variables(pattern: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    """Return what the pattern's names stand for, None when the path is another."""
    if len(pattern) != len(segments):
        return None
    variables = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{") and expected.endswith("}") and segment:
            variables[expected[1:-1]] = segment
        elif expected != segment:
            return None
    return variables


def _without_handler(request: Request, methods: dict[str, Route]) -> Response:
    allowed = {*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    allow = ("Allow", ", ".join(sorted(allowed)))
    if request.method == "OPTIONS":
        return Response(204, [allow])
    answer = text(f"{request.path} does not take {request.method}", 405)
    answer.headers.append(allow)
    return answer
