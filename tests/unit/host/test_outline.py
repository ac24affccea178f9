"""The YAML that is read: what Raspberry Pi Imager writes, and what people do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.host.outline import Misread, parse


@pytest.mark.parametrize(
    "text, value",
    [
        ("", {}),
        ("#cloud-config\n\n# nothing\n", {}),
        ("a: b", {"a": "b"}),
        ("---\na: b # c\n", {"a": "b"}),
        ("a: b#c\nd: 'it''s # here' # c", {"a": "b#c", "d": "it's # here"}),
        ('a: "x\\"y\\\\z\\x41\\u00e9\\U0001F600\\t"', {"a": 'x"y\\zA\u00e9\U0001f600\t'}),
        ("a:\n  b:\n    c: d\n  e: f", {"a": {"b": {"c": "d"}, "e": "f"}}),
        ("a:\n- b\n- c\nd: e", {"a": ["b", "c"], "d": "e"}),
        ("a:\n  - b: c\n    d: e\n  - f", {"a": [{"b": "c", "d": "e"}, "f"]}),
        ("a:\n-\n  b: c\n- - d\n  - e", {"a": [{"b": "c"}, ["d", "e"]]}),
        ("a: [b, 'c, d', \"e\"]", {"a": ["b", "c, d", "e"]}),
        ("a: |\n  b {\n\n    # c: d\n  }\ne: f", {"a": "b {\n\n# c: d\n}", "e": "f"}),
        ('a:\n  "my: net":\n    p: q', {"a": {"my: net": {"p": "q"}}}),
        ("a:\nb: c", {"a": "", "b": "c"}),
        ("k: ssh-ed25519 AAAA me@desk: home", {"k": "ssh-ed25519 AAAA me@desk: home"}),
        ("- a\n- b", ["a", "b"]),
        ("a: {b: c}", {"a": "{b: c}"}),
    ],
)
def test_what_is_read(text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    "text, where",
    [
        ("a: b\n\tc: d", "line 2 is indented by a tab"),
        ("a: b\nc", "line 2: a name and a colon"),
        ("a: b\n   c: d", "line 2: it stands farther to the right"),
        ("  a: b\nc: d", "line 2: it stands farther to the left"),
        ("a:\n  b: c\n - d", "line 3"),
        ("\n".join(" " * depth + "a:" for depth in range(40)), "nested too deep"),
        ("- " * 40 + "a", "nested too deep"),
        ("a" + " " * 60000 + "b", "line 1 is too long"),
        ("#!/bin/sh\necho hello", "line 2: a name and a colon"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, where: str) -> None:
    with pytest.raises(Misread) as wrong:
        parse(text)
    assert where in str(wrong.value)


@given(st.text(alphabet="a-: \n\"'#[|\\\t,]{x"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except Misread:
        pass
