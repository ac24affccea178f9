"""The index of drivers: what is found where, and which is for a machine."""

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl.bridge import drivers, filters
from feedpath.back.pdl.bridge.drivers import Entry, Index
from feedpath.back.pdl.bridge.filters import Host
from feedpath.errors import WireError
from tests.fakes import driver

LIST = """DEBUG: nothing to see
"fake:/one" en "Fake" "Fake Jet 5, fake v1" "MFG:Fake;MDL:Jet 5;"
"fake:/two" de "Fake" "Fake Jet 6" ""
broken line
"""


def entry(name: str, device_id: str = "", uri: str = "a", **changes: str) -> Entry:
    maker = name.partition(" ")[0]
    return Entry(uri, maker, name, device_id, "en", "rastertofake")._replace(**changes)


@pytest.fixture
def installed(tmp_path: Path) -> "tuple[str, tuple[str, ...]]":
    """Return a folder of programs and folders of files with drivers, one broken of each."""
    programs, plain, packed = tmp_path / "driver", tmp_path / "ppd", tmp_path / "model"
    for folder in (programs, plain, packed / "deep"):
        folder.mkdir(parents=True)
    (plain / "laser1.ppd").write_bytes(driver.ppd())
    (plain / "broken.ppd").write_bytes(b"nonsense")
    (plain / "readme.txt").write_bytes(driver.ppd())
    (packed / "deep" / "laser2.PPD.gz").write_bytes(gzip.compress(driver.ppd(("Fake Laser 1, test", "Fake Laser 2"))))
    (packed / "broken.ppd.gz").write_bytes(gzip.compress(driver.ppd())[:-20])
    (packed / "broken.drv").write_text("nonsense")
    (tmp_path / "list").write_text(LIST)
    for name, script in (
        (
            "fake",
            f"case $1 in list) cat {tmp_path}/list;; cat) cat {plain}/laser1.ppd;; esac; echo run >>{tmp_path}/ran",
        ),
        ("gutenprint.9", 'echo \'"gutenprint.9://x/expert" en "Fake" "Fake Ink - CUPS+Gutenprint v9" ""\''),
        ("driverless", f"echo run >>{tmp_path}/network"),
        ("sulking", "exit 1"),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    (programs / "notes").write_text("no program")
    return str(programs), (str(plain), str(packed), str(tmp_path / "nowhere"))


def test_drivers_are_found_in_programs_and_folders(installed: "tuple[str, tuple[str, ...]]", tmp_path: Path) -> None:
    index = drivers.index(None, *installed)
    assert [found.name for found in index.entries] == [
        "Fake Jet 5, fake v1", "Fake Jet 6", "Fake Laser 2", "Fake Laser 1, test", "Fake Ink - CUPS+Gutenprint v9",
    ]  # fmt: skip
    assert [found.program for found in index.entries] == ["?", "?", "rastertofake", "rastertofake",
                                                          "rastertogutenprint.9"]  # fmt: skip
    assert index.entries[3].device_id == "MFG:Fake;MDL:Laser 1;CMD:FAKE;"
    assert not (tmp_path / "network").exists()


@pytest.mark.parametrize("name", ["Fake Jet 5, fake v1", "Fake Laser 2", "Fake Laser 1, test"])
def test_a_driver_that_was_found_can_be_loaded(installed: "tuple[str, tuple[str, ...]]", name: str) -> None:
    found = next(entry for entry in drivers.index(None, *installed).entries if entry.name == name)
    assert drivers.load(found, installed[0]).raster_filter == "rastertofake"


@pytest.mark.parametrize(
    "uri", ["file:///nowhere.ppd", "drv:///nowhere.drv#x.ppd", "gone:/x", "sulking:/x", "../x:/y", "", "fake"]
)
def test_a_driver_that_is_gone_says_so(installed: "tuple[str, tuple[str, ...]]", uri: str) -> None:
    if uri == "fake":
        os.unlink(Path(installed[1][0], "laser1.ppd"))
    with pytest.raises(WireError):
        drivers.load(entry("Fake", uri=uri), installed[0])


def test_what_has_not_changed_is_not_read_again(installed: "tuple[str, tuple[str, ...]]", tmp_path: Path) -> None:
    cache, ran = tmp_path / "index.json", tmp_path / "ran"
    first = drivers.index(cache, *installed).entries
    asked = ran.read_text()
    assert drivers.index(cache, *installed).entries == first
    assert ran.read_text() == asked
    Path(installed[1][0], "laser1.ppd").write_bytes(driver.ppd(("Fake Laser 1, test", "Fake Laser 9")))
    assert "Fake Laser 9" in [found.name for found in drivers.index(cache, *installed).entries]
    assert ran.read_text() == asked
    os.utime(Path(installed[0], "fake"), ns=(1, 1))
    drivers.index(cache, *installed)
    assert ran.read_text() == asked * 2
    Path(installed[1][0], "laser1.ppd").unlink()
    assert "Fake Laser 9" not in [found.name for found in drivers.index(cache, *installed).entries]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 0, "sources": {}}', '{"version": 1, "sources": 5}',
                                     '{"version": 1, "sources": {"a": ["b", [["c"]]]}}'])  # fmt: skip
def test_a_broken_file_of_the_index_is_made_anew(
    installed: "tuple[str, tuple[str, ...]]", tmp_path: Path, content: str
) -> None:
    cache = tmp_path / "index.json"
    cache.write_text(content)
    assert len(drivers.index(cache, *installed).entries) == 5
    assert json.loads(cache.read_text())["version"] == drivers.VERSION


def test_an_index_that_cannot_be_kept_serves_all_the_same(installed: "tuple[str, tuple[str, ...]]") -> None:
    assert len(drivers.index(Path("/proc/nowhere/index.json"), *installed).entries) == 5


@pytest.mark.parametrize(
    "name, device_id, machine, score",
    [
        ("Brother HL-2270DW series, using brlaser v6", "MFG:Brother;MDL:HL-2270DW series;",
         "MFG:Brother;CMD:PJL,PCL;MDL:HL-2270DW series;CLS:PRINTER;", 100),
        ("Brother HL-2270DW series, using brlaser v6", "MFG:Brother;MDL:HL-2270DW series;",
         "MANUFACTURER:BROTHER;MODEL:HL 2270DW;", 90),
        ("HP LaserJet 4050 - CUPS+Gutenprint v5.3.4", "MFG:HP;MDL:LaserJet 4050;",
         "MFG:Hewlett-Packard;MDL:HP LaserJet 4050 Series;", 90),
        ("Samsung ML-1640, 2.0.0", "", "MFG:Samsung;MDL:ML-1640 Series;", 80),
        ("Samsung ML-1640, 2.0.0", "", "MFG:Samsung Electronics;MDL:Samsung ML-1640 Series;", 80),
        ("Epson Stylus Photo R300 - CUPS+Gutenprint v5.3.4", "", "MFG:EPSON;MDL:R300;DES:EPSON Stylus Photo R300;", 70),
        ("Epson Stylus Photo R300 - CUPS+Gutenprint v5.3.4", "", "DES:EPSON Stylus Photo R300;", 80),
        ("HP LaserJet 1020 Foomatic/foo2zjs-z1 (recommended)", "", "MFG:HP;MDL:HP LaserJet 1020;", 80),
        ("Generic PCL 6/PCL XL Printer - CUPS+Gutenprint v5.3.4", "", "MFG:Foo;MDL:Bar;CMD:PJL,PCL-XL;", 20),
        ("Zebra ZPL Label Printer", "", "MFG:Zebra;MDL:GK420d;CMD:ZPL;", 13),
        ("Samsung ML-1640, 2.0.0", "", "MFG:Samsung;MDL:ML-1641;", None),
        ("Samsung ML-1640, 2.0.0", "", "MFG:Dell;MDL:ML-1640;", None),
        ("Samsung ML-1640, 2.0.0", "", "", None),
    ],
)  # fmt: skip
def test_a_driver_is_matched_by_what_the_machine_says(
    name: str, device_id: str, machine: str, score: "int | None"
) -> None:
    match = Index([entry(name, device_id), entry("Other Thing 1", "MFG:Other;MDL:Thing 1;")]).best(machine)
    assert (match.score if match else None) == score
    assert match is None or (match.entry.name == name and match.reason.endswith("."))


@pytest.mark.parametrize(
    "better, worse",
    [
        (entry("Fake A (recommended)"), entry("Fake A")),
        (entry("Fake A, Simplified"), entry("Fake A")),
        (entry("Fake A", uri="z"), entry("Fake A", uri="a/expert")),
        (entry("Fake A"), entry("Fake A", language="de", uri="0")),
        (entry("Fake A", uri="z"), entry("Fake A", program="?")),
        (entry("Fake A", uri="0"), entry("Fake A", uri="1")),
        (entry("Fake A", "MFG:Fake;MDL:A;", uri="z", language="de"), entry("Fake A (recommended)")),
    ],
)
def test_among_those_that_fit_the_better_one_is_taken(better: Entry, worse: Entry) -> None:
    for entries in ([better, worse], [worse, better]):
        assert [match.entry for match in Index(entries).matches("MFG:Fake;MDL:A;")] == [better, worse]


def test_a_driver_that_takes_no_raster_is_not_matched() -> None:
    assert Index([entry("Fake A", program="")]).best("MFG:Fake;MDL:A;") is None


def test_a_driver_that_lacks_what_its_maker_keeps_is_not_matched() -> None:
    assert Index([entry("Fake A, hpcups 3.22.10, requires proprietary plugin")]).best("MFG:Fake;MDL:A;") is None


def test_the_best_driver_that_can_be_loaded_is_chosen(
    installed: "tuple[str, tuple[str, ...]]", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "Host", lambda: Host(filters=str(tmp_path)))
    broken, other = tmp_path / "ppd" / "broken.ppd", tmp_path / "ppd" / "other.ppd"
    other.write_bytes(driver.ppd(("vnd.cups-raster", "vnd.cups-pdf")))
    uris = (f"file://{broken}", f"file://{other}", f"file://{tmp_path}/ppd/laser1.ppd")
    known = Index(entry("Fake Laser 1", "MFG:Fake;MDL:Laser 1;", uri=uri) for uri in uris)
    assert drivers.choose(known, "MFG:Fake;MDL:Laser 1;", installed[0]) is None  # its program is not there
    (tmp_path / driver.FILTER).touch(0o755)
    chosen = drivers.choose(known, "MFG:Fake;MDL:Laser 1;", installed[0])
    assert chosen is not None
    assert chosen[0].entry.uri == uris[2] and chosen[1].name == "Fake Laser 1, test"
    assert drivers.choose(known, "MFG:Fake;MDL:Laser 2;", installed[0]) is None


def test_drivers_are_found_by_words_of_their_names() -> None:
    index = Index([entry("Brother HL-2270DW"), entry("Brother DCP-7030"), entry("HP LaserJet")])
    assert [found.name for found in index.named("brother hl")] == ["Brother HL-2270DW"]
    assert len(index.named("")) == 3
    assert index.named("canon") == []


@given(st.text(st.sampled_from("MFGDLESC:;, HP1-é\0"), max_size=60))
def test_any_device_id_gives_a_match_or_none(device_id: str) -> None:
    index = Index([entry("HP 1", "MFG:HP;MDL:1;"), entry("H")])
    assert index.best(device_id) == index.best(device_id)


@given(st.text(max_size=200))
def test_any_list_gives_drivers(text: str) -> None:
    assert all(isinstance(found, Entry) for found in drivers.listed(text))
