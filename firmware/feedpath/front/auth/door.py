"""The door: who may administer. A program on this computer, or whoever knows the claim code; nobody else."""

import base64
import binascii
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from feedpath.core import addresses
from feedpath.front.auth import claim, origin

COOKIE = "feedpath"
SESSION_S = 12 * 3600  # a working day; then the code is asked for again
SESSIONS = 64  # the one that began first gives way
WRONG_CODES = 5  # within
WINDOW_S = 60  # seconds, per address
ADDRESSES = 1024  # whose wrong codes are remembered; with 78 bits to guess, forgetting some gives nothing away


class Request(Protocol):
    """What the door looks at; front/http's Request is one. `peer` begins with the IP address."""

    @property
    def method(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def headers(self) -> "Mapping[str, str]": ...
    @property
    def peer(self) -> "tuple[Any, ...]": ...


class Door:
    """Decides about each request; keeps the sessions of browsers, in memory only."""

    def __init__(
        self,
        code: str,
        trust_loopback: "Callable[[], bool]" = lambda: True,
        hosts: "Callable[[], Iterable[str]]" = lambda: (),
        now: "Callable[[], float]" = time.monotonic,
    ):
        """`code` is the claim code; `hosts` gives further names of this computer; `now` is a clock in seconds."""
        self._code = code
        self._trust_loopback = trust_loopback
        self._hosts = hosts
        self._wrong = Throttle(now)
        self._sessions = Sessions(now)

    def knows(self, request: Request) -> bool:
        """Return whether the Host that the request means is this computer, and not a stranger's name for it."""
        return origin.is_ours(origin.host_name(request.host), self._hosts())

    def is_foreign(self, request: Request) -> bool:
        """Return whether a page of another site asks for more than to look; what it looks at, browsers keep from it."""
        if request.method in ("GET", "HEAD"):
            return False
        if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return True  # a browser says so itself; same-site is another port or host name, so not us
        return origin.is_foreign(request.headers.get("origin", ""), request.host)

    def authorize(self, request: Request) -> str:
        """Return as whom the request may administer, "loopback" or "claim-code"; "" when it may not."""
        if self.is_foreign(request):
            return ""
        if self._trust_loopback() and self._is_loopback(request):
            return "loopback"
        if self._sessions.holds(cookie(request.headers.get("cookie", ""))):
            return "claim-code"
        password = basic_password(request.headers.get("authorization", ""))
        if password and self._try(request.peer[0], password):
            return "claim-code"
        return ""

    def sign_in(self, address: str, code: str) -> str:
        """Return a new session's token for a cookie when the code is right, else ""."""
        return self._sessions.begin() if self._try(address, code) else ""

    def sign_out(self, request: Request) -> None:
        """End the request's session, if it has one."""
        self._sessions.end(cookie(request.headers.get("cookie", "")))

    def wait(self, address: str) -> int:
        """Return for how many seconds yet no code from this address is looked at, after too many wrong ones."""
        return self._wrong.wait(address)

    def _try(self, address: str, code: str) -> bool:
        if self._wrong.wait(address):
            return False
        if claim.same(code, self._code):
            return True
        self._wrong.add(address)
        return False

    def _is_loopback(self, request: Request) -> bool:
        if not origin.is_loopback(request.peer[0]) or not request.headers.keys().isdisjoint(origin.PROXY_HEADERS):
            return False
        return origin.is_loopback(origin.host_name(request.host))


class Throttle:
    """Remembers when each address was wrong."""

    def __init__(self, now: "Callable[[], float]"):
        self._now = now
        self._times: dict[str, list[float]] = {}  # by network, the one that was wrong last at the end

    def add(self, address: str) -> None:
        """Note a wrong code."""
        network = _network(address)
        self._times[network] = [*self._recent(network), self._now()]
        if len(self._times) > ADDRESSES:
            del self._times[next(iter(self._times))]

    def wait(self, address: str) -> int:
        """Return the seconds until the address may try again, 0 for now."""
        recent = self._recent(_network(address))
        if len(recent) < WRONG_CODES:
            return 0
        return int(recent[0] + WINDOW_S - self._now()) + 1

    def _recent(self, network: str) -> "list[float]":
        """Take out and return the network's times of the last window; `add` puts them back at the end."""
        times = [then for then in self._times.pop(network, []) if self._now() - then < WINDOW_S]
        if times:
            self._times[network] = times
        return times


class Sessions:
    """Tokens of signed-in browsers, kept by their digests, so that the time of a look-up tells nothing."""

    def __init__(self, now: "Callable[[], float]"):
        self._now = now
        self._ends: dict[bytes, float] = {}  # the one that began first at the front

    def begin(self) -> str:
        """Return the token of a new session."""
        import secrets

        token = secrets.token_urlsafe(32)
        if len(self._ends) >= SESSIONS:
            del self._ends[next(iter(self._ends))]
        self._ends[_digest(token)] = self._now() + SESSION_S
        return token

    def holds(self, token: str) -> bool:
        """Return whether a token's session has begun and not ended."""
        return bool(token) and self._now() < self._ends.get(_digest(token), 0)

    def end(self, token: str) -> None:
        """End a token's session."""
        self._ends.pop(_digest(token), None)


def set_cookie(token: str, secure: bool) -> str:
    """Return the Set-Cookie value that gives a browser its session; an empty token takes it away (RFC 6265, 4.1)."""
    parts = [f"{COOKIE}={token}", "Path=/", f"Max-Age={SESSION_S if token else 0}", "HttpOnly", "SameSite=Strict"]
    return "; ".join(parts + ["Secure"] * secure)


def cookie(header: str) -> str:
    """Return the session's token of a Cookie header, "" when there is none."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def basic_password(header: str) -> str:
    """Return the password of an Authorization header of the Basic scheme, "" for any other (RFC 7617)."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _network(address: str) -> str:
    """Return what one subscriber cannot change about its address: an IPv6 one owns 64 bits of them."""
    parsed = addresses.address(address)
    if parsed is not None and parsed.version == 6:
        return parsed.exploded[:19]
    return str(parsed or address)


def _digest(token: str) -> bytes:
    import hashlib

    return hashlib.sha256(token.encode()).digest()
