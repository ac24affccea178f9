"""The pages themselves: well formed, complete without JavaScript, and no text of a stranger becomes markup."""

import html.parser
import re
from typing import Any

import pytest

from feedpath.front.web import pages

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "</title></style><svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% include 'x' %}",
    "javascript:alert(1)",
    "\0\x1b]0;title\x07",
    "\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe",
    "&lt;b&gt;",
    "\ud800",
)
VOID = {"meta", "link", "input", "img", "rect", "br", "hr"}


class Page(html.parser.HTMLParser):
    """A page taken apart: its elements, its text, and what is wrong with its nesting."""

    def __init__(self, content: bytes):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.faults: list[str] = []
        self._open: list[str] = []
        self.feed(content.decode())
        self.close()
        self.faults += self._open

    def handle_starttag(self, tag: str, attributes: "list[tuple[str, str | None]]") -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> "list[dict[str, str | None]]":
        return [attributes for name, attributes in self.elements if name == tag]


def job(text: str = "letter.pdf", **facts: Any) -> "dict[str, Any]":
    usual = {"id": 7, "name": text, "user": text, "state": "pending", "words": text, "remedy": "", "received": 10,
             "printed": 5, "size": "10 bytes", "percent": 50, "ago": "just now", "preview": ""}  # fmt: skip
    return {**usual, **facts}


def printer(text: str = "Office laser", **facts: Any) -> "dict[str, Any]":
    usual = {
        "name": text, "uuid": "u-1", "queue": "office", "location": text, "model": text, "state": "idle",
        "accepting": True, "paused": False, "headline": "Ready.", "identified": text, "remedy": text, "tone": "ready",
        "reasons": [{"keyword": "x", "tone": "warn", "sentence": text, "remedy": text}],
        "supplies": [{"name": text, "level": 40, "low": True, "words": text, "color": "#000000"}],
        "driver": {"choice": text, "title": text, "why": text, "lost": text, "chosen": True},
        "paper": [text], "notes": [text], "jobs": [job(text)], "history": [job(text, state="aborted")],
        "addresses": {"ipp": "ipp://x/" + text, "ipps": "ipps://x/" + text, "http": "http://x/" + text},
    }  # fmt: skip
    return {**usual, **facts}


def status(*printers: "dict[str, Any]", who: str = "claim-code") -> Page:
    return Page(pages.render("status", who=who, printers=list(printers), version="1"))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_stranger_becomes_markup(text: str) -> None:
    harmless, hostile = status(printer("x")), status(printer(text))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    assert [sorted(attributes) for _, attributes in hostile.elements] == [sorted(a) for _, a in harmless.elements]
    assert text.encode("utf-8", "replace").decode() in hostile.text


WATCHERS = [
    {"name": HOSTILE[1], "rights": rights, "auth": "SHA-256", "priv": "AES-128", "engine": "8000"}
    for rights in ("read", "write", "inform")
]
SNMP = {"auths": ["SHA-256"], "privs": ["AES-128"], "engine": "8000", "name": HOSTILE[0], "who": "loopback"}


@pytest.mark.parametrize("template, model", [
    ("sign-in", {"problem": HOSTILE[0], "encrypted": "https://x/sign-in"}),
    ("sign-in", {"problem": "", "encrypted": ""}),
    ("problem", {"title": HOSTILE[0], "sentence": HOSTILE[1]}),
    ("status", {"who": "", "printers": []}),
    ("snmp", {**SNMP, "users": [], "made": {}, "encrypted": ""}),
    ("snmp", {**SNMP, "users": WATCHERS, "made": {"priv-passphrase": HOSTILE[0]}, "encrypted": "https://x/snmp"}),
])  # fmt: skip
def test_every_page_is_well_formed_and_keeps_scripts_and_styles_out_of_itself(
    template: str, model: "dict[str, Any]"
) -> None:
    page = Page(pages.render(template, version="1", **model))
    check_form(page)


def check_form(page: Page) -> None:
    assert page.faults == []
    assert page.all("html") == [{"lang": "en"}]
    assert all("src" in script for script in page.all("script")) and not page.all("style")
    assert not [name for _, attributes in page.elements for name in attributes if name == "style" or name[:2] == "on"]
    identities = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identities) == len(set(identities))
    assert len(page.all("h1")) == 1 or not page.all("article")


def test_the_status_page_is_well_formed_with_several_printers() -> None:
    check_form(status(printer(), printer("Attic", uuid="u-2", jobs=[job(state="held")])))


def test_headings_do_not_skip_a_level() -> None:
    levels = [int(tag[1]) for tag, _ in status(printer()).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(below - above <= 1 for above, below in zip(levels, levels[1:], strict=False))


def test_the_administrator_cancels_releases_and_pauses_by_plain_forms() -> None:
    page = status(printer(jobs=[job(state="held")]))
    forms = [(form["method"], form["action"]) for form in page.all("form")]
    actions = ["/sign-out", "/pause", "/test-page", "/release", "/cancel"]
    assert forms == [("post", action) for action in actions]
    assert {"class": "action", "href": "/driver/u-1"} in page.all("a")
    assert {"type": "hidden", "name": "job", "value": "7"} in page.all("input")
    assert "/resume" in [form["action"] for form in status(printer(paused=True)).all("form")]


def test_whoever_has_not_signed_in_sees_no_form_but_the_way_to_sign_in() -> None:
    page = status(printer(), who="")
    assert not page.all("form")
    assert {"href": "/sign-in"} in page.all("a")


def test_what_is_wrong_and_what_to_do_stand_on_the_page() -> None:
    reasons = [{"keyword": "k", "tone": "note", "sentence": "Toner is low.", "remedy": "Buy."}]
    page = status(printer(headline="Paper is jammed.", remedy="Remove it.", accepting=False, reasons=reasons))
    for words in ("Paper is jammed.", "Remove it.", "It takes no new jobs.", "Toner is low. Buy."):
        assert words in page.text


def test_without_javascript_the_page_reloads_itself() -> None:
    page = pages.render("status", who="", printers=[], version="1").decode()
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)


def test_a_long_queue_is_cut_short_and_says_so() -> None:
    page = status(printer(jobs=[job(id=id) for id in range(1000)], history=[job() for _ in range(1000)]))
    assert len([form for form in page.all("form") if form["action"] == "/cancel"]) == 50
    assert "950 more" in page.text


def test_the_page_asks_for_static_files_that_exist_under_an_address_that_changes_with_them() -> None:
    page = status(printer())
    asked = [link["href"] for link in page.all("link")] + [script["src"] for script in page.all("script")]
    assert len(asked) == 3
    for address in asked:
        name, _, stamp = str(address).removeprefix("/static/").partition("?")
        assert pages.statics()[name].stamp == stamp and pages.statics()[name].content


def test_each_client_system_is_told_how_to_add_the_printer() -> None:
    text = status(printer(jobs=[], history=[])).text
    for system in ("Windows", "macOS", "iPhone", "Android", "ChromeOS", "Linux"):
        assert system in text


FIT = {"choice": "language:pcl5", "title": "PCL 5", "score": 100, "why": "It says so."}
OPTION = {"name": "Density", "title": "Toner density", "choices": (("1", "Light"), ("2", "Dark")), "default": "1",
          "value": "2"}  # fmt: skip


def driver(text: str = "PCL 5", **facts: Any) -> Page:
    fit = dict.fromkeys(("title", "why"), text) | {"choice": "raw", "score": 0}
    option = {**OPTION, "title": text, "choices": (("1", text), ("2", text))}
    usual = {"printer": printer(text), "words": text, "fits": [FIT, fit], "more": 3, "options": [option]}
    return Page(pages.render("driver", version="1", who="claim-code", **{**usual, **facts}))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_driver_becomes_markup(text: str) -> None:
    harmless, hostile = driver("x"), driver(text)
    check_form(hostile)
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    assert text.encode("utf-8", "replace").decode() in hostile.text


def test_a_driver_is_chosen_and_its_options_are_set_by_plain_forms() -> None:
    page = driver(words="")
    forms = [(form["method"], form["action"]) for form in page.all("form")]
    assert forms == [("post", "/test-page"), ("get", "/driver/u-1"), ("post", "/driver"), ("post", "/driver-options")]
    values = [field["value"] for field in page.all("input") if field.get("type") == "radio"]
    assert values == ["automatic", "language:pcl5", "raw"]
    assert [field["name"] for field in page.all("select")] == ["option.Density"]
    assert {"value": "2", "selected": None} in page.all("option")


@pytest.mark.parametrize("chosen, checked", [(False, "automatic"), (True, "language:pcl5")])
def test_what_is_used_is_marked(chosen: bool, checked: str) -> None:
    used = {"choice": "language:pcl5", "title": "PCL 5", "why": "So.", "lost": "", "chosen": chosen}
    page = driver(words="", printer=printer(driver=used))
    assert [field["value"] for field in page.all("input") if "checked" in field] == [checked]


def test_a_search_without_result_says_so() -> None:
    page = driver(words="zzz", fits=[])
    assert "Nothing that is installed is called so." in page.text
    assert "/driver" not in [form["action"] for form in page.all("form")]
