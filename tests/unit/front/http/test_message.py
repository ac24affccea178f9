"""Answers and their heads, and what is known of a request."""

import time
from types import SimpleNamespace

import pytest

from feedpath.core.reasons import REFUSALS
from feedpath.front.http import table
from feedpath.front.http.message import Request, Response, encode_head, html, http_date, redirect, text


@pytest.mark.parametrize(
    "seconds, expected",
    [
        (784111777, "Sun, 06 Nov 1994 08:49:37 GMT"),  # RFC 9110, 5.6.7
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (2**31, "Tue, 19 Jan 2038 03:14:08 GMT"),
        (4294967295, "Sun, 07 Feb 2106 06:28:15 GMT"),
    ],
)
def test_a_date_is_written_as_http_wants_it(seconds: int, expected: str) -> None:
    assert http_date(seconds) == expected


def test_the_date_of_an_answer_follows_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for now, expected in ((1794000000, b"Date: Fri, 06 Nov 2026"), (1794086400.9, b"Date: Sat, 07 Nov 2026")):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        assert expected in encode_head(Response(), "", True)


def test_a_computer_without_a_clock_sends_no_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 100.0)
    assert b"Date" not in encode_head(Response(), "", True)


def test_a_head_is_made_field_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1794000000.0)
    head = encode_head(Response(404, [("Content-Type", "text/plain"), ("X", "\u00e4")]), "Content-Length: 3\r\n", False)
    assert head == (
        b"HTTP/1.1 404 Not Found\r\n"
        b"Date: Fri, 06 Nov 2026 21:20:00 GMT\r\n"
        b"Server: feedpath\r\n"
        b"Content-Type: text/plain\r\n"
        b"X: \xe4\r\n"
        b"Content-Length: 3\r\n"
        b"Connection: close\r\n"
        b"\r\n"
    )


@pytest.mark.parametrize(
    "field", [("X", "a\rb"), ("X", "a\nb"), ("X", "a\r\nb"), ("X\n", "a"), ("X", "\r\n\r\n<html>")]
)
def test_a_field_that_would_break_the_head_is_a_mistake(field: "tuple[str, str]") -> None:
    with pytest.raises(ValueError, match="CR or LF"):
        encode_head(Response(200, [field]), "", True)


def test_answers_have_their_types() -> None:
    assert (text("a").headers, text("a").body) == ([("Content-Type", "text/plain; charset=utf-8")], b"a\n")
    assert (html("\u00e4").headers, html("\u00e4").body) == (
        [("Content-Type", "text/html; charset=utf-8")],
        b"\xc3\xa4",
    )
    assert (redirect("/a").status, redirect("/a").headers) == (303, [("Location", "/a")])


def test_an_answers_headers_are_its_own() -> None:
    shared = [("X", "a")]
    Response(200, shared).headers.append(("Y", "b"))
    assert shared == [("X", "a")]


def test_each_refusal_of_the_core_has_a_status_that_we_can_say() -> None:
    assert {row.http for row in REFUSALS} <= set(table.STATUS)


@pytest.mark.parametrize(
    "peer, secure, headers, private",
    [
        ("192.168.1.7", True, {}, True),
        ("192.168.1.7", False, {}, False),
        ("127.0.0.1", False, {}, True),
        ("::1", False, {}, True),
        ("::ffff:127.0.0.1", False, {}, True),
        ("127.0.0.1", False, {"x-forwarded-for": "192.168.1.7"}, False),  # nobody knows how it came to the proxy
        ("", False, {}, False),
    ],
)
def test_a_request_is_private_over_tls_and_from_this_computer(
    peer: str, secure: bool, headers: "dict[str, str]", private: bool
) -> None:
    request = SimpleNamespace(peer=(peer, 40000), secure=secure, headers=headers)
    assert Request.private.__get__(request) == private
