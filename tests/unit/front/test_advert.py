"""What is announced of a printer, and under which names: front/advert without a network."""

import subprocess
import sys
from typing import Any

import pytest

from feedpath.core.driver import Media
from feedpath.front.advert import names
from feedpath.front.advert.names import Link
from feedpath.front.advert.records import TXT_BYTES, Reach, Service, record, services
from tests.fakes.announced import CAPABILITIES, announced

HOST = "printbox.local"


def strings(txt: bytes) -> "list[str]":
    """Return the strings of a TXT record."""
    found = []
    while txt:
        found.append(txt[1 : 1 + txt[0]].decode())
        txt = txt[1 + txt[0] :]
    return found


def keys(txt: bytes) -> "dict[str, str]":
    """Return the pairs of a TXT record."""
    return dict(string.split("=", 1) for string in strings(txt) if string)


def by_type(found: "list[Service]") -> "dict[str, Service]":
    return {service.type: service for service in found}


def ipp(reach: Reach = Reach(8631), /, **attributes: Any) -> "dict[str, str]":  # noqa: B008  # it is immutable
    """Return the TXT pairs of _ipp._tcp of a printer with such attributes."""
    return keys(by_type(services(announced(**attributes), reach, HOST))["_ipp._tcp"].txt)


def test_the_ipp_service_says_all_that_clients_look_for() -> None:
    assert ipp(Reach(8631, path="ipp/print/laser", page="/printers/laser")) == {
        "txtvers": "1",
        "qtotal": "1",
        "rp": "ipp/print/laser",
        "ty": "Example Laser 3000",
        "pdl": "image/urf,image/pwg-raster,image/jpeg,application/pdf",
        "UUID": "12345678-9abc-def0-1234-56789abcdef0",
        "URF": "CP99,W8,SRGB24,RS300-600,DM1,V1.4",
        "adminurl": "http://printbox.local:8631/printers/laser",
        "note": "Room 7",
        "TLS": "1.2",
        "product": "(Example Laser 3000)",
        "Color": "T",
        "Duplex": "T",
        "Copies": "T",
        "Collate": "T",
        "air": "none",
        "mopria-certified": "1.3",
        "PaperMax": "legal-A4",
        "kind": "document",
        "usb_MFG": "Example",
        "usb_MDL": "Laser 3000",
        "usb_CMD": "URF,PWGRaster,JPEG,PDF",
        "Scan": "F",
        "Fax": "F",
        "printer-state-reasons": "none",
        "priority": "0",
    }


def test_what_a_person_must_do_is_announced_and_what_jobs_do_is_not() -> None:
    reasons = ["media-empty-error", "toner-low-warning", "media-empty-error", "connecting-to-device", "paused"]
    txt = by_type(services(announced(reasons=reasons), Reach(8631), HOST))["_ipp._tcp"].txt
    assert keys(txt)["printer-state-reasons"] == "media-empty-error,toner-low-warning"


def test_txtvers_comes_first_as_rfc_6763_asks() -> None:
    for service in services(announced(), Reach(8631, raw_port=9100), HOST):
        if service.type not in ("_printer._tcp", "_http._tcp"):
            assert strings(service.txt)[0] == "txtvers=1"


@pytest.mark.parametrize(
    "reach, types",
    [
        (Reach(8631), {"_printer._tcp": 0, "_ipp._tcp": 8631, "_ipps._tcp": 8631, "_http._tcp": 8631}),
        (Reach(631, tls=False), {"_printer._tcp": 0, "_ipp._tcp": 631, "_http._tcp": 631}),
        (
            Reach(80, tls=False, raw_port=9101),
            {"_printer._tcp": 0, "_ipp._tcp": 80, "_http._tcp": 80, "_pdl-datastream._tcp": 9101},
        ),
    ],
)
def test_only_what_answers_is_announced_and_the_flagship_has_port_0(reach: Reach, types: "dict[str, int]") -> None:
    assert {service.type: service.port for service in services(announced(), reach, HOST)} == types


def test_the_flagship_has_an_empty_txt_record_which_is_one_zero_octet() -> None:
    assert by_type(services(announced(), Reach(8631), HOST))["_printer._tcp"].txt == b"\0"


def test_lpd_is_announced_with_its_queue_while_it_is_spoken() -> None:
    printer = announced()
    lpd = by_type(services(printer, Reach(8631, lpd_port=515), HOST))["_printer._tcp"]
    assert lpd.port == 515
    assert keys(lpd.txt)["rp"] == printer.name and keys(lpd.txt)["pdl"]
    assert by_type(services(printer, Reach(8631), HOST))["_printer._tcp"][1:3] == (0, b"\0")


def test_raw_data_is_announced_without_what_only_ipp_has() -> None:
    raw = keys(by_type(services(announced(), Reach(8631, raw_port=9100), HOST))["_pdl-datastream._tcp"].txt)
    assert not {"rp", "URF", "TLS", "air", "mopria-certified", "kind"} & set(raw)
    assert (raw["ty"], raw["priority"]) == ("Example Laser 3000", "50")


def test_the_airprint_subtype_needs_urf() -> None:
    plain = announced(CAPABILITIES._replace(urf=()))
    found = by_type(services(plain, Reach(8631), HOST))
    assert found["_ipp._tcp"].subtypes == ("_print",)
    assert "URF" not in keys(found["_ipp._tcp"].txt)
    for type in ("_ipp._tcp", "_ipps._tcp"):
        assert by_type(services(announced(), Reach(8631), HOST))[type].subtypes == ("_print", "_universal")


@pytest.mark.parametrize(
    "change, key, value",
    [
        ({"color": False}, "Color", "F"),
        ({"sides": ("one-sided",)}, "Duplex", "F"),
        ({"copies": 1}, "Copies", "F"),
        ({"copies": 1}, "Collate", "F"),
        ({"formats": ("application/pdf", "application/octet-stream")}, "pdl", "application/pdf"),
        ({"urf": ("W8", "RS600")}, "URF", "W8,RS600"),
    ],
)
def test_the_keys_follow_what_the_printer_can_do(change: "dict[str, object]", key: str, value: str) -> None:
    printer = announced(CAPABILITIES._replace(**change))  # type: ignore[arg-type]
    assert keys(by_type(services(printer, Reach(8631), HOST))["_ipp._tcp"].txt)[key] == value


@pytest.mark.parametrize(
    "width, length, word",
    [
        (10160, 15240, "<legal-A4"),  # 4 x 6 in
        (21000, 29700, "legal-A4"),
        (21590, 35560, "legal-A4"),
        (29700, 21000, "legal-A4"),  # A4, long edge first
        (27940, 43180, "tabloid-A3"),
        (29700, 42000, "tabloid-A3"),
        (42000, 59400, "isoC-A2"),
        (59400, 84100, ">isoC-A2"),
    ],
)
def test_the_largest_paper_in_bonjours_words(width: int, length: int, word: str) -> None:
    small = Media("na_index-3x5_3x5in", 7620, 12700)
    printer = announced(CAPABILITIES._replace(media=(small, Media("x", width, length))))
    assert keys(by_type(services(printer, Reach(8631), HOST))["_ipp._tcp"].txt)["PaperMax"] == word


@pytest.mark.parametrize(
    "attributes, key, value",
    [
        ({"make_and_model": "", "info": "Laser"}, "ty", "Laser"),  # the machine never said what it is
        ({"make_and_model": "", "info": "Laser"}, "product", "(Laser)"),
        ({"location": ""}, "note", ""),
        ({"device_id": "MANUFACTURER:A B; MODEL:C:D;COMMAND SET:PJL,PCL;"}, "usb_MDL", "C:D"),
        ({"device_id": "MANUFACTURER:A B; MODEL:C:D;COMMAND SET:PJL,PCL;"}, "usb_MFG", "A B"),
        ({"device_id": "MANUFACTURER:A B; MODEL:C:D;COMMAND SET:PJL,PCL;"}, "usb_CMD", "PJL,PCL"),
        ({"device_id": ""}, "usb_MFG", None),
    ],
)
def test_the_keys_follow_the_printers_identity(attributes: "dict[str, str]", key: str, value: "str | None") -> None:
    assert ipp(**attributes).get(key) == value


@pytest.mark.parametrize(
    "port, page, url", [(80, "/", "http://printbox.local/"), (8631, "/a", "http://printbox.local:8631/a")]
)
def test_the_page_has_a_url_that_browsers_take(port: int, page: str, url: str) -> None:
    assert ipp(Reach(port, page=page))["adminurl"] == url


def test_a_long_list_loses_whole_items_and_a_long_text_whole_characters() -> None:
    txt = keys(record([("pdl", tuple("image/x-%03d" % n for n in range(99))), ("note", "ü" * 200)]))
    assert txt["pdl"].startswith("image/x-000,image/x-001,")
    assert all(len(item) == len("image/x-000") for item in txt["pdl"].split(","))
    assert txt["note"] == "ü" * 125  # 250 octets is what is left beside note=


def test_a_record_that_would_not_fit_one_packet_loses_its_last_keys() -> None:
    wordy = dict.fromkeys(("location", "make_and_model", "info", "device_id"), "x" * 250)
    wordy["device_id"] = "MFG:%s;MDL:%s;CMD:%s;" % ("m" * 240, "n" * 240, "o" * 240)
    printer = announced(CAPABILITIES._replace(urf=("W8",) * 90), **wordy)
    for service in services(printer, Reach(8631, path="p" * 250, page="/" + "q" * 250, raw_port=9100), HOST):
        assert len(service.txt) <= TXT_BYTES
    found = keys(by_type(services(printer, Reach(8631, path="p" * 250), HOST))["_ipp._tcp"].txt)
    assert {"txtvers", "rp", "ty", "pdl", "UUID", "URF"} <= set(found)
    assert "usb_CMD" not in found


@pytest.mark.parametrize(
    "wanted, number, name",
    [
        ("Laser", 1, "Laser"),
        ("Laser", 2, "Laser (2)"),
        ("Laser (2)", 1, "Laser (2)"),  # the name it got another time
        ("Laser (2)", 3, "Laser (3)"),
        ("Brother Ltd. HL-2.0", 1, "Brother Ltd HL-2-0"),
        ("  two\twords\n", 1, "two words"),
        ("", 1, "Printer"),
        ("...", 3, "Printer (3)"),
        ("x" * 80, 1, "x" * 63),
        ("x" * 80, 12, "x" * 58 + " (12)"),
        ("ü" * 40, 1, "ü" * 31),
        ("a" * 58 + " b", 2, "a" * 58 + " (2)"),
    ],
)
def test_an_instance_name_is_one_label(wanted: str, number: int, name: str) -> None:
    assert names.instance(wanted, number) == name
    assert len(name.encode()) <= 63


@pytest.mark.parametrize(
    "wanted, number, name",
    [
        ("feedpath-a1b2c3", 1, "feedpath-a1b2c3.local"),
        ("feedpath-a1b2c3", 2, "feedpath-a1b2c3-2.local"),
        ("Print_Box.example.org", 1, "print-box.local"),
        ("Büro", 1, "b-ro.local"),
        ("---", 1, "printer.local"),
        ("h" * 80, 10, "h" * 60 + "-10.local"),
    ],
)
def test_a_host_name_is_letters_digits_and_dashes(wanted: str, number: int, name: str) -> None:
    assert names.host(wanted, number) == name


ETHERNET = Link("eth0", 2, ("192.0.2.7", "2001:db8::7", "fe80::1"))
WIRELESS = Link("wlan0", 3, ("169.254.1.2", "fe80::2"))


@pytest.mark.parametrize(
    "links, addresses",
    [
        ([], ()),
        ([ETHERNET], ("192.0.2.7", "2001:db8::7")),
        ([WIRELESS], ("169.254.1.2", "fe80::2")),
        ([ETHERNET, WIRELESS], ("192.0.2.7", "169.254.1.2", "2001:db8::7", "fe80::2")),
        ([Link("eth0", 2, ("169.254.1.2", "192.0.2.7", "fd00::1", "fd00::2"))], ("192.0.2.7", "fd00::1", "fd00::2")),
    ],
)
def test_link_local_addresses_are_announced_only_where_there_are_no_others(
    links: "list[Link]", addresses: "tuple[str, ...]"
) -> None:
    assert names.published(links) == addresses


@pytest.mark.parametrize(
    "links, interfaces",
    [
        ([], []),
        ([ETHERNET], ["192.0.2.7", 2]),
        ([Link("eth0", 4, ("192.0.2.7", "192.0.2.8"))], ["192.0.2.7"]),
        ([Link("tun0", 5, ("fd00::1", "fd00::2"))], [5]),
        ([ETHERNET, WIRELESS], ["192.0.2.7", 2, "169.254.1.2", 3]),
    ],
)
def test_each_link_is_sent_on_once_a_family(links: "list[Link]", interfaces: "list[str | int]") -> None:
    assert names.senders(links) == interfaces


def test_zeroconf_is_not_loaded_before_there_is_something_to_announce() -> None:
    code = "import sys, feedpath.front.advert.server; sys.exit('zeroconf' in sys.modules or 'ifaddr' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": ":".join(sys.path)}).returncode
        == 0
    )
