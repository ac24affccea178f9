"""The code in PPD files: what it sets of a raster's header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.bridge import setpagedevice
from feedpath.errors import WireError


def run(code: str) -> "dict[str, setpagedevice.Value]":
    fields: dict[str, setpagedevice.Value] = {}
    setpagedevice.run(code, fields)
    return fields


@pytest.mark.parametrize(
    "code, fields",
    [
        ("", {}),
        ("% only a comment", {}),
        ("<<>>setpagedevice", {}),
        ("<<(no name)>>setpagedevice", {}),
        ("<</cupsCompression 17>>setpagedevice", {"cupsCompression": 17}),
        ("<</HWResolution[600 1200]>>setpagedevice", {"HWResolution": (600, 1200)}),
        ("<</MediaType(Plain)/cupsMediaType 3>>setpagedevice", {"MediaType": "Plain", "cupsMediaType": 3}),
        ("<</Duplex true/Tumble false>>setpagedevice", {"Duplex": 1, "Tumble": 0}),
        ("<</PageSize[595.5 842]/ImagingBBox null>>setpagedevice",
         {"PageSize": (595, 842), "cupsPageSize": (595.5, 842.0)}),
        ("<</cupsInteger10 1/cupsReal2 .5/cupsString15(x)>>setpagedevice",
         {"cupsInteger10": 1, "cupsReal2": 0.5, "cupsString15": "x"}),
        ("<</cupsMediaPosition 4>>setpagedevice", {"MediaPosition": 4}),
        ("<</cupsPreferredBitsPerColor 16>>setpagedevice", {"cupsPreferredBitsPerColor": 16}),
        ("<</Unheard[1 2(three)]/cupsRowCount 5/Policies<</PageSize 3>>>>setpagedevice", {}),
        ("<</Unheard[1 2(three)]/cupsRowCount 5>>setpagedevice", {"cupsRowCount": 5}),
        ("<</cupsRowCount true/Duplex 1/MediaType 7/HWResolution 300>>setpagedevice", {}),
        ("<</HWResolution[true 300]>>setpagedevice", {}),
        ("<</cupsRowCount -1>>setpagedevice", {"cupsRowCount": 0xFFFFFFFF}),
        ("<</cupsRowCount 1e30/cupsReal0 1e300>>setpagedevice", {"cupsRowCount": 0, "cupsReal0": 0.0}),
        ("<</cupsRowCount 16#ff>>setpagedevice", {"cupsRowCount": 255}),
        ("<</cupsRowCount 1#9>>setpagedevice", {"cupsRowCount": 0}),
        (r"<</MediaType(a\(b\)\101\n\q(in))>>setpagedevice", {"MediaType": "a(b)A\nq(in)"}),
        ("<</MediaType<414>>>setpagedevice", {"MediaType": "A@"}),
        ("<</MediaType(%s)>>setpagedevice" % ("x" * 80), {"MediaType": "x" * 63}),
        ("[{\n%%BeginFeature: *X Y\n<</Jog 3>>setpagedevice\n%%EndFeature\n} stopped cleartomark", {"Jog": 3}),
        ("300 500 0 0 0 pop pop pop <</PageSize[5 -2 roll]/ImagingBBox null>>setpagedevice",
         {"PageSize": (300, 500), "cupsPageSize": (300.0, 500.0)}),
        ("7 8 9 3 1 roll <</Jog 4 index>>setpagedevice", {"Jog": 9}),
        ("<</Jog 5>>dup pop setpagedevice", {"Jog": 5}),
        ("7 <</Jog 2 index>>setpagedevice", {"Jog": 7}),
        ("7 8 2 copy pop pop pop <</Jog 2 index>>setpagedevice", {"Jog": 7}),
        ("1 2 0 1 roll pop pop", {}),
    ],
)  # fmt: skip
def test_code_sets_what_the_header_has(code: str, fields: "dict[str, setpagedevice.Value]") -> None:
    assert run(code) == fields


@pytest.mark.parametrize(
    "code, says",
    [
        ("showpage", "'showpage'"),
        ("setpagedevice", "without a dictionary"),
        ("/Jog 3>>setpagedevice", "without a dictionary"),
        ("(never closed", "broken string"),
        ("> x", "broken string or bracket"),
        ("pop", "takes 1 objects where 0 are"),
        ("dup", "takes 1 objects"),
        ("5 index", "takes 6 objects"),
        ("3 copy", "takes 3 objects"),
        ("(x) copy", "no count"),
        ("-1 copy", "no count"),
        ("1e9 1 roll", "no count"),
        ("1 " * 1001, "more than 1000 objects"),
        ("1 2 copy" + " 900 copy" * 3, "takes"),
        ("1" * 100_000 + "x", "the operator '1111"),  # at once, not after a minute
    ],
)
def test_code_that_is_not_understood_is_refused_in_words(code: str, says: str) -> None:
    with pytest.raises(WireError, match=says):
        run(code)


def test_what_was_set_before_trouble_stays() -> None:
    fields: dict[str, setpagedevice.Value] = {"Jog": 1}
    with pytest.raises(WireError):
        setpagedevice.run("<</Jog 2>>setpagedevice showpage <</Jog 3>>setpagedevice", fields)
    assert fields == {"Jog": 2}


WORDS = st.sampled_from(
    ["<<", ">>", "[", "]", "{", "}", "(a)", "<41>", "/Jog", "/PageSize", "/cupsReal1", "/MediaType", "/Duplex", "true",
     "null", "1", "-2", "3", "1e999", "16#f", "copy", "dup", "index", "pop", "roll", "stopped", "cleartomark",
     "setpagedevice", "(", ")", "<", ">", "%", "\n"]
)  # fmt: skip


@given(st.lists(st.one_of(WORDS, st.text(max_size=5)), max_size=60))
def test_any_code_sets_fields_or_raises_wire_error(words: "list[str]") -> None:
    try:
        fields = run(" ".join(words))
    except WireError:
        return
    assert all(isinstance(value, int | float | str | tuple) for value in fields.values())
