"""The door: who may administer, by address, Host, code and session; and how often a wrong code is looked at."""

import base64

import pytest

from feedpath.front.auth import door as module
from feedpath.front.auth.door import SESSION_S, WINDOW_S, WRONG_CODES, Door, basic_password, cookie, set_cookie

CODE = "ABCD-EFGH-JKMN-PQRS"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Asked:
    """A request as the door sees it."""

    def __init__(self, address: str = "127.0.0.1", method: str = "POST", host: str = "localhost:8631", **headers: str):
        self.peer = (address, 50000)
        self.method, self.host = method, host
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def basic(code: str, user: str = "admin") -> str:
    return "Basic " + base64.b64encode(f"{user}:{code}".encode()).decode()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(clock: Clock) -> Door:
    return Door(CODE, now=clock)


@pytest.mark.parametrize(
    "asked, who",
    [
        (Asked(), "loopback"),
        (Asked("::1", host="[::1]:8631"), "loopback"),
        (Asked("::ffff:127.0.0.1", host="127.0.0.1"), "loopback"),
        (Asked(origin="http://localhost:8631"), "loopback"),
        (Asked("192.168.1.9"), ""),  # from elsewhere
        (Asked(host="evil.example"), ""),  # DNS rebinding
        (Asked(host="0.0.0.0:8631"), ""),
        (Asked(host=""), ""),
        (Asked(x_forwarded_for="192.168.1.9"), ""),  # a proxy speaks for someone else
        (Asked(forwarded="for=192.168.1.9"), ""),
        (Asked(via="1.1 proxy"), ""),
        (Asked(origin="http://evil.example"), ""),  # CSRF
        (Asked(origin="http://localhost:3000"), ""),
        (Asked(origin="null"), ""),
        (Asked(sec_fetch_site="cross-site"), ""),
        (Asked(sec_fetch_site="same-origin"), "loopback"),
        (Asked(method="GET", sec_fetch_site="cross-site"), "loopback"),  # a link on another site may lead here
        (Asked("192.168.1.9", authorization=basic(CODE)), "claim-code"),
        (Asked("192.168.1.9", authorization=basic("abcdefghjkmnpqrs", "")), "claim-code"),
        (Asked("192.168.1.9", authorization=basic("ABCD-EFGH-JKMN-PQRT")), ""),
        (Asked("192.168.1.9", authorization=basic("")), ""),
        (Asked("192.168.1.9", authorization=basic(CODE).replace("Basic", "Bearer")), ""),
        (Asked("192.168.1.9", authorization=basic(CODE), origin="http://evil.example"), ""),
    ],
)
def test_who_may_administer(door: Door, asked: Asked, who: str) -> None:
    assert door.authorize(asked) == who


def test_loopback_alone_does_not_do_where_it_is_not_trusted() -> None:
    door = Door(CODE, trust_loopback=lambda: False)
    assert door.authorize(Asked()) == ""
    assert door.authorize(Asked(authorization=basic(CODE))) == "claim-code"


def test_a_browser_signs_in_with_the_code_and_out_again(door: Door) -> None:
    token = door.sign_in("192.168.1.9", CODE.lower())
    asked = Asked("192.168.1.9", cookie=f"other=1; feedpath={token}")
    assert door.authorize(asked) == "claim-code"
    door.sign_out(asked)
    assert door.authorize(asked) == ""


@pytest.mark.parametrize("value", ["", "feedpath=", "feedpath=guess", "feedpath=\N{SNOWMAN}", "other=x"])
def test_no_other_cookie_opens(door: Door, value: str) -> None:
    door.sign_in("192.168.1.9", CODE)
    assert door.authorize(Asked("192.168.1.9", cookie=value)) == ""


def test_a_session_ends_by_itself(door: Door, clock: Clock) -> None:
    asked = Asked("192.168.1.9", cookie="feedpath=" + door.sign_in("192.168.1.9", CODE))
    clock.seconds += SESSION_S - 1
    assert door.authorize(asked) == "claim-code"
    clock.seconds += 1
    assert door.authorize(asked) == ""


def test_the_oldest_session_gives_way(door: Door) -> None:
    tokens = [door.sign_in("192.168.1.9", CODE) for _ in range(module.SESSIONS + 1)]
    held = [door.authorize(Asked("192.168.1.9", cookie=f"feedpath={token}")) for token in tokens]
    assert held == [""] + ["claim-code"] * module.SESSIONS


def test_after_five_wrong_codes_not_even_the_right_one_opens_for_a_minute(door: Door, clock: Clock) -> None:
    for _ in range(WRONG_CODES):
        assert door.wait("192.168.1.9") == 0
        assert not door.sign_in("192.168.1.9", "wrong")
    assert door.wait("192.168.1.9") > 0
    assert not door.sign_in("192.168.1.9", CODE)
    assert door.authorize(Asked("192.168.1.9", authorization=basic(CODE))) == ""
    assert door.sign_in("192.168.1.10", CODE)  # others are not kept out
    clock.seconds += door.wait("192.168.1.9")
    assert door.sign_in("192.168.1.9", CODE)


def test_wrong_codes_by_page_and_by_basic_count_together(door: Door) -> None:
    for _ in range(WRONG_CODES - 1):
        door.sign_in("192.168.1.9", "wrong")
    door.authorize(Asked("192.168.1.9", authorization=basic("wrong")))
    assert door.wait("192.168.1.9") > 0


def test_at_most_five_wrong_codes_are_looked_at_in_any_minute(door: Door, clock: Clock) -> None:
    looked_at = []
    for _ in range(600):
        if not door.wait("192.168.1.9"):
            looked_at.append(clock.seconds)
        door.sign_in("192.168.1.9", "wrong")
        clock.seconds += 1
    assert all(later - earlier >= WINDOW_S for earlier, later in zip(looked_at, looked_at[WRONG_CODES:], strict=False))
    assert len(looked_at) == 10 * WRONG_CODES


def test_an_ipv6_subscriber_is_one_address_whatever_its_last_64_bits(door: Door) -> None:
    for last in range(WRONG_CODES):
        door.sign_in(f"2001:db8:1:2::{last}", "wrong")
    assert door.wait("2001:db8:1:2:ffff::1") > 0
    assert door.wait("2001:db8:1:3::1") == 0


def test_a_flood_of_addresses_does_not_fill_the_memory(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ADDRESSES", 10)
    for last in range(100):
        door.sign_in(f"192.168.1.{last}", "wrong")
    assert len(door._wrong._times) == 10


@pytest.mark.parametrize(
    "header, password",
    [
        (basic("x:y"), "x:y"),
        ("basic " + basic("x")[6:], "x"),
        ("Basic", ""),
        ("Basic !!!", ""),
        ("Basic " + base64.b64encode(b"\xff\xff").decode(), ""),
        ("Basic " + base64.b64encode(b"nocolon").decode(), ""),
        ("Digest username=x", ""),
        ("", ""),
    ],
)
def test_the_password_of_an_authorization_header(header: str, password: str) -> None:
    assert basic_password(header) == password


def test_a_cookie_is_for_this_site_alone_and_scripts_do_not_see_it() -> None:
    given = set_cookie("token", secure=False)
    assert given == f"feedpath=token; Path=/; Max-Age={SESSION_S}; HttpOnly; SameSite=Strict"
    assert set_cookie("token", secure=True) == given + "; Secure"
    assert "Max-Age=0" in set_cookie("", secure=False)
    assert cookie(given) == "token"


def test_hosts_that_the_settings_name_are_known_at_once() -> None:
    names: list[str] = []
    door = Door(CODE, hosts=lambda: names)
    assert not door.knows(Asked(host="print.example:8631"))
    names.append("print.example")
    assert door.knows(Asked(host="print.example:8631"))
