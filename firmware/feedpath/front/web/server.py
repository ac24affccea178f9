"""The pages and their API: routes for the HTTP server. Each request passes one guard, which knows who asks.

Forms and /api/ do the same; a form is answered with a page, /api/ with JSON.
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from feedpath import __version__, aio
from feedpath.core.chooser import Chooser
from feedpath.core.job import Job
from feedpath.core.previews import Previews
from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.core.reasons import refusal
from feedpath.errors import Refused, SettingError
from feedpath.front.auth import origin
from feedpath.front.auth.door import Door, set_cookie
from feedpath.front.http.message import Request, Response, redirect, text
from feedpath.front.http.routes import Handler, Route
from feedpath.front.web import pages, snmp, view
from feedpath.settings import Settings

FIELDS_MAX = 8 * 1024  # bytes of a form, or of JSON: the longest setting fits many times
OPTIONS_MAX = 64 * 1024  # bytes of all options of a driver: Gutenprint's have some 200
OPTION = "option."  # before the names of options, among a form's fields
FITS_MOST = 100  # drivers on a page: whoever finds more gives another word
ASKED_SECRET = ('WWW-Authenticate', 'Basic realm="feedpath", charset="UTF-8"')
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SECURITY = (
    ("Content-Security-Policy", CSP),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),  # no-referrer would make browsers send "Origin: null" with our own forms
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
FRESH = ("Cache-Control", "no-store")
PNG, BRIEFLY = ("Content-Type", "image/png"), ("Cache-Control", "private, max-age=60")
KEPT = ("Cache-Control", "public, max-age=31536000, immutable")  # the address changes with the content

Guarded = Callable[[Request, str], Awaitable[Response]]  # (request, who administers: "" for nobody)


def _cancel(job: Job) -> None:
    job.printer.cancel(job, "job-canceled-by-operator")


def _release(job: Job) -> None:
    job.printer.release(job)


JOB_ACTIONS: "dict[str, Callable[[Job], None]]" = {"cancel": _cancel, "release": _release}
PRINTER_ACTIONS: "dict[str, Callable[[Printer], None]]" = {"pause": Printer.pause, "resume": Printer.resume}


class Network(Protocol):
    """The settings of the network: what there is to tell of them, and whether some are on trial until `keep`."""

    @property
    def note(self) -> str:
        """Return sentences for who administers; "" for none."""

    @property
    def on_trial(self) -> bool:
        """Return whether there is something to keep."""

    def keep(self) -> None:
        """Keep it."""


class Web:
    """The pages of all printers."""

    name = "web"

    def __init__(
        self,
        printers: Printers,
        settings: Settings,
        door: Door,
        hostname: str,
        chooser: Chooser,
        notes: view.Notes = lambda printer: (),
        network: "Network | None" = None,
        watchers: "snmp.Users | None" = None,
    ):
        """`hostname` is how other computers reach this one; `notes` gives further sentences about a printer.

        watchers: the users of SNMPv3, where they can be changed.
        """
        self._printers = printers
        self._settings = settings
        self._door = door
        self._hostname = hostname
        self._chooser = chooser
        self._notes = notes
        self._network = network
        self._previews = Previews()
        self._watchers = snmp.SnmpUsers(watchers, settings) if watchers is not None else None

    def routes(self) -> "list[Route]":
        """Return the rows for the HTTP server."""
        look, post = ("GET",), ("POST",)
        rows = [
            Route(look, "/", self._guard(self._status)),
            Route(look, "/static/{name}", self._guard(self._static)),
            Route(look, "/jobs/{job}/preview.png", self._guard(self._preview)),
            Route(look, "/sign-in", self._guard(self._sign_in_page)),
            Route(post, "/sign-in", self._guard(self._sign_in), FIELDS_MAX),
            Route(post, "/sign-out", self._guard(self._sign_out), FIELDS_MAX),
            Route(look, "/api/status", self._guard(self._api_status)),
            Route(look, "/api/settings", self._guard(self._api_settings, administers=True)),
            Route(post, "/api/settings", self._guard(self._api_set, administers=True), FIELDS_MAX),
        ]
        rows += [
            Route(look, "/driver/{printer}", self._guard(self._driver_page, administers=True)),
            Route(look, "/api/driver/{printer}", self._guard(self._api_driver, administers=True)),
        ]
        if self._watchers is not None:
            rows += self._watcher_routes(self._watchers)
        for path, handler, most in (
            ("driver", self._use_driver, FIELDS_MAX),
            ("driver-options", self._set_options, OPTIONS_MAX),
            ("test-page", self._test_page, FIELDS_MAX),
            ("keep-network", self._keep_network, FIELDS_MAX),
        ):
            act = self._guard(handler, administers=True)
            rows += [Route(post, f"/{path}", act, most), Route(post, f"/api/{path}", act, most)]
        for action in (*JOB_ACTIONS, *PRINTER_ACTIONS):
            act = self._guard(self._actor(action), administers=True)
            rows += [Route(post, f"/{action}", act, FIELDS_MAX), Route(post, f"/api/{action}", act, FIELDS_MAX)]
        return rows

    def _guard(self, handler: Guarded, administers: bool = False) -> Handler:
        """Return the handler behind the door: only under our own name, not for other sites' pages, and knowing who."""

        async def answer(request: Request) -> Response:
            if not self._door.knows(request):
                response = text(_unknown_host(request.host), 421)
            elif self._door.is_foreign(request):
                response = text("A page of another site asked for this; it is not done.", 403)
            else:
                response = await self._let_in(request, handler, administers)
            response.headers += SECURITY
            return response

        return answer

    async def _let_in(self, request: Request, handler: Guarded, administers: bool) -> Response:
        who = self._door.authorize(request)
        if administers and not who:
            return self._ask_to_sign_in(request)
        try:
            return await handler(request, who)
        except Refused as refused:
            return await self._refused(request, refused)

    def _ask_to_sign_in(self, request: Request) -> Response:
        if not _is_api(request):
            return redirect("/sign-in")
        wait = self._door.wait(request.peer[0])
        if wait:
            response = _json({"error": _too_many(wait)}, 429)
            response.headers.append(("Retry-After", str(wait)))
        else:
            response = _json({"error": "Only the administrator may do this: give the claim code as password."}, 401)
            response.headers.append(ASKED_SECRET)
        return response

    # Looking

    def _printers_seen(self, request: Request, who: str) -> "list[dict[str, Any]]":
        seen = view.status(self._printers, time.time(), self._sees_names(who), self._notes)
        for at, printer in enumerate(seen):
            printer["addresses"] = view.addresses(
                printer["name"], at == 0, self._authority(request), self._settings["tls"]
            )
        return seen

    def _sees_names(self, who: str) -> bool:
        """Return whether a visitor may know what jobs are."""
        return bool(who) or bool(self._settings["show-job-names"])

    async def _preview(self, request: Request, who: str) -> Response:
        if not self._sees_names(who):
            return text("Only the administrator sees what jobs print", 403)
        picture = await self._previews.of(self._job(request.variables))
        return Response(200, [PNG, BRIEFLY], picture) if picture else text("This job has no preview", 404)

    def _authority(self, request: Request) -> str:
        """Return host and port under which others add a printer: as the visitor reached us, but for loopback."""
        host, _, port = request.host.rpartition(":")
        if not port.isdigit():  # no port, or what ends an IPv6 address in brackets
            host, port = request.host, "443" if request.secure else "80"
        if origin.is_loopback(origin.host_name(request.host)):
            host, port = self._hostname, str(request.local[1])
        return f"{host}:{port}"

    async def _status(self, request: Request, who: str) -> Response:
        network = self._network if who else None
        return await self._page("status", who=who, printers=self._printers_seen(request, who), network=network)

    async def _api_status(self, request: Request, who: str) -> Response:
        seen = {"version": __version__, "printers": self._printers_seen(request, who)}
        return _json({**seen, "note": self._network.note} if self._network is not None and who else seen)

    async def _static(self, request: Request, who: str) -> Response:
        file = pages.statics().get(request.variables["name"])
        if file is None:
            return text("There is no such file here", 404)
        return Response(200, [("Content-Type", file.type), KEPT], file.content)

    async def _page(self, template: str, status: int = 200, **model: Any) -> Response:
        """Return a page, made in a thread: the first one loads Jinja2, and a long one takes its time."""
        page = await aio.offload(lambda: pages.render(template, version=__version__, **model))
        return Response(status, [("Content-Type", "text/html; charset=utf-8"), FRESH], page)

    # Signing in

    async def _sign_in_page(self, request: Request, who: str) -> Response:
        return await self._ask_code(request, "")

    async def _ask_code(self, request: Request, problem: str, status: int = 200) -> Response:
        encrypted = ""
        if self._settings["tls"] and not request.secure:
            encrypted = f"https://{request.host}/sign-in"
        return await self._page("sign-in", status, problem=problem, encrypted=encrypted)

    async def _sign_in(self, request: Request, who: str) -> Response:
        fields = await request.form()
        address = request.peer[0]
        token = self._door.sign_in(address, fields.get("code", ""))
        if token:
            response = redirect("/")
            response.headers += [("Set-Cookie", set_cookie(token, request.secure)), FRESH]
            return response
        wait = self._door.wait(address)
        if wait:
            response = await self._ask_code(request, _too_many(wait), 429)
            response.headers.append(("Retry-After", str(wait)))
            return response
        return await self._ask_code(request, "That is not the claim code.", 403)

    async def _sign_out(self, request: Request, who: str) -> Response:
        self._door.sign_out(request)
        response = redirect("/")
        response.headers.append(("Set-Cookie", set_cookie("", request.secure)))
        return response

    # Doing

    def _actor(self, action: str) -> Guarded:
        """Return the handler that does one of the actions to the job or printer that its fields name."""

        async def act(request: Request, who: str) -> Response:
            fields = await _fields(request)
            if action in JOB_ACTIONS:
                JOB_ACTIONS[action](self._job(fields))
            else:
                PRINTER_ACTIONS[action](self._printer(fields))
            return _json({"done": action}) if _is_api(request) else redirect("/")

        return act

    def _job(self, fields: "Mapping[str, str]") -> Job:
        number = fields.get("job", "")
        job = view.find_job(self._printers, int(number)) if number.isdecimal() and len(number) < 20 else None
        if job is None:
            raise Refused("not-found", f"There is no job {number[:20]}.")
        return job

    def _printer(self, fields: "Mapping[str, str]") -> Printer:
        for printer in self._printers:
            if printer.uuid == fields.get("printer"):
                return printer
        raise Refused("not-found", "There is no such printer.")

    # Drivers

    async def _driver_page(self, request: Request, who: str) -> Response:
        printer = self._printer(request.variables)
        words = request.query.get("words", "").strip()
        found = await self._chooser.fits(printer, words)
        return await self._page(
            "driver",
            who=who,
            printer=view.printer_view(printer, time.time(), names=False, notes=self._notes),
            words=words,
            fits=[fit._asdict() for fit in found[:FITS_MOST]],
            more=max(0, len(found) - FITS_MOST),
            options=[option._asdict() for option in self._chooser.settings(printer)],
        )

    async def _api_driver(self, request: Request, who: str) -> Response:
        printer = self._printer(request.variables)
        found = await self._chooser.fits(printer, request.query.get("words", ""), "all" in request.query)
        return _json(
            {
                "driver": printer.origin._asdict(),
                "fits": [fit._asdict() for fit in found],
                "options": [option._asdict() for option in self._chooser.settings(printer)],
            }
        )

    async def _use_driver(self, request: Request, who: str) -> Response:
        fields = await _fields(request)
        printer = self._printer(fields)
        await self._chooser.use(printer, fields.get("driver", ""))
        return self._driven(request, printer)

    async def _set_options(self, request: Request, who: str) -> Response:
        fields = await _fields(request, OPTIONS_MAX)
        printer = self._printer(fields)
        values = {name.removeprefix(OPTION): value for name, value in fields.items() if name.startswith(OPTION)}
        await self._chooser.set(printer, values)
        return self._driven(request, printer)

    def _driven(self, request: Request, printer: Printer) -> Response:
        if _is_api(request):
            return _json({"driver": printer.origin._asdict()})
        return redirect(f"/driver/{printer.uuid}")

    async def _test_page(self, request: Request, who: str) -> Response:
        job = self._chooser.test(self._printer(await _fields(request)))
        return _json({"job": job.id}) if _is_api(request) else redirect("/")

    async def _keep_network(self, request: Request, who: str) -> Response:
        if self._network is not None and self._network.on_trial:
            self._network.keep()
        return _json({"done": "keep-network"}) if _is_api(request) else redirect("/")

    # Users of SNMPv3

    def _watcher_routes(self, watchers: snmp.SnmpUsers) -> "list[Route]":
        """Return the rows for a page and its API, which need the administrator."""

        async def page(request: Request, who: str, status: int = 200, **told: Any) -> Response:
            encrypted = f"https://{request.host}/snmp" if self._settings["tls"] and not request.secure else ""
            words = {"auths": snmp.AUTHS, "privs": snmp.PRIVS, "encrypted": encrypted, "made": {}, **told}
            return await self._page("snmp", status, who=who, **watchers.told(), **words)

        async def look(request: Request, who: str) -> Response:
            return _json(watchers.told()) if _is_api(request) else await page(request, who)

        async def add(request: Request, who: str) -> Response:
            fields = await _fields(request)
            made = await watchers.add(fields)
            if _is_api(request):
                return _json({"made": made})
            return await page(request, who, name=fields["name"], made=made)

        async def remove(request: Request, who: str) -> Response:
            await watchers.remove(await _fields(request))
            return _json(watchers.told()) if _is_api(request) else redirect("/snmp")

        rows = [(("GET",), "snmp", look, 0), (("POST",), "snmp-add", add, FIELDS_MAX)]
        rows += [(("POST",), "snmp-remove", remove, FIELDS_MAX)]
        return [
            Route(methods, path + name, self._guard(handler, administers=True), most)
            for methods, name, handler, most in rows
            for path in ("/", "/api/")
        ]

    async def _refused(self, request: Request, refused: Refused) -> Response:
        row = refusal(refused.reason)
        sentence = refused.detail or row.sentence
        if _is_api(request):
            return _json({"error": sentence}, row.http)
        return await self._page("problem", row.http, title="That did not work", sentence=sentence)

    async def _api_settings(self, request: Request, who: str) -> Response:
        return _json({"settings": {row.name: self._settings.show(row.name) for row in self._settings}})

    async def _api_set(self, request: Request, who: str) -> Response:
        fields = await _fields(request)
        name = fields.get("name", "")
        try:
            await aio.offload(self._settings.store, name, fields.get("value", ""))
        except SettingError as error:
            return _json({"error": str(error)}, 400)
        except OSError as error:
            return _json({"error": f"The setting could not be stored: {error.strerror}."}, 507)
        self._settings.announce(name)
        note = self._network.note if self._network is not None and name.startswith("network") else ""
        told: "dict[str, Any]" = {"settings": {name: self._settings.show(name)}}
        return _json({**told, "note": note} if note else told)


async def _fields(request: Request, most: int = FIELDS_MAX) -> "dict[str, str]":
    """Return the fields of a form, or of a JSON object; raise Refused when it is neither."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return await request.form()
    try:
        fields = json.loads(await request.body.read(most))
    except (ValueError, RecursionError):
        raise Refused("bad-request", "The JSON is not well formed.") from None
    if not isinstance(fields, dict):
        raise Refused("bad-request", "A JSON object is wanted.")
    return {name: str(value) for name, value in fields.items()}


def _is_api(request: Request) -> bool:
    return request.path.startswith("/api/")


def _json(value: object, status: int = 200) -> Response:
    return Response(status, [("Content-Type", "application/json"), FRESH], json.dumps(value).encode())


def _too_many(wait: int) -> str:
    return f"Too many wrong codes came from your address; try again in {wait} seconds."


def _unknown_host(host: str) -> str:
    name = origin.host_name(host) or "NAME"
    return (
        f"This computer does not know that it is called {name}. If it is, its administrator says so once:\n"
        f"feedpath settings set hosts {name}"
    )
