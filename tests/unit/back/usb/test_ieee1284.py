import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.usb.ieee1284 import DeviceId, decode

TEXT = "MFG:Acme;MDL:Jet 1;CMD:PCL,PJL;SN:42;"


def framed(text: str, length: "int | None" = None, order: str = "big") -> bytes:
    count = 2 + len(text) if length is None else length
    return count.to_bytes(2, "big" if order == "big" else "little") + text.encode()


@pytest.mark.parametrize(
    "answer, why",
    [
        (framed(TEXT), "as the standard says"),
        (framed(TEXT, order="little"), "the length is little-endian"),
        (framed(TEXT, len(TEXT)), "the length leaves its own two bytes out"),
        (framed(TEXT, len(TEXT), "little"), "both"),
        (framed(TEXT, len(TEXT) + 200), "the length claims more than was sent"),
        (framed(TEXT, 0), "the length is nothing"),
        (framed(TEXT, 0xFFFF), "the length is nonsense"),
        (framed(TEXT) + b"\xff\xfeMFG:stale", "old bytes follow what the length counts"),
        (TEXT.encode(), "there is no length"),
        (framed(TEXT.replace(";", "\0")), "NUL ends the fields"),
        (framed(TEXT + "\0\0"), "NUL ends the whole"),
        (framed(TEXT.replace(";", " ;\r\n ")), "there is white space between the fields"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_device_id_is_read_however_its_printer_frames_it(answer: bytes, why: str) -> None:
    assert decode(answer).text == TEXT, why


@pytest.mark.parametrize(
    "text, make, model, serial, commands",
    [
        ("MFG:Acme;MDL:Jet 1;CMD:PCL,PJL;SN:42;", "Acme", "Jet 1", "42", ("PCL", "PJL")),
        (
            "MANUFACTURER:Hewlett-Packard;COMMAND SET:PJL, PCL ,;MODEL:HP LaserJet 1200;CLASS:PRINTER;SERN:-;",
            "HP", "LaserJet 1200", "-", ("PJL", "PCL"),
        ),
        ("mfg:Brother;mdl:HL-1250 series;cmd:HBP", "Brother", "HL-1250 series", "", ("HBP",)),
        ("MFG:HP;MDL:HP Laser MFP 131;CMD:SPL,URF,PWGRaster", "HP", "Laser MFP 131", "", ("SPL", "URF", "PWGRaster")),
        ("MFG:Lexmark International;MDL:Lexmark E260dn;", "Lexmark", "E260dn", "", ()),
        ("MDL:Acme Jet 1;", "Acme", "Jet 1", "", ()),
        ("DES:Acme Jet 1;", "Acme", "Jet 1", "", ()),
        ("MFG:Acme;MDL:Acmetron;", "Acme", "Acmetron", "", ()),
        ("MFG:One;MFG:Two;MDL:x;", "One", "x", "", ()),
        ("MFG:DYMO;CMD: ;MDL:LabelWriter 450;", "DYMO", "LabelWriter 450", "", ()),
        ("no colon;:no key;MFG", "", "", "", ()),
        ("", "", "", "", ()),
    ],
)  # fmt: skip
def test_what_a_device_id_tells(text: str, make: str, model: str, serial: str, commands: "tuple[str, ...]") -> None:
    identity = DeviceId(text)
    assert (identity.make, identity.model, identity.serial, identity.commands) == (make, model, serial, commands)


def test_other_fields_keep_their_names_and_a_colon_in_a_value() -> None:
    fields = DeviceId("MFG:Acme;VSTATUS:$HB0$NC0,ff;URL:http://a/;DESCRIPTION:x;").fields
    assert fields == {"MFG": "Acme", "VSTATUS": "$HB0$NC0,ff", "URL": "http://a/", "DES": "x"}


@pytest.mark.parametrize("text, encoding", [("MFG:Büro;MDL:Jet;", "utf-8"), ("MFG:Büro;MDL:Jet;", "latin-1")])
def test_a_name_may_be_utf_8_or_latin_1(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert decode((2 + len(data)).to_bytes(2, "big") + data).make == "Büro"


@given(st.binary(max_size=1100))
def test_any_bytes_give_a_device_id(answer: bytes) -> None:
    identity = decode(answer)
    assert all(isinstance(value, str) for value in (identity.text, identity.make, identity.model, identity.serial))
    assert DeviceId(identity.text).fields == identity.fields


WORDS = st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x7E), min_size=1, max_size=12)


@given(st.dictionaries(WORDS.map(str.upper), WORDS, max_size=8))
def test_what_was_framed_well_comes_out_whole(fields: "dict[str, str]") -> None:
    text = "".join(f"{key}:{value};" for key, value in fields.items())
    assert decode(framed(text)).text == text
